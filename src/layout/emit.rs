//! Finished boxes become display items: every length turns to px, every edge that Chromium snaps is snapped, every layer that acts as
//! one becomes a group.
//!
//! A layer paints, in CSS's order: outer shadows, backgrounds, inset shadows, border, then its content. Boxes are `border-box`; a
//! gradient fills the padding box.

use super::measure::Edges;
use super::{LaidLayer, LaidLine, Node, Outcome, gradient};
use crate::css::color::Color;
use crate::css::length::{Length, LengthContext};
use crate::css::style::{
    self as css, Align, BorderStyle, Corners, Filter as CssFilter, ObjectFit, ObjectPosition, Paint, Sides, Style, TransformOp,
};
use crate::geom::{Affine, Rect, sin_cos_degrees};
use crate::plan::tree::{Canvas, Content, PlannedPath, PlannedPicture, View};
use crate::report::Note;
use crate::scene::{Border, BoxShadow, Fill, Filter, Gradient, Group, Item, Path, Picture, Scene, Shape, Stroke};

/// The scene and the report's part of a laid-out canvas. Where nobody draws the scene, it has the canvas's size and no more than that.
pub(super) fn emit(canvas: &Canvas, height: f32, nodes: &[Node<'_>], notes: Vec<Note>, draws: bool) -> (Scene, Outcome) {
    let mut emitter = Emitter { canvas: (canvas.width, height), to_canvas: Affine::IDENTITY, layers: Vec::new(), notes, draws };
    let whole = Shape::rect(Rect::new(0.0, 0.0, canvas.width, height));
    let context = LengthContext { em: canvas.text.size_px(), canvas: emitter.canvas };
    let mut items = Vec::new();
    backgrounds(&canvas.style, canvas.text.color.current(), &whole, &whole.rect, &context, &mut items);
    for node in nodes {
        emitter.layer(node, &mut items);
    }
    let size = (canvas.width as u32, height as u32);
    let scene = Scene { size, scale: canvas.scale, items };
    (scene, Outcome { size, layers: emitter.layers, notes: emitter.notes })
}

struct Emitter {
    canvas: (f32, f32),
    /// The transforms of the layers that are open.
    to_canvas: Affine,
    layers: Vec<LaidLayer>,
    notes: Vec<Note>,
    draws: bool,
}

impl Emitter {
    fn layer(&mut self, node: &Node<'_>, out: &mut Vec<Item>) {
        let style = &node.layer.style;
        let em = node.text.as_ref().map_or_else(|| node.layer.text.size_px(), |t| t.font_size);
        let context = LengthContext { em, canvas: self.canvas };
        let current = node.layer.text.color.current();
        let outer = Shape { rect: node.rect.snapped(), radii: radii(style, &node.rect, &context) };
        let edges = node.edges;
        let padding = outer.inset(edges.border);
        let transform = transform(style, &node.rect, &context);
        let outside = self.to_canvas;
        self.to_canvas = outside.then_inner(&transform);

        let mut items = Vec::new();
        let is_off = self.is_off_canvas(&node.rect);
        // What a layer draws is of use to who draws it, and to who is told that none of it is seen.
        let is_asked = self.draws || is_off;
        if is_asked {
            shadows(style, current, &outer, false, &context, &mut items);
            backgrounds(style, current, &outer, &padding.rect, &context, &mut items);
            shadows(style, current, &padding, true, &context, &mut items);
            border(style, current, &outer, &edges, &mut items);
        }
        let mut content = Vec::new();
        let holds_layers = matches!(node.layer.content, Content::Box(_));
        // A picture has notes of its own.
        if !holds_layers && (is_asked || node.found.is_some()) {
            self.content(node, &outer, &edges, &context, &mut content);
        }
        self.report(node, is_off && !(items.is_empty() && content.is_empty()));
        if holds_layers {
            self.content(node, &outer, &edges, &context, &mut content);
        }
        self.to_canvas = outside;
        if !self.draws {
            return;
        }
        if style.overflow_hidden && !content.is_empty() {
            items.push(Item::Group(Group { clip: Some(padding), ..Group::plain(content) }));
        } else {
            items.append(&mut content);
        }
        grouped(style, current, transform, outer, &context, items, out);
    }

    fn content(&mut self, node: &Node<'_>, outer: &Shape, edges: &Edges, context: &LengthContext, out: &mut Vec<Item>) {
        match &node.layer.content {
            Content::Box(_) => node.children.iter().for_each(|child| self.layer(child, out)),
            Content::Text(_) => super::text::emit(node, edges, context, out),
            Content::Picture(picture) => self.picture(node, picture, outer, edges, context, out),
            Content::Path(path) => path_item(node, path, edges, context, out),
        }
    }

    fn picture(
        &mut self,
        node: &Node<'_>,
        picture: &PlannedPicture,
        outer: &Shape,
        edges: &Edges,
        context: &LengthContext,
        out: &mut Vec<Item>,
    ) {
        let Some(found) = node.found else { return };
        let style = &node.layer.style;
        let inner = edges.content_box(&node.rect);
        let fit = object_fit(style, picture.svg);
        let (width, height) = fitted(fit, found.natural, (inner.width, inner.height));
        let (left, top) = position(style, found.focus, (inner.width, inner.height), (width, height), context);
        let dest = Rect::new(inner.x + left, inner.y + top, width, height);
        if let (Some(px), false) = (found.px, picture.svg) {
            let scale = width / px.max(1.0);
            if scale > 1.005 {
                self.notes.push(Note::image_enlarged(&node.layer.ident, scale));
            }
        }
        if dest.is_empty() || inner.is_empty() {
            return;
        }
        let clip = outer.inset(edges.border).inset(edges.padding);
        match found.view {
            None => out.push(Item::Picture(Picture { source: found.id, dest: dest.snapped(), clip })),
            Some(view) => {
                let dest = whole(&view, &dest).snapped();
                out.push(Item::Picture(Picture { source: found.id, dest, clip }));
            }
        }
    }

    /// Whether a box lies wholly outside of the canvas.
    fn is_off_canvas(&self, rect: &Rect) -> bool {
        let canvas = Rect::new(0.0, 0.0, self.canvas.0, self.canvas.1);
        !rect.is_empty() && canvas.intersect(&self.to_canvas.bounds(rect)).is_empty()
    }

    /// The layer's lines in the report; `unseen` is whether it draws something itself, outside of the canvas.
    fn report(&mut self, node: &Node<'_>, unseen: bool) {
        let ident = &node.layer.ident;
        let mut lines = Vec::new();
        if let Some(text) = &node.text {
            let (x, y) = text_origin(node, &node.edges);
            lines.extend(
                text.lines
                    .iter()
                    .map(|line| LaidLine { text: line.text.clone(), rect: Rect::new(x + line.x, y + line.y, line.width, line.height) }),
            );
            self.notes.extend(text.notes.iter().filter_map(|note| Note::of_text(ident, note)));
        }
        if unseen {
            self.notes.push(Note::off_canvas(ident, &node.rect));
        }
        let picture = node.found.map(|found| {
            let inner = node.edges.content_box(&node.rect);
            let fit = object_fit(&node.layer.style, matches!(&node.layer.content, Content::Picture(picture) if picture.svg));
            let scale = found.px.map(|px| fitted(fit, found.natural, (inner.width, inner.height)).0 / px.max(1.0));
            (found.id, scale)
        });
        self.layers.push(LaidLayer {
            ident: ident.clone(),
            rect: node.rect,
            font_size: node.text.as_ref().map(|t| t.font_size),
            lines,
            picture,
        });
    }
}

/// The top left corner of a text's lines: the content box's, moved by `align-content`.
pub(super) fn text_origin(node: &Node<'_>, edges: &Edges) -> (f32, f32) {
    let inner = edges.content_box(&node.rect);
    let free = inner.height - node.text.as_ref().map_or(0.0, |t| t.height);
    let down = match node.layer.style.align_content {
        Some(Align::Center | Align::SpaceAround | Align::SpaceEvenly) => free / 2.0,
        Some(Align::End | Align::FlexEnd) => free,
        _ => 0.0,
    };
    (inner.x, inner.y + down)
}

/// Where a picture of a size lies in a box, px from its left top corner. One that is placed by a point comes with it as near to the middle as its
/// own edges allow.
fn position(style: &Style, focus: Option<(f32, f32)>, inner: (f32, f32), size: (f32, f32), context: &LengthContext) -> (f32, f32) {
    let free = (inner.0 - size.0, inner.1 - size.1);
    match (&style.object_position, focus) {
        (ObjectPosition::At(x, y), _) => {
            let place = |position: &Length, free: f32| position.resolve(context, Some(free)).unwrap_or(free / 2.0);
            (place(x, free.0), place(y, free.1))
        }
        (ObjectPosition::Face, Some((x, y))) => {
            let place = |inner: f32, size: f32, at: f32, free: f32| (inner / 2.0 - at * size).clamp(free.min(0.0), free.max(0.0));
            (place(inner.0, size.0, x, free.0), place(inner.1, size.1, y, free.1))
        }
        (ObjectPosition::Face, None) => (free.0 / 2.0, free.1 / 2.0),
    }
}

/// Where the whole picture lands when a part of it lands in `dest`.
fn whole(view: &View, dest: &Rect) -> Rect {
    let (across, down) = (dest.width / view.part.width, dest.height / view.part.height);
    let (width, height) = (view.whole.0 * across, view.whole.1 * down);
    Rect::new(dest.x - view.part.x * across, dest.y - view.part.y * down, width, height)
}

/// How a picture is fitted; SVGs without a word about it are contained.
fn object_fit(style: &Style, svg: bool) -> ObjectFit {
    style.object_fit.unwrap_or(if svg { ObjectFit::Contain } else { ObjectFit::Fill })
}

/// The size of a picture in a box, as `object-fit` has it.
fn fitted(fit: ObjectFit, natural: Option<(f32, f32)>, inner: (f32, f32)) -> (f32, f32) {
    let Some((width, height)) = natural.filter(|n| n.0 > 0.0 && n.1 > 0.0) else { return inner };
    let (across, down) = (inner.0 / width, inner.1 / height);
    let scale = match fit {
        ObjectFit::Fill => return inner,
        ObjectFit::Contain => across.min(down),
        ObjectFit::Cover => across.max(down),
        ObjectFit::None => 1.0,
        ObjectFit::ScaleDown => across.min(down).min(1.0),
    };
    (width * scale, height * scale)
}

/// The corner radii in px, scaled down together until they fit, as CSS Backgrounds 3 section 4.5 has it.
fn radii(style: &Style, rect: &Rect, context: &LengthContext) -> Corners<(f32, f32)> {
    let one = |(x, y): &(Length, Length)| {
        let px = |l: &Length, of: f32| l.resolve(context, Some(of)).unwrap_or(0.0).max(0.0);
        (px(x, rect.width), px(y, rect.height))
    };
    let r = &style.border_radius;
    let (tl, tr, br, bl) = (one(&r.top_left), one(&r.top_right), one(&r.bottom_right), one(&r.bottom_left));
    let share = |room: f32, sum: f32| if sum > room { room / sum } else { 1.0 };
    let f = share(rect.width, tl.0 + tr.0)
        .min(share(rect.width, bl.0 + br.0))
        .min(share(rect.height, tl.1 + bl.1))
        .min(share(rect.height, tr.1 + br.1));
    let scaled = |c: (f32, f32)| (c.0 * f, c.1 * f);
    Corners { top_left: scaled(tl), top_right: scaled(tr), bottom_right: scaled(br), bottom_left: scaled(bl) }
}

fn backgrounds(style: &Style, current: Color, outer: &Shape, origin: &Rect, context: &LengthContext, out: &mut Vec<Item>) {
    let color = style.background_color.resolve(current);
    if color.a > 0.0 && !outer.rect.is_empty() {
        out.push(Item::Fill(*outer, Fill::Color(color)));
    }
    for image in style.background_images.iter().rev() {
        if origin.is_empty() {
            continue;
        }
        let gradient = gradient::resolve(image, origin, context);
        if *origin == outer.rect || hides_its_ground(style, current) {
            out.push(Item::Fill(*outer, Fill::Gradient(gradient)));
        } else {
            out.push(tiled(gradient, outer, origin));
        }
    }
}

/// Whether the border lets nothing of the background through.
fn hides_its_ground(style: &Style, current: Color) -> bool {
    let hides = |b: &css::Border| b.style == BorderStyle::Solid && b.color.resolve(current).a >= 1.0;
    let b = &style.border;
    hides(&b.top) && hides(&b.right) && hides(&b.bottom) && hides(&b.left)
}

/// A gradient as large as the padding box, repeated under the border, as CSS's `background-repeat` has it.
fn tiled(gradient: Gradient, outer: &Shape, origin: &Rect) -> Item {
    let steps = |before: f32, after: f32, size: f32| {
        let count = |room: f32| (room / size).ceil().clamp(0.0, 8.0) as i16;
        -count(before)..=count(after)
    };
    let mut tiles = Vec::new();
    for down in steps(origin.y - outer.rect.y, outer.rect.bottom() - origin.bottom(), origin.height) {
        for across in steps(origin.x - outer.rect.x, outer.rect.right() - origin.right(), origin.width) {
            let (x, y) = (f32::from(across) * origin.width, f32::from(down) * origin.height);
            let tile = origin.translate(x, y).intersect(&outer.rect);
            tiles.push(Item::Fill(Shape::rect(tile), Fill::Gradient(gradient.translate(x, y))));
        }
    }
    Item::Group(Group { clip: Some(*outer), ..Group::plain(tiles) })
}

fn shadows(style: &Style, current: Color, shape: &Shape, inset: bool, context: &LengthContext, out: &mut Vec<Item>) {
    let px = |l: &Length| l.resolve(context, None).unwrap_or(0.0);
    for shadow in style.box_shadow.iter().rev().filter(|s| s.inset == inset) {
        let color = shadow.color.resolve(current);
        if color.a > 0.0 {
            out.push(Item::Shadow(BoxShadow {
                shape: *shape,
                x: px(&shadow.x),
                y: px(&shadow.y),
                sigma: px(&shadow.blur) / 2.0,
                spread: px(&shadow.spread),
                color,
                inset,
            }));
        }
    }
}

fn border(style: &Style, current: Color, outer: &Shape, edges: &Edges, out: &mut Vec<Item>) {
    let widths = edges.border;
    if widths.top + widths.right + widths.bottom + widths.left <= 0.0 || outer.rect.is_empty() {
        return;
    }
    let b = &style.border;
    let styles = Sides { top: b.top.style, right: b.right.style, bottom: b.bottom.style, left: b.left.style };
    let colors = Sides {
        top: b.top.color.resolve(current),
        right: b.right.color.resolve(current),
        bottom: b.bottom.color.resolve(current),
        left: b.left.color.resolve(current),
    };
    let drawn = |s: BorderStyle| !matches!(s, BorderStyle::None | BorderStyle::Hidden);
    if drawn(styles.top) || drawn(styles.right) || drawn(styles.bottom) || drawn(styles.left) {
        out.push(Item::Border(Border { shape: *outer, widths, styles, colors }));
    }
}

/// The layer's items, in a group where the layer acts as one.
fn grouped(style: &Style, current: Color, transform: Affine, outer: Shape, context: &LengthContext, items: Vec<Item>, out: &mut Vec<Item>) {
    let mut group = Group {
        transform,
        opacity: style.opacity.clamp(0.0, 1.0),
        blend: style.mix_blend_mode,
        isolated: style.isolation,
        filters: filters(&style.filter, current, context),
        backdrop_filters: filters(&style.backdrop_filter, current, context),
        backdrop_clip: outer,
        clip: None,
        items: Vec::new(),
    };
    if group == (Group { backdrop_clip: outer, ..Group::plain(Vec::new()) }) {
        out.extend(items);
    } else {
        group.items = items;
        out.push(Item::Group(group));
    }
}

fn filters(list: &[CssFilter], current: Color, context: &LengthContext) -> Vec<Filter> {
    let px = |l: &Length| l.resolve(context, None).unwrap_or(0.0);
    list.iter()
        .map(|filter| match filter {
            CssFilter::Blur(sigma) => Filter::Blur { sigma: px(sigma) },
            CssFilter::Brightness(v) => Filter::Brightness(*v),
            CssFilter::Contrast(v) => Filter::Contrast(*v),
            CssFilter::Grayscale(v) => Filter::Grayscale(*v),
            CssFilter::HueRotate(degrees) => Filter::HueRotate { degrees: *degrees },
            CssFilter::Invert(v) => Filter::Invert(*v),
            CssFilter::Opacity(v) => Filter::Opacity(*v),
            CssFilter::Saturate(v) => Filter::Saturate(*v),
            CssFilter::Sepia(v) => Filter::Sepia(*v),
            CssFilter::DropShadow { x, y, blur, color } => {
                Filter::DropShadow { x: px(x), y: px(y), sigma: px(blur), color: color.resolve(current) }
            }
        })
        .collect()
}

/// The layer's transform about its origin, in canvas px.
fn transform(style: &Style, rect: &Rect, context: &LengthContext) -> Affine {
    if style.transform.is_empty() {
        return Affine::IDENTITY;
    }
    let px = |l: &Length, of: f32| l.resolve(context, Some(of)).unwrap_or(0.0);
    let tangent = |degrees: f32| {
        let (sin, cos) = sin_cos_degrees(degrees);
        sin / cos
    };
    let origin = (rect.x + px(&style.transform_origin.0, rect.width), rect.y + px(&style.transform_origin.1, rect.height));
    let list = style.transform.iter().fold(Affine::translate(origin.0, origin.1), |outer, op| {
        outer.then_inner(&match op {
            TransformOp::Translate(x, y) => Affine::translate(px(x, rect.width), px(y, rect.height)),
            TransformOp::Scale(x, y) => Affine::scale(*x, *y),
            TransformOp::Rotate(degrees) => Affine::rotate_degrees(*degrees),
            TransformOp::Skew(x, y) => Affine { c: tangent(*x), b: tangent(*y), ..Affine::IDENTITY },
            TransformOp::Matrix([a, b, c, d, e, f]) => Affine { a: *a, b: *b, c: *c, d: *d, e: *e, f: *f },
        })
    });
    list.then_inner(&Affine::translate(-origin.0, -origin.1))
}

/// A path in its content box; its `viewBox` is mapped as `xMidYMid meet`.
fn path_item(node: &Node<'_>, path: &PlannedPath, edges: &Edges, context: &LengthContext, out: &mut Vec<Item>) {
    let style = &node.layer.style;
    let current = node.layer.text.color.current();
    let inner = edges.content_box(&node.rect);
    let transform = match &path.view_box {
        Some(view) if !view.is_empty() => {
            let scale = (inner.width / view.width).min(inner.height / view.height);
            let x = inner.x + (inner.width - view.width * scale) / 2.0 - view.x * scale;
            let y = inner.y + (inner.height - view.height * scale) / 2.0 - view.y * scale;
            Affine::translate(x, y).then_inner(&Affine::scale(scale, scale))
        }
        _ => Affine::translate(inner.x, inner.y),
    };
    let paint = |paint: &Paint| match paint {
        Paint::None => None,
        Paint::Color(color) => Some(color.resolve(current)).filter(|c| c.a > 0.0),
    };
    let px = |l: &Length| l.resolve(context, Some(inner.width)).unwrap_or(0.0);
    let stroke = paint(&style.stroke).map(|color| Stroke {
        color,
        width: px(&style.stroke_width),
        join: style.stroke_linejoin,
        cap: style.stroke_linecap,
        dashes: style.stroke_dasharray.iter().map(px).collect(),
    });
    out.push(Item::Path(Path { segments: path.segments.clone(), transform, fill: paint(&style.fill), stroke }));
}
