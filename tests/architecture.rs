//! Holds `src/` to the tables of ARCHITECTURE.md: who imports whom, which file may name which crate, and where `unsafe` may stand.
//!
//! The sources are read as text, with comments, literals and unit tests blanked out, so that a path counts wherever it is written: in a `use` line, in a
//! signature, in an expression.
#![allow(clippy::disallowed_methods, reason = "reads the sources of the crate")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Table = Vec<(String, Vec<String>)>;

#[test]
fn imports_follow_the_table() {
    let table = table("imports");
    let exports = exports();
    let mut faults = Vec::new();
    for (file, text) in sources() {
        let own = module_of(&file);
        if own == "lib" {
            continue;
        }
        let Some((_, may)) = table.iter().find(|(name, _)| *name == own) else {
            faults.push(format!("src/{file}: module `{own}` is not in the table"));
            continue;
        };
        for name in named_modules(&file, &text) {
            let target = exports.get(&name).unwrap_or(&name);
            if *target != own && !may.contains(target) {
                faults.push(format!("src/{file}: `{own}` names `{name}`, an arrow that the table does not have"));
            }
        }
    }
    assert!(faults.is_empty(), "ARCHITECTURE.md and src/ differ:\n{}", faults.join("\n"));
}

#[test]
fn the_table_has_no_circle() {
    let table = table("imports");
    let mut above = BTreeSet::new();
    for (name, may) in &table {
        for target in may {
            assert!(above.contains(target), "`{name}` may name `{target}`, which does not stand above it in the table of ARCHITECTURE.md");
        }
        above.insert(name.clone());
    }
}

/// jiff looks for zone files on the machine as soon as one crate of the build asks for that: none does.
#[test]
fn time_zones_come_out_of_the_program_alone() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let users: Vec<&str> =
        lock.split("[[package]]").filter(|package| package.contains("\n \"jiff\",")).filter_map(|p| p.split('"').nth(1)).collect();
    assert_eq!(users, ["templrender", "templrender-cli"]);
    for manifest in ["Cargo.toml", "bindings/cli/Cargo.toml"] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let line = text.lines().find(|line| line.starts_with("jiff ")).unwrap();
        assert!(line.contains("default-features = false"), "{manifest}: {line}");
        for feature in ["tzdb-zoneinfo", "tzdb-concatenated", "tz-system", "tzdb-bundle-platform"] {
            assert!(!text.contains(feature), "{manifest}: {feature}");
        }
    }
}

#[test]
fn crates_stay_behind_their_fences() {
    let fences = table("crates");
    let mut faults = Vec::new();
    for (file, text) in sources() {
        for (krate, places) in &fences {
            let inside = places.iter().any(|p| file == *p || file == format!("{p}.rs") || file.starts_with(&format!("{p}/")));
            if !inside && paths(&text).any(|path| path.first() == Some(krate) && path.len() > 1) {
                faults.push(format!("src/{file}: names `{krate}`, which belongs to {}", places.join(" ")));
            }
        }
    }
    assert!(faults.is_empty(), "crates outside their fences:\n{}", faults.join("\n"));
}

#[test]
fn every_dependency_has_a_fence() {
    let fenced: BTreeSet<String> = table("crates").into_iter().map(|(name, _)| name).collect();
    let manifest = read(&root().join("Cargo.toml"));
    let needed: BTreeSet<String> = manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.trim().trim_matches('"').replace('-', "_")))
        .filter(|name| !name.starts_with('#'))
        .collect();
    assert!(!needed.is_empty(), "no dependencies found in Cargo.toml");
    let open: Vec<&String> = needed.difference(&fenced).collect();
    assert!(open.is_empty(), "dependencies without a fence in ARCHITECTURE.md: {open:?}");
}

#[test]
fn unsafe_stands_in_simd_alone() {
    let outside: Vec<String> = sources()
        .into_iter()
        .filter(|(file, text)| !file.starts_with("simd") && words(text).any(|w| w == "unsafe"))
        .map(|(file, _)| file)
        .collect();
    assert!(outside.is_empty(), "`unsafe` outside src/simd: {outside:?}");
}

