//! Laws of URLs: one canonical form for each request, and nothing but that request behind a signature.

mod common;

use base64::engine::{Engine as _, general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use proptest::sample::Index;
use templrender::{
    Code, Context, Currency, Date, Decimal, Fonts, Interval, Keyring, Money, OutputFormat, Renderer, Request, Row, Template, Value,
};

const NOW: i64 = 1_795_867_200;
const OLD: &str = "2026-10 an-example-that-everybody-knows-1";
const NEW: &str = "2026-11 an-example-that-everybody-knows-2";

/// JSON of any shape that a row may hold.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        (any::<i32>(), prop::sample::select(vec![1.0, 10.0, 1e3, 1e8])).prop_map(|(units, by)| Value::from(f64::from(units) / by)),
    ];
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), number, text().prop_map(Value::String)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(text(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_]{0,12}", "[ -~]{0,12}", "\\PC{0,8}", any::<String>(), Just(" ".to_owned()), Just("\u{0}\u{1f}\"\\\u{7f}".to_owned())]
}

fn row() -> impl Strategy<Value = Row> {
    prop::collection::btree_map(text().prop_filter("reserved", |name| !name.starts_with('~')), json(), 0..6)
        .prop_map(|columns| Row::from_json(&serde_json::Value::Object(columns.into_iter().collect()).to_string()).unwrap())
}

fn name() -> impl Strategy<Value = String> {
    text().prop_filter("a name of a path", |name| {
        !matches!(name.as_str(), "" | "." | "..") && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'))
    })
}

fn request() -> impl Strategy<Value = Request> {
    let format = prop_oneof![Just(OutputFormat::Jpeg), Just(OutputFormat::Png), Just(OutputFormat::WebP)];
    let path = (name(), name(), prop::option::of("[0-9a-f]{16}"), prop::option::of(name()), format);
    let rest = (row(), prop::option::of("[a-z]{2}(-[A-Z]{2})?"), prop::option::of("[0-9a-f]{16}"), prop::option::of(0..i64::MAX));
    (path, rest).prop_map(|((tenant, template, digest, variant, format), (row, lang, version, expires))| Request {
        digest,
        variant,
        row,
        lang,
        version,
        expires,
        ..Request::new(tenant, template, format)
    })
}

fn keys(text: &str) -> Keyring {
    Keyring::parse(text).unwrap()
}

/// Whether a URL is answered, and as what.
fn ask(keys: &Keyring, url: &str, now: i64) -> Result<Request, templrender::Error> {
    let (request, signature) = Request::parse(url)?;
    keys.verify(&request, signature.as_ref(), now).map(|()| request)
}

/// The parameters of a URL, as they are written.
fn parameters(url: &str) -> (String, Vec<String>) {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    (path.to_owned(), query.split('&').filter(|piece| !piece.is_empty()).map(str::to_owned).collect())
}

/// A URL's text in another spelling: by the choices, unreserved characters are escaped, escapes are in lower case, `%20` is `+`.
fn respelled(text: &str, choices: &[Index], is_query: bool) -> String {
    let mut out = String::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let choice = choices[at % choices.len()].index(4);
        if byte == b'%' {
            let escape = &text[at..at + 3];
            out += &match choice {
                0 => escape.to_lowercase(),
                1 if is_query && escape == "%20" => "+".to_owned(),
                _ => escape.to_owned(),
            };
            at += 3;
        } else {
            let is_unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            out += &if choice == 0 && is_unreserved { format!("%{byte:02x}") } else { char::from(byte).to_string() };
            at += 1;
        }
    }
    out
}

/// The same request as another client could write it: permuted, escaped otherwise, with empty pieces, under a host.
fn retold(url: &str, order: &[Index], choices: &[Index]) -> String {
    let (path, mut query) = parameters(url);
    for (i, place) in order.iter().enumerate().take(query.len()) {
        let other = place.index(query.len());
        query.swap(i, other);
    }
    let path = match choices[0].index(2) {
        0 if path.ends_with(".jpg") => path.replace(".jpg", ".jpeg"),
        _ => path,
    };
    let segment = |segment: &str| segment.split('@').map(|part| respelled(part, choices, false)).collect::<Vec<_>>().join("@");
    let path: Vec<String> = path.split('/').map(segment).collect();
    let query: Vec<String> = query
        .iter()
        .map(|piece| match piece.split_once('=').unwrap() {
            (name, "") if !name.is_empty() && choices[1].index(2) == 0 => respelled(name, choices, true),
            (name, value) => format!("{}={}", respelled(name, choices, true), respelled(value, choices, true)),
        })
        .collect();
    let between = ["&", "&&"][choices[2].index(2)];
    format!("{}{}?{}", ["", "https://pictures.example:8443", "HTTP://a.example"][choices[3].index(3)], path.join("/"), query.join(between))
}

