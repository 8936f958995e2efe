//! NULL everywhere: an error where something is needed, a neutral value where nothing can fail, and never a crash.

use std::ptr::{null, null_mut};

use super::{failed, made, s};
use crate::bundle::*;
use crate::code::*;
use crate::context::*;
use crate::error::*;
use crate::fonts::*;
use crate::frame::*;
use crate::govern::*;
use crate::guard::*;
use crate::keyring::*;
use crate::library::*;
use crate::limits::*;
use crate::origins::*;
use crate::output::*;
use crate::pack::*;
use crate::plan::*;
use crate::render::*;
use crate::report::*;
use crate::request::*;
use crate::resources::*;
use crate::row::*;
use crate::template::*;

/// Each fails with `bad-argument` and names the argument, and says the same without a place for the error.
macro_rules! refused {
    ($($argument:literal: $call:ident($($value:expr),*);)+) => {$({
        // SAFETY: NULL is fine, and so is a place of ours.
        let text = failed(|err| unsafe { $call($($value,)* err) });
        assert!(text.starts_with(concat!("401 ", $argument, ": ")) && text.ends_with("found NULL"), "{}: {text}", stringify!($call));
        assert_eq!(unsafe { $call($($value,)* null_mut()) }, 401);
    })+};
}

#[test]
fn what_is_needed_must_be_there() {
    let text = s("{}");
    let fonts = made(|out, err| unsafe { templrender_fonts_new(false, out, err) });
    let row = made(|out, err| unsafe { templrender_row_new(out, err) });
    let (mut count, mut plan) = (0, null_mut());
    refused! {
        "json": templrender_error_to_json(null(), text, null_mut());
        "error": templrender_error_to_json(null(), text, &mut null_mut());
        "fonts": templrender_fonts_new(true, null_mut());
        "fonts": templrender_fonts_add(null_mut(), text, null_mut());
        "template": templrender_template_parse(text, null(), null_mut());
        "warnings": templrender_template_warnings(null(), null_mut());
        "template": templrender_template_warnings(null(), &mut null_mut());
        "json": templrender_template_schema(null_mut());
        "row": templrender_row_new(null_mut());
        "row": templrender_row_from_json(text, null_mut());
        "row": templrender_row_set_text(null_mut(), text, text);
        "row": templrender_row_set_image(null_mut(), text, text);
        "request": templrender_request_parse(text, null_mut());
        "request": templrender_request_new(text, text, 1, null(), null_mut());
        "request": templrender_request_set_digest(null_mut(), text);
        "request": templrender_request_set_variant(null_mut(), text);
        "request": templrender_request_set_lang(null_mut(), text);
        "request": templrender_request_set_version(null_mut(), text);
        "request": templrender_request_set_expires(null_mut(), 7);
        "row": templrender_request_row(null(), null_mut());
        "request": templrender_request_row(null(), &mut null_mut());
        "request": templrender_request_context(null(), 7, null_mut());
        "request": templrender_request_canonical(null(), &mut null_mut());
        "keys": templrender_keyring_parse(text, null_mut());
        "keys": templrender_keyring_verify(null(), null(), 7);
        "keys": templrender_keyring_sign(null(), null(), &mut null_mut());
        "resources": templrender_resources_new(null(), null_mut());
        "resources": templrender_resources_insert(null_mut(), 7, text);
        "resources": templrender_resources_borrow(null_mut(), 7, text);
        "resources": templrender_resources_fail(null_mut(), 7, text);
        "renderer": templrender_renderer_new(fonts, null(), null_mut());
        "fonts": templrender_renderer_new(null(), null(), &mut null_mut());
        "plan": templrender_renderer_plan(null(), null(), row, null(), null_mut());
        "renderer": templrender_renderer_plan(null(), null(), row, null(), &raw mut plan);
        "renderer": templrender_renderer_plan_request(null(), null(), null(), 7, &raw mut plan);
        "count": templrender_plan_needs(null(), null_mut(), 0, null_mut());
        "plan": templrender_plan_needs(null(), null_mut(), 0, &raw mut count);
        "plan": templrender_plan_pending(null(), null(), null_mut(), 0, &raw mut count);
        "scratch": templrender_scratch_new(null_mut());
        "frame": templrender_renderer_render(null(), null(), null(), null_mut(), null(), null_mut(), null_mut());
        "renderer": templrender_renderer_render(null(), null(), null(), null_mut(), null(), &mut null_mut(), null_mut());
        "out": templrender_frame_copy_rgba(null(), null_mut(), 0);
        "frame": templrender_frame_copy_rgba(null(), &mut 0, 1);
        "frame": templrender_frame_encode(null(), null(), null(), &mut null_mut());
        "report": templrender_report_to_json(null(), &mut null_mut());
        "pack": templrender_pack_new(null(), null_mut());
        "pack": templrender_pack_from_zip(text, null(), null_mut());
        "pack": templrender_pack_add(null_mut(), text, text);
        "pack": templrender_pack_wanted(null(), &mut null_mut());
        "pack": templrender_pack_wanted_at(null(), 7, &mut null_mut());
        "pack": templrender_pack_to_zip(null(), &mut null_mut());
        "pack": templrender_bundle_open(null(), fonts, 7, &mut null_mut());
        "bundle": templrender_bundle_resources(null(), &mut null_mut());
        "plan": templrender_bundle_fallback(null(), null(), null_mut(), null_mut());
        "bundle": templrender_bundle_fallback(null(), null(), &raw mut plan, &mut null_mut());
        "origins": templrender_origins_any(null_mut());
        "origins": templrender_origins_allow(null(), 0, null_mut());
        "origins": templrender_origins_with_ip_literals(null_mut());
        "origins": templrender_origins_check(null(), text, &mut null_mut());
    }
    assert_eq!((count, plan), (0, null_mut()));
    unsafe {
        templrender_fonts_free(fonts);
        templrender_row_free(row);
    }
}

