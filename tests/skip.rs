//! `skip-if`: which rows get no picture, with which reason, and what of them is still an error.

use templrender::{Cause, Code, Context, Fonts, Plan, Renderer, Resources, Row, Scratch, Template};

const START: i64 = 1_795_000_000;

fn template(keys: &str) -> Template {
    let json = format!(
        r#"{{ "templrender": 1, "name": "skip", "size": [9, 9], "fields": {{
            "price": {{ "type": "money", "required": true }}, "sale_price": {{ "type": "money" }},
            "availability": {{ "type": "availability" }}, "image_link": {{ "type": "image" }},
            "from": {{ "type": "date" }} }}, {keys},
        "layers": [ {{ "id": "photo", "type": "image", "src": "{{{{ image_link }}}}", "width": 9, "height": 9 }} ],
        "variants": {{ "tall": {{ "size": [9, 18] }} }} }}"#
    );
    Template::parse(&json).unwrap_or_else(|error| panic!("{error}\n{json}"))
}

fn plan_at(keys: &str, row: &str, now: i64) -> Result<Plan, templrender::Error> {
    let context = Context { now: Some(now), ..Context::default() };
    Renderer::new(Fonts::new()).plan(&template(keys), &Row::from_json(row).unwrap(), &context)
}

fn skipped(condition: &str, row: &str) -> Option<String> {
    let keys = format!("\"skip-if\": {condition:?}");
    plan_at(&keys, row, START).unwrap_or_else(|error| panic!("{condition}: {error}")).skipped().map(str::to_owned)
}

const SOLD: &str = r#"{ "price": "5 EUR", "availability": "out of stock", "image_link": "a.png" }"#;
const THERE: &str = r#"{ "price": "5 EUR", "availability": "in stock", "image_link": "a.png" }"#;

