//! `include/templrender.h` is what cbindgen makes of the sources, noun after noun; C and C++ take it without a word, and every function is in it.
//!
//! `TEMPLRENDER_BLESS=1 cargo test -p templrender-c --test header` writes it, and fails so that somebody looks at it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn header() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include/templrender.h")
}

/// The files that stand in the header, in its order: each needs only what stands before it.
const NOUNS: &[&str] = &[
    "library",
    "code",
    "error",
    "limits",
    "fonts",
    "template",
    "row",
    "context",
    "request",
    "keyring",
    "resources",
    "plan",
    "compiled",
    "output",
    "guard",
    "report",
    "frame",
    "render",
    "answers",
    "models",
    "jobs",
    "pack",
    "bundle",
    "origins",
    "govern",
];

#[test]
fn every_noun_is_in_the_header() {
    let lib = std::fs::read_to_string(sources().join("lib.rs")).unwrap();
    let mut modules: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut nouns = NOUNS.to_vec();
    modules.sort_unstable();
    nouns.sort_unstable();
    assert_eq!(modules, nouns);
}

/// One noun: the prose at the top of its file, then what cbindgen makes of it.
fn section(noun: &str, out: &mut String) {
    let path = sources().join(format!("{noun}.rs"));
    let source = std::fs::read_to_string(&path).unwrap();
    let mut prose = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let title = prose.next().unwrap();
    let rule = "-".repeat(120 - "/* ----  */ ".len() - title.len());
    let _ = writeln!(out, "\n\n/* ---- {title} {rule} */");
    let text: Vec<&str> = prose.skip_while(|line| line.is_empty()).collect();
    if !text.is_empty() {
        let _ = writeln!(out, "\n/* {} */", text.join("\n * "));
    }
    let mut config = cbindgen::Config::from_file(Path::new(env!("CARGO_MANIFEST_DIR")).join("cbindgen.toml")).unwrap();
    // what no function of this file may name: enums, which arrive as numbers, and what other nouns use
    let named = source.lines().filter_map(|line| ["pub enum ", "pub struct ", "pub type "].iter().find_map(|kind| line.strip_prefix(kind)));
    config.export.include = named.filter_map(|rest| rest.split([' ', ';']).next()).map(str::to_owned).collect();
    let mut piece = Vec::new();
    cbindgen::Builder::new().with_config(config).with_src(&path).generate().unwrap().write(&mut piece);
    let _ = write!(out, "\n{}", tidy(String::from_utf8(piece).unwrap().trim()));
}

/// The same with short comments in one line, and types called by their one name.
fn tidy(piece: &str) -> String {
    let mut out = String::new();
    let mut comment: Option<Vec<&str>> = None;
    for line in piece.lines() {
        match (line.trim(), &mut comment) {
            ("/*", _) => comment = Some(Vec::new()),
            ("*/", Some(lines)) => {
                let indent = " ".repeat(line.len() - line.trim_start().len() - 1);
                let _ = writeln!(out, "{indent}/* {} */", lines.join(&format!("\n{indent} * ")));
                comment = None;
            }
            (text, Some(lines)) => lines.push(text),
            (text, None) if text.starts_with("typedef") => out.push_str(&format!("{line}\n")),
            (_, None) => out.push_str(&format!("{}\n", line.replace("struct templrender_", "templrender_"))),
        }
    }
    out
}

fn generated() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let parts: Vec<&str> = version.split('.').collect();
    let top = include_str!("header_top.h");
    let mut out = top.trim_end().to_owned();
    let _ = write!(out, "\n\n#define TEMPLRENDER_VERSION \"{version}\"\n");
    for (name, part) in ["MAJOR", "MINOR", "PATCH"].iter().zip(parts) {
        let _ = writeln!(out, "#define TEMPLRENDER_VERSION_{name} {part}");
    }
    out.push_str("\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    NOUNS.iter().for_each(|noun| section(noun, &mut out));
    out.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* TEMPLRENDER_H */\n");
    out
}

