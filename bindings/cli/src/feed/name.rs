//! File names out of ids, which may hold anything.

/// The longest part of an id that goes into a name.
const MAX_LENGTH: usize = 80;

/// A file name without its ending: the id itself where that is harmless, else what is harmless of it and a hash of the whole.
pub(crate) fn safe(id: &str) -> String {
    let kept: String = id.chars().take(MAX_LENGTH).map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
    let name = kept.trim_start_matches('.').trim_end_matches('.');
    if name == id && !name.is_empty() {
        return kept;
    }
    let hash = blake3::hash(id.as_bytes()).to_hex();
    let hash = hash.get(..12).unwrap_or_default();
    if name.is_empty() { hash.to_owned() } else { format!("{name}-{hash}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_id_is_its_own_name_and_others_are_told_apart() {
        assert_eq!(safe("GB-0001"), "GB-0001");
        assert_eq!(safe("a.b_c"), "a.b_c");
        for id in ["../../etc/passwd", "a/b", "a\\b", "..", ".", "", "a\0b", "é", "a b", ".hidden", "x.", &"x".repeat(300)] {
            let name = safe(id);
            assert_ne!(name, id);
            assert!(!name.is_empty() && name.len() <= 100 && !name.starts_with('.') && !name.ends_with('.'), "{id:?} -> {name}");
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{id:?} -> {name}");
        }
        assert_ne!(safe("a/b"), safe("a?b"));
        assert_ne!(safe(&"x".repeat(200)), safe(&"x".repeat(201)));
    }
}
