//! Where a picture may differ from one that it began as a copy of, in cells as wide and half as high as a JPEG's largest unit.

/// Cells of a picture, row after row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Touched {
    columns: usize,
    cells: Vec<bool>,
}

impl Touched {
    /// Px of a cell.
    pub(crate) const WIDTH: usize = 16;
    pub(crate) const HEIGHT: usize = 8;

    /// Nothing of a picture of this size.
    pub(crate) fn nothing(width: usize, height: usize) -> Self {
        let columns = width.div_ceil(Self::WIDTH);
        Self { columns, cells: vec![false; columns * height.div_ceil(Self::HEIGHT)] }
    }

    /// The px from `left`, `top` up to, without, `right`, `bottom`.
    pub(crate) fn mark(&mut self, left: usize, top: usize, right: usize, bottom: usize) {
        if left >= right || top >= bottom {
            return;
        }
        let columns = left / Self::WIDTH..right.div_ceil(Self::WIDTH).min(self.columns);
        for row in top / Self::HEIGHT..bottom.div_ceil(Self::HEIGHT) {
            let (from, to) = (row * self.columns + columns.start, row * self.columns + columns.end);
            self.cells.get_mut(from..to).unwrap_or_default().fill(true);
        }
    }

    /// Whether anything is, in these rows of px.
    pub(crate) fn any(&self, top: usize, bottom: usize) -> bool {
        self.rows(top, bottom).any(|row| row.contains(&true))
    }

    /// Whether a column of cells is, in these rows of px.
    pub(crate) fn column(&self, column: usize, top: usize, bottom: usize) -> bool {
        self.rows(top, bottom).any(|row| row.get(column).copied().unwrap_or(false))
    }

    fn rows(&self, top: usize, bottom: usize) -> impl Iterator<Item = &[bool]> {
        let (from, to) = (top / Self::HEIGHT, bottom.div_ceil(Self::HEIGHT));
        self.cells.chunks_exact(self.columns.max(1)).take(to).skip(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_cover_every_px_that_they_name() {
        let (width, height) = (50, 21);
        for (left, top, right, bottom) in [(0, 0, 50, 21), (15, 7, 17, 9), (16, 8, 32, 16), (49, 20, 50, 21), (3, 3, 4, 4), (40, 9, 70, 90)]
        {
            let mut touched = Touched::nothing(width, height);
            touched.mark(left, top, right, bottom);
            for y in 0..height {
                for x in 0..width {
                    let is_inside = (left..right).contains(&x) && (top..bottom).contains(&y);
                    let said = touched.column(x / Touched::WIDTH, y, y + 1);
                    assert!(said || !is_inside, "{x} {y} of {left} {top} {right} {bottom}");
                    assert!(touched.any(y, y + 1) >= said);
                }
            }
        }
        let mut touched = Touched::nothing(width, height);
        touched.mark(15, 7, 17, 9);
        assert_eq!((touched.any(0, 8), touched.any(8, 16), touched.any(16, 21)), (true, true, false));
        assert_eq!([0, 1, 2].map(|column| touched.column(column, 0, 21)), [true, true, false]);
    }

    #[test]
    fn empty_marks_mark_nothing() {
        let mut touched = Touched::nothing(40, 40);
        touched.mark(20, 20, 20, 20);
        touched.mark(50, 0, 60, 10);
        touched.mark(30, 9, 20, 4);
        assert_eq!(touched, Touched::nothing(40, 40));
    }
}
