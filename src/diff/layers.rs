//! One row in both templates: which layers differ, in what, and by how many px.
//!
//! The scenes decide whether anything differs at all: a style that is written otherwise and draws the same is no change. Which layer
//! it is, and in what, is told from the plans and from layout's boxes.

use std::collections::BTreeMap;

use crate::css::length::Length;
use crate::css::style::{Display, FlexDirection, FlexWrap, Sides, Style, TextStyle};
use crate::layout::{LaidLayer, Outcome};
use crate::plan::Plan;
use crate::plan::sources::AFTER_NAME;
use crate::plan::tree::{Content, PlannedLayer};
use crate::scene::{Item, PictureId, Scene};

/// What differs in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Appeared,
    Vanished,
    Moved,
    Resized,
    FontSize,
    Text,
    Lines,
    Picture,
    Look,
    Order,
    Output,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Vanished => "vanished",
            Self::Moved => "moved",
            Self::Resized => "resized",
            Self::FontSize => "font-size",
            Self::Text => "text",
            Self::Lines => "lines",
            Self::Picture => "picture",
            Self::Look => "look",
            Self::Order => "order",
            Self::Output => "output",
        }
    }
}

/// One difference of one layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// The layer's name in reports, repeats without their numbers: `card[].name`.
    pub(super) layer: String,
    pub(super) kind: Kind,
    /// How far, in tenths of a px; of what has no distance, nought.
    pub(super) distance: i64,
}

/// What a side makes of a row.
pub(super) struct Drawn {
    pub(super) plan: Plan,
    pub(super) scene: Scene,
    pub(super) outcome: Outcome,
}

impl Drawn {
    /// A plan that was laid out has a canvas.
    fn layers(&self) -> &[PlannedLayer] {
        self.plan.canvas().map_or(&[], |canvas| &canvas.layers)
    }

    fn background(&self) -> Option<Style> {
        self.plan.canvas().ok().map(|canvas| painted(&canvas.style))
    }
}

/// What the canvas is called among the layers.
const CANVAS: &str = "canvas";

/// All differences of a row; none where both draw the same.
pub(super) fn compare(before: &Drawn, after: &Drawn, changed_assets: &[String]) -> Vec<Change> {
    let mut names = Names { known: BTreeMap::new(), changed_assets };
    let same_output = before.plan.output() == after.plan.output();
    if same_output && names.scene(before, "before") == names.scene(after, "after") {
        return Vec::new();
    }
    let mut changes = Changes::default();
    if !same_output {
        changes.add(CANVAS, Kind::Output, 0);
    }
    canvas(before, after, &mut changes);
    let (old, new) = (index(before), index(after));
    for (ident, (planned, laid)) in &old {
        match new.get(ident) {
            None => changes.add(ident, Kind::Vanished, extent(*laid)),
            Some((now, now_laid)) => {
                boxes(ident, *laid, *now_laid, &mut changes);
                contents(ident, (before, planned), (after, now), changed_assets, &mut changes);
            }
        }
    }
    for (ident, (_, laid)) in new.iter().filter(|(ident, _)| !old.contains_key(*ident)) {
        changes.add(ident, Kind::Appeared, extent(*laid));
    }
    order(before, after, &old, &new, &mut changes);
    if changes.0.is_empty() {
        // What neither the boxes nor the styles tell, such as another face for the same family.
        changes.add(CANVAS, Kind::Look, 0);
    }
    changes.0
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, ident: &str, kind: Kind, distance: i64) {
        let layer = unnumbered(ident);
        match self.0.iter_mut().find(|known| known.layer == layer && known.kind == kind) {
            Some(known) => known.distance = known.distance.max(distance),
            None => self.0.push(Change { layer, kind, distance }),
        }
    }
}

/// `card[0].name` as `card[].name`; places such as `layers[3]` keep their number.
fn unnumbered(ident: &str) -> String {
    let mut out = String::with_capacity(ident.len());
    for (i, part) in ident.split('.').enumerate() {
        if i > 0 {
            out.push('.');
        }
        match part.split_once('[') {
            Some((name, _)) if name != "layers" => {
                out.push_str(name);
                out.push_str("[]");
            }
            _ => out.push_str(part),
        }
    }
    out
}

