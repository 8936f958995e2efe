//! Items are cut out of any stream at any place, and read as the rows that they mean.

use proptest::prelude::*;

use super::cut::{Cut, Cutter, Piece};
use super::item;
use super::names::Names;
use crate::row::{Row, Value};

const LIMIT: usize = 5_242_880;

/// Cuts a stream that arrives in parts; all that comes out, and the fault that ended it.
fn cut(parts: &[&str], limit: usize, keep: bool) -> (Vec<Cut>, Option<String>) {
    let mut cutter = Cutter::new(limit, keep);
    let mut out = Vec::new();
    for part in parts {
        cutter.push(part);
        loop {
            match cutter.next() {
                Ok(Some(cut)) => out.push(cut),
                Ok(None) => break,
                Err(fault) => return (out, Some(fault.to_string())),
            }
        }
    }
    loop {
        match cutter.finish() {
            Ok(Some(cut)) => out.push(cut),
            Ok(None) => return (out, None),
            Err(fault) => return (out, Some(fault.to_string())),
        }
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let (cuts, fault) = cut(&[text], LIMIT, false);
    assert_eq!(fault, None);
    cuts.into_iter().filter_map(|c| if let Cut::Item(piece) = c { Some(piece) } else { None }).collect()
}

/// The rows of a feed that is as it should be.
fn rows(text: &str) -> Vec<Row> {
    let mut cutter = Cutter::new(LIMIT, false);
    cutter.push(text);
    let mut rows = Vec::new();
    while let Some(cut) = cutter.next().unwrap() {
        let Cut::Item(piece) = cut else { panic!("nothing between is kept") };
        assert_eq!(piece.fault, None);
        rows.push(item::read(&piece.text, cutter.names().unwrap()).unwrap());
    }
    rows
}

fn names(root: &str) -> Names {
    Names::of_root(root).unwrap()
}

const RSS: &str = r#"<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">"#;

fn columns(item: &str) -> String {
    item::read(item, &names(RSS)).map_or_else(|e| e.to_string(), |row| shown(&row))
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
product_detail={attribute_name: "Size", section_name: "General"}
product_highlight=["Two HDMI ports", "<Full> HD & more"]
product_type="Consumer Electronics > TVs > Flat Panel TVs"
shipping=[{country: "US", price: "14.95 USD", service: "Standard"}, {country: "GB", price: "9.50 GBP"}]
title="LG 22LB4510 - 22\" LED TV - 1080p (FullHD)""#
    );
    assert_eq!(shown(&rows[1]), "id=\"B\"\nlink=\"https://example.com/b\"\ntitle=\"Plain\"");
    assert_eq!(pieces(GOOGLE).iter().map(|p| p.line).collect::<Vec<_>>(), [7, 35]);
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
title="Dior &amp; Co""#;
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
    let pieces = pieces(text);
    assert_eq!(pieces.len(), 3);
    assert_eq!(shown(&rows(text)[0]), "id=\"1\"\ntitle=\"</item><item>\"");
    assert_eq!(pieces[0].line, 2);
    assert!(rows(text)[1] == Row::new() && rows(text)[2] == Row::new());
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
        let row = item::read(
            &format!("<item><x>{written}</x><y z=\"{}\"/></item>", written.replace("<![CDATA[", "").replace("]]>", "")),
            &names(RSS),
        );
        assert_eq!(row.unwrap().get("x"), Some(&Value::text(meant)), "{written}");
    }
    let attribute = item::read("<item><y z=\"&eacute; ? a=1&b=2 &amp;\"/></item>", &names(RSS)).unwrap();
    assert_eq!(shown(&attribute), r#"y={z: "é ? a=1&b=2 &"}"#);
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

fn told(text: &str) -> Vec<String> {
    let (cuts, fault) = cut(&[text], LIMIT, false);
    let pieces = cuts.into_iter().filter_map(|c| if let Cut::Item(p) = c { Some(p) } else { None });
    pieces.map(|p| format!("{}: {}", p.line, p.fault.unwrap_or(p.text))).chain(fault).collect()
}

#[test]
fn a_broken_item_harms_no_other() {
    assert_eq!(
        told("<rss>\n<item>1\n<item>2</item>\n<item>3</rss>"),
        ["2: an item must be closed before the next one begins", "3: <item>2</item>", "4: an item must be closed before its feed is"]
    );
    assert_eq!(told("<rss><item>1</item></item></b><item>2 < 3 <3 <</item></rss>"), ["1: <item>1</item>", "1: <item>2 < 3 <3 <</item>"]);
    for end in ["", "<title", "<![CDATA[", "<!--", "<a b='", "<", "<!", "</item", "é"] {
        let cut_off = told(&format!("<rss><item>1</item>\n<item>{end}"));
        assert_eq!(
            cut_off,
            [
                "1: <item>1</item>",
                "2: an item must be closed, the feed ends inside of it",
                "the feed's root element must be closed, is the file cut off?"
            ]
        );
    }
    assert_eq!(told("<rss><item>1</item>"), ["1: <item>1</item>", "the feed's root element must be closed, is the file cut off?"]);
}

#[test]
fn what_is_no_feed_is_refused() {
    for (text, message) in [
        ("", "an XML feed must have a root element, found none"),
        ("not found", "an XML feed must have a root element, found none"),
        ("<!DOCTYPE html>\n<html lang='en'><body><item>", "a feed must be RSS or Atom, found an HTML page"),
        ("<SHOP><SHOPITEM>", "the root of an XML feed must be rss or feed, found \"SHOP\""),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>", "a feed's DOCTYPE must declare nothing, found declarations"),
    ] {
        assert_eq!(told(text), [message], "{text}");
    }
    let long = format!("<rss a='{}'>", "x".repeat(70_000));
    assert_eq!(told(&long), ["the root's tag must end within 65536 bytes"]);
    assert_eq!(told("<rss/>"), [""; 0]);
}

#[test]
fn an_item_beyond_the_limit_is_a_fault_and_no_memory() {
    let text = format!("<rss><item><id>1</id></item>\n<item><id>2</id>{}</item>\n<item><id>3</id></item></rss>", "<a>é</a>".repeat(100));
    for size in [1, 7, 64, 10_000] {
        let mut cutter = Cutter::new(64, false);
        let mut seen = Vec::new();
        let (mut rest, mut most) = (text.as_str(), 0);
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.ceil_char_boundary(size.min(rest.len())));
            cutter.push(part);
            rest = after;
            while let Some(Cut::Item(piece)) = cutter.next().unwrap() {
                seen.push((piece.line, piece.fault, piece.head.and_then(|head| item::id(&head, cutter.names().unwrap()))));
            }
            most = most.max(cutter.held());
        }
        let fault = "an item must be at most 64 bytes long, found 923".to_owned();
        assert_eq!(seen, [(1, None, None), (2, Some(fault), Some("2".into())), (3, None, None)], "{size}");
        assert!(most <= (64 + 2 * size).max(70) * 2, "{most} bytes were held of parts of {size}");
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

/// The same text in parts.
fn parts<'a>(text: &'a str, sizes: &[usize]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut rest, mut sizes) = (text, sizes.iter().cycle());
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.ceil_char_boundary((*sizes.next().unwrap()).min(rest.len())));
        parts.push(part);
        rest = after;
    }
    parts
}

