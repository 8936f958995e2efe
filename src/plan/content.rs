//! What layers hold: the spans of texts, the sources of pictures, the segments' `viewBox`.

use std::collections::BTreeMap;

use super::build::{Builder, Step};
use super::sources::{self, Planned};
use super::treatment::{Recipe, Wanted};
use super::tree::{Content, Missing, PlannedLayer, PlannedPicture};
use super::values::evaluation;
use crate::css::color::Color;
use crate::css::length::{Length, LengthContext};
use crate::css::property::Input;
use crate::css::style::{ObjectPosition, Style, TextDecoration, TextStyle, ViewBox};
use crate::error::{Code, Fault, quoted};
use crate::expr::TextTemplate;
use crate::generate::{ModelKind, Models};
use crate::geom::Rect;
use crate::row::Value;
use crate::row::locale::{self, Style as MoneyStyle};
use crate::template::document::{self, Bound, Layer, PartKeys};
use crate::template::making;
use crate::text::TextSpan;

/// Of a picture whose own px count, a smaller copy is of no use.
const WHOLE: (u32, u32) = (65_535, 65_535);

/// Most bytes of all texts of a picture, in texts of the limit.
const LONGEST_TEXTS: usize = 16;

impl<'a> Builder<'a> {
    /// The spans of a text; `None` where the whole text is one binding that gave null.
    pub(super) fn spans(&mut self, layer: &Layer, spans: &'a [document::Span], text: &TextStyle) -> Step<Option<Vec<TextSpan>>> {
        let mut planned = Vec::new();
        let mut bytes = 0;
        for span in spans {
            let holds = match &span.condition {
                Some(condition) => {
                    let holds = self.expression(condition, &format!("{}.if", span.path))?.is_truthy();
                    self.watch.rule(&span.path, holds);
                    holds
                }
                None => true,
            };
            if !holds {
                continue;
            }
            let value = self.eval(&span.text, &span.path)?;
            if value.is_null() && spans.len() == 1 && span.declarations.is_empty() && span.text.as_whole().is_some() {
                return Ok(None);
            }
            self.key.part("span", span.path.as_bytes());
            let parts = match &span.money_parts {
                Some(keys) => parts(&value, self.lang, keys).map_err(|message| evaluation(&span.path, message))?,
                None => vec![(None, value.print(self.lang).map_err(|message| evaluation(&span.path, message))?)],
            };
            let mut length = 0;
            for (_, text) in &parts {
                self.key.part("text", text.as_bytes());
                length += text.len();
            }
            bytes += length;
            if bytes > self.limits.max_text_bytes {
                let message = format!("a text must have at most {} bytes, found {bytes}", self.limits.max_text_bytes);
                let code = if span.text.as_static().is_some() { Code::TemplateLimit } else { Code::RowLimit };
                return Err(Fault::new(code, &layer.path, message));
            }
            self.text_bytes += length;
            let most = self.limits.max_text_bytes.saturating_mul(LONGEST_TEXTS);
            if self.text_bytes > most {
                let message = format!("all texts of a picture must have at most {most} bytes, found more");
                return Err(Fault::new(Code::RowLimit, &layer.path, message));
            }
            let (style, span_text) = self.span_style(span, text)?;
            for (keys, printed) in parts {
                let (mut style, mut span_text) = (style.clone(), span_text.clone());
                if let Some(keys) = keys {
                    self.part_style(keys, &mut style, &mut span_text, text)?;
                }
                let decoration: Option<TextDecoration> = style.text_decoration.take();
                planned.push(TextSpan { text: printed, style: span_text, decoration, vertical_align: style.vertical_align });
            }
        }
        Ok(Some(planned))
    }

    fn span_style(&mut self, span: &document::Span, layer_text: &TextStyle) -> Step<(Style, TextStyle)> {
        let mut style = Style::default();
        // What a span does not say follows its layer, also where that shrinks to fit.
        let mut text = TextStyle { font_size: Length::Em(1.0), ..layer_text.clone() };
        let context = LengthContext { em: layer_text.size_px(), canvas: self.canvas };
        for declared in &span.declarations {
            if let Some(declaration) = self.declaration(declared)? {
                declaration.apply_to_span(&mut style, &mut text, &context);
            }
        }
        Ok((style, text))
    }

    /// Lays a part's keys over those of its span, inside which it stands: `em` is the span's size, and shrinks with it.
    fn part_style(&mut self, keys: &PartKeys, style: &mut Style, text: &mut TextStyle, layer_text: &TextStyle) -> Step<()> {
        let whole = std::mem::replace(&mut text.font_size, Length::Em(1.0));
        let layer = LengthContext { em: layer_text.size_px(), canvas: self.canvas };
        let context = LengthContext { em: whole.resolve(&layer, Some(layer.em)).unwrap_or(layer.em), ..layer };
        for declared in &keys.declarations {
            if let Some(declaration) = self.declaration(declared)? {
                declaration.apply_to_span(style, text, &context);
            }
        }
        text.font_size = match (&text.font_size, whole) {
            (Length::Em(part), Length::Em(whole)) => Length::Em(part * whole),
            (Length::Em(part), Length::Px(whole)) => Length::Px(part * whole),
            (own, _) => own.clone(),
        };
        Ok(())
    }

