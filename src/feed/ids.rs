//! Ids that stood before, in 16 bytes each: 12 of a hash, 4 of the line.
//!
//! Open addressing in many small tables that grow by a half: 1,000,000 ids take 18 to 27 MB and never twice that, which a table that doubles in one
//! piece would while it grows. Two of 10,000,000 ids share a hash once in 10^15 feeds.

/// One hash, and the line it stood in first; line 0 is a free place.
type Entry = ([u8; 12], u32);

/// Tables; which one is the hash's first byte to say.
const TABLES: usize = 256;
/// Nine of ten places of a table may be taken.
const FULL: (usize, usize) = (9, 10);
const FIRST_PLACES: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Ids {
    tables: Vec<Table>,
}

#[derive(Debug, Default, Clone)]
struct Table {
    places: Vec<Entry>,
    taken: usize,
}

impl Ids {
    /// Enters an id that stands in a line; the line where it stood first, if it did. Lines beyond 2^32 count as the last.
    pub(super) fn enter(&mut self, id: &str, line: u64) -> Option<u64> {
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
