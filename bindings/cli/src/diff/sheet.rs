//! `--sheet DIR`: the rows that differ most, drawn with both templates, with the difference of the pixels beside them.

use std::collections::BTreeMap;
use std::path::Path;

use core_::{Context, DiffReport, DifferentRow, Frame, Output, Resources, Row, RowPlace, Scratch};

use super::Side;
use crate::args::Diff;
use crate::failure::{Done, Failure, Stop, io_reason};
use crate::feed::name::safe;
use crate::feed::sheet::{self, Card, Heading, Picture, title};
use crate::pictures::{Pictures, Trace};
use crate::sweep::batches::{Batches, Record};
use crate::sweep::place_of;
use crate::{output, write};

/// A pixel counts as another one when a channel differs by more than this.
const NOTICED: u8 = 2;

pub(super) fn draw(args: &Diff, sides: [&Side; 2], context: &Context, report: &DiffReport, out: &Path) -> Done {
    let wanted: BTreeMap<u64, DifferentRow> = report.worst().map(|row| (row.line, row)).collect();
    let last = wanted.keys().next_back().copied().unwrap_or(0);
    std::fs::create_dir_all(out).map_err(|error| Stop::io(out, &error))?;
    let feed_folder = args.feed.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut artists = Vec::new();
    for (side, label) in sides.into_iter().zip(["before", "after"]) {
        let pictures = crate::render::pictures(&args.world, Some(feed_folder), &side.folder)?;
        artists.push(Artist { side, label, context, pictures, scratch: Scratch::new() });
    }
    let mut cards: BTreeMap<u64, Card> = BTreeMap::new();
    for Record { place, row } in Batches::open(&args.feed, args.limit.unwrap_or(usize::MAX))?.flatten() {
        if place.line > last {
            break;
        }
        let (Some(different), Ok(row)) = (wanted.get(&place.line), &row) else { continue };
        cards.insert(place.line, card(args, &mut artists, &place, row, different, out)?);
    }
    let (before, after, feed) = (args.before.display().to_string(), args.after.display().to_string(), args.feed.display().to_string());
    let template = format!("{before} beside {after}");
    let summary = format!("{} rows compared, {} changed: those that differ most", report.rows(), report.changed());
    let labels = ["before", "after", "difference"].map(str::to_owned);
    let heading = Heading { template: &template, feed: &feed, summary: &summary, variants: &labels, rows: cards.len() };
    let index = out.join("index.html");
    // The farthest first, as the report has them.
    let ordered: Vec<&Card> = report.worst().filter_map(|row| cards.get(&row.line)).collect();
    sheet::write(&index, &heading, ordered.into_iter()).map_err(|error| Stop::io(&index, &error))?;
    eprintln!("look at {}", index.display());
    Ok(())
}

/// One row: before, after, and what differs.
fn card(args: &Diff, artists: &mut [Artist<'_>], place: &RowPlace, row: &Row, different: &DifferentRow, out: &Path) -> Done<Card> {
    let mut card = Card { line: place.line, id: place.id.clone(), title: title(row), pictures: Vec::new(), failed: vec![] };
    let mut frames = Vec::new();
    for artist in artists {
        let (picture, frame) = artist.draw(args, place, row, out)?;
        card.pictures.push(picture);
        frames.extend(frame);
    }
    let mut shown = Picture { variant: "difference".to_owned(), file: None, notes: Vec::new(), failed: Vec::new(), skipped: None };
    shown.notes.push(["changed".to_owned(), String::new(), different.changes.clone()]);
    if let [before, after] = frames.as_slice() {
        match difference(before, after) {
            Some((frame, share)) => {
                let name = format!("{}-{}-difference.png", place.line, safe(&place.id));
                let bytes = frame.encode(&Output::png()).map_err(|error| Stop::of(&name, &error))?;
                save(&out.join(&name), &bytes)?;
                shown.notes.push(["pixels".to_owned(), String::new(), format!("{:.2} % of the pixels differ", share * 100.0)]);
                shown.file = Some((name, (frame.width(), frame.height())));
            }
            None => shown.notes.push(["pixels".to_owned(), String::new(), "the canvases are of different sizes".to_owned()]),
        }
    }
    card.pictures.push(shown);
    Ok(card)
}

struct Artist<'a> {
    side: &'a Side,
    label: &'static str,
    context: &'a Context,
    pictures: Pictures,
    scratch: Scratch,
}

