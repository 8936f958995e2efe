//! How much one row may come to: lists and views may name the same bytes over and over, so a small batch can stand for more than memory holds.

use super::node::{Read, Trouble};

/// Most bytes of one row, its pictures not counted: as much as a row of JSON may have.
const MAX_BYTES: usize = 4 << 20;

/// What is left of a row's bytes, values counted one each.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(MAX_BYTES)
    }

    /// Takes so many.
    pub(super) fn take(&mut self, bytes: usize) -> Read<()> {
        self.check(bytes)?;
        self.0 -= bytes;
        Ok(())
    }

    /// Whether so many are left.
    pub(super) fn check(&self, bytes: usize) -> Read<()> {
        if bytes <= self.0 { Ok(()) } else { Err(Trouble::limit(format!("row is over the limit of {MAX_BYTES} bytes"))) }
    }
}
