//! A stream of batches through counters on all processors: what `check` does to a feed, without text between.
//!
//! ```text
//! read (1 thread) -> 128 rows -> rows, ids in turn, count (each thread with a checker of its own) -> merge
//! ```
//!
//! The queue between them is short and nothing is kept for a row, so memory does not grow with the stream apart from 16 bytes for each id.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use core_::{CheckOptions, CheckReport, Checker, Code, Error, Fault, Renderer, Row, RowIds, RowPlace, Scratch, Template};
use pyo3::prelude::*;

use super::crew::{self, Stop};
use super::import::Stream;
use super::rows::{Columns, RowReader, Use};
use crate::boundary::caught;
use crate::error::raised;
use crate::guard::Cancel;

/// Rows of one message: one for each row would cost more than some rows do.
const AT_ONCE: usize = 128;
/// How long a thread waits before it asks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long the reader waits for room in the queue: less than a thread needs for a task.
const FULL: Duration = Duration::from_millis(1);

/// Rows of a batch, to be counted.
struct Task {
    /// Counted from nought, so that ids are judged in the order of the stream.
    turn: usize,
    reader: Arc<RowReader>,
    rows: std::ops::Range<usize>,
    /// The line of the first of them.
    line: u64,
}

/// What one check is told.
pub(super) struct Settings {
    pub(super) options: CheckOptions,
    pub(super) columns: Columns,
    pub(super) first_line: u64,
    pub(super) threads: usize,
}

/// Checks every row of a stream.
pub(super) fn check(
    py: Python<'_>,
    (template, renderer): (&Template, &Renderer),
    stream: Stream,
    settings: &Settings,
    cancel: Option<&Cancel>,
) -> PyResult<CheckReport> {
    settings.columns.check(stream.schema()).map_err(raised)?;
    let new = || Checker::new(renderer, template, settings.options.clone());
    let whole = Mutex::new(new().map_err(raised)?);
    let (to_count, queue) = sync_channel::<Task>(2 * settings.threads);
    let source = Mutex::new(Some((stream, to_count)));
    let queue = Mutex::new(queue);
    let ids = Ids::default();
    let has_ids = settings.columns.id.is_some();
    crew::work(py, settings.threads + 1, cancel, &|number, stop| {
        if number == 0 {
            let source = source.lock().unwrap_or_else(PoisonError::into_inner).take();
            return source.map_or(Ok(()), |(stream, to_count)| read(stream, &to_count, template, settings, stop));
        }
        let mut checker = new()?;
        let mut scratch = Scratch::new();
        while let Some(task) = take(&queue, stop) {
            let rows: Vec<Result<Row, Error>> = task.rows.clone().map(|index| caught(|| task.reader.row(index))).collect();
            let Some(mut turn) = ids.turn(task.turn, stop) else { continue };
            let judged: Vec<_> = task
                .rows
                .clone()
                .zip(&rows)
                .zip(task.line..)
                .map(|((index, row), line)| {
                    let id = has_ids.then(|| task.reader.id(index, row.as_ref().ok())).flatten();
                    turn.ids.enter(settings.columns.id.as_deref().unwrap_or_default(), id.as_ref(), line)
                })
                .collect();
            ids.pass(turn);
            for ((row, judged), line) in rows.into_iter().zip(judged).zip(task.line..) {
                if stop.is_set() {
                    break;
                }
                count(&mut checker, &mut scratch, line, row, judged);
            }
        }
        whole.lock().unwrap_or_else(PoisonError::into_inner).merge(checker)
    })?;
    Ok(whole.into_inner().unwrap_or_else(PoisonError::into_inner).finish())
}

/// Parts the stream into tasks.
fn read(mut stream: Stream, to_count: &SyncSender<Task>, template: &Template, settings: &Settings, stop: &Stop) -> Result<(), Error> {
    let used = |name: &str| if template.reads(name) { Use::Read } else { Use::Seen };
    let (mut turn, mut line) = (0, settings.first_line);
    while let Some(chunk) = stream.next()? {
        let reader = Arc::new(RowReader::new(&chunk, &settings.columns, &used)?);
        for first in (0..reader.len()).step_by(AT_ONCE) {
            let rows = first..reader.len().min(first + AT_ONCE);
            let count = rows.len() as u64;
            if !send(Task { turn, reader: Arc::clone(&reader), rows, line }, to_count, stop) {
                return Ok(());
            }
            turn += 1;
            line = line.saturating_add(count);
        }
    }
    Ok(())
}

/// Puts a task into the queue when there is room; not when nobody will take it any more.
fn send(task: Task, to_count: &SyncSender<Task>, stop: &Stop) -> bool {
    let mut waiting = task;
    while !stop.is_set() {
        match to_count.try_send(waiting) {
            Ok(()) => return true,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(task)) => waiting = task,
        }
        std::thread::sleep(FULL);
    }
    false
}

/// The next task; when the check is stopped, what waits is dropped until the reader has noticed.
fn take(queue: &Mutex<Receiver<Task>>, stop: &Stop) -> Option<Task> {
    loop {
        let received = queue.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(PATIENCE);
        match received {
            Ok(task) if !stop.is_set() => return Some(task),
            Err(RecvTimeoutError::Disconnected) => return None,
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Counts one row; a bug of the program costs the row and not the check.
fn count(
    checker: &mut Checker,
    scratch: &mut Scratch,
    line: u64,
    row: Result<Row, Error>,
    judged: Result<Option<String>, (Option<String>, Error)>,
) {
    let (id, row) = match judged {
        Ok(id) => (id, row),
        Err((id, error)) => (id, row.and(Err(error))),
    };
    let place = RowPlace { line, id: id.unwrap_or_default() };
    let counted = row.and_then(|row| {
        let counted = caught(|| {
            checker.row(&place, &row, scratch);
            Ok(())
        });
        counted.map_err(|_| {
            *scratch = Scratch::new();
            Fault::new(Code::Bug, "", "the program failed while it looked at this row").into()
        })
    });
    if let Err(error) = counted {
        checker.failed(&place, &error);
    }
}

/// The ids that stood before, judged by one thread after another in the order of the stream.
#[derive(Default)]
struct Ids {
    turn: Mutex<Turn>,
    passed: Condvar,
}

#[derive(Default)]
struct Turn {
    next: usize,
    ids: RowIds,
}

impl Ids {
    /// Waits for a turn; nothing when the check is stopped.
    fn turn(&self, number: usize, stop: &Stop) -> Option<MutexGuard<'_, Turn>> {
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        while turn.next != number {
            if stop.is_set() {
                return None;
            }
            (turn, _) = self.passed.wait_timeout(turn, PATIENCE).unwrap_or_else(PoisonError::into_inner);
        }
        Some(turn)
    }

    fn pass(&self, mut turn: MutexGuard<'_, Turn>) {
        turn.next += 1;
        drop(turn);
        self.passed.notify_all();
    }
}
