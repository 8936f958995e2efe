//! From a template to bytes: the same as the core's, whichever way the answers come.

use std::ptr::{null, null_mut};

use core_::{Context, Fonts, Frame, Limits, Output, Renderer, Resources, Row, Scratch, Template};

use super::{b, bytes_of, done, failed, made, s, taken, text_of};
use crate::bundle::*;
use crate::context::*;
use crate::fonts::*;
use crate::frame::*;
use crate::guard::*;
use crate::library::*;
use crate::limits::*;
use crate::output::*;
use crate::pack::*;
use crate::plan::*;
use crate::render::*;
use crate::report::*;
use crate::resources::*;
use crate::row::*;
use crate::template::*;

const CARD: &str = r##"{ "templrender": 1, "name": "card", "size": [120, 60], "background": "#fff", "assets": { "logo": "assets/logo.svg" },
    "fields": { "title": { "type": "text" }, "photo": { "type": "image" }, "until": { "type": "date" } },
    "variants": { "wide": { "size": [200, 60] } }, "output": { "format": "jpeg", "quality": 80 },
    "layers": [
        { "id": "photo", "type": "image", "src": ["{{ photo }}", "https://b.example/b.png"], "width": 40, "height": 40, "missing": "hide" },
        { "type": "svg", "src": "asset:logo", "left": 60, "width": 20, "height": 20 },
        { "type": "text", "text": "{{ title }}", "top": 40, "font-size": 12 }, { "type": "text", "text": "new", "if": "now < until", "top": 20 } ] }"##;
const LOGO: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z' fill='red'/></svg>";
const ROW: &str = r#"{ "title": "Aster honey", "photo": "https://a.example/a.png?token=x", "until": "2026-12-01" }"#;
const NOW: i64 = 1_795_262_400;

fn photo() -> Vec<u8> {
    let frame = Frame::from_rgba(2, 2, [[200, 30, 60, 255]; 4].concat()).unwrap();
    frame.encode(&Output::png()).unwrap()
}

/// A renderer, the card's plan, and empty resources.
fn planned(context: Option<&templrender_context>) -> (*mut templrender_renderer, *mut templrender_plan, *mut templrender_resources) {
    let given = templrender_context { now: NOW, has_now: 1, ..defaults() };
    let context = context.unwrap_or(&given);
    unsafe {
        let fonts = made(|out, err| templrender_fonts_new(true, out, err));
        let renderer = made(|out, err| templrender_renderer_new(fonts, null(), out, err));
        templrender_fonts_free(fonts);
        let template = made(|out, err| templrender_template_parse(s(CARD), null(), out, err));
        let row = made(|out, err| templrender_row_from_json(s(ROW), out, err));
        let plan = made(|out, err| templrender_renderer_plan(renderer, template, row, context, out, err));
        templrender_template_free(template);
        templrender_row_free(row);
        let resources = made(|out, err| templrender_resources_new(null(), out, err));
        (renderer, plan, resources)
    }
}

fn defaults() -> templrender_context {
    let mut context = templrender_context::default();
    // SAFETY: it is so large.
    unsafe { templrender_context_init(&raw mut context, size_of::<templrender_context>()) };
    context
}

fn pending(plan: *const templrender_plan, resources: *const templrender_resources) -> Vec<templrender_need> {
    let mut needs = [templrender_need { struct_size: size_of::<templrender_need>(), ..templrender_need::default() }; 4];
    let mut count = 0;
    done(|err| unsafe { templrender_plan_pending(plan, resources, needs.as_mut_ptr(), needs.len(), &raw mut count, err) });
    needs[..count].to_vec()
}

fn free(renderer: *mut templrender_renderer, plan: *mut templrender_plan, resources: *mut templrender_resources) {
    unsafe {
        templrender_renderer_free(renderer);
        templrender_plan_free(plan);
        templrender_resources_free(resources);
    }
}

