//! What a URL asks for: which picture of whom, with which row, signed by whom and until when; and from where its pictures may come.
//!
//! ```text
//! url           /{tenant}/{template}[@{digest}][/{variant}].{ext}?{parameters}, taken apart and put together
//! row           parameters <-> the columns of a row
//! pack          a long row deflated, as one parameter
//! sign          keys, signatures and expiry
//! address       which addresses belong to the public internet
//! picture_url   a picture's URL in its one normal form
//! answer        what is told where there is no picture: a status and a JSON body
//! origin        which origins a tenant's pictures may come from
//! ```
//!
//! Equal requests have one canonical form, which is the name of the answer in every cache between the library and who asks.

mod address;
mod answer;
mod origin;
mod pack;
mod picture_url;
mod row;
mod sign;
mod url;

pub use address::is_public_address;
pub use answer::without_queries;
pub use origin::OriginPolicy;
pub use picture_url::PictureUrl;
pub use sign::{Keyring, Signature};

use crate::codec::OutputFormat;
use crate::error::{Code, Error, Fault};
use crate::plan::Context;
use crate::row::Row;

/// One picture that is asked for by its URL.
///
/// ```
/// use templrender::{OutputFormat, Request, Row};
/// let (request, signature) = Request::parse("/shop/price-tag/wide.jpeg?title=Aster+honey&price=6.90%20EUR&note=")?;
/// assert_eq!((request.tenant.as_str(), request.template.as_str(), request.variant.as_deref()), ("shop", "price-tag", Some("wide")));
/// assert_eq!(request.format, OutputFormat::Jpeg);
/// assert_eq!(request.row, Row::from_json(r#"{ "title": "Aster honey", "price": "6.90 EUR", "note": null }"#)?);
/// assert!(signature.is_none());
/// assert_eq!(request.canonical()?, "/shop/price-tag/wide.jpg?note=&price=6.90%20EUR&title=Aster%20honey");
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Whose picture it is.
    pub tenant: String,
    /// The template's name.
    pub template: String,
    /// Which version of the template, as [`Template::version`](crate::Template::version) names it; `None` is the newest.
    pub digest: Option<String>,
    /// One of the template's variants; `None` is its base.
    pub variant: Option<String>,
    /// What the picture is encoded to.
    pub format: OutputFormat,
    /// The data. What JSON has not (prices, dates) becomes text in the URL.
    pub row: Row,
    /// BCP 47; instead of the template's `lang`.
    pub lang: Option<String>,
    /// Any text of who made the URL; another one is another URL for the same picture.
    pub version: Option<String>,
    /// Seconds since 1970-01-01T00:00:00Z from which on the URL is refused.
    pub expires: Option<i64>,
}

impl Request {
    /// Most characters of a URL that is made here, its signature counted.
    pub const MAX_URL_CHARS: usize = 2_000;

    /// A request for a template's base with an empty row.
    ///
    /// ```
    /// use templrender::{OutputFormat, Request};
    /// let mut request = Request::new("shop", "og-card", OutputFormat::Png);
    /// request.row.set("title", "Aster honey");
    /// assert_eq!(request.canonical()?, "/shop/og-card.png?title=Aster%20honey");
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn new(tenant: impl Into<String>, template: impl Into<String>, format: OutputFormat) -> Self {
        Self {
            tenant: tenant.into(),
            template: template.into(),
            digest: None,
            variant: None,
            format,
            row: Row::new(),
            lang: None,
            version: None,
            expires: None,
        }
    }

    /// Reads a path with its query, or a whole http or https URL, of which the authority is ignored. Nothing is verified: that is
    /// [`Keyring::verify`].
    pub fn parse(target: &str) -> Result<(Self, Option<Signature>), Error> {
        Ok(url::parse(target)?)
    }

    /// The one spelling of the request, path and query, without a signature: parameters sorted by name, escapes in upper case, `jpg`.
    ///
    /// The row stands in plain parameters, or packed in one where the signed URL would have more than 1,000 characters and that is
    /// shorter. What would have more than [`MAX_URL_CHARS`](Self::MAX_URL_CHARS) even so is the error `url-too-long`.
    pub fn canonical(&self) -> Result<String, Error> {
        Ok(url::Encoded::of(self)?.canonical(&[])?)
    }

    /// Whether its time is over.
    ///
    /// ```
    /// use templrender::Request;
    /// let (request, _) = Request::parse("/shop/card.png?~e=1795867200")?;
    /// assert!(!request.is_expired(1_795_867_199) && request.is_expired(1_795_867_200));
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn is_expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }

    /// What the request chooses for its plan.
    ///
    /// ```
    /// use templrender::Request;
    /// let (request, _) = Request::parse("/shop/card/wide.png?~lang=de")?;
    /// let context = request.context(1_795_000_000);
    /// assert_eq!((context.variant.as_deref(), context.lang.as_deref()), (Some("wide"), Some("de")));
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn context(&self, now: i64) -> Context {
        Context { variant: self.variant.clone(), now: Some(now), lang: self.lang.clone(), format: Some(self.format), ..Context::default() }
    }
}

/// A part of a URL that cannot stand there.
fn bad(place: impl Into<String>, message: impl Into<String>) -> Fault {
    Fault::new(Code::BadUrl, place, message)
}
