//! Which file format a picture gets: that of the file's name where one is given, else the template's.

use std::path::Path;

use core_::{Output, OutputFormat};

/// The format that a file's name asks for, or the ending that is none.
pub(crate) fn format(path: &Path) -> Result<OutputFormat, String> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "jpg" | "jpeg" => Ok(OutputFormat::Jpeg),
        "png" => Ok(OutputFormat::Png),
        "webp" => Ok(OutputFormat::WebP),
        _ => Err(format!("a picture's name must end in .jpg, .png or .webp, found {:?}", path.display().to_string())),
    }
}

/// How files of a format end.
pub(crate) fn ending(output: &Output) -> &'static str {
    match output.format {
        OutputFormat::Jpeg => "jpg",
        OutputFormat::WebP => "webp",
        _ => "png",
    }
}

/// All endings that [`ending`] gives.
pub(crate) const ENDINGS: [&str; 3] = ["jpg", "png", "webp"];
