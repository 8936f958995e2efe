//! Pictures that come with a row instead of being asked for: encoded bytes, its own or shared with the host, or decoded pixels.

use std::fmt;
use std::sync::Arc;

use crate::pixel::{Frame, Held};

/// A picture of a row: what reports call it, and its bytes or pixels. Cloning is cheap.
///
/// ```
/// use templrender::{Frame, InlineImage, Value};
/// let photo = InlineImage::new("photo", *b"the bytes of a JPEG");
/// assert_eq!((photo.name(), photo.bytes()), ("photo", Some(&b"the bytes of a JPEG"[..])));
/// assert_eq!(format!("{:?}", Value::Image(photo)), "Image(InlineImage(\"photo\", 19 bytes))");
/// let pixel = InlineImage::from_frame("pixel", Frame::from_rgba(1, 1, vec![255, 0, 0, 255])?);
/// assert!(pixel.bytes().is_none() && pixel.frame().is_some_and(|frame| frame.width() == 1));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Clone)]
pub struct InlineImage {
    name: Arc<str>,
    content: Content,
    /// Of pixels: the digest, made once, for one row is planned in many variants.
    digest: [u8; 32],
}

/// What a picture is there as.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Encoded(Held),
    Decoded(Arc<Frame>),
}

impl InlineImage {
    /// A picture by its encoded bytes: JPEG, PNG or another format that is read.
    pub fn new(name: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::encoded(name.into(), Held::Own(bytes.into()))
    }

    /// The same with bytes that stay where they are: in a cache of the host's, in a file that is mapped, in the memory of another language. They are
    /// held until the last clone is dropped, must not change, and are never copied.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use templrender::InlineImage;
    /// let column: Arc<Vec<u8>> = Arc::new(b"the bytes of a JPEG".to_vec());
    /// let photo = InlineImage::shared("photo", column.clone());
    /// assert_eq!(photo.bytes().map(<[u8]>::as_ptr), Some(column.as_ptr()));
    /// ```
    pub fn shared(name: impl Into<Arc<str>>, bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Self {
        Self::encoded(name.into(), Held::Shared(bytes))
    }

    /// A picture that is decoded already: it is drawn as a PNG of it would be.
    pub fn from_frame(name: impl Into<Arc<str>>, frame: impl Into<Arc<Frame>>) -> Self {
        let frame = frame.into();
        Self { name: name.into(), digest: frame.digest(), content: Content::Decoded(frame) }
    }

    fn encoded(name: Arc<str>, bytes: Held) -> Self {
        Self { name, content: Content::Encoded(bytes), digest: [0; 32] }
    }

    /// What reports call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The encoded bytes; `None` of pixels.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Encoded(bytes) => Some(bytes),
            Content::Decoded(_) => None,
        }
    }

    /// The pixels; `None` of encoded bytes.
    pub fn frame(&self) -> Option<&Arc<Frame>> {
        match &self.content {
            Content::Encoded(_) => None,
            Content::Decoded(frame) => Some(frame),
        }
    }

    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    /// Of pixels: what tells them apart.
    pub(crate) fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// How much it is, for a message.
    pub(crate) fn short(&self) -> String {
        match &self.content {
            Content::Encoded(bytes) => format!("{} bytes", bytes.len()),
            Content::Decoded(frame) => format!("{}x{} px", frame.width(), frame.height()),
        }
    }
}

impl PartialEq for InlineImage {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.content, &other.content) {
            (Content::Encoded(a), Content::Encoded(b)) => std::ptr::eq::<[u8]>(&**a, &**b) || **a == **b,
            (Content::Decoded(a), Content::Decoded(b)) => Arc::ptr_eq(a, b) || self.digest == other.digest,
            _ => false,
        };
        same && self.name == other.name
    }
}

impl Eq for InlineImage {}

impl fmt::Debug for InlineImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InlineImage({:?}, {})", self.name, self.short())
    }
}
