//! The check of a feed: every row planned and laid out without pixels and without pictures, and told in one page.
//!
//! Rows and their places come in, in any order and on as many threads as the host likes; out comes a report of what failed and why, how
//! often each note was made, how small texts became, how often each rule applied, which columns are missing, and which rows are worst.
//! [`chart`] lists what a template has to count, [`tally`] counts, [`kept`] keeps the first and the worst rows, [`findings`] looks at
//! the data alone, [`channel`] at what a channel demands, [`report`] writes it down.
//!
//! A checker keeps nothing for a row but the few it names, so memory does not grow with the feed, and [`Checker::merge`] gives the same
//! result for every split of the rows.

mod channel;
mod chart;
mod findings;
mod json;
pub(crate) mod kept;
mod report;
mod shape;
mod tally;

use crate::error::{Code, Error, Fault};
use crate::layout::Outcome;
use crate::plan::tree::{Content, PlannedLayer};
use crate::plan::watch::Watch;
use crate::plan::{Context, Plan};
use crate::render::{Renderer, Scratch};
use crate::report::NoteCode;
use crate::row::Row;
use crate::template::Template;
pub use channel::{Channel, ChannelFinding};
use chart::Chart;
use findings::Data;
pub use report::{CheckReport, WorstRow};
use shape::shape;
use tally::{ChannelSeen, Failure, Reason, Tally, px};

/// What a check looks at.
///
/// ```
/// use templrender::{Channel, CheckOptions, Context};
/// let options = CheckOptions {
///     variants: vec![None, Some("story".into())],
///     context: Context { now: Some(1_795_000_000), ..Context::default() },
///     channel: Some(Channel::Meta),
/// };
/// assert_eq!(CheckOptions::default().channel, None);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CheckOptions {
    /// The variants that every row is laid out in; `None` among them is the template as it stands.
    ///
    /// Default: empty, which is the template as it stands
    pub variants: Vec<Option<String>>,
    /// What the host would choose for a picture; its `variant` is not looked at.
    ///
    /// Default: as [`Context::default`]
    pub context: Context,
    /// The channel whose rules rows and template are held to.
    ///
    /// Default: none
    pub channel: Option<Channel>,
}

/// Where a row stands in its feed.
///
/// ```
/// let place = templrender::RowPlace { line: 17, id: "GB-0004".into() };
/// assert!(place < templrender::RowPlace { line: 18, id: "GB-0001".into() });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct RowPlace {
    /// Its line, or its number; the report names the rows with the smallest ones.
    pub line: u64,
    /// What people call it; may be empty.
    pub id: String,
}

/// Checks rows one after another and adds up what it finds.
///
/// ```
/// use templrender::{CheckOptions, Checker, Fonts, Renderer, Row, RowPlace, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [200, 100], "fonts": ["Noto Sans"], "layers": [
///     { "id": "title", "type": "text", "text": "{{ title }}", "width": 200, "height": 30, "font-size": 20, "line-height": 1.4, "line-clamp": 1 },
///     { "id": "badge", "type": "box", "if": "sale", "width": 20, "height": 20, "background": "red" } ] }"#)?;
/// let mut fonts = Fonts::new();
/// fonts.add(std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf")?)?;
/// let mut checker = Checker::new(&Renderer::new(fonts), &template, CheckOptions::default())?;
/// let mut scratch = Scratch::new();
/// for (line, json) in [r#"{ "title": "Aster honey", "sale": true }"#, r#"{ "title": "Aster honey out of the hills, 340 g", "sale": false }"#].iter().enumerate() {
///     let place = RowPlace { line: line as u64 + 1, id: format!("row {}", line + 1) };
///     checker.row(&place, &Row::from_json(json)?, &mut scratch);
/// }
/// let report = checker.finish();
/// assert_eq!((report.rows(), report.failed(), report.count("text-cut")), (2, 0, 1));
/// let text = report.to_string();
/// assert!(text.contains("title: text-cut in 1 of 2 rows"), "{text}");
/// assert!(text.contains("badge: applies to 1 of 2 rows"), "{text}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checker {
    renderer: Renderer,
    template: Template,
    contexts: Vec<Context>,
    charts: Vec<Chart>,
    channel: Option<Channel>,
    data: Data,
    tally: Tally,
}

impl Checker {
    /// A checker that has seen no row.
    ///
    /// # Errors
    /// A variant that the template does not have, or one that is named twice.
    pub fn new(renderer: &Renderer, template: &Template, options: CheckOptions) -> Result<Self, Error> {
        let CheckOptions { mut variants, context, channel } = options;
        if variants.is_empty() {
            variants.push(None);
        }
        let mut charts = Vec::new();
        for (i, variant) in variants.iter().enumerate() {
            if variants.iter().take(i).any(|earlier| earlier == variant) {
                let name = variant.as_deref().unwrap_or("default");
                return Err(Fault::new(Code::BadArgument, "variants", format!("a variant must stand once, found {name} twice")).into());
            }
            charts.push(Chart::of(template.document(variant.as_deref())?));
        }
        let tally = Tally::new(&charts);
        let contexts = variants.into_iter().map(|variant| Context { variant, ..context.clone() }).collect();
        Ok(Self { renderer: renderer.clone(), template: template.clone(), contexts, charts, channel, data: Data::new(), tally })
    }

