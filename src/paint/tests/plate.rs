//! What is painted over plates is what is painted at once.

use proptest::prelude::*;

use super::*;
use crate::codec::Window;
use crate::paint::picture::Replacing;
use crate::pixel::Touched;

/// Paints a scene over plates of those of its leaves that are fixed; what is said to be as it was must be.
fn over(scene: &Scene, fixed: &[bool], count_under: usize, layer_bytes: usize) -> Frame {
    with(&stage(), &Limits::default(), |brush| over_with(brush, scene, fixed, count_under, layer_bytes))
}

fn over_with(brush: &Brush<'_>, scene: &Scene, fixed: &[bool], count_under: usize, layer_bytes: usize) -> Frame {
    let known = Scene { items: kept(scene.items.clone(), &mut fixed.iter().copied()), ..scene.clone() };
    let mut scratch = PaintScratch::default();
    let mut left = layer_bytes;
    let mut has_room = |bytes: usize| left.checked_sub(bytes).map(|rest| left = rest).is_some();
    let plates = Plates::paint(&known, count_under, &mut has_room, brush, &mut scratch).unwrap();
    let (frame, touched) = paint_over(&plates, scene, &Leaves::of(scene), fixed, brush, &mut scratch).unwrap().unwrap();
    for (y, (row, known)) in frame.rows().zip(plates.all().rows()).enumerate() {
        let cells = row.chunks(Touched::WIDTH * 4).zip(known.chunks(Touched::WIDTH * 4));
        for (column, (row, known)) in cells.enumerate() {
            assert!(touched.column(column, y, y + 1) || row == known, "px changed that are said to be as they were");
        }
    }
    frame
}

/// Pictures of which what is seen was decoded at the size that it lands at, as photos are; some can be seen through.
struct Landed(Vec<(Frame, Option<Window>)>);

impl Landed {
    /// Those of a scene, in which each place gets a picture of its own.
    fn of(scene: &mut Scene) -> Self {
        let mut count = 0;
        number(&mut scene.items, &mut count);
        let windows = landings(scene);
        let frames = (0..count).map(|i| {
            let window = windows.get(&PictureId(i)).copied().flatten();
            let (width, height) = window.map_or((9, 7), |window| (window.width, window.height));
            let alpha = if i % 4 == 3 { 130 } else { 255 };
            let noise = |px: u32| (px + 77 * i).wrapping_mul(0x9e37_79b9).to_be_bytes();
            let px = (0..width * height).flat_map(|px| [noise(px)[0], noise(px)[1], noise(px)[2], alpha]).collect();
            (Frame::from_rgba(width, height, px).unwrap(), window)
        });
        Self(frames.collect())
    }
}

fn number(items: &mut [Item], count: &mut u32) {
    for item in items {
        match item {
            Item::Group(group) => number(&mut group.items, count),
            Item::Picture(picture) => {
                picture.source = PictureId(*count);
                *count += 1;
            }
            _ => {}
        }
    }
}

impl Pictures for Landed {
    fn picture(&self, id: PictureId) -> Option<&Frame> {
        self.0.get(id.0 as usize).map(|(frame, _)| frame)
    }

    fn window(&self, id: PictureId) -> Option<&Window> {
        self.0.get(id.0 as usize)?.1.as_ref()
    }
}

#[test]
fn a_photo_is_copied_in_place_of_what_it_hides() {
    let picture = |clip| Item::Picture(Picture { source: PictureId(0), dest: Rect::new(10.0, 5.0, 40.0, 30.0), clip });
    let replaced = |item: &Item, opacity: f32| {
        let mut whole = scene(60, 48, vec![item.clone()]);
        let landed = Landed::of(&mut whole);
        let brush = Brush { pictures: &landed, outlines: &stage(), limits: &Limits::default(), sentry: &Sentry::default() };
        let mut scratch = PaintScratch::default();
        let frame = Frame::new(60, 48, &Limits::default()).unwrap();
        let state = State { opacity, ..State::new(1.0, &frame) };
        let Replacing { area, pixels, .. } = Painter::new(&brush, &mut scratch).replaces(&state, &whole.items[0], &state.clip.area)?;
        assert_eq!(pixels.row(area.top, area.left, area.right).len(), area.width() * 4);
        Some((area.left, area.top, area.right, area.bottom))
    };
    let rect = Shape::rect(Rect::new(10.0, 5.0, 40.0, 30.0));
    assert_eq!(replaced(&picture(rect), 1.0), Some((10, 5, 50, 35)));
    assert_eq!(replaced(&picture(round(10.0, 5.0, 40.0, 30.0, 6.0)), 1.0), Some((10, 11, 50, 29)));
    assert_eq!(replaced(&picture(round(10.0, 5.0, 40.0, 30.0, 15.0)), 1.0), None);
    assert_eq!(replaced(&picture(rect), 0.5), None);
    assert_eq!(replaced(&boxed(0.0, 0.0, 60.0, 48.0, Color::WHITE), 1.0), None);
}

