//! `urls SECRET_FILE COUNT FIRST TENANT ORIGIN [TEMPLATE]`: signed paths of made-up products' pictures, one a line, for whoever loads a service.
//!
//! COUNT products from FIRST on; the photo of number N is `ORIGIN/p/N.jpg`. Without a template every product has three lines, as `product-sale`, its
//! `landscape` and `product-ad`, and products stand in an order in which neighbours have nothing to do with each other.

use std::io::Write;
use std::process::ExitCode;

use core_::{Keyring, OutputFormat, Request};

/// What product names are made of.
const WORDS: [&[&str]; 3] = [
    &["Aster", "Terracotta", "Night Bridge", "Seville", "Dandelion", "Linen", "Smoked Oak", "Larch", "Ladybird", "Winter"],
    &["honey", "espresso cup", "giclée print", "marmalade, thick cut", "clock", "throw", "tray", "candle holder", "mug", "blanket"],
    &["500 g", "in a gift box", "hand-numbered edition of 200", "with candied peel", "for two", "by the sea", "in grey", "60 × 80 cm"],
];
/// The pictures of one product: template, variant.
const PICTURES: [(&str, Option<&str>); 3] = [("product-sale", None), ("product-sale", Some("landscape")), ("product-ad", None)];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match write(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("urls: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn write(arguments: &[String]) -> Result<(), String> {
    let (secret, count, first, tenant, origin, only) = match arguments {
        [secret, count, first, tenant, origin] => (secret, count, first, tenant, origin, None),
        [secret, count, first, tenant, origin, template] => (secret, count, first, tenant, origin, Some(template.as_str())),
        _ => return Err("usage: urls SECRET_FILE COUNT FIRST TENANT ORIGIN [TEMPLATE]".to_owned()),
    };
    let number = |text: &String| text.parse::<u64>().map_err(|_| format!("a count must be a number, found {text:?}"));
    let (count, first) = (number(count)?, number(first)?);
    let text = std::fs::read_to_string(secret).map_err(|error| format!("{secret}: {error}"))?;
    let keys = Keyring::parse(&text).map_err(|error| error.to_string())?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let each = if only.is_some() { 1 } else { PICTURES.len() as u64 };
    for line in 0..count * each {
        // A step that shares no factor with the number of lines comes to each of them once.
        let (product, picture) = if only.is_some() { (first + line, 0) } else { scattered(line, count * each, first) };
        let (template, variant) = match only {
            Some(template) => (template, None),
            None => PICTURES.get(picture).copied().unwrap_or(PICTURES[0]),
        };
        let signed = keys.sign(&request(tenant, template, variant, product, origin)).map_err(|error| error.to_string())?;
        writeln!(out, "{signed}").map_err(|error| error.to_string())?;
    }
    out.flush().map_err(|error| error.to_string())
}

/// The product and which of its pictures stands on a line.
fn scattered(line: u64, lines: u64, first: u64) -> (u64, usize) {
    let step = [1_000_003, 999_983, 7_919, 1].into_iter().find(|step| !lines.is_multiple_of(*step) || *step == 1).unwrap_or(1);
    let at = line * step % lines;
    (first + at / 3, usize::try_from(at % 3).unwrap_or(0))
}

fn request(tenant: &str, template: &str, variant: Option<&str>, product: u64, origin: &str) -> Request {
    let mut request = Request::new(tenant, template, OutputFormat::Jpeg);
    request.variant = variant.map(str::to_owned);
    let word = |list: usize, by: u64| {
        let words = WORDS[list];
        words[usize::try_from(product / by).unwrap_or(0) % words.len()]
    };
    let title = format!("{} {}, {}, no. {product}", word(0, 1), word(1, 10), word(2, 100));
    let cents = 490 + product * 37 % 20_000;
    let photo = format!("{origin}/p/{product}.jpg");
    let money = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
    let columns: Vec<(&str, String)> = match template {
        "product-ad" => {
            vec![("name", title), ("price", format!("€{}", money(cents * 8 / 10))), ("old", format!("€{}", money(cents))), ("photo", photo)]
        }
        _ => vec![
            ("title", title),
            ("price", format!("{} EUR", money(cents))),
            ("sale_price", format!("{} EUR", money(cents * 8 / 10))),
            ("image_link", photo),
        ],
    };
    for (name, value) in columns {
        request.row.set(name, value.as_str());
    }
    request
}
