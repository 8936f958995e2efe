//! The Python module `templrender._templrender`: converts, releases the interpreter, calls the core, converts.

mod arrow;
mod money;
mod row;
mod value;

use pyo3::prelude::*;

/// The native half of the package `templrender`.
#[pymodule(gil_used = false)]
mod _templrender {
    use super::*;

    #[pymodule_export]
    use crate::money::{Interval, Money};
    #[pymodule_export]
    use crate::row::Row;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        row::register(module.py())?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
