//! What a `src` says: locations and assets become needs, inline bytes and `data:` URLs become pictures at once.

use std::sync::Arc;

use super::data_url;
use super::treatment::{Recipe, Treatment};
use crate::css::color::Color;
use crate::error::{Fault, quoted};
use crate::generate::Models;
use crate::limits::Limits;
use crate::pixel::Held;
use crate::resources::{Need, NeedId, NeedSource, Picture, Resources};
use crate::row::picture::Content;
use crate::row::{InlineImage, Value};

/// Stands in identities behind the name: no name has it.
pub(crate) const AFTER_NAME: char = '\u{0}';

/// One candidate of a picture layer.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// What reports call it.
    pub(crate) name: String,
    /// `None` where the bytes came with the row or the template.
    pub(crate) need: Option<Need>,
    inline: Option<Result<Picture, String>>,
    /// What tells two SVGs that stand in a template apart, for they have one name.
    digest: Option<[u8; 32]>,
    /// What `currentColor` means in an SVG.
    pub(crate) tint: Option<Color>,
    /// What is done with it once it is there.
    pub(crate) treatment: Treatment,
}

impl Planned {
    /// Whether it is there, untreated, and why not.
    pub(crate) fn arrived<'r>(&'r self, resources: &'r Resources) -> Option<Result<&'r Picture, &'r str>> {
        match (&self.inline, &self.need) {
            (Some(inline), _) => Some(inline.as_ref().map_err(String::as_str)),
            (None, Some(need)) => resources.picture(need.id),
            (None, None) => None,
        }
    }

    /// All that it may need, in the order in which it is asked for.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &Need> {
        self.need.iter().chain(self.treatment.steps().map(|(_, step)| &step.need))
    }

    /// The same source, with what a recipe says is done with it.
    pub(super) fn treated(mut self, recipe: &Recipe, models: &Models) -> Self {
        if recipe.is_plain() {
            return self;
        }
        let of = match (&self.need, &self.inline) {
            (Some(need), _) => need.id.0.to_le_bytes().to_vec(),
            (None, Some(Ok(picture))) if recipe.makes() || recipe.by_face => picture.digest().to_vec(),
            _ => Vec::new(),
        };
        self.treatment = recipe.treat(&self.name, &of, models);
        self
    }

    /// What became of bytes that came with the row or the template.
    pub(super) fn inlined(&self) -> Option<&Result<Picture, String>> {
        self.inline.as_ref()
    }

    /// Bytes that came with the row or the template.
    fn inline(name: &str, bytes: Held, tint: Option<Color>, limits: &Limits) -> Self {
        Self::there(name, Picture::read(bytes, limits), tint)
    }

    /// A picture that came with the row, as bytes or decoded.
    fn of_row(image: &InlineImage, tint: Option<Color>, limits: &Limits) -> Self {
        let picture = match image.content() {
            Content::Encoded(bytes) => Picture::read(bytes.clone(), limits),
            Content::Decoded(frame) => Picture::of_frame(Arc::clone(frame), limits),
        };
        Self::there(image.name(), picture, tint)
    }

    fn there(name: &str, picture: Result<Picture, Fault>, tint: Option<Color>) -> Self {
        Self {
            name: name.to_owned(),
            need: None,
            inline: Some(picture.map_err(|fault| fault.message)),
            digest: None,
            tint,
            treatment: Treatment::default(),
        }
    }

    /// An SVG that stands in the template.
    pub(super) fn inline_svg(source: &str, tint: Option<Color>, limits: &Limits) -> Self {
        Self {
            digest: Some(*blake3::hash(source.as_bytes()).as_bytes()),
            ..Self::inline("svg", Held::Own(source.as_bytes().into()), tint, limits)
        }
    }

    /// The name, and where that is not enough what it stands for: two sources with one identity are one picture.
    pub(crate) fn identity(&self) -> String {
        let digests = [self.digest.as_ref(), self.treatment.digest()];
        digests.into_iter().flatten().fold(self.name.clone(), |name, digest| {
            digest.iter().fold(format!("{name}{AFTER_NAME}"), |text, byte| format!("{text}{byte:02x}"))
        })
    }

    fn needed(name: &str, source: NeedSource, tint: Option<Color>) -> Self {
        let need = Need { id: NeedId::of(&source), source, useful_px: (0, 0), optional: true };
        Self { name: name.to_owned(), need: Some(need), inline: None, digest: None, tint, treatment: Treatment::default() }
    }
}

/// The candidates that one value of a `src` gives, in order; null and empty texts give none.
pub(super) fn candidates(
    value: &Value,
    asset: &dyn Fn(&str) -> Option<String>,
    tint: Option<Color>,
    limits: &Limits,
    out: &mut Vec<Planned>,
) -> Result<(), String> {
    match value {
        Value::Null => {}
        Value::List(items) => return items.iter().try_for_each(|item| candidates(item, asset, tint, limits, out)),
        Value::Image(image) => out.push(Planned::of_row(image, tint, limits)),
        Value::Text(text) => {
            let text = text.trim();
            if let Some(name) = text.strip_prefix("asset:") {
                let path = asset(name).ok_or_else(|| format!("no asset is called {}", quoted(name)))?;
                out.push(Planned::needed(text, NeedSource::Asset { name: name.to_owned(), path }, tint));
            } else if let Some(bytes) = data_url::decode(text) {
                out.push(match bytes {
                    Ok(bytes) => Planned::inline("data:", Held::Own(bytes.into()), tint, limits),
                    Err(why) => Planned {
                        name: "data:".to_owned(),
                        need: None,
                        inline: Some(Err(why)),
                        digest: None,
                        tint,
                        treatment: Treatment::default(),
                    },
                });
            } else if !text.is_empty() {
                out.push(Planned::needed(text, NeedSource::Location(text.to_owned()), tint));
            }
        }
        other => return Err(format!("src must be text or a list of texts, found {}", other.short())),
    }
    Ok(())
}
