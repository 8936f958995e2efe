//! Tests of all properties through [`declare`]: what is read and how it prints, what is refused and how that sounds, and the laws.

mod laws;
mod refused;
mod taken;

use super::length::{Length, LengthContext};
use super::property::{Declaration, Input, PROPERTIES, declare, property};
use super::style::{FontStyle, LineHeight, Style, TextStyle, WhiteSpace};

const CONTEXT: LengthContext = LengthContext { em: 20.0, canvas: (400.0, 200.0) };

/// Applies declarations in the order of their ranks, as the template reader does.
fn styled(values: &[(&str, &str)]) -> (Style, TextStyle) {
    let (mut style, mut text) = (Style::default(), TextStyle::default());
    let mut all: Vec<_> =
        values.iter().map(|(name, value)| (property(name).unwrap().rank, declare(name, &Input::Text(value)).unwrap())).collect();
    all.sort_by_key(|(rank, _)| *rank);
    for (_, declaration) in all {
        declaration.apply(&mut style, &mut text, &CONTEXT);
    }
    (style, text)
}

fn number(name: &str, value: f64) -> Result<Declaration, String> {
    declare(name, &Input::Number(value))
}

#[test]
fn names_are_unique_and_every_row_says_its_values() {
    for (i, row) in PROPERTIES.iter().enumerate() {
        assert!(PROPERTIES.iter().skip(i + 1).all(|other| other.name != row.name), "{} stands twice", row.name);
        assert!(!row.grammar.is_empty() && !row.grammar.contains("KW"), "{} has no grammar", row.name);
        for word in row.keywords {
            let read = declare(row.name, &Input::Text(word));
            assert!(read.is_ok() == row.supported, "{}: {word}: {read:?}", row.name);
        }
    }
    assert_eq!(PROPERTIES.len(), 130);
    let unsupported: Vec<_> = PROPERTIES.iter().filter(|row| !row.supported).map(|row| row.name).collect();
    assert_eq!(unsupported, ["min-scale", "clip-path", "mask-image", "hyphens"]);
}

#[test]
fn numbers_are_px_where_css_wants_a_length_and_numbers_where_it_has_them() {
    assert_eq!(number("left", 12.5), Ok(Declaration::InsetSide(super::declaration::Side::Left, Length::Px(12.5))));
    assert_eq!(number("font-size", 48.0), Ok(Declaration::FontSize(Length::Px(48.0))));
    assert_eq!(number("line-height", 1.2), Ok(Declaration::LineHeight(LineHeight::Factor(1.2))));
    assert_eq!(number("flex", 2.0).unwrap().to_string(), "2 1 0%");
    assert_eq!(number("grid-column", 2.0).unwrap().to_string(), "2 / auto");
    assert_eq!(number("aspect-ratio", 1.5), Ok(Declaration::AspectRatio(Some(1.5))));
    assert_eq!(declare("width", &Input::Text(" 120 ")), Ok(Declaration::Width(Length::Px(120.0))));
    let list = [Input::Number(8.0), Input::Number(4.0)];
    assert_eq!(declare("gap", &Input::List(&list)).unwrap().to_string(), "8px 4px");
    let list = [Input::Number(50.0), Input::Text("repeat(2, 1fr)"), Input::Text("20%")];
    assert_eq!(declare("grid-template-columns", &Input::List(&list)).unwrap().to_string(), "50px repeat(2, 1fr) 20%");
    let list = [Input::Text("Mplus 1p"), Input::Text("'Noto, Sans'")];
    assert_eq!(declare("font-family", &Input::List(&list)).unwrap().to_string(), "\"Mplus 1p\", \"Noto, Sans\"");
}

#[test]
fn a_longhand_wins_over_its_shorthand_whatever_the_order() {
    let (style, _) =
        styled(&[("border-left-width", "9px"), ("border-left", "5px solid red"), ("border-width", "2px"), ("border", "1px dotted blue")]);
    assert_eq!(style.border.left.width, Length::Px(9.0));
    assert_eq!(style.border.left.color.to_string(), "#ff0000");
    assert_eq!((style.border.top.width, style.border.top.color.to_string()), (Length::Px(2.0), "#0000ff".to_owned()));
    let (style, _) = styled(&[("left", "3px"), ("inset", "1px 2px"), ("inset-inline-end", "7px"), ("column-gap", "1px"), ("gap", "4px")]);
    assert_eq!((style.inset.left, style.inset.right, style.inset.top), (Length::Px(3.0), Length::Px(2.0), Length::Px(1.0)));
    assert_eq!(style.inset_logical, [None, Some(Length::Px(7.0)), None, None]);
    assert_eq!((style.row_gap, style.column_gap), (Length::Px(4.0), Length::Px(1.0)));
    let (style, _) =
        styled(&[("border-top-left-radius", "1px / 2px"), ("border-radius", "8px")].map(|(n, v)| (n, v.split(" /").next().unwrap())));
    assert_eq!(style.border_radius.top_left, (Length::Px(1.0), Length::Px(1.0)));
    assert_eq!(style.border_radius.bottom_left, (Length::Px(8.0), Length::Px(8.0)));
}

