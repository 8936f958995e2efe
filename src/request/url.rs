//! A URL taken apart into a request and a signature, and a request put together.
//!
//! What is read is generous where RFC 3986 says that two spellings mean one thing (escapes, their case, the order of parameters, `+` for a
//! space as forms write it); what is written has one spelling.

use std::collections::BTreeMap;

use super::sign::{self, Signature};
use super::{Request, bad, pack, row};
use crate::codec::OutputFormat;
use crate::error::{Code, Fault, quoted, suggestion};
use crate::row::{Row, Value, percent};

/// Name and value, escaped.
pub(super) type Parameter = (String, String);

/// Most bytes of a URL that is read: what servers take as one line of a request.
const MAX_READ_BYTES: usize = 8 << 10;
/// Signed URLs up to this length keep their parameters readable.
const MAX_PLAIN_CHARS: usize = 1_000;
/// All that a signature may add, with the longest key id.
const SIGNATURE_CHARS: usize = "&~k=&~s=".len() + sign::MAX_ID_CHARS + sign::MAC_CHARS;

const RESERVED: &[&str] = &["~e", "~j", "~k", "~lang", "~s", "~v", "~z"];
const EXTENSIONS: &[(&str, OutputFormat)] =
    &[("jpg", OutputFormat::Jpeg), ("jpeg", OutputFormat::Jpeg), ("png", OutputFormat::Png), ("webp", OutputFormat::WebP)];

/// The request and the signature of a path with its query, or of a whole URL.
pub(super) fn parse(target: &str) -> Result<(Request, Option<Signature>), Fault> {
    if target.len() > MAX_READ_BYTES {
        return Err(Fault::new(Code::UrlTooLong, "url", format!("a URL must have at most {MAX_READ_BYTES} bytes, found {}", target.len())));
    }
    if let Some(c) = target.chars().find(|c| c.is_control() || matches!(c, ' ' | '#')) {
        return Err(bad("url", format!("a URL must have no spaces, control characters and fragments, found {c:?}")));
    }
    let (path, query) = path_of(target)?;
    let mut request = read_path(path)?;
    let signature = read_query(query, &mut request)?;
    Ok((request, signature))
}

/// Path and query without scheme and authority.
fn path_of(target: &str) -> Result<(&str, &str), Fault> {
    let authority = ["http://", "https://"].into_iter().find_map(|scheme| match target.split_at_checked(scheme.len()) {
        Some((head, rest)) if head.eq_ignore_ascii_case(scheme) => Some(rest),
        _ => None,
    });
    let target = match authority {
        Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())).1,
        None => target,
    };
    if !target.starts_with('/') {
        return Err(bad(
            "url",
            format!("a URL must be a path from / on, or begin with http:// or https://, found {}", quoted(head(target))),
        ));
    }
    Ok(target.split_once('?').unwrap_or((target, "")))
}

/// What may be shown of a URL: never its query.
fn head(target: &str) -> &str {
    target.split('?').next().unwrap_or("")
}

/// `/{tenant}/{template}[@{digest}][/{variant}].{ext}`
fn read_path(path: &str) -> Result<Request, Fault> {
    let wrong = || bad("path", format!("a path must be /TENANT/TEMPLATE.EXT or /TENANT/TEMPLATE/VARIANT.EXT, found {}", quoted(path)));
    let mut segments = path.split('/').skip(1);
    let (tenant, template, variant) = match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some(tenant), Some(template), variant, None) => (tenant, template, variant),
        _ => return Err(wrong()),
    };
    let (template, digest) = match template.split_once('@') {
        Some((template, digest)) => (template, Some(decoded("digest", digest)?)),
        None => (template, None),
    };
    let (tenant, mut template) = (decoded("tenant", tenant)?, decoded("template", template)?);
    let (mut digest, mut variant) = (digest, variant.map(|variant| decoded("variant", variant)).transpose()?);
    let last = variant.as_mut().or(digest.as_mut()).unwrap_or(&mut template);
    let Some((name, extension)) = last.rsplit_once('.') else {
        return Err(bad("path", format!("a path must end with .jpg, .png or .webp, found {}", quoted(path))));
    };
    let Some((_, format)) = EXTENSIONS.iter().find(|(known, _)| *known == extension) else {
        return Err(bad("path", format!("a path must end with .jpg, .png or .webp, found {}", quoted(&format!(".{extension}")))));
    };
    *last = name.to_owned();
    let request = Request { digest, variant, ..Request::new(tenant, template, *format) };
    check_path(&request)?;
    Ok(request)
}

