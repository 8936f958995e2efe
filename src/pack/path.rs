//! How the files of a template are called: paths from its folder, with `/`, that never lead out of it.
//!
//! `./assets//logo.svg` and `assets/logo.svg` are one file. Everything else that two systems could read in two ways is refused: a path from the root,
//! `..`, a backslash, which is a separator on one system and a letter on the other, and control characters.

use crate::error::{Code, Fault, quoted};

/// The longest path of a file, in bytes; those of zip files end at 65,535.
const MAX_PATH_BYTES: usize = 1_024;

/// The one way to write a path, or why it is none.
pub(super) fn plain(path: &str) -> Result<String, Fault> {
    let bad = |message: &str| Err(Fault::new(Code::BadPack, shown(path), message));
    if path.len() > MAX_PATH_BYTES {
        let message = format!("a path must have at most {MAX_PATH_BYTES} bytes, found {}", path.len());
        return Err(Fault::new(Code::BadPack, shown(path), message));
    }
    if path.contains('\\') {
        return bad("a path must be written with /, found a backslash");
    }
    if path.chars().any(char::is_control) {
        return bad("a path must have no control characters, found one");
    }
    if leads_out(path) {
        return bad("a template's files must lie in its folder, found a path that leads out of it");
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() || path.ends_with('/') {
        return bad("a path must name a file, found none");
    }
    Ok(parts.join("/"))
}

/// Whether a path begins at the root or goes up.
pub(super) fn leads_out(path: &str) -> bool {
    path.starts_with('/') || path.split('/').any(|part| part == "..")
}

/// A path as a fault's place: what is on one line, and not longer than a line.
pub(super) fn shown(path: &str) -> String {
    let plain = path.len() <= 256 && !path.chars().any(char::is_control);
    if plain { path.to_owned() } else { quoted(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_path() {
        for (written, path) in [("a", "a"), ("./a", "a"), ("a/./b//c.png", "a/b/c.png"), ("a..b/...", "a..b/...")] {
            assert_eq!(plain(written).as_deref(), Ok(path));
            assert_eq!(plain(path).as_deref(), Ok(path));
        }
    }

    #[test]
    fn a_path_that_leads_out_or_can_be_read_in_two_ways_is_refused() {
        let says = |path: &str| plain(path).unwrap_err().to_string();
        for out in ["/etc/hostname", "../a", "a/../b", "a/.."] {
            assert_eq!(says(out), format!("{out}: a template's files must lie in its folder, found a path that leads out of it"));
        }
        for none in ["", ".", "a/", "./"] {
            assert!(says(none).ends_with("a path must name a file, found none"), "{none}");
        }
        assert_eq!(says("a\\b"), "a\\b: a path must be written with /, found a backslash");
        assert_eq!(says("a\nb"), "\"a\\nb\": a path must have no control characters, found one");
        assert!(says(&"a".repeat(1_025)).ends_with("a path must have at most 1024 bytes, found 1025"));
    }
}
