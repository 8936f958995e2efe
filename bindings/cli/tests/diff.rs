//! `diff` end to end: two templates, a feed, the table, the JSON and the sheet.
#![allow(clippy::disallowed_methods, reason = "a test may run the program and read its files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("diff").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_templrender")).args(arguments).current_dir(folder).output().unwrap()
}

fn template(folder: &Path, name: &str, badge: &str) {
    let json = format!(
        r#"{{ "templrender": 1, "name": "{name}", "size": [300, 120], "background": "white",
            "fields": {{ "title": {{ "type": "text", "required": true }}, "sale": {{ "type": "bool" }} }},
            "layers": [
                {{ "id": "title", "type": "text", "text": "{{{{ title }}}}", "left": 10, "top": 10, "width": 280, "font-size": 20 }},
                {{ "id": "badge", "type": "box", "if": "sale", "top": 80, "width": 30, "height": 30, "background": "red", {badge} }} ] }}"#
    );
    fs::write(folder.join(format!("{name}.json")), json).unwrap();
}

const FEED: &str = "id,title,sale\na,Aster honey,yes\nb,Terracotta cup,no\nc,,yes\nd,Olive oil,yes\n";

#[test]
fn a_moved_badge_is_told_with_its_rows_and_drawn() {
    let folder = folder("moved");
    template(&folder, "old", "\"left\": 10");
    template(&folder, "new", "\"left\": 24");
    fs::write(folder.join("feed.csv"), FEED).unwrap();
    let done = run(&["diff", "old.json", "new.json", "feed.csv", "--report", "diff.json", "--sheet", "sheet"], &folder);
    let text = String::from_utf8(done.stdout).unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(0), "{said}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "old beside new: 4 rows, 1 the same, 2 changed, 0 drawn by one only, 1 by neither");
    assert_eq!(lines[1], "  badge: moved in 2 rows, at most 14 px: a, d");

    let json: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("diff.json")).unwrap()).unwrap();
    assert_eq!((json["changed"].as_u64(), json["layers"][0]["farthest_px"].as_f64()), (Some(2), Some(14.0)));
    assert_eq!(json["worst"][0]["id"], "a");

    let page = fs::read_to_string(folder.join("sheet/index.html")).unwrap();
    for file in ["2-a-before.png", "2-a-after.png", "2-a-difference.png", "5-d-difference.png"] {
        assert!(page.contains(file), "{file}");
        assert!(fs::read(folder.join("sheet").join(file)).unwrap().starts_with(b"\x89PNG"), "{file}");
    }
    // 14 px of 30 on each side of the badge, of 300 x 120.
    assert!(page.contains(&format!("{:.2} % of the pixels differ", 2.0 * 14.0 * 30.0 / 36_000.0 * 100.0)), "{page}");
}

#[test]
fn equal_templates_and_threads_make_no_difference() {
    let folder = folder("equal");
    template(&folder, "old", "\"left\": 10");
    template(&folder, "new", "\"left\": \"10px\"");
    fs::write(folder.join("feed.csv"), FEED).unwrap();
    for jobs in ["1", "4"] {
        let done = run(&["diff", "old.json", "new.json", "feed.csv", "--jobs", jobs], &folder);
        let text = String::from_utf8(done.stdout).unwrap();
        assert_eq!(text, "old beside new: 4 rows, 3 the same, 0 changed, 0 drawn by one only, 1 by neither\n");
    }
}

#[test]
fn a_variant_that_one_lacks_is_wrong_usage() {
    let folder = folder("variant");
    template(&folder, "old", "\"left\": 10");
    fs::write(folder.join("feed.csv"), FEED).unwrap();
    let done = run(&["diff", "old.json", "old.json", "feed.csv", "--variant", "story"], &folder);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8(done.stderr).unwrap().contains("--variant story: the template old has no such variant"));
}
