//! Where a feed's bytes come from: a file as it is, or a Parquet file as JSON Lines, one line a row, so that its rows are read like all others.
//!
//! Decimals keep their digits, dates and timestamps are ISO texts, lists, structs and maps are what JSON has for them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use core_::FeedRow;

use crate::failure::Done;
#[cfg(not(feature = "parquet"))]
use crate::failure::Stop;
#[cfg(feature = "parquet")]
use lines::Lines;

#[cfg(feature = "parquet")]
mod lines;
#[cfg(feature = "parquet")]
mod shape;
#[cfg(feature = "parquet")]
mod value;

/// The bytes of a feed.
pub(crate) enum Source {
    File(File),
    #[cfg(feature = "parquet")]
    Parquet(Box<Lines>),
}

/// Whether a file's name says that it is one.
pub(crate) fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
}

impl Source {
    /// A file's bytes, and how many steps they are read in.
    pub(crate) fn open(path: &Path, file: File, bytes: u64) -> Done<(Self, u64)> {
        if !is_parquet(path) {
            return Ok((Self::File(file), bytes));
        }
        #[cfg(feature = "parquet")]
        return Lines::open(path, file).map(|(lines, rows)| (Self::Parquet(Box::new(lines)), rows));
        #[cfg(not(feature = "parquet"))]
        Err(Stop::at(path.display(), "Parquet cannot be read, the program is built without the feature parquet"))
    }

    pub(crate) fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(piece),
            #[cfg(feature = "parquet")]
            Self::Parquet(lines) => lines.read(piece),
        }
    }

    /// How many steps the last bytes were.
    pub(crate) fn advanced(&mut self, bytes: usize) -> u64 {
        match self {
            Self::File(_) => bytes as u64,
            #[cfg(feature = "parquet")]
            Self::Parquet(lines) => lines.advanced(),
        }
    }

    /// Fails a row with a value that cannot be read.
    pub(crate) fn judge(&mut self, row: &mut FeedRow) {
        match self {
            Self::File(_) => _ = row,
            #[cfg(feature = "parquet")]
            Self::Parquet(lines) => lines.judge(row),
        }
    }
}
