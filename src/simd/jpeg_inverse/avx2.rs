//! The AVX2 kernels: the bytes of the reference, two blocks in one register, one in each half.

use std::arch::x86_64::*;

use super::{
    C2_1, C2_C6_1, C2C6_2, CB_TO_B, CB_TO_G, COS8_1, CR_TO_G, CR_TO_R, Coefficients, DUMMY, Factors, MEAN, SHIFT, SIN8, SQRT2_1, STEP,
    Upsampled,
};

macro_rules! add {
    ($a:expr, $b:expr) => {
        _mm256_adds_epi16($a, $b)
    };
}
macro_rules! sub {
    ($a:expr, $b:expr) => {
        _mm256_subs_epi16($a, $b)
    };
}
macro_rules! mul {
    ($a:expr, $q:expr) => {
        _mm256_mulhrs_epi16($a, _mm256_set1_epi16($q))
    };
}

/// One AAN pass over eight registers; with LOW, the last four are 0.
#[inline]
#[target_feature(enable = "avx2")]
fn pass<const LOW: bool>(x: [__m256i; 8]) -> [__m256i; 8] {
    let (e10, e11, e13, e12);
    let (z10, z11, z12, z13);
    if LOW {
        e10 = x[0];
        e11 = x[0];
        e13 = x[2];
        e12 = mul!(x[2], SQRT2_1);
        z13 = x[3];
        z10 = sub!(_mm256_setzero_si256(), x[3]);
        z11 = x[1];
        z12 = x[1];
    } else {
        e10 = add!(x[0], x[4]);
        e11 = sub!(x[0], x[4]);
        e13 = add!(x[2], x[6]);
        let d = sub!(x[2], x[6]);
        e12 = sub!(add!(d, mul!(d, SQRT2_1)), e13);
        z13 = add!(x[5], x[3]);
        z10 = sub!(x[5], x[3]);
        z11 = add!(x[1], x[7]);
        z12 = sub!(x[1], x[7]);
    }
    let (t0, t3) = (add!(e10, e13), sub!(e10, e13));
    let (t1, t2) = (add!(e11, e12), sub!(e11, e12));
    let o7 = add!(z11, z13);
    let d = sub!(z11, z13);
    let o11 = add!(d, mul!(d, SQRT2_1));
    let s = add!(z10, z12);
    let z5 = add!(s, mul!(s, C2_1));
    let o10 = sub!(add!(z12, mul!(z12, C2_C6_1)), z5);
    let o12 = sub!(z5, add!(add!(z10, z10), mul!(z10, C2C6_2)));
    let o6 = sub!(o12, o7);
    let o5 = sub!(o11, o6);
    let o4 = add!(o10, o5);
    [add!(t0, o7), add!(t1, o6), add!(t2, o5), sub!(t3, o4), add!(t3, o4), sub!(t2, o5), sub!(t1, o6), sub!(t0, o7)]
}

/// The 8x8 transpose of each half; with LOW, of four columns.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose<const LOW: bool>(r: [__m256i; 8]) -> [__m256i; 8] {
    let lo = |a, b| _mm256_unpacklo_epi16(a, b);
    let hi = |a, b| _mm256_unpackhi_epi16(a, b);
    let (a0, a1, a2, a3) = (lo(r[0], r[1]), lo(r[2], r[3]), lo(r[4], r[5]), lo(r[6], r[7]));
    let (b0, b1, b2, b3) =
        (_mm256_unpacklo_epi32(a0, a1), _mm256_unpackhi_epi32(a0, a1), _mm256_unpacklo_epi32(a2, a3), _mm256_unpackhi_epi32(a2, a3));
    let (o0, o1, o2, o3) =
        (_mm256_unpacklo_epi64(b0, b2), _mm256_unpackhi_epi64(b0, b2), _mm256_unpacklo_epi64(b1, b3), _mm256_unpackhi_epi64(b1, b3));
    let z = _mm256_setzero_si256();
    if LOW {
        return [o0, o1, o2, o3, z, z, z, z];
    }
    let (c0, c1, c2, c3) = (hi(r[0], r[1]), hi(r[2], r[3]), hi(r[4], r[5]), hi(r[6], r[7]));
    let (d0, d1, d2, d3) =
        (_mm256_unpacklo_epi32(c0, c1), _mm256_unpackhi_epi32(c0, c1), _mm256_unpacklo_epi32(c2, c3), _mm256_unpackhi_epi32(c2, c3));
    [
        o0,
        o1,
        o2,
        o3,
        _mm256_unpacklo_epi64(d0, d2),
        _mm256_unpackhi_epi64(d0, d2),
        _mm256_unpacklo_epi64(d1, d3),
        _mm256_unpackhi_epi64(d1, d3),
    ]
}

