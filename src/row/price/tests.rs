//! What is read, what is refused, and the real prices of the shared corpus.

use super::*;

fn read(text: &str) -> Result<String, String> {
    Money::parse(text, None).map(|m| m.to_string())
}

#[test]
fn the_spellings_of_feeds_are_read() {
    for (text, meant) in [
        ("9.99 USD", "9.99 USD"),
        ("USD 9.99", "9.99 USD"),
        ("usd9.99", "9.99 USD"),
        ("$9.99", "9.99 USD"),
        ("-$9.99", "-9.99 USD"),
        ("9,99 €", "9.99 EUR"),
        ("9,99\u{a0}€", "9.99 EUR"),
        ("1.299,00 EUR", "1299 EUR"),
        ("1,299.00 EUR", "1299 EUR"),
        ("1 299,00 ₽", "1299 RUB"),
        ("1\u{202f}299,00 ₽", "1299 RUB"),
        ("1'299.50 CHF", "1299.5 CHF"),
        ("$ 1.144.000", "1144000 USD"),
        ("12,34,567.50 INR", "1234567.5 INR"),
        ("1.299 EUR", "1299 EUR"),
        ("1.299 KWD", "1.299 KWD"),
        ("0.299 USD", "0.299 USD"),
        ("34.992001 GBP", "34.992001 GBP"),
        ("129 zł", "129 PLN"),
        ("١٬٢٣٤٫٥٠ SAR", "1234.5 SAR"),
        ("250 руб.", "250 RUB"),
        ("12000원", "12000 KRW"),
        ("0.00 EUR", "0 EUR"),
        ("9.99 usd", "9.99 USD"),
        ("1299 JPY", "1299 JPY"),
        ("1.299 JPY", "1299 JPY"),
        ("12.5 KWD", "12.5 KWD"),
        ("CHF-5.50", "-5.5 CHF"),
        ("USD -9.99", "-9.99 USD"),
        ("\u{200f}-\u{200e}9.99\u{a0}₪", "-9.99 ILS"),
        ("DEM 170 000", "170000 DEM"),
        ("PTE 120 000 000", "120000000 PTE"),
        ("₤1700.", "1700 GBP"),
        ("12.- CHF", "12 CHF"),
        ("12,– €", "12 EUR"),
        ("$.75", "0.75 USD"),
        ("Rs.750.50", "750.5 INR"),
        ("$119. 95", "119.95 USD"),
        ("35€99", "35.99 EUR"),
        ("ab 9,99 €*", "9.99 EUR"),
        ("Price: US$12.99", "12.99 USD"),
        ("a partire da € 72.00", "72 EUR"),
        ("P.V.P. 4,56 €", "4.56 EUR"),
        ("129,00 € inkl. MwSt., zzgl. Versand", "129 EUR"),
        ("$15.95/mo", "15.95 USD"),
        ("£94.50 GBP", "94.5 GBP"),
        ("$9.99 CAD", "9.99 CAD"),
        ("AED 8000 (USD 2179)", "8000 AED"),
        ("129,00 € (-15%)", "129 EUR"),
        ("205,68 € 205.68", "205.68 EUR"),
        ("100 DA", "100 DZD"),
    ] {
        assert_eq!(read(text), Ok(meant.to_owned()), "{text}");
    }
}

#[test]
fn the_field_gives_a_missing_currency_and_decides_a_shared_mark() {
    let cad = Currency::parse("cad");
    assert_eq!(Money::parse("9.99", cad).map(|m| m.to_string()), Ok("9.99 CAD".into()));
    assert_eq!(Money::parse("$9.99", cad).map(|m| m.to_string()), Ok("9.99 CAD".into()));
    assert_eq!(Money::parse("9.99 EUR", cad).map(|m| m.to_string()), Ok("9.99 EUR".into()));
    assert_eq!(Money::parse("9 kr", Currency::parse("nok")).map(|m| m.to_string()), Ok("9 NOK".into()));
    assert_eq!(Money::parse("1 299,00", cad).map(|m| m.to_string()), Ok("1299 CAD".into()));
    assert_eq!(Money::parse("0.00", cad).map(|m| m.to_string()), Ok("0 CAD".into()));
    assert_eq!(read("9 kr"), Err("a price must have one currency mark, found \"9 kr\"".into()));
    assert_eq!(read("9.99"), Err("a price must have a currency where its field has none, found \"9.99\"".into()));
}

#[test]
fn what_is_no_price_is_refused() {
    for text in [
        "",
        "free",
        "USD",
        "9.99 QQQ",
        "$9.99 EUR",
        "1.2.3 EUR",
        "12,3456,00 EUR",
        "1,29,9.00 EUR",
        "9.99 USD 10",
        "NaN USD",
        "1e5 USD",
        "$ 281.40 $ 265.70",
        "10 – 12 €",
        "From 26 to 50 €",
        "5% 9 €",
        "15%",
        "2 Mio. €",
        "1.5k €",
        "Save $5",
        "$5 off",
        "- 9.99 €",
        "9.99- EUR",
        "(9.99 EUR)",
        "9.99 € (12 €)",
        "34.12 € (40.94 inc VAT)",
        "9 kr",
        "iPhone 6",
        "A4 €",
        "9.99 € per 100 g",
        "1 29 €",
        "10 000 00 €",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    assert_eq!(read("9.99 QQQ"), Err("a price must have an ISO 4217 code or a known mark, found \"9.99 QQQ\"".into()));
}

#[test]
fn a_long_text_is_no_price() {
    let long = format!("9{}9 €", " ".repeat(300));
    assert_eq!(read(&long), Err(format!("a price must have at most 256 bytes, found {}", long.len())));
}

/// Prices of real shops beside what the library price-parser reads in them. The field's currency is what the page said beside the price; where
/// it said none, one of those that share the sign, for a field of a real template has one.
#[test]
fn real_prices_are_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora/text/price_strings_real.json");
    let Ok(json) = std::fs::read_to_string(path) else {
        println!("skipped: 1173 real prices, {path} is missing");
        return;
    };
    let cases: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let named = |text: &str| Money::parse(&format!("1 {text}"), None).or_else(|_| Money::parse(text, None)).ok().map(|m| m.currency);
    let mut left: Vec<String> = Vec::new();
    for case in &cases {
        let raw = case["raw_price"].as_str().unwrap_or("");
        let beside = case["raw_currency"].as_str().and_then(|text| named(text).or_else(|| text.split_whitespace().find_map(named)));
        let sign = case["currency"].as_str();
        let may_mean = sign.and_then(|sign| meant(sign, true));
        let shared = || may_mean.and_then(|meant| meant.codes().find_map(Currency::parse));
        let field = beside.or_else(|| Money::parse(raw, None).ok().map(|m| m.currency)).or_else(shared).or_else(|| Currency::parse("USD"));
        let got = Money::parse(raw, field);
        let right = match (&got, case["amount"].as_f64()) {
            (Ok(money), Some(amount)) => money.amount.to_f64() == amount && may_mean.is_none_or(|meant| meant.has(money.currency)),
            (Err(_), None) => true,
            _ => false,
        };
        if !right {
            left.push(format!("{raw:?} is {} {}, {got:?}", case["amount_text"], case["currency"]));
        }
    }
    let percent = 100.0 * (cases.len() - left.len()) as f64 / cases.len() as f64;
    println!("{} of {} real prices are read: {percent:.1} %; not so:\n{}", cases.len() - left.len(), cases.len(), left.join("\n"));
    assert!(cases.len() == 1173 && percent >= 95.0, "{percent} %");
}
