//! A scene onto a frame.
//!
//! In comes a [`Scene`], decoded pictures and glyph outlines, out goes a [`Frame`]. Everything is painted in device px at once: a group's
//! transform, and the scene's scale, map outlines before they are filled, so nothing that could be drawn sharp is ever resampled; only
//! pictures are. A group takes a layer of its own only where opacity, blending, a filter or isolation needs one, and then only of its
//! own bounds. All painting ends in [`canvas::compose`]: rows of a source, through runs of a coverage, inside a clip.

mod area;
mod blend;
mod blur;
mod border;
mod bounds;
mod canvas;
mod coverage;
mod filter;
mod gradient;
mod group;
mod landing;
mod leaves;
mod path;
mod picture;
mod plate;
mod scratch;
mod shadow;
#[cfg(test)]
mod tests;
mod text;

use crate::codec::Window;
use crate::css::color::Color;
use crate::error::{Code, Error, Fault};
use crate::geom::Affine;
use crate::guard::Sentry;
use crate::limits::Limits;
use crate::pixel::Frame;
use crate::scene::{FaceId, Fill, Item, PictureId, Scene, Segment, Shape, Stroke};
use area::Area;
use canvas::{Canvas, Clip, Ink, Source, compose};
use coverage::Coverage;
use gradient::Shader;
use path::Outline;
use tiny_skia::FillRule;

pub(crate) use landing::landings;
pub(crate) use leaves::{Leaves, kept};
pub(crate) use plate::{Plates, paint_over};
pub(crate) use scratch::PaintScratch;

/// The decoded pictures of a scene.
pub(crate) trait Pictures {
    /// Decoded and premultiplied; it may be smaller than the file says. `None` paints nothing.
    fn picture(&self, id: PictureId) -> Option<&Frame>;

    /// What the frame is, where it is not the picture but what is seen of it, at the size that it [lands](landings) at.
    fn window(&self, _id: PictureId) -> Option<&Window> {
        None
    }
}

/// The glyphs of a scene.
pub(crate) trait Outlines {
    /// A glyph's outline in units of 1 em, y downwards, its origin at 0, 0. `None` paints nothing.
    fn outline(&self, face: FaceId, variations: &[([u8; 4], f32)], glyph: u16) -> Option<Vec<Segment>>;

    /// A digest of all faces: glyph masks are remembered under it.
    fn identity(&self) -> u64;
}

/// What a scene is painted with.
#[derive(Clone, Copy)]
pub(crate) struct Brush<'a> {
    pub(crate) pictures: &'a dyn Pictures,
    pub(crate) outlines: &'a dyn Outlines,
    pub(crate) limits: &'a Limits,
    pub(crate) sentry: &'a Sentry<'a>,
}

/// Paints a scene onto a new frame.
pub(crate) fn paint(scene: &Scene, brush: &Brush<'_>, scratch: &mut PaintScratch) -> Result<Frame, Error> {
    let (mut frame, state) = blank(scene, brush.limits)?;
    let mut canvas = Canvas::new(state.clip.area, frame.pixels_mut(), brush.sentry);
    Painter::new(brush, scratch).items(&mut canvas, &state, &scene.items, 0)?;
    brush.sentry.held()?;
    Ok(frame)
}

/// A transparent frame of a scene's size, and what its items begin with.
fn blank(scene: &Scene, limits: &Limits) -> Result<(Frame, State), Error> {
    let scale = scene.scale;
    let side = |px: u32| (px as f32 * scale + 0.5).floor().max(1.0) as u32;
    let frame = Frame::new(side(scene.size.0), side(scene.size.1), limits)?;
    if !(scale.is_finite() && scale > 0.0) {
        return Err(Fault::new(Code::BadArgument, "output.scale", format!("the scale must be positive, found {scale}")).into());
    }
    let state = State::new(scale, &frame);
    Ok((frame, state))
}

/// What painting needs all along.
struct Painter<'a> {
    pictures: &'a dyn Pictures,
    outlines: &'a dyn Outlines,
    scratch: &'a mut PaintScratch,
    limits: &'a Limits,
    sentry: &'a Sentry<'a>,
    /// Pixels of all layers that are open.
    layer_pixels: u64,
}

/// What an item inherits from the groups around it.
#[derive(Clone)]
struct State {
    /// From the item's space to device px.
    ctm: Affine,
    clip: Clip,
    /// The opacity of a group that holds one item only.
    opacity: f32,
    /// Box edges are moved to whole px: only the scene's scale is between them and the canvas.
    snap: bool,
}

impl State {
    fn new(scale: f32, frame: &Frame) -> Self {
        let side = |px: u32| i32::try_from(px).unwrap_or(i32::MAX);
        let area = Area::new(0, 0, side(frame.width()), side(frame.height()));
        Self { ctm: Affine::scale(scale, scale), clip: Clip::area(area), opacity: 1.0, snap: scale != 1.0 }
    }

    /// A shape's map to device px and the shape, with its edges snapped where they must be.
    fn place(&self, shape: &Shape) -> (Shape, Affine) {
        match coverage::upright(shape, &self.ctm) {
            Some(shape) if self.snap => (Shape { rect: shape.rect.snapped(), ..shape }, Affine::IDENTITY),
            _ => (*shape, self.ctm),
        }
    }

    /// A colour under the opacity.
    fn tint(&self, color: Color) -> [u8; 4] {
        premultiplied(Color { a: color.a * self.opacity, ..color })
    }

    /// The opacity of pixels.
    fn alpha(&self) -> u8 {
        alpha(self.opacity)
    }

    fn coverage(&self, shape: &Shape, visible: &Area) -> Coverage {
        let (shape, map) = self.place(shape);
        Coverage::of_shape(&shape, &map, visible)
    }
}

