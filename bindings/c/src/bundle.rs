//! Bundles
//!
//! A pack that is ready to draw: template, renderer with its fonts, its assets as answers, and its fallback. All of it is whole and valid, or it is refused.

use std::ptr;

use core_::Bundle;

use crate::boundary::{ask, boundary, free, make, neutral};
use crate::compiled::with_compiled;
use crate::context::{context_of, templrender_context};
use crate::error::templrender_error;
use crate::fonts::templrender_fonts;
use crate::library::{templrender_slice, templrender_status};
use crate::pack::templrender_pack;
use crate::plan::{templrender_plan, templrender_renderer};
use crate::pointer::{check_out, get, put};
use crate::resources::templrender_resources;
use crate::template::templrender_template;

/// A pack that is ready to draw, immutable: to be freed with `templrender_bundle_free`. Plans and resources that were made of it live on.
pub struct templrender_bundle {
    bundle: Bundle,
    template: templrender_template,
    renderer: templrender_renderer,
}

/// Makes a pack ready to draw, with its own fonts before those of the host, which may be freed then. `now`, in seconds since 1970 (UTC), is the time at which
/// its fallback is tried. A fault's place begins with its file: "template.json: layers[0].src", "fonts/a.ttf", "fallback.json: variant story".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_bundle_open(
    pack: *const templrender_pack,
    host_fonts: *const templrender_fonts,
    now: i64,
    bundle: *mut *mut templrender_bundle,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to write.
    unsafe {
        make(bundle, "bundle", err, || {
            let (pack, fonts) = (get(pack, "pack")?, get(host_fonts, "host_fonts")?);
            let bundle = pack.pack.open(&fonts.fonts, Some(now))?;
            let template = templrender_template { template: bundle.template().clone() };
            let renderer = templrender_renderer { renderer: with_compiled(bundle.renderer().clone()) };
            Ok(templrender_bundle { bundle, template, renderer })
        })
    }
}

/// Its template: borrowed, lives as long as the bundle, and is not to be freed. NULL of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_bundle_template(bundle: *const templrender_bundle) -> *const templrender_template {
    // SAFETY: NULL or one of ours.
    neutral(ptr::null(), || unsafe { bundle.as_ref() }.map_or(ptr::null(), |bundle| &raw const bundle.template))
}

/// A renderer with its fonts: borrowed, lives as long as the bundle, and is not to be freed. NULL of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_bundle_renderer(bundle: *const templrender_bundle) -> *const templrender_renderer {
    // SAFETY: NULL or one of ours.
    neutral(ptr::null(), || unsafe { bundle.as_ref() }.map_or(ptr::null(), |bundle| &raw const bundle.renderer))
}

/// What it draws with, as `template@digest` names it in URLs: 16 hex digits over the template, its assets and all fonts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_bundle_version(bundle: *const templrender_bundle) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(bundle, |bundle| bundle.bundle.version().into()) }
}

/// How many bytes it holds, about: those of its files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_bundle_bytes(bundle: *const templrender_bundle) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(bundle, |bundle| bundle.bundle.bytes()) }
}

/// Answers to start from, a new handle: its assets are in it already, without a copy, so that only a row's pictures are left to be found. May outlive the
/// bundle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_bundle_resources(
    bundle: *const templrender_bundle,
    resources: *mut *mut templrender_resources,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe { make(resources, "resources", err, || Ok(templrender_resources { resources: get(bundle, "bundle")?.bundle.resources() })) }
}

/// What is drawn where a row's own picture cannot be had: a plan, and the resources with all that it needs, new handles both. Both are NULL, and the call
/// succeeds, where the template has none. `context` may be NULL: the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_bundle_fallback(
    bundle: *const templrender_bundle,
    context: *const templrender_context,
    plan: *mut *mut templrender_plan,
    resources: *mut *mut templrender_resources,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            check_out(plan, "plan")?;
            check_out(resources, "resources")?;
            let (bundle, context) = (get(bundle, "bundle")?, context_of(context)?);
            let (made, found) = match bundle.bundle.plan_fallback(&context).transpose()? {
                None => (ptr::null_mut(), ptr::null_mut()),
                Some((plan, resources)) => {
                    (Box::into_raw(Box::new(templrender_plan { plan })), Box::into_raw(Box::new(templrender_resources { resources })))
                }
            };
            put(plan, "plan", made)?;
            put(resources, "resources", found)
        })
    }
}

/// Frees a bundle; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_bundle_free(bundle: *mut templrender_bundle) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(bundle) }
}