/// The row of a plain URL in one packed parameter, at a level that is not ours.
fn packed(url: &str, row: &Row, level: u8) -> Option<String> {
    // A row's JSON, as it stands in `~j` of a row in which no column is a text.
    let json = |value: &Value| {
        let mut row = Row::new();
        row.set("a", Value::list([value.clone()]));
        let url = Request { row, ..Request::new("a", "a", OutputFormat::Png) }.canonical().unwrap();
        let text = url.split_once("~j=")?.1.to_owned();
        let text = respelled_back(&text);
        Some(text[r#"{"a":["#.len()..text.len() - "]}".len()].to_owned())
    };
    let columns: Option<Vec<String>> =
        row.iter().map(|(name, value)| Some(format!("{}:{}", serde_json::to_string(name).unwrap(), json(value)?))).collect();
    let deflated = miniz_oxide::deflate::compress_to_vec(format!("{{ {} }}", columns?.join(", ")).as_bytes(), level);
    let (path, query) = parameters(url);
    let kept = ["~e=", "~lang=", "~v=", "~k=", "~s="];
    let mut query: Vec<String> = query.into_iter().filter(|piece| kept.iter().any(|name| piece.starts_with(name))).collect();
    query.push(format!("~z={}", URL_SAFE_NO_PAD.encode(deflated)));
    Some(format!("{path}?{}", query.join("&")))
}

fn respelled_back(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                bytes.push(u8::from_str_radix(std::str::from_utf8(&[*high, *low]).unwrap(), 16).unwrap());
                tail
            }
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    String::from_utf8(bytes).unwrap()
}

/// Flips a bit of a signed URL: it is refused, or it is the same request with the same canonical form. Says where that was.
fn flip(request: &Request, url: &str, at: usize, bit: i32) -> bool {
    let mut bytes = url.as_bytes().to_vec();
    bytes[at] ^= 1 << bit;
    // Bytes that are no UTF-8 are no URL at all.
    let Ok(flipped) = String::from_utf8(bytes) else { return false };
    let Ok(read) = ask(&keys(NEW), &flipped, -1) else { return false };
    assert_eq!(&read, request, "{url}\n{flipped}");
    assert_eq!(read.canonical(), request.canonical(), "{url}\n{flipped}");
    // What is left of a plain URL is the case of a hex digit, in an escape or in `\\u001f` of the JSON in `~j`.
    let is_letter = bit == 5 && matches!(url.as_bytes()[at], b'a'..=b'f' | b'A'..=b'F');
    let is_escape = url.as_bytes()[..at].iter().rev().take(2).any(|byte| *byte == b'%') || url[..at].ends_with("%5Cu001");
    assert!((is_letter && is_escape) || url.contains("~z="), "{url}\n{flipped}");
    true
}

#[test]
fn of_all_bits_of_a_signed_url_only_the_case_of_hex_digits_is_free() {
    let row = r#"{ "title": "Aster honey, 250 g", "image_link": "https://pictures.example/a%20b.jpg?w=1&h=2", "sizes": [250, 500.5], "odd": ["\u001f\""], "a": " " }"#;
    let mut request =
        Request { row: Row::from_json(row).unwrap(), expires: Some(NOW), ..Request::new("shop", "price-tag", OutputFormat::Jpeg) };
    let url = keys(NEW).sign(&request).unwrap();
    let free: Vec<(usize, i32)> =
        (0..url.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))).filter(|(at, bit)| flip(&request, &url, *at, *bit)).collect();
    let letters: usize = url.split('%').skip(1).map(|rest| rest[..2].bytes().filter(u8::is_ascii_alphabetic).count()).sum();
    assert_eq!(free.len(), letters + "f".len(), "{url}");

    request.row.set("description", "A long story of honey, told in a few words more than an address has room for. ".repeat(20).as_str());
    let url = keys(NEW).sign(&request).unwrap();
    assert!(url.contains("~z=") && url.len() < 700, "{url}");
    // Of the packed row, what deflate leaves open: bits that fill up its last byte, and distances between which a repetition is the same.
    let free = (0..url.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))).filter(|(at, bit)| flip(&request, &url, *at, *bit)).count();
    assert!(free < 20, "{free} of {} bits: {url}", url.len() * 8);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(request in request()) {
        let url = request.canonical().unwrap();
        prop_assert!(url.len() <= Request::MAX_URL_CHARS && url.is_ascii());
        let (read, signature) = Request::parse(&url).unwrap();
        prop_assert_eq!(&read, &request);
        prop_assert!(signature.is_none());
        prop_assert_eq!(read.canonical().unwrap(), url);
    }

    #[test]
    fn every_spelling_of_a_request_has_one_canonical_form(
        request in request(),
        order in prop::collection::vec(any::<Index>(), 12),
        choices in prop::collection::vec(any::<Index>(), 60),
        level in 0u8..=10,
    ) {
        let canonical = request.canonical().unwrap();
        let signed = keys(NEW).sign(&request).unwrap();
        prop_assert!(signed.len() <= Request::MAX_URL_CHARS);
        let mut spellings = vec![retold(&signed, &order, &choices)];
        // `row` writes what `from_json` has read, so blank texts are null in both.
        spellings.extend(packed(&signed, &request.row, level).map(|url| retold(&url, &order, &choices)));
        for url in spellings {
            let read = ask(&keys(NEW), &url, -1);
            prop_assert_eq!(read.as_ref().map(Request::canonical), Ok(Ok(canonical.clone())), "{}", url);
            prop_assert_eq!(&read.unwrap(), &request);
        }
    }

    #[test]
    fn a_flipped_bit_is_refused_or_spells_the_same_request(request in request(), flips in prop::collection::vec((any::<Index>(), 0..8), 30)) {
        let url = keys(NEW).sign(&request).unwrap();
        for (at, bit) in flips {
            flip(&request, &url, at.index(url.len()), bit);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), query in "[~a-z=&+%0-9A-F{}\":,\\[\\]]{0,60}") {
        for url in [text.clone(), format!("/{text}"), format!("/a/b.png?{text}"), format!("/a/b.png?{query}"), format!("/a/b.png?~j={text}"), format!("/a/b.png?~z={text}")] {
            if let Ok((request, signature)) = Request::parse(&url) {
                let _ = keys(NEW).verify(&request, signature.as_ref(), NOW);
                if let Ok(canonical) = request.canonical() {
                    prop_assert_eq!(Request::parse(&canonical).unwrap().0.canonical().unwrap(), canonical);
                }
            }
        }
    }

    #[test]
    fn a_url_with_wrong_bytes_is_read_or_refused(request in request(), at in any::<Index>(), with in any::<String>(), cut in any::<Index>()) {
        let url = keys(NEW).sign(&request).unwrap();
        let at = at.index(url.len());
        let _ = ask(&keys(NEW), &format!("{}{with}{}", &url[..at], &url[at..]), NOW);
        let _ = ask(&keys(NEW), &url[..cut.index(url.len())], NOW);
    }

    #[test]
    fn what_is_too_long_names_its_columns_and_what_is_not_fits(words in prop::collection::vec("[a-zA-Z0-9]{1,40}", 0..120)) {
        let mut request = Request::new("shop", "price-tag", OutputFormat::Jpeg);
        request.row.set("words", words.join(" ").as_str());
        match keys(NEW).sign(&request) {
            Ok(url) => {
                prop_assert!(url.len() <= Request::MAX_URL_CHARS);
                prop_assert_eq!(url.contains("~z="), request.canonical().unwrap().contains("~z="));
                prop_assert_eq!(ask(&keys(NEW), &url, NOW).unwrap(), request);
            }
            Err(error) => {
                prop_assert_eq!(error.code(), Code::UrlTooLong);
                prop_assert!(error.to_string().contains("the longest columns are words ("), "{}", error);
            }
        }
    }
}

