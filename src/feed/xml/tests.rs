//! Items are cut out of any stream at any place, and read as the rows that they mean.

use proptest::prelude::*;

use super::item;
use super::names::Names;
use crate::feed::{FeedEncoding, FeedFormat, FeedReader, FeedRow};
use crate::limits::Limits;
use crate::row::{Row, Value};

/// Reads a feed that arrives in parts.
fn feed(parts: &[&[u8]], limit: usize, keep: bool) -> (Vec<FeedRow>, FeedReader) {
    let limits = Limits { max_feed_row_bytes: limit, ..Limits::default() };
    let mut reader = FeedReader::new(Some(FeedFormat::Xml), &limits);
    if keep {
        reader = reader.with_source();
    }
    let mut rows = Vec::new();
    for part in parts {
        reader.push(part);
        rows.extend(std::iter::from_fn(|| reader.next_row()));
    }
    reader.finish();
    rows.extend(std::iter::from_fn(|| reader.next_row()));
    (rows, reader)
}

const LIMIT: usize = 5_242_880;

/// The rows of a feed that is as it should be.
fn rows(text: &str) -> Vec<Row> {
    let (rows, reader) = feed(&[text.as_bytes()], LIMIT, false);
    assert_eq!(reader.fault(), None);
    rows.into_iter().map(|row| row.row.unwrap()).collect()
}

/// All that is told of a feed: line, id, row or fault.
fn told(text: &str) -> Vec<String> {
    let (rows, reader) = feed(&[text.as_bytes()], LIMIT, false);
    let row = |row: FeedRow| {
        let shown = row.row.map_or_else(|error| error.to_string(), |row| shown(&row).replace('\n', " "));
        format!("{} {}: {shown}", row.line, row.id.as_deref().unwrap_or("-"))
    };
    rows.into_iter().map(row).chain(reader.fault().map(ToString::to_string)).collect()
}

fn names(root: &str) -> Names {
    Names::of_root(root).unwrap()
}

const RSS: &str = r#"<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">"#;

fn columns(item: &str) -> String {
    item::columns(item, &names(RSS)).map_or_else(|message| message, |columns| shown(&crate::feed::columns::row(columns)))
}

/// A row as `name=value` lines.
fn shown(row: &Row) -> String {
    row.iter().map(|(name, value)| format!("{name}={}", value_shown(value))).collect::<Vec<_>>().join("\n")
}