type Layers<'d> = BTreeMap<&'d str, (&'d PlannedLayer, Option<&'d LaidLayer>)>;

/// All layers of a side by their names.
fn index(side: &Drawn) -> Layers<'_> {
    let mut found: Layers<'_> = BTreeMap::new();
    let mut open: Vec<&PlannedLayer> = side.layers().iter().collect();
    while let Some(layer) = open.pop() {
        found.insert(&layer.ident, (layer, None));
        if let Content::Box(children) = &layer.content {
            open.extend(children);
        }
    }
    for laid in &side.outcome.layers {
        if let Some((_, place)) = found.get_mut(laid.ident.as_str()) {
            *place = Some(laid);
        }
    }
    found
}

fn tenths(px: f32) -> i64 {
    (px.abs() * 10.0).round() as i64
}

fn extent(laid: Option<&LaidLayer>) -> i64 {
    laid.map_or(0, |laid| tenths(laid.rect.width.max(laid.rect.height)))
}

fn canvas(before: &Drawn, after: &Drawn, changes: &mut Changes) {
    let (old, new) = (&before.scene, &after.scene);
    if old.size != new.size || old.scale != new.scale {
        let (across, down) = (old.size.0.abs_diff(new.size.0), old.size.1.abs_diff(new.size.1));
        changes.add(CANVAS, Kind::Resized, i64::from(across.max(down)) * 10);
    }
    if before.background() != after.background() {
        changes.add(CANVAS, Kind::Look, 0);
    }
}

/// Place, size, font size and lines of a layer.
fn boxes(ident: &str, before: Option<&LaidLayer>, after: Option<&LaidLayer>, changes: &mut Changes) {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (None, None) => return,
        (Some(_), None) => return changes.add(ident, Kind::Vanished, extent(before)),
        (None, Some(_)) => return changes.add(ident, Kind::Appeared, extent(after)),
    };
    let (old, new) = (before.rect, after.rect);
    let moved = tenths(old.x - new.x).max(tenths(old.y - new.y));
    let resized = tenths(old.width - new.width).max(tenths(old.height - new.height));
    let sized = tenths(before.font_size.unwrap_or(0.0) - after.font_size.unwrap_or(0.0));
    for (kind, distance) in [(Kind::Moved, moved), (Kind::Resized, resized), (Kind::FontSize, sized)] {
        if distance > 0 {
            changes.add(ident, kind, distance);
        }
    }
    let texts = |laid: &LaidLayer| laid.lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
    if texts(before) != texts(after) {
        changes.add(ident, Kind::Lines, 0);
    }
}

/// What a layer holds and how it is painted.
fn contents(
    ident: &str,
    before: (&Drawn, &PlannedLayer),
    after: (&Drawn, &PlannedLayer),
    changed_assets: &[String],
    changes: &mut Changes,
) {
    let (old, new) = (before.1, after.1);
    let mut looks = painted(&old.style) != painted(&new.style);
    match (&old.content, &new.content) {
        (Content::Text(a), Content::Text(b)) => {
            let whole = |spans: &[crate::text::TextSpan]| spans.iter().map(|span| span.text.as_str()).collect::<String>();
            if whole(a) != whole(b) {
                changes.add(ident, Kind::Text, 0);
            }
            let styles = |spans: &[crate::text::TextSpan]| spans.iter().map(|span| unsized_text(&span.style)).collect::<Vec<_>>();
            looks |= unsized_text(&old.text) != unsized_text(&new.text) || styles(a) != styles(b);
        }
        (Content::Picture(a), Content::Picture(b)) => {
            let sources = |side: &Drawn, numbers: &[u32]| {
                let all = side.plan.source_identities();
                numbers.iter().filter_map(|i| all.get(*i as usize).cloned()).collect::<Vec<String>>()
            };
            let (a_names, b_names) = (sources(before.0, &a.candidates), sources(after.0, &b.candidates));
            if a_names != b_names || b_names.iter().any(|name| is_changed(name, changed_assets)) {
                changes.add(ident, Kind::Picture, 0);
            }
            looks |= a.tint != b.tint;
        }
        (Content::Path(a), Content::Path(b)) => looks |= a != b,
        (Content::Box(_), Content::Box(_)) => {}
        _ => looks = true,
    }
    if looks {
        changes.add(ident, Kind::Look, 0);
    }
}

