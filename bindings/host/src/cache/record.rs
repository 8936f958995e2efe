//! An entry as a file: everything that shows whether it is whole and the one that was asked for.
//!
//! ```text
//! magic 8 | version 4 | length of meta 4 | length of body 8 | key 32 | hash 32 | meta | body
//! ```
//!
//! Numbers are little-endian. The hash is BLAKE3 of all other bytes behind the version. So a file that was cut short, lengthened, flipped
//! in one bit or put under another name is not read, and nothing has to be written through to the disk's platter: what a power failure tore
//! is a miss.

use std::io::{self, Write};

use bytes::Bytes;

use super::{Entry, Key};

const MAGIC: [u8; 8] = *b"templrc\n";
const VERSION: [u8; 4] = 1u32.to_le_bytes();
/// What stands before meta and body.
const HEAD_BYTES: usize = 8 + 4 + 4 + 8 + 32 + 32;
/// The longest meta.
pub(super) const MAX_META_BYTES: usize = 4096;

/// How long the file of an entry is.
pub(super) fn length(entry: &Entry) -> u64 {
    HEAD_BYTES as u64 + entry.meta.len() as u64 + entry.body.len() as u64
}

/// Writes the file of an entry.
pub(super) fn write(to: &mut impl Write, key: &Key, entry: &Entry) -> io::Result<()> {
    let mut head = Vec::with_capacity(HEAD_BYTES + entry.meta.len());
    head.extend_from_slice(&MAGIC);
    head.extend_from_slice(&VERSION);
    // No cut is possible: an entry's meta is at most 4 KiB here.
    let meta_bytes = entry.meta.len() as u32;
    let body_bytes = entry.body.len() as u64;
    head.extend_from_slice(&meta_bytes.to_le_bytes());
    head.extend_from_slice(&body_bytes.to_le_bytes());
    head.extend_from_slice(key);
    head.extend_from_slice(&hash(meta_bytes, body_bytes, key, &entry.meta, &entry.body));
    head.extend_from_slice(&entry.meta);
    to.write_all(&head)?;
    to.write_all(&entry.body)
}

/// The entry of this key, if these are its bytes and all of them.
pub(super) fn parse(key: &Key, bytes: Vec<u8>) -> Option<Entry> {
    let rest = bytes.strip_prefix(&MAGIC)?.strip_prefix(&VERSION)?;
    let (meta_bytes, rest) = rest.split_first_chunk()?;
    let (body_bytes, rest) = rest.split_first_chunk()?;
    let (named, rest) = rest.split_first_chunk::<32>()?;
    let (said, rest) = rest.split_first_chunk::<32>()?;
    let (meta_bytes, body_bytes) = (u32::from_le_bytes(*meta_bytes), u64::from_le_bytes(*body_bytes));
    let meta_length = usize::try_from(meta_bytes).ok().filter(|length| *length <= MAX_META_BYTES)?;
    let (meta, body) = rest.split_at_checked(meta_length)?;
    if named != key || body.len() as u64 != body_bytes || *said != hash(meta_bytes, body_bytes, key, meta, body) {
        return None;
    }
    let meta = meta.to_vec();
    Some(Entry { body: Bytes::from(bytes).slice(HEAD_BYTES + meta_length..), meta })
}

fn hash(meta_bytes: u32, body_bytes: u64, key: &Key, meta: &[u8], body: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&meta_bytes.to_le_bytes()).update(&body_bytes.to_le_bytes()).update(key).update(meta).update(body);
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(key: &Key, entry: &Entry) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, key, entry).unwrap();
        assert_eq!(bytes.len() as u64, length(entry));
        bytes
    }

    #[test]
    fn every_flip_every_cut_and_every_other_key_is_a_miss() {
        for (meta, body) in [(&b""[..], &b""[..]), (b"m", b""), (b"", b"b"), (b"{\"type\":\"image/png\"}", &[7; 300])] {
            let entry = Entry { meta: meta.to_vec(), body: Bytes::copy_from_slice(body) };
            let key = [9; 32];
            let whole = file(&key, &entry);
            assert_eq!(parse(&key, whole.clone()), Some(entry));
            for at in 0..whole.len() {
                for bit in 0..8 {
                    let mut bytes = whole.clone();
                    bytes[at] ^= 1 << bit;
                    assert_eq!(parse(&key, bytes), None, "bit {bit} of byte {at} is flipped");
                }
                assert_eq!(parse(&key, whole[..at].to_vec()), None, "cut at {at}");
            }
            assert_eq!(parse(&key, [&whole[..], b"x"].concat()), None);
            assert_eq!(parse(&[8; 32], whole), None);
        }
    }

    #[test]
    fn bytes_between_meta_and_body_cannot_change_sides() {
        let key = [1; 32];
        let entry = Entry { meta: b"ab".to_vec(), body: Bytes::from_static(b"cd") };
        let mut bytes = file(&key, &entry);
        bytes[12] = 3;
        bytes[16] = 1;
        assert_eq!(parse(&key, bytes), None);
    }
}
