//! `check TEMPLATE FEED` from outside: the report, the thresholds, the sheet, the channel.

mod common;
#[path = "../../../tests/common/shop.rs"]
mod shop;

use common::{CARD, Room, STRICT, png};
use serde_json::Value;

/// A feed in which one row of each kind is wrong.
const FEED: &str = "id,tint,image_link,title,unused\n1,#ff0000,a.png,Honey,x\n2,reddish,a.png,Honey,\n3,#00ff00,,BUY ASTER HONEY NOW,\n\
    1,#00ff00,a.png,Honey,\n5,#0000ff,a.png,<b>Honey</b>,\n6,#0000ff\n";

fn report(room: &Room, name: &str) -> Value {
    serde_json::from_str(&room.text(name)).unwrap()
}

#[test]
fn a_feed_is_checked_without_its_pictures() {
    let room = Room::new("check-feed");
    room.file("t.json", CARD);
    room.file("f.csv", FEED);
    let output = room.run(&["check", "t.json", "f.csv", "--variant", "default", "--variant", "tall", "--report", "r.json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "rows that fail are findings:\n{text}");
    for part in [
        "card: 6 rows read, 3 failed, 0 skipped\n",
        "bad-field in 1 of 6 rows: field tint: must be a CSS colour such as #d0021b, found \"…\"; first line 3 (2)\n",
        "duplicate-row-id in 1 of 6 rows",
        "title-all-caps in 1 of 6 rows: a title should not be all capitals; first line 4 (3)\n",
        "title-markup in 1 of 6 rows",
        "columns that the template does not use: title, unused\n",
        "tall: 3 rows laid out\n",
        "photo: missing in 1 of 3 rows\n",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let json = report(&room, "r.json");
    assert_eq!((&json["rows"], &json["failed"], &json["codes"]["bad-field"]), (&6.into(), &3.into(), &1.into()));
    assert_eq!(json["variants"][1]["variant"], "tall");
    assert_eq!(json["variants"][0]["layers"][0]["worst"]["missing"][0]["id"], "3");
    assert_eq!(json["columns"]["feed"][4]["name"], "unused");
    assert_eq!((&json["columns"]["feed"][4]["filled"], &json["columns"]["feed"][4]["used"]), (&1.into(), &false.into()));
}

#[test]
fn thresholds_decide_the_exit_status() {
    let room = Room::new("check-thresholds");
    room.file("t.json", CARD);
    room.file("f.csv", FEED);
    let check = |status: i32, threshold: &str| room.says(status, &["check", "t.json", "f.csv", "--fail-on", threshold]);
    check(0, "failed=3");
    check(0, "failed=50%");
    check(0, "title-markup=1");
    assert!(check(1, "failed=2").contains("f.csv: failed: at most 2 rows may have it, found 3 of 6"));
    assert!(check(1, "failed=49.9%").contains("failed: at most 49.9 % may have it, found 3 of 6"));
    assert!(check(1, "title-markup=0").contains("title-markup"));
    assert!(check(2, "title-markdown=0").contains("unknown code \"title-markdown\""));
    assert!(room.says(2, &["check", "t.json", "--fail-on", "failed=0"]).contains("FEED"), "a threshold needs a feed");
    assert!(room.says(2, &["check", "t.json", "f.csv", "--channel", "gogle"]).contains("did you mean \"google\"?"));
    assert!(room.says(2, &["check", "t.json", "f.csv", "--variant", "tal"]).contains("it has tall"));
    assert!(room.says(1, &["check", "t.json", "none.csv"]).contains("none.csv: no such file"));
}

#[test]
fn the_worst_rows_are_drawn_on_a_sheet() {
    let room = Room::new("check-sheet");
    room.file("t.json", CARD);
    room.file("a.png", png(4, 4, [255, 0, 0, 255]));
    room.file("f.csv", FEED);
    let said = room.says(0, &["check", "t.json", "f.csv", "--sheet", "out", "--channel", "google"]);
    assert!(said.contains("look at out"), "{said}");
    assert_eq!(room.list("out/default"), ["4-3.png"]);
    let sheet = room.text("out/index.html");
    assert!(sheet.contains("<h3 class=\"group\">default · photo · missing</h3>") && sheet.contains("BUY ASTER HONEY NOW"), "{sheet}");
    assert!(sheet.contains("channel-picture-size"), "the picture has 40 x 20 px:\n{sheet}");
}

#[test]
fn a_channel_is_told_what_it_refuses() {
    let room = Room::new("check-channel");
    room.file("t.json", STRICT);
    room.file("f.csv", "id,title,description,link,image_link,availability,price\n1,t,d,https://a,https://a/ü.jpg,in_stock,1 EUR\n2,t,d,,b.jpg,in_stock,1 EUR\n");
    let output = room.run(&["check", "t.json", "f.csv", "--channel", "google", "--report", "-", "--now", "2026-11-30"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let channel = &json["channel"];
    assert_eq!(channel["name"], "google");
    assert_eq!(channel["template"][0]["code"], "channel-picture-size");
    let rows: Vec<String> =
        channel["rows"].as_array().unwrap().iter().map(|f| format!("{} {} {}", f["code"], f["column"], f["rows"])).collect();
    let expected = ["\"channel-required\" \"link\" 1", "\"channel-url-ascii\" \"image_link\" 1", "\"channel-url-scheme\" \"image_link\" 1"];
    assert_eq!(rows, expected);
    assert!(channel["rows"][0]["source"].as_str().unwrap().contains("support.google.com"));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("google:\n") && text.contains("channel-url-ascii in 1 of 2 rows: image_link: a picture's URL must be ASCII"),
        "{text}"
    );
}

/// What docs/check.md shows is what the program says of the shipped feed.
#[test]
fn the_document_shows_a_real_report() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let output = Room::new("check-docs")
        .program(&["check", "templates/product-sale", "templates/product-sale/rows/feed.tsv", "--now", "2026-11-21T12:00:00Z"])
        .current_dir(root)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let page = std::fs::read_to_string(root.join("docs/check.md")).unwrap();
    assert!(page.contains(&format!("```\n{said}```")), "docs/check.md must show this:\n{said}");
}

/// The same report from one thread and from four, to the byte, and every planted defect in it.
#[test]
fn no_number_of_threads_shows() {
    const ROWS: u64 = 1_000;
    let room = Room::new("check-threads");
    let feed: String = std::iter::once(shop::header()).chain((0..ROWS).map(shop::line)).collect();
    room.file("f.tsv", feed);
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates/product-sale");
    let check = |jobs: &str| {
        let output = room.run(&["check", template, "f.tsv", "--jobs", jobs, "--report", "-", "--now", "2026-11-21T12:00:00Z"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let one = check("1");
    assert_eq!(one, check("4"));
    let json: Value = serde_json::from_slice(&one).unwrap();
    assert_eq!((&json["rows"], &json["failed"]), (&ROWS.into(), &shop::failing(ROWS).into()));
    for (code, count) in shop::all_planted(ROWS) {
        assert_eq!(json["codes"][code], count, "{code}");
    }
}

#[test]
fn a_fallback_that_a_service_would_refuse_fails() {
    let room = Room::new("check");
    room.file("card/template.json", STRICT);
    room.file("card/rows/a.json", r#"{ "image_link": "a.png" }"#);
    room.file("card/rows/a.png", png(10, 10, [1, 2, 3, 255]));
    room.file("card/fallback.json", r#"{ "image_link": "rows/b.png" }"#);
    assert_eq!(room.says(1, &["check", "card", "--report", "r.json"]), "card/rows/b.png: no such file or directory\n");
    assert!(room.text("r.json").contains("\"row\": \"card/fallback.json\""));
    room.file("card/fallback.json", r#"{ "image_link": "rows/a.png" }"#);
    assert_eq!(room.says(0, &["check", "card"]), "card/template.json: 0 variants, 1 row, 0 notes\n");
}
