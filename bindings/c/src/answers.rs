//! Answers of models
//!
//! What a host's function is given and gives back when it runs a model. It gets tensors or pictures, and a `templrender_answer` to put into: memory that the
//! library owns, which the function fills in. So nothing has to be freed, and nothing outlives the call: inputs, the answer and all memory that came out
//! of it are gone when the function returns. It returns 0, or any other number where it failed: `TEMPLRENDER_MODEL_FAILED` with the text of
//! `templrender_answer_fail`, or with that number where there is none. It is called on the thread that runs the model, by several threads at once if several
//! run models, and with no lock of the library's held: it may call the library. It must return: no exception and no longjmp may leave it.

use std::ffi::c_void;
use std::sync::Arc;

use core_::{Code, Error, Face, Fault, Frame, Limits, Mask, Tensor, TensorData};

use crate::boundary::neutral;
use crate::frame::templrender_frame;
use crate::library::templrender_slice;
use crate::pointer::{array, get, get_mut, text};

/// What a tensor's numbers are.
#[repr(C)]
pub enum templrender_dtype {
    /// `float`, 4 bytes.
    TEMPLRENDER_FLOAT32 = 1,
    /// `uint8_t`.
    TEMPLRENDER_UINT8 = 2,
}

/// Numbers in a shape, row-major.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct templrender_tensor {
    /// The numbers.
    pub data: *const c_void,
    /// How many bytes they have.
    pub len: usize,
    /// `rank` sides, the first one the number of pictures.
    pub shape: *const usize,
    /// How many sides there are.
    pub rank: usize,
    /// A `templrender_dtype`.
    pub dtype: u32,
}

/// A face in px of its picture.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct templrender_face {
    /// Of its box.
    pub left: f32,
    /// Of its box.
    pub top: f32,
    /// Of its box.
    pub width: f32,
    /// Of its box.
    pub height: f32,
    /// 0 to 1: how sure the detector is.
    pub score: f32,
    /// `point_count` times x and y: eyes, nose, mouth, ears; may be NULL where there is none.
    pub points: *const f32,
    /// How many points there are.
    pub point_count: usize,
}

/// What a function gives back. One thread at a time may put into it.
#[derive(Debug)]
pub struct templrender_answer {
    tensors: Vec<(Vec<usize>, TensorData)>,
    slots: Vec<Slot>,
    failed: Option<(Code, String)>,
    limits: Limits,
}

/// The answer for one picture.
#[derive(Debug)]
enum Slot {
    Empty,
    Rgba(u32, u32, Vec<u8>),
    Frame(Arc<Frame>),
    Mask(u32, u32, Vec<u8>),
    Faces(Vec<Face>),
    Failed(String),
}

/// The most bytes of one tensor that is asked for.
const MAX_BYTES: usize = 1 << 30;
/// The most tensors, and the most sides of one.
const MAX_COUNT: usize = 64;
/// The most faces of one picture.
const MAX_FACES: usize = 10_000;

impl templrender_answer {
    /// An empty answer for so many pictures; none of a network.
    pub(crate) fn new(pictures: usize, limits: &Limits) -> Self {
        Self { tensors: Vec::new(), slots: (0..pictures).map(|_| Slot::Empty).collect(), failed: None, limits: limits.clone() }
    }

    /// Keeps the first reason.
    fn fail(&mut self, code: Code, message: impl Into<String>) {
        self.failed.get_or_insert((code, message.into()));
    }

    /// What a function's return value makes of it.
    fn checked(&mut self, returned: i32, model: &str) -> Result<(), Error> {
        let (code, message) = match (self.failed.take(), returned) {
            (Some(failed), _) => failed,
            (None, 0) => return Ok(()),
            (None, number) => (Code::ModelFailed, format!("a model's function must return 0, found {number}")),
        };
        Err(Fault::new(code, format!("model {model}"), message).into())
    }

    /// The tensors of a network.
    pub(crate) fn into_tensors(mut self, returned: i32, model: &str) -> Result<Vec<Tensor>, Error> {
        self.checked(returned, model)?;
        self.tensors.into_iter().map(|(shape, data)| Tensor::new(shape, data)).collect()
    }

    /// Whatever one picture's answer is, or why there is none.
    fn each<T>(
        mut self,
        returned: i32,
        model: &str,
        wanted: &str,
        take: impl Fn(Slot) -> Option<Result<T, Error>>,
    ) -> Vec<Result<T, Error>> {
        let count = self.slots.len();
        if let Err(error) = self.checked(returned, model) {
            return (0..count).map(|_| Err(error.clone())).collect();
        }
        let fault = |code, message: String| Err(Fault::new(code, format!("model {model}"), message).into());
        let one = |slot| match slot {
            Slot::Failed(why) => fault(Code::ModelFailed, why),
            slot => take(slot)
                .unwrap_or_else(|| fault(Code::ModelOutput, format!("a model must answer each picture with {wanted}, found none"))),
        };
        self.slots.into_iter().map(one).collect()
    }

