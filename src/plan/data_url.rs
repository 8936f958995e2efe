//! `data:` URLs (RFC 2397): the bytes that stand in the URL itself, in Base64 or percent-encoded.

use base64::DecodeError;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};

use crate::row::percent;

/// The bytes of a `data:` URL; `None` for anything else.
pub(super) fn decode(url: &str) -> Option<Result<Vec<u8>, String>> {
    let rest = url.strip_prefix("data:")?;
    let Some((head, body)) = rest.split_once(',') else {
        return Some(Err("a data URL must have a comma before its data".to_owned()));
    };
    let is_base64 = head.rsplit(';').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
    Some(if is_base64 { base64(body) } else { Ok(percent::decode(body).0) })
}

/// In either alphabet, with or without spaces and padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn base64(text: &str) -> Result<Vec<u8>, String> {
    let standard = |c: u8| match c {
        b'-' => b'+',
        b'_' => b'/',
        c => c,
    };
    let text: Vec<u8> = text.bytes().filter(|c| !c.is_ascii_whitespace()).map(standard).collect();
    BASE64.decode(text).map_err(|why| match why {
        DecodeError::InvalidByte(_, byte) => format!("a data URL must be Base64, found byte {byte:#04x}"),
        _ => "a data URL must be Base64, found a part of it".to_owned(),
    })
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
