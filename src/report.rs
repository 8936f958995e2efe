//! The report of one render: boxes, lines, sources and notes. A note is trouble that was met and survived: text shrunk, picture enlarged,
//! glyph missing. Its JSON is the same from every host.

use std::fmt::Write as _;

use crate::geom::Rect;
use crate::row::Date;
use crate::text::{Substitution, TextNote};

/// What happened while a picture was laid out and drawn.
///
/// ```
/// use templrender::{Context, Fonts, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [20, 10], "layers": [
///     { "id": "far", "type": "box", "left": 50, "width": 5, "height": 5, "background": "red" } ] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
/// let rendered = renderer.render(&plan, &Resources::new(), &mut Scratch::new())?;
/// assert_eq!(rendered.report.notes[0].code.name(), "off-canvas");
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The template's name.
    pub template: String,
    /// The variant that was drawn.
    pub variant: Option<String>,
    /// Width and height of the picture, px.
    pub size: (u32, u32),
    /// The plan's key, 32 hex digits.
    pub key: String,
    /// Seconds since 1970 (UTC) at which the same row would give another picture.
    pub valid_until: Option<i64>,
    /// Every layer that was drawn, parents before their children.
    pub layers: Vec<LayerReport>,
    /// What a careful reader should know.
    pub notes: Vec<Note>,
    /// How long it took; only of a render with a clock (see [`Guard`](crate::Guard)).
    pub timings_us: Option<Timings>,
}

/// How long the steps took, in microseconds by the host's clock.
///
/// ```
/// use templrender::{Context, Fonts, Guard, Renderer, Resources, Row, Scratch, Template};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// static NANOSECONDS: AtomicU64 = AtomicU64::new(0);
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
/// let guard = Guard { clock: Some(|| NANOSECONDS.fetch_add(5_000, Ordering::Relaxed)), ..Guard::default() };
/// let rendered = renderer.render_guarded(&plan, &Resources::new(), &mut Scratch::new(), &guard)?;
/// let timings = rendered.report.timings_us.unwrap();
/// assert_eq!((timings.layout, timings.decode, timings.paint, timings.encode), (5, 5, 5, None));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Template and row to plan; known to the host, which may fill it in.
    pub plan: Option<u64>,
    /// Pictures to pixels.
    pub decode: u64,
    /// Plan to scene.
    pub layout: u64,
    /// Scene to frame.
    pub paint: u64,
    /// Frame to bytes; known to the host, which may fill it in.
    pub encode: Option<u64>,
}

/// One layer's part of the report, in canvas px before transforms.
///
/// ```
/// use templrender::{Context, Fonts, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [90, 50], "fonts": ["Noto Sans"], "layers": [
///     { "id": "name", "type": "text", "text": "Aster honey", "left": 5, "top": 5, "font-size": 12 } ] }"#)?;
/// let mut fonts = Fonts::new();
/// fonts.add(std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf")?)?;
/// let renderer = Renderer::new(fonts);
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
/// let report = renderer.report(&plan, &Resources::new(), &mut Scratch::new())?;
/// let name = &report.layers[0];
/// assert_eq!((name.layer.as_str(), name.font_size), ("name", Some(12.0)));
/// assert_eq!(name.rect[..2], [5.0, 5.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LayerReport {
    /// Its `id`, or its place: `layers[3]`, `card[0].name`.
    pub layer: String,
    /// Left, top, width, height of the border box.
    pub rect: [f32; 4],
    /// Of a text: the font size it came to, px.
    pub font_size: Option<f32>,
    /// Of a text: the visible lines, top to bottom.
    pub lines: Vec<LineReport>,
    /// Of a picture: where it came from.
    pub source: Option<String>,
    /// Of a picture: canvas px per px of the picture.
    pub scale: Option<f32>,
    /// Of a picture that a model made: which one.
    pub model: Option<ModelReport>,
    /// Of a picture that was cut out: by which model.
    pub cutout: Option<ModelReport>,
    /// Of a picture that is placed by its face or made of it: that face, left, top, width, height, px of the picture that arrived.
    pub face: Option<[f32; 4]>,
}

/// A model that a picture went through.
///
/// ```
/// use templrender::ModelReport;
/// let model = ModelReport { id: "paint:mosaic".into(), engine: "tract 0.23.9".into(), us: Some(48_200) };
/// assert_eq!(model.to_json(), r#"{ "id": "paint:mosaic", "engine": "tract 0.23.9", "us": 48200 }"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelReport {
    /// Its id, with the variant behind a colon.
    pub id: String,
    /// What ran it.
    pub engine: String,
    /// Microseconds that the run took by the host's clock, its whole batch; only where the answer came from a run.
    pub us: Option<u64>,
}

impl ModelReport {
    /// As one JSON object.
    pub fn to_json(&self) -> String {
        let us = self.us.map(|us| format!(", \"us\": {us}")).unwrap_or_default();
        format!("{{ \"id\": {}, \"engine\": {}{us} }}", json(&self.id), json(&self.engine))
    }
}

