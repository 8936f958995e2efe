//! What is painted over plates is what is painted at once.

use proptest::prelude::*;

use super::*;

/// Paints a scene over plates of those of its items that are fixed; what each row is said to be must be true.
fn over(scene: &Scene, fixed: &[bool], count_under: usize) -> Option<Frame> {
    let items = scene.items.iter().zip(fixed).filter(|(_, fixed)| **fixed).map(|(item, _)| item.clone()).collect();
    let known = Scene { items, ..scene.clone() };
    with(&stage(), &Limits::default(), |brush| {
        let mut scratch = PaintScratch::default();
        let plates = Plates::paint(&known, count_under, brush, &mut scratch).unwrap();
        let (frame, touched) = paint_over(&plates, scene, fixed, brush, &mut scratch).unwrap()?;
        for ((row, known), touched) in frame.rows().zip(plates.all().rows()).zip(touched) {
            assert!(touched || row == known, "a row changed that is said to be as it was");
        }
        Some(frame)
    })
}

fn below(fixed: &[bool]) -> usize {
    fixed.iter().take_while(|fixed| **fixed).count()
}

#[test]
fn any_one_item_of_a_medley_may_be_the_rows() {
    let whole = scene(120, 90, medley());
    for i in 0..whole.items.len() {
        let fixed: Vec<bool> = (0..whole.items.len()).map(|other| other != i).collect();
        assert!(over(&whole, &fixed, below(&fixed)) == Some(render(&whole)), "{i}: {:?}", whole.items[i]);
    }
}

#[test]
fn rows_of_fixed_items_alone_are_told() {
    let items = vec![boxed(0.0, 0.0, 120.0, 90.0, Color::WHITE), boxed(10.0, 20.0, 50.0, 12.0, Color::BLACK)];
    let whole = scene(120, 90, items);
    with(&stage(), &Limits::default(), |brush| {
        let known = Scene { items: whole.items[..1].to_vec(), ..whole.clone() };
        let mut scratch = PaintScratch::default();
        let plates = Plates::paint(&known, 1, brush, &mut scratch).unwrap();
        let (_, touched) = paint_over(&plates, &whole, &[true, false], brush, &mut scratch).unwrap().unwrap();
        let rows: Vec<usize> = touched.iter().enumerate().filter(|(_, touched)| **touched).map(|(y, _)| y).collect();
        assert_eq!(rows, (20..32).collect::<Vec<_>>());
    });
}

#[test]
fn plates_of_what_lies_higher_are_not_used() {
    let whole = scene(120, 90, medley());
    let mut fixed = vec![true; whole.items.len()];
    fixed[1] = false;
    assert!(over(&whole, &fixed, 3).is_none());
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn painted_over_plates_or_at_once(
        items in prop::collection::vec((item(), prop::bool::weighted(0.6)), 1..12),
        fewer in 0..3_usize,
        scale in prop::sample::select(vec![1.0, 1.0, 1.5]),
    ) {
        let (items, fixed): (Vec<Item>, Vec<bool>) = items.into_iter().unzip();
        let whole = Scene { size: (64, 48), scale, items };
        let painted = over(&whole, &fixed, below(&fixed).saturating_sub(fewer)).expect("the plates lie under the first item of the row");
        prop_assert!(painted == render(&whole));
    }
}
