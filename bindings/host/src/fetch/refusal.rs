//! Why a picture could not be fetched, in one sentence that names no URL: its query may be a secret.

use std::fmt;
use std::time::Duration;

use core_::{Code, Fault};

/// Why a picture is not to be had from the web.
///
/// ```
/// use templrender_host::Refusal;
///
/// let gone = Refusal::Status { status: 404, retry_after: None };
/// assert_eq!(gone.to_string(), "the server answered with status 404");
/// assert!(!gone.is_transient());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The policy does not allow the URL, or one that it redirects to; the policy's own sentence.
    Origin(String),
    /// All addresses of the host are private.
    PrivateAddress,
    /// The picture is larger than the limit, after decompression.
    TooLarge {
        /// What was announced, where it was.
        bytes: Option<u64>,
        /// The limit in bytes.
        limit: usize,
    },
    /// A status that brings no picture.
    Status {
        /// The status.
        status: u16,
        /// When the server would be asked again.
        retry_after: Option<Duration>,
    },
    /// The name has no address.
    UnknownHost,
    /// No connection came about in this time.
    NoConnection(Duration),
    /// The picture was not there in full after this time.
    Late(Duration),
    /// The connection failed or ended early; what the system says.
    Connection(String),
    /// TLS failed: no certificate that can be trusted for this name, or no TLS at all.
    Tls(String),
    /// More redirects than this.
    Redirects(u32),
    /// A redirect that is not followed.
    Redirect(String),
    /// An answer that is not HTTP, or none that can be read.
    Answer(String),
    /// The bytes are no picture that is drawn: what was found out about them.
    NoPicture(Fault),
    /// Not asked now: too much is asked of this origin already, or it said to wait.
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
}

impl Refusal {
    /// Whether another try soon may end otherwise: time, connections, an overloaded or broken server.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status >= 500 || matches!(status, 408 | 425 | 429),
            Self::UnknownHost | Self::NoConnection(_) | Self::Late(_) | Self::Connection(_) | Self::Answer(_) | Self::Busy { .. } => true,
            Self::Origin(_) | Self::PrivateAddress | Self::TooLarge { .. } | Self::Tls(_) => false,
            Self::Redirects(_) | Self::Redirect(_) | Self::NoPicture(_) => false,
        }
    }

    /// Whether the picture is there and too large.
    pub fn is_too_large(&self) -> bool {
        match self {
            Self::TooLarge { .. } => true,
            Self::NoPicture(fault) => fault.code == Code::ResourceLimit,
            _ => false,
        }
    }

    /// How long to leave the origin alone, where it or its governor said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::Busy { retry_after } => Some(*retry_after),
            _ => None,
        }
    }
}

impl From<core_::Error> for Refusal {
    /// What the policy says of a URL.
    fn from(error: core_::Error) -> Self {
        Self::Origin(error.faults().first().map(|fault| fault.message.clone()).unwrap_or_default())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(why) | Self::Connection(why) | Self::Redirect(why) | Self::Answer(why) => f.write_str(why),
            Self::NoPicture(fault) => f.write_str(&fault.message),
            Self::PrivateAddress => f.write_str("the host has a private address, which needs --allow-private"),
            Self::TooLarge { bytes: Some(bytes), limit } => write!(f, "picture has {bytes} bytes, over the limit of {limit}"),
            Self::TooLarge { bytes: None, limit } => write!(f, "picture has more bytes than the limit of {limit}"),
            Self::Status { status, .. } => write!(f, "the server answered with status {status}"),
            Self::UnknownHost => f.write_str("its host is not known"),
            Self::NoConnection(limit) => write!(f, "no connection within {} s", limit.as_secs_f64()),
            Self::Late(limit) => write!(f, "it did not arrive within {} s", limit.as_secs_f64()),
            Self::Tls(why) => write!(f, "no trusted connection: {why}"),
            Self::Redirects(limit) => write!(f, "more than {limit} redirects"),
            Self::Busy { retry_after } => write!(f, "too much is asked of its origin, wait {} s", retry_after.as_secs_f64().ceil()),
        }
    }
}

impl std::error::Error for Refusal {}
