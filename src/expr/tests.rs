//! Laws of parsing and evaluating, and hostile sources.

use proptest::prelude::*;

use super::*;
use crate::row::Row;
use crate::row::date::{DAY_S, Date, Interval};
use crate::row::decimal::Decimal;
use crate::row::money::{Currency, Money};
use crate::row::value::Value;
use crate::row::zone::{UTC, Zone};

/// 2026-11-27T12:00:00Z, a Friday.
const NOW: i64 = 1_795_780_800;
const CONTEXT: Context<'static> = Context { now: Some(NOW), lang: "en", zone: &UTC, strings: None };

fn money(text: &str) -> Value {
    Money::parse(text, Currency::parse("USD")).map(Value::Money).unwrap()
}

fn row() -> Row {
    let json =
        r#"{"n": 7, "title": "Vase", "gone": false, "tags": ["a", "b"], "blank": "  ", "size": {"w": 3}, "html": "<b>A</b> &amp; b"}"#;
    let mut row = Row::from_json(json).unwrap();
    row.set("price", money("129.99"));
    row.set("sale", money("89.00"));
    row.set("euro", money("10 EUR"));
    row.set("window", Value::Interval(Interval::parse("2026-11-24/2026-11-29", &UTC).unwrap()));
    row.set("day", Value::Date(Date::parse("2026-11-30", &UTC).unwrap()));
    row
}

/// What an expression prints, or why it has no value.
fn shown_at(source: &str, context: Context<'_>) -> (String, Option<i64>) {
    let row = row();
    let mut evaluation = Evaluation::new(Scope::new(&row), context);
    let shown = match Expr::parse(source).map(|e| e.eval(&mut evaluation)) {
        Err(e) => format!("{}: {}", e.offset, e.message),
        Ok(Err(e)) => format!("{}! {}", e.offset, e.message),
        Ok(Ok(value)) => value.print(context.lang).unwrap_or_else(|e| e),
    };
    (shown, evaluation.valid_until())
}

fn shown(source: &str) -> String {
    shown_at(source, CONTEXT).0
}

#[test]
fn numbers_are_exact_and_operators_bind_as_in_jinja() {
    for (source, result) in [
        ("0.1 + 0.2 == 0.3", "true"),
        ("1 + 2 * 3", "7"),
        ("7 // 2 ~ '-' ~ 7 % 4", "3-3"),
        ("-1 | abs", "1"),
        ("-(1 | abs)", "-1"),
        ("1 < 2 < 3", "true"),
        ("1 < 3 < 2", "false"),
        ("not n == 7", "false"),
        ("'x' if gone else 'y'", "y"),
        ("'x' if gone", ""),
        ("title if n > 5 and not gone", "Vase"),
        ("tags[0] ~ tags.1 ~ tags[-1] ~ tags[9]", "abb"),
        ("size.w * 2", "6"),
        ("size['w'] + size.h", ""),
        ("'b' in tags and 'as' in title and 'q' not in tags", "true"),
        ("blank | default('none') ~ nothing", "none"),
        ("'' | default('x') ~ ('' | default('y', true)) ~ ('' | default('z', also_falsy=1))", "yz"),
        ("blank or 'fallback'", "fallback"),
        ("{'a': [1, 2]}.a | last", "2"),
        ("null < 5 or null > 5 or null == 5", "false"),
        ("1_000 + 1e3 + 1.5", "2001.5"),
        ("'\\u00e9\\x41\\n' | length", "3"),
        ("true ~ 1.50 ~ day", "true1.52026-11-30"),
    ] {
        assert_eq!(shown(source), result, "{source}");
    }
}

#[test]
fn money_keeps_its_currency() {
    for (source, result) in [
        ("price - sale", "$40.99"),
        ("price * 2", "$259.98"),
        ("price / 2", "$65.00"),
        ("euro / euro", "1"),
        ("price.amount ~ price.currency", "129.99USD"),
        ("price | money('code')", "USD\u{a0}129.99"),
        ("(price | money_symbol) ~ '|' ~ ((price * 10) | money_int) ~ '|' ~ (price | money_frac)", "$|1,299|99"),
        ("-price | abs", "$129.99"),
        ("price + euro", "0! only amounts of one currency go together, found USD + EUR"),
        ("price < euro", "8! only amounts of one currency can be compared, found USD and EUR"),
        ("price == 5", "9! money cannot be compared with a number, compare its `amount`"),
        ("price + 1", "0! `+` cannot be applied to money 129.99 USD and number 1"),
        ("price and not (price - price)", "true"),
    ] {
        assert_eq!(shown(source), result, "{source}");
    }
}

