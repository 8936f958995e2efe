//! A face in a picture.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::answer::{named, wrong};

/// Where a face is, how sure the detector is, and its points.
#[pyclass(frozen, module = "templrender")]
#[derive(Clone, PartialEq)]
pub(crate) struct Face {
    pub(crate) face: core_::Face,
}

#[pymethods]
impl Face {
    #[new]
    #[pyo3(signature = (rect, score = 1.0, points = Vec::new()), text_signature = "(rect, score=1.0, points=())")]
    fn new(rect: (f32, f32, f32, f32), score: f32, points: Vec<(f32, f32)>) -> Self {
        let (x, y, width, height) = rect;
        Self { face: core_::Face { rect: [x, y, width, height], score, points: points.into_iter().map(|(x, y)| [x, y]).collect() } }
    }

    #[getter]
    fn rect(&self) -> (f32, f32, f32, f32) {
        self.face.rect.into()
    }

    #[getter]
    fn score(&self) -> f32 {
        self.face.score
    }

    #[getter]
    fn points<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.face.points.iter().map(|[x, y]| (*x, *y)))
    }

    #[getter]
    fn center(&self) -> (f32, f32) {
        self.face.center().into()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.face == other.face
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self) -> String {
        let [x, y, width, height] = self.face.rect;
        format!("<Face {width}x{height} px at {x}, {y}, score {}>", self.face.score)
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        Ok(((self.rect(), self.score(), self.points(py)?).into_pyobject(py)?, PyDict::new(py)))
    }
}

/// A face of a detector's answer: a `Face`, or left, top, width and height.
pub(super) fn face_of(item: &Bound<'_, PyAny>) -> PyResult<core_::Face> {
    let face = match item.cast::<Face>() {
        Ok(face) => face.get().face.clone(),
        Err(_) => {
            let refused = |_| wrong(format!("a face must be a Face or (left, top, width, height), found {}", named(item)));
            let [x, y, width, height] = item.extract::<[f32; 4]>().map_err(refused)?;
            core_::Face { rect: [x, y, width, height], score: 1.0, points: Vec::new() }
        }
    };
    if face.rect.iter().chain([&face.score]).chain(face.points.iter().flatten()).any(|number| !number.is_finite()) {
        return Err(wrong("a face must be of finite numbers, found another"));
    }
    Ok(face)
}
