//! Each engine that is built in, beside figures that onnxruntime gave for the same input (`tests/onnxruntime.tsv`, written by
//! `tools/model_speed.py --reference`), and beside everything that can go wrong.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use core_::{Code, Error, Guard, Tensor, TensorData};
use sha2::{Digest, Sha256};

use crate::file::{Checked, Source};
use crate::network::Shared;
use crate::onnx::tests::{field, text};
use crate::options::{EngineKind, Options};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/models")
}

fn checked(source: Source) -> Checked {
    Checked { source, sha256: None, max_bytes: 64 << 20 }
}

/// Engines to test; ONNX Runtime where there is one.
fn engines() -> Vec<Options> {
    let options = EngineKind::built_in().into_iter().map(|engine| Options { engine, ..Options::default() });
    options.filter(|options| options.engine != EngineKind::Ort || std::env::var_os("ORT_DYLIB_PATH").is_some()).collect()
}

fn open_file(name: &str, options: &Options) -> Shared {
    Shared::new(checked(Source::Path(folder().join(name))), options).unwrap()
}

fn open_bytes(bytes: &[u8], options: &Options) -> Result<Shared, Error> {
    Shared::new(checked(Source::Bytes(bytes.into())), options)
}

/// Numbers between 0 and 1 that any language can make: up and down, again and again.
fn noise(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let number = |at: usize| 1.0 - (2.0 * (at % 5_389) as f32 / 5_389.0 - 1.0).abs();
    Tensor::new(shape, TensorData::F32((0..count).map(number).collect())).unwrap()
}

fn inputs(shapes: &str) -> Vec<Tensor> {
    shapes.split(';').map(|shape| noise(&shape.split('x').map(|side| side.parse().unwrap()).collect::<Vec<_>>())).collect()
}

fn all(shared: &Shared, inputs: &[Tensor]) -> Result<Vec<Tensor>, Error> {
    shared.run(inputs, &(0..shared.outputs()).collect::<Vec<_>>(), &Guard::default())
}

/// A network of one node: `y` is what `op` makes of `x`, any number of threes.
fn one_node(op: &str) -> Vec<u8> {
    let sides = [field(1, &text(2, "n")), field(1, &[0x08, 3])].concat();
    let tensor = [&[0x08, 1][..], &field(2, &sides)].concat();
    let port = |number, name| field(number, &[text(1, name), field(2, &field(1, &tensor))].concat());
    let node = field(1, &[text(1, "x"), text(2, "y"), text(4, op)].concat());
    let graph = [node, text(2, "g"), port(11, "x"), port(12, "y")].concat();
    [&[0x08, 8][..], &field(7, &graph), &field(8, &[text(1, ""), vec![0x10, 13]].concat())].concat()
}

#[test]
fn each_engine_gives_what_onnxruntime_gave() {
    let table = include_str!("../tests/onnxruntime.tsv");
    let mut networks = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [file, shapes, output, range, samples] = cells[..] else { panic!("{line}") };
        // One level of 8 bits, of what the output spans.
        let allowed = range.parse::<f32>().unwrap() / 255.0;
        for options in engines() {
            let made = all(&open_file(file, &options), &inputs(shapes)).unwrap();
            let made = made[output.parse::<usize>().unwrap()].as_f32().unwrap().to_vec();
            for sample in samples.split(' ') {
                let (at, wanted) = sample.split_once('=').unwrap();
                let (at, wanted) = (at.parse::<usize>().unwrap(), wanted.parse::<f32>().unwrap());
                assert!((made[at] - wanted).abs() <= allowed, "{file} {} [{at}]: {} instead of {wanted}", options.engine, made[at]);
            }
            networks += 1;
        }
    }
    assert!(networks >= 5 * engines().len());
}

#[test]
fn engines_agree_to_a_level_of_eight_bits_everywhere() {
    for (file, shapes) in [("multistyle26.onnx", "1x3x64x96;26"), ("ugatit_tiny_64_seeded.onnx", "1x3x64x64")] {
        let made: Vec<_> =
            engines().iter().map(|options| (options.engine, all(&open_file(file, options), &inputs(shapes)).unwrap())).collect();
        let (_, first) = &made[0];
        for (engine, other) in &made {
            let most = distance(&first[0], &other[0]);
            assert!(most * 127.5 < 1.0, "{file}: {engine} differs by {most}");
        }
    }
}

/// The largest difference of two tensors of one shape.
fn distance(a: &Tensor, b: &Tensor) -> f32 {
    assert_eq!(a.shape(), b.shape());
    let pairs = a.as_f32().unwrap().iter().zip(b.as_f32().unwrap());
    pairs.map(|(a, b)| if a.is_nan() || b.is_nan() { f32::INFINITY } else { (a - b).abs() }).fold(0.0, f32::max)
}