const ROOM: usize = 1 << 20;

fn below(fixed: &[bool]) -> usize {
    fixed.iter().take_while(|fixed| **fixed).count()
}

#[test]
fn any_one_leaf_of_a_medley_may_be_the_rows() {
    let whole = scene(120, 90, medley());
    let count = Leaves::of(&whole).len();
    assert!(count > whole.items.len(), "some of its groups can be taken apart");
    let painted = render(&whole);
    for i in 0..count {
        let fixed: Vec<bool> = (0..count).map(|other| other != i).collect();
        for room in [0, ROOM] {
            assert!(over(&whole, &fixed, below(&fixed), room) == painted, "{i}");
        }
    }
}

#[test]
fn where_it_may_differ_is_told() {
    let items = vec![boxed(0.0, 0.0, 120.0, 90.0, Color::WHITE), boxed(20.0, 20.0, 50.0, 12.0, Color::BLACK)];
    let whole = scene(120, 90, items);
    with(&stage(), &Limits::default(), |brush| {
        let known = Scene { items: whole.items[..1].to_vec(), ..whole.clone() };
        let mut scratch = PaintScratch::default();
        let plates = Plates::paint(&known, 1, &mut |_| true, brush, &mut scratch).unwrap();
        let (_, touched) = paint_over(&plates, &whole, &Leaves::of(&whole), &[true, false], brush, &mut scratch).unwrap().unwrap();
        let mut expected = Touched::nothing(120, 90);
        expected.mark(20, 20, 70, 32);
        assert_eq!(touched, expected);
    });
}

/// The row has brought something in below what was thought to lie under all of its.
#[test]
fn plates_of_what_lies_higher_are_of_use_too() {
    let whole = scene(120, 90, medley());
    let mut fixed = vec![true; Leaves::of(&whole).len()];
    fixed[1] = false;
    assert!(over(&whole, &fixed, 3, ROOM) == render(&whole));
}

#[test]
fn what_stands_in_a_group_that_clips_is_a_leaf_of_its_own() {
    let inner = vec![boxed(0.0, 0.0, 60.0, 60.0, rgb(9, 90, 9)), boxed(10.0, 10.0, 90.0, 20.0, rgb(90, 9, 9))];
    let card = |change: fn(&mut Group)| scene(120, 90, vec![group(inner.clone(), change)]);
    let count = |scene: &Scene| Leaves::of(scene).len();
    assert_eq!(count(&card(|g| g.clip = Some(round(5.0, 5.0, 50.0, 40.0, 9.0)))), 2);
    assert_eq!(count(&card(|g| g.transform = Affine::rotate_degrees(20.0))), 2);
    assert_eq!(count(&card(|g| g.opacity = 0.5)), 1);
    assert_eq!(count(&card(|g| g.blend = BlendMode::Multiply)), 1);
    assert_eq!(count(&card(|g| g.filters = vec![Filter::Invert(1.0)])), 1);
    let whole = card(|g| g.clip = Some(round(5.0, 5.0, 50.0, 40.0, 9.0)));
    let turned = card(|g| (g.clip, g.transform) = (Some(round(5.0, 5.0, 50.0, 40.0, 9.0)), Affine::translate(1.0, 0.0)));
    let (one, other) = (Leaves::of(&whole), Leaves::of(&turned));
    assert!(one.stands_as(0, &one, 1) && !one.stands_as(0, &other, 0));
}

