//! The keys of a manifest: one table, out of which come the check, the defaults and the JSON Schema.

/// One kind of object in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Manifest,
    Image,
    Constant,
    Size,
    Output,
    Roi,
    Detector,
    Blend,
    Runtime,
}

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// The name of a model: small letters, digits, `.`, `_`, `-`.
    Id,
    /// A text.
    Text,
    /// A plain name of a file.
    File,
    /// 64 hex digits.
    Digest,
    Bool,
    /// A number from the first to the second; the third says whether the first itself is left out.
    Number(f64, f64, bool),
    /// A whole number from the first to the second.
    Whole(i64, i64),
    /// So many numbers, as the first two say, each of which is as the last says.
    List(usize, usize, &'static Shape),
    Word(&'static [&'static str]),
    /// `white`, `black` or `#rrggbb`.
    Color,
    /// `[width, height]` or an object.
    Size,
    Object(Part),
    /// Image and constant inputs.
    Inputs,
    Outputs,
    /// Constants by input, by variant.
    Variants,
}

/// One key.
pub(super) struct Key {
    pub(super) part: Part,
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// As JSON: what is taken where the key is not there. `""`: it must be there; `null`: it may be left out.
    pub(super) default: &'static str,
    pub(super) about: &'static str,
}

const fn key(part: Part, name: &'static str, shape: Shape, default: &'static str, about: &'static str) -> Key {
    Key { part, name, shape, default, about }
}

pub(super) const KINDS: &[&str] = &["generator", "matte", "detector", "upscaler"];
const LAYOUTS: &[&str] = &["nchw", "nhwc"];
const DTYPES: &[&str] = &["float32", "uint8"];
const CHANNELS: &[&str] = &["rgb", "bgr", "grey"];
const FREE: Shape = Shape::Number(-1e9, 1e9, false);
const POSITIVE: Shape = Shape::Number(0.0, 1e9, true);
const SIDE: Shape = Shape::Whole(1, MAX_SIDE);
/// Longest side of a tensor, px.
pub(super) const MAX_SIDE: i64 = 16_384;
/// Most numbers of one constant.
pub(super) const MAX_VALUES: usize = 1 << 16;