impl<'a> Painter<'a> {
    fn new(brush: &Brush<'a>, scratch: &'a mut PaintScratch) -> Self {
        let Brush { pictures, outlines, limits, sentry } = *brush;
        scratch.glyphs.belong_to(outlines.identity());
        Self { pictures, outlines, scratch, limits, sentry, layer_pixels: 0 }
    }

    fn items(&mut self, canvas: &mut Canvas<'_>, state: &State, items: &[Item], depth: u32) -> Result<(), Error> {
        if state.clip.area.intersect(&canvas.area).is_empty() {
            return Ok(());
        }
        for item in items {
            self.sentry.check()?;
            match item {
                Item::Group(group) => self.group(canvas, state, group, depth)?,
                Item::Fill(shape, fill) => self.fill(canvas, state, shape, fill),
                Item::Shadow(shadow) => self.shadow(canvas, state, shadow),
                Item::Border(border) => self.border(canvas, state, border),
                Item::Picture(picture) => self.picture(canvas, state, picture)?,
                Item::Glyphs(glyphs) => self.glyphs(canvas, state, glyphs),
                Item::Line(line) => self.text_line(canvas, state, line),
                Item::Path(path) => self.path(canvas, state, path),
            }
        }
        Ok(())
    }

    fn fill(&mut self, canvas: &mut Canvas<'_>, state: &State, shape: &Shape, fill: &Fill) {
        let visible = state.clip.area.intersect(&canvas.area);
        let coverage = state.coverage(shape, &visible);
        self.filled(canvas, state, &coverage, fill);
    }

    /// A coverage in a colour or gradient.
    fn filled(&mut self, canvas: &mut Canvas<'_>, state: &State, coverage: &Coverage, fill: &Fill) {
        let rows = &mut self.scratch.rows;
        match fill {
            Fill::Color(color) => {
                compose(canvas, &state.clip, coverage, &Ink::new(Source::Color(state.tint(*color)), 255), rows);
            }
            Fill::Gradient(gradient) => {
                if let Some(shader) = Shader::new(gradient, &state.ctm, state.opacity) {
                    compose(canvas, &state.clip, coverage, &Ink::new(Source::Gradient(&shader), 255), rows);
                }
            }
        }
    }

    fn path(&mut self, canvas: &mut Canvas<'_>, state: &State, item: &crate::scene::Path) {
        let visible = state.clip.area.intersect(&canvas.area);
        let map = state.ctm.then_inner(&item.transform);
        if let Some(color) = item.fill {
            let mut outline = Outline::new(map);
            outline.segments(&item.segments);
            if let Some(path) = outline.finish() {
                self.filled(canvas, state, &Coverage::of_path(&path, FillRule::Winding, &visible), &Fill::Color(color));
            }
        }
        if let Some(stroke) = &item.stroke
            && let Some(path) = stroked(&item.segments, stroke, &map)
        {
            self.filled(canvas, state, &Coverage::of_path(&path, FillRule::Winding, &visible), &Fill::Color(stroke.color));
        }
    }
}

/// The outline of a stroke, in device px.
fn stroked(segments: &[Segment], stroke: &Stroke, map: &Affine) -> Option<tiny_skia::Path> {
    use crate::css::style::{LineCap, LineJoin};
    let scale = device_scale(map);
    let mut outline = Outline::new(Affine::IDENTITY);
    outline.segments(segments);
    let mut path = outline.finish()?;
    let options = tiny_skia::Stroke {
        width: stroke.width,
        miter_limit: 4.0,
        line_cap: match stroke.cap {
            LineCap::Butt => tiny_skia::LineCap::Butt,
            LineCap::Round => tiny_skia::LineCap::Round,
            LineCap::Square => tiny_skia::LineCap::Square,
        },
        line_join: match stroke.join {
            LineJoin::Miter => tiny_skia::LineJoin::Miter,
            LineJoin::Round => tiny_skia::LineJoin::Round,
            LineJoin::Bevel => tiny_skia::LineJoin::Bevel,
        },
        dash: None,
    };
    if let Some(dash) = tiny_skia::StrokeDash::new(dashes(&stroke.dashes), 0.0) {
        path = path.dash(&dash, scale)?;
    }
    let path = path.stroke(&options, scale)?;
    path.transform(tiny_skia::Transform::from_row(map.a, map.b, map.c, map.d, map.e, map.f))
}

/// An odd list of dashes is taken twice, as in SVG.
fn dashes(dashes: &[f32]) -> Vec<f32> {
    let twice = dashes.len() % 2 == 1;
    dashes.iter().chain(dashes.iter().filter(|_| twice)).copied().collect()
}

/// How much larger than in the item's space things are on the canvas.
fn device_scale(map: &Affine) -> f32 {
    let scale = (map.a * map.d - map.b * map.c).abs().sqrt();
    if scale.is_finite() { scale } else { 0.0 }
}

/// A sigma in device px, within what is drawn.
fn device_sigma(sigma: f32, map: &Affine) -> f32 {
    (sigma * device_scale(map)).clamp(0.0, blur::MAX_SIGMA)
}

/// A shadow's sigma in device px, within what is drawn.
fn shadow_sigma(sigma: f32, map: &Affine) -> f32 {
    device_sigma(sigma, map).min(blur::MAX_SHADOW_SIGMA)
}

/// Eight bits first, then the product, as Skia does it.
fn premultiplied(color: Color) -> [u8; 4] {
    let a = alpha(color.a);
    let part = |v: f32| crate::simd::div255(u32::from(alpha(v)) * u32::from(a));
    [part(color.r), part(color.g), part(color.b), a]
}

/// A share as a byte.
fn alpha(share: f32) -> u8 {
    (share.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
}
