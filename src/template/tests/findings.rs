//! What the checker finds with types: faults of unlike ones, and warnings about what is the same for every row.

use super::Template;

const FIELDS: &str = r#""fields": {
    "title": { "type": "text", "required": true }, "subtitle": { "type": "text" },
    "price": { "type": "money", "required": true }, "sale_price": { "type": "money" },
    "stock": { "type": "number", "min": 0, "max": 500 }, "rating": { "type": "number", "default": 3, "min": 1, "max": 5 },
    "fresh": { "type": "bool", "default": false }, "until": { "type": "date" }, "window": { "type": "interval" },
    "size": { "type": "enum", "values": ["small", "large"], "required": true },
    "availability": { "type": "availability" }, "photo": { "type": "image" }, "tags": { "type": "list", "of": "text" },
    "offers": { "type": "list", "of": { "name": { "type": "text", "required": true }, "price": { "type": "money" } } } }"#;

/// Uses every field, so that none is told as unused.
const USED: &str = r#""let": { "deal": "{{ deal(price, sale_price, window) }}", "gone": "{{ availability == 'out_of_stock' }}", "red": "red",
    "used": "{{ [title, subtitle, stock, rating, fresh, until, size, photo, tags, offers, gone, red, deal] }}" }"#;

fn json(layers: &str) -> String {
    format!(
        r#"{{ "templrender": 1, "name": "t", "size": [9, 9], {FIELDS}, {USED}, "layers": [ {{ "type": "box", "width": "{{{{ used | length }}}}" }},
{layers} ] }}"#
    )
}

