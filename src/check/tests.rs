//! Laws of the check: no split and no order of the rows shows, and what is counted is what the report of a render says.

use super::*;
use crate::text::Fonts;
use proptest::prelude::*;

const TEMPLATE: &str = r#"{ "templrender": 1, "name": "t", "size": [240, 160], "fonts": ["Noto Sans"],
    "fields": { "title": { "type": "text" }, "price": { "type": "money", "required": true }, "image_link": { "type": "image" },
                "tags": { "type": "list" } },
    "assets": { "none": "none.png" },
    "layers": [
        { "id": "photo", "type": "image", "src": ["{{ image_link }}", "asset:none"], "width": 90, "height": 60 },
        { "id": "title", "type": "text", "text": "{{ title }}", "top": 60, "width": 120, "height": 30, "font-size": 20, "line-height": 1.2,
          "line-clamp": 1, "min-font-size": 14 },
        { "id": "price", "choose": [ { "id": "dear", "type": "text", "if": "price | money_int | length > 1", "text": "{{ price }}" },
                                     { "id": "cheap", "type": "text", "text": "only {{ price }}" } ] },
        { "id": "tag", "for": "tag in tags", "type": "text", "text": [ { "text": "{{ tag }}" }, { "text": "!", "if": "loop.first" } ], "top": 120,
          "left": "{{ loop.index0 * 20 }}" },
        { "type": "box", "if": "title and price", "width": 9, "height": 9, "background": "red" } ],
    "variants": { "tall": { "size": [160, 300] } } }"#;

fn renderer() -> Renderer {
    let mut fonts = Fonts::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fonts/NotoSans-Regular.subset.ttf");
    fonts.add(std::fs::read(path).unwrap()).unwrap();
    Renderer::new(fonts)
}

fn checker() -> Checker {
    let options = CheckOptions {
        variants: vec![None, Some("tall".into())],
        context: Context { now: Some(1_795_262_400), ..Context::default() },
        channel: Some(Channel::Google),
    };
    Checker::new(&renderer(), &Template::parse(TEMPLATE).unwrap(), options).unwrap()
}

fn row(number: usize) -> String {
    let title = [
        "null",
        "\"Honey\"",
        "\"Aster honey\"",
        "\"ASTER HONEY OUT OF THE HILLS\"",
        "\"Aster honey out of the hills, 340 g, and more of it\"",
    ];
    let price = ["\"9 EUR\"", "\"99 EUR\"", "\"free\"", "null", "\"12 USD\""];
    let image = ["null", "\"a.jpg\"", "\"https://shop.example/a.jpg\""];
    let tags = ["null", "[\"new\"]", "[\"new\", \"best\", \"old\"]"];
    format!(
        r#"{{ "id": "r{number}", "title": {}, "price": {}, "image_link": {}, "tags": {}, "x{}": 1 }}"#,
        title[number % 5],
        price[number / 5 % 5],
        image[number / 25 % 3],
        tags[number / 75 % 3],
        number % 7
    )
}

