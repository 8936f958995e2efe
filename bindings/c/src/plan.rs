//! Plans
//!
//! A template filled with a row, which says what it needs. A plan waits for I/O as long as it must, and crosses threads.

use core_::{Error, Fault, Need, NeedSource, Plan, Renderer};

use crate::boundary::{ask, boundary, free, make, neutral};
use crate::compiled::with_compiled;
use crate::context::{context_of, templrender_context};
use crate::error::templrender_error;
use crate::fonts::templrender_fonts;
use crate::growing::{self, Growing, byte_bool};
use crate::library::{templrender_key, templrender_slice, templrender_status};
use crate::limits::{limits_of, templrender_limits};
use crate::pointer::{bad, check_out, get, put, set_if};
use crate::request::templrender_request;
use crate::resources::templrender_resources;
use crate::row::templrender_row;
use crate::template::templrender_template;

/// Fonts and limits, immutable, shared by all threads: to be freed with `templrender_renderer_free`.
#[derive(Debug)]
pub struct templrender_renderer {
    pub(crate) renderer: Renderer,
}

/// A template filled with a row, immutable: to be freed with `templrender_plan_free`. It holds all that it needs of both.
#[derive(Debug)]
pub struct templrender_plan {
    pub(crate) plan: Plan,
}

/// Where a needed picture is.
#[repr(C)]
pub enum templrender_need_kind {
    /// At a URL or a path, as the row or the template has it.
    TEMPLRENDER_NEED_LOCATION = 1,
    /// Beside the template: one of its own files.
    TEMPLRENDER_NEED_ASSET = 2,
    /// What a model makes of another answer: `templrender_renderer_fill`. A host without models fails it, and the layer's next choice is drawn.
    TEMPLRENDER_NEED_GENERATED = 3,
}

/// One picture that a plan may draw. Its slices live as long as the plan.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct templrender_need {
    /// `sizeof(templrender_need)`, set by the caller in the first of an array.
    pub struct_size: usize,
    /// The name under which it is answered: the same source has the same id in every plan.
    pub id: u64,
    /// A URL or a path; an asset's path from the template's folder; what a generated need's picture is made of.
    pub location: templrender_slice,
    /// An asset's name among the template's `assets`; the id of a generated need's model; else a NULL slice.
    pub name: templrender_slice,
    /// Scheme and host of a URL, for limits per origin; else a NULL slice.
    pub origin: templrender_slice,
    /// A `templrender_need_kind`.
    pub kind: u32,
    /// An upper bound of the width of the box it is drawn in, px of the output: a host that can fetch a smaller picture may.
    pub useful_width: u32,
    /// The same of the height.
    pub useful_height: u32,
    /// Whether the picture can be drawn without it.
    pub optional: byte_bool,
}

// SAFETY: `repr(C)`, its size first, numbers and pointers.
unsafe impl Growing for templrender_need {
    const FIRST: usize = 80;

    fn defaults() -> Self {
        Self { struct_size: size_of::<Self>(), ..Self::default() }
    }
}

/// A renderer with these fonts, which may be freed then. `limits` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_renderer_new(
    fonts: *const templrender_fonts,
    limits: *const templrender_limits,
    renderer: *mut *mut templrender_renderer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        make(renderer, "renderer", err, || {
            let (fonts, limits) = (get(fonts, "fonts")?, limits_of(limits)?);
            let renderer = with_compiled(Renderer::new(fonts.fonts.clone()).with_limits(limits));
            Ok(templrender_renderer { renderer })
        })
    }
}

/// Frees a renderer; NULL is fine. Its plans live on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_renderer_free(renderer: *mut templrender_renderer) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(renderer) }
}

/// Fills a template with a row; all three may be freed then. `context` may be NULL: the defaults. Fails where the row lacks a required field or holds
/// what its field or a key cannot take, and with `TEMPLRENDER_UNKNOWN_VARIANT`. A row that the template's `skip-if` leaves out is a plan, too: see
/// `templrender_plan_skipped`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_renderer_plan(
    renderer: *const templrender_renderer,
    template_: *const templrender_template,
    row: *const templrender_row,
    context: *const templrender_context,
    plan: *mut *mut templrender_plan,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to read and to write.
    unsafe {
        make(plan, "plan", err, || {
            let (renderer, template, row) = (get(renderer, "renderer")?, get(template_, "template")?, get(row, "row")?);
            let plan = renderer.renderer.plan(&template.template, &row.row, &context_of(context)?)?;
            Ok(templrender_plan { plan })
        })
    }
}

/// Fills a template with a request's row, with the variant, language and format that it asks for. `now` is in seconds since 1970 (UTC). Whether the request
/// is for this template, signed and not over is the host's to ask.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_renderer_plan_request(
    renderer: *const templrender_renderer,
    template_: *const templrender_template,
    request: *const templrender_request,
    now: i64,
    plan: *mut *mut templrender_plan,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to write.
    unsafe {
        make(plan, "plan", err, || {
            let (renderer, template) = (get(renderer, "renderer")?, get(template_, "template")?);
            let request = &get(request, "request")?.request;
            let plan = renderer.renderer.plan(&template.template, &request.row, &request.context(now))?;
            Ok(templrender_plan { plan })
        })
    }
}