/// What the core makes of the same.
fn by_the_core() -> (Vec<u8>, [u8; 16], [u8; 16]) {
    let renderer = Renderer::new(Fonts::with_default());
    let context = Context { now: Some(NOW), ..Context::default() };
    let plan = renderer.plan(&Template::parse(CARD).unwrap(), &Row::from_json(ROW).unwrap(), &context).unwrap();
    let mut resources = Resources::new();
    for need in plan.pending(&Resources::new()) {
        resources.insert(need.id(), if need.origin().is_empty() { LOGO.to_vec() } else { photo() }).unwrap();
    }
    let frame = renderer.render(&plan, &resources, &mut Scratch::new()).unwrap().frame;
    (frame.encode(plan.output()).unwrap(), plan.key().bytes(), plan.resources_key(&resources).bytes())
}

#[test]
fn a_picture_has_the_bytes_of_the_core() {
    let (renderer, plan, resources) = planned(None);
    let (wanted, key, resources_key) = by_the_core();
    let photo = photo();
    unsafe {
        let needs = pending(plan, resources);
        assert_eq!(needs.len(), 2);
        let [first, second] = needs[..] else { unreachable!() };
        assert_eq!((text_of(first.location), text_of(first.origin)), ("https://a.example/a.png?token=x", "https://a.example"));
        assert_eq!((first.kind, first.useful_width, first.useful_height, first.name.data), (1, 40, 40, null()));
        assert_eq!((second.kind, text_of(second.name), text_of(second.location)), (2, "logo", "assets/logo.svg"));
        assert!(second.origin.data.is_null());
        done(|err| templrender_resources_borrow(resources, first.id, b(&photo), err));
        done(|err| templrender_resources_insert(resources, second.id, b(LOGO), err));
        assert!(pending(plan, resources).is_empty());
        assert_eq!((templrender_plan_key(plan).bytes, templrender_plan_resources_key(plan, resources).bytes), (key, resources_key));
        let mut until = 0;
        assert!(templrender_plan_valid_until(plan, &raw mut until) && until > NOW);
        assert!(templrender_plan_skipped(plan).data.is_null());

        let scratch = made(|out, err| templrender_scratch_new(out, err));
        let mut report = null_mut();
        let guard = templrender_guard { struct_size: size_of::<templrender_guard>(), deadline_ns: 0, cancel: null(), timings: 1 };
        let frame = made(|out, err| templrender_renderer_render(renderer, plan, resources, scratch, &guard, out, &raw mut report, err));
        // what was drawn does not need what was borrowed
        templrender_resources_free(resources);
        drop(photo);
        assert_eq!((templrender_frame_width(frame), templrender_frame_height(frame), templrender_frame_stride(frame)), (120, 60, 480));
        assert_eq!(templrender_frame_pixels(frame).len, 480 * 60);
        let mut straight = vec![0; 480 * 60];
        done(|err| templrender_frame_copy_rgba(frame, straight.as_mut_ptr(), straight.len(), err));
        assert_eq!(straight, bytes_of(templrender_frame_pixels(frame)), "all of it is opaque");
        let short = failed(|err| templrender_frame_copy_rgba(frame, straight.as_mut_ptr(), 7, err));
        assert_eq!(short, "401 out_len: 120x60 px take 28800 bytes, found 7");

        let mut output = std::mem::zeroed::<templrender_output>();
        output.struct_size = size_of::<templrender_output>();
        assert_eq!(templrender_plan_output(plan, &raw mut output), 0);
        assert_eq!((output.format, output.quality, output.matte), (1, 80, [255; 3]));
        assert_eq!(text_of(templrender_format_content_type(output.format)), "image/jpeg");
        assert!(taken(made(|out, err| templrender_frame_encode(frame, &output, null(), out, err))) == wanted);
        output.quality = 101;
        let text = failed(|err| templrender_frame_encode(frame, &output, null(), &mut null_mut(), err));
        assert_eq!(text, "401 output.quality: a quality must be 1 to 100, found 101");

        let json = String::from_utf8(taken(made(|out, err| templrender_report_to_json(report, out, err)))).unwrap();
        assert!(json.contains("\"timings_us\"") && json.contains("Aster honey"));
        let (mut code, mut message) = (templrender_slice::default(), templrender_slice::default());
        let count = templrender_report_note_count(report);
        assert!(count > 0 && templrender_report_note(report, 0, &raw mut code, null_mut(), &raw mut message));
        assert!(!text_of(code).is_empty() && !text_of(message).is_empty());
        assert!(!templrender_report_note(report, count, &raw mut code, null_mut(), null_mut()));
        templrender_report_free(report);
        templrender_frame_free(frame);
        templrender_scratch_free(scratch);
        free(renderer, plan, null_mut());
    }
}

