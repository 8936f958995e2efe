//! The library as C calls it, function by function: what comes of NULL, of wrong sizes and bytes, and of a whole picture.

#![expect(clippy::undocumented_unsafe_blocks, reason = "handles and places are those that each test made, and are freed once")]

mod nothing;
mod pictures;
mod urls;

use std::ptr;

use crate::error::*;
use crate::library::*;

/// A text as C hands it over.
fn s(text: &str) -> templrender_slice {
    text.into()
}

/// Bytes as C hands them over.
fn b(bytes: &[u8]) -> templrender_slice {
    bytes.into()
}

/// The bytes of a slice that was handed out.
fn bytes_of<'a>(slice: templrender_slice) -> &'a [u8] {
    assert!(!slice.data.is_null());
    // SAFETY: the library hands out whole slices, and each test keeps its handles.
    unsafe { std::slice::from_raw_parts(slice.data, slice.len) }
}

fn text_of<'a>(slice: templrender_slice) -> &'a str {
    std::str::from_utf8(bytes_of(slice)).unwrap()
}

/// What a function made, which must succeed.
fn made<T>(call: impl FnOnce(*mut *mut T, *mut *mut templrender_error) -> templrender_status) -> *mut T {
    let (mut out, mut err) = (ptr::null_mut(), ptr::null_mut());
    let status = call(&raw mut out, &raw mut err);
    assert_eq!(status, 0, "{}", said(err));
    assert!(err.is_null(), "an error beside a success");
    out
}

/// What a function says that must succeed.
fn done(call: impl FnOnce(*mut *mut templrender_error) -> templrender_status) {
    let mut err = ptr::null_mut();
    assert_eq!(call(&raw mut err), 0, "{}", said(err));
    assert!(err.is_null(), "an error beside a success");
}

/// Code and text of a call that must fail.
fn failed(call: impl FnOnce(*mut *mut templrender_error) -> templrender_status) -> String {
    let mut err = ptr::null_mut();
    let status = call(&raw mut err);
    assert!(!err.is_null(), "status {status} without an error");
    assert_eq!(unsafe { templrender_error_code(err) }, status);
    format!("{status} {}", said(err))
}

/// The text of an error, which is freed.
fn said(err: *mut templrender_error) -> String {
    if err.is_null() {
        return String::new();
    }
    // SAFETY: it is one of ours, and not used again.
    unsafe {
        let slice = templrender_error_message(err);
        assert_eq!(*slice.data.add(slice.len), 0, "a message ends with a NUL");
        let text = text_of(slice).to_owned();
        templrender_error_free(err);
        text
    }
}

/// The bytes of a buffer, which is freed.
fn taken(buffer: *mut templrender_buffer) -> Vec<u8> {
    // SAFETY: it is one of ours, and not used again.
    unsafe {
        let bytes = bytes_of(templrender_buffer_slice(buffer)).to_vec();
        templrender_buffer_free(buffer);
        bytes
    }
}

#[test]
fn arguments_that_are_none_are_told_apart() {
    use crate::row::*;
    let parse = |slice| failed(|err| unsafe { templrender_row_from_json(slice, &mut ptr::null_mut(), err) });
    let null = templrender_slice { data: ptr::null(), len: 7 };
    assert_eq!(parse(null), "401 json: NULL must have a length of 0, found 7");
    let long = templrender_slice { data: b"{}".as_ptr(), len: usize::MAX };
    assert_eq!(parse(long), format!("401 json: a length must fit into the address space, found {}", usize::MAX));
    assert_eq!(parse(b(b"{\"a\xff\": 1}")), "401 json: text must be UTF-8, found another byte at 3");
    assert!(parse(templrender_slice::default()).starts_with("202 "), "an empty text is read as such");
}

#[test]
fn an_error_has_its_faults_one_by_one() {
    use crate::template::*;
    let json = r#"{ "templrender": 1, "name": "t", "size": [9, 9], "colour": "red", "layers": [{ "type": "txt" }] }"#;
    let (mut template, mut err) = (ptr::dangling_mut(), ptr::null_mut());
    unsafe {
        let status = templrender_template_parse(s(json), ptr::null(), &raw mut template, &raw mut err);
        assert_eq!((status, templrender_error_code(err), templrender_error_cause(err), templrender_error_count(err)), (102, 102, 1, 2));
        assert_eq!(template, ptr::dangling_mut(), "outputs are written on success alone");
        let mut fault = templrender_fault { struct_size: size_of::<templrender_fault>(), ..templrender_fault::default() };
        assert_eq!(templrender_error_fault(err, 1, &raw mut fault), 0);
        assert_eq!((fault.code, fault.cause, text_of(fault.name), fault.line, fault.column), (107, 1, "bad-value", 1, 88));
        assert_eq!(text_of(fault.place), "layers[0].type");
        assert_eq!(text_of(fault.message), "unknown layer type \"txt\", did you mean \"text\"?");
        assert_eq!(templrender_error_fault(err, 2, &raw mut fault), 401);
        assert_eq!(fault.code, 107);
        fault.struct_size = 8;
        assert_eq!(templrender_error_fault(err, 0, &raw mut fault), 401);

        let mut json = ptr::null_mut();
        assert_eq!(templrender_error_to_json(err, s("r1"), &raw mut json, ptr::null_mut()), 0);
        assert_eq!(taken(json), (*err).error().to_json("r1").into_bytes());
        assert!(said(err).starts_with("1:50: colour: "));
    }
}

#[test]
fn codes_have_names_causes_and_statuses() {
    use crate::code::*;
    let name = |code| unsafe { std::ffi::CStr::from_ptr(templrender_code_name(code)) }.to_str().unwrap();
    for code in core_::Code::ALL {
        let number = i32::from(*code as u16);
        assert_eq!((name(number), templrender_code_http_status(number)), (code.name(), code.http_status()));
        assert_eq!(
            templrender_code_cause(number) as usize,
            1 + ["template", "row", "resource", "host", "bug", "request"].iter().position(|name| *name == code.cause().name()).unwrap()
        );
    }
    assert_eq!((name(0), name(-1), name(999)), ("ok", "unknown", "unknown"));
    assert_eq!((templrender_code_http_status(0), templrender_code_http_status(999), templrender_code_cause(999)), (200, 500, 0));
}

#[test]
fn the_clock_goes_on_and_the_version_is_the_package() {
    let before = templrender_monotonic_ns();
    assert!(before > 0 && templrender_monotonic_ns() >= before);
    let version = unsafe { std::ffi::CStr::from_ptr(templrender_version()) };
    assert_eq!((version.to_str().unwrap(), templrender_abi()), (env!("CARGO_PKG_VERSION"), TEMPLRENDER_ABI));
}
