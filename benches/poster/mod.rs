//! A poster with some forty fixed layers, of which a row changes a name, a price and a small photo: what a compiled template is measured with.

use std::sync::Arc;

use templrender::{Fonts, NeedSource, Renderer, Row, Template};

pub(crate) const TEMPLATE: &str = include_str!("template.json");
const REGULAR: &[u8] = include_bytes!("../../templates/product-ad/fonts/Inter-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../templates/product-ad/fonts/Inter-Bold.ttf");
const BRAND: &[u8] = include_bytes!("../../templates/product-ad/assets/logo.png");
const SEAL: &[u8] = include_bytes!("../../templates/product-sale/assets/logo.svg");
const PHOTO: &[u8] = include_bytes!("../../templates/og-card/rows/photos/cat.jpg");

/// What a row's name is made of.
const GLAZES: [&str; 7] = ["Ash", "Celadon", "Cobalt", "Iron red", "Oatmeal", "Tenmoku", "White slip"];
const PIECES: [&str; 8] =
    ["bowl", "butter dish", "mug", "pitcher", "plate for cake", "salad bowl, large", "tea pot", "vase with two handles"];

/// The row of that number: each has a name and a price of its own, for some hundreds of rows.
pub(crate) fn row(number: usize) -> Row {
    let (glaze, piece) = (GLAZES[number % GLAZES.len()], PIECES[number / GLAZES.len() % PIECES.len()]);
    let mut row = Row::new();
    row.set("name", format!("{glaze} {piece} no. {}", number % 97).as_str());
    row.set("price", format!("€ {}.{:02}", 9 + number * 7 % 180, number * 13 % 100).as_str());
    row.set("photo", "cat");
    row
}

/// The template with its fonts and what its layers ask for.
pub(crate) struct Poster {
    pub(crate) template: Template,
    pub(crate) renderer: Renderer,
    brand: Arc<[u8]>,
    seal: Arc<[u8]>,
    photo: Arc<[u8]>,
}

impl Poster {
    pub(crate) fn new() -> Result<Self, templrender::Error> {
        let mut fonts = Fonts::new();
        for font in [REGULAR, BOLD] {
            fonts.add(font.to_vec())?;
        }
        let template = Template::parse(TEMPLATE)?;
        Ok(Self { template, renderer: Renderer::new(fonts), brand: BRAND.into(), seal: SEAL.into(), photo: PHOTO.into() })
    }

    /// The picture of a need; `None` where a need is not one of the poster's.
    pub(crate) fn answer(&self, source: &NeedSource) -> Option<Arc<[u8]>> {
        match source {
            NeedSource::Asset { name, .. } if name == "brand" => Some(Arc::clone(&self.brand)),
            NeedSource::Asset { name, .. } if name == "seal" => Some(Arc::clone(&self.seal)),
            NeedSource::Location(name) if name == "cat" => Some(Arc::clone(&self.photo)),
            _ => None,
        }
    }
}
