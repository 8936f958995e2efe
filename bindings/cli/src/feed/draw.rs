//! One row: planned in all variants, its pictures found once, drawn and put in place.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use core_::{Cause, Context, Error, Plan, Resources, Row, Scratch};

use super::manifest::{Drawn, Manifest};
use super::rewrite::Link;
use super::sets::{Applied, Scratches, Set, Sets};
use super::sheet::{Card, Picture, title};
use super::{Variant, file_name};
use crate::failure::{Failure, io_reason};
use crate::models::Kept;
use crate::pictures::Trace;
use crate::write::Staged;
use crate::{output, rows};

/// Everything that the threads of a run share.
pub(super) struct Studio<'a> {
    pub(super) context: Context,
    pub(super) sets: &'a Sets,
    pub(super) variants: &'a [Variant],
    pub(super) manifest: &'a Manifest,
    pub(super) out: &'a Path,
    /// What failures call the feed.
    pub(super) feed: String,
    /// What models made.
    pub(super) kept: Kept,
}

/// A row as it was read.
pub(super) struct Item {
    pub(super) index: usize,
    pub(super) line: u64,
    pub(super) id: String,
    pub(super) row: Result<Row, String>,
}

/// A row of which something is to be drawn, with the pictures for it.
pub(super) struct Found<'a> {
    outcome: Outcome,
    /// What it is drawn with; nothing until that is chosen.
    set: Option<&'a Set>,
    /// By the variant's number.
    plans: Vec<(usize, Plan, String)>,
    resources: Resources,
    trace: Trace,
}

/// What came of a row.
pub(super) struct Outcome {
    pub(super) index: usize,
    pub(super) drawn: usize,
    pub(super) unchanged: usize,
    pub(super) failed: usize,
    /// Pictures that the template's `skip-if` or a rule leaves out.
    pub(super) skipped: usize,
    pub(super) failures: Vec<Failure>,
    /// The picture of the first variant, if it is there.
    pub(super) link: Option<Link>,
    /// The rule that it came to; nothing where there are no rules, or none could be chosen.
    pub(super) applied: Option<Applied>,
    pub(super) card: Card,
}