/// Register i of the coefficients, dequantised.
#[inline]
#[target_feature(enable = "avx2")]
fn load(coefficients: &Coefficients, factors: &Factors, i: usize) -> __m256i {
    let sixteen = |values: &[i16]| match values.as_chunks::<16>().0.get(i) {
        // SAFETY: sixteen values are 32 bytes
        Some(sixteen) => unsafe { _mm256_loadu_si256(sixteen.as_ptr().cast()) },
        None => _mm256_setzero_si256(),
    };
    let (v, high, low) = (sixteen(&coefficients.0), sixteen(&factors.high), sixteen(&factors.low));
    // what is below the whole ones rounds up from a half on
    let half = _mm256_srli_epi16::<15>(_mm256_mullo_epi16(v, low));
    _mm256_add_epi16(_mm256_add_epi16(_mm256_mullo_epi16(v, high), _mm256_mulhi_epi16(v, low)), half)
}

/// The first register, with the means of two blocks or of four.
#[inline]
#[target_feature(enable = "avx2")]
fn load_first<const BLOCKS: usize>(coefficients: &Coefficients, factors: &Factors) -> __m256i {
    const M: i16 = MEAN;
    const N: i16 = 0;
    let means = if BLOCKS == 4 {
        _mm256_setr_epi16(M, N, N, N, M, N, N, N, M, N, N, N, M, N, N, N)
    } else {
        _mm256_setr_epi16(M, N, N, N, N, N, N, N, M, N, N, N, N, N, N, N)
    };
    _mm256_add_epi16(load(coefficients, factors, 0), means)
}

/// Eight samples of a block that has its mean alone.
#[inline]
#[target_feature(enable = "avx2")]
fn flat(mean: i16) -> u64 {
    u64::from((mean >> SHIFT).clamp(0, 255) as u8) * 0x0101_0101_0101_0101
}