/// Pictures that differ, in one tensor and each in its own.
fn pictures(shape: &[usize], count: usize) -> (Tensor, Vec<Tensor>) {
    let length: usize = shape.iter().product();
    let all = noise(&[count * length]).as_f32().unwrap().to_vec();
    let own = |numbers: &[f32]| Tensor::new([&[1], shape].concat(), TensorData::F32(numbers.to_vec())).unwrap();
    let each = all.chunks(length).map(own).collect();
    (Tensor::new([&[count], shape].concat(), TensorData::F32(all)).unwrap(), each)
}

#[test]
fn one_after_the_other_where_a_network_takes_one_picture() {
    for options in engines() {
        let shared = open_file("selfie_seg_256.onnx", &options);
        let (three, each) = pictures(&[256, 256, 3], 3);
        let together = all(&shared, &[three]).unwrap().remove(0);
        let apart: Vec<f32> = each.into_iter().flat_map(|one| all(&shared, &[one]).unwrap().remove(0).as_f32().unwrap().to_vec()).collect();
        let apart = Tensor::new([3, 256, 256, 1], TensorData::F32(apart)).unwrap();
        assert_eq!(distance(&together, &apart), 0.0, "{}", options.engine);
        // What is not a picture's goes into each run as it is.
        let shared = open_file("multistyle26.onnx", &options);
        let (two, _) = pictures(&[3, 64, 64], 2);
        let made = all(&shared, &[two, noise(&[26])]).unwrap().remove(0);
        assert_eq!(made.shape(), [2, 3, 64, 64]);
    }
}

#[test]
fn a_batch_is_what_each_is_alone() {
    for options in engines() {
        let shared = open_file("ugatit_tiny_64_seeded.onnx", &options);
        let (three, each) = pictures(&[3, 64, 64], 3);
        let together = all(&shared, &[three]).unwrap().remove(0);
        let apart: Vec<f32> = each.into_iter().flat_map(|one| all(&shared, &[one]).unwrap().remove(0).as_f32().unwrap().to_vec()).collect();
        let most = distance(&together, &Tensor::new([3, 3, 64, 64], TensorData::F32(apart)).unwrap());
        // Not the same bits: sums are split differently. A level of 8 bits is 0.0078.
        assert!(most < 0.001, "{}: {most}", options.engine);
    }
}

#[test]
fn as_many_as_are_given_where_a_network_takes_any() {
    for options in engines() {
        let shared = open_bytes(&one_node("Neg"), &options).unwrap();
        for count in [1, 5, 2] {
            let made = all(&shared, &[noise(&[count, 3])]).unwrap().remove(0);
            let wanted: Vec<f32> = noise(&[count, 3]).as_f32().unwrap().iter().map(|number| -number).collect();
            assert_eq!((made.shape(), made.as_f32().unwrap()), (&[count, 3][..], &wanted[..]), "{}", options.engine);
        }
    }
}

#[test]
fn tensors_that_do_not_fit_are_told_before_an_engine_sees_them() {
    for options in engines() {
        let shared = open_file("selfie_seg_256.onnx", &options);
        let place = folder().join("selfie_seg_256.onnx").display().to_string();
        let refused = |input: Tensor| {
            let error = all(&shared, &[input]).unwrap_err();
            assert_eq!(error.code(), Code::BadArgument);
            error.to_string().replace(&place, "FILE")
        };
        assert_eq!(
            refused(noise(&[1, 3, 256, 256])),
            "FILE: image: an input must have the model's shape [1, 256, 256, 3], found [1, 3, 256, 256]"
        );
        assert_eq!(
            refused(noise(&[2, 256, 256])),
            "FILE: image: an input must have the model's shape [1, 256, 256, 3], found [2, 256, 256]"
        );
        assert_eq!(
            refused(Tensor::new([0, 256, 256, 3], TensorData::F32(vec![])).unwrap()),
            "FILE: image: an input must have the model's shape [1, 256, 256, 3], found [0, 256, 256, 3]"
        );
        let small = Tensor::new([1, 256, 256, 3], TensorData::U8(vec![0; 256 * 256 * 3])).unwrap();
        assert_eq!(refused(small), "FILE: image: an input must have the numbers that the model takes (ONNX's type 1), found uint8");
        let any = open_file("multistyle26.onnx", &options);
        let error = all(&any, &[noise(&[1, 4, 64, 64]), noise(&[26])]).unwrap_err().to_string();
        assert!(error.ends_with("image: an input must have the model's shape [1, 3, ?, ?], found [1, 4, 64, 64]"), "{error}");
    }
}