#[test]
fn unit_tests_alone_are_left_out() {
    let text = "a::b();\n#[cfg(test)]\nmod tests;\nc::d();\n#[cfg(test)]\nuse e::f;\n#[cfg(test)]\nmod inner {\n g::h();\n}\n";
    assert_eq!(without_tests(text), "a::b();\n\nc::d();\n\nuse e::f;\n");
}

#[test]
fn blanking_leaves_code_alone() {
    let source =
        "use a::b; // unsafe\nlet c = '\"'; let d = \"unsafe \\\" x\"; fn f<'a>(x: &'a u8) {} /* /* unsafe */ */ r#\"un\"safe\"#; g::h()";
    let text = blanked(source);
    assert!(!text.contains("unsafe"), "{text}");
    assert!(text.contains("use a::b;") && text.contains("fn f<'a>(x: &'a u8)") && text.contains("g::h()"), "{text}");
    assert_eq!(names_in_group("{css::{Color, Length}, geom, row::Value}"), ["css", "geom", "row"]);
    assert_eq!(named_modules("layer/text.rs", "use super::super::paint::X; use crate::{a, b::c}; crate::d::e()"), ["a", "b", "d", "paint"]);
}

/// The modules and names of the crate's root that a file names, through `crate::` or by climbing with `super::`.
fn named_modules(file: &str, text: &str) -> Vec<String> {
    let depth = file.trim_end_matches(".rs").trim_end_matches("/mod").split('/').count();
    let mut found = BTreeSet::new();
    let up = "super::".repeat(depth);
    for prefix in ["crate::", up.as_str()] {
        for (at, _) in text.match_indices(prefix) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| is_word(c) || c == ':') {
                continue;
            }
            let rest = &text[at + prefix.len()..];
            if rest.starts_with('{') {
                found.extend(names_in_group(rest));
            } else {
                let name: String = rest.chars().take_while(|c| is_word(*c)).collect();
                if !name.is_empty() && name != "super" {
                    found.insert(name);
                }
            }
        }
    }
    found.into_iter().collect()
}

/// The first names of a braced `use` group: `{a::b, c}` gives `a` and `c`.
fn names_in_group(text: &str) -> Vec<String> {
    let (mut depth, mut names, mut fresh) = (0, Vec::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' => {
                depth += 1;
                fresh = depth == 1;
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ',' => fresh = depth == 1,
            c if fresh && is_word(c) => {
                let mut name = String::from(c);
                while let Some(c) = chars.next_if(|c| is_word(*c)) {
                    name.push(c);
                }
                names.push(name);
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

/// Names that lib.rs exports from its modules, each with its module: `crate::Error` is an arrow to `error`.
fn exports() -> BTreeMap<String, String> {
    let text = blanked(&read(&root().join("src/lib.rs")));
    let mut out = BTreeMap::new();
    for item in text.split(';').filter_map(|item| item.split_once("pub use ").map(|(_, path)| path.trim().to_owned())) {
        let Some((module, names)) = item.trim_start_matches("crate::").split_once("::") else { continue };
        for name in words(names) {
            out.insert(name.to_owned(), module.to_owned());
        }
    }
    out
}

/// A fenced block of ARCHITECTURE.md: `name: other other` on each line.
fn table(tag: &str) -> Table {
    let text = read(&root().join("ARCHITECTURE.md"));
    let block = text.split_once(&format!("```{tag}\n")).and_then(|(_, rest)| rest.split_once("```")).map(|(block, _)| block);
    let block = block.unwrap_or_else(|| panic!("ARCHITECTURE.md has no block `{tag}`"));
    let lines: Table = block
        .lines()
        .map(|line| {
            let (name, rest) = line.split_once(':').unwrap_or_else(|| panic!("no colon in {line:?}"));
            (name.trim().to_owned(), rest.split_whitespace().map(str::to_owned).collect())
        })
        .collect();
    let names: BTreeSet<&String> = lines.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), lines.len(), "a name stands twice in `{tag}`");
    lines
}

/// All files of src/, each as its path below src/ and its code without comments, literals and unit tests.
fn sources() -> Vec<(String, String)> {
    let base = root().join("src");
    let (mut out, mut open) = (Vec::new(), vec![base.clone()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(&base).unwrap().to_string_lossy().replace('\\', "/");
                out.push((name, path));
            }
        }
    }
    out.sort();
    let tests: BTreeSet<String> = out.iter().flat_map(|(file, path)| test_files(file, &read(path))).collect();
    let in_tests = |file: &str| tests.iter().any(|t| file == format!("{t}.rs") || file.starts_with(&format!("{t}/")));
    out.into_iter().filter(|(file, _)| !in_tests(file)).map(|(file, path)| (file, without_tests(&blanked(&read(&path))))).collect()
}

