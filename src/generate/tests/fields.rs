//! One test for each field of a manifest that a run looks at: it fails where the field is ignored.

use super::*;
use crate::error::Code;
use crate::generate::run::Feather;
use crate::geom::Rect;

const TWO: &str = r#", "size": [2, 2]"#;

fn close(found: &[f32], wanted: &[f32]) -> bool {
    found.len() == wanted.len() && found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5)
}

#[test]
fn layout_puts_channels_before_rows_or_into_px() {
    let picture = || painted(2, 2, |x, y| [(x * 255) as u8, (y * 255) as u8, 51]);
    let planes = given(&manifest("generator", TWO, "", ""), picture());
    assert_eq!(planes.shape(), [1, 3, 2, 2]);
    assert!(close(&floats(&planes), &[0., 1., 0., 1., 0., 0., 1., 1., 0.2, 0.2, 0.2, 0.2]), "{planes:?}");
    let pixels = given(&manifest("generator", r#", "size": [2, 2], "layout": "nhwc""#, r#", "layout": "nhwc""#, ""), picture());
    assert_eq!(pixels.shape(), [1, 2, 2, 3]);
    assert!(close(&floats(&pixels), &[0., 0., 0.2, 1., 0., 0.2, 0., 1., 0.2, 1., 1., 0.2]), "{pixels:?}");
}

#[test]
fn dtype_makes_bytes() {
    let text =
        manifest("generator", r#", "size": [1, 1], "dtype": "uint8""#, r#", "range": [0, 255]"#, "").replace("0.00392156862745098", "1");
    let (model, seen) = network(&text, same);
    assert_eq!(px(&drawn(&model, plain(1, 1, [7, 200, 255])), 0, 0), [7, 200, 255, 255]);
    assert_eq!(seen.lock().unwrap()[0][0].data(), &TensorData::U8(vec![7, 200, 255]));
}

#[test]
fn channels_are_turned_around_or_made_grey() {
    let numbers = |input: &str| floats(&given(&manifest("generator", input, "", ""), plain(1, 1, [255, 51, 0])));
    assert!(close(&numbers(r#", "size": [1, 1], "channels": "bgr""#), &[0., 0.2, 1.]));
    // 0.299 and 0.587 of 51, as whole levels
    assert!(close(&numbers(r#", "size": [1, 1], "channels": "grey""#), &[106. / 255.]));
    let out = |channels: &str, numbers: Vec<f32>| {
        let shape = [1, numbers.len(), 1, 1];
        let (model, _) =
            network(&manifest("generator", r#", "size": [1, 1]"#, channels, ""), move |_| Ok(vec![tensor(&shape, numbers.clone())]));
        px(&drawn(&model, plain(1, 1, [0; 3])), 0, 0)
    };
    assert_eq!(out("", vec![1., 0.2, 0.]), [255, 51, 0, 255]);
    assert_eq!(out(r#", "channels": "bgr""#, vec![1., 0.2, 0.]), [0, 51, 255, 255]);
    assert_eq!(out(r#", "channels": "grey""#, vec![0.2]), [51, 51, 51, 255]);
}

#[test]
fn size_is_fixed_or_a_multiple_within_bounds() {
    let shape = |size: &str, runtime: &str, (w, h): (u32, u32)| {
        let text = manifest("generator", &format!(r#", "size": {size}"#), "", runtime);
        given(&text, plain(w, h, [9; 3])).shape()[2..].to_vec()
    };
    assert_eq!(shape("[6, 4]", "", (100, 100)), [4, 6]);
    let dynamic = r#"{ "multiple_of": 4, "min": 8, "max": 64 }"#;
    assert_eq!(shape(dynamic, "", (33, 22)), [24, 32], "the nearest multiples, halves upwards");
    assert_eq!(shape(dynamic, "", (128, 64)), [32, 64], "at most max");
    assert_eq!(shape(dynamic, "", (4, 2)), [8, 16], "at least min");
    assert_eq!(shape(dynamic, "", (1, 1000)), [64, 8], "both, whatever the proportions");
    assert_eq!(shape(dynamic, r#", "runtime": { "max_pixels": 1024 }"#, (64, 64)), [32, 32]);
    assert_eq!(shape(r#"{ "multiple_of": 16, "min": 10, "max": 100 }"#, "", (10, 500)), [96, 16], "multiples within the bounds");
}

#[test]
fn fit_stretches_boxes_or_covers() {
    // red, green, green, blue from the left
    let picture = || painted(4, 2, |x, _| [[255, 0, 0], [0, 255, 0], [0, 255, 0], [0, 0, 255]][x as usize]);
    let given = |fit: &str| {
        let text = manifest("generator", &format!(r#", "size": [4, 4], "resample": "box", "fit": "{fit}""#), "", "");
        let (model, seen) = network(&text, same);
        let out = drawn(&model, picture());
        let red = floats(&seen.lock().unwrap()[0][0])[..16].to_vec();
        (red, (out.width(), out.height()), px(&out, 0, 0))
    };
    let (red, size, corner) = given("stretch");
    assert!(close(&red, &[1., 0., 0., 0.].repeat(4)));
    assert_eq!((size, corner), ((4, 4), [255, 0, 0, 255]));
    let (red, size, corner) = given("contain");
    assert!(close(&red, &[[0.; 4], [1., 0., 0., 0.], [1., 0., 0., 0.], [0.; 4]].concat()));
    assert_eq!((size, corner), ((4, 2), [255, 0, 0, 255]), "the letterbox is taken off again");
    let (red, size, corner) = given("cover");
    assert!(close(&red, &[0.; 16]));
    assert_eq!((size, corner), ((4, 4), [0, 255, 0, 255]));
}

#[test]
fn resample_chooses_the_filter() {
    let picture = || painted(4, 1, |x, _| [[0; 3], [255; 3], [255; 3], [0; 3]][x as usize]);
    let numbers = |filter: &str| {
        floats(&given(&manifest("generator", &format!(r#", "size": [8, 1], "resample": "{filter}""#), "", ""), picture()))[..8].to_vec()
    };
    assert!(close(&numbers("box"), &[0., 0., 1., 1., 1., 1., 0., 0.]));
    assert!(close(&numbers("bilinear"), &[0., 64. / 255., 191. / 255., 1., 1., 191. / 255., 64. / 255., 0.]));
    let lanczos = numbers("lanczos3");
    assert!(lanczos[1] > 0.1 && !close(&lanczos, &numbers("bilinear")) && !close(&lanczos, &numbers("box")), "{lanczos:?}");
}

#[test]
fn scale_mean_and_std_make_numbers() {
    let numbers = |input: &str, scale: &str| {
        let text = manifest("generator", &format!(r#", "size": [1, 1]{input}"#), "", "").replace("0.00392156862745098", scale);
        floats(&given(&text, plain(1, 1, [0, 51, 255])))
    };
    assert!(close(&numbers("", "1"), &[0., 51., 255.]));
    assert!(close(&numbers(r#", "mean": [1]"#, "0.00784313725490196"), &[-1., -0.6, 1.]), "one for all channels");
    assert!(close(&numbers(r#", "mean": [1, 2, 3]"#, "1"), &[-1., 49., 252.]));
    assert!(close(&numbers(r#", "std": [1, 2, 4]"#, "1"), &[0., 25.5, 63.75]));
    assert!(close(&numbers(r#", "mean": [51], "std": [2]"#, "1"), &[-25.5, 0., 102.]));
}

#[test]
fn mean_is_of_the_channels_as_they_go_in() {
    let text =
        manifest("generator", r#", "size": [1, 1], "channels": "bgr", "mean": [1, 2, 3]"#, "", "").replace("0.00392156862745098", "1");
    assert!(close(&floats(&given(&text, plain(1, 1, [30, 20, 10]))), &[9., 18., 27.]));
}

#[test]
fn normalise_divides_by_the_largest_level() {
    let text = manifest("generator", r#", "size": [2, 1], "normalise": "max""#, "", "").replace("0.00392156862745098", "1");
    assert!(close(&floats(&given(&text, plain(2, 1, [0, 50, 100]))), &[0., 0., 0.5, 0.5, 1., 1.]));
    assert!(close(&floats(&given(&text, plain(2, 1, [0; 3]))), &[0.; 6]), "black stays black");
}

#[test]
fn alpha_is_the_colour_under_transparent_px() {
    let picture = || Frame::from_rgba(1, 1, vec![255, 0, 0, 51]).unwrap();
    let numbers = |alpha: &str| floats(&given(&manifest("generator", &format!(r#", "size": [1, 1]{alpha}"#), "", ""), picture()));
    assert!(close(&numbers(""), &[1., 0.8, 0.8]));
    assert!(close(&numbers(r#", "alpha": "black""#), &[0.2, 0., 0.]));
    assert!(close(&numbers(r##", "alpha": "#00ff00""##), &[0.2, 0.8, 0.]));
}

#[test]
fn constants_and_their_variants_go_in() {
    let text = r#"{ "id": "m", "version": "1", "licence": "MIT", "kind": "generator",
        "inputs": [{ "name": "x", "role": "image", "size": [1, 1] },
                   { "name": "w", "role": "constant", "shape": [2], "values": [0.25, 0.75] },
                   { "name": "k", "role": "constant", "dtype": "uint8", "shape": [1, 1], "values": [3] }],
        "variants": { "other": { "w": [1, 0] } }, "outputs": [{ "name": "y", "role": "image" }] }"#;
    let (model, seen) = network(text, same);
    let picture = Arc::new(plain(1, 1, [0; 3]));
    let other = Work { variant: Some("other".to_owned()), ..Work::new(model.clone(), Arc::clone(&picture)) };
    let unknown = Work { variant: Some("othr".to_owned()), ..other.clone() };
    let mut answers = run(&[Work::new(model, picture), other, unknown], &Limits::default(), &Guard::default());
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0][1], tensor(&[2], vec![0.25, 0.75]));
    assert_eq!(seen[0][2], Tensor::new([1, 1], TensorData::U8(vec![3])).unwrap());
    assert_eq!(seen[1][1], tensor(&[2], vec![1.0, 0.0]));
    assert_eq!(
        answers.pop().unwrap().unwrap_err().to_string(),
        "model m: a variant must be one of the manifest's, found \"othr\", did you mean \"other\"?"
    );
}

fn out(output: &str, numbers: Vec<f32>) -> Result<Vec<u8>, Error> {
    let count = numbers.len();
    let text = manifest("matte", &format!(r#", "size": [{count}, 1]"#), output, "");
    let (model, _) = network(&text, move |_| Ok(vec![tensor(&[1, 1, 1, count], numbers.clone())]));
    one(&model, plain(count as u32, 1, [200; 3])).map(|made| made.frame().unwrap().pixels().chunks_exact(4).map(|px| px[3]).collect())
}

#[test]
fn range_becomes_levels_and_clamp_decides_what_lies_outside() {
    assert_eq!(out("", vec![0.0, 0.2, 1.0, 1.5]).unwrap(), [0, 51, 255, 255]);
    assert_eq!(out(r#", "range": [-1, 1]"#, vec![-1.0, 0.0, 0.2, 1.0]).unwrap(), [0, 128, 153, 255]);
    let error = out(r#", "clamp": false"#, vec![0.0, 0.2, 1.0, 1.5]).unwrap_err();
    assert_eq!(error.code(), Code::ModelOutput);
    assert_eq!(error.to_string(), "model m, output y: every number must lie from 0 to 1, found 1.5");
    assert_eq!(out(r#", "clamp": false"#, vec![0.0, 0.2, 1.0, 1.001]).unwrap(), [0, 51, 255, 255], "less than half a level is rounding");
}

#[test]
fn activation_is_done_to_the_numbers() {
    assert_eq!(out(r#", "activation": "sigmoid""#, vec![-200.0, 0.0, 2.0, 200.0]).unwrap(), [0, 128, 225, 255]);
    assert_eq!(out(r#", "activation": "tanh", "range": [-1, 1]"#, vec![-20.0, 0.0, 0.5, 20.0]).unwrap(), [0, 128, 186, 255]);
    // the background, then two things in front
    let text = manifest("matte", r#", "size": [2, 1]"#, r#", "activation": "softmax""#, "");
    let (model, _) = network(&text, |_| Ok(vec![tensor(&[1, 3, 1, 2], vec![0.0, 2.0, 0.0, 0.0, 0.0, 1.0])]));
    let front = drawn(&model, plain(2, 1, [200; 3]));
    // 1 - 1/3, and 1 - e^2 / (e^2 + 1 + e)
    assert_eq!([px(&front, 0, 0)[3], px(&front, 1, 0)[3]], [170, 85]);
}

#[test]
fn normalise_stretches_the_output_of_each_picture() {
    assert_eq!(out(r#", "normalise": "min-max""#, vec![3.0, 4.0, 8.0]).unwrap(), [0, 51, 255]);
    assert_eq!(out(r#", "normalise": "min-max""#, vec![1.0, 1.0]).unwrap(), [255, 255], "nothing to stretch");
}

#[test]
fn scale_factor_says_how_large_the_output_is() {
    let twice = |inputs: &[Tensor]| {
        let shape = inputs[0].shape();
        Ok(vec![tensor(&[shape[0], 3, shape[2] * 2, shape[3] * 2], vec![0.2; 12 * shape[2] * shape[3]])])
    };
    let (model, _) = network(&manifest("upscaler", r#", "size": { "max": 64 }"#, r#", "scale_factor": 2"#, ""), twice);
    let large = drawn(&model, plain(5, 3, [1; 3]));
    assert_eq!((large.width(), large.height(), px(&large, 9, 5)), (10, 6, [51, 51, 51, 255]));
    let (model, _) = network(&manifest("upscaler", TWO, "", ""), twice);
    let error = one(&model, plain(2, 2, [1; 3])).unwrap_err();
    assert_eq!(error.to_string(), "model m, output y: its shape must be [1, 3, 2, 2], found [1, 3, 4, 4]");
}

#[test]
fn outputs_that_are_not_asked_for_are_left_and_their_count_is_held() {
    let text =
        manifest("generator", TWO, "", "").replace("\"outputs\": [", "\"outputs\": [{ \"name\": \"features\", \"role\": \"none\" }, ");
    let (model, _) = network(&text, |inputs| Ok(vec![tensor(&[1], vec![f32::NAN]), inputs[0].clone()]));
    assert_eq!(px(&drawn(&model, plain(2, 2, [1, 2, 3])), 0, 0), [1, 2, 3, 255]);
    let (model, _) = network(&text, same);
    assert_eq!(one(&model, plain(2, 2, [1; 3])).unwrap_err().to_string(), "model m: it must give 2 outputs, found 1");
}

#[test]
fn what_is_no_number_is_refused_by_name() {
    for (number, name) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let error = out("", vec![0.0, number, 1.0]).unwrap_err();
        assert_eq!((error.code(), error.cause()), (Code::ModelOutput, crate::error::Cause::Resource));
        assert_eq!(error.to_string(), format!("model m, output y: every number must be finite, found {name} as number 1 of 3"));
    }
}

#[test]
fn strength_mixes_what_went_in() {
    let black = |inputs: &[Tensor]| Ok(vec![tensor(inputs[0].shape(), vec![0.0; inputs[0].data().len()])]);
    let level = |more: &str, strength: Option<f32>| {
        let (model, _) = network(&manifest("generator", TWO, "", more), black);
        let work = Work { strength, ..Work::new(model, Arc::new(plain(2, 2, [200; 3]))) };
        px(run(&[work], &Limits::default(), &Guard::default())[0].as_ref().unwrap().frame().unwrap(), 1, 1)
    };
    assert_eq!(level("", None), [0, 0, 0, 255]);
    assert_eq!(level(r#", "blend": { "strength": 0.25 }"#, None), [150, 150, 150, 255]);
    assert_eq!(level(r#", "blend": { "strength": 0.25 }"#, Some(0.5)), [100, 100, 100, 255]);
}

#[test]
fn blend_pastes_the_result_back() {
    let black = |inputs: &[Tensor]| Ok(vec![tensor(inputs[0].shape(), vec![0.0; inputs[0].data().len()])]);
    let paint = |more: &str, feather: Option<Feather>| {
        let (model, _) = network(&manifest("generator", TWO, "", more), black);
        let work = Work { part: Some(Rect::new(2.0, 2.0, 6.0, 6.0)), feather, ..Work::new(model, Arc::new(plain(10, 10, [255; 3]))) };
        Arc::clone(run(&[work], &Limits::default(), &Guard::default())[0].as_ref().unwrap().frame().unwrap())
    };
    let replaced = paint("", None);
    assert_eq!((replaced.width(), px(&replaced, 0, 0)), (2, [0, 0, 0, 255]));
    let pasted = paint(r#", "blend": { "mode": "paste" }"#, None);
    assert_eq!(
        (pasted.width(), px(&pasted, 1, 1), px(&pasted, 2, 2), px(&pasted, 7, 7), px(&pasted, 8, 8)),
        (10, [255; 4], [0, 0, 0, 255], [0, 0, 0, 255], [255; 4])
    );
    let row = |frame: &Frame| (0..10).map(|x| px(frame, x, 5)[0]).collect::<Vec<_>>();
    let soft = paint(r#", "blend": { "feather_px": 2 }"#, None);
    assert_eq!(row(&soft), [255, 255, 215, 40, 0, 0, 40, 215, 255, 255], "an S over two px from each edge");
    assert_eq!(row(&paint("", Some(Feather::Px(2.0)))), row(&soft));
    assert_eq!(row(&paint("", Some(Feather::Fraction(1.0 / 3.0)))), row(&soft));
    assert_eq!(row(&paint(r#", "blend": { "mode": "paste", "feather_px": 2 }"#, Some(Feather::Px(0.0)))), row(&pasted));
}

#[test]
fn roi_grows_around_a_face() {
    let around = |roi: &str, face: [f32; 4]| {
        let text = manifest("generator", TWO, "", &format!(r#", "roi": {{ {roi} }}"#));
        let model = Model::declared(Manifest::from_json(&text).unwrap(), "");
        let [x, y, w, h] = face;
        let rect = model.around(&Rect::new(x, y, w, h), (100.0, 80.0));
        [rect.x, rect.y, rect.width, rect.height]
    };
    let face = [40.0, 30.0, 20.0, 20.0];
    assert_eq!(around(r#""mode": "face""#, face), face);
    assert_eq!(around(r#""margins": [0.5, 0.25, 0, 1]"#, face), [20.0, 20.0, 45.0, 30.0], "top, right, bottom, left");
    assert_eq!(around(r#""margins": [0.5, 0.25, 0, 1], "square": true"#, face), [20.0, 12.5, 45.0, 45.0]);
    let corner = [90.0, 70.0, 20.0, 20.0];
    assert_eq!(around("", corner), [80.0, 60.0, 20.0, 20.0], "moved back");
    assert_eq!(around(r#""keep_inside": false"#, corner), [90.0, 70.0, 10.0, 10.0], "cut off");
    assert_eq!(around(r#""margins": [9, 9, 9, 9], "square": true"#, face), [10.0, 0.0, 80.0, 80.0], "a square as large as the picture");
    assert_eq!(around("", [200.0, 0.0, 10.0, 10.0])[2], 0.0, "beside the picture");
}

#[test]
fn roi_mode_asks_for_a_face_unless_a_part_is_named() {
    let model = |roi: &str| {
        Model::declared(Manifest::from_json(&manifest("generator", TWO, "", &format!(r#", "roi": {{ "mode": "{roi}" }}"#))).unwrap(), "")
    };
    assert!(model("face").wants_face(false) && !model("face").wants_face(true));
    assert!(!model("none").wants_face(false) && !model("given").wants_face(false));
}

#[test]
fn batch_is_the_most_pictures_of_a_run() {
    let sizes = |batch: &str, more: &str, limits: &Limits| {
        let (model, seen) = network(&manifest("generator", TWO, "", &format!(r#", "runtime": {{ {batch} {more} }}"#)), same);
        let works: Vec<Work> = (0..5).map(|i| Work::new(model.clone(), Arc::new(plain(2, 2, [i; 3])))).collect();
        let made = run(&works, limits, &Guard::default());
        for (i, made) in made.iter().enumerate() {
            assert_eq!(px(made.as_ref().unwrap().frame().unwrap(), 1, 1)[0], i as u8, "answers keep their order");
        }
        let seen = seen.lock().unwrap();
        seen.iter().map(|inputs| inputs[0].shape()[0]).collect::<Vec<_>>()
    };
    assert_eq!(sizes(r#""batch": 1"#, "", &Limits::default()), [1; 5]);
    assert_eq!(sizes(r#""batch": 2"#, "", &Limits::default()), [2, 2, 1]);
    assert_eq!(sizes(r#""batch": 16"#, "", &Limits::default()), [5]);
    assert_eq!(sizes(r#""batch": 16"#, r#", "est_peak_mb": 400"#, &Limits::default()), [2, 2, 1], "not more than memory allows");
    assert_eq!(sizes(r#""batch": 16"#, r#", "est_gmac": 150"#, &Limits::default()), [3, 2], "nor time");
}

#[test]
fn estimates_follow_the_px_and_are_held_to_the_limits() {
    let runtime = r#", "runtime": { "max_pixels": 4096, "est_gmac": 8, "est_peak_mb": 2000 }"#;
    let (model, seen) = network(&manifest("generator", r#", "size": { "multiple_of": 8 }"#, "", runtime), same);
    let cost = model.cost(32, 32);
    assert_eq!((cost.gmac, cost.peak_mb), (2.0, 500.0));
    assert_eq!(model.cost(4000, 4000).gmac, 8.0, "what is larger is scaled down");
    let error = one(&model, plain(64, 64, [0; 3])).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (Code::ModelLimit, "model m: a run is thought to take 2000 MB, over the limit of 1024")
    );
    assert!(seen.lock().unwrap().is_empty() && one(&model, plain(32, 32, [0; 3])).is_ok());
    let limits = Limits { max_model_gmac: 1, ..Limits::default() };
    let error = run(&[Work::new(model, Arc::new(plain(32, 32, [0; 3])))], &limits, &Guard::default()).pop().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "model m: a run is thought to take 2 GMAC, over the limit of 1");
}

#[test]
fn max_pixels_bounds_what_is_scaled_up() {
    let (model, seen) = network(&manifest("upscaler", r#", "size": {}"#, "", r#", "runtime": { "max_pixels": 100 }"#), same);
    let error = one(&model, plain(11, 10, [0; 3])).unwrap_err();
    assert_eq!(error.to_string(), "model m: a picture to scale up has 110 px, over the model's limit of 100");
    assert!(seen.lock().unwrap().is_empty() && one(&model, plain(10, 10, [0; 3])).is_ok());
    let (model, _) = network(&manifest("upscaler", r#", "size": [9000, 9000]"#, "", ""), same);
    let error = one(&model, plain(1, 1, [0; 3])).unwrap_err();
    assert_eq!(error.to_string(), "model m: its pictures have 9000x9000 px, over the limit of a picture");
}