#[test]
fn files_that_are_not_what_they_should_be() {
    let options = Options::default();
    let path = folder().join("selfie_seg_256.onnx");
    let whole = std::fs::read(&path).unwrap();
    let place = path.display().to_string();
    let refused = |checked: Checked| {
        let error = Shared::new(checked, &options).err().unwrap();
        (error.code(), error.to_string().replace(&place, "FILE"))
    };
    let from_disk = checked(Source::Path(path.clone()));
    let sha256 = Sha256::digest(&whole).iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    assert!(Shared::new(Checked { sha256: Some(sha256.clone()), ..from_disk.clone() }, &options).is_ok(), "in capitals too");
    let message = format!("FILE: a model's sha256 must be 00ff, found {}", sha256.to_lowercase());
    assert_eq!(refused(Checked { sha256: Some("00ff".into()), ..from_disk.clone() }), (Code::BadManifest, message));
    let message = format!("FILE: a model's file may have 1000 bytes, found {}", whole.len());
    assert_eq!(refused(Checked { max_bytes: 1_000, ..from_disk }), (Code::ModelLimit, message));
    let (code, message) = refused(checked(Source::Path(folder().join("nowhere.onnx"))));
    assert!(code == Code::BadManifest && message.contains("a model's file must be there to be read, found: "), "{message}");
    let broken = "model's bytes: a model's file must be ONNX and whole, found something else";
    for end in (0..whole.len()).step_by(whole.len() / 37) {
        assert_eq!(refused(checked(Source::Bytes(whole[..end].into()))), (Code::BadManifest, broken.into()), "{end}");
    }
    let (code, message) = refused(checked(Source::Bytes(one_node("DequantizeLinear")[..].into())));
    assert_eq!(code, Code::BadManifest);
    assert_eq!(message, "model's bytes: a model must compute in floating point, found the quantised DequantizeLinear");
}

#[test]
fn what_an_engine_cannot_run_is_its_error_and_stays_one() {
    for options in engines() {
        let shared = open_bytes(&one_node("Frobnicate"), &options).unwrap();
        let error = all(&shared, &[noise(&[1, 3])]).unwrap_err();
        assert_eq!(error.code(), Code::ModelFailed);
        let start = format!("model's bytes: a model must run, found {} to say: ", options.engine);
        assert!(error.to_string().starts_with(&start) && error.to_string().len() < 400, "{error}");
        assert_eq!(all(&shared, &[noise(&[1, 3])]).unwrap_err().to_string(), error.to_string());
        // An output that is neither numbers nor bytes.
        let shared = open_bytes(&one_node("IsNaN"), &options).unwrap();
        assert_eq!(all(&shared, &[noise(&[1, 3])]).unwrap_err().code(), Code::ModelFailed, "{}", options.engine);
    }
}

#[test]
fn damaged_weights_and_nodes_never_end_the_process() {
    let whole = std::fs::read(folder().join("ugatit_tiny_64_seeded.onnx")).unwrap();
    for options in engines().iter().filter(|options| options.engine != EngineKind::Ort) {
        for at in (7..whole.len()).step_by(whole.len() / 23) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x15;
            let run = open_bytes(&damaged, options).and_then(|shared| all(&shared, &inputs("1x3x64x64")));
            let known = [Code::BadManifest, Code::ModelFailed, Code::BadArgument, Code::ModelOutput];
            assert!(run.as_ref().map_or_else(|error| known.contains(&error.code()), |made| !made.is_empty()), "{at}: {run:?}");
        }
    }
}

#[test]
fn a_deadline_ends_a_run_between_steps() {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    // A clock that goes on by a nanosecond each time it is asked.
    let clock = || ASKED.fetch_add(1, Ordering::Relaxed);
    for options in engines().iter().filter(|options| options.engine != EngineKind::Ort) {
        let shared = open_file("ugatit_tiny_64_seeded.onnx", options);
        let plain = all(&shared, &inputs("1x3x64x64")).unwrap();
        ASKED.store(0, Ordering::Relaxed);
        let guard = Guard { clock: Some(clock), deadline_ns: Some(1_000_000), cancel: None };
        let guarded = shared.run(&inputs("1x3x64x64"), &[0], &guard).unwrap();
        assert!(distance(&guarded[0], &plain[0]) == 0.0, "{}: the guard changes nothing", options.engine);
        let asked = ASKED.load(Ordering::Relaxed);
        assert!(asked >= 10, "{}: asked {asked} times", options.engine);
        ASKED.store(0, Ordering::Relaxed);
        let guard = Guard { deadline_ns: Some(asked / 2), ..guard };
        let error = shared.run(&inputs("1x3x64x64"), &[0], &guard).unwrap_err();
        assert_eq!((error.code(), ASKED.load(Ordering::Relaxed)), (Code::DeadlineExceeded, asked / 2 + 1), "{}", options.engine);
    }
}

