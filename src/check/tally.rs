//! The counts of a check: what every thread adds up for itself, and what two threads' counts come to.
//!
//! Everything here is a sum, a set of first rows or a set of worst rows, so that no split and no order of the rows shows in the end. Nothing
//! is kept for a row beyond those few; all maps are as large as the template, the codes and the columns are many.

use std::collections::BTreeMap;

use super::chart::Chart;
use super::kept::{Least, Seen, Worst};
use crate::error::Code;
use crate::report::NoteCode;
use crate::row::Row;

/// Most kinds of failures, reasons to skip and columns that are told apart.
const MAX_KINDS: usize = 256;
const MAX_COLUMNS: usize = 4_096;
/// Most font sizes of one layer that are told apart.
const MAX_SIZES: usize = 512;

/// What all rows so far came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
    /// By the code of an error, note or finding: the rows that have it, in whichever layer or variant.
    pub(super) codes: BTreeMap<&'static str, u64>,
    pub(super) failures: Least<Failure, Seen, MAX_KINDS>,
    pub(super) skips: Least<String, Seen, MAX_KINDS>,
    pub(super) findings: BTreeMap<&'static str, Seen>,
    /// By code and column.
    pub(super) channel: BTreeMap<(&'static str, String), ChannelSeen>,
    /// Sorted by name.
    columns: Vec<Column>,
    pub(super) variants: Vec<VariantTally>,
}

/// Failures that are one to whoever has to act: the found value left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Failure {
    pub(super) code: Code,
    pub(super) place: String,
    pub(super) message: String,
}

/// What a channel refuses, and in how many rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ChannelSeen {
    pub(super) rule: String,
    pub(super) source: &'static str,
    pub(super) seen: Seen,
}

/// A column of the feed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    /// Rows that have it, and rows in which it is not empty.
    pub(super) rows: u64,
    pub(super) filled: u64,
}

/// The rows of one variant that were laid out.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct VariantTally {
    pub(super) laid_out: u64,
    /// As the chart has them.
    pub(super) layers: Vec<LayerTally>,
    /// Rows in which each rule held.
    pub(super) rules: Vec<u64>,
    /// Notes that belong to no layer.
    pub(super) notes: BTreeMap<NoteCode, Seen>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct LayerTally {
    /// Rows in which it is drawn.
    pub(super) rows: u64,
    pub(super) notes: BTreeMap<NoteCode, Seen>,
    /// Texts by their size in tenths of a px, and how many there are in all.
    pub(super) sizes: Least<u32, u64, MAX_SIZES>,
    pub(super) texts: u64,
    /// Rows in which its text, or the first choice of its picture, is null.
    pub(super) missing: u64,
    pub(super) worst: [Worst; Reason::ALL.len()],
}

/// What a row can be worst in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    LongestText,
    Widest,
    MostLines,
    SmallestFont,
    Missing,
}

impl Reason {
    pub(super) const ALL: [Reason; 5] = [Self::LongestText, Self::Widest, Self::MostLines, Self::SmallestFont, Self::Missing];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LongestText => "longest-text",
            Self::Widest => "widest",
            Self::MostLines => "most-lines",
            Self::SmallestFont => "smallest-font",
            Self::Missing => "missing",
        }
    }

    /// The value as it is told: characters, px, lines, px, nothing.
    pub(super) fn shown(self, value: i64) -> f64 {
        match self {
            Self::LongestText | Self::MostLines | Self::Missing => value as f64,
            Self::Widest => value as f64 / PX,
            Self::SmallestFont => -(value as f64) / PX,
        }
    }
}

/// Lengths are kept in hundredths of a px.
const PX: f64 = 100.0;

pub(super) fn px(length: f32) -> i64 {
    (f64::from(length) * PX).round() as i64
}

impl LayerTally {
    pub(super) fn offer(&mut self, reason: Reason, value: i64, line: u64, id: &str) {
        if let Some(worst) = self.worst.get_mut(reason as usize) {
            worst.offer(value, line, id);
        }
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        merge_notes(&mut self.notes, other.notes);
        self.sizes.merge(other.sizes, |own, other| *own += other);
        self.texts += other.texts;
        self.missing += other.missing;
        self.worst.iter_mut().zip(other.worst).for_each(|(own, other)| own.merge(other));
    }
}

impl VariantTally {
    fn new(chart: &Chart) -> Self {
        let layers = vec![LayerTally::default(); chart.layers.len()];
        Self { laid_out: 0, layers, rules: vec![0; chart.rules.len()], notes: BTreeMap::new() }
    }

    fn merge(&mut self, other: Self) {
        self.laid_out += other.laid_out;
        self.layers.iter_mut().zip(other.layers).for_each(|(own, other)| own.merge(other));
        self.rules.iter_mut().zip(other.rules).for_each(|(own, other)| *own += other);
        merge_notes(&mut self.notes, other.notes);
    }
}

fn merge_notes(own: &mut BTreeMap<NoteCode, Seen>, other: BTreeMap<NoteCode, Seen>) {
    for (code, seen) in other {
        own.entry(code).or_default().merge(seen);
    }
}

impl Tally {
    pub(super) fn new(charts: &[Chart]) -> Self {
        Self { variants: charts.iter().map(VariantTally::new).collect(), ..Self::default() }
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Counts a row's columns. Both lists are sorted: they are walked side by side.
    pub(super) fn see_columns(&mut self, row: &Row) {
        let mut at = 0;
        for (name, value) in row.iter() {
            while self.columns.get(at).is_some_and(|column| column.name.as_str() < name) {
                at += 1;
            }
            if self.columns.get(at).is_none_or(|column| column.name != name) {
                if self.columns.len() >= MAX_COLUMNS {
                    if at >= self.columns.len() {
                        return;
                    }
                    self.columns.pop();
                }
                self.columns.insert(at, Column { name: name.to_owned(), rows: 0, filled: 0 });
            }
            if let Some(column) = self.columns.get_mut(at) {
                column.rows += 1;
                column.filled += u64::from(!value.is_null());
            }
            at += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.failed += other.failed;
        self.skipped += other.skipped;
        for (code, rows) in other.codes {
            *self.codes.entry(code).or_default() += rows;
        }
        self.failures.merge(other.failures, Seen::merge);
        self.skips.merge(other.skips, Seen::merge);
        for (code, seen) in other.findings {
            self.findings.entry(code).or_default().merge(seen);
        }
        for (key, found) in other.channel {
            let own = self.channel.entry(key).or_default();
            (own.rule, own.source) = (found.rule, found.source);
            own.seen.merge(found.seen);
        }
        for column in other.columns {
            match self.columns.binary_search_by(|own| own.name.cmp(&column.name)) {
                Ok(at) => {
                    if let Some(own) = self.columns.get_mut(at) {
                        own.rows += column.rows;
                        own.filled += column.filled;
                    }
                }
                Err(at) => self.columns.insert(at, column),
            }
        }
        self.columns.truncate(MAX_COLUMNS);
        self.variants.iter_mut().zip(other.variants).for_each(|(own, other)| own.merge(other));
    }
}
