//! JSON text to a tree that remembers where everything stood.
//!
//! In comes text with `//` and `/* */` comments and trailing commas, out comes a [`Node`] with byte spans; nothing here knows the format.
//! This is the only file that names `jsonc_parser`. That parser recurses and takes memory by the value, so size and nesting are checked on
//! the bytes before it starts; it never sees more than [`MAX_DEPTH`] levels, whatever the host's limit is.

use std::collections::BTreeMap;

use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::error::{Code, Error, Fault, quoted};
use crate::limits::Limits;

/// The deepest nesting that is read, also where the host's limit is higher: far below what a thread's stack holds.
const MAX_DEPTH: u32 = 200;

/// The largest number either side of 0: whole numbers up to it are exact.
const MAX_NUMBER: f64 = 1e15;

/// Bytes of the template's text, from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// A JSON value and its place; two are equal if their values are.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) json: Json,
    pub(crate) span: Span,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As written, in JSON's grammar.
    Number(String),
    String(String),
    Array(Vec<Node>),
    /// In the order of the text, each key once.
    Object(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) node: Node,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.node == other.node
    }
}

impl Node {
    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Json::String(text) = &self.json { Some(text) } else { None }
    }

    pub(crate) fn as_number(&self) -> Option<f64> {
        if let Json::Number(text) = &self.json { text.parse().ok() } else { None }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.json == Json::Null
    }

    /// The value of an object's key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.json {
            Json::Object(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.node),
            _ => None,
        }
    }

    /// What a message says of it.
    pub(crate) fn found(&self) -> String {
        match &self.json {
            Json::Null => "null".to_owned(),
            Json::Bool(b) => b.to_string(),
            Json::Number(n) => n.chars().take(64).collect(),
            Json::String(s) => quoted(s),
            Json::Array(_) => "a list".to_owned(),
            Json::Object(_) => "an object".to_owned(),
        }
    }
}

/// A tree, its text without a byte order mark, and the duplicate keys in it, of which the first was kept.
#[derive(Debug)]
pub(crate) struct Read<'a> {
    pub(crate) root: Node,
    pub(crate) lines: Lines<'a>,
    pub(crate) duplicates: Vec<Fault>,
}

/// Reads one JSON value.
pub(crate) fn read<'a>(text: &'a str, limits: &Limits) -> Result<Read<'a>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > limits.max_template_bytes {
        let message = format!("template is {} bytes, over the limit of {}", text.len(), limits.max_template_bytes);
        return Err(Fault::new(Code::TemplateLimit, "", message).into());
    }
    let lines = Lines::new(text);
    let fault = |code, offset, message: String| Fault { at: Some(lines.at(offset)), ..Fault::new(code, "", message) };
    let depth = limits.max_depth.min(MAX_DEPTH);
    if let Some(offset) = deeper_than(text, depth) {
        return Err(fault(Code::TemplateLimit, offset, format!("template is nested deeper than the limit of {depth}")).into());
    }
    let parsed = match parse_to_ast(text, &CollectOptions::default(), &strict()) {
        Ok(parsed) => parsed.value,
        Err(error) => {
            let (start, end) = (error.range().start, error.range().end);
            let token = text.get(start..end).filter(|t| !t.is_empty()).map(|t| format!(", found {}", quoted(t))).unwrap_or_default();
            let what = error.kind().to_string().to_lowercase();
            return Err(fault(Code::TemplateSyntax, start, format!("template is not JSON: {what}{token}")).into());
        }
    };
    let Some(value) = parsed else {
        return Err(fault(Code::TemplateSyntax, text.len(), "template is not JSON: there is no value".to_owned()).into());
    };
    let mut reading = Reading { lines: &lines, path: Vec::new(), duplicates: Vec::new(), numbers: Vec::new() };
    let root = reading.node(value);
    if !reading.numbers.is_empty() {
        return Err(Error::from_faults(reading.numbers));
    }
    let duplicates = reading.duplicates;
    Ok(Read { root, lines, duplicates })
}

fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// Where a text's brackets first nest deeper than `limit`; strings and comments do not count.
fn deeper_than(text: &str, limit: u32) -> Option<usize> {
    let mut depth = 0u32;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return Some(at);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let mut escaped = false;
                for (_, byte) in bytes.by_ref() {
                    if byte == b'"' && !escaped {
                        break;
                    }
                    escaped = byte == b'\\' && !escaped;
                }
            }
            b'/' => match bytes.peek().map(|(_, b)| *b) {
                Some(b'/') => while bytes.next().is_some_and(|(_, b)| b != b'\n') {},
                Some(b'*') => {
                    bytes.next();
                    let mut star = false;
                    for (_, byte) in bytes.by_ref() {
                        if byte == b'/' && star {
                            break;
                        }
                        star = byte == b'*';
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    None
}

/// Turns the parser's tree into ours.
struct Reading<'a> {
    lines: &'a Lines<'a>,
    path: Vec<Step>,
    duplicates: Vec<Fault>,
    numbers: Vec<Fault>,
}

enum Step {
    Key(String),
    Index(usize),
}

impl Reading<'_> {
    fn node(&mut self, value: Value<'_>) -> Node {
        let range = value.range();
        let span = Span { start: range.start, end: range.end };
        let json = match value {
            Value::NullKeyword(_) => Json::Null,
            Value::BooleanLit(b) => Json::Bool(b.value),
            Value::StringLit(s) => Json::String(s.value.into_owned()),
            Value::NumberLit(n) => {
                if let Some(message) = refused(n.value)
                    && self.numbers.len() < Error::MAX_FAULTS
                {
                    self.numbers.push(self.fault(Code::TemplateSyntax, span, message));
                }
                Json::Number(n.value.to_owned())
            }
            Value::Array(array) => {
                let mut items = Vec::with_capacity(array.elements.len());
                for (index, element) in array.elements.into_iter().enumerate() {
                    self.path.push(Step::Index(index));
                    items.push(self.node(element));
                    self.path.pop();
                }
                Json::Array(items)
            }
            Value::Object(object) => Json::Object(self.entries(object)),
        };
        Node { json, span }
    }

    fn entries(&mut self, object: jsonc_parser::ast::Object<'_>) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(object.properties.len());
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for property in object.properties {
            let range = property.name.range();
            let key_span = Span { start: range.start, end: range.end };
            let key = match property.name {
                ObjectPropName::String(name) => name.value.into_owned(),
                ObjectPropName::Word(name) => name.value.to_owned(),
            };
            self.path.push(Step::Key(key.clone()));
            let node = self.node(property.value);
            let first = seen.get(&key).copied();
            match first {
                None => {
                    seen.insert(key.clone(), key_span.start);
                    entries.push(Entry { key, key_span, node });
                }
                Some(first) if self.duplicates.len() < Error::MAX_FAULTS => {
                    let line = self.lines.at(first).0;
                    let message = format!("key {} stands twice in one object, first on line {line}", quoted(&key));
                    self.duplicates.push(self.fault(Code::DuplicateKey, key_span, message));
                }
                Some(_) => {}
            }
            self.path.pop();
        }
        entries
    }

    fn fault(&self, code: Code, span: Span, message: String) -> Fault {
        let place = self.path.iter().fold(String::new(), |path, step| match step {
            Step::Key(key) => join(&path, key),
            Step::Index(index) => format!("{path}[{index}]"),
        });
        Fault { at: Some(self.lines.at(span.start)), ..Fault::new(code, place, message) }
    }
}

/// The path of an object's key: `layers[2].font-size`, `fields["Variant Price"]`.
pub(crate) fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.len() <= 64 && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{}]", quoted(key)),
    }
}

/// Why a number is refused, if it is.
fn refused(text: &str) -> Option<String> {
    let short: String = text.chars().take(64).collect();
    match text.parse::<f64>() {
        Ok(number) if number.abs() <= MAX_NUMBER && text.len() <= 64 => None,
        _ if text.len() > 64 => Some(format!("a number must have at most 64 characters, found {short}…")),
        _ => Some(format!("a number must lie between -1e15 and 1e15, found {short}")),
    }
}

