//! `pack`: a template with the files that it uses as one zip, for hosts without its folder.
//!
//! What is packed was opened as a service opens it, so a pack that is there can be drawn with. The same files give the same bytes.

use std::path::{Path, PathBuf};

use templrender_host::open_pack;

use crate::args::Pack;
use crate::failure::{Done, Stop};
use crate::url::name_of;
use crate::write;

pub(crate) fn run(args: &Pack) -> Done {
    let (pack, bundle) = open_pack(&args.template, &args.fonts)?;
    let called = format!("{}@{}", name_of(&args.template)?, bundle.version());
    let zip = pack.to_zip().map_err(|error| Stop::of(&args.template.display().to_string(), &error))?;
    let path = place(args.output.as_deref().unwrap_or(Path::new(".")), &called);
    write::to(&path, &zip)?;
    let said = format!("{called} {} bytes", zip.len());
    if path == Path::new("-") {
        eprintln!("{said}")
    } else {
        println!("{said}")
    }
    Ok(())
}

/// Where the pack goes: a file, or in a folder its name and version.
fn place(output: &Path, called: &str) -> PathBuf {
    let is_folder = output.is_dir() || output.as_os_str().to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
    if is_folder { output.join(format!("{called}.zip")) } else { output.to_owned() }
}
