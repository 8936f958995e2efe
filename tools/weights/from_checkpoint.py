"""`models.py ugatit`: a PyTorch checkpoint of U-GAT-IT becomes an ONNX file and the manifest beside it."""

import argparse
import json
from pathlib import Path
from typing import Any

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
    side = model.graph.input[0].type.tensor_type.shape.dim[2].dim_value
    gmac = round(graph.gmac(model), 2)
    found = manifest(
        chosen.id or chosen.out.stem, chosen.out, side, gmac, chosen.licence, chosen.noncommercial, chosen.attribution
    )
    beside = chosen.out.with_suffix(".json")
    beside.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    shelf.check(beside)
    count = sum(weight.size for weight in weights.values())
    print(
        f"{chosen.out}: {model.graph.name}, {side} x {side}, {count:,} weights, {gmac} GMAC; the manifest is {beside}"
    )
    return 0


def manifest(
    name: str, network: Path, side: int, gmac: float, licence: str, noncommercial: bool, attribution: str
) -> dict[str, Any]:
    """The manifest of a U-GAT-IT generator: a square around the face with the hair and the chin in it, stretched to the side it was trained on."""
    image = {"layout": "nchw", "channels": "rgb"}
    return {
        "id": name,
        "version": "1",
        "file": network.name,
        "sha256": sha256(network),
        "licence": licence,
        "noncommercial": noncommercial,
        "attribution": attribution or "U-GAT-IT (Kim, Kim, Kang, Lee 2020)",
        "kind": "generator",
        "inputs": [
            {
                "name": "image",
                "role": "image",
                **image,
                "dtype": "float32",
                "size": [side, side],
                "fit": "stretch",
                "resample": "lanczos3",
            }
            | {"scale": 1 / 127.5, "mean": [1, 1, 1], "std": [1, 1, 1], "normalise": "none", "alpha": "white"}
        ],
        "outputs": [
            {
                "name": "stylized",
                "role": "image",
                **image,
                "range": [-1, 1],
                "clamp": True,
                "activation": "none",
                "normalise": "none",
                "scale_factor": 1,
            },
            {"name": "cam_logit", "role": "none"},
            {"name": "heatmap", "role": "none"},
        ],
        "roi": {"mode": "face", "margins": [0.6, 0.4, 0.3, 0.4], "square": True, "keep_inside": True},
        "blend": {"mode": "replace", "strength": 1, "feather_px": 0},
        "runtime": {"max_pixels": side * side, "est_gmac": gmac, "est_peak_mb": _peak_mb(network, side), "batch": 1},
    }


def _peak_mb(network: Path, side: int) -> int:
    """Weights, and seven layers of the widest size: 1,732 bytes a pixel were measured with the light model at 256 (DESCRIBED in docs/models.md)."""
    return round((network.stat().st_size * 1.1 + side * side * 1_800) / 1e6) + 20
