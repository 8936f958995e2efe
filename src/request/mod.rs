//! What a URL asks for: which picture of whom, with which row, signed by whom and until when; and from where its pictures may come.
//!
//! ```text
//! address   which addresses belong to the public internet
//! origin    which URLs of pictures a tenant may name
//! ```
