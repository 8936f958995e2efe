//! What must hold whatever is painted.

use super::*;

#[test]
fn whole_px_rectangles_are_exact() {
    let frame = render(&scene(8, 6, vec![boxed(2.0, 1.0, 3.0, 4.0, rgb(10, 20, 30))]));
    for y in 0..6 {
        for x in 0..8 {
            let inside = (2..5).contains(&x) && (1..5).contains(&y);
            assert_eq!(px(&frame, x, y), if inside { [10, 20, 30, 255] } else { [0; 4] }, "{x} {y}");
        }
    }
}

#[test]
fn half_covered_px_are_half_painted() {
    let frame = render(&scene(4, 2, vec![boxed(0.5, 0.0, 2.0, 2.0, Color::BLACK)]));
    assert_eq!([0, 1, 2, 3].map(|x| px(&frame, x, 0)[3]), [128, 255, 128, 0]);
}

#[test]
fn opaque_over_anything_is_itself() {
    let cover = boxed(0.0, 0.0, 120.0, 90.0, rgb(1, 2, 3));
    let mut items = medley();
    items.push(cover.clone());
    assert_eq!(render(&scene(120, 90, items)), render(&scene(120, 90, vec![cover])));
}

#[test]
fn an_invisible_item_changes_nothing() {
    let expected = render(&scene(120, 90, medley()));
    let clear = Color { a: 0.0, ..Color::BLACK };
    let invisible = [
        boxed(0.0, 0.0, 50.0, 50.0, clear),
        boxed(3.0, 3.0, 0.0, 50.0, Color::BLACK),
        boxed(500.0, 3.0, 10.0, 50.0, Color::BLACK),
        shadow(round(-500.0, 0.0, 20.0, 20.0, 3.0), 0.0, 10.0, false),
        border(round(5.0, 5.0, 40.0, 40.0, 9.0), 0.0, BorderStyle::Solid, [Color::BLACK; 4]),
        border(round(5.0, 5.0, 40.0, 40.0, 9.0), 4.0, BorderStyle::Solid, [clear; 4]),
        Item::Picture(Picture { source: PictureId(9), dest: Rect::new(0.0, 0.0, 9.0, 9.0), clip: round(0.0, 0.0, 9.0, 9.0, 0.0) }),
        Item::Glyphs(Glyphs { glyphs: vec![Glyph { id: 0, x: 5.0, y: 50.0 }], ..text(0.0, 0.0, 20.0, Color::BLACK) }),
        group(vec![boxed(0.0, 0.0, 50.0, 50.0, Color::BLACK)], |g| g.opacity = 0.0),
        group(vec![boxed(0.0, 0.0, 50.0, 50.0, Color::BLACK)], |g| g.transform = Affine::scale(0.0, 1.0)),
        group(vec![boxed(0.0, 0.0, 50.0, 50.0, Color::BLACK)], |g| g.clip = Some(Shape::rect(Rect::new(60.0, 0.0, 9.0, 9.0)))),
        group(Vec::new(), |g| g.filters = vec![Filter::Blur { sigma: 9.0 }]),
    ];
    for item in invisible {
        let mut items = medley();
        items.push(item.clone());
        assert!(render(&scene(120, 90, items)) == expected, "{item:?}");
    }
}

#[test]
fn a_used_scratch_gives_the_bytes_of_a_fresh_one() {
    let (one, other) = (scene(120, 90, medley()), Scene { scale: 1.7, ..scene(70, 90, medley()) });
    let mut scratch = PaintScratch::default();
    let mut used = |scene: &Scene| with(&stage(), &Limits::default(), |brush| paint(scene, brush, &mut scratch)).unwrap();
    for scene in [&one, &other, &one, &one, &other] {
        assert!(used(scene) == render(scene));
    }
}

#[test]
fn glyph_masks_of_other_fonts_are_not_used() {
    struct Other(Stage);
    impl Outlines for Other {
        fn outline(&self, _: FaceId, variations: &[([u8; 4], f32)], glyph: u16) -> Option<Vec<Segment>> {
            self.0.outline(FaceId(3), variations, glyph)
        }
        fn identity(&self) -> u64 {
            8
        }
    }
    let scene = scene(120, 40, vec![Item::Glyphs(text(5.0, 30.0, 24.0, Color::BLACK))]);
    let fresh = |outlines: &dyn Outlines, scratch: &mut PaintScratch| {
        with(outlines, &Limits::default(), |brush| paint(&scene, brush, scratch)).unwrap()
    };
    let mut scratch = PaintScratch::default();
    let first = fresh(&stage(), &mut scratch);
    let second = fresh(&Other(stage()), &mut scratch);
    assert!(first != second && second == fresh(&Other(stage()), &mut PaintScratch::default()));
}

#[test]
fn a_group_that_changes_nothing_is_no_group() {
    let expected = render(&scene(120, 90, medley()));
    assert!(render(&scene(120, 90, vec![group(medley(), |_| {})])) == expected);
    // over nothing a layer of its own is the same too
    let isolated = group(medley(), |g| g.isolated = true);
    assert!(render(&scene(120, 90, vec![isolated])) == expected);
    let whole = group(medley(), |g| g.clip = Some(Shape::rect(Rect::new(0.0, 0.0, 120.0, 90.0))));
    assert!(render(&scene(120, 90, vec![whole])) == expected);
}