fn decoded(place: &str, text: &str) -> Result<String, Fault> {
    let (bytes, bad_escape) = percent::decode(text);
    if let Some(at) = bad_escape {
        let found: String = text.chars().skip(text.get(..at).map_or(0, |before| before.chars().count())).take(3).collect();
        return Err(bad(place, format!("an escape must be % and two hex digits, found {found:?}")));
    }
    String::from_utf8(bytes).map_err(|_| bad(place, "escaped text must be UTF-8, found other bytes"))
}

/// What may stand in a path, whether it was read or is to be written.
fn check_path(request: &Request) -> Result<(), Fault> {
    let names = [("tenant", Some(&request.tenant)), ("template", Some(&request.template)), ("variant", request.variant.as_ref())];
    for (place, name) in names.into_iter().filter_map(|(place, name)| name.map(|name| (place, name))) {
        if name.is_empty() || name == "." || name == ".." {
            return Err(bad(place, format!("a name in a path must not be empty, . or .., found {name:?}")));
        }
        if let Some(c) = name.chars().find(|c| c.is_control() || matches!(c, '/' | '\\')) {
            return Err(bad(place, format!("a name in a path must have no slashes and no control characters, found {c:?}")));
        }
    }
    match &request.digest {
        Some(digest) if digest.is_empty() || digest.len() > 64 || !digest.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            Err(bad("digest", format!("a digest must be 1 to 64 letters and digits, found {}", quoted(digest))))
        }
        _ => Ok(()),
    }
}

fn read_query(query: &str, request: &mut Request) -> Result<Option<Signature>, Fault> {
    let mut reserved: BTreeMap<String, String> = BTreeMap::new();
    let mut columns: BTreeMap<String, Value> = BTreeMap::new();
    for piece in query.split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let name = decoded("a parameter's name", &name.replace('+', " "))?;
        let place = if name.starts_with('~') { format!("parameter {}", row::shown(&name)) } else { row::place(&name) };
        let value = decoded(&place, &value.replace('+', " "))?;
        let known = if name.starts_with('~') {
            if !RESERVED.contains(&name.as_str()) {
                let message = "the name of a column must not begin with ~, and no reserved parameter has this name";
                return Err(bad(place, format!("{message}{}", suggestion(&name, RESERVED.iter().copied()))));
            }
            reserved.insert(name, value).is_some()
        } else {
            let value = if value.trim().is_empty() { Value::Null } else { Value::from(value.as_str()) };
            columns.insert(name, value).is_some()
        };
        if known {
            return Err(bad(place, "a parameter must stand once, found it twice"));
        }
    }
    for parameter in ["~j", "~z"] {
        let Some(text) = reserved.get(parameter) else { continue };
        let place = || format!("parameter {parameter}");
        let json = if parameter == "~z" { &pack::unpack(text).map_err(|message| bad(place(), message))? } else { text };
        if parameter == "~z" && (!columns.is_empty() || reserved.contains_key("~j")) {
            return Err(bad(place(), "a packed row must be the whole row, found columns beside it"));
        }
        for (name, value) in row::from_json(parameter, json)? {
            if columns.insert(name.clone(), value).is_some() {
                return Err(bad(row::place(&name), "a column must stand once, found it plain and in ~j"));
            }
        }
    }
    request.row = Row::from_columns(columns);
    request.lang = reserved.remove("~lang");
    request.version = reserved.remove("~v");
    request.expires = reserved.remove("~e").map(|text| seconds(&text)).transpose()?;
    check_reserved(request)?;
    sign::read(reserved.remove("~k"), reserved.remove("~s"))
}

fn seconds(text: &str) -> Result<i64, Fault> {
    let canonical = text.parse::<i64>().ok().filter(|seconds| *seconds >= 0 && seconds.to_string() == text);
    canonical.ok_or_else(|| bad("parameter ~e", format!("an expiry must be seconds since 1970 in digits, found {}", quoted(text))))
}

