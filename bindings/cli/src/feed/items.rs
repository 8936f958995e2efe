//! The rows of a feed as what is drawn: those without an id named, and laid over with what overrides.

use core_::{FeedRow, Overrides};

use super::draw::Item;
use super::{GIVEN, given_id};
use crate::failure::Failure;

/// Rows in the feed's order, and last why the rest of it cannot be read.
pub(super) struct Items<'a, R> {
    rows: R,
    overrides: &'a Overrides,
    names: Names,
    index: usize,
    last_line: u64,
}

impl<'a, R> Items<'a, R> {
    pub(super) fn new(rows: R, overrides: &'a Overrides) -> Self {
        Self { rows, overrides, names: Names::default(), index: 0, last_line: 0 }
    }
}

impl<R: Iterator<Item = Result<FeedRow, Failure>>> Iterator for Items<'_, R> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let index = self.index;
        self.index += 1;
        Some(match self.rows.next()? {
            Ok(FeedRow { line, id, row, .. }) => {
                self.last_line = line;
                let row = row.map_err(|error| error.to_string()).and_then(|mut row| {
                    self.overrides.apply(&mut row);
                    self.names.check(id.as_deref()).map(|()| row)
                });
                let id = id.unwrap_or_else(|| if row.is_ok() { given_id(index) } else { String::new() });
                Item { index, line, id, row }
            }
            // What is left of the feed cannot be read.
            Err(failure) => {
                let row = Err(format!("the feed breaks off: {}", failure.reason));
                Item { index, line: self.last_line, id: String::new(), row }
            }
        })
    }
}

/// Keeps ids and the names of rows without one apart: two rows may not write over each other's pictures.
#[derive(Default)]
struct Names {
    given: bool,
    taken: bool,
}

impl Names {
    fn check(&mut self, id: Option<&str>) -> Result<(), String> {
        let looks_given = |id: &str| id.strip_prefix(GIVEN).is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
        let clash = match id {
            Some(id) if looks_given(id) => {
                self.taken = true;
                self.given
            }
            Some(_) => false,
            None => {
                self.given = true;
                self.taken
            }
        };
        if clash { Err(format!("ids such as {GIVEN}000001 are for rows without one, found both in one feed")) } else { Ok(()) }
    }
}