#[test]
fn a_group_moved_by_whole_px_is_its_items_moved() {
    let items = vec![
        fill(round(3.0, 4.0, 50.0, 30.0, 8.0), rgb(200, 30, 40)),
        shadow(round(20.0, 20.0, 40.0, 30.0, 6.0), 3.0, 4.0, false),
        Item::Glyphs(text(10.25, 40.0, 18.0, Color::BLACK)),
    ];
    let moved = |x: f32, y: f32| render(&scene(120, 90, vec![group(items.clone(), |g| g.transform = Affine::translate(x, y))]));
    let (here, there) = (moved(0.0, 0.0), moved(7.0, 11.0));
    for y in 0..70 {
        for x in 0..100 {
            assert_eq!(px(&here, x, y), px(&there, x + 7, y + 11), "{x} {y}");
        }
    }
}

#[test]
fn opacity_fades_a_group_as_one() {
    let two = vec![boxed(0.0, 0.0, 6.0, 4.0, Color::BLACK), boxed(3.0, 0.0, 6.0, 4.0, Color::BLACK)];
    let frame = render(&scene(9, 4, vec![group(two, |g| g.opacity = 0.5)]));
    assert!((0..9).all(|x| px(&frame, x, 2) == [0, 0, 0, 128]));
}

#[test]
fn a_shadow_is_not_painted_under_its_box_and_an_inset_one_only_there() {
    let shape = round(20.0, 20.0, 40.0, 30.0, 0.0);
    let outer = render(&scene(80, 70, vec![shadow(shape, 4.0, 5.0, false)]));
    let inset = render(&scene(80, 70, vec![shadow(shape, 4.0, 5.0, true)]));
    for y in 0..70 {
        for x in 0..80 {
            let inside = (20..60).contains(&x) && (20..50).contains(&y);
            assert!(px(if inside { &outer } else { &inset }, x, y) == [0; 4], "{x} {y}");
        }
    }
    assert!(px(&outer, 40, 51)[3] > 60 && px(&inset, 40, 20)[3] > 60);
}

#[test]
fn a_round_shadow_is_the_same_stretched_or_not() {
    // the second is cut off by the canvas so that its mask is not worth stretching
    let shape = round(30.0, 30.0, 150.0, 120.0, 20.0);
    let whole = render(&scene(210, 190, vec![shadow(shape, 0.0, 6.0, false)]));
    let path = group(vec![shadow(shape, 0.0, 6.0, false)], |g| g.transform = Affine::rotate_degrees(360.0 * 3.0));
    assert!(whole == render(&scene(210, 190, vec![path])));
    let cut = render(&scene(60, 190, vec![shadow(shape, 0.0, 6.0, false)]));
    for y in 0..190 {
        for x in 0..60 {
            let (a, b) = (px(&whole, x, y)[3], px(&cut, x, y)[3]);
            assert!(a.abs_diff(b) <= 1, "{x} {y} {a} {b}");
        }
    }
}

#[test]
fn blending_inside_an_isolated_group_sees_only_the_group() {
    let multiplied = || group(vec![boxed(0.0, 0.0, 4.0, 4.0, rgb(255, 0, 0))], |g| g.blend = BlendMode::Multiply);
    let under = boxed(0.0, 0.0, 4.0, 4.0, rgb(0, 255, 0));
    let frame = |isolated| render(&scene(4, 4, vec![under.clone(), group(vec![multiplied()], |g| g.isolated = isolated)]));
    assert_eq!(px(&frame(false), 1, 1), [0, 0, 0, 255]);
    assert_eq!(px(&frame(true), 1, 1), [255, 0, 0, 255]);
}

#[test]
fn a_picture_at_its_own_size_is_copied() {
    let dest = Rect::new(3.0, 2.0, 60.0, 40.0);
    let frame = render(&scene(70, 50, vec![Item::Picture(Picture { source: PictureId(0), dest, clip: Shape::rect(dest) })]));
    for (x, y) in [(0, 0), (59, 39), (30, 20)] {
        assert_eq!(px(&frame, x + 3, y + 2), px(&photo(), x, y));
    }
    assert_eq!(px(&frame, 2, 2), [0; 4]);
}

#[test]
fn sides_that_look_alike_leave_no_seam() {
    let shape = round(5.0, 5.0, 50.0, 40.0, 0.0);
    let half = Color { a: 0.5, ..Color::BLACK };
    let frame = render(&scene(60, 50, vec![border(shape, 6.0, BorderStyle::Solid, [half; 4])]));
    for y in 5..45 {
        for x in 5..55 {
            let inside = (11..49).contains(&x) && (11..39).contains(&y);
            assert_eq!(px(&frame, x, y)[3], if inside { 0 } else { 128 }, "{x} {y}");
        }
    }
}
