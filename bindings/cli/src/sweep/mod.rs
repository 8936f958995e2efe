//! Every row of a feed through counters on all processors: what `check` and `diff` have in common.
//!
//! ```text
//! read (1 thread) -> batches -> count (--jobs, each with a counter of its own) -> merge
//! ```
//!
//! The queue between them is short and nothing is kept for a row, so memory does not grow with the feed apart from 16 bytes for each id.

pub(crate) mod batches;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use core_::{Code, Error, Fault, Row, RowPlace};

use crate::failure::{Done, Stop, io_reason};
use crate::feed::STACK_BYTES;
use crate::feed::progress::Progress;
use batches::{Batches, Record};

/// What one thread counts, with its scratch.
pub(crate) trait Counter: Send {
    /// Counts a row.
    fn row(&mut self, place: &RowPlace, row: &Row);

    /// Counts a record that is no row, or a row that the program could not count.
    fn failed(&mut self, place: &RowPlace, error: &Error);

    /// Starts again with what a broken-off row may have spoilt.
    fn recover(&mut self);

    /// Takes over what another has counted.
    fn merge(&mut self, other: Self) -> Result<(), Error>;
}

/// Drives all rows through the counters and gives back the first, with the counts of all, and why the feed ended early if it did.
pub(crate) fn sweep<C: Counter>(batches: Batches, mut whole: C, counters: Vec<C>) -> Done<(C, Option<Stop>)> {
    let mut progress = Progress::new(batches.position(), batches.length());
    let (to_count, queue) = sync_channel::<Vec<Record>>(2 * counters.len());
    let (to_tell, told) = sync_channel::<usize>(64);
    let queue = Mutex::new(queue);
    let (merged, fault) = std::thread::scope(|scope| {
        let thread = || std::thread::Builder::new().stack_size(STACK_BYTES);
        let reader = thread().spawn_scoped(scope, move || {
            let mut batches = batches;
            for batch in batches.by_ref() {
                if to_count.send(batch).is_err() {
                    break;
                }
            }
            batches.into_fault()
        })?;
        let mut workers = Vec::new();
        for counter in counters {
            let (queue, to_tell) = (&queue, to_tell.clone());
            workers.push(thread().spawn_scoped(scope, move || {
                let mut counter = counter;
                while let Some(batch) = take(queue) {
                    let rows = batch.len();
                    batch.into_iter().for_each(|record| count(&mut counter, record));
                    // Nobody listens any more only when the sweep is over.
                    let _ = to_tell.send(rows);
                }
                counter
            })?);
        }
        drop(to_tell);
        for rows in told {
            progress.advance_by(rows, 0);
        }
        let merged: Result<(), Error> = workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(counter) => whole.merge(counter),
            Err(_) => Err(Fault::new(Code::Bug, "", "a thread that counts rows ended early").into()),
        });
        let fault = reader.join().unwrap_or_else(|_| Some(Stop::at("feed", "the reading thread ended early, which is a bug")));
        std::io::Result::Ok((merged, fault))
    })
    .map_err(|error| Stop::at("feed", format!("a thread cannot be started: {}", io_reason(&error))))?;
    progress.finish();
    merged.map_err(|error| Stop::of("feed", &error))?;
    Ok((whole, fault))
}

fn take(queue: &Mutex<Receiver<Vec<Record>>>) -> Option<Vec<Record>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Counts one record; a bug of the program costs the row and not the run.
fn count(counter: &mut impl Counter, record: Record) {
    let Record { place, row } = record;
    match row {
        Ok(row) => {
            if catch_unwind(AssertUnwindSafe(|| counter.row(&place, &row))).is_err() {
                counter.recover();
                counter.failed(&place, &Fault::new(Code::Bug, "", "the program failed while it looked at this row").into());
            }
        }
        Err(error) => counter.failed(&place, &error),
    }
}

/// What failures of a row are called: `feed.tsv:5: GB-0004`.
pub(crate) fn place_of(feed: &Path, place: &RowPlace) -> String {
    let id = if place.id.is_empty() { String::new() } else { format!(": {}", place.id) };
    format!("{}:{}{id}", feed.display(), place.line)
}
