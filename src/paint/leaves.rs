//! The items of a scene that are painted by themselves: those outside of groups, and those inside groups that paint straight on.
//!
//! A card that clips what stands in it is a group, but its items land on the canvas one after the other as if it were none. So a row that
//! changes one of them leaves the others as they were.

use super::bounds::blends;
use crate::css::style::BlendMode;
use crate::scene::{Group, Item, Scene};

/// A scene taken apart.
pub(crate) struct Leaves<'s> {
    pub(super) groups: Vec<Opened<'s>>,
    pub(super) leaves: Vec<Leaf<'s>>,
}

/// A group that was taken apart, and the one that it stands in.
pub(super) struct Opened<'s> {
    pub(super) group: &'s Group,
    pub(super) outside: Option<usize>,
    /// How many it stands in.
    pub(super) depth: u32,
}

/// An item, and the innermost of the groups around it.
pub(super) struct Leaf<'s> {
    pub(super) item: &'s Item,
    pub(super) inside: Option<usize>,
}

impl<'s> Leaves<'s> {
    pub(crate) fn of(scene: &'s Scene) -> Self {
        let mut found = Self { groups: Vec::new(), leaves: Vec::new() };
        found.gather(&scene.items, None, 0);
        found
    }

    fn gather(&mut self, items: &'s [Item], inside: Option<usize>, depth: u32) {
        for item in items {
            match item {
                Item::Group(group) if opens(group) => {
                    self.groups.push(Opened { group, outside: inside, depth });
                    self.gather(&group.items, Some(self.groups.len() - 1), depth + 1);
                }
                item => self.leaves.push(Leaf { item, inside }),
            }
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.leaves.len()
    }

    /// The items, in the order in which they are painted.
    pub(crate) fn items(&self) -> impl ExactSizeIterator<Item = &'s Item> {
        self.leaves.iter().map(|leaf| leaf.item)
    }

    /// Whether what is around a leaf of this scene is what is around a leaf of another.
    pub(crate) fn stands_as(&self, leaf: usize, other: &Leaves<'_>, leaf_of_other: usize) -> bool {
        let inside = |leaves: &Leaves<'_>, leaf: usize| leaves.leaves.get(leaf).and_then(|leaf| leaf.inside);
        let (mut a, mut b) = (inside(self, leaf), inside(other, leaf_of_other));
        loop {
            let Some((one, another)) = a.and_then(|a| self.groups.get(a)).zip(b.and_then(|b| other.groups.get(b))) else {
                return a.is_none() && b.is_none();
            };
            let head = |group: &Group| (group.transform, group.opacity, group.clip);
            if !std::ptr::eq(one.group, another.group) && head(one.group) != head(another.group) {
                return false;
            }
            (a, b) = (one.outside, another.outside);
        }
    }
}

/// Whether a group's items can be painted one by one where it stands, whichever of them are there.
pub(super) fn opens(group: &Group) -> bool {
    super::alpha(group.opacity) == 255 && is_plain(group) && !(group.isolated && blends(&group.items))
}

/// Whether a group's items are painted where it stands: one by one, or because there is one alone that can be faded by its colours.
pub(super) fn paints_straight(group: &Group) -> bool {
    let is_one = matches!(group.items.as_slice(), [Item::Fill(..) | Item::Picture(_) | Item::Shadow(_)]);
    opens(group) || (is_one && is_plain(group))
}

/// Whether nothing is done to a group's picture but to fade it.
fn is_plain(group: &Group) -> bool {
    group.blend == BlendMode::Normal && group.filters.is_empty() && group.backdrop_filters.is_empty()
}

/// A scene's items without the leaves that are not wanted, as `keep` says one after the other.
pub(crate) fn kept(items: Vec<Item>, keep: &mut impl Iterator<Item = bool>) -> Vec<Item> {
    let one = |item| match item {
        Item::Group(group) if opens(&group) => {
            let items = kept(group.items, keep);
            (!items.is_empty()).then_some(Item::Group(Group { items, ..group }))
        }
        item => keep.next().unwrap_or(false).then_some(item),
    };
    items.into_iter().filter_map(one).collect()
}