#[test]
fn the_header_is_what_the_sources_say() {
    let (path, new) = (header(), generated());
    let old = std::fs::read_to_string(&path).unwrap_or_default();
    if old == new {
        return;
    }
    if std::env::var_os("TEMPLRENDER_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &new).unwrap();
        panic!("blessed {}, look at it and run again", path.display());
    }
    let at = old.lines().zip(new.lines()).position(|(old, new)| old != new).unwrap_or_default();
    let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
    panic!("line {} is {:?}, the sources say {:?}: run with TEMPLRENDER_BLESS=1", at + 1, line(&old), line(&new));
}

/// Every function that C can see stands in the header once.
#[test]
fn every_function_is_in_the_header() {
    let header = std::fs::read_to_string(header()).unwrap();
    let mut found = 0;
    for noun in NOUNS {
        let source = std::fs::read_to_string(sources().join(format!("{noun}.rs"))).unwrap();
        for (i, line) in source.lines().enumerate().filter(|(_, line)| line.contains("extern \"C\" fn ")) {
            let name = line.split("extern \"C\" fn ").nth(1).and_then(|rest| rest.split('(').next()).unwrap();
            let exported = source.lines().nth(i - 1).is_some_and(|before| before == "#[unsafe(no_mangle)]");
            assert!(exported && name.starts_with("templrender_"), "{name} is not exported");
            let declared =
                header.lines().filter(|line| line.split_once(&format!("{name}(")).is_some_and(|(kind, _)| kind.ends_with([' ', '*'])));
            let declared = declared.filter(|line| !line.starts_with(" *")).count();
            assert_eq!(declared, 1, "{name} in the header");
            found += 1;
        }
    }
    assert!(found > 90, "found {found}");
}

/// The enum of codes has the core's codes and numbers, no more and no less.
#[test]
fn the_codes_are_those_of_the_core() {
    let source = std::fs::read_to_string(sources().join("code.rs")).unwrap();
    let body = source.split("pub enum templrender_code {").nth(1).unwrap().split("\n}").next().unwrap();
    let listed: Vec<&str> = body.lines().map(str::trim).filter(|line| line.starts_with("TEMPLRENDER_")).collect();
    let codes = core_::Code::ALL.iter().map(|code| {
        let name = code.name().to_uppercase().replace('-', "_");
        format!("TEMPLRENDER_{name} = {},", *code as u16)
    });
    let wanted: Vec<String> = std::iter::once("TEMPLRENDER_OK = 0,".to_owned()).chain(codes).collect();
    assert_eq!(listed, wanted);
}

/// Holds a source to what a compiler says of it.
fn compile(compiler: &str, arguments: &[&str], name: &str, text: &str) {
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&source, text).unwrap();
    let include = header().parent().unwrap().to_owned();
    let output = Command::new(compiler)
        .args(arguments)
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"])
        .arg(include)
        .arg(&source)
        .output()
        .unwrap();
    assert!(output.status.success(), "{compiler}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Twice, for the guard.
const INCLUDED: &str = "#include \"templrender.h\"\n#include \"templrender.h\"\nint main(void) { return 0; }\n";

#[test]
fn it_is_c99() {
    compile("cc", &["-std=c99", "-Wstrict-prototypes"], "includes_the_header.c", INCLUDED);
}

#[test]
fn it_is_cpp17() {
    compile("c++", &["-std=c++17"], "includes_the_header.cpp", INCLUDED);
}

#[test]
fn the_example_at_its_top_is_c99() {
    let top = include_str!("header_top.h");
    let lines: Vec<&str> = top.lines().filter_map(|line| line.strip_prefix(" *     ")).collect();
    assert!(lines.len() > 20, "{lines:?}");
    let text = format!(
        "#include <stdio.h>\n#include \"templrender.h\"\nint draw(templrender_slice json, templrender_slice row_json, \
         void (*find)(templrender_resources *, const templrender_need *)) {{\n{}\nreturn 0;\nfailed:\nreturn 1;\n}}\n",
        lines.join("\n")
    );
    compile("cc", &["-std=c99", "-Wno-missing-field-initializers"], "example.c", &text);
}

/// All C of `docs/c.md` is one program's, each block after those above it.
#[test]
fn the_c_of_the_page_is_c99() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/c.md")).unwrap();
    let blocks: Vec<&str> = page.split("```c\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 5, "{}", blocks.len());
    compile("cc", &["-std=c99"], "page.c", &blocks.concat());
}
