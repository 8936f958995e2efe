//! ONNX Runtime's library: what is none, is told; one that loads stays. A process of its own, for what is loaded cannot be let go.
#![cfg(all(feature = "ort", target_os = "linux"))]

use std::path::{Path, PathBuf};

use core_::{Code, Engine, Error, Manifest};
use templrender_models::{EngineKind, Network, Options, open};

fn opened(library: &Path, cuda: bool) -> Result<Network, Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/models");
    let manifest = Manifest::from_json(&std::fs::read_to_string(folder.join("person.json")).unwrap()).unwrap();
    let options = Options { engine: EngineKind::Ort, ort_library: Some(library.to_owned()), cuda, ..Options::default() };
    open(folder.join("selfie_seg_256.onnx"), &manifest, &options)
}

fn refused(library: &Path, cuda: bool) -> String {
    let error = opened(library, cuda).err().unwrap();
    assert_eq!(error.code(), Code::BadArgument);
    error.to_string().replace(&library.display().to_string(), "LIBRARY")
}

#[test]
fn what_is_no_library_is_told_and_the_first_that_loads_stays() {
    let empty = std::env::temp_dir().join(format!("templrender-ort-{}", std::process::id()));
    std::fs::create_dir_all(&empty).unwrap();
    let none = "engine ort: ONNX Runtime's library must be a file, or in a folder or Python package, found none at LIBRARY";
    assert_eq!(refused(&empty, false), none);
    assert_eq!(refused(Path::new("/nowhere/libonnxruntime.so"), false), none);

    let text = empty.join("libonnxruntime.so.1.99.0");
    std::fs::write(&text, "not a library").unwrap();
    let unloaded = "engine ort: ONNX Runtime 1.17 or newer must be loadable, found: ";
    let message = refused(&empty, false);
    assert!(message.starts_with(unloaded) && message.contains("libonnxruntime.so.1.99.0"), "{message}");
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps.lines().filter_map(|line| line.split_whitespace().last()).find(|path| path.contains("libc.so")).unwrap();
    let message = refused(Path::new(libc), false);
    assert!(message.starts_with(unloaded) && message.contains("OrtGetApiBase"), "{message}");

    if let Some(library) = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from) {
        let network = opened(&library, false).unwrap();
        assert!(network.identity().starts_with("onnxruntime 1.") && network.identity().ends_with(" cpu"), "{}", network.identity());
        let message = refused(&library, true);
        assert!(message.starts_with("engine ort: ONNX Runtime must have CUDA, found 1."), "{message}");
        let message = refused(&empty, false);
        assert!(message.starts_with("engine ort: a process has one ONNX Runtime, found "), "{message}");
    }
    std::fs::remove_dir_all(&empty).unwrap();
}