#[test]
fn a_url_ends_when_it_says() {
    let request = Request { expires: Some(NOW), ..Request::new("shop", "price-tag", OutputFormat::Jpeg) };
    let url = keys(NEW).sign(&request).unwrap();
    let codes = [NOW - 1, NOW, NOW + 1].map(|now| ask(&keys(NEW), &url, now).err().map(|error| error.code()));
    assert_eq!(codes, [None, Some(Code::UrlExpired), Some(Code::UrlExpired)]);
    // A wrong signature is told of before an end that may be anybody's.
    let forged = url.replace(&NOW.to_string(), &(NOW - 9).to_string());
    assert_eq!(ask(&keys(NEW), &forged, NOW).unwrap_err().code(), Code::BadSignature);
}

#[test]
fn two_keys_verify_while_one_takes_the_others_place() {
    let request = Request::new("shop", "price-tag", OutputFormat::Jpeg);
    let (old, both, new) = (keys(OLD), keys(&format!("{NEW}\n{OLD}")), keys(NEW));
    let (by_old, by_both) = (old.sign(&request).unwrap(), both.sign(&request).unwrap());
    assert!(by_old.contains("~k=2026-10") && by_both.contains("~k=2026-11"));
    for url in [&by_old, &by_both] {
        assert_eq!(ask(&both, url, NOW).unwrap(), request);
    }
    let refused = |keys: &Keyring, url: &str| ask(keys, url, NOW).unwrap_err().to_string();
    assert_eq!(refused(&new, &by_old), "url: a URL must be signed with a known key, found \"2026-10\"");
    assert_eq!(refused(&old, &by_both), "url: a URL must be signed with a known key, found \"2026-11\"");
    // The same id with another secret is another key.
    let other = keys(&NEW.replace("knows-2", "knows-3"));
    assert_eq!(refused(&other, &by_both), "url: a signature must be that of the URL, found another");
    assert_eq!(refused(&new, "/shop/price-tag.jpg"), "url: a URL must be signed, found no ~k and ~s");
    assert_eq!(refused(&Keyring::new(), &by_both), "url: a URL must be signed with a known key, found \"2026-11\"");
}

