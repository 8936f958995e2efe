//! The template's own words in the plan's language, and prices in parts.
#![allow(clippy::disallowed_methods, reason = "a test may read files")]

use std::fs;
use std::path::Path;

use templrender::{Code, Context, Error, Fonts, Renderer, Report, Resources, Row, Scratch, Template};

fn renderer() -> Renderer {
    let mut fonts = Fonts::new();
    for name in ["NotoSans-Regular", "NotoSans-Bold", "NotoSansArabic-Regular"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fonts/{name}.subset.ttf"));
        fonts.add(fs::read(path).unwrap()).unwrap();
    }
    Renderer::new(fonts)
}

/// 2026-11-27T12:00:00Z.
const NOW: i64 = 1_795_780_800;

fn report(json: &str, row: &str, lang: Option<&str>) -> Result<Report, Error> {
    let template = Template::parse(json).unwrap_or_else(|error| panic!("{error}\n{json}"));
    let context = Context { now: Some(NOW), lang: lang.map(str::to_owned), ..Context::default() };
    let renderer = renderer();
    let plan = renderer.plan(&template, &Row::from_json(row).unwrap(), &context)?;
    renderer.report(&plan, &Resources::new(), &mut Scratch::new())
}

/// What the first line of the first layer says, and `None` where there is no such layer.
fn line(json: &str, row: &str, lang: Option<&str>) -> Result<Option<String>, String> {
    let report = report(json, row, lang).map_err(|error| error.to_string())?;
    Ok(report.layers.first().map(|layer| layer.lines.iter().map(|line| line.text.clone()).collect()))
}

fn counted(text: &str) -> String {
    format!(
        r#"{{ "templrender": 1, "name": "t", "size": [400, 100], "lang": "en-GB", "strings": {{
            "en": {{ "sold": "Sold", "left": {{ "one": "{{n}} left", "other": "{{n}} left!" }} }},
            "fr": {{ "sold": "Vendu", "left": {{ "one": "reste {{n}}", "other": "restent {{n}}" }} }},
            "pl": {{ "sold": "Brak", "left": {{ "one": "{{n}} sztuka", "few": "{{n}} sztuki", "many": "{{n}} sztuk", "other": "{{n}} sztuki" }} }} }},
        "layers": [ {{ "id": "a", "type": "text", "text": "{text}" }} ] }}"#
    )
}

