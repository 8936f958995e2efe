//! The pictures of a scene, decoded: each once, no larger than it is drawn, and of it no more than is seen, where its format can do so.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codec::{self, Cut, DecodeHint, Window};
use crate::error::{Error, Fault};
use crate::geom::{Affine, Point, Rect};
use crate::guard::Sentry;
use crate::limits::Limits;
use crate::paint;
use crate::pixel::Frame;
use crate::plan::Plan;
use crate::resources::{Picture, Resources};
use crate::scene::{Item, PictureId, Scene};

/// Most pixels of all decoded pictures of one render, in pictures of the limit.
const DECODED_CANVASES: u64 = 4;

/// Decoded pictures by their number in the plan.
pub(crate) struct Decoded(BTreeMap<PictureId, Pixels>);

/// A decoded picture, or a window of it.
#[derive(Clone)]
pub(crate) struct Pixels {
    pub(crate) frame: Arc<Frame>,
    cut: Option<Cut>,
    window: Option<Window>,
}

impl paint::Pictures for Decoded {
    fn picture(&self, id: PictureId) -> Option<&Frame> {
        self.0.get(&id).map(|pixels| &*pixels.frame)
    }

    fn window(&self, id: PictureId) -> Option<&Window> {
        self.0.get(&id)?.window.as_ref()
    }
}

impl Decoded {
    /// Decodes all pictures of a scene; those that `known` has as they are drawn are taken from there.
    pub(crate) fn of(
        scene: &Scene,
        plan: &Plan,
        resources: &Resources,
        known: impl Fn(PictureId, &Drawn) -> Option<Pixels>,
        limits: &Limits,
        sentry: &Sentry<'_>,
    ) -> Result<Self, Error> {
        let (mut frames, mut pixels) = (BTreeMap::new(), 0_u64);
        for (id, drawn) in Drawn::all(scene) {
            let Some((source, shown)) = plan.picture(id, resources) else { continue };
            sentry.check()?;
            let named = |mut fault: Fault| {
                // it is not the picture's fault that nobody waits for it
                if sentry.held().is_ok() {
                    fault.place = format!("resource {}", source.name);
                }
                fault
            };
            let side = |v: f32| v.ceil().clamp(1.0, limits.max_side_px as f32) as u32;
            let (width, height) = (side(drawn.width), side(drawn.height));
            let whole = |frame| Pixels { frame, cut: None, window: None };
            let decoded = match (known(id, &drawn), shown.picture) {
                (Some(known), _) => known,
                (None, Picture::Bitmap { bytes, .. }) => {
                    let window = drawn.window.map(|window| Ok((window, codec::decode_window(bytes, &window, limits, sentry)?)));
                    match window.transpose().map_err(named)? {
                        Some((window, Some(codec::Decoded { frame, cut, .. }))) => {
                            Pixels { frame: Arc::new(frame), cut, window: Some(window) }
                        }
                        Some((_, None)) | None => {
                            let hint = DecodeHint { target: (width, height), part: drawn.part };
                            let codec::Decoded { frame, cut, .. } = codec::decode(bytes, Some(hint), limits, sentry).map_err(named)?;
                            Pixels { frame: Arc::new(frame), cut, window: None }
                        }
                    }
                }
                (None, Picture::Svg { svg, .. }) => whole(Arc::new(svg.draw(width, height, source.tint, limits).map_err(named)?)),
                (None, Picture::Frame(frame)) => whole(Arc::clone(frame)),
            };
            pixels += u64::from(decoded.frame.width()) * u64::from(decoded.frame.height());
            let most = limits.max_pixels.saturating_mul(DECODED_CANVASES);
            if pixels > most {
                let message = format!("all pictures of a render must have at most {} megapixels, found more", most / 1_000_000);
                return Err(named(Fault::new(crate::Code::ResourceLimit, "", message)).into());
            }
            frames.insert(id, decoded);
        }
        Ok(Self(frames))
    }

    /// Those that are cut off, as far as they are drawn.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = (PictureId, Cut)> + '_ {
        self.0.iter().filter_map(|(id, pixels)| Some((*id, pixels.cut?)))
    }

    /// Those of one picture.
    pub(crate) fn pixels(&self, id: PictureId) -> Option<&Pixels> {
        self.0.get(&id)
    }
}

/// How a picture is drawn, over all its places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drawn {
    /// The largest size in painted px.
    width: f32,
    height: f32,
    /// What of it is read, in fractions of its sides from the left, top, left and top.
    part: [f32; 4],
    /// Where it is seen upright and at one size.
    window: Option<Window>,
}

impl Drawn {
    /// How each picture of a scene is drawn.
    pub(crate) fn all(scene: &Scene) -> BTreeMap<PictureId, Self> {
        let mut drawn = BTreeMap::new();
        gather(&scene.items, &Affine::scale(scene.scale, scene.scale), &mut drawn);
        for (id, window) in paint::landings(scene) {
            drawn.entry(id).and_modify(|drawn| drawn.window = window);
        }
        drawn
    }
}

fn gather(items: &[Item], to_px: &Affine, drawn: &mut BTreeMap<PictureId, Drawn>) {
    let length = |from: Point, to: Point| libm::hypotf(to.x - from.x, to.y - from.y);
    for item in items {
        match item {
            Item::Group(group) => gather(&group.items, &to_px.then_inner(&group.transform), drawn),
            Item::Picture(picture) => {
                let Rect { x, y, width, height } = picture.dest;
                let corner = to_px.apply(Point::new(x, y));
                let across = length(corner, to_px.apply(Point::new(x + width, y)));
                let down = length(corner, to_px.apply(Point::new(x, y + height)));
                let part = part_seen(&picture.dest, &picture.clip.rect, to_px, (across, down));
                let known = drawn.entry(picture.source).or_insert(Drawn { width: 0.0, height: 0.0, part, window: None });
                (known.width, known.height) = (known.width.max(across), known.height.max(down));
                let ([left, top, right, bottom], [l, t, r, b]) = (known.part, part);
                known.part = [left.min(l), top.min(t), right.max(r), bottom.max(b)];
            }
            _ => {}
        }
    }
}

/// Painted px beyond the clip that scaling, sampling and the snapping of edges may read.
const REACH_PX: f32 = 8.0;

/// The part of a picture in `dest` that is read where `clip` shows: all of it unless it stands upright.
fn part_seen(dest: &Rect, clip: &Rect, to_px: &Affine, (across, down): (f32, f32)) -> [f32; 4] {
    let upright = to_px.b == 0.0 && to_px.c == 0.0 && to_px.a > 0.0 && to_px.d > 0.0;
    if !upright {
        return DecodeHint::WHOLE;
    }
    let part = [
        (clip.x - dest.x) / dest.width - REACH_PX / across,
        (clip.y - dest.y) / dest.height - REACH_PX / down,
        (clip.right() - dest.x) / dest.width + REACH_PX / across,
        (clip.bottom() - dest.y) / dest.height + REACH_PX / down,
    ];
    if part.iter().all(|v| v.is_finite()) { part.map(|v| v.clamp(0.0, 1.0)) } else { DecodeHint::WHOLE }
}