#[test]
fn a_tenants_key_signs_and_verifies_that_tenants_urls_alone() {
    let both = keys(&format!("larch an-example-that-everybody-knows-3 larch\n{NEW}"));
    let of = |tenant| Request::new(tenant, "price-tag", OutputFormat::Jpeg);
    assert!(both.sign(&of("larch")).unwrap().contains("~k=larch"));
    assert!(both.sign(&of("aster")).unwrap().contains("~k=2026-11"));
    let bound = keys("larch an-example-that-everybody-knows-3 larch");
    let error = bound.sign(&of("aster")).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (Code::BadSecret, "a key must be there to sign for tenant \"aster\", found none")
    );
    // Whoever has the secret can make a right MAC for another's URL; it is refused all the same.
    let free = keys("larch an-example-that-everybody-knows-3");
    let stolen = free.sign(&of("aster")).unwrap();
    assert_eq!(
        ask(&both, &stolen, NOW).unwrap_err().to_string(),
        "url: a URL must be signed with a key of its tenant, found \"larch\" for \"aster\""
    );
}

#[test]
fn no_secret_and_no_signature_is_printed() {
    let keys = keys(NEW);
    let url = keys.sign(&Request::new("shop", "price-tag", OutputFormat::Jpeg)).unwrap();
    let (_, signature) = Request::parse(&url).unwrap();
    assert_eq!(format!("{keys:?} {signature:?}"), "[\"2026-11\"] Some(Signature { key: \"2026-11\", .. })");
    for file in [
        "an-example-that-everybody-knows-1 an-example-that-everybody-knows-2",
        "a b c d",
        "short",
        "k short",
        "ke/y an-example-that-everybody-knows-2",
    ] {
        let said = Keyring::parse(file).unwrap_err().to_string();
        assert!(file.split(' ').filter(|word| word.len() > 4).all(|word| !said.contains(word)), "{said}");
    }
}

#[test]
fn a_file_of_secrets_says_what_is_wrong_with_each_line() {
    let said = |file: &str| Keyring::parse(file).map(|keys| format!("{keys:?}")).map_err(|error| error.to_string());
    assert_eq!(said("an-example-that-everybody-knows-1").as_deref(), Ok("[\"abb70445\"]"));
    assert_eq!(
        said("# old\n\n a an-example-that-everybody-knows-1 \r\nb an-example-that-everybody-knows-1 larch").as_deref(),
        Ok("[\"a\", \"b\"]")
    );
    assert_eq!(said("# nothing\n"), Err("a file of secrets must have a key, found none".to_owned()));
    let many = "a an-example-that-everybody-knows-1\na an-example-that-everybody-knows-2\nb short\nb c d e";
    let expected = "line 2: a key's id must stand once, found \"a\" twice\nline 3: a secret must have 32 to 1024 characters, found 5\nline 4: a key must be ID SECRET TENANT, found 4 words";
    assert_eq!(said(many), Err(expected.to_owned()));
}

