//! What rows are drawn with: the one template, or those that a rules file chooses between, each with its fonts and its pictures' folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use core_::{Code, CompiledCache, Context, Error, Fault, Renderer, Row, Rules, Scratch};
use templrender_host::{Folder, load_folder};

use super::Variant;
use crate::args::Feed;
use crate::check::warn;
use crate::failure::{Done, Stop};
use crate::models::Shelf;
use crate::pictures::Pictures;
use crate::render::pictures;
use crate::rules;

/// A template, and all that it is drawn with.
pub(super) struct Set {
    number: usize,
    /// The folder or file that it was loaded from.
    pub(super) source: PathBuf,
    pub(super) folder: Folder,
    pub(super) renderer: Renderer,
    pub(super) pictures: Pictures,
}

impl Set {
    fn new(args: &Feed, shared: &Shared, number: usize, source: PathBuf, folder: Folder) -> Done<Self> {
        let feed_folder = args.feed.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let pictures = pictures(&args.world, Some(feed_folder), &folder)?;
        let renderer = Renderer::new(folder.fonts.clone()).with_models(shared.shelf.of(&folder)?).with_compiled(shared.compiled.clone());
        Ok(Self { number, source, renderer, pictures, folder })
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    pub(super) fn has_variant(&self, name: &str) -> bool {
        self.folder.template.variants().any(|known| known == name)
    }

    /// What this template calls a variant; nothing is the template as it stands.
    pub(super) fn variant(&self, variant: &Variant) -> Option<String> {
        variant.name.clone().filter(|name| name != super::BASE || self.has_variant(name))
    }
}

/// What all templates of a run have in common.
struct Shared {
    shelf: Shelf,
    compiled: CompiledCache,
}

/// The templates of a run.
pub(super) struct Sets {
    pub(super) list: Vec<Set>,
    rules: Option<Rules>,
    /// By what the rules call it, a template's number in the list.
    numbers: BTreeMap<String, usize>,
    /// What the contact sheet is called.
    pub(super) title: String,
}

/// The rule that a row came to, by its number, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Applied {
    Rule(usize),
    NoRule,
}

/// What a row gets.
pub(super) struct Chosen<'a> {
    pub(super) applied: Option<Applied>,
    /// What it is drawn with, or why it is not.
    pub(super) set: Result<&'a Set, String>,
}

impl Sets {
    /// Loads the template, or all of a rules file's after saying what is odd about it.
    pub(super) fn load(args: &Feed) -> Done<Self> {
        let file = &args.template;
        let compiled = CompiledCache::new(usize::try_from(args.compiled_memory).unwrap_or(usize::MAX));
        let shared = Shared { shelf: Shelf::open(&args.world.models)?, compiled };
        let Some(text) = rules::text(file)? else {
            let folder = load_folder(file, &args.world.fonts)?;
            let title = folder.template.name().to_owned();
            return Ok(Self {
                list: vec![Set::new(args, &shared, 0, file.clone(), folder)?],
                rules: None,
                numbers: BTreeMap::new(),
                title,
            });
        };
        let place = file.display().to_string();
        let rules = Rules::parse(&text).map_err(|error| Stop::of(&place, &error))?;
        rules.warnings().iter().for_each(|warning| warn(file, warning));
        let folders = rules::load(file, &rules, &args.world.fonts)?;
        let sources = rules.templates().map(|name| rules::path(file, name));
        let loaded = folders.into_iter().zip(sources).enumerate();
        let list = loaded.map(|(number, (folder, source))| Set::new(args, &shared, number, source, folder)).collect::<Done<_>>()?;
        let numbers = rules.templates().enumerate().map(|(number, name)| (name.to_owned(), number)).collect();
        let title = file.file_name().map_or(place, |name| name.to_string_lossy().into_owned());
        Ok(Self { list, rules: Some(rules), numbers, title })
    }

    /// What a row is drawn with.
    pub(super) fn choose(&self, row: &Row, context: &Context) -> Result<Chosen<'_>, Error> {
        let Some(rules) = &self.rules else { return Ok(Chosen { applied: None, set: Ok(self.at(Some(0))?) }) };
        let choice = rules.choose(row, context)?;
        let applied = Some(choice.rule.map_or(Applied::NoRule, Applied::Rule));
        let set = match choice.outcome {
            core_::Outcome::Template(name) => Ok(self.at(self.numbers.get(&name).copied())?),
            core_::Outcome::Skip(reason) => Err(reason),
        };
        Ok(Chosen { applied, set })
    }

    fn at(&self, number: Option<usize>) -> Result<&Set, Error> {
        let set = number.and_then(|number| self.list.get(number));
        set.ok_or_else(|| Fault::new(Code::BadValue, "", "the row's template is not loaded, which is a bug").into())
    }

    /// How many rows each rule took, a line for each in order, and how many none took.
    pub(super) fn told(&self, applied: &BTreeMap<Applied, usize>, rows: usize) -> Vec<String> {
        let Some(rules) = &self.rules else { return Vec::new() };
        let of = |which: Applied| {
            let (taken, noun) = (applied.get(&which).copied().unwrap_or(0), if rows == 1 { "row" } else { "rows" });
            format!("{} of {} {noun}", grouped(taken), grouped(rows))
        };
        let mut lines = Vec::new();
        for (number, (name, outcome)) in rules.names().zip(rules.outcomes()).enumerate() {
            let name = name.map_or_else(|| format!("rule {}", number + 1), str::to_owned);
            let gives = match outcome {
                core_::Outcome::Template(template) => template,
                core_::Outcome::Skip(reason) => format!("skipped: {reason}"),
            };
            lines.push(format!("{name}: applies to {} ({gives})", of(Applied::Rule(number))));
        }
        if applied.contains_key(&Applied::NoRule) {
            lines.push(format!("no rule: {}", of(Applied::NoRule)));
        }
        lines
    }
}

/// What one thread keeps for each template: what is kept for some fonts is of no use to others.
#[derive(Default)]
pub(super) struct Scratches {
    by_set: BTreeMap<usize, Scratch>,
}

impl Scratches {
    pub(super) fn of(&mut self, set: &Set) -> &mut Scratch {
        self.by_set.entry(set.number).or_default()
    }
}

/// `1,000,000`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn large_numbers_have_commas() {
        assert_eq!([0, 999, 1_000, 12_345, 1_000_000].map(grouped), ["0", "999", "1,000", "12,345", "1,000,000"]);
    }
}