impl Artist<'_> {
    /// Draws a row; what its photos or the row itself make impossible stands on the sheet.
    fn draw(&mut self, args: &Diff, place: &RowPlace, row: &Row, out: &Path) -> Done<(Picture, Option<Frame>)> {
        let mut picture = Picture { variant: self.label.to_owned(), file: None, notes: Vec::new(), failed: Vec::new(), skipped: None };
        let rendered = self.side.renderer.plan(&self.side.folder.template, row, self.context).and_then(|plan| {
            let mut resources = Resources::new();
            self.pictures.answer_all(&self.side.renderer, &plan, &mut resources, &mut Trace::default())?;
            let rendered = self.side.renderer.render(&plan, &resources, &mut self.scratch)?;
            let bytes = rendered.frame.encode(plan.output())?;
            Ok((output::ending(plan.output()), rendered.frame, bytes))
        });
        match rendered {
            Ok((ending, frame, bytes)) => {
                let name = format!("{}-{}-{}.{ending}", place.line, safe(&place.id), self.label);
                save(&out.join(&name), &bytes)?;
                picture.file = Some((name, (frame.width(), frame.height())));
                Ok((picture, Some(frame)))
            }
            Err(error) => {
                picture.failed.extend(Failure::of(&place_of(&args.feed, place), &error).iter().map(ToString::to_string));
                Ok((picture, None))
            }
        }
    }
}

fn save(path: &Path, bytes: &[u8]) -> Done {
    write::whole(path, bytes).map_err(|error| Stop::at(path.display(), io_reason(&error)))
}

/// Grey where two pictures agree, red where they do not, and the share of pixels that do not; nothing for pictures of different sizes.
fn difference(before: &Frame, after: &Frame) -> Option<(Frame, f64)> {
    if (before.width(), before.height()) != (after.width(), after.height()) {
        return None;
    }
    let (old, new) = (before.to_rgba(), after.to_rgba());
    let mut pixels = Vec::with_capacity(new.len());
    let mut differing = 0_u64;
    for (a, b) in old.chunks_exact(4).zip(new.chunks_exact(4)) {
        let far = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
        if far > NOTICED {
            differing += 1;
            let strength = 96 + far / 2;
            pixels.extend_from_slice(&[255, 255 - strength, 255 - strength, 255]);
        } else {
            let grey = b.iter().take(3).map(|v| u16::from(*v)).sum::<u16>() / 3;
            let pale = u8::try_from(191 + grey / 4).unwrap_or(u8::MAX);
            pixels.extend_from_slice(&[pale, pale, pale, 255]);
        }
    }
    let share = differing as f64 / (u64::from(before.width()) * u64::from(before.height())).max(1) as f64;
    Frame::from_rgba(before.width(), before.height(), pixels).ok().map(|frame| (frame, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_red_and_counted() {
        let before = Frame::from_rgba(2, 1, vec![10, 20, 30, 255, 0, 0, 0, 255]).unwrap();
        let after = Frame::from_rgba(2, 1, vec![10, 22, 30, 255, 0, 200, 0, 255]).unwrap();
        let (frame, share) = difference(&before, &after).unwrap();
        assert_eq!(share, 0.5);
        assert_eq!(frame.to_rgba(), [196, 196, 196, 255, 255, 59, 59, 255]);
        let wide = Frame::from_rgba(1, 2, vec![0; 8]).unwrap();
        assert!(difference(&before, &wide).is_none());
    }
}
