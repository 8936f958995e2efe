//! Encoded pictures that nobody copies: bytes that were given away, or that stay where the host has them.

use std::fmt;
use std::sync::Arc;

/// Encoded bytes as they arrived: taken over, or held together with the host.
#[derive(Clone)]
pub(crate) enum Held {
    Own(Arc<[u8]>),
    Shared(Arc<dyn AsRef<[u8]> + Send + Sync>),
}

impl std::ops::Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(holder) => (**holder).as_ref(),
        }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}
