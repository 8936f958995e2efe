//! A rules file as it lies on disk: told apart from a template, and its templates beside it.

use std::path::{Path, PathBuf};

use core_::Rules;
use templrender_host::{Folder, is_pack, load_folder, read_text};

use crate::failure::{Done, Stop};

/// The text of a rules file; nothing where the argument is a template's.
pub(crate) fn text(argument: &Path) -> Done<Option<String>> {
    // What is no plain file can be read once only, by whoever reads the template; a pack holds no rules.
    if !argument.is_file() || is_pack(argument) {
        return Ok(None);
    }
    let text = read_text(argument)?;
    Ok(has_key(&text, "rules").then_some(text))
}

/// Loads every template that the rules name; all that cannot be had are told at once.
pub(crate) fn load(file: &Path, rules: &Rules, font_folders: &[PathBuf]) -> Done<Vec<Folder>> {
    let (mut folders, mut failures) = (Vec::new(), Vec::new());
    for name in rules.templates() {
        match template(file, name, font_folders) {
            Ok(folder) => folders.push(folder),
            Err(Stop::Failed(failed)) => failures.extend(failed),
            Err(usage) => return Err(usage),
        }
    }
    if failures.is_empty() { Ok(folders) } else { Err(Stop::Failed(failures)) }
}

/// Where a template that a rules file names lies.
pub(crate) fn path(file: &Path, name: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(name)
}

/// One template that a rules file names: a folder, a file or a pack, from where the rules file lies.
pub(crate) fn template(file: &Path, name: &str, font_folders: &[PathBuf]) -> Done<Folder> {
    let path = path(file, name);
    if !path.exists() {
        let place = format!("{}: template {name}", file.display());
        return Err(Stop::at(place, format!("there is no such folder or file, looked for {}", path.display())));
    }
    Ok(load_folder(&path, font_folders)?)
}

/// Whether the object that a JSON text is has a key, whatever else is wrong with it; comments are passed over.
fn has_key(text: &str, key: &str) -> bool {
    let (mut depth, mut rest, mut word) = (0_usize, text, None);
    loop {
        let mut letters = rest.chars();
        let Some(letter) = letters.next() else { return false };
        rest = letters.as_str();
        match letter {
            '"' => {
                let (inner, after) = string(rest);
                (word, rest) = (Some(inner), after);
            }
            ':' if depth == 1 && word == Some(key) => return true,
            '/' if rest.starts_with('/') => rest = rest.split_once('\n').map_or("", |(_, after)| after),
            '/' if rest.starts_with('*') => {
                rest = rest.strip_prefix('*').and_then(|inner| inner.split_once("*/")).map_or("", |(_, after)| after);
            }
            '{' | '[' => (depth, word) = (depth + 1, None),
            '}' | ']' => (depth, word) = (depth.saturating_sub(1), None),
            ',' => word = None,
            _ => {}
        }
    }
}

/// What a string holds as it is written, and what comes after it.
fn string(text: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = text.find(|letter| {
        let is_end = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        is_end
    });
    end.and_then(|end| text.split_at_checked(end)).map_or((text, ""), |(inner, rest)| (inner, rest.strip_prefix('"').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rules_file_is_known_by_its_key_at_the_top() {
        for yes in [
            "{ \"rules\": 1 }",
            "// \"a\": {\n/* { */ { \"a\": [{ \"b\": \"}\\\"]\" }], \"rules\" /* : */ : 1",
            "\n{\"name\":\"x\",\"rules\":",
        ] {
            assert!(has_key(yes, "rules"), "{yes}");
        }
        for no in [
            "",
            "{}",
            "{ \"templrender\": 1, \"fields\": { \"rules\": {} } }",
            "{ \"name\": \"rules\", \"size\": [1, 1] }",
            "{ \"a\": \"\\\"rules\\\": \" }",
            "{ // \"rules\": 1\n}",
            "\"rules\": 1",
            "{ \"rules",
        ] {
            assert!(!has_key(no, "rules"), "{no}");
        }
    }
}
