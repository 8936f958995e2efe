//! How far a run is: a bar on a terminal, now and then a line anywhere else.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

const LINE_EVERY: Duration = Duration::from_secs(10);

pub(crate) enum Progress {
    Bar(ProgressBar),
    Lines { total: usize, done: usize, failed: usize, said: Instant },
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

    /// One row more is done; `failures` is how many there are by now.
    pub(crate) fn advance(&mut self, failures: usize) {
        match self {
            Self::Bar(bar) => {
                bar.inc(1);
                if failures > 0 {
                    bar.set_message(format!("({failures} failed)"));
                }
            }
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
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
