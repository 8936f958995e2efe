//! What a channel will refuse: of the template (canvases, formats, overlays), of each row (columns, lengths, URLs), of each picture
//! (bytes, format, size).
//!
//! The numbers are in `facts`, each with the channel's own page. A finding names the channel, the rule, what was found and that page, so
//! that whoever has to act can read it up. Nothing here decides for the host: findings are told, thresholds are the host's.

mod facts;
mod row;

use std::fmt;

use crate::codec::OutputFormat;
use crate::error::nearest;
use crate::template::Template;
use crate::template::document::{Bound, Content, Document, Format, Height, Layer};

pub(super) use row::lint_row;

/// All codes of findings.
pub(super) const CODES: &[&str] = &[
    "channel-additional-image-link-length",
    "channel-additional-image-links",
    "channel-canvas-shape",
    "channel-canvas-size",
    "channel-description-length",
    "channel-format",
    "channel-id-length",
    "channel-image-link-length",
    "channel-link-length",
    "channel-overlay",
    "channel-picture-bytes",
    "channel-picture-pixels",
    "channel-picture-size",
    "channel-picture-size-apparel",
    "channel-picture-size-soon",
    "channel-required",
    "channel-title-length",
    "channel-url-ascii",
    "channel-url-scheme",
];

/// How far from a placement's shape a canvas may be: 3 % of the ratio.
const SHAPE_SLACK: f64 = 0.03;

/// Where the pictures of a feed are shown.
///
/// ```
/// use templrender::Channel;
/// assert_eq!(Channel::parse("google"), Ok(Channel::Google));
/// assert_eq!(Channel::parse("gogle").unwrap_err(), "unknown channel \"gogle\", did you mean \"google\"?");
/// assert_eq!(Channel::Meta.name(), "meta");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Channel {
    /// Google Merchant Center.
    Google,
    /// Meta's catalogue: Facebook and Instagram.
    Meta,
    /// TikTok's catalogue.
    Tiktok,
    /// Pinterest's catalogue.
    Pinterest,
    /// Microsoft Merchant Center.
    Microsoft,
}

/// Something that a channel refuses, or will refuse.
///
/// ```
/// use templrender::{Channel, OutputFormat};
/// let found = Channel::Google.lint_picture(40_000, OutputFormat::Jpeg, (80, 80), Some(1_795_000_000));
/// assert_eq!(found[0].code, "channel-picture-size");
/// assert_eq!(found[0].rule, "a picture must have at least 100 x 100 px");
/// assert_eq!(found[0].found, "80 x 80 px");
/// assert!(found[0].source.contains("support.google.com"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelFinding {
    /// Who refuses it.
    pub channel: Channel,
    /// What kind it is: `channel-overlay`, `channel-picture-size`.
    pub code: &'static str,
    /// Where: a layer, a variant's canvas, a column; empty for a picture.
    pub place: String,
    /// The rule.
    pub rule: String,
    /// What was found instead.
    pub found: String,
    /// The channel's page that has the rule.
    pub source: &'static str,
}

impl fmt::Display for ChannelFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) };
        write!(f, "{}: {}: {place}{}, found {} [{}]", self.channel.name(), self.code, self.rule, self.found, self.source)
    }
}

impl Channel {
    /// All channels.
    pub const ALL: &'static [Channel] = &[Self::Google, Self::Meta, Self::Tiktok, Self::Pinterest, Self::Microsoft];

