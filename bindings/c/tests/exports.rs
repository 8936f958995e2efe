//! The shared library as it is built: what it exports, its name, and what it needs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shared library of this build: a test of a library that Rust cannot link is not preceded by its build, so cargo is asked for it. Where a packager has
/// built it, `TEMPLRENDER_BUILT` names the folder.
fn library() -> PathBuf {
    if let Some(built) = std::env::var_os("TEMPLRENDER_BUILT") {
        return Path::new(&built).join("libtemplrender.so");
    }
    let here = std::env::current_exe().unwrap();
    let folder = here.ancestors().nth(2).unwrap();
    let profile = match folder.file_name().and_then(|name| name.to_str()).unwrap() {
        "debug" => "dev",
        profile => profile,
    };
    // with a test beside it, so that features are those of `cargo test --workspace` and nothing but the library is built
    let status = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--locked",
            "--offline",
            "--workspace",
            "--lib",
            "--test",
            "exports",
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(folder.parent().unwrap())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .status();
    assert!(status.unwrap().success(), "cargo cannot build the library");
    folder.join("libtemplrender.so")
}

fn said(program: &str, arguments: &[&str], library: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(library).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn only_what_the_header_declares_is_exported() {
    let library = library();
    let symbols = said("nm", &["-D", "--defined-only"], &library);
    let exported: BTreeSet<&str> = symbols.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let header = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../include/templrender.h")).unwrap();
    let declarations = header.lines().filter(|line| !line.starts_with([' ', '/', '#']));
    let declared: BTreeSet<&str> =
        declarations.filter_map(|line| line.split_once('(')).filter_map(|(before, _)| before.rsplit([' ', '*']).next()).collect();
    assert_eq!(exported, declared);
    assert!(exported.len() > 100, "{exported:?}");

    let dynamic = said("readelf", &["-dW"], &library);
    let has = |tag: &str, value: &str| dynamic.lines().any(|line| line.contains(tag) && line.contains(value));
    assert!(has("(SONAME)", "[libtemplrender.so.0]"), "{dynamic}");
    // nginx unloads its modules when it reloads, and threads that end later still run the library's destructors
    assert!(has("(FLAGS_1)", "NODELETE"), "{dynamic}");
    assert!(!has("(TEXTREL)", "") && !has("(FLAGS)", "TEXTREL"), "no page of its code is written to: {dynamic}");
    for needed in dynamic.lines().filter(|line| line.contains("(NEEDED)")) {
        let known = ["libc.so", "libm.so", "libgcc_s.so", "ld-linux", "libpthread.so", "libdl.so"];
        assert!(known.iter().any(|name| needed.contains(name)), "{needed}");
    }
}