#[test]
fn filters_do_what_their_names_say() {
    for (source, result) in [
        ("1234.5 | number", "1,234.5"),
        ("1234 | number(2)", "1,234.00"),
        ("1.23456 | number(max_digits=1)", "1.2"),
        ("12 | percent", "12%"),
        ("day | date('d MMM')", "30 Nov"),
        ("title | upper ~ (title | lower) ~ ('a b' | title) ~ ('aB' | capitalize)", "VASEvaseA BAb"),
        ("' x ' | trim | length", "1"),
        ("'Hand-painted Ladybird' | truncate(16)", "Hand-painted…"),
        ("'aXbX' | replace('X', '--')", "a--b--"),
        ("'a,b' | split(',') | join('+')", "a+b"),
        ("' a  b ' | split | length", "2"),
        ("(tags | first) ~ (title | last)", "ae"),
        ("2.5 | round ~ (1.005 | round(2)) ~ (1250 | round(-2))", "31.011300"),
        ("html | strip_html", "A & b"),
        ("null | upper | money | date('d') | join | default('-')", "-"),
        ("7 | upper", "4! `upper` needs a text, found number 7"),
        ("title | truncate(-1)", "8! `truncate` needs a count as \"n\", found number -1 below zero"),
        ("tags", "a list cannot be printed, use `join`, `first` or `for`"),
        ("title ~ tags", "8! a list cannot be printed, use `join`, `first` or `for`"),
    ] {
        assert_eq!(shown(source), result, "{source}");
    }
}

#[test]
fn a_deal_is_on_inside_its_window_only() {
    let fields = "d.on ~ ' ' ~ d.now ~ ' ' ~ d.was ~ ' ' ~ d.percent ~ ' ' ~ d.saving ~ ' ' ~ d.ends";
    let with = |deal: &str| fields.replace('d', "#").replace("#.", &format!("{deal}.")).replace("en#s", "ends");
    let end = Date::parse("2026-11-30", &UTC).unwrap().seconds();
    let start = Date::parse("2026-11-24", &UTC).unwrap().seconds();
    let on = "true $89.00 $129.99 31 $40.99 ";
    let off = "false $129.99  0  ";
    let deal = with("deal(price, sale, window)");
    for (now, result, change) in [
        (start - 1, off.to_owned(), Some(start)),
        (start, format!("{on}2026-11-30T00:00:00Z"), Some(end)),
        (end - 1, format!("{on}2026-11-30T00:00:00Z"), Some(end)),
        (end, off.to_owned(), None),
    ] {
        assert_eq!(shown_at(&deal, Context { now: Some(now), ..CONTEXT }), (result, change), "{now}");
    }
    assert_eq!(shown(&with("deal(price, sale)")), on);
    assert_eq!(shown(&with("deal(sale, price)")), "false $89.00  0  ");
    assert_eq!(shown(&with("deal(price)")), off);
    assert_eq!(shown(&with("deal(nothing, sale, window)")), "false   0  ");
    assert_eq!(shown("deal(price, euro).on"), "0! a price and its sale price must be of one currency, found USD and EUR");
    let timeless = shown_at("deal(price, sale, window).on", Context { now: None, ..CONTEXT }).0;
    assert_eq!(timeless, "0! this depends on the time, the host must pass `now`");
    assert_eq!(shown_at("deal(price, sale).on", Context { now: None, ..CONTEXT }), ("true".into(), None));
    assert_eq!(shown("percent_off(price, sale) ~ ' ' ~ saving(price, sale) ~ ' ' ~ on_sale(price, sale)"), "31 $40.99 true");
    assert_eq!(shown("percent_off(sale, price) ~ saving(sale, price)"), "0");
}

