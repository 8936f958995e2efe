//! The bytes that wait to be read: pushed at one end, taken as records at the other.
//!
//! It undoes UTF-16, so that all parsers see ASCII's delimiters as single bytes, passes over a byte order mark, counts lines, and keeps what
//! is taken where the feed is to be written again.

use super::FeedSource;
use super::charset::{Charset, FeedEncoding};

/// How many blanks are looked past for the first byte that tells a format.
const HEAD_BYTES: usize = 64;
/// So many bytes show UTF-16 without a byte order mark: two ASCII letters.
const SIGN_BYTES: usize = 4;
const BOM: &[u8] = b"\xef\xbb\xbf";
/// What stands for a torn UTF-16 character: no byte of UTF-8, so that its record fails and no other.
const TORN: u8 = 0xff;

#[derive(Debug)]
pub(super) struct Input {
    bytes: Vec<u8>,
    /// Bytes before this one are taken.
    start: usize,
    /// Whether no more bytes follow.
    last: bool,
    /// The line of the first byte that waits.
    line: u64,
    after_cr: bool,
    limit: usize,
    pub(super) charset: Charset,
    opening: Opening,
    decoder: Option<encoding_rs::Decoder>,
    source: Option<FeedSource>,
}

/// How far the beginning of the file is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// The first bytes are not seen yet.
    Sign,
    /// A byte order mark in UTF-8 may stand here.
    Mark,
    Over,
}

