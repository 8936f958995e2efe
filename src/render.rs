//! The renderer: what is shared between renders (fonts, limits), what one thread keeps (scratch), and the way from a plan to a frame.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codec::{self, DecodeHint};
use crate::error::Error;
use crate::generate::Models;
use crate::geom::{Affine, Point, Rect};
use crate::guard::{Guard, Sentry};
use crate::job::Job;
use crate::layout::{self, LaidLayer, Outcome};
use crate::limits::Limits;
use crate::paint::{self, PaintScratch};
use crate::pixel::Frame;
use crate::plan::treatment::Step;
use crate::plan::watch::{Supposed, Watch};
use crate::plan::{self, Answered, Context, Having, Plan};
use crate::report::{LayerReport, LineReport, ModelReport, Note, Report, Timings};
use crate::resources::{NeedId, Picture, Resources};
use crate::row::Row;
use crate::scene::{FaceId, Item, PictureId, Scene, Segment};
use crate::template::Template;
use crate::text::{Fonts, TextEngine};

/// Most pixels of all decoded pictures of one render, in pictures of the limit.
const DECODED_CANVASES: u64 = 4;

/// Fonts and limits, shared by all threads.
///
/// ```
/// use templrender::{Context, Fonts, Output, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r##"{ "templrender": 1, "name": "dot", "size": [16, 16], "background": "#fff", "layers": [
///     { "type": "box", "left": 4, "top": 4, "width": 8, "height": 8, "background": "#d0021b", "border-radius": "50%" } ] }"##)?;
/// let renderer = Renderer::new(Fonts::new());
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
/// let rendered = renderer.render(&plan, &Resources::new(), &mut Scratch::new())?;
/// let png = rendered.frame.encode(&Output::png())?;
/// assert!(png.starts_with(b"\x89PNG"));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Renderer {
    fonts: Fonts,
    limits: Limits,
    models: Models,
    /// Whether pictures are drawn as they arrive, without models.
    is_original: bool,
}

/// What one thread keeps between renders: shaped words, glyph masks, buffers. It never changes a byte of a picture.
///
/// ```
/// use templrender::{Context, Fonts, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "background": "{{ tint }}", "layers": [] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let mut scratch = Scratch::new();
/// for tint in ["red", "navy"] {
///     let mut row = Row::new();
///     row.set("tint", tint);
///     let plan = renderer.plan(&template, &row, &Context::default())?;
///     let used = renderer.render(&plan, &Resources::new(), &mut scratch)?;
///     let fresh = renderer.render(&plan, &Resources::new(), &mut Scratch::new())?;
///     assert_eq!(used.frame, fresh.frame);
/// }
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Default)]
pub struct Scratch {
    text: Option<TextEngine>,
    paint: PaintScratch,
}

impl Scratch {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

/// A drawn picture and what happened on the way.
///
/// ```
/// use templrender::{Context, Fonts, Renderer, Resources, Row, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 5], "layers": [] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let plan = renderer.plan(&template, &Row::new(), &Context::default())?;
/// let rendered = renderer.render(&plan, &Resources::new(), &mut Scratch::new())?;
/// assert_eq!((rendered.frame.width(), rendered.report.size), (9, (9, 5)));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The pixels.
    pub frame: Frame,
    /// Boxes, lines, notes.
    pub report: Report,
}

impl Renderer {
    /// A renderer with these fonts and default limits.
    pub fn new(fonts: Fonts) -> Self {
        Self { fonts, limits: Limits::default(), models: Models::new(), is_original: false }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same with models that templates may name.
    #[must_use]
    pub fn with_models(mut self, models: Models) -> Self {
        self.models = models;
        self
    }

    /// The same without models: what one would make is drawn as it arrives, or left out where its layer says `hide`.
    #[must_use]
    pub(crate) fn without_models(mut self) -> Self {
        self.is_original = true;
        self
    }

    /// The models that templates may name.
    pub fn models(&self) -> &Models {
        &self.models
    }

    fn having(&self) -> Having<'_> {
        Having { fonts: &self.fonts, limits: &self.limits, models: (!self.is_original).then_some(&self.models) }
    }

