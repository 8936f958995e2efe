//! What rows call themselves: each id is a text or a number, not blank, and stands once. Those that stood before take 16 bytes each: 12 of a hash, 4 of the line.
//!
//! Open addressing in many small tables that grow by a half: 1,000,000 ids take 18 to 27 MB and never twice that, which a table that doubles in one
//! piece would while it grows. Two of 10,000,000 ids share a hash once in 10^15 feeds.

use crate::error::{Code, Error, Fault, quoted};
use crate::row::Value;

/// Holds the ids of one feed's rows to their rules. A [`FeedReader`](crate::FeedReader) has one; this is for hosts whose rows come another way.
///
/// ```
/// use templrender::{Code, RowIds, Value};
/// let mut ids = RowIds::new();
/// assert_eq!(ids.enter("sku", Some(&Value::text(" A-1 ")), 1)?, Some("A-1".to_owned()));
/// assert_eq!(ids.enter("sku", None, 2)?, None);
/// let (id, error) = ids.enter("sku", Some(&Value::text("A-1")), 3).unwrap_err();
/// assert_eq!((id.as_deref(), error.code()), (Some("A-1"), Code::DuplicateRowId));
/// # Ok::<(), (Option<String>, templrender::Error)>(())
/// ```
#[derive(Debug, Default)]
pub struct RowIds(Ids);

impl RowIds {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters the id that a row has in a column, if it has that column; gives it without the blanks around it.
    ///
    /// # Errors
    /// With the id, where it can be seen: one that is blank or neither text nor number, one that stood in an earlier line.
    pub fn enter(&mut self, column: &str, id: Option<&Value>, line: u64) -> Result<Option<String>, (Option<String>, Error)> {
        let Some(id) = read(column, id).map_err(|fault| (None, fault.into()))? else { return Ok(None) };
        match self.0.enter(&id, line) {
            None => Ok(Some(id)),
            Some(first) => {
                let message = format!("an id must stand once, {} stands in line {first} already", quoted(&id));
                Err((Some(id), Fault::new(Code::DuplicateRowId, format!("column {column}"), message).into()))
            }
        }
    }
}

/// A row's id, without blanks around it; none where it has no such column.
pub(super) fn read(column: &str, id: Option<&Value>) -> Result<Option<String>, Fault> {
    let id = match id {
        None => return Ok(None),
        Some(Value::Text(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => String::new(),
    };
    if id.is_empty() {
        return Err(Fault::new(Code::BadRow, format!("column {column}"), "an id must be a text or a number, and not empty"));
    }
    Ok(Some(id))
}

/// One hash, and the line it stood in first; line 0 is a free place.
type Entry = ([u8; 12], u32);

/// Tables; which one is the hash's first byte to say.
const TABLES: usize = 256;
/// Nine of ten places of a table may be taken.
const FULL: (usize, usize) = (9, 10);
const FIRST_PLACES: usize = 16;

#[derive(Debug, Default)]
struct Ids {
    tables: Vec<Table>,
}

#[derive(Debug, Default, Clone)]
struct Table {
    places: Vec<Entry>,
    taken: usize,
}

impl Ids {
    /// Enters an id that stands in a line; the line where it stood first, if it did. Lines beyond 2^32 count as the last.
    fn enter(&mut self, id: &str, line: u64) -> Option<u64> {
        if self.tables.is_empty() {
            self.tables = vec![Table::default(); TABLES];
        }
        let hash = blake3::hash(id.as_bytes());
        let (key, _) = hash.as_bytes().split_first_chunk::<12>()?;
        let line = u32::try_from(line).unwrap_or(u32::MAX).max(1);
        let table = self.tables.get_mut(usize::from(*key.first()?))?;
        table.enter((*key, line)).map(u64::from)
    }
}

impl Table {
    fn enter(&mut self, entry: Entry) -> Option<u32> {
        if self.taken.saturating_mul(FULL.1) >= self.places.len().saturating_mul(FULL.0) {
            let more = (self.places.len() + self.places.len() / 2).max(FIRST_PLACES);
            let old = std::mem::replace(&mut self.places, vec![([0; 12], 0); more]);
            for entry in old.into_iter().filter(|(_, line)| *line > 0) {
                self.place(entry);
            }
        }
        let first = self.place(entry);
        self.taken += usize::from(first.is_none());
        first
    }

    /// Puts an entry where its key stands or into the next free place; the line of one that was there.
    fn place(&mut self, entry: Entry) -> Option<u32> {
        let (_, spread) = entry.0.split_last_chunk::<8>()?;
        // A number below the length, as even as the hash is.
        let start = (u128::from(u64::from_le_bytes(*spread)) * self.places.len() as u128) >> 64;
        let (before, after) = self.places.split_at_mut_checked(start as usize)?;
        for place in after.iter_mut().chain(before) {
            if place.1 == 0 {
                *place = entry;
                return None;
            }
            if place.0 == entry.0 {
                return Some(place.1);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_of_an_id_names_the_line_of_the_first() {
        let mut ids = Ids::default();
        for i in 0..50_000u64 {
            assert_eq!(ids.enter(&format!("id-{i}"), i + 2), None);
        }
        for i in (0..50_000u64).rev().step_by(7) {
            assert_eq!(ids.enter(&format!("id-{i}"), 9), Some(i + 2));
        }
        assert_eq!(ids.enter("far", u64::MAX), None);
        assert_eq!(ids.enter("far", 3), Some(u64::from(u32::MAX)));
        let bytes: usize = ids.tables.iter().map(|t| t.places.capacity() * size_of::<Entry>()).sum();
        assert!(bytes < 50_000 * 32, "{bytes} bytes");
    }
}
