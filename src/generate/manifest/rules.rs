//! What a manifest must keep to across its keys.

use super::tree::Tree;
use super::{Activation, Channels, Dtype, Fit, ImageInput, Input, Manifest, ModelKind, RoiMode, Role, Size};

/// Every fault of a manifest whose keys are right each by itself.
pub(super) fn check(manifest: &Manifest, tree: &mut Tree) {
    if manifest.file.is_some() && manifest.sha256.is_none() {
        tree.fault("sha256", "a file must come with its sha256, found none");
    }
    inputs(manifest, tree);
    variants(manifest, tree);
    outputs(manifest, tree);
    detector(manifest, tree);
    if manifest.roi.mode == RoiMode::Face && manifest.kind == ModelKind::Detector {
        tree.fault("roi.mode", "a detector must be given whole pictures, found \"face\"");
    }
}

fn inputs(manifest: &Manifest, tree: &mut Tree) {
    twice(manifest.input_names(), "inputs", tree);
    let mut first: Option<&ImageInput> = None;
    for (i, input) in manifest.inputs.iter().enumerate() {
        let place = format!("inputs[{i}]");
        match input {
            Input::Image(image) => {
                image_input(image, manifest, &place, tree);
                if first.is_some_and(|first| (first.size, first.fit) != (image.size, image.fit)) {
                    tree.fault(&place, "all image inputs must have the same size and fit, found another one");
                }
                first = first.or(Some(image));
            }
            Input::Constant { dtype, shape, values, .. } => {
                constant(values, shape, *dtype, &format!("{place}.values"), tree);
            }
        }
    }
    if !manifest.inputs.is_empty() && first.is_none() {
        tree.fault("inputs", "one input must have the role image, found none");
    }
}

fn image_input(image: &ImageInput, manifest: &Manifest, place: &str, tree: &mut Tree) {
    for (name, numbers) in [("mean", &image.mean), ("std", &image.std)] {
        if ![1, image.channels.count()].contains(&numbers.len()) {
            let count = image.channels.count();
            tree.fault(
                &format!("{place}.{name}"),
                format!("it must be one number or one for each of {count} channels, found {}", numbers.len()),
            );
        }
    }
    let most = manifest.runtime.max_pixels.unwrap_or(u64::MAX);
    match image.size {
        Size::Fixed(width, height) if u64::from(width) * u64::from(height) > most => {
            tree.fault(
                &format!("{place}.size"),
                format!("a size must have at most runtime.max_pixels = {most} px, found {width}x{height}"),
            );
        }
        Size::Dynamic { multiple_of, min, max } => {
            let least = u64::from(min.div_ceil(multiple_of)) * u64::from(multiple_of);
            if least > u64::from(max) {
                tree.fault(
                    &format!("{place}.size.max"),
                    format!("a multiple of {multiple_of} must lie between min {min} and max, found {max}"),
                );
            } else if least * least > most {
                tree.fault(
                    &format!("{place}.size.min"),
                    format!("{least}x{least} must have at most runtime.max_pixels = {most} px, found more"),
                );
            }
        }
        Size::Fixed(..) => {}
    }
    if image.fit == Fit::Cover && matches!(manifest.kind, ModelKind::Matte) {
        tree.fault(&format!("{place}.fit"), "a matte must see the whole picture: stretch or contain, found \"cover\"");
    }
}

/// Whether numbers are a constant of this shape and type.
fn constant(values: &[f32], shape: &[usize], dtype: Dtype, place: &str, tree: &mut Tree) {
    let holds = shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side));
    if holds != Some(values.len()) {
        tree.fault(place, format!("the numbers must be as many as the shape {shape:?} has, found {}", values.len()));
    }
    let byte = |value: &f32| *value == f32::from(*value as u8);
    if let (Dtype::Uint8, Some(value)) = (dtype, values.iter().find(|value| !byte(value))) {
        tree.fault(place, format!("numbers of type uint8 must be whole ones from 0 to 255, found {value}"));
    }
}

