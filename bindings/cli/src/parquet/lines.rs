//! A Parquet file as JSON Lines, row group by row group.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use core_::{Code, Error, Fault, FeedRow};
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::Value;

use crate::failure::{Done, Stop};

/// The lines of one file.
pub(crate) struct Lines {
    rows: RowIter<'static>,
    line: Vec<u8>,
    given: usize,
    number: u64,
    told: u64,
    /// Rows that cannot be written as JSON, by number.
    failed: VecDeque<(u64, Error)>,
}

impl Lines {
    /// Opens a file; with the number of its rows.
    pub(super) fn open(path: &Path, file: File) -> Done<(Self, u64)> {
        let reader = guarded(|| SerializedFileReader::new(file)).map_err(|reason| Stop::at(path.display(), reason))?;
        let count = reader.metadata().file_metadata().num_rows();
        let rows = RowIter::from_file_into(Box::new(reader));
        let lines = Self { rows, line: Vec::new(), given: 0, number: 0, told: 0, failed: VecDeque::new() };
        Ok((lines, u64::try_from(count).unwrap_or(0)))
    }

    /// How many rows were read since the last call.
    pub(super) fn advanced(&mut self) -> u64 {
        let new = self.number - self.told;
        self.told = self.number;
        new
    }

    /// Fails the row of a line that stands for one which JSON cannot hold.
    pub(super) fn judge(&mut self, row: &mut FeedRow) {
        if self.failed.front().is_some_and(|(number, _)| *number == row.line)
            && let Some((_, error)) = self.failed.pop_front()
        {
            row.row = Err(error);
        }
    }

    /// The next row as a line; false when there is none.
    fn advance(&mut self) -> io::Result<bool> {
        let number = self.number + 1;
        let row = guarded(|| self.rows.next().transpose());
        let Some(row) = row.map_err(|reason| io::Error::other(format!("row {number}: {reason}")))? else { return Ok(false) };
        self.number = number;
        let value = record(&row).unwrap_or_else(|(column, message)| {
            let fault = Fault::new(Code::BadRow, format!("row {number}: column {column}"), message);
            self.failed.push_back((number, fault.into()));
            "{}".to_owned()
        });
        self.line = value.into_bytes();
        self.line.push(b'\n');
        self.given = 0;
        Ok(true)
    }
}

impl Read for Lines {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        while self.given >= self.line.len() {
            if !self.advance()? {
                return Ok(0);
            }
        }
        let mut left = self.line.get(self.given..).unwrap_or_default();
        let count = left.read(piece)?;
        self.given += count;
        Ok(count)
    }
}

/// What the crate gives, and why not; a file that is not what it says may make it panic.
fn guarded<T>(read: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("the Parquet file is broken".to_owned()),
    }
}

/// A row or a struct as an object; else the column that cannot be, and why. Written as text: numbers keep all their digits.
fn record(row: &Row) -> Result<String, (String, String)> {
    let entry = |(name, field): (&String, &Field)| match value(field) {
        Ok(value) => Ok(format!("{}:{value}", text(name))),
        Err(message) => Err((name.clone(), message)),
    };
    Ok(format!("{{{}}}", row.get_column_iter().map(entry).collect::<Result<Vec<_>, _>>()?.join(",")))
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

fn value(field: &Field) -> Result<String, String> {
    Ok(match field {
        Field::Null => "null".to_owned(),
        Field::Bool(value) => value.to_string(),
        Field::Byte(n) => n.to_string(),
        Field::Short(n) => n.to_string(),
        Field::Int(n) => n.to_string(),
        Field::Long(n) => n.to_string(),
        Field::UByte(n) => n.to_string(),
        Field::UShort(n) => n.to_string(),
        Field::UInt(n) => n.to_string(),
        Field::ULong(n) => n.to_string(),
        // The shortest digits that mean the number: 9.9 of 32 bits is not 9.899999618530273.
        Field::Float16(n) => finite(n.to_string())?,
        Field::Float(n) => finite(n.to_string())?,
        Field::Double(n) => finite(n.to_string())?,
        Field::Decimal(decimal) => decimal_digits(decimal.data(), decimal.scale())?,
        Field::Str(words) => text(words),
        Field::Bytes(bytes) => text(std::str::from_utf8(bytes.data()).map_err(|_| "bytes must be a text in UTF-8")?),
        Field::Date(days) => text(instant(i64::from(*days).checked_mul(86_400_000_000))?.split('T').next().unwrap_or_default()),
        Field::TimestampMillis(ms) => text(&instant(ms.checked_mul(1_000))?),
        Field::TimestampMicros(us) => text(&instant(Some(*us))?),
        Field::Group(row) => record(row).map_err(|(name, message)| format!("{name}: {message}"))?,
        Field::ListInternal(list) => format!("[{}]", list.elements().iter().map(value).collect::<Result<Vec<_>, _>>()?.join(",")),
        Field::MapInternal(map) => {
            let entry = |(key, field): &(Field, Field)| match key {
                Field::Str(key) => Ok(format!("{}:{}", text(key), value(field)?)),
                other => Err(format!("a map's keys must be texts, found {other}")),
            };
            format!("{{{}}}", map.entries().iter().map(entry).collect::<Result<Vec<_>, _>>()?.join(","))
        }
        other => return Err(format!("a value of this type cannot be read, found {other}")),
    })
}

fn finite(digits: String) -> Result<String, String> {
    let is_number = digits.bytes().all(|b| b.is_ascii_digit() || b"-.".contains(&b));
    if is_number { Ok(digits) } else { Err(format!("must be a finite number, found {digits}")) }
}

/// A signed big-endian number with a point.
fn decimal_digits(data: &[u8], scale: i32) -> Result<String, String> {
    let negative = data.first().is_some_and(|first| *first >= 0x80);
    let number = data.iter().try_fold(if negative { -1i128 } else { 0 }, |n, byte| n.checked_mul(256).map(|n| n + i128::from(*byte)));
    let number = number.ok_or("a decimal number must have 38 digits at most")?;
    let scale = usize::try_from(scale).map_err(|_| "a decimal number's scale must not be negative".to_owned())?;
    let whole = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (before, after) = whole.split_at_checked(whole.len() - scale).unwrap_or((&whole, ""));
    let (sign, point) = (if negative { "-" } else { "" }, if after.is_empty() { "" } else { "." });
    Ok(format!("{sign}{before}{point}{after}"))
}

/// Microseconds since 1970 as ISO has them.
fn instant(microseconds: Option<i64>) -> Result<String, String> {
    let instant = microseconds.and_then(|us| jiff::Timestamp::from_microsecond(us).ok());
    instant.map(|instant| instant.to_string()).ok_or_else(|| "a date must lie in the years -9999 to 9999".to_owned())
}
