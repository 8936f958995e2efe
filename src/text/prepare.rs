//! From spans as written to the one string that is shaped: white space collapsed as each span's `white-space` says, case applied.

use super::TextSpan;
use super::transform::transformed;
use crate::css::style::{TextStyle, WhiteSpace};

/// The text of a layer and which style each part has.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Prepared {
    pub(super) text: String,
    /// In order, covering the text.
    pub(super) parts: Vec<Part>,
}

/// Up to `end` (bytes) the text has the style of this index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub(super) end: usize,
    pub(super) style: usize,
}

/// The styles of a layer's spans; the index after the last is the layer's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Styles<'a> {
    pub(super) spans: &'a [TextSpan],
    pub(super) layer: &'a TextStyle,
}

impl<'a> Styles<'a> {
    pub(super) fn get(&self, index: usize) -> &'a TextStyle {
        self.spans.get(index).map_or(self.layer, |span| &span.style)
    }

    pub(super) fn layer_index(&self) -> usize {
        self.spans.len()
    }
}

impl WhiteSpace {
    pub(super) fn collapses(self) -> bool {
        matches!(self, Self::Normal | Self::NoWrap | Self::PreLine | Self::PreLineNoWrap)
    }

    pub(super) fn keeps_newlines(self) -> bool {
        !matches!(self, Self::Normal | Self::NoWrap)
    }

    pub(super) fn wraps(self) -> bool {
        matches!(self, Self::Normal | Self::PreWrap | Self::PreLine)
    }
}

pub(super) fn prepare(styles: Styles<'_>) -> Prepared {
    let mut out = Prepared::default();
    // A space was just written that further collapsible ones fall into; true at the start of a line.
    let mut after_space = true;
    for (index, span) in styles.spans.iter().enumerate() {
        let style = &span.style;
        let before = out.text.chars().next_back();
        let text = transformed(&span.text, style.text_transform, style.lang.as_deref().or(styles.layer.lang.as_deref()), before);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let c = match c {
                '\r' => {
                    chars.next_if_eq(&'\n');
                    '\n'
                }
                '\t' | '\n' => c,
                c if c.is_control() => continue,
                c => c,
            };
            match (style.white_space.collapses(), c) {
                (true, '\n') if style.white_space.keeps_newlines() => {
                    if out.text.ends_with(' ') && after_space {
                        out.text.pop();
                    }
                    out.text.push('\n');
                    after_space = true;
                }
                (true, ' ' | '\t' | '\n') => {
                    if !after_space {
                        out.text.push(' ');
                        after_space = true;
                    }
                }
                (_, c) => {
                    out.text.push(c);
                    after_space = c == '\n' && style.white_space.collapses();
                }
            }
        }
        out.end_part(index);
    }
    out
}

impl Prepared {
    /// What was written since the last part gets a style.
    pub(super) fn end_part(&mut self, style: usize) {
        let end = self.text.len();
        // A collapsed space may have been taken back from the part before.
        for part in self.parts.iter_mut().rev().take_while(|part| part.end > end) {
            part.end = end;
        }
        if self.parts.last().map_or(0, |part| part.end) < end {
            self.parts.push(Part { end, style });
        }
    }

    /// A piece of the text and another text behind it, in a style of its own.
    pub(super) fn slice_with(&self, start: usize, end: usize, tail: &str, tail_style: usize) -> Self {
        let mut out = Self::default();
        let mut from = start;
        for part in &self.parts {
            let to = part.end.min(end);
            if to > from {
                out.text.push_str(self.text.get(from..to).unwrap_or_default());
                out.end_part(part.style);
                from = to;
            }
        }
        out.text.push_str(tail);
        out.end_part(tail_style);
        out
    }
}
