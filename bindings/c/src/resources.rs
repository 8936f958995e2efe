//! Resources
//!
//! The host's answers to the needs of a plan, by their ids: the same source has the same id in every plan.

use std::sync::Arc;

use core_::{NeedId, Resources};

use crate::boundary::{boundary, free, make};
use crate::error::templrender_error;
use crate::library::{templrender_slice, templrender_status};
use crate::limits::{limits_of, templrender_limits};
use crate::pointer::{bytes, get_mut, text};

/// Answers: to be freed with `templrender_resources_free`.
#[derive(Debug)]
pub struct templrender_resources {
    pub(crate) resources: Resources,
}

/// The caller's bytes, as long as the caller keeps its word.
pub(crate) struct Borrowed(pub(crate) *const [u8]);

// SAFETY: the bytes are only read, and nobody writes to them meanwhile: that is what the functions that borrow ask for.
unsafe impl Send for Borrowed {}
// SAFETY: as above.
unsafe impl Sync for Borrowed {}

impl AsRef<[u8]> for Borrowed {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: they stay where they are until the resources, or the row and its plans, are freed, which hold this; nothing else keeps it longer.
        unsafe { &*self.0 }
    }
}

/// No answers yet. `limits` are for those to come, and may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_resources_new(
    limits: *const templrender_limits,
    resources: *mut *mut templrender_resources,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe { make(resources, "resources", err, || Ok(templrender_resources { resources: Resources::with_limits(limits_of(limits)?) })) }
}

/// Answers a need with a picture's bytes; copies them. Where they are no picture that is read (an HTML page, say), or one beyond the limits, the need
/// counts as failed, so that its layer's next choice becomes pending: a host may go on after the error, which then is
/// `TEMPLRENDER_UNKNOWN_FORMAT`, `TEMPLRENDER_DAMAGED_RESOURCE` or `TEMPLRENDER_RESOURCE_LIMIT`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_resources_insert(
    resources: *mut templrender_resources,
    id: u64,
    bytes: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let bytes = self::bytes(bytes, "bytes")?;
            get_mut(resources, "resources")?.resources.insert(NeedId::from(id), bytes)
        })
    }
}

/// The same without a copy: the bytes must stay as they are until the resources are freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_resources_borrow(
    resources: *mut templrender_resources,
    id: u64,
    bytes: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read, until the resources are freed, and to write.
    unsafe {
        boundary(err, || {
            let bytes = self::bytes(bytes, "bytes")?;
            get_mut(resources, "resources")?.resources.insert_shared(NeedId::from(id), Arc::new(Borrowed(bytes)))
        })
    }
}

/// Says that a need cannot be answered, and why, for the report: "status 404". Its layer's next choice becomes pending.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_resources_fail(
    resources: *mut templrender_resources,
    id: u64,
    why: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let why = text(why, "why")?;
            get_mut(resources, "resources")?.resources.fail(NeedId::from(id), why);
            Ok(())
        })
    }
}

/// Makes a picture whose data end early an error of its drawing (`TEMPLRENDER_DAMAGED_RESOURCE`), also where enough of it is there to be drawn with
/// the note "image-truncated": for hosts that keep what they draw, and can ask for the picture again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_resources_refuse_truncated(
    resources: *mut templrender_resources,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            get_mut(resources, "resources")?.resources.refuse_truncated();
            Ok(())
        })
    }
}

/// Frees resources; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_resources_free(resources: *mut templrender_resources) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(resources) }
}
