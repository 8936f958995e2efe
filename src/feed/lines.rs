//! JSON Lines: one object a line, blank lines between them.

use super::input::Input;
use super::{Broken, Record, Step, bad_row, columns};
use crate::row::{Row, json};

#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Bytes that hold no line end.
    seen: usize,
    /// Whether the rest of a line that is too long is passed over.
    skipping: bool,
}

impl Lines {
    pub(super) fn step(&mut self, input: &mut Input) -> Step {
        loop {
            if !self.skipping && self.seen == 0 {
                input.pass_line_ends();
            }
            let line = input.line();
            let bytes = input.bytes();
            let fresh = bytes.get(self.seen..).unwrap_or_default();
            let end = fresh.iter().position(|b| matches!(b, b'\n' | b'\r')).map(|end| self.seen + end);
            let length = end.unwrap_or(bytes.len());
            if self.skipping {
                input.drop(length);
                match end {
                    Some(_) => self.skipping = false,
                    None if input.is_last() => return Step::Over,
                    None => return Step::More,
                }
                continue;
            }
            if length > input.limit() {
                (self.seen, self.skipping) = (0, true);
                let id = bytes.get(..input.limit()).and_then(id);
                let fault = bad_row("", format!("a row must end within {} bytes, found more", input.limit()));
                return Step::Record(Record { line, row: Err(Broken { id, fault }) });
            }
            if end.is_none() && !input.is_last() {
                self.seen = length;
                return Step::More;
            }
            self.seen = 0;
            if length == 0 {
                return Step::Over;
            }
            let text = bytes.get(..length).unwrap_or_default();
            if text.trim_ascii().is_empty() {
                input.pass(length);
                continue;
            }
            let text = text.to_vec();
            let row = row(&text, input);
            input.take(length);
            return Step::Record(Record { line, row });
        }
    }
}

fn row(line: &[u8], input: &mut Input) -> Result<Row, Broken> {
    input.charset.look(line);
    let charset = input.charset;
    let broken = |message: &str| Broken { id: id(line), fault: bad_row("", message) };
    let text = charset.text(line).ok_or_else(|| broken(&format!("a row {}", charset.expected())))?;
    let columns = json::read(&text, input.limit()).map_err(|error| broken(error.faults().first().map_or("", |fault| &fault.message)))?;
    Ok(columns::row(columns))
}

/// The id of a line that is no JSON, or no row: what stands behind the first `"id":`.
fn id(line: &[u8]) -> Option<String> {
    const KEY: &[u8] = b"\"id\"";
    let at = line.windows(KEY.len()).position(|window| window == KEY)?;
    let value = line.get(at + KEY.len()..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let (value, ends): (&[u8], &[u8]) = match value.strip_prefix(b"\"") {
        Some(text) => (text, b"\"\\"),
        None => (value, b",} \t"),
    };
    let end = value.iter().position(|b| ends.contains(b)).filter(|end| value.get(*end) != Some(&b'\\'))?;
    let id = std::str::from_utf8(value.get(..end)?).ok()?.trim();
    (!id.is_empty() && !id.starts_with(['{', '['])).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_broken_line_is_seen() {
        for (line, seen) in [
            (r#"{"a": 1, "id": "GB-1", "#, Some("GB-1")),
            (r#"{"id":7,"#, Some("7")),
            (r#"{"id": 7"#, None),
            (r#"{"id": "a\"b""#, None),
            (r#"{"id": {"x": 1}"#, None),
            ("nothing", None),
        ] {
            assert_eq!(id(line.as_bytes()).as_deref(), seen, "{line}");
        }
    }
}
