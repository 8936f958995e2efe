//! Why a request gets no picture: a status, and what its JSON says.
//!
//! What the core found keeps its code and number; what only a service can find (no such template, too busy) has numbers from 701 on. The
//! body tells whoever sent the request what to do about it and nothing else: no query of a URL, no path of this machine, nothing of another
//! request.

use std::time::Duration;

use core_::{Cause, Code, Error, Fault};
use http::StatusCode;
use serde_json::{Value, json};

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

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    code: &'static str,
    number: u16,
    cause: &'static str,
    place: String,
    message: String,
}

/// Why a request gets no picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    said: Vec<Said>,
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
        let (status, number, code, cause) = refused.row();
        let said = Said { code, number, cause, place: shown(&place.into()), message: shown(&message.into()) };
        let replaceable = matches!(refused, Refused::SlowTemplate | Refused::Deadline);
        Self { status: status_of(status), said: vec![said], retry_after: None, replaceable, transient: replaceable, damage: false }
    }

    /// The same, and when it is worth to ask again.
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// What the core found, with the status that its code has.
    pub(crate) fn of(error: &Error) -> Self {
        let status = status_of(status_of_code(error.code()));
        // What a bug says may quote anything.
        let said = error.faults().iter().map(|fault| if fault.code == Code::Bug { bug() } else { said(fault) }).collect();
        Self { status, said, retry_after: None, replaceable: matches!(status.as_u16(), 502 | 504), transient: status == 504, damage: false }
    }

    /// Faults with a status of their own.
    pub(crate) fn with_status(status: StatusCode, faults: &[Fault]) -> Self {
        Self { status, said: faults.iter().map(said).collect(), retry_after: None, replaceable: false, transient: false, damage: false }
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
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            said: vec![bug()],
            retry_after: None,
            replaceable: false,
            transient: false,
            damage: false,
        }
    }

    /// The code of the first fault.
    pub(crate) fn code(&self) -> &'static str {
        self.said.first().map_or("bug", |said| said.code)
    }

    /// What the body of the answer is.
    pub(crate) fn to_json(&self, request_id: &str) -> Vec<u8> {
        let one = |said: &Said| json!({ "code": said.code, "number": said.number, "cause": said.cause, "place": said.place, "message": said.message });
        let mut error = self.said.first().map(one).unwrap_or_default();
        if let Value::Object(error) = &mut error {
            if self.said.len() > 1 {
                error.insert("faults".to_owned(), self.said.iter().map(one).collect());
            }
            error.insert("request_id".to_owned(), request_id.into());
        }
        let mut text = json!({ "error": error }).to_string().into_bytes();
        text.push(b'\n');
        text
    }
}

fn status_of(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn status_of_code(code: Code) -> u16 {
    match code {
        Code::UrlTooLong => 414,
        Code::BadSignature | Code::UrlExpired => 403,
        // The URL names a variant; a row that is left out has no picture.
        Code::UnknownVariant | Code::RowSkipped => 404,
        Code::ResourceLimit => 413,
        Code::DeadlineExceeded => 504,
        code => match code.cause() {
            Cause::Row | Cause::Request => 400,
            Cause::Resource => 502,
            _ => 500,
        },
    }
}

fn said(fault: &Fault) -> Said {
    let (place, message) = (shown(&fault.place), shown(&fault.message));
    Said { code: fault.code.name(), number: fault.code as u16, cause: cause(fault.code.cause()), place, message }
}

fn bug() -> Said {
    let message = "something in the service broke, its log says what".to_owned();
    Said { code: Code::Bug.name(), number: Code::Bug as u16, cause: cause(Cause::Bug), place: String::new(), message }
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Template => "template",
        Cause::Row => "row",
        Cause::Resource => "resource",
        Cause::Request => "request",
        Cause::Host => "host",
        _ => "bug",
    }
}

/// A sentence without the queries of the URLs in it: they may hold secrets.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        match word.split_once("://").and_then(|(_, rest)| rest.find(['?', '#'])) {
            None => out.push_str(word),
            Some(at) => {
                let start = word.find("://").unwrap_or(0) + 3 + at;
                let kept = word.get(..start).unwrap_or("");
                let rest = word.get(start..).unwrap_or("");
                let tail = rest.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ':' | ';' | ',' | '"'));
                out.push_str(kept);
                out.push_str(rest.get(tail.len()..).unwrap_or(""));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_urls_are_not_told() {
        assert_eq!(shown("resource https://a.example/x.jpg?token=s3cret: status 404"), "resource https://a.example/x.jpg: status 404");
        assert_eq!(shown("found \"https://a.example/x?a=b\", and http://b/#c"), "found \"https://a.example/x\", and http://b/");
        assert_eq!(shown("is it? no://query"), "is it? no://query");
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

    #[test]
    fn every_code_of_the_core_has_a_status_of_the_table() {
        for code in Code::ALL {
            assert!([400, 403, 404, 413, 414, 500, 502, 504].contains(&status_of_code(*code)), "{code:?}");
        }
    }
}
