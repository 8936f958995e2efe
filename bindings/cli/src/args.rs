//! The command line as typed Rust; `--help` is made from the doc comments here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::check::Threshold;
use crate::models::{self, ModelArgs};
use crate::time;
use crate::url::{Expiry, TENANT, Url};

/// Draws pictures from a template, a data row and photos.
#[derive(Debug, Parser)]
#[command(name = "templrender", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a small working template into a new folder
    New(New),
    /// Draw one picture from a template and a row
    Render(Render),
    /// Draw a picture for each row of a feed, and a page to look at them
    Feed(Feed),
    /// Say what is wrong with a template, and what its own rows, or those of a feed, make of it
    Check(Check),
    /// Say which rows of a feed two templates draw differently, through which layer, and how far
    Diff(Diff),
    /// Put a template with the files that it uses into one zip, which every command takes in the folder's place
    Pack(Pack),
    /// Draw pictures for whoever asks for their URL, over HTTP
    Serve(Serve),
    /// Make, verify and explain the URLs that pictures are asked for by
    Url(Url),
    /// List the models in some folders, their licences, and how long they take here
    Models(models::List),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The folder to make; its last part is the template's name
    pub(crate) name: PathBuf,
    /// The shipped template to start from: starter, product-sale, product-ad, og-card, price-tag or collage
    #[arg(long, value_name = "TEMPLATE", default_value = "starter")]
    pub(crate) from: String,
}

#[derive(Debug, Args)]
pub(crate) struct Render {
    /// A template's folder, its JSON file or its pack
    pub(crate) template: PathBuf,
    /// The row: a JSON file, or JSON text that starts with {; without it, rows/default.json or the first row of the folder, else an empty row
    #[arg(long, value_name = "FILE|JSON")]
    pub(crate) row: Option<String>,
    /// The variant to draw; without it, the template as it stands
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Option<String>,
    /// The language, as a BCP 47 tag, in place of the template's
    #[arg(long, value_name = "TAG")]
    pub(crate) lang: Option<String>,
    /// Paint larger or smaller, 0.1 to 4
    #[arg(long, value_name = "N")]
    pub(crate) scale: Option<f32>,
    /// Where the picture goes, in the format of the name's end (.jpg .png .webp); - is standard output; without it, NAME[-VARIANT] in the
    /// current folder
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Quality of a JPEG, 1 to 100, in place of the template's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) quality: Option<u8>,
    /// Where the report goes, as JSON; - is standard output
    #[arg(long, value_name = "FILE|-")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) world: World,
}

