//! The stored answers: what was drawn, by what it was drawn from, and how old it is.
//!
//! An answer's name is a hash of the tenant, the template's version (its files and fonts) and the plan's key. So a changed template, and a
//! row that draws otherwise at another hour, have other names, and what is stored under a name is never wrong, only old: its pictures may
//! have changed at their origin. Renewing one does not write it again: when it was last found unchanged stands in a table of its own, which
//! a restart forgets.

use bytes::Bytes;
use core_::{Key, OutputFormat};
use std::time::Duration;

use crate::cache::{Cache, Entry};

/// The first byte of what stands beside a body; counts up when its layout changes.
const LAYOUT: u8 = 1;
/// Renewals that are remembered: 40 bytes each.
const MAX_RENEWED: u64 = 100_000;

/// The name of a stored answer.
pub(super) type Name = [u8; 32];

/// What an answer is called.
pub(super) fn name(tenant: &str, version: &str, plan: Key) -> Name {
    let mut hasher = blake3::Hasher::new_derive_key("templrender answer 1");
    for part in [tenant.as_bytes(), version.as_bytes(), &plan.bytes()] {
        hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes()).update(part);
    }
    *hasher.finalize().as_bytes()
}

/// A drawn answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) format: OutputFormat,
    /// The key of the pictures in it.
    pub(super) resources: [u8; 16],
    /// When it was drawn, or last found unchanged.
    pub(super) checked_ms: u64,
    /// Whether all of its pictures can never change.
    pub(super) immutable: bool,
    /// Drawn without a picture that it should have, and only good until then.
    pub(super) lacking_until_ms: Option<u64>,
    pub(super) body: Bytes,
}

/// How old an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Given as it is, for so many milliseconds more.
    Fresh { left_ms: u64 },
    /// Given, and renewed in the background.
    Stale,
    /// Given only where its pictures cannot be had.
    Old,
    /// Not given any more.
    Over,
}

/// How long each of them lasts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ages {
    pub(super) fresh: Duration,
    pub(super) while_revalidate: Duration,
    pub(super) if_error: Duration,
}

impl Stored {
    /// How old it is.
    pub(super) fn age(&self, ages: &Ages, now_ms: u64) -> Age {
        if let Some(until) = self.lacking_until_ms {
            return if now_ms < until { Age::Fresh { left_ms: until - now_ms } } else { Age::Over };
        }
        let fresh = millis(ages.fresh);
        if self.immutable {
            return Age::Fresh { left_ms: fresh };
        }
        // A clock that went backwards makes nothing older.
        let age = now_ms.saturating_sub(self.checked_ms);
        match age {
            age if age < fresh => Age::Fresh { left_ms: fresh - age },
            age if age < fresh.saturating_add(millis(ages.while_revalidate)) => Age::Stale,
            age if age < fresh.saturating_add(millis(ages.if_error)) => Age::Old,
            _ => Age::Over,
        }
    }

    fn meta(&self) -> Vec<u8> {
        let format = match self.format {
            OutputFormat::Jpeg => 1,
            OutputFormat::WebP => 3,
            _ => 2,
        };
        let mut meta = vec![LAYOUT, format, u8::from(self.immutable)];
        meta.extend(self.resources);
        meta.extend(self.checked_ms.to_le_bytes());
        meta.extend(self.lacking_until_ms.unwrap_or(0).to_le_bytes());
        meta
    }

    /// What an entry says; `None` for one of another layout.
    fn read(entry: &Entry) -> Option<Self> {
        let (head, rest) = entry.meta.split_first_chunk::<3>()?;
        let (resources, rest) = rest.split_first_chunk::<16>()?;
        let (checked, rest) = rest.split_first_chunk::<8>()?;
        let (until, rest) = rest.split_first_chunk::<8>()?;
        let format = match head {
            [LAYOUT, 1, _] => OutputFormat::Jpeg,
            [LAYOUT, 2, _] => OutputFormat::Png,
            [LAYOUT, 3, _] => OutputFormat::WebP,
            _ => return None,
        };
        let until = u64::from_le_bytes(*until);
        rest.is_empty().then(|| Self {
            format,
            resources: *resources,
            checked_ms: u64::from_le_bytes(*checked),
            immutable: head[2] == 1,
            lacking_until_ms: (until > 0).then_some(until),
            body: entry.body.clone(),
        })
    }
}