    /// Plans and lays a row out in every variant, as if all its pictures were there, and counts what happens.
    pub fn row(&mut self, place: &RowPlace, row: &Row, scratch: &mut Scratch) {
        let survey = |(context, chart)| {
            let mut heard = Heard { chart, rules: Vec::new(), nulls: Vec::new() };
            let surveyed = self.renderer.survey(&self.template, row, context, &mut heard, scratch);
            (heard.rules, heard.nulls, surveyed)
        };
        let surveyed: Vec<_> = self.contexts.iter().zip(&self.charts).map(survey).collect();

        let mut one = OneRow { place, codes: Vec::new(), failures: Vec::new(), skips: Vec::new() };
        self.tally.rows += 1;
        self.tally.see_columns(row);
        let (mut failed, mut skipped) = (false, false);
        for (number, (rules, nulls, surveyed)) in surveyed.into_iter().enumerate() {
            match surveyed {
                Ok((plan, Some(outcome))) => self.count(&mut one, number, (&plan, &outcome), (rules, nulls)),
                Ok((plan, None)) => {
                    skipped = true;
                    one.skip(&mut self.tally, plan.skipped().unwrap_or_default());
                }
                Err(error) => {
                    failed = true;
                    one.fail(&mut self.tally, &error);
                }
            }
        }
        self.tally.failed += u64::from(failed);
        self.tally.skipped += u64::from(skipped);
        let Self { tally, data, contexts, channel, .. } = self;
        let now = contexts.first().and_then(|context| context.now);
        data.look(row, now, &mut |code, found| {
            one.code(code);
            tally.findings.entry(code).or_default().add(place.line, &place.id, found);
        });
        if let Some(channel) = channel {
            channel::lint_row(*channel, row, &mut |code, finding| {
                one.code(code);
                let key = (code, finding.column.to_owned());
                let new = || ChannelSeen { rule: finding.rule(), source: finding.source, ..ChannelSeen::default() };
                tally.channel.entry(key).or_insert_with(new).seen.add(place.line, &place.id, || finding.found());
            });
        }
        one.finish(&mut self.tally);
    }

    /// Counts a record that the reader of the feed refused.
    pub fn failed(&mut self, place: &RowPlace, error: &Error) {
        let mut one = OneRow { place, codes: Vec::new(), failures: Vec::new(), skips: Vec::new() };
        self.tally.rows += 1;
        self.tally.failed += 1;
        one.fail(&mut self.tally, error);
        one.finish(&mut self.tally);
    }

