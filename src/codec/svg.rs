//! SVG pictures, through resvg: parsed once, drawn at the size at hand.
//!
//! An SVG here is a picture like any other: it reads nothing from outside. What resvg would leave out without a word (text, for it has no
//! fonts, and embedded raster pictures) is refused by name.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::roxmltree::Document;
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use crate::css::color::Color;
use crate::error::{Code, Fault};
use crate::limits::Limits;
use crate::pixel::Frame;

/// A parsed SVG.
#[derive(Clone)]
pub(crate) struct Svg {
    text: String,
    tree: Tree,
    is_sized: bool,
}

impl std::fmt::Debug for Svg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (width, height) = self.size();
        write!(f, "Svg({width}x{height})")
    }
}

impl Svg {
    /// Whether bytes begin as an SVG does: an `svg` element, maybe after an XML declaration, comments and a doctype.
    pub(crate) fn sniff(bytes: &[u8]) -> bool {
        let head = bytes.get(..bytes.len().min(4096)).unwrap_or(bytes);
        let Ok(text) = std::str::from_utf8(head).or_else(|e| std::str::from_utf8(head.get(..e.valid_up_to()).unwrap_or(&[]))) else {
            return false;
        };
        let text = text.trim_start_matches('\u{feff}').trim_start();
        text.starts_with('<') && !text.to_ascii_lowercase().contains("<html") && text.contains("<svg")
    }

    /// Reads an SVG within the limits.
    pub(crate) fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Fault> {
        if bytes.len() > limits.max_input_bytes {
            let message = format!("svg has {} bytes, over the limit of {}", bytes.len(), limits.max_input_bytes);
            return Err(Fault::new(Code::ResourceLimit, "", message));
        }
        let damaged = |what: &str| Fault::new(Code::DamagedResource, "", format!("svg is damaged: {what}"));
        let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8"))?.to_owned();
        for (element, advice) in [("<text", "text is not drawn, turn it into paths"), ("<image", "embedded pictures are not drawn")] {
            let found = text
                .match_indices(element)
                .any(|(at, _)| text.as_bytes().get(at + element.len()).is_none_or(|b| !b.is_ascii_alphanumeric()));
            if found {
                return Err(Fault::new(Code::UnknownFormat, "", format!("svg has a {element}> element: {advice}")));
            }
        }
        let tree = tree(&text, None).map_err(|e| damaged(&e))?;
        let is_sized = is_sized(&text);
        Ok(Self { text, tree, is_sized })
    }

    /// Its own size, px; `None` where only the box that it is drawn in gives it one.
    pub(crate) fn natural(&self) -> Option<(f32, f32)> {
        self.is_sized.then(|| self.size())
    }

    fn size(&self) -> (f32, f32) {
        (self.tree.size().width(), self.tree.size().height())
    }

    /// The picture at an exact size; `tint` is what `currentColor` means in it.
    pub(crate) fn draw(&self, width: u32, height: u32, tint: Option<Color>, limits: &Limits) -> Result<Frame, Fault> {
        if let Some(message) = crate::pixel::over_limit("svg", width, height, limits) {
            return Err(Fault::new(Code::ResourceLimit, "", message));
        }
        let tinted = tint.map(|color| tree(&self.text, Some(color))).transpose();
        let tinted = tinted.map_err(|e| Fault::new(Code::DamagedResource, "", format!("svg is damaged: {e}")))?;
        let tree = tinted.as_ref().unwrap_or(&self.tree);
        let bug = || Fault::new(Code::Bug, "", "an svg was drawn on an empty canvas");
        let mut pixmap = Pixmap::new(width, height).ok_or_else(bug)?;
        let scale = Transform::from_scale(width as f32 / tree.size().width(), height as f32 / tree.size().height());
        resvg::render(tree, scale, &mut pixmap.as_mut());
        Frame::from_premultiplied(width, height, pixmap.take()).ok_or_else(bug)
    }
}

/// Whether the root element says how large the picture is: by its width and height, or in proportion by its `viewBox`.
fn is_sized(text: &str) -> bool {
    let Ok(document) = Document::parse(text) else { return false };
    let root = document.root_element();
    let side = |name: &str| root.attribute(name).is_some_and(|v| !v.trim().ends_with('%') && v.trim() != "auto");
    let in_proportion = !root.attribute("preserveAspectRatio").is_some_and(|v| v.trim().starts_with("none"));
    (side("width") && side("height")) || (root.attribute("viewBox").is_some() && in_proportion)
}

fn tree(text: &str, tint: Option<Color>) -> Result<Tree, String> {
    let nothing = ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let style_sheet = tint.map(|color| {
        let [r, g, b, a] = color.to_rgba8();
        format!("svg {{ color: #{r:02x}{g:02x}{b:02x}{a:02x} }}")
    });
    Tree::from_str(text, &Options { image_href_resolver: nothing, style_sheet, ..Options::default() }).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: &str =
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><path d="M0 0h2v4h-2z" fill="currentColor"/></svg>"#;

    #[test]
    fn a_square_is_drawn_at_any_size_in_its_tint() {
        let limits = Limits::default();
        let svg = Svg::parse(SQUARE.as_bytes(), &limits).unwrap();
        assert_eq!(svg.size(), (4.0, 4.0));
        let red = Color::from_rgba8(255, 0, 0, 255);
        let frame = svg.draw(8, 2, Some(red), &limits).unwrap();
        assert_eq!(frame.pixels().get(..4), Some(&[255, 0, 0, 255][..]));
        assert_eq!(frame.pixels().get(4 * 4..4 * 5), Some(&[0, 0, 0, 0][..]));
    }

    #[test]
    fn what_would_be_left_out_is_refused() {
        let text = SQUARE.replace("<path", "<text>a</text><path");
        let fault = Svg::parse(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(fault.message, "svg has a <text> element: text is not drawn, turn it into paths");
    }

    #[test]
    fn html_is_no_svg() {
        assert!(!Svg::sniff(b"<!doctype html><html><svg></svg></html>"));
        assert!(Svg::sniff(b"<?xml version='1.0'?><!-- a --><svg/>"));
    }
}
