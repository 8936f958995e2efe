//! `shop ROWS FILE`: writes a feed of made-up products with planted defects, and prints how many of which there are, as JSON.

#[path = "../../../../tests/common/shop.rs"]
mod shop;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let written = match arguments.as_slice() {
        [rows, path] => rows.parse().map_err(|_| format!("rows must be a number, found {rows:?}")).and_then(|rows| write(rows, path)),
        _ => Err("usage: shop ROWS FILE".to_owned()),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("shop: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn write(rows: u64, path: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{path}: {error}");
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    file.write_all(shop::header().as_bytes()).map_err(failed)?;
    for row in 0..rows {
        file.write_all(shop::line(row).as_bytes()).map_err(failed)?;
    }
    file.flush().map_err(failed)?;
    let mut planted: Vec<String> = shop::all_planted(rows).iter().map(|(code, count)| format!("\"{code}\": {count}")).collect();
    planted.push(format!("\"failed\": {}", shop::failing(rows)));
    println!("{{ {} }}", planted.join(", "));
    Ok(())
}
