//! A frame's way into the encoder: row of MCUs after row of MCUs, over a colour where it is transparent, and rows that were coded before.
//!
//! Who knows that part of a picture is the same each time (a template's static layers) keeps those rows in code with [`KeptRows`], and
//! the next frame's rows are copied: a file's bytes are those of [`encode`](super::encode) all the same.

use super::encode::{CodedRow, Encoder, Settings};
use crate::codec::{Output, OutputFormat, Subsampling};
use crate::error::{Code, Fault};
use crate::guard::Sentry;
use crate::pixel::{Frame, is_opaque};
use crate::simd::Level;
use crate::simd::jpeg_forward::Sampling;

/// Rows of MCUs of a frame that were coded before, for frames of its size and outputs of its settings.
#[derive(Debug)]
pub(crate) struct KeptRows {
    settings: Settings,
    matte: [u8; 3],
    rows: Vec<Option<CodedRow>>,
}

impl KeptRows {
    /// Height in px of a row of MCUs; `None` where the output is no JPEG.
    pub(crate) fn row_px(output: &Output) -> Option<usize> {
        (output.format == OutputFormat::Jpeg).then(|| sampling(output).tile_height())
    }

    /// The rows that are asked for; `None` where the frame cannot be written as this output.
    pub(crate) fn of(frame: &Frame, output: &Output, rows: impl Fn(usize) -> bool) -> Option<Self> {
        Self::row_px(output)?;
        let settings = settings(frame, output, Level::detect()).ok()?;
        let mut bands = Bands::new(frame, output.matte, &settings);
        let encoder = Encoder::new(settings);
        let coded = |row| rows(row).then(|| encoder.coded(bands.band(row)));
        Some(Self { settings, matte: output.matte, rows: (0..settings.rows()).map(coded).collect() })
    }

    /// Memory that they take.
    pub(crate) fn bytes(&self) -> usize {
        let place = size_of::<Option<CodedRow>>() * self.rows.capacity();
        size_of::<Self>() + place + self.rows.iter().flatten().map(CodedRow::bytes).sum::<usize>()
    }
}

/// The bytes of [`encode`](super::encode), for which rows are copied; `None` where the frame is no copy of one of which rows are kept.
pub(in crate::codec) fn encode_known(frame: &Frame, output: &Output, sentry: &Sentry<'_>) -> Option<Result<Vec<u8>, Fault>> {
    let origin = frame.origin()?;
    let (kept, height) = (origin.known::<Option<KeptRows>>()?.as_ref()?, KeptRows::row_px(output)?);
    let is_static = |row: usize| origin.touched.iter().skip(row * height).take(height).all(|touched| !touched);
    Some(encode_with(frame, output, kept, &is_static, sentry))
}

/// The bytes of [`encode`](super::encode), for which rows that are kept and hold the pixels of the frame that they were kept of, as
/// `is_static` says, are copied. What was kept at another size or for other settings is not used.
fn encode_with(
    frame: &Frame,
    output: &Output,
    kept: &KeptRows,
    is_static: &dyn Fn(usize) -> bool,
    sentry: &Sentry<'_>,
) -> Result<Vec<u8>, Fault> {
    sentry.enter("encode")?;
    let settings = settings(frame, output, Level::detect())?;
    let fits = kept.settings == settings && kept.matte == output.matte;
    let rows = if fits { kept.rows.as_slice() } else { &[] };
    let bytes = encode(frame, output.matte, settings, |row| rows.get(row)?.as_ref().filter(|_| is_static(row)), sentry);
    sentry.held()?;
    Ok(bytes)
}

/// A file of a frame, of whose rows some may be there already.
pub(crate) fn encode<'k>(
    frame: &Frame,
    matte: [u8; 3],
    settings: Settings,
    coded: impl Fn(usize) -> Option<&'k CodedRow>,
    sentry: &Sentry<'_>,
) -> Vec<u8> {
    let mut bands = Bands::new(frame, matte, &settings);
    let mut encoder = Encoder::new(settings);
    for row in 0..settings.rows() {
        let coded = coded(row);
        if sentry.stops_after(coded.map_or(settings.row_bytes() / 4, CodedRow::bytes)) {
            break;
        }
        match coded {
            Some(coded) => encoder.copy(coded),
            None => encoder.pixels(bands.band(row)),
        }
    }
    encoder.finish()
}

/// What an output asks of the encoder.
pub(crate) fn settings(frame: &Frame, output: &Output, level: Level) -> Result<Settings, Fault> {
    let (Ok(width), Ok(height)) = (u16::try_from(frame.width()), u16::try_from(frame.height())) else {
        let message = format!("JPEG holds at most 65535 px a side, found {}x{}", frame.width(), frame.height());
        return Err(Fault::new(Code::CanvasLimit, "", message));
    };
    if !(1..=100).contains(&output.quality) {
        return Err(Fault::new(Code::BadArgument, "", format!("quality must be 1 to 100, found {}", output.quality)));
    }
    Ok(Settings { width, height, quality: output.quality, sampling: sampling(output), level })
}

fn sampling(output: &Output) -> Sampling {
    match output.subsampling {
        Subsampling::S444 => Sampling::S444,
        Subsampling::S420 => Sampling::S420,
        Subsampling::Auto if output.quality >= 90 => Sampling::S444,
        Subsampling::Auto => Sampling::S420,
    }
}

