#!/usr/bin/env python3
"""model_speed.py [--threads 1,2] [--engines rten,tract,ort] [--rounds 3] [MANIFEST ...]: each model on each engine, beside onnxruntime from Python.

Builds the example `time_models` with all engines, finds models in `templates/models` and in the cache folder of `tools/models.py`, and prints a table:
milliseconds (the median of a round's median, rounds of all engines in turns), peak memory over what the process had before, and the largest difference
from what onnxruntime gives. Every run is a process of its own. Needs Python's `onnxruntime` and `numpy`; its library is the one that engine `ort` loads.

--reference writes `bindings/models/tests/onnxruntime.tsv`, what the tests of the engines are held to.
--cuda adds ONNX Runtime on a GPU (Python's `onnxruntime-gpu`), --batches 1,4,16 several pictures at once.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as rt

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "templates" / "models"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "templrender" / "models"
REFERENCE = ROOT / "bindings" / "models" / "tests" / "onnxruntime.tsv"
REFERENCE_SIZES = {"multistyle26.onnx": (96, 64)}
SAMPLES = 24
# What one measurement of a round lasts at least, and at most how many runs it has.
ROUND_MS = 3000.0
MOST_RUNS = 50
SIZES = {"paint": [(256, 256), (512, 512)], "vintage": [(256, 256)]}


def wave(shape: tuple[int, ...]) -> Any:
    """Numbers between 0 and 1 that any language can make: up and down, again and again."""
    at = (np.arange(int(np.prod(shape))) % 5389).astype(np.float32)
    one, two, period = np.float32(1), np.float32(2), np.float32(5389)
    return (one - np.abs(two * at / period - one)).reshape(shape)


def session(file: Path, threads: int, cuda: bool = False) -> Any:
    """onnxruntime as it comes, with so many threads."""
    options = rt.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    providers = ["CUDAExecutionProvider" if cuda else "CPUExecutionProvider"]
    return rt.InferenceSession(str(file), options, providers=providers)


def inputs_of(manifest: dict[str, Any], size: tuple[int, int] | None, batch: int) -> dict[str, Any]:
    """Tensors in the manifest's order: a picture's of its size, constants as they stand there."""
    made = {}
    for declared in manifest["inputs"]:
        if declared["role"] != "image":
            made[declared["name"]] = np.array(declared["values"], np.float32).reshape(declared["shape"])
            continue
        fixed = declared["size"]
        width, height = size or (fixed if isinstance(fixed, list) else (256, 256))
        channels = 1 if declared["channels"] == "grey" else 3
        planes = declared["layout"] == "nchw"
        made[declared["name"]] = wave((batch, channels, height, width) if planes else (batch, height, width, channels))
    return made


def memory_mb(key: str) -> float:
    """A line of what Linux says about this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise SystemExit("no memory in /proc/self/status")


def runs_for(ms: float) -> int:
    """As many runs as a round takes."""
    return max(1, min(MOST_RUNS, int(ROUND_MS / max(ms, 0.01))))


