//! The bytes of an answer, counted while they arrive and, where they are compressed, while they come out.
//!
//! Compressed answers are not asked for. They are read all the same, since storage services hand out what was uploaded with
//! `Content-Encoding: gzip` whatever is asked.

use std::io::Write;

use bytes::{Bytes, BytesMut};
use flate2::write::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::refusal::Refusal;

/// What an announced length may reserve at once; more is taken as it arrives.
const MAX_RESERVED_BYTES: usize = 1 << 20;

/// All of the body, at most `limit` bytes; `failed` makes a refusal of what breaks underway.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: Incoming,
    limit: usize,
    failed: impl Fn(&hyper::Error) -> Refusal,
) -> Result<Bytes, Refusal> {
    let mut sink = Sink::of(headers, limit)?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| failed(&error))?;
        if let Some(data) = frame.data_ref() {
            sink.take(data)?;
        }
    }
    sink.end()
}

/// Where the bytes go: as they are, or through inflate.
enum Sink {
    Plain(Kept),
    Gzip(Box<GzDecoder<Kept>>),
}

/// The bytes so far, never more than the limit.
struct Kept {
    bytes: BytesMut,
    limit: usize,
    over: bool,
}

impl Sink {
    fn of(headers: &HeaderMap, limit: usize) -> Result<Self, Refusal> {
        let announced: Option<u64> = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse().ok());
        if let Some(bytes) = announced.filter(|bytes| usize::try_from(*bytes).map_or(true, |b| b > limit)) {
            return Err(Refusal::TooLarge { bytes: Some(bytes), limit });
        }
        let reserved = announced.and_then(|b| usize::try_from(b).ok()).unwrap_or(0).min(MAX_RESERVED_BYTES);
        let kept = Kept { bytes: BytesMut::with_capacity(reserved), limit, over: false };
        let mut codings = headers.get_all(CONTENT_ENCODING).iter().map(|v| v.to_str().unwrap_or("?").trim().to_ascii_lowercase());
        match (codings.next().as_deref(), codings.next()) {
            (None | Some("" | "identity"), None) => Ok(Self::Plain(kept)),
            (Some("gzip" | "x-gzip"), None) => Ok(Self::Gzip(Box::new(GzDecoder::new(kept)))),
            _ => Err(Refusal::Answer("the answer is compressed in a way that was not asked for".into())),
        }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Refusal> {
        let (done, kept) = match self {
            Self::Plain(kept) => (kept.write_all(data), &*kept),
            Self::Gzip(decoder) => (decoder.write_all(data), decoder.get_ref()),
        };
        done.map_err(|_| kept.refusal())
    }

    fn end(self) -> Result<Bytes, Refusal> {
        match self {
            Self::Plain(kept) => Ok(kept.bytes.freeze()),
            Self::Gzip(mut decoder) => match decoder.try_finish() {
                Ok(()) => decoder.finish().map(|kept| kept.bytes.freeze()).map_err(|_| broken()),
                Err(_) => Err(decoder.get_ref().refusal()),
            },
        }
    }
}

impl Kept {
    /// Why writing failed: the limit, or else the compressed data.
    fn refusal(&self) -> Refusal {
        if self.over { Refusal::TooLarge { bytes: None, limit: self.limit } } else { broken() }
    }
}

fn broken() -> Refusal {
    Refusal::Answer("the answer's gzip data is broken".into())
}

impl Write for Kept {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        if data.len() > self.limit - self.bytes.len().min(self.limit) {
            self.over = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::HeaderValue;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn through(coding: &'static str, chunks: &[&[u8]], limit: usize) -> Result<Bytes, Refusal> {
        let headers = [(CONTENT_ENCODING, HeaderValue::from_static(coding))].into_iter().collect();
        let mut sink = Sink::of(&headers, limit)?;
        for chunk in chunks {
            sink.take(chunk)?;
        }
        sink.end()
    }

    #[test]
    fn bytes_come_out_whole_up_to_the_limit() {
        let text = b"picture ".repeat(1000);
        let packed = gzip(&text);
        let (head, tail) = packed.split_at(packed.len() / 2);
        assert_eq!(through("identity", &[&text], 8000).unwrap(), text);
        assert_eq!(through("gzip", &[head, tail], 8000).unwrap(), text);
        assert_eq!(through("gzip", &[head, tail], 7999), Err(Refusal::TooLarge { bytes: None, limit: 7999 }));
        assert_eq!(through("identity", &[&text], 7999), Err(Refusal::TooLarge { bytes: None, limit: 7999 }));
    }

    #[test]
    fn a_bomb_takes_no_more_than_the_limit() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        assert!(through("gzip", &[&bomb], 1 << 20).unwrap_err().is_too_large());
    }

    #[test]
    fn broken_and_unknown_compression_is_refused() {
        let packed = gzip(b"picture");
        let cut = packed.get(..packed.len() - 9).unwrap();
        assert_eq!(through("gzip", &[cut], 100), Err(broken()));
        assert_eq!(through("gzip", &[b"picture"], 100), Err(broken()));
        for coding in ["br", "gzip, gzip", "deflate", "zstd"] {
            let said = through(coding, &[], 100).unwrap_err().to_string();
            assert_eq!(said, "the answer is compressed in a way that was not asked for", "{coding}");
        }
    }
}
