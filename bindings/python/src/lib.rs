//! The Python module `templrender._templrender`: converts, releases the interpreter, calls the core, converts.

mod arrow;

use pyo3::prelude::*;

/// The native half of the package `templrender`.
#[pymodule(gil_used = false)]
mod _templrender {
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