#[test]
fn what_a_template_reads_of_a_row_draws_the_picture_of_the_row() {
    let (mut rows, mut shorter) = (0, 0);
    for folder in common::shipped() {
        for (name, row) in folder.rows(5) {
            let mut more = row.clone();
            more.set("a_column_that_nobody_reads", "x");
            let trimmed = folder.template.trim(&more);
            assert!(trimmed.iter().count() <= row.iter().count());
            shorter += usize::from(trimmed != row);
            for variant in folder.variants() {
                let context = Context { variant, now: Some(common::NOW), ..Context::default() };
                let key = |row: &Row| {
                    folder.renderer.plan(&folder.template, row, &context).map(|plan| plan.key()).map_err(|error| error.to_string())
                };
                assert_eq!(key(&trimmed), key(&row), "{} {name}", folder.name);
                // And so does what a URL makes of it.
                let request = Request { row: trimmed.clone(), ..Request::new("shop", &folder.name, OutputFormat::Jpeg) };
                let read = Request::parse(&keys(NEW).sign(&request).unwrap()).unwrap().0;
                assert_eq!(key(&read.row), key(&row), "{} {name}", folder.name);
                rows += 1;
            }
        }
    }
    assert!(rows > 30 && shorter > 5, "{rows} {shorter}");
}

#[test]
fn names_that_a_template_binds_stay_where_a_column_could_stand_for_them() {
    let json = r#"{ "templrender": 1, "name": "t", "size": [9, 9], "let": { "first": "{{ second }}", "second": "{{ now }}" },
        "layers": [ { "type": "text", "text": "{{ first }} {{ loop }}" } ] }"#;
    let row = Row::from_json(r#"{ "second": "a", "now": "b", "loop": "c", "other": "d" }"#).unwrap();
    let trimmed = Template::parse(json).unwrap().trim(&row);
    assert_eq!(trimmed, Row::from_json(r#"{ "second": "a", "now": "b", "loop": "c" }"#).unwrap());
}

#[test]
fn a_template_that_takes_the_row_as_a_whole_keeps_all_of_it() {
    let json = r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [ { "type": "text", "text": "{{ row | length }}" } ] }"#;
    let row = Row::from_json(r#"{ "a": 1, "b": null }"#).unwrap();
    assert_eq!(Template::parse(json).unwrap().trim(&row), row);
}

/// Prices of any length, days and instants, spans with open sides.
fn typed() -> impl Strategy<Value = Row> {
    let currency = prop::sample::select(vec!["EUR", "USD", "JPY", "KWD", "CLF", "INR", "CHF"]);
    let price = (any::<i64>(), 0u32..12, currency).prop_map(|(units, decimals, code)| {
        let digits = format!("{:0>20}", units.unsigned_abs());
        let (whole, fraction) = digits.split_at(20 - decimals as usize);
        let sign = if units < 0 { "-" } else { "" };
        Money { amount: Decimal::parse(&format!("{sign}{whole}.{fraction}")).unwrap(), currency: Currency::parse(code).unwrap() }
    });
    let instant =
        || (-62_000_000_000i64..253_000_000_000, -14i32 * 60..14 * 60).prop_map(|(seconds, minutes)| Date::at(seconds, minutes * 60));
    let span = (instant(), 0i64..900_000_000, 0..3).prop_map(|(start, length, open)| {
        // Its year has four digits in its own zone too.
        let end = Date::at((start.seconds() + length).min(253_402_200_000), 3_600);
        Interval::new((open != 1).then_some(start), (open != 2).then_some(end))
    });
    (price, instant(), span).prop_map(|(price, date, span)| {
        let mut row = Row::new();
        row.set("price", price);
        row.set("date", Value::Date(date));
        row.set("span", Value::Interval(span));
        row.set("list", Value::list([Value::map([("price", Value::from(price))])]));
        row
    })
}

proptest! {
    #[test]
    fn what_json_has_not_is_read_back_by_its_field(row in typed()) {
        let template = Template::parse(
            r#"{ "templrender": 1, "name": "t", "size": [9, 9], "fields": { "price": { "type": "money" }, "date": { "type": "date" },
                "span": { "type": "interval" }, "list": { "type": "list", "of": { "price": { "type": "money" } } } },
                "layers": [ { "type": "text", "text":
                    "{{ price.amount }} {{ price.currency }} {{ date }} {{ span }} {{ (list | first).price.amount }}" } ] }"#,
        )
        .unwrap();
        let url = Request { row: row.clone(), ..Request::new("shop", "t", OutputFormat::Png) }.canonical();
        prop_assert!(url.is_ok(), "{:?}", url);
        let read = Request::parse(&url.unwrap()).unwrap().0.row;
        let renderer = Renderer::new(Fonts::new());
        let key = |row: &Row| renderer.plan(&template, row, &Context::default()).map(|plan| plan.key());
        prop_assert_eq!(key(&read).unwrap(), key(&row).unwrap(), "{:?} {:?}", read, row);
        let mut other = row.clone();
        other.set("date", Value::Date(Date::at(253_300_000_000, 0)));
        prop_assert_ne!(key(&other).unwrap(), key(&row).unwrap());
    }
}

