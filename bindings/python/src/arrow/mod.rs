//! Arrow in, Arrow out: record batches become rows without an object of Python's for any of them, and what is drawn becomes a record batch.

mod budget;
mod import;
mod moment;
mod node;
mod number;
mod raw;
mod export;
mod rows;
mod record_batch;
mod rows_class;
mod table;