    /// What a generated need takes: its model and the picture that it is given.
    ///
    /// # Errors
    /// [`Code::BadArgument`](crate::Code::BadArgument) of a need that is not generated or whose picture is not there;
    /// [`Code::MissingModel`](crate::Code::MissingModel).
    pub fn job(&self, plan: &Plan, need: NeedId, resources: &Resources) -> Result<Job, Error> {
        match plan.given(need, resources) {
            Some(given) => Ok(Job::new(&given, &self.limits)),
            None => {
                if let Some(fault) = plan.faceless(need, resources) {
                    return Err(fault.into());
                }
                let message = format!("a job must be of a generated need whose picture is there and that has no answer, found need {need}");
                Err(crate::Fault::new(crate::Code::BadArgument, "need", message).into())
            }
        }
    }

    /// Runs the models of every generated need whose picture is there, to the end of each layer's chain. A model that fails is a failed need, and
    /// the layer's fallback is drawn.
    ///
    /// # Errors
    /// What the guard of [`fill_guarded`](Self::fill_guarded) says.
    pub fn fill(&self, plan: &Plan, resources: &mut Resources) -> Result<(), Error> {
        self.fill_guarded(plan, resources, &Guard::default())
    }

    /// The same, ended by a guard.
    ///
    /// # Errors
    /// [`Code::DeadlineExceeded`](crate::Code::DeadlineExceeded), [`Code::Cancelled`](crate::Code::Cancelled).
    pub fn fill_guarded(&self, plan: &Plan, resources: &mut Resources, guard: &Guard<'_>) -> Result<(), Error> {
        let sentry = Sentry::new(guard);
        loop {
            sentry.enter("models")?;
            let given = plan.pending(resources).into_iter().filter_map(|need| plan.given(need.id, resources));
            let jobs: Vec<Job> = given.map(|given| Job::new(&given, &self.limits)).collect();
            if jobs.is_empty() {
                return Ok(());
            }
            for (job, made) in jobs.iter().zip(Job::run_all(&jobs, guard)) {
                match made {
                    // Beyond the limits it counts as failed, as what an engine refuses does.
                    Ok(made) => drop(resources.insert_made(job.need(), made)),
                    Err(error) if error.code().ends_call() => return Err(error),
                    Err(error) => resources.fail(job.need(), reason(&error)),
                }
            }
        }
    }

    /// Fills a template with a row.
    ///
    /// # Errors
    /// A row that lacks a required field or holds what its field or a key cannot take; a canvas beyond the limits.
    pub fn plan(&self, template: &Template, row: &Row, context: &Context) -> Result<Plan, Error> {
        plan::plan(template, row, context, self.having())
    }

    /// Plans a row and lays it out as if every picture that is asked for were there; `watch` hears what the plan decides. A row that
    /// the template skips is not laid out.
    pub(crate) fn survey(
        &self,
        template: &Template,
        row: &Row,
        context: &Context,
        watch: &mut dyn Watch,
        scratch: &mut Scratch,
    ) -> Result<(Plan, Option<Outcome>), Error> {
        let plan = plan::survey(template, row, context, self.having(), watch)?;
        if plan.skipped().is_some() {
            return Ok((plan, None));
        }
        let (supposed, mut notes) = supposed(&plan)?;
        let (scene, mut outcome) = layout::survey(plan.canvas()?, self.engine(scratch), &supposed)?;
        self.check_canvas(&scene)?;
        outcome.notes.append(&mut notes);
        outcome.notes.extend(plan.notes().iter().cloned());
        Ok((plan, Some(outcome)))
    }

    /// The same with the scene, for whoever compares two of them.
    pub(crate) fn survey_scene(
        &self,
        template: &Template,
        row: &Row,
        context: &Context,
        scratch: &mut Scratch,
    ) -> Result<(Plan, Option<(Scene, Outcome)>), Error> {
        let plan = plan::survey(template, row, context, self.having(), &mut ())?;
        if plan.skipped().is_some() {
            return Ok((plan, None));
        }
        let (supposed, _) = supposed(&plan)?;
        let laid_out = layout::layout(plan.canvas()?, self.engine(scratch), &supposed, &Sentry::default())?;
        self.check_canvas(&laid_out.0)?;
        Ok((plan, Some(laid_out)))
    }

