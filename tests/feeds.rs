//! Feeds through the public interface: what is read, what fails alone, and that the borders of chunks change nothing.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test may take the time")]

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
    assert_eq!(shown(&rows, "title"), ["1 7 A & B", "4 x List([Number(1), Bool(true)])", "5 - no id"]);
    let price = Row::from_json("{\"price\": 9.5}").unwrap();
    assert_eq!(rows[0].row.as_ref().unwrap().get("price"), price.get("price"));
}

#[test]
fn ragged_rows_and_blank_ones() {
    let rows = titles("id,title,price\na,A\nb,B,1,\nc,C,1, ,\nd,D,1,x\n,,\n , ,\ne,E,\n\"f\",,1\n\"\",G,1\n");
    let message = |found: u32| format!("! a row must have 3 cells as the header has, found {found}");
    let wanted = [
        format!("2 a{}", message(2)),
        "3 b B".into(),
        "4 c C".into(),
        format!("5 d{}", message(4)),
        "8 e E".into(),
        "9 f Null".into(),
        "10 -! column id: an id must be a text or a number, and not empty".into(),
    ];
    assert_eq!(rows, wanted);
}

#[test]
fn an_id_stands_once() {
    let (rows, _) = read(b"id,title\na,A\nb,B\n a ,C\na\n");
    assert_eq!(rows[2].row.as_ref().unwrap_err().code(), Code::DuplicateRowId);
    let ragged = "5 a! a row must have 2 cells as the header has, found 1";
    let shown_rows = shown(&rows, "title");
    assert_eq!(shown_rows[2..], ["4 a! column id: an id must stand once, \"a\" stands in line 2 already", ragged]);
    let (rows, _) = chunked(FeedReader::new(None, &Limits::default()).with_repeated_ids(), b"id,title\na,A\na,B\n", 5);
    assert_eq!(shown(&rows, "title"), ["2 a A", "3 a B"]);
}

#[test]
fn an_open_quote_costs_one_row() {
    let open_to_the_end = titles("id,title\na,A\nb,\"open\nc,C\nd,D\n");
    assert_eq!(open_to_the_end, ["2 a A", "3 b! a quote must be closed, found the end of the feed", "4 c C", "5 d D"]);
    let limits = Limits { max_feed_row_bytes: 40, ..Limits::default() };
    let feed = format!("id,title\na,A\nb,\"open\nc,C\n{}e,\"whole\nin two\"\nf,{}\ng,G", "d,D\n".repeat(12), "x".repeat(60));
    let (rows, fault) = chunked(FeedReader::new(None, &limits).with_repeated_ids(), feed.as_bytes(), 7);
    let rows = shown(&rows, "title");
    assert_eq!(fault, None);
    assert_eq!(rows[..3], ["2 a A", "3 b! a quote must be closed within 40 bytes, found none", "4 c C"]);
    assert_eq!(rows[15..], ["17 e whole\nin two", "19 f! a row must end within 40 bytes, found more", "20 g G"].map(str::to_owned)[..]);
}

/// Each line leaves a quote open whether the one before did or not.
#[test]
fn quotes_that_never_close_do_not_make_reading_quadratic() {
    let feed = format!("id,title\n{}", "a\",\"\n".repeat(300_000));
    let started = std::time::Instant::now();
    let limits = Limits { max_feed_row_bytes: 1 << 20, ..Limits::default() };
    let (rows, fault) = chunked(FeedReader::new(None, &limits), feed.as_bytes(), 64 << 10);
    assert_eq!((rows.len(), fault), (300_000, None));
    assert!(rows.iter().all(|row| row.row.is_err()));
    assert!(started.elapsed().as_secs() < 100, "{:?}", started.elapsed());
}

#[test]
fn what_is_no_feed_is_a_fault() {
    for (feed, why) in [
        (&b""[..], "a feed must have a header line, found an empty file"),
        (b"\xef\xbb\xbf\r\n\n", "a feed must have a header line, found an empty file"),
        (b" [1]", "a feed must be CSV, TSV, XML or JSON Lines (one object a line), found JSON in one piece"),
        (b"id,a,id\n1,2,3\n", "a column must stand once in the header, found \"id\" twice"),
        (b",,\n1,2,3\n", "a feed must have a header line with names, found a blank one"),
        (b"id,\"a\n1,2\n", "the header cannot be read: a quote must be closed, found the end of the feed"),
        (b"\xef\xbb\xbfid,\xff\n1,2\n", "the header must be UTF-8 as the feed is, found other bytes"),
    ] {
        let (rows, fault) = read(feed);
        assert_eq!((rows.len(), fault.as_deref()), (0, Some(why)), "{feed:?}");
    }
    let limits = Limits { max_feed_row_bytes: 9, ..Limits::default() };
    let (_, fault) = chunked(FeedReader::new(None, &limits), b"id,title,price\n", 3);
    assert_eq!(fault.as_deref(), Some("the header must end within 9 bytes, found none"));
    let (rows, fault) = chunked(FeedReader::new(Some(FeedFormat::JsonLines), &limits), b"", 3);
    assert_eq!((rows.len(), fault), (0, None));
}

