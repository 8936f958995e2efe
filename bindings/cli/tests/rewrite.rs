//! `feed --rewrite` from outside: the feed once more, with the pictures' addresses.

mod common;

use std::collections::BTreeMap;

use common::{CARD, Room, exists, png};
use core_::{FeedReader, Limits, Value};

const CSV: &str = "\u{feff}id,Title,image link,tint\r\n\"a,1\",\"two\nlines, and \"\"quotes\"\"\",photos/a.png,#ff0000\r\nbad,x,photos/a.png,reddish\r\n\r\n\
    c,\"\",,#00ff00\r\nshort,x\r\nd,\"x\",\"photos/a.png\",\r\n";

/// Rows by id: all columns but the picture, and the picture.
fn rows(text: &[u8]) -> Vec<(Option<String>, BTreeMap<String, Value>, String)> {
    let mut reader = FeedReader::new(None, &Limits::default());
    reader.push(text);
    reader.finish();
    let rows = std::iter::from_fn(|| reader.next_row());
    rows.map(|row| {
        let mut columns: BTreeMap<String, Value> = match &row.row {
            Ok(columns) => columns.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            Err(error) => BTreeMap::from([("fault".to_owned(), Value::text(error.to_string()))]),
        };
        columns.remove("image link");
        let picture = columns.remove("image_link").and_then(|v| v.as_text().map(str::to_owned)).unwrap_or_default();
        (row.id, columns, picture)
    })
    .collect()
}

/// Draws a feed, and compares what is written with what was there; the pictures' addresses.
fn rewritten(room: &Room, name: &str, feed: &str, status: i32) -> Vec<String> {
    room.file(name, feed);
    let arguments =
        ["feed", "t.json", name, "--out", "out", "--variant", "tall", "--variant", "default", "--rewrite", "https://cdn.example.com/ads/"];
    room.says(status, &arguments);
    let first = room.read(&format!("out/{name}"));
    let (old, new) = (rows(feed.as_bytes()), rows(&first));
    assert_eq!(old.len(), new.len());
    for ((id, columns, _), (new_id, new_columns, _)) in old.iter().zip(&new) {
        assert_eq!((id, columns), (new_id, new_columns));
    }
    room.says(status, &arguments);
    assert_eq!(first, room.read(&format!("out/{name}")), "a second run changes no byte");
    new.into_iter().map(|(_, _, picture)| picture).collect()
}

/// That an address stands for a picture in the folder, and ends with its version.
fn leads(room: &Room, address: &str, file: &str) -> String {
    let version =
        address.strip_prefix(&format!("https://cdn.example.com/ads/tall/{file}?v=")).unwrap_or_else(|| panic!("{address} is no {file}"));
    assert!(version.len() == 16 && version.bytes().all(|b| b.is_ascii_hexdigit()), "{address}");
    assert!(exists(room.0.join("out/tall").join(file)), "{file}");
    let key = format!("\"key\":\"{version}");
    let manifest = room.text("out/manifest.jsonl");
    assert!(manifest.lines().any(|line| line.contains(&format!("\"file\":\"tall/{file}\"")) && line.contains(&key)), "{manifest}");
    version.to_owned()
}

fn room(name: &str) -> Room {
    let room = Room::new(name);
    room.file("t.json", CARD);
    room.file("photos/a.png", png(4, 4, [255, 0, 0, 255]));
    room
}

