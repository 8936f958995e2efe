//! `url`: the addresses under which pictures are asked for, made, checked and explained.
//!
//! ```text
//! sign      a template and a row, or a URL, to a signed URL      verify    a URL held against keys
//! explain   what a URL asks for                                  link      what every signed URL is made with
//! ```

mod args;
mod expiry;
mod explain;
pub(crate) mod link;
mod sign;

use std::path::{Path, PathBuf};

use core_::{Keyring, OutputFormat, Request};
use templrender_host::is_pack;

use crate::failure::{Done, Stop, quoted};
use crate::time;
pub(crate) use args::{TENANT, Url};
use args::{UrlCommand, Verify};
pub(crate) use expiry::Expiry;

/// The most bytes of a file of secrets.
const MAX_SECRETS_BYTES: usize = 1 << 20;

pub(crate) fn run(args: &Url) -> Done {
    match &args.command {
        UrlCommand::Sign(args) => sign::run(args),
        UrlCommand::Verify(args) => verify(args),
        UrlCommand::Explain(args) => explain::run(args),
    }
}

fn verify(args: &Verify) -> Done {
    let keys = secrets(&args.secret_file)?;
    let (request, signature) = parsed(&args.url)?;
    let now = args.now.unwrap_or_else(time::now);
    keys.verify(&request, signature.as_ref(), now).map_err(|error| Stop::of(&place(&args.url), &error))?;
    let end = request.expires.map_or_else(|| "it has no end".to_owned(), |end| format!("it ends at {}", time::shown(end)));
    println!("signed for {} with the key {}; {end}", request.tenant, signature.as_ref().map_or("", |signature| signature.key_id()));
    Ok(())
}

/// The keys of some files together.
pub(crate) fn secrets(files: &[PathBuf]) -> Done<Keyring> {
    let mut keys = Keyring::new();
    for file in files {
        let place = file.display().to_string();
        let failed = |error: core_::Error| Stop::of(&place, &error);
        if std::fs::metadata(file).is_ok_and(|metadata| metadata.len() > MAX_SECRETS_BYTES as u64) {
            return Err(Stop::at(&place, format!("a file of secrets must have at most {MAX_SECRETS_BYTES} bytes")));
        }
        let text = templrender_host::read_text(file)?;
        keys.append(Keyring::parse(&text).map_err(failed)?).map_err(failed)?;
    }
    Ok(keys)
}

/// A URL as it was typed.
fn parsed(url: &str) -> Done<(Request, Option<core_::Signature>)> {
    Request::parse(url).map_err(|error| Stop::of(&place(url), &error))
}

/// What failures call a URL: never its query.
fn place(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or("");
    path.chars().take(100).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What URLs call a template: its folder, or its file where that has a name of its own.
pub(crate) fn name_of(template: &Path) -> Done<String> {
    let whole = template.canonicalize().map_err(|error| Stop::io(template, &error))?;
    let is_named = whole.is_dir() || whole.file_name().is_some_and(|name| name != "template.json");
    let named = if is_named { Some(whole.as_path()) } else { whole.parent() };
    let name = if whole.is_dir() || !is_named { named.and_then(Path::file_name) } else { named.and_then(Path::file_stem) };
    let name = name.ok_or_else(|| Stop::at(template.display(), "a template must lie in a folder with a name, which stands in the URL"))?;
    let name = name.to_str().ok_or_else(|| Stop::at(template.display(), "a template's folder must have a name in UTF-8"))?;
    // As `pack` calls it in a folder.
    let plain = name.split_once('@').filter(|_| is_pack(&whole)).map_or(name, |(plain, _)| plain);
    Ok(plain.to_owned())
}

fn format(text: &str) -> Result<OutputFormat, String> {
    crate::output::format(Path::new(&format!("a.{text}"))).map_err(|_| format!("must be jpg, png or webp, found {}", quoted(text)))
}

/// A base address without a path: the path of a URL is signed, and nothing may stand before it.
pub(crate) fn origin(text: &str) -> Result<String, String> {
    let base = crate::feed::rewrite::base(text)?;
    let authority = base.split_once("://").map_or("", |(_, rest)| rest);
    if authority.contains('/') {
        return Err(format!("must have no path, for the path of a URL is signed, found {}", quoted(text)));
    }
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_called_by_its_folder() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/og-card");
        assert_eq!(name_of(&root).unwrap(), "og-card");
        assert_eq!(name_of(&root.join("template.json")).unwrap(), "og-card");
        assert_eq!(name_of(&root.join("rows/short.json")).unwrap(), "short");
        assert!(name_of(Path::new("no/such")).is_err());
    }

    #[test]
    fn a_base_has_no_path() {
        assert_eq!(origin("https://img.example.com/").as_deref(), Ok("https://img.example.com"));
        assert!(origin("https://img.example.com/ads").is_err());
    }
}