/// One item of any kind somewhere on 64 x 48 px.
fn item() -> impl Strategy<Value = Item> {
    let place = (-8.0..56.0_f32, -8.0..40.0_f32, 1.0..50.0_f32, 1.0..40.0_f32, prop::bool::ANY);
    (place, 0..11_u8, any::<[u8; 3]>(), 0.1..1.0_f32).prop_map(|((x, y, width, height, whole), kind, [r, g, b], alpha)| {
        let snap = |v: f32| if whole { v.round() } else { v };
        let (x, y, width, height) = (snap(x), snap(y), snap(width).max(1.0), snap(height).max(1.0));
        let shape = round(x, y, width, height, (height / 3.0).min(width / 3.0));
        let color = Color { a: alpha, ..rgb(r, g, b) };
        let inside = |change: &dyn Fn(&mut Group)| {
            let two = vec![boxed(x, y, width, height, color), fill(shape, Color { a: 0.7, ..rgb(b, r, g) })];
            group(two, |g| change(g))
        };
        match kind {
            0 => boxed(x, y, width, height, rgb(r, g, b)),
            1 => fill(shape, color),
            2 => Item::Fill(shape, linear((x, y), (x + width, y + height), &[(0.0, color), (1.0, rgb(g, b, r))])),
            3 => shadow(shape, 2.0, 3.0, alpha > 0.5),
            4 => Item::Picture(Picture { source: PictureId(0), dest: Rect::new(x, y, width, height), clip: shape }),
            5 => Item::Glyphs(text(x, y + height, 9.0 + 9.0 * alpha, color)),
            6 => inside(&|g| g.opacity = alpha),
            7 => inside(&|g| g.blend = if alpha > 0.5 { BlendMode::Multiply } else { BlendMode::Screen }),
            8 => inside(&|g| g.filters = vec![Filter::Blur { sigma: 2.0 * alpha }]),
            9 => inside(&|g| (g.transform, g.clip) = (Affine::rotate_degrees(30.0 * alpha), Some(shape))),
            _ => inside(&|g| (g.backdrop_filters, g.backdrop_clip) = (vec![Filter::Blur { sigma: 2.0 }], shape)),
        }
    })
}

/// Any item, some of them in groups that paint straight on, or not, two deep.
fn nested() -> impl Strategy<Value = Item> {
    let around = (0..5_u8, 0.0..1.0_f32, prop::bool::ANY);
    item().prop_recursive(2, 8, 4, move |inside| {
        (prop::collection::vec(inside, 1..4), around.clone()).prop_map(|(items, (kind, by, isolated))| {
            group(items, |g| {
                g.isolated = isolated;
                match kind {
                    0 => g.clip = Some(round(4.0 + 20.0 * by, 3.0, 30.0, 40.0, 12.0 * by)),
                    1 => g.transform = Affine::translate(9.0 * by, -4.0 * by),
                    2 => (g.transform, g.clip) = (Affine::rotate_degrees(40.0 * by), Some(round(2.0, 2.0, 50.0, 30.0, 6.0))),
                    3 => g.opacity = by,
                    _ => g.filters = vec![Filter::DropShadow { x: 3.0, y: 2.0, sigma: 2.0 * by, color: rgb(0, 0, 90) }],
                }
            })
        })
    })
}

/// `PROPTEST_CASES` may ask for more.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.max(192), ..asked }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn painted_over_plates_or_at_once(
        items in prop::collection::vec(nested(), 1..10),
        fixed in prop::collection::vec(prop::bool::weighted(0.6), 100),
        under in 0..6_usize,
        room in prop::sample::select(vec![0, 9000, ROOM]),
        scale in prop::sample::select(vec![1.0, 1.0, 1.5]),
    ) {
        let mut whole = Scene { size: (64, 48), scale, items };
        let fixed: Vec<bool> = fixed.into_iter().cycle().take(Leaves::of(&whole).len()).collect();
        // as many as lie under the row's first leaf, fewer, or more
        let count_under = (below(&fixed) + 2).saturating_sub(under);
        prop_assert!(over(&whole, &fixed, count_under, room) == render(&whole));
        let landed = Landed::of(&mut whole);
        let brush = Brush { pictures: &landed, outlines: &stage(), limits: &Limits::default(), sentry: &Sentry::default() };
        let at_once = paint(&whole, &brush, &mut PaintScratch::default()).unwrap();
        prop_assert!(over_with(&brush, &whole, &fixed, count_under, room) == at_once);
    }

    /// What is said to be around an item is around it: painted on a canvas of that size alone, nothing is missing.
    #[test]
    fn nothing_is_painted_outside_of_an_items_bounds(item in nested(), scale in prop::sample::select(vec![1.0, 1.5])) {
        let whole = Scene { size: (64, 48), scale, items: vec![item] };
        let painted = render(&whole);
        let state = State::new(scale, &painted);
        let mut scratch = PaintScratch::default();
        let area = with(&stage(), &Limits::default(), |brush| {
            Painter::new(brush, &mut scratch).item_bounds(&whole.items[0], &state.ctm, &state.clip.area)
        });
        for (y, row) in painted.rows().enumerate() {
            for (x, px) in row.as_chunks::<4>().0.iter().enumerate() {
                let (x, y) = (x as i32, y as i32);
                let is_inside = (area.left..area.right).contains(&x) && (area.top..area.bottom).contains(&y);
                prop_assert!(is_inside || *px == [0; 4], "{} {} outside of {:?}", x, y, area);
            }
        }
    }
}
