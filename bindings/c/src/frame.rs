//! Frames
//!
//! Pixels: sRGB, 8 bits a channel, the first row on top. They come out of rendering, or are a host's own, for rows and resources.

use std::sync::Arc;

use core_::{Frame, NeedId};

use crate::boundary::{ask, boundary, free, make};
use crate::error::templrender_error;
use crate::guard::{guard_of, templrender_guard};
use crate::library::{templrender_buffer, templrender_slice, templrender_status};
use crate::output::{output_of, templrender_output};
use crate::pointer::{bad, bytes, check_out, get, get_mut, text};
use crate::resources::templrender_resources;
use crate::row::templrender_row;

/// A drawn picture, immutable: to be freed with `templrender_frame_free`.
#[derive(Debug)]
pub struct templrender_frame {
    frame: Arc<Frame>,
}

impl templrender_frame {
    pub(crate) fn new(frame: Frame) -> Self {
        Self { frame: Arc::new(frame) }
    }

    pub(crate) fn shared(frame: Arc<Frame>) -> Self {
        Self { frame }
    }

    pub(crate) fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }
}

/// A frame of straight (not premultiplied) RGBA that is there already, `width * height * 4` bytes, row after row; copies them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_frame_from_rgba(
    width: u32,
    height: u32,
    rgba: templrender_slice,
    frame: *mut *mut templrender_frame,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe { make(frame, "frame", err, || Ok(templrender_frame::new(Frame::from_rgba(width, height, bytes(rgba, "rgba")?.to_vec())?))) }
}

/// Sets a column to a picture that is decoded already: it is drawn as a PNG of it would be. The frame is shared, not copied, and may be freed at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_row_set_frame(
    row: *mut templrender_row,
    name: templrender_slice,
    frame: *const templrender_frame,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let (name, frame) = (text(name, "name")?, Arc::clone(&get(frame, "frame")?.frame));
            get_mut(row, "row")?.row.set_frame(name, frame);
            Ok(())
        })
    }
}

/// Answers a need with a picture that is decoded already: it is drawn as a PNG of it would be. The frame is shared, not copied, and may be freed at once.
/// One beyond the limits counts as failed, as `templrender_resources_insert` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_resources_insert_frame(
    resources: *mut templrender_resources,
    id: u64,
    frame: *const templrender_frame,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            let frame = Arc::clone(&get(frame, "frame")?.frame);
            get_mut(resources, "resources")?.resources.insert_frame(NeedId::from(id), frame)
        })
    }
}

/// Width in px, at least 1; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_frame_width(frame: *const templrender_frame) -> u32 {
    // SAFETY: NULL or one of ours.
    unsafe { ask(frame, |frame| frame.frame.width()) }
}

/// Height in px, at least 1; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_frame_height(frame: *const templrender_frame) -> u32 {
    // SAFETY: NULL or one of ours.
    unsafe { ask(frame, |frame| frame.frame.height()) }
}

/// Bytes from one row of `templrender_frame_pixels` to the next; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_frame_stride(frame: *const templrender_frame) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(frame, |frame| frame.frame.stride()) }
}

/// All pixels as they are: RGBA, premultiplied by alpha, stride * height bytes that live as long as the frame.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_frame_pixels(frame: *const templrender_frame) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(frame, |frame| frame.frame.pixels().into()) }
}

/// Copies all pixels as straight RGBA (not premultiplied), rows of width * 4 bytes without gaps. `out_len` must be width * height * 4.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_frame_copy_rgba(
    frame: *const templrender_frame,
    out: *mut u8,
    out_len: usize,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            check_out(out, "out")?;
            let frame = &get(frame, "frame")?.frame;
            if out_len != frame.pixels().len() {
                let (width, height, needed) = (frame.width(), frame.height(), frame.pixels().len());
                return Err(bad("out_len", format!("{width}x{height} px take {needed} bytes, found {out_len}")).into());
            }
            let straight = frame.to_rgba();
            out.copy_from_nonoverlapping(straight.as_ptr(), straight.len());
            Ok(())
        })
    }
}

/// Encodes a frame, as often as wanted. `guard` may be NULL. Fails with `TEMPLRENDER_DEADLINE_EXCEEDED` or `TEMPLRENDER_CANCELLED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_frame_encode(
    frame: *const templrender_frame,
    output: *const templrender_output,
    guard: *const templrender_guard,
    bytes: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        make(bytes, "bytes", err, || {
            let (frame, output, (guard, _)) = (get(frame, "frame")?, output_of(output)?, guard_of(guard)?);
            Ok(frame.frame.encode_guarded(&output, &guard)?.into())
        })
    }
}

/// Frees a frame; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_frame_free(frame: *mut templrender_frame) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(frame) }
}