#[derive(Debug, Args)]
pub(crate) struct Feed {
    /// A template's folder, its JSON file or its pack, or a rules file that chooses a template for each row
    pub(crate) template: PathBuf,
    /// The rows: CSV, TSV, JSON Lines, RSS or Atom
    pub(crate) feed: PathBuf,
    /// A feed for a country or a language: what it has for an id takes the place of what the feed has; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) r#override: Vec<PathBuf>,
    /// The folder for the pictures, the manifest and index.html; what is there and unchanged is not drawn again
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// A variant to draw, `default` for the template as it stands; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Vec<String>,
    /// Write the feed into DIR too, with the addresses that the pictures (of the first variant) have under this one as `image_link`
    #[arg(long, value_name = "BASE_URL", value_parser = crate::feed::rewrite::base)]
    pub(crate) rewrite: Option<String>,
    /// With --rewrite: draw nothing, and write the signed URLs of a server at BASE_URL, made with the first key of this file that may sign
    #[arg(long, value_name = "FILE", requires = "rewrite")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Whose pictures the signed URLs are
    #[arg(long, value_name = "NAME", requires = "secret_file", default_value = TENANT)]
    pub(crate) tenant: String,
    /// When the signed URLs end: 7d is at least 7 days from now and at most 14, so that addresses stay for 7; or a time; without it, never
    #[arg(long, value_name = "7d|TIME", requires = "secret_file", value_parser = Expiry::parse)]
    pub(crate) expires: Option<Expiry>,
    /// Name the template's version in signed URLs, so that they never show another; a server keeps the last four of each while it runs
    #[arg(long, requires = "secret_file")]
    pub(crate) pin: bool,
    /// One picture for all rows with the same value of this column: the rows as `items`, the value as `group`, their number as `count`
    #[arg(long, value_name = "COLUMN", conflicts_with = "rewrite")]
    pub(crate) group_by: Option<String>,
    /// The order of a group's rows, by a column; -FIELD for the greatest first
    #[arg(long, value_name = "FIELD", requires = "group_by", allow_hyphen_values = true)]
    pub(crate) sort: Option<String>,
    /// Keep the first rows of each group
    #[arg(long, value_name = "N", requires = "group_by", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) top: Option<u32>,
    /// Threads that draw; without it, one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// The most bytes of compiled templates: what is the same in every picture of one, painted; 0 for none
    #[arg(long, value_name = "BYTES", default_value = "128M", value_parser = bytes)]
    pub(crate) compiled_memory: u64,
    /// Stop after this many rows, or groups
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) world: World,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// A template's folder, its JSON file or its pack, or a rules file (without a feed)
    pub(crate) template: PathBuf,
    /// A feed: every row of it is planned and laid out, without pixels; without one, the rows beside the template are
    pub(crate) feed: Option<PathBuf>,
    /// A variant that the feed's rows are laid out in, `default` for the template as it stands; may be given several times
    #[arg(long, value_name = "NAME", requires = "feed")]
    pub(crate) variant: Vec<String>,
    /// Where the findings go as JSON; - is standard output
    #[arg(long, value_name = "FILE|-")]
    pub(crate) report: Option<PathBuf>,
    /// Draw the worst rows of each layer into this folder, with a page to look at them
    #[arg(long, value_name = "DIR", requires = "feed")]
    pub(crate) sheet: Option<PathBuf>,
    /// Hold template and rows to the rules of a channel: google, meta, tiktok, pinterest or microsoft
    #[arg(long, value_name = "NAME", requires = "feed", value_parser = core_::Channel::parse)]
    pub(crate) channel: Option<core_::Channel>,
    /// Exit with status 1 when more than N rows, or N% of them, have this error, note or finding; `failed` and `skipped` are codes too; may be
    /// given several times
    #[arg(long, value_name = "CODE=N", requires = "feed", value_parser = Threshold::parse)]
    pub(crate) fail_on: Vec<Threshold>,
    /// Threads; without it, one for each processor
    #[arg(long, value_name = "N", requires = "feed", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Stop after this many rows
    #[arg(long, value_name = "N", requires = "feed")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) world: World,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The template as it was: its folder, its JSON file or its pack
    pub(crate) before: PathBuf,
    /// The template as it is to be
    pub(crate) after: PathBuf,
    /// The rows: CSV, TSV, RSS, Atom or JSON Lines
    pub(crate) feed: PathBuf,
    /// The variant to compare, which both must have; without it, the templates as they stand
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Option<String>,
    /// Where the findings go as JSON; - is standard output
    #[arg(long, value_name = "FILE|-")]
    pub(crate) report: Option<PathBuf>,
    /// Draw the rows that differ most with both templates into this folder, with the difference beside them, and a page to look at them
    #[arg(long, value_name = "DIR")]
    pub(crate) sheet: Option<PathBuf>,
    /// Threads; without it, one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Stop after this many rows
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) world: World,
}

