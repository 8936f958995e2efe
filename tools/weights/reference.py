"""What a manifest says, done in numpy: a picture goes through a network by ONNX Runtime, and the network's cost is counted and measured.

This is the manifest's meaning in a page, apart from the renderer: to try a manifest before it is used, and to hold the renderer's own pixels against.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy
import onnx
import onnxruntime
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from weights import graph

Array = NDArray[numpy.float32]
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "lanczos3": Image.Resampling.LANCZOS, "box": Image.Resampling.BOX}


def run(path: Path, picture: Path, out: Path, variant: str | None = None) -> str:
    """Draws `picture` as the model makes it: a generator's result, a matte's cut-out, a detector's boxes over the picture. Gives a sentence of what was found."""
    manifest = json.loads(path.read_text(encoding="utf-8"))
    source = ImageOps.exif_transpose(Image.open(picture)).convert("RGBA")
    results, place = infer(manifest, path.parent / manifest["file"], source, variant)
    if manifest["kind"] == "detector":
        found = faces(manifest, results, place)
        draw = ImageDraw.Draw(source)
        for _, box, points in found:
            draw.rectangle(box, outline="#ff2d55", width=max(2, source.width // 200))
            for x, y in points:
                draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill="#00e0ff")
        source.save(out)
        return "; ".join(f"{score:.3f} at {[round(edge) for edge in box]}" for score, box, _ in found) or "no face"
    tensor, said = results[0], manifest["outputs"][0]
    made = picture_of(tensor, said)
    if manifest["kind"] == "matte":
        source.putalpha(made.resize(source.size, Image.Resampling.BILINEAR))
        source.save(out)
        return f"{numpy.asarray(source)[..., 3].mean() / 2.55:.1f} % is kept"
    made.save(out)
    return f"{made.width} x {made.height}"


def infer(
    manifest: dict[str, Any], network: Path, source: Image.Image, variant: str | None
) -> tuple[list[Array], tuple[float, float, float]]:
    """The outputs in the manifest's order, and where the picture lay in the input: scale, left, top."""
    feeds, place = {}, (1.0, 0.0, 0.0)
    constants = manifest.get("variants", {}).get(variant, {}) if variant else {}
    if variant and not constants:
        raise ValueError(f"the model has no variant {variant!r}, there are {', '.join(manifest.get('variants', {}))}")
    for said in manifest["inputs"]:
        if said["role"] == "constant":
            feeds[said["name"]] = numpy.array(constants.get(said["name"], said["values"]), numpy.float32).reshape(
                said["shape"]
            )
        else:
            feeds[said["name"]], place = tensor_of(source, said, manifest["runtime"]["max_pixels"])
    results = session(network).run([said["name"] for said in manifest["outputs"]], feeds)
    return [numpy.asarray(result, numpy.float32) for result in results], place


def session(network: Path) -> onnxruntime.InferenceSession:
    """One thread, on the processor."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])


def size_of(said: dict[str, Any], width: int, height: int, max_pixels: int) -> tuple[int, int]:
    """The input's width and height: as fixed, or the picture's, within its bounds and rounded to its steps.

    >>> size_of({"size": {"multiple_of": 4, "min": 64, "max": 768}}, 1080, 1920, 589_824)
    (432, 768)
    """
    size = said["size"]
    if isinstance(size, list):
        return size[0], size[1]
    step, low, high = size["multiple_of"], size["min"], size["max"]
    scale = min(max(low / min(width, height), 1.0), high / max(width, height), (max_pixels / (width * height)) ** 0.5)
    least, most = -(-low // step) * step, high // step * step
    wide, tall = (min(max(int(side * scale / step + 0.5) * step, least), most) for side in (width, height))
    while wide * tall > max_pixels and max(wide, tall) > least:
        wide, tall = (max(wide - step, least), tall) if wide >= tall else (wide, max(tall - step, least))
    return wide, tall


def tensor_of(source: Image.Image, said: dict[str, Any], max_pixels: int) -> tuple[Array, tuple[float, float, float]]:
    """A picture as the network wants it: value = (px * scale - mean) / std."""
    under = Image.new("RGBA", source.size, said["alpha"])
    flat = Image.alpha_composite(under, source).convert("RGB")
    wide, high = size_of(said, flat.width, flat.height, max_pixels)
    how, place = FILTERS[said["resample"]], (1.0, 0.0, 0.0)
    if said["fit"] == "stretch":
        flat = flat.resize((wide, high), how)
    elif said["fit"] == "contain":
        scale = min(wide / flat.width, high / flat.height)
        inner = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
        place = (scale, float((wide - inner[0]) // 2), float((high - inner[1]) // 2))
        canvas = Image.new("RGB", (wide, high))
        canvas.paste(flat.resize(inner, how), (int(place[1]), int(place[2])))
        flat = canvas
    else:
        flat = ImageOps.fit(flat, (wide, high), how)
    values = numpy.asarray(flat, numpy.float32)
    if said["normalise"] == "max":
        values = values / max(float(values.max()), 1.0)
    values = (values * said["scale"] - numpy.array(said["mean"])) / numpy.array(said["std"])
    if said["channels"] == "bgr":
        values = values[..., ::-1]
    if said["layout"] == "nchw":
        values = values.transpose(2, 0, 1)
    return numpy.ascontiguousarray(values[None], numpy.float32), place


def picture_of(tensor: Array, said: dict[str, Any]) -> Image.Image:
    """An output as a picture: 8 bits, three channels or one."""
    values = tensor[0].transpose(1, 2, 0) if said["layout"] == "nchw" else tensor[0]
    if said["activation"] == "sigmoid":
        values = sigmoid(values)
    elif said["activation"] == "tanh":
        values = numpy.tanh(values)
    if said["normalise"] == "min-max":
        low, high = float(values.min()), float(values.max())
        values = (values - low) / max(high - low, 1e-12)
    low, high = said["range"]
    pixels = ((values - low) / (high - low) * 255).round().clip(0, 255).astype(numpy.uint8)
    if said.get("channels") == "bgr":
        pixels = pixels[..., ::-1]
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def sigmoid(values: Array) -> Array:
    """Of any number: exp overflows beyond 88."""
    return (1 / (1 + numpy.exp(-numpy.clip(values.astype(numpy.float64), -80, 80)))).astype(numpy.float32)


Face = tuple[float, tuple[float, float, float, float], list[tuple[float, float]]]


def faces(manifest: dict[str, Any], results: list[Array], place: tuple[float, float, float]) -> list[Face]:
    """Boxes (left, top, right, bottom in px of the picture) and points, the surest first. Boxes that overlap the surest are one face with it, and their
    mean is taken, weighed by their scores."""
    said = manifest["detector"]
    by_role = {output["role"]: result for output, result in zip(manifest["outputs"], results, strict=True)}
    scores = sigmoid(by_role["scores"].reshape(-1))
    side = manifest["inputs"][0]["size"][0]
    centres = [
        ((x + 0.5) * stride, (y + 0.5) * stride)
        for stride, count in zip(said["strides"], said["anchors"], strict=True)
        for y in range(side // stride)
        for x in range(side // stride)
        for _ in range(count)
    ]
    rows = by_role["boxes"].reshape(len(scores), 2 + said["points"], 2).astype(numpy.float64)
    rows[:, 0] += centres
    rows[:, 2:] += numpy.array(centres)[:, None]
    scale, left, top = place
    left_over = [at for at in numpy.argsort(-scores, kind="stable") if scores[at] >= said["score_threshold"]]
    kept: list[Face] = []
    while left_over:
        best = box_of(rows[left_over[0]])
        same = [at for at in left_over if overlap(best, box_of(rows[at])) > said["nms_iou"]]
        mean = numpy.average(rows[same], 0, weights=scores[same])
        x0, y0, x1, y1 = box_of(mean)
        box = ((x0 - left) / scale, (y0 - top) / scale, (x1 - left) / scale, (y1 - top) / scale)
        kept.append((float(scores[left_over[0]]), box, [((x - left) / scale, (y - top) / scale) for x, y in mean[2:]]))
        left_over = [at for at in left_over if at not in same]
    return kept


def box_of(row: NDArray[numpy.float64]) -> tuple[float, float, float, float]:
    """The edges of a row whose first two pairs are a box's centre and its size."""
    (x, y), (w, h) = row[0], row[1]
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """What two boxes share of what they cover together.

    >>> overlap((0, 0, 2, 1), (1, 0, 3, 1))
    0.3333333333333333
    """
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def measure(path: Path) -> str:
    """Billions of multiplications, and how much memory a run takes over what Python with ONNX Runtime takes, in a process of its own."""
    manifest = json.loads(path.read_text(encoding="utf-8"))
    network = path.parent / manifest["file"]
    sizes: dict[str, list[int]] = {}
    for said in manifest["inputs"]:
        shape = said.get("shape")
        if shape is None:
            pixels = manifest["runtime"]["max_pixels"]
            side = int(pixels**0.5)
            wide, high = size_of(said, side, side, pixels)
            shape = [1, 3, high, wide] if said["layout"] == "nchw" else [1, high, wide, 3]
        sizes[said["name"]] = shape
    count = multiplications(onnx.load(str(network)), sizes) / 1e9
    command = [
        sys.executable,
        "-c",
        "import sys, json; from weights import reference; reference.once(sys.argv[1], json.loads(sys.argv[2]))",
    ]
    folder = str(Path(__file__).resolve().parent.parent)
    done = subprocess.run(
        [*command, str(network), json.dumps(sizes)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": folder},
    )
    size = " and ".join(" x ".join(map(str, shape)) for shape in sizes.values())
    return f"{manifest['id']}: {size}, est_gmac {count:.3g}, {done.stdout.strip()}"


def multiplications(model: onnx.ModelProto, sizes: dict[str, list[int]]) -> int:
    """By running the network with all that is multiplied among its outputs: some graphs compute their shapes, and ONNX infers none."""
    named = {
        name
        for node in model.graph.node
        if node.op_type in graph.MULTIPLYING
        for name in (node.input[0], node.input[1], node.output[0])
    }
    made = sorted(named & {name for node in model.graph.node for name in node.output})
    seen = onnx.ModelProto.FromString(model.SerializeToString())
    seen.graph.output.extend(
        onnx.ValueInfoProto(name=name) for name in made if name not in {value.name for value in model.graph.output}
    )
    feeds = {name: numpy.full(shape, 0.5, numpy.float32) for name, shape in sizes.items()}
    results = onnxruntime.InferenceSession(seen.SerializeToString(), providers=["CPUExecutionProvider"]).run(
        made, feeds
    )
    return graph.multiplications(
        model, {**sizes, **{name: numpy.asarray(result).shape for name, result in zip(made, results, strict=True)}}
    )


def once(network: str, sizes: dict[str, list[int]]) -> None:
    """Loads and runs a network once and prints what that took; a process's first, since a peak never sinks."""
    before = _peak_kb()
    loaded = session(Path(network))
    feeds = {name: numpy.full(shape, 0.5, numpy.float32) for name, shape in sizes.items()}
    loaded.run(None, feeds)
    began = time.process_time()
    loaded.run(None, feeds)
    print(
        f"est_peak_mb {(_peak_kb() - before) / 1e3:.0f}, {1e3 * (time.process_time() - began):.0f} ms of one processor"
    )


def _peak_kb() -> int:
    """Of this program: what `getrusage` says is as much as the program had that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
