//! `index.html`: a contact sheet of what a run drew, to look at in any browser, straight from the disk.
//!
//! The thumbnails are the pictures themselves, loaded as they scroll into view. Everything that came from a row is escaped, and no script or
//! style comes from anywhere else.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use core_::{Row, Value};

use crate::write;

/// The most rows on the sheet: a browser has to hold them.
pub(crate) const MAX_CARDS: usize = 2_000;

/// One row.
#[derive(Debug)]
pub(crate) struct Card {
    /// `feed.tsv:5`.
    pub(crate) line: u64,
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) pictures: Vec<Picture>,
    /// Why the row as a whole could not be drawn.
    pub(crate) failed: Vec<String>,
}

/// One variant of a row.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) variant: String,
    /// Path from the sheet, and size; of a failed one, nothing.
    pub(crate) file: Option<(String, (u32, u32))>,
    pub(crate) notes: Vec<[String; 3]>,
    pub(crate) failed: Vec<String>,
    /// Why the template leaves it out.
    pub(crate) skipped: Option<String>,
}

impl Picture {
    /// One that the template's `skip-if` leaves out.
    pub(crate) fn left_out(variant: &str, reason: &str) -> Self {
        Self { variant: variant.to_owned(), file: None, notes: Vec::new(), failed: Vec::new(), skipped: Some(reason.to_owned()) }
    }
}

/// The heading of the sheet.
#[derive(Debug)]
pub(crate) struct Heading<'a> {
    pub(crate) template: &'a str,
    pub(crate) feed: &'a str,
    pub(crate) summary: &'a str,
    pub(crate) variants: &'a [String],
    pub(crate) rows: usize,
}

/// Writes the sheet of some rows, in their order.
pub(crate) fn write<'a>(path: &Path, heading: &Heading<'_>, cards: impl Iterator<Item = &'a Card>) -> io::Result<()> {
    let mut body = String::new();
    let mut shown = 0;
    for one in cards {
        card(&mut body, one);
        shown += 1;
    }
    page(path, heading, &body, shown)
}

/// Writes a sheet of groups, each under its title; a row may stand in several.
pub(crate) fn write_groups(path: &Path, heading: &Heading<'_>, groups: &[(String, Vec<Card>)]) -> io::Result<()> {
    let mut body = String::new();
    for (title, cards) in groups {
        let _ = writeln!(body, "<h3 class=\"group\">{}</h3>", escaped(title));
        cards.iter().for_each(|one| card(&mut body, one));
    }
    page(path, heading, &body, heading.rows)
}

fn page(path: &Path, heading: &Heading<'_>, body: &str, shown: usize) -> io::Result<()> {
    let mut page = String::with_capacity(body.len() + STYLE.len() + SCRIPT.len() + 2048);
    let (template, feed) = (escaped(heading.template), escaped(heading.feed));
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{template} · {feed}</title>\n<style>{STYLE}</style>\n<header>\n<h1>{template}</h1>\n<p class=\"feed\">{feed}</p>\n<p>{}</p>\n\
         <nav><input id=\"search\" type=\"search\" placeholder=\"Find an id or a title\" aria-label=\"Find an id or a title\">\n\
         <button data-show=\"all\" aria-pressed=\"true\">All</button><button data-show=\"failed\" aria-pressed=\"false\">Failed</button>\
         <button data-show=\"noted\" aria-pressed=\"false\">With notes</button>\
         <button data-show=\"skipped\" aria-pressed=\"false\">Skipped</button>\n",
        escaped(heading.summary)
    );
    if heading.variants.len() > 1 {
        page.push_str("<span class=\"gap\"></span>");
        for variant in heading.variants {
            let variant = escaped(variant);
            let _ = write!(page, "<button data-variant=\"{variant}\" aria-pressed=\"true\">{variant}</button>");
        }
    }
    page.push_str("\n<span id=\"count\"></span></nav>\n</header>\n<main>\n");
    page.push_str(body);
    page.push_str("</main>\n");
    if shown < heading.rows {
        let _ =
            writeln!(page, "<footer>The first {shown} of {} rows are shown here; all pictures are in the folder.</footer>", heading.rows);
    }
    let _ = writeln!(page, "<script>{SCRIPT}</script>\n</html>");
    write::whole(path, page.as_bytes())
}

