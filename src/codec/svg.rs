//! SVG pictures, through resvg: parsed once, drawn at the size at hand.
//!
//! An SVG here is a picture like any other: it reads nothing from outside. What resvg would leave out without a word (text, for it has no
//! fonts, and embedded raster pictures) is refused by name. What a few bytes can make endless (patterns in patterns, a chain of filters,
//! noise of 100,000 octaves) is walked before it is drawn, each use counted, and refused above [`MOST_WORK`].

use std::collections::BTreeMap;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::filter::Kind;
use resvg::usvg::roxmltree::{Document, Node as XmlNode, ParsingOptions};
use resvg::usvg::{Group, ImageHrefResolver, Node, Options, Paint, Tree};

use crate::css::color::Color;
use crate::error::{Code, Fault};
use crate::limits::Limits;
use crate::pixel::Frame;

/// Most elements of one file.
const MAX_NODES: u32 = 500_000;
/// Deepest nesting of elements and of what they name.
const MAX_DEPTH: usize = 500;
/// Most work of one drawing, in plain elements; large icons have a few thousand.
const MOST_WORK: usize = 200_000;
/// What takes a canvas of its own, in plain elements.
const LAYER_WORK: usize = 200;
/// Most octaves of noise: each further one is finer than a 65,536th of the first.
const MAX_OCTAVES: u32 = 16;
/// Most cells of a convolution.
const MAX_CELLS: u64 = 256;
/// Farthest that a shape is grown or shrunk, in px of the file.
const MAX_MORPHOLOGY: f32 = 64.0;

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
        let document = document(&text).map_err(|e| damaged(&e))?;
        for (element, advice) in [("text", "text is not drawn, turn it into paths"), ("image", "embedded pictures are not drawn")] {
            if document.descendants().any(|node| node.tag_name().name() == element) {
                return Err(Fault::new(Code::UnknownFormat, "", format!("svg has a <{element}> element: {advice}")));
            }
        }
        let refused = |message: String| Fault::new(Code::ResourceLimit, "", message);
        let elements = count(document.root(), &mut References::of(&document), 0).map_err(refused)?;
        if elements > MOST_WORK as u64 {
            return Err(refused(format!("svg has more than {MOST_WORK} elements, each use of one counted")));
        }
        let tree = tree(&document, None).map_err(|e| damaged(&e))?;
        let mut left = MOST_WORK;
        walk(tree.root(), &mut left).map_err(refused)?;
        let is_sized = is_sized(&document);
        drop(document);
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
        let tinted = tint.map(|color| tree(&document(&self.text)?, Some(color))).transpose();
        let tinted = tinted.map_err(|e| Fault::new(Code::DamagedResource, "", format!("svg is damaged: {e}")))?;
        let tree = tinted.as_ref().unwrap_or(&self.tree);
        let bug = || Fault::new(Code::Bug, "", "an svg was drawn on an empty canvas");
        let mut pixmap = Pixmap::new(width, height).ok_or_else(bug)?;
        let scale = Transform::from_scale(width as f32 / tree.size().width(), height as f32 / tree.size().height());
        resvg::render(tree, scale, &mut pixmap.as_mut());
        Frame::from_premultiplied(width, height, pixmap.take()).ok_or_else(bug)
    }
}

fn document(text: &str) -> Result<Document<'_>, String> {
    let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|e| e.to_string())
}

/// Elements by their `id`, and how many each comes to.
struct References<'a, 'i> {
    by_id: BTreeMap<&'a str, XmlNode<'a, 'i>>,
    counts: BTreeMap<usize, u64>,
}

impl<'a, 'i> References<'a, 'i> {
    fn of(document: &'a Document<'i>) -> Self {
        let by_id = document.descendants().filter_map(|node| Some((node.attribute("id")?, node))).collect();
        Self { by_id, counts: BTreeMap::new() }
    }
}

/// How many elements a node comes to once everything that it names is put in its place. It is known before usvg does so.
fn count<'a, 'i>(node: XmlNode<'a, 'i>, known: &mut References<'a, 'i>, depth: usize) -> Result<u64, String> {
    if depth > MAX_DEPTH {
        return Err(format!("svg is nested deeper than {MAX_DEPTH} elements"));
    }
    let id = node.id().get_usize();
    if let Some(count) = known.counts.get(&id) {
        return Ok(*count);
    }
    // A circle is no work: usvg breaks it.
    known.counts.insert(id, 0);
    let mut total = 1_u64;
    for child in node.children().filter(XmlNode::is_element) {
        total = total.saturating_add(count(child, known, depth + 1)?);
    }
    for attribute in node.attributes() {
        let value = attribute.value();
        let link = value.strip_prefix('#').filter(|_| attribute.name() == "href");
        let urls = value.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
        for name in link.into_iter().chain(urls.map(|url| url.trim_matches([' ', '"', '\'', '#']))) {
            if let Some(named) = known.by_id.get(name).copied() {
                total = total.saturating_add(count(named, known, depth + 1)?);
            }
        }
    }
    known.counts.insert(id, total);
    Ok(total)
}

