//! What a URL asks for: which picture of whom, with which row, signed by whom and until when; and from where its pictures may come.
//!
//! ```text
//! address        which addresses belong to the public internet
//! picture_url    a picture's URL in its one normal form
//! origin         which origins a tenant's pictures may come from
//! ```

mod address;
mod origin;
mod picture_url;

pub use address::is_public_address;
pub use origin::OriginPolicy;
pub use picture_url::PictureUrl;