    /// A generator's pictures.
    pub(crate) fn into_frames(self, returned: i32, model: &str) -> Vec<Result<Frame, Error>> {
        self.each(returned, model, "a picture", |slot| match slot {
            Slot::Rgba(width, height, rgba) => Some(Frame::from_rgba(width, height, rgba)),
            Slot::Frame(frame) => Some(Ok(Arc::unwrap_or_clone(frame))),
            _ => None,
        })
    }

    /// A matte's masks.
    pub(crate) fn into_masks(self, returned: i32, model: &str) -> Vec<Result<Mask, Error>> {
        self.each(returned, model, "a mask", |slot| match slot {
            Slot::Mask(width, height, alpha) => Some(Mask::new(width, height, alpha)),
            _ => None,
        })
    }

    /// A detector's faces; a picture may have none.
    pub(crate) fn into_faces(self, returned: i32, model: &str) -> Vec<Result<Vec<Face>, Error>> {
        self.each(returned, model, "faces", |slot| match slot {
            Slot::Faces(faces) => Some(Ok(faces)),
            Slot::Empty => Some(Ok(Vec::new())),
            _ => None,
        })
    }

    /// The place of a picture's answer.
    fn slot(&mut self, index: usize) -> Option<&mut Slot> {
        let count = self.slots.len();
        if index >= count {
            self.fail(Code::BadArgument, format!("a picture's index must be below {count}, found {index}"));
        }
        self.slots.get_mut(index)
    }

    /// Bytes for a picture of that many channels, if the limits let it be.
    fn room(&mut self, width: u32, height: u32, channels: usize) -> Option<Vec<u8>> {
        let (pixels, side) = (u64::from(width) * u64::from(height), width.max(height));
        if pixels == 0 || pixels > self.limits.max_pixels || side > self.limits.max_side_px {
            let most = self.limits.max_pixels;
            self.fail(Code::ModelOutput, format!("a model's picture must have 1 to {most} px, found {width} x {height}"));
            return None;
        }
        usize::try_from(pixels).ok()?.checked_mul(channels).map(|bytes| vec![0; bytes])
    }

    fn tensor(&mut self, shape: &[usize], dtype: u32) -> Option<*mut c_void> {
        let numbers = shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side));
        let item = if dtype == templrender_dtype::TEMPLRENDER_FLOAT32 as u32 { 4 } else { 1 };
        if item == 1 && dtype != templrender_dtype::TEMPLRENDER_UINT8 as u32 {
            self.fail(Code::BadArgument, format!("a tensor's numbers must be float32 or uint8, found dtype {dtype}"));
            return None;
        }
        let Some(numbers) = numbers.filter(|numbers| numbers.checked_mul(item).is_some_and(|bytes| bytes <= MAX_BYTES)) else {
            self.fail(Code::ModelOutput, format!("a tensor must have at most {MAX_BYTES} bytes, found the shape {shape:?}"));
            return None;
        };
        if self.tensors.len() >= MAX_COUNT {
            self.fail(Code::ModelOutput, format!("a model must have at most {MAX_COUNT} outputs, found more"));
            return None;
        }
        let (data, at): (_, *mut c_void) = if item == 4 {
            let mut floats = vec![0.0_f32; numbers];
            let at = floats.as_mut_ptr().cast();
            (TensorData::F32(floats), at)
        } else {
            let mut bytes = vec![0_u8; numbers];
            let at = bytes.as_mut_ptr().cast();
            (TensorData::U8(bytes), at)
        };
        // what moves is the vector's head: the numbers stay where they are
        self.tensors.push((shape.to_vec(), data));
        Some(at)
    }
}

/// The next output of a network, in the manifest's order: memory for its numbers, all 0, aligned as they need, which the function fills in before it returns. NULL where
/// that cannot be, which fails the run with the reason: the function may return 0 then, too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_answer_tensor(
    answer: *mut templrender_answer,
    dtype: u32,
    shape: *const usize,
    rank: usize,
) -> *mut c_void {
    neutral(std::ptr::null_mut(), || {
        // SAFETY: NULL or the one that the function was given.
        let Ok(answer) = (unsafe { get_mut(answer, "answer") }) else { return std::ptr::null_mut() };
        // SAFETY: NULL, or as many sides.
        let shape = if rank > MAX_COUNT { Err(crate::pointer::bad("rank", "")) } else { unsafe { array(shape, rank, "shape") } };
        let Ok(shape) = shape else {
            answer.fail(Code::BadArgument, format!("a tensor's shape must be 0 to {MAX_COUNT} sides, found {rank} or NULL"));
            return std::ptr::null_mut();
        };
        answer.tensor(shape, dtype).unwrap_or(std::ptr::null_mut())
    })
}

