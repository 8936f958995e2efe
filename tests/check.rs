//! The check of many rows of `product-sale` with planted defects: every count comes out exactly, no number of threads shows, and memory does
//! not grow.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros, reason = "a test starts threads and prints")]

mod common;
#[path = "common/counting.rs"]
mod counting;
#[path = "common/shop.rs"]
mod shop;

use common::{Folder, NOW};
use counting::{Counting, live};
use templrender::{CheckOptions, CheckReport, Checker, Code, Context, Fault, Row, RowPlace, Scratch};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// As many rows as `CHECK_ROWS` says, which `make test` sets to 20,000: an unoptimised build would take minutes for these.
fn rows() -> u64 {
    std::env::var("CHECK_ROWS").map_or(1_000, |rows| rows.parse().unwrap())
}

fn row(number: u64) -> (RowPlace, Row) {
    let mut row = Row::new();
    let cells = shop::cells(number);
    let id = cells[0].clone();
    for (column, cell) in shop::COLUMNS.iter().zip(cells) {
        row.set(*column, cell.as_str());
    }
    (RowPlace { line: number + 2, id }, row)
}

fn checker(folder: &Folder) -> Checker {
    let options = CheckOptions { context: Context { now: Some(NOW), ..Context::default() }, ..CheckOptions::default() };
    Checker::new(&folder.renderer, &folder.template, options).unwrap()
}

/// What the reader of a feed tells the checker, which has no memory of ids itself.
fn check(checker: &mut Checker, number: u64, scratch: &mut Scratch) {
    let (place, row) = row(number);
    if shop::defect(number) == Some(shop::Defect::DuplicateId) {
        checker.failed(
            &place,
            &Fault::new(Code::DuplicateRowId, "column id", format!("an id must stand once, {:?} stands twice", place.id)).into(),
        );
    } else {
        checker.row(&place, &row, scratch);
    }
}

/// Rows are dealt out in turns, as threads that take batches do.
fn run(folder: &Folder, threads: u64) -> CheckReport {
    let mut parts: Vec<Checker> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    let (mut checker, mut scratch) = (checker(folder), Scratch::new());
                    (0..rows())
                        .filter(|number| number / 100 % threads == thread)
                        .for_each(|number| check(&mut checker, number, &mut scratch));
                    checker
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut whole = parts.pop().unwrap();
    parts.into_iter().for_each(|part| whole.merge(part).unwrap());
    whole.finish()
}

/// One test, so that no other counts into its memory.
#[test]
fn planted_defects_are_all_found_by_any_number_of_threads() {
    let folders = common::shipped();
    let folder = folders.iter().find(|f| f.name == "product-sale").unwrap();
    memory_does_not_grow(folder);

    let one = run(folder, 1);
    let four = run(folder, 4);
    assert_eq!(one.to_json(), four.to_json());
    assert_eq!(one.to_string(), four.to_string());

    assert_eq!(one.rows(), rows());
    assert_eq!(one.failed(), shop::failing(rows()));
    for (code, count) in shop::all_planted(rows()) {
        assert_eq!(one.count(code), count, "{code}\n{one}");
    }
    let text = one.to_string();
    let drawn = |number: &u64| !shop::defect(*number).is_some_and(shop::Defect::fails);
    let laid_out = (0..rows()).filter(drawn).count();
    let struck = (0..rows()).filter(|n| drawn(n) && shop::on_sale(*n)).count();
    let badges = (0..rows()).filter(|n| drawn(n) && shop::on_sale(*n) && !shop::gone(*n)).count();
    let grouped = |number: usize| if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) };
    for (layer, rows) in [("was", struck), ("badge", badges)] {
        let line = format!("  {layer}: applies to {} of {} rows", grouped(rows), grouped(laid_out));
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(text.contains("columns that the template does not use: brand, condition, custom_label_0, description, link\n"), "{text}");
    assert!(!text.contains("column missing"), "{text}");
    let longest = one.worst().find(|worst| worst.reason == "longest-text" && worst.layer == "title").unwrap();
    assert_eq!(shop::defect(longest.line - 2), Some(shop::Defect::LongTitle));
    println!("{text}");
}

/// After the first rows a checker keeps what it keeps: ten times the rows take no more.
fn memory_does_not_grow(folder: &Folder) {
    let (mut checker, mut scratch) = (checker(folder), Scratch::new());
    let mut after = Vec::new();
    for number in 0..rows().min(6_000) {
        check(&mut checker, number, &mut scratch);
        if (number + 1) % (rows().min(6_000) / 5) == 0 {
            scratch = Scratch::new();
            after.push(live());
        }
    }
    println!("live bytes after each fifth of the rows: {after:?}");
    let (first, last) = (after[1], after[after.len() - 1]);
    assert!(last <= first + (8 << 10), "a checker grew from {first} to {last} bytes: {after:?}");
}
