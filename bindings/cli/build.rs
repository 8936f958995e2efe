//! Lists the shipped templates for `src/shipped.rs`: every file of the repository's `templates/` and of `starter/`. A file that several of them
//! have is included once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let templates = here.join("../../templates").canonicalize()?;
    println!("cargo::rerun-if-changed={}", templates.display());
    println!("cargo::rerun-if-changed={}", here.join("starter").display());

    let mut sets = vec![("starter".to_owned(), starter(&here, &templates)?)];
    for folder in entries(&templates)?.into_iter().filter(|path| path.join("template.json").is_file()) {
        let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut files = BTreeMap::new();
        walk(&folder, "", &mut files)?;
        sets.push((name, files));
    }
    let mut once: BTreeMap<Vec<u8>, PathBuf> = BTreeMap::new();
    let mut table = "&[\n".to_owned();
    for (name, mut files) in sets {
        files.insert("fonts/OFL.txt".into(), templates.join("OFL.txt"));
        files.insert("NOTICE".into(), templates.join("NOTICE"));
        let _ = writeln!(table, "    Shipped {{ name: {name:?}, files: &[");
        for (to, from) in files {
            let from = once.entry(fs::read(&from)?).or_insert(from);
            let _ = writeln!(table, "        ({to:?}, include_bytes!({:?})),", from.display().to_string());
        }
        table.push_str("    ] },\n");
    }
    table.push(']');
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("shipped.rs"), table)
}

/// The small template to start from; its fonts and its picture are those of its siblings.
fn starter(here: &Path, templates: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    walk(&here.join("starter"), "", &mut files)?;
    for font in ["Inter-Bold.ttf", "Inter-Regular.ttf"] {
        files.insert(format!("fonts/{font}"), templates.join("og-card/fonts").join(font));
    }
    files.insert("assets/placeholder.png".into(), templates.join("product-sale/assets/placeholder.png"));
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for path in entries(folder)? {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let to = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if path.is_dir() { walk(&path, &to, files)? } else { drop(files.insert(to, path)) }
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}
