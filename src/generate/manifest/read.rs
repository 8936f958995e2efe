//! The types of a manifest out of its tree, once that is known to be whole.

use std::collections::BTreeMap;

use super::keys::Part;
use super::tree::{Object, Tree, color};
use super::{
    Activation, Anchors, Blend, Channels, Dtype, Fit, ImageInput, Input, Layout, Manifest, ModelKind, Output, Roi, RoiMode, Role, Runtime,
    Size,
};
use crate::error::{Code, Error, Fault};
use crate::pixel::Kernel;
use crate::row::Value;

/// A manifest of a JSON value.
pub(super) fn manifest(value: &Value) -> Result<Manifest, Error> {
    let mut tree = Tree::default();
    let whole = tree.object(value, Part::Manifest, "");
    if !tree.faults.is_empty() {
        return Err(Error::from_faults(tree.faults));
    }
    let manifest = typed(&whole).ok_or_else(|| Fault::new(Code::Bug, "manifest", "a manifest that was checked must have every key"))?;
    super::rules::check(&manifest, &mut tree);
    if tree.faults.is_empty() { Ok(manifest) } else { Err(Error::from_faults(tree.faults)) }
}

fn typed(tree: &Value) -> Option<Manifest> {
    let map = object(tree)?;
    Some(Manifest {
        tree: tree.clone(),
        id: text(map, "id")?,
        version: text(map, "version")?,
        file: text(map, "file"),
        sha256: text(map, "sha256"),
        licence: text(map, "licence")?,
        noncommercial: truth(map, "noncommercial")?,
        attribution: text(map, "attribution"),
        kind: match word(map, "kind")? {
            "generator" => ModelKind::Generator,
            "matte" => ModelKind::Matte,
            "detector" => ModelKind::Detector,
            "upscaler" => ModelKind::Upscaler,
            _ => return None,
        },
        inputs: list(map, "inputs")?.iter().map(|item| input(object(item)?)).collect::<Option<_>>()?,
        variants: object(map.get("variants")?)?
            .iter()
            .map(|(name, item)| Some((name.clone(), variant(object(item)?)?)))
            .collect::<Option<_>>()?,
        outputs: list(map, "outputs")?.iter().map(|item| output(object(item)?)).collect::<Option<_>>()?,
        roi: roi(object(map.get("roi")?)?)?,
        detector: match map.get("detector") {
            Some(detector) => Some(anchors(object(detector)?)?),
            None => None,
        },
        blend: blend(object(map.get("blend")?)?)?,
        runtime: runtime(object(map.get("runtime")?)?)?,
    })
}

fn input(map: &Object) -> Option<Input> {
    if word(map, "role")? == "constant" {
        let shape = wholes(map, "shape")?;
        return Some(Input::Constant { name: text(map, "name")?, dtype: dtype(map)?, shape, values: floats(map, "values")? });
    }
    let size = match map.get("size")? {
        Value::List(sides) => {
            let [width, height] = &**sides else { return None };
            Size::Fixed(side(width)?, side(height)?)
        }
        other => {
            let map = object(other)?;
            Size::Dynamic { multiple_of: side(map.get("multiple_of")?)?, min: side(map.get("min")?)?, max: side(map.get("max")?)? }
        }
    };
    Some(Input::Image(ImageInput {
        name: text(map, "name")?,
        layout: layout(map)?,
        dtype: dtype(map)?,
        channels: channels(map)?,
        size,
        fit: match word(map, "fit")? {
            "stretch" => Fit::Stretch,
            "contain" => Fit::Contain,
            "cover" => Fit::Cover,
            _ => return None,
        },
        resample: match word(map, "resample")? {
            "bilinear" => Kernel::Bilinear,
            "lanczos3" => Kernel::Lanczos3,
            "box" => Kernel::Box,
            _ => return None,
        },
        scale: number(map, "scale")?,
        mean: numbers(map, "mean")?,
        std: numbers(map, "std")?,
        by_max: word(map, "normalise")? == "max",
        under: color(word(map, "alpha")?)?,
    }))
}

fn variant(map: &Object) -> Option<BTreeMap<String, Vec<f32>>> {
    map.keys().map(|name| Some((name.clone(), floats(map, name)?))).collect()
}

