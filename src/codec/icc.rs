//! Embedded colour profiles to sRGB.
//!
//! `moxcms` reads the profile; it is applied here, because that library picks fused multiplication at run time and then writes other
//! bytes on other processors. RGB and grey profiles of curves and a matrix are applied in whole numbers: a table in, a matrix in Q16, a
//! table out. Profiles of tables (all CMYK ones) are evaluated at their grid's own nodes with `libm` and interpolated between them in whole
//! numbers, in sRGB. A profile that moves no colour by more than one level is sRGB under another name and costs nothing. One that
//! cannot be read is as none: browsers show such a picture too.

use super::PART;
use crate::guard::Sentry;
use moxcms::{ColorProfile, DataColorSpace, LutDataType, LutStore, LutWarehouse, ToneReprCurve, Xyzd};

/// Linear light is counted in 14 bits: at the dark end of sRGB a level is five of its units.
const UNITS: i64 = 16_383;

/// D50 XYZ to linear sRGB, adapted by Bradford.
const XYZ_TO_SRGB: [[f64; 3]; 3] =
    [[3.133_856_1, -1.616_866_7, -0.490_614_6], [-0.978_768_4, 1.916_141_5, 0.033_454_0], [0.071_945_3, -0.228_991_4, 1.405_242_7]];
const D50: [f64; 3] = [0.964_2, 1.0, 0.824_9];

/// Turns straight RGBA in the space of a profile into sRGB.
pub(super) fn rgb_to_srgb(profile: &[u8], straight: &mut [u8], sentry: &Sentry<'_>) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    let parts = straight.chunks_mut(PART / 4).take_while(|_| !sentry.stops());
    if let Some(shaper) = Shaper::of(&profile) {
        if !shaper.is_srgb() {
            parts.flat_map(|part| part.as_chunks_mut::<4>().0).for_each(|[r, g, b, _]| [*r, *g, *b] = shaper.apply([*r, *g, *b]));
        }
    } else if let Some(grid) = Grid::<3>::of(&profile, DataColorSpace::Rgb) {
        parts.flat_map(|part| part.as_chunks_mut::<4>().0).for_each(|[r, g, b, _]| [*r, *g, *b] = grid.apply([*r, *g, *b]));
    }
}

/// CMYK (0 is no ink) as straight RGBA; without a profile each ink takes its share of the light.
pub(super) fn cmyk_to_srgb(profile: Option<&[u8]>, cmyk: &[u8], sentry: &Sentry<'_>) -> Vec<u8> {
    let profile = profile.and_then(|p| ColorProfile::new_from_slice(p).ok());
    let pixels = cmyk.chunks(PART / 4).take_while(|_| !sentry.stops()).flat_map(|part| part.as_chunks::<4>().0);
    if let Some(grid) = profile.and_then(|p| Grid::<4>::of(&p, DataColorSpace::Cmyk)) {
        return pixels.map(|px| grid.apply(*px)).flat_map(|[r, g, b]| [r, g, b, 255]).collect();
    }
    let light = |ink: u8, black: u8| (((255 - u32::from(ink)) * (255 - u32::from(black)) + 127) / 255) as u8;
    pixels.flat_map(|[c, m, y, k]| [light(*c, *k), light(*m, *k), light(*y, *k), 255]).collect()
}

/// Curves and a matrix.
struct Shaper {
    linear: [[i64; 256]; 3],
    /// Q16.
    matrix: [[i64; 3]; 3],
    encoded: Vec<u8>,
}

