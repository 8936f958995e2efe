//! Pictures over http(s): bounded in time and bytes, and never from a private address.
//!
//! The address check is the resolver: the client connects to what it returns and to nothing else, so a name that resolves differently the
//! second time gains nothing, and every redirect passes through it again. No proxy is taken from the environment, since a proxy would resolve
//! names in our place. Neither cookies nor credentials are ever sent.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::pictures::Refusal;

const MAX_REDIRECTS: u32 = 5;
const CONNECT: Duration = Duration::from_secs(5);

/// The web as pictures are fetched from it.
#[derive(Debug)]
pub(crate) struct Web {
    agent: ureq::Agent,
    timeout: Duration,
    max_bytes: usize,
}

impl Web {
    /// `timeout` is for one picture, from the name's lookup to the last byte, redirects included.
    pub(crate) fn new(timeout: Duration, max_bytes: usize, allow_private: bool) -> Self {
        let config = Config::builder()
            .timeout_global(Some(timeout))
            .timeout_connect(Some(CONNECT.min(timeout)))
            .max_redirects(MAX_REDIRECTS)
            .max_redirects_will_error(true)
            .http_status_as_error(true)
            .proxy(None)
            .accept("image/*")
            .user_agent(concat!("templrender/", env!("CARGO_PKG_VERSION")))
            .build();
        let guard = Guard { inner: DefaultResolver::default(), allow_private };
        Self { agent: ureq::Agent::with_parts(config, DefaultConnector::default(), guard), timeout, max_bytes }
    }

    /// The bytes at a URL.
    pub(crate) fn get(&self, url: &str) -> Result<Vec<u8>, Refusal> {
        let answer = self.agent.get(url).call().map_err(|error| self.refusal(&error))?;
        let announced = answer.body().content_length();
        if let Some(bytes) = announced.filter(|bytes| usize::try_from(*bytes).map_or(true, |b| b > self.max_bytes)) {
            return Err(Refusal::TooLarge { bytes: Some(bytes), limit: self.max_bytes });
        }
        // One byte more than allowed tells a picture at the limit from one beyond it; the length is counted after decompression.
        let limit = u64::try_from(self.max_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        let mut reader = answer.into_body().into_with_config().limit(u64::MAX).reader().take(limit);
        reader.read_to_end(&mut bytes).map_err(|error| self.refusal(&ureq::Error::from(error)))?;
        if bytes.len() > self.max_bytes {
            return Err(Refusal::TooLarge { bytes: None, limit: self.max_bytes });
        }
        Ok(bytes)
    }

    fn refusal(&self, error: &ureq::Error) -> Refusal {
        match error {
            ureq::Error::StatusCode(status) => Refusal::Status(*status),
            ureq::Error::Timeout(ureq::Timeout::Connect) => {
                Refusal::Web(format!("no connection within {} s", seconds(CONNECT.min(self.timeout))))
            }
            ureq::Error::Timeout(_) => Refusal::Web(format!("it did not arrive within {} s", seconds(self.timeout))),
            ureq::Error::HostNotFound => Refusal::Web("its host is not known".into()),
            ureq::Error::TooManyRedirects => Refusal::Web(format!("more than {MAX_REDIRECTS} redirects")),
            ureq::Error::Other(inner) if inner.is::<PrivateAddress>() => Refusal::PrivateAddress,
            ureq::Error::Io(inner) => Refusal::Web(crate::failure::io_reason(inner)),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Refusal::Web("its URL cannot be read".into()),
            other => Refusal::Web(other.to_string()),
        }
    }
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

/// Lets only public addresses through.
#[derive(Debug)]
struct Guard {
    inner: DefaultResolver,
    allow_private: bool,
}

impl Resolver for Guard {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.allow_private {
            return Ok(found);
        }
        let mut public = self.empty();
        for socket in found.iter().filter(|socket| core_::is_public_address(socket.ip())) {
            public.push(*socket);
        }
        if public.is_empty() { Err(ureq::Error::Other(Box::new(PrivateAddress))) } else { Ok(public) }
    }
}

#[derive(Debug)]
struct PrivateAddress;

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("private address")
    }
}

impl std::error::Error for PrivateAddress {}
