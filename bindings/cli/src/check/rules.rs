//! `check RULES.json`: what is wrong with a rules file, what is odd about it, and whether its templates load.

use core_::Rules;
use serde_json::{Value, json};

use super::{count, fault, faults, report, warn};
use crate::args::Check;
use crate::failure::{Done, Failure, Stop};
use crate::rules;

pub(super) fn run(args: &Check, text: &str) -> Done {
    let file = &args.template;
    if args.feed.is_some() {
        return Err(Stop::Usage(format!("check {}: a feed is held against a template, found a rules file", file.display())));
    }
    let rules = match Rules::parse(text) {
        Ok(rules) => rules,
        Err(error) => {
            report(args, &json!({ "rules": null, "faults": faults(&error), "warnings": [], "templates": [] }))?;
            return Err(Stop::of(&file.display().to_string(), &error));
        }
    };
    rules.warnings().iter().for_each(|warning| warn(file, warning));
    let (mut failures, mut templates) = (Vec::new(), Vec::new());
    for name in rules.templates() {
        let failed: Vec<Failure> = match rules::template(file, name, &args.world.fonts) {
            Ok(_) => Vec::new(),
            Err(Stop::Failed(failed)) => failed,
            Err(usage) => return Err(usage),
        };
        let said: Vec<String> = failed.iter().map(ToString::to_string).collect();
        templates.push(json!({ "template": name, "failures": said }));
        failures.extend(failed);
    }
    let warnings: Value = rules.warnings().iter().map(fault).collect();
    report(args, &json!({ "rules": file.display().to_string(), "faults": [], "warnings": warnings, "templates": templates }))?;
    if !failures.is_empty() {
        return Err(Stop::Failed(failures));
    }
    let (number, warnings) = (rules.names().count(), rules.warnings().len());
    let [number, templates, warnings] =
        [(number, "rule"), (templates.len(), "template"), (warnings, "warning")].map(|(n, noun)| count(n, noun));
    eprintln!("{}: {number}, {templates}, {warnings}", file.display());
    Ok(())
}
