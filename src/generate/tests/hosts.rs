//! Models that are a host's own functions, engines that fail, and guards.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::error::{Code, Fault};
use crate::generate::{Detector, Face, Generator, Mask, Matte};
use crate::geom::Rect;

struct Inverted(fn(usize) -> usize);

impl Generator for Inverted {
    fn identity(&self) -> String {
        "inverted 1".to_owned()
    }

    fn generate(&self, pictures: &[Arc<Frame>], _guard: &Guard<'_>) -> Vec<Result<Frame, Error>> {
        let inverted = |frame: &Arc<Frame>| {
            let mut frame = Frame::clone(frame);
            frame.pixels_mut().chunks_exact_mut(4).for_each(|px| px.iter_mut().take(3).for_each(|c| *c = 255 - *c));
            Ok(frame)
        };
        pictures.iter().take((self.0)(pictures.len())).map(inverted).collect()
    }
}

impl Detector for Inverted {
    fn identity(&self) -> String {
        "one face 1".to_owned()
    }

    fn detect(&self, pictures: &[Arc<Frame>], _guard: &Guard<'_>) -> Vec<Result<Vec<Face>, Error>> {
        let face = |frame: &Arc<Frame>| Face { rect: [1.0, 1.0, frame.width() as f32 / 2.0, 2.0], score: 0.9, points: vec![[2.0, 2.0]] };
        pictures.iter().map(|frame| Ok(vec![face(frame)])).collect()
    }
}

impl Matte for Inverted {
    fn identity(&self) -> String {
        "left half 1".to_owned()
    }

    fn matte(&self, pictures: &[Arc<Frame>], _guard: &Guard<'_>) -> Vec<Result<Mask, Error>> {
        pictures.iter().map(|_| Mask::new(2, 1, vec![255, 0])).collect()
    }
}