#[test]
fn what_cannot_fail_has_a_neutral_value() {
    let mut end = 7;
    unsafe {
        let slices = [
            templrender_buffer_slice(null()),
            templrender_template_name(null()),
            templrender_template_variant(null(), 0),
            templrender_plan_skipped(null()),
            templrender_frame_pixels(null()),
            templrender_request_tenant(null()),
            templrender_request_template(null()),
            templrender_request_digest(null()),
            templrender_request_variant(null()),
            templrender_request_lang(null()),
            templrender_request_version(null()),
            templrender_bundle_version(null()),
            templrender_url_text(null()),
            templrender_url_scheme(null()),
            templrender_url_host(null()),
            templrender_url_origin(null()),
            templrender_format_content_type(0),
        ];
        assert!(slices.iter().all(|slice| slice.data.is_null() && slice.len == 0));
        let message = templrender_error_message(null());
        assert_eq!((*message.data, message.len), (0, 0), "it can be printed with %s");
        let sizes = [
            templrender_error_count(null()),
            templrender_fonts_count(null()),
            templrender_template_variant_count(null()),
            templrender_template_asset_count(null()),
            templrender_frame_stride(null()),
            templrender_report_note_count(null()),
            templrender_bundle_bytes(null()),
        ];
        assert_eq!(sizes, [0; 7]);
        assert_eq!((templrender_error_code(null()), templrender_error_cause(null()), templrender_url_port(null())), (0, 0, 0));
        assert_eq!((templrender_frame_width(null()), templrender_frame_height(null()), templrender_request_format(null())), (0, 0, 0));
        assert_eq!(templrender_plan_key(null()), templrender_key::default());
        assert_eq!(templrender_plan_resources_key(null(), null()), templrender_key::default());
        assert!(!templrender_template_asset(null(), 0, null_mut(), null_mut()));
        assert!(!templrender_plan_valid_until(null(), &raw mut end) && !templrender_request_expires(null(), &raw mut end));
        assert!(!templrender_request_is_expired(null(), 0) && !templrender_is_public_address(null(), 4));
        assert!(!templrender_report_note(null(), 0, null_mut(), null_mut(), null_mut()));
        assert!(templrender_keyring_is_empty(null()));
        assert!(templrender_bundle_template(null()).is_null() && templrender_bundle_renderer(null()).is_null());
        assert_eq!(templrender_error_fault(null(), 0, null_mut()), 401);
        assert_eq!(templrender_plan_output(null(), null_mut()), 401);
        templrender_limits_init(null_mut(), 72);
        templrender_context_init(null_mut(), 80);
        templrender_output_init(null_mut(), 32);
        templrender_flag_set(null_mut());
    }
    assert_eq!(end, 7, "outputs are written where there is something to write");
    assert_eq!(templrender_code_cause(0), 0);
}

#[test]
fn a_governor_that_is_not_there_lets_nobody_in() {
    let mut wait = 0;
    unsafe {
        assert!(!templrender_token_bucket_take(null_mut(), 1.0, 1, 7, &raw mut wait));
        assert_eq!(wait, u64::MAX);
        templrender_slow_template_observe(null_mut(), 7, 7);
        assert!(!templrender_slow_template_is_slow(null(), 0, 7));
        assert_eq!(templrender_slow_template_average_ms(null(), 7), 0);
        assert_eq!(templrender_gate_enter(null_mut(), 1, 1), 3);
        assert!(!templrender_gate_leave(null_mut()));
        templrender_gate_give_up(null_mut());
    }
}

#[test]
fn nothing_is_freed_without_harm() {
    unsafe {
        templrender_buffer_free(null_mut());
        templrender_error_free(null_mut());
        templrender_fonts_free(null_mut());
        templrender_template_free(null_mut());
        templrender_row_free(null_mut());
        templrender_request_free(null_mut());
        templrender_keyring_free(null_mut());
        templrender_resources_free(null_mut());
        templrender_renderer_free(null_mut());
        templrender_plan_free(null_mut());
        templrender_scratch_free(null_mut());
        templrender_frame_free(null_mut());
        templrender_report_free(null_mut());
        templrender_pack_free(null_mut());
        templrender_bundle_free(null_mut());
        templrender_origins_free(null_mut());
        templrender_url_free(null_mut());
    }
}
