//! `render`, `new` and `check` from outside: exit statuses, messages, files, and which pictures a row may name.

mod common;

use common::{CARD, Room, STRICT, exists, png};

#[test]
fn wrong_usage_exits_with_2_and_says_how_it_goes() {
    let room = Room::new("usage");
    room.file("t.json", CARD);
    for (arguments, part) in [
        (&[][..], "Usage"),
        (&["paint"], "unrecognized subcommand"),
        (&["render"], "TEMPLATE"),
        (&["render", "t.json", "--variant", "wide"], "--variant wide: the template card has no such variant, it has tall"),
        (&["render", "t.json", "-o", "out.gif"], "a picture's name must end in .jpg, .png or .webp, found \"out.gif\""),
        (&["render", "t.json", "-o", "out.png", "--quality", "80"], "--quality 80: only a JPEG has a quality, the picture is .png"),
        (&["render", "t.json", "--quality", "101"], "101"),
        (&["render", "t.json", "--now", "tomorrow"], "a time is written 2026-11-30T12:00:00Z"),
        (
            &["render", "t.json", "--time-zone", "Mars"],
            "time-zone must be UTC, an offset such as +01:00 or a name such as Europe/London, found \"Mars\"",
        ),
        (&["new", "x", "--from", "nothing"], "--from nothing: no such template is shipped"),
        (&["new", "../.."], "a template's name has letters"),
        (&["feed", "t.json", "f.csv"], "--out"),
        (&["feed", "t.json", "f.csv", "--out", "o", "--jobs", "0"], "--jobs"),
        (&["feed", "t.json", "f.csv", "--out", "o", "--variant", "tall", "--variant", "tall"], "--variant tall: it is named twice"),
    ] {
        let said = room.says(2, arguments);
        assert!(said.contains(part), "{arguments:?} said:\n{said}");
    }
    assert_eq!(room.list(""), ["t.json"], "wrong usage writes nothing");
}

