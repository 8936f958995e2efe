//! What one call may take. Every number is compared before memory is taken.

/// The bounds of one template, row, picture and canvas.
///
/// ```
/// use templrender::Limits;
/// let limits = Limits { max_pixels: 4_000_000, ..Limits::default() };
/// assert_eq!(limits.max_side_px, 16_384);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Longest side of a picture or canvas, in px.
    ///
    /// Default: 16,384
    pub max_side_px: u32,
    /// Most pixels of one picture or canvas.
    ///
    /// Default: 64,000,000
    pub max_pixels: u64,
    /// Most bytes of one encoded picture, font or SVG.
    ///
    /// Default: 32 MiB
    pub max_input_bytes: usize,
    /// Most bytes of ICC, EXIF and text chunks in one picture.
    ///
    /// Default: 4 MiB
    pub max_metadata_bytes: usize,
    /// Most scans of one progressive JPEG.
    ///
    /// Default: 1,000
    pub max_scans: u32,
    /// Most bytes of one template's JSON.
    ///
    /// Default: 4 MiB
    pub max_template_bytes: usize,
    /// Deepest nesting of a template's JSON and of its layers.
    ///
    /// Default: 64
    pub max_depth: u32,
    /// Most layers of one plan, repeated ones counted each time.
    ///
    /// Default: 10,000
    pub max_layers: usize,
    /// Most bytes of one text layer after its bindings are filled in.
    ///
    /// Default: 64 KiB
    pub max_text_bytes: usize,
    /// Most bytes of one record of a feed.
    ///
    /// Default: 5,242,880, which is Meta's bound
    pub max_feed_row_bytes: usize,
    /// Most bytes of the rows that override a feed's, about.
    ///
    /// Default: 256 MiB
    pub max_override_bytes: usize,
    /// Most bytes of a feed's rows that are kept to be grouped, about.
    ///
    /// Default: 1 GiB
    pub max_group_bytes: usize,
    /// Most files of one template's pack.
    ///
    /// Default: 1,000
    pub max_pack_files: usize,
    /// Most bytes of one template's pack, its files together.
    ///
    /// Default: 256 MiB
    pub max_pack_bytes: usize,
    /// Most MB that one run of a model may take at its peak, by its manifest.
    ///
    /// Default: 1,024
    pub max_model_peak_mb: u64,
    /// Most billions of multiplications of one run of a model, by its manifest.
    ///
    /// Default: 500
    pub max_model_gmac: u64,
    /// Most bytes of a model's file.
    ///
    /// Default: 512 MiB
    pub max_model_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_side_px: 16_384,
            max_pixels: 64_000_000,
            max_input_bytes: 32 << 20,
            max_metadata_bytes: 4 << 20,
            max_scans: 1_000,
            max_template_bytes: 4 << 20,
            max_depth: 64,
            max_layers: 10_000,
            max_text_bytes: 64 << 10,
            max_feed_row_bytes: 5_242_880,
            max_override_bytes: 256 << 20,
            max_group_bytes: 1 << 30,
            max_pack_files: 1_000,
            max_pack_bytes: 256 << 20,
            max_model_peak_mb: 1_024,
            max_model_gmac: 500,
            max_model_bytes: 512 << 20,
        }
    }
}