#[test]
fn a_sale_is_one_only_below_the_price() {
    let all = |price: &str, sale: &str| {
        let row: std::collections::BTreeMap<String, Value> = [("p", price), ("s", sale)]
            .into_iter()
            .map(|(name, text)| (name.to_owned(), if text.is_empty() { Value::Null } else { money(text) }))
            .collect();
        let shown = |source: &str| {
            let mut evaluation = Evaluation::new(Scope::new(&row), CONTEXT);
            match Expr::parse(source).unwrap().eval(&mut evaluation) {
                Ok(value) if value.is_null() => "null".to_owned(),
                Ok(value) => value.print("en").unwrap(),
                Err(error) => error.message,
            }
        };
        ["deal(p, s).on", "deal(p, s).now", "deal(p, s).percent", "on_sale(p, s)", "percent_off(p, s)", "saving(p, s)"].map(shown).join(" ")
    };
    for (price, sale, result) in [
        ("100", "75", "true $75.00 25 true 25 $25.00"),
        ("100", "100", "false $100.00 0 false 0 null"),
        ("100", "100.01", "false $100.00 0 false 0 null"),
        // A gift is a sale; nought, and less than nought, is no price to be below.
        ("5", "0", "true $0.00 100 true 100 $5.00"),
        ("0", "0", "false $0.00 0 false 0 null"),
        ("5", "-1", "false $5.00 0 false 0 null"),
        ("-5", "-6", "false -$5.00 0 false 0 null"),
        ("0", "-1", "false $0.00 0 false 0 null"),
        // Rounded down, and 1 % of nothing stays nothing.
        ("3", "2", "true $2.00 33 true 33 $1.00"),
        ("1000", "999.99", "true $999.99 0 true 0 $0.01"),
        ("1000", "0.01", "true $0.01 99 true 99 $999.99"),
        ("", "5", "false null 0 false null null"),
        ("5", "", "false $5.00 0 false null null"),
        ("", "", "false null 0 false null null"),
    ] {
        assert_eq!(all(price, sale), result, "{price} {sale}");
    }
    let currencies = "a price and its sale price must be of one currency, found USD and EUR";
    assert_eq!(all("5 USD", "4 EUR"), [currencies; 6].join(" "));
    assert_eq!(all("5 USD", "6 EUR"), [currencies; 6].join(" "), "not even where it would be no sale");
}

#[test]
fn a_window_opens_and_closes_a_sale() {
    let days = |text: &str| Value::Interval(Interval::parse(text, &UTC).unwrap());
    for (window, on, ends, change) in [
        (Value::Null, true, "", None),
        (days("2026-11-20/2026-11-28"), true, "2026-11-29T00:00:00Z", Some("2026-11-29")),
        (days("2026-11-20/2026-11-26"), false, "", None),
        (days("2026-11-28/2026-11-30"), false, "", Some("2026-11-28")),
        (days("2026-11-20/"), true, "", None),
        (days("2026-11-28/"), false, "", Some("2026-11-28")),
        (days("/2026-11-28"), true, "2026-11-29T00:00:00Z", Some("2026-11-29")),
        (days("/2026-11-26"), false, "", None),
    ] {
        let mut row = row();
        row.set("window", window.clone());
        let mut evaluation = Evaluation::new(Scope::new(&row), CONTEXT);
        let value = Expr::parse("deal(price, sale, window)").unwrap().eval(&mut evaluation).unwrap();
        let Value::Map(deal) = value else { panic!("a map") };
        let change = change.map(|day| Date::parse(day, &UTC).unwrap().seconds());
        assert_eq!((deal["on"].clone(), evaluation.valid_until()), (Value::Bool(on), change), "{window:?}");
        assert_eq!(deal["ends"].print("en").unwrap(), ends, "{window:?}");
        let (now, was) = if on { ("sale", "price") } else { ("price", "nothing") };
        assert_eq!((&deal["now"], &deal["was"]), (row.get(now).unwrap(), row.get(was).unwrap_or(&Value::Null)), "{window:?}");
    }
}

