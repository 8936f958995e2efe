//! Models
//!
//! What templates may name as `model` and `cutout`: a manifest (docs/models.md) and what runs it, a function of the host's or an engine that the library was built with. A
//! renderer that has them plans generated needs: `templrender_renderer_fill` answers those, or a host does, from a cache or another machine, with `templrender_renderer_job`.

use std::ffi::c_void;

use core_::{Error, Limits, Manifest, Model, Models};

use crate::answers::{templrender_answer, templrender_tensor};
use crate::boundary::{ask, boundary, free, make};
use crate::callback::{Callback, UserData};
use crate::error::templrender_error;
use crate::frame::templrender_frame;
use crate::growing::{self, Growing, byte_bool};
use crate::library::{templrender_slice, templrender_status};
use crate::limits::{limits_of, templrender_limits};
use crate::plan::templrender_renderer;
use crate::pointer::{bad, get, get_mut, text, text_if};

/// Models by their ids: to be freed with `templrender_models_free`.
#[derive(Debug)]
pub struct templrender_models {
    models: Models,
    limits: Limits,
}

/// Runs a network: `count` inputs in the manifest's order, and an answer that gets the outputs. See "Answers of models".
pub type templrender_tensors_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, inputs: *const templrender_tensor, count: usize, answer: *mut templrender_answer) -> i32,
>;

/// Does a generator's, a detector's or a matte's work: `count` pictures, and an answer that gets a picture, faces or a mask for each.
pub type templrender_pictures_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        pictures: *const *const templrender_frame,
        count: usize,
        answer: *mut templrender_answer,
    ) -> i32,
>;

/// Gives a function's data back to the host. May be NULL.
pub type templrender_free_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// How models of a folder are run; by default (noughts) as the library was built. `struct_size` must be set.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct templrender_engine_options {
    /// `sizeof(templrender_engine_options)`.
    pub struct_size: usize,
    /// "rten", "tract" or "ort" (ONNX Runtime); a NULL slice: ONNX Runtime where its library or CUDA is named here, else what is built in.
    pub engine: templrender_slice,
    /// The path of ONNX Runtime's shared library or of its folder; a NULL slice: `ORT_DYLIB_PATH`, then the system's folders.
    pub ort_library: templrender_slice,
    /// Threads of one run; 0: one.
    pub threads: u32,
    /// Whether ONNX Runtime runs on the first NVIDIA GPU.
    pub cuda: byte_bool,
}

// SAFETY: `repr(C)`, its size first, numbers and pointers.
unsafe impl Growing for templrender_engine_options {
    const FIRST: usize = 48;

    fn defaults() -> Self {
        let none = templrender_slice::default();
        Self { struct_size: size_of::<Self>(), engine: none, ort_library: none, threads: 0, cuda: 0 }
    }
}

/// None yet. `limits` are for models' files and for what functions give back, and may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_new(
    limits: *const templrender_limits,
    models: *mut *mut templrender_models,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: the caller's to read and to write.
    unsafe { make(models, "models", err, || Ok(templrender_models { models: Models::new(), limits: limits_of(limits)? })) }
}

/// A network that a function runs. `manifest` is its JSON, `identity` names the function and its version, "my-runtime 2.1": it is part of every key, so it must change when the
/// function does. `user_data` is handed to each call. `free` gets it back exactly once: when the last model, renderer and job that could call the function is freed, on
/// the thread that does so, or before this call returns where it fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_add_network(
    models: *mut templrender_models,
    manifest: templrender_slice,
    identity: templrender_slice,
    run: templrender_tensors_fn,
    user_data: *mut c_void,
    free: templrender_free_fn,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe { add(models, manifest, identity, run, user_data, free, err, Model::network) }
}

/// A function that makes a picture of each picture, with `templrender_answer_rgba` or `templrender_answer_frame`. Otherwise as `templrender_models_add_network`; of the manifest its
/// name, `roi`, `blend` and `runtime` count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_add_generator(
    models: *mut templrender_models,
    manifest: templrender_slice,
    identity: templrender_slice,
    generate: templrender_pictures_fn,
    user_data: *mut c_void,
    free: templrender_free_fn,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe { add(models, manifest, identity, generate, user_data, free, err, Model::generator) }
}

/// A function that finds faces, with `templrender_answer_face`. Otherwise as `templrender_models_add_generator`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_add_detector(
    models: *mut templrender_models,
    manifest: templrender_slice,
    identity: templrender_slice,
    detect: templrender_pictures_fn,
    user_data: *mut c_void,
    free: templrender_free_fn,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe { add(models, manifest, identity, detect, user_data, free, err, Model::detector) }
}

/// A function that says what stands in front, with `templrender_answer_mask`. Otherwise as `templrender_models_add_generator`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_add_matte(
    models: *mut templrender_models,
    manifest: templrender_slice,
    identity: templrender_slice,
    matte: templrender_pictures_fn,
    user_data: *mut c_void,
    free: templrender_free_fn,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe { add(models, manifest, identity, matte, user_data, free, err, Model::matte) }
}

