//! Boxes out of a detector's numbers: those of BlazeFace on photos as a script of NumPy reads them, and cases made by hand.

use std::fs;
use std::path::Path;

use super::*;
use crate::error::Code;
use crate::geom::Rect;

const BLAZEFACE: &str = r#"{ "id": "faces", "version": "1", "licence": "Apache-2.0", "kind": "detector",
    "inputs": [{ "name": "input:0", "role": "image", "layout": "nhwc", "size": [128, 128], "fit": "contain", "scale": 0.00784313725490196, "mean": [1] }],
    "outputs": [{ "name": "Identity:0", "role": "scores", "activation": "sigmoid" }, { "name": "Identity_1:0", "role": "scores", "activation": "sigmoid" },
                { "name": "Identity_2:0", "role": "boxes" }, { "name": "Identity_3:0", "role": "boxes" }],
    "detector": { "strides": [8, 16], "anchors": [2, 6], "score_threshold": 0.6, "nms_iou": 0.3, "points": 6 } }"#;

/// Four outputs of 512 and 384 anchors.
fn outputs(scores: &[f32], boxes: &[f32]) -> Vec<Tensor> {
    let part = |numbers: &[f32], rows: std::ops::Range<usize>, row: usize| {
        tensor(&[1, rows.len(), row], numbers[rows.start * row..rows.end * row].to_vec())
    };
    vec![part(scores, 0..512, 1), part(scores, 512..896, 1), part(boxes, 0..512, 16), part(boxes, 512..896, 16)]
}

