//! A cache of compiled templates changes no byte: shipped templates, many threads, bounds, versions, and rows that do not fit.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "a test reads files, starts threads and has a clock that counts"
)]

mod common;

use std::cell::Cell;
use std::sync::atomic::AtomicBool;

use templrender::{Code, CompiledCache, Context, Guard, NeedSource, Output, Plan, Renderer, Resources, Row, Scratch, Template};

const ROOM: usize = 256 << 20;

/// A template of some fixed layers, one box out of the row, and what else is wanted.
fn template(name: &str, rest: &str) -> Template {
    let json = format!(
        r#"{{ "templrender": 1, "name": "{name}", "size": [200, 120], "fonts": ["Noto Sans"], "background": "linear-gradient(45deg, red, blue)",
            "output": {{ "format": "jpeg", "quality": 80 }}, "layers": [
            {{ "type": "text", "text": "fixed words", "left": 10, "top": 90, "width": 180, "font-size": 20, "color": "white" }},
            {{ "type": "box", "left": 9, "top": 9, "width": 30, "height": 20, "background": "{{{{ tint }}}}" }} {rest} ] }}"#
    );
    Template::parse(&json).unwrap()
}

fn plan(renderer: &Renderer, template: &Template, row: &str) -> Plan {
    renderer.plan(template, &Row::from_json(row).unwrap(), &Context::default()).unwrap()
}

fn draw(renderer: &Renderer, plan: &Plan) -> (Vec<u8>, Vec<u8>) {
    draw_with(renderer, plan, &Resources::new())
}

/// Pixels and the encoded picture.
fn draw_with(renderer: &Renderer, plan: &Plan, resources: &Resources) -> (Vec<u8>, Vec<u8>) {
    let frame = renderer.render(plan, resources, &mut Scratch::new()).unwrap().frame;
    (frame.pixels().to_vec(), frame.encode(plan.output()).unwrap())
}

fn renderers(max_bytes: usize) -> (Renderer, Renderer, CompiledCache) {
    let (plain, cache) = (Renderer::new(common::fonts()), CompiledCache::new(max_bytes));
    (plain.clone(), plain.with_compiled(cache.clone()), cache)
}

#[test]
fn every_row_of_every_template_keeps_its_bytes() {
    let cache = CompiledCache::new(ROOM);
    let mut count = 0;
    for folder in common::shipped() {
        let renderer = folder.renderer.clone().with_compiled(cache.clone());
        for variant in folder.variants() {
            let mut scratch = Scratch::new();
            let rows = folder.rows(4);
            // twice, so that each template is drawn over
            for (name, row) in rows.iter().chain(&rows).chain(&rows) {
                let plan = folder.plan(row, variant.as_deref());
                if plan.skipped().is_some() {
                    continue;
                }
                let resources = folder.answer(&plan);
                let place = format!("{}/{name}/{variant:?}", folder.name);
                let quick = renderer.render(&plan, &resources, &mut scratch).unwrap_or_else(|e| panic!("{place}: {e}"));
                let plain = folder.renderer.render(&plan, &resources, &mut scratch).unwrap();
                assert!(quick.frame == plain.frame, "{place}: other pixels");
                assert_eq!(quick.report, plain.report, "{place}");
                assert!(quick.frame.encode(plan.output()).unwrap() == plain.frame.encode(plan.output()).unwrap(), "{place}: other bytes");
                count += 1;
            }
        }
        let stats = cache.stats();
        assert!(stats.bytes <= ROOM, "{}: {stats:?}", folder.name);
    }
    let stats = cache.stats();
    assert_eq!(stats.hits + stats.plain, count, "{stats:?}");
    assert!(stats.templates >= 8 && stats.hits > stats.plain / 2, "{stats:?}");
}

