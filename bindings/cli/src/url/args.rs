//! The command line of `url` as typed Rust; `--help` is made from the doc comments here.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use core_::OutputFormat;

use super::expiry::Expiry;
use crate::models::ModelArgs;
use crate::time;

/// Whose URLs are made where nothing is said: most shops are alone on their server.
pub(crate) const TENANT: &str = "shop";

#[derive(Debug, Args)]
pub(crate) struct Url {
    #[command(subcommand)]
    pub(super) command: UrlCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum UrlCommand {
    /// Print the signed URL of a template's picture of a row, or of a URL that is not signed yet
    Sign(Sign),
    /// Say whether a URL is signed with one of some keys, and its time is not over
    Verify(Verify),
    /// Say what a URL asks for, and with a template, what would be drawn
    Explain(Explain),
}

#[derive(Debug, Args)]
pub(super) struct Sign {
    /// A URL without a signature, or with one that is to be replaced: a path with its query, or all of it
    #[arg(required_unless_present = "template", conflicts_with = "template")]
    pub(super) url: Option<String>,
    /// A template's folder, its JSON file or its pack; the name of its folder or pack stands in the URL
    #[arg(long, value_name = "TEMPLATE", requires = "row")]
    pub(super) template: Option<PathBuf>,
    /// The row: a JSON file, or JSON text that starts with {; what the template does not read is left out
    #[arg(long, value_name = "FILE|JSON", requires = "template")]
    pub(super) row: Option<String>,
    /// Whose picture it is
    #[arg(long, value_name = "NAME", requires = "template", default_value = TENANT)]
    pub(super) tenant: String,
    /// The variant; without it, the template as it stands
    #[arg(long, value_name = "NAME", requires = "template")]
    pub(super) variant: Option<String>,
    /// jpg, png or webp; without it, that of the template
    #[arg(long, value_name = "FORMAT", requires = "template", value_parser = super::format)]
    pub(super) format: Option<OutputFormat>,
    /// The language, as a BCP 47 tag, in place of the template's
    #[arg(long, value_name = "TAG", requires = "template")]
    pub(super) lang: Option<String>,
    /// Where the pictures are served, such as https://img.example.com; without it, a path is printed
    #[arg(long, value_name = "URL", requires = "template", value_parser = super::origin)]
    pub(super) base: Option<String>,
    /// When the URL ends: 7d, 12h or 30m from now, or a time as for --now; without it, never
    #[arg(long, value_name = "7d|TIME", value_parser = Expiry::parse)]
    pub(super) expires: Option<Expiry>,
    /// Name the template's version in the URL, so that it never shows another; a server keeps the last four of each while it runs
    #[arg(long, requires = "template")]
    pub(super) pin: bool,
    /// The file of secrets; the first key in it that may sign for the tenant does
    #[arg(long, value_name = "FILE")]
    pub(super) secret_file: PathBuf,
    /// A folder of fonts that the server's templates share (its --fonts); may be given several times
    #[arg(long, value_name = "DIR", requires = "template")]
    pub(super) fonts: Vec<PathBuf>,
    /// The time: ISO (2026-11-30T12:00:00Z) or seconds since 1970; without it, the system's clock
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    pub(super) now: Option<i64>,
    #[command(flatten)]
    pub(super) models: ModelArgs,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// A path with its query, or all of a URL
    pub(super) url: String,
    /// A file of secrets; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) secret_file: Vec<PathBuf>,
    /// The time: ISO (2026-11-30T12:00:00Z) or seconds since 1970; without it, the system's clock
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    pub(super) now: Option<i64>,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A path with its query, or all of a URL
    pub(super) url: String,
    /// Plan the row with the template of this folder, JSON file or pack
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "templates")]
    pub(super) template: Option<PathBuf>,
    /// Plan the row with the template that the URL names: DIR/TENANT/NAME, else DIR/NAME; NAME.zip stands for a folder
    #[arg(long, value_name = "DIR")]
    pub(super) templates: Option<PathBuf>,
    /// A folder of fonts that the server's templates share (its --fonts); may be given several times
    #[arg(long, value_name = "DIR")]
    pub(super) fonts: Vec<PathBuf>,
    /// The time: ISO (2026-11-30T12:00:00Z) or seconds since 1970; without it, the system's clock
    #[arg(long, value_name = "TIME", value_parser = time::parse, allow_hyphen_values = true)]
    pub(super) now: Option<i64>,
    #[command(flatten)]
    pub(super) models: ModelArgs,
}