/// What the sheet calls a row.
pub(crate) fn title(row: &Row) -> String {
    let text = |name: &str| row.get(name).and_then(Value::as_text).map(|t| t.chars().take(200).collect());
    ["title", "name", "headline"].into_iter().find_map(text).unwrap_or_default()
}

fn card(out: &mut String, card: &Card) {
    let failed = !card.failed.is_empty() || card.pictures.iter().any(|p| !p.failed.is_empty());
    let noted = card.pictures.iter().any(|p| !p.notes.is_empty());
    let skipped = card.pictures.iter().any(|p| p.skipped.is_some());
    let class = [(failed, " failed"), (noted, " noted"), (skipped, " skipped")]
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, class)| *class)
        .collect::<String>();
    let (id, title) = (escaped(&card.id), escaped(&card.title));
    let _ =
        write!(out, "<article class=\"row{class}\">\n<h2><b>{id}</b> <span dir=\"auto\">{title}</span><i>line {}</i></h2>\n", card.line);
    reasons(out, &card.failed);
    out.push_str("<div class=\"pictures\">\n");
    for picture in &card.pictures {
        let variant = escaped(&picture.variant);
        let _ = write!(out, "<figure data-variant=\"{variant}\">");
        if let Some((file, (width, height))) = &picture.file {
            let file = escaped(file);
            let _ = write!(
                out,
                "<a href=\"{file}\"><img src=\"{file}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\" decoding=\"async\" alt=\"{id}, {variant}\"></a>"
            );
            let _ = write!(out, "<figcaption>{variant} <i>{width} × {height}</i></figcaption>");
        } else if let Some(reason) = &picture.skipped {
            let reason = escaped(reason);
            let _ = write!(out, "<div class=\"none skip\">skipped</div><figcaption>{variant} <i dir=\"auto\">{reason}</i></figcaption>");
        } else {
            let _ = write!(out, "<div class=\"none\">not drawn</div><figcaption>{variant}</figcaption>");
        }
        reasons(out, &picture.failed);
        if !picture.notes.is_empty() {
            out.push_str("<ul class=\"notes\">");
            for [code, layer, message] in &picture.notes {
                let (code, layer, message) = (escaped(code), escaped(layer), escaped(message));
                let _ = write!(out, "<li><b>{code}</b> <code>{layer}</code> {message}</li>");
            }
            out.push_str("</ul>");
        }
        out.push_str("</figure>\n");
    }
    out.push_str("</div>\n</article>\n");
}

fn reasons(out: &mut String, failed: &[String]) {
    for reason in failed {
        let _ = writeln!(out, "<p class=\"reason\">{}</p>", escaped(reason));
    }
}

/// Text as HTML has it, in an attribute too. Controls that turn the direction of what follows are left to `dir=auto` and its isolation.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

