//! Rows of one group as one row: what a collage or a set ad is filled with.
//!
//! Rows that share the value of a column go in, in the feed's order; one [`Group`] for each value comes out, with the rows as `items`. A row
//! that cannot be placed fails when it is added and changes nothing. Rows are kept in memory until the feed is over, up to a limit;
//! with a bound on the rows of a group, only about twice as many of each are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FeedRow;
use super::columns::merchant_name;
use super::overrides::taken;
use crate::error::{Code, Error, Fault, quoted};
use crate::limits::Limits;
use crate::row::decimal::Decimal;
use crate::row::field::{Field, FieldType, Reading};
use crate::row::zone::{UTC, Zone};
use crate::row::{Currency, Row, Value, catalogue};

/// Groups of rows, built row by row.
///
/// ```
/// use templrender::{FeedReader, Groups, Limits};
/// let limits = Limits::default();
/// let mut reader = FeedReader::new(None, &limits);
/// reader.push(b"id,item_group_id,price\na,mugs,9.00 GBP\nb,jars,6.90 GBP\nc,mugs,14.00 GBP\nd,,1.00 GBP\n");
/// let mut groups = Groups::new("item_group_id", &limits).sorted("price", true).with_top(1);
/// while let Some(row) = reader.next_row() {
///     let line = row.line;
///     if let Err(error) = groups.add(row) {
///         assert_eq!((line, error.to_string().as_str()), (5, "column item_group_id: must have a value to be grouped by, found none"));
///     }
/// }
/// let groups: Vec<_> = groups.finish().collect();
/// assert_eq!(groups.iter().map(|g| (g.id.as_str(), g.line)).collect::<Vec<_>>(), [("mugs", 4), ("jars", 3)]);
/// assert_eq!(groups[0].row.get("id").and_then(|v| v.as_text()), Some("c"));
/// assert_eq!(groups[0].row.get("count"), Some(&2.into()));
/// ```
#[derive(Debug)]
pub struct Groups {
    by: Column,
    sort: Option<(Column, bool)>,
    top: Option<usize>,
    zone: Zone,
    /// By value: its place in `groups`.
    places: BTreeMap<Arc<str>, usize>,
    /// In the order of their first rows.
    groups: Vec<Gathered>,
    bytes: usize,
    limit: usize,
}

/// All rows of one value as one row.
///
/// Its columns are those of the first row, and `group` (the value), `count` (how many rows there are, whether kept or not) and `items` (a
/// list of maps, each with the columns of a row).
///
/// ```
/// use templrender::{FeedReader, Groups, Limits, Value};
/// let mut reader = FeedReader::new(None, &Limits::default());
/// reader.push(b"{\"id\": 1, \"brand\": \"Larch\"}\n");
/// let mut groups = Groups::new("brand", &Limits::default());
/// groups.add(reader.next_row().unwrap())?;
/// let larch = groups.finish().next().unwrap();
/// assert_eq!(larch.row.get("items"), Some(&Value::list([Value::map([("id", Value::from(1)), ("brand", Value::text("Larch"))])])));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Group {
    /// The line where its first row starts.
    pub line: u64,
    /// The value that its rows share, without blanks around it.
    pub id: String,
    /// The row that stands for all.
    pub row: Row,
}

/// A column by the name that was asked for, or as the Merchant feeds write it.
#[derive(Debug)]
struct Column {
    name: String,
    merchant: String,
}

#[derive(Debug)]
struct Gathered {
    value: Arc<str>,
    count: usize,
    members: Vec<Member>,
    /// What its rows are compared as: that of the first which has a value.
    kind: Option<Kind>,
}

#[derive(Debug)]
struct Member {
    key: Key,
    line: u64,
    columns: Arc<BTreeMap<String, Value>>,
    bytes: usize,
}

/// What a row is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Bool(bool),
    Number(Decimal),
    Seconds(i64),
    Text(Arc<str>),
    Null,
}

/// What can be compared with one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Number,
    Date,
    Text,
    Money(Currency),
}

impl Groups {
    /// Groups rows by a column.
    pub fn new(by: &str, limits: &Limits) -> Self {
        let (places, groups) = (BTreeMap::new(), Vec::new());
        Self { by: Column::new(by), sort: None, top: None, zone: UTC.clone(), places, groups, bytes: 0, limit: limits.max_group_bytes }
    }

    /// Sorts the rows of a group by a column, as the catalogues type it; one that they do not know by number where its first value in the
    /// group is one, else by text. Rows without a value come last, equal ones as they stood.
    pub fn sorted(mut self, column: &str, descending: bool) -> Self {
        self.sort = Some((Column::new(column), descending));
        self
    }

