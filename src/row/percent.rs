//! Percent-encoding (RFC 3986, 2.1): what a URL's text stands for, and back.
//!
//! Only unreserved characters stand for themselves when written, so that a text has one spelling; escapes are in upper case.

/// What a text with escapes stands for, and where its first `%` stands that begins no escape; such a `%` stands for itself.
pub(crate) fn decode(text: &str) -> (Vec<u8>, Option<usize>) {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut bad) = (0, None);
    while let Some(&c) = bytes.get(at) {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (c, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                bad = bad.or((c == b'%').then_some(at));
                out.push(c);
                at += 1;
            }
        }
    }
    (out, bad)
}

/// A text as a part of a URL.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let hex = |digit: u8| char::from(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 });
            out.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unreserved_characters_stand_for_themselves() {
        assert_eq!(encode("a-B_9.~ é/%"), "a-B_9.~%20%C3%A9%2F%25");
        assert_eq!(decode("%2f%2F+%"), (b"//+%".to_vec(), Some(7)));
        assert_eq!(decode("%4").1, Some(0));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in "\\PC{0,40}") {
            prop_assert_eq!(decode(&encode(&text)), (text.into_bytes(), None));
        }
    }
}
