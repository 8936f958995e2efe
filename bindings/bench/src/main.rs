//! `peer`: the reference jobs behind a line protocol, so that one script times them beside other renderers.
//!
//! It prints `{"ready":true,"jobs":[...]}`; then, for each line on standard input, `{"cmd":"run","job":J,"n":N,"start":S}` is answered with
//! `{"ms":[..],"cpu":[..],"size":bytes}`, `{"cmd":"par","job":J,"n":N,"threads":T}`, where N are drawn by T threads, with `{"wall":ms,"n":N}`,
//! `{"cmd":"dump","job":J,"start":S,"path":P}` writes the picture, `{"cmd":"quit"}` ends. `--cold JOB` draws once and prints `size N`,
//! `--profile JOB N` draws N and prints where their time goes, `--draw JOB N` draws N for a profiler; with `--compiled` in front of them the
//! templates are compiled once. Photos, texts and fonts come from $PEERS_ROOT.

extern crate core_ as templrender;

mod jobs;
#[path = "../../../benches/poster/mod.rs"]
mod poster;
mod profile;
mod protocol;

use std::process::ExitCode;

const USAGE: &str = "usage: peer [--compiled] [--cold JOB | --profile JOB N | --draw JOB N]";

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("peer: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::var_os("PEERS_ROOT").ok_or("PEERS_ROOT is not set")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let is_compiled = arguments.first() == Some(&"--compiled");
    let jobs = jobs::Jobs::load(root.as_ref(), is_compiled)?;
    let count = |text: &str| text.parse::<usize>().map_err(|_| format!("N must be a number, found {text:?}"));
    match arguments[usize::from(is_compiled)..] {
        [] => protocol::serve(&jobs::NAMES, |job, number| jobs.draw(job, number)),
        ["--cold", job] => {
            println!("size {}", jobs.draw(job, 0)?.len());
            Ok(())
        }
        ["--profile", job, pictures] => profile::print(&jobs, job, count(pictures)?),
        ["--draw", job, pictures] => profile::draw(&jobs, job, count(pictures)?),
        _ => Err(USAGE.into()),
    }
}