/// Called, not inlined: entropy decoding around it keeps its registers (2 to 4 % of the time of a picture).
///
/// # Safety
/// 8 bytes can be written at each of the 8 rows from each of two places on, `stride` bytes apart.
#[inline(never)]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn inverse_pair(
    pair: &mut Coefficients,
    factors: &Factors,
    last: u32,
    plane: *mut u8,
    [a, b]: [usize; 2],
    stride: usize,
) {
    let z = _mm256_setzero_si256();
    if last == 0 {
        let [first, second] = [0, 8].map(|i| factors.mean(i, pair.0.get(i).copied().unwrap_or(0)));
        for y in 0..8 {
            // SAFETY: row y is one of the eight
            unsafe {
                plane.add(a + y * stride).cast::<u64>().write_unaligned(flat(first));
                plane.add(b + y * stride).cast::<u64>().write_unaligned(flat(second));
            }
        }
        clear(pair, 1);
        return;
    }
    let r = if last < 10 {
        let x = [load_first::<2>(pair, factors), load(pair, factors, 1), load(pair, factors, 2), load(pair, factors, 3), z, z, z, z];
        clear(pair, 4);
        pass::<true>(transpose::<true>(pass::<true>(x)))
    } else {
        let x = [
            load_first::<2>(pair, factors),
            load(pair, factors, 1),
            load(pair, factors, 2),
            load(pair, factors, 3),
            load(pair, factors, 4),
            load(pair, factors, 5),
            load(pair, factors, 6),
            load(pair, factors, 7),
        ];
        clear(pair, 8);
        pass::<false>(transpose::<false>(pass::<false>(x)))
    };
    for (i, [even, odd]) in r.as_chunks::<2>().0.iter().enumerate() {
        let v = samples(*even, *odd);
        // SAFETY: rows 2 i and 2 i + 1 are two of the eight
        unsafe {
            store_rows(_mm256_castsi256_si128(v), plane.add(a + 2 * i * stride), stride);
            store_rows(_mm256_extracti128_si256::<1>(v), plane.add(b + 2 * i * stride), stride);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn clear(coefficients: &mut Coefficients, registers: usize) {
    for sixteen in coefficients.0.as_chunks_mut::<16>().0.iter_mut().take(registers.min(DUMMY as usize / 16)) {
        *sixteen = [0; 16];
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn samples(even: __m256i, odd: __m256i) -> __m256i {
    const BY: i32 = SHIFT as i32;
    _mm256_packus_epi16(_mm256_srai_epi16::<BY>(even), _mm256_srai_epi16::<BY>(odd))
}

/// Eight bytes to each of two rows.
///
/// # Safety
/// 8 bytes can be written at `to` and at `stride` bytes after it.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_rows(v: __m128i, to: *mut u8, stride: usize) {
    // SAFETY: the caller vouches for both rows
    unsafe {
        _mm_storel_epi64(to.cast(), v);
        _mm_storeh_pd(to.add(stride).cast(), _mm_castsi128_pd(v));
    }
}

/// Called, as the one above.
///
/// # Safety
/// 4 bytes can be written at each of the 4 rows from each of `at` on, `stride` bytes apart.
#[inline(never)]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn inverse_half(four: &mut Coefficients, factors: &Factors, last: u32, plane: *mut u8, at: [usize; 4], stride: usize) {
    if last == 0 {
        for (i, at) in at.into_iter().enumerate() {
            let flat = flat(factors.mean(i * 4, four.0.get(i * 4).copied().unwrap_or(0))) as u32;
            for y in 0..4 {
                // SAFETY: row y is one of the four
                unsafe { plane.add(at + y * stride).cast::<u32>().write_unaligned(flat) };
            }
        }
        clear(four, 1);
        return;
    }
    let x = [load_first::<4>(four, factors), load(four, factors, 1), load(four, factors, 2), load(four, factors, 3)];
    clear(four, 4);
    let [a, b, c, d] = pass_4(x);
    let (t0, t1) = (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b));
    let (t2, t3) = (_mm256_unpacklo_epi16(c, d), _mm256_unpackhi_epi16(c, d));
    let (u0, u1) = (_mm256_unpacklo_epi32(t0, t2), _mm256_unpackhi_epi32(t0, t2));
    let (u2, u3) = (_mm256_unpacklo_epi32(t1, t3), _mm256_unpackhi_epi32(t1, t3));
    let r = pass_4([
        _mm256_unpacklo_epi64(u0, u2),
        _mm256_unpackhi_epi64(u0, u2),
        _mm256_unpacklo_epi64(u1, u3),
        _mm256_unpackhi_epi64(u1, u3),
    ]);
    let [a, b, c, d] = at;
    let side_by_side = b == a + 4 && d == c + 4;
    for (i, [even, odd]) in r.as_chunks::<2>().0.iter().enumerate() {
        let v = samples(*even, *odd);
        let (upper, lower) = (_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v));
        let row = 2 * i * stride;
        // SAFETY: rows 2 i and 2 i + 1 are two of the four of each block, and two blocks side by side are rows of 8
        unsafe {
            if side_by_side {
                store_rows(upper, plane.add(a + row), stride);
                store_rows(lower, plane.add(c + row), stride);
            } else {
                store_quads(upper, plane.add(a + row), plane.add(b + row), stride);
                store_quads(lower, plane.add(c + row), plane.add(d + row), stride);
            }
        }
    }
}

/// Four bytes to each of two rows of two blocks.
///
/// # Safety
/// 4 bytes can be written at `a` and `b` and at `stride` bytes after them.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_quads(v: __m128i, a: *mut u8, b: *mut u8, stride: usize) {
    // SAFETY: the caller vouches for all four places
    unsafe {
        a.cast::<i32>().write_unaligned(_mm_cvtsi128_si32(v));
        b.cast::<i32>().write_unaligned(_mm_extract_epi32::<1>(v));
        a.add(stride).cast::<i32>().write_unaligned(_mm_extract_epi32::<2>(v));
        b.add(stride).cast::<i32>().write_unaligned(_mm_extract_epi32::<3>(v));
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn pass_4([x0, x1, x2, x3]: [__m256i; 4]) -> [__m256i; 4] {
    let (a, b) = (add!(x0, x2), sub!(x0, x2));
    let m = add!(add!(x1, mul!(x1, COS8_1)), mul!(x3, SIN8));
    let n = sub!(sub!(mul!(x1, SIN8), x3), mul!(x3, COS8_1));
    [add!(a, m), add!(b, n), sub!(b, n), sub!(a, m)]
}

/// What red, green and blue get from 16 samples of chroma around 0.
#[derive(Clone, Copy)]
struct Terms {
    r: __m256i,
    g: __m256i,
    b: __m256i,
}

#[inline]
#[target_feature(enable = "avx2")]
fn terms(cb: __m256i, cr: __m256i) -> Terms {
    let (b2, r2) = (_mm256_slli_epi16::<6>(cb), _mm256_slli_epi16::<6>(cr));
    let g = _mm256_add_epi16(mul!(b2, CB_TO_G), mul!(r2, CR_TO_G));
    let g = _mm256_srai_epi16::<6>(_mm256_sub_epi16(_mm256_set1_epi16(32), g));
    Terms { r: mul!(_mm256_add_epi16(cr, cr), CR_TO_R), g, b: mul!(_mm256_add_epi16(cb, cb), CB_TO_B) }
}

/// 32 px; `low` and `high` are the terms of px 0-7 and 16-23, and of 8-15 and 24-31.
///
/// # Safety
/// 32 samples can be read from `y` on, and 128 bytes written from `out` on.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn put(y: *const u8, low: Terms, high: Terms, out: *mut u8) {
    let z = _mm256_setzero_si256();
    // SAFETY: as the caller vouches
    let v = unsafe { _mm256_loadu_si256(y.cast()) };
    let (yl, yh) = (_mm256_unpacklo_epi8(v, z), _mm256_unpackhi_epi8(v, z));
    let channel = |l, h| _mm256_packus_epi16(_mm256_add_epi16(yl, l), _mm256_add_epi16(yh, h));
    let (r, g, b, a) = (channel(low.r, high.r), channel(low.g, high.g), channel(low.b, high.b), _mm256_set1_epi8(-1));
    let (rg0, rg1, ba0, ba1) =
        (_mm256_unpacklo_epi8(r, g), _mm256_unpackhi_epi8(r, g), _mm256_unpacklo_epi8(b, a), _mm256_unpackhi_epi8(b, a));
    let (p0, p1, p2, p3) = (
        _mm256_unpacklo_epi16(rg0, ba0),
        _mm256_unpackhi_epi16(rg0, ba0),
        _mm256_unpacklo_epi16(rg1, ba1),
        _mm256_unpackhi_epi16(rg1, ba1),
    );
    let o = out.cast::<__m256i>();
    // SAFETY: four times 32 bytes are the 128
    unsafe {
        _mm256_storeu_si256(o, _mm256_permute2x128_si256::<0x20>(p0, p1));
        _mm256_storeu_si256(o.add(1), _mm256_permute2x128_si256::<0x20>(p2, p3));
        _mm256_storeu_si256(o.add(2), _mm256_permute2x128_si256::<0x31>(p0, p1));
        _mm256_storeu_si256(o.add(3), _mm256_permute2x128_si256::<0x31>(p2, p3));
    }
}

/// # Safety
/// Both rows have as many samples as `out`.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn quarters(near: &[u8], far: &[u8], out: &mut [i16]) {
    let (steps, middle) = (out.len() / 16, _mm256_set1_epi16(512));
    for i in 0..steps {
        // SAFETY: 16 samples from 16 i on are within `out` and so within both rows
        unsafe {
            let wide = |row: &[u8]| _mm256_cvtepu8_epi16(_mm_loadu_si128(row.as_ptr().add(16 * i).cast()));
            let (near, far) = (wide(near), wide(far));
            let sum = _mm256_add_epi16(_mm256_add_epi16(near, near), _mm256_add_epi16(near, far));
            _mm256_storeu_si256(out.as_mut_ptr().add(16 * i).cast(), _mm256_sub_epi16(sum, middle));
        }
    }
    super::quarters(near, far, out, 16 * steps);
}

