//! Whole templates: what is typed, what is merged, and the exact text of every fault.

use super::document::*;
use super::*;
use crate::row::field::{FieldType, Items, Source};
use crate::row::money::Currency;

mod faults;
mod files;
mod findings;
mod hostile;
mod reference;

/// A template of some layers, which begin on line 2.
pub(super) fn with_layers(layers: &str) -> String {
    format!("{{ \"templrender\": 1, \"name\": \"t\", \"size\": [100, 100], \"layers\": [\n{layers}\n] }}")
}

fn parse(json: &str) -> Template {
    Template::parse(json).unwrap_or_else(|error| panic!("{error}\n{json}"))
}

fn layers(json: &str) -> Vec<Layer> {
    parse(&with_layers(json)).document(None).unwrap().layers.clone()
}

fn keys(declared: &[Declared]) -> Vec<(&str, &str)> {
    declared.iter().map(|d| (d.name, d.path.as_str())).collect()
}

#[test]
fn a_template_is_typed() {
    let json = r##"{
        "$schema": "x", "templrender": 1, "name": "t", "size": ["{{ w }}", "auto"], "lang": "de", "time-zone": "+01:30",
        "assets": { "logo": "a.svg" }, "fonts": ["A", "B"], "color": "#123", "background": "#fff",
        "let": { "w": 100, "list": ["{{ w }}", 2], "map": { "a": null } },
        "output": { "format": "jpeg", "quality": 85, "subsampling": 444, "effort": "small", "scale": "{{ 2 }}", "matte": "#f00" },
        "layers": [
            { "id": "a", "type": "box", "for": "item in row.items", "limit": 3, "let": { "x": "{{ item }}" }, "if": "{{ x }}", "hidden": "{{ loop.first }}",
              "layers": [{ "type": "text", "text": [{ "text": "{{ x }}", "if": "x", "font-size": 20 }, { "text": "b" }] }] },
            { "type": "image", "src": ["{{ photo }}", "asset:logo"], "width": 10, "height": "10px", "missing": "hide" },
            { "type": "svg", "svg": "<svg/>", "width": 10, "aspect-ratio": 1 },
            { "type": "path", "d": "M0 0", "viewBox": "0 0, 10 20.5", "width": 1, "height": 1, "fill": "#000" },
            { "choose": [{ "if": "a", "type": "box" }, { "type": "box" }] },
        ],
    }"##;
    let template = parse(json);
    let document = template.document(None).unwrap();
    assert_eq!((template.name(), template.fonts().collect::<Vec<_>>()), ("t", vec!["A", "B"]));
    assert!(matches!(document.size, (Bound::Bound(_), Height::Auto)));
    assert_eq!(document.time_zone, Bound::Static(crate::row::zone::Zone::Fixed(5400)));
    assert_eq!(document.lang, Some(Bound::Static("de".to_owned())));
    assert_eq!(keys(&document.background), [("background", "background")]);
    assert_eq!(document.text.iter().map(|d| d.name).collect::<Vec<_>>().len(), 2, "color and lang");
    assert_eq!(document.lets.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["w", "list", "map"]);
    assert!(matches!(&document.lets[1].value, LetValue::List(items) if matches!(items[0], LetValue::Text(_))));
    let output = &document.output.fixed;
    assert_eq!((output.format, output.quality, output.subsampling), (Some(Format::Jpeg), Some(85), Some(Subsampling::S444)));
    assert_eq!((output.effort, output.scale), (Some(Effort::Small), None));
    assert_eq!(output.matte.map(|c| c.to_rgba8()), Some([255, 0, 0, 255]));
    assert_eq!(document.output.bound.iter().map(|b| b.key).collect::<Vec<_>>(), ["scale"]);

    let [card, photo, svg, path, choice] = document.layers.as_slice() else { panic!("five layers") };
    assert_eq!((card.id.as_deref(), card.path.as_str(), card.kind), (Some("a"), "layers[0]", Kind::Box));
    let repeat = card.repeat.as_ref().unwrap();
    assert_eq!((repeat.variable.as_str(), &repeat.limit), ("item", &Some(Bound::Static(3))));
    assert!(card.condition.is_some() && matches!(card.hidden, Bound::Bound(_)) && card.lets.len() == 1);
    let Content::Box { children } = &card.content else { panic!("a box") };
    let Content::Text { spans } = &children[0].content else { panic!("a text") };
    assert_eq!(children[0].path, "layers[0].layers[0]");
    assert_eq!(keys(&spans[0].declarations), [("font-size", "layers[0].layers[0].text[0].font-size")]);
    let Content::Image { src, missing, .. } = &photo.content else { panic!("an image") };
    assert_eq!((src.len(), src[1].path.as_str(), missing), (2, "layers[1].src[1]", &Bound::Static(Missing::Hide)));
    assert!(matches!(svg.content, Content::Svg(SvgContent::Text(_))));
    assert!(matches!(path.content, Content::Path { view_box: Some(Bound::Static([0.0, 0.0, 10.0, 20.5])), .. }));
    assert_eq!((choice.choose.len(), choice.choose[1].path.as_str()), (2, "layers[4].choose[1]"));
}

