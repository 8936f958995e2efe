//! Results in their pictures, and pictures without their background.

use super::*;
use crate::generate::cutout::cutout;
use crate::generate::made::Mask;
use crate::generate::mask::clean;
use crate::generate::roi::Part;
use crate::geom::Rect;

fn black(inputs: &[Tensor]) -> Result<Vec<Tensor>, Error> {
    Ok(vec![tensor(inputs[0].shape(), vec![0.0; inputs[0].data().len()])])
}

fn work(model: Model, picture: Frame) -> Work {
    Work::new(model, Arc::new(picture))
}

fn made(work: Work) -> Arc<Frame> {
    Arc::clone(run(&[work], &Limits::default(), &Guard::default()).pop().unwrap().unwrap().frame().unwrap())
}

#[test]
fn an_edge_on_the_pictures_own_has_nothing_to_fade_into() {
    let text = manifest("generator", r#", "size": [2, 2]"#, "", r#", "blend": { "feather_px": 4 }"#);
    let (model, _) = network(&text, black);
    let out = made(Work { part: Some(Rect::new(0.0, 2.0, 6.0, 8.0)), ..work(model.clone(), plain(10, 10, [255; 3])) });
    assert_eq!(px(&out, 0, 9), [0, 0, 0, 255], "left and bottom are the picture's");
    assert!(px(&out, 5, 9)[0] > 200 && px(&out, 0, 2)[0] > 200, "right and top are not");
    let whole = made(work(model, plain(10, 10, [255; 3])));
    assert!(px(&whole, 0, 0)[0] > 200 && px(&whole, 5, 5)[0] == 0, "all of a picture fades on all sides");
}

#[test]
fn a_view_box_is_the_whole_picture() {
    let text = manifest("generator", r#", "size": { "max": 64 }"#, "", r#", "blend": { "mode": "paste" }"#);
    let (model, seen) = network(&text, same);
    let picture = painted(9, 7, |x, y| [x as u8, y as u8, 0]);
    let out = made(Work { view: Some(Rect::new(2.0, 1.0, 4.0, 3.0)), ..work(model, picture) });
    assert_eq!((out.width(), out.height(), px(&out, 0, 0), px(&out, 3, 2)), (4, 3, [2, 1, 0, 255], [5, 3, 0, 255]));
    assert_eq!(seen.lock().unwrap()[0][0].shape(), [1, 3, 3, 4]);
}

#[test]
fn what_is_pasted_or_scaled_up_is_as_transparent_as_the_picture() {
    let clear = || Frame::from_rgba(2, 1, vec![9, 9, 9, 255, 9, 9, 9, 0]).unwrap();
    let white = |inputs: &[Tensor]| Ok(vec![tensor(inputs[0].shape(), vec![1.0; inputs[0].data().len()])]);
    let run_as = |kind: &str, blend: &str| {
        let (model, _) = network(&manifest(kind, r#", "size": {}"#, "", blend), white);
        let out = made(work(model, clear()));
        [px(&out, 0, 0), px(&out, 1, 0)]
    };
    assert_eq!(run_as("generator", ""), [[255; 4], [255; 4]]);
    assert_eq!(run_as("generator", r#", "blend": { "mode": "paste" }"#), [[255; 4], [0; 4]]);
    assert_eq!(run_as("upscaler", ""), [[255; 4], [0; 4]]);
    assert_eq!(run_as("generator", r#", "blend": { "strength": 0 }"#), [[9, 9, 9, 255], [0; 4]]);
}

#[test]
fn specks_go_and_parts_stay() {
    let mut alpha = vec![0; 64 * 64];
    let mut fill = |x: usize, y: usize, w: usize, h: usize, level: u8| {
        for row in alpha.chunks_exact_mut(64).skip(y).take(h) {
            row[x..x + w].fill(level);
        }
    };
    fill(4, 4, 40, 50, 255);
    fill(20, 20, 1, 1, 40); // a pinhole
    fill(10, 30, 8, 8, 0); // a handle
    fill(50, 10, 3, 3, 200); // a speck
    fill(50, 40, 8, 8, 255); // the other shoe
    fill(60, 60, 2, 1, 20); // not seen at all
    let mask = clean(Mask::new(64, 64, alpha).unwrap());
    let at = |x: usize, y: usize| mask.alpha()[y * 64 + x];
    assert_eq!([at(5, 5), at(20, 20), at(12, 32), at(51, 11), at(52, 44)], [255, 255, 0, 0, 255]);
    assert_eq!(clean(mask.clone()), mask, "what is clean stays");
    let empty = Mask::new(4, 4, vec![0; 16]).unwrap();
    assert_eq!(clean(empty.clone()), empty);
    let full = Mask::new(4, 4, vec![255; 16]).unwrap();
    assert_eq!(clean(full.clone()), full);
}

#[test]
fn edges_lose_the_colour_of_what_was_behind_them() {
    // orange in front of dark blue, with a soft edge of 8 px that the matte knows
    let (front, back) = ([240.0, 140.0, 20.0], [10.0, 10.0, 90.0]);
    let share = |x: u32| ((x as f32 - 27.5) / 8.0).clamp(0.0, 1.0);
    let mix = |x: u32| [0, 1, 2].map(|c: usize| (front[c] * share(x) + back[c] * (1.0 - share(x)) + 0.5) as u8);
    let picture = painted(64, 16, |x, _| mix(x));
    let alpha: Vec<u8> = (0..64 * 16).map(|i| (share(i % 64) * 255.0 + 0.5) as u8).collect();
    let mask = Mask::new(64, 16, alpha).unwrap();
    let out = cutout(&picture, Part::whole(&picture), &mask, &Limits::default()).unwrap();
    let straight = out.to_rgba();
    for x in 30..64 {
        let at = (8 * 64 + x) as usize * 4;
        for c in 0..3 {
            let (found, plain) = (f32::from(straight[at + c]), f32::from(mix(x)[c]));
            assert!((found - front[c]).abs() <= 12.0, "px {x}: {found} is not {}, it was {plain}", front[c]);
        }
    }
    assert_eq!((px(&out, 0, 8), px(&out, 63, 8)), ([0; 4], [240, 140, 20, 255]));
}

#[test]
fn a_matte_in_doubt_leaves_colours_as_they_are() {
    let picture = painted(32, 32, |x, y| if (x + y) % 2 == 0 { [200, 60, 10] } else { [20, 90, 220] });
    let mask = Mask::new(1, 1, vec![100]).unwrap();
    let straight = cutout(&picture, Part::whole(&picture), &mask, &Limits::default()).unwrap().to_rgba();
    for (found, own) in straight.chunks_exact(4).zip(picture.pixels().chunks_exact(4)) {
        // straight colours of an alpha of 100 have steps of 2.55, and doubt lets a fifth of the estimate in
        assert!(found.iter().zip(own).take(3).all(|(a, b)| a.abs_diff(*b) <= 24), "{found:?} {own:?}");
    }
}

#[test]
fn a_cut_out_keeps_what_was_transparent_and_clears_what_lies_beside_its_part() {
    let picture = Frame::from_rgba(4, 1, vec![9, 9, 9, 255, 9, 9, 9, 128, 9, 9, 9, 0, 9, 9, 9, 255]).unwrap();
    let mask = Mask::new(1, 1, vec![255]).unwrap();
    let out = cutout(&picture, Part { x: 0, y: 0, width: 3, height: 1 }, &mask, &Limits::default()).unwrap();
    assert_eq!([0, 1, 2, 3].map(|x| px(&out, x, 0)[3]), [255, 128, 0, 0]);
}
