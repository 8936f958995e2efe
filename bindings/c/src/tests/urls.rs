//! URLs, origins and governors: the core's answers through C's types.

use std::ptr::{null, null_mut};

use core_::{Admission, Gate, GateLimits, Rate, SlowTemplate, TokenBucket};

use super::{done, failed, made, s, taken, text_of};
use crate::context::*;
use crate::govern::*;
use crate::keyring::*;
use crate::library::*;
use crate::origins::*;
use crate::request::*;
use crate::row::*;

const KEYS: &str = "2026-11 an-example-that-everybody-knows-1";
const NOW: i64 = 1_795_000_000;

#[test]
fn a_url_is_signed_read_and_verified() {
    unsafe {
        let row = made(|out, err| templrender_row_from_json(s(r#"{ "title": "Aster honey" }"#), out, err));
        let format = failed(|err| templrender_request_new(s("shop"), s("card"), 0, row, &mut null_mut(), err));
        assert_eq!(format, "401 format: a URL must name its format, found none");
        let request = made(|out, err| templrender_request_new(s("shop"), s("card"), 1, row, out, err));
        templrender_row_free(row);
        done(|err| templrender_request_set_variant(request, s("wide"), err));
        done(|err| templrender_request_set_lang(request, s("de"), err));
        done(|err| templrender_request_set_version(request, s("v1"), err));
        done(|err| templrender_request_set_version(request, templrender_slice::default(), err));
        done(|err| templrender_request_set_digest(request, s("0123456789abcdef"), err));
        done(|err| templrender_request_set_expires(request, NOW + 60, err));
        let canonical = taken(made(|out, err| templrender_request_canonical(request, out, err)));
        let wanted = format!("/shop/card@0123456789abcdef/wide.jpg?title=Aster%20honey&~e={}&~lang=de", NOW + 60);
        assert_eq!(String::from_utf8(canonical).unwrap(), wanted);

        let keys = made(|out, err| templrender_keyring_parse(s(KEYS), out, err));
        assert!(!templrender_keyring_is_empty(keys));
        let url = String::from_utf8(taken(made(|out, err| templrender_keyring_sign(keys, request, out, err)))).unwrap();
        assert!(failed(|err| templrender_keyring_verify(keys, request, NOW, err)).starts_with("603 "), "it has no signature yet");
        templrender_request_free(request);

        let read = made(|out, err| templrender_request_parse(s(&format!("https://ads.example{url}")), out, err));
        done(|err| templrender_keyring_verify(keys, read, NOW, err));
        assert!(failed(|err| templrender_keyring_verify(keys, read, NOW + 60, err)).starts_with("604 "));
        assert!(templrender_request_is_expired(read, NOW + 60) && !templrender_request_is_expired(read, NOW));
        let parts = [templrender_request_tenant(read), templrender_request_template(read), templrender_request_digest(read)];
        assert_eq!(parts.map(text_of), ["shop", "card", "0123456789abcdef"]);
        assert_eq!((text_of(templrender_request_variant(read)), text_of(templrender_request_lang(read))), ("wide", "de"));
        assert!(templrender_request_version(read).data.is_null());
        let mut end = 0;
        assert!(templrender_request_expires(read, &raw mut end) && end == NOW + 60 && templrender_request_format(read) == 1);
        let mut context = templrender_context { struct_size: size_of::<templrender_context>(), ..templrender_context::default() };
        done(|err| templrender_request_context(read, NOW, &raw mut context, err));
        assert_eq!((text_of(context.variant), context.now, context.has_now, context.format), ("wide", NOW, 1, 1));
        let row = made(|out, err| templrender_request_row(read, out, err));
        assert_eq!((*row).row, core_::Row::from_json(r#"{ "title": "Aster honey" }"#).unwrap());
        templrender_row_free(row);
        templrender_request_free(read);

        let altered = made(|out, err| templrender_request_parse(s(&url.replace("honey", "money")), out, err));
        assert!(failed(|err| templrender_keyring_verify(keys, altered, NOW, err)).starts_with("603 "));
        templrender_request_free(altered);
        templrender_keyring_free(keys);
        assert!(failed(|err| templrender_keyring_parse(s("short"), &mut null_mut(), err)).starts_with("606 "));
        assert!(failed(|err| templrender_request_parse(s("/nothing"), &mut null_mut(), err)).starts_with("601 "));
    }
}

#[test]
fn origins_are_judged() {
    unsafe {
        let any = made(|out, err| templrender_origins_any(out, err));
        let url = made(|out, err| templrender_origins_check(any, s("HTTP://CDN.example:80/a/../b.jpg"), out, err));
        assert_eq!(text_of(templrender_url_text(url)), "http://cdn.example/b.jpg");
        let parts = [templrender_url_scheme(url), templrender_url_host(url), templrender_url_origin(url)];
        assert_eq!((parts.map(text_of), templrender_url_port(url)), (["http", "cdn.example", "http://cdn.example"], 80));
        templrender_url_free(url);
        for refused in ["http://127.0.0.1/", "http://2130706433/", "ftp://a.example/", "http://a.example:81/"] {
            assert!(failed(|err| templrender_origins_check(any, s(refused), &mut null_mut(), err)).starts_with("605 "), "{refused}");
        }
        done(|err| templrender_origins_with_ip_literals(any, err));
        templrender_url_free(made(|out, err| templrender_origins_check(any, s("http://127.0.0.1:81/"), out, err)));
        templrender_origins_free(any);

        let patterns = [s("*.example.com"), s("https://photos.example:8443")];
        let list = made(|out, err| templrender_origins_allow(patterns.as_ptr(), 2, out, err));
        templrender_url_free(made(|out, err| templrender_origins_check(list, s("https://photos.example:8443/a.jpg"), out, err)));
        assert!(failed(|err| templrender_origins_check(list, s("https://example.com/"), &mut null_mut(), err)).starts_with("605 "));
        templrender_origins_free(list);
        let none = made(|out, err| templrender_origins_allow(null(), 0, out, err));
        assert!(failed(|err| templrender_origins_check(none, s("https://example.com/"), &mut null_mut(), err)).starts_with("605 "));
        templrender_origins_free(none);

        let public = |bytes: &[u8]| templrender_is_public_address(bytes.as_ptr(), bytes.len());
        assert!(public(&[93, 184, 215, 14]) && !public(&[127, 0, 0, 1]) && !public(&[0; 16]) && !public(&[93, 184, 215]));
    }
}

#[test]
fn governors_do_what_the_core_does() {
    let (mut bucket, mut core) = (templrender_token_bucket::default(), TokenBucket::default());
    for now in (NOW as u64..).step_by(37).take(200) {
        let mut wait = 7;
        let taken = unsafe { templrender_token_bucket_take(&raw mut bucket, 10.0, 2, now, &raw mut wait) };
        let wanted = core.take(Rate { per_second: 10.0, burst: 2 }, now);
        assert_eq!(if taken { Ok(()) } else { Err(wait) }, wanted);
    }
    let (mut slow, mut core) = (templrender_slow_template::default(), SlowTemplate::default());
    for (now, took) in (NOW as u64..).step_by(900).zip([10, 5_000, 5_000, 20, 9_000, 0, 0]) {
        core.observe(took, now);
        unsafe {
            templrender_slow_template_observe(&raw mut slow, took, now);
            assert_eq!(templrender_slow_template_average_ms(&raw const slow, now + 12_000), core.average_ms(now + 12_000));
            assert_eq!(templrender_slow_template_is_slow(&raw const slow, 500, now), core.is_slow(500, now));
        }
    }
    let (mut gate, mut core) = (templrender_gate::default(), Gate::default());
    for _ in 0..4 {
        let wanted = core.enter(GateLimits { running: 1, waiting: 2 });
        let wanted =
            [(1, Admission::Run), (2, Admission::Wait), (3, Admission::Refuse)].iter().find(|(_, said)| *said == wanted).unwrap().0;
        assert_eq!(unsafe { templrender_gate_enter(&raw mut gate, 1, 2) }, wanted);
    }
    unsafe {
        templrender_gate_give_up(&raw mut gate);
        assert!(templrender_gate_leave(&raw mut gate) && !templrender_gate_leave(&raw mut gate));
    }
}
