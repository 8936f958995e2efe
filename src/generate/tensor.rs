//! Numbers in a shape, row-major: what engines take and give.

use crate::error::{Code, Error, Fault};

/// A dense tensor, row-major.
///
/// ```
/// use templrender::{Tensor, TensorData};
/// let tensor = Tensor::new([1, 3, 2, 2], TensorData::F32(vec![0.5; 12]))?;
/// assert_eq!(tensor.shape(), [1, 3, 2, 2]);
/// assert!(Tensor::new([2, 2], TensorData::U8(vec![0; 5])).is_err());
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: TensorData,
}

/// The numbers of a tensor.
///
/// ```
/// use templrender::TensorData;
/// assert_eq!(TensorData::U8(vec![1, 2]).len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TensorData {
    /// ONNX's `float32`.
    F32(Vec<f32>),
    /// ONNX's `uint8`.
    U8(Vec<u8>),
}

impl TensorData {
    /// How many numbers.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(data) => data.len(),
            Self::U8(data) => data.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Tensor {
    /// Numbers in a shape.
    ///
    /// # Errors
    /// [`Code::BadArgument`] where the shape does not hold that many.
    pub fn new(shape: impl Into<Vec<usize>>, data: TensorData) -> Result<Self, Error> {
        let shape = shape.into();
        let holds = shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side));
        if holds != Some(data.len()) {
            let message = format!("a tensor's numbers must be as many as its shape {shape:?} has, found {}", data.len());
            return Err(Fault::new(Code::BadArgument, "tensor", message).into());
        }
        Ok(Self { shape, data })
    }

    /// Its sides, the first one the number of pictures.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its numbers.
    pub fn data(&self) -> &TensorData {
        &self.data
    }

    /// Its numbers, if they are `float32`.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.data {
            TensorData::F32(data) => Some(data),
            TensorData::U8(_) => None,
        }
    }
}
