//! Rules files: what is chosen, when it changes, and what is wrong with them.

use templrender::{Context, Outcome, Row, Rules};

fn fault(json: &str) -> String {
    Rules::parse(json).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn faults_have_their_place() {
    for (json, text) in [
        ("{ \"choose\": [{ \"template\": \"a\" }] }", "1:1: \"rules\" is missing"),
        ("{ \"rules\": 2 }", "1:12: rules: version of the rules must be at most 1, found 2"),
        ("{ \"rules\": 1, \"chose\": [] }", "1:1: \"choose\" is missing\n1:15: chose: unknown key \"chose\", did you mean \"choose\"?"),
        ("{ \"rules\": 1, \"choose\": [] }", "1:25: choose: choose must have at least one rule"),
        ("{ \"rules\": 1, \"choose\": [{}] }", "1:26: choose[0]: \"template\" or \"skip\" is missing"),
        (
            "{ \"rules\": 1, \"choose\": [{ \"template\": \"a\" }, { \"template\": \"b\" }] }",
            "1:26: choose[0]: \"if\" is missing: only the last rule may have none",
        ),
        (
            "{ \"rules\": 1, \"fields\": { \"price\": { \"type\": \"money\" } }, \"choose\": [{ \"if\": \"price > 10\", \"template\": \"a\" }] }",
            "1:79: choose[0].if: money cannot be compared with a number, found `price > 10`, compare its `amount`",
        ),
        (
            "{ \"rules\": 1, \"choose\": [{ \"template\": \"a\", \"skip\": \"b\" }] }",
            "1:45: choose[0].skip: a rule takes \"template\" or \"skip\", found both",
        ),
    ] {
        assert_eq!(fault(json), text);
    }
}

#[test]
fn the_first_rule_that_holds_wins_until_a_window_closes() {
    let rules = Rules::parse(
        r#"{ "rules": 1, "fields": { "price": { "type": "money" }, "sale_price": { "type": "money" }, "window": { "type": "interval" } },
            "let": { "deal": "{{ deal(price, sale_price, window) }}" },
            "choose": [ { "name": "sale", "if": "deal.on", "template": "sale" }, { "if": "price.amount > 5", "template": "plain" } ] }"#,
    )
    .unwrap();
    assert_eq!(rules.warnings(), []);
    let row = Row::from_json(r#"{ "price": "10 EUR", "sale_price": "8 EUR", "window": "2026-11-20/2026-11-28" }"#).unwrap();
    let at = |now: i64| rules.choose(&row, &Context { now: Some(now), ..Context::default() }).unwrap();
    let before = at(1_795_780_800);
    assert_eq!((before.name.as_deref(), before.outcome), (Some("sale"), Outcome::Template("sale".into())));
    let closes = before.valid_until.unwrap();
    assert_eq!(at(closes - 1).rule, Some(0));
    assert_eq!(at(closes).rule, Some(1));
    let bad = Row::from_json(r#"{ "price": "free" }"#).unwrap();
    assert_eq!(rules.choose(&bad, &Context::default()).unwrap_err().to_string(), "field price: a price must have a number, found \"free\"");
}
