//! Two templates beside each other over a feed: which rows come out differently, through which layer, and how far.
//!
//! Every row is planned and laid out with both, without pixels and without pictures, as a check does it. [`layers`] compares what came of
//! one row, [`tally`] adds up, [`report`] writes it down. As with a check, nothing is kept for a row but the few that are named, and any
//! split of the rows over threads comes to the same.

mod layers;
mod report;
mod tally;

use crate::check::RowPlace;
use crate::error::{Code, Error, Fault};
use crate::plan::Context;
use crate::render::{Renderer, Scratch};
use crate::row::Row;
use crate::template::Template;
use layers::Drawn;
pub use report::{DiffReport, DifferentRow};
use tally::Tally;

/// Compares rows one after another and adds up what differs.
///
/// ```
/// use templrender::{Context, Differ, Fonts, Renderer, Row, RowPlace, Scratch, Template};
/// let template = |left: u32| Template::parse(&format!(r#"{{ "templrender": 1, "name": "t", "size": [200, 100], "layers": [
///     {{ "id": "badge", "type": "box", "if": "sale", "left": {left}, "width": 20, "height": 20, "background": "red" }} ] }}"#));
/// let renderer = Renderer::new(Fonts::new());
/// let mut differ = Differ::new((&renderer, &template(10)?), (&renderer, &template(24)?), Context::default())?;
/// let mut scratch = [Scratch::new(), Scratch::new()];
/// for (line, json) in [(1, r#"{ "sale": true }"#), (2, r#"{ "sale": false }"#)] {
///     differ.row(&RowPlace { line, id: format!("row {line}") }, &Row::from_json(json)?, &mut scratch);
/// }
/// let report = differ.finish();
/// assert_eq!((report.rows(), report.changed()), (2, 1));
/// assert!(report.to_string().contains("badge: moved in 1 row, at most 14 px"), "{report}");
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug)]
pub struct Differ {
    before: Side,
    after: Side,
    context: Context,
    changed_assets: Vec<String>,
    tally: Tally,
}

#[derive(Debug)]
struct Side {
    renderer: Renderer,
    template: Template,
}

/// What a side makes of a row.
enum Came {
    Drawn(Box<Drawn>),
    Skipped(String),
    Failed(Error),
}

impl Differ {
    /// A comparison that has seen no row; each template comes with the renderer that has its fonts.
    ///
    /// # Errors
    /// A variant in the context that one of the templates does not have.
    pub fn new(before: (&Renderer, &Template), after: (&Renderer, &Template), context: Context) -> Result<Self, Error> {
        for (_, template) in [before, after] {
            template.document(context.variant.as_deref())?;
        }
        let side = |(renderer, template): (&Renderer, &Template)| Side { renderer: renderer.clone(), template: template.clone() };
        Ok(Self { before: side(before), after: side(after), context, changed_assets: Vec::new(), tally: Tally::default() })
    }

    /// The assets of one name whose files differ: a layer that shows one counts as changed.
    #[must_use]
    pub fn with_changed_assets(mut self, names: Vec<String>) -> Self {
        self.changed_assets = names;
        self
    }

    /// Lays a row out with both templates, each with its own scratch, and counts what differs.
    pub fn row(&mut self, place: &RowPlace, row: &Row, scratch: &mut [Scratch; 2]) {
        let [first, second] = scratch;
        let (before, after) = (self.before.draw(row, &self.context, first), self.after.draw(row, &self.context, second));
        self.tally.rows += 1;
        match (&before, &after) {
            (Came::Drawn(old), Came::Drawn(new)) => {
                let changes = layers::compare(old, new, &self.changed_assets);
                self.tally.add(place, &changes);
            }
            _ => self.tally.turn(place, &before.told(), &after.told()),
        }
    }

    /// Counts a record that the reader of the feed refused: neither template gets to see it.
    pub fn failed(&mut self, place: &RowPlace, error: &Error) {
        self.tally.rows += 1;
        let told = Came::Failed(error.clone()).told();
        self.tally.turn(place, &told, &told);
    }

    /// Takes over what another comparison of the same templates has seen.
    ///
    /// # Errors
    /// A comparison of other templates or in another context.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        let same = self.before.template == other.before.template && self.after.template == other.after.template;
        if !same || self.context != other.context || self.changed_assets != other.changed_assets {
            let message = "comparisons must be of the same templates and context to be merged";
            return Err(Fault::new(Code::BadArgument, "differ", message).into());
        }
        self.tally.merge(other.tally);
        Ok(())
    }

    /// What all rows came to.
    pub fn finish(self) -> DiffReport {
        DiffReport::new(self.before.template.name(), self.after.template.name(), self.context.variant, self.tally)
    }
}

impl Side {
    fn draw(&self, row: &Row, context: &Context, scratch: &mut Scratch) -> Came {
        match self.renderer.survey_scene(&self.template, row, context, scratch) {
            Ok((plan, Some((scene, outcome)))) => Came::Drawn(Box::new(Drawn { plan, scene, outcome })),
            Ok((plan, None)) => Came::Skipped(plan.skipped().unwrap_or("").to_owned()),
            Err(error) => Came::Failed(error),
        }
    }
}

impl Came {
    /// `drawn`, `skipped: sold out`, `failed: missing-field field price`.
    fn told(&self) -> String {
        match self {
            Self::Drawn(_) => "drawn".to_owned(),
            Self::Skipped(reason) => format!("skipped: {reason}"),
            Self::Failed(error) => match error.faults().first() {
                Some(fault) if fault.place.is_empty() => format!("failed: {}", fault.code.name()),
                Some(fault) => format!("failed: {} {}", fault.code.name(), fault.place),
                None => "failed".to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
