//! A header's names, and how a record's cells become a row under them.
//!
//! What a name means is decided once for the file: under which names a cell stands, whether its references are undone, and where it goes in
//! a nested value. Meta's flattened paths (`image[0].url`, `image[0].tag[1]`) are put together under their first name.

use std::collections::BTreeMap;

use super::clean;
use super::columns::{is_nested, link_images, merchant_name, nested};
use crate::error::{Fault, quoted};
use crate::row::{Clean, Row, Value, catalogue};

/// The largest number in a path; a header that has a larger one means something else by it.
const MAX_INDEX: usize = 99;
/// The most steps of a path.
const MAX_STEPS: usize = 8;

#[derive(Debug)]
pub(super) struct Header {
    names: Vec<String>,
    cells: Vec<Cell>,
    /// By name, and the cell that stands there.
    columns: Vec<(String, usize)>,
    paths: Vec<(String, Node)>,
    has_images: bool,
}

/// What is done with one column's cells.
#[derive(Debug)]
struct Cell {
    clean: Clean,
    nested: bool,
}

/// Where cells stand in a nested value.
#[derive(Debug)]
enum Node {
    Cell(usize),
    List(BTreeMap<usize, Node>),
    Map(BTreeMap<String, Node>),
}

enum Step<'a> {
    Index(usize),
    Key(&'a str),
}

impl Header {
    /// The header of these cells; a name that stands twice is a fault of the feed.
    pub(super) fn new(cells: &[&str]) -> Result<Self, Fault> {
        let names: Vec<String> = cells.iter().map(|name| name.trim().to_owned()).collect();
        let mut columns: BTreeMap<String, usize> = BTreeMap::new();
        for (cell, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if columns.insert(name.clone(), cell).is_some() {
                return Err(super::bad_feed(format!("a column must stand once in the header, found {} twice", quoted(name))));
            }
        }
        if columns.is_empty() {
            return Err(super::bad_feed("a feed must have a header line with names, found a blank one"));
        }
        let merchant: Vec<String> = names.iter().map(|name| merchant_name(name)).collect();
        for (cell, name) in merchant.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            columns.entry(name.clone()).or_insert(cell);
        }
        let cells = merchant.iter().map(|name| Cell { clean: clean_of(name), nested: is_nested(name) }).collect();
        let mut paths: BTreeMap<String, Node> = BTreeMap::new();
        for (cell, (base, steps)) in merchant.iter().enumerate().filter_map(|(cell, name)| Some((cell, path(name)?))) {
            if !columns.contains_key(base) {
                grow(&mut paths, base, &steps, cell);
            }
        }
        let has_images = columns.contains_key("image") || paths.contains_key("image");
        Ok(Self { names, cells, columns: columns.into_iter().collect(), paths: paths.into_iter().collect(), has_images })
    }

    /// The columns' names as the header has them.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of the column that is known by a name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().find(|(known, _)| known == name).map(|(_, cell)| *cell)
    }

    /// A cell as it stands in a row.
    pub(super) fn value(&self, column: usize, text: &str) -> Value {
        let Some(cell) = self.cells.get(column).filter(|_| !text.trim().is_empty()) else { return Value::Null };
        if cell.nested {
            return nested(Value::text(text));
        }
        // A reference may stand for a blank.
        let text = clean::text(cell.clean, text);
        if text.trim().is_empty() { Value::Null } else { Value::text(text.as_ref()) }
    }

    /// The row of a record that has a value for each column.
    pub(super) fn row(&self, values: &[Value]) -> Row {
        let at = |cell: usize| values.get(cell).cloned().unwrap_or_default();
        // In order already, so that the map is built in one go.
        let mut columns: BTreeMap<String, Value> = self.columns.iter().map(|(name, cell)| (name.clone(), at(*cell))).collect();
        for (base, node) in &self.paths {
            columns.insert(base.clone(), put_together(node, &at));
        }
        if self.has_images {
            link_images(&mut columns);
        }
        Row::from_columns(columns)
    }
}

/// A path's cells are cleaned as its picture's address is.
fn clean_of(merchant_name: &str) -> Clean {
    let is_url = path(merchant_name).is_some_and(|(_, steps)| matches!(steps.last(), Some(Step::Key("url"))));
    if is_url { Clean::Url } else { catalogue::clean(merchant_name) }
}

