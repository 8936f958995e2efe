//! What a Rust host needs around templrender.

mod fetch;
mod folder;
mod templates;

pub use fetch::{FetchOptions, Fetched, Fetcher, Freshness, Refusal, Validators};
pub use folder::{Folder, FolderError, FolderFault, io_reason, load_folder, locate_template, read_text};
pub use templates::{Loaded, Refreshed, TemplateName, Templates, TemplatesOptions};