fn output(map: &Object) -> Option<Output> {
    let &[low, high] = floats(map, "range")?.as_slice() else { return None };
    Some(Output {
        name: text(map, "name")?,
        role: match word(map, "role")? {
            "image" => Role::Image,
            "alpha" => Role::Alpha,
            "boxes" => Role::Boxes,
            "scores" => Role::Scores,
            "none" => Role::Ignored,
            _ => return None,
        },
        layout: layout(map)?,
        channels: channels(map)?,
        range: [low, high],
        clamp: truth(map, "clamp")?,
        activation: match word(map, "activation")? {
            "none" => Activation::None,
            "sigmoid" => Activation::Sigmoid,
            "tanh" => Activation::Tanh,
            "softmax" => Activation::Softmax,
            _ => return None,
        },
        min_max: word(map, "normalise")? == "min-max",
        scale_factor: number(map, "scale_factor")?,
    })
}

fn roi(map: &Object) -> Option<Roi> {
    let &[top, right, bottom, left] = floats(map, "margins")?.as_slice() else { return None };
    Some(Roi {
        mode: match word(map, "mode")? {
            "none" => RoiMode::Whole,
            "face" => RoiMode::Face,
            "given" => RoiMode::Given,
            _ => return None,
        },
        margins: [top, right, bottom, left],
        square: truth(map, "square")?,
        keep_inside: truth(map, "keep_inside")?,
    })
}

fn anchors(map: &Object) -> Option<Anchors> {
    let sides = |name| list(map, name)?.iter().map(side).collect::<Option<Vec<u32>>>();
    Some(Anchors {
        strides: sides("strides")?,
        counts: sides("anchors")?,
        score_threshold: number(map, "score_threshold")? as f32,
        nms_iou: number(map, "nms_iou")? as f32,
        points: usize::try_from(whole(map.get("points")?)?).ok()?,
    })
}

fn blend(map: &Object) -> Option<Blend> {
    Some(Blend {
        paste: word(map, "mode")? == "paste",
        strength: number(map, "strength")? as f32,
        feather_px: number(map, "feather_px")? as f32,
    })
}

fn runtime(map: &Object) -> Option<Runtime> {
    Some(Runtime {
        max_pixels: map.get("max_pixels").and_then(whole).and_then(|px| u64::try_from(px).ok()),
        est_gmac: number(map, "est_gmac")?,
        est_peak_mb: number(map, "est_peak_mb")?,
        batch: usize::try_from(whole(map.get("batch")?)?).ok()?,
    })
}

fn layout(map: &Object) -> Option<Layout> {
    Some(if word(map, "layout")? == "nhwc" { Layout::Nhwc } else { Layout::Nchw })
}

fn dtype(map: &Object) -> Option<Dtype> {
    Some(if word(map, "dtype")? == "uint8" { Dtype::Uint8 } else { Dtype::Float32 })
}

fn channels(map: &Object) -> Option<Channels> {
    Some(match word(map, "channels")? {
        "bgr" => Channels::Bgr,
        "grey" => Channels::Grey,
        _ => Channels::Rgb,
    })
}

fn object(value: &Value) -> Option<&Object> {
    if let Value::Map(entries) = value { Some(entries) } else { None }
}

fn list<'a>(map: &'a Object, name: &str) -> Option<&'a [Value]> {
    if let Value::List(items) = map.get(name)? { Some(items) } else { None }
}

fn word<'a>(map: &'a Object, name: &str) -> Option<&'a str> {
    map.get(name)?.as_text()
}

fn text(map: &Object, name: &str) -> Option<String> {
    word(map, name).map(str::to_owned)
}

fn truth(map: &Object, name: &str) -> Option<bool> {
    if let Value::Bool(truth) = map.get(name)? { Some(*truth) } else { None }
}

fn float(value: &Value) -> Option<f64> {
    if let Value::Number(number) = value { Some(number.to_f64()) } else { None }
}

fn whole(value: &Value) -> Option<i64> {
    if let Value::Number(number) = value { number.to_i64() } else { None }
}

fn side(value: &Value) -> Option<u32> {
    u32::try_from(whole(value)?).ok()
}

fn number(map: &Object, name: &str) -> Option<f64> {
    float(map.get(name)?)
}

fn numbers(map: &Object, name: &str) -> Option<Vec<f64>> {
    list(map, name)?.iter().map(float).collect()
}

fn floats(map: &Object, name: &str) -> Option<Vec<f32>> {
    Some(numbers(map, name)?.into_iter().map(|number| number as f32).collect())
}

fn wholes(map: &Object, name: &str) -> Option<Vec<usize>> {
    list(map, name)?.iter().map(|value| usize::try_from(whole(value)?).ok()).collect()
}
