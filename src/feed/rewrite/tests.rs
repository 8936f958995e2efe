//! What was written again is read again: the new values, and nothing else that is new.

use proptest::prelude::*;

use super::*;
use crate::limits::Limits;
use crate::row::{Row, Value};

/// Writes a feed that arrives in parts again; the values are taken by row.
fn rewritten<'v>(text: &[u8], size: usize, value: impl Fn(usize, &FeedRow) -> Option<&'v str>) -> Result<Vec<u8>, String> {
    let mut rewriter = Rewriter::new(FeedReader::new(None, &Limits::default()), "image_link");
    let (mut out, mut count) = (Vec::new(), 0);
    for part in text.chunks(size).map(Some).chain([None]) {
        match part {
            Some(part) => rewriter.push(part),
            None => rewriter.finish(),
        }
        while let Some(row) = rewriter.next_row() {
            rewriter.write(&row, value(count, &row), &mut out).map_err(|e| e.to_string())?;
            count += 1;
        }
    }
    rewriter.end(&mut out).map_err(|e| e.to_string())?;
    Ok(out)
}

fn rows(text: &[u8]) -> Vec<(Option<String>, Result<Row, String>)> {
    let mut reader = FeedReader::new(None, &Limits::default());
    reader.push(text);
    reader.finish();
    std::iter::from_fn(|| reader.next_row()).map(|row| (row.id, row.row.map_err(|e| e.to_string()))).collect()
}

fn once(text: &str, value: &str) -> String {
    rewritten(text.as_bytes(), 1000, |_, _| Some(value)).map_or_else(|e| e, |out| String::from_utf8(out).unwrap())
}

#[test]
fn a_cell_is_replaced_and_its_neighbours_stay() {
    let new = "https://x.test/a,b\"c.png";
    for (feed, written) in [
        ("id,image_link\r\n1,a.jpg\r\n\r\n", "id,image_link\r\n1,\"https://x.test/a,b\"\"c.png\"\r\n\r\n"),
        ("image_link,id\n\"a\n\"\"b\"\"\",\"1\"\n", "image_link,id\n\"https://x.test/a,b\"\"c.png\",\"1\"\n"),
        ("id\timage link\tx\n1\t\t\"a\tb\"\n", "id\timage link\tx\n1\t\"https://x.test/a,b\"\"c.png\"\t\"a\tb\"\n"),
        ("id;g:image_link;x\n1;a;b\"c", "id;g:image_link;x\n1;\"https://x.test/a,b\"\"c.png\";b\"c"),
        (
            "id,image[1].url,image[0].tag[0],image[0].url\n1,b.jpg,t,a.jpg",
            "id,image[1].url,image[0].tag[0],image[0].url\n1,b.jpg,t,\"https://x.test/a,b\"\"c.png\"",
        ),
        (
            "id,image\n1,\"[{\"\"tag\"\":[], \"\"url\"\": \"\"a.jpg\"\"}, {\"\"url\"\":\"\"b\"\"}]\"",
            "id,image\n1,\"[{\"\"tag\"\":[], \"\"url\"\": \"\"https://x.test/a,b\\\"\"c.png\"\"}, {\"\"url\"\":\"\"b\"\"}]\"",
        ),
    ] {
        assert_eq!(once(feed, new), written);
        assert_eq!(rows(written.as_bytes())[0].1.as_ref().unwrap().get("image_link"), Some(&Value::text(new)), "{written}");
    }
    assert_eq!(once("id\timage_link\n1\t\"\"\n", "plain.png"), "id\timage_link\n1\t\"plain.png\"\n", "quotes stay");
    assert_eq!(once("id,title\n1,a\n", new), "a feed must have the column image_link to be written again, found no such column");
    assert_eq!(once("id,title\n", new), "a feed must have the column image_link to be written again, found no such column");
}

#[test]
fn an_entry_of_an_object_is_replaced_or_added() {
    let new = "https://x.test/\"\u{1}é\\.png";
    let json = r#""https://x.test/\"\u0001é\\.png""#;
    for (feed, written) in [
        ("{ \"id\": 1,  \"image_link\" : \"a.jpg\" , \"x\":1.50 }\r\n", "{ \"id\": 1,  \"image_link\" : NEW , \"x\":1.50 }\r\n"),
        ("{\"g:Image Link\":null,\"id\":1}", "{\"g:Image Link\":NEW,\"id\":1}"),
        ("{\"id\":1}\n\n", "{\"id\":1,\"image_link\":NEW}\n\n"),
        ("{ }", "{\"image_link\":NEW }"),
        ("{\"image\":[{\"tag\":[]},{\"url\":\"a\"},{\"url\":\"b\"}]}", "{\"image\":[{\"tag\":[]},{\"url\":NEW},{\"url\":\"b\"}]}"),
        ("{\"image\":{\"url\":\"a\"},\"image_link\":null}", "{\"image\":{\"url\":\"a\"},\"image_link\":NEW}"),
        ("{\"image\":\"a\",\"a\":{\"image_link\":\"b\"}}", "{\"image\":\"a\",\"a\":{\"image_link\":\"b\"},\"image_link\":NEW}"),
    ] {
        let written = written.replace("NEW", json);
        assert_eq!(once(feed, new), written);
        assert_eq!(rows(written.as_bytes())[0].1.as_ref().unwrap().get("image_link"), Some(&Value::text(new)), "{written}");
    }
}