impl Shaper {
    fn of(profile: &ColorProfile) -> Option<Self> {
        let (curves, matrix) = match profile.color_space {
            DataColorSpace::Rgb => {
                let curves = [profile.red_trc.as_ref()?, profile.green_trc.as_ref()?, profile.blue_trc.as_ref()?];
                let columns = [profile.red_colorant, profile.green_colorant, profile.blue_colorant].map(|Xyzd { x, y, z }| [x, y, z]);
                (curves, XYZ_TO_SRGB.map(|row| columns.map(|c| dot(row, c))))
            }
            DataColorSpace::Gray => ([profile.gray_trc.as_ref()?; 3], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            _ => return None,
        };
        let in_range = matrix.iter().flatten().all(|v| v.abs() < 64.0);
        in_range.then(|| Self {
            linear: curves.map(|curve| std::array::from_fn(|i| units(evaluate(curve, i as f64 / 255.0)))),
            matrix: matrix.map(|row| row.map(|v| libm::round(v * 65_536.0) as i64)),
            encoded: encoded(),
        })
    }

    fn apply(&self, rgb: [u8; 3]) -> [u8; 3] {
        let [r, g, b] = &self.linear;
        let [x, y, z] = [(r, 0), (g, 1), (b, 2)].map(|(t, i)| rgb.get(i).and_then(|v| t.get(usize::from(*v))).copied().unwrap_or(0));
        self.matrix.map(|[a, b, c]| {
            let light = (a * x + b * y + c * z + 32_768) >> 16;
            self.encoded.get(light.clamp(0, UNITS) as usize).copied().unwrap_or(0)
        })
    }

    /// Whether no colour of a coarse grid or of the grey axis moves by more than one level.
    fn is_srgb(&self) -> bool {
        let near = |c: [u8; 3]| self.apply(c).iter().zip(c).all(|(a, b)| a.abs_diff(b) <= 1);
        let levels = || (0..=255u8).step_by(51);
        (0..=255).all(|v| near([v; 3])) && levels().all(|r| levels().all(|g| levels().all(|b| near([r, g, b]))))
    }
}

/// A table of N dimensions.
struct Grid<const N: usize> {
    /// For each value of each input, where it falls between nodes: 8 bits of fraction.
    places: Vec<[u32; 256]>,
    points: usize,
    /// sRGB at the nodes, 8 bits and 6 of fraction; the last input runs fastest.
    nodes: Vec<[u16; 3]>,
}

impl<const N: usize> Grid<N> {
    fn of(profile: &ColorProfile, space: DataColorSpace) -> Option<Self> {
        let tables = [&profile.lut_a_to_b_perceptual, &profile.lut_a_to_b_colorimetric];
        let lut = tables.into_iter().flatten().find_map(|t| match t {
            LutWarehouse::Lut(lut) => Some(lut),
            LutWarehouse::Multidimensional(_) => None,
        })?;
        let points = usize::from(lut.num_clut_grid_points);
        let count = points.checked_pow(N as u32)?;
        let fits = profile.color_space == space && usize::from(lut.num_input_channels) == N && lut.num_output_channels == 3;
        if !fits || points < 2 || count > 1 << 20 || values(&lut.clut_table).len() < count * 3 {
            return None;
        }
        let wide = matches!(lut.clut_table, LutStore::Store16(_));
        let (clut, input) = (values(&lut.clut_table), values(&lut.input_table));
        let entries = usize::from(lut.num_input_table_entries);
        let places = input
            .chunks_exact(entries.max(2))
            .take(N)
            .map(|table| std::array::from_fn(|i| libm::round(interpolate(table, i as f64 / 255.0) * (points - 1) as f64 * 256.0) as u32));
        let encoded = encoded();
        let nodes = clut.chunks_exact(3).take(count).map(|node| node_to_srgb(node, lut, profile.pcs, wide, &encoded));
        let grid = Self { places: places.collect(), points, nodes: nodes.collect() };
        (grid.places.len() == N).then_some(grid)
    }

