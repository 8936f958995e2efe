//! What broke, out of the errors that the client, TLS and the system wrap in one another.

use std::error::Error as StdError;
use std::io::ErrorKind;

use hyper_util::client::legacy;

use super::connect::{Refused, Used};
use super::refusal::Refusal;
use super::{MAX_HEAD_BYTES, MAX_HEADERS};
use crate::folder::io_reason;

/// Whether a connection that had answered before broke before anything of this answer came.
pub(super) fn was_used(error: &legacy::Error) -> bool {
    let mut extras = http::Extensions::new();
    error.connect_info().inspect(|info| info.get_extras(&mut extras));
    extras.get::<Used>().is_some_and(Used::before) && causes(error).any(is_broken)
}

fn is_broken(cause: &(dyn StdError + 'static)) -> bool {
    let ended = cause.downcast_ref::<hyper::Error>().is_some_and(|error| error.is_incomplete_message() || error.is_closed());
    ended || cause.is::<std::io::Error>()
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The reason in the middle of the client's error.
pub(super) fn refusal(error: &legacy::Error) -> Refusal {
    for cause in causes(error) {
        if let Some(Refused(refusal)) = cause.downcast_ref() {
            return refusal.clone();
        }
        if let Some(error) = cause.downcast_ref::<hyper::Error>() {
            return protocol(error);
        }
        if let Some(error) = cause.downcast_ref::<std::io::Error>() {
            return transport(error);
        }
    }
    Refusal::Connection("the connection ended early".into())
}

/// What the system or TLS found wrong: its own error may be wrapped several times.
fn transport(error: &std::io::Error) -> Refusal {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Refusal::Tls(tls_reason(error));
    }
    match (inner.and_then(|inner| inner.downcast_ref::<std::io::Error>()), error.kind()) {
        (Some(error), _) => transport(error),
        (None, ErrorKind::UnexpectedEof) => cut_short(),
        // What hyper says of chunks that are none.
        (None, ErrorKind::InvalidInput | ErrorKind::InvalidData) => not_http(),
        (None, _) => Refusal::Connection(io_reason(error)),
    }
}

/// What hyper found wrong with an answer.
pub(super) fn protocol(error: &hyper::Error) -> Refusal {
    if let Some(error) = causes(error).find_map(|cause| cause.downcast_ref::<std::io::Error>()) {
        return transport(error);
    }
    let is_cut = |cause: &(dyn StdError + 'static)| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message);
    match error {
        error if causes(error).any(is_cut) => cut_short(),
        error if error.is_parse_too_large() => {
            Refusal::Answer(format!("an answer must have at most {MAX_HEADERS} headers in {MAX_HEAD_BYTES} bytes, found more"))
        }
        error if error.is_parse() => not_http(),
        _ => Refusal::Connection("the connection ended early".into()),
    }
}

fn cut_short() -> Refusal {
    Refusal::Connection("the connection ended before the answer did".into())
}

fn not_http() -> Refusal {
    Refusal::Answer("the answer is not HTTP".into())
}

fn tls_reason(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => "the certificate is of no known authority".into(),
        rustls::Error::InvalidCertificate(
            rustls::CertificateError::NotValidForName | rustls::CertificateError::NotValidForNameContext { .. },
        ) => "the certificate is for another name".into(),
        rustls::Error::InvalidCertificate(rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. }) => {
            "the certificate has expired".into()
        }
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS".into(),
        other => other.to_string(),
    }
}
