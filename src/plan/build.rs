//! Walks a document's layers with a row in scope and builds the tree that layout reads.
//!
//! Only what is drawn is evaluated to the end and enters the key: a hidden layer's texts never run.

use std::sync::Arc;

use super::fields::{self, Changes, Columns};
use super::key::KeyMaker;
use super::path;
use super::skip;
use super::sources::Planned;
use super::tree::{Canvas, Content, PlannedLayer, PlannedPath};
use super::values::evaluation;
use super::watch::Watch;
use super::{Context, Having, Inner};
use crate::css::length::LengthContext;
use crate::css::style::{ObjectPosition, Style, TextStyle};
use crate::error::{Code, Error, Fault, quoted};
use crate::expr::{self, Evaluation, Scope};
use crate::generate::Models;
use crate::limits::Limits;
use crate::report::{Note, NoteCode};
use crate::row::{Row, Value};
use crate::template::Template;
use crate::template::document::{self, Bound, Document, Height, Layer};

pub(super) type Step<T> = Result<T, Fault>;

/// Most items that all `for` of a picture may go over, in layers of the limit: those that `if` leaves out cost time too.
const ITEMS_PER_LAYER: usize = 10;

/// Fills a template's document with a row.
pub(super) fn build(
    template: &Template,
    row: &Row,
    context: &Context,
    having: Having<'_>,
    watch: &mut dyn Watch,
    mut key: KeyMaker,
) -> Result<Inner, Error> {
    let document = template.document(context.variant.as_deref())?;
    key.part("template", &template.digest());
    key.part("variant", context.variant.as_deref().unwrap_or("").as_bytes());
    key.part("fonts", &having.fonts.digest());
    of_document((template, document), row, context, having, watch, key)
}

/// Fills a template's document with a row; `key` is told of what the row decides.
pub(super) fn of_document(
    (template, document): (&Template, &Document),
    row: &Row,
    context: &Context,
    having: Having<'_>,
    watch: &mut dyn Watch,
    mut key: KeyMaker,
) -> Result<Inner, Error> {
    let changes = Changes::default();
    let time_zone = fields::time_zone(document, row, context, &changes)?;
    let row = row.anchored(&time_zone);
    let columns = Columns::read(document, &row, context, &time_zone, &changes);
    // A row whose own fields cannot be read says so, unless it is skipped for a reason that does not need them.
    let lang = fields::lang(document, &columns, context, &changes).or_else(|fault| columns.check().and(Err(fault.into())))?;
    let expr_context = expr::Context { now: context.now, lang: &lang, zone: &time_zone, strings: document.strings.as_deref() };
    let mut asked = skip::ask(document, &columns, expr_context).or_else(|fault| columns.check().and(Err(Error::from(fault))))?;
    asked.valid_until = changes.first(asked.valid_until);
    if asked.reason.is_some() {
        return Ok(skip::plan(template, document, context, asked));
    }
    columns.check()?;
    key.part("lang", lang.as_bytes());
    let mut builder = Builder {
        evaluation: Evaluation::new(Scope::new(&columns), expr_context),
        columns: &columns,
        document,
        lang: &lang,
        host_lang: context.lang.is_some(),
        limits: having.limits,
        models: having.models,
        watch,
        key,
        sources: Vec::new(),
        count: 0,
        items: 0,
        text_bytes: 0,
        inline_bytes: 0,
        canvas: (0.0, 0.0),
    };
    let canvas = builder.canvas(context)?;
    let output = builder.output(context)?;
    let mut notes: Vec<Note> = Vec::new();
    for name in builder.evaluation.missing().union(&asked.missing) {
        notes.push(Note::new(NoteCode::FieldMissing, "", format!("the row has no {}", quoted(name))));
    }
    let valid_until = [builder.evaluation.valid_until(), asked.valid_until].into_iter().flatten().min();
    let (key, sources) = (builder.key.finish(), builder.sources);
    Ok(Inner {
        template: document.name.clone(),
        of: template.clone(),
        variant: context.variant.clone(),
        lang: (document.lang.is_some() || context.lang.is_some()).then_some(lang),
        key,
        sources,
        canvas: Ok(canvas),
        output,
        valid_until,
        notes,
    })
}

