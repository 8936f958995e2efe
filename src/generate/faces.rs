//! Faces out of a detector's numbers, as BlazeFace and other single-shot detectors give them.
//!
//! Every cell of every grid has anchors, all of them at the cell's centre and of the input's size: a box is x, y, width and height in px of the
//! input, x and y from the anchor. Of boxes that overlap, the weighted mean is taken as MediaPipe does, not the best one alone: the networks were
//! made with it, and a box that is a mean of ten moves less when a px of the photo does.

use super::input::Placement;
use super::made::Face;
use super::manifest::{Anchors, Output};
use super::output;
use crate::error::Fault;
use crate::geom::Rect;

/// Most anchors of a detector.
pub(crate) const MAX_ANCHORS: u64 = 1 << 16;
/// Most boxes that are compared with each other: the best ones.
const MAX_BOXES: usize = 2_048;

/// What a detector gave for one picture: the rows of its box outputs behind each other, and those of its scores.
pub(crate) struct Found {
    pub(crate) boxes: Vec<f32>,
    pub(crate) scores: Vec<f32>,
}

/// Faces in px of the picture, the surest first.
pub(crate) fn decode(found: &Found, anchors: &Anchors, placement: &Placement) -> Vec<Face> {
    let stride = row(anchors);
    let centers = anchors.grids(placement.width, placement.height).flat_map(|[columns, rows, stride, count]| {
        let at = move |cell: u32| (cell as f32 + 0.5) * stride as f32;
        (0..rows).flat_map(move |y| (0..columns).flat_map(move |x| (0..count).map(move |_| [at(x), at(y)])))
    });
    let rows = centers.zip(found.boxes.chunks_exact(stride)).zip(&found.scores);
    let mut faces: Vec<Face> = rows.filter_map(|((center, numbers), score)| face(center, numbers, *score, anchors)).collect();
    // the sort keeps the order of anchors that are as sure
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    faces.truncate(MAX_BOXES);
    merge(faces, anchors.nms_iou).into_iter().filter_map(|face| back(face, placement)).collect()
}

/// Numbers of one box.
pub(crate) fn row(anchors: &Anchors) -> usize {
    4 + 2 * anchors.points
}

/// Scores of one output, with its activation.
pub(crate) fn scores(mut numbers: Vec<f32>, output: &Output) -> Vec<f32> {
    output::activate(&mut numbers, output, 1);
    numbers
}

/// Whether the rows of all outputs are as many as the anchors.
pub(crate) fn check_count(found: &Found, anchors: &Anchors, placement: &Placement, model: &str) -> Result<(), Fault> {
    let expected = anchors.count(placement.width, placement.height) as usize;
    let (boxes, scores) = (found.boxes.len() / row(anchors), found.scores.len());
    if boxes == expected && scores == expected {
        return Ok(());
    }
    let message = format!("boxes and scores must be as many as the {expected} anchors, found {boxes} and {scores}");
    Err(Fault::new(crate::error::Code::ModelOutput, format!("model {model}"), message))
}

fn face([x, y]: [f32; 2], numbers: &[f32], score: f32, anchors: &Anchors) -> Option<Face> {
    let &[dx, dy, width, height, ref points @ ..] = numbers else { return None };
    if score < anchors.score_threshold || !(width > 0.0 && height > 0.0) {
        return None;
    }
    let rect = [x + dx - width / 2.0, y + dy - height / 2.0, width, height];
    Some(Face { rect, score, points: points.as_chunks::<2>().0.iter().map(|[px, py]| [x + px, y + py]).collect() })
}

/// One face of all boxes that overlap the surest, weighed by their scores; then of those that are left.
fn merge(mut left: Vec<Face>, iou: f32) -> Vec<Face> {
    let mut faces = Vec::new();
    while let Some(best) = left.first().cloned() {
        // the best one itself has an overlap of 1, and leaves even where that is not more than the bound
        let (same, other): (Vec<Face>, Vec<Face>) = left.into_iter().partition(|face| overlap(&best, face) > iou || *face == best);
        left = other;
        let sum: f32 = same.iter().map(|face| face.score).sum();
        if same.len() == 1 || sum <= 0.0 {
            faces.push(best);
            continue;
        }
        let mean = |of: &dyn Fn(&Face) -> f32| same.iter().map(|face| of(face) * face.score).sum::<f32>() / sum;
        let rect = [0, 1, 2, 3].map(|i| mean(&|face| face.rect.get(i).copied().unwrap_or(0.0)));
        let at = |face: &Face, point: usize, axis: usize| face.points.get(point).and_then(|p| p.get(axis)).copied().unwrap_or(0.0);
        let points = (0..best.points.len()).map(|point| [0, 1].map(|axis| mean(&|face| at(face, point, axis)))).collect();
        faces.push(Face { rect, score: best.score, points });
    }
    faces
}

fn overlap(a: &Face, b: &Face) -> f32 {
    let rect = |face: &Face| Rect::new(face.rect[0], face.rect[1], face.rect[2], face.rect[3]);
    let (a, b) = (rect(a), rect(b));
    let common = a.intersect(&b);
    let (common, a, b) = (common.width * common.height, a.width * a.height, b.width * b.height);
    common / (a + b - common)
}

/// A face of the input's px in those of the picture; none where it lies beside it.
fn back(face: Face, placement: &Placement) -> Option<Face> {
    let [x, y, width, height] = face.rect;
    let ([left, top], [right, bottom]) = (placement.back([x, y]), placement.back([x + width, y + height]));
    let rect = Rect::from_edges(left, top, right, bottom);
    let seen = !rect.intersect(&placement.source).is_empty();
    let points = face.points.iter().map(|point| placement.back(*point)).collect();
    seen.then_some(Face { rect: [rect.x, rect.y, rect.width, rect.height], score: face.score, points })
}
