//! The key of a plan: BLAKE3 over the resolved values of what is drawn, cut to 128 bits.

use std::fmt;

use crate::row::Value;

/// Counts up with every change to what is drawn, so that keys of an older version never name a newer picture.
const PIXEL_VERSION: u32 = 2;

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
    /// The first half of a digest.
    pub(crate) fn of_digest([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..]: [u8; 32]) -> Self {
        Self([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

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
///
/// Most parts are a few bytes long. They are gathered and hashed together, for the hash takes as long for one byte as for a block.
pub(super) struct KeyMaker {
    /// `None`: nobody asks for the key.
    hasher: Option<blake3::Hasher>,
    gathered: Vec<u8>,
}

/// What is hashed at a time: enough for all lanes of the hash.
const GATHERED_BYTES: usize = 8 << 10;

impl KeyMaker {
    pub(super) fn new() -> Self {
        let mut maker = Self { hasher: Some(blake3::Hasher::new()), gathered: Vec::with_capacity(2 << 10) };
        maker.part("pixels", &PIXEL_VERSION.to_le_bytes());
        maker
    }

    /// One that makes no key, for plans that are only looked at: nothing is gathered or hashed, and the key is all noughts.
    pub(super) fn unasked() -> Self {
        Self { hasher: None, gathered: Vec::new() }
    }

    pub(super) fn part(&mut self, tag: &str, bytes: &[u8]) {
        self.gather(&length(tag.len()));
        self.gather(tag.as_bytes());
        self.gather(&length(bytes.len()));
        self.gather(bytes);
    }

    pub(super) fn value(&mut self, tag: &str, value: &Value) {
        if self.hasher.is_none() {
            return;
        }
        self.gather(&length(tag.len()));
        self.gather(tag.as_bytes());
        // The length stands before the value, and is known after it.
        let at = self.gathered.len();
        self.gathered.extend_from_slice(&length(0));
        let start = self.gathered.len();
        value.canonical(&mut self.gathered);
        let bytes = length(self.gathered.len() - start);
        self.gathered.iter_mut().skip(at).zip(bytes).for_each(|(place, byte)| *place = byte);
        self.hash_if(GATHERED_BYTES);
    }

    fn gather(&mut self, bytes: &[u8]) {
        if self.hasher.is_none() {
            return;
        }
        self.gathered.extend_from_slice(bytes);
        self.hash_if(GATHERED_BYTES);
    }

    /// Hashes what is gathered where it is so much or more.
    fn hash_if(&mut self, least: usize) {
        if self.gathered.len() >= least
            && let Some(hasher) = &mut self.hasher
        {
            hasher.update(&self.gathered);
            self.gathered.clear();
        }
    }

    pub(super) fn finish(&mut self) -> Key {
        self.hash_if(0);
        let mut key = [0; 16];
        let Some(hasher) = &self.hasher else { return Key(key) };
        let whole = *hasher.finalize().as_bytes();
        key.iter_mut().zip(whole).for_each(|(k, w)| *k = w);
        Key(key)
    }
}

fn length(n: usize) -> [u8; 8] {
    u64::try_from(n).unwrap_or(u64::MAX).to_le_bytes()
}
