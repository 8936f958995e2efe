//! What a frame is encoded to.

/// An encoded format and its settings.
///
/// ```
/// use templrender::{Frame, Output};
/// let frame = Frame::from_rgba(1, 1, vec![255, 0, 0, 255])?;
/// assert!(frame.encode(&Output::jpeg(85))?.starts_with(&[0xff, 0xd8]));
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Output {
    /// The format.
    ///
    /// Default: PNG
    pub format: OutputFormat,
    /// Quality of a JPEG, 1 to 100, as libjpeg counts it; other formats are lossless.
    ///
    /// Default: 85
    pub quality: u8,
    /// How much of its colour a JPEG keeps.
    ///
    /// Default: `Auto`
    pub subsampling: Subsampling,
    /// Time against size.
    ///
    /// Default: `Fast`
    pub effort: Effort,
    /// What is put under transparent pixels in a format without transparency, sRGB.
    ///
    /// Default: white
    pub matte: [u8; 3],
}

/// A format that is written.
///
/// ```
/// use templrender::{Output, OutputFormat};
/// assert_eq!(Output::webp().format, OutputFormat::WebP);
/// assert_eq!(Output::png().format, OutputFormat::Png);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutputFormat {
    /// Baseline JPEG.
    Jpeg,
    /// PNG, lossless; a palette where 256 colours are enough.
    Png,
    /// WebP, lossless.
    WebP,
}

/// How much of its colour a JPEG keeps.
///
/// ```
/// use templrender::{Frame, Limits, Output, Subsampling};
/// let red = Frame::from_rgba(8, 8, [200, 40, 40, 255].repeat(64))?;
/// let grey = Output { subsampling: Subsampling::S400, ..Output::jpeg(80) };
/// let seen = Frame::decode(&red.encode(&grey)?, &Limits::default())?;
/// assert_eq!(seen.pixels()[..4], [88, 88, 88, 255]);
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subsampling {
    /// 4:4:4 from quality 90 on, else 4:2:0.
    Auto,
    /// A quarter of the colour samples: smaller, red text gets soft edges.
    S420,
    /// All of them.
    S444,
    /// None: a grey picture, in a file of one component.
    S400,
}

/// Time against size.
///
/// ```
/// use templrender::{Effort, Frame, Limits, Output};
/// let frame = Frame::new(64, 64, &Limits::default())?;
/// let once = frame.encode(&Output { effort: Effort::Small, ..Output::png() })?;
/// assert!(once.len() <= frame.encode(&Output::png())?.len());
/// # Ok::<(), templrender::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Effort {
    /// For pictures that are made while someone waits.
    Fast,
    /// For pictures that are made once and sent often: a PNG takes some fifteen times the time and a tenth to a third fewer bytes.
    Small,
}

impl Default for Output {
    fn default() -> Self {
        Self { format: OutputFormat::Png, quality: 85, subsampling: Subsampling::Auto, effort: Effort::Fast, matte: [255; 3] }
    }
}

impl Output {
    /// JPEG of a quality from 1 to 100.
    pub fn jpeg(quality: u8) -> Self {
        Self { format: OutputFormat::Jpeg, quality, ..Self::default() }
    }

    /// PNG.
    pub fn png() -> Self {
        Self::default()
    }

    /// Lossless WebP.
    pub fn webp() -> Self {
        Self { format: OutputFormat::WebP, ..Self::default() }
    }
}
