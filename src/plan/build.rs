//! Walks a document's layers with a row in scope and builds the tree that layout reads.
//!
//! Only what is drawn is evaluated to the end and enters the key: a hidden layer's texts never run.

use std::collections::BTreeMap;

use super::fields::{self, Columns};
use super::key::KeyMaker;
use super::path;
use super::sources::{self, Planned};
use super::tree::{Canvas, Content, Missing, PlannedLayer, PlannedPath, PlannedPicture};
use super::{Context, Inner};
use crate::codec::{Effort, Output, OutputFormat, Subsampling};
use crate::css::color::Color;
use crate::css::length::{Length, LengthContext};
use crate::css::property::{Declaration, Input, declare};
use crate::css::style::{Style, TextDecoration, TextStyle};
use crate::error::{Code, Error, Fault, quoted};
use crate::expr::{self, EvalError, Evaluation, Expr, Scope, TextTemplate};
use crate::geom::Rect;
use crate::limits::Limits;
use crate::report::{Note, NoteCode};
use crate::row::{Row, Value};
use crate::template::Template;
use crate::template::document::{self, Bound, Declared, Document, Height, Layer, LetValue};
use crate::text::{Fonts, TextSpan};

type Step<T> = Result<T, Fault>;

/// Fills a template's document with a row.
pub(super) fn build(template: &Template, row: &Row, context: &Context, fonts: &Fonts, limits: &Limits) -> Result<Inner, Error> {
    let document = template.document(context.variant.as_deref())?;
    let mut key = KeyMaker::new();
    key.part("template", &template.digest());
    key.part("variant", context.variant.as_deref().unwrap_or("").as_bytes());
    key.part("fonts", &fonts.digest());

    let time_zone = fields::time_zone(document, row, context)?;
    let columns = Columns::read(document, row, context, time_zone)?;
    let lang = fields::lang(document, &columns, context)?;
    let expr_context = expr::Context { now: context.now, lang: &lang, offset_s: time_zone };
    let mut builder = Builder {
        evaluation: Evaluation::new(Scope::new(&columns), expr_context),
        columns: &columns,
        document,
        lang: &lang,
        host_lang: context.lang.is_some(),
        limits,
        key,
        sources: Vec::new(),
        count: 0,
        canvas: (0.0, 0.0),
    };
    let canvas = builder.canvas(context)?;
    let output = builder.output(context)?;
    let mut notes: Vec<Note> = Vec::new();
    for name in builder.evaluation.missing() {
        notes.push(Note::new(NoteCode::FieldMissing, "", format!("the row has no {}", quoted(name))));
    }
    let valid_until = builder.evaluation.valid_until();
    Ok(Inner {
        template: document.name.clone(),
        variant: context.variant.clone(),
        key: builder.key.finish(),
        sources: builder.sources,
        canvas,
        output,
        valid_until,
        notes,
    })
}

struct Builder<'a> {
    evaluation: Evaluation<'a>,
    columns: &'a Columns<'a>,
    document: &'a Document,
    lang: &'a str,
    host_lang: bool,
    limits: &'a Limits,
    key: KeyMaker,
    sources: Vec<Planned>,
    /// Layers so far.
    count: usize,
    canvas: (f32, f32),
}

/// Where a layer stands: what names its children start with.
#[derive(Clone)]
struct Place<'p> {
    text: &'p TextStyle,
    /// Of layers without an `id`: `card[0].`.
    prefix: String,
    /// Of layers with an `id`, inside a repeat: `card[0].`.
    repeat: String,
}

