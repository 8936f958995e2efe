//! How far a run is: a bar on a terminal, now and then a line anywhere else.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

const LINE_EVERY: Duration = Duration::from_secs(10);

pub(crate) enum Progress {
    Bar(ProgressBar),
    /// Of a file that is read once: how many rows it has is not known before.
    Bytes(ProgressBar),
    Lines {
        total: usize,
        done: usize,
        failed: usize,
        said: Instant,
    },
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines { total, done: 0, failed: 0, said: Instant::now() };
        }
        let bar = ProgressBar::new(total as u64);
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} rows, {per_sec}, {eta} left {msg}");
        // The template is a constant that is right; a bar of the usual look would do as well.
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self::Bar(bar)
    }

    /// For a file of so many bytes.
    pub(crate) fn bytes(total: u64) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines { total: 0, done: 0, failed: 0, said: Instant::now() };
        }
        let bar = ProgressBar::new(total);
        let style = ProgressStyle::with_template("{bar:32} {percent} %, {msg}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self::Bytes(bar)
    }

    /// The file is read up to here, and this many rows more are done.
    pub(crate) fn reach(&mut self, position: u64, rows: usize, total_rows: usize) {
        match self {
            Self::Bytes(bar) => {
                bar.set_position(position);
                bar.set_message(format!("{total_rows} rows"));
            }
            Self::Bar(bar) => bar.inc(rows as u64),
            Self::Lines { done, said, .. } => {
                *done += rows;
                if said.elapsed() >= LINE_EVERY {
                    *said = Instant::now();
                    eprintln!("{done} rows");
                }
            }
        }
    }

    /// One row more is done; `failures` is how many there are by now.
    pub(crate) fn advance(&mut self, failures: usize) {
        match self {
            Self::Bar(bar) => {
                bar.inc(1);
                if failures > 0 {
                    bar.set_message(format!("({failures} failed)"));
                }
            }
            Self::Bytes(bar) => bar.tick(),
            Self::Lines { total, done, failed, said } => {
                (*done, *failed) = (*done + 1, failures);
                if said.elapsed() >= LINE_EVERY {
                    *said = Instant::now();
                    eprintln!("{done} of {total} rows, {failed} failed");
                }
            }
        }
    }

    pub(crate) fn finish(self) {
        if let Self::Bar(bar) | Self::Bytes(bar) = self {
            bar.finish_and_clear();
        }
    }
}
