//! Who may go on: tenants within their rate, templates whose pictures come slowly within their share, and all requests within what the
//! machine takes.
//!
//! The decisions are the core's; here stand their states, by tenant and by template. Both tables are bounded, and nobody who may not ask
//! gets a place in one: a tenant's bucket is asked after its signature and template were found good.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use core_::{Rate, SlowTemplate, TokenBucket};

use crate::config::Config;

/// States that a table holds before it forgets those that have nothing to say.
const MAX_STATES: usize = 10_000;

/// The rates of tenants.
pub(super) struct Tenants {
    own: HashMap<String, Rate>,
    all: Option<Rate>,
    buckets: Mutex<HashMap<String, (TokenBucket, u64)>>,
}

impl Tenants {
    pub(super) fn new(config: &Config) -> Self {
        let rate = |per_second: f64, burst: Option<u32>| {
            let twice = (per_second * 2.0).clamp(1.0, f64::from(u32::MAX)) as u32;
            Rate { per_second, burst: burst.unwrap_or(twice) }
        };
        let all = config.rate_per_tenant.map(|per_second| rate(per_second, None));
        let own = config.tenants.iter().filter_map(|(name, tenant)| {
            let per_second = tenant.rate.or(config.rate_per_tenant)?;
            Some((name.clone(), rate(per_second, tenant.burst)))
        });
        Self { own: own.collect(), all, buckets: Mutex::default() }
    }

    /// Takes one token of a tenant, or says how long to wait.
    pub(super) fn take(&self, tenant: &str, now_ms: u64) -> Result<(), Duration> {
        let Some(rate) = self.own.get(tenant).copied().or(self.all) else { return Ok(()) };
        let mut buckets = locked(&self.buckets);
        if buckets.len() >= MAX_STATES && !buckets.contains_key(tenant) {
            forget_oldest(&mut buckets);
        }
        let (bucket, used_ms) = buckets.entry(tenant.to_owned()).or_default();
        *used_ms = now_ms;
        bucket.take(rate, now_ms).map_err(Duration::from_millis)
    }
}

/// Makes room: a bucket that nobody took from for long is full again, as a new one is.
fn forget_oldest(buckets: &mut HashMap<String, (TokenBucket, u64)>) {
    let mut used: Vec<u64> = buckets.values().map(|(_, used_ms)| *used_ms).collect();
    let middle = used.len() / 2;
    let (_, middle, _) = used.select_nth_unstable(middle);
    let middle = *middle;
    buckets.retain(|_, (_, used_ms)| *used_ms > middle);
}

/// What is known of a template's fetches.
#[derive(Debug, Default)]
struct Fetches {
    slow: SlowTemplate,
    waiting: u32,
}

/// Templates by the time of their fetches.
#[derive(Debug)]
pub(super) struct Slow {
    threshold_ms: u64,
    waiting: u32,
    /// The most that wait for one template, slow or not: it may be too early to know.
    most: u32,
    templates: Mutex<HashMap<String, Fetches>>,
}

/// One request that waits for fetches.
#[derive(Debug)]
pub(super) struct Waiting {
    slow: Arc<Slow>,
    template: String,
}

impl Slow {
    pub(super) fn new(config: &Config) -> Self {
        let threshold_ms = super::store::millis(config.slow);
        let half = u32::try_from(config.max_in_flight / 2).unwrap_or(u32::MAX);
        Self { threshold_ms, waiting: config.slow_waiting, most: half.max(1), templates: Mutex::default() }
    }

    /// Lets a request wait for the fetches of its template, unless the template is slow and enough of its requests wait already.
    pub(super) fn enter(self: &Arc<Self>, template: &str, now_ms: u64) -> Option<Waiting> {
        let mut templates = locked(&self.templates);
        if templates.len() >= MAX_STATES && !templates.contains_key(template) {
            templates.retain(|_, fetches| fetches.waiting > 0 || fetches.slow.is_slow(self.threshold_ms, now_ms));
        }
        let fetches = templates.entry(template.to_owned()).or_default();
        let most = if fetches.slow.is_slow(self.threshold_ms, now_ms) { self.waiting.min(self.most) } else { self.most };
        if fetches.waiting >= most {
            return None;
        }
        fetches.waiting += 1;
        Some(Waiting { slow: self.clone(), template: template.to_owned() })
    }

    /// Takes note of a fetch that was no hit.
    pub(super) fn observe(&self, template: &str, took: Duration, now_ms: u64) {
        if let Some(fetches) = locked(&self.templates).get_mut(template) {
            fetches.slow.observe(super::store::millis(took), now_ms);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(fetches) = locked(&self.slow.templates).get_mut(&self.template) {
            fetches.waiting = fetches.waiting.saturating_sub(1);
        }
    }
}

/// Counts the requests that are being answered.
#[derive(Debug, Default)]
pub(super) struct InFlight(AtomicUsize);

/// One request that is being answered.
#[derive(Debug)]
pub(super) struct Flying(Arc<InFlight>);

impl InFlight {
    /// Lets one in, unless there are so many.
    pub(super) fn enter(self: &Arc<Self>, most: usize) -> Option<Flying> {
        let entered = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| (now < most).then_some(now + 1));
        entered.is_ok().then(|| Flying(self.clone()))
    }

    pub(super) fn now(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TenantConfig;

    #[test]
    fn a_tenant_has_its_own_rate_and_the_table_stays_bounded() {
        let mut config = Config { rate_per_tenant: Some(1.0), ..Config::default() };
        config.tenants.insert("acme".into(), TenantConfig { rate: Some(10.0), burst: Some(5), ..TenantConfig::default() });
        let tenants = Tenants::new(&config);
        let taken = |tenant: &str, now_ms| (0..20).filter(|_| tenants.take(tenant, now_ms).is_ok()).count();
        assert_eq!((taken("acme", 1_000), taken("other", 1_000)), (5, 2));
        assert!(tenants.take("other", 1_000).unwrap_err() <= Duration::from_secs(1));
        for number in 0..3 * MAX_STATES {
            tenants.take(&format!("t{number}"), 2_000 + number as u64).unwrap();
        }
        assert!(locked(&tenants.buckets).len() <= MAX_STATES);
        assert_eq!(Tenants::new(&Config::default()).take("any", 0), Ok(()));
    }

    #[test]
    fn a_slow_template_waits_in_a_short_line_and_recovers() {
        let config = Config { slow: Duration::from_millis(100), slow_waiting: 2, max_in_flight: 10, ..Config::default() };
        let slow = Arc::new(Slow::new(&config));
        let fast: Vec<Waiting> = (0..9).map_while(|_| slow.enter("a", 0)).collect();
        assert_eq!(fast.len(), 5, "half of what the machine takes");
        drop(fast);
        for _ in 0..40 {
            slow.observe("a", Duration::from_secs(10), 1_000);
        }
        let held: Vec<Waiting> = (0..9).map_while(|_| slow.enter("a", 1_000)).collect();
        assert_eq!(held.len(), 2);
        assert!(slow.enter("b", 1_000).is_some(), "another template is not held");
        drop(held);
        assert!(slow.enter("a", 1_000 + 3_600_000).is_some());
        assert_eq!(locked(&slow.templates).get("a").unwrap().waiting, 0);
    }

    #[test]
    fn requests_leave_what_they_entered() {
        let all = Arc::new(InFlight::default());
        let first = all.enter(1);
        assert!(first.is_some() && all.enter(1).is_none() && all.now() == 1);
        drop(first);
        assert_eq!(all.now(), 0);
    }
}