/// A box with an `if`, which begins at 10:24.
fn boxed(condition: &str) -> String {
    json(&format!(r#"{{ "type": "box", "if": "{condition}" }}"#))
}

fn fault(json: &str) -> String {
    match Template::parse(json) {
        Ok(_) => "no fault".to_owned(),
        Err(error) => error.faults().iter().map(|fault| format!("{} {fault}", fault.code.name())).collect::<Vec<_>>().join("\n"),
    }
}

fn warnings(json: &str) -> String {
    match Template::parse(json) {
        Ok(template) => template.warnings().iter().map(|fault| format!("{} {fault}", fault.code.name())).collect::<Vec<_>>().join("\n"),
        Err(error) => format!("fault {error}"),
    }
}

#[test]
fn unlike_types_are_told_with_both_types() {
    let mut wrong = Vec::new();
    for (condition, message) in [
        ("price > 10", "25: money cannot be compared with a number, found `price > 10`, compare its `amount`"),
        ("title == 3", "25: a text cannot be compared with a number, found `title == 3`"),
        ("availability == true", "25: a text cannot be compared with true or false, found `availability == true`"),
        (
            "'in_stock' in price",
            "25: `in` looks for a value in a list, a text in a text or a map, a date in an interval, found a text in money: `'in_stock' in price`",
        ),
        (
            "3 in tags",
            "25: `in` looks for a value in a list, a text in a text or a map, a date in an interval, found a number in a list of a text: `3 in tags`",
        ),
        ("title | money", "33: `money` needs money, found a text in `title | money`"),
        ("price | upper", "33: `upper` needs a text, found money in `price | upper`"),
        ("title | truncate('x')", "33: `truncate` needs a number as \"n\", found a text in `title | truncate('x')`"),
        ("title + 3", "33: `+` cannot be applied to a text and a number, found `+ 3`, join texts with ~"),
        ("price + 1 == null", "33: `+` cannot be applied to money and a number, found `+ 1`"),
        ("-title", "25: only a number or money can be negative, found a text in `-title`"),
        ("deal(title, price)", "25: `deal` needs money as \"price\", found a text in `deal(title, price)`"),
        (
            "on_sale(price, sale_price, until)",
            "25: `on_sale` needs an interval as \"interval\", found a date in `on_sale(price, sale_price, until)`",
        ),
        ("days_until(price)", "25: `days_until` needs a date as \"date\", found money in `days_until(price)`"),
        ("window < window", "25: values that are an interval have no order, found `window < window`"),
        ("title.name", "30: only maps, money and intervals have named parts, found \"name\" of a text in `title.name`"),
        ("title['x']", "30: a text cannot be indexed by a text, found `title['x']`"),
        ("'a' ~ tags", "31: only one value can be printed, found a list in `tags`"),
        ("now == 3", "25: a date cannot be compared with a number, found `now == 3`"),
        ("variant == 3", "no fault"),
        ("price == null and null < stock", "no fault"),
        ("(price if fresh else stock) > 10", "no fault"),
        ("row.anything > 10 and row['b'] == 'x'", "no fault"),
        ("price.amount > 10 and photo == 'a.jpg'", "no fault"),
    ] {
        let found = fault(&boxed(condition));
        let expected = if message == "no fault" {
            message.to_owned()
        } else {
            format!("unlike-types 10:{}", message.replacen(": ", ": layers[1].if: ", 1))
        };
        wrong.extend((found != expected).then(|| format!("{condition}\n  {found}\n  {expected}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_part_that_a_value_does_not_have_is_an_unknown_name() {
    for (condition, message) in [
        (
            "deal.percnt > 10",
            "29: layers[1].if: `deal` has ends, now, on, percent, saving, was, found \"percnt\", did you mean \"percent\"?",
        ),
        ("price.amout == 1", "30: layers[1].if: `price` has amount, currency, found \"amout\", did you mean \"amount\"?"),
        ("canvas['heigth'] > 3", "31: layers[1].if: `canvas` has height, width, found \"heigth\", did you mean \"height\"?"),
        ("window.begin", "31: layers[1].if: `window` has start, end, found \"begin\""),
    ] {
        assert_eq!(fault(&boxed(condition)), format!("unknown-name 10:{message}"), "{condition}");
    }
    let each = json(r#"{ "type": "box", "for": "offer in offers", "if": "offer.nam" }"#);
    assert_eq!(fault(&each), "unknown-name 10:56: layers[1].if: `offer` has name, price, found \"nam\", did you mean \"name\"?");
    let over = json(r#"{ "type": "box", "for": "letter in title" }"#);
    assert_eq!(fault(&over), "unlike-types 10:25: layers[1].for: for must go over a list, found a text");
}

#[test]
fn conditions_that_are_the_same_for_every_row() {
    let mut wrong = Vec::new();
    for (condition, message) in [
        ("deal.percent > 100", "never-true 25: `deal.percent > 100` can never be true: `deal.percent` is a number from 0 to 100"),
        ("deal.percent >= 0", "always-true 25: `deal.percent >= 0` is always true: `deal.percent` is a number from 0 to 100"),
        ("deal.percent == 2.5", "never-true 25: `deal.percent == 2.5` can never be true: `deal.percent` is a whole number from 0 to 100"),
        ("0 > stock", "never-true 25: `0 > stock` can never be true: `stock` is a number from 0 to 500"),
        ("stock >= 0", ""),
        ("rating >= 1", "always-true 25: `rating >= 1` is always true: `rating` is a number from 1 to 5"),
        ("rating", "always-true 25: `rating` is always true: `rating` is a number from 1 to 5"),
        ("title", "always-true 25: `title` is always true: `title` is never empty"),
        ("subtitle", ""),
        ("title == null", "never-true 25: `title == null` can never be true: `title` is never null"),
        ("not title", "never-true 25: `not title` can never be true: `title` is never empty"),
        ("size == 'medium'", "never-true 25: `size == 'medium'` can never be true: `size` is one of 'large' or 'small'"),
        ("size != 'Large'", "always-true 25: `size != 'Large'` is always true: `size` is one of 'large' or 'small', did you mean 'large'?"),
        ("size in ['small', 'larg']", "never-true 43: `size` is never 'larg': it is one of 'large' or 'small', did you mean 'large'?"),
        (
            "size == 'small' or size == 'large'",
            "always-true 25: `size == 'small' or size == 'large'` is always true: `size` is one of 'large' or 'small'",
        ),
        (
            "availability == 'in_stock' and gone",
            "never-true 25: `availability == 'in_stock' and gone` can never be true: `availability` is",
        ),
        (
            "gone == true and availability == 'preorder'",
            "never-true 25: `gone == true and availability == 'preorder'` can never be true: `availability` is",
        ),
        ("fresh == true or not fresh", "always-true 25: `fresh == true or not fresh` is always true: every value of `fresh` makes it so"),
        ("stock > 20 and stock < 10", "never-true 25: `stock > 20 and stock < 10` can never be true: `stock` is a number from 0 to 500"),
        ("10 < stock < 20", ""),
        ("stock > 20 or stock <= 20", ""),
        ("rating > 2 or rating <= 2", "always-true 25: `rating > 2 or rating <= 2` is always true: `rating` is a number from 1 to 5"),
        ("deal.on and 'x' == red", ""),
        ("false", ""),
        ("true or fresh", ""),
        ("deal.on and false", ""),
        ("title | length > -1", "always-true 25: `title | length > -1` is always true: `title | length` is a number, 0 or more"),
        ("variant == 'story'", "never-true 25: `variant == 'story'` can never be true: `variant` is always null"),
        (
            "'x' if deal.percent > 100 else title",
            "never-true 32: `deal.percent > 100` can never be true: `deal.percent` is a number from 0 to 100",
        ),
        (
            "subtitle < 'b' and subtitle > 'c'",
            "never-true 25: `subtitle < 'b' and subtitle > 'c'` can never be true: no value of `subtitle` makes it so",
        ),
        ("subtitle < 'b' or subtitle >= 'b' or subtitle == null", "always-true"),
        ("deal(price).on", "never-true 25: `deal(price).on` can never be true: `deal(price).on` is always false"),
        ("sale_price < price and not (sale_price < price)", ""),
        ("price", ""),
        ("until", ""),
        ("deal", "always-true"),
    ] {
        let found = warnings(&boxed(condition));
        let found = found.replace(" 10:", " ").replace("layers[1].if: ", "");
        let as_said = match message {
            "always-true" => found.starts_with(message) && !found.contains('\n'),
            _ if message.ends_with(" is") => found.starts_with(message) && !found.contains('\n'),
            _ => found == message,
        };
        wrong.extend((!as_said).then(|| format!("{condition}\n  {found}\n  {message}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_holds_around_a_condition_counts() {
    let inner = |outer: &str, inner: &str| {
        json(&format!(
            r#"{{ "type": "box", {outer}, "layers": [
{{ "type": "box", "if": "{inner}" }} ] }}"#
        ))
    };
    let found = |outer: &str, condition: &str| warnings(&inner(outer, condition)).replace("layers[1].layers[0].if: ", "");
    assert_eq!(
        found(r#""if": "stock > 100""#, "stock < 50"),
        "never-true 11:25: `stock < 50` can never be true here: it is asked only where `stock > 100` holds"
    );
    assert_eq!(
        found(r#""hidden": "{{ gone }}""#, "gone"),
        "never-true 11:25: `gone` can never be true here: it is asked only where `gone` does not hold"
    );
    assert_eq!(
        found(r#""if": "deal.on""#, "deal.on and fresh or deal.on"),
        "always-true 11:25: `deal.on and fresh or deal.on` is always true here: it is asked only where `deal.on` holds"
    );
    assert_eq!(found(r#""if": "stock > 100""#, "stock < 150"), "");
    // A layer's name is another one's in a repeat.
    assert_eq!(found(r#""for": "size in tags", "if": "size == 'small'""#, "size == 'large'").split(": ").next(), Some("never-true 11:25"));
    assert_eq!(
        found(r#""if": "size == 'small'", "let": { "size": "{{ title }}" }"#, "size == 'large'").split(": ").next(),
        Some("never-true 11:25")
    );
}

#[test]
fn alternatives_that_no_row_comes_to() {
    let choose = |alternatives: &[&str]| {
        let layers: Vec<String> = alternatives
            .iter()
            .map(|one| if one.is_empty() { r#"{ "type": "box" }"#.to_owned() } else { format!(r#"{{ "type": "box", "if": "{one}" }}"#) })
            .collect();
        warnings(&json(&format!("{{ \"choose\": [\n{} ] }}", layers.join(",\n")))).replace("layers[1].", "")
    };
    let reached = "an alternative must be reached by some row, here an earlier one of choose always holds first";
    assert_eq!(choose(&["stock > 10", "stock > 20", ""]), format!("never-reached 12:24: choose[1].if: {reached}"));
    assert_eq!(choose(&["size == 'small'", "size == 'large'", ""]), format!("never-reached 13:1: choose[2]: {reached}"));
    assert_eq!(choose(&["gone", "not gone", ""]), format!("never-reached 13:1: choose[2]: {reached}"));
    assert_eq!(choose(&["stock > 20", "stock > 10", ""]), "");
    assert_eq!(choose(&["deal.percent > 100", "fresh", ""]).lines().count(), 1);
}

#[test]
fn names_that_nothing_uses() {
    let template = |lets: &str, layers: &str, variants: &str| {
        warnings(&format!(
            r#"{{ "templrender": 1, "name": "t", "size": [9, 9],
"fields": {{ "a": {{ "type": "text" }}, "b": {{ "type": "money", "currency": "{{{{ a }}}}" }} }},
"let": {{ {lets} }},
"layers": [ {layers} ], "variants": {{ {variants} }} }}"#
        ))
    };
    assert_eq!(
        template(r#""c": "{{ 1 }}", "d": "{{ c }}""#, "", ""),
        "unused-field 2:38: fields.b: a field should be used, nothing in the template names \"b\"\n\
         unused-let 3:26: let.d: a let should be used, nothing in the template names \"d\""
    );
    assert_eq!(template(r#""d": "{{ b }}""#, "", r#""v": { "background": "{{ d }}" }"#), "");
    assert_eq!(template("", r#"{ "type": "text", "text": "{{ row.b }}" }"#, ""), "");
    assert_eq!(template("", r#"{ "type": "text", "text": "{{ row[a] }}" }"#, ""), "");
    assert_eq!(
        template("", r#"{ "type": "text", "text": "{{ b }}", "let": { "b": "x" } }"#, "").split(": ").next(),
        Some("unused-field 2:38"),
        "a layer's own name hides the field"
    );
}

#[test]
fn a_claim_holds_in_the_base_and_in_all_variants() {
    let template = |variants: &str, condition: &str| {
        warnings(&format!(
            r#"{{ "templrender": 1, "name": "t", "size": [9, 9], "fields": {{ "n": {{ "type": "number", "min": 0, "required": true }} }},
"let": {{ "least": 0 }}, "layers": [ {{ "id": "box", "type": "box", "if": "{condition}" }} ], "variants": {{ {variants} }} }}"#
        ))
    };
    assert!(template("", "n >= least").starts_with("always-true"));
    assert_eq!(template(r#""v": { "let": { "least": 5 } }"#, "n >= least"), "");
    assert_eq!(template(r#""story": {}"#, "variant == 'story' and n >= least + 1"), "");
    let found = template(r#""story": {}, "wide": {}"#, "variant == 'stori' and n > least");
    let expected = "`variant == 'stori'` can never be true: `variant` is one of 'story' or 'wide', did you mean 'story'?";
    assert!(found.ends_with(expected) && !found.contains('\n'), "{found}");
}

#[test]
fn without_fields_nothing_is_claimed_of_columns() {
    let bare = |condition: &str| {
        warnings(&format!(r#"{{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [ {{ "type": "box", "if": "{condition}" }} ] }}"#))
    };
    for condition in ["price > 10", "a == 'x' and a == 'y'", "title == null", "now > 3", "lang == 5", "deal(price, sale).percent > 5"] {
        assert_eq!(bare(condition), "", "{condition}");
    }
    assert!(bare("deal(price, sale).percent > 100").starts_with("never-true"));
}