/// A visible line of text.
///
/// ```
/// use templrender::{Context, Fonts, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [90, 50], "fonts": ["Noto Sans"], "layers": [
///     { "id": "name", "type": "text", "text": "Aster honey", "left": 5, "top": 5, "font-size": 12 } ] }"#)?;
/// let mut fonts = Fonts::new();
/// fonts.add(std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf")?)?;
/// let renderer = Renderer::new(fonts);
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
/// let report = renderer.report(&plan, &Resources::new(), &mut Scratch::new())?;
/// let line = &report.layers[0].lines[0];
/// assert_eq!(line.text, "Aster honey");
/// assert!(line.rect[2] > 50.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LineReport {
    /// In logical order, without white space at its end.
    pub text: String,
    /// Left, top, width, height of the content area.
    pub rect: [f32; 4],
}

/// Trouble that did not stop the drawing.
///
/// ```
/// use templrender::{Context, Fonts, NoteCode, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [
///     { "type": "box", "if": "on_sale_today", "width": 5, "height": 5 } ] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
/// let note = &renderer.report(&plan, &Resources::new(), &mut Scratch::new())?.notes[0];
/// assert_eq!(note.code, NoteCode::FieldMissing);
/// assert_eq!(note.message, "the row has no \"on_sale_today\"");
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What kind it is.
    pub code: NoteCode,
    /// The layer it is about; empty where it is about the row.
    pub layer: String,
    /// One sentence.
    pub message: String,
}