    /// An image layer: its sources, each with what the recipe says, and where it says so, behind them the same without models.
    pub(super) fn image(&mut self, src: &[document::Source], missing: document::Missing, mut recipe: Recipe) -> Step<Content> {
        let arriving = self.sources(src, None)?;
        let original = recipe.makes() && missing == document::Missing::Original;
        let without = recipe.original();
        if self.models.is_none() && missing != document::Missing::Hide {
            recipe = without.clone();
        }
        let none = Models::new();
        let models = self.models.unwrap_or(&none);
        if !recipe.is_plain() {
            self.key.part("recipe", &recipe.digest(models));
        }
        let mut treated: Vec<Planned> = arriving.iter().map(|source| source.clone().treated(&recipe, models)).collect();
        if original {
            treated.extend(arriving.into_iter().map(|source| source.treated(&without, models)));
        }
        let missing = match missing {
            document::Missing::Error | document::Missing::Original => Missing::Error,
            document::Missing::Hide => Missing::Hide,
        };
        Ok(self.chosen(treated, missing, None, false))
    }

    /// An svg layer that is asked for.
    pub(super) fn svg(&mut self, src: &[document::Source], tint: Option<Color>) -> Step<Content> {
        let sources = self.sources(src, tint)?;
        Ok(self.chosen(sources, Missing::Error, tint, true))
    }

    fn sources(&mut self, src: &[document::Source], tint: Option<Color>) -> Step<Vec<Planned>> {
        let assets: &BTreeMap<String, String> = &self.document.assets;
        let mut found = Vec::new();
        for (i, source) in src.iter().enumerate() {
            let value = self.eval(&source.text, &source.path)?;
            if i == 0 && value.is_null() {
                self.watch.null(&source.path);
            }
            self.key.value("src", &value);
            sources::candidates(&value, &|name| assets.get(name).cloned(), tint, self.limits, &mut found)
                .map_err(|message| Fault::new(Code::BadBoundValue, &source.path, message))?;
        }
        Ok(found)
    }

    fn chosen(&mut self, mut found: Vec<Planned>, missing: Missing, tint: Option<Color>, svg: bool) -> Content {
        let first = self.sources.len();
        let candidates = (first..first + found.len()).map(|i| u32::try_from(i).unwrap_or(u32::MAX)).collect();
        self.sources.append(&mut found);
        Content::Picture(PlannedPicture { candidates, missing, svg, tint })
    }

    /// What an image layer wants done with its pictures.
    pub(super) fn recipe(&mut self, making: &'a document::Making, style: &Style, text: &TextStyle, path: &str) -> Step<Recipe> {
        let context = LengthContext { em: text.size_px(), canvas: self.canvas };
        let mut recipe = Recipe {
            view_box: style.object_view_box.as_ref().map(|view_box| view_box.computed(&context)),
            by_face: style.object_position == ObjectPosition::Face,
            ..Recipe::default()
        };
        if recipe.view_box.as_ref().is_some_and(ViewBox::is_empty_always) {
            let message = "object-view-box must leave some of the picture, found nothing left";
            return Err(Fault::new(Code::BadBoundValue, format!("{path}.object-view-box"), message));
        }
        recipe.model = self.wanted(making.model.as_ref(), &[ModelKind::Generator, ModelKind::Upscaler], &format!("{path}.model"))?;
        recipe.cutout = self.wanted(making.cutout.as_ref(), &[ModelKind::Matte], &format!("{path}.cutout"))?;
        if recipe.model.is_some() {
            recipe.strength = self.measure(making.strength.as_ref(), making::strength, &format!("{path}.strength"))?;
            recipe.feather = self.measure(making.feather.as_ref(), making::feather, &format!("{path}.feather"))?;
        }
        Ok(recipe)
    }

    fn wanted(&mut self, name: Option<&TextTemplate>, kinds: &[ModelKind], place: &str) -> Step<Option<Wanted>> {
        let Some(name) = name else { return Ok(None) };
        let value = self.eval(name, place)?;
        self.key.value(place, &value);
        if value.is_null() {
            return Ok(None);
        }
        let printed = value.print(self.lang).map_err(|message| evaluation(place, message))?;
        if printed.trim() == "flat" && kinds.contains(&ModelKind::Matte) {
            return Err(Fault::new(Code::BadBoundValue, place, "cutout \"flat\" is not supported yet"));
        }
        Ok(match self.models {
            Some(models) => Wanted::named(&printed, kinds, models),
            None => Wanted::refused(&printed, "no model is run for this picture"),
        })
    }

