//! What models make: pictures, masks, faces; and the JSON in which faces travel.

use std::sync::Arc;

use crate::error::Error;
use crate::pixel::Frame;

/// A face in a picture.
///
/// ```
/// use templrender::Face;
/// let face = Face { rect: [40.0, 30.0, 90.0, 90.0], score: 0.98, points: vec![[70.0, 60.0], [100.0, 60.0]] };
/// assert_eq!(face.center(), [85.0, 75.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// Left, top, width, height, px of the picture.
    pub rect: [f32; 4],
    /// 0 to 1: how sure the detector is.
    pub score: f32,
    /// Eyes, nose, mouth, ears: what the detector gives, px of the picture.
    pub points: Vec<[f32; 2]>,
}

impl Face {
    /// The same face in px that are a scale and then a shift away.
    pub(crate) fn mapped(&self, [across, down]: [f32; 2], [right, under]: [f32; 2]) -> Self {
        let [x, y, width, height] = self.rect;
        let points = self.points.iter().map(|[x, y]| [x * across + right, y * down + under]).collect();
        Self { rect: [x * across + right, y * down + under, width * across, height * down], score: self.score, points }
    }

    /// The middle of its box, px.
    pub fn center(&self) -> [f32; 2] {
        let [x, y, width, height] = self.rect;
        [x + width / 2.0, y + height / 2.0]
    }
}

/// How much of each px stands in front.
///
/// ```
/// use templrender::Mask;
/// let mask = Mask::new(2, 1, vec![0, 255])?;
/// assert_eq!((mask.width(), mask.alpha()), (2, &[0, 255][..]));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    width: u32,
    height: u32,
    alpha: Vec<u8>,
}

impl Mask {
    /// A mask by its rows, one byte a px.
    ///
    /// # Errors
    /// [`Code::BadArgument`](crate::Code::BadArgument) where the bytes are not width times height.
    pub fn new(width: u32, height: u32, alpha: Vec<u8>) -> Result<Self, Error> {
        if u64::from(width) * u64::from(height) != alpha.len() as u64 {
            let message = format!("a mask of {width} x {height} px must have a byte for each, found {}", alpha.len());
            return Err(crate::Fault::new(crate::Code::BadArgument, "mask", message).into());
        }
        Ok(Self { width, height, alpha })
    }

    /// px.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// px.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// 0 is background, 255 is what stands in front; row by row.
    pub fn alpha(&self) -> &[u8] {
        &self.alpha
    }
}

/// What a model made for one need: a picture, or faces.
///
/// ```
/// use templrender::{Face, Frame, Made};
/// let made = Made::picture(Frame::from_rgba(1, 1, vec![9, 8, 7, 255])?);
/// assert_eq!(made.frame().map(|frame| frame.width()), Some(1));
/// let face = Face { rect: [40.0, 30.5, 90.0, 90.0], score: 0.98, points: vec![[70.0, 60.0]] };
/// assert_eq!(Made::of_faces(vec![face.clone()]).found(), Some(&[face][..]));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Made {
    pub(crate) content: MadeContent,
    /// How long its batch ran, by the guard's clock.
    pub(crate) us: Option<u64>,
}

/// By what was made, however long it took.
impl PartialEq for Made {
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum MadeContent {
    Picture(Arc<Frame>),
    /// Faces in px of a picture.
    Faces(Vec<Face>),
}

impl Made {
    /// A picture that was made.
    ///
    /// ```
    /// use templrender::{Frame, Made};
    /// let frame = Frame::from_rgba(1, 1, vec![9, 8, 7, 255])?;
    /// assert_eq!(Made::picture(frame.clone()), Made::picture(frame));
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn picture(frame: impl Into<Arc<Frame>>) -> Self {
        Self { content: MadeContent::Picture(frame.into()), us: None }
    }

    /// Faces that were found, or that there are none.
    ///
    /// ```
    /// assert_eq!(templrender::Made::of_faces(Vec::new()).found(), Some(&[][..]));
    /// ```
    pub fn of_faces(faces: Vec<Face>) -> Self {
        Self { content: MadeContent::Faces(faces), us: None }
    }

    /// The picture, where it is one.
    ///
    /// ```
    /// assert!(templrender::Made::of_faces(Vec::new()).frame().is_none());
    /// ```
    pub fn frame(&self) -> Option<&Arc<Frame>> {
        if let MadeContent::Picture(frame) = &self.content { Some(frame) } else { None }
    }

    /// The faces, where it was looked for them.
    ///
    /// ```
    /// assert_eq!(templrender::Made::of_faces(Vec::new()).found(), Some(&[][..]));
    /// ```
    pub fn found(&self) -> Option<&[Face]> {
        if let MadeContent::Faces(faces) = &self.content { Some(faces) } else { None }
    }

    /// How long its batch ran, in microseconds of the guard's clock; nothing where there was no clock, or it came out of a cache.
    ///
    /// ```
    /// assert_eq!(templrender::Made::of_faces(Vec::new()).elapsed_us(), None);
    /// ```
    pub fn elapsed_us(&self) -> Option<u64> {
        self.us
    }
}