pub(super) struct Builder<'a> {
    pub(super) evaluation: Evaluation<'a>,
    pub(super) columns: &'a Columns<'a>,
    pub(super) document: &'a Document,
    pub(super) lang: &'a str,
    pub(super) host_lang: bool,
    pub(super) limits: &'a Limits,
    /// `None`: pictures are drawn as they arrive.
    pub(super) models: Option<&'a Models>,
    pub(super) watch: &'a mut dyn Watch,
    pub(super) key: KeyMaker,
    pub(super) sources: Vec<Planned>,
    /// Layers so far.
    pub(super) count: usize,
    /// Items of `for` so far, also those that draw nothing.
    items: usize,
    /// Of all texts so far.
    pub(super) text_bytes: usize,
    /// Of all SVGs so far that stand in the template.
    pub(super) inline_bytes: usize,
    pub(super) canvas: (f32, f32),
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
            text.lang = Some(self.lang.into());
        }
        self.apply(&self.document.background, &mut style, &mut text, &root)?;
        let place = Place { text: &text, prefix: String::new(), repeat: String::new() };
        let mut layers = Vec::new();
        self.layers(&self.document.layers, &place, &mut layers)?;
        self.size_needs(&layers, scale);
        Ok(Canvas { width, height, scale, style, text: text.clone(), fonts: Arc::clone(&self.document.fonts), layers })
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
            self.items += 1;
            let most = self.limits.max_layers.saturating_mul(ITEMS_PER_LAYER);
            if self.items > most {
                return Err(Fault::new(Code::RowLimit, path, format!("for must go over at most {most} items in one picture, found more")));
            }
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
        self.lets(layer)?;
        let hidden = match &layer.hidden {
            Bound::Static(hidden) => *hidden,
            Bound::Bound(text) => self.eval(text, &format!("{}.hidden", layer.path))?.is_truthy(),
        };
        if hidden || !self.holds(layer)? {
            return Ok(());
        }
        for choice in &layer.choose {
            if self.is_chosen(choice)? {
                if choice.condition.is_none() {
                    self.watch.rule(&choice.path, true);
                }
                let ident = choice.id.as_ref().map_or(ident, |id| format!("{}{id}", place.repeat));
                return self.conditional(choice, ident, place, out);
            }
        }
        if layer.choose.is_empty() {
            out.extend(self.layer(layer, ident, place)?);
        }
        Ok(())
    }

    /// Whether an alternative's `if` holds, which sees the alternative's own `let`s.
    fn is_chosen(&mut self, choice: &'a Layer) -> Step<bool> {
        self.evaluation.scope.push();
        let held = self.lets(choice).and_then(|()| self.holds(choice));
        self.evaluation.scope.pop();
        held
    }

    fn lets(&mut self, layer: &'a Layer) -> Step<()> {
        for binding in &layer.lets {
            let value = self.let_value(&binding.value, &binding.path)?;
            self.evaluation.scope.set(binding.name.clone(), value);
        }
        Ok(())
    }

    fn holds(&mut self, layer: &Layer) -> Step<bool> {
        match &layer.condition {
            Some(condition) => {
                let holds = self.expression(condition, &format!("{}.if", layer.path))?.is_truthy();
                self.watch.rule(&layer.path, holds);
                Ok(holds)
            }
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
                None => {
                    self.watch.null(&layer.path);
                    return Ok(None);
                }
            },
            document::Content::Image { src, missing, making } => {
                let missing = match missing {
                    Bound::Static(missing) => *missing,
                    Bound::Bound(text) => self.missing(text, &format!("{}.missing", layer.path))?,
                };
                let recipe = self.recipe(making, &style, &text, &layer.path)?;
                self.image(src, missing, recipe)?
            }
            document::Content::Svg(svg) => {
                if style.object_position == ObjectPosition::Face {
                    return Err(Fault::new(Code::BadBoundValue, format!("{}.object-position", layer.path), document::NO_FACE));
                }
                let tinted = layer.declarations.iter().any(|d| d.name == "color");
                let tint = tinted.then(|| text.color.current());
                match svg {
                    document::SvgContent::Src(src) => self.svg(src, tint)?,
                    document::SvgContent::Text(source) => {
                        let source = self.printed(source, &format!("{}.svg", layer.path))?;
                        self.inline_svg(&source, tint, &layer.path)?
                    }
                }
            }
            document::Content::Path { d, view_box } => {
                let place = format!("{}.d", layer.path);
                let code = if d.as_static().is_some() { Code::BadValue } else { Code::BadBoundValue };
                let d = self.printed(d, &place)?;
                let segments = path::segments(&d).map_err(|message| Fault::new(code, place, message))?;
                Content::Path(PlannedPath { segments, view_box: self.view_box(view_box.as_ref(), &layer.path)? })
            }
        };
        Ok(Some(PlannedLayer { ident, path: layer.path.clone(), style, text, content }))
    }
}

fn number(px: f32) -> Value {
    Value::from(px as i64)
}
