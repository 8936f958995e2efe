//! Held against Python's jinja2 on what both languages have: whole numbers, texts, bools, lists, names, filters of equal meaning.
//!
//! Expressions are generated as text from a fixed seed and typed while they are made, so that none compares unlike types (an error here,
//! an answer there). One Python process evaluates all of them. What differs by design is left out: printing of bools and of division.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{Context, Evaluation, Expr, Scope};
use crate::row::Row;
use crate::row::value::Value;

const ROW: &str = r#"{"a": 3, "b": 12, "c": -5, "s": "Blue Vase", "w": "x", "yes": true, "no": false,
    "list": [3, 1, 2], "words": ["red", "x", "Blue"], "map": {"k": 4, "t": "tea"}}"#;

/// Reads a row and expressions, one JSON a line; writes each value as JSON.
const PROGRAM: &str = r#"
import json, sys
try: import jinja2
except ImportError: sys.exit(77)
env = jinja2.Environment()
row = json.loads(sys.stdin.readline())
for line in sys.stdin:
    try: value = env.compile_expression(json.loads(line), undefined_to_none=True)(**row)
    except ZeroDivisionError: value = "zero"
    except Exception as e: value = "error"
    print(json.dumps(value if not hasattr(value, "__next__") else list(value)))
"#;

/// Numbers of a fixed sequence (Knuth's MMIX generator): the same expressions on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick(&mut self, from: &[&str]) -> String {
        from[self.roll(from.len())].to_owned()
    }
}

fn number(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return dice.pick(&["0", "1", "2", "7", "10", "a", "b", "c", "map.k", "map['k']", "list[0]", "list[-1]", "1_000"]);
    }
    let (x, y) = (number(dice, depth - 1), number(dice, depth - 1));
    match dice.roll(11) {
        0 => format!("{x} + {y}"),
        1 => format!("{x} - {y}"),
        2 => format!("{x} * {y}"),
        3 => format!("{x} // {y}"),
        4 => format!("{x} % {y}"),
        5 => format!("({x}) * ({y})"),
        6 => format!("-{x}|abs"),
        7 => format!("({x} if {} else {y})", truth(dice, depth - 1)),
        8 => format!("{}|length", text(dice, 0)),
        9 => format!("{}|first", list(dice, depth - 1)),
        _ => format!("({x} or {y})"),
    }
}

fn text(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return dice.pick(&["'a'", "\"it's\"", "''", "s", "w", "map.t", "words[1]", "'two words'", "'\\n\\t\\u00e9'", "s[0]"]);
    }
    let (x, y) = (text(dice, depth - 1), text(dice, depth - 1));
    match dice.roll(10) {
        0 => format!("{x} ~ {y}"),
        1 => format!("({x} ~ {})", number(dice, depth - 1)),
        2 => format!("({x})|upper"),
        3 => format!("({x})|lower|trim"),
        4 => format!("({x})|title"),
        5 => format!("({x})|capitalize"),
        6 => format!("({x})|replace('e', 'EE')"),
        7 => format!("({x} if {} else {y})", truth(dice, depth - 1)),
        8 => format!("words|join({y})"),
        _ => format!("({x})|default('d', true)"),
    }
}

fn list(dice: &mut Dice, depth: usize) -> String {
    match dice.roll(3) {
        0 => "list".to_owned(),
        _ if depth == 0 => "[4, 5]".to_owned(),
        _ => format!("[{}, {}]", number(dice, depth - 1), number(dice, depth - 1)),
    }
}

fn truth(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return dice.pick(&["true", "False", "yes", "no", "a > 2", "not no", "b == 12", "'x' in words", "none == none"]);
    }
    let sign = |dice: &mut Dice| dice.pick(&["<", "<=", ">", ">=", "==", "!="]);
    match dice.roll(8) {
        0 => format!("{} {} {}", number(dice, depth - 1), sign(dice), number(dice, depth - 1)),
        1 => format!("{} {} {} {} {}", number(dice, 0), sign(dice), number(dice, depth - 1), sign(dice), number(dice, 0)),
        2 => format!("{} {} {}", text(dice, 0), sign(dice), text(dice, depth - 1)),
        3 => format!("{} {} {}", number(dice, 0), dice.pick(&["in", "not in"]), list(dice, depth - 1)),
        4 => format!("{} {} {}", text(dice, 0), dice.pick(&["in", "not in"]), text(dice, 0)),
        5 => format!("not {}", truth(dice, depth - 1)),
        6 => format!("({} and {})", truth(dice, depth - 1), truth(dice, depth - 1)),
        _ => format!("({} or {})", truth(dice, depth - 1), truth(dice, depth - 1)),
    }
}

/// Our answer in Python's JSON.
fn ours(source: &str, row: &Row) -> serde_json::Value {
    fn json(value: &Value) -> serde_json::Value {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Number(n) => n.to_i64().map_or_else(|| n.to_f64().into(), Into::into),
            Value::List(items) => items.iter().map(json).collect(),
            other => other.print("en").unwrap().into(),
        }
    }
    let context = Context { now: None, lang: "en", zone: &crate::row::zone::UTC, strings: None };
    let expr = Expr::parse(source).unwrap_or_else(|e| panic!("{source}: {e}"));
    match expr.eval(&mut Evaluation::new(Scope::new(row), context)) {
        Ok(value) => json(&value),
        Err(e) if e.message.starts_with("division by zero") => "zero".into(),
        Err(_) => "error".into(),
    }
}

#[test]
fn expressions_mean_what_they_mean_in_jinja() {
    let mut dice = Dice(7);
    let sources: Vec<String> = (0..600)
        .map(|i| match i % 3 {
            0 => number(&mut dice, 1 + i % 4),
            1 => text(&mut dice, 1 + i % 4),
            _ => truth(&mut dice, 1 + i % 4),
        })
        .filter(|source| source.len() < 600)
        .collect();
    let python = Command::new("python3").args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else {
        println!("skipped: {} expressions, python3 is missing", sources.len());
        return;
    };
    let mut input = ROW.replace('\n', " ");
    for source in &sources {
        input.push('\n');
        input.push_str(&serde_json::to_string(source).unwrap());
    }
    let mut stdin = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = python.wait_with_output().unwrap();
    if output.status.code() == Some(77) {
        println!("skipped: {} expressions, python3 has no jinja2", sources.len());
        return;
    }
    writer.join().unwrap().unwrap();
    let answers: Vec<serde_json::Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), sources.len());
    let row = Row::from_json(ROW).unwrap();
    let differ: Vec<String> = sources
        .iter()
        .zip(&answers)
        .map(|(source, theirs)| (source, ours(source, &row), theirs))
        .filter(|(_, ours, theirs)| ours != *theirs)
        .map(|(source, ours, theirs)| format!("{source}\n    ours {ours}\n    jinja {theirs}"))
        .collect();
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), sources.len(), differ[..differ.len().min(12)].join("\n"));
    let failed = answers.iter().filter(|a| a.as_str().is_some_and(|a| a == "zero" || a == "error")).count();
    assert!(failed * 5 < sources.len(), "{failed} of {} have no value: the generator says too little", sources.len());
}