#[test]
fn a_flag_ends_a_run_from_another_thread() {
    for options in engines() {
        let shared = Arc::new(open_file("multistyle26.onnx", &options));
        let given = inputs("1x3x256x256;26");
        all(&shared, &given).unwrap();
        let cancel = AtomicBool::new(false);
        let guard = Guard { cancel: Some(&cancel), ..Guard::default() };
        let error = std::thread::scope(|scope| {
            let run = scope.spawn(|| {
                loop {
                    if let Err(error) = shared.run(&given, &[0], &guard) {
                        break error;
                    }
                }
            });
            std::thread::sleep(std::time::Duration::from_millis(20));
            cancel.store(true, Ordering::Relaxed);
            run.join().unwrap()
        });
        assert_eq!(error.code(), Code::Cancelled, "{}", options.engine);
    }
}

#[test]
fn runs_side_by_side_give_what_one_gives() {
    for options in engines() {
        let shared = open_file("ugatit_tiny_64_seeded.onnx", &options);
        let plain = all(&shared, &inputs("1x3x64x64")).unwrap();
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| all(&shared, &inputs("1x3x64x64")).unwrap())).collect();
            for run in runs {
                assert!(run.join().unwrap() == plain, "{}", options.engine);
            }
        });
    }
}

/// A folder of its own with a manifest of the segmenter's file, some of its text replaced.
fn folder_with(name: &str, replaced: &[(&str, &str)]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("templrender-models-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    std::fs::copy(folder().join("selfie_seg_256.onnx"), path.join("selfie_seg_256.onnx")).unwrap();
    let text = std::fs::read_to_string(folder().join("person.json")).unwrap();
    let text = replaced.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    std::fs::write(path.join("person.json"), text).unwrap();
    path
}

#[test]
fn a_folder_is_every_manifest_in_it() {
    for options in engines() {
        let models = crate::load_folder(folder(), &options).unwrap();
        let ids: Vec<_> = models.iter().map(core_::Model::id).collect();
        assert_eq!(ids, ["face", "paint", "person", "ugatit-tiny-seeded"]);
        let start = if options.engine == EngineKind::Ort { "onnxruntime" } else { options.engine.name() };
        assert!(models.iter().all(|model| model.runs() && model.engine().starts_with(start)), "{:?}", models[0].engine());
    }
}

#[test]
fn manifests_share_a_file_and_what_a_folder_refuses() {
    let options = Options::default();
    let path = folder_with("shared", &[]);
    let text = std::fs::read_to_string(path.join("person.json")).unwrap();
    std::fs::write(path.join("again.json"), text.replace("\"id\": \"person\"", "\"id\": \"again\"")).unwrap();
    assert_eq!(crate::load_folder(&path, &options).unwrap().len(), 2);
    let refused = |name: &str, replaced: &[(&str, &str)]| {
        let path = folder_with(name, replaced);
        let error = crate::load_folder(&path, &options).unwrap_err();
        std::fs::remove_dir_all(&path).unwrap();
        assert_eq!(error.code(), Code::BadManifest, "{error}");
        error.to_string().replace(&path.display().to_string(), "FOLDER")
    };
    std::fs::remove_dir_all(&path).unwrap();
    let output = crate::load_manifest(folder().join("person.json"), &options).unwrap().manifest().output_names().next().unwrap().to_owned();
    assert_eq!(
        refused("output", &[(&format!("\"name\": \"{output}\""), "\"name\": \"alpha\"")]),
        format!("FOLDER/person.json: model person: an output must be one of FOLDER/selfie_seg_256.onnx ({output:?}), found \"alpha\"")
    );
    assert_eq!(
        refused("input", &[("\"name\": \"image\"", "\"name\": \"picture\"")]),
        "FOLDER/person.json: model person: an input must be one of FOLDER/selfie_seg_256.onnx (\"image\"), found \"picture\""
    );
    let text = refused("outside", &[("\"file\": \"selfie_seg_256.onnx\"", "\"file\": \"../selfie_seg_256.onnx\"")]);
    assert!(text.starts_with("FOLDER/person.json: "), "{text}");
    let nowhere = crate::load_folder("nowhere", &options).unwrap_err().to_string();
    assert!(nowhere.starts_with("nowhere: a folder of models must be there to be read, found: "), "{nowhere}");
}

#[test]
fn a_model_runs_behind_its_manifest_and_a_picture_comes_out() {
    use core_::{Engine, Manifest};
    let manifest = Manifest::from_json(&std::fs::read_to_string(folder().join("person.json")).unwrap()).unwrap();
    for options in engines() {
        let network = crate::open(folder().join("selfie_seg_256.onnx"), &manifest, &options).unwrap();
        let made = network.run(&[noise(&[1, 256, 256, 3])], &Guard::default()).unwrap();
        assert_eq!(made.len(), 1);
        let error = network.run(&[], &Guard::default()).unwrap_err().to_string();
        assert!(error.ends_with("a model must be given its 1 inputs, found 0"), "{error}");
    }
}
