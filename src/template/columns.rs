//! Which columns of a row a template can read: those of its fields, names of the catalogue or of the row, and `row['x']`.
//!
//! Where an expression takes the row as a whole, any column may be read and none can be called unused.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Bound, Content, Declared, Document, Height, Layer, Let, LetValue, Source, SvgContent};
use crate::expr::{Expr, TextTemplate};

/// What a template reads of rows, over all its variants.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Columns {
    /// By field or name: the columns that it comes from, the first present wins.
    pub(crate) wanted: BTreeMap<String, Vec<String>>,
    /// Whether the row as a whole is used.
    pub(crate) all: bool,
}

impl Columns {
    /// Adds what a document reads.
    pub(crate) fn add(&mut self, document: &Document) {
        let mut bound: BTreeSet<&str> = ["row", "now", "variant", "lang", "canvas", "loop"].into();
        bound.extend(document.lets.iter().map(|l| l.name.as_str()));
        self.add_beside(document, bound, true);
    }

    /// Adds what a document reads, and every name in it that could be a column if nothing else had it: what is left out is never read.
    pub(crate) fn add_widely(&mut self, document: &Document) {
        self.add_beside(document, BTreeSet::new(), false);
    }

    /// The columns that may be read; nothing where any may.
    pub(crate) fn into_names(self) -> Option<BTreeSet<String>> {
        let Self { wanted, all } = self;
        (!all).then(|| wanted.into_iter().flat_map(|(name, from)| from.into_iter().chain([name])).collect())
    }

    fn add_beside<'d>(&mut self, document: &'d Document, mut bound: BTreeSet<&'d str>, binds: bool) {
        for field in document.fields.iter().flatten() {
            if binds {
                bound.insert(&field.name);
            }
            let columns: Vec<String> = field.rules.from.iter().flat_map(|source| source.columns()).map(str::to_owned).collect();
            let columns = if columns.is_empty() { vec![field.name.clone()] } else { columns };
            let wanted = self.wanted.entry(field.name.clone()).or_default();
            wanted.extend(columns.into_iter().filter(|column| !wanted.contains(column)).collect::<Vec<_>>());
        }
        let mut reader = Reader { columns: self, bound, binds };
        reader.document(document);
    }
}

struct Reader<'c, 'd> {
    columns: &'c mut Columns,
    /// Names that are not columns.
    bound: BTreeSet<&'d str>,
    /// Whether names that the template binds itself are kept from being columns.
    binds: bool,
}