fn host(kind: &str, more: &str) -> Manifest {
    Manifest::from_json(&format!(r#"{{ "id": "h", "version": "1", "licence": "MIT", "kind": "{kind}" {more} }}"#)).unwrap()
}

#[test]
fn a_function_gets_the_part_and_its_picture_goes_where_that_was() {
    let model = Model::generator(host("generator", r#", "blend": { "mode": "paste" }"#), Inverted(|n| n)).unwrap();
    let work = Work { part: Some(Rect::new(1.0, 0.0, 2.0, 1.0)), ..Work::new(model, Arc::new(plain(4, 1, [200, 100, 0]))) };
    let made = run(&[work], &Limits::default(), &Guard::default()).pop().unwrap().unwrap();
    let row: Vec<u8> = (0..4).map(|x| px(made.frame().unwrap(), x, 0)[0]).collect();
    assert_eq!(row, [200, 55, 55, 200]);
}

#[test]
fn a_picture_over_max_pixels_is_scaled_down_for_a_function() {
    let model = Model::generator(host("generator", r#", "runtime": { "max_pixels": 200 }"#), Inverted(|n| n)).unwrap();
    let out = drawn(&model, plain(40, 20, [0; 3]));
    assert_eq!((out.width(), out.height(), px(&out, 0, 0)), (20, 10, [255; 4]));
    let line = drawn(&model, plain(1000, 1, [0; 3]));
    assert_eq!((line.width(), line.height()), (200, 1));
    let model = Model::detector(host("detector", r#", "runtime": { "max_pixels": 200 }"#), Inverted(|n| n)).unwrap();
    let made = one(&model, plain(40, 20, [0; 3])).unwrap();
    assert_eq!(made.found().unwrap()[0], Face { rect: [2.0, 2.0, 20.0, 4.0], score: 0.9, points: vec![[4.0, 4.0]] });
}

#[test]
fn a_functions_mask_is_scaled_to_the_picture() {
    let model = Model::matte(host("matte", ""), Inverted(|n| n)).unwrap();
    let out = drawn(&model, plain(8, 4, [10, 20, 30]));
    assert_eq!((out.width(), out.height()), (8, 4));
    assert_eq!((px(&out, 0, 3), px(&out, 7, 0)), ([10, 20, 30, 255], [0; 4]));
}

#[test]
fn a_function_must_answer_for_each_and_be_of_its_kind() {
    let model = Model::generator(host("generator", r#", "runtime": { "batch": 4 }"#), Inverted(|n| n - 1)).unwrap();
    let works = vec![Work::new(model, Arc::new(plain(2, 2, [0; 3]))); 3];
    for made in run(&works, &Limits::default(), &Guard::default()) {
        let error = made.unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            (Code::ModelFailed, "model h: it must give an answer for each of 3 pictures, found 2")
        );
    }
    let error = Model::matte(host("generator", ""), Inverted(|n| n)).unwrap_err();
    assert_eq!(error.to_string(), "model h: the manifest's kind must be matte, found generator");
    let (model, _) = network(&manifest("generator", r#", "size": [1, 1]"#, "", ""), same);
    assert!(model.runs());
    let empty = Model::network(host("generator", ""), Function { run: same, seen: Seen::default() }).unwrap_err();
    assert_eq!(empty.to_string(), "model h: a network's manifest must have inputs and outputs, found none");
}

#[test]
fn a_face_that_is_no_box_is_refused() {
    struct Broken;
    impl Detector for Broken {
        fn identity(&self) -> String {
            String::new()
        }
        fn detect(&self, pictures: &[Arc<Frame>], _guard: &Guard<'_>) -> Vec<Result<Vec<Face>, Error>> {
            pictures.iter().map(|_| Ok(vec![Face { rect: [0.0, 0.0, f32::NAN, 1.0], score: 1.0, points: vec![] }])).collect()
        }
    }
    let model = Model::detector(host("detector", ""), Broken).unwrap();
    let error = one(&model, plain(2, 2, [0; 3])).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (Code::ModelOutput, "model h: a face must be a box of finite numbers above nought, found [0.0, 0.0, NaN, 1.0]")
    );
}

#[test]
fn a_model_that_runs_elsewhere_is_missing_here() {
    let error = one(&Model::declared(host("generator", ""), "farm 1"), plain(1, 1, [0; 3])).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (Code::MissingModel, "model h: it runs elsewhere, and its answer was not brought")
    );
}

#[test]
fn one_picture_whose_numbers_are_none_fails_alone() {
    let text = manifest("generator", r#", "size": [1, 1]"#, "", r#", "runtime": { "batch": 8 }"#);
    let (model, seen) = network(&text, |inputs| {
        let numbers = floats(&inputs[0]).into_iter().map(|number| if number > 0.9 { f32::NAN } else { number });
        Ok(vec![tensor(inputs[0].shape(), numbers.collect())])
    });
    let works: Vec<Work> = [10, 255, 30].map(|level| Work::new(model.clone(), Arc::new(plain(1, 1, [level; 3])))).into();
    let made = run(&works, &Limits::default(), &Guard::default());
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(made[1].as_ref().unwrap_err().code(), Code::ModelOutput);
    assert_eq!([0, 2].map(|i: usize| px(made[i].as_ref().unwrap().frame().unwrap(), 0, 0)[0]), [10, 30]);
}

#[test]
fn a_batch_that_the_engine_refuses_is_tried_picture_by_picture() {
    let text = manifest("generator", r#", "size": [1, 1]"#, "", r#", "runtime": { "batch": 8 }"#);
    let (model, seen) = network(&text, |inputs| match floats(&inputs[0]).iter().any(|number| *number > 0.9) {
        true => Err(Fault::new(Code::ModelFailed, "model m", "too bright").into()),
        false => same(inputs),
    });
    let works: Vec<Work> = [10, 255, 30].map(|level| Work::new(model.clone(), Arc::new(plain(1, 1, [level; 3])))).into();
    let made = run(&works, &Limits::default(), &Guard::default());
    assert_eq!(seen.lock().unwrap().len(), 4);
    assert_eq!(made[1].as_ref().unwrap_err().to_string(), "model m: too bright");
    assert!(made[0].is_ok() && made[2].is_ok());
}

#[test]
fn guards_end_runs_and_clocks_tell_how_long_they_took() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    let clock = || NOW.fetch_add(1_000_000, Ordering::Relaxed) as u64;
    let (model, seen) = network(&manifest("generator", r#", "size": [1, 1]"#, "", ""), same);
    let works = [Work::new(model, Arc::new(plain(1, 1, [0; 3])))];
    let made = run(&works, &Limits::default(), &Guard { clock: Some(clock), ..Guard::default() }).pop().unwrap().unwrap();
    assert_eq!(made.elapsed_us(), Some(1_000));
    let cancel = AtomicBool::new(true);
    let guard = Guard { cancel: Some(&cancel), ..Guard::default() };
    assert_eq!(run(&works, &Limits::default(), &guard)[0].as_ref().unwrap_err().code(), Code::Cancelled);
    let late = Guard { clock: Some(clock), deadline_ns: Some(1), ..Guard::default() };
    assert_eq!(run(&works, &Limits::default(), &late)[0].as_ref().unwrap_err().code(), Code::DeadlineExceeded);
    assert_eq!(seen.lock().unwrap().len(), 1, "nothing runs that nobody waits for");
}