/// Adds a function's model. Whatever goes wrong, the data is given back by the drop of what holds it.
///
/// # Safety
/// `models` is NULL or one of ours; slices are the caller's to read, `err` is to write.
#[expect(clippy::too_many_arguments, reason = "those of the header's functions")]
unsafe fn add<F>(
    models: *mut templrender_models,
    manifest: templrender_slice,
    identity: templrender_slice,
    function: Option<F>,
    user_data: *mut c_void,
    free: templrender_free_fn,
    err: *mut *mut templrender_error,
    model: impl FnOnce(Manifest, Callback<F>) -> Result<Model, Error>,
) -> templrender_status {
    let user_data = UserData { data: user_data, free };
    // SAFETY: the caller's, as above.
    unsafe {
        boundary(err, || {
            let models = get_mut(models, "models")?;
            let function = function.ok_or_else(|| bad("function", "a model's function must be there, found NULL"))?;
            let (manifest, identity) = described(manifest, identity)?;
            let id = manifest.id().to_owned();
            models.models.add(model(manifest, Callback { function, user_data, identity, model: id, limits: models.limits.clone() })?)
        })
    }
}

/// # Safety
/// Both are the caller's to read.
unsafe fn described(manifest: templrender_slice, identity: templrender_slice) -> Result<(Manifest, String), Error> {
    // SAFETY: the caller's, as above.
    let (manifest, identity) = unsafe { (text(manifest, "manifest")?, text(identity, "identity")?) };
    if identity.trim().is_empty() {
        return Err(bad("identity", "identity must be name and version of what runs the model, found none").into());
    }
    Ok((Manifest::from_json(manifest)?, identity.to_owned()))
}

/// A model that runs elsewhere, on what `identity` says: plans have keys and needs of it, and the host brings the answers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_declare(
    models: *mut templrender_models,
    manifest: templrender_slice,
    identity: templrender_slice,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let models = get_mut(models, "models")?;
            let (manifest, identity) = described(manifest, identity)?;
            models.models.add(Model::declared(manifest, &identity))
        })
    }
}

/// All models of a folder: each `NAME.json` there is a manifest, and the file that it names must have its sha256. All of them are added or none. `options` may be NULL. Of a
/// library that was built without an engine (cargo's features `rten`, `tract`, `ort`) it is `TEMPLRENDER_BAD_ARGUMENT`. This is the one function that opens
/// files: `folder`'s, and ONNX Runtime's library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_load_folder(
    models: *mut templrender_models,
    folder: templrender_slice,
    options: *const templrender_engine_options,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or one of ours, and the caller's to read and to write.
    unsafe {
        boundary(err, || {
            let models = get_mut(models, "models")?;
            let folder = text(folder, "folder")?;
            let given = growing::read_if(options, "options")?.unwrap_or_else(templrender_engine_options::defaults);
            let options = EngineOptions {
                engine: text_if(given.engine, "options.engine")?.unwrap_or("auto"),
                ort_library: text_if(given.ort_library, "options.ort_library")?,
                threads: usize::try_from(given.threads.max(1)).unwrap_or(1),
                cuda: given.cuda != 0,
            };
            let mut all = models.models.clone();
            load(folder, &options, &models.limits)?.into_iter().try_for_each(|model| all.add(model))?;
            models.models = all;
            Ok(())
        })
    }
}

#[cfg_attr(not(any(feature = "rten", feature = "tract", feature = "ort")), expect(dead_code, reason = "no engine asks"))]
struct EngineOptions<'a> {
    engine: &'a str,
    ort_library: Option<&'a str>,
    threads: usize,
    cuda: bool,
}

#[cfg(any(feature = "rten", feature = "tract", feature = "ort"))]
fn load(folder: &str, options: &EngineOptions<'_>, limits: &Limits) -> Result<Vec<Model>, Error> {
    let options = ::templrender_models::Options {
        engine: options.engine.parse()?,
        ort_library: options.ort_library.map(Into::into),
        cuda: options.cuda,
        threads: options.threads,
        max_model_bytes: limits.max_model_bytes,
    };
    ::templrender_models::load_folder(folder, &options)
}

#[cfg(not(any(feature = "rten", feature = "tract", feature = "ort")))]
fn load(folder: &str, _options: &EngineOptions<'_>, _limits: &Limits) -> Result<Vec<Model>, Error> {
    Err(bad("folder", format!("a folder of models must be opened by an engine, found none in this build for {folder:?}")).into())
}

/// How many models there are; 0 of NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_count(models: *const templrender_models) -> usize {
    // SAFETY: NULL or one of ours.
    unsafe { ask(models, |models| models.models.iter().count()) }
}

/// The id of one, counted from 0 in the order of their ids; a NULL slice beyond the last. It lives until models are added or freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_id(models: *const templrender_models, index: usize) -> templrender_slice {
    // SAFETY: NULL or one of ours.
    unsafe { ask(models, |models| models.models.iter().nth(index).map(Model::id).into()) }
}

/// A renderer with the fonts and limits of another (a bundle's, say), and with these models as they are now; all of them may be freed then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_renderer_with_models(
    renderer: *const templrender_renderer,
    models: *const templrender_models,
    out: *mut *mut templrender_renderer,
    err: *mut *mut templrender_error,
) -> templrender_status {
    // SAFETY: NULL or ours, and the caller's to write.
    unsafe {
        make(out, "out", err, || {
            let (renderer, models) = (get(renderer, "renderer")?, get(models, "models")?);
            Ok(templrender_renderer { renderer: renderer.renderer.clone().with_models(models.models.clone()) })
        })
    }
}

/// Frees models; NULL is fine. Renderers and jobs that were made with them live on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_models_free(models: *mut templrender_models) {
    // SAFETY: NULL or one of ours, given back.
    unsafe { free(models) }
}