    /// The scratch's text engine, if it was made for these fonts, else a new one.
    fn engine<'s>(&self, scratch: &'s mut Scratch) -> &'s mut TextEngine {
        match scratch.text.take() {
            Some(engine) if engine.is_for(&self.fonts) => scratch.text.insert(engine),
            _ => scratch.text.insert(TextEngine::new(&self.fonts)),
        }
    }

    /// The painted size of a canvas, if it is within the limits.
    fn check_canvas(&self, scene: &Scene) -> Result<(u32, u32), Error> {
        let px = |side: u32| ((side as f32 * scene.scale).round() as u32).max(1);
        let (width, height) = (px(scene.size.0), px(scene.size.1));
        match crate::pixel::over_limit("canvas", width, height, &self.limits) {
            Some(message) => Err(crate::Fault::new(crate::Code::CanvasLimit, "size", message).into()),
            None => Ok((width, height)),
        }
    }

    /// Lays a plan out and draws it.
    ///
    /// # Errors
    /// A row that the template [skips](Plan::skipped); a picture that must be there and is not, or whose bytes are damaged.
    pub fn render(&self, plan: &Plan, resources: &Resources, scratch: &mut Scratch) -> Result<Rendered, Error> {
        self.render_guarded(plan, resources, scratch, &Guard::default())
    }

    /// The same, ended by a guard; where that has a clock, the report has the [timings](Report::timings_us).
    ///
    /// # Errors
    /// As [`render`](Self::render), and [`Code::DeadlineExceeded`](crate::Code::DeadlineExceeded) or
    /// [`Code::Cancelled`](crate::Code::Cancelled). The scratch may be used on.
    pub fn render_guarded(&self, plan: &Plan, resources: &Resources, scratch: &mut Scratch, guard: &Guard<'_>) -> Result<Rendered, Error> {
        let sentry = Sentry::new(guard);
        let mut watch = Stopwatch { sentry: &sentry, at: sentry.now_ns() };
        sentry.enter("layout")?;
        let (scene, mut report) = self.lay_out(plan, resources, scratch, &sentry)?;
        let layout = watch.lap_us();
        sentry.enter("decode")?;
        let pictures = self.pictures(plan, resources, &scene, &sentry)?;
        let decode = watch.lap_us();
        sentry.enter("paint")?;
        let outlines = Outlines(&self.fonts);
        let frame = paint::paint(&scene, &Decoded(pictures), &outlines, &mut scratch.paint, &self.limits, &sentry)?;
        if let (Some(layout), Some(decode), Some(paint)) = (layout, decode, watch.lap_us()) {
            report.timings_us = Some(Timings { layout, decode, paint, ..Timings::default() });
        }
        Ok(Rendered { frame, report })
    }

    /// Lays a plan out without drawing it.
    ///
    /// # Errors
    /// As [`render`](Self::render), but damaged pixels go unseen.
    pub fn report(&self, plan: &Plan, resources: &Resources, scratch: &mut Scratch) -> Result<Report, Error> {
        self.lay_out(plan, resources, scratch, &Sentry::default()).map(|(_, report)| report)
    }

    fn lay_out(&self, plan: &Plan, resources: &Resources, scratch: &mut Scratch, sentry: &Sentry<'_>) -> Result<(Scene, Report), Error> {
        let canvas = plan.canvas()?;
        let mut notes = plan.settle(resources)?;
        let (scene, mut outcome) = layout::layout(canvas, self.engine(scratch), &Answered { plan, resources }, sentry)?;
        notes.append(&mut outcome.notes);
        outcome.notes = notes;
        let size = self.check_canvas(&scene)?;
        let report = report_of(plan, resources, outcome, size);
        Ok((scene, report))
    }

    /// Decodes every picture of a scene, no larger than it is drawn where its format can do so.
    fn pictures(
        &self,
        plan: &Plan,
        resources: &Resources,
        scene: &Scene,
        sentry: &Sentry<'_>,
    ) -> Result<BTreeMap<PictureId, Arc<Frame>>, Error> {
        let mut drawn = BTreeMap::new();
        drawn_parts(&scene.items, &Affine::scale(scene.scale, scene.scale), &mut drawn);
        let (mut frames, mut pixels) = (BTreeMap::new(), 0_u64);
        for (id, Drawn { width, height, part }) in drawn {
            let Some((source, shown)) = plan.picture(id, resources) else { continue };
            sentry.check()?;
            let named = |mut fault: crate::Fault| {
                // it is not the picture's fault that nobody waits for it
                if sentry.held().is_ok() {
                    fault.place = format!("resource {}", source.name);
                }
                fault
            };
            let side = |v: f32| v.ceil().clamp(1.0, self.limits.max_side_px as f32) as u32;
            let frame = match shown.picture {
                Picture::Bitmap { bytes, .. } => {
                    let hint = DecodeHint { target: (side(width), side(height)), part };
                    Arc::new(codec::decode(bytes, Some(hint), &self.limits, sentry).map_err(named)?.frame)
                }
                Picture::Svg { svg, .. } => Arc::new(svg.draw(side(width), side(height), source.tint, &self.limits).map_err(named)?),
                Picture::Frame(frame) => Arc::clone(frame),
            };
            pixels += u64::from(frame.width()) * u64::from(frame.height());
            let most = self.limits.max_pixels.saturating_mul(DECODED_CANVASES);
            if pixels > most {
                let message = format!("all pictures of a render must have at most {} megapixels, found more", most / 1_000_000);
                return Err(named(crate::Fault::new(crate::Code::ResourceLimit, "", message)).into());
            }
            frames.insert(id, frame);
        }
        Ok(frames)
    }
}