macro_rules! note_codes {
    ($($(#[$doc:meta])* $name:ident = $kebab:literal,)+) => {
        /// What a note says.
        ///
        /// ```
        /// assert_eq!(templrender::NoteCode::TextShrunk.name(), "text-shrunk");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum NoteCode { $($(#[$doc])* $name,)+ }

        impl NoteCode {
            /// All codes, in the order of the format's page.
            pub const ALL: &'static [NoteCode] = &[$(NoteCode::$name,)+];

            /// The name in reports: `text-shrunk`.
            pub const fn name(self) -> &'static str { match self { $(NoteCode::$name => $kebab,)+ } }
        }
    };
}

note_codes! {
    /// A name that the row does not have, in a template without `fields`.
    FieldMissing = "field-missing",
    /// A text was drawn smaller to fit.
    TextShrunk = "text-shrunk",
    /// A text lost its end to an ellipsis.
    TextCut = "text-cut",
    /// A text is larger than its box.
    TextOverflows = "text-overflows",
    /// Characters that none of the fonts has.
    GlyphMissing = "glyph-missing",
    /// A font that the template does not name drew some characters.
    FontSubstituted = "font-substituted",
    /// The wanted weight or style is not among the fonts.
    FontStyleMissing = "font-style-missing",
    /// A picture was drawn larger than it is.
    ImageEnlarged = "image-enlarged",
    /// A picture was not there; the next one, or nothing, was drawn.
    ImageMissing = "image-missing",
    /// A picture's data end early; where they are missing, it is grey.
    ImageTruncated = "image-truncated",
    /// A layer that draws something lies wholly outside the canvas.
    OffCanvas = "off-canvas",
    /// A picture that is placed or changed by its face has none.
    FaceMissing = "face-missing",
    /// A model did not run, or is not there; the next choice was drawn.
    ModelFailed = "model-failed",
}

impl Note {
    pub(crate) fn new(code: NoteCode, layer: &str, message: String) -> Self {
        Self { code, layer: layer.to_owned(), message }
    }

    pub(crate) fn text_shrunk(layer: &str, from: f32, to: f32, width: f32, height: f32) -> Self {
        let message = format!("text was shrunk from {from} to {to} px to fit {} x {}", short(width), short(height));
        Self::new(NoteCode::TextShrunk, layer, message)
    }

    pub(crate) fn image_enlarged(layer: &str, scale: f32) -> Self {
        Self::new(NoteCode::ImageEnlarged, layer, format!("picture was drawn at {} times its size", short(scale)))
    }

    pub(crate) fn image_truncated(layer: &str, name: &str, why: impl std::fmt::Display) -> Self {
        Self::new(NoteCode::ImageTruncated, layer, format!("{name} is not whole: {why}; the rest is grey"))
    }

    pub(crate) fn off_canvas(layer: &str, rect: &Rect) -> Self {
        let message = format!("box at {}, {} lies outside the canvas", short(rect.x), short(rect.y));
        Self::new(NoteCode::OffCanvas, layer, message)
    }

    /// What the text engine noted; a shrunk text is noted by layout, which knows the box.
    pub(crate) fn of_text(layer: &str, note: &TextNote) -> Option<Self> {
        let (code, message) = match note {
            TextNote::Shrunk { .. } => return None,
            TextNote::Cut => (NoteCode::TextCut, "text was cut off with an ellipsis".to_owned()),
            TextNote::Overflows => (NoteCode::TextOverflows, "text is larger than its box".to_owned()),
            TextNote::GlyphMissing { chars } => (NoteCode::GlyphMissing, format!("no font has a glyph for {}", code_points(chars))),
            TextNote::FontSubstituted { used, why } => {
                let message = match why {
                    Substitution::NotThere(wanted) if wanted == used => {
                        format!("the last fallback {used} is drawn, {wanted} is not among the fonts")
                    }
                    Substitution::NotThere(wanted) => format!("{used} stands in for {wanted}, which is not among the fonts"),
                    Substitution::Unnamed => format!("{used} stands in, no font is named"),
                    Substitution::Uncovered(chars) => format!("{used} stands in for {}, which no named font has", code_points(chars)),
                };
                (NoteCode::FontSubstituted, message)
            }
            TextNote::FontStyleMissing { family } => {
                (NoteCode::FontStyleMissing, format!("{family} has no face of the wanted style, and none is made up"))
            }
        };
        Some(Self::new(code, layer, message))
    }
}

/// The first characters of a list: `U+0416, U+20BD`.
fn code_points(chars: &[char]) -> String {
    let list: Vec<String> = chars.iter().take(8).map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    list.join(", ")
}

/// A number with at most three decimals.
fn short(v: f32) -> String {
    let rounded = (f64::from(v) * 1000.0).round() / 1000.0;
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

impl Report {
    /// The report as one JSON object.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        let variant = self.variant.as_deref().map_or_else(|| "null".to_owned(), json);
        let until = self.valid_until.map_or_else(|| "null".to_owned(), |s| json(&Date::at(s, 0).to_string()));
        let (width, height) = self.size;
        let _ = write!(
            out,
            "{{ \"template\": {}, \"variant\": {variant}, \"size\": [{width}, {height}], \"key\": \"{}\", \"valid_until\": {until},\n  \"layers\": {{",
            json(&self.template),
            self.key
        );
        for (i, layer) in self.layers.iter().enumerate() {
            let _ = write!(out, "{}\n    {}: {}", if i > 0 { "," } else { "" }, json(&layer.layer), layer.to_json());
        }
        out.push_str(" },\n  \"notes\": [");
        for (i, note) in self.notes.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let (code, layer, message) = (json(note.code.name()), json(&note.layer), json(&note.message));
            let _ = write!(out, "{comma}\n    {{ \"code\": {code}, \"layer\": {layer}, \"message\": {message} }}");
        }
        out.push_str(" ]");
        if let Some(timings) = &self.timings_us {
            let _ = write!(out, ",\n  \"timings_us\": {}", timings.to_json());
        }
        out.push_str(" }\n");
        out
    }
}

impl Timings {
    fn to_json(self) -> String {
        let Self { plan, decode, layout, paint, encode } = self;
        let all = [("plan", plan), ("decode", Some(decode)), ("layout", Some(layout)), ("paint", Some(paint)), ("encode", encode)];
        let known: Vec<String> = all.iter().filter_map(|(step, us)| us.map(|us| format!("\"{step}\": {us}"))).collect();
        format!("{{ {} }}", known.join(", "))
    }
}

impl LayerReport {
    fn to_json(&self) -> String {
        let numbers = |list: &[f32]| list.iter().map(|v| short(*v)).collect::<Vec<_>>().join(", ");
        let mut out = format!("{{ \"box\": [{}]", numbers(&self.rect));
        if let Some(size) = self.font_size {
            let lines: Vec<String> = self
                .lines
                .iter()
                .map(|line| {
                    let [x, y, width, height] = line.rect.map(short);
                    format!("{{ \"text\": {}, \"x\": {x}, \"y\": {y}, \"width\": {width}, \"height\": {height} }}", json(&line.text))
                })
                .collect();
            let _ = write!(out, ", \"font-size\": {}, \"lines\": [{}]", short(size), lines.join(", "));
        }
        if let Some(source) = &self.source {
            let _ = write!(out, ", \"source\": {}", json(source));
        }
        if let Some(scale) = self.scale {
            let _ = write!(out, ", \"scale\": {}", short(scale));
        }
        for (key, model) in [("model", &self.model), ("cutout", &self.cutout)] {
            if let Some(model) = model {
                let _ = write!(out, ", \"{key}\": {}", model.to_json());
            }
        }
        if let Some(face) = &self.face {
            let _ = write!(out, ", \"face\": [{}]", numbers(face));
        }
        out.push_str(" }");
        out
    }
}

/// A JSON string.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    crate::row::json::write_text(text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_and_numbers_short() {
        assert_eq!(json("a\"b\\\n\u{1}é"), "\"a\\\"b\\\\\\n\\u0001é\"");
        assert_eq!(short(0.1), "0.1");
        assert_eq!(short(-0.000_01), "0");
        assert_eq!(short(736.0), "736");
    }
}
