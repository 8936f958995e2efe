//! Collections of bounded size that any split and order of rows fills alike.
//!
//! Each keeps what is least, or worst, by an order that is total: what was once pushed out by enough better entries can never come back, so
//! the same entries stay in the end whoever counted which row. What is "first" is what has the smallest line.

use std::collections::BTreeMap;

/// Most rows that are named for one finding.
pub(crate) const NAMED: usize = 8;
/// Longest id that is kept, in characters.
const MAX_ID: usize = 100;

/// A row and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) id: String,
    pub(crate) found: String,
}

/// At most [`MAX_ID`] characters of an id.
pub(crate) fn short_id(id: &str) -> String {
    id.chars().take(MAX_ID).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// How many rows, and the first of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) rows: u64,
    pub(crate) first: Vec<Place>,
}

impl Seen {
    /// Counts a row; what was found is only asked for if the row is one of the first.
    pub(crate) fn add(&mut self, line: u64, id: &str, found: impl FnOnce() -> String) {
        self.rows += 1;
        if self.first.len() >= NAMED && self.first.last().is_some_and(|last| last.line < line) {
            return;
        }
        self.first.push(Place { line, id: short_id(id), found: found() });
        self.cut();
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.first.extend(other.first);
        self.cut();
    }

    fn cut(&mut self) {
        self.first.sort();
        self.first.truncate(NAMED);
    }
}

/// A row that is worst in something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bad {
    pub(crate) value: i64,
    pub(crate) line: u64,
    pub(crate) id: String,
}

/// The rows with the greatest values, the smaller line first where they are equal.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Worst(pub(crate) Vec<Bad>);

impl Worst {
    pub(crate) fn offer(&mut self, value: i64, line: u64, id: &str) {
        let full = self.0.len() >= NAMED;
        if full && self.0.last().is_some_and(|last| (last.value, std::cmp::Reverse(last.line)) > (value, std::cmp::Reverse(line))) {
            return;
        }
        self.0.push(Bad { value, line, id: short_id(id) });
        self.cut();
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.cut();
    }

    /// A row stands once: with several items it is as bad as its worst.
    fn cut(&mut self) {
        self.0.sort_by(|a, b| b.value.cmp(&a.value).then(a.line.cmp(&b.line)).then_with(|| a.id.cmp(&b.id)));
        let mut kept: Vec<Bad> = Vec::with_capacity(NAMED + 1);
        for bad in self.0.drain(..) {
            if kept.len() < NAMED && !kept.iter().any(|other| other.line == bad.line && other.id == bad.id) {
                kept.push(bad);
            }
        }
        self.0 = kept;
    }
}

/// A map of the smallest keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Least<K, V, const MOST: usize>(pub(crate) BTreeMap<K, V>);

impl<K, V, const MOST: usize> Default for Least<K, V, MOST> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone, V: Default, const MOST: usize> Least<K, V, MOST> {
    /// The value of a key, unless there are enough smaller keys.
    pub(crate) fn entry(&mut self, key: K) -> Option<&mut V> {
        if !self.0.contains_key(&key) {
            if self.0.len() >= MOST {
                if self.0.last_key_value().is_some_and(|(last, _)| *last < key) {
                    return None;
                }
                self.0.pop_last();
            }
            self.0.insert(key.clone(), V::default());
        }
        self.0.get_mut(&key)
    }

    pub(crate) fn merge(&mut self, other: Self, mut add: impl FnMut(&mut V, V)) {
        for (key, value) in other.0 {
            if let Some(own) = self.entry(key) {
                add(own, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Rows in two halves, in any order, come to what they come to in one go.
        #[test]
        fn halves_are_as_good_as_the_whole(rows in proptest::collection::vec((0_i64..6, 0_u64..40, 0_u8..30), 0..80), cut in 0_usize..80) {
            let cut = cut.min(rows.len());
            let fill = |rows: &[(i64, u64, u8)]| {
                let (mut seen, mut worst, mut least) = (Seen::default(), Worst::default(), Least::<u8, u64, 5>::default());
                for (value, line, key) in rows {
                    seen.add(*line, &line.to_string(), || value.to_string());
                    worst.offer(*value, *line, &line.to_string());
                    if let Some(count) = least.entry(*key) { *count += 1; }
                }
                (seen, worst, least)
            };
            let whole = fill(&rows);
            let (a, b) = (fill(&rows[..cut]), fill(&rows[cut..]));
            let (mut seen, mut worst, mut least) = b;
            seen.merge(a.0);
            worst.merge(a.1);
            least.merge(a.2, |own, other| *own += other);
            prop_assert_eq!((seen, worst, least), whole);
        }
    }
}
