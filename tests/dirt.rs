//! The dirt that real feeds have, one fixture for each kind: it either reads, and the value is asserted, or it names its fault, and the text is.
//!
//! Small pictures are made here. The shop exports of the shared corpora are read at the end, where they lie beside the project.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a test may read files and tell what it skips")]

mod common;

use std::borrow::Cow;

use common::{NOW, around, shipped};
use templrender::{Code, Context, Error, FeedReader, Frame, Limits, Output, Plan, Renderer, Resources, Row, Scratch, Template, Value};

/// The rows of a feed, all of which must be rows.
fn rows(feed: impl AsRef<[u8]>) -> Vec<Row> {
    all(feed.as_ref()).into_iter().map(|row| row.unwrap_or_else(|e| panic!("{e}"))).collect()
}

fn all(feed: &[u8]) -> Vec<Result<Row, Error>> {
    let mut reader = FeedReader::new(None, &Limits::default());
    reader.push(feed);
    reader.finish();
    let rows = std::iter::from_fn(|| reader.next_row()).map(|row| row.row).collect();
    assert_eq!(reader.fault(), None);
    rows
}

/// The title that a cell comes to.
fn title(cell: &str) -> String {
    let row = rows(format!("id\ttitle\na\t{cell}\n")).remove(0);
    row.get("title").and_then(Value::as_text).unwrap_or("-").to_owned()
}

/// What a template writes for a row, or why it does not.
fn written(fields: &str, text: &str, row: &Row) -> Result<String, String> {
    let json = format!(
        r##"{{ "templrender": 1, "name": "t", "size": [900, 120], "fonts": ["Noto Sans"], "fields": {{ {fields} }},
            "layers": [{{ "type": "text", "text": "{text}", "width": 900, "height": 60, "font-size": 10 }}] }}"##
    );
    let template = Template::parse(&json).unwrap_or_else(|e| panic!("{e}"));
    let renderer = Renderer::new(common::fonts());
    let plan = renderer.plan(&template, row, &Context { now: Some(NOW), ..Context::default() }).map_err(|e| e.to_string())?;
    let rendered = renderer.render(&plan, &Resources::new(), &mut Scratch::new()).map_err(|e| e.to_string())?;
    Ok(rendered.report.layers.iter().flat_map(|layer| &layer.lines).map(|line| line.text.trim()).collect::<Vec<_>>().join(" "))
}