#[test]
fn an_element_is_filled_or_added() {
    let new = "https://x.test/?a=1&b=<2>";
    let rss = "<rss xmlns:g=\"http://base.google.com/ns/1.0\"><!-- <item> --><channel>\r\n  ";
    for (item, written) in [
        ("<item><g:image_link>a.jpg</g:image_link><id>1</id></item>", "<item><g:image_link>TEXT</g:image_link><id>1</id></item>"),
        (
            "<item a='>'><!-- </item> --><image_link>a</image_link><g:image_link x=\"y\"> <![CDATA[b]]> </g:image_link ></item >",
            "<item a='>'><!-- </item> --><image_link>a</image_link><g:image_link x=\"y\"><![CDATA[RAW]]></g:image_link ></item >",
        ),
        ("<item><image_link/><image_link>b</image_link></item>", "<item><image_link>TEXT</image_link><image_link>b</image_link></item>"),
        ("<item><g:image_link a='/>' /></item>", "<item><g:image_link a='/>' >TEXT</g:image_link></item>"),
        ("<item><id>1</id>\n</item>", "<item><id>1</id>\n<g:image_link>TEXT</g:image_link></item>"),
        ("<item/>", "<item><g:image_link>TEXT</g:image_link></item>"),
        (
            "<item><g:image><g:tag/></g:image><g:image><g:tag>t</g:tag><g:url>a</g:url></g:image><g:image><g:url>b</g:url></g:image></item>",
            "<item><g:image><g:tag/></g:image><g:image><g:tag>t</g:tag><g:url>TEXT</g:url></g:image><g:image><g:url>b</g:url></g:image></item>",
        ),
        ("<item><image>a</image></item>", "<item><image>a</image><g:image_link>TEXT</g:image_link></item>"),
    ] {
        let text = written.replace("TEXT", "https://x.test/?a=1&amp;b=&lt;2&gt;").replace("RAW", new);
        let written = format!("{rss}{text}<item>\n</channel></rss>\n");
        assert_eq!(once(&format!("{rss}{item}<item>\n</channel></rss>\n"), new), written);
        assert_eq!(rows(written.as_bytes())[0].1.as_ref().unwrap().get("image_link"), Some(&Value::text(new)), "{written}");
    }
    assert_eq!(
        once("<feed xmlns='http://www.w3.org/2005/Atom'><entry/></feed>", "a"),
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><image_link>a</image_link></entry></feed>"
    );
    assert_eq!(once("<rss><item>", "a"), "the root of an XML feed must be closed, found the end of the file");
}

#[test]
fn what_is_written_is_utf_8_and_says_so() {
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><rss><title>Caf\xe9</title><item><id>1</id><x>\xfc</x></item>\xe9</rss>";
    let out = rewritten(latin, 5, |_, _| Some("ü")).unwrap();
    let written =
        "<?xml version='1.0' encoding='UTF-8'?><rss><title>Café</title><item><id>1</id><x>ü</x><image_link>ü</image_link></item>é</rss>";
    assert_eq!(String::from_utf8(out).unwrap(), written);
    let out = rewritten(b"id,image_link,x\n1,a,\xfc\n2,b,c\n3,\xe9,d", 5, |row, _| (row == 1).then_some("ü")).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "id,image_link,x\n1,a,ü\n2,ü,c\n3,é,d");
    let wide: Vec<u8> = "id\timage_link\n1\tł\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(String::from_utf8(rewritten(&wide, 3, |_, _| None).unwrap()).unwrap(), "id\timage_link\n1\tł\n");
    let utf_8 = "\u{feff}<?xml version='1.0' encoding='utf-8'?><rss/>";
    assert_eq!(rewritten(utf_8.as_bytes(), 7, |_, _| None).unwrap(), utf_8.as_bytes());
}

#[test]
fn what_is_no_row_stays_as_it_is() {
    let feed = "id,image_link\n1,a,b\n2,x\n2,y\n";
    assert_eq!(once(feed, "new"), "id,image_link\n1,a,b\n2,new\n2,y\n");
    let feed = "<rss><item><id>1</id><b></item><item><id>2</id></item></rss>";
    assert_eq!(once(feed, "new"), "<rss><item><id>1</id><b></item><item><id>2</id><image_link>new</image_link></item></rss>");
}

/// Values as anything may be that has a first and a last letter.
fn value() -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "&amp;", "&", "amp;", "]]>", "<", ">", "\"", "'", ",", ";", "\t", "\n", "\r", "é", "\\", " ", "a", "%20", "\u{1}",
    ]);
    prop::collection::vec(bits, 0..8).prop_map(|bits| format!("h{}g", bits.concat()))
}

