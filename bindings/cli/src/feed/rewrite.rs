//! `--rewrite`: the feed once more, with the drawn pictures' addresses in `image_link`.
//!
//! Pictures come out of the threads in any order and the feed is written in its own, so it is read a second time when all are drawn; of
//! each row 9 bytes are kept until then. An address ends with a part of the picture's key, because Facebook and others keep pictures by address: one that
//! changed has to have another, and one that did not must not. A row that gave no picture keeps its own.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use core_::{FeedReader, FeedRow, Limits, Rewriter};

use super::{Variant, file_name, given_id};
use crate::failure::{Done, Failure, Stop, io_reason, quoted};
use crate::pictures::{Stamp, stamp};
use crate::{output, rows, write};

const COLUMN: &str = "image_link";
/// How much is read at once.
const PIECE_BYTES: usize = 256 << 10;

/// The feed that is to be written, and what its rows' pictures came to so far.
pub(super) struct Rewrite<'a> {
    base: &'a str,
    variant: &'a Variant,
    feed: &'a Path,
    out: PathBuf,
    /// The feed as it was when the first picture was drawn.
    stamp: Stamp,
    links: Vec<Option<Link>>,
}

/// Of a drawn picture, what its name and address are made of beside the row's id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    key: [u8; 8],
    ending: u8,
}

impl Link {
    /// Of a picture's key in hexadecimal digits, and its file's ending.
    pub(super) fn new(key: &str, ending: &str) -> Option<Self> {
        let key = u64::from_str_radix(key.get(..16)?, 16).ok()?.to_be_bytes();
        let ending = output::ENDINGS.iter().position(|known| *known == ending)?;
        Some(Self { key, ending: u8::try_from(ending).ok()? })
    }
}

impl<'a> Rewrite<'a> {
    /// Looks, before anything is drawn, whether the feed can be written.
    pub(super) fn new(base: &'a str, feed: &'a Path, folder: &Path, variant: &'a Variant) -> Done<Self> {
        let name = feed.file_name().unwrap_or_default();
        let out = folder.join(name);
        let is_taken = ["manifest.jsonl", "index.html"].iter().any(|other| name == *other) || out.is_dir();
        let is_itself = out.canonicalize().is_ok_and(|out| feed.canonicalize().is_ok_and(|feed| out == feed));
        if is_taken || is_itself {
            return Err(Stop::at(out.display(), "--rewrite cannot write over this file, choose another folder or name"));
        }
        let rewrite = Self { base, variant, feed, out, stamp: stamp(feed), links: Vec::new() };
        let (mut rewriter, mut file) = rewrite.open()?;
        let mut piece = vec![0; PIECE_BYTES];
        // One row shows whether there is a column for pictures.
        loop {
            if let Some(row) = rewriter.next_row() {
                rewriter.write(&row, None, &mut Vec::new()).map_err(|error| rewrite.failed(&error))?;
                return Ok(rewrite);
            }
            if !rewrite.advance(&mut file, &mut piece, &mut rewriter)? {
                return match rewriter.next_row() {
                    Some(row) => rewriter.write(&row, None, &mut Vec::new()).map_err(|error| rewrite.failed(&error)),
                    None => rewriter.end(&mut Vec::new()).map_err(|error| rewrite.failed(&error)),
                }
                .map(|()| rewrite);
            }
        }
    }

    /// Enters what a row's picture came to.
    pub(super) fn enter(&mut self, index: usize, link: Option<Link>) {
        if self.links.len() <= index {
            self.links.resize(index + 1, None);
        }
        if let Some(place) = self.links.get_mut(index) {
            *place = link;
        }
    }

    /// Writes the feed with the addresses of what was entered; where it is now, and how many of its rows have a new address.
    pub(super) fn write(self) -> Done<(PathBuf, usize)> {
        self.write_with(|index, row| self.address(index, row))
    }