/// A duration in whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// All stored answers.
#[derive(Clone)]
pub(super) struct Store {
    cache: Cache,
    renewed: moka::sync::Cache<Name, u64>,
}

impl Store {
    pub(super) fn new(cache: Cache) -> Self {
        Self { cache, renewed: moka::sync::Cache::new(MAX_RENEWED) }
    }

    pub(super) async fn get(&self, name: &Name) -> Option<Stored> {
        let entry = self.cache.get(name).await?;
        let mut stored = Stored::read(&entry)?;
        if let Some(renewed) = self.renewed.get(name) {
            stored.checked_ms = stored.checked_ms.max(renewed);
        }
        Some(stored)
    }

    pub(super) async fn put(&self, name: Name, stored: &Stored) {
        self.renewed.invalidate(&name);
        self.cache.put(name, Entry { meta: stored.meta(), body: stored.body.clone() }).await;
    }

    /// Its pictures were asked for and are what they were.
    pub(super) fn renew(&self, name: Name, now_ms: u64) {
        self.renewed.insert(name, now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGES: Ages =
        Ages { fresh: Duration::from_secs(300), while_revalidate: Duration::from_secs(60), if_error: Duration::from_secs(3_600) };

    fn stored() -> Stored {
        Stored {
            format: OutputFormat::Jpeg,
            resources: [7; 16],
            checked_ms: 1_000_000,
            immutable: false,
            lacking_until_ms: None,
            body: Bytes::from_static(b"picture"),
        }
    }

    #[test]
    fn what_is_written_is_read_and_what_is_cut_off_is_not() {
        for stored in [
            stored(),
            Stored { format: OutputFormat::WebP, immutable: true, ..stored() },
            Stored { format: OutputFormat::Png, lacking_until_ms: Some(5), ..stored() },
        ] {
            let mut entry = Entry { meta: stored.meta(), body: stored.body.clone() };
            assert_eq!(Stored::read(&entry).as_ref(), Some(&stored));
            while entry.meta.pop().is_some() {
                assert_eq!(Stored::read(&entry), None, "{} bytes", entry.meta.len());
            }
        }
    }

    #[test]
    fn an_answer_ages_from_fresh_to_over() {
        let at = |seconds: u64| stored().age(&AGES, 1_000_000 + seconds * 1_000);
        assert_eq!(at(0), Age::Fresh { left_ms: 300_000 });
        assert_eq!(at(299), Age::Fresh { left_ms: 1_000 });
        assert_eq!(at(300), Age::Stale);
        assert_eq!(at(359), Age::Stale);
        assert_eq!(at(360), Age::Old);
        assert_eq!(at(3_899), Age::Old);
        assert_eq!(at(3_900), Age::Over);
        assert_eq!(stored().age(&AGES, 0), Age::Fresh { left_ms: 300_000 }, "a clock that went backwards");
        assert_eq!(Stored { immutable: true, ..stored() }.age(&AGES, u64::MAX), Age::Fresh { left_ms: 300_000 });
        let lacking = Stored { lacking_until_ms: Some(1_010_000), ..stored() };
        assert_eq!(lacking.age(&AGES, 1_009_000), Age::Fresh { left_ms: 1_000 });
        assert_eq!(lacking.age(&AGES, 1_010_000), Age::Over);
    }

    #[test]
    fn tenants_versions_and_plans_have_names_of_their_own() {
        let template = core_::Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] }"#).unwrap();
        let plan = core_::Renderer::new(core_::Fonts::new()).plan(&template, &core_::Row::new(), &core_::Context::default()).unwrap();
        let names = [name("a", "bc", plan.key()), name("ab", "c", plan.key()), name("a", "b", plan.key())];
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
    }
}
