//! `feed` from outside: what it writes, what it skips, what it survives.

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::{CARD, Room, STRICT, exists, png};

fn drawn(said: &str) -> &str {
    said.lines().find(|line| line.contains(" drawn, ")).unwrap_or_else(|| panic!("no summary in:\n{said}"))
}

#[test]
fn a_bad_row_harms_no_other_and_is_listed_at_the_end() {
    let room = Room::new("bad-row");
    room.file("t.json", STRICT);
    room.file("shop/photos/a.png", png(4, 4, [255, 0, 0, 255]));
    room.file("shop/photos/broken.png", b"\x89PNG\r\n\x1a\nnothing");
    room.file(
        "shop/f.csv",
        "id,tint,image link\n1,#ff0000,photos/a.png\n2,reddish,photos/a.png\n3,#00ff00,../../etc/passwd\n4,#00ff00,photos/none.png\n\
         5,#0000ff,photos/broken.png\n6,#0000ff,\n7,#ffffff,photos/a.png\n1,#ffffff,photos/a.png\n,#ffffff,photos/a.png\n10,a,b,c,d\n11,#ffffff,photos/a.png\n",
    );
    let said = room.says(1, &["feed", "t.json", "shop/f.csv", "--out", "out"]);
    assert!(drawn(&said).starts_with("11 rows: 3 drawn, 0 unchanged, 8 failed"), "{said}");
    assert_eq!(room.list("out/default"), ["1.png", "11.png", "7.png"]);
    let failures: Vec<&str> = said.lines().filter(|line| line.starts_with("shop/f.csv:")).collect();
    assert_eq!(failures.len(), 8, "{said}");
    for (failure, start, part) in [
        (failures[0], "shop/f.csv:3: 2: ", "reddish"),
        (failures[1], "shop/f.csv:4: 3: layers[0]", "a picture must lie in the folder of its row or template"),
        (failures[2], "shop/f.csv:5: 4: layers[0]", "there is no such file"),
        (failures[3], "shop/f.csv:6: 5: ", "PNG"),
        (failures[4], "shop/f.csv:7: 6: field image_link: ", ""),
        (failures[5], "shop/f.csv:9: 1: ", "column id: an id must stand once, \"1\" stands in line 2 already"),
        (failures[6], "shop/f.csv:10: ", "an id must be a text or a number, and not empty"),
        (failures[7], "shop/f.csv:11: 10: ", "a row must have 3 cells as the header has, found 5"),
    ] {
        assert!(failure.starts_with(start) && failure.contains(part), "{failure}\nwants {start} ... {part}");
    }
    let sheet = room.text("out/index.html");
    assert_eq!(sheet.matches("<article class=\"row").count(), 11);
    assert_eq!(sheet.matches("class=\"row failed").count(), 8);
    assert!(sheet.contains("<img src=\"default/7.png\" width=\"40\" height=\"20\" loading=\"lazy\""), "{sheet}");
}

#[test]
fn what_is_there_and_unchanged_is_not_drawn_again() {
    let room = Room::new("resume");
    room.file("t.json", CARD);
    room.file("a.png", png(4, 4, [255, 0, 0, 255]));
    room.file("f.tsv", "id\ttint\timage_link\tunused\na\t#111111\ta.png\tx\nb\t#222222\t\tx\nc\t#333333\tlater.png\tx\n");
    let run = || drawn(&room.says(0, &["feed", "t.json", "f.tsv", "--out", "out", "--variant", "default", "--variant", "tall"])).to_owned();
    assert!(run().contains("3 rows in 2 variants: 6 drawn, 0 unchanged, 0 failed"));
    assert_eq!(room.list("out"), ["default", "index.html", "manifest.jsonl", "tall"]);
    let first = room.read("out/tall/a.png");
    assert!(run().contains("0 drawn, 6 unchanged"));
    room.file("f.tsv", "id\ttint\timage_link\tunused\na\t#111111\ta.png\ty\nb\t#aaaaaa\t\ty\nc\t#333333\tlater.png\ty\n");
    assert!(run().contains("2 drawn, 4 unchanged"), "only the row whose drawn column changed");
    room.file("a.png", png(5, 5, [0, 255, 0, 255]));
    assert!(run().contains("2 drawn, 4 unchanged"), "a local picture that changed is seen");
    assert_ne!(first, room.read("out/tall/a.png"));
    room.file("later.png", png(4, 4, [0, 0, 255, 255]));
    assert!(run().contains("2 drawn, 4 unchanged"), "a picture that was missing is there now");
    std::fs::remove_file(room.0.join("out/tall/a.png")).unwrap();
    std::fs::write(room.0.join("out/tall/b.png"), "torn").unwrap();
    assert!(run().contains("2 drawn, 4 unchanged"), "files that are gone or torn are drawn again");
    assert_eq!(first[..8], room.read("out/tall/b.png")[..8]);
    room.file("f.tsv", "id\ttint\timage_link\tunused\na\treddish\ta.png\ty\n");
    room.says(1, &["feed", "t.json", "f.tsv", "--out", "out"]);
    assert_eq!(room.list("out/default"), ["b.png", "c.png"], "a picture that its row no longer stands for is taken away");
}