/// Takes the work of drawing a group, and of all that it draws with, from what is left.
fn walk(group: &Group, left: &mut usize) -> Result<(), String> {
    let mut layers = usize::from(group.should_isolate());
    for primitive in group.filters().iter().flat_map(|filter| filter.primitives()) {
        layers += 1;
        match primitive.kind() {
            Kind::Turbulence(noise) if noise.num_octaves() > MAX_OCTAVES => {
                return Err(format!("svg may have noise of at most {MAX_OCTAVES} octaves, found {}", noise.num_octaves()));
            }
            Kind::ConvolveMatrix(convolve) => {
                let (columns, rows) = (convolve.matrix().columns(), convolve.matrix().rows());
                if u64::from(columns) * u64::from(rows) > MAX_CELLS {
                    return Err(format!("svg may have a convolution of at most {MAX_CELLS} cells, found {columns}x{rows}"));
                }
            }
            Kind::Morphology(grown) if grown.radius_x().get().max(grown.radius_y().get()) > MAX_MORPHOLOGY => {
                let (x, y) = (grown.radius_x().get(), grown.radius_y().get());
                return Err(format!("svg may grow or shrink a shape by at most {MAX_MORPHOLOGY} px, found {x}x{y}"));
            }
            Kind::Image(image) => walk(image.root(), left)?,
            _ => {}
        }
    }
    spend(layers * LAYER_WORK, left)?;
    let mut mask = group.mask();
    while let Some(one) = mask {
        spend(LAYER_WORK, left)?;
        walk(one.root(), left)?;
        mask = one.mask();
    }
    let mut clip = group.clip_path();
    while let Some(one) = clip {
        spend(LAYER_WORK, left)?;
        walk(one.root(), left)?;
        clip = one.clip_path();
    }
    for node in group.children() {
        spend(1, left)?;
        match node {
            Node::Group(group) => walk(group, left)?,
            Node::Path(path) => {
                for paint in [path.fill().map(|f| f.paint()), path.stroke().map(|s| s.paint())].into_iter().flatten() {
                    if let Paint::Pattern(pattern) = paint {
                        spend(LAYER_WORK, left)?;
                        walk(pattern.root(), left)?;
                    }
                }
            }
            Node::Image(_) | Node::Text(_) => {}
        }
    }
    Ok(())
}

fn spend(work: usize, left: &mut usize) -> Result<(), String> {
    match left.checked_sub(work) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => Err(format!("svg is more work than {MOST_WORK} elements, each use, mask, pattern and filter counted")),
    }
}

/// Whether the root element says how large the picture is: by its width and height, or in proportion by its `viewBox`.
fn is_sized(document: &Document<'_>) -> bool {
    let root = document.root_element();
    let side = |name: &str| root.attribute(name).is_some_and(|v| !v.trim().ends_with('%') && v.trim() != "auto");
    let in_proportion = !root.attribute("preserveAspectRatio").is_some_and(|v| v.trim().starts_with("none"));
    (side("width") && side("height")) || (root.attribute("viewBox").is_some() && in_proportion)
}

fn tree(document: &Document<'_>, tint: Option<Color>) -> Result<Tree, String> {
    let nothing = ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let style_sheet = tint.map(|color| {
        let [r, g, b, a] = color.to_rgba8();
        format!("svg {{ color: #{r:02x}{g:02x}{b:02x}{a:02x} }}")
    });
    Tree::from_xmltree(document, &Options { image_href_resolver: nothing, style_sheet, ..Options::default() }).map_err(|e| e.to_string())
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
    fn a_doctype_leaves_the_size_and_a_comment_or_prefix_hides_nothing() {
        let parse = |text: &str| Svg::parse(text.as_bytes(), &Limits::default());
        let doctype = format!("<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"svg11.dtd\"><!-- <text> -->{SQUARE}");
        assert_eq!(parse(&doctype).unwrap().natural(), Some((4.0, 4.0)));
        let prefixed = "<s:svg xmlns:s=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"><s:text>a</s:text></s:svg>";
        assert!(parse(prefixed).unwrap_err().message.starts_with("svg has a <text> element"));
    }

    #[test]
    fn html_is_no_svg() {
        assert!(!Svg::sniff(b"<!doctype html><html><svg></svg></html>"));
        assert!(Svg::sniff(b"<?xml version='1.0'?><!-- a --><svg/>"));
    }
}
