//! Rendering

use core_::Scratch;

use crate::boundary::{boundary, free, make};
use crate::error::templrender_error;
use crate::frame::templrender_frame;
use crate::guard::{guard_of, templrender_guard};
use crate::library::templrender_status;
use crate::plan::{templrender_plan, templrender_renderer};
use crate::pointer::{check_out, get, get_mut, put, set_if};
use crate::report::templrender_report;
use crate::resources::templrender_resources;

/// What one thread keeps between renders: shaped words, glyph masks, buffers. It never changes a byte of a picture. One call at a time may have it; to be
/// freed with `templrender_scratch_free`.
pub struct templrender_scratch {
    scratch: Scratch,
}

/// An empty scratch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_scratch_new(
    scratch: *mut *mut templrender_scratch,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to write.
    unsafe { make(scratch, "scratch", err, || Ok(templrender_scratch { scratch: Scratch::new() })) }
}

/// Frees a scratch; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_scratch_free(scratch: *mut templrender_scratch) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(scratch) }
}

/// Draws a plan with what was found. `guard` and `report` may be NULL. Fails with `TEMPLRENDER_MISSING_RESOURCE` where a picture that must be there is not,
/// `TEMPLRENDER_DAMAGED_RESOURCE`, `TEMPLRENDER_ROW_SKIPPED`, `TEMPLRENDER_CANVAS_LIMIT`, `TEMPLRENDER_DEADLINE_EXCEEDED` or `TEMPLRENDER_CANCELLED`; the
/// scratch may be used on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_renderer_render(
    renderer: *const templrender_renderer,
    plan: *const templrender_plan,
    resources: *const templrender_resources,
    scratch: *mut templrender_scratch,
    guard: *const templrender_guard,
    frame: *mut *mut templrender_frame,
    report: *mut *mut templrender_report,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            check_out(frame, "frame")?;
            let (renderer, plan) = (get(renderer, "renderer")?, get(plan, "plan")?);
            let (resources, scratch) = (get(resources, "resources")?, get_mut(scratch, "scratch")?);
            let (guard, timings) = guard_of(guard)?;
            // Taken out of its place, so that a panic leaves a new one there instead of one that was left half done.
            let mut own = std::mem::take(&mut scratch.scratch);
            let rendered = renderer.renderer.render_guarded(&plan.plan, &resources.resources, &mut own, &guard);
            scratch.scratch = own;
            let mut rendered = rendered?;
            if !timings {
                rendered.report.timings_us = None;
            }
            if !report.is_null() {
                set_if(report, Box::into_raw(Box::new(templrender_report::new(rendered.report))));
            }
            put(frame, "frame", Box::into_raw(Box::new(templrender_frame::new(rendered.frame))))
        })
    }
}
