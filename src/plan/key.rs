//! The key of a plan: BLAKE3 over the resolved values of what is drawn, cut to 128 bits.

use std::fmt;

use crate::row::Value;

/// Counts up with every change to what is drawn, so that keys of an older version never name a newer picture.
const PIXEL_VERSION: u32 = 1;

/// Names a picture; prints as 32 hex digits.
///
/// ```
/// use templrender::{Context, Fonts, Renderer, Row, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] }"#)?;
/// let key = Renderer::new(Fonts::new()).plan(&template, &Row::new(), &Context::default())?.key();
/// assert_eq!(key.to_string().len(), 32);
/// assert_eq!(key.bytes().len(), 16);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 16]);

impl Key {
    /// The 128 bits.
    pub fn bytes(&self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

/// A key in the making: tagged, length-prefixed parts, so that no two lists of parts run together.
pub(super) struct KeyMaker {
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
}

impl KeyMaker {
    pub(super) fn new() -> Self {
        let mut maker = Self { hasher: blake3::Hasher::new(), buffer: Vec::new() };
        maker.part("pixels", &PIXEL_VERSION.to_le_bytes());
        maker
    }

    pub(super) fn part(&mut self, tag: &str, bytes: &[u8]) {
        let length = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).to_le_bytes();
        self.hasher.update(&length(tag.len())).update(tag.as_bytes()).update(&length(bytes.len())).update(bytes);
    }

    pub(super) fn value(&mut self, tag: &str, value: &Value) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        value.canonical(&mut buffer);
        self.part(tag, &buffer);
        self.buffer = buffer;
    }

    pub(super) fn finish(&self) -> Key {
        let whole = *self.hasher.finalize().as_bytes();
        let mut key = [0; 16];
        key.iter_mut().zip(whole).for_each(|(k, w)| *k = w);
        Key(key)
    }
}