fn value_shown(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(value_shown).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => format!("{{{}}}", map.iter().map(|(k, v)| format!("{k}: {}", value_shown(v))).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

const GOOGLE: &str = r#"<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">
<channel>
<title>Example - Online Store</title>
<link>http://www.example.com</link>
<description>This is a sample feed containing the required and recommended attributes</description>
<item>
<!-- The following attributes are always required -->
<g:id>TV_123456</g:id>
<g:title>LG 22LB4510 - 22&#34; LED TV - 1080p (FullHD)</g:title>
<g:description>Attractively styled and boasting stunning picture quality, the LG 22LB4510 - 22&quot; LED TV is for you.</g:description>
<g:link>http://www.example.com/electronics/tv/22LB4510.html?a=1&amp;b=2</g:link>
<g:image_link>http://images.example.com/TV_123456.png</g:image_link>
<g:additional_image_link>http://images.example.com/TV_123456,side.png</g:additional_image_link>
<g:condition>used</g:condition>
<g:availability>in stock</g:availability>
<g:price>159.00 USD</g:price>
<g:shipping>
  <g:country>US</g:country>
  <g:service>Standard</g:service>
  <g:price>14.95 USD</g:price>
</g:shipping>
<g:shipping>
  <g:country>GB</g:country>
  <g:price>9.50 GBP</g:price>
</g:shipping>
<g:gtin>71919219405200</g:gtin>
<g:google_product_category>Electronics &gt; Video &gt; Televisions &gt; Flat Panel Televisions</g:google_product_category>
<g:product_type>Consumer Electronics &gt; TVs &gt; Flat Panel TVs</g:product_type>
<g:product_type>Second choice</g:product_type>
<g:product_detail><g:section_name>General</g:section_name><g:attribute_name>Size</g:attribute_name></g:product_detail>
<g:product_highlight>Two HDMI ports</g:product_highlight>
<g:product_highlight><![CDATA[<Full> HD & more]]></g:product_highlight>
</item>
<item><title>Plain</title><g:id>B</g:id><link>https://example.com/b</link></item>
</channel>
</rss>
"#;

#[test]
fn an_rss_feed_is_read_as_google_documents_it() {
    let rows = rows(GOOGLE);
    assert_eq!(
        shown(&rows[0]),
        r#"additional_image_link=["http://images.example.com/TV_123456,side.png"]
availability="in stock"
condition="used"
description="Attractively styled and boasting stunning picture quality, the LG 22LB4510 - 22\" LED TV is for you."
google_product_category="Electronics > Video > Televisions > Flat Panel Televisions"
gtin="71919219405200"
id="TV_123456"
image_link="http://images.example.com/TV_123456.png"
link="http://www.example.com/electronics/tv/22LB4510.html?a=1&b=2"
price="159.00 USD"
product_detail=[{attribute_name: "Size", section_name: "General"}]
product_highlight=["Two HDMI ports", "<Full> HD & more"]
product_type="Consumer Electronics > TVs > Flat Panel TVs"
shipping=[{country: "US", price: "14.95 USD", service: "Standard"}, {country: "GB", price: "9.50 GBP"}]
title="LG 22LB4510 - 22\" LED TV - 1080p (FullHD)""#
    );
    assert_eq!(shown(&rows[1]), "id=\"B\"\nlink=\"https://example.com/b\"\ntitle=\"Plain\"");
    let (rows, reader) = feed(&[GOOGLE.as_bytes()], LIMIT, false);
    assert_eq!(rows.iter().map(|row| (row.line, row.id.as_deref())).collect::<Vec<_>>(), [(7, Some("TV_123456")), (35, Some("B"))]);
    assert_eq!((reader.format(), reader.columns(), reader.delimiter()), (Some(FeedFormat::Xml), None, None));
}

#[test]
fn an_atom_feed_is_read_whatever_its_prefixes_are() {
    let atom = r#"<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
  <title>Store</title><link rel="self" href="http://www.example.com"/><updated>20201010T12:00:00Z</updated>
  <entry>
    <g:id>DB_1</g:id><id>tag:example.com,2026:1</id>
    <title type="html">Dior &amp;amp; Co</title>
    <link rel="enclosure" href="https://example.com/movie"/>
    <link href='https://example.com/p?id=1&color=r' />
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One</p><p>Two<br/>lines of <b>te</b>xt</p></div></content>
    <media:thumbnail url="https://example.com/t.jpg" width="10"/>
    <c:season>summer</c:season>
    <g:image_link> https://example.com/1.jpg </g:image_link>
  </entry>
</feed>"#;
    let expected = r#"c:season="summer"
content={div: {p: ["One", "Two\nlines of text"]}}
id="DB_1"
image_link="https://example.com/1.jpg"
link="https://example.com/p?id=1&color=r"
media:thumbnail={url: "https://example.com/t.jpg", width: "10"}
title="Dior & Co""#;
    assert_eq!(shown(&rows(atom)[0]), expected);
    let other = atom.replace("xmlns:g=", "xmlns:merchant=").replace("<g:", "<merchant:").replace("</g:", "</merchant:");
    assert_eq!(shown(&rows(&other)[0]), expected);
    let bound_in_the_item = atom
        .replace(" xmlns:g=\"http://base.google.com/ns/1.0\"", "")
        .replace("<g:image_link", "<x:image_link xmlns:x='http://base.google.com/ns/1.0'");
    assert_eq!(shown(&rows(&bound_in_the_item.replace("</g:image_link", "</x:image_link"))[0]), expected);
    let prefixed = r#"<atom:feed xmlns:atom="http://www.w3.org/2005/Atom"><atom:entry><atom:id>7</atom:id><g:title>t</g:title></atom:entry></atom:feed>"#;
    assert_eq!(shown(&rows(prefixed)[0]), "id=\"7\"\ntitle=\"t\"");
}

#[test]
fn what_hides_a_tag_is_passed_over() {
    let text = "<?xml version='1.0'?><!DOCTYPE rss SYSTEM \"a>b\"><!-- <item>no</item> --><rss a='>' b=\"</rss>\"><?php <item> ?>\n\
        <channel><item a='</item>' b=\">\"><!-- </item> --><title><![CDATA[</item><item>]]></title><?x </item> ?><id>1</id ></item >\n\
        <itemlist/><items></items><item/><item></item></channel></rss>";
    let rows = rows(text);
    assert_eq!(rows.len(), 3);
    assert_eq!(shown(&rows[0]), "id=\"1\"\ntitle=\"</item><item>\"");
    assert!(rows[1] == Row::new() && rows[2] == Row::new());
    assert!(told(text)[0].starts_with("2 1: "));
}

#[test]
fn entities_are_decoded_and_what_is_none_stays() {
    for (written, meant) in [
        ("&amp;&lt;&gt;&quot;&apos;", "&<>\"'"),
        ("a&nbsp;b &eacute;&euro;&hellip;", "a\u{a0}b é€…"),
        ("&#233;&#xE9;&#Xe9;", "ééé"),
        ("A & B &c; &nosuch; &#0; &#xD800; &#+5; &;", "A & B &c; &nosuch; &#0; &#xD800; &#+5; &;"),
        ("?a=1&b=2&copy=3", "?a=1&b=2&copy=3"),
        ("one<![CDATA[ & &amp; ]]>two", "one & &amp; two"),
        ("a <!-- no -->b", "a b"),
        ("two\r\nlines", "two\nlines"),
        ("&amp;nbsp;", "&nbsp;"),
    ] {
        let columns = item::columns(&format!("<item><x>{written}</x></item>"), &names(RSS)).unwrap();
        assert_eq!(columns.get("x"), Some(&Value::text(meant)), "{written}");
    }
    assert_eq!(columns("<item><y z=\"&eacute; ? a=1&b=2 &amp;\"/></item>"), r#"y={z: "é ? a=1&b=2 &"}"#);
    let twice = "<item><title>Bed &amp;amp; Breakfast&amp;nbsp;</title><link>https://example.com/?a&amp;amp;lt=1</link></item>";
    assert_eq!(columns(twice), "link=\"https://example.com/?a&lt=1\"\ntitle=\"Bed & Breakfast\\u{a0}\"");
}

#[test]
fn what_an_item_may_not_be_is_told() {
    for (item, message) in [
        (
            "<item>\n<title>a</titel></item>",
            "an item must be well-formed XML: ill-formed document: expected `</title>`, but `</titel>` was found, in line 2 of the item",
        ),
        ("<item><title>a</item>", "an item must be well-formed XML: ill-formed document: expected `</title>`, but `</item>` was found"),
        ("<item><!DOCTYPE x [<!ENTITY a 'b'>]></item>", "an item must hold elements and text, found a declaration"),
    ] {
        assert_eq!(columns(item), message, "{item}");
    }
    let deep = format!("<item>{}{}</item>", "<a>".repeat(64), "</a>".repeat(64));
    assert_eq!(columns(&deep), "an item's elements must be nested at most 64 deep, found deeper ones");
    assert!(columns(&format!("<item>{}{}</item>", "<a>".repeat(63), "</a>".repeat(63))).starts_with("a={a: {a: "));
    let many = format!("<item>{}</item>", "<a/>".repeat(10_000));
    assert_eq!(columns(&many), "an item must have at most 10000 elements, found more");
}

#[test]
fn the_id_of_a_broken_item_is_found() {
    let names = names(RSS);
    for (item, id) in [
        ("<item><id>plain</id><g:id> A1 </g:id><title>a</titel></item>", Some("A1")),
        ("<item><title>a</titel><g:id><![CDATA[A<2]]></g:id>", Some("A<2")),
        ("<item><id x='y'>a&amp;b</id><b>", Some("a&b")),
        ("<item><title>a</item>", None),
        ("<item><g:id>cut o", None),
        ("<item><g:id", None),
        ("é<é", None),
    ] {
        assert_eq!(item::id(item, &names).as_deref(), id, "{item}");
    }
}

#[test]
fn a_broken_item_harms_no_other() {
    assert_eq!(
        told("<rss>\n<item><id>1</id>\n<item><id>2</id></item>\n<item><id>3</id></rss>"),
        ["2 1: an item must be closed before the next one begins", "3 2: id=\"2\"", "4 3: an item must be closed before its feed is"]
    );
    assert_eq!(
        told("<rss><item><id>1</id></item></item></b><item><id>2</id><b></item>\r\n<item><id>1</id></item></rss>"),
        [
            "1 1: id=\"1\"",
            "1 2: an item must be well-formed XML: ill-formed document: expected `</b>`, but `</item>` was found",
            "2 1: column id: an id must stand once, \"1\" stands in line 1 already"
        ]
    );
    for end in ["", "<title", "<![CDATA[", "<!--", "<a b='", "<", "<!", "</item", "é"] {
        assert_eq!(
            told(&format!("<rss><item><id>1</id></item>\n<item><id>2</id>{end}")),
            [
                "1 1: id=\"1\"",
                "2 2: an item must be closed, found the end of the feed",
                "the root of an XML feed must be closed, found the end of the file"
            ]
        );
    }
    assert_eq!(told("<rss><item/>"), ["1 -: ", "the root of an XML feed must be closed, found the end of the file"]);
}

#[test]
fn what_is_no_feed_is_refused() {
    for (text, message) in [
        ("", "an XML feed must have a root element, found none"),
        ("not found", "an XML feed must have a root element, found none"),
        ("<!DOCTYPE html>\n<html lang='en'><body><item>", "a feed must be RSS or Atom, found an HTML page"),
        ("<SHOP><SHOPITEM>", "the root of an XML feed must be rss or feed, found \"SHOP\""),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>", "a feed's DOCTYPE must declare nothing, found declarations"),
        ("<?xml version='1.0' encoding='EBCDIC-7'?><rss/>", "an XML feed's encoding must be one of the WHATWG's list, found \"EBCDIC-7\""),
    ] {
        assert_eq!(told(text), [message], "{text}");
    }
    let long = format!("<rss a='{}'>", "x".repeat(70_000));
    assert_eq!(told(&long), ["the root's tag must end within 65536 bytes, found more"]);
    assert_eq!(told("<rss/>"), [""; 0]);
}

#[test]
fn encodings_are_told_by_the_bytes_or_by_the_declaration() {
    let body = |label: &str, title: &[u8]| {
        let mut text = format!("<?xml version=\"1.0\" encoding = '{label}' ?><rss><channel><item><title>").into_bytes();
        text.extend_from_slice(title);
        text.extend_from_slice(b"</title></item></channel></rss>");
        text
    };
    let title = |bytes: &[u8]| {
        let (rows, reader) = feed(&bytes.chunks(3).collect::<Vec<_>>(), LIMIT, false);
        assert_eq!(reader.fault(), None);
        (rows[0].row.as_ref().map(|row| row.get("title").cloned()).map_err(ToString::to_string), reader.encoding())
    };
    let meant = |text: &str| Ok(Some(Value::text(text)));
    assert_eq!(title(&body("utf-8", "Café".as_bytes())), (meant("Café"), FeedEncoding::Utf8));
    assert_eq!(title(&body("UTF-8", b"Caf\xe9")), (meant("Café"), FeedEncoding::Windows1252), "a wrong declaration");
    assert_eq!(title(&body("ISO-8859-1", b"Caf\xe9 \x80")), (meant("Café €"), FeedEncoding::Windows1252));
    assert_eq!(title(&body("ISO-8859-1", "Café".as_bytes())), (meant("Café"), FeedEncoding::Utf8), "a wrong declaration");
    assert_eq!(title(&body("iso-8859-2", b"\xa3\xf3d\xbc")), (meant("Łódź"), FeedEncoding::Utf8));
    assert_eq!(title(&body("Shift_JIS", b"\x83\x5c\x83\x74\x83\x67")), (meant("ソフト"), FeedEncoding::Utf8));
    let torn = "an item must be UTF-8 as the feed is, found other bytes".to_owned();
    assert_eq!(title(&body("Shift_JIS", b"\x83")).0, Err(torn), "a torn letter");
    let wide = format!("\u{feff}{}", String::from_utf8(body("UTF-16", "Łódź".as_bytes())).unwrap());
    let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(title(&wide), (meant("Łódź"), FeedEncoding::Utf16Le));
}

#[test]
fn an_item_beyond_the_limit_is_a_fault() {
    let text = format!("<rss><item><id>1</id></item>\n<item><id>2</id>{}</item>\n<item><id>3</id></item></rss>", "<a>é</a>".repeat(100));
    for size in [1, 7, 64, 10_000] {
        for keep in [false, true] {
            let (rows, reader) = feed(&text.as_bytes().chunks(size).collect::<Vec<_>>(), 64, keep);
            let seen: Vec<_> =
                rows.iter().map(|row| (row.line, row.id.as_deref(), row.row.as_ref().err().map(ToString::to_string))).collect();
            let fault = "an item must be at most 64 bytes long, found 923".to_owned();
            assert_eq!(seen, [(1, Some("1"), None), (2, Some("2"), Some(fault)), (3, Some("3"), None)], "{size}");
            assert_eq!(reader.fault(), None);
        }
    }
}

/// Text that is nearly a feed.
fn nearly() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "<rss>",
        "<item>",
        "</item>",
        "<item/>",
        "<g:id>",
        "</g:id>",
        "x",
        "é",
        "\n",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "]",
        "-",
        ">",
        "<",
        "&amp;",
        "&",
        ";",
        "\"",
        "'",
        "<?",
        "?>",
        "</rss>",
        "<a b='",
        "/>",
        "<!",
        "\u{1f600}",
        "<link href='x'/>",
    ]);
    prop::collection::vec(bits, 0..40).prop_map(|bits| format!("<rss>{}", bits.concat()))
}