#[test]
fn fields_are_typed() {
    let json = r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [], "fields": {
        "title": { "type": "text", "required": true, "from": ["short_title", "title"], "examples": ["a", 1] },
        "price": { "type": "money", "currency": "EUR", "min": 0 },
        "when": { "type": "interval", "from": ["sale", ["start", "end"]] },
        "size": { "type": "enum", "values": ["S", "M"], "default": "S" },
        "items": { "type": "list", "of": { "name": { "type": "text" } } },
        "tags": { "type": "list", "of": "text" } } }"#;
    let template = parse(json);
    let fields = template.document(None).unwrap().fields.as_deref().unwrap();
    let [title, price, when, size, items, tags] = fields else { panic!("six fields") };
    assert!(title.rules.required && title.examples.len() == 2);
    assert_eq!(title.rules.from, [Source::Column("short_title".to_owned()), Source::Column("title".to_owned())]);
    assert_eq!((&price.currency, price.rules.min.is_some()), (&Currency::parse("EUR").map(Bound::Static), true));
    assert_eq!(when.rules.from, [Source::Column("sale".to_owned()), Source::Sides("start".to_owned(), "end".to_owned())]);
    assert_eq!((size.rules.values.len(), size.rules.default.is_some(), size.rules.from.len()), (2, true, 0));
    assert!(matches!(&items.rules.of, Some(Items::Fields(of)) if of[0].0 == "name"));
    assert_eq!(tags.rules.of, Some(Items::Type(FieldType::Text)));
}

#[test]
fn styles_layer_and_variant_merge_key_by_key() {
    let json = r##"{ "templrender": 1, "name": "t", "size": [9, 9],
        "styles": { "a": { "color": "#111", "font-size": 10, "left": 1 }, "b": { "font-size": 20, "top": 2 } },
        "layers": [{ "id": "x", "type": "text", "text": "t", "style": ["a", "b"], "left": 5, "top": null },
                   { "id": "y", "type": "box", "layers": [{ "id": "z", "type": "box", "width": 1 }] }],
        "variants": { "v": { "size": [20, 10], "layers": { "x": { "color": null, "font-size": 30 }, "z": { "hidden": true } } },
                      "w": { "layers": { "x": { "style": "b", "text": "other" } } } } }"##;
    let template = parse(json);
    let at = |variant: Option<&str>| {
        let mut found = keys(&template.document(variant).unwrap().layers[0].declarations)
            .into_iter()
            .map(|(_, path)| path.to_owned())
            .collect::<Vec<_>>();
        found.sort();
        found
    };
    assert_eq!(at(None), ["layers[0].left", "styles.a.color", "styles.b.font-size"]);
    assert_eq!(at(Some("v")), ["layers[0].left", "variants.v.layers.x.font-size"]);
    assert_eq!(at(Some("w")), ["layers[0].left", "styles.b.font-size"]);
    let v = template.document(Some("v")).unwrap();
    assert!(matches!(v.size, (Bound::Static(20.0), Height::Px(Bound::Static(10.0)))));
    let Content::Box { children } = &v.layers[1].content else { panic!("a box") };
    assert_eq!(children[0].hidden, Bound::Static(true));
    let error = template.document(Some("vv")).unwrap_err();
    assert_eq!(error.to_string(), "variants: unknown variant \"vv\", did you mean \"v\"?");
    assert_eq!(error.code(), Code::UnknownVariant);
}

#[test]
fn shorthands_come_before_their_longhands() {
    let layers = layers(r#"{ "type": "box", "border-left-width": 1, "border": "2px solid #000", "margin-left": 1, "margin": 2 }"#);
    let names: Vec<&str> = layers[0].declarations.iter().map(|d| d.name).collect();
    let at = |name| names.iter().position(|n| *n == name).unwrap();
    assert!(at("border") < at("border-left-width") && at("margin") < at("margin-left"), "{names:?}");
}

#[test]
fn names_are_those_of_loops_lets_fields_and_catalogues() {
    let json = r#"{ "templrender": 1, "name": "t", "size": [9, 9], "fields": { "mine": { "type": "text" } },
        "let": { "a": "{{ mine }}", "b": "{{ a }}" }, "layers": [
        { "type": "box", "for": "p in row.products", "let": { "c": "{{ p.x ~ loop.index }}" },
          "layers": [{ "type": "text", "text": "{{ c }}{{ b }}{{ brand }}{{ now }}{{ variant }}{{ lang }}{{ canvas.width }}{{ row['x'] }}" }] }] }"#;
    parse(json);
}

#[test]
fn a_template_is_shared_between_threads_and_equal_to_its_print() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    let template = parse(&with_layers("{ \"type\": \"box\" /* one */ }"));
    shared(&template);
    let again = parse(&template.to_string());
    assert_eq!((&again, again.digest()), (&template, template.digest()));
    assert_eq!(template.to_string(), r#"{"templrender": 1, "name": "t", "size": [100, 100], "layers": [{"type": "box"}]}"#);
    assert_ne!(parse(&with_layers("")).digest(), template.digest());
    assert_eq!(format!("{template:?}"), "Template { name: \"t\", variants: [], .. }");
}
