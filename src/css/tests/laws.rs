//! Laws: a printed declaration reads back to itself, and no text makes the reader panic.

use proptest::prelude::*;

use super::taken::TAKEN;
use super::{CONTEXT, Input, PROPERTIES, Style, TextStyle, declare};

fn value(digits: std::ops::Range<i32>) -> impl Strategy<Value = f32> {
    digits.prop_map(|v| v as f32 / 64.0).prop_union_with_any()
}

/// Small round numbers and odd ones.
trait PropUnion: Strategy<Value = f32> + Sized + 'static {
    fn prop_union_with_any(self) -> BoxedStrategy<f32> {
        prop_oneof![self, -1e6f32..1e6].boxed()
    }
}

impl<S: Strategy<Value = f32> + 'static> PropUnion for S {}

fn length() -> BoxedStrategy<String> {
    let units = prop::sample::select(vec!["px", "em", "vw", "vh", "vmin", "vmax"]);
    (value(-9999..9999), units).prop_map(|(v, unit)| format!("{v}{unit}")).boxed()
}

/// Lengths, percentages and math functions over them.
fn length_percentage() -> BoxedStrategy<String> {
    let leaf = prop_oneof![length(), value(-9999..9999).prop_map(|v| format!("{v}%"))];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("calc({a} + {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("calc({a} - ({b}))")),
            (inner.clone(), -50i32..50).prop_map(|(a, by)| format!("calc({a} * {})", by as f32 / 8.0)),
            (inner.clone(), 1i32..9).prop_map(|(a, by)| format!("calc({a} / {by})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("min({a}, {b})")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|v| format!("max({})", v.join(", "))),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("clamp({a}, {b}, {c})")),
        ]
    })
    .boxed()
}

fn color() -> BoxedStrategy<String> {
    let name = (0..crate::css::named::NAMED.len()).prop_map(|i| crate::css::named::NAMED[i].0.to_owned());
    prop_oneof![
        "#([0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})",
        name,
        (any::<[u8; 3]>(), 0f32..1.0).prop_map(|([r, g, b], a)| format!("rgb({r} {g} {b} / {a})")),
        (any::<[u8; 3]>(), 0u8..101).prop_map(|([r, g, b], a)| format!("rgba({r}, {g}, {b}, {a}%)")),
        (-720f32..720.0, 0f32..100.0, 0f32..100.0).prop_map(|(h, s, l)| format!("hsl({h}deg {s}% {l}%)")),
        (-720f32..720.0, 0f32..100.0, 0f32..100.0).prop_map(|(h, w, b)| format!("hwb({h} {w}% {b}%)")),
    ]
    .boxed()
}

fn gradient() -> BoxedStrategy<String> {
    let position = (length_percentage(), length_percentage()).prop_map(|(x, y)| format!(" at {x} {y}"));
    let head = prop_oneof![
        (-720f32..720.0).prop_map(|angle| format!("linear-gradient({angle}deg")),
        prop::sample::select(vec!["to left", "to bottom right", "to top"]).prop_map(|to| format!("linear-gradient({to}")),
        position.clone().prop_map(|at| format!("radial-gradient(circle{at}")),
        (0f32..999.0, 0f32..99.0, position.clone()).prop_map(|(x, y, at)| format!("radial-gradient({x}px {y}%{at}")),
        (-720f32..720.0, position).prop_map(|(from, at)| format!("conic-gradient(from {from}rad{at}")),
    ];
    let stop =
        (color(), prop::option::of(value(-999..999))).prop_map(|(color, at)| at.map_or(color.clone(), |at| format!("{color} {at}%")));
    (any::<bool>(), head, prop::collection::vec(stop, 2..6), prop::option::of(0u8..100))
        .prop_map(|(repeating, head, mut stops, hint)| {
            if let Some(hint) = hint {
                stops.insert(1, format!("{hint}%"));
            }
            format!("{}{head}, {})", if repeating { "repeating-" } else { "" }, stops.join(", "))
        })
        .boxed()
}