#[test]
fn blazeface_on_photos_gives_what_mediapipes_decoding_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generate/blazeface.txt");
    let text = fs::read_to_string(path).unwrap();
    let mut seen = 0;
    for picture in text.split("\npicture ").skip(1) {
        let numbers = |line: &str| line.split(' ').skip(1).map(|number| number.parse::<f32>().unwrap()).collect::<Vec<_>>();
        let (mut scores, mut boxes, mut wanted) = (vec![-100.0; 896], vec![0.0; 896 * 16], Vec::new());
        let size: Vec<u32> = picture.lines().next().unwrap().split(' ').map(|side| side.parse().unwrap()).collect();
        for line in picture.lines().skip(1) {
            let row = numbers(line);
            if line.starts_with("face") {
                wanted.push(row);
                continue;
            }
            let anchor = row[0] as usize;
            scores[anchor] = row[1];
            boxes[anchor * 16..][..16].copy_from_slice(&row[2..]);
        }
        let (model, _) = network(BLAZEFACE, move |_| Ok(outputs(&scores, &boxes)));
        let made = one(&model, plain(size[0], size[1], [90; 3])).unwrap();
        let found = made.found().unwrap();
        assert_eq!(found.len(), wanted.len());
        for (face, wanted) in found.iter().zip(&wanted) {
            assert!((face.score - wanted[0]).abs() < 1e-4, "{face:?}");
            for (a, b) in face.rect.iter().chain(face.points.iter().flatten()).zip(&wanted[1..]) {
                assert!((a - b).abs() < 0.05, "{a} {b}: {face:?}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 7);
}

/// A detector of one grid of 2 x 2 cells of 10 px and one anchor, without points.
fn small(more: &str) -> String {
    format!(
        r#"{{ "id": "d", "version": "1", "licence": "MIT", "kind": "detector",
            "inputs": [{{ "name": "x", "role": "image", "size": [20, 20], "fit": "contain" }}],
            "outputs": [{{ "name": "b", "role": "boxes" }}, {{ "name": "s", "role": "scores" }}],
            "detector": {{ "strides": [10], "anchors": [1] {more} }} }}"#
    )
}

fn found(manifest: &str, boxes: [[f32; 4]; 4], scores: [f32; 4], picture: Frame) -> Vec<([f32; 4], f32)> {
    let (model, _) = network(manifest, move |_| Ok(vec![tensor(&[1, 4, 4], boxes.concat()), tensor(&[1, 4], scores.to_vec())]));
    one(&model, picture).unwrap().found().unwrap().iter().map(|face| (face.rect, face.score)).collect()
}

#[test]
fn boxes_lie_about_their_anchors_and_the_threshold_is_met() {
    let boxes = [[0.0, 0.0, 4.0, 2.0], [1.0, -1.0, 4.0, 4.0], [0.0; 4], [0.0, 0.0, 2.0, 2.0]];
    let faces = |more: &str| found(&small(more), boxes, [0.5, 0.9, 0.9, 0.2], plain(20, 20, [0; 3]));
    assert_eq!(faces(""), [([14.0, 2.0, 4.0, 4.0], 0.9), ([3.0, 4.0, 4.0, 2.0], 0.5)], "the surest first, nothing without an area");
    assert_eq!(faces(r#", "score_threshold": 0.6"#).len(), 1);
    assert_eq!(faces(r#", "score_threshold": 0.2"#)[2], ([14.0, 14.0, 2.0, 2.0], 0.2));
}

#[test]
fn the_letterbox_is_taken_off_boxes() {
    let boxes = [[0.0, 0.0, 4.0, 2.0], [0.0; 4], [0.0; 4], [0.0; 4]];
    let faces = |width, height| found(&small(""), boxes, [0.9, 0.0, 0.0, 0.0], plain(width, height, [0; 3]));
    // 40 x 20 is 20 x 10 from y = 5 on, half as large
    assert_eq!(faces(40, 20), [([6.0, -2.0, 8.0, 4.0], 0.9)]);
    assert_eq!(faces(20, 40), [([-4.0, 8.0, 8.0, 4.0], 0.9)]);
    assert_eq!(faces(400, 20), [], "all of the box is letterbox");
}

#[test]
fn boxes_that_overlap_are_one_face_their_weighted_mean() {
    // three about one place, the third shares less with the first
    let boxes = [[5.0, 5.0, 8.0, 8.0], [-5.0, 5.0, 8.0, 8.0], [9.0, -5.0, 8.0, 8.0], [0.0; 4]];
    let scores = [0.5, 0.75, 1.0, 0.0];
    let faces = |more: &str| found(&small(more), boxes, scores, plain(20, 20, [0; 3]));
    // the third, 10 to 18, shares a third with the others, 6 to 14
    assert_eq!(faces(r#", "nms_iou": 0.4"#), [([10.0, 6.0, 8.0, 8.0], 1.0), ([6.0, 6.0, 8.0, 8.0], 0.75)]);
    let all = faces(r#", "nms_iou": 0.3"#);
    assert_eq!(all.len(), 1);
    assert!((all[0].0[0] - (6.0 * 1.25 + 10.0) / 2.25).abs() < 1e-5 && all[0].1 == 1.0, "{all:?}");
    assert_eq!(faces(r#", "nms_iou": 1"#).len(), 3, "every box is a face");
}

#[test]
fn a_view_is_looked_at_alone_and_told_in_px_of_the_picture() {
    let (model, _) = network(&small(""), |_| {
        Ok(vec![tensor(&[1, 4, 4], [[0.0, 0.0, 4.0, 2.0], [0.0; 4], [0.0; 4], [0.0; 4]].concat()), tensor(&[1, 4, 1], vec![1.0; 4])])
    });
    let work = Work { view: Some(Rect::new(30.0, 10.0, 20.0, 20.0)), ..Work::new(model, Arc::new(plain(60, 40, [0; 3]))) };
    let made = run(&[work], &Limits::default(), &Guard::default()).pop().unwrap().unwrap();
    assert_eq!(made.found().unwrap()[0].rect, [33.0, 14.0, 4.0, 2.0]);
}

#[test]
fn what_is_not_one_row_an_anchor_is_refused() {
    let error = |boxes: Tensor, scores: Tensor| {
        let (model, _) = network(&small(""), move |_| Ok(vec![boxes.clone(), scores.clone()]));
        let error = one(&model, plain(20, 20, [0; 3])).unwrap_err();
        assert_eq!(error.code(), Code::ModelOutput);
        error.to_string()
    };
    let rows = |shape: &[usize]| tensor(shape, vec![0.0; shape.iter().product()]);
    assert_eq!(error(rows(&[1, 4, 6]), rows(&[1, 4, 1])), "model d, output b: its shape must be [1, n, 4], found [1, 4, 6]");
    assert_eq!(error(rows(&[1, 4, 4]), rows(&[4])), "model d, output s: its shape must be [1, n, 1], found [4]");
    assert_eq!(error(rows(&[1, 5, 4]), rows(&[1, 4, 1])), "model d: boxes and scores must be as many as the 4 anchors, found 5 and 4");
}
