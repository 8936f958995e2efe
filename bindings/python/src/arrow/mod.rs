//! Arrow in, Arrow out: record batches become rows without an object of Python's for any of them, and what is drawn becomes a record batch.
//!
//! `raw` looks at the producer's structs, `import` takes their columns over, `node` reads one value of a column (`number` and `moment` what it means), `rows`
//! makes rows of them and `table` numbers those of several batches. `export` and `record_batch` are the way out, `errors` the column of failures, `crew` the
//! threads, and `job` a batch from its plans to its pictures.

mod budget;
mod check;
mod check_function;
mod crew;
mod errors;
mod export;
mod feed;
mod import;
mod job;
mod moment;
mod node;
mod number;
mod raw;
mod record_batch;
mod rows;
mod rows_class;
mod table;

use pyo3::prelude::*;

pub(crate) use feed::next_batch;
pub(crate) use record_batch::RecordBatch;

/// Puts the classes of this room into the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<RecordBatch>()?;
    module.add_class::<rows_class::Rows>()?;
    module.add_class::<job::BatchJob>()?;
    module.add_function(wrap_pyfunction!(check_function::check_batches, module)?)
}
