//! A function of the host's as what runs a model: the core's traits in front, the types of `answers` behind.

use std::ffi::c_void;
use std::sync::Arc;

use core_::{Detector, Engine, Error, Face, Frame, Generator, Guard, Limits, Mask, Matte, Tensor, TensorData};

use crate::answers::{templrender_answer, templrender_dtype, templrender_tensor};
use crate::frame::templrender_frame;
use crate::models::{templrender_free_fn, templrender_pictures_fn, templrender_tensors_fn};

/// The host's data of a function, given back once, when nothing can call the function any more.
#[derive(Debug)]
pub(crate) struct UserData {
    pub(crate) data: *mut c_void,
    pub(crate) free: templrender_free_fn,
}

// SAFETY: the header says that a function and its data are used by any thread, several at once.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            // SAFETY: the host's function for its own data, called here alone.
            unsafe { free(self.data) };
        }
    }
}

/// A function with its data and what it runs.
pub(crate) struct Callback<F> {
    pub(crate) function: F,
    pub(crate) user_data: UserData,
    pub(crate) identity: String,
    pub(crate) model: String,
    pub(crate) limits: Limits,
}

/// From tensors to tensors.
pub(crate) type OfTensors = unsafe extern "C" fn(*mut c_void, *const templrender_tensor, usize, *mut templrender_answer) -> i32;
/// From pictures to pictures, faces or masks.
pub(crate) type OfPictures = unsafe extern "C" fn(*mut c_void, *const *const templrender_frame, usize, *mut templrender_answer) -> i32;

// The header's types are these, or NULL.
const _: fn(templrender_tensors_fn) -> Option<OfTensors> = |function| function;
const _: fn(templrender_pictures_fn) -> Option<OfPictures> = |function| function;

impl Callback<OfPictures> {
    /// Calls the function; what it returns and what it put into the answer.
    fn call(&self, pictures: &[Arc<Frame>]) -> (i32, templrender_answer) {
        let frames: Vec<templrender_frame> = pictures.iter().map(|picture| templrender_frame::shared(Arc::clone(picture))).collect();
        let handles: Vec<*const templrender_frame> = frames.iter().map(std::ptr::from_ref).collect();
        let mut answer = templrender_answer::new(pictures.len(), &self.limits);
        // SAFETY: the host's function, with what it is declared to take; all of it lives until it returns.
        let returned = unsafe { (self.function)(self.user_data.data, handles.as_ptr(), handles.len(), &raw mut answer) };
        (returned, answer)
    }
}

impl Engine for Callback<OfTensors> {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn run(&self, inputs: &[Tensor], _guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        let tensors: Vec<templrender_tensor> = inputs.iter().map(tensor_of).collect();
        let mut answer = templrender_answer::new(0, &self.limits);
        // SAFETY: as above.
        let returned = unsafe { (self.function)(self.user_data.data, tensors.as_ptr(), tensors.len(), &raw mut answer) };
        answer.into_tensors(returned, &self.model)
    }
}

fn tensor_of(tensor: &Tensor) -> templrender_tensor {
    use templrender_dtype::{TEMPLRENDER_FLOAT32, TEMPLRENDER_UINT8};
    let (data, len, dtype): (*const c_void, _, _) = match tensor.data() {
        TensorData::F32(floats) => (floats.as_ptr().cast(), size_of_val(floats.as_slice()), TEMPLRENDER_FLOAT32 as u32),
        TensorData::U8(bytes) => (bytes.as_ptr().cast(), bytes.len(), TEMPLRENDER_UINT8 as u32),
        _ => (std::ptr::null(), 0, 0),
    };
    templrender_tensor { data, len, shape: tensor.shape().as_ptr(), rank: tensor.shape().len(), dtype }
}

impl Generator for Callback<OfPictures> {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn generate(&self, pictures: &[Arc<Frame>], _guard: &Guard<'_>) -> Vec<Result<Frame, Error>> {
        let (returned, answer) = self.call(pictures);
        answer.into_frames(returned, &self.model)
    }
}

impl Detector for Callback<OfPictures> {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn detect(&self, pictures: &[Arc<Frame>], _guard: &Guard<'_>) -> Vec<Result<Vec<Face>, Error>> {
        let (returned, answer) = self.call(pictures);
        answer.into_faces(returned, &self.model)
    }
}

impl Matte for Callback<OfPictures> {
    fn identity(&self) -> String {
        self.identity.clone()
    }

    fn matte(&self, pictures: &[Arc<Frame>], _guard: &Guard<'_>) -> Vec<Result<Mask, Error>> {
        let (returned, answer) = self.call(pictures);
        answer.into_masks(returned, &self.model)
    }
}
