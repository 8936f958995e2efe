//! What holds whatever a manifest says.

use proptest::prelude::*;

use super::*;
use crate::generate::input::{Placement, tensor_size};
use crate::generate::manifest::{Fit, ImageInput};
use crate::generate::roi::Part;
use crate::geom::Rect;

fn noise(width: u32, height: u32, seed: u32) -> Frame {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as u8
    };
    let pixels = (0..width * height).flat_map(|_| [next(), next(), next(), 255]);
    Frame::from_rgba(width, height, pixels.collect()).unwrap()
}

fn image(text: &str) -> ImageInput {
    Manifest::from_json(&manifest("generator", text, "", "")).unwrap().image_input().unwrap().clone()
}

fn transposed(inputs: &[Tensor]) -> Tensor {
    let &[n, c, h, w] = inputs[0].shape() else { unreachable!() };
    let numbers = floats(&inputs[0]);
    let index = |i: usize| {
        let (rest, channel) = (i / c, i % c);
        (rest / (h * w) * c + channel) * h * w + rest % (h * w)
    };
    tensor(&[n, h, w, c], (0..numbers.len()).map(|i| numbers[index(i)]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any normalisation that the output's range undoes gives the picture back, within a level.
    #[test]
    fn the_identity_network_gives_the_picture(
        (width, height) in (1u32..24, 1u32..24), seed: u32, nhwc: bool, mean in 0.0..1.0f64, std in 0.1..2.0f64,
        channels in prop::sample::select(vec!["rgb", "bgr"]),
    ) {
        let picture = noise(width, height, seed);
        let layout = if nhwc { "nhwc" } else { "nchw" };
        let (low, high) = (-mean / std, (1.0 - mean) / std);
        let keys = format!(r#", "layout": "{layout}", "channels": "{channels}""#);
        let text = manifest(
            "generator",
            &format!(r#"{keys}, "size": {{}}, "mean": [{mean:.6}], "std": [{std:.6}]"#),
            &format!(r#"{keys}, "range": [{low:.6}, {high:.6}]"#),
            "",
        );
        let (model, _) = network(&text, same);
        let out = drawn(&model, picture.clone());
        prop_assert_eq!((out.width(), out.height()), (width, height));
        prop_assert!(out.pixels().iter().zip(picture.pixels()).all(|(a, b)| a.abs_diff(*b) <= 1));
    }

    #[test]
    fn nchw_is_nhwc_transposed((width, height) in (1u32..12, 1u32..12), seed: u32, count in 1u32..4) {
        let run_as = |layout: &str| {
            let more = r#", "runtime": { "batch": 8 }"#;
            let keys = format!(r#", "size": [5, 3], "mean": [0.1, 0.2, 0.3], "layout": "{layout}""#);
            let (model, seen) = network(&manifest("generator", &keys, &format!(r#", "layout": "{layout}""#), more), same);
            let works: Vec<Work> = (0..count).map(|i| Work::new(model.clone(), Arc::new(noise(width, height, seed ^ i)))).collect();
            let frames: Vec<Made> = run(&works, &Limits::default(), &Guard::default()).into_iter().map(Result::unwrap).collect();
            let given = seen.lock().unwrap()[0].clone();
            (given, frames)
        };
        let ((planes, from_planes), (pixels, from_pixels)) = (run_as("nchw"), run_as("nhwc"));
        prop_assert_eq!(transposed(&planes), pixels[0].clone());
        prop_assert_eq!(from_planes, from_pixels);
    }

    #[test]
    fn together_is_as_one_by_one(sizes in prop::collection::vec((1u32..20, 1u32..20), 1..9), seed: u32, batch in 1usize..6) {
        let text = |batch: usize| manifest("generator", r#", "size": { "multiple_of": 4, "max": 16 }, "fit": "contain""#, "", &format!(r#", "runtime": {{ "batch": {batch} }}"#));
        let half = |inputs: &[Tensor]| Ok(vec![tensor(inputs[0].shape(), floats(&inputs[0]).iter().map(|n| n / 2.0).collect())]);
        let (model, seen) = network(&text(batch), half);
        let works: Vec<Work> = sizes.iter().enumerate().map(|(i, (w, h))| Work::new(model.clone(), Arc::new(noise(*w, *h, seed ^ i as u32)))).collect();
        let together: Vec<Made> = run(&works, &Limits::default(), &Guard::default()).into_iter().map(Result::unwrap).collect();
        prop_assert!(seen.lock().unwrap().iter().all(|inputs| inputs[0].shape()[0] <= batch));
        let alone: Vec<Made> = works.iter().map(|work| run(std::slice::from_ref(work), &Limits::default(), &Guard::default()).pop().unwrap().unwrap()).collect();
        prop_assert_eq!(together, alone);
    }

    /// A point of the picture that goes into the input comes back to where it was.
    #[test]
    fn placements_lead_back(
        (width, height) in (1u32..3000, 1u32..3000), (to_width, to_height) in (1u32..400, 1u32..400),
        fit in prop::sample::select(vec!["stretch", "contain", "cover"]), (x, y) in (0u32..500, 0u32..500),
    ) {
        let image = image(&format!(r#", "size": [{to_width}, {to_height}], "fit": "{fit}""#));
        let part = Part { x, y, width, height };
        let placement = Placement::new(&image, None, part);
        let inner = placement.inner;
        prop_assert!(inner.width >= 1 && inner.x + inner.width <= to_width && inner.height >= 1 && inner.y + inner.height <= to_height);
        let near = |[a, b]: [f32; 2], [c, d]: [f32; 2]| (a - c).abs() < 0.01 && (b - d).abs() < 0.01;
        let source = placement.source;
        prop_assert!(near(placement.back([inner.x as f32, inner.y as f32]), [source.x, source.y]));
        prop_assert!(near(placement.back([(inner.x + inner.width) as f32, (inner.y + inner.height) as f32]), [source.right(), source.bottom()]));
        let seen = source.width * source.height / (width as f32 * height as f32);
        let is_right = if image.fit == Fit::Cover { seen <= 1.0001 } else { source == part.rect() };
        prop_assert!(is_right, "{source:?} of {part:?}");
        if image.fit == Fit::Contain {
            // no side is off by more than half a px of the input
            let scale = (to_width as f32 / width as f32).min(to_height as f32 / height as f32);
            prop_assert!((inner.width as f32 - width as f32 * scale).abs() <= 0.501 || inner.width == 1);
            prop_assert!((inner.height as f32 - height as f32 * scale).abs() <= 0.501 || inner.height == 1);
        }
    }

    /// A letterboxed picture that a network leaves alone has its proportions again, and its flat parts their colours.
    #[test]
    fn contain_is_undone((width, height) in (1u32..80, 1u32..80), color: [u8; 3], factor in 1u32..4) {
        let text = manifest("upscaler", r#", "size": [32, 24], "fit": "contain""#, &format!(r#", "scale_factor": {factor}"#), "");
        let (model, _) = network(&text, move |inputs| {
            let (f, numbers) = (factor as usize, floats(&inputs[0]));
            let at = |c: usize, y: usize, x: usize| numbers[(c * 24 + y / f) * 32 + x / f];
            let all = (0..3).flat_map(|c| (0..24 * f).flat_map(move |y| (0..32 * f).map(move |x| (c, y, x))));
            Ok(vec![tensor(&[1, 3, 24 * f, 32 * f], all.map(|(c, y, x)| at(c, y, x)).collect())])
        });
        let out = drawn(&model, plain(width, height, color));
        let scale = (32.0 / width as f32).min(24.0 / height as f32);
        let near = |out: u32, side: u32| (out as f32 / factor as f32 - side as f32 * scale).abs() <= 0.501 || out == factor;
        prop_assert!(near(out.width(), width) && near(out.height(), height), "{out:?} of {width}x{height}");
        let [r, g, b] = color;
        prop_assert!(out.pixels().chunks_exact(4).all(|px| px == [r, g, b, 255]));
    }

    #[test]
    fn dynamic_sizes_keep_their_bounds(
        (width, height) in (1u32..5000, 1u32..5000), multiple_of in 1u32..33, min in 1u32..100, more in 33u32..1000, spare in 0u64..1_000_000,
    ) {
        let max = min + more;
        let image = image(&format!(r#", "size": {{ "multiple_of": {multiple_of}, "min": {min}, "max": {max} }}"#));
        let least = u64::from(min.div_ceil(multiple_of) * multiple_of);
        let most = least * least + spare;
        let (w, h) = tensor_size(&image, Some(most), width, height);
        prop_assert!([w, h].iter().all(|side| side % multiple_of == 0 && (min..=max).contains(side)), "{w}x{h}");
        prop_assert!(u64::from(w) * u64::from(h) <= most, "{w}x{h}");
    }

    #[test]
    fn parts_lie_in_their_picture(rect in prop::array::uniform4(-50.0..150.0f32), (width, height) in (1u32..100, 1u32..100)) {
        let frame = plain(width, height, [0; 3]);
        let [x, y, w, h] = rect;
        if let Some(part) = Part::of(&Rect::new(x, y, w, h), &frame) {
            prop_assert!(part.width >= 1 && part.height >= 1 && part.x + part.width <= width && part.y + part.height <= height);
            let cut = part.cut(&frame).unwrap();
            prop_assert_eq!((cut.width(), cut.height()), (part.width, part.height));
        }
    }

    #[test]
    fn manifests_survive_being_written(
        scale in 1e-6..1e3f64, mean in prop::array::uniform3(-100.0..100.0f64), values in prop::collection::vec(-1e6..1e6f32, 1..40),
        (multiple_of, min) in (1u32..64, 1u32..64), alpha: [u8; 3],
    ) {
        let [r, g, b] = alpha;
        let text = format!(
            r##"{{ "id": "m", "version": "1", "licence": "MIT", "kind": "generator",
                 "inputs": [{{ "name": "x", "role": "image", "scale": {scale}, "mean": {mean:?}, "alpha": "#{r:02x}{g:02x}{b:02x}",
                               "size": {{ "multiple_of": {multiple_of}, "min": {min} }} }},
                            {{ "name": "w", "role": "constant", "shape": [{}], "values": {values:?} }}],
                 "outputs": [{{ "name": "y", "role": "image" }}] }}"##,
            values.len(),
        );
        let manifest = Manifest::from_json(&text).unwrap();
        prop_assert_eq!(Manifest::from_json(&manifest.to_json()).unwrap(), manifest);
    }
}