impl<'a> Builder<'a> {
    fn canvas(&mut self, context: &Context) -> Step<Canvas> {
        for binding in &self.document.lets {
            let value = self.let_value(&binding.value, &binding.path)?;
            self.evaluation.scope.set(binding.name.clone(), value);
        }
        let width = self.side(&self.document.size.0, "size[0]")?;
        let height = match &self.document.size.1 {
            Height::Px(bound) => Some(self.side(bound, "size[1]")?),
            Height::Auto => None,
        };
        self.canvas = (width, height.unwrap_or(0.0));
        let canvas = Value::map([("width", number(width)), ("height", number(self.canvas.1))]);
        self.evaluation.scope.set("canvas", canvas);
        let scale = self.scale(context)?;
        self.check_canvas(width * scale, height.unwrap_or(1.0) * scale)?;

        let root = LengthContext { em: 16.0, canvas: self.canvas };
        let (mut style, mut text) = (Style::default(), TextStyle::default());
        self.apply(&self.document.text, &mut style, &mut text, &root)?;
        if self.document.lang.is_some() || self.host_lang {
            text.lang = Some(self.lang.to_owned());
        }
        self.apply(&self.document.background, &mut style, &mut text, &root)?;
        let place = Place { text: &text, prefix: String::new(), repeat: String::new() };
        let mut layers = Vec::new();
        self.layers(&self.document.layers, &place, &mut layers)?;
        self.size_needs(&layers, scale);
        Ok(Canvas { width, height, scale, style, text: text.clone(), fonts: self.document.fonts.clone(), layers })
    }

    fn layers(&mut self, layers: &'a [Layer], place: &Place<'_>, out: &mut Vec<PlannedLayer>) -> Step<()> {
        for (i, layer) in layers.iter().enumerate() {
            let ident = match &layer.id {
                Some(id) => format!("{}{id}", place.repeat),
                None => format!("{}layers[{i}]", place.prefix),
            };
            self.repeated(layer, ident, place, out)?;
        }
        Ok(())
    }

    /// A layer, once for each item of its `for`.
    fn repeated(&mut self, layer: &'a Layer, ident: String, place: &Place<'_>, out: &mut Vec<PlannedLayer>) -> Step<()> {
        let Some(repeat) = &layer.repeat else { return self.conditional(layer, ident, place, out) };
        let path = format!("{}.for", layer.path);
        let items = match self.expression(&repeat.items, &path)? {
            Value::Null => return Ok(()),
            Value::List(items) => items,
            other => return Err(evaluation(&path, format!("for must go over a list, found {}", other.short()))),
        };
        let limit = match &repeat.limit {
            Some(Bound::Static(limit)) => *limit,
            Some(Bound::Bound(text)) => self.whole_number(text, &format!("{}.limit", layer.path))?,
            None => usize::MAX,
        };
        let length = items.len().min(limit);
        for (i, item) in items.iter().take(limit).enumerate() {
            self.evaluation.scope.push();
            self.evaluation.scope.set(repeat.variable.clone(), item.clone());
            let count = |n: usize| Value::from(i64::try_from(n).unwrap_or(i64::MAX));
            let at = [
                ("index", count(i + 1)),
                ("index0", count(i)),
                ("first", Value::Bool(i == 0)),
                ("last", Value::Bool(i + 1 == length)),
                ("length", count(length)),
            ];
            self.evaluation.scope.set("loop", Value::map(at));
            let here = Place { repeat: format!("{ident}[{i}]."), ..place.clone() };
            let done = self.conditional(layer, format!("{ident}[{i}]"), &here, out);
            self.evaluation.scope.pop();
            done?;
        }
        Ok(())
    }

    /// A layer whose own names, `hidden` and `if` decide whether it is drawn.
    fn conditional(&mut self, layer: &'a Layer, ident: String, place: &Place<'_>, out: &mut Vec<PlannedLayer>) -> Step<()> {
        self.evaluation.scope.push();
        let done = self.decided(layer, ident, place, out);
        self.evaluation.scope.pop();
        done
    }

