//! The report of a check: what people read, and what a host asks of it.

use std::collections::BTreeSet;
use std::fmt;

use super::channel::{self, Channel, ChannelFinding};
use super::chart::Chart;
use super::findings::FINDINGS;
use super::kept::{Place, Seen};
use super::tally::{LayerTally, Reason, Tally, VariantTally};
use crate::error::{Code, Fault};
use crate::report::NoteCode;
use crate::template::Template;

/// Rows that the text names for one finding; the JSON names them all.
const NAMED_IN_TEXT: usize = 3;

/// What the rows of a feed came to: [`Display`](fmt::Display) is for people, [`to_json`](Self::to_json) for machines.
///
/// ```
/// use templrender::{CheckOptions, Checker, Code, Fault, Fonts, Renderer, RowPlace, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] }"#)?;
/// let mut checker = Checker::new(&Renderer::new(Fonts::new()), &template, CheckOptions::default())?;
/// for line in [5, 9] {
///     let fault = Fault::new(Code::BadField, "row", format!("a row must be JSON, found {line}"));
///     checker.failed(&RowPlace { line, id: String::new() }, &fault.into());
/// }
/// let report = checker.finish();
/// assert_eq!(report.count("bad-field"), 2);
/// assert!(report.to_string().contains("bad-field in 2 of 2 rows: row: a row must be JSON, found #"));
/// assert!(report.to_json().contains(r#""failed": 2"#));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug)]
pub struct CheckReport {
    pub(super) template: String,
    pub(super) variants: Vec<(Option<String>, Chart)>,
    pub(super) channel: Option<(Channel, Vec<ChannelFinding>)>,
    /// By field: its columns, none of which the feed has.
    pub(super) missing: Vec<(String, Vec<String>)>,
    /// Columns that the template never reads; `None` where it takes the row as a whole.
    pub(super) unused: Option<Vec<String>>,
    /// What is odd about the template.
    pub(super) warnings: Vec<Fault>,
    pub(super) tally: Tally,
}

/// A row that is among the worst of a layer.
///
/// ```
/// use templrender::{CheckOptions, Checker, Fonts, Renderer, Row, RowPlace, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [90, 50], "fonts": ["Noto Sans"], "layers": [
///     { "id": "name", "type": "text", "text": "{{ name }}" } ] }"#)?;
/// let mut fonts = Fonts::new();
/// fonts.add(std::fs::read("tests/fonts/NotoSans-Regular.subset.ttf")?)?;
/// let mut checker = Checker::new(&Renderer::new(fonts), &template, CheckOptions::default())?;
/// for (line, name) in [(2, "Aster"), (3, "Aster honey")] {
///     let mut row = Row::new();
///     row.set("name", name);
///     checker.row(&RowPlace { line, id: name.into() }, &row, &mut Scratch::new());
/// }
/// let report = checker.finish();
/// let worst = report.worst().next().unwrap();
/// assert_eq!((worst.layer, worst.reason, worst.line, worst.value), ("name", "longest-text", 3, 11.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstRow<'r> {
    /// The variant, `None` for the template as it stands.
    pub variant: Option<&'r str>,
    /// The layer, as reports name it; of a repeated one `card[].name`.
    pub layer: &'r str,
    /// `longest-text` (characters), `widest` (px), `most-lines`, `smallest-font` (px) or `missing`.
    pub reason: &'static str,
    /// Where the row stands.
    pub line: u64,
    /// What it is called.
    pub id: &'r str,
    /// How bad it is.
    pub value: f64,
}

impl CheckReport {
    pub(super) fn new(
        template: &Template,
        variants: Vec<(Option<String>, Chart)>,
        channel: Option<(Channel, Vec<ChannelFinding>)>,
        tally: Tally,
    ) -> Self {
        let wanted = template.columns();
        let seen: BTreeSet<&str> = tally.columns().iter().map(|column| column.name.as_str()).collect();
        let known = |columns: &[String]| columns.iter().any(|column| seen.contains(column.as_str()));
        // Of a feed without a readable row nothing can be said.
        let missing = if seen.is_empty() {
            Vec::new()
        } else {
            wanted.wanted.iter().filter(|(_, columns)| !known(columns)).map(|(name, columns)| (name.clone(), columns.clone())).collect()
        };
        let read: BTreeSet<&str> = wanted.wanted.values().flatten().map(String::as_str).collect();
        // The id names rows, in this report too.
        let unused = seen.iter().filter(|column| !read.contains(*column) && **column != "id").map(|column| (*column).to_owned()).collect();
        let unused = (!wanted.all).then_some(unused);
        let warnings = template.warnings().to_vec();
        Self { template: template.name().to_owned(), variants, channel, missing, unused, warnings, tally }
    }

