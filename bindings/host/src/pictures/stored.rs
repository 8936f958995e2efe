//! What is kept beside a picture's bytes: when it came, for how long it is fresh, what to ask the origin with. A line of JSON, at most 4 KiB,
//! that outlives the process; what cannot be read counts as not kept.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::PicturesOptions;
use crate::cache::Entry;
use crate::fetch::{Freshness, Validators};

/// A picture that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) bytes: Bytes,
    /// BLAKE3 of the bytes.
    pub(super) hash: [u8; 32],
    /// When the origin last said that these are the bytes, ms since 1970.
    pub(super) said_ms: u64,
    /// What the origin said of its lifetime.
    pub(super) freshness: Freshness,
    pub(super) validators: Validators,
}

/// More than any picture that an origin calls immutable needs.
const YEAR: Duration = Duration::from_secs(365 * 86_400);

impl Stored {
    pub(super) fn new(bytes: Bytes, validators: Validators, freshness: Freshness, now_ms: u64) -> Self {
        let hash = *blake3::hash(&bytes).as_bytes();
        Self { bytes, hash, said_ms: now_ms, freshness, validators }
    }

    /// The same picture after the origin said that it is still the one; what it said of its lifetime before holds where it says nothing new.
    pub(super) fn confirmed(self, freshness: Freshness, now_ms: u64) -> Self {
        let max_age = freshness.max_age.or(self.freshness.max_age);
        let immutable = freshness.immutable || self.freshness.immutable;
        Self { said_ms: now_ms, freshness: Freshness { max_age, immutable, ..freshness }, ..self }
    }

    /// The same picture, said to be for ever.
    pub(super) fn immutable(self) -> Self {
        Self { freshness: Freshness { max_age: Some(YEAR), immutable: true, no_store: false }, ..self }
    }

    /// For how long it need not be asked for from `now_ms` on; nothing where that time is over.
    pub(super) fn fresh_for(&self, options: &PicturesOptions, now_ms: u64) -> Duration {
        if self.freshness.no_store {
            return Duration::ZERO;
        }
        let ceiling = if self.freshness.immutable { YEAR } else { options.max_fresh };
        let lifetime = self.freshness.max_age.unwrap_or(options.default_fresh).min(ceiling).max(options.min_fresh);
        lifetime.saturating_sub(self.age(now_ms))
    }

    /// Whether it may stand in while the origin fails.
    pub(super) fn may_stand_in(&self, options: &PicturesOptions, now_ms: u64) -> bool {
        let fresh = self.fresh_for(options, self.said_ms);
        self.age(now_ms) < fresh.saturating_add(options.stale_if_error)
    }

    /// A clock that was set back makes a picture no younger than new.
    fn age(&self, now_ms: u64) -> Duration {
        Duration::from_millis(now_ms.saturating_sub(self.said_ms))
    }

    pub(super) fn to_entry(&self) -> Entry {
        let meta = json!({
            "said_ms": self.said_ms,
            "hash": blake3::Hash::from_bytes(self.hash).to_hex().as_str(),
            "max_age_s": self.freshness.max_age.map(|age| age.as_secs()),
            "immutable": self.freshness.immutable,
            "etag": self.validators.etag,
            "last_modified": self.validators.last_modified,
        });
        Entry { meta: meta.to_string().into_bytes(), body: self.bytes.clone() }
    }

    pub(super) fn of_entry(entry: &Entry) -> Option<Self> {
        let meta: Value = serde_json::from_slice(&entry.meta).ok()?;
        let text = |name: &str| meta.get(name).and_then(Value::as_str).map(str::to_owned);
        let freshness = Freshness {
            max_age: meta.get("max_age_s").and_then(Value::as_u64).map(Duration::from_secs),
            immutable: meta.get("immutable")?.as_bool()?,
            no_store: false,
        };
        Some(Self {
            bytes: entry.body.clone(),
            hash: *blake3::Hash::from_hex(text("hash")?).ok()?.as_bytes(),
            said_ms: meta.get("said_ms")?.as_u64()?,
            freshness,
            validators: Validators { etag: text("etag"), last_modified: text("last_modified") },
        })
    }
}

/// What takes the place of a picture that turned out to be none: an entry that is no [`Stored`].
pub(super) fn withdrawn() -> Entry {
    Entry::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(max_age_s: Option<u64>, immutable: bool) -> Stored {
        let freshness = Freshness { max_age: max_age_s.map(Duration::from_secs), immutable, no_store: false };
        let validators = Validators { etag: Some("\"a\\\"".into()), last_modified: None };
        Stored::new(Bytes::from_static(b"picture"), validators, freshness, 1_000_000)
    }

    #[test]
    fn an_entry_says_all_again() {
        for picture in [stored(None, false), stored(Some(7), true)] {
            assert_eq!(Stored::of_entry(&picture.to_entry()), Some(picture));
        }
        assert_eq!(Stored::of_entry(&withdrawn()), None);
        assert_eq!(Stored::of_entry(&Entry { meta: b"{}".to_vec(), body: Bytes::new() }), None);
    }

    #[test]
    fn the_longest_validators_fit() {
        let long = Some("\"".repeat(512));
        let picture = Stored { validators: Validators { etag: long.clone(), last_modified: long }, ..stored(Some(u64::MAX), true) };
        assert!(picture.to_entry().meta.len() <= 4096);
    }

    #[test]
    fn lifetimes_are_clamped() {
        let options = PicturesOptions::default();
        let fresh = |picture: &Stored, later_s: u64| picture.fresh_for(&options, 1_000_000 + later_s * 1000).as_secs();
        assert_eq!([0, 4, 10, 99].map(|later| fresh(&stored(Some(0), false), later)), [10, 6, 0, 0]);
        assert_eq!(fresh(&stored(None, false), 0), 300);
        assert_eq!(fresh(&stored(Some(1_000_000), false), 0), 86_400);
        assert_eq!(fresh(&stored(Some(1_000_000), true), 0), 1_000_000);
        assert_eq!(fresh(&stored(Some(u64::MAX / 2000), true), 0), 365 * 86_400);
        assert_eq!(stored(Some(60), false).fresh_for(&options, 0).as_secs(), 60);
        assert!(stored(Some(60), false).may_stand_in(&options, 1_000_000 + 86_459_000));
        assert!(!stored(Some(60), false).may_stand_in(&options, 1_000_000 + 86_460_000));
    }

    #[test]
    fn what_an_origin_said_holds_until_it_says_otherwise() {
        let said = |max_age: Option<u64>| Freshness { max_age: max_age.map(Duration::from_secs), immutable: false, no_store: false };
        assert_eq!(stored(Some(60), true).confirmed(said(None), 5).freshness, Freshness { immutable: true, ..said(Some(60)) });
        assert_eq!(stored(Some(60), false).confirmed(said(Some(5)), 5).freshness, said(Some(5)));
    }
}