    fn decided(&mut self, layer: &'a Layer, ident: String, place: &Place<'_>, out: &mut Vec<PlannedLayer>) -> Step<()> {
        for binding in &layer.lets {
            let value = self.let_value(&binding.value, &binding.path)?;
            self.evaluation.scope.set(binding.name.clone(), value);
        }
        let hidden = match &layer.hidden {
            Bound::Static(hidden) => *hidden,
            Bound::Bound(text) => self.eval(text, &format!("{}.hidden", layer.path))?.is_truthy(),
        };
        if hidden || !self.holds(layer)? {
            return Ok(());
        }
        for choice in &layer.choose {
            if self.holds(choice)? {
                let ident = choice.id.as_ref().map_or(ident, |id| format!("{}{id}", place.repeat));
                return self.conditional(choice, ident, place, out);
            }
        }
        if layer.choose.is_empty() {
            out.extend(self.layer(layer, ident, place)?);
        }
        Ok(())
    }

    fn holds(&mut self, layer: &Layer) -> Step<bool> {
        match &layer.condition {
            Some(condition) => Ok(self.expression(condition, &format!("{}.if", layer.path))?.is_truthy()),
            None => Ok(true),
        }
    }

    /// A layer that is drawn; `None` for a text whose value is null.
    fn layer(&mut self, layer: &'a Layer, ident: String, place: &Place<'_>) -> Step<Option<PlannedLayer>> {
        self.count += 1;
        if self.count > self.limits.max_layers {
            let message = format!("a picture must have at most {} layers", self.limits.max_layers);
            return Err(Fault::new(Code::RowLimit, &layer.path, message));
        }
        self.key.part("layer", ident.as_bytes());
        self.key.part("path", layer.path.as_bytes());
        let parent = LengthContext { em: place.text.size_px(), canvas: self.canvas };
        let mut style = Style::default();
        let mut text = place.text.inherited(self.canvas);
        self.apply(&layer.declarations, &mut style, &mut text, &parent)?;
        let content = match &layer.content {
            document::Content::Box { children } => {
                let mut planned = Vec::new();
                let inner = Place { text: &text, prefix: format!("{ident}."), repeat: place.repeat.clone() };
                self.layers(children, &inner, &mut planned)?;
                Content::Box(planned)
            }
            document::Content::Text { spans } => match self.spans(layer, spans, &text)? {
                Some(spans) => Content::Text(spans),
                None => return Ok(None),
            },
            document::Content::Image { src, missing } => {
                let missing = match missing {
                    Bound::Static(missing) => *missing,
                    Bound::Bound(text) => self.missing(text, &format!("{}.missing", layer.path))?,
                };
                self.picture(src, missing, None, false)?
            }
            document::Content::Svg(svg) => {
                let tinted = layer.declarations.iter().any(|d| d.name == "color");
                let tint = tinted.then(|| text.color.current());
                match svg {
                    document::SvgContent::Src(src) => self.picture(src, document::Missing::Error, tint, true)?,
                    document::SvgContent::Text(source) => {
                        let source = self.printed(source, &format!("{}.svg", layer.path))?;
                        self.inline_svg(&source, tint)
                    }
                }
            }
            document::Content::Path { d, view_box } => {
                let place = format!("{}.d", layer.path);
                let d = self.printed(d, &place)?;
                let segments = path::segments(&d).map_err(|message| Fault::new(Code::BadValue, place, message))?;
                Content::Path(PlannedPath { segments, view_box: self.view_box(view_box.as_ref(), &layer.path)? })
            }
        };
        Ok(Some(PlannedLayer { ident, path: layer.path.clone(), style, text, content }))
    }

