//! A picture's URL as a row has it comes in; its one normal form goes out, or the rule that it breaks.
//!
//! Programs read a careless URL in different ways, and whatever is checked by one reading and fetched by another is a hole. So this reader
//! takes only what all of them read alike: `http` or `https`, `//`, a host of plain names, a port in digits, a path, a query. What browsers
//! repair silently in front of the path (backslashes, tabs, missing slashes, names before an `@`, digits in ten spellings) is refused, what they
//! repair behind it (spaces, umlauts, `..`) is repaired in the same way, by the sets of the WHATWG's URL standard, since feeds are full of it.
//! The normal form is what is fetched and what caches know a picture by.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::{Code, Fault, quoted};

/// Most bytes of a picture's URL.
const MAX_BYTES: usize = 8_192;

/// A picture's URL that a policy let through, in its normal form: scheme and host in lower case, no default port, no fragment, no dot segments,
/// spaces and letters beyond ASCII as escapes. Equal bytes are one fetch.
///
/// Its `Display` and `Debug` are for logs: they leave out the query, which may hold secrets.
///
/// ```
/// use templrender::OriginPolicy;
/// let url = OriginPolicy::any().check("HTTPS://CDN.Example.com:443/weiße Tasse.jpg?w=900#top")?;
/// assert_eq!(url.as_str(), "https://cdn.example.com/wei%C3%9Fe%20Tasse.jpg?w=900");
/// assert_eq!((url.scheme(), url.host(), url.port(), url.origin()), ("https", "cdn.example.com", 443, "https://cdn.example.com"));
/// assert_eq!(url.to_string(), "https://cdn.example.com/wei%C3%9Fe%20Tasse.jpg?…");
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PictureUrl {
    text: String,
    /// Bytes of `text` up to the path.
    origin_bytes: usize,
    site: Site,
}

impl PictureUrl {
    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        self.site.scheme()
    }

    /// The host in lower case; an IPv6 address stands in brackets.
    pub fn host(&self) -> &str {
        &self.site.host
    }

    /// The host if it is an address in digits.
    pub fn ip(&self) -> Option<IpAddr> {
        self.site.ip
    }

    /// The port, also where it is the scheme's own.
    pub fn port(&self) -> u16 {
        self.site.port
    }

    /// Scheme, host, and the port where it is not the scheme's own.
    pub fn origin(&self) -> &str {
        self.text.get(..self.origin_bytes).unwrap_or_default()
    }

    /// What a reference in an answer from here means, such as the `Location` of a redirect: a URL for [`OriginPolicy::check`](crate::OriginPolicy::check).
    ///
    /// ```
    /// use templrender::OriginPolicy;
    /// let url = OriginPolicy::any().check("https://example.com/shop/a.jpg?w=1")?;
    /// assert_eq!(url.resolve("/b.jpg"), "https://example.com/b.jpg");
    /// assert_eq!(url.resolve("b.jpg"), "https://example.com/shop/b.jpg");
    /// assert_eq!(url.resolve("?w=2"), "https://example.com/shop/a.jpg?w=2");
    /// assert_eq!(url.resolve("//cdn.example.com/b.jpg"), "https://cdn.example.com/b.jpg");
    /// assert_eq!(url.resolve("http://127.0.0.1/"), "http://127.0.0.1/");
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn resolve(&self, reference: &str) -> String {
        let reference = reference.trim_matches(' ');
        let path = self.text.split('?').next().unwrap_or_default();
        match reference.bytes().next() {
            None | Some(b'#') => self.text.clone(),
            _ if has_scheme(reference) => reference.to_owned(),
            _ if reference.starts_with("//") => format!("{}:{reference}", self.scheme()),
            Some(b'/') => format!("{}{reference}", self.origin()),
            Some(b'?') => format!("{path}{reference}"),
            Some(_) => format!("{}/{reference}", path.rsplit_once('/').map_or("", |(folder, _)| folder)),
        }
    }
}

impl fmt::Display for PictureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, query) = self.text.split_once('?').map_or((self.text.as_str(), ""), |(before, _)| (before, "?…"));
        match shown.char_indices().nth(128) {
            Some((cut, _)) => write!(f, "{}…", shown.get(..cut).unwrap_or_default()),
            None => write!(f, "{shown}{query}"),
        }
    }
}

impl fmt::Debug for PictureUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PictureUrl({self})")
    }
}

/// Where a URL leads to: what a policy decides by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Site {
    pub(super) https: bool,
    pub(super) host: String,
    pub(super) ip: Option<IpAddr>,
    pub(super) port: u16,
}

impl Site {
    fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    pub(super) fn default_port(https: bool) -> u16 {
        if https { 443 } else { 80 }
    }

    /// Scheme, host, and the port where it is not the scheme's own.
    pub(super) fn origin(&self) -> String {
        let own = Self::default_port(self.https);
        if self.port == own {
            format!("{}://{}", self.scheme(), self.host)
        } else {
            format!("{}://{}:{}", self.scheme(), self.host, self.port)
        }
    }
}

