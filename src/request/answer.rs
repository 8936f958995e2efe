//! What whoever asked is told where there is no picture: an HTTP status, and a JSON body.
//!
//! The body tells what to do about it and nothing else: no query of a URL (it may hold a secret), nothing of what broke inside. It is the same from every host.

use crate::error::{Cause, Code, Error, Fault};
use crate::row::json::write_text;

impl Code {
    /// The status (RFC 9110) of an answer to a request that fails so.
    ///
    /// Whose turn it is decides: 400 where the request or its row must change, 502 where somebody serves a bad picture, 500 for the rest; some codes have
    /// one of their own.
    ///
    /// ```
    /// use templrender::Code;
    /// assert_eq!((Code::BadField.http_status(), Code::UnknownVariant.http_status(), Code::MissingResource.http_status()), (400, 404, 502));
    /// ```
    pub const fn http_status(self) -> u16 {
        match self {
            Self::UrlTooLong => 414,
            Self::BadSignature | Self::UrlExpired => 403,
            // The URL names a variant; a row that is left out has no picture.
            Self::UnknownVariant | Self::RowSkipped => 404,
            Self::ResourceLimit => 413,
            Self::DeadlineExceeded => 504,
            _ => match self.cause() {
                Cause::Row | Cause::Request => 400,
                Cause::Resource => 502,
                _ => 500,
            },
        }
    }
}

impl Cause {
    /// The name in answers and logs: `template`, `row`, `resource`, `host`, `request`, `bug`.
    ///
    /// ```
    /// assert_eq!(templrender::Code::BadField.cause().name(), "row");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Row => "row",
            Self::Resource => "resource",
            Self::Host => "host",
            Self::Request => "request",
            Self::Bug => "bug",
        }
    }
}

impl Error {
    /// The body of the answer to a request that fails so: the first fault, all of them as `faults` where there are several, and the request's id.
    ///
    /// Queries of URLs are left out, and of a [bug](Code::Bug) what it says: that is for the host's log.
    ///
    /// ```
    /// use templrender::{Code, Error, Fault};
    /// let error = Error::from(Fault::new(Code::BadField, "field price", "a price must have a number, found \"free\""));
    /// let json = concat!(
    ///     r#"{"error":{"cause":"row","code":"bad-field","message":"a price must have a number, found \"free\"","number":202,"#,
    ///     r#""place":"field price","request_id":"r1"}}"#,
    ///     "\n"
    /// );
    /// assert_eq!(error.to_json("r1"), json);
    /// ```
    pub fn to_json(&self, request_id: &str) -> String {
        let mut out = String::from("{\"error\":{");
        if let Some(first) = self.faults().first() {
            write_fault(first, if self.faults().len() > 1 { self.faults() } else { &[] }, &mut out);
        }
        out.push_str(",\"request_id\":");
        write_text(request_id, &mut out);
        out.push_str("}}\n");
        out
    }
}

/// What a bug says may quote anything.
const BUG: &str = "something in the service broke, its log says what";

/// The entries of a fault, sorted by name; `all` of its error's are one of them, where there are several.
fn write_fault(fault: &Fault, all: &[Fault], out: &mut String) {
    let code = fault.code;
    out.push_str(&format!("\"cause\":\"{}\",\"code\":\"{}\"", code.cause().name(), code.name()));
    for (i, one) in all.iter().enumerate() {
        out.push_str(if i == 0 { ",\"faults\":[{" } else { ",{" });
        write_fault(one, &[], out);
        out.push_str(if i + 1 == all.len() { "}]" } else { "}" });
    }
    let (place, message) = match code {
        Code::Bug => (String::new(), BUG.to_owned()),
        _ => (without_queries(&fault.place), without_queries(&fault.message)),
    };
    out.push_str(",\"message\":");
    write_text(&message, out);
    out.push_str(&format!(",\"number\":{},\"place\":", code as u16));
    write_text(&place, out);
}

/// A sentence without the queries and fragments of the URLs in it: they may hold secrets.
///
/// ```
/// let shown = templrender::without_queries("resource https://a.example/x.jpg?token=s3cret: status 404");
/// assert_eq!(shown, "resource https://a.example/x.jpg: status 404");
/// ```
pub fn without_queries(text: &str) -> String {
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
        assert_eq!(
            without_queries("resource https://a.example/x.jpg?token=s3cret: status 404"),
            "resource https://a.example/x.jpg: status 404"
        );
        assert_eq!(without_queries("found \"https://a.example/x?a=b\", and http://b/#c"), "found \"https://a.example/x\", and http://b/");
        assert_eq!(without_queries("is it? no://query"), "is it? no://query");
    }

    #[test]
    fn several_faults_stand_in_a_list_and_bugs_keep_quiet() {
        let error = Error::from_faults(vec![
            Fault::new(Code::BadField, "field price", "a price"),
            Fault::new(Code::Bug, "src/a.rs", "index 7 of \"secret\""),
        ]);
        let json: serde_json::Value = serde_json::from_str(&error.to_json("a\"b")).unwrap();
        let price = serde_json::json!({ "cause": "row", "code": "bad-field", "message": "a price", "number": 202, "place": "field price" });
        let bug = serde_json::json!({ "cause": "bug", "code": "bug", "message": BUG, "number": 501, "place": "" });
        assert_eq!(json["error"]["faults"], serde_json::json!([price, bug]));
        assert_eq!((&json["error"]["place"], &json["error"]["request_id"]), (&price["place"], &"a\"b".into()));
    }

    #[test]
    fn every_code_has_a_status_of_the_table() {
        for code in Code::ALL {
            assert!([400, 403, 404, 413, 414, 500, 502, 504].contains(&code.http_status()), "{code:?}");
        }
    }
}
