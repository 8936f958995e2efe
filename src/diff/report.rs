//! What a comparison found, for people and for machines.

use std::fmt::{self, Write as _};

use super::layers::Kind;
use super::tally::{Tally, px};
use crate::check::kept::Seen;
use crate::report::json;

/// Which rows come out differently, through which layer, and how far.
///
/// `Display` is the table for people; [`to_json`](Self::to_json) the same for machines.
///
/// ```
/// use templrender::{Context, Differ, Fonts, Renderer, Row, RowPlace, Scratch, Template};
/// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [] }"#)?;
/// let renderer = Renderer::new(Fonts::new());
/// let mut differ = Differ::new((&renderer, &template), (&renderer, &template), Context::default())?;
/// differ.row(&RowPlace { line: 2, id: "a".into() }, &Row::new(), &mut [Scratch::new(), Scratch::new()]);
/// let report = differ.finish();
/// assert_eq!(report.to_string(), "t beside t: 1 row, 1 the same, 0 changed, 0 drawn by one only, 0 by neither\n");
/// assert!(report.to_json().contains("\"changed\": 0"));
/// assert!(report.worst().next().is_none());
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DiffReport {
    before: String,
    after: String,
    variant: Option<String>,
    tally: Tally,
}

/// One of the rows that differ most.
///
/// ```
/// let row = templrender::DifferentRow { line: 5, id: "GB-0004".into(), distance_px: 14.0, changes: "title moved 14 px".into() };
/// assert!(row.distance_px > 10.0);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DifferentRow {
    /// Its line in the feed.
    pub line: u64,
    /// What people call it.
    pub id: String,
    /// How far the layer that moved or grew most did so, canvas px; of a change without a distance, 0.
    pub distance_px: f64,
    /// Every layer with what differs.
    pub changes: String,
}

impl DiffReport {
    pub(super) fn new(before: &str, after: &str, variant: Option<String>, tally: Tally) -> Self {
        Self { before: before.to_owned(), after: after.to_owned(), variant, tally }
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.tally.rows
    }

    /// Rows that both draw, but not alike.
    pub fn changed(&self) -> u64 {
        self.tally.changed
    }

    /// Rows that one draws and the other skips or fails on, or that both leave for different reasons.
    pub fn turned(&self) -> u64 {
        self.tally.turned()
    }

    /// The rows that differ most, the farthest first, at most 8.
    pub fn worst(&self) -> impl Iterator<Item = DifferentRow> {
        self.tally.worst.0.iter().map(|bad| DifferentRow {
            line: bad.line,
            id: bad.id.clone(),
            distance_px: bad.value as f64 / 10.0,
            changes: self.tally.reasons.get(&bad.line).cloned().unwrap_or_default(),
        })
    }

    /// The whole report as one JSON object.
    pub fn to_json(&self) -> String {
        let tally = &self.tally;
        let variant = self.variant.as_deref().map_or_else(|| "null".to_owned(), json);
        let mut out = format!(
            "{{\n  \"before\": {}, \"after\": {}, \"variant\": {variant},\n  \"rows\": {}, \"same\": {}, \"changed\": {}, \"turned\": {}, \"undrawn\": {},\n",
            json(&self.before),
            json(&self.after),
            tally.rows,
            tally.same,
            tally.changed,
            tally.turned(),
            tally.undrawn
        );
        let layers = tally.layers.0.iter().map(|((layer, kind), found)| {
            let far = found.farthest as f64 / 10.0;
            format!("{{ \"layer\": {}, \"kind\": {}, \"farthest_px\": {far}, {} }}", json(layer), json(kind.name()), seen(&found.seen))
        });
        list(&mut out, "layers", layers);
        out.push_str(",\n");
        let turns = tally
            .turns
            .0
            .iter()
            .map(|((before, after), found)| format!("{{ \"before\": {}, \"after\": {}, {} }}", json(before), json(after), seen(found)));
        list(&mut out, "turns", turns);
        out.push_str(",\n");
        let worst = self.worst().map(|row| {
            let (id, changes) = (json(&row.id), json(&row.changes));
            format!("{{ \"line\": {}, \"id\": {id}, \"distance_px\": {}, \"changes\": {changes} }}", row.line, row.distance_px)
        });
        list(&mut out, "worst", worst);
        out.push_str("\n}\n");
        out
    }
}

fn list(out: &mut String, name: &str, items: impl Iterator<Item = String>) {
    let items: Vec<String> = items.map(|item| format!("    {item}")).collect();
    let _ = match items.is_empty() {
        true => write!(out, "  \"{name}\": []"),
        false => write!(out, "  \"{name}\": [\n{}\n  ]", items.join(",\n")),
    };
}

fn seen(seen: &Seen) -> String {
    let first: Vec<String> =
        seen.first.iter().map(|place| format!("{{ \"line\": {}, \"id\": {} }}", place.line, json(&place.id))).collect();
    format!("\"rows\": {}, \"first\": [{}]", seen.rows, first.join(", "))
}

/// `title: moved in 120 rows, at most 14 px (GB-0001, GB-0002, ...)`.
impl fmt::Display for DiffReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        let variant = self.variant.as_deref().map_or_else(String::new, |name| format!(" (variant {name})"));
        writeln!(
            f,
            "{} beside {}{variant}: {}, {} the same, {} changed, {} drawn by one only, {} by neither",
            self.before,
            self.after,
            rows(tally.rows),
            tally.same,
            tally.changed,
            tally.turned(),
            tally.undrawn
        )?;
        for ((layer, kind), found) in &tally.layers.0 {
            let what = match kind {
                Kind::FontSize => "font size changed",
                Kind::Text => "text changed",
                Kind::Lines => "lines changed",
                Kind::Picture => "picture changed",
                Kind::Look => "look changed",
                Kind::Order => "order changed",
                Kind::Output => "output changed",
                Kind::Appeared | Kind::Vanished | Kind::Moved | Kind::Resized => kind.name(),
            };
            let far = if found.farthest > 0 { format!(", at most {}", px(found.farthest)) } else { String::new() };
            writeln!(f, "  {layer}: {what} in {}{far}: {}", rows(found.seen.rows), ids(&found.seen))?;
        }
        for ((before, after), found) in &tally.turns.0 {
            writeln!(f, "  {before}, now {after}: {}: {}", rows(found.rows), ids(found))?;
        }
        let mut worst = self.worst().peekable();
        if worst.peek().is_some() {
            writeln!(f, "  most:")?;
        }
        for row in worst {
            writeln!(f, "    line {}: {}: {}", row.line, row.id, row.changes)?;
        }
        Ok(())
    }
}

fn rows(number: u64) -> String {
    if number == 1 { "1 row".to_owned() } else { format!("{number} rows") }
}

/// The first ids, and that there are more.
fn ids(seen: &Seen) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<&str> = seen.first.iter().take(SHOWN).map(|place| place.id.as_str()).collect();
    let more = if seen.rows > shown.len() as u64 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
