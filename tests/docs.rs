//! What the documents say is held: every template in them draws without a note in all its variants, and every other JSON block is JSON.
//!
//! A ```` ```json ```` block with the key `templrender` is a template; its row is the next block without one, else the examples of its
//! fields. ```` ```jsonc ```` blocks are parts. Pictures that a template asks for are made up here, larger than any layer.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test may read files and ask a script")]

use std::fs;
use std::path::{Path, PathBuf};

use jsonc_parser::ast::{Object, Value};
use templrender::{Context, Fonts, Frame, Need, NeedSource, Output, Renderer, Resources, Row, Scratch, Template};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and the pages of `docs/`.
fn pages() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("docs")).unwrap();
    let mut pages: Vec<PathBuf> =
        folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

/// The fenced blocks of a page: language, first line, text.
fn blocks(page: &str) -> Vec<(String, usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize, String)> = None;
    for (number, line) in page.lines().enumerate() {
        match (open.take(), line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.to_owned(), number + 2, String::new())),
            (Some(block), Some("")) => blocks.push(block),
            (Some((language, first, text)), _) => open = Some((language, first, text + line + "\n")),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block without an end");
    blocks
}

fn parsed(text: &str) -> Result<Value<'_>, String> {
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &Default::default()).map_err(|error| error.to_string())?;
    parsed.value.ok_or_else(|| "there is no value".to_owned())
}

fn is_template(text: &str) -> bool {
    parsed(text).is_ok_and(|value| value.as_object().is_some_and(|object| object.get("templrender").is_some()))
}

/// The first example of each field that has one.
fn examples(text: &str) -> String {
    let value = parsed(text).unwrap();
    let object: &Object<'_> = value.as_object().unwrap();
    let mut columns = Vec::new();
    if let Some(fields) = object.get_object("fields") {
        for field in &fields.properties {
            let examples = field.value.as_object().and_then(|field| field.get_array("examples"));
            if let Some(first) = examples.and_then(|examples| examples.elements.first()) {
                let range = jsonc_parser::common::Ranged::range(first);
                columns.push(format!("{:?}: {}", field.name.as_str(), &text[range.start..range.end]));
            }
        }
    }
    format!("{{ {} }}", columns.join(", "))
}

fn renderer() -> Renderer {
    let mut fonts = Fonts::new();
    for file in ["NotoSans-Regular.ttf", "NotoSans-Bold.ttf"] {
        fonts.add(fs::read(root().join("templates/product-sale/fonts").join(file)).unwrap()).unwrap();
    }
    Renderer::new(fonts)
}

fn picture(need: &Need) -> Vec<u8> {
    match need.source() {
        NeedSource::Asset { path, .. } if path.ends_with(".svg") => {
            br##"<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="30" fill="#1f6f54"/></svg>"##
                .to_vec()
        }
        _ => Frame::from_rgba(2000, 2000, [70, 90, 120, 255].repeat(2000 * 2000)).unwrap().encode(&Output::jpeg(80)).unwrap(),
    }
}

/// Draws a template in all its variants; what is wrong, one line each.
fn trouble(renderer: &Renderer, text: &str, row: &str) -> Vec<String> {
    let (template, row) = match (Template::parse(text), Row::from_json(row)) {
        (Ok(template), Ok(row)) => (template, row),
        (template, row) => return template.err().into_iter().chain(row.err()).map(|error| error.to_string()).collect(),
    };
    let mut trouble: Vec<String> = template.warnings().iter().map(|warning| format!("warning: {warning}")).collect();
    let variants = std::iter::once(None).chain(template.variants().map(|name| Some(name.to_owned())));
    for variant in variants {
        let context = Context { variant: variant.clone(), now: Some(1_795_000_000), ..Context::default() };
        let drawn = renderer.plan(&template, &row, &context).and_then(|plan| {
            let mut resources = Resources::new();
            while let [need, ..] = plan.pending(&resources)[..] {
                resources.insert(need.id(), picture(need))?;
            }
            let rendered = renderer.render(&plan, &resources, &mut Scratch::new())?;
            rendered.frame.encode(plan.output())?;
            Ok(rendered)
        });
        let variant = variant.unwrap_or_default();
        match drawn {
            Ok(rendered) => {
                let blank = rendered.frame.pixels().chunks_exact(4).all(|px| px == &rendered.frame.pixels()[..4]);
                trouble.extend(blank.then(|| format!("{variant}: nothing was drawn")));
                trouble.extend(rendered.report.notes.iter().map(|note| format!("{variant}: {}: {}", note.layer, note.message)));
            }
            Err(error) => trouble.push(format!("{variant}: {error}")),
        }
    }
    trouble
}