#[test]
fn commands_that_are_not_there_are_not_listed() {
    let output = Room::new("help").run(&["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for command in ["new", "render", "feed", "check", "diff", "pack", "url", "serve", "models"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
    }
    for command in ["explain", "preview", "assets"] {
        assert!(!help.contains(&format!("  {command} ")), "{help}");
    }
}

#[test]
fn the_names_end_decides_the_format_and_the_report_says_the_same_key_twice() {
    let room = Room::new("formats");
    room.file("t/template.json", CARD);
    for (name, magic) in [("a.png", &b"\x89PNG"[..]), ("a.jpg", b"\xff\xd8\xff"), ("a.JPEG", b"\xff\xd8\xff"), ("a.webp", b"RIFF")] {
        room.says(0, &["render", "t", "--row", r##"{"tint": "#d0021b"}"##, "-o", name, "--report", "r.json"]);
        assert!(room.read(name).starts_with(magic), "{name}");
    }
    let report = || {
        let mut report: serde_json::Value = serde_json::from_str(&room.text("r.json")).unwrap();
        let timings = report.as_object_mut().unwrap().remove("timings_us").unwrap();
        let steps: Vec<(&String, bool)> = timings.as_object().unwrap().iter().map(|(step, us)| (step, us.is_u64())).collect();
        assert_eq!(steps.iter().map(|(step, _)| step.as_str()).collect::<Vec<_>>(), ["decode", "encode", "layout", "paint", "plan"]);
        assert!(steps.iter().all(|(_, is_number)| *is_number), "{timings}");
        report
    };
    let first = report();
    assert_eq!(first["template"], "card");
    room.says(0, &["render", "t/template.json", "--row", r##"{"tint": "#d0021b"}"##, "-o", "b.webp", "--report", "r.json"]);
    assert_eq!(first, report(), "a folder and its file are the same template");
    assert_eq!(room.read("a.webp"), room.read("b.webp"));

    let output = room.run(&["render", "t", "--report", "-"]);
    assert!(output.status.success() && exists(room.0.join("card.png")));
    assert!(String::from_utf8(output.stdout).unwrap().contains("\"size\": [40, 20]"));
    let output = room.run(&["render", "t", "--variant", "tall", "-o", "-"]);
    assert!(output.stdout.starts_with(b"\x89PNG"));
    assert_eq!(output.stdout[16..24], [0, 0, 0, 20, 0, 0, 0, 40], "the variant is 20 x 40");
}

#[test]
fn a_failure_says_its_place_first_and_exits_with_1() {
    let room = Room::new("failures");
    room.file("t.json", CARD);
    room.file("s.json", STRICT);
    room.file("broken.json", "{\n  \"templrender\": 1, \"name\": \"b\", \"size\": [10, 10],\n  \"layers\": [ { \"type\": \"txt\" } ]\n}");
    room.file("row.json", "{ \"image_link\": \"\" }");
    room.file("latin.json", b"{ \"image_link\": \"\xe9\" }");
    let said = room.says(1, &["render", "broken.json", "-o", "x.png"]);
    assert!(said.starts_with("broken.json:3:") && said.contains("\"txt\""), "{said}");
    let said = room.says(1, &["render", "s.json", "--row", "row.json", "-o", "x.png"]);
    assert!(said.starts_with("row.json: field image_link: "), "{said}");
    let said = room.says(1, &["render", "s.json", "--row", "latin.json", "-o", "x.png"]);
    assert_eq!(said, "latin.json: byte 17: the file must be UTF-8\n");
    let said = room.says(1, &["render", "t.json", "--row", "{ nonsense }", "-o", "x.png"]);
    assert!(said.starts_with("--row:"), "{said}");
    assert_eq!(room.says(1, &["render", "gone", "-o", "x.png"]), "gone: no such file or directory\n");
    assert_eq!(room.says(1, &["render", "t.json", "--row", "gone.json", "-o", "x.png"]), "gone.json: no such file or directory\n");
    let said = room.says(1, &["render", "t.json", "-o", "no/such/x.png"]);
    assert_eq!(said, "no/such/x.png: no such file or directory\n");
    assert!(!exists(room.0.join("x.png")));
}

#[test]
fn pictures_lie_beside_the_row_or_the_template_and_nowhere_else() {
    let room = Room::new("paths");
    let red = png(4, 4, [255, 0, 0, 255]);
    room.file("secret.png", &red);
    room.file("shop/t/template.json", STRICT);
    room.file("shop/t/photos/of-template.png", &red);
    room.file("shop/rows/photos/of-row.png", &red);
    std::os::unix::fs::symlink(room.0.join("secret.png"), room.0.join("shop/rows/link.png")).unwrap();
    std::os::unix::fs::symlink(&room.0, room.0.join("shop/rows/up")).unwrap();
    std::os::unix::fs::symlink("photos/of-row.png", room.0.join("shop/rows/inner.png")).unwrap();
    let render = |picture: &str, more: &[&str]| {
        room.file("shop/rows/row.json", format!("{{ \"image_link\": {picture:?} }}"));
        let mut arguments = vec!["render", "shop/t", "--row", "shop/rows/row.json", "-o", "x.png"];
        arguments.extend(more);
        let output = room.run(&arguments);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for picture in ["photos/of-row.png", "photos/of-template.png", "./photos/../photos/of-row.png", "inner.png"] {
        assert_eq!(render(picture, &[]).0, Some(0), "{picture}: {}", render(picture, &[]).1);
    }
    let secret = room.0.join("secret.png").display().to_string();
    for picture in [
        "../../secret.png",
        "../../../../../../etc/passwd",
        "/etc/passwd",
        &secret,
        "link.png",
        "up/secret.png",
        "../../not-there.png",
        "photos/../../../secret.png",
    ] {
        let (status, said) = render(picture, &[]);
        assert_eq!(status, Some(1), "{picture}");
        assert!(said.contains("a picture must lie in the folder of its row or template"), "{picture}: {said}");
    }
    for (picture, why) in [
        ("photos", "this is not a file"),
        ("photos/none.png", "there is no such file"),
        ("file:///etc/passwd", "a picture is a path or an http, https or data URL"),
        ("ftp://127.0.0.1/x.png", "a picture is a path or an http, https or data URL"),
    ] {
        let (status, said) = render(picture, &[]);
        assert!(status == Some(1) && said.contains(why), "{picture}: {said}");
    }
    for picture in ["../../secret.png", "link.png", "up/secret.png", &secret] {
        assert_eq!(render(picture, &["--root", "."]).0, Some(0), "{picture} lies under the root");
    }
    assert!(render("../../../../../../etc/passwd", &["--root", "."]).1.contains("a picture must lie"), "the root is a limit too");
}

#[test]
fn a_fifo_is_refused_without_waiting_for_it() {
    let room = Room::new("fifo");
    room.file("t.json", STRICT);
    assert!(std::process::Command::new("mkfifo").arg(room.0.join("pipe.png")).status().unwrap().success());
    let said = room.says(1, &["render", "t.json", "--row", r#"{"image_link": "pipe.png"}"#, "-o", "x.png"]);
    assert!(said.contains("this is not a file"), "{said}");
}

#[test]
fn the_row_is_the_default_one_when_none_is_named() {
    let room = Room::new("default-row");
    room.file("t/template.json", CARD);
    room.file("t/rows/a.json", r##"{ "tint": "#ff0000" }"##);
    room.file("t/rows/default.json", r##"{ "tint": "#0000ff" }"##);
    room.says(0, &["render", "t", "-o", "implied.png"]);
    room.says(0, &["render", "t", "--row", "t/rows/default.json", "-o", "named.png"]);
    assert_eq!(room.read("implied.png"), room.read("named.png"));
    std::fs::remove_file(room.0.join("t/rows/default.json")).unwrap();
    room.says(0, &["render", "t", "-o", "first.png"]);
    room.says(0, &["render", "t", "--row", "t/rows/a.json", "-o", "a.png"]);
    assert_eq!(room.read("first.png"), room.read("a.png"));
    assert_ne!(room.read("first.png"), room.read("named.png"));
}

#[test]
fn check_tells_all_faults_with_line_and_column() {
    let room = Room::new("check");
    room.file("bad.json", "{\n  \"templrender\": 1, \"name\": \"b\", \"size\": [10, 10], \"colour\": \"red\",\n  \"layers\": [\n    { \"type\": \"txt\" },\n    { \"type\": \"box\", \"widths\": 3 }\n  ]\n}");
    let said = room.says(1, &["check", "bad.json", "--report", "r.json"]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].starts_with("bad.json:2:") && lines[0].contains("colour"), "{said}");
    assert!(lines[1].starts_with("bad.json:4:") && lines[1].contains("\"text\""), "{said}");
    assert!(lines[2].starts_with("bad.json:5:") && lines[2].contains("width"), "{said}");
    let report: serde_json::Value = serde_json::from_str(&room.text("r.json")).unwrap();
    assert_eq!(report["faults"].as_array().unwrap().len(), 3);
    assert_eq!(report["faults"][1]["line"], 4);

    room.file("good/template.json", CARD);
    room.file("good/rows/a.json", r##"{ "tint": "#ff0000" }"##);
    room.file("good/rows/b.json", r#"{ "tint": "reddish" }"#);
    let said = room.says(1, &["check", "good", "--report", "r.json"]);
    assert!(said.lines().filter(|line| line.starts_with("good/rows/b.json: ") && line.contains("reddish")).count() == 1, "{said}");
    std::fs::remove_file(room.0.join("good/rows/b.json")).unwrap();
    room.file("good/rows/c.json", r#"{ "image_link": "http://127.0.0.1:1/x.png" }"#);
    let said = room.says(0, &["check", "good", "--report", "r.json"]);
    assert!(said.contains("good/template.json: 1 variant, 2 rows"), "{said}");
    let report: serde_json::Value = serde_json::from_str(&room.text("r.json")).unwrap();
    assert_eq!(report["rows"].as_array().unwrap().len(), 4, "two rows in two variants: {report}");
}

#[test]
fn a_new_template_draws_at_once_without_a_fault() {
    let room = Room::new("new");
    for from in ["starter", "product-sale", "product-ad", "og-card", "price-tag", "collage"] {
        let name = format!("my-{from}");
        room.says(0, &["new", &name, "--from", from]);
        assert!(room.text(&format!("{name}/template.json")).contains(&format!("\"name\": \"{name}\"")));
        room.says(0, &["check", &name]);
        room.says(0, &["render", &name, "-o", &format!("{name}.png")]);
        assert!(exists(room.0.join(format!("{name}/fonts/OFL.txt"))), "fonts come with their licence");
    }
    let said = room.says(1, &["new", "my-starter"]);
    assert_eq!(said, "my-starter: the folder is there already, and not empty\n");
}
