use super::*;
use crate::row::Row;

fn codes(found: &[ChannelFinding]) -> Vec<&'static str> {
    found.iter().map(|f| f.code).collect()
}

/// A code that is given and not listed could not be a threshold.
#[test]
fn every_code_is_listed_once() {
    assert!(CODES.windows(2).all(|pair| pair[0] < pair[1]), "{CODES:?}");
    let sources = [include_str!("mod.rs"), include_str!("facts.rs"), include_str!("row.rs")].concat();
    let mut given: Vec<&str> = sources.match_indices("\"channel-").filter_map(|(at, _)| sources[at + 1..].split('"').next()).collect();
    given.sort_unstable();
    given.dedup();
    assert_eq!(given, CODES);
}

const BEFORE: i64 = 1_801_353_599;

#[test]
fn a_small_picture_is_refused_by_size_and_day() {
    let lint = |side: u32, now: i64| codes(&Channel::Google.lint_picture(1_000, OutputFormat::Png, (side, side), Some(now)));
    assert_eq!(lint(99, BEFORE), ["channel-picture-size", "channel-picture-size-soon"]);
    assert_eq!(lint(100, BEFORE), ["channel-picture-size-apparel", "channel-picture-size-soon"]);
    assert_eq!(lint(250, BEFORE), ["channel-picture-size-soon"]);
    assert_eq!(lint(499, BEFORE + 1), ["channel-picture-size"]);
    assert_eq!(lint(500, BEFORE + 1), [] as [&str; 0]);
    assert_eq!(codes(&Channel::Google.lint_picture(1_000, OutputFormat::Png, (499, 900), None)), [] as [&str; 0]);
}

#[test]
fn bytes_pixels_and_formats_are_held_to_the_limit() {
    let google = |bytes, size| codes(&Channel::Google.lint_picture(bytes, OutputFormat::WebP, size, None));
    assert_eq!(google(16_000_000, (8000, 8000)), [] as [&str; 0]);
    assert_eq!(google(16_000_001, (8001, 8000)), ["channel-picture-bytes", "channel-picture-pixels"]);
    assert_eq!(codes(&Channel::Meta.lint_picture(8_000_001, OutputFormat::Jpeg, (1080, 1080), None)), ["channel-picture-bytes"]);
    assert_eq!(codes(&Channel::Tiktok.lint_picture(1, OutputFormat::WebP, (1080, 1080), None)), ["channel-format"]);
    assert_eq!(codes(&Channel::Pinterest.lint_picture(1, OutputFormat::Jpeg, (74, 75), None)), ["channel-picture-size"]);
}

#[test]
fn overlays_are_named_once_and_only_where_they_are_forbidden() {
    let template = Template::parse(
        r##"{ "templrender": 1, "name": "t", "size": [1080, 1080], "layers": [
            { "id": "photo", "type": "image", "src": "{{ image_link }}", "width": 900, "height": 900, "border-radius": 9 },
            { "id": "frame", "type": "box", "width": 900, "height": 900, "border": "4px solid red" },
            { "type": "box", "layers": [ { "id": "off", "type": "text", "text": "-10%" }, { "type": "text", "text": "x", "hidden": true } ] } ],
            "variants": { "wide": { "size": [1200, 628] }, "odd": { "size": [1000, 700] }, "small": { "size": [540, 540] } } }"##,
    )
    .unwrap();
    let places = |channel: Channel| {
        channel.lint_template(&template, Some(BEFORE)).iter().map(|f| format!("{} {}: {}", f.code, f.place, f.found)).collect::<Vec<_>>()
    };
    let overlays = ["channel-overlay frame: a border", "channel-overlay off: a text"];
    assert_eq!(places(Channel::Google), overlays);
    assert_eq!(places(Channel::Microsoft), overlays);
    assert_eq!(
        places(Channel::Meta),
        ["channel-canvas-shape variant odd: 1000 x 700 px", "channel-canvas-size variant small: 540 x 540 px"]
    );
    assert_eq!(places(Channel::Tiktok), [] as [&str; 0]);
}

#[test]
fn rows_are_held_to_columns_lengths_and_urls() {
    let lint = |channel: Channel, json: &str| {
        let mut found = Vec::new();
        lint_row(channel, &Row::from_json(json).unwrap(), &mut |code, finding| {
            found.push(format!("{code}: {}, found {}", finding.rule(), finding.found()));
        });
        found
    };
    let whole = r#""title": "t", "description": "d", "link": "https://a", "availability": "in_stock", "price": "1 EUR""#;
    let url = "https://a/".to_owned() + &"x".repeat(1_990);
    assert_eq!(lint(Channel::Google, &format!(r#"{{ "id": 7, {whole}, "image_link": "{url}" }}"#)), [] as [&str; 0]);
    assert_eq!(
        lint(Channel::Google, &format!(r#"{{ "id": "{}", {whole}, "image_link": "{url}ü" }}"#, "i".repeat(51))),
        [
            "channel-id-length: id must have at most 50 characters, found 51 characters".to_owned(),
            "channel-image-link-length: image_link must have at most 2000 characters, found 2001 characters".to_owned(),
            format!("channel-url-ascii: a picture's URL must be ASCII, found \"{}…\"", url.get(..64).unwrap()),
        ]
    );
    let many = (0..11).map(|i| format!("https://a/{i}.jpg")).collect::<Vec<_>>().join(",");
    assert_eq!(
        lint(Channel::Pinterest, &format!(r#"{{ "id": "a", {whole}, "image_link": "a.jpg?secret", "additional_image_link": "{many}" }}"#)),
        [
            "channel-url-scheme: a picture's URL must begin with http:// or https://, found \"a.jpg\"",
            "channel-additional-image-links: there must be at most 10 additional pictures, found 11",
        ]
    );
    let umlauts = "ü".repeat(200);
    let meta = format!(r#"{{ "id": "a", "title": "{umlauts}", "description": "d", "link": "l", "image_link": "i", "price": "1" }}"#);
    assert_eq!(
        lint(Channel::Meta, &meta),
        ["availability", "condition", "brand"].map(|c| format!("channel-required: a required column must be filled, found no {c}"))
    );
}