#[test]
fn the_first_picture_is_drawn_as_ever_and_the_second_is_compiled_for() {
    let (plain, quick, cache) = renderers(ROOM);
    let template = template("t", "");
    for (i, tint) in ["red", "white", "none", "gold"].into_iter().enumerate() {
        let plan = plan(&quick, &template, &format!(r#"{{ "tint": "{tint}" }}"#));
        assert_eq!(draw(&quick, &plan), draw(&plain, &plan), "{tint}");
        let stats = cache.stats();
        assert_eq!((stats.templates, stats.hits), (usize::from(i > 0), i as u64), "{tint}");
    }
    let stats = cache.stats();
    // two canvases, for no box lies over the words, or one
    assert!(stats.bytes >= 200 * 120 * 4 && stats.bytes < 200 * 120 * 9, "{stats:?}");
    assert_eq!(format!("{cache:?}"), format!("CompiledCache(1 templates, {} of {ROOM} bytes)", stats.bytes));
}

#[test]
fn without_room_everything_is_drawn_as_ever() {
    for room in [0, 1, 200 * 120 * 8 - 1] {
        let (plain, quick, cache) = renderers(room);
        let template = template("t", "");
        let plan = plan(&quick, &template, r#"{ "tint": "red" }"#);
        for _ in 0..4 {
            assert_eq!(draw(&quick, &plan), draw(&plain, &plan));
        }
        let stats = cache.stats();
        assert_eq!((stats.templates, stats.bytes, stats.hits, stats.plain, stats.compiled), (0, 0, 0, 4, 0), "{room}");
        assert_eq!(cache.max_bytes(), room);
    }
}

#[test]
fn a_limit_of_nothing_forgets_the_uses_too() {
    let (_, quick, cache) = renderers(ROOM);
    let template = template("t", "");
    let plan = plan(&quick, &template, r#"{ "tint": "red" }"#);
    let hits = |count: u64| {
        (0..2).for_each(|_| drop(draw(&quick, &plan)));
        assert_eq!((cache.stats().hits, cache.stats().templates), (count, 1));
    };
    hits(1);
    cache.set_max_bytes(0);
    assert_eq!((cache.stats().templates, cache.stats().bytes, cache.stats().dropped), (0, 0, 1));
    cache.set_max_bytes(ROOM);
    // the first one is drawn as ever again
    hits(2);
}

#[test]
fn layers_are_kept_as_far_as_there_is_room() {
    // six groups over the row's box, 200 x 120 px of four bytes each, beside two frames
    let blurred = r#", { "type": "box", "left": 0, "top": 0, "width": 200, "height": 120, "background": "gold", "opacity": 0.1, "filter": "blur(2px)" }"#;
    let template = template("t", &blurred.repeat(6));
    let frame = 200 * 120 * 4;
    for (room, layers) in [(ROOM, 6), (6 * frame, 2), (3 * frame, 0)] {
        let (plain, quick, cache) = renderers(room);
        for tint in ["red", "green", "blue"] {
            let plan = plan(&quick, &template, &format!(r#"{{ "tint": "{tint}" }}"#));
            assert_eq!(draw(&quick, &plan), draw(&plain, &plan));
        }
        let stats = cache.stats();
        assert_eq!((stats.templates, stats.hits), (1, 2), "{room}");
        assert!(stats.bytes <= room && (2 + layers) * frame <= stats.bytes && stats.bytes < (3 + layers) * frame, "{room}: {stats:?}");
    }
}

#[test]
fn a_canvas_that_comes_with_the_row_is_drawn_as_ever() {
    let (plain, quick, cache) = renderers(ROOM);
    let json = r#"{ "templrender": 1, "name": "t", "size": ["{{ width }}", 50], "background": "red", "layers": [] }"#;
    let template = Template::parse(json).unwrap();
    for width in [90, 80, 90, 90] {
        let plan = plan(&quick, &template, &format!(r#"{{ "width": {width} }}"#));
        assert_eq!(draw(&quick, &plan), draw(&plain, &plan));
    }
    assert_eq!((cache.stats().templates, cache.stats().hits), (0, 0));
}

#[test]
fn the_one_that_was_used_last_the_longest_ago_goes() {
    let (_, quick, cache) = renderers(200 * 120 * 8 + 20_000);
    let templates = ["a", "b"].map(|name| template(name, ""));
    let plans = templates.each_ref().map(|template| plan(&quick, template, r#"{ "tint": "red" }"#));
    let draw = |which: usize| drop(draw(&quick, &plans[which]));
    [0, 0, 0].into_iter().for_each(draw);
    assert_eq!((cache.stats().templates, cache.stats().hits), (1, 2));
    // in turn: neither drives the other out
    [1, 0, 1, 0, 1, 0].into_iter().for_each(draw);
    let stats = cache.stats();
    assert_eq!((stats.templates, stats.hits, stats.dropped), (1, 5, 0), "{stats:?}");
    // the second one alone: after a while it takes the place
    [1; 40].into_iter().for_each(draw);
    let stats = cache.stats();
    assert_eq!((stats.templates, stats.compiled, stats.dropped), (1, 2, 1), "{stats:?}");
    assert!(stats.bytes <= cache.max_bytes() && stats.hits > 5, "{stats:?}");
}

#[test]
fn another_version_and_another_asset_are_other_templates() {
    let (plain, quick, cache) = renderers(ROOM);
    let logo =
        |color: &str| format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path fill="{color}" d="M0 0h9v9z"/></svg>"#);
    let layer = r#", { "type": "svg", "src": "logo.svg", "left": 150, "top": 9, "width": 40, "height": 40 }"#;
    let versions = [template("t", layer), template("t", &layer.replace("150", "140"))];
    for round in 0..3 {
        for version in &versions {
            for color in ["red", "lime"] {
                let plan = plan(&quick, version, &format!(r##"{{ "tint": "#00{round}" }}"##));
                let mut resources = Resources::new();
                let need = plan.pending(&resources)[0].clone();
                assert_eq!(need.source(), &NeedSource::Location("logo.svg".into()));
                resources.insert(need.id(), logo(color).into_bytes()).unwrap();
                assert_eq!(draw_with(&quick, &plan, &resources), draw_with(&plain, &plan, &resources), "{color}");
            }
        }
    }
    let stats = cache.stats();
    assert_eq!((stats.templates, stats.dropped), (4, 0), "{stats:?}");
    assert!(stats.hits >= 4, "{stats:?}");
}

#[test]
fn time_is_no_part_of_it_and_what_shows_is() {
    let (plain, quick, cache) = renderers(ROOM);
    let template = template("t", "");
    let draw = |context: &Context| {
        let plan = quick.plan(&template, &Row::from_json(r#"{ "tint": "red" }"#).unwrap(), context).unwrap();
        assert_eq!(self::draw(&quick, &plan), self::draw(&plain, &plan), "{context:?}");
        cache.stats().templates
    };
    for now in 0..4 {
        draw(&Context { now: Some(now), time_zone: Some(format!("+0{now}:00")), ..Context::default() });
    }
    assert_eq!((cache.stats().templates, cache.stats().hits), (1, 3));
    let png = Context { output: Some(Output::png()), ..Context::default() };
    assert_eq!([&png, &png, &png].map(draw), [1, 2, 2]);
    // no code is kept of a WebP either, so it is the PNG's
    let webp = Context { format: Some(templrender::OutputFormat::WebP), ..Context::default() };
    assert_eq!(draw(&webp), 2);
    let large = Context { scale: Some(2.0), ..Context::default() };
    assert_eq!([&large, &large].map(draw), [2, 3]);
    let dutch = Context { lang: Some("nl".into()), ..Context::default() };
    assert_eq!([&dutch, &dutch].map(draw), [3, 4]);
}

#[test]
fn a_language_of_the_row_is_one_more_template() {
    let (plain, quick, cache) = renderers(ROOM);
    let json = r#"{ "templrender": 1, "name": "t", "size": [90, 50], "lang": "{{ lang }}", "time-zone": "{{ zone }}", "fonts": ["Noto Sans"],
        "background": "red", "layers": [ { "type": "text", "text": "said", "width": 80, "font-size": 12 },
        { "type": "text", "text": "{{ title }}", "top": 20, "width": 80, "font-size": 12 } ] }"#;
    let template = Template::parse(json).unwrap();
    for _ in 0..3 {
        for lang in ["de", "tr"] {
            let plan = plan(&quick, &template, &format!(r#"{{ "lang": "{lang}", "zone": "Asia/Tokyo", "title": "{lang}" }}"#));
            assert_eq!(draw(&quick, &plan), draw(&plain, &plan));
        }
    }
    let stats = cache.stats();
    assert_eq!((stats.templates, stats.hits), (2, 4), "{stats:?}");
}

#[test]
fn what_hardly_any_row_fits_is_let_go() {
    let (plain, quick, cache) = renderers(ROOM);
    // where the fixed word stands hangs on the row's, which the first two have not
    let layer = r#", { "type": "box", "display": "flex", "left": 0, "top": 40, "layers": [
        { "type": "text", "text": "{{ title }}", "font-size": 12 }, { "type": "text", "text": "fixed", "font-size": 12 } ] }"#;
    let layer = layer.replace("\n", " ");
    let flat = layer.replace(r#"{ "type": "box", "display": "flex""#, r#"{ "id": "f", "type": "box", "display": "flex", "width": 200"#);
    let template = template("t", &flat);
    let mut most = 0;
    for i in 0..80 {
        let title = "w".repeat(if i < 2 { 0 } else { 2 + i % 7 });
        let plan = plan(&quick, &template, &format!(r#"{{ "tint": "red", "title": "{title}" }}"#));
        assert_eq!(draw(&quick, &plan), draw(&plain, &plan), "{i}");
        most = most.max(cache.stats().templates);
    }
    let stats = cache.stats();
    assert!(most == 1 && stats.dropped >= 1 && stats.compiled >= 2, "{stats:?}");
}

#[test]
fn errors_are_those_of_the_plain_way() {
    let (plain, quick, cache) = renderers(ROOM);
    let template = template("t", r#", { "type": "image", "src": "photo.png", "left": 50, "top": 9, "width": 40, "height": 40 }"#);
    let plan = plan(&quick, &template, r#"{ "tint": "red" }"#);
    for _ in 0..4 {
        let error = quick.render(&plan, &Resources::new(), &mut Scratch::new()).unwrap_err();
        assert_eq!(error, plain.render(&plan, &Resources::new(), &mut Scratch::new()).unwrap_err());
        assert_eq!(error.code(), Code::MissingResource);
    }
    let (cancelled, before) = (AtomicBool::new(true), cache.stats());
    let guard = Guard { cancel: Some(&cancelled), ..Guard::default() };
    let template = self::template("u", "");
    let plan = self::plan(&quick, &template, r#"{ "tint": "red" }"#);
    for _ in 0..3 {
        let error = quick.render_guarded(&plan, &Resources::new(), &mut Scratch::new(), &guard).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }
    assert_eq!(cache.stats(), before);
    for _ in 0..40 {
        assert_eq!(draw(&quick, &plan), draw(&plain, &plan));
    }
    assert_eq!(cache.stats().templates, before.templates + 1, "it is tried again");
}

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// A clock that goes on by one with each look.
fn counting() -> u64 {
    NOW.replace(NOW.get() + 1)
}

#[test]
fn compiling_leaves_half_of_the_time_to_the_picture() {
    let (plain, _, _) = renderers(0);
    let template = template("t", "");
    let plan = plan(&plain, &template, r#"{ "tint": "red" }"#);
    let drawn = |renderer: &Renderer, deadline: u64| {
        NOW.set(0);
        let guard = Guard { clock: Some(counting), deadline_ns: Some(deadline), cancel: None };
        renderer.render_guarded(&plan, &Resources::new(), &mut Scratch::new(), &guard)
    };
    let expected = drawn(&plain, u64::MAX).unwrap().frame;
    let looks = NOW.get();
    let mut compiled = 0;
    for deadline in 0..6 * looks {
        let (_, quick, cache) = renderers(ROOM);
        assert!(drawn(&quick, u64::MAX).unwrap().frame == expected);
        match drawn(&quick, deadline) {
            Ok(rendered) => assert!(rendered.frame == expected, "{deadline}"),
            Err(error) => assert!(error.code() == Code::DeadlineExceeded && deadline <= 2 * looks + 4, "{deadline} of {looks}: {error}"),
        }
        compiled = cache.stats().compiled;
        assert!(drawn(&quick, u64::MAX).unwrap().frame == expected);
    }
    assert!(looks > 4 && compiled == 1, "{looks} looks");
}

#[test]
fn eight_threads_at_one_cache_keep_their_bytes() {
    let (plain, quick, cache) = renderers(500_000);
    let templates: Vec<Template> = ["a", "b", "c", "d", "e"].into_iter().map(|name| template(name, "")).collect();
    let expected: Vec<Vec<_>> = templates
        .iter()
        .map(|template| (0..4).map(|i| draw(&plain, &plan(&plain, template, &format!(r##"{{ "tint": "#00{i}" }}"##)))).collect())
        .collect();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (templates, expected, quick) = (&templates, &expected, &quick);
            scope.spawn(move || {
                for i in 0..60 {
                    let (which, tint) = ((i * (thread + 1) / 3) % templates.len(), i % 4);
                    let plan = plan(quick, &templates[which], &format!(r##"{{ "tint": "#00{tint}" }}"##));
                    assert_eq!(draw(quick, &plan), expected[which][tint], "thread {thread}, picture {i}");
                }
            });
        }
    });
    let stats = cache.stats();
    assert_eq!(stats.hits + stats.plain, 8 * 60);
    assert!((1..=4).contains(&stats.templates) && stats.bytes <= cache.max_bytes() && stats.hits > 100, "{stats:?}");
}