#[test]
fn broken_json_lines_fail_alone() {
    let long = format!("{{\"id\": \"long\", \"x\": \"{}\"}}", "x".repeat(200));
    let feed = format!("{{\"id\": 1}}\n{{\"id\": \"b\", \"title\": }}\n{long}\n[1]\n{{\"id\": {{}}}}\n{{\"id\": \"c\"}}\n{{\"id\": \"d\"");
    let limits = Limits { max_feed_row_bytes: 100, ..Limits::default() };
    let (rows, fault) = chunked(FeedReader::new(None, &limits), feed.as_bytes(), 11);
    let rows = shown(&rows, "id");
    assert_eq!(fault, None);
    let starts = [
        "1 1 ",
        "2 b! a row must be JSON: ",
        "3 long! a row must end within 100 bytes, found more",
        "4 -! a row must be a JSON object, found list",
        "5 -! column id: an id must be a text or a number, and not empty",
        "6 c c",
        "7 d! a row must be JSON: ",
    ];
    assert_eq!(rows.len(), starts.len());
    for (row, start) in rows.iter().zip(starts) {
        assert!(row.starts_with(start), "{row:?} wants {start:?}");
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn encodings_are_told() {
    let text = "id,title\na,Größe 😀 “x”\nb,B\n";
    let latin = "id,title\na,Größe “x” €\nb,B\n";
    let latin = windows_1252(latin);
    for (name, bytes, encoding, title) in [
        ("utf-8", text.as_bytes().to_vec(), FeedEncoding::Utf8, "Größe 😀 “x”"),
        ("bom", format!("\u{feff}{text}").into_bytes(), FeedEncoding::Utf8, "Größe 😀 “x”"),
        ("utf-16le", utf16(text, u16::to_le_bytes), FeedEncoding::Utf16Le, "Größe 😀 “x”"),
        ("utf-16be", utf16(text, u16::to_be_bytes), FeedEncoding::Utf16Be, "Größe 😀 “x”"),
        ("utf-16le bom", utf16(&format!("\u{feff}{text}"), u16::to_le_bytes), FeedEncoding::Utf16Le, "Größe 😀 “x”"),
        ("utf-16be bom", utf16(&format!("\u{feff}{text}"), u16::to_be_bytes), FeedEncoding::Utf16Be, "Größe 😀 “x”"),
        ("windows-1252", latin, FeedEncoding::Windows1252, "Größe “x” €"),
    ] {
        for size in [1, 3, 1_000] {
            let mut reader = FeedReader::new(None, &Limits::default());
            let mut rows = Vec::new();
            for chunk in bytes.chunks(size) {
                reader.push(chunk);
                rows.extend(std::iter::from_fn(|| reader.next_row()));
            }
            reader.finish();
            rows.extend(std::iter::from_fn(|| reader.next_row()));
            assert_eq!(shown(&rows, "title"), [format!("2 a {title}"), "3 b B".into()], "{name} in pieces of {size}");
            assert_eq!(
                (reader.encoding(), reader.format(), reader.delimiter()),
                (encoding, Some(FeedFormat::Delimited), Some(b',')),
                "{name}"
            );
            assert_eq!(reader.columns().unwrap(), ["id", "title"]);
        }
    }
    let mut torn = utf16("id,title\na,", u16::to_le_bytes);
    torn.extend([0x00, 0xd8]);
    torn.extend(utf16("x\nb,B\n", u16::to_le_bytes));
    let wanted = ["2 a! column \"title\": must be UTF-16 as the feed is, found a torn character", "3 b B"];
    assert_eq!(titles(torn), wanted);
    let reader = FeedReader::new(None, &Limits::default()).with_encoding(FeedEncoding::Windows1252);
    assert_eq!(shown(&chunked(reader, "id,title\na,é\n".as_bytes(), 4).0, "title"), ["2 a Ã©"]);
}

/// Letters of Windows-1252 as single bytes.
fn windows_1252(text: &str) -> Vec<u8> {
    let byte = |c: char| match c {
        '“' => 0x93,
        '”' => 0x94,
        '€' => 0x80,
        c => u8::try_from(u32::from(c)).unwrap(),
    };
    text.chars().map(byte).collect()
}

#[test]
fn a_damaged_letter_is_a_row_s_fault_in_a_utf_8_feed() {
    let rows = titles(b"id,title\na,Gr\xc3\xb6\xc3\x9fe caf\xc3\nb,\xe9\nc,caf\xc3\xa9\n");
    let why = "! column \"title\": must be UTF-8 as the feed is, found other bytes";
    assert_eq!(rows, [format!("2 a{why}"), format!("3 b{why}"), "4 c café".into()]);
}

#[test]
fn overrides_win_where_they_have_a_value() {
    let limits = Limits::default();
    let mut overrides = Overrides::new(&limits);
    for row in read(b"ID\toverride\tTitle\tprice\na\tDE\tHonig\t\nb\tDE\t\t2 EUR\nc\tDE\n").0 {
        let line = row.line;
        assert_eq!(overrides.add(row).is_err(), line == 4);
    }
    assert_eq!(overrides.len(), 2);
    let mut row = Row::from_json(r#"{"id": " a", "Title": "Honey", "price": "1 EUR"}"#).unwrap();
    assert!(overrides.apply(&mut row));
    let cells: Vec<_> = row.iter().map(|(name, value)| (name, value.as_text().unwrap())).collect();
    assert_eq!(cells, [("Title", "Honig"), ("id", " a"), ("price", "1 EUR"), ("title", "Honig")]);
    let mut other = Row::from_json(r#"{"id": "z"}"#).unwrap();
    assert!(!overrides.apply(&mut other) && other.get("title").is_none());
    let mut small = Overrides::new(&Limits { max_override_bytes: 100, ..limits });
    let error = small.add(read(b"id,title\na,A\n").0.remove(0)).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (Code::RowLimit, "the rows that override take more than 100 bytes, over the limit")
    );
}

/// What a reader with source gives back, put together.
fn again(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut reader = FeedReader::new(None, &Limits::default()).with_source();
    let mut out = Vec::new();
    let mut take = |reader: &mut FeedReader| {
        while let Some(row) = reader.next_row() {
            let source = row.source.unwrap();
            out.extend([source.before, source.record].concat());
        }
    };
    for chunk in bytes.chunks(size) {
        reader.push(chunk);
        take(&mut reader);
    }
    reader.finish();
    take(&mut reader);
    out.extend(reader.tail());
    out
}

/// Bytes that feeds are made of, so that their grammar is met often.
fn feedlike() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => prop::sample::select(vec![&b"\n"[..], b"\r\n", b"\r", b",", b"\t", b";", b"\"", b"\"\"", b"id", b"title", b"a", b"b", b"1 EUR", b" ", b"{\"id\": 1}", b"{\"id\":", b"}", b"&amp;"]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..4),
        1 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
    ];
    let head = prop::sample::select(vec![
        &b""[..],
        b"id,title\n",
        b"id\ttitle\r\n",
        b"\xef\xbb\xbfid,title\n",
        b"{\"id\": 1}\n",
        b"\xff\xfei\0d\0\n\0",
    ]);
    (head, prop::collection::vec(part, 0..60)).prop_map(|(head, parts)| [head.to_vec(), parts.concat()].concat())
}

proptest! {
    #[test]
    fn borders_of_chunks_change_nothing(bytes in feedlike(), size in 1usize..20, bound in 5usize..80) {
        let limits = Limits { max_feed_row_bytes: bound, ..Limits::default() };
        for told in [None, Some(FeedFormat::Delimited), Some(FeedFormat::JsonLines)] {
            let reader = || FeedReader::new(told, &limits).with_source();
            let whole = chunked(reader(), &bytes, bytes.len().max(1));
            prop_assert_eq!(&chunked(reader(), &bytes, size), &whole);
            prop_assert_eq!(&chunked(reader(), &bytes, 1), &whole);
        }
    }

    #[test]
    fn sources_put_together_are_the_feed(bytes in feedlike(), size in 1usize..20) {
        prop_assume!(!bytes.starts_with(b"\xff\xfe") && !bytes.starts_with(b"\xfe\xff") && !bytes.iter().take(4).any(|b| *b == 0));
        let (_, fault) = read(&bytes);
        prop_assume!(fault.is_none());
        prop_assert_eq!(again(&bytes, size), bytes);
    }
}

#[test]
fn a_failing_row_is_an_error_of_the_row() {
    let error: Error = read(b"id,title\na\n").0.remove(0).row.unwrap_err();
    assert_eq!((error.code(), error.cause()), (Code::BadRow, templrender::Cause::Row));
}
