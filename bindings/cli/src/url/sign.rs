//! `url sign`: the URL of a template's picture of a row, planned first so that what cannot be drawn gets no URL; or a URL as it is, signed.

use std::path::Path;

use core_::Context;
use templrender_host::load_folder;

use super::args::Sign;
use super::link::{Linker, Shown};
use super::{name_of, parsed, place, secrets};
use crate::failure::{Done, Stop};
use crate::models::renderer;
use crate::render::{RowSource, known_variant};
use crate::time;

pub(super) fn run(args: &Sign) -> Done {
    let keys = secrets(std::slice::from_ref(&args.secret_file))?;
    let now = args.now.unwrap_or_else(time::now);
    let expires = args.expires.map(|expiry| expiry.seconds(now));
    let url = match (&args.url, &args.template) {
        (Some(url), _) => {
            let (mut request, _) = parsed(url)?;
            request.expires = expires.or(request.expires);
            let signed = keys.sign(&request).map_err(|error| Stop::of(&place(url), &error))?;
            format!("{}{signed}", before_path(url))
        }
        (None, Some(template)) => {
            let linker = Linker { keys, tenant: args.tenant.clone(), expires, base: args.base.clone().unwrap_or_default() };
            of_row(args, template, &linker, now)?
        }
        (None, None) => return Err(Stop::Usage("a URL or --template must be given".to_owned())),
    };
    println!("{url}");
    Ok(())
}

/// The URL of what the template draws of the row now.
fn of_row(args: &Sign, template: &Path, linker: &Linker, now: i64) -> Done<String> {
    let folder = load_folder(template, &args.fonts)?;
    known_variant(&folder, args.variant.as_deref())?;
    let source = RowSource::find(args.row.as_deref(), &folder);
    let row = folder.template.trim(&source.read()?);
    let place = source.place();
    let failed = |error: &core_::Error| Stop::of(&place, error);
    let context =
        Context { variant: args.variant.clone(), lang: args.lang.clone(), format: args.format, now: Some(now), ..Context::default() };
    let plan = renderer(&args.models, &folder)?.plan(&folder.template, &row, &context).map_err(|error| failed(&error))?;
    if let Some(reason) = plan.skipped() {
        return Err(Stop::at(&place, format!("row is skipped: {reason}")));
    }
    let name = name_of(template)?;
    let pinned = args.pin.then(|| folder.version()).transpose()?;
    let shown = Shown {
        template: &name,
        digest: pinned.as_deref(),
        variant: args.variant.as_deref(),
        lang: args.lang.as_deref(),
        format: plan.output().format,
        row,
        version: None,
    };
    linker.url(shown, &plan).map_err(|error| failed(&error))
}

/// Scheme and authority of a URL; of a path, nothing.
fn before_path(url: &str) -> &str {
    let Some(authority) = url.find("://").map(|at| at + 3).filter(|_| !url.starts_with('/')) else { return "" };
    let length = url.get(authority..).and_then(|rest| rest.find(['/', '?']));
    length.and_then(|length| url.get(..authority + length)).unwrap_or("")
}
