//! A rules file: which template a row gets. Read by the same reader, with the same fields, names and checks as a template.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::{self, Builder};
use super::check::Faults;
use super::document::{Bound, Document, Height, OutputKeys};
use super::layer::Choice;
use super::merge::{Merged, list, object};
use super::reader::{self, Node, join};
use crate::error::{Code, Error, Fault, quoted, suggestion};
use crate::expr::Expr;
use crate::expr::types::Type;
use crate::limits::Limits;
use crate::row::zone::Zone;

/// A read and checked rules file.
#[derive(Debug)]
pub(crate) struct RulesDocument {
    /// Fields, `let`s and time zone; it draws nothing.
    pub(crate) document: Document,
    pub(crate) rules: Vec<Rule>,
    pub(crate) warnings: Vec<Fault>,
}

/// One entry of `choose`.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: Option<String>,
    pub(crate) condition: Option<Expr>,
    /// The template, or why the row is skipped.
    pub(crate) outcome: Result<String, String>,
    pub(crate) path: String,
}

const DOCUMENT_KEYS: &[&str] = &["rules", "$schema", "fields", "let", "time-zone", "choose"];
const RULE_KEYS: &[&str] = &["name", "if", "template", "skip"];

/// Reads a rules file's JSON.
pub(crate) fn read(json: &str, limits: &Limits) -> Result<RulesDocument, Error> {
    let read = reader::read(json, limits)?;
    let root = &read.root;
    let mut faults = Faults::new(&read.lines);
    let mut budget = build::budget(limits);
    let found = Builder::new(&mut faults, limits, &mut budget).rules_document(root);
    let findings = std::mem::take(&mut faults.findings);
    faults.finish(read.duplicates)?;
    let warnings = findings.finish(&read.lines, "rules file");
    let (document, rules) = found.ok_or_else(|| Fault::new(Code::Bug, "", "a refused rules file without a fault"))?;
    Ok(RulesDocument { document, rules, warnings })
}

impl<'a> Builder<'a, '_> {
    fn rules_document(&mut self, root: &'a Node) -> Option<(Document, Vec<Rule>)> {
        let mut merged = Merged::default();
        merged.overlay(object(root, "", "a rules file", self.faults)?, "");
        match merged.get("rules").map(|given| (given, given.node.as_number())) {
            Some((_, Some(1.0))) => {}
            Some((given, Some(version))) if version > 1.0 => {
                let message = format!("version of the rules must be at most 1, found {version}");
                self.faults.add(Code::UnsupportedVersion, given.node.span, "rules", message);
                return None;
            }
            Some((given, _)) => self.faults.bad_value(given.node, "rules", "version of the rules must be 1"),
            None => self.faults.add(Code::MissingKey, root.span, "", "\"rules\" is missing"),
        }
        self.only(&merged, DOCUMENT_KEYS);
        let fields = merged.get("fields").map(|given| self.fields(given.node, &given.path()));
        let time_zone = merged.get("time-zone").and_then(|given| self.time_zone(given)).unwrap_or(Bound::Static(Zone::Fixed(0)));
        // A host may ask for a variant that only some of the templates have.
        self.enter_fields(fields.as_deref(), Type::any());
        let lets = merged.get("let").map(|given| self.lets(given.node, &given.path())).unwrap_or_default();
        let rules = match merged.get("choose") {
            Some(given) => self.rule_list(given.node),
            None => {
                self.faults.add(Code::MissingKey, root.span, "", "\"choose\" is missing");
                Vec::new()
            }
        };
        let document = Document {
            name: "rules".to_owned(),
            size: (Bound::Static(1.0), Height::Px(Bound::Static(1.0))),
            lang: None,
            time_zone,
            strings: None,
            skip_if: None,
            fields,
            lets,
            assets: BTreeMap::new(),
            fonts: Arc::from([]),
            output: OutputKeys::default(),
            background: Vec::new(),
            text: Vec::new(),
            layers: Vec::new(),
        };
        Some((document, rules))
    }

    fn rule_list(&mut self, node: &'a Node) -> Vec<Rule> {
        let items = list(node, "choose", "choose", self.faults).unwrap_or_default();
        if items.is_empty() {
            self.faults.add(Code::BadValue, node.span, "choose", "choose must have at least one rule");
        }
        let mut rules = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = format!("choose[{index}]");
            if self.is_over() || !self.count(item, &path) {
                break;
            }
            rules.extend(self.rule(item, path, index + 1 == items.len()));
        }
        rules
    }

    fn rule(&mut self, node: &'a Node, path: String, is_last: bool) -> Option<Rule> {
        let mut merged = Merged::default();
        merged.overlay(object(node, &path, "a rule", self.faults)?, &path);
        if !self.spend(&merged, node, &path) {
            return None;
        }
        self.only(&merged, RULE_KEYS);
        let name = merged.get("name").and_then(|given| self.unbound(given.node, &given.path(), "name").map(str::to_owned));
        let condition = merged.get("if").and_then(|given| self.condition(given));
        if !is_last && !merged.has("if") {
            self.faults.add(Code::MissingKey, node.span, &path, "\"if\" is missing: only the last rule may have none");
        }
        self.check_reached(&merged, Choice::Middle, condition.as_ref(), node, &path);
        if let Some(condition) = &condition {
            self.scope.assume_alternative(condition);
        }
        let outcome = match (merged.get("template"), merged.get("skip")) {
            (Some(given), None) => Ok(self.unbound(given.node, &given.path(), "template")?.to_owned()),
            (None, Some(given)) => Err(self.unbound(given.node, &given.path(), "skip")?.to_owned()),
            (Some(_), Some(given)) => {
                self.faults.add(Code::BadValue, given.key_span, &given.path(), "a rule takes \"template\" or \"skip\", found both");
                return None;
            }
            (None, None) => {
                self.faults.add(Code::MissingKey, node.span, &path, "\"template\" or \"skip\" is missing");
                return None;
            }
        };
        Some(Rule { name, condition, outcome, path })
    }

    /// Reports keys that do not belong there.
    fn only(&mut self, merged: &Merged<'a>, known: &[&str]) {
        for given in merged.iter().chain(merged.removed()).filter(|given| !known.contains(&given.key)) {
            let message = format!("unknown key {}{}", quoted(given.key), suggestion(given.key, known.iter().copied()));
            self.faults.add(Code::UnknownKey, given.key_span, &given.path(), message);
        }
    }
}

/// The path of a rule's condition, for messages of later stages.
impl Rule {
    pub(crate) fn condition_path(&self) -> String {
        join(&self.path, "if")
    }
}
