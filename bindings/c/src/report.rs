//! Reports
//!
//! What happened while a picture was drawn: boxes, lines, and notes of trouble that was survived.

use core_::Report;

use crate::boundary::{ask, free, make, neutral};
use crate::error::templrender_error;
use crate::library::{templrender_buffer, templrender_slice, templrender_status};
use crate::pointer::{get, set_if};

/// A report, immutable: to be freed with `templrender_report_free`.
#[derive(Debug)]
pub struct templrender_report {
    report: Report,
}

impl templrender_report {
    pub(crate) fn new(report: Report) -> Self {
        Self { report }
    }
}

/// The report as one JSON object, the same as `templrender render --report` writes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_report_to_json(
    report: *const templrender_report,
    json: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe { make(json, "json", err, || Ok(get(report, "report")?.report.to_json().into())) }
}

/// How many notes there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_report_note_count(report: *const templrender_report) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(report, |report| report.report.notes.len()) }
}

/// One note, counted from 0: its code ("image-missing"), the layer it is about (empty where it is about the row), and one sentence. False, and nothing
/// written, beyond the last. Each output may be NULL; the slices live as long as the report.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_report_note(
    report: *const templrender_report,
    index: usize,
    code: *mut templrender_slice,
    layer: *mut templrender_slice,
    message: *mut templrender_slice,
) -> bool {
    neutral(false, || {
        // SAFETY: NULL or one of ours.
        let Some(note) = (unsafe { report.as_ref() }).and_then(|report| report.report.notes.get(index)) else { return false };
        // SAFETY: NULL or the caller's to write.
        unsafe {
            set_if(code, note.code.name().into());
            set_if(layer, note.layer.as_str().into());
            set_if(message, note.message.as_str().into());
        }
        true
    })
}

/// Frees a report; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_report_free(report: *mut templrender_report) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(report) }
}