#[test]
fn contrast_is_the_better_of_black_and_white() {
    for (background, text) in [
        ("#fff", "#000000"),
        ("black", "#ffffff"),
        ("#d0021b", "#ffffff"),
        ("#fc0", "#000000"),
        ("rgb(0 0 255)", "#ffffff"),
        // The grey where both are equal lies between these two.
        ("#757575", "#ffffff"),
        ("#767676", "#000000"),
    ] {
        assert_eq!(shown(&format!("contrast('{background}')")), text, "{background}");
    }
    assert_eq!(shown("contrast(nothing)"), "");
    assert_eq!(shown("contrast('rgb(0 0 0 / 50%)')"), "0! `contrast` needs an opaque colour, found \"rgb(0 0 0 / 50%)\"");
    assert_eq!(shown("contrast('rad')"), "0! `contrast` needs a CSS colour such as #d0021b, found \"rad\"");
    assert_eq!(shown("contrast(5)"), "0! `contrast` needs a colour, found number 5");
}

#[test]
fn what_depends_on_time_tells_when_it_changes() {
    let midnight = NOW - NOW.rem_euclid(DAY_S) + DAY_S;
    let day = Date::parse("2026-11-30", &UTC).unwrap().seconds();
    for (source, result, change) in [
        ("days_until(day)", "3", Some(midnight)),
        ("now | date('EEEE')", "Friday", Some(midnight)),
        ("now | date('HH:mm')", "12:00", Some(NOW + 60)),
        ("now < day", "true", Some(day)),
        ("day <= now", "false", Some(day)),
        ("now in window", "true", Some(Date::parse("2026-11-30", &UTC).unwrap().seconds())),
        ("now ~ ''", "2026-11-27T12:00:00Z", Some(NOW + 1)),
        ("title", "Vase", None),
        ("gone and now < day", "false", None),
    ] {
        assert_eq!(shown_at(source, CONTEXT), (result.to_owned(), change), "{source}");
    }
    let kiritimati = Zone::Fixed(13 * 3600);
    let zone = Context { zone: &kiritimati, ..CONTEXT };
    assert_eq!(shown_at("days_until(day)", zone), ("2".into(), Some(midnight + 11 * 3600)));
}

#[test]
fn faults_name_rule_value_and_offset() {
    for (source, message) in [
        ("", "0: expected a value, found the end of the expression"),
        ("1 +", "3: expected a value, found the end of the expression"),
        ("title | uper", "8: unknown filter \"uper\", did you mean \"upper\"?"),
        ("deel(price)", "0: unknown function \"deel\", did you mean \"deal\"?"),
        ("deal()", "0: function `deal` needs its argument \"price\""),
        ("deal(1, 2, 3, 4)", "0: function `deal` takes at most 3 arguments, found more"),
        ("title | truncate(mode=1)", "8: filter `truncate` has no argument \"mode\""),
        (
            "title is defined",
            "6: expected an operator or the end, found \"is\"; tests with `is` are not part of the format, compare with `== null`",
        ),
        ("2 ** 3", "2: expected an operator or the end, found \"**\"; powers are not part of the format"),
        ("n = 7", "2: expected an operator or the end, found \"=\"; equality is written =="),
        ("title.upper()", "11: expected an operator or the end, found \"(\"; only functions can be called"),
        ("tags[0:1]", "6: slices are not part of the format, use `first`, `last` or `truncate`"),
        ("'open", "0: a text must end with the quote it began with, found the end of the expression"),
        ("0x10", "0: a number must be decimal and of at most 28 digits, found \"0x10\""),
        ("1e400", "0: a number must be decimal and of at most 28 digits, found \"1e400\""),
        ("a @ b", "2: \"@\" has no meaning in an expression"),
        ("1 / 0", "0! division by zero in 1 / 0"),
        ("1 == 'a'", "5! only values of one type can be compared, found number 1 and text \"a\""),
        ("1 in 5", "5! `in` looks for a value in a list, a text in a text or a map, found number 1 in number 5"),
        ("title.x", "5! only maps, money and intervals have named parts, found \"x\" of text \"Vase\""),
        ("9e27 * 9e27", "0! a number must have at most 28 digits, 9000000000000000000000000000 * 9000000000000000000000000000 has more"),
    ] {
        assert_eq!(shown(source), message, "{source}");
    }
}

