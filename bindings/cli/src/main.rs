//! The `templrender` program: the command line, and the reference host of the library.
//!
//! ```text
//! args -> new | check | render | feed | diff | pack | serve | url | models
//! web       http(s), bounded, public addresses only       pictures  needs answered from folders and the web
//! output    formats by the ends of names                  write     files that are there whole or not at all
//! rows      a file as the rows of a feed                  feed/     rows in, a folder of pictures out
//! rules     a rules file and its templates on disk     models/   folders of models, and what they made in this run
//! ```
//!
//! It exits with 0 when all is done, 1 when something failed (said on standard error, place first), 2 for wrong usage.

mod args;
mod check;
mod diff;
mod failure;
mod feed;
mod models;
mod new;
mod output;
mod pack;
mod parquet;
mod pictures;
mod render;
mod rows;
mod rules;
mod serve;
mod shipped;
mod sweep;
mod time;
mod url;
mod web;
mod write;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use failure::Stop;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.command {
        Command::New(args) => new::run(args),
        Command::Render(args) => render::run(args),
        Command::Feed(args) => feed::run(args),
        Command::Check(args) => check::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Pack(args) => pack::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Url(args) => url::run(args),
        Command::Models(args) => models::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Failed(failures)) => {
            for failure in failures {
                eprintln!("{failure}");
            }
            ExitCode::from(1)
        }
        Err(Stop::Usage(message)) => {
            eprintln!("{message}\n\nfor more, try --help");
            ExitCode::from(2)
        }
    }
}
