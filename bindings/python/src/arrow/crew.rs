//! Threads that work for one call of Python's, while the calling thread looks for signals.
//!
//! The interpreter is let go for the whole time. Every 50 ms the caller takes it to ask whether somebody pressed Ctrl-C, and looks at the flag that another
//! thread may set; either ends the work within a picture's own pace, for the core asks the same flag inside of a picture.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use core_::{Code, Error, Fault};
use pyo3::prelude::*;

use crate::boundary::caught;
use crate::error::raised;
use crate::guard::Cancel;

/// Stack of a thread that plans, lays out and draws: layers may be nested deep.
const STACK_BYTES: usize = 16 << 20;
/// How often the caller looks for signals.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Most threads of one call.
const MAX_THREADS: usize = 1_024;

/// Ends the work of a crew.
#[derive(Debug, Default)]
pub(super) struct Stop(AtomicBool);

impl Stop {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// As the core takes it.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

/// As many threads as were asked for, by default one for each processor.
pub(super) fn threads(asked: Option<usize>) -> Result<usize, Error> {
    match asked {
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS)),
        Some(threads) if (1..=MAX_THREADS).contains(&threads) => Ok(threads),
        Some(threads) => {
            Err(Fault::new(Code::BadArgument, "threads", format!("threads must be 1 to {MAX_THREADS}, found {threads}")).into())
        }
    }
}

/// Runs a body on so many threads, which are numbered, until all of them return. An error of one of them, a signal or the flag ends it as an exception; what the body did until
/// then is the caller's to drop.
pub(super) fn work(
    py: Python<'_>,
    threads: usize,
    cancel: Option<&Cancel>,
    body: &(dyn Fn(usize, &Stop) -> Result<(), Error> + Sync),
) -> PyResult<()> {
    let stop = Stop::default();
    let crew = Crew::new(threads);
    let run = |number: usize, stop: &Stop| {
        if let Err(error) = caught(|| body(number, stop)) {
            crew.fail(error);
            stop.set();
        }
        crew.leave();
    };
    let raised_here: PyResult<()> = py.detach(|| {
        std::thread::scope(|scope| {
            for number in 0..threads {
                let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
                if let Err(error) = thread.spawn_scoped(scope, {
                    let (run, stop) = (&run, &stop);
                    move || run(number, stop)
                }) {
                    crew.fail(Fault::new(Code::BadArgument, "threads", format!("thread {number} cannot be started: {error}")).into());
                    stop.set();
                    crew.leave();
                }
            }
            let mut signal = Ok(());
            while crew.wait() {
                if cancel.is_some_and(Cancel::is_set_now) {
                    crew.fail(Fault::new(Code::Cancelled, "batch", "a batch must be wanted until it is done, found it cancelled").into());
                    stop.set();
                }
                if signal.is_ok() {
                    signal = Python::attach(|py| py.check_signals());
                    if signal.is_err() {
                        stop.set();
                    }
                }
            }
            signal
        })
    });
    raised_here?;
    match crew.fault() {
        None => Ok(()),
        Some(error) => Err(raised(error)),
    }
}

/// Who is still at work, and the first error.
struct Crew {
    at_work: Mutex<usize>,
    left: Condvar,
    error: Mutex<Option<Error>>,
}

impl Crew {
    fn new(threads: usize) -> Self {
        Self { at_work: Mutex::new(threads), left: Condvar::new(), error: Mutex::default() }
    }

    fn leave(&self) {
        *self.at_work.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.left.notify_all();
    }

    /// Waits a little; whether somebody is still at work.
    fn wait(&self) -> bool {
        let at_work = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        let (at_work, _) = self.left.wait_timeout_while(at_work, LOOK_EVERY, |n| *n > 0).unwrap_or_else(PoisonError::into_inner);
        *at_work > 0
    }

    fn fail(&self, error: Error) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    fn fault(&self) -> Option<Error> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