fn variants(manifest: &Manifest, tree: &mut Tree) {
    for (variant, constants) in &manifest.variants {
        for (name, values) in constants {
            let place = format!("variants.{variant}.{name}");
            let input = manifest.inputs.iter().find_map(|input| match input {
                Input::Constant { name: known, dtype, shape, .. } if known == name => Some((shape, dtype)),
                _ => None,
            });
            match input {
                Some((shape, dtype)) => constant(values, shape, *dtype, &place, tree),
                None => {
                    let hint = crate::error::suggestion(name, manifest.input_names());
                    tree.fault(
                        &place,
                        format!("a variant must name inputs with the role constant, found {}{hint}", crate::error::quoted(name)),
                    );
                }
            }
        }
    }
}

fn outputs(manifest: &Manifest, tree: &mut Tree) {
    twice(manifest.output_names(), "outputs", tree);
    if manifest.inputs.is_empty() != manifest.outputs.is_empty() {
        tree.fault("outputs", "a network must have inputs and outputs, found only one of them");
    }
    for (i, output) in manifest.outputs.iter().enumerate() {
        let place = format!("outputs[{i}]");
        let [low, high] = output.range;
        if low >= high {
            tree.fault(&format!("{place}.range"), format!("the first number must be below the second, found {low} and {high}"));
        }
        if output.activation == Activation::Softmax && matches!(output.role, Role::Boxes | Role::Scores) {
            tree.fault(&format!("{place}.activation"), "softmax must have channels to go over, found boxes or scores");
        }
        if output.role == Role::Alpha && output.channels != Channels::Rgb {
            tree.fault(&format!("{place}.channels"), "only images have channels, found them at an alpha");
        }
    }
    if manifest.outputs.is_empty() {
        return;
    }
    let count = |role: Role| manifest.outputs.iter().filter(|output| output.role == role).count();
    let found = [count(Role::Image), count(Role::Alpha), count(Role::Boxes), count(Role::Scores)];
    let rule = match (manifest.kind, found) {
        (ModelKind::Generator | ModelKind::Upscaler, [1, 0, 0, 0]) | (ModelKind::Matte, [0, 1, 0, 0]) => return,
        (ModelKind::Detector, [0, 0, boxes, scores]) if boxes > 0 && scores > 0 => return,
        (ModelKind::Generator | ModelKind::Upscaler, _) => "one output with the role image and no others",
        (ModelKind::Matte, _) => "one output with the role alpha and no others",
        (ModelKind::Detector, _) => "outputs with the roles boxes and scores and no others",
    };
    let [images, alphas, boxes, scores] = found;
    let kind = manifest.kind.name();
    tree.fault(
        "outputs",
        format!("a {kind} must have {rule} but none, found {images} image, {alphas} alpha, {boxes} boxes, {scores} scores"),
    );
}

fn detector(manifest: &Manifest, tree: &mut Tree) {
    match (manifest.kind, &manifest.detector) {
        (ModelKind::Detector, None) if !manifest.outputs.is_empty() => {
            tree.fault("detector", "a detector's network must have it, found nothing")
        }
        (ModelKind::Detector, _) | (_, None) => {}
        (kind, Some(_)) => tree.fault("detector", format!("only a manifest of the kind detector has it, found the kind {}", kind.name())),
    }
    let Some(anchors) = &manifest.detector else { return };
    if anchors.strides.len() != anchors.counts.len() {
        let (strides, counts) = (anchors.strides.len(), anchors.counts.len());
        tree.fault("detector.anchors", format!("there must be one number for each of {strides} strides, found {counts}"));
    }
    let Some(image) = manifest.image_input() else { return };
    match image.size {
        Size::Dynamic { .. } => tree.fault("inputs", "a detector's image must have a fixed size, found a dynamic one"),
        Size::Fixed(width, height) => {
            let count = anchors.count(width, height);
            if count > super::super::faces::MAX_ANCHORS {
                tree.fault("detector.strides", format!("anchors must be at most {}, found {count}", super::super::faces::MAX_ANCHORS));
            }
        }
    }
}

fn twice<'a>(names: impl Iterator<Item = &'a str>, place: &str, tree: &mut Tree) {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    if let Some([name, _]) = names.windows(2).filter_map(|pair| <&[&str; 2]>::try_from(pair).ok()).find(|[a, b]| a == b) {
        tree.fault(place, format!("a name must stand once, found {} twice", crate::error::quoted(name)));
    }
}
