//! How long a picture holds: nothing changes one second before `valid_until`, something does at it; and what may change in a row without
//! a new key. 32 cases each; `PROPTEST_CASES` asks for more.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test reads the environment and fonts")]

mod common;

use common::fonts;
use proptest::prelude::*;
use proptest::test_runner::Config;
use templrender::{Context, Date, Fonts, Plan, Renderer, Resources, Row, Scratch, Template, Value};

/// 2026-11-27T12:00:00Z, a Friday.
const NOW: i64 = 1_795_780_800;
const DAY: i64 = 86_400;

fn config() -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(32);
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// A template of one text, the fields of a sale, and more keys of the document.
fn template(text: &str, more: &str) -> Template {
    let json = format!(
        r##"{{ "templrender": 1, "name": "t", "size": [90, 40], "fonts": ["Noto Sans"], "lang": "en", "background": "#fff",
        "fields": {{ "price": {{ "type": "money" }}, "sale_price": {{ "type": "money" }}, "window": {{ "type": "interval" }},
            "other": {{ "type": "interval" }}, "end": {{ "type": "date" }}, "days": {{ "type": "list", "of": "date" }},
            "title": {{ "type": "text" }}, "zone": {{ "type": "text" }} }},
        {more}
        "layers": [ {{ "id": "a", "type": "text", "text": {text:?}, "font-size": 12 }} ] }}"##
    );
    Template::parse(&json).unwrap_or_else(|e| panic!("{e}\n{json}"))
}

/// A row of cells.
fn row(cells: &[(&str, &str)]) -> Row {
    let mut row = Row::new();
    for (name, cell) in cells {
        row.set(*name, *cell);
    }
    row
}

fn plan_at(template: &Template, row: &Row, now: i64) -> Result<Plan, templrender::Error> {
    Renderer::new(Fonts::new()).plan(template, row, &Context { now: Some(now), ..Context::default() })
}

fn shown(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| "never".to_owned(), |s| Date::at(s, 0).to_string())
}

/// What a text is until, of a sale from 100 to 80.
fn until(text: &str, more: &str, cells: &[(&str, &str)]) -> String {
    let mut all = vec![("price", "100 EUR"), ("sale_price", "80 EUR")];
    all.extend(cells);
    let (template, row) = (template(text, more), row(&all));
    let plan = plan_at(&template, &row, NOW).unwrap_or_else(|e| panic!("{text} {more}: {e}"));
    if let Some(change) = plan.valid_until() {
        assert_eq!(plan_at(&template, &row, change - 1).unwrap().key(), plan.key(), "{text} {more}");
    }
    shown(plan.valid_until())
}