/// A generator's picture for the picture `index`, in any size: memory for straight (not premultiplied) RGBA, rows of width * 4 bytes without gaps, all 0, which the function
/// fills in before it returns. NULL where that cannot be, which fails the run with the reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_answer_rgba(answer: *mut templrender_answer, index: usize, width: u32, height: u32) -> *mut u8 {
    // SAFETY: NULL or the one that the function was given.
    unsafe { memory(answer, index, width, height, 4, |bytes| Slot::Rgba(width, height, bytes)) }
}

/// A matte's mask for the picture `index`, in any size: memory for a byte for each px, row after row, 0 (background), up to 255 for what stands in front.
/// NULL where that cannot be, which fails the run with the reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_answer_mask(answer: *mut templrender_answer, index: usize, width: u32, height: u32) -> *mut u8 {
    // SAFETY: NULL or the one that the function was given.
    unsafe { memory(answer, index, width, height, 1, |bytes| Slot::Mask(width, height, bytes)) }
}

/// # Safety
/// `answer` is NULL or the one that the function was given.
unsafe fn memory(
    answer: *mut templrender_answer,
    index: usize,
    width: u32,
    height: u32,
    channels: usize,
    slot: impl FnOnce(Vec<u8>) -> Slot,
) -> *mut u8 {
    neutral(std::ptr::null_mut(), || {
        // SAFETY: the caller's, as above.
        let Ok(answer) = (unsafe { get_mut(answer, "answer") }) else { return std::ptr::null_mut() };
        if answer.slot(index).is_none() {
            return std::ptr::null_mut();
        }
        let Some(mut bytes) = answer.room(width, height, channels) else { return std::ptr::null_mut() };
        let at = bytes.as_mut_ptr();
        if let Some(place) = answer.slot(index) {
            *place = slot(bytes);
        }
        at
    })
}

/// A generator's picture for the picture `index` that is a frame already; it is shared, not copied, and may be freed at once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_answer_frame(answer: *mut templrender_answer, index: usize, frame: *const templrender_frame) {
    neutral((), || {
        // SAFETY: NULL or the one that the function was given.
        let Ok(answer) = (unsafe { get_mut(answer, "answer") }) else { return };
        // SAFETY: NULL or one of ours.
        let Ok(frame) = (unsafe { get(frame, "frame") }) else {
            return answer.fail(Code::BadArgument, "a model's picture must be there, found NULL");
        };
        if let Some(place) = answer.slot(index) {
            *place = Slot::Frame(Arc::clone(frame.frame()));
        }
    });
}

/// One more face that a detector found in the picture `index`; copies it. A picture without any has none, which is no failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_answer_face(answer: *mut templrender_answer, index: usize, face: *const templrender_face) {
    neutral((), || {
        // SAFETY: NULL or the one that the function was given.
        let Ok(answer) = (unsafe { get_mut(answer, "answer") }) else { return };
        // SAFETY: NULL, or the caller's to read with as many points.
        let found =
            unsafe { get(face, "face").and_then(|face| Ok((face, array(face.points.cast::<[f32; 2]>(), face.point_count, "points")?))) };
        let Ok((face, points)) = found else {
            return answer.fail(Code::BadArgument, "a face must be there with as many points as it says, found NULL");
        };
        let face = Face { rect: [face.left, face.top, face.width, face.height], score: face.score, points: points.to_vec() };
        if face.rect.iter().chain([&face.score]).chain(face.points.iter().flatten()).any(|number| !number.is_finite()) {
            return answer.fail(Code::ModelOutput, "a face must be of finite numbers, found another");
        }
        let Some(place) = answer.slot(index) else { return };
        match place {
            Slot::Faces(faces) if faces.len() >= MAX_FACES => {
                answer.fail(Code::ModelOutput, format!("a picture must have at most {MAX_FACES} faces, found more"));
            }
            Slot::Faces(faces) => faces.push(face),
            place => *place = Slot::Faces(vec![face]),
        }
    });
}

/// Says why the run failed, whatever the function returns then; copies the text. The first reason is kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_answer_fail(answer: *mut templrender_answer, why: templrender_slice) {
    neutral((), || {
        // SAFETY: NULL or the one that the function was given, and the caller's to read.
        if let (Ok(answer), why) = unsafe { (get_mut(answer, "answer"), reason(why)) } {
            answer.fail(Code::ModelFailed, why);
        }
    });
}

/// Says why the picture `index` has no answer; the others are answered. Copies the text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn templrender_answer_fail_one(answer: *mut templrender_answer, index: usize, why: templrender_slice) {
    neutral((), || {
        // SAFETY: NULL or the one that the function was given, and the caller's to read.
        if let (Ok(answer), why) = unsafe { (get_mut(answer, "answer"), reason(why)) }
            && let Some(place) = answer.slot(index)
        {
            *place = Slot::Failed(why);
        }
    });
}

/// # Safety
/// `why` is as [`text`] wants it.
unsafe fn reason(why: templrender_slice) -> String {
    // SAFETY: the caller's, as above.
    match unsafe { text(why, "why") } {
        Ok(why) if !why.is_empty() => why.chars().take(500).collect(),
        _ => "a model's function failed without a reason".to_owned(),
    }
}
