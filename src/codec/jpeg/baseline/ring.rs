//! Two rows of MCUs as samples, used in turn, so that they stay in the cache.
//!
//! All components stand side by side in rows of one length, so that any two blocks can be transformed together.

use super::layout::Layout;
use crate::simd::jpeg_inverse::STEP;

pub(super) struct Ring {
    samples: Vec<u8>,
    /// From row to row.
    stride: usize,
    lanes: Vec<Lane>,
    /// A place that nobody reads, for the samples of a block that is not there.
    waste: usize,
}

/// One component's columns.
struct Lane {
    start: usize,
    /// All samples, and more that can be read.
    width: usize,
    /// Rows of an MCU.
    rows: usize,
}

impl Ring {
    pub(super) fn new(layout: &Layout) -> Self {
        let mut stride = 0;
        let lanes = layout.planes.iter().map(|plane| {
            // rounded up so that whole steps can be read, and a sample beyond
            let width = (layout.columns * plane.columns() + 2 * STEP) & !(STEP - 1);
            stride += width;
            Lane { start: stride - width, width, rows: plane.rows() }
        });
        let lanes: Vec<Lane> = lanes.collect();
        let waste = stride;
        // an odd number of cache lines: rows do not fall on each other in the cache
        let stride = (stride + 8).next_multiple_of(64) | 64;
        let rows = lanes.iter().map(|lane| lane.rows).max().unwrap_or(1).max(4);
        Self { samples: vec![0; 2 * rows * stride], stride, lanes, waste }
    }

    /// Where a component's row begins.
    pub(super) fn at(&self, component: usize, row: usize) -> usize {
        self.lanes.get(component).map_or(0, |lane| lane.start + row % (2 * lane.rows) * self.stride)
    }

    pub(super) fn row(&self, component: usize, row: usize) -> Option<&[u8]> {
        let at = self.at(component, row);
        self.samples.get(at..at + self.lanes.get(component)?.width)
    }

    pub(super) fn waste(&self) -> usize {
        self.waste
    }

    /// The samples and the way from row to row.
    pub(super) fn samples(&mut self) -> (&mut [u8], usize) {
        (&mut self.samples, self.stride)
    }
}
