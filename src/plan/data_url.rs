//! `data:` URLs (RFC 2397): the bytes that stand in the URL itself, in Base64 or percent-encoded.

/// The bytes of a `data:` URL; `None` for anything else.
pub(super) fn decode(url: &str) -> Option<Result<Vec<u8>, String>> {
    let rest = url.strip_prefix("data:")?;
    let Some((head, body)) = rest.split_once(',') else {
        return Some(Err("a data URL must have a comma before its data".to_owned()));
    };
    let is_base64 = head.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
    Some(if is_base64 { base64(body) } else { Ok(percent(body)) })
}

fn base64(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.bytes().filter(|c| !c.is_ascii_whitespace()) {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return Err(format!("a data URL must be Base64, found byte {c:#04x}")),
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Ok(out)
}

fn percent(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&c) = bytes.get(at) {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (c, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read() {
        assert_eq!(decode("data:text/plain;base64,aGVsbG8="), Some(Ok(b"hello".to_vec())));
        assert_eq!(decode("data:image/svg+xml,%3Csvg/%3e"), Some(Ok(b"<svg/>".to_vec())));
        assert_eq!(decode("https://a.example/b"), None);
        assert!(decode("data:;base64,a*").is_some_and(|r| r.is_err()));
    }
}
