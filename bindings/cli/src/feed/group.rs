//! `--group-by`: the feed is read to its end, and its groups are drawn in place of its rows.
//!
//! A row that belongs to no group is listed like any that fails. Where rows are missing that nobody can name, because the feed breaks off or
//! memory is full, nothing is drawn: a group without them would be a wrong picture.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use core_::{Code, FeedRow, Groups, Limits, Overrides};

use super::MAX_LISTED;
use super::draw::Item;
use crate::args::Feed;
use crate::failure::{Done, Failure, Stop};

/// What was asked for.
pub(super) struct Grouping {
    groups: Groups,
    feed: String,
}

/// A feed's groups, and its rows that are in none.
pub(super) struct Grouped {
    groups: Groups,
    failed: Vec<Item>,
    rows: usize,
    unlisted: usize,
    position: Arc<AtomicU64>,
}

/// For the summary.
pub(super) struct Counts {
    pub(super) groups: usize,
    pub(super) rows: usize,
    /// Failed rows beyond those that are listed.
    pub(super) unlisted: usize,
}

impl Grouping {
    /// None without `--group-by`.
    pub(super) fn asked(args: &Feed) -> Done<Option<Self>> {
        let Some(by) = &args.group_by else { return Ok(None) };
        let blank = |option: &str| Stop::Usage(format!("{option} must name a column, found none"));
        if by.trim().is_empty() {
            return Err(blank("--group-by"));
        }
        let mut groups = Groups::new(by, &Limits::default());
        if let Some(sort) = &args.sort {
            let (column, descending) = sort.strip_prefix('-').map_or((sort.as_str(), false), |column| (column, true));
            if column.trim().is_empty() {
                return Err(blank("--sort"));
            }
            groups = groups.sorted(column, descending);
        }
        if let Some(top) = args.top {
            groups = groups.with_top(usize::try_from(top).unwrap_or(usize::MAX));
        }
        if let Some(zone) = &args.world.time_zone {
            groups = groups.with_time_zone(zone).map_err(|error| Stop::of("--time-zone", &error))?;
        }
        Ok(Some(Self { groups, feed: args.feed.display().to_string() }))
    }

    /// Reads the feed to its end.
    pub(super) fn gather(self, rows: impl Iterator<Item = Result<FeedRow, Failure>>, overrides: &Overrides) -> Done<Grouped> {
        let Self { groups, feed } = self;
        let mut grouped = Grouped { groups, failed: Vec::new(), rows: 0, unlisted: 0, position: Arc::default() };
        for row in rows {
            let mut row = row.map_err(|failure| Stop::at(&failure.place, format!("the feed breaks off: {}", failure.reason)))?;
            grouped.rows += 1;
            let (line, id) = (row.line, row.id.clone().unwrap_or_default());
            if let Ok(row) = &mut row.row {
                overrides.apply(row);
            }
            // A record over its own bound is one failed row.
            let is_row = row.row.is_ok();
            match grouped.groups.add(row) {
                Ok(()) => {}
                Err(error) if is_row && error.code() == Code::RowLimit => return Err(Stop::of(&format!("{feed}:{line}"), &error)),
                Err(_) if grouped.failed.len() >= MAX_LISTED => grouped.unlisted += 1,
                Err(error) => {
                    grouped.failed.push(Item { index: grouped.failed.len(), line, id, row: Err(error.to_string()) });
                }
            }
        }
        Ok(grouped)
    }
}

impl Grouped {
    pub(super) fn counts(&self, limit: usize) -> Counts {
        Counts { groups: self.groups.len().min(limit), rows: self.rows, unlisted: self.unlisted }
    }

    /// How many of how many are on their way, for whoever shows progress.
    pub(super) fn position(&self, limit: usize) -> (Arc<AtomicU64>, u64) {
        (self.position.clone(), (self.failed.len() + self.groups.len().min(limit)) as u64)
    }

    /// What is drawn and what failed.
    pub(super) fn items(self, limit: usize) -> impl Iterator<Item = Item> + Send {
        let first = self.failed.len();
        let groups = self.groups.finish().take(limit).enumerate();
        let groups = groups.map(move |(i, group)| Item { index: first + i, line: group.line, id: group.id, row: Ok(group.row) });
        let position = self.position;
        self.failed.into_iter().chain(groups).inspect(move |_| {
            position.fetch_add(1, Ordering::Relaxed);
        })
    }
}