    /// Its name on a command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Meta => "meta",
            Self::Tiktok => "tiktok",
            Self::Pinterest => "pinterest",
            Self::Microsoft => "microsoft",
        }
    }

    /// A channel by its name; the message names the nearest one.
    ///
    /// # Errors
    /// A name that no channel has.
    pub fn parse(name: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|channel| channel.name() == name).ok_or_else(|| {
            let known = Self::ALL.iter().map(|channel| channel.name());
            let near = nearest(name, known).map(|near| format!(", did you mean {near:?}?")).unwrap_or_default();
            format!("unknown channel {}{near}", crate::error::quoted(name))
        })
    }

    /// What of a template the channel refuses, whatever the row: each canvas, the format, what is painted over the photo.
    ///
    /// ```
    /// use templrender::{Channel, Template};
    /// let template = Template::parse(r#"{ "templrender": 1, "name": "t", "size": [900, 900], "layers": [
    ///     { "type": "image", "src": "{{ image_link }}", "width": 900, "height": 900 },
    ///     { "id": "offer", "type": "text", "text": "now {{ price }}" } ] }"#)?;
    /// let found = Channel::Google.lint_template(&template, None);
    /// assert_eq!((found[0].code, found[0].place.as_str()), ("channel-overlay", "offer"));
    /// # Ok::<(), templrender::Error>(())
    /// ```
    pub fn lint_template(self, template: &Template, now: Option<i64>) -> Vec<ChannelFinding> {
        let names = std::iter::once(None).chain(template.variants().map(Some));
        let mut found: Vec<ChannelFinding> = Vec::new();
        for (name, document) in names.zip(template.documents()) {
            let canvas = name.map_or_else(|| "size".to_owned(), |name| format!("variant {name}"));
            self.lint_canvas(document, &canvas, now, &mut found);
            self.lint_format(document, &canvas, &mut found);
            if let Some(source) = self.facts().overlays {
                self.lint_layers(&document.layers, source, &mut found);
            }
        }
        found
    }

    /// What of a drawn picture the channel refuses; with `now`, also what it will refuse from a day that is known.
    pub fn lint_picture(self, bytes: u64, format: OutputFormat, size: (u32, u32), now: Option<i64>) -> Vec<ChannelFinding> {
        let facts = self.facts();
        let mut found = Vec::new();
        if let Some((most, source)) = facts.bytes.filter(|(most, _)| bytes > *most) {
            let rule = format!("a picture must have at most {} MB", most / 1_000_000);
            found.push(self.finding("channel-picture-bytes", "", rule, format!("{bytes} bytes"), source));
        }
        found.extend(self.format_finding(format, ""));
        self.lint_size(size, "", now, &mut found);
        found
    }

    fn lint_size(self, size: (u32, u32), place: &str, now: Option<i64>, found: &mut Vec<ChannelFinding>) {
        let facts = self.facts();
        let least = size.0.min(size.1);
        let shown = || format!("{} x {} px", size.0, size.1);
        let pixels = u64::from(size.0) * u64::from(size.1);
        if let Some((most, source)) = facts.pixels.filter(|(most, _)| pixels > *most) {
            let rule = format!("a picture must have at most {} megapixels", most / 1_000_000);
            found.push(self.finding("channel-picture-pixels", place, rule, shown(), source));
        }
        if let Some((side, source)) = facts.side.filter(|(side, _)| least < *side) {
            let rule = format!("a picture must have at least {side} x {side} px");
            found.push(self.finding("channel-picture-size", place, rule, shown(), source));
        } else if let Some((side, source)) = facts.apparel_side.filter(|(side, _)| least < *side) {
            let rule = format!("a picture of apparel must have at least {side} x {side} px");
            found.push(self.finding("channel-picture-size-apparel", place, rule, shown(), source));
        }
        if let (Some((side, from, source)), Some(now)) = (facts.later_side.filter(|(side, ..)| least < *side), now) {
            let rule = if now >= from {
                format!("a picture must have at least {side} x {side} px since 31 January 2027")
            } else {
                format!("a picture must have at least {side} x {side} px from 31 January 2027 on")
            };
            let code = if now >= from { "channel-picture-size" } else { "channel-picture-size-soon" };
            found.push(self.finding(code, place, rule, shown(), source));
        }
    }

    fn lint_canvas(self, document: &Document, place: &str, now: Option<i64>, found: &mut Vec<ChannelFinding>) {
        let (Bound::Static(width), Height::Px(Bound::Static(height))) = &document.size else { return };
        let scale = document.output.fixed.scale.unwrap_or(1.0);
        let px = |side: f32| (side * scale).round().max(1.0) as u32;
        let size = (px(*width), px(*height));
        self.lint_size(size, place, now, found);
        let facts = self.facts();
        if facts.placements.is_empty() {
            return;
        }
        let ratio = |(width, height): (u32, u32)| f64::from(width) / f64::from(height);
        let near = facts.placements.iter().copied().find(|p| (ratio(size) / ratio(*p) - 1.0).abs() <= SHAPE_SLACK);
        let shown = format!("{} x {} px", size.0, size.1);
        match near {
            None => {
                let known: Vec<String> = facts.placements.iter().map(|(w, h)| format!("{w} x {h}")).collect();
                let rule = format!("a canvas must have the shape of a placement: {}", known.join(", "));
                found.push(self.finding("channel-canvas-shape", place, rule, shown, facts.placements_source));
            }
            Some((w, h)) if size.0 < w || size.1 < h => {
                let rule = format!("a canvas of this placement should have {w} x {h} px");
                found.push(self.finding("channel-canvas-size", place, rule, shown, facts.placements_source));
            }
            Some(_) => {}
        }
    }

    fn lint_format(self, document: &Document, place: &str, found: &mut Vec<ChannelFinding>) {
        let format = match document.output.fixed.format {
            Some(Format::Jpeg) => OutputFormat::Jpeg,
            Some(Format::Png) => OutputFormat::Png,
            Some(Format::Webp) => OutputFormat::WebP,
            None => return,
        };
        found.extend(self.format_finding(format, place));
    }

    fn format_finding(self, format: OutputFormat, place: &str) -> Option<ChannelFinding> {
        let (taken, source) = self.facts().formats?;
        if taken.contains(&format) {
            return None;
        }
        let name = |format: &OutputFormat| match format {
            OutputFormat::Jpeg => "JPEG",
            OutputFormat::WebP => "WebP",
            _ => "PNG",
        };
        let names: Vec<&str> = taken.iter().map(name).collect();
        let rule = format!("a picture must be {}", names.join(" or "));
        Some(self.finding("channel-format", place, rule, name(&format).to_owned(), source))
    }

    /// Texts, graphics and painted boxes: a main picture must be the photo alone.
    fn lint_layers(self, layers: &[Layer], source: &'static str, found: &mut Vec<ChannelFinding>) {
        for layer in layers.iter().filter(|layer| !matches!(layer.hidden, Bound::Static(true))) {
            self.lint_layers(&layer.choose, source, found);
            let what = match &layer.content {
                Content::Text { .. } => Some("a text"),
                Content::Svg(_) => Some("a graphic (svg)"),
                Content::Path { .. } => Some("a graphic (path)"),
                _ if layer.declarations.iter().any(|d| d.name.starts_with("border") && d.name != "border-radius") => Some("a border"),
                Content::Box { .. } if layer.declarations.iter().any(|d| d.name.starts_with("background")) => Some("a painted box"),
                Content::Box { .. } | Content::Image { .. } => None,
            };
            let place = layer.id.clone().unwrap_or_else(|| layer.path.clone());
            if let Some(what) = what.filter(|_| !found.iter().any(|f| f.code == "channel-overlay" && f.place == place)) {
                let rule = "a main picture must have no text, logo, watermark or border over the product".to_owned();
                found.push(self.finding("channel-overlay", &place, rule, what.to_owned(), source));
            }
            if let Content::Box { children } = &layer.content {
                self.lint_layers(children, source, found);
            }
        }
    }

    fn finding(self, code: &'static str, place: &str, rule: String, found: String, source: &'static str) -> ChannelFinding {
        ChannelFinding { channel: self, code, place: place.to_owned(), rule, found, source }
    }
}

#[cfg(test)]
mod tests;
