//! The function `check_batches`.

use core_::CheckOptions;
use pyo3::prelude::*;

use super::check::{Settings, check};
use super::crew;
use super::import::Stream;
use super::rows::Columns;
use crate::check::{CheckReport, channel_of, checked};
use crate::context::Chosen;
use crate::error::raised;
use crate::guard::Cancel;
use crate::items::Items;

/// See `_templrender.pyi`.
#[pyfunction]
#[pyo3(signature = (bundle, stream, *, variants = None, channel = None, row_column = None, id_column = Some("id".to_owned()), first_line = 1, now = None,
    lang = None, time_zone = None, threads = None, cancel = None),
    text_signature = "(bundle, stream, *, variants=None, channel=None, row_column=None, id_column='id', first_line=1, now=None, lang=None, time_zone=None, threads=None, cancel=None)")]
#[expect(clippy::too_many_arguments, reason = "keywords of Python's")]
pub(super) fn check_batches(
    py: Python<'_>,
    bundle: &Bound<'_, PyAny>,
    stream: &Bound<'_, PyAny>,
    variants: Option<Items<Option<String>>>,
    channel: Option<&str>,
    row_column: Option<String>,
    id_column: Option<String>,
    first_line: u64,
    now: Option<&Bound<'_, PyAny>>,
    lang: Option<String>,
    time_zone: Option<String>,
    threads: Option<usize>,
    cancel: Option<&Cancel>,
) -> PyResult<CheckReport> {
    let context = Chosen { now, lang, time_zone, ..Chosen::default() }.context()?;
    let channel = channel.map(channel_of).transpose()?;
    let options = CheckOptions { variants: variants.map(|variants| variants.0).unwrap_or_default(), context, channel };
    let settings = Settings {
        options,
        columns: Columns { row: row_column, id: id_column },
        first_line,
        threads: crew::threads(threads).map_err(raised)?,
    };
    let (template, renderer) = checked(bundle, None)?;
    let stream = Stream::of(stream)?.map_err(raised)?;
    check(py, (&template, &renderer), stream, &settings, cancel).map(CheckReport::from)
}