/// # Safety
/// Luma has whole steps for `px` of them, chroma half of that and two more.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn colour_upsampled(y: &[u8], chroma: Upsampled<'_>, px: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.reserve(px.next_multiple_of(STEP) * 4);
    let to = out.spare_capacity_mut().as_mut_ptr().cast::<u8>();
    for x in (0..px).step_by(STEP) {
        // SAFETY: the step at x is one of those that the caller vouches for, and there is room for all of them
        unsafe {
            let (b_even, b_odd) = between(chroma.cb.as_ptr().add(x / 2), chroma.rounding);
            let (r_even, r_odd) = between(chroma.cr.as_ptr().add(x / 2), chroma.rounding);
            let low = terms(_mm256_unpacklo_epi16(b_even, b_odd), _mm256_unpacklo_epi16(r_even, r_odd));
            let high = terms(_mm256_unpackhi_epi16(b_even, b_odd), _mm256_unpackhi_epi16(r_even, r_odd));
            put(y.as_ptr().add(x), low, high, to.add(x * 4));
        }
    }
    // SAFETY: all px were written, and no more are taken
    unsafe { out.set_len(start + px * 4) };
}

/// 16 samples upsampled by a triangle: those of even and of odd px.
///
/// # Safety
/// 18 samples can be read from `samples` on.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn between(samples: *const i16, rounding: [i16; 2]) -> (__m256i, __m256i) {
    let [half_even, half_odd] = rounding.map(|v| _mm256_set1_epi16(v));
    // SAFETY: 16 values from the first, the second and the third on are within the 18
    let (before, here, after) = unsafe {
        (_mm256_loadu_si256(samples.cast()), _mm256_loadu_si256(samples.add(1).cast()), _mm256_loadu_si256(samples.add(2).cast()))
    };
    let three = _mm256_add_epi16(_mm256_add_epi16(here, here), here);
    let even = _mm256_srai_epi16::<4>(_mm256_add_epi16(three, _mm256_add_epi16(before, half_even)));
    let odd = _mm256_srai_epi16::<4>(_mm256_add_epi16(three, _mm256_add_epi16(after, half_odd)));
    (even, odd)
}

