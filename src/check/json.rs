//! The report of a check as JSON. Its keys are in `docs/check.md`; one is added at times, none changes its meaning.

use std::fmt::Write as _;

use super::channel::ChannelFinding;
use super::chart::Chart;
use super::kept::Seen;
use super::report::{CheckReport, sentence, worst_of};
use super::tally::{LayerTally, VariantTally};
use crate::error::Fault;
use crate::report::{NoteCode, json};

/// `[a, b]`, each item on a line of its own at this depth.
fn list(depth: usize, items: impl Iterator<Item = String>) -> String {
    wrapped('[', ']', depth, items)
}

fn object(depth: usize, items: impl Iterator<Item = String>) -> String {
    wrapped('{', '}', depth, items)
}

fn wrapped(open: char, close: char, depth: usize, items: impl Iterator<Item = String>) -> String {
    let indent = "  ".repeat(depth);
    let mut out = String::from(open);
    for (i, item) in items.enumerate() {
        let _ = write!(out, "{}\n{indent}  {item}", if i > 0 { "," } else { "" });
    }
    if out.len() > 1 {
        let _ = write!(out, "\n{indent}");
    }
    out.push(close);
    out
}

fn inline(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "[]".to_owned() } else { format!("[ {} ]", items.join(", ")) }
}

/// `"rows": 3, "first": [...]`.
fn seen(seen: &Seen) -> String {
    let one = |place: &super::kept::Place| {
        format!("{{ \"line\": {}, \"id\": {}, \"found\": {} }}", place.line, json(&place.id), json(&place.found))
    };
    format!("\"rows\": {}, \"first\": {}", seen.rows, inline(seen.first.iter().map(one)))
}

fn notes<'n>(depth: usize, notes: impl Iterator<Item = (&'n NoteCode, &'n Seen)>) -> String {
    list(depth, notes.map(|(code, found)| format!("{{ \"code\": {}, {} }}", json(code.name()), seen(found))))
}

impl CheckReport {
    /// The whole report as one JSON object.
    pub fn to_json(&self) -> String {
        let tally = &self.tally;
        let codes = tally.codes.iter().map(|(code, rows)| format!("{}: {rows}", json(code)));
        let failures = tally.failures.0.iter().map(|(failure, found)| {
            let (code, place, message) = (json(failure.code.name()), json(&failure.place), json(&failure.message));
            format!("{{ \"code\": {code}, \"place\": {place}, \"message\": {message}, {} }}", seen(found))
        });
        let skips = tally.skips.0.iter().map(|(reason, found)| format!("{{ \"reason\": {}, {} }}", json(reason), seen(found)));
        let findings = tally
            .findings
            .iter()
            .map(|(code, found)| format!("{{ \"code\": {}, \"rule\": {}, {} }}", json(code), json(sentence(code)), seen(found)));
        let variants = self.each_variant().map(|(name, chart, tally)| variant(name, chart, tally));
        let mut out = String::from("{\n");
        let _ = writeln!(out, "  \"template\": {},", json(&self.template));
        let _ = writeln!(out, "  \"rows\": {}, \"failed\": {}, \"skipped\": {},", tally.rows, tally.failed, tally.skipped);
        let _ = writeln!(out, "  \"warnings\": {},", list(1, self.warnings.iter().map(warning)));
        let _ = writeln!(out, "  \"codes\": {},", object(1, codes));
        let _ = writeln!(out, "  \"failures\": {},", list(1, failures));
        let _ = writeln!(out, "  \"skips\": {},", list(1, skips));
        let _ = writeln!(out, "  \"findings\": {},", list(1, findings));
        let _ = writeln!(out, "  \"columns\": {},", self.columns_json());
        let _ = writeln!(out, "  \"variants\": {},", list(1, variants));
        let _ = writeln!(out, "  \"channel\": {}", self.channel_json());
        out.push_str("}\n");
        out
    }

