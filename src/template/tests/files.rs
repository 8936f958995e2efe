//! The format's own page, the oracle's cases and the committed schema.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Code, Template};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_committed_schema_is_that_of_the_key_table() {
    let path = root().join("docs/template.schema.json");
    let schema = Template::schema();
    let json: serde_json::Value = serde_json::from_str(&schema).expect("the schema is JSON");
    assert!(json["$defs"]["css.line-clamp"]["description"].is_string());
    assert!(json["$defs"]["text"]["properties"].get("line-clamp").is_some());
    assert!(json["$defs"]["image"]["properties"].get("line-clamp").is_none());
    for reference in schema.match_indices("#/$defs/").map(|(at, start)| &schema[at + start.len()..]) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(json["$defs"].get(name).is_some(), "{name} is referred to and not there");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if committed == schema {
        return;
    }
    if std::env::var_os("TEMPLRENDER_BLESS").is_some() {
        fs::create_dir_all(root().join("docs")).unwrap();
        fs::write(&path, schema).unwrap();
        panic!("blessed docs/template.schema.json, look and run again");
    }
    panic!("docs/template.schema.json is not what the key table says; run with TEMPLRENDER_BLESS=1");
}

/// The first JSON block of the format's page.
#[test]
fn the_example_of_the_format_parses() {
    let Ok(page) = fs::read_to_string(root().join("../shared/TEMPLATE.md")) else {
        println!("SKIPPED 1: ../shared/TEMPLATE.md is missing");
        return;
    };
    let (_, rest) = page.split_once("```jsonc\n").expect("a block");
    let (example, _) = rest.split_once("\n```").expect("its end");
    let template = Template::parse(example).unwrap();
    assert_eq!(template.variants().collect::<Vec<_>>(), ["story", "landscape"]);
    assert_eq!(template.document(None).unwrap().layers.len(), 5);
}

#[test]
fn the_cases_of_the_oracle_parse_or_are_refused_by_name() {
    let folder = root().join("../shared/oracle/cases");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("SKIPPED 87: ../shared/oracle/cases is missing");
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "json") && !path.to_string_lossy().ends_with(".row.json"));
    paths.sort();
    let mut refused = Vec::new();
    for path in &paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        match Template::parse(&fs::read_to_string(path).unwrap()) {
            Ok(template) => {
                let again = Template::parse(&template.to_string()).unwrap();
                assert_eq!(again, template, "{name}");
            }
            Err(error) => {
                refused.push((name, error));
            }
        }
    }
    assert!(paths.len() >= 80, "{} cases", paths.len());
    // What each of these asks for is not drawn yet, or is not on the format's page: a column that `fields` do not declare, a filter `int`,
    // a tuple, a picture with its height alone, a groove as border.
    let known = ["border-styles", "clip-path", "fields-default", "if", "let", "mask-image", "place-aspect-ratio", "text-overflow-wrap"];
    for (name, error) in &refused {
        println!("refused: {name}: {error}");
        let by_name = error.faults().iter().all(|fault| {
            name == "border-styles" && fault.message.contains("border takes the border styles")
                || matches!(fault.code, Code::UnsupportedKey | Code::UnknownName | Code::IndefiniteSize)
                || (fault.code == Code::ExpressionSyntax
                    && ["unknown filter", "not part of the format"].iter().any(|m| fault.message.contains(m)))
        });
        assert!(by_name && known.contains(&name.as_str()), "{name}: {error}");
    }
}