#[test]
fn the_reason_is_the_text_or_the_expression() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(skipped("'sold out' if availability == 'out_of_stock'", SOLD), some("sold out"));
    assert_eq!(skipped("'sold out' if availability == 'out_of_stock'", THERE), None);
    assert_eq!(skipped("{{ 'sold ' ~ 'out' if availability == 'out_of_stock' }}", SOLD), some("sold out"));
    assert_eq!(skipped("availability=='out_of_stock'", SOLD), some("availability == 'out_of_stock'"));
    assert_eq!(skipped("not image_link", r#"{ "price": "5 EUR" }"#), some("not image_link"));
    assert_eq!(skipped("not image_link", SOLD), None);
    assert_eq!(skipped("'   '", SOLD), some("'   '"), "a blank text says nothing");
    assert_eq!(skipped("''", SOLD), None);
    assert_eq!(skipped("'two\\nlines'", SOLD), some("two lines"));
    let long = skipped(&format!("'{}'", "ü".repeat(300)), SOLD).unwrap();
    assert_eq!((long.chars().count(), long.ends_with('…')), (201, true));
    assert_eq!(plan_at("\"skip-if\": false", SOLD, START).unwrap().skipped(), None);
    assert_eq!(plan_at("\"skip-if\": true", SOLD, START).unwrap().skipped(), Some("true"));
}

#[test]
fn a_skipped_row_needs_nothing_and_cannot_be_drawn() {
    let keys = r#""skip-if": "'sold out' if availability == 'out_of_stock'""#;
    let (gone, there) = (plan_at(keys, SOLD, START).unwrap(), plan_at(keys, THERE, START).unwrap());
    assert_eq!((gone.needs().count(), gone.pending(&Resources::new()).len()), (0, 0));
    assert_eq!((there.needs().count(), there.skipped()), (1, None));
    let renderer = Renderer::new(Fonts::new());
    let (resources, mut scratch) = (Resources::new(), Scratch::new());
    for error in [
        renderer.render(&gone, &resources, &mut scratch).map(|_| ()).unwrap_err(),
        renderer.report(&gone, &resources, &mut scratch).map(|_| ()).unwrap_err(),
    ] {
        assert_eq!((error.code(), error.cause()), (Code::RowSkipped, Cause::Row));
        assert_eq!(error.to_string(), "skip-if: row is skipped: sold out");
    }
}

#[test]
fn the_key_is_that_of_the_reason() {
    let keys = r#""skip-if": "availability if availability != 'in_stock'""#;
    let key = |row: &str| plan_at(keys, row, START).unwrap().key();
    let other_price = SOLD.replace("5 EUR", "6 EUR");
    assert_eq!(key(SOLD), key(&other_price));
    assert_ne!(key(SOLD), key(&SOLD.replace("out of stock", "preorder")));
    assert_ne!(key(SOLD), key(THERE));
}

#[test]
fn it_sees_lets_and_needs_only_those_that_it_names() {
    let lets = r#""let": { "off": "{{ percent_off(price, sale_price) }}", "small": "{{ off < 10 }}", "bad": "{{ price / 0 }}" }"#;
    let plan = |condition: &str, row: &str| plan_at(&format!("{lets}, \"skip-if\": {condition:?}"), row, START);
    let row = |sale: &str| format!(r#"{{ "price": "100 EUR", "sale_price": "{sale}", "image_link": "a.png" }}"#);
    assert_eq!(plan("'too little off' if small", &row("95 EUR")).unwrap().skipped(), Some("too little off"));
    // Drawn, every `let` counts, and skipped, a broken one that nobody asks for does not.
    assert_eq!(plan("small", &row("50 EUR")).unwrap_err().to_string(), "let.bad: division by zero in 100 / 0");
    assert_eq!(plan("bad", &row("95 EUR")).unwrap_err().to_string(), "let.bad: division by zero in 100 / 0");
}

#[test]
fn a_field_that_cannot_be_read_is_an_error_unless_the_answer_does_not_hang_on_it() {
    let keys = r#""skip-if": "'gone' if availability == 'out_of_stock' or price.amount > 5""#;
    let says = |row: &str| plan_at(keys, row, START).map(|plan| plan.skipped().map(str::to_owned)).map_err(|error| error.to_string());
    let missing = "field price: a required field must have a value, found none in price";
    assert_eq!(says(r#"{ "availability": "out of stock" }"#), Ok(Some("gone".into())));
    assert_eq!(says(r#"{ "availability": "in stock" }"#), Err(missing.into()));
    assert_eq!(says(r#"{ "availability": "in stock", "price": "6 EUR" }"#), Ok(Some("gone".into())));
    assert_eq!(says(r#"{ "availability": "in stock", "price": "6 EUR", "from": "soon" }"#), Ok(Some("gone".into())));
    let soon = says(r#"{ "availability": "in stock", "price": "4 EUR", "from": "soon" }"#).unwrap_err();
    assert!(soon.starts_with("field from: "), "{soon}");
    let all = says(r#"{ "availability": "in stock", "from": "soon" }"#).unwrap_err();
    assert_eq!(all.lines().count(), 2, "all fields that cannot be read, and nothing about skip-if:\n{all}");
    let required = r#""skip-if": "not price""#;
    assert_eq!(plan_at(required, "{}", START).unwrap_err().to_string(), missing, "a required field is never null");
}

#[test]
fn the_answer_changes_when_its_instant_comes() {
    let keys = r#""skip-if": "'too early' if now < from""#;
    let row = format!(r#"{{ "price": "5 EUR", "from": "{}" }}"#, "2026-11-19T12:00:00Z");
    let starts = 1_795_089_600;
    let plan = |now| plan_at(keys, &row, now).unwrap();
    let early = plan(starts - 60);
    assert_eq!((early.skipped(), early.valid_until()), (Some("too early"), Some(starts)));
    assert_eq!((plan(starts - 1).skipped(), plan(starts - 1).key()), (Some("too early"), early.key()));
    assert_eq!(plan(starts).skipped(), None);
    // A row that is drawn today may be skipped tomorrow.
    let late = plan_at(r#""skip-if": "'too late' if now >= from""#, &row, starts - 60).unwrap();
    assert_eq!((late.skipped(), late.valid_until()), (None, Some(starts)));
}

#[test]
fn what_it_cannot_be() {
    let fault = |keys: &str| {
        let json = format!(r#"{{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [], "fields": {{}},{keys} }}"#);
        Template::parse(&json).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(fault(r#""skip-if": 5"#), "1:88: skip-if: skip-if must be an expression in a string, found 5");
    assert_eq!(fault(r#""skip-if": "availabilty""#), r#"1:89: skip-if: unknown name "availabilty", did you mean "availability"?"#);
    assert_eq!(fault(r#""variants": { "a": { "skip-if": "true" } }"#), r#"1:98: variants.a.skip-if: "skip-if" is not a key of a variant"#);
    assert_eq!(plan_at(r#""skip-if": "row['price'] < 5""#, SOLD, START).unwrap_err().code(), Code::Evaluation);
}
