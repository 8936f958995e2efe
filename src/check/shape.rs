//! The shape of a failure's message: what is left when the row's own value is taken out, so that a million failures are a few kinds.

/// Quoted texts become `"…"`, numbers of the found value `#`: `a price must have a number, found "…"`.
pub(super) fn shape(message: &str) -> String {
    let found = message.rfind("found ").map_or(0, |at| at + "found ".len());
    let mut out = String::with_capacity(message.len());
    let mut letters = message.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = letters.next() {
        if c == '"' {
            out.push_str("\"…\"");
            let mut escaped = false;
            for (_, inner) in letters.by_ref() {
                match inner {
                    _ if escaped => escaped = false,
                    '\\' => escaped = true,
                    '"' => break,
                    _ => {}
                }
            }
        } else if c.is_ascii_digit() && at >= found && !(before.is_alphanumeric() || before == '_') {
            out.push('#');
            while letters.next_if(|(_, next)| next.is_ascii_digit() || matches!(next, '.' | ',')).is_some() {}
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn the_rule_stays_and_the_value_goes() {
        for (message, kind) in [
            ("a price must have a number, found \"fr\\\"ee\"", "a price must have a number, found \"…\""),
            ("must be at most 9, found number 10.50", "must be at most 9, found number #"),
            (
                "a required field must have a value, found none in custom_label_0",
                "a required field must have a value, found none in custom_label_0",
            ),
            ("found EUR and USD", "found EUR and USD"),
            ("an id must stand once, \"a\" stands in line 17 already", "an id must stand once, \"…\" stands in line # already"),
            ("\"never closed", "\"…\""),
        ] {
            assert_eq!(shape(message), kind);
        }
    }
}
