//! A frame's way into the encoder: row of MCUs after row of MCUs, over a colour where it is transparent, and rows that were coded before.
//!
//! Who knows that part of a picture is the same each time (a template's static layers) keeps those rows in code with [`KeptRows`], and
//! the next frame's rows are copied: a file's bytes are those of [`encode`](super::encode) all the same.

use super::encode::{CodedRow, Encoder, Settings};
use crate::codec::{Output, OutputFormat, Subsampling};
use crate::error::{Code, Fault};
use crate::guard::Sentry;
use crate::pixel::{Frame, Touched, is_opaque};
use crate::simd::Level;
use crate::simd::jpeg_forward::{Sampling, TILE_PX};

/// Rows of MCUs of a frame that were coded before, for frames of its size and outputs of its settings.
#[derive(Debug)]
pub(crate) struct KeptRows {
    settings: Settings,
    matte: [u8; 3],
    rows: Vec<Option<CodedRow>>,
}

impl KeptRows {
    /// Whether rows are kept for such an output: it is a JPEG.
    pub(crate) fn are_for(output: &Output) -> bool {
        output.format == OutputFormat::Jpeg
    }

    /// The rows that are asked for; `None` where the frame cannot be written as this output.
    pub(crate) fn of(frame: &Frame, output: &Output, rows: impl Fn(usize) -> bool) -> Option<Self> {
        let settings = Self::are_for(output).then(|| settings(frame, output, Level::detect()))?.ok()?;
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

/// The bytes of [`encode`](super::encode), for which what is kept is copied; `None` where the frame is no copy of one of which anything is kept.
pub(in crate::codec) fn encode_known(frame: &Frame, output: &Output, sentry: &Sentry<'_>) -> Option<Result<Vec<u8>, Fault>> {
    let origin = frame.origin()?;
    let kept = origin.known::<Option<KeptRows>>()?.as_ref()?;
    Some(encode_with(frame, output, kept, &origin.touched, sentry))
}

/// The bytes of [`encode`](super::encode), for which what is kept is copied where the frame has the pixels of the one that it was kept of, as
/// `touched` says. What was kept at another size or for other settings is not used.
pub(crate) fn encode_with(
    frame: &Frame,
    output: &Output,
    kept: &KeptRows,
    touched: &Touched,
    sentry: &Sentry<'_>,
) -> Result<Vec<u8>, Fault> {
    sentry.enter("encode")?;
    let settings = settings(frame, output, Level::detect())?;
    let fits = kept.settings == settings && kept.matte == output.matte;
    let rows = if fits { kept.rows.as_slice() } else { &[] };
    let bytes = encode(frame, output.matte, settings, Some((rows, touched)), sentry);
    sentry.held()?;
    Ok(bytes)
}

/// A file of a frame, of which some may be there already.
pub(crate) fn encode(
    frame: &Frame,
    matte: [u8; 3],
    settings: Settings,
    kept: Option<(&[Option<CodedRow>], &Touched)>,
    sentry: &Sentry<'_>,
) -> Vec<u8> {
    let mut bands = Bands::new(frame, matte, &settings);
    let mut encoder = Encoder::new(settings);
    let height = settings.sampling.tile_height();
    for row in 0..settings.rows() {
        let (top, bottom) = (row * height, (row + 1) * height);
        let kept = kept.and_then(|(rows, touched)| Some((rows.get(row)?.as_ref()?, touched)));
        let whole = kept.filter(|(_, touched)| !touched.any(top, bottom));
        if sentry.stops_after(whole.map_or(settings.row_bytes() / 4, |(coded, _)| coded.bytes())) {
            break;
        }
        match (whole, kept) {
            (Some((coded, _)), _) => encoder.copy(coded),
            (None, Some((coded, touched))) => encoder.partly(bands.band(row), coded, |tile| !touched.column(tile, top, bottom)),
            (None, None) => encoder.pixels(bands.band(row)),
        }
    }
    encoder.finish()
}

/// A tile is a column of what may be touched.
const _: () = assert!(Touched::WIDTH == TILE_PX);

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
        Subsampling::S400 => Sampling::Grey,
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
        fn what_is_copied_is_what_would_be_coded(
            width in prop_oneof![1u32..20, 1u32..90],
            height in 1u32..70,
            quality in 1u8..=100,
            subsampling in prop::sample::select(vec![Subsampling::S420, Subsampling::S444, Subsampling::S400, Subsampling::Auto]),
            seeds in (any::<u32>(), any::<u32>()),
            changed in prop::collection::vec((0usize..90, 0usize..70, 1usize..40, 1usize..30), 0..4),
            is_kept in prop::collection::vec(any::<bool>(), 9),
            alpha in prop_oneof![Just(255u8), any::<u8>()],
        ) {
            let output = Output { subsampling, matte: [20, 200, 90], ..Output::jpeg(quality) };
            let (w, h) = (width as usize, height as usize);
            let before = noisy(w, h, seeds.0);
            let mut other = noisy(w, h, seeds.1);
            other.iter_mut().skip(3).step_by(16).for_each(|a| *a = alpha);
            let (mut after, mut touched) = (before.clone(), Touched::nothing(w, h));
            for (x, y, right, down) in changed {
                let (right, bottom) = ((x + right).min(w), (y + down).min(h));
                touched.mark(x, y, right, bottom);
                for px in (y..bottom).flat_map(|y| (x..right).map(move |x| (y * w + x) * 4)) {
                    after[px..px + 4].copy_from_slice(&other[px..px + 4]);
                }
            }
            let [before, after] = [before, after].map(|rgba| Frame::from_rgba(width, height, rgba).unwrap());
            let kept = KeptRows::of(&before, &output, |row| is_kept[row]).unwrap();
            prop_assert!(kept.bytes() >= kept.rows.iter().flatten().map(|row| row.bytes() + size_of::<Option<CodedRow>>()).sum());
            let copied = encode_with(&after, &output, &kept, &touched, &Sentry::default()).unwrap();
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
            let bytes = encode_with(frame, &output, &kept, &Touched::nothing(80, 40), &Sentry::default()).unwrap();
            assert_eq!(bytes, frame.encode(&output).unwrap());
        }
        assert!(KeptRows::of(&frame, &Output::png(), |_| true).is_none());
        assert!(KeptRows::of(&frame, &Output::jpeg(0), |_| true).is_none());
    }
}