/// Reads a URL; whether its site may be asked is not decided here.
pub(super) fn parse(url: &str) -> Result<PictureUrl, Fault> {
    if url.len() > MAX_BYTES {
        return Err(refused(format!("a picture's URL must have at most {MAX_BYTES} bytes, found {}", url.len())));
    }
    let url = url.trim_matches(' ');
    if let Some(found) = url.chars().find(|c| c.is_control() || *c == '\\') {
        return Err(refused(format!("a picture's URL must have no control characters and no backslash, found {found:?}")));
    }
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    let https = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return Err(refused(format!("a picture's URL must begin with http:// or https://, found {}", quoted(scheme_of(url))))),
    };
    let Some(rest) = rest.strip_prefix("//") else {
        return Err(refused("a picture's URL must have two slashes behind its scheme, found others"));
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (host, port) = authority_of(authority)?;
    let (host, ip) = host_of(host)?;
    let site = Site { https, host, ip, port: port.unwrap_or(Site::default_port(https)) };
    let mut text = site.origin();
    let origin_bytes = text.len();
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    push_path(path, &mut text);
    if let Some(query) = query {
        text.push('?');
        push_escaped(query, b"\"#<>'", &mut text);
    }
    Ok(PictureUrl { text, origin_bytes, site })
}

/// What stands where a scheme should: nothing of a URL without one.
fn scheme_of(url: &str) -> &str {
    if has_scheme(url) { url.split(':').next().unwrap_or_default() } else { "" }
}

/// Letters, digits, `+`, `-` and `.` before a colon, a letter first.
fn has_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// Host and port of what stands between the slashes and the path.
pub(super) fn authority_of(authority: &str) -> Result<(&str, Option<u16>), Fault> {
    if let Some((_, host)) = authority.rsplit_once('@') {
        return Err(refused(format!("a picture's URL must have no user name or password, found one before {}", quoted(host))));
    }
    // The colons of an IPv6 address stand inside of its brackets.
    let behind = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(behind..).and_then(|rest| rest.find(':')) {
        Some(at) => (authority.get(..behind + at).unwrap_or_default(), authority.get(behind + at + 1..).unwrap_or_default()),
        None => (authority, ""),
    };
    if port.is_empty() {
        return Ok((host, None));
    }
    let number = port.bytes().all(|b| b.is_ascii_digit()).then(|| port.parse::<u16>().ok()).flatten().filter(|port| *port > 0);
    match number {
        Some(number) => Ok((host, Some(number))),
        None => Err(refused(format!("a port must be a number from 1 to 65535, found {}", quoted(port)))),
    }
}

/// A host in lower case, and its address if it is one in the usual spelling; all other spellings of addresses are refused.
pub(super) fn host_of(host: &str) -> Result<(String, Option<IpAddr>), Fault> {
    if host.is_empty() {
        return Err(refused("a picture's URL must have a host, found none"));
    }
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match inner.parse::<Ipv6Addr>() {
            Ok(v6) => Ok((format!("[{v6}]"), Some(v6.into()))),
            Err(_) => Err(refused(format!("an address in brackets must be an IPv6 address without a zone, found {}", quoted(host)))),
        };
    }
    // Underscores are in no host name of the RFCs, and in those of some clouds' buckets.
    let name = |label: &str| {
        let inside = label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        inside && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(name) {
        let rule = "a host must be names of letters, digits, hyphens and underscores with dots between them (xn-- for others)";
        return Err(refused(format!("{rule}, found {}", quoted(host))));
    }
    if ends_in_number(host) {
        return match host.parse::<Ipv4Addr>() {
            Ok(v4) => Ok((v4.to_string(), Some(v4.into()))),
            Err(_) => Err(refused(format!("a host must be a name, not a number, found {}", quoted(host)))),
        };
    }
    Ok((host.to_ascii_lowercase(), None))
}

/// Whether some reader takes a host for an IPv4 address: its last name is a decimal, octal or hexadecimal number.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let digits = last.bytes().all(|b| b.is_ascii_digit());
    digits || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A path without its dot segments, escaped.
fn push_path(path: &str, text: &mut String) {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match dots(segment) {
            None => kept.push(segment),
            Some(count) => {
                if count == 2 {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
        }
    }
    for segment in kept {
        text.push('/');
        push_escaped(segment, b"\"#<>?^`{}", text);
    }
}

/// 1 of `.`, 2 of `..`, however they are escaped.
fn dots(segment: &str) -> Option<usize> {
    match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => Some(1),
        ".." => Some(2),
        _ => None,
    }
}

/// Escapes spaces, what is not ASCII, and `also`; escapes that are there stay.
fn push_escaped(text: &str, also: &[u8], out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !also.contains(&byte) {
            out.push(char::from(byte));
            continue;
        }
        out.push('%');
        for half in [byte >> 4, byte & 15] {
            out.push(HEX.get(usize::from(half)).copied().map_or('0', char::from));
        }
    }
}

pub(super) fn refused(message: impl Into<String>) -> Fault {
    Fault::new(Code::RefusedOrigin, "", message)
}
