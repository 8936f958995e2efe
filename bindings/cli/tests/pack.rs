//! `pack`, and a pack in the place of a folder in every command.

mod common;

use common::Room;

const LOGO: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><path fill='#d0021b' d='M0 0h8v8H0z'/></svg>";

const CARD: &str = r##"{ "templrender": 1, "name": "card", "size": [60, 30], "fonts": ["Noto Sans"], "background": "#fff",
  "fields": { "title": { "type": "text", "required": true }, "photo": { "type": "image" } }, "assets": { "logo": "assets/logo.svg" },
  "layers": [ { "type": "svg", "src": "asset:logo", "width": 8, "height": 8 },
    { "type": "image", "src": "{{ photo }}", "if": "photo", "left": 10, "width": 8, "height": 8 },
    { "type": "text", "text": "{{ title }}", "top": 10, "font-size": 12 } ] }"##;

fn with_card() -> Room {
    let room = Room::new("pack");
    room.file("card/template.json", CARD);
    room.file("card/assets/logo.svg", LOGO);
    room.file("card/assets/unused.svg", LOGO);
    room.file("card/fallback.json", r#"{ "title": "none" }"#);
    room.file("card/fonts/a.ttf", include_bytes!("../../../tests/fonts/NotoSans-Regular.subset.ttf"));
    room.file("card/rows/default.json", r#"{ "title": "Honey" }"#);
    room
}

/// What the program prints; it succeeds.
fn prints(room: &Room, arguments: &[&str]) -> String {
    let output = room.run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_pack_is_written_with_its_name_version_and_size() {
    let room = with_card();
    let said = prints(&room, &["pack", "card", "-o", "out.zip"]);
    let zip = room.read("out.zip");
    let (called, rest) = said.split_once(' ').unwrap();
    assert_eq!(rest, format!("{} bytes\n", zip.len()));
    let (name, version) = called.split_once('@').unwrap();
    assert_eq!((name, version.len()), ("card", 16));
    // The same files, the same bytes, from the JSON file and from the pack as well, and into a folder by name and version.
    std::fs::create_dir(room.0.join("packs")).unwrap();
    for template in ["card", "card/template.json"] {
        assert_eq!(prints(&room, &["pack", template, "-o", "packs/"]), said);
        assert_eq!(room.read(&format!("packs/{called}.zip")), zip);
    }
    assert_eq!(prints(&room, &["pack", &format!("packs/{called}.zip"), "-o", "again.zip"]), said);
    assert_eq!(room.read("again.zip"), zip);
    assert_eq!(prints(&room, &["pack", "card"]), said);
    assert_eq!(room.read(&format!("{called}.zip")), zip);
    let output = room.run(&["pack", "card", "-o", "-"]);
    assert_eq!((output.stdout, String::from_utf8(output.stderr).unwrap()), (zip, said));
}

#[test]
fn what_a_service_refuses_is_not_packed() {
    let room = with_card();
    room.file("card/fallback.json", "{}");
    let said = room.says(1, &["pack", "card", "-o", "out.zip"]);
    assert!(said.starts_with("card/fallback.json: field title: "), "{said}");
    room.file("card/fallback.json", r#"{ "title": "none" }"#);
    room.file("card/assets/logo.svg", "<svg");
    assert!(room.says(1, &["pack", "card", "-o", "out.zip"]).starts_with("card/assets/logo.svg: "));
    assert_eq!(room.list(""), ["card"], "nothing was written");
    room.file("broken.zip", "PK");
    let said = room.says(1, &["render", "broken.zip"]);
    assert!(said.starts_with("broken.zip: a pack must be a whole zip file"), "{said}");
}

#[test]
fn every_command_takes_a_pack() {
    let room = with_card();
    prints(&room, &["pack", "card", "-o", "card.zip"]);
    room.file("row.json", r#"{ "title": "Honey" }"#);
    room.file("feed.csv", "id,title\n1,Honey\n2,Wax\n");

    for template in ["card", "card.zip"] {
        prints(&room, &["render", template, "--row", "row.json", "-o", &format!("{template}.png")]);
        prints(&room, &["feed", template, "feed.csv", "--out", &format!("{template}-out")]);
    }
    assert_eq!(room.read("card.zip.png"), room.read("card.png"));
    assert_eq!(room.list("card.zip-out/default"), ["1.png", "2.png"]);
    for picture in ["1.png", "2.png"] {
        assert_eq!(room.read(&format!("card.zip-out/default/{picture}")), room.read(&format!("card-out/default/{picture}")));
    }

    assert!(room.says(0, &["check", "card.zip"]).contains("card.zip: 0 variants, 0 rows"));
    prints(&room, &["check", "card.zip", "feed.csv"]);
    let compared = prints(&room, &["diff", "card", "card.zip", "feed.csv"]);
    assert_eq!(compared, "card beside card: 2 rows, 2 the same, 0 changed, 0 drawn by one only, 0 by neither\n");

    room.file("keys", "2026-11 an-example-that-everybody-knows-1\n");
    let url = |template: &str| {
        let arguments = ["url", "sign", "--template", template, "--row", "row.json", "--secret-file", "keys", "--pin"];
        prints(&room, &arguments)
    };
    assert_eq!(url("card.zip"), url("card"));
    let explained = |template: &str| prints(&room, &["url", "explain", "--template", template, url("card").trim()]);
    assert_eq!(explained("card.zip"), explained("card"));
    std::fs::create_dir(room.0.join("all")).unwrap();
    std::fs::rename(room.0.join("card.zip"), room.0.join("all/card.zip")).unwrap();
    assert_eq!(prints(&room, &["url", "explain", "--templates", "all", url("card").trim()]), explained("card"));
}
