//! The renderer: what is shared between renders (fonts, limits), what one thread keeps (scratch), and the way from a plan to a frame.

use std::sync::Arc;

use crate::compile::{self, Compiled, Fixed};
use crate::compiled_cache::{CompiledCache, Kept, Making, Turn};
use crate::decode::{Decoded, Drawn};
use crate::error::{Code, Error, Fault};
use crate::generate::Models;
use crate::geom::Rect;
use crate::guard::{Guard, Sentry};
use crate::job::Job;
use crate::layout::{self, LaidLayer, Outcome};
use crate::limits::Limits;
use crate::paint::{self, Leaves, PaintScratch, Plates};
use crate::pixel::Frame;
use crate::plan::treatment::Step;
use crate::plan::watch::{Supposed, Watch};
use crate::plan::{self, Answered, Context, Expected, Having, Plan};
use crate::report::{LayerReport, LineReport, ModelReport, Note, Report, Timings};
use crate::resources::{NeedId, Resources};
use crate::row::Row;
use crate::scene::{FaceId, PictureId, Scene, Segment};
use crate::template::Template;
use crate::text::{Fonts, TextEngine};

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
    /// Compiled templates, where the host keeps some.
    compiled: Option<CompiledCache>,
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
        Self { fonts, limits: Limits::default(), models: Models::new(), is_original: false, compiled: None }
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

    /// The same, drawing over compiled templates of this cache and compiling those that are drawn again: the same bytes, sooner.
    ///
    /// Renderers with other fonts and limits may share it. A guard's deadline holds for compiling too, which gets at most half of the time
    /// that is left: if that is not enough, the picture is drawn as ever.
    #[must_use]
    pub fn with_compiled(mut self, cache: CompiledCache) -> Self {
        self.compiled = Some(cache);
        self
    }

    /// Where it keeps compiled templates, if anywhere.
    pub fn compiled(&self) -> Option<&CompiledCache> {
        self.compiled.as_ref()
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
        let Some(cache) = &self.compiled else { return self.draw(None, plan, resources, scratch, guard) };
        let kept = self.kept(cache, plan, resources, scratch, guard);
        let rendered = self.draw(kept.as_deref().map(Kept::compiled), plan, resources, scratch, guard)?;
        cache.drawn(kept.as_deref(), &rendered.frame);
        Ok(rendered)
    }

    /// The compiled template that a plan is drawn over: kept, or made now if it is time for that.
    fn kept(
        &self,
        cache: &CompiledCache,
        plan: &Plan,
        resources: &Resources,
        scratch: &mut Scratch,
        guard: &Guard<'_>,
    ) -> Option<Arc<Kept>> {
        let context = plan.fixed_context()?;
        let name = plan.fixed_name(&context, self.having());
        match cache.turn(name, || plan.fixed_needs(&context, self.having()), |need| resources.digest(need)) {
            Turn::Plain => None,
            Turn::Kept(kept) => Some(kept),
            Turn::Make(mut making) => {
                let guard = guard.half(Sentry::new(guard).now_ns());
                let compiled = self.compile_within((plan.template(), &context), plan, resources, scratch, &guard, Some(&mut making));
                // Whatever is wrong with it, drawing the plan says so.
                making.finish(compiled.ok()?)
            }
        }
    }

    /// The same, with what of the template was painted before: the same bytes, sooner.
    ///
    /// # Errors
    /// As [`render_guarded`](Self::render_guarded).
    pub fn render_compiled(
        &self,
        compiled: &Compiled,
        plan: &Plan,
        resources: &Resources,
        scratch: &mut Scratch,
        guard: &Guard<'_>,
    ) -> Result<Rendered, Error> {
        self.draw(Some(compiled), plan, resources, scratch, guard)
    }

    fn draw(
        &self,
        compiled: Option<&Compiled>,
        plan: &Plan,
        resources: &Resources,
        scratch: &mut Scratch,
        guard: &Guard<'_>,
    ) -> Result<Rendered, Error> {
        let sentry = Sentry::new(guard);
        let mut watch = Stopwatch { sentry: &sentry, at: sentry.now_ns() };
        sentry.enter("layout")?;
        let (scene, mut report) = self.lay_out(plan, resources, scratch, &sentry)?;
        let leaves = compiled.map(|_| Leaves::of(&scene));
        let fit = compiled.zip(leaves.as_ref());
        let fit = fit.and_then(|(compiled, leaves)| compiled.fit((&scene, leaves), plan, resources, &self.fonts.digest()));
        let layout = watch.lap_us();
        sentry.enter("decode")?;
        let known = |id: PictureId, drawn: &Drawn| fit.as_ref().and_then(|fit| fit.picture(id, drawn));
        let pictures = Decoded::of(&scene, plan, resources, known, &self.limits, &sentry)?;
        note_cuts(&pictures, plan, resources, &mut report)?;
        let decode = watch.lap_us();
        sentry.enter("paint")?;
        let outlines = Outlines(&self.fonts);
        let brush = paint::Brush { pictures: &pictures, outlines: &outlines, limits: &self.limits, sentry: &sentry };
        let over = match fit.as_ref().zip(leaves.as_ref()) {
            None => None,
            Some((fit, leaves)) => {
                let over = paint::paint_over(fit.plates(), &scene, leaves, fit.fixed(), &brush, &mut scratch.paint)?;
                over.map(|(mut frame, touched)| {
                    frame.set_origin(fit.origin(touched));
                    frame
                })
            }
        };
        let frame = match over {
            Some(frame) => frame,
            None => paint::paint(&scene, &brush, &mut scratch.paint)?,
        };
        if let (Some(layout), Some(decode), Some(paint)) = (layout, decode, watch.lap_us()) {
            report.timings_us = Some(Timings { layout, decode, paint, ..Timings::default() });
        }
        Ok(Rendered { frame, report })
    }

    /// Paints what of a template is the same for every row, for [`render_compiled`](Self::render_compiled).
    ///
    /// `usual` is the plan of a usual row: what is fixed is looked for in its picture, and plans to come must share its `context` but for
    /// `now`. `resources` has the answers to assets; photos need not be there. A template whose painted layers would take more than
    /// [`Compiled::MAX_BYTES`] is drawn as ever.
    ///
    /// # Errors
    /// What drawing the fixed layers fails with; a row that the template [skips](Plan::skipped).
    pub fn compile(
        &self,
        template: &Template,
        context: &Context,
        usual: &Plan,
        resources: &Resources,
        scratch: &mut Scratch,
    ) -> Result<Compiled, Error> {
        self.compile_within((template, context), usual, resources, scratch, &Guard::default(), None)
    }

    /// The same, ended by a guard, and within what a cache has room for.
    fn compile_within(
        &self,
        (template, context): (&Template, &Context),
        usual: &Plan,
        resources: &Resources,
        scratch: &mut Scratch,
        guard: &Guard<'_>,
        mut making: Option<&mut Making<'_>>,
    ) -> Result<Compiled, Error> {
        let sentry = Sentry::new(guard);
        sentry.enter("compile")?;
        let expected = Expected(Answered { plan: usual, resources });
        let (usual_scene, _) = layout::layout(usual.canvas()?, self.engine(scratch), &expected, &sentry)?;
        let (width, height) = self.check_canvas(&usual_scene)?;
        let frames = usize::try_from(u64::from(width) * u64::from(height) * 8).unwrap_or(usize::MAX);
        let room = making.as_ref().map_or(usize::MAX, |making| making.max_bytes()).min(Compiled::MAX_BYTES);
        let mut reserve = |bytes| bytes <= room && making.as_mut().is_none_or(|making| making.reserve(bytes));
        let fits = reserve(frames);
        let Some(fixed) = plan::statics(template, context, self.having())?.filter(|_| fits) else {
            return Ok(Compiled::nothing());
        };
        let answered = Answered { plan: &fixed, resources };
        let (scene, _) = layout::layout(fixed.canvas()?, self.engine(scratch), &answered, &sentry)?;
        if (scene.size, scene.scale) != (usual_scene.size, usual_scene.scale) {
            return Ok(Compiled::nothing());
        }
        let digest = |plan: &Plan, id| compile::digest_of(plan, id, resources);
        let mut same = |a, b| digest(&fixed, a).is_some_and(|a| digest(usual, b) == Some(a));
        let (scene, count_under) = compile::common(scene, &usual_scene, &mut same);
        if scene.items.is_empty() {
            return Ok(Compiled::nothing());
        }
        let decoded = Decoded::of(&scene, &fixed, resources, |_, _| None, &self.limits, &sentry)?;
        let outlines = Outlines(&self.fonts);
        let brush = paint::Brush { pictures: &decoded, outlines: &outlines, limits: &self.limits, sentry: &sentry };
        // what is left is for the scene and the JPEG's code
        let most = frames + room.saturating_sub(frames) / 2;
        let mut taken = frames;
        let mut has_room = |bytes: usize| {
            let fits = taken.checked_add(bytes).is_some_and(|all| all <= most && reserve(all));
            taken += if fits { bytes } else { 0 };
            fits
        };
        let plates = Plates::paint(&scene, count_under, &mut has_room, &brush, &mut scratch.paint)?;
        let pictures = Drawn::all(&scene)
            .into_iter()
            .filter_map(|(id, drawn)| Some((id, Fixed { digest: digest(&fixed, id)?, drawn, pixels: decoded.pixels(id)?.clone() })));
        let pictures = pictures.collect();
        Ok(Compiled::new(self.fonts.digest(), scene, pictures, plates, usual.output()))
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

/// Tells of each layer whose picture is cut off, or fails with the first of them.
fn note_cuts(pictures: &Decoded, plan: &Plan, resources: &Resources, report: &mut Report) -> Result<(), Fault> {
    for (id, cut) in pictures.cuts() {
        let Some(name) = plan.source_name(id) else { continue };
        if resources.refuses_truncated() {
            return Err(Fault::new(Code::DamagedResource, format!("resource {name}"), format!("{cut}, all of it must be there")));
        }
        let layers = report.layers.iter().filter(|layer| layer.source.as_deref() == Some(name));
        let notes: Vec<Note> = layers.map(|layer| Note::image_truncated(&layer.layer, name, cut)).collect();
        report.notes.extend(notes);
    }
    Ok(())
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