    fn columns_json(&self) -> String {
        let used = |name: &String| self.unused.as_ref().is_none_or(|unused| !unused.contains(name));
        let feed = self.tally.columns().iter().map(|column| {
            let (name, rows, filled, used) = (json(&column.name), column.rows, column.filled, used(&column.name));
            format!("{{ \"name\": {name}, \"rows\": {rows}, \"filled\": {filled}, \"used\": {used} }}")
        });
        let missing = self.missing.iter().map(|(field, columns)| {
            format!("{{ \"field\": {}, \"columns\": {} }}", json(field), inline(columns.iter().map(|column| json(column))))
        });
        format!("{{\n    \"feed\": {},\n    \"missing\": {}\n  }}", list(2, feed), list(2, missing))
    }

    fn channel_json(&self) -> String {
        let Some((channel, refused)) = &self.channel else { return "null".to_owned() };
        let rows = self.tally.channel.iter().map(|((code, column), found)| {
            let (code, column, rule, source) = (json(code), json(column), json(&found.rule), json(found.source));
            format!("{{ \"code\": {code}, \"column\": {column}, \"rule\": {rule}, \"source\": {source}, {} }}", seen(&found.seen))
        });
        let (refused, rows) = (list(2, refused.iter().map(finding)), list(2, rows));
        format!("{{\n    \"name\": {},\n    \"template\": {refused},\n    \"rows\": {rows}\n  }}", json(channel.name()))
    }
}

fn warning(warning: &Fault) -> String {
    let (code, place, message) = (json(warning.code.name()), json(&warning.place), json(&warning.message));
    let number = |number: Option<u32>| number.map_or_else(|| "null".to_owned(), |number| number.to_string());
    let (line, column) = warning.at.unzip();
    format!(
        "{{ \"code\": {code}, \"place\": {place}, \"line\": {}, \"column\": {}, \"message\": {message} }}",
        number(line),
        number(column)
    )
}

fn finding(finding: &ChannelFinding) -> String {
    let (code, place, rule, found) = (json(finding.code), json(&finding.place), json(&finding.rule), json(&finding.found));
    format!("{{ \"code\": {code}, \"place\": {place}, \"rule\": {rule}, \"found\": {found}, \"source\": {} }}", json(finding.source))
}

fn variant(name: Option<&str>, chart: &Chart, tally: &VariantTally) -> String {
    let rules = chart.rules.iter().zip(&tally.rules).map(|(rule, rows)| {
        let (layer, kind, condition) = (json(&rule.layer), json(rule.kind.name()), json(&rule.condition));
        format!("{{ \"layer\": {layer}, \"kind\": {kind}, \"condition\": {condition}, \"rows\": {rows} }}")
    });
    let layers = chart.layers.iter().zip(&tally.layers).map(|(name, tally)| layer(name, tally));
    let mut out = format!("{{ \"variant\": {}, \"laid_out\": {},\n", name.map_or_else(|| "null".to_owned(), json), tally.laid_out);
    let _ = writeln!(out, "      \"rules\": {},", list(3, rules));
    let _ = writeln!(out, "      \"notes\": {},", notes(3, tally.notes.iter()));
    let _ = write!(out, "      \"layers\": {} }}", list(3, layers));
    out
}

fn layer(name: &str, tally: &LayerTally) -> String {
    let sizes = tally.sizes.0.iter().map(|(tenths, texts)| format!("\"{}\": {texts}", f64::from(*tenths) / 10.0));
    let worst = worst_of(tally).map(|(reason, rows)| {
        let one = |bad: &super::kept::Bad| {
            format!("{{ \"line\": {}, \"id\": {}, \"value\": {} }}", bad.line, json(&bad.id), reason.shown(bad.value))
        };
        format!("{}: {}", json(reason.name()), inline(rows.iter().map(one)))
    });
    let mut out = format!("{{ \"layer\": {}, \"rows\": {}, \"missing\": {},\n", json(name), tally.rows, tally.missing);
    let _ = writeln!(out, "          \"notes\": {},", notes(5, tally.notes.iter()));
    let sizes: Vec<String> = sizes.collect();
    let sizes = if sizes.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", sizes.join(", ")) };
    let _ = writeln!(out, "          \"font_sizes\": {sizes},");
    let _ = write!(out, "          \"worst\": {} }}", object(5, worst));
    out
}
