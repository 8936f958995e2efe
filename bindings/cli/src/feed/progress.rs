//! How far a run is, by the bytes of the feed: a bar on a terminal, now and then a line anywhere else.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

const LINE_EVERY: Duration = Duration::from_secs(10);

pub(crate) struct Progress {
    /// How many bytes are read, and how many there are.
    position: Arc<AtomicU64>,
    length: u64,
    rows: usize,
    shown: Shown,
}

enum Shown {
    Bar(ProgressBar),
    Lines { said: Instant },
}

impl Progress {
    pub(crate) fn new(position: Arc<AtomicU64>, length: u64) -> Self {
        let shown = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(length);
            let style = ProgressStyle::with_template("{bar:32} {percent} %, {eta} left, {msg}");
            // The template is a constant that is right; a bar of the usual look would do as well.
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            Shown::Bar(bar)
        } else {
            Shown::Lines { said: Instant::now() }
        };
        Self { position, length, rows: 0, shown }
    }

    /// One row more is done; `failures` is how many there are by now.
    pub(crate) fn advance(&mut self, failures: usize) {
        self.advance_by(1, failures);
    }

    /// Some rows more are done.
    pub(crate) fn advance_by(&mut self, rows: usize, failures: usize) {
        self.rows += rows;
        let position = self.position.load(Ordering::Relaxed).min(self.length);
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_position(position);
                let failed = if failures > 0 { format!(" ({failures} failed)") } else { String::new() };
                bar.set_message(format!("{} rows{failed}", self.rows));
            }
            Shown::Lines { said } => {
                if said.elapsed() >= LINE_EVERY {
                    *said = Instant::now();
                    let percent = position.saturating_mul(100).checked_div(self.length).unwrap_or(100);
                    eprintln!("{} rows, {percent} % of the feed is read, {failures} failed", self.rows);
                }
            }
        }
    }

    pub(crate) fn finish(self) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}
