//! What models make: pictures, masks, faces; and the JSON in which faces travel.

use std::sync::Arc;

use crate::error::{Code, Error, Fault};
use crate::limits::Limits;
use crate::pixel::Frame;
use crate::row::{Value, json};

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
/// use templrender::{Face, Limits, Made};
/// let made = Made::faces(vec![Face { rect: [40.0, 30.5, 90.0, 90.0], score: 0.98, points: vec![[70.0, 60.0]] }]);
/// assert_eq!(made.to_bytes()?, br#"{"faces":[{"box":[40,30.5,90,90],"points":[[70,60]],"score":0.98}]}"#);
/// assert_eq!(Made::from_bytes(&made.to_bytes()?, &Limits::default())?, made);
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

/// Most bytes of faces as JSON.
const MAX_FACES_BYTES: usize = 1 << 20;

impl Made {
    /// A picture that was made.
    ///
    /// ```
    /// use templrender::{Frame, Limits, Made};
    /// let made = Made::picture(Frame::from_rgba(1, 1, vec![9, 8, 7, 255])?);
    /// assert_eq!(Made::from_bytes(&made.to_bytes()?, &Limits::default())?.frame(), made.frame());
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn picture(frame: impl Into<Arc<Frame>>) -> Self {
        Self { content: MadeContent::Picture(frame.into()), us: None }
    }

    /// Faces that were found.
    pub fn faces(faces: Vec<Face>) -> Self {
        Self { content: MadeContent::Faces(faces), us: None }
    }

    /// The picture, if it is one.
    pub fn frame(&self) -> Option<&Arc<Frame>> {
        if let MadeContent::Picture(frame) = &self.content { Some(frame) } else { None }
    }

    /// The faces, if it has some.
    ///
    /// ```
    /// assert_eq!(templrender::Made::faces(Vec::new()).found(), Some(&[][..]));
    /// ```
    pub fn found(&self) -> Option<&[Face]> {
        if let MadeContent::Faces(faces) = &self.content { Some(faces) } else { None }
    }

    /// How long its batch ran, in microseconds of the guard's clock; nothing where there was no clock, or it came out of a cache.
    ///
    /// ```
    /// assert_eq!(templrender::Made::faces(Vec::new()).elapsed_us(), None);
    /// ```
    pub fn elapsed_us(&self) -> Option<u64> {
        self.us
    }

    /// A PNG, or JSON for faces: for caches, and for other machines.
    ///
    /// # Errors
    /// What [`Frame::encode`] says.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        match &self.content {
            MadeContent::Picture(frame) => frame.encode(&crate::codec::Output::png()),
            MadeContent::Faces(faces) => Ok(faces_to_json(faces).into_bytes()),
        }
    }

    /// Reads what [`Made::to_bytes`] wrote, or a picture in any format that is read.
    ///
    /// # Errors
    /// What [`Frame::decode`] says; [`Code::ModelOutput`] of faces that are none.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        match bytes.first() {
            Some(b'{') => Ok(Self::faces(faces_from_json(bytes)?)),
            _ => Ok(Self::picture(Frame::decode(bytes, limits)?)),
        }
    }
}

/// `{"faces":[{"box":[x,y,w,h],"points":[[x,y]..],"score":0.98}]}`
pub(crate) fn faces_to_json(faces: &[Face]) -> String {
    let list = |numbers: &[f32]| numbers.iter().map(f32::to_string).collect::<Vec<_>>().join(",");
    let face = |face: &Face| {
        let points: Vec<String> = face.points.iter().map(|point| format!("[{}]", list(point))).collect();
        format!("{{\"box\":[{}],\"points\":[{}],\"score\":{}}}", list(&face.rect), points.join(","), face.score)
    };
    format!("{{\"faces\":[{}]}}", faces.iter().map(face).collect::<Vec<_>>().join(","))
}

/// Faces of JSON; other keys are not looked at, score and points may be left out.
pub(crate) fn faces_from_json(bytes: &[u8]) -> Result<Vec<Face>, Error> {
    let fault = |message: String| Error::from(Fault::new(Code::ModelOutput, "faces", message));
    if bytes.len() > MAX_FACES_BYTES {
        return Err(fault(format!("faces must have at most {MAX_FACES_BYTES} bytes, found {}", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| fault("faces must be JSON in UTF-8, found other bytes".to_owned()))?;
    if json::depth(text) > 8 {
        return Err(fault("faces must be nested at most 8 deep, found more".to_owned()));
    }
    let value = json::parse(text).map_err(|message| fault(message.replacen("a row", "faces", 1)))?;
    let list = if let Value::Map(map) = &value { map.get("faces") } else { None };
    let Some(Value::List(list)) = list else {
        return Err(fault(format!("faces must be an object with a list \"faces\", found {}", value.short())));
    };
    let rule =
        "a face must have a \"box\" of four numbers, the last two above nought, and may have a score from 0 to 1 and points of two numbers";
    list.iter().map(|item| face(item).ok_or_else(|| fault(format!("{rule}, found {}", item.short())))).collect()
}

fn face(value: &Value) -> Option<Face> {
    let Value::Map(map) = value else { return None };
    let rect = <[f32; 4]>::try_from(numbers(map.get("box")?)?).ok()?;
    let score = match map.get("score") {
        None | Some(Value::Null) => 1.0,
        Some(score) => number(score).filter(|score| (0.0..=1.0).contains(score))?,
    };
    let points = match map.get("points") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::List(points)) => points.iter().map(|point| <[f32; 2]>::try_from(numbers(point)?).ok()).collect::<Option<_>>()?,
        Some(_) => return None,
    };
    (rect[2] > 0.0 && rect[3] > 0.0).then_some(Face { rect, score, points })
}

fn numbers(value: &Value) -> Option<Vec<f32>> {
    if let Value::List(items) = value { items.iter().map(number).collect() } else { None }
}

fn number(value: &Value) -> Option<f32> {
    if let Value::Number(number) = value { Some(number.to_f64() as f32).filter(|number| number.is_finite()) } else { None }
}
