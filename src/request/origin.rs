//! Which origins a tenant's pictures may come from: a list of patterns, and the rules that hold without one.
//!
//! A policy sees a URL as it is written. A name that leads to a private address is not seen here, since nothing is resolved: that is judged
//! where a host connects, with [`is_public_address`](super::is_public_address), and again after each redirect.

use super::picture_url::{PictureUrl, Site, authority_of, host_of, parse, refused};
use crate::error::{Code, Error, Fault, quoted};

/// Which origins pictures may come from.
///
/// Whatever the list: only `http` and `https`, no user names, no host in digits, and no port other than 80 and 443 unless a pattern names it.
///
/// ```
/// use templrender::OriginPolicy;
/// let policy = OriginPolicy::allow(["example.com", "*.example.com", "https://photos.example:8443"])?;
/// for allowed in ["https://example.com/a.jpg", "http://cdn.example.com/a.jpg", "https://photos.example:8443/a.jpg"] {
///     assert_eq!(policy.check(allowed)?.as_str(), allowed);
/// }
/// for refused in ["https://evil-example.com/", "https://example.com.evil.net/", "http://photos.example:8443/", "http://2130706433/"] {
///     assert!(policy.check(refused).is_err(), "{refused}");
/// }
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginPolicy {
    /// Nothing where all are allowed.
    patterns: Option<Vec<Pattern>>,
    ip_literals: bool,
}

impl OriginPolicy {
    /// All names.
    pub fn any() -> Self {
        Self { patterns: None, ip_literals: false }
    }

    /// Those that one of the patterns names, and none of an empty list.
    ///
    /// A pattern is a host (`cdn.example.com`), all names below one but not itself (`*.example.com`), or an address in its usual spelling;
    /// with a port (`cdn.example.com:8080`), a scheme (`https://cdn.example.com`), or both. With a scheme, a port that is not named is the
    /// scheme's own.
    ///
    /// # Errors
    /// A text that is no such pattern.
    pub fn allow(patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, Error> {
        let patterns = patterns.into_iter().map(|text| Pattern::parse(text.as_ref())).collect::<Result<_, _>>()?;
        Ok(Self { patterns: Some(patterns), ip_literals: false })
    }

    /// The same with addresses in digits (in their usual spelling) and with all ports, for services whose owner allows private addresses; a
    /// list, where there is one, still decides which.
    #[must_use]
    pub fn with_ip_literals(self) -> Self {
        Self { ip_literals: true, ..self }
    }

    /// A picture's URL in its normal form.
    ///
    /// # Errors
    /// [`Code::RefusedOrigin`] if it is malformed or its origin is not allowed.
    pub fn check(&self, url: &str) -> Result<PictureUrl, Error> {
        let url = parse(url)?;
        self.judge(url.site())?;
        Ok(url)
    }

    fn judge(&self, site: &Site) -> Result<(), Fault> {
        let usual_port = self.ip_literals || [80, 443].contains(&site.port);
        let Some(patterns) = &self.patterns else {
            return match site.ip {
                Some(_) if !self.ip_literals => {
                    Err(refused(format!("a host must be a name, not an address, found {}", quoted(&site.host))))
                }
                _ if !usual_port => Err(refused(format!("a port must be 80 or 443, found {}", site.port))),
                _ => Ok(()),
            };
        };
        match patterns.iter().any(|pattern| pattern.covers(site, usual_port)) {
            true => Ok(()),
            false => Err(refused(format!("a picture must come from an origin on the tenant's list, found {}", quoted(&site.origin())))),
        }
    }
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pattern {
    https: Option<bool>,
    host: String,
    /// Whether `host` stands for the names below it.
    below: bool,
    port: Option<u16>,
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, Fault> {
        let bad = || Fault::new(Code::BadArgument, "", format!("{RULE}, found {}", quoted(text)));
        let (https, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some(true), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some(false), rest),
            Some(_) => return Err(bad()),
            None => (None, text),
        };
        let (below, rest) = rest.strip_prefix("*.").map_or((false, rest), |rest| (true, rest));
        let (host, port) = authority_of(rest).map_err(|_| bad())?;
        let (host, ip) = host_of(host).map_err(|_| bad())?;
        if rest.ends_with(':') || (below && ip.is_some()) {
            return Err(bad());
        }
        Ok(Self { https, host, below, port: port.or(https.map(Site::default_port)) })
    }

    fn covers(&self, site: &Site, usual_port: bool) -> bool {
        let host = match self.below {
            false => site.host == self.host,
            true => site.ip.is_none() && site.host.strip_suffix(&self.host).is_some_and(|names| names.len() > 1 && names.ends_with('.')),
        };
        host && self.https.is_none_or(|https| https == site.https) && self.port.map_or(usual_port, |port| port == site.port)
    }
}

const RULE: &str = "an origin must be a host or *.host, with a scheme and a port if need be, such as https://cdn.example.com:8443";
