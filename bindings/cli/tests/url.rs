//! `url` and `feed --rewrite --secret-file` from outside: URLs that carry a row.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{CARD, Room};
use core_::{FeedReader, Fonts, Keyring, Limits, Renderer, Request, Template};

const SECRETS: &str = "2026-11 an-example-that-everybody-knows-1\n2026-10 an-example-that-everybody-knows-2 larch\n";
const NOW: &str = "2026-11-22T12:00:00Z";

/// A room with a template in a folder, and secrets.
fn room(name: &str) -> Room {
    let room = Room::new(name);
    room.file("templates/card/template.json", CARD);
    room.file("secrets.txt", SECRETS);
    room
}

/// What the program prints.
fn prints(room: &Room, arguments: &[&str]) -> String {
    let output = room.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn sign(room: &Room, more: &[&str]) -> String {
    let arguments = ["url", "sign", "--template", "templates/card", "--secret-file", "secrets.txt", "--now", NOW];
    prints(room, &[&arguments, more].concat()).trim_end().to_owned()
}

#[test]
fn what_is_signed_is_verified_until_it_ends() {
    let room = room("url-sign");
    let row = r#"{ "tint": "red", "image_link": "https://shop.example/a.jpg", "id": "1", "title": "not read" }"#;
    let url = sign(&room, &["--row", row, "--variant", "tall", "--format", "jpg", "--expires", "7d", "--base", "https://img.example.com"]);
    let (request, signature) = Request::parse(&url).unwrap();
    let expected = "/shop/card/tall.jpg?image_link=https%3A%2F%2Fshop.example%2Fa.jpg&tint=red&~e=1795953600";
    assert_eq!(request.canonical().unwrap(), expected);
    assert!(url.starts_with("https://img.example.com/shop/card/") && url.contains("&~k=2026-11&~s="));
    assert_eq!(signature.unwrap().key_id(), "2026-11");

    let verify = ["url", "verify", &url, "--secret-file", "secrets.txt", "--now"];
    let before = prints(&room, &[&verify[..], &["2026-11-29T11:59:59Z"]].concat());
    assert_eq!(before, "signed for shop with the key 2026-11; it ends at 2026-11-29T12:00:00Z\n");
    let said = room.says(1, &[&verify[..], &["2026-11-29T12:00:00Z"]].concat());
    assert!(said.ends_with("tall.jpg: url: a URL must be asked for before its end, 1795953600, found 1795953600\n"), "{said}");
    let forged = url.replace("tint=red", "tint=blue");
    let said = room.says(1, &["url", "verify", &forged, "--secret-file", "secrets.txt", "--now", NOW]);
    assert!(said.ends_with(": url: a signature must be that of the URL, found another\n") && !said.contains("tint"), "{said}");
    // Without an end it has none, and a JSON file is a row too.
    room.file("row.json", r#"{ "tint": "red" }"#);
    assert_eq!(Request::parse(&sign(&room, &["--row", "row.json"])).unwrap().0.expires, None);
    // Pinned, it names the template's version.
    let pinned = Request::parse(&sign(&room, &["--row", "row.json", "--pin"])).unwrap().0.digest.unwrap();
    assert!(pinned.len() == 16 && pinned.bytes().all(|b| b.is_ascii_hexdigit()), "{pinned}");
}

#[test]
fn a_url_is_signed_as_it_is() {
    let room = room("url-resign");
    let arguments = ["url", "sign", "--secret-file", "secrets.txt"];
    let plain = "/larch/card.jpeg?b=2&a=%61+b";
    assert!(prints(&room, &[&arguments[..], &[plain]].concat()).starts_with("/larch/card.jpg?a=a%20b&b=2&~k=2026-11&~s="));
    let whole = prints(&room, &[&arguments[..], &["https://img.example.com:8443/larch/card.jpg?a=1", "--expires", "1795953600"]].concat());
    assert!(whole.starts_with("https://img.example.com:8443/larch/card.jpg?a=1&~e=1795953600&~k="), "{whole}");
    // Signed again, it keeps its end.
    let again = prints(&room, &[&arguments[..], &[whole.trim_end()]].concat());
    assert_eq!(again, whole);
    let said = room.says(1, &[&arguments[..], &["/larch/card.gif?token=hidden"]].concat());
    assert_eq!(said, "/larch/card.gif: path: a path must end with .jpg, .png or .webp, found \".gif\"\n");
}

#[test]
fn keys_come_from_several_files() {
    let room = room("url-rotate");
    room.file("old.txt", "an-example-that-everybody-knows-3\n");
    let old = prints(&room, &["url", "sign", "/shop/card.png", "--secret-file", "old.txt"]);
    let both = ["url", "verify", old.trim_end(), "--secret-file", "secrets.txt", "--secret-file", "old.txt"];
    assert_eq!(prints(&room, &both), "signed for shop with the key 492923e6; it has no end\n");
    let said = room.says(1, &both[..5]);
    assert_eq!(said, "/shop/card.png: url: a URL must be signed with a known key, found \"492923e6\"\n");
    room.file("bad.txt", "# key\n2026-11 too-short\n");
    let said = room.says(1, &["url", "sign", "/shop/card.png", "--secret-file", "bad.txt"]);
    assert_eq!(said, "bad.txt: line 2: a secret must have 32 to 1024 characters, found 9\n");
    room.file("larch.txt", "larch an-example-that-everybody-knows-3 larch\n");
    let said = room.says(1, &["url", "sign", "/shop/card.png", "--secret-file", "larch.txt"]);
    assert_eq!(said, "/shop/card.png: a key must be there to sign for tenant \"shop\", found none\n");
    assert!(room.says(1, &["url", "sign", "/shop/card.png", "--secret-file", "none.txt"]).starts_with("none.txt: no such file"));
}

#[test]
fn what_cannot_be_drawn_gets_no_url() {
    let room = room("url-refused");
    let refused = |row: &str, more: &[&str], status: i32| {
        let arguments = ["url", "sign", "--template", "templates/card", "--secret-file", "secrets.txt", "--row", row];
        room.says(status, &[&arguments[..], more].concat())
    };
    assert_eq!(refused(r#"{ "tint": "reddish" }"#, &[], 1), "--row: field tint: must be a CSS colour such as #d0021b, found \"reddish\"\n");
    let local = "--row: a row in a URL may name pictures by http:// and https:// only, found \"photos/a.png\"\n";
    assert_eq!(refused(r#"{ "image_link": "photos/a.png" }"#, &[], 1), local);
    // Letters in an order that packing cannot shorten.
    let mut state = 1_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"[(state >> 58) as usize])
    };
    let noise: String = (0..2_600).map(|_| letter()).collect();
    let long = refused(&format!(r#"{{ "image_link": "https://shop.example/{noise}" }}"#), &[], 1);
    assert!(long.starts_with("--row: url: a URL must have at most 1917 characters before its signature, found "), "{long}");
    assert!(long.ends_with("; the longest columns are image_link (2629)\n"), "{long}");
    let base = refused(r#"{}"#, &["--base", "https://img.example.com/ads"], 2);
    assert!(base.contains("must have no path, for the path of a URL is signed"), "{base}");
    for (more, expected) in [
        (["--variant", "wide"], "--variant wide: the template card has no such variant, it has tall"),
        (["--format", "gif"], "must be jpg, png or webp, found \"gif\""),
        (["--expires", "soon"], "an end is written 7d, 12h, 30m, 90s, 2026-11-30T12:00:00Z"),
        (["--tenant", "a/b"], "--row: tenant: a name in a path must have no slashes and no control characters, found '/'"),
    ] {
        let said = refused("{}", &more, if more[0] == "--tenant" { 1 } else { 2 });
        assert!(said.contains(expected), "{said}");
    }
    let said = room.says(2, &["url", "sign", "/shop/card.png", "--template", "templates/card", "--secret-file", "secrets.txt"]);
    assert!(said.contains("cannot be used with"), "{said}");
}

#[test]
fn a_url_is_explained_with_its_plan() {
    let room = room("url-explain");
    let url = sign(&room, &["--pin", "--row", r#"{ "tint": "red", "image_link": "https://shop.example/a.jpg" }"#]);
    let explained = prints(&room, &["url", "explain", &url, "--templates", "templates", "--now", NOW]);
    let template = Template::parse(CARD).unwrap();
    let (request, _) = Request::parse(&url).unwrap();
    let plan = Renderer::new(Fonts::with_default()).plan(&template, &request.row, &request.context(0)).unwrap();
    for line in [
        "tenant      shop\ntemplate    card\n",
        "variant     none\nformat      png\nends        never\nsigned      with the key 2026-11; not verified here\n",
        "row         \"image_link\": \"https://shop.example/a.jpg\"\n            \"tint\": \"red\"\n",
        &format!("plan        {}\n", plan.key()),
        "needs       https://shop.example/a.jpg\n",
    ] {
        assert!(explained.contains(line), "{line}\n{explained}");
    }
    // A tenant's own template comes first, and another version is said to be another.
    room.file("templates/shop/card/template.json", CARD.replace("\"size\": [40, 20]", "\"size\": [80, 20]"));
    let other = prints(&room, &["url", "explain", &url, "--templates", "templates", "--now", NOW]);
    assert!(other.contains(", which is not the version of the URL\n"), "{other}");
    let said = room.says(1, &["url", "explain", "/shop/cart.png", "--templates", "templates"]);
    assert_eq!(said, "templates: there is no template cart for the tenant shop\n");
    let numbers = prints(&room, &["url", "explain", r#"/shop/card.png?~j={"n":[1.50,true,null,{"a":"b"}]}"#]);
    assert!(numbers.contains("row         \"n\": [1.5, true, null, { \"a\": \"b\" }]\n"), "{numbers}");
}

const FEED: &str = "\u{feff}id,title,image link,tint,colour\r\na,\"x, \"\"y\"\"\",https://shop.example/a.png,#ff0000,1\r\n\
    bad,x,https://shop.example/b.png,reddish,2\r\nlocal,x,photos/a.png,,3\r\nshort,x\r\nd,,,#00ff00,4\r\n";

#[test]
fn a_feed_is_written_with_signed_urls_and_nothing_is_drawn() {
    let room = room("url-feed");
    room.file("feed.csv", FEED);
    let arguments = ["feed", "templates/card", "feed.csv", "--out", "out", "--rewrite", "https://img.example.com/", "--secret-file"];
    let more = ["secrets.txt", "--tenant", "larch", "--variant", "tall", "--now", NOW, "--expires", "30d"];
    let said = room.says(1, &[&arguments[..], &more].concat());
    for line in [
        "5 rows: 2 linked, 3 failed",
        "out/feed.csv: 2 rows with a signed URL\n",
        "feed.csv:3: bad: field tint: must be a CSS colour such as #d0021b, found \"reddish\"\n",
        "feed.csv:4: local: a row in a URL may name pictures by http:// and https:// only, found \"photos/a.png\"\n",
        "feed.csv:5: short: a row must have 5 cells as the header has, found 2\n",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert_eq!(room.list("out"), ["feed.csv"]);
    let written = room.text("out/feed.csv");
    let keys = Keyring::parse(SECRETS).unwrap();
    let template = Template::parse(CARD).unwrap();
    let mut expected = FEED.to_owned();
    for (id, old, new) in [("a", "https://shop.example/a.png", "URL"), ("d", "d,,,", "d,,URL,")] {
        let line = written.lines().find(|line| line.starts_with(&format!("{id},"))).unwrap();
        let url = &line[line.find("https://img").unwrap()..];
        let url = &url[..url.find(',').unwrap()];
        let (request, signature) = Request::parse(url).unwrap();
        keys.verify(&request, signature.as_ref(), 1_795_348_800 + 30 * 86_400).unwrap();
        assert_eq!((request.tenant.as_str(), request.template.as_str(), request.variant.as_deref()), ("larch", "card", Some("tall")));
        let names: Vec<&str> = request.row.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["image_link", "tint"], "what the template does not read is left out");
        let plan = Renderer::new(Fonts::with_default()).plan(&template, &request.row, &request.context(1_795_348_800)).unwrap();
        let (key, files) = request.version.as_deref().unwrap().split_once('-').unwrap();
        assert_eq!((key, files.len()), (&plan.key().to_string()[..16], 8));
        assert_eq!(request.digest, None, "only a pinned URL names the version");
        expected = expected.replacen(old, &new.replace("URL", url), 1);
    }
    assert_eq!(written, expected, "no other byte is another");
    // Within the 30 days the same URLs come of it, byte for byte.
    let later = [&more[..6], &["2026-11-24", "--expires", "30d"]].concat();
    room.says(1, &[&arguments[..], &later].concat());
    assert_eq!(written, room.text("out/feed.csv"));
}

#[test]
fn rows_keep_their_order_on_all_threads_and_rules_choose_templates() {
    let room = room("url-order");
    room.file(
        "templates/plain/template.json",
        r#"{ "templrender": 1, "name": "p", "size": [9, 9], "layers": [],
        "fields": { "tint": { "type": "color" } }, "background": "{{ tint or 'red' }}" }"#,
    );
    room.file(
        "rules.json",
        r#"{ "rules": 1, "fields": {}, "choose": [ { "if": "id == '7'", "skip": "seven is left out" },
        { "if": "title == 'card'", "template": "templates/card" }, { "template": "templates/plain" } ] }"#,
    );
    let rows: Vec<String> = (0..1_000)
        .map(|i| format!("{{\"id\":\"{i}\",\"title\":\"{}\",\"tint\":\"#{i:06x}\"}}\n", if i % 3 == 0 { "card" } else { "x" }))
        .collect();
    room.file("feed.jsonl", rows.concat());
    let arguments =
        ["feed", "rules.json", "feed.jsonl", "--out", "out", "--jobs", "3", "--limit", "900", "--rewrite", "https://img.example.com"];
    let said = room.says(0, &[&arguments[..], &["--secret-file", "secrets.txt"]].concat());
    assert!(said.contains("900 rows: 899 linked, 0 failed, 1 skipped") && said.contains("applies to 300 of 900 rows"), "{said}");
    let mut reader = FeedReader::new(None, &Limits::default());
    reader.push(&room.read("out/feed.jsonl"));
    reader.finish();
    for i in 0..1_000 {
        let row = reader.next_row().unwrap();
        assert_eq!(row.id, Some(i.to_string()));
        let link = row.row.unwrap().get("image_link").and_then(|link| link.as_text().map(str::to_owned));
        if i == 7 || i >= 900 {
            assert_eq!(link, None, "{i}");
            continue;
        }
        let (request, _) = Request::parse(&link.unwrap()).unwrap();
        assert_eq!(request.template, if i % 3 == 0 { "card" } else { "plain" });
        assert_eq!(request.row.get("tint").and_then(|tint| tint.as_text()), Some(format!("#{i:06x}").as_str()));
    }
}

#[test]
fn what_a_url_cannot_say_is_wrong_usage() {
    let room = room("url-usage");
    room.file("feed.csv", FEED);
    for (more, expected) in [
        (&["--rewrite", "https://img.example.com/ads"][..], "--rewrite https://img.example.com/ads: must have no path"),
        (&["--rewrite", "https://img.example.com", "--time-zone", "Europe/London"], "--time-zone has no place in a URL"),
        (&["--rewrite", "https://img.example.com", "--variant", "tall", "--variant", "default"], "--secret-file takes one --variant"),
        (&[], "--rewrite <BASE_URL>"),
    ] {
        let arguments = ["feed", "templates/card", "feed.csv", "--out", "out", "--secret-file", "secrets.txt"];
        let said = room.says(2, &[&arguments[..], more].concat());
        assert!(said.contains(expected), "{said}");
    }
    assert!(room.list("out").is_empty());
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The blocks of a language in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    for part in page.split(&format!("\n```{language}\n")).skip(1) {
        blocks.push(part.split("\n```").next().unwrap().to_owned() + "\n");
    }
    blocks
}

/// The words of a line as a shell parts them; quotes are single.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in line.chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A room in which the examples of the documents run.
fn documented() -> (Room, String) {
    let room = Room::new("url-docs");
    let page = std::fs::read_to_string(root().join("docs/urls.md")).unwrap();
    room.file("secrets.txt", blocks(&page, "text").into_iter().find(|block| block.contains("an-example")).unwrap());
    std::os::unix::fs::symlink(root().join("templates"), room.0.join("templates")).unwrap();
    (room, page)
}

#[test]
#[cfg(unix)]
fn the_documents_show_what_the_program_says() {
    let (room, page) = documented();
    let mut commands = 0;
    for block in blocks(&page, "console") {
        for part in format!("\n{block}").split("\n$ ").skip(1) {
            let (command, output) = part.split_once('\n').unwrap();
            let command = words(command);
            assert_eq!(command[0], "templrender", "{command:?}");
            let arguments: Vec<&str> = command[1..].iter().map(String::as_str).collect();
            let said = room.run(&arguments);
            let said = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
            assert_eq!(said.trim_end(), output.trim_end(), "{command:?}");
            commands += 1;
        }
    }
    assert!(commands >= 4, "{commands} commands were found");
}

#[test]
#[cfg(unix)]
fn other_languages_sign_the_same_urls() {
    let (room, page) = documented();
    let [snippet] = &blocks(&page, "python")[..] else { panic!("one Python block is expected") };
    let Ok(output) = Command::new("python3").arg("-c").arg(snippet).output() else {
        eprintln!("there is no python3 here");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = String::from_utf8(output.stdout).unwrap();
    for url in theirs.lines() {
        let (request, signature) = Request::parse(url).unwrap();
        assert!(signature.is_some() && request.row.iter().next().is_some());
        assert_eq!(prints(&room, &["url", "sign", url, "--secret-file", "secrets.txt"]).trim_end(), url);
        prints(&room, &["url", "verify", url, "--secret-file", "secrets.txt", "--now", NOW]);
    }
    assert!(theirs.lines().count() >= 2, "{theirs}");
}
