//! Jobs of models
//!
//! Generated needs, answered: all of a plan's at once, or one by one by whoever has the time, with what they make kept by content.

use core_::{Guard, Job, Made, NeedId};

use crate::answers::templrender_face;
use crate::boundary::{ask, boundary, free, make, neutral};
use crate::error::templrender_error;
use crate::frame::templrender_frame;
use crate::guard::{guard_of, templrender_guard};
use crate::library::{monotonic_ns, templrender_buffer, templrender_key, templrender_slice, templrender_status};
use crate::plan::{templrender_plan, templrender_renderer};
use crate::pointer::{array, bad, check_out, get, get_mut, put, set_if};
use crate::resources::templrender_resources;

/// One run of a model that a plan needs, immutable: to be freed with `templrender_job_free`. It holds its model and its picture and nothing of the plan.
#[derive(Debug)]
pub struct templrender_job {
    job: Job,
}

/// What a model made, a picture or faces, immutable: to be freed with `templrender_made_free`.
#[derive(Debug)]
pub struct templrender_made {
    made: Made,
}

/// Runs the model of every generated need whose picture is there, and answers them; after it none is pending unless another need is. A model that fails is a need that failed:
/// its layer's next choice is drawn, and the report has the note `model-failed`. `guard` may be NULL. Fails with `TEMPLRENDER_DEADLINE_EXCEEDED` or
/// `TEMPLRENDER_CANCELLED`; what was made by then is kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_renderer_fill(
    renderer: *const templrender_renderer,
    plan: *const templrender_plan,
    resources: *mut templrender_resources,
    guard: *const templrender_guard,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let (renderer, plan) = (get(renderer, "renderer")?, get(plan, "plan")?);
            let (guard, resources) = (clocked(guard_of(guard)?.0), get_mut(resources, "resources")?);
            renderer.renderer.fill_guarded(&plan.plan, &mut resources.resources, &guard)
        })
    }
}

/// How long models take is told by a clock, whatever else the guard is asked for.
fn clocked(guard: Guard<'_>) -> Guard<'_> {
    Guard { clock: Some(monotonic_ns), ..guard }
}

/// What a generated need takes: its model and the picture that it is given, which must be there. A host that keeps answers looks for `templrender_job_key` first.
/// Fails with `TEMPLRENDER_BAD_ARGUMENT` for another need, and `TEMPLRENDER_MISSING_MODEL`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_renderer_job(
    renderer: *const templrender_renderer,
    plan: *const templrender_plan,
    id: u64,
    resources: *const templrender_resources,
    job: *mut *mut templrender_job,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to write.
    unsafe {
        make(job, "job", err, || {
            let (renderer, plan, resources) = (get(renderer, "renderer")?, get(plan, "plan")?, get(resources, "resources")?);
            Ok(templrender_job { job: renderer.renderer.job(&plan.plan, NeedId::from(id), &resources.resources)? })
        })
    }
}

/// The need that it answers; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_job_need(job: *const templrender_job) -> u64 {
    // SAFETY: NULL or one of ours.
    unsafe { ask(job, |job| job.job.need().get()) }
}

/// The model's id; it lives as long as the job.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_job_model(job: *const templrender_job) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(job, |job| job.job.model().id().into()) }
}

/// Names what it makes, by content: model, picture, crop, strength. Jobs of equal keys are answered alike, whatever plan they come from. Noughts of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_job_key(job: *const templrender_job) -> templrender_key {
    // SAFETY: NULL or one of ours.
    unsafe { ask(job, |job| templrender_key { bytes: job.job.key().bytes() }) }
}

/// What it is expected to take: billions of multiplications, and MB at the peak. Either may be NULL; noughts of a NULL job.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_job_cost(job: *const templrender_job, gmac: *mut f64, peak_mb: *mut f64) {
    neutral((), || {
        // SAFETY: NULL or one of ours.
        let cost = unsafe { job.as_ref() }.map(|job| job.job.cost());
        // SAFETY: NULL or the caller's to write.
        unsafe {
            set_if(gmac, cost.map_or(0.0, |cost| cost.gmac));
            set_if(peak_mb, cost.map_or(0.0, |cost| cost.peak_mb));
        }
    });
}

