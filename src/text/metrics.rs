//! What a layer's styles measure at one font size, in px, rounded where Chromium rounds.

use super::face::FaceMetrics;
use super::fonts::Chosen;
use super::itemize::Itemized;
use super::prepare::Styles;
use crate::css::length::{Length, LengthContext};
use crate::css::style::{LineHeight, TextStyle, VerticalAlign};

/// Chromium's layout counts in 64ths of a px.
pub(super) fn floor64(px: f32) -> f32 {
    (px * 64.0).floor() / 64.0
}

pub(super) fn ceil64(px: f32) -> f32 {
    (px * 64.0).ceil() / 64.0
}

/// A width that may come with the noise of sums and percentages.
pub(super) fn nearest64(px: f32) -> f32 {
    (px * 64.0).round() / 64.0
}

/// A style at a size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StylePx {
    pub(super) size: f32,
    pub(super) letter_spacing: f32,
    pub(super) word_spacing: f32,
    /// Ascent and descent of the first face, each rounded: the content area.
    pub(super) ascent: f32,
    pub(super) descent: f32,
    /// `None`: normal.
    pub(super) line_height: Option<f32>,
    /// Of the first face, when normal.
    pub(super) normal_line_height: f32,
    pub(super) x_height: f32,
    /// How far above the layer's baseline its own lies.
    pub(super) shift: Shift,
}

/// A resolved `vertical-align`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shift {
    /// Upwards.
    Px(f32),
    TextTop,
    TextBottom,
    Middle,
}

/// Above and below a baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extent {
    pub(super) ascent: f32,
    pub(super) descent: f32,
}

impl Extent {
    /// A content area with its leading, as CSS halves it and Chromium rounds it.
    pub(super) fn with_line_height(ascent: f32, descent: f32, line_height: f32) -> Self {
        let above = ((line_height - ascent - descent) / 2.0).floor();
        Self { ascent: ascent + above, descent: line_height - ascent - above }
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self { ascent: self.ascent.max(other.ascent), descent: self.descent.max(other.descent) }
    }

    pub(super) fn raised(self, by: f32) -> Self {
        Self { ascent: self.ascent + by, descent: self.descent - by }
    }

    pub(super) fn height(self) -> f32 {
        self.ascent + self.descent
    }
}

impl StylePx {
    pub(super) fn extent(&self) -> Extent {
        Extent::with_line_height(self.ascent, self.descent, self.line_height.unwrap_or(self.normal_line_height))
    }

    /// How far up from the layer's baseline, beside that layer's metrics.
    pub(super) fn raise(&self, layer: &Self) -> f32 {
        let own = self.extent();
        match self.shift {
            Shift::Px(px) => px,
            Shift::TextTop => layer.ascent - own.ascent,
            Shift::TextBottom => own.descent - layer.descent,
            Shift::Middle => layer.x_height / 2.0 - (own.ascent - own.descent) / 2.0,
        }
    }
}

/// All styles of a layer at one size; the last is the layer's own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LayerPx {
    pub(super) styles: Vec<StylePx>,
    pub(super) layer: StylePx,
}

impl LayerPx {
    pub(super) fn new(styles: Styles<'_>, itemized: &Itemized, size: f32, canvas: (f32, f32)) -> Self {
        let context = Context { canvas };
        let face = |index: usize| itemized.faces.get(index).and_then(|list| list.faces.first());
        let layer_index = styles.layer_index();
        let layer = context.style(styles.layer, face(layer_index), size);
        let of_spans = styles.spans.iter().enumerate().map(|(index, span)| {
            let own = span_size(&span.style, size, canvas);
            let mut px = context.style(&span.style, face(index), own);
            px.shift = context.shift(&span.vertical_align, &px, &layer);
            px
        });
        Self { styles: of_spans.chain([layer]).collect(), layer }
    }

    pub(super) fn style(&self, index: usize) -> &StylePx {
        self.styles.get(index).unwrap_or(&self.layer)
    }
}

/// A span's font size beside its layer's.
pub(super) fn span_size(style: &TextStyle, layer: f32, canvas: (f32, f32)) -> f32 {
    style.font_size.resolve(&LengthContext { em: layer, canvas }, Some(layer)).unwrap_or(layer).max(0.0)
}

/// Metrics of a face at a size: ascent, descent and line gap, rounded, and the x-height.
///
/// A descent that was rounded down borrows a px from the ascent, as Chromium's does on Linux so that no descender is cut off. The
/// content area stays as tall; the baseline in it rises.
pub(super) fn face_px(metrics: &FaceMetrics, size: f32) -> [f32; 4] {
    let FaceMetrics { ascent, descent, line_gap: gap, x_height } = *metrics;
    let (above, below) = ((ascent * size).round(), (descent * size).round());
    let borrowed = if below + 0.001 < descent * size && above >= 1.0 { 1.0 } else { 0.0 };
    [above - borrowed, below + borrowed, (gap * size).round(), x_height * size]
}

struct Context {
    canvas: (f32, f32),
}

impl Context {
    fn style(&self, style: &TextStyle, face: Option<&Chosen>, size: f32) -> StylePx {
        let context = LengthContext { em: size, canvas: self.canvas };
        let px = |length: &Length| length.resolve(&context, Some(size)).unwrap_or(0.0);
        let [ascent, descent, gap, x_height] = face_px(face.map_or(&FaceMetrics::UNKNOWN, |chosen| &chosen.metrics), size);
        StylePx {
            size,
            letter_spacing: px(&style.letter_spacing),
            word_spacing: px(&style.word_spacing),
            ascent,
            descent,
            line_height: match &style.line_height {
                LineHeight::Normal => None,
                LineHeight::Factor(factor) => Some(floor64(factor * size)),
                LineHeight::Length(length) => Some(floor64(px(length).max(0.0))),
            },
            normal_line_height: ascent + descent + gap,
            x_height,
            shift: Shift::Px(0.0),
        }
    }

    fn shift(&self, align: &VerticalAlign, own: &StylePx, layer: &StylePx) -> Shift {
        match align {
            VerticalAlign::Baseline => Shift::Px(0.0),
            VerticalAlign::Sub => Shift::Px(-floor64(layer.size / 5.0 + 1.0)),
            VerticalAlign::Super => Shift::Px(floor64(layer.size / 3.0 + 1.0)),
            VerticalAlign::TextTop => Shift::TextTop,
            VerticalAlign::TextBottom => Shift::TextBottom,
            VerticalAlign::Middle => Shift::Middle,
            VerticalAlign::Length(length) => {
                let context = LengthContext { em: own.size, canvas: self.canvas };
                let line_height = own.line_height.unwrap_or(own.normal_line_height);
                Shift::Px(length.resolve(&context, Some(line_height)).unwrap_or(0.0))
            }
        }
    }
}
