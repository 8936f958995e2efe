//! The checksum of a zlib stream.

/// Adler's checksum.
pub(super) fn adler32(data: &[u8]) -> u32 {
    const LANES: usize = 32;
    const ROUNDS: usize = 16;
    let (mut a, mut b) = (1u32, 0u32);
    let (parts, rest) = data.as_chunks::<{ LANES * ROUNDS }>();
    for part in parts {
        // sums of every 32nd byte, and sums of these sums: at most 255 * 136, which 16 bits hold
        let (mut sums, mut running) = ([0u16; LANES], [0u16; LANES]);
        for block in part.as_chunks::<LANES>().0 {
            for ((sum, running), v) in sums.iter_mut().zip(&mut running).zip(block) {
                *sum += u16::from(*v);
                *running += *sum;
            }
        }
        b += a * (LANES * ROUNDS) as u32;
        for (i, (sum, running)) in (0..).zip(sums.iter().zip(&running)) {
            a += u32::from(*sum);
            b += LANES as u32 * u32::from(*running) - i * u32::from(*sum);
        }
        (a, b) = (a % 65_521, b % 65_521);
    }
    for v in rest {
        a += u32::from(*v);
        b += a;
    }
    (a, b) = (a % 65_521, b % 65_521);
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_adlers() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        let long: Vec<u8> = (0..100_000u32).map(|i| (i * 7) as u8 | 0xc0).collect();
        let (a, b) = long.iter().fold((1u64, 0u64), |(a, b), v| ((a + u64::from(*v)) % 65_521, (b + a + u64::from(*v)) % 65_521));
        assert_eq!(u64::from(adler32(&long)), b << 16 | a);
    }
}