proptest! {
    #[test]
    fn where_a_stream_is_cut_changes_nothing(text in nearly(), sizes in prop::collection::vec(1usize..20, 1..5), limit in prop::sample::select(vec![20usize, LIMIT])) {
        prop_assert_eq!(cut(&[&text], limit, false), cut(&parts(&text, &sizes), limit, false));
    }

    #[test]
    fn a_cutter_that_keeps_all_gives_every_byte_back(text in nearly(), sizes in prop::collection::vec(1usize..20, 1..5), limit in prop::sample::select(vec![20usize, LIMIT])) {
        let (cuts, fault) = cut(&parts(&text, &sizes), limit, true);
        let all: String = cuts.iter().map(|c| match c { Cut::Between(text) => text.as_str(), Cut::Item(piece) => piece.text.as_str() }).collect();
        let is_whole = fault.as_deref().is_none_or(|f| f.contains("cut off"));
        prop_assert!(if is_whole { all == text } else { text.starts_with(&all) }, "{:?} of {:?}, {:?}", all, text, fault);
        let heads = |cuts: Vec<Cut>| cuts.into_iter().filter_map(|c| if let Cut::Item(p) = c { Some((p.line, p.head, p.fault)) } else { None }).collect::<Vec<_>>();
        prop_assert_eq!(heads(cuts), heads(cut(&[&text], limit, false).0));
    }

    #[test]
    fn no_text_makes_the_parser_fail(text in nearly(), junk in ".{0,40}") {
        let names = names(RSS);
        for text in [&text, &junk] {
            let _ = item::id(text, &names);
            if let Ok(elements) = item::elements(text, &names) {
                for element in elements {
                    prop_assert!(text.get(element.whole.clone()).is_some_and(|t| t.starts_with('<') && t.ends_with('>')));
                    prop_assert!(text.get(element.inner.clone()).is_some() && element.whole.start < element.inner.start && element.inner.end <= element.whole.end);
                }
            }
        }
    }
}
