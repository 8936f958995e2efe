//! What is odd about a template that can be drawn all the same: conditions that decide nothing, names that nothing uses.
//!
//! One place of the text may be read several times, for the base and for each variant, for each layer that names a style. A claim stands
//! only if it was true every time; a name is unused only if nothing used it in any of them.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::Lines;
use crate::error::{Code, Error, Fault, quoted};
use crate::expr::decide::Budget;

/// Place, code and sentence.
type Claim = (String, Code, String);

/// All that was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) budget: Budget,
    /// By offset in the text and what was asked there: place, code and sentence, or nothing where it depends on the row.
    claims: BTreeMap<(usize, String), Option<Claim>>,
    /// Places and names by the offset of their key.
    lets: BTreeMap<usize, (String, String)>,
    fields: BTreeMap<usize, (String, String)>,
    used_lets: BTreeSet<usize>,
    used_columns: BTreeSet<String>,
    /// Whether an expression may read any column.
    uses_all: bool,
}

impl Findings {
    /// What was found at a place: a claim, or that there is none.
    pub(crate) fn claim(&mut self, offset: usize, asked: &str, place: &str, claim: Option<(Code, String)>) {
        let claim = claim.map(|(code, message)| (place.to_owned(), code, message));
        let code = |claim: &Option<(String, Code, String)>| claim.as_ref().map(|(_, code, _)| *code);
        let known = self.claims.entry((offset, asked.to_owned())).or_insert_with(|| claim.clone());
        if code(known) != code(&claim) {
            *known = None;
        }
    }

    pub(crate) fn declare_let(&mut self, offset: usize, place: &str, name: &str) {
        self.lets.entry(offset).or_insert_with(|| (place.to_owned(), name.to_owned()));
    }

    pub(crate) fn declare_field(&mut self, offset: usize, place: &str, name: &str) {
        self.fields.entry(offset).or_insert_with(|| (place.to_owned(), name.to_owned()));
    }

    pub(crate) fn use_let(&mut self, offset: usize) {
        self.used_lets.insert(offset);
    }

    pub(crate) fn use_column(&mut self, name: &str) {
        if !self.used_columns.contains(name) {
            self.used_columns.insert(name.to_owned());
        }
    }

    pub(crate) fn use_all_columns(&mut self) {
        self.uses_all = true;
    }

    /// The warnings in the order of the text.
    pub(crate) fn finish(self, lines: &Lines<'_>, noun: &str) -> Vec<Fault> {
        let mut found: Vec<(usize, Fault)> = Vec::new();
        for ((offset, _), claim) in self.claims {
            found.extend(claim.map(|(place, code, message)| (offset, Fault::new(code, place, message))));
        }
        for (offset, (place, name)) in self.lets {
            if !self.used_lets.contains(&offset) {
                let message = format!("a let should be used, nothing in the {noun} names {}", quoted(&name));
                found.push((offset, Fault::new(Code::UnusedLet, place, message)));
            }
        }
        for (offset, (place, name)) in self.fields {
            if !self.uses_all && !self.used_columns.contains(&name) {
                let message = format!("a field should be used, nothing in the {noun} names {}", quoted(&name));
                found.push((offset, Fault::new(Code::UnusedField, place, message)));
            }
        }
        found.sort_by_key(|(offset, _)| *offset);
        found.truncate(Error::MAX_FAULTS);
        found.into_iter().map(|(offset, fault)| Fault { at: Some(lines.at(offset)), ..fault }).collect()
    }
}