/// The host's clock, where there is one, from step to step.
struct Stopwatch<'s> {
    sentry: &'s Sentry<'s>,
    at: Option<u64>,
}

impl Stopwatch<'_> {
    /// Microseconds since the step before.
    fn lap_us(&mut self) -> Option<u64> {
        let now = self.sentry.now_ns();
        let before = std::mem::replace(&mut self.at, now);
        Some(now?.saturating_sub(before?) / 1_000)
    }
}

/// What a layer's notes say of a run that failed.
fn reason(error: &Error) -> String {
    error.faults().first().map_or_else(|| error.to_string(), |fault| fault.message.clone())
}

/// A plan as if its pictures were there, and the notes of those that cannot be.
fn supposed(plan: &Plan) -> Result<(Supposed<'_>, Vec<Note>), Error> {
    let supposed = Supposed(plan);
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    supposed.settle(&mut faults, &mut notes);
    if faults.is_empty() { Ok((supposed, notes)) } else { Err(Error::from_faults(faults)) }
}

/// The report of what layout did.
fn report_of(plan: &Plan, resources: &Resources, outcome: Outcome, size: (u32, u32)) -> Report {
    let mut notes = plan.notes().to_vec();
    notes.extend(outcome.notes);
    Report {
        template: plan.template_name().to_owned(),
        variant: plan.variant().map(str::to_owned),
        size,
        key: plan.key().to_string(),
        valid_until: plan.valid_until(),
        layers: outcome.layers.into_iter().map(|layer| layer_report(layer, plan, resources)).collect(),
        notes,
        timings_us: None,
    }
}

/// A laid-out layer, with what became of its picture.
fn layer_report(layer: LaidLayer, plan: &Plan, resources: &Resources) -> LayerReport {
    let quad = |r: &Rect| [r.x, r.y, r.width, r.height];
    let found = layer.picture.and_then(|(id, _)| plan.picture(id, resources));
    let treatment = found.as_ref().map(|(source, _)| &source.treatment);
    let ran = |step: &Step| ModelReport { id: step.name(), engine: step.model.engine().to_owned(), us: resources.us(step.need.id) };
    LayerReport {
        rect: quad(&layer.rect),
        font_size: layer.font_size,
        lines: layer.lines.into_iter().map(|l| LineReport { rect: quad(&l.rect), text: l.text }).collect(),
        source: layer.picture.and_then(|(id, _)| plan.source_name(id).map(str::to_owned)),
        scale: layer.picture.and_then(|(_, scale)| scale),
        model: treatment.and_then(|treatment| treatment.generate()).map(ran),
        cutout: treatment.and_then(|treatment| treatment.cutout()).map(ran),
        face: found.as_ref().and_then(|(_, shown)| shown.face).map(|face| quad(&face)),
        layer: layer.ident,
    }
}