#[test]
fn a_sale_holds_until_its_window_opens_or_closes() {
    for (window, change) in [
        ("2026-11-24/2026-11-29", "2026-11-30T00:00:00Z"),
        ("2026-12-24/2026-12-29", "2026-12-24T00:00:00Z"),
        ("2026-11-01/2026-11-05", "never"),
        ("2026-11-24/", "never"),
        ("/2026-11-29T15:30-0800", "2026-11-29T23:30:00Z"),
        ("2026-11-28T00:00+13:00/2026-12-01", "2026-12-02T00:00:00Z"),
        ("2026-11-01T0:00-23:59/2026-11-27T0:00-23:59", "2026-11-28T00:00:00Z"),
        ("", "never"),
    ] {
        assert_eq!(until("{{ deal(price, sale_price, window).now }}", "", &[("window", window)]), change, "{window}");
    }
    let deal = "{{ deal(price, sale_price, window).now }}";
    let window = ("window", "2026-11-24/2026-11-29");
    assert_eq!(until(deal, "", &[window, ("sale_price", "100 EUR")]), "never", "no sale");
    assert_eq!(until(deal, "", &[window, ("sale_price", "")]), "never");
    assert_eq!(until(deal, r#""time-zone": "Europe/London","#, &[("window", "2026-06-01/2026-12-01")]), "2026-12-02T00:00:00Z");
    assert_eq!(until(deal, r#""time-zone": "America/New_York","#, &[window]), "2026-11-30T05:00:00Z");
    assert_eq!(until(deal, r#""time-zone": "{{ zone }}","#, &[window, ("zone", "Asia/Tokyo")]), "2026-11-29T15:00:00Z");
}

#[test]
fn what_nothing_shows_does_not_end_a_picture() {
    let window = ("window", "2026-11-24/2026-11-29");
    let lets = r#""let": { "deal": "{{ deal(price, sale_price, window) }}", "left": "{{ days_until(end) }}" },"#;
    let end = ("end", "2026-12-20");
    assert_eq!(until("{{ title }}", lets, &[window, ("title", "Vase"), ("end", "")]), "never");
    // The badge is hidden until three days before: 19 midnights keep the key.
    assert_eq!(until("{{ left if left <= 3 else 'later' }}", lets, &[window, end]), "2026-12-17T00:00:00Z");
    assert_eq!(until("{{ left if left <= 3 and deal.on else title }}", lets, &[window, end, ("title", "Vase")]), "2026-12-30T00:00:00Z");
    assert_eq!(until("{{ deal.on and now < end }}", lets, &[window, end]), "2026-11-30T00:00:00Z");
    assert_eq!(until("{{ deal.on or now < end }}", lets, &[window, end]), "2026-12-20T00:00:00Z");
    // Two windows that meet: the first one's end shows nothing.
    let both = "{{ 'sale' if now in window or now in other else 'none' }}";
    assert_eq!(until(both, "", &[window, ("other", "2026-11-30/2026-12-02")]), "2026-12-03T00:00:00Z");
    // What days are held against is known where the function stands in the comparison itself.
    let direct = "{{ 'soon' if 0 <= days_until(end) <= 3 else 'later' }}";
    assert_eq!(until(direct, "", &[("end", "2027-03-01")]), "2027-02-26T00:00:00Z");
    assert_eq!(until(direct, "", &[("end", "2026-11-28")]), "2026-11-29T00:00:00Z");
    assert_eq!(until(direct, "", &[("end", "2026-11-01")]), "never");
    assert_eq!(until("{{ days_until(end) in [2, 7] }}", "", &[("end", "2026-12-24")]), "2026-12-17T00:00:00Z");
    assert_eq!(until("{{ days_until(end) < 2.5 }}", "", &[("end", "2026-12-24")]), "2026-12-22T00:00:00Z");
    assert_eq!(until("{{ days_until(end) == null }}", "", &[]), "never");
    // More than 32 midnights away, as above: too early, never too late.
    assert_eq!(until("{{ left if left <= 3 else 'later' }}", lets, &[window, ("end", "2027-03-01")]), "2026-12-30T00:00:00Z");
}

#[test]
fn countdowns_and_clocks_change_where_their_zone_says() {
    let end = ("end", "2026-12-24");
    let zone = |name: &str| format!("\"time-zone\": {name:?},");
    for (text, name, change) in [
        ("{{ days_until(end) }}", "UTC", "2026-11-28T00:00:00Z"),
        ("{{ days_until(end) }}", "Asia/Kathmandu", "2026-11-27T18:15:00Z"),
        ("{{ days_until(end) }}", "Pacific/Kiritimati", "2026-11-28T10:00:00Z"),
        ("{{ now | date('HH:mm') }}", "Asia/Kathmandu", "2026-11-27T12:01:00Z"),
        ("{{ now | date('h a') }}", "Asia/Kathmandu", "2026-11-27T12:15:00Z"),
        ("{{ now | date('a') }}", "America/St_Johns", "2026-11-27T15:30:00Z"),
        ("{{ now | date('EEEE') }}", "America/Los_Angeles", "2026-11-28T08:00:00Z"),
        ("{{ now | date('MMMM') }}", "Europe/London", "2026-12-01T00:00:00Z"),
        ("{{ now | date('y') }}", "Asia/Tokyo", "2026-12-31T15:00:00Z"),
        ("{{ now | date('ss') }}", "UTC", "2026-11-27T12:00:01Z"),
        ("{{ now < end }}", "Europe/Berlin", "2026-12-23T23:00:00Z"),
        ("{{ now <= end }}", "Europe/Berlin", "2026-12-23T23:00:01Z"),
        ("{{ now == end }}", "UTC", "2026-12-24T00:00:00Z"),
        ("{{ end | date('d MMM') }}", "Europe/Berlin", "never"),
    ] {
        assert_eq!(until(text, &zone(name), &[end]), change, "{text} in {name}");
    }
    assert_eq!(until("{{ now in days }}", "", &[("days", "2026-11-01, 2026-12-05, 2026-12-01")]), "2026-12-01T00:00:00Z");
    assert_eq!(until("{{ now }}", "", &[]), "2026-11-27T12:00:01Z");
}

#[test]
fn clocks_that_are_put_forward_or_back_move_a_midnight() {
    for (zone, now, change) in [
        ("Europe/London", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"),
        ("Europe/London", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"),
        ("America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-04T03:00:00Z"),
        ("Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z"),
    ] {
        let template = template("{{ days_until(end) }} {{ now | date('d') }}", &format!("\"time-zone\": {zone:?},"));
        let row = row(&[("end", "2030-01-01")]);
        assert_eq!(shown(plan_at(&template, &row, instant(now)).unwrap().valid_until()), change, "{zone}");
    }
    let hours = template("{{ now | date('h a') }}", r#""time-zone": "Europe/London","#);
    let at = |now: &str| shown(plan_at(&hours, &Row::new(), instant(now)).unwrap().valid_until());
    assert_eq!(at("2026-10-25T00:30:00Z"), "2026-10-25T02:00:00Z", "1 AM is there twice");
    assert_eq!(at("2026-03-29T00:30:00Z"), "2026-03-29T01:00:00Z", "2 AM comes at once");
}

/// Seconds of `YYYY-MM-DDTHH:MM:SSZ`, found by the renderer's own reading.
fn instant(text: &str) -> i64 {
    let template = template("{{ now >= end }}", "");
    let row = row(&[("end", text)]);
    plan_at(&template, &row, 0).unwrap().valid_until().unwrap()
}

#[test]
fn the_hosts_zone_wins_and_is_checked() {
    let template = template("{{ days_until(end) }}", r#""time-zone": "Europe/London","#);
    let row = row(&[("end", "2026-12-24")]);
    let plan = |zone: &str| {
        let context = Context { now: Some(NOW), time_zone: Some(zone.into()), ..Context::default() };
        Renderer::new(Fonts::new()).plan(&template, &row, &context)
    };
    assert_eq!(shown(plan("Asia/Tokyo").unwrap().valid_until()), "2026-11-27T15:00:00Z");
    let error = plan("Asia/Tokio").unwrap_err();
    assert_eq!(error.code(), templrender::Code::BadArgument);
    assert_eq!(
        error.to_string(),
        "time-zone: time-zone must be UTC, an offset such as +01:00 or a name such as Europe/London, found \"Asia/Tokio\", did you mean \"Asia/Tokyo\"?"
    );
}

#[test]
fn what_comes_before_the_layers_counts_too() {
    for key in [r#""lang": "{{ 'de' if now in window else 'fr' }}","#, r#""time-zone": "{{ '+02:00' if now in window else 'UTC' }}","#] {
        let json = format!(
            r#"{{ "templrender": 1, "name": "t", "size": [9, 9], {key} "fields": {{ "window": {{ "type": "interval" }}, "end": {{ "type": "date" }} }},
            "layers": [ {{ "type": "text", "text": "{{{{ end }}}} {{{{ lang }}}}" }} ] }}"#
        );
        let template = Template::parse(&json).unwrap();
        let mut row = row(&[("end", "2026-12-24T10:00")]);
        row.set("window", Value::Interval(templrender::Interval::new(None, Some(Date::at(NOW + DAY, 0)))));
        assert_eq!(plan_at(&template, &row, NOW).unwrap().valid_until(), Some(NOW + DAY), "{key}");
    }
    let skip = template("{{ title }}", r#""skip-if": "now in window","#);
    let row = row(&[("title", "Vase"), ("window", "2026-11-28/2026-11-29")]);
    assert_eq!(shown(plan_at(&skip, &row, NOW).unwrap().valid_until()), "2026-11-28T00:00:00Z", "from then on it is skipped");
    let skipped = plan_at(&skip, &row, NOW + DAY).unwrap();
    assert_eq!((skipped.skipped().is_some(), shown(skipped.valid_until())), (true, "2026-11-30T00:00:00Z".into()));
    let failing = template("{{ 1 / days_until(end) }}", "");
    let row = self::row(&[("end", "2026-11-28")]);
    assert_eq!(shown(plan_at(&failing, &row, NOW).unwrap().valid_until()), "2026-11-28T00:00:00Z", "from then on it is an error");
}

const ZONES: &[&str] = &["UTC", "+05:45", "Europe/London", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"];
const TEXTS: &[&str] = &[
    "{{ deal(price, sale_price, window).now }}",
    "{{ deal(price, sale_price, window).percent }} {{ 'x' if now in other }}",
    "{{ days_until(end) }}",
    "{{ 'soon' if days_until(end) <= 2 else 'later' }}",
    "{{ now | date('EEEE') }} {{ on_sale(price, sale_price, other) }}",
    "{{ now | date('h a') if now in window else now < end }}",
    "{{ now | date('HH:mm') if window.end and now > window.end else title }}",
    "{{ title }}",
];

/// An interval's cell with sides near `NOW`, either open.
fn window() -> impl Strategy<Value = String> {
    (
        prop::option::weighted(0.8, -9 * DAY..9 * DAY),
        prop::option::weighted(0.8, 0..9 * DAY),
        prop::sample::select(vec![0, 3600, -12_600, 45_900]),
    )
        .prop_map(|(start, length, offset)| {
            let date = |at: i64| Date::at(NOW + at, offset).to_string();
            let from = start.unwrap_or(-9 * DAY);
            let whole = format!("{}/{}", start.map(date).unwrap_or_default(), length.map(|l| date(from + l)).unwrap_or_default());
            if whole == "/" { String::new() } else { whole }
        })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_picture_is_the_same_up_to_valid_until_and_another_from_it_on(
        text in prop::sample::select(TEXTS), zone in prop::sample::select(ZONES), windows in (window(), window()), end in -3 * DAY..20 * DAY,
        // Over a year, so that clocks are put forward and back.
        now in -DAY..4 * DAY, season in 0..4i64,
    ) {
        let shift = season * 91 * DAY;
        let template = template(text, &format!("\"time-zone\": {zone:?},"));
        let mut row = row(&[("price", "100 EUR"), ("sale_price", "80 EUR"), ("title", "Vase"), ("window", &windows.0), ("other", &windows.1)]);
        row.set("end", Value::Date(Date::at(NOW + shift + end, 0)));
        let now = NOW + shift + now;
        let plan = plan_at(&template, &row, now).unwrap();
        let last = plan.valid_until().map_or(now + 60 * DAY, |change| change - 1);
        prop_assert!(last >= now);
        for part in 0..=12 {
            let between = now + (last - now) * part / 12;
            prop_assert_eq!(plan_at(&template, &row, between).unwrap().key(), plan.key(), "at {}", between);
        }
        if let Some(change) = plan.valid_until() {
            prop_assert_ne!(plan_at(&template, &row, change).unwrap().key(), plan.key(), "at {}", change);
        }
    }

    #[test]
    fn a_refreshed_feed_with_nothing_new_keeps_every_key(
        text in prop::sample::select(TEXTS), zone in prop::sample::select(ZONES), cents in 1..99_999i64, later in 0..100i64, unused in "\\PC{0,12}",
    ) {
        let template = template(text, &format!("\"time-zone\": {zone:?},"));
        let (whole, part) = (cents / 100, cents % 100);
        let spellings = [format!("{whole}.{part:02} EUR"), format!("EUR {whole}.{part:02}"), format!("{whole},{part:02} €")];
        let windows = ["2026-11-24T13:00-0800/2026-11-29T15:30-0800", " 2026-11-24T13:00:00.000-08:00 / 2026-11-29T15:30-08 "];
        let plans: Vec<Plan> = (0..3).map(|i| {
            let mut cells = vec![("price", "2000 EUR"), ("sale_price", spellings[i].as_str()), ("window", windows[i % 2]), ("title", "Vase"), ("end", "2026-12-24")];
            if i == 1 {
                cells.reverse();
            }
            cells.push(("unused", if i == 2 { unused.as_str() } else { "" }));
            plan_at(&template, &row(&cells), NOW).unwrap()
        }).collect();
        prop_assert!(plans.iter().all(|plan| plan.key() == plans[0].key() && plan.valid_until() == plans[0].valid_until()));
        let until = plans[0].valid_until().unwrap_or(NOW + 900 * DAY);
        let then = NOW + (until - 1 - NOW) * later / 100;
        let again = plan_at(&template, &row(&[("price", "2000 EUR"), ("sale_price", &spellings[0]), ("window", windows[0]), ("title", "Vase"), ("end", "2026-12-24")]), then).unwrap();
        prop_assert_eq!(again.key(), plans[0].key());
    }
}

#[test]
fn bytes_are_the_same_before_and_others_from_valid_until_on() {
    let renderer = Renderer::new(fonts());
    let cells = [
        ("price", "100 EUR"),
        ("sale_price", "80 EUR"),
        ("window", "2026-11-24/2026-11-29T15:30-0800"),
        ("end", "2026-12-24"),
        ("title", "Vase"),
    ];
    let row = row(&cells);
    let mut drawn = 0;
    for text in TEXTS {
        let template = template(text, r#""time-zone": "Europe/London","#);
        let bytes = |now: i64| {
            let plan = renderer.plan(&template, &row, &Context { now: Some(now), ..Context::default() }).unwrap();
            (renderer.render(&plan, &Resources::new(), &mut Scratch::new()).unwrap().frame.pixels().to_vec(), plan.valid_until())
        };
        let (now, until) = bytes(NOW);
        let Some(until) = until else { continue };
        assert!(bytes(until - 1).0 == now, "{text}: before {until}");
        assert!(bytes(until).0 != now, "{text}: at {until}");
        drawn += 1;
    }
    assert!(drawn >= 6, "{drawn}");
}