#[test]
fn every_supported_property_changes_a_style() {
    let start = (Style::default(), TextStyle { font_weight: 500.0, ..TextStyle::default() });
    let changes = |name: &str, value: &str| {
        let (mut style, mut text) = start.clone();
        declare(name, &Input::Text(value)).unwrap().apply(&mut style, &mut text, &CONTEXT);
        (style, text) != start
    };
    for row in PROPERTIES.iter().filter(|row| row.supported) {
        let mut values = taken::TAKEN.iter().filter(|(name, ..)| *name == row.name);
        assert!(values.any(|(name, value, _)| changes(name, value)), "no tested value of {} changes a style", row.name);
    }
}

#[test]
fn a_layers_font_size_is_px_and_a_spans_stays_relative() {
    let size = |value: &str| {
        let declaration = declare("font-size", &Input::Text(value)).unwrap();
        let (mut style, mut layer, mut span) = (Style::default(), TextStyle::default(), TextStyle::default());
        declaration.clone().apply(&mut style, &mut layer, &CONTEXT);
        declaration.apply_to_span(&mut style, &mut span, &CONTEXT);
        (layer.font_size, span.font_size)
    };
    assert_eq!(size("2em"), (Length::Px(40.0), Length::Em(2.0)));
    assert_eq!(size("50%"), (Length::Px(10.0), Length::Em(0.5)));
    assert_eq!(size("5vw"), (Length::Px(20.0), Length::Px(20.0)));
    assert_eq!(size("calc(1em + 10px)"), (Length::Px(30.0), Length::Em(1.5)));
    assert_eq!(size("max(1vw, 1vh)"), (Length::Px(4.0), Length::Px(4.0)));
    assert_eq!(size("calc(1em - 100px)"), (Length::Px(0.0), Length::Em(0.0)));
}

#[test]
fn relative_values_build_on_what_is_inherited() {
    let (mut style, mut text) = (Style::default(), TextStyle { white_space: WhiteSpace::PreWrap, ..TextStyle::default() });
    let mut set = |name, value| {
        declare(name, &Input::Text(value)).unwrap().apply(&mut style, &mut text, &CONTEXT);
        text.clone()
    };
    assert_eq!(set("font-weight", "bolder").font_weight, 700.0);
    assert_eq!(set("font-weight", "bolder").font_weight, 900.0);
    assert_eq!(set("font-weight", "lighter").font_weight, 700.0);
    assert_eq!(set("font-weight", "lighter").font_weight, 400.0);
    assert_eq!(set("font-weight", "lighter").font_weight, 100.0);
    assert_eq!(set("text-wrap", "nowrap").white_space, WhiteSpace::Pre);
    assert_eq!(set("text-wrap", "balance").white_space, WhiteSpace::PreWrap);
    assert!(set("text-wrap", "balance").text_wrap_balance);
    for (value, without, with) in [
        ("normal", WhiteSpace::NoWrap, WhiteSpace::Normal),
        ("pre-line", WhiteSpace::PreLineNoWrap, WhiteSpace::PreLine),
        ("pre-wrap", WhiteSpace::Pre, WhiteSpace::PreWrap),
    ] {
        assert_eq!(set("white-space", value).white_space, with);
        assert_eq!(set("text-wrap", "nowrap").white_space, without);
        assert_eq!(set("text-wrap", "wrap").white_space, with);
    }
    assert_eq!(set("font-style", "italic").font_style, FontStyle::Italic);
    let red = set("color", "red").color;
    assert_eq!(set("color", "currentColor").color, red);
    // A percentage of a line height is computed where it stands.
    let child = set("line-height", "150%").inherited((100.0, 100.0));
    assert_eq!(child.line_height, LineHeight::Length(Length::Px(24.0)));
}

#[test]
fn the_oracles_cases_are_read_or_refused_by_name() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle/cases");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("SKIPPED: 0 cases, {} is not there", folder.display());
        return;
    };
    let mut refused = Vec::new();
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") && !path.to_string_lossy().ends_with(".row.json") {
            let Ok(json) = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()) else { continue };
            walk(&json, &mut |name, value| {
                count += 1;
                refused.extend(read_json(name, value).err());
            });
        }
    }
    assert!(count > 1000, "only {count} values in the cases");
    refused.sort();
    refused.dedup();
    let known = |message: &String| message.ends_with("is not supported yet") || message.contains("takes the border styles");
    let unknown: Vec<_> = refused.iter().filter(|message| !known(message)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

fn walk(json: &serde_json::Value, visit: &mut impl FnMut(&str, &serde_json::Value)) {
    match json {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                if property(key).is_some() && !value.is_null() && !value.is_object() && !value.to_string().contains("{{") {
                    visit(key, value);
                } else {
                    walk(value, visit);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

fn read_json(name: &str, value: &serde_json::Value) -> Result<Declaration, String> {
    use serde_json::Value;
    let input = |value: &'_ Value| -> Option<f64> { value.as_f64() };
    match value {
        Value::Array(items) => {
            let items: Vec<Input<'_>> =
                items.iter().map(|item| input(item).map_or_else(|| Input::Text(item.as_str().unwrap()), Input::Number)).collect();
            declare(name, &Input::List(&items))
        }
        Value::String(text) => declare(name, &Input::Text(text)),
        Value::Bool(value) => declare(name, &Input::Bool(*value)),
        other => number(name, other.as_f64().unwrap()),
    }
}