#[test]
fn every_template_of_the_documents_draws_without_a_note() {
    let renderer = renderer();
    let (mut templates, mut wrong) = (0, Vec::new());
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let blocks = blocks(&page);
        for (i, (language, line, text)) in blocks.iter().enumerate() {
            if language != "json" && language != "jsonc" {
                continue;
            }
            if let Err(error) = parsed(text) {
                wrong.push(format!("{name}:{line}: {error}"));
            }
            if language != "json" || !is_template(text) {
                continue;
            }
            templates += 1;
            let row = match blocks.get(i + 1) {
                Some((language, _, row)) if language == "json" && !is_template(row) => row.clone(),
                _ => examples(text),
            };
            wrong.extend(trouble(&renderer, text, &row).into_iter().map(|what| format!("{name}:{line}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(templates >= 6, "{templates} templates were found");
}

#[test]
fn the_shipped_templates_have_no_warning() {
    let mut count = 0;
    for folder in fs::read_dir(root().join("templates")).unwrap() {
        let file = folder.unwrap().path().join("template.json");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        count += 1;
        assert_eq!(Template::parse(&text).unwrap().warnings(), [], "{}", file.display());
    }
    assert!(count >= 4, "{count} templates were found");
}

#[test]
fn trouble_in_a_template_is_seen() {
    let template =
        |layer: &str| format!(r#"{{ "templrender": 1, "name": "t", "size": [50, 50], "fonts": ["Noto Sans"], "layers": [{layer}] }}"#);
    let renderer = renderer();
    assert_eq!(trouble(&renderer, &template(""), "{}"), [": nothing was drawn"]);
    assert!(trouble(&renderer, &template(r#"{ "type": "box", "lft": 1 }"#), "{}")[0].contains("did you mean \"left\"?"));
    assert!(trouble(&renderer, &template(r#"{ "type": "text", "text": "a", "left": 99 }"#), "{}").concat().contains("outside the canvas"));
}

/// Links between the documents lead somewhere.
#[test]
fn links_lead_to_files() {
    let mut wrong = Vec::new();
    let more = ["ARCHITECTURE.md", "DESIGN.md", "DEPENDENCIES.md", "CHANGELOG.md"].map(|name| root().join(name));
    for path in pages().into_iter().chain(more) {
        let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (at, _) in page.match_indices("](") {
            let target = page[at + 2..].split([')', '#', ' ']).next().unwrap();
            if !target.is_empty() && !target.contains("://") && !path.parent().unwrap().join(target).exists() {
                wrong.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The tables of a fleet's size are what their script prints.
#[test]
fn the_sizing_is_what_its_script_computes() {
    let page = fs::read_to_string(root().join("docs/serving.md")).unwrap();
    let table = page.split("<!-- deploy/sizing.py -->\n").nth(1).and_then(|rest| rest.split("<!-- end -->").next()).unwrap();
    let script = std::process::Command::new("python3").arg(root().join("deploy/sizing.py")).arg("table").output().unwrap();
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    let printed = String::from_utf8(script.stdout).unwrap();
    assert_eq!(table.trim(), printed.trim());
    assert!(printed.lines().filter(|line| line.starts_with("| ")).count() >= 15, "{printed}");
}
