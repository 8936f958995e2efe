//! The templates that come with the program: those of the repository's `templates/` folder, whole, and a small one to start from.
//!
//! They are in the binary, about 5 MB of it, so that `new` works without a network and the folder it writes draws at once: with its fonts, its
//! photos and their licences.

/// A template that `new` can write: its name, and its files by path.
pub(crate) struct Shipped {
    pub(crate) name: &'static str,
    pub(crate) files: &'static [(&'static str, &'static [u8])],
}

/// All of them; `build.rs` makes the list.
pub(crate) const ALL: &[Shipped] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));
