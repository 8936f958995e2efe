//! The markers of a JPEG before its first scan, without decoding: size, components, orientation, colour profile, and the number of
//! scans, which a progressive file can drive up until every decoder takes minutes.

use crate::codec::{Format, Orientation, be16, damaged, exif, metadata_over_limit, unsupported};
use crate::error::{Code, Fault};
use crate::limits::Limits;

/// One component of the frame header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Component {
    pub(super) id: u8,
    pub(super) horizontal: u8,
    pub(super) vertical: u8,
    pub(super) table: u8,
}

/// What the components mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colors {
    Grey,
    YCbCr,
    Rgb,
    /// Stored inverted, as Adobe does.
    Cmyk,
    Ycck,
}

/// What stands before the first scan.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: Vec<Component>,
    /// SOF2; else SOF0 or SOF1.
    pub(super) progressive: bool,
    pub(super) orientation: Orientation,
    jfif: bool,
    /// The colour transform of Adobe's APP14.
    pub(super) adobe: Option<u8>,
    /// Where the first SOS marker stands.
    pub(super) first_scan: usize,
    /// Places of the pieces of an ICC profile, by their number.
    profile: Vec<(u8, std::ops::Range<usize>)>,
}

impl Header {
    pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Fault> {
        let mut header = Self {
            width: 0,
            height: 0,
            components: Vec::new(),
            progressive: false,
            orientation: Orientation::default(),
            jfif: false,
            adobe: None,
            first_scan: 0,
            profile: Vec::new(),
        };
        let mut metadata = 0usize;
        let mut at = 2;
        loop {
            let (marker, start, end) = next_segment(bytes, at)?;
            let data = bytes.get(start..end).unwrap_or_default();
            match marker {
                0xc0..=0xc2 => header.frame(marker, data)?,
                0xc3 | 0xc5..=0xc7 => return Err(unsupported(Format::Jpeg, "of the lossless or hierarchical kind is not read")),
                0xc9..=0xcb | 0xcd..=0xcf => return Err(unsupported(Format::Jpeg, "with arithmetic coding is not read")),
                0xda if header.components.is_empty() => return Err(damaged(Format::Jpeg, "its pixels come before its size")),
                0xda => {
                    header.first_scan = at;
                    return Ok(header);
                }
                0xd9 => return Err(damaged(Format::Jpeg, "it ends before its pixels")),
                0xe0..=0xef | 0xfe => {
                    metadata += data.len();
                    if metadata > limits.max_metadata_bytes {
                        return Err(metadata_over_limit(Format::Jpeg, metadata, limits));
                    }
                    header.application(marker, data, start);
                }
                _ => {}
            }
            at = end;
        }
    }

    fn frame(&mut self, marker: u8, data: &[u8]) -> Result<(), Fault> {
        if !self.components.is_empty() {
            return Err(damaged(Format::Jpeg, "it has two frame headers"));
        }
        let ([precision, h1, h0, w1, w0, count, ..], Some(list)) = (data, data.get(6..)) else {
            return Err(damaged(Format::Jpeg, "its frame header is cut off"));
        };
        if *precision != 8 {
            return Err(unsupported(Format::Jpeg, format!("of {precision} bits a sample is not read, 8 are")));
        }
        (self.height, self.width) = (u16::from_be_bytes([*h1, *h0]), u16::from_be_bytes([*w1, *w0]));
        if !matches!(count, 1 | 3 | 4) {
            return Err(unsupported(Format::Jpeg, format!("of {count} components is not read, 1, 3 and 4 are")));
        }
        let list: Vec<Component> = list.as_chunks::<3>().0.iter().take(usize::from(*count)).map(component).collect();
        if list.len() != usize::from(*count) {
            return Err(damaged(Format::Jpeg, "its frame header is cut off"));
        }
        if let Some(odd) = list.iter().find(|c| !(1..=4).contains(&c.horizontal) || !(1..=4).contains(&c.vertical)) {
            return Err(damaged(Format::Jpeg, format!("sampling factors must be 1 to 4, found {}x{}", odd.horizontal, odd.vertical)));
        }
        self.components = list;
        self.progressive = marker == 0xc2;
        Ok(())
    }

