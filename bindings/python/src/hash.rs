//! Hashes for Python: the same for equal values within one version of the library.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The hash of a value that is equal where its parts are.
pub(crate) fn hash_of(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}