fn price(cell: &str) -> Result<String, String> {
    let row = rows(format!("id\tprice\na\t{cell}\n")).remove(0);
    written(r#""price": { "type": "money" }"#, "{{ price.amount }} {{ price.currency }}", &row)
}

#[test]
fn bom_and_encodings() {
    let feed = "id,title\na,Größe\n";
    let wide = |bytes: fn(u16) -> [u8; 2]| format!("\u{feff}{feed}").encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let narrow: Vec<u8> = feed.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (name, bytes) in [
        ("bom", format!("\u{feff}{feed}").into_bytes()),
        ("windows-1252", narrow),
        ("utf-16le", wide(u16::to_le_bytes)),
        ("utf-16be", wide(u16::to_be_bytes)),
    ] {
        assert_eq!(rows(bytes)[0].get("title"), Some(&Value::text("Größe")), "{name}");
    }
}

#[test]
fn entities_and_tags() {
    assert_eq!(title("Salt &amp;amp; pepper"), "Salt & pepper");
    assert_eq!(title("Caf&amp;eacute; &#8211; &quot;new&quot;"), "Café – \"new\"");
    assert_eq!(title("<b>Bold</b> honey"), "<b>Bold</b> honey");
    let row = rows("id\ttitle\na\t&lt;b&gt;Bold&lt;/b&gt; honey\n").remove(0);
    assert_eq!(written("", "{{ title | strip_html }}", &row).as_deref(), Ok("Bold honey"));
}

#[test]
fn titles_of_any_shape() {
    assert_eq!(title("HANDMADE HONEY 500G"), "HANDMADE HONEY 500G");
    assert_eq!(title("X"), "X");
    let long = "Honey ".repeat(83) + "No";
    assert_eq!(long.len(), 500);
    assert_eq!(title(&long), long);
    assert_eq!(title("🐝 Bee 👩‍🌾"), "🐝 Bee 👩‍🌾");
    let controls = "No\u{a0}break, zero\u{200b}width, \u{202e}bidi\u{202c}";
    assert_eq!(title(controls), controls);
    assert_eq!(title("\u{a0}"), "-", "a title of no-break spaces is blank");
    for cell in [long.as_str(), "X", controls] {
        let row = rows(format!("id\ttitle\na\t{cell}\n")).remove(0);
        assert!(written("", "{{ title }}", &row).is_ok(), "{cell}");
    }
}

#[test]
fn prices_as_they_are_spelt() {
    for (cell, read) in [
        ("9.99 USD", "9.99 USD"),
        ("USD 9.99", "9.99 USD"),
        ("9,99 €", "9.99 EUR"),
        ("9,99 &euro;", "9.99 EUR"),
        ("1.299,00 EUR", "1299 EUR"),
        ("1\u{a0}299,00 EUR", "1299 EUR"),
        ("0.00 EUR", "0 EUR"),
        ("1500 JPY", "1500 JPY"),
        ("1.234 KWD", "1.234 KWD"),
    ] {
        let found = price(cell);
        let same = found.as_deref().is_ok_and(|found| found == read || found.replace(".00 ", " ") == read);
        assert!(same, "{cell}: {found:?}, wants {read}");
    }
    for (cell, why) in [("9.99", "field price: "), ("1 299,00", "field price: ")] {
        let fault = price(cell).unwrap_err();
        assert!(fault.starts_with(why) && fault.contains("currency"), "{cell}: {fault}");
    }
    let row = rows("id\tprice\na\t1 299,00\n").remove(0);
    assert_eq!(written(r#""price": { "type": "money", "currency": "EUR" }"#, "{{ price.amount }}", &row).as_deref(), Ok("1299"));
}

#[test]
fn sales_that_are_none() {
    let fields = r#""price": { "type": "money" }, "sale_price": { "type": "money" }, "sale_price_effective_date": { "type": "interval" }"#;
    let deal = |price: &str, sale: &str, window: &str| {
        let row = rows(format!("id\tprice\tsale_price\tsale_price_effective_date\na\t{price}\t{sale}\t{window}\n")).remove(0);
        written(fields, "{{ 'on' if deal(price, sale_price, sale_price_effective_date).on else 'off' }}", &row)
    };
    let on = "2026-11-01T00:00Z/2026-12-01T00:00Z";
    for (price, sale, window, state) in [
        ("10 EUR", "8 EUR", on, "on"),
        ("10 EUR", "10 EUR", on, "off"),
        ("10 EUR", "12 EUR", on, "off"),
        ("10 EUR", "8 EUR", "2025-11-01T00:00Z/2025-12-01T00:00Z", "off"),
        ("10 EUR", "8 EUR", "2027-11-01T13:00-0800/2027-12-01T15:30-0800", "off"),
        ("10 EUR", "8 EUR", "2026-11-01T0:00-23:59/2026-12-31T0:00-23:59", "on"),
        ("10 EUR", "8 EUR", "2026-11-01/..", "on"),
        ("10 EUR", "8 EUR", "", "on"),
    ] {
        assert_eq!(deal(price, sale, window).as_deref(), Ok(state), "{price} {sale} {window}");
    }
    assert!(deal("10 EUR", "8 USD", on).unwrap_err().contains("one currency"));
}

#[test]
fn urls_as_they_come() {
    let links = ["https://x.test/a b.jpg", "https://x.test/größe.jpg", "https://x.test/{{id}}.jpg", "https://x.test/a.jpg?x=1&copy=2"];
    for link in links {
        let row = rows(format!("id\timage_link\na\t{link}\n")).remove(0);
        let needs: Vec<String> = plan(&row).needs().map(|need| format!("{:?}", need.source())).collect();
        assert_eq!(needs, [format!("Location({link:?})")]);
    }
    let escaped = rows("id\timage_link\na\thttps://x.test/a.jpg?x=1&amp;y=2\n").remove(0);
    assert_eq!(escaped.get("image_link"), Some(&Value::text("https://x.test/a.jpg?x=1&y=2")));
}

fn plan(row: &Row) -> Plan {
    let layer = r#"{ "type": "image", "src": "{{ image_link }}", "width": 100, "height": 100 }"#;
    let template = Template::parse(&around(layer)).unwrap();
    Renderer::new(common::fonts()).plan(&template, row, &Context::default()).unwrap()
}

/// What becomes of a picture in a row: the middle pixel of what is drawn, or why it is refused.
fn drawn(bytes: Vec<u8>) -> Result<[u8; 4], String> {
    let plan = plan(&rows("id,image_link\na,p\n").remove(0));
    let mut resources = Resources::new();
    let need = plan.pending(&resources)[0].id();
    resources.insert(need, bytes).map_err(|e| e.faults()[0].message.clone())?;
    let rendered = Renderer::new(common::fonts()).render(&plan, &resources, &mut Scratch::new()).map_err(|e| e.to_string())?;
    let at = (50 * 200 + 50) * 4;
    Ok(rendered.frame.pixels()[at..at + 4].try_into().unwrap())
}

fn near(found: [u8; 4], wanted: [u8; 4]) -> bool {
    found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 12)
}

fn jpeg(color: jpeg_encoder::ColorType, pixel: &[u8], width: u16, height: u16, exif: Option<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 95);
    if let Some(orientation) = exif {
        let mut data = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        data.extend([orientation, 0, 0, 0, 0, 0, 0]);
        encoder.add_app_segment(1, data).unwrap();
    }
    encoder.encode(&pixel.repeat(usize::from(width) * usize::from(height)), width, height, color).unwrap();
    out
}

fn gif(size: (u32, u32), frames: &[[u8; 4]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut out);
    for color in frames {
        encoder.encode(&color.repeat((size.0 * size.1) as usize), size.0, size.1, image::ExtendedColorType::Rgba8).unwrap();
    }
    drop(encoder);
    out
}

#[test]
fn pictures_that_are_none_or_odd() {
    let refused = |bytes: &[u8]| drawn(bytes.to_vec()).unwrap_err();
    assert_eq!(refused(b"<!DOCTYPE html><html><h1>404</h1></html>"), "this is an HTML page, not a picture");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9' fill='#00c800'/></svg>";
    assert!(near(drawn(svg.to_vec()).unwrap(), [0, 200, 0, 255]), "SVG");
    assert!(
        refused(b"<svg xmlns='http://www.w3.org/2000/svg'><rect").contains("SVG"),
        "{}",
        refused(b"<svg xmlns='http://www.w3.org/2000/svg'><rect")
    );
    assert!(near(drawn(gif((1, 1), &[[0, 200, 0, 255]])).unwrap(), [0, 200, 0, 255]), "1x1 GIF");
    let animated = drawn(gif((8, 8), &[[200, 0, 0, 255], [0, 0, 200, 255]])).unwrap();
    assert!(near(animated, [200, 0, 0, 255]), "an animated GIF is its first frame, found {animated:?}");
    let cmyk = drawn(jpeg(jpeg_encoder::ColorType::Cmyk, &[0, 255, 255, 0], 16, 16, None)).unwrap();
    assert!(cmyk[0] > 150 && cmyk[1] < 110 && cmyk[2] < 110, "CMYK's red is red, found {cmyk:?}");
    let turned = jpeg(jpeg_encoder::ColorType::Rgb, &[0, 0, 200], 32, 16, Some(6));
    let turned = Frame::decode(&turned, &Limits::default()).unwrap();
    assert_eq!((turned.width(), turned.height()), (16, 32), "EXIF turns the picture");
}

#[test]
fn pictures_of_great_size_or_little_in_them() {
    let wide = Frame::from_rgba(12_000, 40, [0, 0, 200, 255].repeat(12_000 * 40)).unwrap().encode(&Output::png()).unwrap();
    assert_eq!(Frame::decode(&wide, &Limits::default()).map(|f| f.width()), Ok(12_000));
    assert!(drawn(wide.clone()).is_ok());
    let error = Frame::decode(&wide, &Limits { max_side_px: 8_000, ..Limits::default() }).unwrap_err();
    assert_eq!((error.code(), error.to_string()), (Code::ResourceLimit, "picture is 12000x40 px, over the limit of 8000 px a side".into()));
    let mut pixels = vec![0; 400 * 400 * 4];
    for (y, x) in (180..220).flat_map(|y| (180..220).map(move |x| (y, x))) {
        pixels[(y * 400 + x) * 4..][..4].copy_from_slice(&[200, 0, 0, 255]);
    }
    let border = Frame::from_rgba(400, 400, pixels).unwrap().encode(&Output::png()).unwrap();
    assert!(near(drawn(border).unwrap(), [200, 0, 0, 255]), "what lies in a transparent border is drawn in its place");
}

#[test]
fn ids_quotes_and_ragged_rows() {
    let feed = "id,title,brand\na,\"Two\nlines\",\"\"\nb,B\na,\"He said \"\"hi\"\"\",x\nc,\"\",y\nd,D,z,more\n";
    let found: Vec<String> = all(feed.as_bytes())
        .into_iter()
        .map(|row| match row {
            Ok(row) => format!("{:?} {:?}", row.get("title"), row.get("brand")),
            Err(error) => error.to_string(),
        })
        .collect();
    assert_eq!(
        found,
        [
            "Some(Text(\"Two\\nlines\")) Some(Null)",
            "a row must have 3 cells as the header has, found 2",
            "column id: an id must stand once, \"a\" stands in line 2 already",
            "Some(Null) Some(Text(\"y\"))",
            "a row must have 3 cells as the header has, found 4",
        ]
    );
}

#[test]
fn shop_exports_are_laid_out_or_name_their_fault() {
    let folder = common::root().join("../shared/corpora/feeds");
    let folders = shipped();
    let (mut files, mut seen, mut laid, mut failed) = (0, 0, 0, 0);
    let mut scratch = Scratch::new();
    for name in ["apparel.csv", "home-and-garden.csv", "jewelery.csv"] {
        let Ok(bytes) = std::fs::read(folder.join(name)) else { continue };
        files += 1;
        for row in rows(&bytes) {
            seen += 1;
            for (column, value) in row.iter() {
                let text = value.as_text().map_or(Cow::Borrowed(""), Cow::Borrowed);
                let broken = ["\u{fffd}", "Ã¤", "Ã©", "Ã¼", "â€", "Â "].iter().any(|sign| text.contains(sign));
                assert!(!broken, "{name}: {column}: {text:?}");
            }
            for template in &folders {
                let context = Context { now: Some(NOW), ..Context::default() };
                match template.renderer.plan(&template.template, &row, &context) {
                    Ok(plan) => {
                        let resources = template.answer(&plan);
                        match template.renderer.report(&plan, &resources, &mut scratch) {
                            Ok(report) => {
                                laid += 1;
                                let lines = report.layers.iter().flat_map(|layer| &layer.lines);
                                assert!(lines.into_iter().all(|line| !line.text.contains('\u{fffd}')), "{name}");
                            }
                            Err(error) => {
                                failed += 1;
                                assert_ne!(error.code(), Code::Bug, "{name}: {error}");
                            }
                        }
                    }
                    Err(error) => {
                        failed += 1;
                        assert!(matches!(error.code(), Code::MissingField | Code::BadField | Code::Evaluation), "{name}: {error}");
                    }
                }
            }
        }
    }
    println!("{files} of 3 shop exports: {seen} rows, {laid} laid out, {failed} with a typed error");
    if files == 0 {
        println!("SKIPPED: no feeds at {}", folder.display());
        return;
    }
    assert!(files == 3 && seen > 70 && laid + failed == seen * folders.len(), "{files} {seen} {laid} {failed}");
}