    fn application(&mut self, marker: u8, data: &[u8], start: usize) {
        if marker == 0xe1 && data.starts_with(b"Exif\0\0") && self.orientation == Orientation::default() {
            self.orientation = exif::orientation(data);
        } else if marker == 0xe0 && data.starts_with(b"JFIF\0") {
            self.jfif = true;
        } else if marker == 0xee && data.starts_with(b"Adobe") {
            self.adobe = data.get(11).copied();
        } else if let (0xe2, Some([number, _, ..])) = (marker, data.strip_prefix(b"ICC_PROFILE\0")) {
            self.profile.push((*number, start + 14..start + data.len()));
        }
    }

    /// The pieces of the embedded profile in their order.
    pub(super) fn profile(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut pieces = self.profile.clone();
        pieces.sort_by_key(|(number, _)| *number);
        let joined: Vec<u8> = pieces.into_iter().filter_map(|(_, range)| bytes.get(range)).flatten().copied().collect();
        (!joined.is_empty()).then_some(joined)
    }

    /// How many scans follow, which must not be above the limit.
    pub(super) fn count_scans(&self, bytes: &[u8], limits: &Limits) -> Result<u32, Fault> {
        let mut scans = 0;
        let mut at = self.first_scan;
        while let Some(marker) = next_marker(bytes, &mut at) {
            match marker {
                0xda => scans += 1,
                0xd9 => break,
                _ => {}
            }
            if scans > limits.max_scans {
                let message = format!("JPEG has more than {} scans, the limit", limits.max_scans);
                return Err(Fault::new(Code::ResourceLimit, "", message));
            }
        }
        Ok(scans)
    }

    /// What its components mean, by libjpeg's rule: JFIF is YCbCr whatever Adobe's marker says, then that marker, then the names.
    pub(super) fn colors(&self) -> Colors {
        let ids: Vec<u8> = self.components.iter().map(|c| c.id).collect();
        match (self.components.len(), self.adobe) {
            (1, _) => Colors::Grey,
            (4, Some(2)) => Colors::Ycck,
            (4, _) => Colors::Cmyk,
            (_, _) if self.jfif => Colors::YCbCr,
            (_, Some(0)) => Colors::Rgb,
            (_, None) if ids == *b"RGB" => Colors::Rgb,
            _ => Colors::YCbCr,
        }
    }

    /// Whether something in the file could make another decoder think of other colours than [`Header::colors`].
    pub(super) fn colors_in_doubt(&self) -> bool {
        self.components.len() == 3 && (self.adobe == Some(0) || self.components.iter().map(|c| c.id).eq(*b"RGB"))
    }
}

fn component([id, sampling, table]: &[u8; 3]) -> Component {
    Component { id: *id, horizontal: sampling >> 4, vertical: sampling & 15, table: *table }
}

/// The marker at or after `at` that has a length, and where its data begin and end.
pub(super) fn next_segment(bytes: &[u8], mut at: usize) -> Result<(u8, usize, usize), Fault> {
    let cut = || damaged(Format::Jpeg, "it is cut off before its pixels");
    loop {
        match (bytes.get(at), bytes.get(at + 1)) {
            // fill bytes, stuffing and markers without data
            (Some(0xff), Some(0xff)) => at += 1,
            (Some(0xff), Some(0x00 | 0x01 | 0xd0..=0xd8)) => at += 2,
            (Some(0xff), Some(0xd9)) => return Ok((0xd9, at + 2, at + 2)),
            (Some(0xff), Some(marker)) => {
                let length = usize::from(be16(bytes, at + 2).ok_or_else(cut)?);
                if length < 2 {
                    return Err(damaged(Format::Jpeg, format!("a segment must have at least 2 bytes, found {length}")));
                }
                let end = at + 2 + length;
                return if end <= bytes.len() { Ok((*marker, at + 4, end)) } else { Err(cut()) };
            }
            (Some(_), Some(_)) => at += 1,
            _ => return Err(cut()),
        }
    }
}

/// The next marker that is neither stuffing nor a restart; segments with a length are stepped over.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let skipped = bytes.get(*at..)?.iter().position(|b| *b == 0xff)?;
        *at += skipped;
        match *bytes.get(*at + 1)? {
            0xff => *at += 1,
            0x00 | 0x01 | 0xd0..=0xd8 => *at += 2,
            0xd9 => {
                *at += 2;
                return Some(0xd9);
            }
            marker => {
                *at += 2 + usize::from(be16(bytes, *at + 2).unwrap_or(0));
                return Some(marker);
            }
        }
    }
}