#[derive(Debug, Args)]
pub(crate) struct Pack {
    /// A template's folder, its JSON file or its pack
    pub(crate) template: PathBuf,
    /// Where the zip goes; in a folder, it is called NAME@VERSION.zip; - is standard output; without it, the current folder
    #[arg(short, long, value_name = "FILE|DIR")]
    pub(crate) output: Option<PathBuf>,
    /// A folder of fonts that the server's templates share (its --fonts), for the version; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) fonts: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The folder of templates: NAME/template.json or NAME.zip for everybody, TENANT/NAME/template.json or TENANT/NAME.zip for one tenant
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: PathBuf,
    /// A folder of fonts that all templates share, after their own; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) fonts: Vec<PathBuf>,
    /// Where requests are taken; port 0 is any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,
    /// Keys that URLs are signed with, a line of `ID SECRET [TENANT]` each; without one, only this machine may ask; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Vec<PathBuf>,
    /// A host that pictures may come from: cdn.example.com, *.example.com or https://img.example:8443; without one, any public host; may be
    /// given several times
    #[arg(long, value_name = "PATTERN")]
    pub(crate) allow_host: Vec<String>,
    /// Fetch pictures from private addresses too (this machine, the local network)
    #[arg(long)]
    pub(crate) allow_private: bool,
    /// The beginning of URLs whose pictures never change; may be given several times
    #[arg(long, value_name = "URL_PREFIX")]
    pub(crate) immutable: Vec<String>,
    /// Settings of single tenants, as JSON: allow_hosts, rate, burst
    #[arg(long, value_name = "FILE")]
    pub(crate) tenants: Option<PathBuf>,
    /// A folder for what is to outlive the program; without it, pictures and answers are kept in memory alone
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// The most bytes in that folder, such as 500M or 20G; without it, 10G
    #[arg(long, value_name = "BYTES", value_parser = bytes, requires = "cache_dir")]
    pub(crate) cache_disk: Option<u64>,
    /// The most bytes of pictures and answers in memory; without it, 256M
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) cache_memory: Option<u64>,
    /// The most bytes of compiled templates, such as 64M: what is the same in every picture of one, painted; 0 for none; without it, 128M
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) compiled_memory: Option<u64>,
    /// How long an answer is given before its pictures are asked for again; without it, 300
    #[arg(long, value_name = "SECONDS", value_parser = time::seconds)]
    pub(crate) fresh: Option<std::time::Duration>,
    /// The longest time that one picture may take to arrive
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = time::seconds)]
    pub(crate) timeout: std::time::Duration,
    /// Threads that draw; without it, one for each processor
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Drawings that may wait for a thread; without it, 64
    #[arg(long, value_name = "N")]
    pub(crate) queue: Option<usize>,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    /// Threads that run models, beside those that draw
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) model_threads: u16,
    /// Runs of models that may wait for a thread; without it, 64
    #[arg(long, value_name = "N")]
    pub(crate) model_queue: Option<usize>,
    /// Requests that are answered at the same time, more are refused; without it, 1024
    #[arg(long, value_name = "N")]
    pub(crate) max_in_flight: Option<usize>,
    /// Requests of one tenant a second, in bursts of twice that; without it, no limit
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) rate_per_tenant: Option<f64>,
    /// A template is slow while its pictures take longer than this to arrive, on average; without it, 2000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) slow_ms: Option<u64>,
    /// What is said of each request on standard error
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) log: Log,
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Log {
    /// A JSON object a line
    Json,
    /// For people
    Text,
    /// Not at all
    Off,
}

/// A number of bytes, with K, M, G or T for powers of 1024.
fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || "a number of bytes is written 1048576, 1024K, 500M, 20G or 1T".to_owned();
    let digits = text.trim_end_matches(['K', 'M', 'G', 'T']);
    let shift = match text.strip_prefix(digits) {
        Some("") => 0,
        Some("K") => 10,
        Some("M") => 20,
        Some("G") => 30,
        Some("T") => 40,
        _ => return Err(wrong()),
    };
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift)).ok_or_else(wrong)
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| *rate > 0.0 && *rate <= 1e6);
    rate.ok_or_else(|| "must be above 0, at most 1000000 a second".to_owned())
}

/// What lies around a template and a row: fonts, time, models, and where pictures may come from.
#[derive(Debug, Args)]
pub(crate) struct World {
    /// A folder of fonts, after the template's own; may be given several times
    #[arg(long, value_name = "DIR")]
    pub(crate) fonts: Vec<PathBuf>,
    /// The time that deals and dates are held against: ISO (2026-11-30T12:00:00Z) or seconds since 1970; without it, the system's clock
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    pub(crate) now: Option<i64>,
    /// The time zone, as a name (Europe/London), an offset (+01:00) or UTC, in place of the template's
    #[arg(long, value_name = "NAME", value_parser = time::zone, allow_hyphen_values = true)]
    pub(crate) time_zone: Option<String>,
    /// Pictures may be anywhere under this folder; without it, only beside the row or feed and the template
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Fetch pictures from private addresses too (this machine, the local network)
    #[arg(long)]
    pub(crate) allow_private: bool,
    /// The longest time that one picture may take to arrive
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = time::seconds)]
    pub(crate) timeout: std::time::Duration,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
}
