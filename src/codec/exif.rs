//! The one tag of EXIF that changes a picture: its orientation.

use super::Orientation;

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// The orientation in a TIFF block, with or without `Exif\0\0` before it; upright where it is not there or out of order.
pub(super) fn orientation(block: &[u8]) -> Orientation {
    let tiff = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    Orientation::from_exif(tag(tiff).unwrap_or(1))
}

fn tag(tiff: &[u8]) -> Option<u16> {
    let big = match tiff.first_chunk::<4>()? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let u16_at = |at: usize| if big { super::be16(tiff, at) } else { super::le16(tiff, at) };
    let u32_at = |at: usize| if big { super::be32(tiff, at) } else { super::le32(tiff, at) };
    let directory = usize::try_from(u32_at(4)?).ok()?;
    let count = usize::from(u16_at(directory)?);
    for i in 0..count {
        let entry = directory.checked_add(2 + 12 * i)?;
        if u16_at(entry)? == ORIENTATION {
            return (u16_at(entry.checked_add(2)?)? == SHORT).then(|| u16_at(entry + 8)).flatten();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_are_read_and_rubbish_is_upright() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
        assert_eq!(orientation(little), Orientation::from_exif(6));
        assert_eq!(orientation(big), Orientation::from_exif(8));
        for cut in 0..little.len() {
            orientation(&little[..cut]);
        }
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), Orientation::default());
        assert_eq!(orientation(b""), Orientation::default());
    }
}