#[test]
fn hostile_sources_meet_a_bound() {
    let nested = |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    for source in [
        nested("(", ")", 2000),
        nested("[", "]", 2000),
        "not ".repeat(1000) + "1",
        "-".repeat(4000) + "1",
        nested("1 if 1 else (", ")", 100),
    ] {
        assert!(shown(&source).contains("nested deeper than the limit of 32"), "{}", shown(&source));
    }
    assert!(shown(&format!("n{}", "[0]".repeat(100))).contains("nested deeper"));
    assert!(shown(&"a".repeat(5000)).contains("bytes long, over the limit of 4096"));
    assert!(shown(&" ".repeat(5000)).contains("over the limit") || shown(&" ".repeat(5000)).contains("expected a value"));
    assert_eq!(shown(&vec!["1"; 1000].join("+")), "1000");
    let doubled = format!("'{}'{}", "x".repeat(2000), " | replace('x', 'xx')".repeat(8));
    assert!(shown(&doubled).contains("at most 65536 bytes"), "{}", shown(&doubled));
    let row = {
        let mut row = Row::new();
        row.set("big", Value::text("a ".repeat(30_000)));
        row
    };
    let mut evaluation = Evaluation::new(Scope::new(&row), CONTEXT);
    let error = Expr::parse("big | split").unwrap().eval(&mut evaluation).unwrap_err();
    assert_eq!(error.message, "expression takes more than the limit of 10000 steps");
    assert_eq!(shown("'👩‍👩‍👧e\u{301}' | length"), "2");
    // Forty lets of `[x, x]` are forty small lists that stand for a million million values.
    let mut evaluation = Evaluation::new(Scope::new(&row), CONTEXT);
    let doubling = Expr::parse("[x, x]").unwrap();
    let ended = (0..40).find_map(|_| match doubling.eval(&mut evaluation) {
        Ok(value) => {
            evaluation.scope.set("x", value);
            None
        }
        Err(error) => Some(error.message),
    });
    assert_eq!(ended.as_deref(), Some("expression takes more than the limit of 10000 steps"));
}

#[test]
fn a_string_binds_only_in_double_braces() {
    let row = row();
    let eval = |source: &str| {
        TextTemplate::parse(source)
            .map_err(|e| e.to_string())
            .and_then(|t| t.eval(&mut Evaluation::new(Scope::new(&row), CONTEXT)).map_err(|e| format!("{}! {}", e.offset, e.message)))
    };
    assert_eq!(eval("{{ n }}"), Ok(Value::from(7)));
    assert_eq!(eval(" {{ n }}"), Ok(Value::from(" 7")));
    assert_eq!(eval("{% {# }} { } -{{ n }}%{{title}}"), Ok(Value::from("{% {# }} { } -7%Vase")));
    assert_eq!(eval("{{ {'a': {'b': '}}'}}.a.b }}"), Ok(Value::from("}}")));
    assert_eq!(eval("{{ '{{ n }}' }}"), Ok(Value::from("{{ n }}")));
    assert_eq!(eval("{{-1}}"), Ok(Value::from(-1)));
    assert_eq!(eval("é {{ n"), Err("7: expected an operator or }}, found the end of the expression".into()));
    assert_eq!(eval("é {{ n + 'a' }}"), Err("6! `+` cannot be applied to number 7 and text \"a\"".into()));
    assert_eq!(eval("a{{- n }}"), Err("3: white space control is not part of the format, write a space after {{".into()));
    let template = TextTemplate::parse("{{ b.c ~ a }}{{ a | default(d) }} é {{ e }}").unwrap();
    assert_eq!(template.names_at(), [("b", 3), ("a", 9), ("d", 28), ("e", 40)]);
    assert_eq!((TextTemplate::parse("{%x%}").unwrap().as_static(), template.as_static()), (Some("{%x%}"), None));
    assert_eq!(Expr::parse_condition(" {{ n > 5 }} "), Expr::parse("n > 5"));
    assert!(Expr::parse_condition("{{ n }} x").is_err());
}

#[test]
fn inner_names_hide_outer_ones_and_missing_ones_are_told() {
    let row = row();
    let mut evaluation = Evaluation::new(Scope::new(&row), CONTEXT);
    let expr = Expr::parse("n ~ x ~ lang").unwrap();
    evaluation.scope.push();
    evaluation.scope.set("n", Value::from(1));
    evaluation.scope.push();
    evaluation.scope.set("n", Value::from(2));
    assert_eq!(expr.eval(&mut evaluation), Ok(Value::from("2en")));
    evaluation.scope.pop();
    assert_eq!(expr.eval(&mut evaluation), Ok(Value::from("1en")));
    assert_eq!(evaluation.missing().iter().collect::<Vec<_>>(), ["x"]);
}

