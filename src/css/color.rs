//! Colours: CSS Color 4's sRGB syntaxes, and `currentColor`.

/// A straight (not premultiplied) sRGB colour; each part is 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Color {
    pub(crate) r: f32,
    pub(crate) g: f32,
    pub(crate) b: f32,
    pub(crate) a: f32,
}

impl Color {
    pub(crate) const TRANSPARENT: Self = Self { r: 0.0, g: 0.0, b: 0.0, a: 0.0 };
    pub(crate) const BLACK: Self = Self { r: 0.0, g: 0.0, b: 0.0, a: 1.0 };
    pub(crate) const WHITE: Self = Self { r: 1.0, g: 1.0, b: 1.0, a: 1.0 };

    pub(crate) fn from_rgba8(r: u8, g: u8, b: u8, a: u8) -> Self {
        let part = |v: u8| f32::from(v) / 255.0;
        Self { r: part(r), g: part(g), b: part(b), a: part(a) }
    }

    /// Straight 8-bit parts, rounded.
    pub(crate) fn to_rgba8(self) -> [u8; 4] {
        [self.r, self.g, self.b, self.a].map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8)
    }
}

/// A colour, or the layer's `color`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ColorValue {
    Color(Color),
    Current,
}

impl ColorValue {
    pub(crate) fn resolve(self, current: Color) -> Color {
        match self {
            Self::Color(c) => c,
            Self::Current => current,
        }
    }
}
