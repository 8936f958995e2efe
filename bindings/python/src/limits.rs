//! The bounds of one template, row, picture and canvas.

use core_::Limits as Bounds;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

macro_rules! limits {
    ($($name:ident: $type:ty = $default:tt,)+) => {
        /// What one call may take; every number is compared before memory is taken.
        #[pyclass(frozen, eq, hash, module = "templrender")]
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub(crate) struct Limits {
            pub(crate) limits: Bounds,
        }

        #[pymethods]
        impl Limits {
            #[new]
            #[pyo3(signature = (*, $($name = $default),+))]
            #[expect(clippy::too_many_arguments, reason = "each is a keyword")]
            fn new($($name: $type),+) -> Self {
                Self { limits: Bounds { $($name),+ } }
            }

            $(#[getter]
            fn $name(&self) -> $type {
                self.limits.$name
            })+

            /// The same limits but for the named ones.
            #[pyo3(signature = (**fields))]
            fn replace<'py>(slf: &Bound<'py, Self>, fields: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
                let all = slf.get().named(slf.py())?;
                if let Some(fields) = fields {
                    all.update(fields.as_mapping())?;
                }
                slf.get_type().call((), Some(&all))
            }

            fn __repr__(&self) -> String {
                let defaults = Bounds::default();
                let mut changed: Vec<String> = Vec::new();
                $(if self.limits.$name != defaults.$name {
                    changed.push(format!(concat!(stringify!($name), "={}"), self.limits.$name));
                })+
                format!("Limits({})", changed.join(", "))
            }

            fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
                Ok((PyTuple::empty(py), self.named(py)?))
            }
        }

        impl Limits {
            fn named<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                let all = PyDict::new(py);
                $(all.set_item(stringify!($name), self.limits.$name)?;)+
                Ok(all)
            }
        }
    };
}

limits! {
    max_side_px: u32 = 16_384,
    max_pixels: u64 = 64_000_000,
    max_input_bytes: usize = 33_554_432,
    max_metadata_bytes: usize = 4_194_304,
    max_scans: u32 = 1_000,
    max_template_bytes: usize = 4_194_304,
    max_depth: u32 = 64,
    max_layers: usize = 10_000,
    max_text_bytes: usize = 65_536,
    max_feed_row_bytes: usize = 5_242_880,
    max_override_bytes: usize = 268_435_456,
    max_group_bytes: usize = 1_073_741_824,
    max_pack_files: usize = 1_000,
    max_pack_bytes: usize = 268_435_456,
    max_model_peak_mb: u64 = 1_024,
    max_model_gmac: u64 = 500,
    max_model_bytes: usize = 536_870_912,
}

/// The core's limits: those that were given, or the defaults.
pub(crate) fn limits_of(limits: Option<&Limits>) -> Bounds {
    limits.map(|limits| limits.limits.clone()).unwrap_or_default()
}
