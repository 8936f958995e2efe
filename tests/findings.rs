//! Laws of the checker's warnings: what it claims holds for every row, and over few values it finds all that holds.
//!
//! Conditions are put on pictures: a plan needs a picture only where its layer is drawn, so that planning tells a condition's truth.

use proptest::prelude::*;
use templrender::{Code, Context, Fonts, NeedSource, Renderer, Row, Template};

/// The pictures that a row asks for; `None` for a row that fails.
fn needs(template: &Template, row: &str) -> Option<Vec<String>> {
    let plan = Renderer::new(Fonts::new()).plan(
        template,
        &Row::from_json(row).unwrap(),
        &Context { now: Some(1_795_000_000), ..Context::default() },
    );
    let name = |source: &NeedSource| if let NeedSource::Location(path) = source { path.clone() } else { String::new() };
    plan.ok().map(|plan| plan.needs().map(|need| name(need.source())).collect())
}

fn picture(name: &str, keys: &str) -> String {
    format!(r#"{{ "type": "image", "width": 9, "height": 9, "src": "{name}"{keys} }}"#)
}

fn template(fields: &str, lets: &str, layers: &str) -> Result<Template, String> {
    let json = format!(
        r#"{{ "templrender": 1, "name": "t", "size": [9, 9], "fields": {{ {fields} }}, "let": {{ {lets} }}, "layers": [ {layers} ] }}"#
    );
    Template::parse(&json).map_err(|error| format!("{error}\n{json}"))
}

/// A condition's truth for each row; `None` where it fails.
fn truths(fields: &str, lets: &str, condition: &str, rows: &[String]) -> Vec<Option<bool>> {
    let condition = condition.replace('\\', "\\\\").replace('"', "\\\"");
    let template = template(fields, lets, &picture("a", &format!(r#", "if": "{condition}""#))).unwrap();
    rows.iter().map(|row| needs(&template, row).map(|needs| !needs.is_empty())).collect()
}

fn field() -> impl Strategy<Value = String> {
    let number = (
        prop::option::of(-3..3i32),
        prop::option::of(3..9i32),
        prop_oneof![Just(""), Just(r#", "required": true"#), Just(r#", "default": 3"#)],
    );
    number.prop_map(|(min, max, rest)| {
        let min = min.map(|min| format!(r#", "min": {min}"#)).unwrap_or_default();
        let max = max.map(|max| format!(r#", "max": {max}"#)).unwrap_or_default();
        format!(r#""n": {{ "type": "number"{min}{max}{rest} }}"#)
    })
}

fn fields() -> impl Strategy<Value = String> {
    let rest = || prop_oneof![Just(""), Just(r#", "required": true"#)];
    (field(), rest(), rest(), rest()).prop_map(|(number, e, t, p)| {
        format!(
            r#"{number}, "e": {{ "type": "enum", "values": ["a", "b", "c"]{e} }}, "b": {{ "type": "bool", "default": true }}, "o": {{ "type": "bool" }},
            "t": {{ "type": "text"{t} }}, "p": {{ "type": "money"{p} }}, "q": {{ "type": "money" }}, "l": {{ "type": "list", "of": "text" }},
            "i": {{ "type": "list", "of": {{ "x": {{ "type": "number", "default": 1 }}, "y": {{ "type": "text", "required": true }} }} }}"#
        )
    })
}

/// A row that mostly fits the fields.
fn row() -> impl Strategy<Value = String> {
    let column = |name: &'static str, values: &'static [&'static str]| {
        prop::option::weighted(0.8, prop::sample::select(values)).prop_map(move |value| value.map(|value| format!("{name:?}: {value}")))
    };
    let columns = (
        column("n", &["0", "1", "-1", "2.5", "3", "7", "8", "\"4\"", "100"]),
        column("e", &["\"a\"", "\"B\"", "\" c \""]),
        column("b", &["true", "\"no\"", "\"\""]),
        column("o", &["true", "0"]),
        column("t", &["\"a\"", "\"abc\"", "\" \"", "\"\\u0000\"", "\"b\"", "5"]),
        column("p", &["\"10 EUR\"", "\"0 EUR\"", "\"3.5 USD\"", "\"7 EUR\""]),
        column("q", &["\"10 EUR\"", "\"0 EUR\"", "\"2 EUR\"", "\"3 USD\""]),
        column("l", &["[]", "\"a,b\"", "[\"\", \"a\"]", "\",\""]),
        column("i", &["[]", "[{\"y\": \"a\"}]", "[{\"x\": \" \", \"y\": \"b\"}]", "[{\"x\": 0, \"y\": \"a\"}]"]),
        column("now", &["3"]),
    );
    columns.prop_map(|(a, b, c, d, e, f, g, h, i, j)| {
        format!("{{ {} }}", [a, b, c, d, e, f, g, h, i, j].into_iter().flatten().collect::<Vec<_>>().join(", "))
    })
}

fn select(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(of).prop_map(str::to_owned)
}

fn number() -> impl Strategy<Value = String> {
    select(&[
        "n",
        "n",
        "n",
        "n + 1",
        "-n",
        "n % 3",
        "n * 2",
        "n * n",
        "n // 2",
        "n / 2",
        "n - n",
        "(t | length)",
        "(l | length)",
        "(n | round)",
        "(n | abs)",
        "deal(p, q).percent",
        "percent_off(p, q)",
        "p.amount",
        "(n | default(5))",
        "number",
        "i[0].x",
        "(n if b else 2)",
        "deal.percent",
        "(-n | round(1))",
    ])
}

fn constant() -> impl Strategy<Value = String> {
    select(&["0", "1", "-1", "2.5", "3", "5", "7.5", "8", "99", "100", "101", "least"])
}

fn text() -> impl Strategy<Value = String> {
    select(&[
        "t",
        "t",
        "e",
        "e",
        "(t | upper)",
        "(t or 'x')",
        "(t | default('z'))",
        "(l | first)",
        "(t | trim)",
        "i[0].y",
        "(e if b else 'z')",
        "alias",
        "(t ~ 'x')",
    ])
}

fn atom() -> impl Strategy<Value = String> {
    let order = || select(&["<", "<=", ">", ">=", "==", "!="]);
    let words = || select(&["'a'", "'b'", "'c'", "'abc'", "''", "'d'", "'z'", "null"]);
    prop_oneof![
        4 => (number(), order(), constant()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        1 => (constant(), order(), number(), order(), constant()).prop_map(|(a, o, b, p, c)| format!("{a} {o} {b} {p} {c}")),
        1 => (number(), order(), number()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        4 => (text(), order(), words()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        2 => (text(), select(&["in", "not in"]), prop::collection::vec(words(), 0..4)).prop_map(|(a, o, b)| format!("{a} {o} [{}]", b.join(", "))),
        1 => (text(), select(&["==", "!=", "<"]), text()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        1 => (words().prop_filter("null is no text", |w| w != "null"), select(&["in", "not in"]), text()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        3 => select(&["b", "o", "t", "n", "e", "p", "q", "l", "i", "flag", "deal.on", "deal.was", "deal.saving", "deal", "now", "lang", "n % 2", "t | trim", "variant"]),
        1 => select(&["b == true", "o == false", "true != b", "o == b", "p == null", "q != null", "p < q", "q >= p", "o == null", "l == null", "'a' in l", "i[0] == null"]),
    ]
}

fn condition(with_if: bool) -> impl Strategy<Value = String> {
    atom().prop_recursive(3, 8, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" or "))),
            inner.clone().prop_map(|one| format!("(not {one})")),
            (inner.clone(), inner.clone(), inner).prop_map(move |(a, b, c)| if with_if { format!("({a} if {b} else {c})") } else { a }),
        ]
    })
}

/// Literals, an alias, a number, a flag made of a condition, and a sale.
fn lets(flag: &str) -> String {
    format!(
        r#""least": 3, "alias": "{{{{ e }}}}", "number": "{{{{ n + least }}}}", "deal": "{{{{ deal(p, q) }}}}", "flag": "{{{{ {flag} }}}}""#
    )
}

/// The expression that a message quotes first.
fn quoted(message: &str) -> &str {
    message.split('`').nth(1).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_row_contradicts_what_is_claimed(
        fields in fields(), flag in condition(true), conditions in prop::collection::vec(condition(false), 6), rows in prop::collection::vec(row(), 16),
    ) {
        let lets = lets(&flag.replace("flag", "b"));
        let of = |i: usize| conditions[i].as_str();
        let layers = [
            picture("x0", &format!(r#", "if": "{}""#, of(0))),
            format!(r#"{{ "type": "box", "hidden": "{{{{ {} }}}}", "if": "{}", "layers": [ {}, {} ] }}"#, of(1), of(2), picture("box", ""), picture("x1", &format!(r#", "if": "{}""#, of(3)))),
            format!(r#"{{ "choose": [ {}, {}, {} ] }}"#, picture("c0", &format!(r#", "if": "{}""#, of(4))), picture("c1", &format!(r#", "if": "{}""#, of(5))), picture("c2", "")),
        ];
        let template = template(&fields, &lets, &layers.join(", ")).unwrap();
        let drawn: Vec<Option<Vec<String>>> = rows.iter().map(|row| needs(&template, row)).collect();
        let drew = |name: &str, needs: &[String]| needs.iter().any(|need| need == name);
        for warning in template.warnings() {
            let (place, message) = (warning.place.as_str(), &warning.message);
            match warning.code {
                Code::NeverTrue | Code::AlwaysTrue if message.contains(" is never ") && !message.contains(": `") => {}
                // A sentence shows a part of a long condition, which cannot be asked again.
                Code::NeverTrue | Code::AlwaysTrue if quoted(message).contains('…') => {}
                Code::NeverTrue | Code::AlwaysTrue => {
                    let found = truths(&fields, &lets, quoted(message), &rows);
                    // What is claimed of a layer is claimed where it is asked: where the box is not hidden, or where it is drawn.
                    let hidden = truths(&fields, &lets, of(1), &rows);
                    for (i, found) in found.into_iter().enumerate() {
                        let asked = match place {
                            _ if !message.contains(" here: ") => true,
                            "layers[1].if" => hidden[i] == Some(false),
                            "layers[1].layers[1].if" => drawn[i].as_ref().is_some_and(|needs| drew("box", needs)),
                            "layers[2].choose[1].if" => drawn[i].as_ref().is_some_and(|needs| !drew("c0", needs)),
                            other => return Err(TestCaseError::fail(format!("{other}: {warning}"))),
                        };
                        let holds = warning.code == Code::AlwaysTrue;
                        prop_assert!(!asked || found.is_none_or(|found| found == holds), "{warning}\n{}\n{lets}\n{fields}", rows[i]);
                    }
                }
                Code::NeverReached => {
                    let name = if place.contains("choose[1]") { "c1" } else { "c2" };
                    prop_assert!(!drawn.iter().flatten().any(|needs| drew(name, needs)), "{}", warning);
                }
                _ => {}
            }
        }
    }

    /// Over three values, two values and two values or null everything is decided.
    #[test]
    fn over_few_values_all_that_is_certain_is_found(condition in few()) {
        let fields = r#""e": { "type": "enum", "values": ["a", "b", "c"], "required": true }, "f": { "type": "bool", "default": false },
            "g": { "type": "enum", "values": ["x", "y"] }"#;
        let json = format!(
            r#"{{ "templrender": 1, "name": "t", "size": [9, 9], "fields": {{ {fields} }}, "layers": [ {}, {} ] }}"#,
            picture("a", &format!(r#", "if": "{condition}""#)), picture("{{ e ~ f ~ g }}", "")
        );
        let template = Template::parse(&json).unwrap();
        let mut truths = Vec::new();
        for e in ["a", "b", "c"] {
            for f in [true, false] {
                for g in ["null", "\"x\"", "\"y\""] {
                    let needs = needs(&template, &format!(r#"{{ "e": {e:?}, "f": {f}, "g": {g} }}"#)).unwrap();
                    truths.push(needs.iter().any(|need| need == "a"));
                }
            }
        }
        let certain = truths.iter().all(|truth| *truth == truths[0]);
        if certain {
            prop_assert!(!template.warnings().is_empty(), "{condition} is always {}", truths[0]);
        }
        for warning in template.warnings() {
            // Claims about the whole are about nothing less.
            prop_assert!(certain || quoted(&warning.message) != condition, "{warning}");
        }
    }
}

fn few() -> impl Strategy<Value = String> {
    let atom = select(&[
        "e == 'a'",
        "e != 'b'",
        "e in ['a', 'c']",
        "e not in ['b', 'c']",
        "'c' == e",
        "f",
        "f == true",
        "not f",
        "g == 'x'",
        "g != 'y'",
        "g == null",
        "g",
        "g in ['x', 'y']",
        "e < 'b'",
        "e >= 'b'",
        "g > 'x'",
        "e == g",
        "'a' in e",
    ]);
    atom.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" or "))),
            inner.clone().prop_map(|one| format!("(not {one})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
        ]
    })
}
