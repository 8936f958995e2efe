//! The counts of a comparison: sums, first rows and worst rows, the same for every split and order of the rows.

use std::collections::BTreeMap;

use super::layers::{Change, Kind};
use crate::check::RowPlace;
use crate::check::kept::{Least, Seen, Worst};

/// Most layers and most turns that are told apart.
const MAX_KINDS: usize = 512;

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Tally {
    pub(super) rows: u64,
    /// Both draw the same.
    pub(super) same: u64,
    /// Both draw, and differ.
    pub(super) changed: u64,
    /// Both fail or skip for one reason.
    pub(super) undrawn: u64,
    /// By layer and kind.
    pub(super) layers: Least<(String, Kind), Seenest, MAX_KINDS>,
    /// What a row came to before, and what it comes to after.
    pub(super) turns: Least<(String, String), Seen, MAX_KINDS>,
    pub(super) worst: Worst,
    /// Of the worst rows, why.
    pub(super) reasons: BTreeMap<u64, String>,
}

/// How many rows, the first of them, and the farthest.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Seenest {
    pub(super) seen: Seen,
    /// Tenths of a px.
    pub(super) farthest: i64,
}

impl Tally {
    /// Counts a row that both draw.
    pub(super) fn add(&mut self, place: &RowPlace, changes: &[Change]) {
        if changes.is_empty() {
            self.same += 1;
            return;
        }
        self.changed += 1;
        for Change { layer, kind, distance } in changes {
            if let Some(known) = self.layers.entry((layer.clone(), *kind)) {
                known.farthest = known.farthest.max(*distance);
                known.seen.add(place.line, &place.id, || px(*distance));
            }
        }
        let farthest = changes.iter().map(|change| change.distance).max().unwrap_or(0);
        self.worst.offer(farthest, place.line, &place.id);
        let told = |change: &Change| match change.distance {
            0 => format!("{} {}", change.layer, change.kind.name()),
            far => format!("{} {} {}", change.layer, change.kind.name(), px(far)),
        };
        self.reasons.insert(place.line, changes.iter().map(told).collect::<Vec<_>>().join(", "));
        self.forget();
    }

    /// Counts a row that not both draw.
    pub(super) fn turn(&mut self, place: &RowPlace, before: &str, after: &str) {
        if before == after {
            self.undrawn += 1;
            return;
        }
        if let Some(seen) = self.turns.entry((before.to_owned(), after.to_owned())) {
            seen.add(place.line, &place.id, String::new);
        }
    }

    pub(super) fn turned(&self) -> u64 {
        self.rows - self.same - self.changed - self.undrawn
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.same += other.same;
        self.changed += other.changed;
        self.undrawn += other.undrawn;
        self.layers.merge(other.layers, |own, other| {
            own.seen.merge(other.seen);
            own.farthest = own.farthest.max(other.farthest);
        });
        self.turns.merge(other.turns, Seen::merge);
        self.worst.merge(other.worst);
        self.reasons.extend(other.reasons);
        self.forget();
    }

    /// Keeps the reasons of the rows that are named.
    fn forget(&mut self) {
        let worst = &self.worst.0;
        self.reasons.retain(|line, _| worst.iter().any(|bad| bad.line == *line));
    }
}

/// Tenths of a px as `14 px` or `0.5 px`.
pub(super) fn px(tenths: i64) -> String {
    if tenths % 10 == 0 { format!("{} px", tenths / 10) } else { format!("{}.{} px", tenths / 10, tenths % 10) }
}