    /// Keeps the first rows of each group alone.
    pub fn with_top(mut self, top: usize) -> Self {
        self.top = Some(top);
        self
    }

    /// Where dates without an offset lie, as [`Context::time_zone`](crate::Context) takes it; without it, UTC.
    pub fn with_time_zone(mut self, name: &str) -> Result<Self, Error> {
        self.zone = Zone::parse(name).map_err(|message| Fault::new(Code::BadArgument, "time-zone", message))?;
        Ok(self)
    }

    /// Takes a row. Fails where it is none, has nothing to be grouped by, or cannot be compared with its group: the host may go on with the
    /// next. With [`Code::RowLimit`] the rows take too much memory, and groups would be incomplete.
    pub fn add(&mut self, row: FeedRow) -> Result<(), Error> {
        let line = row.line;
        let row = row.row?;
        let value: Arc<str> = self.by.value(&row)?.into();
        let (key, kind) = match &self.sort {
            Some((column, _)) => column.key(&row, &self.zone)?,
            None => (Key::Null, None),
        };
        let place = self.places.get(&value).copied();
        let known = place.and_then(|place| self.groups.get(place)).and_then(|group| group.kind);
        if let (Some((column, _)), Some(known), Some(kind)) = (&self.sort, known, kind)
            && known != kind
        {
            let message = format!("the rows of a group must be alike to be sorted, found {kind} beside {known} in {}", quoted(&value));
            return Err(column.fault(message).into());
        }
        let member = Member::new(key, line, row);
        let bytes = self.bytes.saturating_add(member.bytes);
        if bytes > self.limit {
            let message = format!("the rows to be grouped take more than {} bytes, over the limit max_group_bytes", self.limit);
            return Err(Fault::new(Code::RowLimit, "", message).into());
        }
        self.bytes = bytes;
        let place = place.unwrap_or_else(|| {
            self.places.insert(value.clone(), self.groups.len());
            self.groups.push(Gathered { value, count: 0, members: Vec::new(), kind: None });
            self.groups.len() - 1
        });
        let descending = self.descending();
        if let Some(group) = self.groups.get_mut(place) {
            group.count += 1;
            group.kind = group.kind.or(kind);
            group.members.push(member);
            if let Some(top) = self.top.filter(|top| group.members.len() > top.saturating_mul(2)) {
                self.bytes = self.bytes.saturating_sub(group.keep(top.max(1), descending));
            }
        }
        Ok(())
    }

    /// How many groups there are by now.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The groups, in the order of their first rows in the feed.
    pub fn finish(self) -> impl Iterator<Item = Group> + Send {
        let (top, descending) = (self.top.unwrap_or(usize::MAX), self.descending());
        self.groups.into_iter().filter_map(move |mut group| {
            group.keep(top, descending);
            group.finish()
        })
    }

    fn descending(&self) -> bool {
        self.sort.as_ref().is_some_and(|(_, descending)| *descending)
    }
}

impl Column {
    fn new(name: &str) -> Self {
        Self { name: name.trim().to_owned(), merchant: merchant_name(name) }
    }

    /// A row's value; null where it has none.
    fn of<'r>(&self, row: &'r Row) -> &'r Value {
        let has = |name: &str| row.get(name).filter(|value| !value.is_null());
        has(&self.name).or_else(|| has(&self.merchant)).unwrap_or(&Value::Null)
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(Code::BadRow, format!("column {}", self.name), message)
    }

    /// What a row is grouped by.
    fn value(&self, row: &Row) -> Result<String, Fault> {
        let reading = Reading { currency: None, zone: &UTC };
        let value = Field::of_type(FieldType::Text).typed(self.of(row), reading).map_err(|message| self.fault(message))?;
        match value.as_text().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.fault("must have a value to be grouped by, found none")),
        }
    }

    /// What a row is sorted by, and what that can be compared with; null with anything.
    fn key(&self, row: &Row, zone: &Zone) -> Result<(Key, Option<Kind>), Fault> {
        let raw = self.of(row);
        let reading = Reading { currency: None, zone };
        let number = || Field::of_type(FieldType::Number).typed(raw, reading);
        let value = match catalogue::column(&self.merchant) {
            // A feed may leave its one currency to the template.
            Some(field) if field.kind == FieldType::Money => field.typed(raw, reading).or_else(|message| number().map_err(|_| message)),
            Some(field) => field.typed(raw, reading),
            None => number().or_else(|_| Ok(raw.clone())),
        };
        let value = value.map_err(|message| self.fault(message))?;
        Ok(match value {
            Value::Null => (Key::Null, None),
            Value::Bool(value) => (Key::Bool(value), Some(Kind::Bool)),
            Value::Number(number) => (Key::Number(number), Some(Kind::Number)),
            Value::Text(text) => (Key::Text(text), Some(Kind::Text)),
            Value::Money(money) => (Key::Number(money.amount), Some(Kind::Money(money.currency))),
            Value::Date(date) => (Key::Seconds(date.seconds()), Some(Kind::Date)),
            other => return Err(self.fault(format!("must be one value to be sorted by, found {}", other.short()))),
        })
    }
}