    /// The spans of a text; `None` where the whole text is one binding that gave null.
    fn spans(&mut self, layer: &Layer, spans: &'a [document::Span], text: &TextStyle) -> Step<Option<Vec<TextSpan>>> {
        let mut planned = Vec::new();
        let mut bytes = 0;
        for span in spans {
            let holds = match &span.condition {
                Some(condition) => self.expression(condition, &format!("{}.if", span.path))?.is_truthy(),
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
            let printed = value.print(self.lang).map_err(|message| evaluation(&span.path, message))?;
            self.key.part("text", printed.as_bytes());
            bytes += printed.len();
            if bytes > self.limits.max_text_bytes {
                let message = format!("a text must have at most {} bytes, found {bytes}", self.limits.max_text_bytes);
                return Err(Fault::new(Code::RowLimit, &layer.path, message));
            }
            planned.push(self.span(span, printed, text)?);
        }
        Ok(Some(planned))
    }

    fn span(&mut self, span: &document::Span, printed: String, layer_text: &TextStyle) -> Step<TextSpan> {
        let mut style = Style::default();
        // What a span does not say follows its layer, also where that shrinks to fit.
        let mut text = TextStyle { font_size: Length::Em(1.0), ..layer_text.clone() };
        let context = LengthContext { em: layer_text.size_px(), canvas: self.canvas };
        for declared in &span.declarations {
            if let Some(declaration) = self.declaration(declared)? {
                declaration.apply_to_span(&mut style, &mut text, &context);
            }
        }
        let decoration: Option<TextDecoration> = style.text_decoration.take();
        Ok(TextSpan { text: printed, style: text, decoration, vertical_align: style.vertical_align })
    }

    fn picture(&mut self, src: &[document::Source], missing: document::Missing, tint: Option<Color>, svg: bool) -> Step<Content> {
        let assets: &BTreeMap<String, String> = &self.document.assets;
        let mut found = Vec::new();
        for source in src {
            let value = self.eval(&source.text, &source.path)?;
            self.key.value("src", &value);
            sources::candidates(&value, &|name| assets.get(name).cloned(), tint, self.limits, &mut found)
                .map_err(|message| Fault::new(Code::BadBoundValue, &source.path, message))?;
        }
        let first = self.sources.len();
        let candidates = (first..first + found.len()).map(|i| u32::try_from(i).unwrap_or(u32::MAX)).collect();
        self.sources.append(&mut found);
        let missing = match missing {
            document::Missing::Error => Missing::Error,
            document::Missing::Hide => Missing::Hide,
        };
        Ok(Content::Picture(PlannedPicture { candidates, missing, svg, tint }))
    }

    fn inline_svg(&mut self, source: &str, tint: Option<Color>) -> Content {
        self.key.part("svg", source.as_bytes());
        let id = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.push(Planned::inline("svg", source.as_bytes(), tint, self.limits));
        Content::Picture(PlannedPicture { candidates: vec![id], missing: Missing::Error, svg: true, tint })
    }

    fn missing(&mut self, text: &TextTemplate, place: &str) -> Step<document::Missing> {
        match self.eval(text, place)? {
            Value::Null => Ok(document::Missing::Error),
            value => match value.as_text() {
                Some("error") => Ok(document::Missing::Error),
                Some("hide") => Ok(document::Missing::Hide),
                _ => Err(Fault::new(Code::BadBoundValue, place, format!("missing must be \"error\" or \"hide\", found {}", value.short()))),
            },
        }
    }

    fn view_box(&mut self, view_box: Option<&Bound<[f32; 4]>>, path: &str) -> Step<Option<Rect>> {
        let [x, y, width, height] = match view_box {
            None => return Ok(None),
            Some(Bound::Static(numbers)) => *numbers,
            Some(Bound::Bound(text)) => {
                let place = format!("{path}.viewBox");
                let printed = self.printed(text, &place)?;
                let numbers: Vec<f32> = printed.split([' ', ',']).filter(|s| !s.is_empty()).filter_map(|s| s.parse().ok()).collect();
                let message = || format!("viewBox must be four numbers, found {}", quoted(&printed));
                <[f32; 4]>::try_from(numbers).map_err(|_| Fault::new(Code::BadBoundValue, place, message()))?
            }
        };
        Ok(Some(Rect::new(x, y, width, height)))
    }

    /// Applies a layer's keys, the bound ones once they are read.
    fn apply(&mut self, declared: &'a [Declared], style: &mut Style, text: &mut TextStyle, parent: &LengthContext) -> Step<()> {
        for one in declared {
            if let Some(declaration) = self.declaration(one)? {
                declaration.apply(style, text, parent);
            }
        }
        Ok(())
    }

    /// A key's value; `None` where a binding gave null, which leaves the key unset.
    fn declaration(&mut self, declared: &Declared) -> Step<Option<Declaration>> {
        let template = match &declared.value {
            Bound::Static(declaration) => return Ok(Some(declaration.clone())),
            Bound::Bound(template) => template,
        };
        let value = self.eval(template, &declared.path)?;
        self.key.value(declared.name, &value);
        let bad = |message: String| Fault::new(Code::BadBoundValue, &declared.path, message);
        let read = match &value {
            Value::Null => return Ok(None),
            Value::Bool(flag) => declare(declared.name, &Input::Bool(*flag)),
            Value::Number(number) => declare(declared.name, &Input::Number(number.to_f64())),
            Value::Text(text) => declare(declared.name, &Input::Text(text)),
            other => declare(declared.name, &Input::Text(&other.print(self.lang).map_err(bad)?)),
        };
        read.map(Some).map_err(bad)
    }

    fn let_value(&mut self, value: &LetValue, place: &str) -> Step<Value> {
        Ok(match value {
            LetValue::Text(text) => self.eval(text, place)?,
            LetValue::Value(value) => value.clone(),
            LetValue::List(items) => Value::list(items.iter().map(|i| self.let_value(i, place)).collect::<Step<Vec<_>>>()?),
            LetValue::Map(entries) => {
                let read = entries.iter().map(|(name, v)| Ok((name.clone(), self.let_value(v, place)?)));
                Value::map(read.collect::<Step<Vec<_>>>()?)
            }
        })
    }

    fn eval(&mut self, text: &TextTemplate, place: &str) -> Step<Value> {
        let value = text.eval(&mut self.evaluation);
        self.checked(value, place)
    }

    fn expression(&mut self, expr: &Expr, place: &str) -> Step<Value> {
        let value = expr.eval(&mut self.evaluation);
        self.checked(value, place)
    }

    /// A column that cannot be read as its type is a better fault than what follows from it.
    fn checked(&mut self, value: Result<Value, EvalError>, place: &str) -> Step<Value> {
        match self.columns.take_fault() {
            Some(fault) => Err(fault),
            None => value.map_err(|e| evaluation(place, e.message)),
        }
    }

    fn printed(&mut self, text: &TextTemplate, place: &str) -> Step<String> {
        let value = self.eval(text, place)?;
        self.key.value(place, &value);
        value.print(self.lang).map_err(|message| evaluation(place, message))
    }

    fn number(&mut self, text: &TextTemplate, place: &str) -> Step<f64> {
        let value = self.eval(text, place)?;
        self.key.value(place, &value);
        match &value {
            Value::Number(n) => Ok(n.to_f64()),
            Value::Text(t) if t.trim().parse::<f64>().is_ok_and(f64::is_finite) => Ok(t.trim().parse().unwrap_or(0.0)),
            other => Err(Fault::new(Code::BadBoundValue, place, format!("a number must stand here, found {}", other.short()))),
        }
    }

    fn whole_number(&mut self, text: &TextTemplate, place: &str) -> Step<usize> {
        let number = self.number(text, place)?;
        if number.fract() == 0.0 && (0.0..=1e6).contains(&number) {
            return Ok(number as usize);
        }
        Err(Fault::new(Code::BadBoundValue, place, format!("limit must be a whole number from 0 to 1000000, found {number}")))
    }

    fn side(&mut self, bound: &Bound<f32>, place: &str) -> Step<f32> {
        let side = match bound {
            Bound::Static(side) => *side,
            Bound::Bound(text) => self.number(text, place)? as f32,
        };
        if side >= 1.0 && side.fract() == 0.0 {
            return Ok(side);
        }
        Err(Fault::new(Code::BadBoundValue, place, format!("a side of the canvas must be a whole number of px, 1 or more, found {side}")))
    }

    fn check_canvas(&self, width: f32, height: f32) -> Step<()> {
        let (most, pixels) = (self.limits.max_side_px, self.limits.max_pixels);
        if f64::from(width) > f64::from(most) || f64::from(height) > f64::from(most) {
            let message = format!("canvas is {width} x {height} px, over the limit of {most} a side");
            return Err(Fault::new(Code::CanvasLimit, "size", message));
        }
        if f64::from(width) * f64::from(height) > pixels as f64 {
            let message = format!("canvas is {width} x {height} px, over the limit of {pixels} pixels");
            return Err(Fault::new(Code::CanvasLimit, "size", message));
        }
        Ok(())
    }

    /// The output's keys, bound ones read.
    fn output_keys(&mut self) -> Step<document::Output> {
        let mut keys = self.document.output.fixed.clone();
        for bound in &self.document.output.bound {
            let value = self.eval(&bound.text, &bound.path)?;
            let bad = |message: String| Fault::new(Code::BadBoundValue, &bound.path, message);
            let printed = value.print(self.lang).map_err(bad)?;
            let input = match &value {
                Value::Null => continue,
                Value::Number(number) => Input::Number(number.to_f64()),
                _ => Input::Text(&printed),
            };
            keys.set(bound.key, &input).map_err(bad)?;
        }
        Ok(keys)
    }

    fn scale(&mut self, context: &Context) -> Step<f32> {
        let scale = context.scale.or(self.output_keys()?.scale).unwrap_or(1.0);
        if !(0.1..=4.0).contains(&scale) {
            return Err(Fault::new(Code::BadArgument, "scale", format!("scale must be 0.1 to 4, found {scale}")));
        }
        self.key.part("scale", &scale.to_le_bytes());
        Ok(scale)
    }

    fn output(&mut self, context: &Context) -> Step<Output> {
        let output = match &context.output {
            Some(output) => output.clone(),
            None => output_of(&self.output_keys()?),
        };
        self.key.part("output", format!("{output:?}").as_bytes());
        Ok(output)
    }

    /// Tells each need how large it is of use: its layer's definite size, else the canvas.
    fn size_needs(&mut self, layers: &[PlannedLayer], scale: f32) {
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
                    for (n, i) in picture.candidates.iter().enumerate() {
                        if let Some(need) = self.sources.get_mut(*i as usize).and_then(|s| s.need.as_mut()) {
                            need.useful_px = size;
                            need.optional = picture.missing == Missing::Hide || n + 1 < picture.candidates.len();
                        }
                    }
                }
                Content::Text(_) | Content::Path(_) => {}
            }
        }
    }
}

fn evaluation(place: &str, message: String) -> Fault {
    Fault::new(Code::Evaluation, place, message)
}

fn number(px: f32) -> Value {
    Value::from(px as i64)
}

fn output_of(keys: &document::Output) -> Output {
    let defaults = Output::default();
    Output {
        format: match keys.format {
            Some(document::Format::Jpeg) => OutputFormat::Jpeg,
            Some(document::Format::Webp) => OutputFormat::WebP,
            Some(document::Format::Png) | None => OutputFormat::Png,
        },
        quality: keys.quality.unwrap_or(defaults.quality),
        subsampling: match keys.subsampling {
            Some(document::Subsampling::S420) => Subsampling::S420,
            Some(document::Subsampling::S444) => Subsampling::S444,
            Some(document::Subsampling::Auto) | None => Subsampling::Auto,
        },
        effort: match keys.effort {
            Some(document::Effort::Small) => Effort::Small,
            Some(document::Effort::Fast) | None => Effort::Fast,
        },
        matte: keys.matte.map_or(defaults.matte, |color| {
            let [r, g, b, _] = color.to_rgba8();
            [r, g, b]
        }),
    }
}
