//! Why a request gets no picture: a status, and what its JSON says.
//!
//! What the core found keeps its code and number; what only a service can find (no such template, too busy) has numbers from 701 on. The
//! body tells whoever sent the request what to do about it and nothing else: no query of a URL, no path of this machine, nothing of another
//! request.

use std::time::Duration;

use core_::{Code, Error, Fault, without_queries};
use http::StatusCode;
use serde_json::json;

/// What a service alone can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No address of this service.
    UnknownPath,
    /// No template of this name, for this tenant.
    UnknownTemplate,
    /// Neither GET nor HEAD.
    BadMethod,
    /// A tenant over its rate.
    TooManyRequests,
    /// More requests, or drawings, than this machine takes.
    Overloaded,
    /// A template whose pictures arrive slowly, over its share.
    SlowTemplate,
    /// Longer than a request may take.
    Deadline,
}

impl Refused {
    const fn row(self) -> (u16, u16, &'static str, &'static str) {
        match self {
            Self::UnknownPath => (404, 701, "unknown-path", "request"),
            Self::UnknownTemplate => (404, 702, "unknown-template", "request"),
            Self::BadMethod => (405, 703, "bad-method", "request"),
            Self::TooManyRequests => (429, 704, "too-many-requests", "request"),
            Self::Overloaded => (503, 705, "overloaded", "host"),
            Self::SlowTemplate => (503, 706, "slow-template", "resource"),
            Self::Deadline => (504, 707, "deadline", "resource"),
        }
    }
}

/// What the body of the answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// What the core found.
    Core(Error),
    /// What the service itself found.
    Own { refused: Refused, place: String, message: String },
}

/// Why a request gets no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    said: Said,
    pub(crate) retry_after: Option<Duration>,
    /// Whether the template's fallback picture may take its place.
    pub(crate) replaceable: bool,
    /// Whether another try may end otherwise, so that an old answer is better than none.
    pub(crate) transient: bool,
    /// Whether a picture turned out to be damaged and was put away: without it, or with its next choice, it may be drawn all the same.
    pub(crate) damage: bool,
}

impl Failure {
    /// What the service itself found.
    pub(crate) fn new(refused: Refused, place: impl Into<String>, message: impl Into<String>) -> Self {
        let (status, ..) = refused.row();
        let said = Said::Own { refused, place: place.into(), message: message.into() };
        let replaceable = matches!(refused, Refused::SlowTemplate | Refused::Deadline);
        Self { replaceable, transient: replaceable, ..Self::told(status_of(status), said) }
    }

    fn told(status: StatusCode, said: Said) -> Self {
        Self { status, said, retry_after: None, replaceable: false, transient: false, damage: false }
    }

    /// The same, and when it is worth to ask again.
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// What the core found, with the status that its code has.
    pub(crate) fn of(error: &Error) -> Self {
        let status = status_of(error.code().http_status());
        let replaceable = matches!(status.as_u16(), 502 | 504);
        Self { replaceable, transient: status == 504, ..Self::told(status, Said::Core(error.clone())) }
    }

    /// Faults with a status of their own.
    pub(crate) fn with_status(status: StatusCode, faults: &[Fault]) -> Self {
        Self::told(status, Said::Core(Error::from_faults(faults.to_vec())))
    }

    /// The same, where another try may end otherwise.
    pub(crate) fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    /// What the template's own fallback is guilty of.
    pub(crate) fn fallback(error: &Error) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, replaceable: false, transient: false, ..Self::of(error) }
    }

    /// Whether time ran out.
    pub(crate) fn is_late(&self) -> bool {
        self.status == StatusCode::GATEWAY_TIMEOUT
    }

    /// A broken promise: a panic.
    pub(crate) fn bug() -> Self {
        Self::told(StatusCode::INTERNAL_SERVER_ERROR, Said::Core(Fault::new(Code::Bug, "", "a panic").into()))
    }

    /// The code of the first fault.
    pub(crate) fn code(&self) -> &'static str {
        match &self.said {
            Said::Core(error) => error.code().name(),
            Said::Own { refused, .. } => refused.row().2,
        }
    }

    /// What the body of the answer is.
    pub(crate) fn to_json(&self, request_id: &str) -> Vec<u8> {
        match &self.said {
            Said::Core(error) => error.to_json(request_id).into_bytes(),
            Said::Own { refused, place, message } => {
                let (_, number, code, cause) = refused.row();
                let (place, message) = (without_queries(place), without_queries(message));
                let error =
                    json!({ "cause": cause, "code": code, "message": message, "number": number, "place": place, "request_id": request_id });
                let mut text = json!({ "error": error }).to_string().into_bytes();
                text.push(b'\n');
                text
            }
        }
    }
}

fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_the_service_found_is_told_as_what_the_core_found() {
        let failure = Failure::new(Refused::Overloaded, "url", "found \"https://a.example/x?a=b\"");
        let core = Error::from(Fault::new(Code::BadUrl, "url", "found \"https://a.example/x?a=b\"")).to_json("r1");
        let own = core.replace("bad-url", "overloaded").replace("601", "705").replace("\"request\"", "\"host\"");
        assert_eq!(String::from_utf8(failure.to_json("r1")).unwrap(), own);
        assert!(!own.contains("a=b"));
    }

    #[test]
    fn a_failure_tells_its_first_fault_and_all_of_several() {
        let fault = |field: &str| Fault::new(Code::BadField, format!("field {field}"), "a price must have a number, found \"free\"");
        let one = Failure::of(&fault("price").into());
        assert_eq!(one.status, 400);
        let text = String::from_utf8(one.to_json("r1")).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({ "error": { "code": "bad-field", "number": 202, "cause": "row", "place": "field price",
                "message": "a price must have a number, found \"free\"", "request_id": "r1" } })
        );
        let two = Failure::of(&Error::from_faults(vec![fault("price"), fault("sale_price")]));
        let json: Value = serde_json::from_slice(&two.to_json("r1")).unwrap();
        assert_eq!(json["error"]["faults"][1]["place"], "field sale_price");
    }
}
