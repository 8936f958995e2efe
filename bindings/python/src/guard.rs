//! What ends a picture before it is done: a time that it may take, or a flag that another thread sets.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use core_::Guard;
use pyo3::prelude::*;

use crate::error::bad;

/// A flag that ends pictures: any thread sets it, all calls that have it stop.
#[pyclass(frozen, module = "templrender")]
pub(crate) struct Cancel {
    flag: Arc<AtomicBool>,
}

impl Cancel {
    /// Whether it was set, for threads without an interpreter.
    pub(crate) fn is_set_now(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }
}

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Self {
        Self { flag: Arc::default() }
    }

    /// Ends what is under way and what begins later.
    fn set(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Whether it was set.
    fn is_set(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    fn __repr__(&self) -> &'static str {
        if self.is_set() { "<Cancel: set>" } else { "<Cancel: not set>" }
    }
}

/// What one call is guarded by, until it is over.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    deadline_ns: Option<u64>,
    flag: Option<Arc<AtomicBool>>,
    timings: bool,
}

impl Watch {
    /// A call that begins now.
    pub(crate) fn new(timeout: Option<f64>, cancel: Option<&Cancel>, timings: bool) -> PyResult<Self> {
        let deadline_ns = timeout.map(timeout_ns).transpose()?.map(|timeout| monotonic_ns().saturating_add(timeout));
        Ok(Self { deadline_ns, flag: cancel.map(|cancel| Arc::clone(&cancel.flag)), timings })
    }

    /// As the core takes it.
    pub(crate) fn guard(&self) -> Guard<'_> {
        let clock = (self.timings || self.deadline_ns.is_some()).then_some(monotonic_ns as fn() -> u64);
        Guard { clock, deadline_ns: self.deadline_ns, cancel: self.flag.as_deref() }
    }

    /// Whether the report gets timings.
    pub(crate) fn timings(&self) -> bool {
        self.timings
    }
}

/// Nanoseconds of a timeout in seconds.
pub(crate) fn timeout_ns(seconds: f64) -> PyResult<u64> {
    if seconds.is_nan() || seconds < 0.0 {
        return Err(bad("timeout", format!("timeout must be seconds from 0 on, found {seconds}")));
    }
    Ok((seconds * 1e9) as u64)
}

/// Nanoseconds since the first call: the clock of deadlines.
pub(crate) fn monotonic_ns() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}
