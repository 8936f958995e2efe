//! What a model made as bytes, for caches and other machines: a PNG, or faces as JSON.
//!
//! `{"faces":[{"box":[x,y,width,height],"score":0.98,"points":[[x,y],...]}]}`, in px of the picture that was looked at. A picture never begins with
//! a brace, so that one way of answering takes both.

use std::fmt::Write as _;

use super::made::MadeContent;
use super::{Face, Made};
use crate::codec::Output;
use crate::error::{Code, Error, Fault};
use crate::limits::Limits;
use crate::pixel::Frame;
use crate::row::{Value, json};

/// Longest JSON of the faces of one picture.
const MAX_BYTES: usize = 1 << 20;
/// Its nesting.
const DEPTH: usize = 5;

impl Made {
    /// As PNG or JSON: what [`Resources::insert`](crate::Resources::insert) takes.
    ///
    /// # Errors
    /// Those of the PNG encoder.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        match &self.content {
            MadeContent::Picture(frame) => frame.encode(&Output::png()),
            MadeContent::Faces(faces) => Ok(written(faces).into_bytes()),
        }
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, or a picture in any format that is read.
    ///
    /// ```
    /// use templrender::{Face, Limits, Made};
    /// let made = Made::of_faces(vec![Face { rect: [40.0, 30.5, 90.0, 90.0], score: 0.5, points: vec![[70.0, 60.0]] }]);
    /// assert_eq!(Made::from_bytes(&made.to_bytes()?, &Limits::default())?, made);
    /// # Ok::<(), templrender::Error>(())
    /// ```
    ///
    /// # Errors
    /// What [`Frame::decode`] says; [`Code::UnknownFormat`] of faces that are none.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        match Self::is_faces(bytes) {
            true => Ok(Self::of_faces(Self::faces(bytes)?)),
            false => Ok(Self::picture(Frame::decode(bytes, limits)?)),
        }
    }

    /// Whether bytes are to be read as faces: their first one that is no space is a brace, and they have the key.
    pub(crate) fn is_faces(bytes: &[u8]) -> bool {
        let key = b"\"faces\"";
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') && bytes.windows(key.len()).any(|part| part == key)
    }

    /// The faces that such bytes hold.
    pub(crate) fn faces(bytes: &[u8]) -> Result<Vec<Face>, Fault> {
        let fault = |rule: &str| {
            Fault::new(
                Code::UnknownFormat,
                "",
                format!("faces must be JSON as {{\"faces\": [{{\"box\": [x, y, width, height]}}]}}: {rule}"),
            )
        };
        if bytes.len() > MAX_BYTES {
            return Err(fault(&format!("at most {MAX_BYTES} bytes, found {}", bytes.len())));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| fault("UTF-8"))?;
        if json::depth(text) > DEPTH {
            return Err(fault("no deeper than points"));
        }
        let value = json::parse(text).map_err(|_| fault("this is no JSON"))?;
        let Some(Value::List(faces)) = member(&value, "faces") else { return Err(fault("this has no list of faces")) };
        let read: Option<Vec<Face>> = faces.iter().map(face).collect();
        read.ok_or_else(|| fault("four finite numbers with a size of 0 or more"))
    }
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Map(members) => members.get(name),
        _ => None,
    }
}

fn face(value: &Value) -> Option<Face> {
    let rect: [f32; 4] = numbers(member(value, "box")?)?.try_into().ok()?;
    let [_, _, width, height] = rect;
    let score = member(value, "score").map_or(Some(1.0), number)?;
    let points = match member(value, "points") {
        Some(Value::List(points)) => points.iter().map(|point| numbers(point)?.try_into().ok()).collect::<Option<Vec<[f32; 2]>>>()?,
        Some(_) => return None,
        None => Vec::new(),
    };
    (width >= 0.0 && height >= 0.0).then_some(Face { rect, score, points })
}

fn numbers(value: &Value) -> Option<Vec<f32>> {
    match value {
        Value::List(items) => items.iter().map(number).collect(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f32> {
    match value {
        Value::Number(number) => Some(number.to_f64() as f32).filter(|number| number.is_finite()),
        _ => None,
    }
}

fn written(faces: &[Face]) -> String {
    let list = |numbers: &[f32]| {
        let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
        format!("[{}]", numbers.join(","))
    };
    let mut out = String::from("{\"faces\":[");
    for (i, face) in faces.iter().enumerate() {
        let points: Vec<String> = face.points.iter().map(|point| list(point)).collect();
        let comma = if i > 0 { "," } else { "" };
        let _ = write!(out, "{comma}{{\"box\":{},\"score\":{},\"points\":[{}]}}", list(&face.rect), face.score, points.join(","));
    }
    out.push_str("]}");
    out
}
