//! Record batches of what a job came to.

use std::sync::Arc;

use arrow_array::builder::{LargeBinaryBuilder, ListBuilder, StringBuilder};
use arrow_array::{Int32Array, StringArray, TimestampMicrosecondArray};
use arrow_data::ArrayData;
use arrow_schema::FieldRef;
use core_::{Code, Error, Fault, NeedSource, Plan};

use super::Planned;
use super::draw::Drawn;
use crate::arrow::errors::Errors;
use crate::arrow::export::{Batch, Builder};
use crate::output::Output;

/// The most that the texts of one column may have, for their offsets are 32 bits.
const MAX_TEXT_BYTES: usize = i32::MAX as usize;

/// The columns that stand behind those that are kept.
const OURS: [&str; 10] = ["variant", "picture", "content_type", "key", "width", "height", "valid_until", "skipped", "report", "error"];

/// Whether a column of this name is made here.
pub(super) fn is_ours(name: &str) -> bool {
    OURS.contains(&name)
}

/// The batch of a range of pictures, the first of which has the number `start`.
pub(super) fn pictures(planned: &Planned, start: usize, drawn: Vec<Drawn>, kept: Vec<(FieldRef, ArrayData)>) -> Result<Batch, Error> {
    let rows = drawn.len();
    let mut out = Builder::default();
    kept.into_iter().for_each(|(field, column)| out.keep(field, column));
    let numbers = || start..start + rows;
    let plan = |number: usize| planned.plans.get(number).and_then(|plan| plan.as_ref().ok());
    let sizes: Vec<Option<(u32, u32)>> =
        drawn.iter().map(|one| if let Drawn::Picture { size, .. } = one { Some(*size) } else { None }).collect();
    let is_drawn = |number: usize| sizes.get(number - start).copied().flatten();
    let bytes = drawn.iter().map(|one| if let Drawn::Picture { bytes, .. } = one { bytes.len() } else { 0 }).sum();

    head(planned, numbers(), &mut out)?;
    let mut pictures = LargeBinaryBuilder::with_capacity(rows, bytes);
    let mut reports: Vec<Option<String>> = Vec::with_capacity(rows);
    let mut errors = Errors::default();
    for one in drawn {
        let (picture, report, error) = match one {
            Drawn::Picture { bytes, report, .. } => (Some(bytes), report, None),
            Drawn::Skipped => (None, None, None),
            Drawn::Failed(error) => (None, None, Some(error)),
        };
        pictures.append_option(picture);
        reports.push(report);
        errors.push(error.as_ref());
    }
    out.add("picture", &pictures.finish(), true);
    out.add(
        "content_type",
        &texts(
            numbers()
                .map(|n| plan(n).filter(|_| is_drawn(n).is_some()).map(|plan| Output { output: plan.output().clone() }.content_type())),
        )?,
        true,
    );
    keys(planned, numbers(), &mut out)?;
    let side = |side: fn((u32, u32)) -> u32| sizes.iter().map(move |size| size.map(side).and_then(|px| i32::try_from(px).ok()));
    out.add("width", &side(|(width, _)| width).collect::<Int32Array>(), true);
    out.add("height", &side(|(_, height)| height).collect::<Int32Array>(), true);
    tail(planned, numbers(), &mut out)?;
    out.add("report", &texts(reports.iter().map(Option::as_deref))?, true);
    out.add("error", &errors.finish()?, true);
    out.finish(rows)
}

/// The batch of all plans.
pub(super) fn plans(planned: &Planned) -> Result<Batch, Error> {
    let numbers = || 0..planned.plans.len();
    let mut out = Builder::default();
    head(planned, numbers(), &mut out)?;
    let plan = |number: usize| planned.plans.get(number).and_then(|plan| plan.as_ref().ok());
    let content_types = numbers().map(|n| plan(n).map(|plan| Output { output: plan.output().clone() }.content_type()));
    out.add("content_type", &texts(content_types)?, true);
    keys(planned, numbers(), &mut out)?;
    tail(planned, numbers(), &mut out)?;
    let mut needs = ListBuilder::new(StringBuilder::new());
    let mut errors = Errors::default();
    let mut bytes = 0_usize;
    for plan in &planned.plans {
        for need in plan.iter().flat_map(Plan::needs) {
            if let NeedSource::Location(location) = need.source() {
                bytes = bytes.saturating_add(location.len());
                check(bytes)?;
                needs.values().append_value(location);
            }
        }
        needs.append(plan.is_ok());
        errors.push(plan.as_ref().err());
    }
    out.add("needs", &needs.finish(), true);
    out.add("error", &errors.finish()?, true);
    out.finish(planned.plans.len())
}

/// `id`, unless it is kept as it came, and `variant`.
fn head(planned: &Planned, numbers: std::ops::Range<usize>, out: &mut Builder) -> Result<(), Error> {
    if planned.ids.is_some() && !out.has("id") {
        out.add("id", &texts(numbers.clone().map(|number| planned.id(number)))?, true);
    }
    out.add("variant", &texts(numbers.map(|number| planned.place(number).1))?, true);
    Ok(())
}

fn keys(planned: &Planned, numbers: std::ops::Range<usize>, out: &mut Builder) -> Result<(), Error> {
    let keys: Vec<Option<String>> = numbers.map(|number| Some(planned.plans.get(number)?.as_ref().ok()?.key().to_string())).collect();
    out.add("key", &texts(keys.iter().map(Option::as_deref))?, true);
    Ok(())
}

/// `valid_until` and `skipped`.
fn tail(planned: &Planned, numbers: std::ops::Range<usize>, out: &mut Builder) -> Result<(), Error> {
    let plan = |number: usize| planned.plans.get(number).and_then(|plan| plan.as_ref().ok());
    let until = numbers.clone().map(|number| plan(number).and_then(Plan::valid_until).and_then(|seconds| seconds.checked_mul(1_000_000)));
    out.add("valid_until", &until.collect::<TimestampMicrosecondArray>().with_timezone(Arc::<str>::from("UTC")), true);
    out.add("skipped", &texts(numbers.map(|number| plan(number).and_then(Plan::skipped)))?, true);
    Ok(())
}

/// A column of texts.
pub(in crate::arrow) fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>> + Clone) -> Result<StringArray, Error> {
    check(texts.clone().flatten().map(str::len).sum())?;
    Ok(texts.collect())
}

fn check(bytes: usize) -> Result<(), Error> {
    if bytes <= MAX_TEXT_BYTES {
        return Ok(());
    }
    let message = format!("the texts of a column must have at most {MAX_TEXT_BYTES} bytes, found more: take fewer rows at once");
    Err(Fault::new(Code::BadArgument, "batch", message).into())
}