/// Byte offsets to lines and columns.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub(crate) fn at(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|l| self.starts.get(l)).copied().unwrap_or(0);
        let column = self.text.get(start..).unwrap_or_default().char_indices().take_while(|(at, _)| start + at < offset).count() + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// The byte of the text at which a string literal's character stands, given the character's offset in the literal's value.
    pub(crate) fn inside(&self, literal: Span, offset: usize) -> usize {
        let raw = self.text.get(literal.start..literal.end).unwrap_or_default();
        let mut chars = raw.char_indices().skip(1);
        let mut decoded = 0;
        let mut at = 1;
        while decoded < offset {
            let Some((_, c)) = chars.next() else { break };
            match c {
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('u') => {
                        let code = (0..4).filter_map(|_| chars.next()?.1.to_digit(16)).fold(0, |n, d| n * 16 + d);
                        // Either half of a surrogate pair is half of four bytes.
                        decoded += char::from_u32(code).map_or(2, char::len_utf8);
                    }
                    _ => decoded += 1,
                },
                c => decoded += c.len_utf8(),
            }
            at = chars.clone().next().map_or(raw.len(), |(next, _)| next);
        }
        literal.start + at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root(text: &str) -> Node {
        read(text, &Limits::default()).unwrap().root
    }

    fn error(text: &str) -> String {
        read(text, &Limits::default()).unwrap_err().to_string()
    }

    #[test]
    fn comments_trailing_commas_and_a_byte_order_mark_are_read() {
        let node = root("\u{feff}// first\n{ \"a\": [1, /* two */ 2,], \"b\": \"http://x/*\", }");
        assert_eq!(node.to_string(), r#"{"a": [1, 2], "b": "http://x/*"}"#);
        assert_eq!(node.get("b").unwrap().as_str(), Some("http://x/*"));
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        assert_eq!(error(""), "1:1: template is not JSON: there is no value");
        assert_eq!(error("{\n  \"a\": 1\n  \"b\": 2 }"), "2:9: template is not JSON: expected comma");
        assert_eq!(error("{ \"a\": NaN }"), "1:8: template is not JSON: unexpected word, found \"NaN\"");
        assert_eq!(error("[1, -Infinity]"), "1:5: template is not JSON: infinity and nan are not allowed, found \"-Infinity\"");
        assert_eq!(error("['a']"), "1:2: template is not JSON: single-quoted strings are not allowed, found \"'\"");
        assert_eq!(error("{ a: 1 }"), "1:3: template is not JSON: expected string for object property, found \"a\"");
        assert_eq!(error("{ \"a\": 1"), "1:1: template is not JSON: unterminated object, found \"{ \\\"a\\\": 1\"");
        assert_eq!(error("[1] 2"), "1:5: template is not JSON: text cannot contain more than one json value, found \"2\"");
        assert_eq!(error("[\"é\", \"\\q\"]"), "1:8: template is not JSON: invalid escape, found \"\\\\q\"");
    }

    #[test]
    fn numbers_are_held_to_json_and_to_finite_values() {
        for good in ["0", "-0", "12.50", "1e3", "1E-2", "-1.5e+2", "1000000000000000"] {
            assert_eq!(root(good).to_string(), good);
        }
        assert_eq!(error("[1e999]"), "1:2: [0]: a number must lie between -1e15 and 1e15, found 1e999");
        assert_eq!(error("{\"a\": 007}"), "1:8: template is not JSON: expected comma");
        let long = format!("0.{}", "1".repeat(100));
        assert_eq!(error(&long), format!("1:1: a number must have at most 64 characters, found 0.{}…", "1".repeat(62)));
    }

    #[test]
    fn a_key_that_stands_twice_is_reported_and_the_first_is_kept() {
        let read = read("{ \"a\": {\n\"x y\": 1,\n\"x y\": 2 } }", &Limits::default()).unwrap();
        let faults: Vec<String> = read.duplicates.iter().map(Fault::to_string).collect();
        assert_eq!(faults, ["3:1: a[\"x y\"]: key \"x y\" stands twice in one object, first on line 2"]);
        assert_eq!(read.root.to_string(), r#"{"a": {"x y": 1}}"#);
    }

    #[test]
    fn nesting_is_bounded_before_the_parser_runs() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(error(&deep), "1:65: template is nested deeper than the limit of 64");
        let limits = Limits { max_depth: u32::MAX, ..Limits::default() };
        assert_eq!(read(&deep, &limits).unwrap_err().to_string(), "1:201: template is nested deeper than the limit of 200");
        let objects = "{\"a\":".repeat(199) + "1" + &"}".repeat(199);
        assert_eq!(read(&objects, &limits).unwrap().root.to_string().len(), objects.len() + 199);
        let in_text = format!("[\"{}\", \"\\\"{}\", /* {} */ 1] // {}", "[".repeat(100), "{".repeat(100), "{".repeat(100), "[".repeat(100));
        assert_eq!(deeper_than(&in_text, 64), None);
    }

    #[test]
    fn columns_count_characters() {
        let lines = Lines::new("ab\néß\"x");
        assert_eq!([0, 2, 3, 5, 7, 8].map(|at| lines.at(at)), [(1, 1), (1, 3), (2, 1), (2, 2), (2, 3), (2, 4)]);
    }

    #[test]
    fn an_offset_inside_a_literal_is_found_behind_escapes() {
        let text = r#"["a\n\u00e9\ud83d\ude00é!"]"#;
        let node = root(text);
        let Json::Array(items) = &node.json else { panic!("no list") };
        assert_eq!(items[0].as_str(), Some("a\né😀é!"));
        let value = items[0].as_str().unwrap();
        let lines = Lines::new(text);
        let raw = lines.inside(items[0].span, value.find('!').unwrap());
        assert_eq!(text.as_bytes()[raw], b'!');
        let raw = lines.inside(items[0].span, value.find('é').unwrap());
        assert!(text[raw..].starts_with("\\u00e9"));
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|b| b.to_string()),
            (-1e15..1e15f64).prop_map(|n| n.to_string()),
            any::<i32>().prop_map(|n| n.to_string()),
            any::<String>().prop_map(literal),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(",")));
            let object = prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|entries| {
                let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{}: {value}", literal(key))).collect();
                format!("{{ {} /* , */ }}", entries.join(",\n"))
            });
            prop_oneof![list, object]
        })
    }

    fn literal(text: String) -> String {
        let mut out = String::new();
        super::super::print::string(&text, &mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back_equal(text in json()) {
            let node = root(&text);
            prop_assert_eq!(&root(&node.to_string()), &node);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,60}|[\\[\\]{}\",:0-9a-z/*\\\\ .-]{0,60}") {
            let _ = read(&text, &Limits::default());
        }
    }
}