    fn apply(&self, inputs: [u8; N]) -> [u8; 3] {
        // (index of the lower node, weight of the upper one in 1/256) for each input
        let mut base = 0;
        let mut steps = [(0, 0); N];
        for (((input, table), step), i) in inputs.iter().zip(&self.places).zip(&mut steps).zip((0..N).rev()) {
            let place = table.get(usize::from(*input)).copied().unwrap_or(0) as usize;
            let below = (place >> 8).min(self.points - 2);
            let stride = self.points.pow(i as u32);
            base += below * stride;
            *step = (stride, (place - (below << 8)).min(256) as u64);
        }
        let mut sum = [0u64; 3];
        for corner in 0..1usize << N {
            let mut weight = 1u64;
            let mut at = base;
            for (i, (stride, upper)) in steps.iter().enumerate() {
                let above = corner >> i & 1 == 1;
                weight *= if above { *upper } else { 256 - *upper };
                at += if above { *stride } else { 0 };
            }
            for (s, v) in sum.iter_mut().zip(self.nodes.get(at).copied().unwrap_or_default()) {
                *s += weight * u64::from(v);
            }
        }
        let shift = 8 * N as u32 + 6;
        sum.map(|s| ((s + (1 << (shift - 1))) >> shift).min(255) as u8)
    }
}

/// A node's three values through the output curves, as Lab or XYZ, to sRGB.
fn node_to_srgb(node: &[f64], lut: &LutDataType, pcs: DataColorSpace, wide: bool, encoded: &[u8]) -> [u16; 3] {
    let entries = usize::from(lut.num_output_table_entries).max(2);
    let output = values(&lut.output_table);
    let mut pcs_values = [0.0; 3];
    for ((value, table), out) in node.iter().zip(output.chunks_exact(entries)).zip(&mut pcs_values) {
        *out = interpolate(table, *value);
    }
    let [a, b, c] = pcs_values;
    let xyz = if pcs == DataColorSpace::Lab {
        // 16 bits count to 0xff00 for 100 and for 127 + 255/256
        let whole = if wide { 65_535.0 / 65_280.0 } else { 1.0 };
        lab_to_xyz([a * whole * 100.0, b * whole * 255.0 - 128.0, c * whole * 255.0 - 128.0])
    } else {
        [a, b, c].map(|v| v * (1.0 + 32_767.0 / 32_768.0))
    };
    let level = |light: f64| u16::from(encoded.get(units(light) as usize).copied().unwrap_or(0)) << 6;
    XYZ_TO_SRGB.map(|row| level(dot(row, xyz)))
}

fn lab_to_xyz([l, a, b]: [f64; 3]) -> [f64; 3] {
    let y = (l + 16.0) / 116.0;
    let back = |t: f64| if t > 6.0 / 29.0 { t * t * t } else { (t - 4.0 / 29.0) * 108.0 / 841.0 };
    let [wx, wy, wz] = D50;
    [wx * back(y + a / 500.0), wy * back(y), wz * back(y - b / 200.0)]
}

fn dot([a, b, c]: [f64; 3], [x, y, z]: [f64; 3]) -> f64 {
    a * x + b * y + c * z
}

fn units(light: f64) -> i64 {
    (light.clamp(0.0, 1.0) * UNITS as f64 + 0.5) as i64
}

/// sRGB's level for each amount of light.
fn encoded() -> Vec<u8> {
    let light = |level: f64| if level <= 0.040_45 { level / 12.92 } else { libm::pow((level + 0.055) / 1.055, 2.4) };
    let mut table = Vec::with_capacity(UNITS as usize + 1);
    for level in 0..=255u8 {
        let upto = if level == 255 { 1.1 } else { light((f64::from(level) + 0.5) / 255.0) };
        let end = (libm::ceil(upto * UNITS as f64) as usize).min(UNITS as usize + 1);
        table.resize(end.max(table.len()), level);
    }
    table
}

fn evaluate(curve: &ToneReprCurve, x: f64) -> f64 {
    match curve {
        ToneReprCurve::Lut(table) => match table.as_slice() {
            [] => x,
            [gamma] => libm::pow(x, f64::from(*gamma) / 256.0),
            table => interpolate(&table.iter().map(|v| f64::from(*v) / 65_535.0).collect::<Vec<_>>(), x),
        },
        ToneReprCurve::Parametric(parameters) => {
            let p = |i: usize| parameters.get(i).copied().map_or(0.0, f64::from);
            let power = |x: f64| libm::pow((p(1) * x + p(2)).max(0.0), p(0));
            let y = match parameters.len() {
                1 => libm::pow(x, p(0)),
                3 if p(1) * x + p(2) >= 0.0 => power(x),
                3 => 0.0,
                4 if p(1) * x + p(2) >= 0.0 => power(x) + p(3),
                4 => p(3),
                5 if x >= p(4) => power(x),
                5 => p(3) * x,
                _ if x >= p(4) => power(x) + p(5),
                _ => p(3) * x + p(6),
            };
            if y.is_finite() { y } else { x }
        }
    }
}

/// A table of values over 0 to 1.
fn interpolate(table: &[f64], x: f64) -> f64 {
    let at = x.clamp(0.0, 1.0) * table.len().saturating_sub(1) as f64;
    let below = at as usize;
    let value = |i: usize| table.get(i).or(table.last()).copied().unwrap_or(x);
    value(below) + (value(below + 1) - value(below)) * (at - below as f64)
}

fn values(store: &LutStore) -> Vec<f64> {
    match store {
        LutStore::Store8(v) => v.iter().map(|v| f64::from(*v) / 255.0).collect(),
        LutStore::Store16(v) => v.iter().map(|v| f64::from(*v) / 65_535.0).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(profile: &ColorProfile, colour: [u8; 3]) -> [u8; 3] {
        let mut px = [colour[0], colour[1], colour[2], 77];
        rgb_to_srgb(&profile.encode().unwrap(), &mut px, &Sentry::default());
        assert_eq!(px[3], 77);
        [px[0], px[1], px[2]]
    }

    #[test]
    fn srgb_is_left_alone_to_the_bit() {
        let profile = ColorProfile::new_srgb();
        for colour in [[0, 0, 0], [1, 2, 3], [255, 0, 128], [200, 199, 198], [255, 255, 255]] {
            assert_eq!(converted(&profile, colour), colour);
        }
    }

    #[test]
    fn wide_spaces_come_to_the_colours_that_littlecms_gives() {
        let adobe = ColorProfile::new_adobe_rgb();
        let p3 = ColorProfile::new_display_p3();
        let near = |a: [u8; 3], b: [u8; 3]| assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 1), "{a:?} {b:?}");
        near(converted(&adobe, [128, 128, 128]), [129, 129, 129]);
        near(converted(&adobe, [100, 200, 100]), [0, 201, 92]);
        near(converted(&adobe, [200, 100, 50]), [227, 100, 42]);
        near(converted(&adobe, [10, 20, 30]), [0, 12, 24]);
        near(converted(&p3, [100, 200, 100]), [45, 203, 86]);
        near(converted(&p3, [200, 100, 50]), [215, 93, 31]);
        near(converted(&p3, [250, 5, 5]), [255, 0, 0]);
    }

    #[test]
    fn without_a_profile_ink_takes_its_share_of_the_light() {
        assert_eq!(
            cmyk_to_srgb(None, &[0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 51, 0, 102, 128], &Sentry::default()),
            [255, 255, 255, 255, 0, 255, 255, 255, 0, 0, 0, 255, 102, 127, 76, 255]
        );
    }

    #[test]
    fn rubbish_is_as_no_profile() {
        let mut px = [1, 2, 3, 4];
        rgb_to_srgb(b"", &mut px, &Sentry::default());
        rgb_to_srgb(&[0xff; 200], &mut px, &Sentry::default());
        assert_eq!(px, [1, 2, 3, 4]);
    }
}