/// Runs it. Fails with `TEMPLRENDER_MODEL_FAILED` (the function's own words), `TEMPLRENDER_MODEL_OUTPUT` (a wrong shape, NaN), `TEMPLRENDER_MODEL_LIMIT`,
/// `TEMPLRENDER_MISSING_MODEL` of a model that is only declared, `TEMPLRENDER_DEADLINE_EXCEEDED` or `TEMPLRENDER_CANCELLED`. `guard` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_job_run(
    job: *const templrender_job,
    guard: *const templrender_guard,
    made: *mut *mut templrender_made,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to read and to write.
    unsafe {
        make(made, "made", err, || {
            let (job, guard) = (get(job, "job")?, clocked(guard_of(guard)?.0));
            Ok(templrender_made { made: job.job.run(&guard)? })
        })
    }
}

/// Runs `count` jobs, those of one model and shape in batches as large as its manifest allows. Writes for each what it made into `made`, or NULL there and why into `errors`,
/// which may be NULL; both have room for `count` pointers, and what is written there is the caller's to free. Fails itself for wrong arguments alone, and
/// writes nothing then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_job_run_all(
    jobs: *const *const templrender_job,
    count: usize,
    guard: *const templrender_guard,
    made: *mut *mut templrender_made,
    errors: *mut *mut templrender_error,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let (handles, guard) = (array(jobs, count, "jobs")?, clocked(guard_of(guard)?.0));
            if count > 0 {
                check_out(made, "made")?;
            }
            let jobs: Vec<Job> = handles.iter().map(|job| Ok(get(*job, "jobs")?.job.clone())).collect::<Result<_, core_::Fault>>()?;
            for (i, answer) in Job::run_all(&jobs, &guard).into_iter().enumerate().take(count) {
                let (ok, error) = match answer {
                    Ok(made) => (Box::into_raw(Box::new(templrender_made { made })), std::ptr::null_mut()),
                    Err(error) => (std::ptr::null_mut(), Box::into_raw(Box::new(templrender_error::new(error)))),
                };
                put(made.add(i), "made", ok)?;
                if errors.is_null() {
                    free(error);
                } else {
                    errors.add(i).write(error);
                }
            }
            Ok(())
        })
    }
}

/// Frees a job; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_job_free(job: *mut templrender_job) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(job) }
}

/// Answers a generated need with what a model made; it is shared, not copied, and may be freed at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_resources_insert_made(
    resources: *mut templrender_resources,
    id: u64,
    made: *const templrender_made,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to write.
    unsafe {
        boundary(err, || {
            let made = get(made, "made")?.made.clone();
            get_mut(resources, "resources")?.resources.insert_made(NeedId::from(id), made)
        })
    }
}

/// What was made as bytes, for caches and other machines: a PNG, or JSON of faces. `templrender_resources_insert` takes them as the answer of a generated need.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_made_to_bytes(
    made: *const templrender_made,
    bytes: *mut *mut templrender_buffer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe { make(bytes, "bytes", err, || Ok(get(made, "made")?.made.to_bytes()?.into())) }
}

/// The picture that was made, shared with it. Fails with `TEMPLRENDER_BAD_ARGUMENT` where faces were found instead.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_made_frame(
    made: *const templrender_made,
    frame: *mut *mut templrender_frame,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to write.
    unsafe {
        make(frame, "frame", err, || {
            let picture = get(made, "made")?.made.frame().cloned();
            picture.map(templrender_frame::shared).ok_or_else(|| bad("made", "a picture must have been made, found faces").into())
        })
    }
}

/// How many faces were found; 0 of a picture.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_made_face_count(made: *const templrender_made) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(made, |made| made.made.found().map_or(0, <[_]>::len)) }
}

/// One face, counted from 0; false beyond the last. Its points live as long as `made`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_made_face(made: *const templrender_made, index: usize, face: *mut templrender_face) -> bool {
    neutral(false, || {
        // SAFETY: NULL or one of ours.
        let found = unsafe { made.as_ref() }.and_then(|made| made.made.found()?.get(index));
        let Some(found) = found else { return false };
        let [left, top, width, height] = found.rect;
        let (points, point_count) = (found.points.as_ptr().cast(), found.points.len());
        // SAFETY: NULL or the caller's to write.
        unsafe { set_if(face, templrender_face { left, top, width, height, score: found.score, points, point_count }) };
        true
    })
}

/// How long its batch ran, in microseconds; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_made_elapsed_us(made: *const templrender_made) -> u64 {
    // SAFETY: NULL or one of ours.
    unsafe { ask(made, |made| made.made.elapsed_us().unwrap_or(0)) }
}

/// Frees what was made; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_made_free(made: *mut templrender_made) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(made) }
}
