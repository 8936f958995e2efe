//! The jobs: J1 is the shipped template `product-ad`, J2 the shipped `og-card`, J3 one picture scaled to cover a square, `tiny` is so small that what
//! a call costs shows beside it, and `poster` has some forty layers that are the same for every row; `poster-png` is the same as PNG.
//!
//! Template, fonts, logo and a scratch for each thread are kept between renders, as a server would; the row is new with each render, and photo and avatar
//! are decoded from their bytes each time.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use core_::{Compiled, Context, Fonts, Guard, NeedSource, OutputFormat, Plan, Renderer, Resources, Row, Scratch, Template, Timings};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::poster::{self, Poster};

pub(crate) const NAMES: [&str; 6] = ["J1", "J2", "J3", "tiny", "poster", "poster-png"];

/// Rows of the poster.
const POSTERS: usize = 64;

/// Also in tools/python_peer.py.
const TINY: &str = r#"{ "templrender": 1, "name": "tiny", "size": [16, 16], "background": "{{ color }}", "layers": [
  { "type": "box", "left": 4, "top": 4, "width": 8, "height": 8, "background": "{{ inner }}" } ] }"#;

const COVER: &str = r#"{ "templrender": 1, "name": "cover", "size": [600, 600], "output": { "format": "jpeg", "quality": 85, "subsampling": 420 },
  "layers": [ { "type": "image", "src": "{{ photo }}", "left": 0, "top": 0, "width": 600, "height": 600, "object-fit": "cover" } ] }"#;

pub(crate) struct Jobs {
    renderer: Renderer,
    /// The templates of `NAMES`, each compiled when it is drawn first, where that is asked for.
    compiled: Option<[OnceLock<Compiled>; NAMES.len()]>,
    /// One for each thread that draws, while it does not.
    scratches: Mutex<Vec<Scratch>>,
    ad: Template,
    card: Template,
    cover: Template,
    tiny: Template,
    poster: Poster,
    ad_rows: Vec<Row>,
    card_rows: Vec<Row>,
    cover_row: Row,
    tiny_row: Row,
    poster_rows: Vec<Row>,
    photo: Arc<[u8]>,
    logo: Arc<[u8]>,
    avatar: Arc<[u8]>,
}

/// The steps of a job, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Template and row to a plan.
    Plan,
    /// Pictures handed over and looked at.
    Answer,
    /// Plan to scene.
    Layout,
    /// Pictures to pixels.
    Decode,
    /// Scene to frame; pictures are scaled here.
    Paint,
    /// Frame to bytes.
    Encode,
    /// Frame, plan and bytes given back.
    Free,
}

impl Step {
    pub(crate) const ALL: [Self; 7] = [Self::Plan, Self::Answer, Self::Layout, Self::Decode, Self::Paint, Self::Encode, Self::Free];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Answer => "answer",
            Self::Layout => "layout",
            Self::Decode => "decode",
            Self::Paint => "paint",
            Self::Encode => "encode",
            Self::Free => "free",
        }
    }
}

/// Told of each step that is over.
type Over<'o> = &'o mut dyn FnMut(Step, Option<Timings>);