impl<'d> Reader<'_, 'd> {
    fn document(&mut self, document: &'d Document) {
        for field in document.fields.iter().flatten() {
            self.bound_text(field.currency.as_ref());
        }
        self.bound_text(document.lang.as_ref());
        self.bound_text(Some(&document.time_zone));
        self.lets(&document.lets);
        document.skip_if.iter().for_each(|condition| self.expr(condition));
        self.bound_text(Some(&document.size.0));
        if let Height::Px(height) = &document.size.1 {
            self.bound_text(Some(height));
        }
        document.output.bound.iter().for_each(|b| self.text(&b.text));
        self.declared(&document.background);
        self.declared(&document.text);
        self.layers(&document.layers);
    }

    fn layers(&mut self, layers: &'d [Layer]) {
        layers.iter().for_each(|layer| self.layer(layer));
    }

    fn layer(&mut self, layer: &'d Layer) {
        let outer = self.bound.clone();
        if let Some(repeat) = &layer.repeat {
            self.expr(&repeat.items);
            self.bind(&repeat.variable);
            self.bound_text(repeat.limit.as_ref());
        }
        layer.lets.iter().for_each(|l| self.bind(&l.name));
        self.lets(&layer.lets);
        layer.condition.iter().for_each(|condition| self.expr(condition));
        self.bound_text(Some(&layer.hidden));
        self.declared(&layer.declarations);
        self.layers(&layer.choose);
        match &layer.content {
            Content::Box { children } => self.layers(children),
            Content::Text { spans } => {
                for span in spans {
                    self.text(&span.text);
                    span.condition.iter().for_each(|condition| self.expr(condition));
                    self.declared(&span.declarations);
                    span.money_parts.iter().flatten().for_each(|part| self.declared(&part.declarations));
                }
            }
            Content::Image { src, missing, making } => {
                self.sources(src);
                self.bound_text(Some(missing));
                making.model.iter().chain(&making.cutout).for_each(|text| self.text(text));
                self.bound_text(making.strength.as_ref());
                self.bound_text(making.feather.as_ref());
            }
            Content::Svg(SvgContent::Src(src)) => self.sources(src),
            Content::Svg(SvgContent::Text(text)) => self.text(text),
            Content::Path { d, view_box } => {
                self.text(d);
                self.bound_text(view_box.as_ref());
            }
        }
        self.bound = outer;
    }

    fn bind(&mut self, name: &'d str) {
        if self.binds {
            self.bound.insert(name);
        }
    }

    fn sources(&mut self, src: &[Source]) {
        src.iter().for_each(|source| self.text(&source.text));
    }

    fn declared(&mut self, declared: &[Declared]) {
        declared.iter().for_each(|one| self.bound_text(Some(&one.value)));
    }

    fn lets(&mut self, lets: &[Let]) {
        lets.iter().for_each(|binding| self.let_value(&binding.value));
    }

    fn let_value(&mut self, value: &LetValue) {
        match value {
            LetValue::Text(text) => self.text(text),
            LetValue::Value(_) => {}
            LetValue::List(items) => items.iter().for_each(|item| self.let_value(item)),
            LetValue::Map(entries) => entries.iter().for_each(|(_, item)| self.let_value(item)),
        }
    }

    fn bound_text<T>(&mut self, value: Option<&Bound<T>>) {
        if let Some(Bound::Bound(text)) = value {
            self.text(text);
        }
    }

    fn text(&mut self, text: &TextTemplate) {
        text.expressions().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        let (columns, whole) = expr.row_columns();
        self.columns.all |= whole;
        let names = expr.names_at().into_iter().map(|(name, _)| name).filter(|name| !self.bound.contains(name));
        for name in names.chain(columns) {
            self.columns.wanted.entry(name.to_owned()).or_insert_with(|| vec![name.to_owned()]);
        }
    }
}

#[cfg(test)]
mod tests {

    use crate::template::Template;

    #[test]
    fn fields_names_and_columns_of_the_row_are_read_and_nothing_else_is() {
        let template = Template::parse(
            r##"{ "templrender": 1, "name": "t", "size": [90, 90],
                "fields": { "title": { "type": "text", "from": ["short_title", "title"] }, "shown": { "type": "bool" } },
                "let": { "name": "{{ title ~ brand }}" },
                "layers": [ { "type": "text", "if": "shown", "text": "{{ name }} {{ row['Variant Price'] }} {{ row.vendor }}" },
                            { "type": "box", "for": "item in product_highlight", "layers": [ { "type": "text", "text": "{{ item }} {{ loop.index }}" } ] } ],
                "variants": { "v": { "background": "{{ row['tint'] }}" } } }"##,
        )
        .unwrap();
        let columns = template.columns();
        let names: Vec<&str> = columns.wanted.keys().map(String::as_str).collect();
        assert_eq!(names, ["Variant Price", "brand", "product_highlight", "shown", "tint", "title", "vendor"]);
        assert_eq!(columns.wanted["title"], ["short_title", "title"]);
        assert!(!columns.all);
        let whole = Template::parse(
            r#"{ "templrender": 1, "name": "t", "size": [9, 9], "layers": [ { "type": "text", "text": "{{ row | length }}" } ] }"#,
        );
        assert!(whole.unwrap().columns().all);
    }
}