/// # Safety
/// All three rows have whole steps for `px` of them.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn colour_full(y: &[u8], cb: &[u8], cr: &[u8], px: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.reserve(px.next_multiple_of(STEP) * 4);
    let to = out.spare_capacity_mut().as_mut_ptr().cast::<u8>();
    for x in (0..px).step_by(STEP) {
        // SAFETY: the step at x is one of those that the caller vouches for, and there is room for all of them
        unsafe {
            let (b, r) = (centred(cb.as_ptr().add(x)), centred(cr.as_ptr().add(x)));
            let (s, t) = (terms(b.0, r.0), terms(b.1, r.1));
            macro_rules! halves {
                ($k:literal) => {
                    Terms {
                        r: _mm256_permute2x128_si256::<$k>(s.r, t.r),
                        g: _mm256_permute2x128_si256::<$k>(s.g, t.g),
                        b: _mm256_permute2x128_si256::<$k>(s.b, t.b),
                    }
                };
            }
            put(y.as_ptr().add(x), halves!(0x20), halves!(0x31), to.add(x * 4));
        }
    }
    // SAFETY: all px were written, and no more are taken
    unsafe { out.set_len(start + px * 4) };
}

/// 32 samples around 0.
///
/// # Safety
/// 32 samples can be read from `samples` on.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn centred(samples: *const u8) -> (__m256i, __m256i) {
    let middle = _mm256_set1_epi16(128);
    let half = |v| _mm256_sub_epi16(_mm256_cvtepu8_epi16(v), middle);
    // SAFETY: twice 16 bytes are the 32
    unsafe { (half(_mm_loadu_si128(samples.cast())), half(_mm_loadu_si128(samples.add(16).cast()))) }
}