/// `image[0].tag[1]` as `image` and its steps; nothing for a name without a number in brackets.
fn path(name: &str) -> Option<(&str, Vec<Step<'_>>)> {
    let (base, mut rest) = name.split_at_checked(name.find(['[', '.'])?)?;
    let mut steps = Vec::new();
    while !rest.is_empty() && steps.len() < MAX_STEPS {
        if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            let is_number = !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit());
            steps.push(Step::Index(index.parse().ok().filter(|index| is_number && *index <= MAX_INDEX)?));
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let (key, after) = after.split_at_checked(after.find(['[', '.']).unwrap_or(after.len()))?;
            steps.push(Step::Key(key));
            rest = after;
        }
    }
    let named = !base.is_empty() && !steps.iter().any(|step| matches!(step, Step::Key("")));
    let numbered = steps.iter().any(|step| matches!(step, Step::Index(_)));
    (named && numbered && rest.is_empty()).then_some((base, steps))
}

/// Puts a cell at the end of a path; where another path says otherwise already, that stays.
fn grow(paths: &mut BTreeMap<String, Node>, base: &str, steps: &[Step<'_>], cell: usize) {
    let Some((first, rest)) = steps.split_first() else {
        return;
    };
    let mut node = paths.entry(base.to_owned()).or_insert_with(|| empty(first));
    let mut step = first;
    let mut rest = rest.iter();
    loop {
        let next = rest.next();
        let fresh = || next.map_or(Node::Cell(cell), empty);
        node = match (node, step) {
            (Node::List(items), Step::Index(index)) => items.entry(*index).or_insert_with(fresh),
            (Node::Map(entries), Step::Key(key)) => entries.entry((*key).to_owned()).or_insert_with(fresh),
            _ => return,
        };
        match next {
            Some(next) => step = next,
            None => return,
        }
    }
}

fn empty(step: &Step<'_>) -> Node {
    match step {
        Step::Index(_) => Node::List(BTreeMap::new()),
        Step::Key(_) => Node::Map(BTreeMap::new()),
    }
}

/// The nested value of a record; null where all of its cells are blank. Blank items at a list's end are none.
fn put_together(node: &Node, at: &dyn Fn(usize) -> Value) -> Value {
    match node {
        Node::Cell(cell) => at(*cell),
        Node::List(items) => {
            let mut values: Vec<Value> = items.values().map(|item| put_together(item, at)).collect();
            while values.last().is_some_and(Value::is_null) {
                values.pop();
            }
            if values.is_empty() { Value::Null } else { Value::list(values) }
        }
        Node::Map(entries) => {
            let values: Vec<(&String, Value)> = entries.iter().map(|(key, entry)| (key, put_together(entry, at))).collect();
            if values.iter().all(|(_, value)| value.is_null()) {
                Value::Null
            } else {
                Value::map(values.into_iter().map(|(k, v)| (k.clone(), v)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(header: &[&str], cells: &[&str]) -> Row {
        let header = Header::new(header).unwrap();
        let values: Vec<Value> = cells.iter().enumerate().map(|(i, cell)| header.value(i, cell)).collect();
        header.row(&values)
    }

    #[test]
    fn cells_stand_under_both_names() {
        let row = row(&["id", "g:image link", "Title", "title", ""], &["1", "a.jpg", "A", "b", "x"]);
        let shown: Vec<_> = row.iter().map(|(name, value)| (name, value.as_text().unwrap())).collect();
        assert_eq!(shown, [("Title", "A"), ("g:image link", "a.jpg"), ("id", "1"), ("image_link", "a.jpg"), ("title", "b")]);
    }

    #[test]
    fn flattened_paths_are_put_together() {
        let header = ["image[0].url", "image[0].tag[0]", "image[1].url", "image[2].url", "image[0]", "a.b", "x[100]", "y[0", "z[0][1]"];
        let row = row(&header, &["a.jpg?x&amp;y", "front", "b.jpg", "", "?", "ab", "n", "m", "zz"]);
        let first = Value::map([("url", Value::text("a.jpg?x&y")), ("tag", Value::list([Value::text("front")]))]);
        assert_eq!(row.get("image"), Some(&Value::list([first, Value::map([("url", Value::text("b.jpg"))])])));
        assert_eq!(row.get("image_link"), Some(&Value::text("a.jpg?x&y")));
        assert_eq!(row.get("additional_image_link"), Some(&Value::list([Value::text("b.jpg")])));
        assert_eq!(row.get("image[1].url"), Some(&Value::text("b.jpg")), "the column's own name stays");
        assert_eq!(row.get("z"), Some(&Value::list([Value::list([Value::text("zz")])])));
        assert_eq!([row.get("a"), row.get("x"), row.get("y")], [None; 3]);
    }

    #[test]
    fn a_column_stands_once_and_has_a_name() {
        let fault = |header: &[&str]| Header::new(header).unwrap_err().to_string();
        assert_eq!(fault(&["id", "a", " id "]), "a column must stand once in the header, found \"id\" twice");
        assert_eq!(fault(&["", " "]), "a feed must have a header line with names, found a blank one");
    }
}