    /// Takes over what another checker of the same template and options has seen.
    ///
    /// ```
    /// use templrender::{CheckOptions, Checker, Fonts, Renderer, Row, RowPlace, Scratch, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] }"#)?;
    /// let new = || Checker::new(&Renderer::new(Fonts::new()), &template, CheckOptions::default());
    /// let (mut one, mut other) = (new()?, new()?);
    /// one.row(&RowPlace { line: 2, id: "a".into() }, &Row::new(), &mut Scratch::new());
    /// other.row(&RowPlace { line: 3, id: "b".into() }, &Row::new(), &mut Scratch::new());
    /// one.merge(other)?;
    /// assert_eq!(one.finish().rows(), 2);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    ///
    /// # Errors
    /// A checker of another template or of other options.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        if self.template != other.template || self.contexts != other.contexts || self.channel != other.channel {
            return Err(
                Fault::new(Code::BadArgument, "checker", "checkers must be of one template and the same options to be merged").into()
            );
        }
        self.tally.merge(other.tally);
        Ok(())
    }

    /// What all rows came to.
    pub fn finish(self) -> CheckReport {
        let now = self.contexts.first().and_then(|context| context.now);
        let refused = self.channel.map(|channel| channel.lint_template(&self.template, now)).unwrap_or_default();
        let variants = self.contexts.into_iter().map(|context| context.variant).zip(self.charts).collect();
        CheckReport::new(&self.template, variants, self.channel.map(|channel| (channel, refused)), self.tally)
    }

    /// Counts a row that was laid out in a variant.
    fn count(
        &mut self,
        one: &mut OneRow<'_>,
        number: usize,
        (plan, outcome): (&Plan, &Outcome),
        (mut rules, mut nulls): (Vec<usize>, Vec<usize>),
    ) {
        let (Some(tally), Some(chart)) = (self.tally.variants.get_mut(number), self.charts.get(number)) else { return };
        let (line, id) = (one.place.line, one.place.id.as_str());
        tally.laid_out += 1;
        for rule in once(&mut rules) {
            if let Some(rows) = tally.rules.get_mut(*rule) {
                *rows += 1;
            }
        }
        for layer in once(&mut nulls) {
            if let Some(layer) = tally.layers.get_mut(*layer) {
                layer.missing += 1;
                layer.offer(Reason::Missing, 1, line, id);
            }
        }
        let mut named: Vec<Named<'_>> = Vec::new();
        name(plan.canvas().map_or(&[], |canvas| &canvas.layers), chart, &mut named);
        named.sort_unstable_by_key(|layer| layer.ident);
        let find = |ident: &str| named.binary_search_by_key(&ident, |layer| layer.ident).ok().and_then(|i| named.get(i));

        let mut drawn = Vec::with_capacity(outcome.layers.len());
        for laid in &outcome.layers {
            let Some(layer) = find(&laid.ident) else { continue };
            let Some(counts) = tally.layers.get_mut(layer.index) else { continue };
            drawn.push(layer.index);
            let Some(size) = laid.font_size else { continue };
            counts.texts += 1;
            if let Some(texts) = counts.sizes.entry((size * 10.0).round() as u32) {
                *texts += 1;
            }
            if size < layer.own_size {
                counts.offer(Reason::SmallestFont, -px(size), line, id);
            }
            counts.offer(Reason::LongestText, i64::try_from(layer.characters).unwrap_or(i64::MAX), line, id);
            let widest = laid.lines.iter().map(|line| line.rect.width).fold(0.0, f32::max);
            counts.offer(Reason::Widest, px(widest), line, id);
            counts.offer(Reason::MostLines, i64::try_from(laid.lines.len()).unwrap_or(i64::MAX), line, id);
        }
        for layer in once(&mut drawn) {
            if let Some(layer) = tally.layers.get_mut(*layer) {
                layer.rows += 1;
            }
        }
        let mut noted: Vec<(Option<usize>, NoteCode)> = Vec::new();
        for note in &outcome.notes {
            one.code(note.code.name());
            let layer = find(&note.layer).map(|layer| layer.index);
            if noted.contains(&(layer, note.code)) {
                continue;
            }
            noted.push((layer, note.code));
            let notes = match layer.and_then(|layer| tally.layers.get_mut(layer)) {
                Some(layer) => &mut layer.notes,
                None => &mut tally.notes,
            };
            notes.entry(note.code).or_default().add(line, id, || note.message.clone());
        }
    }
}

/// What is heard of one plan, by the numbers of the chart.
struct Heard<'c> {
    chart: &'c Chart,
    rules: Vec<usize>,
    nulls: Vec<usize>,
}

impl Watch for Heard<'_> {
    fn rule(&mut self, path: &str, held: bool) {
        self.rules.extend(self.chart.rule(path).filter(|_| held));
    }

    fn null(&mut self, path: &str) {
        self.nulls.extend(self.chart.nulled(path));
    }
}

/// A planned layer under the name that the outcome has for it.
struct Named<'p> {
    ident: &'p str,
    index: usize,
    own_size: f32,
    characters: usize,
}

fn name<'p>(layers: &'p [PlannedLayer], chart: &Chart, out: &mut Vec<Named<'p>>) {
    for layer in layers {
        let characters = match &layer.content {
            Content::Text(spans) => spans.iter().map(|span| span.text.chars().count()).sum(),
            _ => 0,
        };
        if let Some(index) = chart.layer(&layer.path) {
            out.push(Named { ident: &layer.ident, index, own_size: layer.text.size_px(), characters });
        }
        if let Content::Box(children) = &layer.content {
            name(children, chart, out);
        }
    }
}

/// Each number once.
fn once(numbers: &mut Vec<usize>) -> &[usize] {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// What one row was counted for: each code, each kind of failure and each reason to skip counts it once.
struct OneRow<'p> {
    place: &'p RowPlace,
    codes: Vec<&'static str>,
    failures: Vec<Failure>,
    skips: Vec<String>,
}

impl OneRow<'_> {
    fn code(&mut self, code: &'static str) {
        if !self.codes.contains(&code) {
            self.codes.push(code);
        }
    }

    fn fail(&mut self, tally: &mut Tally, error: &Error) {
        for fault in error.faults() {
            self.code(fault.code.name());
            let failure = Failure { code: fault.code, place: fault.place.clone(), message: shape(&fault.message) };
            if self.failures.contains(&failure) {
                continue;
            }
            if let Some(seen) = tally.failures.entry(failure.clone()) {
                seen.add(self.place.line, &self.place.id, || fault.message.clone());
            }
            self.failures.push(failure);
        }
    }

    fn skip(&mut self, tally: &mut Tally, reason: &str) {
        if self.skips.iter().any(|earlier| earlier == reason) {
            return;
        }
        if let Some(seen) = tally.skips.entry(reason.to_owned()) {
            seen.add(self.place.line, &self.place.id, String::new);
        }
        self.skips.push(reason.to_owned());
    }

    fn finish(self, tally: &mut Tally) {
        for code in self.codes {
            *tally.codes.entry(code).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests;