impl Input {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            last: false,
            line: 1,
            after_cr: false,
            limit,
            charset: Charset::default(),
            opening: Opening::Sign,
            decoder: None,
            source: None,
        }
    }

    pub(super) fn set_encoding(&mut self, encoding: FeedEncoding) {
        self.charset.fix(encoding);
    }

    /// Reads what waits and what follows in an encoding that the format itself names.
    pub(super) fn decode_as(&mut self, encoding: &'static encoding_rs::Encoding) {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let raw = self.bytes.split_off(self.start.min(self.bytes.len()));
        decode(&mut decoder, &raw, self.last, &mut self.bytes);
        self.decoder = Some(decoder).filter(|_| !self.last);
        self.charset.fix(FeedEncoding::Utf8);
    }

    pub(super) fn keep_source(&mut self) {
        self.source = Some(FeedSource::default());
    }

    pub(super) fn encoding(&self) -> Option<FeedEncoding> {
        self.charset.known()
    }

    /// The most bytes of one record.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The line of the first byte that waits, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Whether what waits is all that follows.
    pub(super) fn is_last(&self) -> bool {
        self.last
    }

    /// What waits.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        // Moved only when half of it is taken: each byte is moved once on average.
        if self.start > 0 && self.start >= self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        match &mut self.decoder {
            Some(decoder) => decode(decoder, bytes, false, &mut self.bytes),
            None => self.bytes.extend_from_slice(bytes),
        }
        self.open();
    }

    pub(super) fn finish(&mut self) {
        if self.last {
            return;
        }
        self.last = true;
        self.open();
        if let Some(mut decoder) = self.decoder.take() {
            decode(&mut decoder, &[], true, &mut self.bytes);
            self.open();
        }
    }

    /// The first bytes behind a byte order mark and blank lines, as soon as they tell something.
    pub(super) fn head(&mut self) -> Option<&[u8]> {
        if self.opening != Opening::Over {
            return None;
        }
        self.pass_line_ends();
        let head = self.bytes();
        let head = head.get(..HEAD_BYTES).unwrap_or(head);
        let tells = self.last || head.len() == HEAD_BYTES || !head.trim_ascii_start().is_empty();
        tells.then_some(head)
    }

    /// Takes a record's text.
    pub(super) fn take(&mut self, count: usize) {
        self.advance(count, |source| &mut source.record);
    }

    /// Passes over what belongs to no record.
    pub(super) fn pass(&mut self, count: usize) {
        self.advance(count, |source| &mut source.before);
    }

    /// Passes over line ends.
    pub(super) fn pass_line_ends(&mut self) {
        let count = self.bytes().iter().take_while(|b| matches!(b, b'\n' | b'\r')).count();
        self.pass(count);
    }

    /// Drops bytes of a line that is too long to be kept.
    pub(super) fn drop(&mut self, count: usize) {
        self.count_lines(count);
        self.start = self.start.saturating_add(count).min(self.bytes.len());
    }

    /// What was taken since the last call, of readers that keep it.
    pub(super) fn source(&mut self) -> Option<FeedSource> {
        self.source.as_mut().map(std::mem::take)
    }

    fn advance(&mut self, count: usize, part: fn(&mut FeedSource) -> &mut Vec<u8>) {
        if count == 0 {
            return;
        }
        self.count_lines(count);
        let end = self.start.saturating_add(count).min(self.bytes.len());
        let limit = self.limit;
        if let Some(source) = &mut self.source {
            let part = part(source);
            let room = limit.saturating_mul(2).saturating_sub(part.len());
            part.extend(self.bytes.get(self.start..end).unwrap_or_default().iter().take(room));
        }
        self.start = end;
    }

    /// Line ends are `\n`, `\r\n`, and `\r` of old.
    fn count_lines(&mut self, count: usize) {
        let bytes = self.bytes.get(self.start..).unwrap_or_default();
        let bytes = bytes.get(..count).unwrap_or(bytes);
        let Some((first, last)) = bytes.first().zip(bytes.last()) else { return };
        let feeds = bytes.iter().filter(|b| **b == b'\n').count();
        let returns = bytes.iter().filter(|b| **b == b'\r').count();
        let pairs = if returns == 0 { 0 } else { bytes.windows(2).filter(|pair| pair == b"\r\n").count() };
        let joined = usize::from(self.after_cr && *first == b'\n');
        self.after_cr = *last == b'\r';
        self.line = self.line.saturating_add((feeds + returns - pairs - joined) as u64);
    }

    /// Tells UTF-16 and passes over a byte order mark.
    fn open(&mut self) {
        if self.opening == Opening::Sign && (self.bytes.len() >= SIGN_BYTES || self.last) {
            let told = if self.charset.is_fixed() { None } else { sign(&self.bytes) };
            if let Some(encoding) = told {
                self.charset.fix(encoding);
            }
            let wide = match self.charset.known() {
                Some(FeedEncoding::Utf16Le) => Some(encoding_rs::UTF_16LE),
                Some(FeedEncoding::Utf16Be) => Some(encoding_rs::UTF_16BE),
                _ => None,
            };
            if let Some(wide) = wide {
                let mut decoder = wide.new_decoder_without_bom_handling();
                let raw = std::mem::take(&mut self.bytes);
                decode(&mut decoder, &raw, false, &mut self.bytes);
                self.decoder = Some(decoder);
            }
            self.opening = Opening::Mark;
        }
        if self.opening == Opening::Mark && (self.bytes.len() >= BOM.len() || self.last) {
            if self.bytes.starts_with(BOM) {
                if !self.charset.is_fixed() {
                    self.charset.fix(FeedEncoding::Utf8);
                }
                self.pass(BOM.len());
            }
            self.opening = Opening::Over;
        }
    }
}

/// UTF-16 by its byte order mark, or by two ASCII letters at the beginning.
fn sign(head: &[u8]) -> Option<FeedEncoding> {
    match head {
        [0xff, 0xfe, ..] => Some(FeedEncoding::Utf16Le),
        [0xfe, 0xff, ..] => Some(FeedEncoding::Utf16Be),
        [1..0x80, 0, 1..0x80, 0, ..] => Some(FeedEncoding::Utf16Le),
        [0, 1..0x80, 0, 1..0x80, ..] => Some(FeedEncoding::Utf16Be),
        _ => None,
    }
}

fn decode(decoder: &mut encoding_rs::Decoder, mut bytes: &[u8], last: bool, out: &mut Vec<u8>) {
    loop {
        let filled = out.len();
        let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len());
        out.resize(filled.saturating_add(room).saturating_add(8), 0);
        let free = out.get_mut(filled..).unwrap_or_default();
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(bytes, free, last);
        out.truncate(filled.saturating_add(written));
        bytes = bytes.get(read..).unwrap_or_default();
        match result {
            encoding_rs::DecoderResult::InputEmpty => return,
            encoding_rs::DecoderResult::Malformed(..) => out.push(TORN),
            encoding_rs::DecoderResult::OutputFull => {}
        }
    }
}
