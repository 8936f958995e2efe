//! Which files a template uses: itself, its fallback, its fonts, its assets, and the pictures that the fallback shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{FALLBACK, Pack, TEMPLATE, path, within};
use crate::error::{Code, Error, Fault};
use crate::plan::{Context, Plan};
use crate::render::Renderer;
use crate::resources::NeedSource;
use crate::row::Row;
use crate::template::Template;
use crate::text::Fonts;

/// The endings of font files.
const FONT_ENDINGS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];
/// Folders inside `fonts/` that are looked into.
const MAX_FONT_DEPTH: usize = 4;

/// The parsed template.
pub(super) fn template(pack: &Pack) -> Result<Template, Error> {
    let bytes = pack.files.get(TEMPLATE).ok_or_else(|| missing(TEMPLATE, "a pack must have a template, found none"))?;
    Template::parse_with(text(TEMPLATE, bytes, Code::TemplateSyntax)?, &pack.limits).map_err(|error| within(TEMPLATE, error))
}

/// The row of the fallback, where there is one.
pub(super) fn fallback(pack: &Pack) -> Result<Option<Row>, Error> {
    let Some(bytes) = pack.files.get(FALLBACK) else { return Ok(None) };
    Row::from_json(text(FALLBACK, bytes, Code::BadField)?).map(Some).map_err(|error| within(FALLBACK, error))
}

/// The font files, in the order in which they are added: by the parts of their paths.
pub(super) fn fonts(pack: &Pack) -> Vec<(&str, &Arc<[u8]>)> {
    let is_font = |path: &str| {
        let Some(inside) = path.strip_prefix("fonts/") else { return false };
        let ending = inside.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        inside.matches('/').count() <= MAX_FONT_DEPTH && ending.is_some_and(|ending| FONT_ENDINGS.contains(&ending.as_str()))
    };
    let mut fonts: Vec<(&str, &Arc<[u8]>)> =
        pack.files.iter().map(|(path, bytes)| (path.as_str(), bytes)).filter(|(path, _)| is_font(path)).collect();
    fonts.sort_by(|(a, _), (b, _)| a.split('/').cmp(b.split('/')));
    fonts
}

/// The variants of a template, the base first, each with the place of its fallback.
pub(super) fn variants(template: &Template) -> impl Iterator<Item = (Option<String>, String)> {
    let named = template.variants().map(|name| (Some(name.to_owned()), format!("{FALLBACK}: variant {name}")));
    std::iter::once((None, FALLBACK.to_owned())).chain(named)
}

/// A file that must be there and is not.
pub(super) fn missing(path: &str, message: &str) -> Fault {
    Fault::new(Code::MissingResource, path::shown(path), message)
}

/// The path of a picture that a fallback shows.
pub(super) fn fallback_path<'a>(source: &'a NeedSource, place: &str) -> Result<&'a str, Fault> {
    match source {
        NeedSource::Location(path) if !path.contains(':') => Ok(path),
        NeedSource::Location(_) => {
            let message = "a fallback's picture must be an asset or a file of the template's folder, found a URL";
            Err(Fault::new(Code::BadField, place, message))
        }
        NeedSource::Asset { path, .. } => Ok(path),
        NeedSource::Generated { model, .. } => {
            let message =
                format!("a fallback's picture must be an asset or a file of the template's folder, found one of the model {model:?}");
            Err(Fault::new(Code::BadField, place, message))
        }
    }
}

/// The one way to write the path of a picture.
pub(super) fn picture_path(path: &str) -> Result<String, Fault> {
    path::plain(path).map_err(|fault| match path::leads_out(path) {
        true => Fault { message: "a template's pictures must lie in its folder, this path leads out of it".to_owned(), ..fault },
        false => fault,
    })
}

/// What is missing, sorted, each once.
pub(super) fn wanted(pack: &Pack, now: Option<i64>) -> Result<Vec<String>, Error> {
    let mut wanted = BTreeSet::new();
    for path in paths(pack, now)? {
        let path = picture_path(&path)?;
        if !pack.files.contains_key(&path) {
            wanted.insert(path);
        }
    }
    Ok(wanted.into_iter().collect())
}

/// The pack's files that belong to the template, if none is missing.
pub(super) fn files(pack: &Pack) -> Result<BTreeMap<&str, &[u8]>, Error> {
    let mut used: BTreeSet<String> = fonts(pack).into_iter().map(|(path, _)| path.to_owned()).collect();
    used.insert(TEMPLATE.to_owned());
    for path in paths(pack, None)? {
        used.insert(picture_path(&path)?);
    }
    // A picture of the fallback that depends on the time is known by its path in one of the two texts.
    if let Some(fallback) = pack.files.get(FALLBACK) {
        used.insert(FALLBACK.to_owned());
        let texts = [fallback, pack.files.get(TEMPLATE).unwrap_or(fallback)].map(|bytes| String::from_utf8_lossy(bytes));
        let named = pack.files.keys().filter(|path| texts.iter().any(|text| text.contains(path.as_str())));
        used.extend(named.cloned());
    }
    let file = |path: &String| match pack.files.get_key_value(path) {
        Some((path, bytes)) => Ok((path.as_str(), bytes.as_ref())),
        None => Err(missing(path, "a pack must have all files that its template uses, this one is missing").into()),
    };
    used.iter().map(file).collect()
}

/// The paths of all pictures as template and fallback write them.
fn paths(pack: &Pack, now: Option<i64>) -> Result<Vec<String>, Error> {
    let template = template(pack)?;
    let mut paths: Vec<String> = template.assets().map(|(_, path)| path.to_owned()).collect();
    let Some(row) = fallback(pack)? else { return Ok(paths) };
    // What is drawn with which fonts does not change what is needed.
    let renderer = Renderer::new(Fonts::new()).with_limits(pack.limits.clone()).without_models();
    for (variant, place) in variants(&template) {
        let plan = plan(&renderer, &template, &row, variant, now).map_err(|error| within(&place, error))?;
        for need in plan.pending(&crate::resources::Resources::with_limits(pack.limits.clone())) {
            paths.push(fallback_path(need.source(), &place)?.to_owned());
        }
    }
    Ok(paths)
}

/// A plan of the fallback; without a time, one that needs it is made for the beginning of 1970.
fn plan(renderer: &Renderer, template: &Template, row: &Row, variant: Option<String>, now: Option<i64>) -> Result<Plan, Error> {
    let at = |now| renderer.plan(template, row, &Context { variant: variant.clone(), now, ..Context::default() });
    match at(now) {
        Err(_) if now.is_none() => at(Some(0)),
        plan => plan,
    }
}

/// A file as text, with or without a byte order mark.
fn text<'a>(path: &str, bytes: &'a [u8], code: Code) -> Result<&'a str, Fault> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Fault::new(code, format!("{path}: byte {}", error.valid_up_to()), "the file must be UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
