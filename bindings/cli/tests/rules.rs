//! `feed` and `check` with a rules file: which template each row gets, what is said of it, and what becomes of a row that moves.

mod common;

use common::{CARD, Room, exists, png};

const RULES: &str = r#"{
  "rules": 1, // the first that holds
  "fields": { "price": { "type": "money" }, "sale_price": { "type": "money" }, "stock": { "type": "number" } },
  "let": { "deal": "{{ deal(price, sale_price) }}" },
  "choose": [
    { "name": "deals", "if": "deal.percent >= 20", "template": "sale" },
    { "name": "sold out", "if": "stock == 0", "skip": "none are <left>" },
    { "template": "plain.json" },
  ],
}"#;
const HEADER: &str = "id,price,sale_price,stock,tint,image_link\n";

/// A rules file in a folder of its own, with a PNG template that has assets, and a JPEG one.
fn room(name: &str) -> Room {
    let room = Room::new(name);
    room.file("set/rules.json", RULES);
    let sale = CARD.replacen("\"card\"", "\"sale\"", 1).replacen("\"fields\"", "\"assets\": { \"mark\": \"mark.png\" }, \"fields\"", 1);
    let sale = sale.replacen("\"layers\": [", "\"layers\": [ { \"id\": \"m\", \"type\": \"image\", \"src\": \"asset:mark\", \"left\": 0, \"top\": 0, \"width\": 4, \"height\": 4 },", 1);
    room.file("set/sale/template.json", sale);
    room.file("set/sale/mark.png", png(4, 4, [255, 0, 0, 255]));
    room.file("set/plain.json", CARD.replacen("\"background\"", "\"output\": { \"format\": \"jpeg\" }, \"background\"", 1));
    room
}

/// What is said, the summary without its notes and the time it took, and without where to look.
fn told(said: &str) -> Vec<&str> {
    let short = |line| match str::rsplit_once(line, ", in ") {
        Some((summary, _)) => summary.rsplit_once(", ").map_or(summary, |(summary, _)| summary),
        None => line,
    };
    said.lines().filter(|line| !line.starts_with("look at ")).map(short).collect()
}

#[test]
fn each_row_is_drawn_with_the_template_that_its_rule_chooses() {
    let room = room("rules");
    let feed = |b: &str| format!("{HEADER}a,10 EUR,7 EUR,3,#ff0000,\n{b}\nc,10 EUR,9 EUR,0,#0000ff,\nd,10 EUR,,5,#00ffff,\n");
    room.file("shop/f.csv", feed("b,10 EUR,,1,#00ff00,"));
    let arguments = [
        "feed",
        "set/rules.json",
        "shop/f.csv",
        "--out",
        "out",
        "--variant",
        "default",
        "--variant",
        "tall",
        "--rewrite",
        "https://x.example",
    ];
    let counts = |deals, sold_out, plain| {
        [
            format!("deals: applies to {deals} of 4 rows (sale)"),
            format!("sold out: applies to {sold_out} of 4 rows (skipped: none are <left>)"),
            format!("rule 3: applies to {plain} of 4 rows (plain.json)"),
        ]
    };
    let check = |said: &str, summary: &str, expected: [String; 3]| {
        let said = told(said);
        assert_eq!(said[0], format!("4 rows in 2 variants: {summary}"));
        assert_eq!(said[1..4], expected);
        assert_eq!(said[4], "out/f.csv: 3 rows with a drawn picture");
        assert_eq!(said.len(), 5, "{said:?}");
    };
    check(&room.says(0, &arguments), "6 drawn, 0 unchanged, 0 failed, 2 skipped", counts(1, 1, 2));
    assert_eq!(room.list("out/default"), ["a.png", "b.jpg", "d.jpg"]);
    assert_eq!(room.list("out/tall"), ["a.png", "b.jpg", "d.jpg"]);
    let corner = |name: &str| core_::Frame::decode(&room.read(name), &core_::Limits::default()).unwrap().pixels()[..3].to_vec();
    assert_eq!(corner("out/default/a.png"), [255, 0, 0]);
    let sheet = room.text("out/index.html");
    assert!(sheet.contains("<h1>rules.json</h1>"), "{sheet}");
    assert_eq!(sheet.matches("<i dir=\"auto\">none are &lt;left&gt;</i>").count(), 2);
    assert_eq!(sheet.matches("class=\"row skipped\"").count(), 1);

    check(&room.says(0, &arguments), "0 drawn, 6 unchanged, 0 failed, 2 skipped", counts(1, 1, 2));
    // A row that moves gets its new template's pictures, and those of the old one go, whatever their format was.
    room.file("shop/f.csv", feed("b,10 EUR,5 EUR,1,#00ff00,"));
    check(&room.says(0, &arguments), "2 drawn, 4 unchanged, 0 failed, 2 skipped", counts(2, 1, 1));
    assert_eq!(room.list("out/default"), ["a.png", "b.png", "d.jpg"]);
    assert!(room.text("out/f.csv").contains("https://x.example/default/b.png?v="));
    assert!(!room.text("out/manifest.jsonl").contains("b.jpg"));
    check(&room.says(0, &arguments), "0 drawn, 6 unchanged, 0 failed, 2 skipped", counts(2, 1, 1));
    // And one that a skipping rule takes loses them.
    room.file("shop/f.csv", feed("b,10 EUR,,1,#00ff00,").replace("a,10 EUR,7 EUR,3", "a,10 EUR,,0"));
    let said = room.says(0, &arguments);
    assert_eq!(told(&said)[0], "4 rows in 2 variants: 2 drawn, 2 unchanged, 0 failed, 4 skipped", "{said}");
    assert_eq!(room.list("out/default"), ["b.jpg", "d.jpg"]);
    assert_eq!(room.list("out/tall"), ["b.jpg", "d.jpg"]);
}

