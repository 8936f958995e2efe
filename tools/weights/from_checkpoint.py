"""`models.py ugatit`: a PyTorch checkpoint of U-GAT-IT becomes an ONNX file and the manifest beside it."""

import argparse
import json
from pathlib import Path
from typing import Any

import onnx

from weights import graph, shelf, ugatit
from weights.checkpoint import Checkpoint
from weights.registry import sha256


def arguments(door: argparse.ArgumentParser) -> None:
    """The words of this door."""
    door.add_argument("checkpoint", type=Path, help="what the training wrote, e.g. selfie2anime_params_latest.pt")
    door.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.onnx")
    door.add_argument("--part", default="genA2B", help="which of the checkpoint's networks (default: genA2B)")
    door.add_argument("--size", type=int, help="side of the picture; the full model says it itself (default: 256)")
    door.add_argument("--id", help="the model's name in templates (default: the name of OUT)")
    door.add_argument("--licence", required=True, help="what the weights may be used for, as an SPDX name")
    door.add_argument("--noncommercial", action="store_true", help="the licence forbids earning money with it")
    door.add_argument("--attribution", default="", help="whom to name")
    door.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Writes both files; prints what was found."""
    if chosen.out.suffix != ".onnx":
        raise shelf.ShelfError(f"the network's name must end in .onnx, found {chosen.out.name}")
    weights = Checkpoint(chosen.checkpoint).state(chosen.part)
    model = ugatit.generator(weights, chosen.size)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_bytes(model.SerializeToString())
    found = manifest(chosen, model)
    beside = chosen.out.with_suffix(".json")
    beside.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    shelf.check(beside)
    side, gmac = found["inputs"][0]["size"][0], found["runtime"]["est_gmac"]
    count = sum(weight.size for weight in weights.values())
    print(f"{chosen.out}: {model.graph.name}, {side} x {side}, {count:,} weights, {gmac} GMAC; manifest: {beside}")
    return 0


def manifest(chosen: argparse.Namespace, model: onnx.ModelProto) -> dict[str, Any]:
    """That of a U-GAT-IT generator: a square around the face with the hair and the chin in it, stretched to the side that it was trained on."""
    side = model.graph.input[0].type.tensor_type.shape.dim[2].dim_value
    channels = next(tensor.dims[0] for tensor in model.graph.initializer if len(tensor.dims) == 4)
    pixels = {"layout": "nchw", "channels": "rgb", "normalise": "none"}
    image = {"name": "image", "role": "image", **pixels, "dtype": "float32", "size": [side, side], "fit": "stretch"}
    scaled = {"resample": "lanczos3", "scale": 1 / 127.5, "mean": [1, 1, 1], "std": [1, 1, 1], "alpha": "white"}
    drawn = {"name": "stylized", "role": "image", **pixels, "range": [-1, 1], "clamp": True, "activation": "none"}
    return {
        "id": chosen.id or chosen.out.stem,
        "version": "1",
        "file": chosen.out.name,
        "sha256": sha256(chosen.out),
        "licence": chosen.licence,
        "noncommercial": chosen.noncommercial,
        "attribution": chosen.attribution or "U-GAT-IT (Kim, Kim, Kang, Lee 2020)",
        "kind": "generator",
        "inputs": [image | scaled],
        "outputs": [
            drawn | {"scale_factor": 1},
            {"name": "cam_logit", "role": "none"},
            {"name": "heatmap", "role": "none"},
        ],
        "roi": {"mode": "face", "margins": [0.6, 0.4, 0.3, 0.4], "square": True, "keep_inside": True},
        "blend": {"mode": "replace", "strength": 1, "feather_px": 0},
        "runtime": {
            "max_pixels": side * side,
            "est_gmac": round(graph.gmac(model), 2),
            "est_peak_mb": _peak_mb(chosen.out, side, channels),
            "batch": 1,
        },
    }


def _peak_mb(network: Path, side: int, channels: int) -> int:
    """The weights, and the layers that are alive at once: 330 MB were measured for the light model of 64 channels at 256."""
    return round((network.stat().st_size * 1.1 + side * side * channels * 68) / 1e6)