const STYLE: &str = "
:root { color-scheme: light dark; --paper: #f4f5f7; --card: #fff; --ink: #14171f; --soft: #6b7280; --line: #e2e5ea; --bad: #c81e1e; --note: #92600a; }
@media (prefers-color-scheme: dark) { :root { --paper: #111318; --card: #1a1d24; --ink: #e8eaee; --soft: #969cab; --line: #2b2f39; --bad: #ff7b72; --note: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; padding: 14px 24px; background: var(--card); border-bottom: 1px solid var(--line); }
h1 { display: inline; margin: 0 12px 0 0; font-size: 20px; } header p { display: inline; margin: 0 12px 0 0; color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin-top: 10px; }
input, button { padding: 5px 11px; border: 1px solid var(--line); border-radius: 7px; background: var(--paper); color: inherit; font: inherit; }
input { width: 240px; } button { cursor: pointer; color: var(--soft); } button[aria-pressed=true] { background: var(--ink); color: var(--card); border-color: var(--ink); }
.gap { width: 14px; } #count { margin-left: auto; color: var(--soft); }
main { display: flex; flex-wrap: wrap; align-items: stretch; justify-content: center; gap: 16px; padding: 20px 24px; }
.group { width: 100%; margin: 12px 0 -4px; font-size: 16px; }
.row { padding: 14px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; min-width: 240px; max-width: 100%; }
/* Texts are as wide as the pictures, never wider. */
h2, figcaption, .reason, .notes { width: 0; min-width: 100%; }
.row.failed { border-color: var(--bad); }
h2 { display: flex; gap: 8px; align-items: baseline; margin: 0 0 10px; font-size: 14px; font-weight: 400; }
h2 span { flex: 1; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; unicode-bidi: isolate; } i { color: var(--soft); font-style: normal; font-size: 12px; white-space: nowrap; }
.pictures { display: flex; flex-wrap: wrap; gap: 12px; align-items: flex-start; }
figure { margin: 0; min-width: 150px; max-width: 100%; flex: 0 1 auto; } figcaption { margin-top: 4px; font-size: 12px; }
img { display: block; width: auto; height: 176px; max-width: 100%; object-fit: contain; border-radius: 6px; background: repeating-conic-gradient(#8883 0 25%, #8881 0 50%) 0 0 / 16px 16px; }
.none { display: grid; place-items: center; width: 176px; height: 176px; border: 1px dashed var(--bad); border-radius: 6px; color: var(--bad); }
.none.skip { border-color: var(--line); color: var(--soft); } figcaption i { white-space: normal; overflow-wrap: anywhere; }
.reason { margin: 6px 0 0; color: var(--bad); overflow-wrap: anywhere; } .notes { margin: 4px 0 0; padding: 0; list-style: none; color: var(--note); font-size: 12px; overflow-wrap: anywhere; }
footer { padding: 0 24px 24px; color: var(--soft); } [hidden] { display: none !important; }
@media (max-width: 640px) { main, header { padding-left: 12px; padding-right: 12px; } h1, header p { display: block; } img { height: auto; } }
";

const SCRIPT: &str = "
const rows = [...document.querySelectorAll('.row')], search = document.getElementById('search'), count = document.getElementById('count');
let show = 'all';
function update() {
  const words = search.value.toLowerCase();
  let shown = 0;
  for (const row of rows) {
    row.hidden = !((show === 'all' || row.classList.contains(show)) && row.querySelector('h2').textContent.toLowerCase().includes(words));
    shown += !row.hidden;
  }
  count.textContent = shown + ' of ' + rows.length + ' rows';
}
search.addEventListener('input', update);
for (const button of document.querySelectorAll('[data-show]')) button.addEventListener('click', () => {
  show = button.dataset.show;
  for (const other of document.querySelectorAll('[data-show]')) other.setAttribute('aria-pressed', other === button);
  update();
});
for (const button of document.querySelectorAll('button[data-variant]')) button.addEventListener('click', () => {
  const on = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', on);
  for (const figure of document.querySelectorAll('figure')) if (figure.dataset.variant === button.dataset.variant) figure.hidden = !on;
});
update();
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_row_says_is_text_and_never_markup() {
        let hostile = "<script>alert(1)</script>\" onerror='x' & \0";
        let strings = || hostile.to_owned();
        let card = Card {
            line: 2,
            id: strings(),
            title: strings(),
            failed: vec![strings()],
            pictures: vec![Picture {
                variant: strings(),
                file: None,
                notes: vec![[strings(), strings(), strings()]],
                failed: vec![strings()],
                skipped: Some(strings()),
            }],
        };
        let mut out = String::new();
        super::card(&mut out, &card);
        assert!(!out.contains("<script") && !out.contains("onerror='") && !out.contains("\" onerror"), "{out}");
        assert_eq!(out.matches("&lt;script&gt;").count(), 10, "{out}");
    }
}
