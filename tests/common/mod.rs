//! What the integration tests share: shipped templates as folders, rows out of their feeds, and the loop that answers a plan's needs.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros, reason = "tests read files")]

use std::fs;
use std::path::{Path, PathBuf};

use templrender::{Context, Error, Fonts, Frame, NeedSource, Output, Plan, Rendered, Renderer, Resources, Row, Scratch, Template};

/// 2026-11-21T12:00:00Z: sales of the shipped rows are on.
pub(crate) const NOW: i64 = 1_795_262_400;

/// A template's folder.
pub(crate) struct Folder {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) template: Template,
    pub(crate) renderer: Renderer,
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The shipped templates, sorted by name.
pub(crate) fn shipped() -> Vec<Folder> {
    let has_template = |path: &PathBuf| path.join("template.json").is_file();
    let folders = sorted(&root().join("templates")).into_iter().filter(has_template).map(Folder::load).collect::<Vec<_>>();
    assert!(folders.len() >= 4, "{} templates", folders.len());
    folders
}

/// The fonts of `tests/fonts`: Noto Sans, Noto Sans Arabic, Noto Sans Thai.
pub(crate) fn fonts() -> Fonts {
    fonts_in(&root().join("tests/fonts"))
}

impl Folder {
    fn load(path: PathBuf) -> Self {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let template = Template::parse(&fs::read_to_string(path.join("template.json")).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let renderer = Renderer::new(fonts_in(&path.join("fonts")));
        Self { name, path, template, renderer }
    }

    /// The base and every variant.
    pub(crate) fn variants(&self) -> Vec<Option<String>> {
        std::iter::once(None).chain(self.template.variants().map(|v| Some(v.to_owned()))).collect()
    }

    /// Every row of `rows/*.json`, and the first `limit` of each feed beside them.
    pub(crate) fn rows(&self, limit: usize) -> Vec<(String, Row)> {
        let mut rows = Vec::new();
        for path in sorted(&self.path.join("rows")) {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            match path.extension().and_then(|e| e.to_str()) {
                Some("json") => rows.push((name, Row::from_json(&fs::read_to_string(&path).unwrap()).unwrap())),
                Some("tsv") => {
                    rows.extend(cells(&fs::read_to_string(&path).unwrap()).into_iter().take(limit).enumerate().map(|(i, cells)| {
                        let mut row = Row::new();
                        for (column, cell) in cells {
                            row.set(column, cell.as_str());
                        }
                        (format!("{name}-{}", i + 1), row)
                    }));
                }
                _ => {}
            }
        }
        rows
    }

    /// Answers every need from the folder, as the program does: beside the row first, beside the template next.
    pub(crate) fn answer(&self, plan: &Plan) -> Resources {
        answer(plan, &[self.path.join("rows"), self.path.clone()])
    }

    pub(crate) fn plan(&self, row: &Row, variant: Option<&str>) -> Plan {
        let context = Context { variant: variant.map(str::to_owned), now: Some(NOW), ..Context::default() };
        self.renderer.plan(&self.template, row, &context).unwrap_or_else(|e| panic!("{} {variant:?}: {e}", self.name))
    }
}

/// Answers every need from files in these folders, until nothing is pending.
pub(crate) fn answer(plan: &Plan, folders: &[PathBuf]) -> Resources {
    let mut resources = Resources::new();
    loop {
        let pending: Vec<_> = plan.pending(&resources).into_iter().cloned().collect();
        if pending.is_empty() {
            return resources;
        }
        for need in pending {
            let path = match need.source() {
                NeedSource::Location(text) => text,
                NeedSource::Asset { path, .. } => path,
                other => panic!("{other:?}"),
            };
            match folders.iter().find_map(|folder| fs::read(folder.join(path)).ok()) {
                Some(bytes) => drop(resources.insert(need.id(), bytes)),
                None => resources.fail(need.id(), "there is no such file"),
            }
        }
    }
}

/// Parses, plans and draws a template that needs nothing, with a fresh scratch.
pub(crate) fn draw(renderer: &Renderer, json: &str, row: &Row) -> Result<Rendered, Error> {
    draw_with(renderer, json, row, &mut Scratch::new())
}

/// The same with a used scratch.
pub(crate) fn draw_with(renderer: &Renderer, json: &str, row: &Row, scratch: &mut Scratch) -> Result<Rendered, Error> {
    let template = Template::parse(json)?;
    let plan = renderer.plan(&template, row, &Context { now: Some(NOW), ..Context::default() })?;
    renderer.render(&plan, &Resources::new(), scratch)
}

/// A picture with flat areas, edges, slopes and soft alpha: what scaling and encoding get wrong when they do.
pub(crate) fn picture(width: u32, height: u32, opaque: bool) -> Frame {
    let mut pixels = Vec::with_capacity((width * height * 4) as usize);
    let mut noise = 0x2545_f491_u32;
    for y in 0..height {
        for x in 0..width {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let checks = if (x / 16 + y / 16) % 2 == 0 { 255 } else { 40 };
            let alpha = if opaque { 255 } else { (x * 255 / width.max(1)) as u8 };
            pixels.extend([(x * 255 / width.max(1)) as u8, checks, (y * 255 / height.max(1)) as u8 ^ (noise as u8 & 15), alpha]);
        }
    }
    Frame::from_rgba(width, height, pixels).unwrap()
}

/// The same, encoded.
pub(crate) fn encoded(width: u32, height: u32, output: &Output) -> Vec<u8> {
    picture(width, height, matches!(output.format, templrender::OutputFormat::Jpeg)).encode(output).unwrap()
}

/// A template of 200 x 120 px around some layers.
pub(crate) fn around(layers: &str) -> String {
    format!(
        r##"{{ "templrender": 1, "name": "t", "size": [200, 120], "lang": "en", "fonts": ["Noto Sans", "Noto Sans Arabic", "Noto Sans Thai"],
            "background": "#fff", "layers": [{layers}] }}"##
    )
}

fn fonts_in(folder: &Path) -> Fonts {
    let mut fonts = Fonts::new();
    for path in sorted(folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "ttf" || e == "otf")) {
        fonts.add(fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
    fonts
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The cells of a table with tabs, by the names of its first line.
fn cells(text: &str) -> Vec<Vec<(String, String)>> {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let row = |line: &str| names.iter().zip(line.split('\t')).map(|(name, cell)| ((*name).to_owned(), cell.to_owned())).collect();
    lines.map(row).collect()
}
