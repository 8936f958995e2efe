//! A picture's bytes for decoders that read: they ask the guard on the way, so that a library without a way to be stopped stops with an
//! error of its own, which the guard's takes the place of.

use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use crate::guard::Sentry;

/// Most bytes that are handed out at once: of a bomb they make some megabytes.
const PART_BYTES: usize = 8 << 10;
/// What a byte of a picture is worth in px of work.
const PX_PER_BYTE: usize = 8;

/// Bytes to be read.
pub(super) struct Source<'a> {
    bytes: Cursor<&'a [u8]>,
    sentry: &'a Sentry<'a>,
}

impl<'a> Source<'a> {
    pub(super) fn new(bytes: &'a [u8], sentry: &'a Sentry<'a>) -> Self {
        Self { bytes: Cursor::new(bytes), sentry }
    }
}

impl Read for Source<'_> {
    #[inline]
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.sentry.is_armed() {
            return self.bytes.read(out);
        }
        let wanted = out.len().min(PART_BYTES);
        if self.sentry.stops_after(wanted * PX_PER_BYTE) {
            return Err(stopped());
        }
        self.bytes.read(out.get_mut(..wanted).unwrap_or_default())
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if !self.sentry.is_armed() {
            return self.bytes.fill_buf();
        }
        if self.sentry.stops_after(PART_BYTES * PX_PER_BYTE) {
            return Err(stopped());
        }
        let rest = self.bytes.fill_buf()?;
        Ok(rest.get(..PART_BYTES).unwrap_or(rest))
    }

    fn consume(&mut self, bytes: usize) {
        self.bytes.consume(bytes);
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

fn stopped() -> io::Error {
    io::Error::other("stopped")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::guard::Guard;

    #[test]
    fn it_reads_as_a_cursor_does_until_it_is_stopped() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        let cancel = AtomicBool::new(false);
        let sentry = Sentry::new(&Guard { cancel: Some(&cancel), ..Guard::default() });
        let mut source = Source::new(&bytes, &sentry);
        let mut all = Vec::new();
        source.read_to_end(&mut all).unwrap();
        assert_eq!(all, bytes);
        source.seek(SeekFrom::Start(99_990)).unwrap();
        let mut line = Vec::new();
        source.read_until(bytes[99_995], &mut line).unwrap();
        assert_eq!(line, bytes[99_990..99_996]);
        source.rewind().unwrap();
        cancel.store(true, Ordering::Relaxed);
        let mut byte = [0];
        let read = (0..100_000).take_while(|_| source.read_exact(&mut byte).is_ok()).count();
        assert!(read <= PART_BYTES, "{read}");
        assert!(source.fill_buf().is_err());
    }
}