/// Files that are there for unit tests alone: `#[cfg(test)] mod tests;`.
fn test_files(file: &str, source: &str) -> Vec<String> {
    let base = file.trim_end_matches(".rs").trim_end_matches("mod").trim_end_matches('/');
    let parts = source.split("#[cfg(test)]").skip(1);
    let names = parts
        .filter_map(|part| part.trim_start().strip_prefix("mod ").and_then(|m| m.split_once(';')).map(|(name, _)| name.trim().to_owned()));
    let within = |name: String| if base.is_empty() || base == "lib" { name } else { format!("{base}/{name}") };
    names.filter(|name| name.chars().all(is_word)).map(within).collect()
}

/// The code up to its unit tests, which stand last in a file.
fn without_tests(text: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(MARK) {
        let (before, marked) = rest.split_at(at);
        let after = &marked[MARK.len()..];
        out.push_str(before);
        rest = after;
        if after.trim_start().starts_with("mod ") {
            // `mod tests;` is one line among others; a module with a body stands last in its file.
            match after.find([';', '{']) {
                Some(end) if after[end..].starts_with(';') => rest = &after[end + 1..],
                _ => return out,
            }
        }
    }
    out + rest
}

/// The source with comments, strings and characters replaced by blanks.
fn blanked(source: &str) -> String {
    let s: Vec<char> = source.chars().collect();
    let at = |i: usize| s.get(i).copied().unwrap_or('\0');
    let (mut out, mut i) = (String::with_capacity(source.len()), 0);
    while i < s.len() {
        let from = i;
        match at(i) {
            '/' if at(i + 1) == '/' => {
                while i < s.len() && at(i) != '\n' {
                    i += 1;
                }
            }
            '/' if at(i + 1) == '*' => {
                let mut depth = 0;
                loop {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 || i >= s.len() {
                        break;
                    }
                }
            }
            'r' if !(from > 0 && is_word(at(from - 1)) && at(from - 1) != 'b') && raw_string(&s[i..]).is_some() => {
                i += raw_string(&s[i..]).unwrap_or(1);
            }
            '"' => {
                i += 1;
                while i < s.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
            }
            '\'' if at(i + 1) == '\\' || at(i + 2) == '\'' => {
                i += if at(i + 1) == '\\' { 3 } else { 2 };
                while i < s.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
            }
            c => {
                out.push(c);
                i += 1;
                continue;
            }
        }
        out.extend(s[from..i.min(s.len())].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
    }
    out
}

/// The length of the raw string that starts here.
fn raw_string(s: &[char]) -> Option<usize> {
    let hashes = s.iter().skip(1).take_while(|c| **c == '#').count();
    if s.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let ends = |at: &usize| s[*at] == '"' && s[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    Some((2 + hashes..s.len()).find(ends).map_or(s.len(), |at| at + 1 + hashes))
}

/// All paths of a source, `a::b::c` as its names.
fn paths(text: &str) -> impl Iterator<Item = Vec<String>> {
    text.split(|c: char| !is_word(c) && c != ':').filter(|p| p.contains("::")).map(|p| p.split("::").map(str::to_owned).collect())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word(c)).filter(|w| !w.is_empty())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn module_of(file: &str) -> String {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs").to_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
