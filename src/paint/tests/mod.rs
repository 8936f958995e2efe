//! The painter on small scenes: what it must write exactly, laws, hostile numbers, and a few pictures.

mod blend;
mod golden;
mod hostile;
mod laws;
mod plate;

use super::*;
use crate::css::style::{BlendMode, BorderStyle, Corners, Sides};
use crate::geom::{Point, Rect};
use crate::guard::Sentry;
use crate::scene::*;

/// Pictures by their number, and two glyphs: 0 is empty, all others are a triangle on the baseline.
pub(super) struct Stage {
    pub(super) frames: Vec<Frame>,
}

impl Pictures for Stage {
    fn picture(&self, id: PictureId) -> Option<&Frame> {
        self.frames.get(id.0 as usize)
    }
}

impl Outlines for Stage {
    fn outline(&self, face: FaceId, _: &[([u8; 4], f32)], glyph: u16) -> Option<Vec<Segment>> {
        let high = 0.5 + face.0 as f32 / 4.0;
        let p = Point::new;
        (glyph != 0).then(|| {
            vec![Segment::Move(p(0.05, 0.0)), Segment::Line(p(0.3, -high)), Segment::Quad(p(0.6, -0.4), p(0.55, 0.0)), Segment::Close]
        })
    }

    fn identity(&self) -> u64 {
        7
    }
}

/// A picture whose corners have four colours.
pub(super) fn photo() -> Frame {
    let mut bytes = Vec::new();
    for y in 0..40_u8 {
        for x in 0..60_u8 {
            bytes.extend_from_slice(&[x * 4, y * 6, 255 - x * 2, 255]);
        }
    }
    Frame::from_rgba(60, 40, bytes).unwrap()
}

pub(super) fn stage() -> Stage {
    Stage { frames: vec![photo()] }
}

pub(super) fn scene(width: u32, height: u32, items: Vec<Item>) -> Scene {
    Scene { size: (width, height), scale: 1.0, items }
}

pub(super) fn render(scene: &Scene) -> Frame {
    with(&stage(), &Limits::default(), |brush| paint(scene, brush, &mut PaintScratch::default())).unwrap()
}

/// Paints with the stage's pictures and other outlines or limits.
pub(super) fn with<R>(outlines: &dyn Outlines, limits: &Limits, paint: impl FnOnce(&Brush<'_>) -> R) -> R {
    paint(&Brush { pictures: &stage(), outlines, limits, sentry: &Sentry::default() })
}

pub(super) fn rgb(r: u8, g: u8, b: u8) -> Color {
    Color::from_rgba8(r, g, b, 255)
}

pub(super) fn round(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Shape {
    let r = (radius, radius);
    Shape { rect: Rect::new(x, y, width, height), radii: Corners { top_left: r, top_right: r, bottom_right: r, bottom_left: r } }
}

pub(super) fn fill(shape: Shape, color: Color) -> Item {
    Item::Fill(shape, Fill::Color(color))
}

pub(super) fn boxed(x: f32, y: f32, width: f32, height: f32, color: Color) -> Item {
    fill(Shape::rect(Rect::new(x, y, width, height)), color)
}

pub(super) fn shadow(shape: Shape, y: f32, sigma: f32, inset: bool) -> Item {
    let color = Color { a: 0.5, ..Color::BLACK };
    Item::Shadow(BoxShadow { shape, x: 0.0, y, sigma, spread: 0.0, color, inset })
}

pub(super) fn border(shape: Shape, width: f32, style: BorderStyle, colors: [Color; 4]) -> Item {
    let [top, right, bottom, left] = colors;
    Item::Border(Border { shape, widths: Sides::all(width), styles: Sides::all(style), colors: Sides { top, right, bottom, left } })
}

pub(super) fn linear(from: (f32, f32), to: (f32, f32), stops: &[(f32, Color)]) -> Fill {
    let line = GradientLine::Linear { from: Point::new(from.0, from.1), to: Point::new(to.0, to.1) };
    Fill::Gradient(Gradient { line, repeating: false, stops: stops.to_vec() })
}

pub(super) fn text(x: f32, y: f32, size: f32, color: Color) -> Glyphs {
    let glyphs = (0..4).map(|i| Glyph { id: i + 1, x: x + f32::from(i) * size * 0.63, y }).collect();
    Glyphs { face: FaceId(1), variations: Vec::new(), size, glyphs, fill: Fill::Color(color), stroke: None, blur_sigma: 0.0 }
}

pub(super) fn group(items: Vec<Item>, change: impl FnOnce(&mut Group)) -> Item {
    let mut group = Group::plain(items);
    change(&mut group);
    Item::Group(group)
}

pub(super) fn px(frame: &Frame, x: u32, y: u32) -> [u8; 4] {
    let at = (y as usize * frame.width() as usize + x as usize) * 4;
    frame.pixels()[at..at + 4].try_into().unwrap()
}

/// A scene that has some of everything.
pub(super) fn medley() -> Vec<Item> {
    let grey = Color { a: 0.4, ..rgb(90, 90, 90) };
    let mut shadowed = text(10.0, 60.0, 20.0, Color::BLACK);
    shadowed.blur_sigma = 2.5;
    let mut outlined = text(12.5, 58.25, 20.0, rgb(200, 30, 60));
    outlined.stroke = Some((1.5, rgb(0, 0, 90)));
    let turned = |items| group(items, |g| g.transform = Affine::translate(60.0, 20.0).then_inner(&Affine::rotate_degrees(20.0)));
    vec![
        fill(Shape::rect(Rect::new(0.0, 0.0, 120.0, 90.0)), Color::WHITE),
        Item::Fill(round(4.0, 4.0, 60.0, 40.0, 12.0), linear((4.0, 4.0), (64.0, 44.0), &[(0.0, rgb(255, 200, 0)), (1.0, rgb(0, 80, 255))])),
        shadow(round(70.0, 8.0, 40.0, 30.0, 6.0), 3.0, 4.0, false),
        shadow(round(70.0, 8.0, 40.0, 30.0, 6.0), 3.0, 3.0, true),
        border(round(70.0, 8.0, 40.0, 30.0, 6.0), 3.0, BorderStyle::Solid, [rgb(200, 0, 0), rgb(0, 90, 0), rgb(0, 0, 200), grey]),
        Item::Picture(Picture { source: PictureId(0), dest: Rect::new(10.0, 50.0, 45.0, 30.0), clip: round(10.0, 52.0, 40.0, 26.0, 5.0) }),
        Item::Glyphs(shadowed),
        Item::Glyphs(outlined),
        turned(vec![
            boxed(0.0, 0.0, 30.0, 20.0, grey),
            Item::Picture(Picture { source: PictureId(0), dest: Rect::new(5.0, 5.0, 30.0, 20.0), clip: round(5.0, 5.0, 20.0, 20.0, 4.0) }),
            Item::Glyphs(text(0.0, 30.0, 14.0, Color::BLACK)),
        ]),
        group(vec![boxed(60.0, 50.0, 30.0, 30.0, rgb(255, 90, 0)), boxed(75.0, 60.0, 30.0, 25.0, rgb(0, 90, 255))], |g| {
            g.opacity = 0.6;
            g.blend = BlendMode::Multiply;
            g.filters = vec![Filter::Blur { sigma: 1.5 }, Filter::Saturate(1.5)];
        }),
        group(vec![boxed(20.0, 20.0, 20.0, 20.0, grey)], |g| {
            g.backdrop_filters = vec![Filter::Blur { sigma: 2.0 }];
            g.backdrop_clip = round(18.0, 18.0, 30.0, 30.0, 8.0);
        }),
    ]
}