#[test]
fn a_skipped_row_is_no_failure_and_leaves_no_picture() {
    let room = Room::new("skip");
    room.file("t.json", CARD.replacen("\"fields\"", "\"skip-if\": \"'sold <out>' if row['stock'] == '0'\", \"fields\"", 1));
    let feed = |stock: [u8; 3]| format!("id,stock\na,{}\nb,{}\nc,{}\n", stock[0], stock[1], stock[2]);
    let arguments = ["feed", "t.json", "f.csv", "--out", "out", "--variant", "default", "--variant", "tall"];
    room.file("f.csv", feed([1, 1, 0]));
    let said = room.says(0, &arguments);
    assert!(drawn(&said).starts_with("3 rows in 2 variants: 4 drawn, 0 unchanged, 0 failed, 2 skipped"), "{said}");
    assert_eq!(room.list("out/tall"), ["a.png", "b.png"]);
    room.file("f.csv", feed([0, 1, 1]));
    let said = room.says(0, &arguments);
    assert!(drawn(&said).contains("2 drawn, 2 unchanged, 0 failed, 2 skipped"), "{said}");
    assert_eq!(room.list("out/tall"), ["b.png", "c.png"], "the picture that a is not advertised with any more is taken away");
    let sheet = room.text("out/index.html");
    assert_eq!(sheet.matches("class=\"row skipped\"").count(), 1, "{sheet}");
    assert_eq!(sheet.matches("<i dir=\"auto\">sold &lt;out&gt;</i>").count(), 2, "{sheet}");
    assert_eq!(sheet.matches("<img ").count(), 4, "{sheet}");
    let said = room.says(1, &["render", "t.json", "--row", r#"{ "stock": "0" }"#, "-o", "a.png"]);
    assert_eq!(said, "--row: skip-if: row is skipped: sold <out>\n");
    assert!(!exists(room.0.join("a.png")));
}

#[test]
fn a_killed_run_leaves_no_partial_file_and_the_next_one_finishes() {
    let room = Room::new("kill");
    room.file("t.json", CARD.replace("[40, 20]", "[1200, 1200]"));
    let count = 60;
    let rows: String = (0..count).map(|i| format!("{i},#{:06x}\n", i * 4_000)).collect();
    room.file("f.csv", format!("id,tint\n{rows}"));
    let arguments = ["feed", "t.json", "f.csv", "--out", "out", "--jobs", "2"];
    let mut child = room.program(&arguments).stderr(std::process::Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while room.list("out/default").iter().filter(|name| name.ends_with(".png")).count() < 3 {
        assert!(started.elapsed() < Duration::from_secs(120), "no picture came");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before: Vec<String> = room.list("out/default").into_iter().filter(|name| !name.starts_with('.')).collect();
    assert!(before.len() < count, "it was killed too late to show anything");
    assert!(!exists(room.0.join("out/index.html")));
    for name in &before {
        let png = room.read(&format!("out/default/{name}"));
        assert!(png.starts_with(b"\x89PNG") && png.ends_with(b"IEND\xaeB`\x82"), "{name} is not whole");
    }
    let said = room.says(0, &arguments);
    let unchanged: usize = drawn(&said).split(" drawn, ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(unchanged, before.len(), "what was finished is not drawn again: {said}");
    assert_eq!(room.list("out/default").len(), count, "all pictures, and no remains");
    assert!(drawn(&room.says(0, &arguments)).contains("0 drawn, 60 unchanged"));
}

#[test]
fn whatever_the_moment_of_a_kill_nothing_is_drawn_twice() {
    let room = Room::new("kills");
    room.file("t.json", CARD.replace("[40, 20]", "[500, 500]"));
    let count = 80;
    let rows = |shift: usize| (0..count).map(|i| format!("{i},#{:06x}\n", i * 4_000 + shift)).collect::<String>();
    let arguments = ["feed", "t.json", "f.csv", "--out", "out", "--jobs", "3"];
    let pictures = || -> BTreeMap<String, Vec<u8>> {
        let names = room.list("out/default").into_iter().filter(|name| !name.starts_with('.'));
        names.map(|name| (name.clone(), room.read(&format!("out/default/{name}")))).collect()
    };
    let number = |said: &str, word: &str| -> usize { drawn(said).split(word).next().unwrap().rsplit(' ').next().unwrap().parse().unwrap() };
    let decodes = |(name, bytes): (&String, &Vec<u8>)| {
        assert!(core_::Frame::decode(bytes, &core_::Limits::default()).is_ok(), "{name} is broken");
    };
    let mut kills = 0;
    // A folder that is empty, then one that is full of pictures which are all to be drawn anew.
    for shift in [0, 7] {
        room.file("f.csv", format!("id,tint\n{}", rows(shift)));
        let (at_start, mut done) = (pictures(), 0);
        let fresh = |now: &BTreeMap<String, Vec<u8>>| now.iter().filter(|(name, bytes)| at_start.get(*name) != Some(bytes)).count();
        for step in 1.. {
            let mut child = room.program(&arguments).stderr(std::process::Stdio::null()).spawn().unwrap();
            let started = Instant::now();
            // Each run is killed a few pictures further, and at another moment within a picture.
            while fresh(&pictures()) < done + 6 && child.try_wait().unwrap().is_none() {
                assert!(started.elapsed() < Duration::from_secs(120), "no picture came");
                std::thread::sleep(Duration::from_millis(1));
            }
            std::thread::sleep(Duration::from_micros(step * 137));
            child.kill().unwrap();
            let was_killed = child.wait().unwrap().code().is_none();
            let now = pictures();
            now.iter().for_each(decodes);
            assert!(fresh(&now) >= done, "nothing that was finished is lost");
            done = fresh(&now);
            kills += usize::from(was_killed);
            if !was_killed || done >= count * 2 / 3 {
                break;
            }
        }
        let said = room.says(0, &arguments);
        assert_eq!((number(&said, " unchanged"), number(&said, " drawn")), (done, count - done), "{said}");
        assert_eq!(room.list("out/default").len(), count, "all pictures, and no remains");
        pictures().iter().for_each(decodes);
    }
    assert!(kills >= 4, "only {kills} runs were killed in time");
}

#[test]
fn threads_change_no_byte() {
    let room = Room::new("threads");
    room.file("t.json", CARD);
    let rows: String = (0..40).map(|i| format!("{{\"id\": {i}, \"tint\": \"#{:06x}\"}}\n", i * 99_991)).collect();
    room.file("f.jsonl", rows);
    for (jobs, out) in [("1", "one"), ("8", "eight")] {
        room.says(0, &["feed", "t.json", "f.jsonl", "--out", out, "--jobs", jobs]);
    }
    for name in room.list("one/default") {
        assert_eq!(room.read(&format!("one/default/{name}")), room.read(&format!("eight/default/{name}")), "{name}");
    }
    assert_eq!(room.list("one/default").len(), 40);
    assert_eq!(room.text("one/index.html"), room.text("eight/index.html"), "rows stand in the feed's order");
}

#[test]
fn feeds_are_read_as_they_come() {
    let room = Room::new("dirt");
    room.file("t.json", CARD);
    let quoted = "id,title,tint\n\"a\",\"two\nlines, and \"\"quotes\"\"\",#ff0000\n\nb,\"\",\n";
    for (name, content, ids) in [
        ("bom.csv", format!("\u{feff}{quoted}"), &["a.png", "b.png"][..]),
        ("crlf.csv", quoted.replace('\n', "\r\n"), &["a.png", "b.png"]),
        ("semicolon.csv", "ID;Tint\na;#ff0000\n".into(), &["a.png"]),
        ("tabs.txt", "id\ttint\na\t#ff0000\n".into(), &["a.png"]),
        ("no-end.csv", "id,tint\na,#ff0000".into(), &["a.png"]),
        ("lines", "{\"id\": \"a\"}\n\n{\"id\": 7, \"tint\": \"#00ff00\"}\n".into(), &["7.png", "a.png"]),
        ("bom.jsonl", "\u{feff}{\"id\": \"a\"}\r\n".into(), &["a.png"]),
        ("no-id.csv", "tint\n#ff0000\n#00ff00\n".into(), &["row-000001.png", "row-000002.png"]),
        ("header-only.csv", "id,tint\n".into(), &[]),
        ("empty.jsonl", String::new(), &[]),
    ] {
        room.file(name, content);
        let out = format!("out-{name}");
        let said = room.says(0, &["feed", "t.json", name, "--out", &out]);
        assert_eq!(room.list(&format!("{out}/default")), ids, "{name}: {said}");
        assert!(exists(room.0.join(&out).join("index.html")), "{name}");
    }
    assert!(room.text("out-crlf.csv/index.html").contains("lines, and &quot;quotes&quot;"));
    room.says(0, &["feed", "t.json", "no-id.csv", "--out", "limited", "--limit", "1"]);
    assert_eq!(room.list("limited/default").len(), 1);
}

#[test]
fn what_is_no_feed_is_refused_with_its_reason() {
    let room = Room::new("no-feed");
    room.file("t.json", CARD);
    for (name, content, why) in [
        ("empty.csv", &b""[..], "empty.csv: a feed must have a header line, found an empty file"),
        ("twice.csv", b"id,tint,id\n", "twice.csv: a column must stand once in the header, found \"id\" twice"),
        (
            "whole.json",
            b"[{\"id\": 1}]",
            "whole.json: a feed must be CSV, TSV, XML or JSON Lines (one object a line), found JSON in one piece",
        ),
    ] {
        room.file(name, content);
        assert_eq!(room.says(1, &["feed", "t.json", name, "--out", "out"]).trim_end(), why);
    }
    assert_eq!(room.says(1, &["feed", "t.json", "gone.csv", "--out", "out"]), "gone.csv: no such file or directory\n");
    assert!(room.says(1, &["feed", "t.json", ".", "--out", "out"]).starts_with(".: a feed must be a file"));
    room.file("torn.csv", b"id,title\na,\xc3\xa9\nb,\xe9\nc,x\n");
    let said = room.says(1, &["feed", "t.json", "torn.csv", "--out", "out"]);
    assert!(said.contains("torn.csv:3: b: column \"title\": must be UTF-8 as the feed is, found other bytes"), "{said}");
    room.file("broken.jsonl", "{\"id\": \"a\"}\n{\"id\": \n{\"id\": \"c\"}\n");
    let said = room.says(1, &["feed", "t.json", "broken.jsonl", "--out", "out2"]);
    assert!(said.contains("broken.jsonl:2: ") && room.list("out2/default") == ["a.png", "c.png"], "{said}");
}

#[test]
fn an_open_quote_costs_one_row_and_no_memory() {
    let room = Room::new("quote");
    room.file("t.json", STRICT);
    let rest = "x,reddish,y\n".repeat(500_000);
    room.file("f.csv", format!("id,tint,image_link\na,#ff0000,\nb,\"open,\nc,#ff0000,\n{rest}"));
    let said = room.says(1, &["feed", "t.json", "f.csv", "--out", "out", "--limit", "3"]);
    assert!(said.contains("f.csv:3: b: a quote must be closed within 5242880 bytes, found none"), "{said}");
    assert!(said.contains("f.csv:4: c: "), "{said}");
}

#[test]
fn an_override_feed_is_laid_over_the_rows() {
    let room = Room::new("override");
    room.file("t.json", CARD);
    room.file("f.csv", "id,tint\na,#ff0000\nb,#ff0000\n");
    room.file("plain.csv", "id,tint\na,#ff0000\nb,#00ff00\n");
    room.file("de.csv", "id,override,tint\nb,DE,#00ff00\na,DE,\nz,DE,#123456\n");
    room.says(0, &["feed", "t.json", "plain.csv", "--out", "plain"]);
    room.says(0, &["feed", "t.json", "f.csv", "--out", "out", "--override", "de.csv"]);
    for name in ["a.png", "b.png"] {
        assert_eq!(room.read(&format!("plain/default/{name}")), room.read(&format!("out/default/{name}")), "{name}");
    }
    room.file("bad.csv", "id,tint\nb\n");
    let said = room.says(1, &["feed", "t.json", "f.csv", "--out", "out", "--override", "bad.csv"]);
    assert!(said.contains("bad.csv:2: b: a row must have 2 cells as the header has, found 1"), "{said}");
}

#[test]
fn ids_and_names_of_rows_without_one_do_not_mix() {
    let room = Room::new("names");
    room.file("t.json", CARD);
    room.file("f.jsonl", "{}\n{\"id\": \"row-000001\"}\n{\"id\": \"row-x\"}\n");
    let said = room.says(1, &["feed", "t.json", "f.jsonl", "--out", "out"]);
    assert!(said.contains("f.jsonl:2: row-000001: ids such as row-000001 are for rows without one, found both in one feed"), "{said}");
    assert_eq!(room.list("out/default"), ["row-000001.png", "row-x.png"]);
}

#[test]
fn ids_are_never_paths() {
    let room = Room::new("ids");
    room.file("t.json", CARD);
    room.file("f.jsonl", "{\"id\": \"../../evil\"}\n{\"id\": \"/etc/x\"}\n{\"id\": \"a/b\"}\n{\"id\": \"a?b\"}\n{\"id\": \"..\"}\n{\"id\": \"ünï ©\"}\n{\"id\": \"<b>&\\u0000\"}\n");
    let said = room.says(0, &["feed", "t.json", "f.jsonl", "--out", "deep/er/out"]);
    assert!(drawn(&said).starts_with("7 rows: 7 drawn"), "{said}");
    assert_eq!(room.list(""), ["deep", "f.jsonl", "t.json"]);
    assert_eq!(room.list("deep/er/out/default").len(), 7);
    assert!(!room.text("deep/er/out/index.html").contains("<b>&\u{0}"));
}

#[test]
fn two_runs_into_one_folder_do_not_mix() {
    let room = Room::new("lock");
    room.file("t.json", CARD);
    room.file("f.csv", "id\na\n");
    room.file("out/manifest.jsonl", "");
    let lock = std::fs::File::open(room.0.join("out/manifest.jsonl")).unwrap();
    lock.lock().unwrap();
    let said = room.says(1, &["feed", "t.json", "f.csv", "--out", "out"]);
    assert_eq!(said, "out/manifest.jsonl: another run is writing into this folder\n");
    drop(lock);
    room.says(0, &["feed", "t.json", "f.csv", "--out", "out"]);
}

/// Rows share what is the same in all of them, and no byte shows it.
#[test]
fn compiled_templates_change_no_byte() {
    let room = Room::new("compiled");
    let layers = CARD.replace(
        "\"background\": \"{{ tint }}\",\n  \"layers\": [ ",
        "\"background\": \"linear-gradient(red, blue)\", \"output\": { \"format\": \"jpeg\" },\n  \"layers\": [ \
         { \"type\": \"box\", \"left\": 2, \"top\": 2, \"width\": 5, \"height\": 5, \"background\": \"{{ tint }}\" }, \
         { \"type\": \"box\", \"right\": 2, \"top\": 2, \"width\": 5, \"height\": 5, \"background\": \"gold\", \"border-radius\": 2 }, ",
    );
    assert_ne!(layers, CARD);
    room.file("t.json", layers);
    room.file("a.png", png(4, 4, [255, 0, 0, 255]));
    let row = |i: usize| format!("{i},#{:06x},{}\n", i * 9_999, if i.is_multiple_of(3) { "a.png" } else { "" });
    room.file("f.csv", format!("id,tint,image link\n{}", (0..24).map(row).collect::<String>()));
    let run = |out: &str, more: &[&str]| {
        let mut arguments = vec!["feed", "t.json", "f.csv", "--out", out, "--variant", "default", "--variant", "tall"];
        arguments.extend(more);
        assert!(drawn(&room.says(0, &arguments)).contains("48 drawn"));
    };
    run("with", &[]);
    run("without", &["--compiled-memory", "0"]);
    run("little", &["--compiled-memory", "8K", "--jobs", "1"]);
    for name in ["default", "tall"] {
        for file in room.list(&format!("without/{name}")) {
            let wanted = room.read(&format!("without/{name}/{file}"));
            for out in ["with", "little"] {
                assert!(room.read(&format!("{out}/{name}/{file}")) == wanted, "{out}/{name}/{file}");
            }
        }
    }
}