impl Gathered {
    /// Sorts, and keeps the first; how many bytes that sets free.
    fn keep(&mut self, top: usize, descending: bool) -> usize {
        // A stable sort: equal rows stay as they stood in the feed, and what is cut off could not come back.
        self.members.sort_by(|a, b| match (&a.key, &b.key) {
            (Key::Null, _) | (_, Key::Null) => a.key.cmp(&b.key),
            (a, b) => {
                if descending {
                    b.cmp(a)
                } else {
                    a.cmp(b)
                }
            }
        });
        let kept = top.min(self.members.len());
        self.members.drain(kept..).map(|member| member.bytes).fold(0, usize::saturating_add)
    }

    /// One row for all; none where none was kept.
    fn finish(self) -> Option<Group> {
        let first = self.members.first()?;
        let (line, mut row) = (first.line, Row::from_columns(first.columns.as_ref().clone()));
        let items: Vec<Value> = self.members.into_iter().map(|member| Value::Map(member.columns)).collect();
        row.set("items", Value::list(items));
        row.set("group", &*self.value);
        row.set("count", Decimal::from(i64::try_from(self.count).unwrap_or(i64::MAX)));
        Some(Group { line, id: self.value.as_ref().to_owned(), row })
    }
}

impl Member {
    fn new(key: Key, line: u64, row: Row) -> Self {
        let columns = row.to_value();
        let names = row.iter().map(|(name, _)| name.len()).fold(0, usize::saturating_add);
        let bytes = taken(&columns).saturating_add(names).saturating_add(size_of::<Self>());
        let columns = if let Value::Map(columns) = columns { columns } else { Arc::default() };
        Self { key, line, columns, bytes }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => f.write_str("true or false"),
            Self::Number => f.write_str("a number"),
            Self::Date => f.write_str("a date"),
            Self::Text => f.write_str("a text"),
            Self::Money(currency) => write!(f, "a price in {currency}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::FeedReader;
    use proptest::prelude::*;

    fn rows(feed: &str) -> Vec<FeedRow> {
        let mut reader = FeedReader::new(None, &Limits::default());
        reader.push(feed.as_bytes());
        reader.finish();
        std::iter::from_fn(|| reader.next_row()).collect()
    }

    /// `value: id id, ...` of the groups, and what failed.
    fn grouped(mut groups: Groups, rows: Vec<FeedRow>) -> (Vec<String>, Vec<String>) {
        let mut failed = Vec::new();
        for row in rows {
            let line = row.line;
            if let Err(error) = groups.add(row) {
                failed.push(format!("{line}: {error}"));
            }
        }
        (groups.finish().map(|group| shown(&group)).collect(), failed)
    }

    fn shown(group: &Group) -> String {
        let Some(Value::List(items)) = group.row.get("items") else { panic!("{group:?}") };
        let id = |item: &Value| if let Value::Map(columns) = item { columns["id"].print("en").unwrap() } else { panic!("{item:?}") };
        let ids: Vec<String> = items.iter().map(id).collect();
        assert_eq!(group.row.get("group").and_then(Value::as_text), Some(group.id.as_str()));
        assert_eq!(group.row.get("id").unwrap().print("en").as_ref(), Ok(&ids[0]), "the first row's own columns");
        format!("{} of {}: {}", group.id, group.row.get("count").unwrap().print("en").unwrap(), ids.join(" "))
    }

    fn by(column: &str) -> Groups {
        Groups::new(column, &Limits::default())
    }

    #[test]
    fn values_are_compared_as_their_types_and_rows_without_one_come_last() {
        let feed = "id,Brand,price,availability_date,rank,title\n\
                    a,x,9.00 GBP,2026-11-30,9,b\nb,x,10.00 GBP,2026-02-01T00:00Z,10,B\nc,x,,,,\nd,x,£9.00,2026-11-29T23:30+00:00,-1,a\n";
        for (sort, descending, meant) in [
            ("price", false, "a d b c"),
            ("price", true, "b a d c"),
            ("availability_date", false, "b d a c"),
            ("rank", false, "d a b c"),
            ("rank", true, "b a d c"),
            ("Title", false, "b d a c"),
            ("nowhere", true, "a b c d"),
        ] {
            let (groups, failed) = grouped(by("brand").sorted(sort, descending), rows(feed));
            assert_eq!((groups, failed), (vec![format!("x of 4: {meant}")], vec![]), "{sort}");
        }
        let zoned = by("brand").sorted("availability_date", false).with_time_zone("+01:00").unwrap();
        assert_eq!(grouped(zoned, rows(feed)).0, ["x of 4: b a d c"]);
        assert!(by("brand").with_time_zone("Nowhere/Land").is_err());
        assert_eq!(grouped(by("Brand").with_top(2), rows(feed)).0, ["x of 4: a b"]);
    }

    #[test]
    fn a_row_that_cannot_be_placed_says_why_and_harms_no_other() {
        let feed =
            "id,set,price\na,x,9.00 GBP\nb,x,8.00 EUR\nc,y,7.00 EUR\nd, ,1.00 EUR\ne,x,cheap\nf,x\na,x,1.00 GBP\ng,x,7.00 GBP\nh,x,7\n";
        let (groups, failed) = grouped(by("set").sorted("price", false), rows(feed));
        assert_eq!(groups, ["x of 2: g a", "y of 1: c"]);
        assert_eq!(failed.len(), 6, "{failed:?}");
        for (failed, start, part) in [
            (&failed[0], "3: column price: ", "found a price in EUR beside a price in GBP in \"x\""),
            (&failed[1], "5: column set: ", "must have a value to be grouped by, found none"),
            (&failed[2], "6: column price: ", "\"cheap\""),
            (&failed[3], "7: ", "a row must have 3 cells"),
            (&failed[4], "8: column id: ", "must stand once"),
            (&failed[5], "10: column price: ", "found a number beside a price in GBP"),
        ] {
            assert!(failed.starts_with(start) && failed.contains(part), "{failed}\nwants {start} ... {part}");
        }
        let lists = "{\"id\":1,\"set\":1,\"x\":[1]}\n{\"id\":2,\"set\":[1]}\n{\"id\":3,\"set\":1.0}\n";
        let (groups, failed) = grouped(by("set").sorted("x", false), rows(lists));
        assert_eq!(groups, ["1 of 1: 3"]);
        assert_eq!(failed[0], "1: column x: must be one value to be sorted by, found list");
        assert_eq!(failed[1], "2: column set: must be a text, found list");
    }

    #[test]
    fn the_limit_names_itself_and_what_top_cuts_off_is_free_again() {
        let feed: String = (0..2_000).map(|i| format!("{i},x\n")).collect();
        let all = rows(&format!("id,set\n{feed}"));
        let limits = Limits { max_group_bytes: 20_000, ..Limits::default() };
        let mut groups = Groups::new("set", &limits);
        let error = all.iter().cloned().find_map(|row| groups.add(row).err()).unwrap();
        assert_eq!(error.code(), Code::RowLimit);
        assert!(error.to_string().contains("more than 20000 bytes, over the limit max_group_bytes"), "{error}");
        let (groups, failed) = grouped(Groups::new("set", &limits).sorted("id", true).with_top(3), all);
        assert_eq!((groups, failed), (vec!["x of 2000: 999 998 997".to_owned()], vec![]), "ids are texts");
    }

    proptest! {
        #[test]
        fn any_order_of_rows_gives_the_same_groups_and_loses_none(
            cells in prop::collection::vec((0u8..5, -50i32..50), 1..60).prop_shuffle(),
            order in any::<prop::sample::Index>(), top in prop::option::of(1usize..6), descending: bool,
        ) {
            let line = |(i, (set, price)): (usize, &(u8, i32))| {
                let set = if *set == 0 { String::new() } else { format!("s{set}") };
                // Unequal prices: the sort is total.
                let price = if price % 11 == 0 { "none".to_owned() } else { format!("{price}.{i:03} GBP") };
                format!("r{i},{set},{price}")
            };
            let mut lines: Vec<String> = cells.iter().enumerate().map(line).collect();
            let run = |lines: &[String]| {
                let mut groups = by("set").sorted("price", descending);
                if let Some(top) = top {
                    groups = groups.with_top(top);
                }
                let (mut groups, failed) = grouped(groups, rows(&format!("id,set,price\n{}\n", lines.join("\n"))));
                groups.sort();
                (groups, failed.len())
            };
            let (groups, failed) = run(&lines);
            let count = |group: &String| group.split([' ', ':']).nth(2).unwrap().parse::<usize>().unwrap();
            prop_assert_eq!(groups.iter().map(count).sum::<usize>() + failed, lines.len());
            prop_assert!(groups.iter().all(|g| g.split(": ").nth(1).unwrap().split(' ').count() == count(g).min(top.unwrap_or(usize::MAX))));
            let middle = order.index(lines.len());
            lines.rotate_left(middle);
            lines[..middle].reverse();
            prop_assert_eq!(run(&lines), (groups, failed));
        }
    }
}