/// The same bytes in parts.
fn parts<'a>(text: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let (mut rest, mut sizes) = (text, sizes.iter().cycle());
    while !rest.is_empty() {
        let (part, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
        parts.push(part);
        rest = after;
    }
    parts
}

proptest! {
    #[test]
    fn where_a_stream_is_cut_changes_nothing(
        text in nearly(),
        sizes in prop::collection::vec(1usize..20, 1..5),
        limit in prop::sample::select(vec![20usize, LIMIT]),
        keep: bool,
    ) {
        let (whole, one) = feed(&[text.as_bytes()], limit, keep);
        let (cut, other) = feed(&parts(text.as_bytes(), &sizes), limit, keep);
        prop_assert_eq!(whole, cut);
        prop_assert_eq!((one.fault(), one.tail()), (other.fault(), other.tail()));
    }

    #[test]
    fn a_reader_that_keeps_all_gives_every_byte_back(text in nearly(), sizes in prop::collection::vec(1usize..20, 1..5)) {
        let (rows, reader) = feed(&parts(text.as_bytes(), &sizes), LIMIT, true);
        let mut all = Vec::new();
        for row in rows {
            let source = row.source.unwrap();
            all.extend([source.before, source.record].concat());
        }
        all.extend(reader.tail());
        let all = String::from_utf8(all).unwrap();
        let is_whole = reader.fault().is_none_or(|fault| fault.to_string().contains("the end of the file"));
        prop_assert!(if is_whole { all == text } else { text.starts_with(&all) }, "{:?} of {:?}, {:?}", all, text, reader.fault());
    }

    #[test]
    fn no_bytes_make_the_reader_fail(
        junk in prop::collection::vec(any::<u8>(), 0..200),
        text in nearly(),
        sizes in prop::collection::vec(1usize..20, 1..5),
    ) {
        feed(&parts(&junk, &sizes), 50, true);
        let mut bytes = text.into_bytes();
        bytes.extend(&junk);
        let (rows, _) = feed(&parts(&bytes, &sizes), LIMIT, true);
        prop_assert!(rows.iter().all(|row| row.line >= 1));
    }

    #[test]
    fn elements_lie_where_they_say(text in nearly(), junk in ".{0,40}") {
        let names = names(RSS);
        for text in [&text, &junk] {
            let _ = item::id(text, &names);
            for element in item::elements(text, &names).unwrap_or_default() {
                prop_assert!(text.get(element.whole.clone()).is_some_and(|t| t.starts_with('<') && t.ends_with('>')));
                prop_assert!(text.get(element.inner.clone()).is_some());
                prop_assert!(element.whole.start < element.inner.start && element.inner.end <= element.whole.end);
            }
        }
    }
}