#[test]
fn what_fails_makes_the_next_choice_pending() {
    let (renderer, plan, resources) = planned(None);
    unsafe {
        let first = pending(plan, resources)[0];
        let page = failed(|err| templrender_resources_insert(resources, first.id, s("<!doctype html><p>404"), err));
        assert!(page.starts_with("302 ") && page.ends_with("this is an HTML page, not a picture"), "{page}");
        let second = pending(plan, resources)[0];
        assert_eq!(text_of(second.location), "https://b.example/b.png");
        done(|err| templrender_resources_fail(resources, second.id, s("status 404"), err));
        assert_eq!(pending(plan, resources).len(), 1, "the logo");
    }
    free(renderer, plan, resources);
}

#[test]
fn needs_are_counted_beyond_the_room_for_them() {
    let (renderer, plan, resources) = planned(None);
    /// A need of a newer header.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Newer {
        need: templrender_need,
        more: [u64; 2],
    }
    unsafe {
        let mut count = 0;
        done(|err| templrender_plan_needs(plan, null_mut(), 0, &raw mut count, err));
        assert_eq!(count, 3);
        let mut needs = [Newer { need: templrender_need::default(), more: [7; 2] }; 3];
        needs[0].need.struct_size = size_of::<Newer>();
        done(|err| templrender_plan_needs(plan, needs.as_mut_ptr().cast(), 2, &raw mut count, err));
        assert_eq!((count, text_of(needs[1].need.location)), (3, "https://b.example/b.png"));
        assert_eq!((needs[1].need.struct_size, needs[1].more, needs[2].more), (size_of::<Newer>(), [0; 2], [7; 2]));
        needs[0].need.struct_size = 7;
        let text = failed(|err| templrender_plan_needs(plan, needs.as_mut_ptr().cast(), 2, &raw mut count, err));
        assert_eq!(text, "401 needs: struct_size must be the size of the struct, 80 to 1104 and a multiple of 8, found 7");
    }
    free(renderer, plan, resources);
}