/// A feed whose rows have these pictures and other cells, in one of the formats and manners.
fn feed(manner: usize, rows: &[(String, String)]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let xml = |text: &str| quick_xml::escape::escape(text).into_owned();
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let mut out = String::new();
    let body = |row: &dyn Fn(usize, &str, &str) -> String| -> String {
        rows.iter().enumerate().map(|(id, (image, other))| row(id, image, other)).collect()
    };
    match manner {
        0 => {
            out.push_str("id,other,image_link,last\r\n");
            out.push_str(&body(&|id, image, other| format!("{id},{},{},z\r\n", quoted(other), quoted(image))));
        }
        1 => {
            out.push_str("image link\tid\tother\n");
            out.push_str(&body(&|id, image, other| format!("{}\t{id}\t{}\n\n", quoted(image), quoted(other))));
        }
        2 => out
            .push_str(&body(&|id, image, other| format!("{{\"id\":{id}, \"other\":{}, \"image_link\": {}}}\n", json(other), json(image)))),
        3 => out.push_str(&body(&|id, image, other| {
            format!("{{\"id\":{id},\"image\":[{{\"url\":{}}}],\"other\":{}}}\r\n", json(image), json(other))
        })),
        4 => {
            out.push_str("<?xml version=\"1.0\"?>\n<rss xmlns:m='http://base.google.com/ns/1.0'><channel>\n");
            out.push_str(&body(&|id, image, other| {
                format!(
                    "<item x='{}'><!-- {id} --><m:id>{id}</m:id><m:image_link>{}</m:image_link><other>{}</other></item>\n",
                    xml(other),
                    xml(image),
                    xml(other)
                )
            }));
            out.push_str("</channel></rss>");
        }
        _ => {
            out.push_str("<feed><!-- <entry> -->");
            out.push_str(&body(&|id, image, other| {
                let section = |text: &str| format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"));
                format!("<entry><id>{id}</id><other>{}</other><image_link>{}</image_link></entry>", section(other), section(image))
            }));
            out.push_str("</feed>\n");
        }
    }
    out
}

proptest! {
    #[test]
    fn without_values_nothing_changes(manner in 0usize..6, cells in prop::collection::vec((value(), value()), 1..5), size in 1usize..50) {
        let feed = feed(manner, &cells);
        prop_assert_eq!(rewritten(feed.as_bytes(), size, |_, _| None).unwrap(), feed.as_bytes());
    }

    #[test]
    fn a_row_s_own_value_changes_no_meaning(manner in 0usize..6, cells in prop::collection::vec((value(), value()), 1..5), size in 1usize..50) {
        let feed = feed(manner, &cells);
        let before = rows(feed.as_bytes());
        prop_assert_eq!(before.len(), cells.len());
        let own: Vec<String> = before.iter().map(|(_, row)| row.as_ref().unwrap().get("image_link").unwrap().as_text().unwrap().to_owned()).collect();
        let out = rewritten(feed.as_bytes(), size, |row, _| Some(&own[row])).unwrap();
        let shown = |rows: &[(Option<String>, Result<Row, String>)]| -> Vec<String> {
            // What a nested picture says unread loses the references that its address was read without.
            rows.iter().map(|(id, row)| format!("{id:?} {:?}", row.as_ref().map(|row| row.iter().filter(|(name, _)| *name != "image").collect::<Vec<_>>()))).collect()
        };
        prop_assert_eq!(shown(&rows(&out)), shown(&before));
    }

    #[test]
    fn the_new_values_are_read_and_nothing_else_is_new(
        manner in 0usize..6,
        cells in prop::collection::vec((value(), value(), prop::option::of(value())), 1..5),
        size in 1usize..50,
    ) {
        let (old, new): (Vec<_>, Vec<_>) = cells.into_iter().map(|(image, other, new)| ((image, other), new)).unzip();
        let feed = feed(manner, &old);
        let out = rewritten(feed.as_bytes(), size, |row, _| new[row].as_deref()).unwrap();
        let (before, after) = (rows(feed.as_bytes()), rows(&out));
        prop_assert_eq!(before.len(), after.len());
        for ((before, after), new) in before.iter().zip(&after).zip(&new) {
            prop_assert_eq!(&before.0, &after.0);
            let (before, after) = (before.1.as_ref().unwrap(), after.1.as_ref().unwrap());
            for (name, value) in before.iter().filter(|(name, _)| *name != "image") {
                match new {
                    Some(new) if name == "image_link" || name == "image link" => prop_assert_eq!(after.get(name), Some(&Value::text(new.as_str()))),
                    _ => prop_assert_eq!(after.get(name), Some(value)),
                }
            }
            prop_assert_eq!(before.iter().count(), after.iter().count());
        }
    }

    #[test]
    fn no_bytes_make_the_rewriter_fail(junk in prop::collection::vec(any::<u8>(), 0..100), manner in 0usize..6, cells in prop::collection::vec((value(), value()), 1..3), at in any::<prop::sample::Index>(), size in 1usize..50) {
        let mut bytes = feed(manner, &cells).into_bytes();
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..at, junk);
        let _ = rewritten(&bytes, size, |_, _| Some("https://x.test/\",'<&.png"));
    }
}