/// How a picture is drawn, over all its places.
struct Drawn {
    /// The largest size in painted px.
    width: f32,
    height: f32,
    /// What of it is read, in fractions of its sides from the left, top, left and top.
    part: [f32; 4],
}

/// How each picture of a scene is drawn.
fn drawn_parts(items: &[Item], to_px: &Affine, drawn: &mut BTreeMap<PictureId, Drawn>) {
    let length = |from: Point, to: Point| libm::hypotf(to.x - from.x, to.y - from.y);
    for item in items {
        match item {
            Item::Group(group) => drawn_parts(&group.items, &to_px.then_inner(&group.transform), drawn),
            Item::Picture(picture) => {
                let Rect { x, y, width, height } = picture.dest;
                let corner = to_px.apply(Point::new(x, y));
                let across = length(corner, to_px.apply(Point::new(x + width, y)));
                let down = length(corner, to_px.apply(Point::new(x, y + height)));
                let part = part_seen(&picture.dest, &picture.clip.rect, to_px, (across, down));
                let known = drawn.entry(picture.source).or_insert(Drawn { width: 0.0, height: 0.0, part });
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

struct Decoded(BTreeMap<PictureId, Arc<Frame>>);

impl paint::Pictures for Decoded {
    fn picture(&self, id: PictureId) -> Option<&Frame> {
        self.0.get(&id).map(Arc::as_ref)
    }
}

struct Outlines<'f>(&'f Fonts);

impl paint::Outlines for Outlines<'_> {
    fn outline(&self, face: FaceId, variations: &[([u8; 4], f32)], glyph: u16) -> Option<Vec<Segment>> {
        self.0.outline(face, variations, glyph)
    }

    fn identity(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0.digest();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A survey draws nothing, and says the same of boxes, lines and what lies outside of the canvas.
    #[test]
    fn a_survey_comes_to_what_a_report_says() -> Result<(), Error> {
        let template = Template::parse(
            r##"{ "templrender": 1, "name": "t", "size": [200, 100], "fonts": ["Noto Sans"], "layers": [
                { "id": "title", "type": "text", "text": "{{ title }}", "width": 180, "height": 40, "font-size": 40, "min-font-size": 12, "line-clamp": 2 },
                { "id": "long", "type": "text", "text": "{{ title }}{{ title }}", "top": 50, "width": 90, "font-size": 12, "overflow": "hidden" },
                { "id": "off", "type": "text", "text": "{{ title }}", "left": 300, "color": "red" },
                { "id": "off-and-empty", "type": "box", "left": 300, "width": 9, "height": 9 },
                { "id": "off-and-red", "type": "box", "left": 300, "width": 9, "height": 9, "background": "red" },
                { "id": "row", "type": "box", "display": "flex", "left": 10, "bottom": 4, "transform": "translate(0, 90px)", "background": "red",
                  "overflow": "hidden", "layers": [
                    { "id": "a", "type": "text", "text": "a", "font-size": 20 }, { "id": "b", "type": "text", "text": "\u00e9", "font-size": 9 } ] } ] }"##,
        )?;
        let mut fonts = Fonts::new();
        fonts.add(include_bytes!("../tests/fonts/NotoSans-Regular.subset.ttf").to_vec())?;
        let renderer = Renderer::new(fonts);
        let context = Context::default();
        for title in ["Mug", "A mug of stoneware, glazed inside", "Unbreakablystoneware-mug", "Soft\u{ad}hyphenated\u{ad}stoneware\tmug"] {
            let mut row = Row::new();
            row.set("title", title);
            let plan = renderer.plan(&template, &row, &context)?;
            let report = renderer.report(&plan, &Resources::new(), &mut Scratch::new())?;
            let (plan, outcome) = renderer.survey(&template, &row, &context, &mut (), &mut Scratch::new())?;
            let surveyed = report_of(&plan, &Resources::new(), outcome.unwrap(), report.size);
            assert_eq!((&surveyed.layers, &surveyed.notes), (&report.layers, &report.notes), "{title}");
            let off: Vec<_> = report.notes.iter().filter(|note| note.code == crate::NoteCode::OffCanvas).map(|note| &note.layer).collect();
            assert!(off.iter().any(|layer| *layer == "off-and-red") && off.iter().all(|layer| *layer != "off-and-empty"), "{off:?}");
        }
        Ok(())
    }
}
