//! A long row in one parameter: its canonical JSON, deflated (RFC 1951), as base64url (RFC 4648, 5) without padding.
//!
//! Any deflate stream of the JSON is read, ours is one of them; so nothing that lasts (a signature, a key) may depend on its bytes.

use base64::engine::{Engine as _, general_purpose::URL_SAFE_NO_PAD};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

/// Most bytes of JSON that are packed or unpacked.
pub(super) const MAX_JSON_BYTES: usize = 64 << 10;
/// miniz's level: beyond it the JSON of rows does not get shorter.
const LEVEL: u8 = 9;

/// The JSON of a row, packed.
pub(super) fn pack(json: &str) -> String {
    URL_SAFE_NO_PAD.encode(miniz_oxide::deflate::compress_to_vec(json.as_bytes(), LEVEL))
}

/// The JSON that was packed; the message says the rule.
pub(super) fn unpack(packed: &str) -> Result<String, String> {
    let deflated = URL_SAFE_NO_PAD.decode(packed).map_err(|_| {
        let count = packed.chars().count();
        format!("packed data must be base64url without padding and unused bits, found {count} characters that are not")
    })?;
    let mut out = vec![0; MAX_JSON_BYTES];
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, read, written) = decompress(&mut DecompressorOxide::new(), &deflated, &mut out, 0, flags);
    match status {
        TINFLStatus::Done if read == deflated.len() => {}
        TINFLStatus::Done => {
            return Err(format!("packed data must end with its deflate stream, found {} more bytes", deflated.len() - read));
        }
        TINFLStatus::HasMoreOutput => return Err(format!("packed data must be at most {MAX_JSON_BYTES} bytes, found more")),
        _ => return Err("packed data must be a whole deflate stream, found a damaged one".to_owned()),
    }
    out.truncate(written);
    String::from_utf8(out).map_err(|_| "packed data must be UTF-8, found other bytes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_whole_is_refused() {
        let packed = pack("{\"a\":[1,2,3]}");
        assert_eq!(unpack(&packed).as_deref(), Ok("{\"a\":[1,2,3]}"));
        assert!(unpack(&format!("{packed}AA")).unwrap_err().contains("more bytes"));
        assert!(unpack(&packed[..packed.len() - 4]).unwrap_err().contains("damaged"));
        assert!(unpack("a===").unwrap_err().starts_with("packed data must be base64url without padding"));
        let edge = "a".repeat(MAX_JSON_BYTES);
        assert_eq!(unpack(&pack(&edge)), Ok(edge.clone()));
        assert_eq!(unpack(&pack(&(edge + "a"))), Err("packed data must be at most 65536 bytes, found more".to_owned()));
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(text in "\\PC{0,200}") {
            prop_assert_eq!(unpack(&pack(&text)), Ok(text));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = unpack(&URL_SAFE_NO_PAD.encode(bytes));
        }
    }
}