    /// Rows that were read, those that failed among them.
    pub fn rows(&self) -> u64 {
        self.tally.rows
    }

    /// Rows that cannot be drawn in at least one variant.
    pub fn failed(&self) -> u64 {
        self.tally.failed
    }

    /// Rows that the template skips.
    pub fn skipped(&self) -> u64 {
        self.tally.skipped
    }

    /// How many rows have an error, a note or a finding of this code, each row once; `failed` and `skipped` count as codes, and the
    /// template's warnings and what a channel refuses of it count one by one.
    pub fn count(&self, code: &str) -> u64 {
        match code {
            "failed" => self.failed(),
            "skipped" => self.skipped(),
            code => {
                let warned = self.warnings.iter().filter(|warning| warning.code.name() == code).count();
                let of_template = warned + self.refused().iter().filter(|finding| finding.code == code).count();
                self.tally.codes.get(code).copied().unwrap_or(0) + u64::try_from(of_template).unwrap_or(u64::MAX)
            }
        }
    }

    /// Every code that [`count`](Self::count) can be asked for: errors, notes, findings, what channels refuse, `failed` and `skipped`.
    ///
    /// ```
    /// let codes: Vec<&str> = templrender::CheckReport::codes().collect();
    /// assert!(["failed", "bad-field", "text-cut", "title-all-caps", "channel-overlay"].iter().all(|code| codes.contains(code)));
    /// ```
    pub fn codes() -> impl Iterator<Item = &'static str> {
        let errors = Code::ALL.iter().map(|code| code.name());
        let notes = NoteCode::ALL.iter().map(|code| code.name());
        let findings = FINDINGS.iter().map(|(code, _)| *code);
        ["failed", "skipped"].into_iter().chain(errors).chain(notes).chain(findings).chain(channel::CODES.iter().copied())
    }

    /// What the channel refuses of the template itself.
    pub fn refused(&self) -> &[ChannelFinding] {
        self.channel.as_ref().map_or(&[], |(_, found)| found)
    }

    /// The worst rows of each layer, the worst first.
    pub fn worst(&self) -> impl Iterator<Item = WorstRow<'_>> {
        self.each_variant().flat_map(|(variant, chart, tally)| {
            chart.layers.iter().zip(&tally.layers).flat_map(move |(name, layer)| {
                worst_of(layer).flat_map(move |(reason, rows)| {
                    rows.iter().map(move |bad| WorstRow {
                        variant,
                        layer: name,
                        reason: reason.name(),
                        line: bad.line,
                        id: &bad.id,
                        value: reason.shown(bad.value),
                    })
                })
            })
        })
    }

    pub(super) fn each_variant(&self) -> impl Iterator<Item = (Option<&str>, &Chart, &VariantTally)> {
        self.variants.iter().zip(&self.tally.variants).map(|((name, chart), tally)| (name.as_deref(), chart, tally))
    }
}

/// What is worst in a layer: a list that says nothing (one line each) is left out.
pub(super) fn worst_of(layer: &LayerTally) -> impl Iterator<Item = (Reason, &[super::kept::Bad])> {
    Reason::ALL.into_iter().zip(&layer.worst).filter_map(|(reason, worst)| {
        let telling = match reason {
            Reason::MostLines => worst.0.first().is_some_and(|bad| bad.value > 1),
            _ => !worst.0.is_empty(),
        };
        telling.then_some((reason, worst.0.as_slice()))
    })
}

/// The sentence of a finding in the data.
pub(super) fn sentence(code: &str) -> &'static str {
    FINDINGS.iter().find(|(known, _)| *known == code).map_or("", |(_, sentence)| sentence)
}

/// `1,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `312 of 1,000,000 rows`.
fn of(part: u64, whole: u64) -> String {
    format!("{} of {} {}", grouped(part), grouped(whole), if whole == 1 { "row" } else { "rows" })
}

