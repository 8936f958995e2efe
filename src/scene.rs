//! The display list: what layout hands to paint, with nothing left to decide.
//!
//! All numbers are px of the template's canvas, all colours are straight sRGB, all percentages are gone; box edges are already snapped
//! to whole px where Chromium snaps them. Items are painted in order. `Debug` prints stably, so that layout tests can assert on a
//! scene as text and paint tests can start from one.

use crate::css::color::Color;
use crate::css::style::{BlendMode, BorderStyle, Corners, DecorationStyle, LineCap, LineJoin, Sides};
use crate::geom::{Affine, Point, Rect};

/// A canvas and what is on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scene {
    /// Width and height of the canvas, px.
    pub(crate) size: (u32, u32),
    /// Painted px per canvas px (`output.scale`).
    pub(crate) scale: f32,
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Group(Group),
    Fill(Shape, Fill),
    Shadow(BoxShadow),
    Border(Border),
    Picture(Picture),
    Glyphs(Glyphs),
    Line(TextLine),
    Path(Path),
}

/// Items that are transformed, clipped, filtered, faded or blended as one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// From the group's space to that of its parent.
    pub(crate) transform: Affine,
    pub(crate) opacity: f32,
    pub(crate) blend: BlendMode,
    /// Blend modes inside see only the group.
    pub(crate) isolated: bool,
    /// Applied in order to the group's picture.
    pub(crate) filters: Vec<Filter>,
    /// Applied in order to what lies under the group, inside `backdrop_clip`.
    pub(crate) backdrop_filters: Vec<Filter>,
    pub(crate) backdrop_clip: Shape,
    /// Nothing outside is painted (`overflow: hidden`); in the group's space.
    pub(crate) clip: Option<Shape>,
    pub(crate) items: Vec<Item>,
}

impl Group {
    /// A group that changes nothing.
    pub(crate) fn plain(items: Vec<Item>) -> Self {
        Self {
            transform: Affine::IDENTITY,
            opacity: 1.0,
            blend: BlendMode::Normal,
            isolated: false,
            filters: Vec::new(),
            backdrop_filters: Vec::new(),
            backdrop_clip: Shape::default(),
            clip: None,
            items,
        }
    }
}

/// A filter function with its lengths in px; amounts are factors, 1 is 100 %.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    Blur { sigma: f32 },
    Brightness(f32),
    Contrast(f32),
    Grayscale(f32),
    HueRotate { degrees: f32 },
    Invert(f32),
    Opacity(f32),
    Saturate(f32),
    Sepia(f32),
    DropShadow { x: f32, y: f32, sigma: f32, color: Color },
}

/// A rectangle with elliptical corners; radii already fit the rectangle as CSS scales them down.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Shape {
    pub(crate) rect: Rect,
    /// Horizontal and vertical radius of each corner.
    pub(crate) radii: Corners<(f32, f32)>,
}

impl Shape {
    pub(crate) fn rect(rect: Rect) -> Self {
        Self { rect, radii: Corners::default() }
    }

    pub(crate) fn is_rect(&self) -> bool {
        let square = |r: (f32, f32)| r.0 <= 0.0 || r.1 <= 0.0;
        let Corners { top_left, top_right, bottom_right, bottom_left } = self.radii;
        square(top_left) && square(top_right) && square(bottom_right) && square(bottom_left)
    }

    /// The shape inside a border of these widths: each radius loses the width beside it, as CSS has it.
    pub(crate) fn inset(&self, widths: Sides<f32>) -> Self {
        let less = |r: (f32, f32), x: f32, y: f32| ((r.0 - x).max(0.0), (r.1 - y).max(0.0));
        let Sides { top, right, bottom, left } = widths;
        let r = &self.radii;
        Self {
            rect: self.rect.inset([top, right, bottom, left]),
            radii: Corners {
                top_left: less(r.top_left, left, top),
                top_right: less(r.top_right, right, top),
                bottom_right: less(r.bottom_right, right, bottom),
                bottom_left: less(r.bottom_left, left, bottom),
            },
        }
    }
}

