//! The jobs: J1 is the shipped template `product-ad`, J2 the shipped `og-card`, J3 one picture scaled to cover a square, and `tiny` is so small that what
//! a call costs shows beside it.
//!
//! Template, fonts, logo and a scratch for each thread are kept between renders, as a server would; the row is new with each render, and photo and avatar
//! are decoded from their bytes each time.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use core_::{Context, Fonts, NeedSource, Renderer, Resources, Row, Scratch, Template};
use serde_json::{Value, json};

pub(crate) const NAMES: [&str; 4] = ["J1", "J2", "J3", "tiny"];

/// Also in tools/python_peer.py.
const TINY: &str = r#"{ "templrender": 1, "name": "tiny", "size": [16, 16], "background": "{{ color }}", "layers": [
  { "type": "box", "left": 4, "top": 4, "width": 8, "height": 8, "background": "{{ inner }}" } ] }"#;

const COVER: &str = r#"{ "templrender": 1, "name": "cover", "size": [600, 600], "output": { "format": "jpeg", "quality": 85, "subsampling": 420 },
  "layers": [ { "type": "image", "src": "{{ photo }}", "left": 0, "top": 0, "width": 600, "height": 600, "object-fit": "cover" } ] }"#;

pub(crate) struct Jobs {
    renderer: Renderer,
    /// One for each thread that draws, while it does not.
    scratches: Mutex<Vec<Scratch>>,
    ad: Template,
    card: Template,
    cover: Template,
    tiny: Template,
    ad_rows: Vec<Row>,
    card_rows: Vec<Row>,
    cover_row: Row,
    tiny_row: Row,
    photo: Arc<[u8]>,
    logo: Arc<[u8]>,
    avatar: Arc<[u8]>,
}

impl Jobs {
    pub(crate) fn load(root: &Path) -> Result<Self, Box<dyn Error>> {
        let asset = |name: &str| std::fs::read(root.join("assets").join(name)).map_err(|e| format!("{name}: {e}"));
        let mut fonts = Fonts::new();
        for name in ["Inter-Regular.ttf", "Inter-Bold.ttf"] {
            fonts.add(asset(name)?)?;
        }
        let data: Value = serde_json::from_slice(&std::fs::read(root.join("data.json"))?)?;
        let rows = |key: &str, picture: &str| -> Result<Vec<Row>, Box<dyn Error>> {
            let list = data[key].as_array().ok_or_else(|| format!("data.json has no list {key}"))?;
            list.iter().map(|row| with_picture(row, picture)).collect()
        };
        Ok(Self {
            renderer: Renderer::new(fonts),
            scratches: Mutex::default(),
            ad: Template::parse(include_str!("../../../templates/product-ad/template.json"))?,
            card: Template::parse(include_str!("../../../templates/og-card/template.json"))?,
            cover: Template::parse(COVER)?,
            tiny: Template::parse(TINY)?,
            ad_rows: rows("j1", "photo")?,
            card_rows: rows("j2", "avatar")?,
            cover_row: with_picture(&json!({}), "photo")?,
            tiny_row: Row::from_json(r##"{ "color": "#123456", "inner": "#abcdef" }"##)?,
            photo: asset("product.jpg")?.into(),
            logo: asset("logo.png")?.into(),
            avatar: asset("avatar.jpg")?.into(),
        })
    }

    /// The encoded picture of a job for the row of that number.
    pub(crate) fn draw(&self, job: &str, number: usize) -> Result<Vec<u8>, Box<dyn Error>> {
        let (template, row) = match job {
            "J1" => (&self.ad, pick(&self.ad_rows, number)?),
            "J2" => (&self.card, pick(&self.card_rows, number)?),
            "J3" => (&self.cover, &self.cover_row),
            "tiny" => (&self.tiny, &self.tiny_row),
            _ => return Err(format!("no such job: {job:?}, there are {NAMES:?}").into()),
        };
        let plan = self.renderer.plan(template, row, &Context::default())?;
        let mut resources = Resources::new();
        loop {
            let found: Vec<_> = plan.pending(&resources).into_iter().map(|need| (need.id(), self.answer(need.source()))).collect();
            if found.is_empty() {
                break;
            }
            for (id, bytes) in found {
                resources.insert(id, bytes.ok_or("a need that no job has")?)?;
            }
        }
        let mut scratch = self.scratches.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let rendered = self.renderer.render(&plan, &resources, &mut scratch)?;
        self.scratches.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        Ok(rendered.frame.encode(plan.output())?)
    }

    fn answer(&self, source: &NeedSource) -> Option<Arc<[u8]>> {
        match source {
            NeedSource::Location(name) if name == "photo" => Some(Arc::clone(&self.photo)),
            NeedSource::Location(name) if name == "avatar" => Some(Arc::clone(&self.avatar)),
            NeedSource::Asset { name, .. } if name == "logo" => Some(Arc::clone(&self.logo)),
            _ => None,
        }
    }
}

/// A row of the data with the picture's column, whose value is the picture's name here.
fn with_picture(row: &Value, name: &str) -> Result<Row, Box<dyn Error>> {
    let mut row = row.as_object().cloned().ok_or("a row is an object")?;
    row.insert(name.to_owned(), json!(name));
    Ok(Row::from_json(&Value::Object(row).to_string())?)
}

fn pick(rows: &[Row], number: usize) -> Result<&Row, Box<dyn Error>> {
    rows.get(number % rows.len().max(1)).ok_or_else(|| "data.json has no rows".into())
}