/// `, first line 17 (GB-0004), line 21 (GB-0009)`.
fn first(places: &[Place]) -> String {
    let shown: Vec<String> = places
        .iter()
        .take(NAMED_IN_TEXT)
        .map(|place| if place.id.is_empty() { format!("line {}", place.line) } else { format!("line {} ({})", place.line, place.id) })
        .collect();
    if shown.is_empty() { String::new() } else { format!("; first {}", shown.join(", ")) }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let tally = &self.tally;
        let word = if rows == 1 { "row" } else { "rows" };
        writeln!(
            f,
            "{}: {} {word} read, {} failed, {} skipped",
            self.template,
            grouped(rows),
            grouped(tally.failed),
            grouped(tally.skipped)
        )?;
        for warning in &self.warnings {
            writeln!(f, "  {} in the template: {warning}", warning.code.name())?;
        }
        for (failure, seen) in &tally.failures.0 {
            let place = if failure.place.is_empty() { String::new() } else { format!("{}: ", failure.place) };
            writeln!(f, "  {} in {}: {place}{}{}", failure.code.name(), of(seen.rows, rows), failure.message, first(&seen.first))?;
        }
        for (reason, seen) in &tally.skips.0 {
            writeln!(f, "  skipped {}: {reason}{}", of(seen.rows, rows), first(&seen.first))?;
        }
        for (code, seen) in &tally.findings {
            writeln!(f, "  {code} in {}: {}{}", of(seen.rows, rows), sentence(code), first(&seen.first))?;
        }
        for (field, columns) in &self.missing {
            let columns = if columns == std::slice::from_ref(field) { String::new() } else { format!(" ({})", columns.join(", ")) };
            writeln!(f, "  column missing in the feed: {field}{columns}")?;
        }
        if let Some(unused) = self.unused.as_ref().filter(|unused| !unused.is_empty()) {
            writeln!(f, "  columns that the template does not use: {}", unused.join(", "))?;
        }
        for (name, chart, tally) in self.each_variant() {
            variant(f, name.unwrap_or("default"), chart, tally)?;
        }
        self.fmt_channel(f)
    }
}

impl CheckReport {
    fn fmt_channel(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((channel, refused)) = &self.channel else { return Ok(()) };
        writeln!(f, "{}:", channel.name())?;
        for finding in refused {
            writeln!(f, "  {}: {}: {}, found {} [{}]", finding.code, finding.place, finding.rule, finding.found, finding.source)?;
        }
        for ((code, column), found) in &self.tally.channel {
            let rows = of(found.seen.rows, self.rows());
            writeln!(f, "  {code} in {rows}: {column}: {} [{}]{}", found.rule, found.source, first(&found.seen.first))?;
        }
        if refused.is_empty() && self.tally.channel.is_empty() {
            writeln!(f, "  nothing is refused")?;
        }
        Ok(())
    }
}

fn variant(f: &mut fmt::Formatter<'_>, name: &str, chart: &Chart, tally: &VariantTally) -> fmt::Result {
    let laid_out = tally.laid_out;
    writeln!(f, "{name}: {} laid out", if laid_out == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(laid_out)) })?;
    for (rule, rows) in chart.rules.iter().zip(&tally.rules) {
        let condition = if rule.condition.is_empty() { "otherwise" } else { &rule.condition };
        writeln!(f, "  {}: applies to {} ({} {condition})", rule.layer, of(*rows, laid_out), rule.kind.name())?;
    }
    for (code, seen) in &tally.notes {
        writeln!(f, "  {} in {}{}", code.name(), of(seen.rows, laid_out), first(&seen.first))?;
    }
    for (name, layer) in chart.layers.iter().zip(&tally.layers) {
        layer_text(f, name, layer, laid_out)?;
    }
    Ok(())
}

fn layer_text(f: &mut fmt::Formatter<'_>, name: &str, layer: &LayerTally, laid_out: u64) -> fmt::Result {
    for (code, Seen { rows, first: places }) in &layer.notes {
        writeln!(f, "  {name}: {} in {}{}", code.name(), of(*rows, laid_out), first(places))?;
    }
    if layer.missing > 0 {
        writeln!(f, "  {name}: missing in {}", of(layer.missing, laid_out))?;
    }
    if layer.sizes.0.len() > 1 {
        let sizes = layer.sizes.0.iter().rev().map(|(tenths, texts)| {
            let size = f64::from(*tenths) / 10.0;
            format!("{size} px {}", grouped(*texts))
        });
        writeln!(f, "  {name}: font sizes {}", sizes.collect::<Vec<_>>().join(", "))?;
    }
    for (reason, rows) in worst_of(layer) {
        if let (Some(bad), Reason::LongestText | Reason::MostLines | Reason::SmallestFont) = (rows.first(), reason) {
            let id = if bad.id.is_empty() { String::new() } else { format!(" ({})", bad.id) };
            writeln!(f, "  {name}: {} {} in line {}{id}", reason.name(), reason.shown(bad.value), bad.line)?;
        }
    }
    Ok(())
}