/// All keys, in the order in which they are written about.
pub(super) const KEYS: &[Key] = &[
    key(Part::Manifest, "id", Shape::Id, "", "The name that templates use."),
    key(Part::Manifest, "version", Shape::Text, "", "The version of the weights."),
    key(Part::Manifest, "file", Shape::File, "null", "The file of the weights, beside the manifest."),
    key(Part::Manifest, "sha256", Shape::Digest, "null", "Of that file, 64 hex digits."),
    key(Part::Manifest, "licence", Shape::Text, "", "The licence of the weights, as SPDX writes it."),
    key(Part::Manifest, "noncommercial", Shape::Bool, "false", "Whether the licence forbids commercial use."),
    key(Part::Manifest, "attribution", Shape::Text, "null", "Whom to name beside the weights."),
    key(Part::Manifest, "kind", Shape::Word(KINDS), "", "What the model does."),
    key(Part::Manifest, "inputs", Shape::Inputs, "[]", "What the network takes, in its order."),
    key(Part::Manifest, "variants", Shape::Variants, "{}", "Other values of constants, by a name that templates write behind a colon."),
    key(Part::Manifest, "outputs", Shape::Outputs, "[]", "What the network gives, in its order."),
    key(Part::Manifest, "roi", Shape::Object(Part::Roi), "{}", "What of a picture the model is given."),
    key(Part::Manifest, "detector", Shape::Object(Part::Detector), "null", "How boxes are read, for a detector."),
    key(Part::Manifest, "blend", Shape::Object(Part::Blend), "{}", "How the result goes into the picture."),
    key(Part::Manifest, "runtime", Shape::Object(Part::Runtime), "{}", "What a run takes."),
    key(Part::Image, "name", Shape::Text, "", "The input's name in the network."),
    key(Part::Image, "role", Shape::Word(&["image", "constant"]), "", "What goes in: the picture, or numbers of the manifest's."),
    key(Part::Image, "layout", Shape::Word(LAYOUTS), "\"nchw\"", "Whether channels stand before rows or within px."),
    key(Part::Image, "dtype", Shape::Word(DTYPES), "\"float32\"", "The type of its numbers."),
    key(Part::Image, "channels", Shape::Word(CHANNELS), "\"rgb\"", "Which channels, in which order."),
    key(Part::Image, "size", Shape::Size, "", "Width and height, or bounds where the network takes many."),
    key(
        Part::Image,
        "fit",
        Shape::Word(&["stretch", "contain", "cover"]),
        "\"stretch\"",
        "How a part of a picture with other proportions gets into the size.",
    ),
    key(Part::Image, "resample", Shape::Word(&["bilinear", "lanczos3", "box"]), "\"bilinear\"", "The filter that scales it."),
    key(Part::Image, "scale", Shape::Number(0.0, 1e6, true), "1", "A value is (px * scale - mean) / std, px from 0 to 255."),
    key(Part::Image, "mean", Shape::List(1, 3, &FREE), "[0]", "One for all channels, or one each."),
    key(Part::Image, "std", Shape::List(1, 3, &POSITIVE), "[1]", "One for all channels, or one each."),
    key(
        Part::Image,
        "normalise",
        Shape::Word(&["none", "max"]),
        "\"none\"",
        "max: px are divided by the picture's largest value instead of being 0 to 255.",
    ),
    key(Part::Image, "alpha", Shape::Color, "\"white\"", "What lies under transparent px: white, black or #rrggbb."),
    key(Part::Constant, "name", Shape::Text, "", "The input's name in the network."),
    key(Part::Constant, "role", Shape::Word(&["image", "constant"]), "", "What goes in: the picture, or numbers of the manifest's."),
    key(Part::Constant, "dtype", Shape::Word(DTYPES), "\"float32\"", "The type of its numbers."),
    key(Part::Constant, "shape", Shape::List(0, 8, &Shape::Whole(1, 1 << 16)), "", "Its sides."),
    key(Part::Constant, "values", Shape::List(1, MAX_VALUES, &FREE), "", "Its numbers, row-major."),
    key(Part::Size, "multiple_of", SIDE, "1", "What both sides must be a multiple of."),
    key(Part::Size, "min", SIDE, "1", "The shortest side that the network takes."),
    key(Part::Size, "max", SIDE, "16384", "The longest side that the network takes."),
    key(Part::Output, "name", Shape::Text, "", "The output's name in the network."),
    key(Part::Output, "role", Shape::Word(&["image", "alpha", "boxes", "scores", "none"]), "", "What it is; none is not looked at."),
    key(Part::Output, "layout", Shape::Word(LAYOUTS), "\"nchw\"", "Whether channels stand before rows or within px."),
    key(Part::Output, "channels", Shape::Word(CHANNELS), "\"rgb\"", "Which channels, in which order, for an image."),
    key(Part::Output, "range", Shape::List(2, 2, &FREE), "[0, 1]", "The values that become 0 and 255."),
    key(Part::Output, "clamp", Shape::Bool, "true", "Whether values outside of the range are cut to it; if not, the output is refused."),
    key(
        Part::Output,
        "activation",
        Shape::Word(&["none", "sigmoid", "tanh", "softmax"]),
        "\"none\"",
        "What is still to be done to the values; softmax goes over the channels, the first of which is the background.",
    ),
    key(
        Part::Output,
        "normalise",
        Shape::Word(&["none", "min-max"]),
        "\"none\"",
        "min-max: the least and the largest value of each picture become 0 and 1.",
    ),
    key(Part::Output, "scale_factor", Shape::Number(0.0, 16.0, true), "1", "Its sides as multiples of the input's."),
    key(
        Part::Roi,
        "mode",
        Shape::Word(&["none", "face", "given"]),
        "\"none\"",
        "The whole picture, a part around the largest face, or the part that the template names.",
    ),
    key(
        Part::Roi,
        "margins",
        Shape::List(4, 4, &Shape::Number(-0.5, 10.0, false)),
        "[0, 0, 0, 0]",
        "Top, right, bottom and left, as fractions of the face's box.",
    ),
    key(Part::Roi, "square", Shape::Bool, "false", "Whether the shorter side grows to the longer one."),
    key(Part::Roi, "keep_inside", Shape::Bool, "true", "Whether a part that leaves the picture is moved back; if not, it is cut off."),
    key(Part::Detector, "strides", Shape::List(1, 16, &SIDE), "", "Px of the input between two cells, for each grid of anchors."),
    key(Part::Detector, "anchors", Shape::List(1, 16, &Shape::Whole(1, 64)), "", "Anchors at each cell of each grid."),
    key(Part::Detector, "score_threshold", Shape::Number(0.0, 1.0, false), "0.5", "The least score of a face."),
    key(
        Part::Detector,
        "nms_iou",
        Shape::Number(0.0, 1.0, false),
        "0.3",
        "Boxes that share more than this with a better one are the same face.",
    ),
    key(Part::Detector, "points", Shape::Whole(0, 64), "0", "Points behind each box."),
    key(
        Part::Blend,
        "mode",
        Shape::Word(&["replace", "paste"]),
        "\"replace\"",
        "Whether the result is the picture, or is pasted back into it where its part was.",
    ),
    key(Part::Blend, "strength", Shape::Number(0.0, 1.0, false), "1", "How much of the result there is over what went in."),
    key(
        Part::Blend,
        "feather_px",
        Shape::Number(0.0, 10_000.0, false),
        "0",
        "Over how many px of the source picture a pasted result fades in from its edges.",
    ),
    key(
        Part::Runtime,
        "max_pixels",
        Shape::Whole(1, 1 << 28),
        "null",
        "Most px of a picture that is given to the model; larger ones are scaled down, but for upscalers.",
    ),
    key(
        Part::Runtime,
        "est_gmac",
        Shape::Number(0.0, 1e9, false),
        "0",
        "Billions of multiplications of one run, at the size or at max_pixels.",
    ),
    key(Part::Runtime, "est_peak_mb", Shape::Number(0.0, 1e9, false), "0", "MB at the peak of one run, at the size or at max_pixels."),
    key(Part::Runtime, "batch", Shape::Whole(1, 1024), "1", "Most pictures of one run."),
];

/// The keys of one part.
pub(super) fn of(part: Part) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.part == part)
}