fn check(checker: &mut Checker, number: usize, scratch: &mut Scratch) {
    let place = RowPlace { line: number as u64, id: format!("r{number}") };
    if number % 11 == 10 {
        checker.failed(&place, &Fault::new(Code::BadField, "row", format!("a row must be JSON: expected {number}")).into());
    } else {
        checker.row(&place, &Row::from_json(&row(number)).unwrap(), scratch);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whoever checks which row, and when: the report is the same to the byte.
    #[test]
    fn no_split_and_no_order_shows(numbers in proptest::collection::vec((0_usize..225, 0_usize..3), 1..40)) {
        let mut numbers: Vec<(usize, usize)> = numbers;
        numbers.sort_unstable();
        numbers.dedup_by_key(|(number, _)| *number);
        let mut whole = checker();
        let mut scratch = Scratch::new();
        for (number, _) in &numbers {
            check(&mut whole, *number, &mut scratch);
        }
        let mut parts = [checker(), checker(), checker()];
        for (number, part) in numbers.iter().rev() {
            check(&mut parts[*part], *number, &mut scratch);
        }
        let [first, second, mut third] = parts;
        third.merge(first).unwrap();
        third.merge(second).unwrap();
        let (whole, merged) = (whole.finish(), third.finish());
        prop_assert_eq!(whole.to_json(), merged.to_json());
        prop_assert_eq!(whole.to_string(), merged.to_string());
    }
}

#[test]
fn every_row_is_counted_where_it_belongs() {
    let mut all = checker();
    let mut scratch = Scratch::new();
    for number in 0..225 {
        check(&mut all, number, &mut scratch);
    }
    let report = all.finish();
    let rows: Vec<usize> = (0..225).filter(|n| n % 11 != 10).collect();
    let of = |test: &dyn Fn(usize) -> bool| rows.iter().filter(|n| test(**n)).count() as u64;
    assert_eq!(report.rows(), 225);
    assert_eq!(report.count("bad-field"), 225 - rows.len() as u64 + of(&|n| n / 5 % 5 == 2));
    assert_eq!(report.count("missing-field"), of(&|n| n / 5 % 5 == 3));
    assert_eq!(report.failed(), report.count("bad-field") + report.count("missing-field"));
    assert_eq!(report.count("title-all-caps"), of(&|n| n % 5 == 3));
    assert_eq!(report.count("channel-url-scheme"), of(&|n| n / 25 % 3 == 1));
    let drawn = |n: usize| !matches!(n / 5 % 5, 2 | 3);
    let text = report.to_string();
    let laid_out = of(&drawn);
    for (line, count) in [
        ("dear: applies to", of(&|n| drawn(n) && matches!(n / 5 % 5, 1 | 4))),
        ("cheap: applies to", of(&|n| drawn(n) && n / 5 % 5 == 0)),
        ("tag[] text[1]: applies to", of(&|n| drawn(n) && n / 75 % 3 != 0)),
        ("layers[4]: applies to", of(&|n| drawn(n) && n % 5 != 0)),
        ("photo: missing in", of(&|n| drawn(n) && n / 25 % 3 == 0)),
        ("title: missing in", of(&|n| drawn(n) && n % 5 == 0)),
        ("title: text-cut in", of(&|n| drawn(n) && n % 5 >= 3)),
    ] {
        assert!(text.contains(&format!("  {line} {count} of {laid_out} rows")), "{line} {count} of {laid_out}:\n{text}");
    }
    let names: Vec<&str> = report.worst().map(|w| w.reason).collect();
    assert!(["longest-text", "widest", "smallest-font", "missing"].iter().all(|reason| names.contains(reason)), "{names:?}");
    assert!(text.contains("columns that the template does not use: x0, x1, x2, x3, x4, x5, x6"), "{text}");
}

#[test]
fn checkers_of_different_options_are_not_merged() {
    let template = Template::parse(TEMPLATE).unwrap();
    let mut one = checker();
    let other = Checker::new(&renderer(), &template, CheckOptions::default()).unwrap();
    assert_eq!(one.merge(other).unwrap_err().code(), Code::BadArgument);
    let twice = CheckOptions { variants: vec![None, None], ..CheckOptions::default() };
    assert_eq!(
        Checker::new(&renderer(), &template, twice).unwrap_err().to_string(),
        "variants: a variant must stand once, found default twice"
    );
    let unknown = CheckOptions { variants: vec![Some("tal".into())], ..CheckOptions::default() };
    assert_eq!(Checker::new(&renderer(), &template, unknown).unwrap_err().code(), Code::UnknownVariant);
}

/// Without sources and with `missing: error` no answer of a host can help: the row fails here as it would when drawn.
#[test]
fn a_picture_without_any_source_fails_or_is_noted() {
    let template = |missing: &str| {
        let json = format!(
            r#"{{ "templrender": 1, "name": "t", "size": [90, 90], "layers": [
                {{ "id": "photo", "type": "image", "src": "{{{{ row['photo'] }}}}", "width": 9, "height": 9, "missing": "{missing}" }} ] }}"#
        );
        Template::parse(&json).unwrap()
    };
    let report = |missing: &str| {
        let mut checker = Checker::new(&renderer(), &template(missing), CheckOptions::default()).unwrap();
        checker.row(&RowPlace { line: 2, id: "a".into() }, &Row::new(), &mut Scratch::new());
        checker.finish()
    };
    let failed = report("error").to_string();
    assert!(
        failed.contains("missing-resource in 1 of 1 row: layers[0]: picture is missing: it has no source; first line 2 (a)"),
        "{failed}"
    );
    let hidden = report("hide").to_string();
    assert!(hidden.contains("photo: image-missing in 1 of 1 row") && hidden.contains("photo: missing in 1 of 1 row"), "{hidden}");
}