/// Layers that both have, painted in another order.
fn order(before: &Drawn, after: &Drawn, old: &Layers<'_>, new: &Layers<'_>, changes: &mut Changes) {
    let common = |side: &Drawn, other: &Layers<'_>| {
        let idents = side.outcome.layers.iter().map(|laid| laid.ident.clone());
        idents.filter(|ident| other.contains_key(ident.as_str())).collect::<Vec<String>>()
    };
    let (a, b) = (common(before, new), common(after, old));
    if a.len() == b.len() {
        for (was, _) in a.iter().zip(&b).filter(|(was, is)| was != is) {
            changes.add(was, Kind::Order, 0);
        }
    }
}

/// A style without what only places a layer: that shows in the boxes.
fn painted(style: &Style) -> Style {
    Style {
        position: None,
        inset: Sides::default(),
        width: Length::Auto,
        height: Length::Auto,
        min_width: Length::Auto,
        min_height: Length::Auto,
        max_width: Length::Auto,
        max_height: Length::Auto,
        aspect_ratio: None,
        margin: Sides::all(Length::ZERO),
        padding: Sides::all(Length::ZERO),
        inset_logical: Default::default(),
        margin_logical: Default::default(),
        padding_logical: Default::default(),
        display: Display::Block,
        flex_direction: FlexDirection::Row,
        flex_wrap: FlexWrap::NoWrap,
        justify_content: None,
        align_items: None,
        align_self: None,
        align_content: None,
        row_gap: Length::ZERO,
        column_gap: Length::ZERO,
        flex_grow: 0.0,
        flex_shrink: 1.0,
        flex_basis: Length::Auto,
        order: 0,
        grid_template_columns: Vec::new(),
        grid_template_rows: Vec::new(),
        grid_auto_columns: Vec::new(),
        grid_auto_rows: Vec::new(),
        grid_auto_flow: Default::default(),
        grid_column: Default::default(),
        grid_row: Default::default(),
        line_clamp: None,
        text_overflow_ellipsis: false,
        min_font_size: None,
        ..style.clone()
    }
}

/// A text style without its size, which the boxes tell.
fn unsized_text(text: &TextStyle) -> TextStyle {
    TextStyle { font_size: Length::Auto, ..text.clone() }
}

fn is_changed(source: &str, changed_assets: &[String]) -> bool {
    let name = source.split(AFTER_NAME).next().and_then(|name| name.strip_prefix("asset:"));
    name.is_some_and(|name| changed_assets.iter().any(|changed| changed == name))
}

/// One number for each source of either side, so that scenes can be compared.
struct Names<'a> {
    known: BTreeMap<String, u32>,
    changed_assets: &'a [String],
}

impl Names<'_> {
    fn scene(&mut self, drawn: &Drawn, side: &str) -> Scene {
        let sources = drawn.plan.source_identities();
        let mut scene = drawn.scene.clone();
        self.rename(&mut scene.items, &sources, side);
        scene
    }

    fn rename(&mut self, items: &mut [Item], sources: &[String], side: &str) {
        for item in items {
            match item {
                Item::Group(group) => self.rename(&mut group.items, sources, side),
                Item::Picture(picture) => {
                    let mut name = sources.get(picture.source.0 as usize).cloned().unwrap_or_default();
                    if is_changed(&name, self.changed_assets) {
                        name.push_str(side);
                    }
                    let next = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
                    picture.source = PictureId(*self.known.entry(name).or_insert(next));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_lose_their_numbers_and_places_keep_them() {
        assert_eq!(unnumbered("card[12].name"), "card[].name");
        assert_eq!(unnumbered("layers[3].layers[0]"), "layers[3].layers[0]");
        assert_eq!(unnumbered("title"), "title");
    }
}