impl Jobs {
    /// Everything that is kept between pictures; compiled templates too, where that is asked for.
    pub(crate) fn load(root: &Path, is_compiled: bool) -> Result<Self, Box<dyn Error>> {
        let asset = |name: &str| std::fs::read(root.join("assets").join(name)).map_err(|e| format!("{name}: {e}"));
        let mut fonts = Fonts::new();
        for name in ["Inter-Regular.ttf", "Inter-Bold.ttf"] {
            fonts.add(asset(name)?)?;
        }
        let data: Value = serde_json::from_slice(&std::fs::read(root.join("data.json"))?)?;
        let rows = |key: &str, picture: &str| -> Result<Vec<Row>, Box<dyn Error>> {
            let list = data[key].as_array().ok_or_else(|| format!("data.json has no list {key}"))?;
            list.iter().map(|row| with_picture(row, picture)).collect()
        };
        Ok(Self {
            renderer: Renderer::new(fonts),
            compiled: is_compiled.then(Default::default),
            scratches: Mutex::default(),
            ad: Template::parse(include_str!("../../../templates/product-ad/template.json"))?,
            card: Template::parse(include_str!("../../../templates/og-card/template.json"))?,
            cover: Template::parse(COVER)?,
            tiny: Template::parse(TINY)?,
            poster: Poster::new()?,
            ad_rows: rows("j1", "photo")?,
            card_rows: rows("j2", "avatar")?,
            cover_row: with_picture(&json!({}), "photo")?,
            tiny_row: Row::from_json(r##"{ "color": "#123456", "inner": "#abcdef" }"##)?,
            poster_rows: (0..POSTERS).map(poster::row).collect(),
            photo: asset("product.jpg")?.into(),
            logo: asset("logo.png")?.into(),
            avatar: asset("avatar.jpg")?.into(),
        })
    }

    /// A job's compiled template, if they are asked for.
    fn compiled(&self, job: &str) -> Result<Option<&Compiled>, Box<dyn Error>> {
        let Some(compiled) = &self.compiled else { return Ok(None) };
        let Some(place) = NAMES.iter().position(|name| *name == job).and_then(|at| compiled.get(at)) else { return Ok(None) };
        if place.get().is_none() {
            // Two threads may come here at once: both make the same.
            let _ = place.set(self.compile(job)?);
        }
        Ok(place.get())
    }

    fn compile(&self, job: &str) -> Result<Compiled, Box<dyn Error>> {
        let (template, row) = self.asked(job, 0)?;
        let (context, renderer) = (context(job), self.renderer(job));
        let plan = renderer.plan(template, row, &context)?;
        let resources = self.answers(&plan)?;
        Ok(renderer.compile(template, &context, &plan, &resources, &mut Scratch::new())?)
    }

    /// The encoded picture of a job for the row of that number.
    pub(crate) fn draw(&self, job: &str, number: usize) -> Result<Vec<u8>, Box<dyn Error>> {
        self.draw_watched(job, number, &Guard::default(), &mut |_, _| {})
    }

    /// The same, by the host's clock: microseconds of each step of [`Step::ALL`], to the last buffer that is given back.
    pub(crate) fn draw_stepwise(&self, job: &str, number: usize) -> Result<[f64; Step::ALL.len()], Box<dyn Error>> {
        let mut taken = [0.0; Step::ALL.len()];
        let mut at = now_ns();
        let guard = Guard { clock: Some(now_ns), ..Guard::default() };
        let bytes = self.draw_watched(job, number, &guard, &mut |step, timings| {
            let now = now_ns();
            let us = (now - std::mem::replace(&mut at, now)) as f64 / 1e3;
            match timings {
                // What the renderer's own clock does not name is the report and what is given back: it counts as layout.
                Some(timings) => {
                    let (decode, paint) = (timings.decode as f64, timings.paint as f64);
                    taken[Step::Decode as usize] += decode;
                    taken[Step::Paint as usize] += paint;
                    taken[Step::Layout as usize] += us - decode - paint;
                }
                None => taken[step as usize] += us,
            }
        })?;
        drop(bytes);
        taken[Step::Free as usize] += (now_ns() - at) as f64 / 1e3;
        Ok(taken)
    }

    /// Draws, and says after each step that it is over; the step of the renderer comes with its timings, where the guard has a clock.
    fn draw_watched(&self, job: &str, number: usize, guard: &Guard<'_>, over: Over<'_>) -> Result<Vec<u8>, Box<dyn Error>> {
        let (template, row) = self.asked(job, number)?;
        let renderer = self.renderer(job);
        let plan = renderer.plan(template, row, &context(job))?;
        over(Step::Plan, None);
        let resources = self.answers(&plan)?;
        over(Step::Answer, None);
        let mut scratch = self.scratches.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let compiled = self.compiled(job)?;
        let rendered = match compiled {
            Some(compiled) => renderer.render_compiled(compiled, &plan, &resources, &mut scratch, guard)?,
            None => renderer.render_guarded(&plan, &resources, &mut scratch, guard)?,
        };
        self.scratches.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        over(Step::Paint, rendered.report.timings_us);
        let bytes = rendered.frame.encode(plan.output())?;
        over(Step::Encode, None);
        Ok(bytes)
    }

    fn asked(&self, job: &str, number: usize) -> Result<(&Template, &Row), Box<dyn Error>> {
        match job {
            "J1" => Ok((&self.ad, pick(&self.ad_rows, number)?)),
            "J2" => Ok((&self.card, pick(&self.card_rows, number)?)),
            "J3" => Ok((&self.cover, &self.cover_row)),
            "tiny" => Ok((&self.tiny, &self.tiny_row)),
            "poster" | "poster-png" => Ok((&self.poster.template, pick(&self.poster_rows, number)?)),
            _ => Err(format!("no such job: {job:?}, there are {NAMES:?}").into()),
        }
    }

    /// The poster has fonts of its own.
    fn renderer(&self, job: &str) -> &Renderer {
        if job.starts_with("poster") { &self.poster.renderer } else { &self.renderer }
    }

    /// Every picture of a plan, by its bytes.
    fn answers(&self, plan: &Plan) -> Result<Resources, Box<dyn Error>> {
        let mut resources = Resources::new();
        loop {
            let found: Vec<_> = plan.pending(&resources).into_iter().map(|need| (need.id(), self.answer(need.source()))).collect();
            if found.is_empty() {
                return Ok(resources);
            }
            for (id, bytes) in found {
                resources.insert(id, bytes.ok_or("a need that no job has")?)?;
            }
        }
    }

    fn answer(&self, source: &NeedSource) -> Option<Arc<[u8]>> {
        match source {
            NeedSource::Location(name) if name == "photo" => Some(Arc::clone(&self.photo)),
            NeedSource::Location(name) if name == "avatar" => Some(Arc::clone(&self.avatar)),
            NeedSource::Asset { name, .. } if name == "logo" => Some(Arc::clone(&self.logo)),
            source => self.poster.answer(source),
        }
    }
}

/// What a job asks for beside its template.
fn context(job: &str) -> Context {
    Context { format: job.ends_with("-png").then_some(OutputFormat::Png), ..Context::default() }
}

/// A row of the data with the picture's column, whose value is the picture's name here.
fn with_picture(row: &Value, name: &str) -> Result<Row, Box<dyn Error>> {
    let mut row = row.as_object().cloned().ok_or("a row is an object")?;
    row.insert(name.to_owned(), json!(name));
    Ok(Row::from_json(&Value::Object(row).to_string())?)
}

fn pick(rows: &[Row], number: usize) -> Result<&Row, Box<dyn Error>> {
    rows.get(number % rows.len().max(1)).ok_or_else(|| "data.json has no rows".into())
}

/// The host's clock.
fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