/// What may stand in reserved parameters, whether they were read or are to be written.
fn check_reserved(request: &Request) -> Result<(), Fault> {
    if let Some(lang) = &request.lang
        && (lang.is_empty() || lang.len() > 64 || !lang.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
    {
        return Err(bad("parameter ~lang", format!("a language must be a BCP 47 tag such as de-CH, found {}", quoted(lang))));
    }
    if let Some(version) = &request.version
        && (version.is_empty() || version.chars().count() > 64 || version.chars().any(char::is_control))
    {
        return Err(bad(
            "parameter ~v",
            format!("a version must be 1 to 64 characters without control characters, found {}", quoted(version)),
        ));
    }
    match request.expires {
        Some(seconds) if seconds < 0 => Err(bad("parameter ~e", format!("an expiry must be seconds since 1970, found {seconds}"))),
        _ => Ok(()),
    }
}

/// A request whose parts are checked and escaped.
pub(super) struct Encoded {
    path: String,
    /// Reserved parameters that are the same in both forms.
    reserved: Vec<Parameter>,
    columns: BTreeMap<String, Value>,
}

impl Encoded {
    pub(super) fn of(request: &Request) -> Result<Self, Fault> {
        check_path(request)?;
        check_reserved(request)?;
        let columns = row::columns(&request.row)?;
        let mut path = format!("/{}/{}", percent::encode(&request.tenant), percent::encode(&request.template));
        if let Some(digest) = &request.digest {
            path.extend(["@", digest]);
        }
        if let Some(variant) = &request.variant {
            path.extend(["/", &percent::encode(variant)]);
        }
        path.extend([".", EXTENSIONS.iter().find(|(_, format)| *format == request.format).map_or("png", |(name, _)| name)]);
        let expires = request.expires.map(|seconds| seconds.to_string());
        let parameters = [("~e", &expires), ("~lang", &request.lang), ("~v", &request.version)];
        let reserved =
            parameters.into_iter().filter_map(|(name, value)| value.as_ref().map(|v| (name.to_owned(), percent::encode(v)))).collect();
        Ok(Self { path, reserved, columns })
    }

    /// The plain form whatever its length, with more parameters.
    pub(super) fn plain(&self, more: &[(&str, &str)]) -> String {
        self.target(row::parameters(&self.columns), more)
    }

    /// The form that the request is known by, with more parameters that do not count for its length.
    pub(super) fn canonical(&self, more: &[(&str, &str)]) -> Result<String, Fault> {
        let row = row::parameters(&self.columns);
        let plain = self.target(row.clone(), &[]);
        if plain.len() + SIGNATURE_CHARS <= MAX_PLAIN_CHARS {
            return Ok(self.target(row, more));
        }
        let json = row::object(self.columns.clone());
        let packed = (json.len() <= pack::MAX_JSON_BYTES).then(|| vec![("~z".to_owned(), pack::pack(&json))]);
        let packed_chars = packed.as_ref().map_or(usize::MAX, |packed| self.target(packed.clone(), &[]).len());
        let shortest = packed_chars.min(plain.len());
        if shortest + SIGNATURE_CHARS > Request::MAX_URL_CHARS {
            return Err(too_long(shortest, &row));
        }
        match packed {
            Some(packed) if packed_chars < plain.len() => Ok(self.target(packed, more)),
            _ => Ok(self.target(row, more)),
        }
    }

    fn target(&self, mut parameters: Vec<Parameter>, more: &[(&str, &str)]) -> String {
        parameters.extend(self.reserved.iter().cloned());
        parameters.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        parameters.sort_unstable();
        let mut target = self.path.clone();
        for (i, (name, value)) in parameters.iter().enumerate() {
            target.extend([if i == 0 { "?" } else { "&" }, name, "=", value]);
        }
        target
    }
}

/// Says the length, the limit, and which columns make it so.
fn too_long(found: usize, row: &[Parameter]) -> Fault {
    let mut longest: Vec<(usize, &str)> = row.iter().map(|(name, value)| (value.len(), name.as_str())).collect();
    longest.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let longest = longest.iter().take(3).map(|(chars, name)| format!("{} ({chars})", row::shown(name))).collect::<Vec<_>>().join(", ");
    let limit = Request::MAX_URL_CHARS - SIGNATURE_CHARS;
    let message =
        format!("a URL must have at most {limit} characters before its signature, found {found}; the longest columns are {longest}");
    Fault::new(Code::UrlTooLong, "url", message)
}