#[test]
fn what_is_refused_says_where_and_what_was_found() {
    let zip = |json: &str| format!("/a/b.png?~z={}", URL_SAFE_NO_PAD.encode(miniz_oxide::deflate::compress_to_vec(json.as_bytes(), 6)));
    let deep = format!("/a/b.png?~j={{\"a\":{}{}}}", "[".repeat(64), "]".repeat(64));
    let (plain, packed) =
        ("url: a URL must be a path from / on, or begin with http:// or https://, found", "parameter ~z: packed data must");
    for (url, expected) in [
        ("a/b.png", format!("{plain} \"a/b.png\"")),
        ("ftp://a/b.png?token=hidden", format!("{plain} \"ftp://a/b.png\"")),
        ("https://a.example", format!("{plain} \"\"")),
        ("/a/b.png#c", "url: a URL must have no spaces, control characters and fragments, found '#'".into()),
        ("/a/b.png?c=d e", "url: a URL must have no spaces, control characters and fragments, found ' '".into()),
        ("/a.png", "path: a path must be /TENANT/TEMPLATE.EXT or /TENANT/TEMPLATE/VARIANT.EXT, found \"/a.png\"".into()),
        ("/a/b/c/d.png", "path: a path must be /TENANT/TEMPLATE.EXT or /TENANT/TEMPLATE/VARIANT.EXT, found \"/a/b/c/d.png\"".into()),
        ("/a//b.png", "template: a name in a path must not be empty, . or .., found \"\"".into()),
        ("/%2E%2e/b.png", "tenant: a name in a path must not be empty, . or .., found \"..\"".into()),
        ("/a/b%2Fc.png", "template: a name in a path must have no slashes and no control characters, found '/'".into()),
        ("/a/b/c%5cd.png", "variant: a name in a path must have no slashes and no control characters, found '\\\\'".into()),
        ("/a%00/b.png", "tenant: a name in a path must have no slashes and no control characters, found '\\0'".into()),
        ("/a/b.gif", "path: a path must end with .jpg, .png or .webp, found \".gif\"".into()),
        ("/a/b", "path: a path must end with .jpg, .png or .webp, found \"/a/b\"".into()),
        ("/a/b@.png", "digest: a digest must be 1 to 64 letters and digits, found \"\"".into()),
        ("/a/b@1@2.png", "digest: a digest must be 1 to 64 letters and digits, found \"1@2\"".into()),
        ("/a/b.png?c=%zz", "column c: an escape must be % and two hex digits, found \"%zz\"".into()),
        ("/a/b.png?c=%ff", "column c: escaped text must be UTF-8, found other bytes".into()),
        ("/a/b.png?c=1&%63=2", "column c: a parameter must stand once, found it twice".into()),
        ("/a/b.png?~v=1&~v=1", "parameter ~v: a parameter must stand once, found it twice".into()),
        (
            "/a/b.png?~land=de",
            "parameter ~land: the name of a column must not begin with ~, and no reserved parameter has this name, did you mean \"~lang\"?"
                .into(),
        ),
        ("/a/b.png?~j={%22~c%22:1}", "parameter ~j: the name of a column in a URL must not begin with ~, found \"~c\"".into()),
        ("/a/b.png?c=1&~j={%22c%22:1}", "column c: a column must stand once, found it plain and in ~j".into()),
        ("/a/b.png?~j=[1]", "parameter ~j: a row must be a JSON object, found list".into()),
        (&deep, "parameter ~j: row is nested deeper than the limit of 64".into()),
        ("/a/b.png?~e=007", "parameter ~e: an expiry must be seconds since 1970 in digits, found \"007\"".into()),
        ("/a/b.png?~lang=de_CH", "parameter ~lang: a language must be a BCP 47 tag such as de-CH, found \"de_CH\"".into()),
        ("/a/b.png?~v=", "parameter ~v: a version must be 1 to 64 characters without control characters, found \"\"".into()),
        ("/a/b.png?~k=a", "parameter ~s: a URL with ~k must have ~s, found none".into()),
        ("/a/b.png?~s=a", "parameter ~k: a URL with ~s must have ~k, found none".into()),
        ("/a/b.png?~k=a&~s=a", "parameter ~s: a signature must be 32 bytes as base64url, found 1 characters that are not".into()),
        ("/a/b.png?~z=QUI=", format!("{packed} be base64url without padding and unused bits, found 4 characters that are not")),
        ("/a/b.png?~z=AB", format!("{packed} be base64url without padding and unused bits, found 2 characters that are not")),
        ("/a/b.png?~z=QUI", format!("{packed} be a whole deflate stream, found a damaged one")),
        (&zip(&format!("{{\"a\":\"{}\"}}", "b".repeat(65_536))), format!("{packed} be at most 65536 bytes, found more")),
        (&format!("{}&c=1", zip("{}")), "parameter ~z: a packed row must be the whole row, found columns beside it".into()),
        (&format!("{}&~j={{}}", zip("{}")), "parameter ~z: a packed row must be the whole row, found columns beside it".into()),
        (&format!("/a/b.png?{}", "c".repeat(8_192)), "url: a URL must have at most 8192 bytes, found 8201".into()),
    ] {
        let said = Request::parse(url).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(said, Err(expected), "{url}");
    }
}