#[test]
fn overrides_come_before_the_rules_and_threads_change_nothing() {
    let room = room("rules-options");
    let rows: String = (0..1_200).map(|i| format!("{i},10 EUR,{},{},#ff0000,\n", if i % 3 == 0 { "5 EUR" } else { "" }, i % 4)).collect();
    room.file("f.csv", format!("{HEADER}{rows}"));
    room.file("o.csv", "id,stock\n1,0\n");
    let run = |out: &str, more: &[&str]| {
        let arguments = [&["feed", "set/rules.json", "f.csv", "--out", out, "--now", "0"], more].concat();
        told(&room.says(0, &arguments))[1..4].join("\n")
    };
    let said = run("all", &["--jobs", "3"]);
    assert_eq!(
        said,
        "deals: applies to 400 of 1,200 rows (sale)\nsold out: applies to 200 of 1,200 rows (skipped: none are <left>)\n\
         rule 3: applies to 600 of 1,200 rows (plain.json)"
    );
    assert_eq!(run("one", &["--jobs", "1"]), said);
    assert_eq!(room.list("all/default"), room.list("one/default"));
    let same =
        room.list("all/default").iter().all(|name| room.read(&format!("all/default/{name}")) == room.read(&format!("one/default/{name}")));
    assert!(same);
    let said = run("few", &["--limit", "6", "--override", "o.csv"]);
    assert!(said.contains("deals: applies to 2 of 6 rows") && said.contains("sold out: applies to 2 of 6 rows"), "{said}");
    let said = run("one-row", &["--limit", "1"]);
    assert!(said.contains("deals: applies to 1 of 1 row (sale)\nsold out: applies to 0 of 1 row (skipped"), "{said}");
}

#[test]
fn a_row_that_no_rule_takes_is_skipped_and_one_that_cannot_be_judged_fails() {
    let room = room("rules-none");
    room.file("set/rules.json", RULES.replace("    { \"template\": \"plain.json\" },\n", ""));
    room.file("f.csv", format!("{HEADER}a,10 EUR,5 EUR,1,,\nb,10 EUR,,1,,\nc,ten,5 EUR,1,,\n"));
    let arguments = ["feed", "set/rules.json", "f.csv", "--out", "out", "--variant", "default", "--variant", "tall"];
    let said = room.says(1, &arguments);
    let lines = told(&said);
    assert_eq!(lines[0], "3 rows in 2 variants: 2 drawn, 0 unchanged, 2 failed, 2 skipped");
    assert_eq!(
        lines[1..4],
        ["deals: applies to 1 of 3 rows (sale)", "sold out: applies to 0 of 3 rows (skipped: none are <left>)", "no rule: 1 of 3 rows"]
    );
    assert!(lines[4].starts_with("f.csv:4: c: field price: ") && lines[4].contains("ten"), "{said}");
    assert_eq!(lines.len(), 5, "what is wrong in all variants is said once: {said}");
    assert!(room.text("out/index.html").contains("<i dir=\"auto\">no rule matches</i>"));
    // A picture of a row that cannot be judged any more is a wrong one.
    room.file("f.csv", format!("{HEADER}a,ten,5 EUR,1,,\n"));
    room.says(1, &arguments);
    assert_eq!(room.list("out/default"), Vec::<String>::new());
}

