//! Where the samples of a file lie, at a scale: planes, blocks of an MCU, and which blocks are transformed together.
//!
//! At S eighths of the size a block gives S x S samples. A component with less samples than the picture makes up for it as long as that is
//! possible both ways: at 1/2, chroma of 4:2:0 is transformed whole and needs no upsampling. So does libjpeg.

use super::super::header::{Colors, Component, Header};

/// Samples of one component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Plane {
    /// Samples a block gives along a side: 8, 4, 2 or 1.
    pub(super) size: usize,
    /// Blocks of an MCU.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Px that one sample stands for.
    pub(super) per_x: usize,
    pub(super) per_y: usize,
    /// Samples that the picture has.
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Plane {
    /// Rows of samples of an MCU.
    pub(super) fn rows(&self) -> usize {
        self.down * self.size
    }

    /// Columns of samples of an MCU.
    pub(super) fn columns(&self) -> usize {
        self.across * self.size
    }
}

/// How the samples that a component lacks are made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upsampling {
    /// None is missing.
    None,
    /// By the nearest sample.
    Box,
    /// By a triangle over two samples of a row.
    Across,
    /// By a triangle over two rows.
    Down,
    /// Both.
    Both,
}

/// What a file's frame header means at a scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Px of the picture at this scale.
    pub(super) width: usize,
    pub(super) height: usize,
    /// MCUs.
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Grey, or Y, Cb and Cr, or red, green and blue.
    pub(super) planes: Vec<Plane>,
    pub(super) is_rgb: bool,
    pub(super) upsampling: Upsampling,
}

impl Layout {
    /// At `size` eighths (8, 4, 2, 1), or `None` for what this decoder does not read.
    pub(super) fn new(header: &Header, size: usize) -> Option<Self> {
        if header.progressive {
            return None;
        }
        // the blocks of a single component stand one by one, whatever its factors say
        let one = [Component { horizontal: 1, vertical: 1, ..header.components.first().copied()? }];
        let components = match header.colors() {
            Colors::Grey => one.as_slice(),
            Colors::YCbCr | Colors::Rgb => header.components.as_slice(),
            _ => return None,
        };
        let (luma, chroma) = components.split_first()?;
        let (across, down) = (usize::from(luma.horizontal), usize::from(luma.vertical));
        let is_known = matches!(across, 1 | 2 | 4) && matches!(down, 1 | 2) && matches!(chroma.len(), 0 | 2);
        if !is_known || chroma.iter().any(|c| (c.horizontal, c.vertical) != (1, 1)) {
            return None;
        }
        let (width, height) = (usize::from(header.width), usize::from(header.height));
        let first =
            Plane { size, across, down, per_x: 1, per_y: 1, width: (width * size).div_ceil(8), height: (height * size).div_ceil(8) };
        let (mut chroma_size, mut per_x, mut per_y) = (size, across, down);
        while chroma_size < 8 && per_x % 2 == 0 && per_y % 2 == 0 {
            (chroma_size, per_x, per_y) = (chroma_size * 2, per_x / 2, per_y / 2);
        }
        let second = Plane {
            size: chroma_size,
            across: 1,
            down: 1,
            per_x,
            per_y,
            width: (width * chroma_size).div_ceil(8 * across),
            height: (height * chroma_size).div_ceil(8 * down),
        };
        let upsampling = match (per_x, per_y) {
            (1, 1) => Upsampling::None,
            _ if size == 1 => Upsampling::Box,
            (2, 1) if second.width > 2 => Upsampling::Across,
            (1, 2) => Upsampling::Down,
            (2, 2) if second.width > 2 => Upsampling::Both,
            _ => Upsampling::Box,
        };
        let planes = if chroma.is_empty() { vec![first] } else { vec![first, second, second] };
        Some(Self {
            width: first.width,
            height: first.height,
            columns: width.div_ceil(8 * across),
            rows: height.div_ceil(8 * down),
            planes,
            is_rgb: header.colors() == Colors::Rgb,
            upsampling,
        })
    }

    /// Rows of px of an MCU.
    pub(super) fn mcu_height(&self) -> usize {
        self.planes.first().map_or(1, Plane::rows)
    }

    /// Columns of px of an MCU.
    pub(super) fn mcu_width(&self) -> usize {
        self.planes.first().map_or(1, Plane::columns)
    }

    /// Whether the row of px above a row of MCUs needs chroma of that.
    pub(super) fn looks_down(&self) -> bool {
        matches!(self.upsampling, Upsampling::Down | Upsampling::Both)
    }

    /// The blocks of an MCU in the order of the file, as many in one group as are transformed together.
    pub(super) fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for (component, plane) in self.planes.iter().enumerate() {
            for block in 0..plane.across * plane.down {
                let (x, y) = (block % plane.across * plane.size, block / plane.across * plane.size);
                let place = Block { component, x, y };
                let most = if plane.size == 4 { 4 } else { 2 };
                match groups.last_mut().filter(|g| g.size == plane.size && g.count < most) {
                    Some(group) => {
                        if let Some(free) = group.blocks.get_mut(group.count) {
                            *free = place;
                        }
                        group.count += 1;
                    }
                    None => groups.push(Group { size: plane.size, count: 1, blocks: [place; 4] }),
                }
            }
        }
        groups
    }
}

/// A block of an MCU: its component, and where its samples begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) component: usize,
    pub(super) x: usize,
    pub(super) y: usize,
}

/// Blocks that follow each other and are of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) size: usize,
    pub(super) count: usize,
    pub(super) blocks: [Block; 4],
}
