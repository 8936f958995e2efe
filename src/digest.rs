//! One name for many parts.

/// BLAKE3 of the parts, each behind its length (u64, little-endian), so that no two lists of parts are read alike.
pub(crate) fn of_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    #[test]
    fn where_one_part_ends_counts() {
        assert_ne!(super::of_parts(&[b"ab", b"c"]), super::of_parts(&[b"a", b"bc"]));
        assert_ne!(super::of_parts(&[b"a"]), super::of_parts(&[b"a", b""]));
    }
}