/// Sources out of the whole grammar, by text, so that spelling and precedence vary.
fn source() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("n".to_owned()),
        Just("title".to_owned()),
        Just("null".to_owned()),
        Just("true".to_owned()),
        (0u32..1000, 0u32..100).prop_map(|(a, b)| format!("{a}.{b}")),
        "[ -~é\u{1}]{0,4}".prop_map(|s| format!("'{}'", s.replace('\\', "\\\\").replace('\'', "\\'"))),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (two.clone(), prop::sample::select(vec!["+", "-", "*", "/", "//", "%", "~", "<", "==", "in", "not in", "and", "or", ">="]))
                .prop_map(|((a, b), op)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("not {a}")),
            inner.clone().prop_map(|a| format!("{a} | upper")),
            two.clone().prop_map(|(a, b)| format!("{a}|default({b})")),
            two.clone().prop_map(|(a, b)| format!("{a} | number(max_digits={b})")),
            two.clone().prop_map(|(a, b)| format!("({a})[{b}]")),
            two.clone().prop_map(|(a, b)| format!("[{a}, {b},]")),
            two.clone().prop_map(|(a, b)| format!("{{'k': {a}, 'l': {b}}}.k")),
            (two.clone(), inner.clone()).prop_map(|((a, b), c)| format!("{a} if {b} else {c}")),
            two.prop_map(|(a, b)| format!("{a} if {b}")),
            inner.prop_map(|a| format!("deal({a}).on")),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_parsed_back(source in source()) {
        if let Ok(expr) = Expr::parse(&source) {
            let printed = expr.to_string();
            prop_assert_eq!(Expr::parse(&printed), Ok(expr.clone()), "{} printed as {}", source, printed);
            prop_assert_eq!(Expr::parse(&printed).map(|e| e.to_string()), Ok(printed));
        }
    }

    #[test]
    fn templates_are_printed_and_parsed_back(source in source(), text in "[ -zé}]{0,5}") {
        let source = format!("{text}{{{{ {source} }}}}{text}");
        if let Ok(template) = TextTemplate::parse(&source) {
            prop_assert_eq!(TextTemplate::parse(&template.to_string()), Ok(template));
        }
    }

    #[test]
    fn evaluation_is_total_and_repeatable(source in source()) {
        prop_assert_eq!(shown(&source), shown(&source));
    }

    #[test]
    fn any_text_is_parsed_or_refused_at_a_place_inside(source in "\\PC{0,60}") {
        for error in [Expr::parse(&source).err(), TextTemplate::parse(&source).err()].into_iter().flatten() {
            prop_assert!(error.offset <= source.len() && source.is_char_boundary(error.offset), "{} {:?}", source, error);
        }
    }
    /// Whoever pays the price less the percentage pays at least the sale price, and one per cent more would be a lie.
    #[test]
    fn a_percentage_is_never_overstated(price in 1_i64..10_000_000, part in 0_i64..=10_000, currency in prop::sample::select(vec!["USD", "JPY", "KWD"])) {
        let sale = price * part / 10_000;
        let of = |cents: i64| Money { amount: Decimal::parse(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap(), currency: Currency::parse(currency).unwrap() };
        let row: std::collections::BTreeMap<String, Value> =
            [("p".to_owned(), Value::Money(of(price))), ("s".to_owned(), Value::Money(of(sale)))].into();
        let mut evaluation = Evaluation::new(Scope::new(&row), CONTEXT);
        let Ok(Value::Number(percent)) = Expr::parse("percent_off(p, s)").unwrap().eval(&mut evaluation) else { panic!("a number") };
        let percent = percent.to_i64().unwrap();
        prop_assert!((0..=100).contains(&percent));
        prop_assert!(price * (100 - percent) >= sale * 100, "{price} {sale} {percent}");
        prop_assert!(percent == 100 || price * (99 - percent) < sale * 100, "{price} {sale} {percent}");
    }
}
