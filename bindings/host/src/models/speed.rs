//! How fast models run on this machine: seconds for a billion multiplications, measured model by model.
//!
//! A manifest's `est_gmac` says how much there is to do, not how long it takes: that differs between engines, processors and kinds of layers by a factor
//! of ten. So what a run took is held against its estimate, and the next runs of that model are expected to take as long. A model that has not run yet is
//! taken for one of middling speed.

use std::collections::HashMap;
use std::time::Duration;

/// Seconds for a billion multiplications of a model that has not run: 20 billion a second, as one thread of a server does.
const UNKNOWN: f64 = 1.0 / 20.0;
/// What a run without an estimate counts as, so that its time is remembered all the same.
const LEAST_GMAC: f64 = 0.01;
/// The weight of the last run.
const WEIGHT: f64 = 0.3;
/// Models that are remembered; a host has a handful.
const MAX_MODELS: usize = 1_000;

/// Seconds for a billion multiplications, by the model's identity.
#[derive(Debug, Default)]
pub(super) struct Speeds {
    seconds: HashMap<[u8; 32], f64>,
}

impl Speeds {
    /// How long a run is expected to take.
    pub(super) fn expect(&self, model: &[u8; 32], gmac: f64) -> Duration {
        let seconds = match self.seconds.get(model) {
            Some(seconds) => seconds * at_least(gmac),
            None => UNKNOWN * gmac.max(0.0),
        };
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// Takes note of runs of a model that took so long together.
    pub(super) fn observe(&mut self, model: [u8; 32], gmacs: impl Iterator<Item = f64>, took: Duration) {
        let gmac: f64 = gmacs.map(at_least).sum();
        if self.seconds.len() >= MAX_MODELS && !self.seconds.contains_key(&model) {
            self.seconds.clear();
        }
        let now = took.as_secs_f64() / at_least(gmac);
        self.seconds.entry(model).and_modify(|known| *known += (now - *known) * WEIGHT).or_insert(now);
    }
}

fn at_least(gmac: f64) -> f64 {
    if gmac.is_finite() { gmac.max(LEAST_GMAC) } else { LEAST_GMAC }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_run_is_expected_to_take_what_the_last_ones_took() {
        let mut speeds = Speeds::default();
        assert_eq!(speeds.expect(&[1; 32], 20.0), SECOND, "nobody knows");
        speeds.observe([1; 32], [10.0, 10.0].into_iter(), 4 * SECOND);
        assert_eq!(speeds.expect(&[1; 32], 10.0), 2 * SECOND);
        assert_eq!(speeds.expect(&[2; 32], 20.0), SECOND, "another model");
        for _ in 0..30 {
            speeds.observe([1; 32], [10.0].into_iter(), SECOND / 2);
        }
        let now = speeds.expect(&[1; 32], 10.0).as_secs_f64();
        assert!((now - 0.5).abs() < 0.01, "{now}");
    }

    #[test]
    fn a_model_without_an_estimate_is_known_by_its_time() {
        let mut speeds = Speeds::default();
        assert_eq!(speeds.expect(&[1; 32], 0.0), Duration::ZERO);
        speeds.observe([1; 32], [0.0, 0.0, f64::NAN].into_iter(), 3 * SECOND);
        let now = speeds.expect(&[1; 32], 0.0).as_secs_f64();
        assert!((now - 1.0).abs() < 1e-6, "{now}");
    }
}