    /// Writes the feed with the address that each row gets, asked for in the feed's order.
    pub(super) fn write_with(&self, mut address: impl FnMut(usize, &FeedRow) -> Option<String>) -> Done<(PathBuf, usize)> {
        let (mut rewriter, mut file) = self.open()?;
        let mut piece = vec![0; PIECE_BYTES];
        let (mut index, mut count) = (0, 0);
        let mut failure = None;
        let written = write::with(&self.out, |out| {
            let mut out = BufWriter::new(out);
            let mut text = Vec::new();
            let mut all = |out: &mut BufWriter<&mut File>| -> Done {
                let mut is_on = true;
                while is_on {
                    is_on = self.advance(&mut file, &mut piece, &mut rewriter)?;
                    while let Some(row) = rewriter.next_row() {
                        let address = address(index, &row);
                        count += usize::from(address.is_some());
                        index += 1;
                        rewriter.write(&row, address.as_deref(), &mut text).map_err(|error| self.failed(&error))?;
                        out.write_all(&text).map_err(|error| Stop::io(&self.out, &error))?;
                        text.clear();
                    }
                }
                rewriter.end(&mut text).map_err(|error| self.failed(&error))?;
                if stamp(self.feed) != self.stamp {
                    return Err(Stop::at(self.feed.display(), "a feed must stay as it is while its pictures are drawn, it was changed"));
                }
                out.write_all(&text).and_then(|()| out.flush()).map_err(|error| Stop::io(&self.out, &error))
            };
            // What the closure fails with removes the file; what to tell is kept.
            all(&mut out).map_err(|stop| {
                failure = Some(stop);
                io::Error::other("the feed was not written")
            })
        });
        match (written, failure) {
            (_, Some(stop)) => Err(stop),
            (Err(error), None) => Err(Stop::io(&self.out, &error)),
            (Ok(()), None) => Ok((self.out.clone(), count)),
        }
    }

    fn address(&self, index: usize, row: &FeedRow) -> Option<String> {
        let link = (*self.links.get(index)?)?;
        let id = row.id.clone().unwrap_or_else(|| given_id(index));
        let file = file_name(self.variant, &id, output::ENDINGS.get(usize::from(link.ending))?);
        Some(format!("{}/{}?v={:016x}", self.base, encoded(&file), u64::from_be_bytes(link.key)))
    }

    fn open(&self) -> Done<(Rewriter, File)> {
        let reader = FeedReader::new(rows::format(self.feed), &Limits::default());
        let file = File::open(self.feed).map_err(|error| Stop::io(self.feed, &error))?;
        Ok((Rewriter::new(reader, COLUMN), file))
    }

    /// Reads the next of the file; false at its end.
    fn advance(&self, file: &mut File, piece: &mut [u8], rewriter: &mut Rewriter) -> Done<bool> {
        loop {
            match file.read(piece) {
                Ok(0) => {
                    rewriter.finish();
                    return Ok(false);
                }
                Ok(count) => {
                    rewriter.push(piece.get(..count).unwrap_or_default());
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Stop::at(self.feed.display(), io_reason(&error))),
            }
        }
    }

    fn failed(&self, error: &core_::Error) -> Stop {
        Stop::Failed(Failure::of(&self.feed.display().to_string(), error))
    }
}

/// A base address as it is written on the command line, without a slash at its end.
pub(crate) fn base(text: &str) -> Result<String, String> {
    let is_web =
        ["https://", "http://"].iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.trim_matches('/').is_empty()));
    if !is_web || text.contains(['?', '#']) || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("must be an address such as https://example.com/pictures, without ? and #, found {}", quoted(text)));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// A path as an address has it.
fn encoded(path: &Path) -> String {
    let mut out = String::new();
    for (i, part) in path.components().enumerate() {
        if i > 0 {
            out.push('/');
        }
        for byte in part.as_os_str().to_string_lossy().bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
                byte => out.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encoded_and_a_base_is_one() {
        assert_eq!(encoded(Path::new("story/a b-ü%.jpg")), "story/a%20b-%C3%BC%25.jpg");
        assert_eq!(base("https://example.com/a//").as_deref(), Ok("https://example.com/a"));
        for bad in ["example.com", "https://", "https:///", "ftp://a", "https://a?b", "https://a#b", "https://a b", ""] {
            assert!(base(bad).is_err(), "{bad}");
        }
        let link = Link::new("00ff00ff00ff00ffeeeeeeee", "jpg").unwrap();
        assert_eq!(u64::from_be_bytes(link.key), 0x00ff_00ff_00ff_00ff);
        assert!(Link::new("short", "jpg").is_none() && Link::new("00ff00ff00ff00ff", "bmp").is_none());
    }
}