#[test]
fn a_csv_keeps_its_quotes_newlines_and_failed_rows() {
    let room = room("rewrite-csv");
    let pictures = rewritten(&room, "f.csv", CSV, 1);
    let file = room.list("out/tall").into_iter().find(|name| name.starts_with("a_1-")).unwrap();
    let a = leads(&room, &pictures[0], &file);
    assert_eq!(pictures[1], "photos/a.png", "a row that failed keeps its own");
    let c = leads(&room, &pictures[2], "c.png");
    assert_ne!(a, c);
    leads(&room, &pictures[4], "d.png");
    let text = room.text("out/f.csv");
    let expected = CSV.replacen("photos/a.png", &pictures[0], 1).replace("\"\",,", &format!("\"\",{},", pictures[2]));
    assert_eq!(text, expected.replace("\"photos/a.png\"", &format!("\"{}\"", pictures[4])));
    // A row that is drawn otherwise has another address, its neighbours keep theirs.
    let changed = rewritten(&room, "f.csv", &CSV.replace("#00ff00", "#0000ff"), 1);
    assert_ne!(changed[2], pictures[2]);
    assert_eq!((&changed[0], &changed[4]), (&pictures[0], &pictures[4]));
    // Rows beyond the limit keep their own.
    room.says(0, &["feed", "t.json", "f.csv", "--out", "few", "--limit", "1", "--rewrite", "http://x.test"]);
    let few: Vec<String> = rows(&room.read("few/f.csv")).into_iter().map(|row| row.2).collect();
    assert!(few[0].starts_with("http://x.test/default/a_1-"), "{few:?}");
    assert_eq!(few[1..], ["photos/a.png", "", "", "photos/a.png"]);
}

#[test]
fn xml_and_json_lines_keep_what_they_are() {
    let room = room("rewrite-xml");
    let feed = "<?xml version=\"1.0\"?>\n<rss xmlns:g='http://base.google.com/ns/1.0' version=\"2.0\">\n<channel><title>A &amp; B</title>\n\
        <item><!-- 1 --><g:id>a</g:id><title><![CDATA[Tea & </item>]]></title><g:image_link><![CDATA[photos/a.png]]></g:image_link></item>\n\
        <item><g:id>broken</g:id><b></item>\n<item><g:id>c</g:id><g:tint>#00ff00</g:tint></item>\n</channel>\n</rss>\n";
    let pictures = rewritten(&room, "f.xml", feed, 1);
    leads(&room, &pictures[0], "a.png");
    leads(&room, &pictures[2], "c.png");
    let expected = feed.replace("photos/a.png", &pictures[0]).replace(
        "<g:tint>#00ff00</g:tint></item>",
        &format!("<g:tint>#00ff00</g:tint><g:image_link>{}</g:image_link></item>", pictures[2]),
    );
    assert_eq!(room.text("out/f.xml"), expected);
    let feed = "{\"id\": \"a\", \"price\" : 1.50}\n\n{\"image_link\":\"photos/a.png\",\"tint\":\"#00ff00\"}\nbroken\n";
    let pictures = rewritten(&room, "f.jsonl", feed, 1);
    leads(&room, &pictures[0], "a.png");
    leads(&room, &pictures[1], "row-000002.png");
    let expected = feed.replace("1.50}", &format!("1.50,\"image_link\":\"{}\"}}", pictures[0])).replace("photos/a.png", &pictures[1]);
    assert_eq!(room.text("out/f.jsonl"), expected);
}

#[test]
fn what_cannot_be_written_again_is_told_before_anything_is_drawn() {
    let room = room("rewrite-refused");
    room.file("f.csv", "id,title\na,b\n");
    let said = room.says(1, &["feed", "t.json", "f.csv", "--out", "out", "--rewrite", "https://x.test"]);
    assert_eq!(said, "f.csv: a feed must have the column image_link to be written again, found no such column\n");
    assert!(!exists(room.0.join("out/default")));
    room.file("out/g.csv", "id,image_link\na,\n");
    let said = room.says(1, &["feed", "t.json", "out/g.csv", "--out", "out", "--rewrite", "https://x.test"]);
    assert_eq!(said, "out/g.csv: --rewrite cannot write over this file, choose another folder or name\n");
    assert!(
        room.says(2, &["feed", "t.json", "f.csv", "--out", "out", "--rewrite", "x.test"]).contains("must be an address such as https://")
    );
    // A feed that breaks off is no feed to be written.
    room.file("h.xml", "<rss><item><id>a</id></item>");
    let said = room.says(1, &["feed", "t.json", "h.xml", "--out", "out", "--rewrite", "https://x.test"]);
    assert!(said.contains("h.xml: the root of an XML feed must be closed, found the end of the file"), "{said}");
    assert!(exists(room.0.join("out/default/a.png")) && !exists(room.0.join("out/h.xml")));
}