impl<'a> Studio<'a> {
    /// Plans a row and finds what is needed to draw it; a row of which nothing is to be drawn is an outcome already.
    pub(super) fn find(&self, item: Item) -> Result<Box<Found<'a>>, Box<Outcome>> {
        let Item { index, line, id, row } = item;
        let card = Card { line, id, title: String::new(), pictures: Vec::new(), failed: Vec::new() };
        let mut outcome =
            Outcome { index, drawn: 0, unchanged: 0, failed: 0, skipped: 0, failures: Vec::new(), link: None, applied: None, card };
        let row = match row {
            Ok(row) => row,
            Err(why) => {
                outcome.failed += 1;
                outcome.failures.push(Failure::new(self.place(&outcome.card, None), &why));
                outcome.card.failed.push(why);
                return Err(Box::new(outcome));
            }
        };
        outcome.card.title = title(&row);
        let mut found = Box::new(Found { outcome, set: None, plans: Vec::new(), resources: Resources::new(), trace: Trace::default() });
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let errors = self.plan_all(&mut found, &row);
            self.tell(&mut found.outcome, errors);
            if let Some(set) = found.set {
                for (_, plan, _) in &found.plans {
                    // What models make of them is made where it is drawn.
                    let _ = set.pictures.answer(plan, &mut found.resources, &mut found.trace);
                }
            }
        }));
        if panicked.is_err() {
            found.plans.clear();
            found.outcome.fail_row(self.place(&found.outcome.card, None), "the program failed while it planned this row, which is a bug");
        }
        if found.plans.is_empty() { Err(Box::new(found.outcome)) } else { Ok(found) }
    }

    /// Chooses what a row is drawn with, and plans it in all variants.
    fn plan_all(&self, found: &mut Found<'a>, row: &Row) -> Vec<(&'a Variant, Error)> {
        let variants = self.variants.iter();
        let chosen = match self.sets.choose(row, &self.context) {
            Ok(chosen) => chosen,
            Err(error) => {
                variants.clone().for_each(|variant| self.withdraw_all(&mut found.outcome, variant));
                return variants.map(|variant| (variant, error.clone())).collect();
            }
        };
        found.outcome.applied = chosen.applied;
        match chosen.set {
            Ok(set) => {
                found.set = Some(set);
                let planned = variants.enumerate().map(|(number, variant)| (variant, self.plan(set, found, row, number, variant)));
                planned.filter_map(|(variant, planned)| planned.err().map(|error| (variant, error))).collect()
            }
            Err(reason) => {
                variants.for_each(|variant| self.skip(&mut found.outcome, variant, &reason));
                Vec::new()
            }
        }
    }

    fn plan(&self, set: &Set, found: &mut Found<'a>, row: &Row, number: usize, variant: &Variant) -> Result<(), Error> {
        let outcome = &mut found.outcome;
        let context = Context { variant: set.variant(variant), ..self.context.clone() };
        let plan = match set.renderer.plan(&set.folder.template, row, &context) {
            Ok(plan) => plan,
            Err(error) => {
                self.withdraw_all(outcome, variant);
                return Err(error);
            }
        };
        if let Some(reason) = plan.skipped() {
            self.skip(outcome, variant, reason);
            return Ok(());
        }
        let file = file_name(variant, &outcome.card.id, output::ending(plan.output())).to_string_lossy().into_owned();
        match self.manifest.unchanged(&file, &plan.key().to_string()) {
            Some(drawn) => {
                self.withdraw_others(outcome, variant, &file);
                outcome.unchanged += 1;
                outcome.show(number, &plan);
                outcome.card.pictures.push(shown(variant, file, drawn.size, drawn.notes));
            }
            None => found.plans.push((number, plan, file)),
        }
        Ok(())
    }

    /// Leaves a picture out, and takes the earlier one away.
    fn skip(&self, outcome: &mut Outcome, variant: &Variant, reason: &str) {
        self.withdraw_all(outcome, variant);
        outcome.skipped += 1;
        outcome.card.pictures.push(Picture::left_out(&variant.label, reason));
    }

    /// Enters what went wrong while planning: once for the row, where all variants say the same.
    fn tell(&self, outcome: &mut Outcome, errors: Vec<(&Variant, Error)>) {
        let same = errors.len() == self.variants.len() && errors.windows(2).all(|pair| matches!(pair, [a, b] if a.1 == b.1));
        let before = outcome.failures.len();
        for (variant, error) in errors {
            let place = self.place(&outcome.card, (!same).then_some(variant));
            let known = outcome.failures.len();
            outcome.fail(variant, place, &error);
            if same && known > before {
                outcome.failures.truncate(known);
            }
        }
    }

    /// Draws what a row still lacks.
    pub(super) fn draw(&self, found: Box<Found<'a>>, scratches: &mut Scratches) -> Outcome {
        let Found { mut outcome, set, plans, mut resources, mut trace } = *found;
        let Some(set) = set else { return outcome };
        let scratch = scratches.of(set);
        for (number, plan, file) in plans {
            let Some(variant) = self.variants.get(number) else { continue };
            let drawn = catch_unwind(AssertUnwindSafe(|| {
                // A model that fails makes a layer look for its next choice.
                while set.pictures.answer(&plan, &mut resources, &mut trace) {
                    self.kept.fill(&set.renderer, &plan, &mut resources, &mut trace);
                }
                self.draw_one(set, &plan, &resources, &trace, &file, scratch)
            }));
            let place = self.place(&outcome.card, Some(variant));
            match drawn {
                Ok(Ok(drawn)) => {
                    self.withdraw_others(&mut outcome, variant, &file);
                    outcome.drawn += 1;
                    outcome.show(number, &plan);
                    outcome.card.pictures.push(shown(variant, file, drawn.size, drawn.notes));
                }
                Ok(Err(Trouble::Core(error))) => {
                    // A picture that was there may stay when only another one could not be had, not when the row itself is wrong now.
                    if error.cause() != Cause::Resource {
                        self.withdraw(&mut outcome, variant, &file);
                    }
                    outcome.fail(variant, place, &error);
                }
                Ok(Err(Trouble::Disk(error))) => {
                    outcome.fail_with(variant, vec![Failure::new(place, format!("{file}: {}", io_reason(&error)))])
                }
                Err(_) => {
                    *scratch = Scratch::new();
                    outcome.fail_with(variant, vec![Failure::new(place, "the program failed while it drew this row, which is a bug")]);
                }
            }
        }
        // As the variants were asked for, whichever of them were drawn now.
        let order = |picture: &Picture| self.variants.iter().position(|v| v.label == picture.variant);
        outcome.card.pictures.sort_by_key(order);
        outcome
    }

    fn draw_one(
        &self,
        set: &Set,
        plan: &Plan,
        resources: &Resources,
        trace: &Trace,
        file: &str,
        scratch: &mut Scratch,
    ) -> Result<Drawn, Trouble> {
        let rendered = set.renderer.render(plan, resources, scratch).map_err(Trouble::Core)?;
        let bytes = rendered.frame.encode(plan.output()).map_err(Trouble::Core)?;
        let notes = rendered.report.notes.iter().map(|n| [n.code.name().to_owned(), n.layer.clone(), n.message.clone()]).collect();
        let drawn = Drawn {
            key: plan.key().to_string(),
            bytes: bytes.len() as u64,
            size: rendered.report.size,
            notes,
            stamps: trace.stamps.clone(),
        };
        let staged = Staged::of(&self.out.join(file), &bytes).map_err(Trouble::Disk)?;
        // What the web refused today it may give tomorrow: such a picture is drawn again by the next run.
        let placed = if trace.unsettled {
            self.manifest.forget(file).and_then(|()| staged.place())
        } else {
            self.manifest.enter(file, drawn.clone(), &bytes, staged)
        };
        placed.map_err(Trouble::Disk)?;
        Ok(drawn)
    }

    /// Takes an earlier picture of a row away, whatever its format was.
    fn withdraw_all(&self, outcome: &mut Outcome, variant: &Variant) {
        for ending in output::ENDINGS {
            self.withdraw(outcome, variant, &file_name(variant, &outcome.card.id, ending).to_string_lossy());
        }
    }

    /// Takes away what a row had in another format, of another template.
    fn withdraw_others(&self, outcome: &mut Outcome, variant: &Variant, file: &str) {
        for ending in output::ENDINGS {
            let other = file_name(variant, &outcome.card.id, ending).to_string_lossy().into_owned();
            if other != file && self.manifest.knows(&other) {
                self.withdraw(outcome, variant, &other);
            }
        }
    }

    /// Takes an earlier picture of a row away that would now be a wrong one.
    fn withdraw(&self, outcome: &mut Outcome, variant: &Variant, file: &str) {
        let path = self.out.join(file);
        let removed = self.manifest.forget(file).and_then(|()| if path.is_file() { std::fs::remove_file(&path) } else { Ok(()) });
        if let Err(error) = removed {
            let place = self.place(&outcome.card, Some(variant));
            outcome.failures.push(Failure::new(place, format!("{file}: an earlier picture cannot be removed: {}", io_reason(&error))));
        }
    }

    /// `feed.tsv:5: GB-0004: variant story`.
    fn place(&self, card: &Card, variant: Option<&Variant>) -> String {
        let mut place = format!("{}:{}", self.feed, card.line);
        if !card.id.is_empty() {
            place.push_str(": ");
            place.push_str(&rows::shown(&card.id));
        }
        if let Some(name) = variant.and_then(|v| v.name.as_deref()) {
            place.push_str(": variant ");
            place.push_str(name);
        }
        place
    }
}

enum Trouble {
    Core(Error),
    Disk(std::io::Error),
}

impl Outcome {
    /// Notes where the first variant's picture will be found.
    fn show(&mut self, number: usize, plan: &Plan) {
        if number == 0 {
            self.link = Link::new(&plan.key().to_string(), output::ending(plan.output()));
        }
    }

    fn fail(&mut self, variant: &Variant, place: String, error: &Error) {
        self.fail_with(variant, Failure::of(&place, error));
    }

    fn fail_with(&mut self, variant: &Variant, failures: Vec<Failure>) {
        self.failed += 1;
        let failed = failures.iter().map(ToString::to_string).collect();
        self.card.pictures.push(Picture { variant: variant.label.clone(), file: None, notes: Vec::new(), failed, skipped: None });
        self.failures.extend(failures);
    }

    fn fail_row(&mut self, place: String, reason: &str) {
        self.failed += 1;
        self.card.failed.push(reason.to_owned());
        self.failures.push(Failure::new(place, reason));
    }
}

fn shown(variant: &Variant, file: String, size: (u32, u32), notes: Vec<[String; 3]>) -> Picture {
    Picture { variant: variant.label.clone(), file: Some((file, size)), notes, failed: Vec::new(), skipped: None }
}
