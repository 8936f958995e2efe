//! One thread's text engine: remembers shaped texts, never changes a result.

use super::faces::same;
use super::fit::{Fitter, max_content, min_content, sizes};
use super::lines::Breaker;
use super::metrics::{LayerPx, ceil64, span_size};
use super::prepare::{Styles, prepare};
use super::shape::{Shaped, Shaper};
use super::{Available, Fonts, Measured, TextLayout, TextNote, TextRequest, TextSpan};
use crate::css::style::TextStyle;
use crate::error::{Code, Fault};

use std::collections::VecDeque;
use std::sync::Arc;

/// Shapes and lays out texts with one set of fonts. One for each thread.
pub(crate) struct TextEngine {
    shaper: Shaper,
    /// Recently shaped texts, oldest first.
    recent: VecDeque<Remembered>,
    recent_bytes: usize,
}

/// Most bytes of text that shaped texts are kept for, and most of them.
const RECENT_BYTES: usize = 128 << 10;
const RECENT: usize = 64;

struct Remembered {
    spans: Vec<TextSpan>,
    style: TextStyle,
    fonts: Arc<[String]>,
    /// Set where the shape depends on it.
    size: Option<f32>,
    /// Of its spans, as written: what tells most texts apart.
    written: usize,
    bytes: usize,
    shaped: Arc<Shaped>,
}

impl TextEngine {
    pub(crate) fn new(fonts: &Fonts) -> Self {
        Self { shaper: Shaper::new(fonts), recent: VecDeque::new(), recent_bytes: 0 }
    }

    /// Whether it was made for these fonts.
    pub(crate) fn is_for(&self, fonts: &Fonts) -> bool {
        self.shaper.fonts().same(fonts)
    }

    /// Width, height and baseline for flex layout, at the layer's own size.
    pub(crate) fn measure(&mut self, request: &TextRequest<'_>, available: Available) -> Result<Measured, Fault> {
        let styles = Styles { spans: request.spans, layer: request.style };
        let size = request.style.size_px();
        let shaped = self.shaped(request, size)?;
        let px = LayerPx::new(styles, &shaped.itemized, size, request.canvas);
        let breaker = Breaker { shaped: &shaped, styles, px: &px };
        let width = match available {
            Available::Definite(width) => width,
            Available::MinContent => ceil64(min_content(&breaker)),
            Available::MaxContent => ceil64(max_content(&breaker)),
        };
        let content = match available {
            Available::Definite(_) => max_content(&breaker).min(width),
            _ => width,
        };
        let fitter = Fitter { request, styles, shaped: &shaped, px: &px, shaper: &mut self.shaper, width };
        let (height, first_baseline) = fitter.measure();
        Ok(Measured { width: ceil64(content), height, first_baseline })
    }

    /// The lines in a content box of one size.
    #[cfg(test)]
    pub(crate) fn layout(&mut self, request: &TextRequest<'_>, width: f32, height: Option<f32>) -> Result<TextLayout, Fault> {
        self.layout_in(request, |_| (width, height))
    }

    /// The lines in a content box that depends on the layer's font size (its padding is in `em`); without a height nothing is too tall.
    pub(crate) fn layout_in(
        &mut self,
        request: &TextRequest<'_>,
        content: impl Fn(f32) -> (f32, Option<f32>),
    ) -> Result<TextLayout, Fault> {
        let styles = Styles { spans: request.spans, layer: request.style };
        let from = request.style.size_px();
        let mut reached = from;
        let mut filled = None;
        if let Some(least) = request.min_font_size {
            for size in sizes(from, Some(least)) {
                reached = size;
                let shaped = self.shaped(request, size)?;
                let px = LayerPx::new(styles, &shaped.itemized, size, request.canvas);
                let (width, height) = content(size);
                let mut fitter = Fitter { request, styles, shaped: &shaped, px: &px, shaper: &mut self.shaper, width };
                let lines = fitter.filled();
                let fits = fitter.fits(&lines, height);
                filled = Some(lines);
                if fits {
                    break;
                }
            }
        }
        let shaped = self.shaped(request, reached)?;
        let px = LayerPx::new(styles, &shaped.itemized, reached, request.canvas);
        let (width, height) = content(reached);
        let fitter = Fitter { request, styles, shaped: &shaped, px: &px, shaper: &mut self.shaper, width };
        let mut layout = fitter.layout(height, filled);
        if reached < from {
            layout.notes.insert(0, TextNote::Shrunk { from, to: reached });
        }
        layout.notes.extend(shaped.itemized.notes.iter().cloned());
        Ok(layout)
    }

    fn shaped(&mut self, request: &TextRequest<'_>, size: f32) -> Result<Arc<Shaped>, Fault> {
        if self.shaper.fonts().is_empty() {
            return Err(Fault::new(Code::NoFonts, "", "a text needs at least one font, found none"));
        }
        let written = written(request.spans);
        let known = self.recent.iter().rposition(|r| {
            r.written == written
                && r.size.is_none_or(|s| s == size)
                && r.spans == request.spans
                && r.style.equals_but_for_size(request.style)
                && same(&r.fonts, request.fonts)
        });
        if let Some(shaped) = known.and_then(|i| self.recent.get(i)).map(|r| Arc::clone(&r.shaped)) {
            return Ok(shaped);
        }
        let styles = Styles { spans: request.spans, layer: request.style };
        let prepared = prepare(styles);
        let itemized = self.shaper.itemize(&prepared, styles, request.fonts, None);
        let size_of = |style: usize| request.spans.get(style).map_or(size, |span| span_size(&span.style, size, request.canvas));
        let bytes = prepared.text.len();
        let shaped = Arc::new(self.shaper.shape(prepared, itemized, styles, size_of));
        self.remember(request, shaped.optical.then_some(size), bytes, &shaped);
        Ok(shaped)
    }

    fn remember(&mut self, request: &TextRequest<'_>, size: Option<f32>, bytes: usize, shaped: &Arc<Shaped>) {
        // A text beyond the budget is kept alone: it is asked for again at once.
        while !self.recent.is_empty() && (self.recent.len() >= RECENT || self.recent_bytes + bytes > RECENT_BYTES) {
            self.recent_bytes -= self.recent.pop_front().map_or(0, |oldest| oldest.bytes);
        }
        self.recent_bytes += bytes;
        self.recent.push_back(Remembered {
            spans: request.spans.to_vec(),
            style: request.style.clone(),
            fonts: Arc::clone(request.fonts),
            size,
            written: written(request.spans),
            bytes,
            shaped: Arc::clone(shaped),
        });
    }
}

/// Bytes of all spans.
fn written(spans: &[TextSpan]) -> usize {
    spans.iter().map(|span| span.text.len()).sum()
}