#[test]
fn a_context_is_checked() {
    let template = made(|out, err| unsafe { templrender_template_parse(s(CARD), null(), out, err) });
    let fonts = made(|out, err| unsafe { templrender_fonts_new(true, out, err) });
    let renderer = made(|out, err| unsafe { templrender_renderer_new(fonts, null(), out, err) });
    let row = made(|out, err| unsafe { templrender_row_from_json(s(ROW), out, err) });
    let plan = |context: templrender_context| {
        let (mut plan, mut err) = (null_mut(), null_mut());
        let status = unsafe { templrender_renderer_plan(renderer, template, row, &context, &raw mut plan, &raw mut err) };
        unsafe { templrender_plan_free(plan) };
        format!("{status} {}", super::said(err))
    };
    let now = templrender_context { now: NOW, has_now: 7, ..defaults() };
    assert_eq!(plan(now), "0 ", "any byte but 0 is true");
    assert!(plan(defaults()).starts_with("203 "), "the card depends on the time");
    assert_eq!(plan(templrender_context { variant: s("wide"), ..now }), "0 ");
    assert_eq!(plan(templrender_context { variant: s("tall"), ..now }), "114 variants: unknown variant \"tall\"");
    assert_eq!(plan(templrender_context { format: 4, ..now }), "401 context.format: a format must be 0 to 3, found 4");
    assert!(plan(templrender_context { scale: f32::NAN, ..now }).starts_with("401 "));
    assert!(plan(templrender_context { struct_size: 0, ..now }).starts_with("401 context: struct_size must be"));
    unsafe {
        let warnings = made(|out, err| templrender_template_warnings(template, out, err));
        assert!(warnings.is_null());
        assert_eq!((templrender_template_variant_count(template), text_of(templrender_template_variant(template, 0))), (1, "wide"));
        assert!(templrender_template_variant(template, 1).data.is_null());
        let (mut name, mut path) = (templrender_slice::default(), templrender_slice::default());
        assert!(templrender_template_asset(template, 0, &raw mut name, &raw mut path) && templrender_template_asset_count(template) == 1);
        assert_eq!((text_of(name), text_of(path), text_of(templrender_template_name(template))), ("logo", "assets/logo.svg", "card"));
        templrender_row_free(row);
        templrender_template_free(template);
        templrender_fonts_free(fonts);
        templrender_renderer_free(renderer);
    }
}

#[test]
fn a_guard_ends_a_render_and_the_scratch_goes_on() {
    let (renderer, plan, resources) = planned(None);
    unsafe {
        for need in pending(plan, resources) {
            done(|err| templrender_resources_insert(resources, need.id, b(LOGO), err));
        }
        let scratch = made(|out, err| templrender_scratch_new(out, err));
        let mut flag = templrender_flag::default();
        let flag = &raw mut flag;
        let mut guard = templrender_guard { struct_size: size_of::<templrender_guard>(), deadline_ns: 0, cancel: flag, timings: 0 };
        let mut frame = null_mut();
        let mut render = |guard: &templrender_guard, err| {
            templrender_renderer_render(renderer, plan, resources, scratch, guard, &raw mut frame, null_mut(), err)
        };
        done(|err| render(&guard, err));
        templrender_flag_set(flag);
        assert!(failed(|err| render(&guard, err)).starts_with("406 layout: "));
        (*flag).state = 7;
        assert_eq!(failed(|err| render(&guard, err)), "401 guard.cancel: a flag must be 0 or 1, found 7");
        (guard.cancel, guard.deadline_ns) = (null(), 1);
        assert!(failed(|err| render(&guard, err)).starts_with("405 layout: "));
        guard.deadline_ns = templrender_monotonic_ns() + 60_000_000_000;
        templrender_frame_free(frame);
        frame = made(|out, err| templrender_renderer_render(renderer, plan, resources, scratch, &guard, out, null_mut(), err));
        templrender_frame_free(frame);
        templrender_scratch_free(scratch);
    }
    free(renderer, plan, resources);
}