#[test]
fn strings_follow_the_plan() {
    let left = counted("{{ t('left', n=stock) }}");
    let say = |stock: &str, lang: Option<&str>| line(&left, &format!(r#"{{ "stock": {stock} }}"#), lang);
    let some = |text: &str| Ok(Some(text.to_owned()));
    assert_eq!((say("1", None), say("2", None)), (some("1 left"), some("2 left!")));
    assert_eq!((say("1.5", Some("fr-CA")), say("2", Some("fr"))), (some("reste 1,5"), some("restent 2")));
    assert_eq!(
        (say("3", Some("pl")), say("5", Some("pl")), say("22", Some("pl-PL"))),
        (some("3 sztuki"), some("5 sztuk"), some("22 sztuki"))
    );
    assert_eq!(say("null", None), Ok(None), "null passes, and a text that is null takes no space");
    assert_eq!(say("1", Some("de")), Err("layers[0].text: strings have no language \"de\", they have en, fr, pl".into()));
    assert_eq!(say("\"1\"", None), Err("layers[0].text: `t` needs a number as \"n\", found text \"1\"".into()));

    let dynamic = counted("{{ t(word) ~ '.' }}");
    assert_eq!(line(&dynamic, r#"{ "word": "sold" }"#, Some("fr")), some("Vendu."));
    assert_eq!(line(&dynamic, r#"{ "word": null }"#, Some("fr")), some("."));
    let unknown = "layers[0].text: strings in language \"fr\" have no \"gone\"";
    assert_eq!(line(&dynamic, r#"{ "word": "gone" }"#, Some("fr-FR")), Err(unknown.into()));
    assert_eq!(
        line(&dynamic, r#"{ "word": "left" }"#, Some("fr")),
        Err("layers[0].text: string \"left\" counts in language \"fr\", `t` needs n".into())
    );
}

#[test]
fn only_what_a_string_says_is_in_the_key() {
    let template = Template::parse(&counted("{{ t('sold') }}")).unwrap();
    let key = |lang: &str, row: &str| {
        let context = Context { lang: Some(lang.into()), ..Context::default() };
        renderer().plan(&template, &Row::from_json(row).unwrap(), &context).unwrap().key()
    };
    assert_eq!(key("en", r#"{ "stock": 1 }"#), key("en", r#"{ "stock": 2 }"#));
    assert_ne!(key("en", "{}"), key("fr", "{}"));
}

fn priced(parts: &str) -> String {
    format!(
        r#"{{ "templrender": 1, "name": "t", "size": [400, 100], "lang": "en", "layers": [
            {{ "id": "a", "type": "text", "text": "{{{{ price }}}}", "font-size": 40, "money-parts": {parts} }} ],
            "fields": {{ "price": {{ "type": "money" }} }} }}"#
    )
}

#[test]
fn a_price_in_parts_says_what_the_price_says() {
    let plain = priced("{}");
    let tag = priced(
        r#"{ "fraction": { "font-size": "0.5em", "vertical-align": "super" }, "currency": { "font-size": 20 }, "integer": { "font-weight": 700 } }"#,
    );
    let width = |json: &str, price: &str, lang: &str| {
        let report = report(json, &format!(r#"{{ "price": "{price}" }}"#), Some(lang)).unwrap();
        (report.layers[0].lines[0].text.clone(), report.layers[0].lines[0].rect[2])
    };
    for (price, lang, text) in [
        ("1299.5 USD", "en", "$1,299.50"),
        ("-1299.5 USD", "en", "-$1,299.50"),
        ("9.99 EUR", "de", "9,99\u{a0}€"),
        ("1200 JPY", "en", "¥1,200"),
        ("0 EUR", "fr", "0,00\u{a0}€"),
    ] {
        let (whole, small) = (width(&plain, price, lang), width(&tag, price, lang));
        assert_eq!((whole.0.as_str(), small.0.as_str()), (text, text));
        assert!(small.1 < whole.1, "{price} {lang}: smaller parts take less room: {whole:?} {small:?}");
    }
    assert_eq!(line(&tag, "{}", None), Ok(None), "a price that is not there takes no space");
}

#[test]
fn only_money_has_parts() {
    let json = |text: &str| priced("{}").replace("{{ price }}", text);
    let row = r#"{ "price": "5 EUR" }"#;
    let fails = |text: &str| report(&json(text), row, None).map_err(|error| (error.code(), error.to_string())).unwrap_err();
    let says = |text: &str| (Code::Evaluation, format!("layers[0].text: {text}"));
    assert_eq!(
        fails("{{ price | money('narrow') }}"),
        says("money-parts needs money itself and not what `money` writes, found text \"€5.00\"")
    );
    assert_eq!(fails("{{ price.amount }}"), says("money-parts needs money, found number 5"));
    assert_eq!(line(&json("{{ price * 2 }}"), row, None), Ok(Some("€10.00".into())));
}

#[test]
fn a_parts_em_is_that_of_its_span_and_shrinks_with_it() {
    let height = |span: &str, part: &str, width: u32| {
        let json = format!(
            r##"{{ "templrender": 1, "name": "t", "size": [400, 200], "lang": "en", "fields": {{ "price": {{ "type": "money" }} }}, "layers": [
                {{ "id": "a", "type": "text", "font-size": 40, "min-font-size": 10, "width": {width}, "white-space": "nowrap", "line-height": 1,
                   "text": [ {{ "text": "{{{{ price }}}}" {span}, "money-parts": {{ "integer": {{ "font-size": "{part}" }}, "currency": {{ "font-size": "{part}" }},
                   "decimal": {{ "font-size": "{part}" }}, "fraction": {{ "font-size": "{part}" }} }} }} ] }} ] }}"##
        );
        let report = report(&json, r#"{ "price": "1.99 USD" }"#, None).unwrap();
        (report.layers[0].lines[0].rect[2], report.layers[0].font_size)
    };
    let plain = |size: &str, width: u32| height(&format!(r#", "font-size": {size}"#), "1em", width);
    assert_eq!(height("", "0.5em", 390), plain("20", 390));
    assert_eq!(height(r#", "font-size": 80"#, "0.5em", 390), plain("40", 390));
    assert_eq!(height(r#", "font-size": "2em""#, "0.5em", 390), plain("40", 390));
    assert_eq!(height(r#", "font-size": "2em""#, "15px", 390), plain("15", 390));
    let (width, size) = height(r#", "font-size": "2em""#, "0.5em", 60);
    assert!(width <= 60.05 && size.is_some_and(|size| size < 40.0), "{width} {size:?}");
}