/// Names the picture: 128 bits over everything that decides its pixels before download. Noughts of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_plan_key(plan: *const templrender_plan) -> templrender_key {
    // SAFETY: NULL or one of ours.
    unsafe { ask(plan, |plan| templrender_key { bytes: plan.plan.key().bytes() }) }
}

/// Whether there is an instant from which on the same row gives another picture; `seconds` since 1970 (UTC) are written where there is, and may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_plan_valid_until(plan: *const templrender_plan, seconds: *mut i64) -> bool {
    neutral(false, || {
        // SAFETY: NULL or one of ours.
        let until = unsafe { plan.as_ref() }.and_then(|plan| plan.plan.valid_until());
        // SAFETY: NULL or the caller's to write.
        until.map(|until| unsafe { set_if(seconds, until) }).is_some()
    })
}

/// Why the row gets no picture, where the template's `skip-if` says so; a NULL slice where it is drawn. Such a plan needs nothing, and to draw it fails with
/// `TEMPLRENDER_ROW_SKIPPED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_plan_skipped(plan: *const templrender_plan) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(plan, |plan| plan.plan.skipped().into()) }
}

/// Writes needs, and how many there are.
///
/// # Safety
/// `needs` has room for `capacity` structs of the size that the first one says; `count` is NULL or may be written to.
unsafe fn write_needs(found: &[&Need], needs: *mut templrender_need, capacity: usize, count: *mut usize) -> Result<(), Error> {
    let wanted: Vec<templrender_need> = found.iter().take(capacity).map(|need| need_of(need)).collect::<Result<_, _>>()?;
    if capacity > 0 {
        // SAFETY: the caller's, as above.
        let size = unsafe { growing::size_at(needs, "needs") }?;
        for (i, need) in wanted.iter().enumerate() {
            // SAFETY: `i` is below the capacity.
            unsafe { growing::write_as(needs.byte_add(i * size), size, need) };
        }
    }
    // SAFETY: the caller's, as above.
    unsafe { put(count, "count", found.len()) }
}

fn need_of(need: &Need) -> Result<templrender_need, Fault> {
    use templrender_need_kind::{TEMPLRENDER_NEED_ASSET, TEMPLRENDER_NEED_GENERATED, TEMPLRENDER_NEED_LOCATION};
    let (kind, location, name) = match need.source() {
        NeedSource::Location(location) => (TEMPLRENDER_NEED_LOCATION, location, None),
        NeedSource::Asset { name, path } => (TEMPLRENDER_NEED_ASSET, path, Some(name.as_str())),
        NeedSource::Generated { model, of } => (TEMPLRENDER_NEED_GENERATED, of, Some(model.as_str())),
        other => return Err(bad("needs", format!("a need must be a location, an asset or generated, found {other:?}"))),
    };
    let (useful_width, useful_height) = need.useful_px();
    let origin = Some(need.origin()).filter(|origin| !origin.is_empty());
    Ok(templrender_need {
        id: need.id().get(),
        location: location.as_str().into(),
        name: name.into(),
        origin: origin.into(),
        kind: kind as u32,
        useful_width,
        useful_height,
        optional: need.optional().into(),
        ..templrender_need::default()
    })
}

/// Everything the plan may draw, first choices and the next ones: writes up to `capacity` needs, and into `count` how many there are. `needs` may be NULL
/// where `capacity` is 0; else `needs[0].struct_size` says how large each of them is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_plan_needs(
    plan: *const templrender_plan,
    needs: *mut templrender_need,
    capacity: usize,
    count: *mut usize,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            check_out(count, "count")?;
            let found: Vec<&Need> = get(plan, "plan")?.plan.needs().collect();
            write_needs(&found, needs, capacity, count)
        })
    }
}

/// What is to be answered now: for each picture its first choice that has neither arrived nor failed. Ask again after answers: where a first choice has
/// failed, its next one is pending. When `count` is 0 the plan can be rendered. Otherwise as `templrender_plan_needs`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_plan_pending(
    plan: *const templrender_plan,
    resources: *const templrender_resources,
    needs: *mut templrender_need,
    capacity: usize,
    count: *mut usize,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            check_out(count, "count")?;
            let (plan, resources) = (get(plan, "plan")?, get(resources, "resources")?);
            write_needs(&plan.plan.pending(&resources.resources), needs, capacity, count)
        })
    }
}

/// Names what was found: 128 bits over the bytes of the pictures that are drawn. With `templrender_plan_key` it names the bytes of the answer before it is
/// drawn. Noughts where one of both is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_plan_resources_key(
    plan: *const templrender_plan,
    resources: *const templrender_resources,
) -> templrender_key {
    // SAFETY: NULL or ours.
    unsafe {
        ask(plan, |plan| {
            let key = resources.as_ref().map(|resources| plan.plan.resources_key(&resources.resources));
            key.map(|key| templrender_key { bytes: key.bytes() }).unwrap_or_default()
        })
    }
}

/// Frees a plan; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_plan_free(plan: *mut templrender_plan) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(plan) }
}