/// What a shape or a text is filled with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fill {
    Color(Color),
    Gradient(Gradient),
}

/// A gradient with its geometry in px.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gradient {
    pub(crate) line: GradientLine,
    pub(crate) repeating: bool,
    /// Offsets along the line, never falling, colour hints already turned into stops. Interpolated premultiplied. Offsets may lie
    /// outside 0 to 1.
    pub(crate) stops: Vec<(f32, Color)>,
}

impl Gradient {
    /// Moved by a vector.
    pub(crate) fn translate(&self, x: f32, y: f32) -> Self {
        let moved = |p: Point| Point::new(p.x + x, p.y + y);
        let line = match self.line.clone() {
            GradientLine::Linear { from, to } => GradientLine::Linear { from: moved(from), to: moved(to) },
            GradientLine::Radial { center, radius_x, radius_y } => GradientLine::Radial { center: moved(center), radius_x, radius_y },
            GradientLine::Conic { center, from_degrees } => GradientLine::Conic { center: moved(center), from_degrees },
        };
        Self { line, ..self.clone() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum GradientLine {
    Linear {
        from: Point,
        to: Point,
    },
    /// Offset 1 is at the radii.
    Radial {
        center: Point,
        radius_x: f32,
        radius_y: f32,
    },
    /// Offset 0 is `from_degrees` clockwise from upwards, offset 1 a full turn on.
    Conic {
        center: Point,
        from_degrees: f32,
    },
}

/// A box shadow. An outer one is not painted inside `shape` (the border box); an inset one only inside it (the padding box).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BoxShadow {
    pub(crate) shape: Shape,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) sigma: f32,
    pub(crate) spread: f32,
    pub(crate) color: Color,
    pub(crate) inset: bool,
}

/// A border between its outer shape and that shape inset by its widths.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Border {
    pub(crate) shape: Shape,
    /// 0 where the style draws nothing.
    pub(crate) widths: Sides<f32>,
    pub(crate) styles: Sides<BorderStyle>,
    pub(crate) colors: Sides<Color>,
}

/// A picture, scaled to fill `dest`, visible inside `clip` only.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    /// Which of the resources.
    pub(crate) source: PictureId,
    /// Where the whole picture lands; may reach outside `clip` and have fractional edges.
    pub(crate) dest: Rect,
    /// The layer's content box with its radii.
    pub(crate) clip: Shape,
}

/// The index of a need in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PictureId(pub(crate) u32);

/// Glyphs of one face, size and fill.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Glyphs {
    pub(crate) face: FaceId,
    /// Axis settings of a variable face, such as `wght`.
    pub(crate) variations: Vec<([u8; 4], f32)>,
    /// px per em.
    pub(crate) size: f32,
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) fill: Fill,
    /// Width and colour of a centred outline, painted over the fill as Chromium does.
    pub(crate) stroke: Option<(f32, Color)>,
    /// The Gaussian's sigma when these glyphs are a text shadow; 0 paints them sharp.
    pub(crate) blur_sigma: f32,
}

/// A glyph with the place of its origin on the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u16,
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// A face of the renderer's fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FaceId(pub(crate) u32);

/// An underline, overline or line-through.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextLine {
    pub(crate) rect: Rect,
    pub(crate) style: DecorationStyle,
    pub(crate) fill: Fill,
    /// As in [`Glyphs`].
    pub(crate) blur_sigma: f32,
}

/// An SVG path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    /// In the path's own units.
    pub(crate) segments: Vec<Segment>,
    /// From the path's units to px.
    pub(crate) transform: Affine,
    pub(crate) fill: Option<Color>,
    pub(crate) stroke: Option<Stroke>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Segment {
    Move(Point),
    Line(Point),
    Quad(Point, Point),
    Cubic(Point, Point, Point),
    Close,
}

/// An outline of a path, in the path's units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) width: f32,
    pub(crate) join: LineJoin,
    pub(crate) cap: LineCap,
    pub(crate) dashes: Vec<f32>,
}