def time_python(job: dict[str, Any]) -> None:
    """One round of onnxruntime from Python, in a process of its own; prints what `time_models` prints."""
    inputs = {name: np.load(file) for name, file in job["inputs"].items()}
    before = memory_mb("VmRSS:")
    start = time.perf_counter()
    network = session(Path(job["file"]), job["threads"], job["cuda"])
    outputs = network.run(job["outputs"], inputs)
    first = (time.perf_counter() - start) * 1e3
    all_ms = []
    for _ in range(job["runs"]):
        start = time.perf_counter()
        network.run(job["outputs"], inputs)
        all_ms.append((time.perf_counter() - start) * 1e3)
    all_ms.sort()
    np.concatenate([output.ravel() for output in outputs]).astype(np.float32).tofile(job["out"])
    said = {"engine": f"python onnxruntime {rt.__version__}", "first_ms": first, "least_ms": all_ms[0]}
    print(json.dumps(said | {"median_ms": all_ms[len(all_ms) // 2], "peak_mb": memory_mb("VmHWM:") - before}))


def library() -> Path:
    """The shared library in Python's package."""
    found = sorted((Path(rt.__file__).parent / "capi").glob("libonnxruntime.so*"))
    if not found:
        raise SystemExit("Python's onnxruntime has no libonnxruntime.so")
    return found[-1]


def build() -> Path:
    """The program that times the engines."""
    command = ["cargo", "build", "--locked", "--profile", "ci", "-p", "templrender-models"]
    subprocess.run([*command, "--features", "rten,tract,ort", "--example", "time_models"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "ci" / "examples" / "time_models"


def measured(command: list[str]) -> dict[str, Any]:
    """What a process says of its round; a failure is said and ends the program."""
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"ORT_DYLIB_PATH": str(library())})
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:6])}: {done.stderr.strip()[-400:]}")
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def compare(
    program: Path, path: Path, size: tuple[int, int] | None, batch: int, threads: int, engines: list[str], rounds: int
) -> None:
    """The rows of one model: rounds of all engines in turns, then a row for each."""
    manifest = json.loads(path.read_text())
    inputs = inputs_of(manifest, size, batch)
    outputs = [output["name"] for output in manifest["outputs"]]
    file = path.parent / manifest["file"]
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        raw = []
        for index, (name, tensor) in enumerate(inputs.items()):
            names[name] = f"{folder}/{index}.npy"
            np.save(names[name], tensor)
            tensor.tofile(f"{folder}/{index}.f32")
            raw.append(f"{'x'.join(map(str, tensor.shape))}={folder}/{index}.f32")
        said: dict[str, list[dict[str, Any]]] = {}
        runs = 1
        for number in range(-1, rounds):
            for engine in ["python", *engines]:
                out = f"{folder}/{engine}.out"
                if engine.startswith("python"):
                    job = {"inputs": names, "file": str(file), "threads": threads, "runs": runs, "outputs": outputs}
                    job |= {"out": out, "cuda": "ort-cuda" in engines}
                    command = [sys.executable, __file__, "--round", json.dumps(job)]
                else:
                    command = [str(program), engine, str(threads), str(runs), str(path), out, *raw]
                heard = measured(command)
                if number >= 0:
                    said.setdefault(engine, []).append(heard)
                elif engine == "python":
                    runs = runs_for(heard["median_ms"])
        wanted = np.fromfile(f"{folder}/python.out", np.float32)
        shape = "x".join(map(str, next(iter(inputs.values())).shape))
        of_python = statistics.median(heard["median_ms"] for heard in said["python"])
        for engine, heard_all in said.items():
            made = np.fromfile(f"{folder}/{engine}.out", np.float32)
            ms = statistics.median(heard["median_ms"] for heard in heard_all)
            spread = max(heard["median_ms"] for heard in heard_all) - min(heard["median_ms"] for heard in heard_all)
            peak = max(heard["peak_mb"] for heard in heard_all)
            first = statistics.median(heard["first_ms"] for heard in heard_all)
            difference = float(np.abs(made - wanted).max())
            print(
                f"| {manifest['id']} {shape} | {heard_all[0]['engine']} | {threads} | {ms:.1f} ± {spread / 2:.1f} | {ms / of_python:.2f} "
                f"| {batch * 1000 / ms:.1f} | {first:.0f} | {peak:.0f} | {difference:.1e} |",
                flush=True,
            )


def write_reference() -> None:
    """What onnxruntime gives for the models that are shipped, some samples of each output."""
    lines = [
        f"# file\tinputs\toutput\trange\tsamples: index=value of onnxruntime {rt.__version__}; by tools/model_speed.py --reference"
    ]
    seen = set()
    for path in sorted(SHIPPED.glob("*.json")):
        manifest = json.loads(path.read_text())
        name = manifest["file"]
        if name in seen:
            continue
        seen.add(name)
        network = session(SHIPPED / name, 1)
        declared = inputs_of(manifest, REFERENCE_SIZES.get(name), 1)
        inputs = {port.name: wave(declared[port.name].shape) for port in network.get_inputs()}
        shapes = ";".join("x".join(map(str, tensor.shape)) for tensor in inputs.values())
        for index, output in enumerate(network.run(None, inputs)):
            flat = output.ravel()
            at = np.linspace(0, flat.size - 1, min(SAMPLES, flat.size)).astype(int)
            samples = " ".join(f"{place}={flat[place]:.7g}" for place in at)
            lines.append(f"{name}\t{shapes}\t{index}\t{flat.max() - flat.min():.4g}\t{samples}")
    REFERENCE.write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifests", nargs="*", type=Path)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--engines", default="rten,tract,ort")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", default="1")
    parser.add_argument("--cuda", action="store_true")
    parser.add_argument("--program", type=Path, help="time_models, if it is built already")
    parser.add_argument("--reference", action="store_true")
    parser.add_argument("--round", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.round:
        return time_python(json.loads(given.round))
    if given.reference:
        return write_reference()
    program = (given.program or build()).resolve()
    engines = given.engines.split(",") + (["ort-cuda"] if given.cuda else [])
    manifests = given.manifests
    if not manifests:
        shipped = {path.name: path for folder in (CACHE, SHIPPED) for path in sorted(folder.glob("*.json"))}
        manifests = list(shipped.values())
    print("| model | engine | threads | ms | of Python's | pictures/s | first, ms | peak MB | most difference |")
    print("|---|---|---|---|---|---|---|---|---|")
    for path in manifests:
        for size in SIZES.get(json.loads(path.read_text())["id"], [None]):
            for threads in map(int, given.threads.split(",")):
                for batch in map(int, given.batches.split(",")):
                    compare(program, path, size, batch, threads, engines, given.rounds)


if __name__ == "__main__":
    main()