/// A property and a value that it takes.
fn declared() -> BoxedStrategy<(&'static str, String)> {
    let listed = prop::sample::select(TAKEN).prop_map(|(name, value, _)| (name, value.to_owned()));
    let sizes = vec!["left", "margin-top", "inset-inline-end", "vertical-align"];
    let transform = (length_percentage(), value(-999..999), -720f32..720.0)
        .prop_map(|(x, by, angle)| format!("translate({x}) scale({by}) rotate({angle}rad) matrix(1, {by}, 0, 1, {angle}, 0)"));
    let shadow = (any::<bool>(), length(), length(), 0f32..99.0, length(), color())
        .prop_map(|(inset, x, y, blur, spread, color)| format!("{} {x} {y} {blur}px {spread} {color}", if inset { "inset" } else { "" }));
    prop_oneof![
        2 => listed,
        2 => (prop::sample::select(sizes), length_percentage()),
        1 => (Just("object-position"), (length_percentage(), length_percentage()).prop_map(|(x, y)| format!("right {x} top {y}"))),
        1 => (Just("padding"), length_percentage().prop_map(|v| format!("max(0px, {v})"))),
        1 => (Just("fill"), color()),
        2 => (Just("background"), prop::collection::vec(gradient(), 1..3).prop_map(|v| v.join(", "))),
        1 => (Just("color"), gradient()),
        1 => (Just("transform"), transform),
        1 => (Just("box-shadow"), prop::collection::vec(shadow, 1..4).prop_map(|v| v.join(","))),
        1 => (Just("font-family"), "[a-zA-Z][a-zA-Z0-9 ]{0,12}(, ?\"[^\"\\\\\n]*[a-z]\"){0,2}"),
    ]
    .boxed()
}

/// Pieces of values in any order, most of which no property takes.
fn scraps() -> impl Strategy<Value = String> {
    let mut words: Vec<String> =
        TAKEN.iter().flat_map(|(_, value, _)| value.split_inclusive(['(', ')', ',', ' ', '/']).map(str::to_owned)).collect();
    words.extend(["(", ")", "1e9", "-", "+", "calc(", "\"", "\\", "é", "0", "-0", "NaN", "infinity"].map(str::to_owned));
    prop::collection::vec(prop::sample::select(words), 0..9).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn a_printed_declaration_reads_back_to_itself((name, value) in declared()) {
        match declare(name, &Input::Text(&value)) {
            Ok(declaration) => {
                let printed = declaration.to_string();
                prop_assert_eq!(declare(name, &Input::Text(&printed)), Ok(declaration), "{}: {} printed {}", name, value, printed);
            }
            // A product may leave the range of numbers, nothing else may fail.
            Err(message) => prop_assert!(message.contains("must stay finite") || message.contains("numbers up to"), "{}", message),
        }
    }

    #[test]
    fn any_text_is_refused_or_printed_and_applied(row in 0..PROPERTIES.len(), text in prop_oneof![scraps().boxed(), "\\PC{0,40}".boxed()]) {
        let row = &PROPERTIES[row];
        match declare(row.name, &Input::Text(&text)) {
            Ok(declaration) => {
                let (mut style, mut inherited) = (Style::default(), TextStyle::default());
                declaration.clone().apply(&mut style, &mut inherited, &CONTEXT);
                declaration.clone().apply_to_span(&mut style, &mut inherited, &CONTEXT);
                prop_assert_eq!(declare(row.name, &Input::Text(&declaration.to_string())), Ok(declaration));
            }
            Err(message) => prop_assert!(message.contains(row.name) && message.chars().count() < 400, "{}", message),
        }
    }

    #[test]
    fn any_number_is_refused_or_finite(row in 0..PROPERTIES.len(), number in any::<f64>()) {
        if let Ok(declaration) = declare(PROPERTIES[row].name, &Input::Number(number)) {
            prop_assert!(!declaration.to_string().contains("inf") && !declaration.to_string().contains("NaN"));
        }
    }
}