#[test]
fn a_bundle_has_its_files_as_answers() {
    unsafe {
        // a fallback fetches nothing
        let card = CARD.replace("\"https://b.example/b.png\"", "\"asset:logo\"");
        let pack = made(|out, err| templrender_pack_new(null(), out, err));
        done(|err| templrender_pack_add(pack, s("template.json"), s(&card), err));
        done(|err| templrender_pack_add(pack, s("fallback.json"), s(r#"{ "title": "soon", "until": "2020-01-01" }"#), err));
        assert_eq!(taken(made(|out, err| templrender_pack_wanted(pack, out, err))), b"assets/logo.svg\n");
        assert!(failed(|err| templrender_pack_add(pack, s("../a"), b(LOGO), err)).starts_with("306 "));
        let fonts = made(|out, err| templrender_fonts_new(true, out, err));
        let text = failed(|err| templrender_bundle_open(pack, fonts, NOW, &mut null_mut(), err));
        assert!(text.starts_with("301 "), "{text}");
        done(|err| templrender_pack_add(pack, s("assets/logo.svg"), b(LOGO), err));
        assert_eq!(taken(made(|out, err| templrender_pack_wanted_at(pack, NOW, out, err))), b"");

        let zip = taken(made(|out, err| templrender_pack_to_zip(pack, out, err)));
        templrender_pack_free(pack);
        let pack = made(|out, err| templrender_pack_from_zip(b(&zip), null(), out, err));
        let bundle = made(|out, err| templrender_bundle_open(pack, fonts, NOW, out, err));
        templrender_pack_free(pack);
        templrender_fonts_free(fonts);
        assert_eq!(templrender_bundle_version(bundle).len, 16);
        assert!(templrender_bundle_bytes(bundle) > CARD.len());
        let (renderer, template) = (templrender_bundle_renderer(bundle), templrender_bundle_template(bundle));
        assert_eq!(text_of(templrender_template_name(template)), "card");

        let context = templrender_context { now: NOW, has_now: 1, ..defaults() };
        let row = made(|out, err| templrender_row_from_json(s(ROW), out, err));
        let plan = made(|out, err| templrender_renderer_plan(renderer, template, row, &context, out, err));
        let resources = made(|out, err| templrender_bundle_resources(bundle, out, err));
        let needs = pending(plan, resources);
        assert_eq!((needs.len(), needs[0].kind), (1, 1), "its asset is there");
        let mut fallback = null_mut();
        let found = made(|out, err| templrender_bundle_fallback(bundle, &context, &raw mut fallback, out, err));
        assert!(!fallback.is_null() && !found.is_null());

        // what was made of a bundle lives on
        templrender_bundle_free(bundle);
        assert_eq!(text_of(pending(plan, resources)[0].origin), "https://a.example");
        templrender_resources_free(found);
        templrender_plan_free(fallback);
        templrender_row_free(row);
        templrender_plan_free(plan);
        templrender_resources_free(resources);
    }
}

#[test]
fn limits_are_the_callers() {
    let mut limits: templrender_limits = unsafe { std::mem::zeroed() };
    unsafe {
        templrender_limits_init(&raw mut limits, size_of::<templrender_limits>());
        assert_eq!((limits.max_pixels, limits.max_side_px), (Limits::default().max_pixels, Limits::default().max_side_px));
        limits.max_template_bytes = 10;
        let text = failed(|err| templrender_template_parse(s(CARD), &limits, &mut null_mut(), err));
        assert_eq!(text, format!("113 template is {} bytes, over the limit of 10", CARD.len()));
        limits.struct_size = 1 << 40;
        assert!(failed(|err| templrender_template_parse(s(CARD), &limits, &mut null_mut(), err)).starts_with("401 limits: struct_size"));
    }
}

#[test]
fn fonts_and_rows_take_copies() {
    let fonts = made(|out, err| unsafe { templrender_fonts_new(false, out, err) });
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fonts/NotoSans-Regular.subset.ttf")).unwrap();
    let mut faces = 0;
    unsafe {
        done(|err| templrender_fonts_add(fonts, b(&file), &raw mut faces, err));
        assert_eq!((faces, templrender_fonts_count(fonts)), (1, 1));
        assert!(failed(|err| templrender_fonts_add(fonts, s("no font"), null_mut(), err)).starts_with("303 "));
        assert_eq!(templrender_fonts_count(fonts), 1);
        templrender_fonts_free(fonts);

        let row = made(|out, err| templrender_row_new(out, err));
        done(|err| templrender_row_set_text(row, s("title"), s("Aster honey"), err));
        done(|err| templrender_row_set_image(row, s("photo"), b(&photo()), err));
        let mut same = Row::new();
        same.set("title", "Aster honey");
        same.set_image("photo", photo());
        assert_eq!((*row).row, same);
        templrender_row_free(row);
    }
}
