//! Numbers that no sane layout writes: painted as far as they make sense, never a panic or memory beyond the canvas.

use super::*;

fn survives(items: Vec<Item>) -> Frame {
    render(&scene(64, 48, items))
}

#[test]
fn numbers_without_bounds_paint_what_is_visible_or_nothing() {
    let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, 3e6, -0.0, 1e-30];
    for v in odd {
        let rects = [
            Rect { x: v, y: 0.0, width: 10.0, height: 10.0 },
            Rect { x: 0.0, y: 0.0, width: v, height: 10.0 },
            Rect { x: v, y: v, width: v, height: v },
            Rect { x: -1e30, y: -5.0, width: 2e30, height: v },
        ];
        for rect in rects {
            for radius in [0.0, 5.0, v] {
                let r = (radius, radius);
                let shape = Shape { rect, radii: Corners { top_left: r, top_right: r, bottom_right: r, bottom_left: r } };
                let picture = Picture { source: PictureId(0), dest: rect, clip: shape };
                survives(vec![
                    fill(shape, Color::BLACK),
                    Item::Fill(shape, linear((v, 0.0), (10.0, v), &[(0.0, Color::BLACK), (v, Color::WHITE)])),
                    shadow(shape, v, 3.0, false),
                    shadow(shape, 1.0, if radius == 0.0 { v } else { 2.0 }, true),
                    border(shape, 4.0, BorderStyle::Dashed, [Color::BLACK; 4]),
                    border(shape, v, BorderStyle::Dotted, [Color::BLACK; 4]),
                    border(shape, v, BorderStyle::Double, [Color::BLACK, Color::WHITE, Color::BLACK, Color::BLACK]),
                    Item::Picture(picture.clone()),
                    Item::Glyphs(text(v, 5.0, 12.0, Color::BLACK)),
                    Item::Glyphs(text(5.0, 5.0, v, Color::BLACK)),
                    group(vec![fill(shape, Color::BLACK), Item::Picture(picture)], |g| {
                        g.transform = Affine { a: 1.0, b: 0.2, c: -0.2, d: 1.0, e: v, f: 0.0 };
                        g.opacity = v;
                        g.filters = vec![Filter::Contrast(v)];
                        g.clip = Some(shape);
                    }),
                ]);
            }
        }
    }
}

#[test]
fn filters_without_bounds_are_bounded() {
    for v in [f32::NAN, f32::INFINITY, -1.0, 1e30] {
        let filters = [Filter::Blur { sigma: v.min(40.0) }, Filter::DropShadow { x: v, y: 1.0, sigma: 1.0, color: Color::BLACK }];
        for filter in filters {
            survives(vec![group(vec![boxed(0.0, 0.0, 9.0, 9.0, Color::BLACK)], |g| g.filters = vec![filter])]);
        }
    }
}

#[test]
fn a_blur_far_beyond_the_canvas_is_bounded() {
    let items = vec![
        shadow(round(10.0, 10.0, 20.0, 20.0, 8.0), 0.0, 1e9, false),
        group(vec![boxed(0.0, 0.0, 5.0, 5.0, Color::BLACK)], |g| g.filters = vec![Filter::Blur { sigma: 1e9 }]),
    ];
    assert!(px(&survives(items), 20, 40)[3] < 30);
}

#[test]
fn ten_thousand_items_are_painted() {
    let items = (0..10_000).map(|i| boxed((i % 64) as f32, (i % 48) as f32, 1.0, 1.0, rgb(9, 9, 9))).collect();
    assert!(survives(items).pixels().contains(&9));
}

#[test]
fn groups_are_nested_so_deep_and_no_deeper() {
    let nested = |depth: u32| {
        let mut item = boxed(0.0, 0.0, 9.0, 9.0, Color::BLACK);
        for _ in 0..depth {
            item = group(vec![item], |g| g.isolated = true);
        }
        with(&stage(), &Limits::default(), |brush| paint(&scene(16, 16, vec![item]), brush, &mut PaintScratch::default()))
    };
    assert_eq!(px(&nested(256).unwrap(), 3, 3), [0, 0, 0, 255]);
    assert_eq!(nested(257).unwrap_err().to_string(), "groups are nested 256 deep, over the limit of 256");
}

#[test]
fn open_layers_count_against_the_limit_of_px() {
    let mut item = boxed(0.0, 0.0, 64.0, 48.0, Color::BLACK);
    for _ in 0..5 {
        item = group(vec![item, boxed(0.0, 0.0, 1.0, 1.0, Color::BLACK)], |g| g.opacity = 0.5);
    }
    let limits = Limits { max_pixels: 64 * 48 * 4, ..Limits::default() };
    let error = with(&stage(), &limits, |brush| paint(&scene(64, 48, vec![item]), brush, &mut PaintScratch::default())).unwrap_err();
    assert_eq!(error.to_string(), "open layers of groups have 15360 px, over the limit of 12288");
}

#[test]
fn a_scale_that_is_none_is_refused() {
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let scene = Scene { scale, ..scene(10, 10, Vec::new()) };
        let painted = with(&stage(), &Limits::default(), |brush| paint(&scene, brush, &mut PaintScratch::default()));
        assert!(painted.is_err(), "{scale}");
    }
}
