//! How fast feeds are read: 1,000,000 rows of about 300 bytes, made on the way, so that memory shows what the reader holds.
//!
//! The answer is checked: each row is there, and the planted id that stands twice is found. Beside the time stands the peak of memory that Linux
//! counts for the process.

#![expect(clippy::disallowed_macros, clippy::disallowed_types, reason = "a benchmark is a host: it takes the time and prints")]
#![allow(clippy::disallowed_methods, reason = "a benchmark may read files and the clock")]

use std::fmt::Write;
use std::time::Instant;

use templrender::{FeedReader, Limits};

const ROWS: usize = 1_000_000;
const HEADER: &str =
    "id\ttitle\tdescription\tlink\timage_link\tadditional_image_link\tavailability\tprice\tsale_price\tbrand\tgtin\tcondition\n";

fn main() {
    let mut reader = FeedReader::new(None, &Limits::default());
    let (mut bytes, mut rows, mut failed) = (HEADER.len(), 0, 0);
    let mut taken = 0.0;
    reader.push(HEADER.as_bytes());
    let mut chunk = String::new();
    for start in (0..ROWS).step_by(1_000) {
        chunk.clear();
        for i in start..start + 1_000 {
            row(&mut chunk, if i == ROWS / 2 { 7 } else { i });
        }
        bytes += chunk.len();
        let started = Instant::now();
        reader.push(chunk.as_bytes());
        while let Some(row) = reader.next_row() {
            rows += 1;
            failed += usize::from(row.row.is_err());
        }
        taken += started.elapsed().as_secs_f64();
    }
    assert_eq!((rows, failed), (ROWS, 1));
    let megabytes = bytes as f64 / 1e6;
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = peak.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("not known").trim().to_owned();
    println!("read/tsv: {ROWS} rows, {megabytes:.0} MB in {taken:.2} s, {:.0} MB/s, peak {peak}", megabytes / taken);
}

fn row(out: &mut String, i: usize) {
    let written = writeln!(
        out,
        "SKU-{i:08}\tAster honey from the mountains, spring harvest number {i}, 500 g glass\tRaw blossom honey, cold extracted & never \
         heated\thttps://shop.example/products/aster-honey-{i}\thttps://cdn.example/i/{i}/front.jpg?v=3\t\tin_stock\t{}.90 EUR\t\tGrüner \
         Hof\t40{i:011}\tnew",
        5 + i % 50
    );
    assert!(written.is_ok());
}