/// Rows of MCUs of a frame as opaque pixels.
struct Bands<'f> {
    pixels: &'f [u8],
    opaque: bool,
    matte: [u8; 3],
    row_bytes: usize,
    level: Level,
    /// The row that was asked for last, if it is not the frame's own.
    flat: Vec<u8>,
}

impl<'f> Bands<'f> {
    fn new(frame: &'f Frame, matte: [u8; 3], settings: &Settings) -> Self {
        Self {
            pixels: frame.pixels(),
            opaque: frame.is_known_opaque(),
            matte,
            row_bytes: settings.row_bytes(),
            level: settings.level,
            flat: Vec::new(),
        }
    }

    fn band(&mut self, row: usize) -> &[u8] {
        let rest = self.pixels.get(row * self.row_bytes..).unwrap_or_default();
        let own = rest.get(..self.row_bytes).unwrap_or(rest);
        if self.opaque || self.level.run(|| is_opaque(own)) {
            return own;
        }
        let over = |c: u8, a: u8, m: u8| u32::from(c) + (u32::from(m) * (255 - u32::from(a)) + 127) / 255;
        let [mr, mg, mb] = self.matte;
        let put = |[r, g, b, a]: &[u8; 4]| [over(*r, *a, mr), over(*g, *a, mg), over(*b, *a, mb), 255].map(|v| v.min(255) as u8);
        self.flat.clear();
        self.flat.extend(own.as_chunks::<4>().0.iter().flat_map(put));
        &self.flat
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gradients with noise, RGBA.
    pub(in crate::codec::jpeg) fn noisy(width: usize, height: usize, seed: u32) -> Vec<u8> {
        let mut state = seed | 1;
        let mut value = |x: usize, y: usize, c: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = if seed.is_multiple_of(3) { (state >> 24) as usize } else { (state >> 29) as usize };
            (x * (3 + c) + y * (5 - c) + noise) as u8
        };
        (0..width * height)
            .flat_map(|i| [value(i % width, i / width, 0), value(i % width, i / width, 1), value(i % width, i / width, 2), 255])
            .collect()
    }

    proptest! {
        #[test]
        fn copied_rows_are_the_rows(
            width in prop_oneof![1u32..20, 1u32..90],
            height in 1u32..70,
            quality in 1u8..=100,
            subsampling in prop::sample::select(vec![Subsampling::S420, Subsampling::S444, Subsampling::Auto]),
            seeds in (any::<u32>(), any::<u32>()),
            is_static in prop::collection::vec(any::<bool>(), 9),
            is_kept in prop::collection::vec(any::<bool>(), 9),
            alpha in prop_oneof![Just(255u8), any::<u8>()],
        ) {
            let output = Output { subsampling, matte: [20, 200, 90], ..Output::jpeg(quality) };
            let row_px = KeptRows::row_px(&output).unwrap();
            let (w, h) = (width as usize, height as usize);
            let before = noisy(w, h, seeds.0);
            let mut after = noisy(w, h, seeds.1);
            after.iter_mut().skip(3).step_by(16).for_each(|a| *a = alpha);
            let row_bytes = w * 4 * row_px;
            // rows that are static have the pixels of before, whatever is above and below them
            for ((to, from), _) in after.chunks_mut(row_bytes).zip(before.chunks(row_bytes)).zip(&is_static).filter(|(_, is)| **is) {
                to.copy_from_slice(from);
            }
            let [before, after] = [before, after].map(|rgba| Frame::from_rgba(width, height, rgba).unwrap());
            let kept = KeptRows::of(&before, &output, |row| is_kept[row]).unwrap();
            prop_assert!(kept.bytes() >= kept.rows.iter().flatten().map(|row| row.bytes() + size_of::<Option<CodedRow>>()).sum());
            let copied = encode_with(&after, &output, &kept, &|row| is_static[row], &Sentry::default()).unwrap();
            prop_assert_eq!(copied, after.encode(&output).unwrap());
        }
    }

    #[test]
    fn what_was_kept_for_other_files_is_not_used() {
        let frame = Frame::from_rgba(40, 40, noisy(40, 40, 1)).unwrap();
        let wide = Frame::from_rgba(80, 20, noisy(40, 40, 1)).unwrap();
        let output = Output::jpeg(80);
        let kept = KeptRows::of(&frame, &output, |_| true).unwrap();
        let others = [
            (&wide, output.clone()),
            (&frame, Output::jpeg(81)),
            (&frame, Output { subsampling: Subsampling::S444, ..output.clone() }),
            (&frame, Output { matte: [0; 3], ..output.clone() }),
        ];
        for (frame, output) in others {
            let bytes = encode_with(frame, &output, &kept, &|_| true, &Sentry::default()).unwrap();
            assert_eq!(bytes, frame.encode(&output).unwrap());
        }
        assert!(KeptRows::of(&frame, &Output::png(), |_| true).is_none());
        assert!(KeptRows::of(&frame, &Output::jpeg(0), |_| true).is_none());
        assert_eq!(KeptRows::row_px(&output), Some(16));
        assert_eq!(KeptRows::row_px(&Output::jpeg(90)), Some(8));
    }
}