#[test]
fn what_is_wrong_is_told_before_anything_is_drawn() {
    let room = room("rules-wrong");
    room.file("f.csv", format!("{HEADER}a,10 EUR,5 EUR,1,,\n"));
    let feed = ["feed", "set/rules.json", "f.csv", "--out", "out"];
    let check = ["check", "set/rules.json"];
    assert_eq!(room.says(0, &check), "set/rules.json: 3 rules, 2 templates, 0 warnings\n");

    let said = room.says(2, &[&feed[..], &["--variant", "wide"]].concat());
    assert!(said.starts_with("--variant wide: the template sale has no such variant, it has tall\n"), "{said}");
    room.file("set/plain.json", CARD.replace("\"tall\"", "\"wide\""));
    let said = room.says(2, &[&feed[..], &["--variant", "tall"]].concat());
    assert!(said.starts_with("--variant tall: the template card has no such variant, it has wide\n"), "{said}");
    assert!(room.says(2, &["check", "set/rules.json", "f.csv"]).contains("found a rules file"));

    room.file("set/plain.json", "{ \"templrender\": 1,\n  \"nam\": 1 }");
    std::fs::remove_dir_all(room.0.join("set/sale")).unwrap();
    for arguments in [&feed[..], &check[..]] {
        let said = room.says(1, arguments);
        let place = "set/rules.json: template sale: there is no such folder or file, looked for set/sale\nset/plain.json:";
        assert!(said.starts_with(place) && said.contains("set/plain.json:2:3: nam: unknown key"), "{said}");
    }
    let said = room.says(1, &["check", "set/rules.json", "--report", "report.json"]);
    let report: serde_json::Value = serde_json::from_slice(&room.read("report.json")).unwrap();
    assert_eq!(report["templates"][0]["template"], "sale");
    assert_eq!(report["templates"][0]["failures"][0], said.lines().next().unwrap());

    room.file("set/rules.json", RULES.replacen("percent >= 20", "percnt > 20", 1).replacen("\"skip\"", "\"skp\"", 1));
    for arguments in [&feed[..], &check[..]] {
        let said = room.says(1, arguments);
        assert!(said.starts_with("set/rules.json:6:35: choose[0].if: ") && said.contains("\nset/rules.json:7:"), "{said}");
    }
    assert!(!exists(room.0.join("out")));
}

#[test]
fn a_rule_that_no_row_comes_to_is_warned_of_first() {
    let room = room("rules-odd");
    let odd = RULES.replacen(
        "{ \"name\": \"sold out\"",
        "{ \"name\": \"half\", \"if\": \"deal.percent >= 50\", \"template\": \"sale\" },\n    { \"name\": \"sold out\"",
        1,
    );
    room.file("set/rules.json", odd);
    room.file("f.csv", format!("{HEADER}a,10 EUR,5 EUR,1,,\n"));
    let warning = "set/rules.json:7:";
    let said = room.says(0, &["feed", "set/rules.json", "f.csv", "--out", "out"]);
    let first = said.lines().next().unwrap();
    assert!(first.starts_with(warning) && first.contains(": choose[1].if: warning never-reached: "), "{said}");
    assert!(said.contains("half: applies to 0 of 1 row (sale)"), "{said}");
    let checked = room.says(0, &["check", "set/rules.json"]);
    assert_eq!(checked, format!("{first}\nset/rules.json: 4 rules, 2 templates, 1 warning\n"));
}
