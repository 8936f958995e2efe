//! What a file is, by its first bytes; and for what is no picture, a sentence that says what came instead.
//!
//! The usual wrong answer to a picture's address is a page that says so with status 200, hence the care about HTML.

use crate::error::{Code, Fault};

/// A picture format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JPEG: baseline and progressive.
    Jpeg,
    /// PNG.
    Png,
    /// WebP: lossy and lossless, of an animation the first frame.
    WebP,
    /// GIF: the first frame.
    Gif,
    /// BMP.
    Bmp,
}

impl Format {
    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
        }
    }
}

/// The format of a picture, or what the bytes are instead.
pub(super) fn format(bytes: &[u8]) -> Result<Format, Fault> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Format::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Format::WebP),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Format::Gif),
        [b'B', b'M', ..] if bytes.len() >= 26 => Ok(Format::Bmp),
        _ => Err(Fault::new(Code::UnknownFormat, "", stranger(bytes))),
    }
}

fn stranger(bytes: &[u8]) -> String {
    const READ: &str = "JPEG, PNG, WebP, GIF and BMP are read";
    let other = match bytes {
        [] => return "the picture is empty, found 0 bytes".into(),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => "TIFF",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.first_chunk::<4>() {
            Some(b"avif" | b"avis") => "AVIF",
            Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1") => "HEIC",
            _ => "a video",
        },
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => "JPEG XL",
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => "JPEG 2000",
        [0, 0, 1 | 2, 0, ..] => "an icon file (ICO)",
        [b'8', b'B', b'P', b'S', ..] => "Photoshop's PSD",
        [b'%', b'P', b'D', b'F', ..] => "PDF",
        [0x1f, 0x8b, ..] => "gzip data",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive",
        _ => {
            return text(bytes).map_or_else(|| format!("this is no picture in a known format: {READ}, found {}", hex(bytes)), String::from);
        }
    };
    format!("this is {other}, which is not read: {READ}")
}

/// The sentence for bytes that are text.
fn text(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..1024).unwrap_or(bytes);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let lower = head.to_ascii_lowercase();
    let starts = |prefix: &[u8]| lower.starts_with(prefix);
    let holds = |word: &[u8]| lower.windows(word.len()).any(|w| w == word);
    let html = [b"<!doctype html".as_slice(), b"<html", b"<head", b"<body", b"<script", b"<title", b"<meta", b"<h1", b"<div", b"<p>"];
    if html.iter().any(|tag| starts(tag)) || ((starts(b"<?xml") || starts(b"<!--")) && holds(b"<html")) {
        return Some("this is an HTML page, not a picture");
    }
    if starts(b"<svg") || (head.starts_with(b"<") && holds(b"<svg")) {
        return Some("this is an SVG, which is not read as a picture of pixels");
    }
    if starts(b"<?xml") || (head.starts_with(b"<") && holds(b"</")) {
        return Some("this is XML, not a picture");
    }
    if head.is_empty() || head.iter().any(|b| *b < 32 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c)) {
        return None;
    }
    match head.first() {
        Some(b'{' | b'[') => Some("this is JSON, not a picture"),
        _ if head.is_ascii() || std::str::from_utf8(head).map_or_else(|e| e.valid_up_to() + 4 > head.len(), |_| true) => {
            Some("this is text, not a picture")
        }
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_instead_of_a_picture_is_said() {
        let message = |b: &[u8]| format(b).unwrap_err().message;
        for page in ["<!DOCTYPE html><html>", "\u{feff} \n<HTML lang=en>", "<!-- x --><html>", "<?xml version='1.0'?><!DOCTYPE html><html>"]
        {
            assert_eq!(message(page.as_bytes()), "this is an HTML page, not a picture", "{page}");
        }
        assert_eq!(message(b"<?xml version='1.0'?><svg/>"), "this is an SVG, which is not read as a picture of pixels");
        assert_eq!(message(b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"), "this is XML, not a picture");
        assert_eq!(message(b"{\"error\": 1}"), "this is JSON, not a picture");
        assert_eq!(message(b"404 not found\n"), "this is text, not a picture");
        assert_eq!(message(b""), "the picture is empty, found 0 bytes");
        assert_eq!(message(b"\0\0\0 ftypavif"), "this is AVIF, which is not read: JPEG, PNG, WebP, GIF and BMP are read");
        assert_eq!(message(b"\x01\x02\x03"), "this is no picture in a known format: JPEG, PNG, WebP, GIF and BMP are read, found 01 02 03");
    }
}
