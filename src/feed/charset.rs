//! Which letters the bytes are.
//!
//! Delimiters, quotes, line ends and braces are ASCII in all encodings that come here, so records are parted first and read as text after.
//! The first record with a byte above 0x7F tells the encoding: UTF-8, unless its stray bytes outweigh its well-formed characters; then it is
//! Windows-1252, which gives every byte a meaning. A description that was cut in the middle of a letter is therefore a bad row of a UTF-8 feed and no
//! reason to read all others as Windows-1252; and a feed that was told as Windows-1252 is UTF-8 from the first record that is well-formed
//! UTF-8, for no Windows-1252 text is so by chance.

use std::borrow::Cow;

/// The encoding of a feed.
///
/// ```
/// use templrender::{FeedEncoding, FeedReader, Limits};
/// let mut reader = FeedReader::new(None, &Limits::default());
/// reader.push(b"id,title\n1,Caf\xe9\n");
/// assert_eq!(reader.next_row().unwrap().row?.get("title").and_then(|v| v.as_text()), Some("Café"));
/// assert_eq!(reader.encoding(), FeedEncoding::Windows1252);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedEncoding {
    /// UTF-8, with or without a byte order mark; ASCII is UTF-8.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows' Latin letters; ISO 8859-1 is read as it too.
    Windows1252,
}

/// The encoding as it is known by now.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Charset {
    known: Option<FeedEncoding>,
    /// Told by the host, a byte order mark or the format itself: nothing that is read changes it.
    fixed: bool,
}

impl Charset {
    pub(super) fn fix(&mut self, encoding: FeedEncoding) {
        *self = Self { known: Some(encoding), fixed: true };
    }

    pub(super) fn is_fixed(self) -> bool {
        self.fixed
    }

    pub(super) fn known(self) -> Option<FeedEncoding> {
        self.known
    }

    /// Looks at a record before its cells are read.
    pub(super) fn look(&mut self, record: &[u8]) {
        if self.fixed || self.known == Some(FeedEncoding::Utf8) || record.is_ascii() {
            return;
        }
        let (mut letters, mut stray) = (0usize, 0usize);
        for chunk in record.utf8_chunks() {
            letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
            stray += chunk.invalid().len();
        }
        let is_utf8 = stray == 0 || (self.known.is_none() && letters > stray);
        self.known = Some(if is_utf8 { FeedEncoding::Utf8 } else { FeedEncoding::Windows1252 });
    }

    /// A cell or a line as text; nothing where it is none in this encoding.
    pub(super) fn text(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self.known {
            Some(FeedEncoding::Windows1252) => encoding_rs::WINDOWS_1252.decode_without_bom_handling_and_without_replacement(bytes),
            _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        }
    }

    /// What a message says of bytes that are no text.
    pub(super) fn expected(self) -> &'static str {
        match self.known {
            Some(FeedEncoding::Utf16Le | FeedEncoding::Utf16Be) => "must be UTF-16 as the feed is, found a torn character",
            _ => "must be UTF-8 as the feed is, found other bytes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(records: &[&[u8]]) -> Option<FeedEncoding> {
        let mut charset = Charset::default();
        records.iter().for_each(|record| charset.look(record));
        charset.known()
    }

    #[test]
    fn the_first_record_above_ascii_tells() {
        assert_eq!(told(&[b"abc", b"x"]), None);
        assert_eq!(told(&["é".as_bytes()]), Some(FeedEncoding::Utf8));
        assert_eq!(told(&[b"caf\xe9, na\xefve"]), Some(FeedEncoding::Windows1252));
        assert_eq!(told(&["é".as_bytes(), b"caf\xe9"]), Some(FeedEncoding::Utf8));
    }

    #[test]
    fn a_cut_letter_does_not_make_a_feed_windows_1252() {
        assert_eq!(told(&["für größere Br\u{f6}".as_bytes().split_last().unwrap().1]), Some(FeedEncoding::Utf8));
        assert_eq!(told(&[b"na\xc3", "für".as_bytes()]), Some(FeedEncoding::Utf8));
        assert_eq!(told(&[b"caf\xe9", b"caf\xe9", "für".as_bytes(), b"caf\xe9"]), Some(FeedEncoding::Utf8));
    }
}