    fn measure<T: Copy>(&mut self, bound: Option<&Bound<T>>, read: fn(&Input<'_>) -> Result<T, String>, place: &str) -> Step<Option<T>> {
        let text = match bound {
            None => return Ok(None),
            Some(Bound::Static(value)) => return Ok(Some(*value)),
            Some(Bound::Bound(text)) => text,
        };
        let value = self.eval(text, place)?;
        self.key.value(place, &value);
        let bad = |message: String| Fault::new(Code::BadBoundValue, place, message);
        match &value {
            Value::Null => Ok(None),
            Value::Number(number) => read(&Input::Number(number.to_f64())).map(Some).map_err(bad),
            other => {
                let printed = other.print(self.lang).map_err(bad)?;
                read(&Input::Text(&printed)).map(Some).map_err(bad)
            }
        }
    }

    pub(super) fn inline_svg(&mut self, source: &str, tint: Option<Color>, place: &str) -> Step<Content> {
        self.inline_bytes += source.len();
        let most = self.limits.max_template_bytes;
        if self.inline_bytes > most {
            let message = format!("all SVGs that stand in a template must have at most {most} bytes, repeated ones counted each time");
            return Err(Fault::new(Code::TemplateLimit, format!("{place}.svg"), message));
        }
        self.key.part("svg", source.as_bytes());
        let id = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.push(Planned::inline_svg(source, tint, self.limits));
        Ok(Content::Picture(PlannedPicture { candidates: vec![id], missing: Missing::Error, svg: true, tint }))
    }

    pub(super) fn missing(&mut self, text: &TextTemplate, place: &str) -> Step<document::Missing> {
        let value = self.eval(text, place)?;
        self.key.value("missing", &value);
        match value {
            Value::Null => Ok(document::Missing::Error),
            value => match value.as_text() {
                Some("error") => Ok(document::Missing::Error),
                Some("hide") => Ok(document::Missing::Hide),
                Some("original") => Ok(document::Missing::Original),
                _ => {
                    let message = format!("missing must be \"error\", \"hide\" or \"original\", found {}", value.short());
                    Err(Fault::new(Code::BadBoundValue, place, message))
                }
            },
        }
    }

    pub(super) fn view_box(&mut self, view_box: Option<&Bound<[f32; 4]>>, path: &str) -> Step<Option<Rect>> {
        let [x, y, width, height] = match view_box {
            None => return Ok(None),
            Some(Bound::Static(numbers)) => *numbers,
            Some(Bound::Bound(text)) => {
                let place = format!("{path}.viewBox");
                let printed = self.printed(text, &place)?;
                document::view_box(&printed).ok_or_else(|| {
                    let message =
                        format!("viewBox must be \"x y width height\" with a positive width and height, found {}", quoted(&printed));
                    Fault::new(Code::BadBoundValue, place, message)
                })?
            }
        };
        Ok(Some(Rect::new(x, y, width, height)))
    }

    /// Tells each need how large it is of use: its layer's definite size, else the canvas.
    pub(super) fn size_needs(&mut self, layers: &[PlannedLayer], scale: f32) {
        let mut open: Vec<&PlannedLayer> = layers.iter().collect();
        while let Some(layer) = open.pop() {
            match &layer.content {
                Content::Box(children) => open.extend(children),
                Content::Picture(picture) => {
                    let context = LengthContext { em: layer.text.size_px(), canvas: self.canvas };
                    let side = |length: &Length, canvas: f32| {
                        let px = length.resolve(&context, None).unwrap_or(canvas);
                        (px * scale).ceil().clamp(1.0, 65_535.0) as u32
                    };
                    let size = (side(&layer.style.width, self.canvas.0), side(&layer.style.height, self.canvas.1.max(1.0)));
                    let last = picture.candidates.last().and_then(|i| self.sources.get(*i as usize)).and_then(|s| s.need.as_ref());
                    let last = last.map(|need| need.id).filter(|_| picture.missing != Missing::Hide);
                    for (n, i) in picture.candidates.iter().enumerate() {
                        let Some(source) = self.sources.get_mut(*i as usize) else { continue };
                        let optional = picture.missing == Missing::Hide || n + 1 < picture.candidates.len();
                        let arrives = if source.treatment.counts_px() { WHOLE } else { size };
                        if let Some(need) = &mut source.need {
                            need.useful_px = arrives;
                            // With `missing: original` one need stands behind several candidates.
                            need.optional = optional && last != Some(need.id);
                        }
                        for need in source.treatment.needs_mut() {
                            need.useful_px = size;
                            need.optional = optional;
                        }
                    }
                }
                Content::Text(_) | Content::Path(_) => {}
            }
        }
    }
}

/// The parts of a price, each with its keys, if it has some; null has none.
fn parts<'k>(value: &Value, lang: &str, keys: &'k [PartKeys]) -> Result<Vec<(Option<&'k PartKeys>, String)>, String> {
    let money = match value {
        Value::Null => return Ok(vec![(None, String::new())]),
        Value::Money(money) => money,
        Value::Text(_) => return Err(format!("money-parts needs money itself and not what `money` writes, found {}", value.short())),
        other => return Err(format!("money-parts needs money, found {}", other.short())),
    };
    let parts = locale::money_to_parts(money, lang, MoneyStyle::Standard)?.into_iter();
    Ok(parts.map(|(part, text)| (keys.iter().find(|keys| keys.kinds.contains(&part)), text)).collect())
}
