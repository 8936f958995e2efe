//! The colours of what stands in front, where a matte says that it and its background share a px.

/// Puts the colour in front and the matte's alpha into each px of a picture, straight RGBA.
pub(crate) fn estimate(straight: &mut [u8], alpha: &[u8], width: usize, radius: usize) {
    let original = straight.to_vec();
    let rows: Vec<(&[[u8; 4]], &[u8])> =
        original.as_chunks::<4>().0.chunks_exact(width.max(1)).zip(alpha.chunks_exact(width.max(1))).collect();
    let mut columns = vec![Sums::default(); width];
    for (colors, alphas) in rows.iter().take(radius) {
        add(&mut columns, colors, alphas, true);
    }
    let mut window = Vec::with_capacity(width);
    for (y, to) in straight.as_chunks_mut::<4>().0.chunks_exact_mut(width.max(1)).enumerate() {
        if let Some((colors, alphas)) = rows.get(y + radius) {
            add(&mut columns, colors, alphas, true);
        }
        if let Some((colors, alphas)) = y.checked_sub(radius + 1).and_then(|gone| rows.get(gone)) {
            add(&mut columns, colors, alphas, false);
        }
        let Some((_, alphas)) = rows.get(y) else { continue };
        let shared = alphas.iter().any(|a| (1..255).contains(a));
        if shared {
            slide(&columns, radius, &mut window);
        }
        for (x, (px, a)) in to.iter_mut().zip(*alphas).enumerate() {
            if (1..255).contains(a)
                && let Some(sums) = window.get(x)
            {
                *px = front(px, *a, sums);
            }
            px[3] = *a;
        }
    }
}

/// Sums over a window.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Colours times their weights in front.
    front: [u64; 3],
    /// Weights in front.
    weight: u64,
    /// Colours times their weights behind.
    back: [u64; 3],
    /// Weights behind.
    rest: u64,
    /// px.
    count: u64,
}

impl Sums {
    fn change(&mut self, other: &Self, change: fn(u64, u64) -> u64) {
        for (own, other) in self.front.iter_mut().zip(other.front).chain(self.back.iter_mut().zip(other.back)) {
            *own = change(*own, other);
        }
        self.weight = change(self.weight, other.weight);
        self.rest = change(self.rest, other.rest);
        self.count = change(self.count, other.count);
    }
}

fn plus(a: u64, b: u64) -> u64 {
    a + b
}

/// What was added before is taken away, so that nothing falls below nought.
fn minus(a: u64, b: u64) -> u64 {
    a.saturating_sub(b)
}

fn add(columns: &mut [Sums], colors: &[[u8; 4]], alphas: &[u8], comes: bool) {
    for ((sums, color), a) in columns.iter_mut().zip(colors).zip(alphas) {
        // to the fourth power, so that px which are mixed themselves count little: of an edge of 8 px, 4 % of the background is left instead of 24 %
        let (a, rest) = (u64::from(*a).pow(4), u64::from(255 - *a).pow(4));
        let [r, g, b, _] = color.map(u64::from);
        let one = Sums { front: [r * a, g * a, b * a], weight: a, back: [r * rest, g * rest, b * rest], rest, count: 1 };
        sums.change(&one, if comes { plus } else { minus });
    }
}

/// The sums of the window around each px of a row.
fn slide(columns: &[Sums], radius: usize, window: &mut Vec<Sums>) {
    window.clear();
    let mut sums = Sums::default();
    for column in columns.iter().take(radius) {
        sums.change(column, plus);
    }
    for x in 0..columns.len() {
        if let Some(comes) = columns.get(x + radius) {
            sums.change(comes, plus);
        }
        if let Some(goes) = x.checked_sub(radius + 1).and_then(|gone| columns.get(gone)) {
            sums.change(goes, minus);
        }
        window.push(sums);
    }
}

/// The weight of a px that lies in front altogether.
const SOLID: u64 = 255 * 255 * 255 * 255;

/// The colour in front of a px: the mean in front, and what the px differs from the mix of both means. Where little of the window lies in front
/// altogether, this is no edge but a matte in doubt, and the px keeps its own colour: a mean of doubts would only blur it.
fn front(px: &[u8; 4], alpha: u8, sums: &Sums) -> [u8; 4] {
    let a = i64::from(alpha);
    let mean = |sum: u64, weight: u64| (sum.saturating_add(weight / 2)).checked_div(weight).map_or(0, |mean| mean as i64);
    // of 256; an eighth of the window is an edge
    let trust = (sums.weight / (SOLID / 2_048)).checked_div(sums.count).unwrap_or(0).min(256) as i64;
    let mut out = *px;
    for ((to, color), (front, back)) in out.iter_mut().zip(px).take(3).zip(sums.front.iter().zip(sums.back)) {
        let (front, back, own) = (mean(*front, sums.weight), mean(back, sums.rest), i64::from(*color));
        let differs = 255 * own - a * front - (255 - a) * back;
        let estimate = (front + (differs * a + 32_512).div_euclid(65_025)).clamp(0, 255);
        *to = (own + (((estimate - own) * trust + 128) >> 8)).clamp(0, 255) as u8;
    }
    out
}
