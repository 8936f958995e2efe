//! `new`: a working template in a new folder.

use std::path::Path;

use crate::args::New;
use crate::failure::{Done, Stop};
use crate::shipped::{self, Shipped};
use crate::write;

pub(crate) fn run(args: &New) -> Done {
    let shipped = shipped::ALL.iter().find(|s| s.name == args.from).ok_or_else(|| {
        let names: Vec<&str> = shipped::ALL.iter().map(|s| s.name).collect();
        Stop::Usage(format!("--from {}: no such template is shipped, there are {}", args.from, names.join(", ")))
    })?;
    let name = args.name.file_name().and_then(|name| name.to_str()).filter(|name| plain(name)).ok_or_else(|| {
        Stop::Usage(format!(
            "NAME {:?}: a template's name has letters, digits, - _ and . and starts with a letter or digit",
            args.name.display().to_string()
        ))
    })?;
    if std::fs::read_dir(&args.name).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Stop::at(args.name.display(), "the folder is there already, and not empty"));
    }
    write_all(shipped, name, &args.name)?;
    println!("{}: try `templrender render {0}` or `templrender check {0}`", args.name.display());
    Ok(())
}

fn write_all(shipped: &Shipped, name: &str, folder: &Path) -> Done {
    for (path, bytes) in shipped.files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| Stop::io(parent, &error))?;
        }
        let renamed = path.ends_with("template.json").then(|| renamed(bytes, shipped.name, name));
        write::whole(&path, renamed.as_deref().unwrap_or(bytes)).map_err(|error| Stop::io(&path, &error))?;
    }
    Ok(())
}

/// The template's text under its new name, comments and all.
fn renamed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(bytes).replacen(&format!("\"name\": \"{from}\""), &format!("\"name\": \"{to}\""), 1).into_bytes()
}

fn plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
