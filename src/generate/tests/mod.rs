//! Models at work: what each field of a manifest does, and the laws that hold whatever it says.

mod blends;
mod faces;
mod fields;
mod hosts;
mod laws;

use std::sync::Arc;
use std::sync::Mutex;

use super::{Engine, Made, Manifest, Model, Tensor, TensorData, Work, run};
use crate::error::Error;
use crate::guard::Guard;
use crate::limits::Limits;
use crate::pixel::Frame;

/// An engine that is a function, and remembers what it was given.
pub(super) struct Function<F> {
    run: F,
    seen: Arc<Mutex<Vec<Vec<Tensor>>>>,
}

impl<F: Fn(&[Tensor]) -> Result<Vec<Tensor>, Error> + Send + Sync> Engine for Function<F> {
    fn identity(&self) -> String {
        "function 1".to_owned()
    }

    fn run(&self, inputs: &[Tensor], _guard: &Guard<'_>) -> Result<Vec<Tensor>, Error> {
        self.seen.lock().unwrap().push(inputs.to_vec());
        (self.run)(inputs)
    }
}

/// What an engine was given, run by run.
pub(super) type Seen = Arc<Mutex<Vec<Vec<Tensor>>>>;

/// A network of a function.
pub(super) fn network(manifest: &str, run: impl Fn(&[Tensor]) -> Result<Vec<Tensor>, Error> + Send + Sync + 'static) -> (Model, Seen) {
    let seen = Seen::default();
    let manifest = Manifest::from_json(manifest).unwrap();
    (Model::network(manifest, Function { run, seen: Arc::clone(&seen) }).unwrap(), seen)
}

/// A network that gives what it is given.
pub(super) fn same(inputs: &[Tensor]) -> Result<Vec<Tensor>, Error> {
    Ok(inputs.iter().take(1).cloned().collect())
}

/// A manifest with these keys of its input and output, and more.
pub(super) fn manifest(kind: &str, input: &str, output: &str, more: &str) -> String {
    let role = if kind == "matte" { "alpha" } else { "image" };
    format!(
        r#"{{ "id": "m", "version": "1", "licence": "MIT", "kind": "{kind}",
             "inputs": [{{ "name": "x", "role": "image", "scale": 0.00392156862745098 {input} }}],
             "outputs": [{{ "name": "y", "role": "{role}" {output} }}] {more} }}"#
    )
}

pub(super) fn one(model: &Model, picture: Frame) -> Result<Made, Error> {
    run(&[Work::new(model.clone(), Arc::new(picture))], &Limits::default(), &Guard::default()).pop().unwrap()
}

pub(super) fn drawn(model: &Model, picture: Frame) -> Arc<Frame> {
    Arc::clone(one(model, picture).unwrap().frame().unwrap())
}

/// A picture of a function, opaque.
pub(super) fn painted(width: u32, height: u32, color: impl Fn(u32, u32) -> [u8; 3]) -> Frame {
    let at = |i: u32| (i % width, i / width);
    let pixels = (0..width * height).flat_map(|i| {
        let (x, y) = at(i);
        let [r, g, b] = color(x, y);
        [r, g, b, 255]
    });
    Frame::from_rgba(width, height, pixels.collect()).unwrap()
}

pub(super) fn plain(width: u32, height: u32, color: [u8; 3]) -> Frame {
    painted(width, height, |_, _| color)
}

pub(super) fn px(frame: &Frame, x: u32, y: u32) -> [u8; 4] {
    let at = (y * frame.width() + x) as usize * 4;
    frame.pixels()[at..at + 4].try_into().unwrap()
}

pub(super) fn floats(tensor: &Tensor) -> Vec<f32> {
    tensor.as_f32().unwrap().to_vec()
}

pub(super) fn tensor(shape: &[usize], numbers: Vec<f32>) -> Tensor {
    Tensor::new(shape, TensorData::F32(numbers)).unwrap()
}

/// What the model was given of a picture.
pub(super) fn given(manifest: &str, picture: Frame) -> Tensor {
    let (model, seen) = network(manifest, same);
    let _ = one(&model, picture);
    seen.lock().unwrap().first().unwrap().first().unwrap().clone()
}
