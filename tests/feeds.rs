//! Feeds through the public interface: what is read, what fails alone, and that the borders of chunks change nothing.

use proptest::prelude::*;
use templrender::{Code, Error, FeedEncoding, FeedFormat, FeedReader, FeedRow, Limits, Overrides, Row, Value};

/// All rows of a feed in one piece, and what is wrong with it as a whole.
fn read(bytes: &[u8]) -> (Vec<FeedRow>, Option<String>) {
    chunked(FeedReader::new(None, &Limits::default()), bytes, bytes.len().max(1))
}

fn chunked(mut reader: FeedReader, bytes: &[u8], size: usize) -> (Vec<FeedRow>, Option<String>) {
    let mut rows = Vec::new();
    for chunk in bytes.chunks(size) {
        reader.push(chunk);
        rows.extend(std::iter::from_fn(|| reader.next_row()));
    }
    reader.finish();
    rows.extend(std::iter::from_fn(|| reader.next_row()));
    let fault = reader.fault().inspect(|fault| assert_eq!(fault.code(), Code::BadFeed)).map(ToString::to_string);
    (rows, fault)
}

/// `2 a title=Honey` or `3 b! why` for each row.
fn shown(rows: &[FeedRow], column: &str) -> Vec<String> {
    let value = |row: &Row| match row.get(column) {
        Some(Value::Text(text)) => text.to_string(),
        Some(other) => format!("{other:?}"),
        None => "-".to_owned(),
    };
    let row = |row: &FeedRow| match &row.row {
        Ok(r) => format!("{} {} {}", row.line, row.id.as_deref().unwrap_or("-"), value(r)),
        Err(e) => format!("{} {}! {e}", row.line, row.id.as_deref().unwrap_or("-")),
    };
    rows.iter().map(row).collect()
}

fn titles(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let (rows, fault) = read(bytes.as_ref());
    assert_eq!(fault, None);
    shown(&rows, "title")
}

#[test]
fn delimited_feeds_are_read_by_their_header() {
    for feed in [
        "id,title\na,Aster honey\nb,\"Two\nlines, \"\"quoted\"\"\"\n\n\nc,\"\"",
        "id\ttitle\na\tAster honey\nb\t\"Two\nlines, \"\"quoted\"\"\"\n\n\nc\t\"\"\n",
        "\n\nid;title\na;Aster honey\nb;\"Two\nlines, \"\"quoted\"\"\";\n;\n\nc;\n",
        "g:ID|Title||\r\na|Aster honey||\r\nb|\"Two\nlines, \"\"quoted\"\"\"|| \r\n\r\nc|||\r\n",
    ] {
        let rows = titles(feed);
        let texts: Vec<&str> = rows.iter().map(|row| row.split_once(' ').unwrap().1).collect();
        assert_eq!(texts, ["a Aster honey", "b Two\nlines, \"quoted\"", "c Null"], "{feed:?}");
    }
    assert_eq!(titles("title\nPear, \"ripe\"\nApple\n"), ["2 - Pear, \"ripe\"", "3 - Apple"]);
    assert_eq!(titles("id,title\r1,a\r\n2,b\n3,c\n\r4,d"), ["2 1 a", "3 2 b", "4 3 c", "6 4 d"]);
}

#[test]
fn json_lines_keep_their_types() {
    let feed = "\u{feff}{\"ID\": 7, \"Title\": \"A &amp;amp; B\", \"price\": 9.50}\r\n\n  \n{\"id\": \" x \", \"title\": [1, true]}\n{\"title\": \"no id\"}";
    let (rows, fault) = read(feed.as_bytes());
    assert_eq!(fault, None);
    assert_eq!(shown(&rows, "title"), ["1 7 A & B", "4 x List([Number(Decimal(1)), Bool(true)])", "5 - no id"]);
    let price = Row::from_json("{\"price\": 9.5}").unwrap();
    assert_eq!(rows[0].row.as_ref().unwrap().get("price"), price.get("price"));
}