#[test]
fn a_row_that_has_no_place_in_a_url_says_why() {
    let said = |name: &str, value: Value| {
        let mut request = Request::new("a", "b", OutputFormat::Png);
        request.row.set(name, value);
        request.canonical().unwrap_err().to_string()
    };
    let mut image = Request::new("a", "b", OutputFormat::Png);
    image.row.set_image("photo", *b"the bytes of a JPEG");
    let error = image.canonical().unwrap_err().to_string();
    assert_eq!(error, "column photo: a column in a URL must not hold a picture, found 19 bytes");
    let reserved = "column ~a: the name of a column in a URL must not begin with ~, which reserved parameters have";
    assert_eq!(said("~a", Value::from("b")), reserved);
    let deep = (0..64).fold(Value::from(1), |inner, _| Value::list([inner]));
    assert_eq!(said("a", deep), "column a: a row must be nested at most 64 deep, found more");
    // Shared lists stand for far more values than memory holds.
    let wide = (0..40).fold(Value::from(1), |inner, _| Value::list([inner.clone(), inner]));
    assert_eq!(said("a", wide), "column a: a URL must have at most 2000 characters, found a row of more than 65536 values");
    let late = said("a", Value::Date(Date::at(400_000_000_000, 0)));
    assert!(late.starts_with("column a: a date as text must be of the years 0 to 9999"), "{late}");
    let open = said("a", Value::Interval(Interval::new(None, None)));
    assert_eq!(open, "column a: an interval as text must have a start or an end, in order, found ../..");
}

#[test]
fn numbers_are_exact_and_have_one_spelling() {
    for (written, read) in [
        ("79228162514264337593543950335", "79228162514264337593543950335"),
        ("-79228162514264337593543950335", "-79228162514264337593543950335"),
        ("1e-28", "0.0000000000000000000000000001"),
        ("1.50", "1.5"),
        ("150E-2", "1.5"),
        ("1e3", "1000"),
        ("-0.0", "0"),
        ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
    ] {
        let (request, _) = Request::parse(&format!("/a/b.png?~j={{\"n\":{written}}}")).unwrap();
        assert_eq!(request.canonical().unwrap(), format!("/a/b.png?~j=%7B%22n%22%3A{read}%7D"));
        assert_eq!(Request::parse(&request.canonical().unwrap()).unwrap().0, request);
    }
}
