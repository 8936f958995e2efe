//! Grids: tracks, lines and flow.

use super::length::Length;
use super::parser::Parser;
use super::style::{GridFlow, GridLine, Repeat, Track};

/// The most tracks along one side, repeated ones counted each time, and the furthest line.
const MAX_TRACKS: usize = 1000;

impl Parser<'_> {
    /// `none`, or track sizes with `repeat()`.
    pub(crate) fn grid_template(&mut self) -> Option<Vec<Track>> {
        let tracks = self.many_or_none(|p| p.repeat().or_else(|| p.track_or_complain()))?;
        let is_auto = |track: &&Track| matches!(track, Track::Repeat(Repeat::AutoFill | Repeat::AutoFit, _));
        if tracks.iter().filter(is_auto).count() > 1 {
            return self.refuse("takes one auto-fill or auto-fit only");
        }
        if tracks.iter().any(|track| is_auto(&track)) && !tracks.iter().all(is_fixed) {
            return self.refuse("takes lengths, percentages and minmax() with one of them beside auto-fill and auto-fit");
        }
        self.bounded_tracks(tracks)
    }

    /// Sizes of the tracks that no template names.
    pub(crate) fn grid_auto_tracks(&mut self) -> Option<Vec<Track>> {
        let tracks = self.many(Self::track);
        if tracks.is_empty() { None } else { self.bounded_tracks(tracks) }
    }

    fn bounded_tracks(&mut self, tracks: Vec<Track>) -> Option<Vec<Track>> {
        let count: usize = tracks
            .iter()
            .map(|track| match track {
                Track::Repeat(Repeat::Count(times), inner) => inner.len() * usize::from(*times),
                Track::Repeat(_, inner) => inner.len(),
                _ => 1,
            })
            .sum();
        if count > MAX_TRACKS { self.refuse(format!("takes at most {MAX_TRACKS} tracks")) } else { Some(tracks) }
    }

    fn track_or_complain(&mut self) -> Option<Track> {
        if matches!(self.peek(), Some(super::token::Kind::Delim('['))) {
            return self.refuse("takes no names of lines");
        }
        self.track()
    }

    fn repeat(&mut self) -> Option<Track> {
        self.function("repeat", |p| {
            let times = match p.one_of(&[("auto-fill", Repeat::AutoFill), ("auto-fit", Repeat::AutoFit)]) {
                Some(times) => times,
                None => match p.integer()? {
                    times if (1..=MAX_TRACKS as i32).contains(&times) => Repeat::Count(u16::try_from(times).ok()?),
                    _ => return p.refuse(format!("must repeat its tracks 1 to {MAX_TRACKS} times")),
                },
            };
            p.comma()?;
            let tracks = p.many(Self::track_or_complain);
            if tracks.is_empty() { None } else { Some(Track::Repeat(times, tracks)) }
        })
    }

    fn track(&mut self) -> Option<Track> {
        match self.function_name().map(str::to_ascii_lowercase).as_deref() {
            Some("minmax") => self.arguments(|p| {
                let min = p.breadth(false)?;
                p.comma()?;
                Some(Track::MinMax(Box::new(min), Box::new(p.breadth(true)?)))
            }),
            Some("fit-content") => self.arguments(|p| p.length_percentage_not_negative().map(Track::FitContent)),
            _ => self.breadth(true),
        }
    }

    fn breadth(&mut self, or_fr: bool) -> Option<Track> {
        let names = [("auto", Track::Auto), ("min-content", Track::MinContent), ("max-content", Track::MaxContent)];
        self.one_of(&names).or_else(|| if or_fr { self.fraction() } else { None }).or_else(|| {
            let length = self.length_percentage_not_negative()?;
            Some(Track::Length(length))
        })
    }

    fn fraction(&mut self) -> Option<Track> {
        let super::token::Kind::Dimension(value, unit) = self.peek()? else { return None };
        if !unit.eq_ignore_ascii_case("fr") {
            return None;
        }
        if *value < 0.0 {
            return self.refuse("must not be negative");
        }
        self.skip();
        Some(Track::Fr(*value))
    }

    /// `row`, `column`, `dense`.
    pub(crate) fn grid_auto_flow(&mut self) -> Option<GridFlow> {
        let (mut axis, mut dense) = (None, None);
        while !self.is_done() {
            if axis.is_none()
                && let Some(column) = self.one_of(&[("row", false), ("column", true)])
            {
                axis = Some(column);
            } else if dense.is_none() && self.word("dense").is_some() {
                dense = Some(());
            } else {
                return None;
            }
        }
        (axis.is_some() || dense.is_some()).then(|| GridFlow { column: axis.unwrap_or(false), dense: dense.is_some() })
    }

    /// A start line and, after a slash, an end line.
    pub(crate) fn grid_lines(&mut self) -> Option<(GridLine, GridLine)> {
        let start = self.grid_line()?;
        let end = if self.slash().is_some() { self.grid_line()? } else { GridLine::Auto };
        Some((start, end))
    }

    fn grid_line(&mut self) -> Option<GridLine> {
        if self.word("auto").is_some() {
            return Some(GridLine::Auto);
        }
        let span_before = self.word("span").is_some();
        let number = self.integer()?;
        let limit = MAX_TRACKS as i32;
        if number.abs() > limit {
            return self.refuse(format!("takes lines up to {limit}"));
        }
        if !span_before && self.word("span").is_none() {
            return match number {
                0 => self.refuse("counts lines from 1, or from -1 at the end"),
                _ => i16::try_from(number).ok().map(GridLine::Line),
            };
        }
        match number {
            1.. => u16::try_from(number).ok().map(GridLine::Span),
            _ => self.refuse("must span 1 track or more"),
        }
    }
}

/// Whether a track may stand beside `auto-fill`: its size does not hang on its content alone.
fn is_fixed(track: &Track) -> bool {
    let is_length = |track: &Track| matches!(track, Track::Length(length) if *length != Length::Auto);
    match track {
        Track::MinMax(min, max) => is_length(min) || is_length(max),
        Track::Repeat(_, tracks) => tracks.iter().all(is_fixed),
        other => is_length(other),
    }
}
