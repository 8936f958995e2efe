"""U-GAT-IT: the graph computes what the network's formulas say, and says what is wrong with weights that are not its own."""

import json
import math
from pathlib import Path
from typing import Any

import models
import numpy
import onnxruntime
import pytest
import torch_file
from numpy.typing import NDArray
from weights import catalogue, graph, shelf, ugatit

Array = NDArray[numpy.float64]


def published(channels: int, size: int, blocks: int, light: bool) -> dict[str, NDArray[numpy.float32]]:
    """Random weights under the names of the PyTorch implementation: no biases, no scales, a pooling weight for each pooling."""
    rng = numpy.random.default_rng(4)
    seeded = ugatit.seeded(channels, blocks)
    norms = tuple(f"DownBlock.{at}." for at in (2, 6, 10))
    kept = {
        name: w
        for name, w in seeded.items()
        if (name.endswith("weight") and not name.startswith(norms) and w.ndim > 1) or w.ndim == 4
    }
    kept = {name: w for name, w in kept.items() if not name.endswith("bias")}
    kept["conv1x1.bias"] = seeded["conv1x1.bias"]
    kept["gmp_fc.weight"] = rng.uniform(0.5, 1.5, (1, 4 * channels)).astype("f4")
    if not light:
        columns = (size // 4) ** 2 * 4 * channels
        kept["FC.0.weight"] = (rng.uniform(-1, 1, (4 * channels, columns)) * math.sqrt(6 / columns)).astype("f4")
    return kept


def conv(x: Array, w: Any, stride: int = 1, pad: int = 0, bias: Any = None) -> Array:
    x = numpy.pad(x, ((0, 0), (pad, pad), (pad, pad)), mode="reflect") if pad else x
    side = w.shape[2]
    windows = numpy.lib.stride_tricks.sliding_window_view(x, (side, side), (1, 2))[:, ::stride, ::stride]
    out: Array = numpy.einsum("oikl,ihwkl->ohw", w.astype("f8"), windows)
    out = out if bias is None else out + bias[:, None, None]
    return out


def normal(x: Array, axes: tuple[int, ...], unbiased: bool) -> Array:
    out: Array = (x - x.mean(axes, keepdims=True)) / numpy.sqrt(
        x.var(axes, keepdims=True, ddof=1 if unbiased else 0) + 1e-5
    )
    return out


def forward(w: dict[str, NDArray[numpy.float32]], x: Array, blocks: int, light: bool) -> tuple[Array, Array, Array]:
    """The PyTorch implementation's formulas, one line each."""

    def relu(x: Array) -> Array:
        return numpy.maximum(x, 0)

    def mixed(x: Array, rho: Any, gamma: Any, beta: Any) -> Array:
        rho, gamma, beta = (part.reshape(-1, 1, 1).astype("f8") for part in (rho, gamma, beta))
        out: Array = (rho * normal(x, (1, 2), True) + (1 - rho) * normal(x, (0, 1, 2), True)) * gamma + beta
        return out

    for at, stride, pad in ((1, 1, 3), (5, 2, 1), (9, 2, 1)):
        x = relu(normal(conv(x, w[f"DownBlock.{at}.weight"], stride, pad), (1, 2), False))
    for at in range(12, 12 + blocks):
        y = relu(normal(conv(x, w[f"DownBlock.{at}.conv_block.1.weight"], 1, 1), (1, 2), False))
        x = x + normal(conv(y, w[f"DownBlock.{at}.conv_block.5.weight"], 1, 1), (1, 2), False)
    gap, gmp = w["gap_fc.weight"][0], w["gmp_fc.weight"][0]
    logit = numpy.array([(x.mean((1, 2)) * gap).sum(), (x.max((1, 2)) * gmp).sum()])
    both = numpy.concatenate([x * gap[:, None, None], x * gmp[:, None, None]])
    x = relu(conv(both, w["conv1x1.weight"], bias=w["conv1x1.bias"]))
    heatmap = x.sum(0)
    flat = x.mean((1, 2)) if light else x.reshape(-1)
    flat = relu(w["FC.2.weight"] @ relu(w["FC.0.weight"] @ flat))
    gamma, beta = w["gamma.weight"] @ flat, w["beta.weight"] @ flat
    for block in range(1, blocks + 1):
        name = f"UpBlock1_{block}"
        y = relu(mixed(conv(x, w[f"{name}.conv1.weight"], 1, 1), w[f"{name}.norm1.rho"], gamma, beta))
        x = x + mixed(conv(y, w[f"{name}.conv2.weight"], 1, 1), w[f"{name}.norm2.rho"], gamma, beta)
    for at in (2, 7):
        x = conv(x.repeat(2, 1).repeat(2, 2), w[f"UpBlock2.{at}.weight"], 1, 1)
        x = relu(mixed(x, *(w[f"UpBlock2.{at + 1}.{part}"] for part in ("rho", "gamma", "beta"))))
    return numpy.tanh(conv(x, w["UpBlock2.11.weight"], 1, 3)), logit, heatmap


@pytest.mark.parametrize("light", [True, False])
def test_a_checkpoint_becomes_the_network_of_its_formulas(
    light: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = published(4, 32, 3, light)
    (torch_file.write_zip if light else torch_file.write_legacy)(
        tmp_path / "a.pt", {"genA2B": torch_file.state(weights), "disGA": torch_file.state({})}
    )
    out = tmp_path / "anime.onnx"
    size = ["--size", "32"] if light else []
    assert (
        models.main(
            ["ugatit", str(tmp_path / "a.pt"), "-o", str(out), *size, "--licence", "CC-BY-NC-4.0", "--noncommercial"]
        )
        == 0
    )
    assert f"32 x 32, {sum(w.size for w in weights.values()):,} weights" in capsys.readouterr().out
    image = numpy.random.default_rng(1).uniform(-1, 1, (3, 32, 32))
    stylized, logit, heatmap = onnxruntime.InferenceSession(str(out)).run(None, {"image": image[None].astype("f4")})
    expected = forward(weights, image, 3, light)
    assert numpy.asarray(stylized).std() > 0.1
    numpy.testing.assert_allclose(stylized[0], expected[0], atol=2e-5)
    numpy.testing.assert_allclose(logit[0], expected[1], rtol=1e-4)
    numpy.testing.assert_allclose(heatmap[0, 0], expected[2], rtol=1e-3, atol=1e-3)
    manifest = json.loads((tmp_path / "anime.json").read_text())
    assert (manifest["id"], manifest["roi"]["mode"], manifest["noncommercial"]) == ("anime", "face", True)
    assert shelf.check(tmp_path / "anime.json") == manifest


def test_the_seeded_light_model_is_the_one_that_is_timed() -> None:
    weights = ugatit.seeded(channels=64)
    model = ugatit.generator(weights, 256, unbiased=False)
    assert sum(w.size for w in weights.values()) == 10_600_387
    assert graph.values(model) == ugatit.LIGHT_VALUES == 10_602_668
    assert round(graph.gmac(model), 1) == 52.5


def test_a_batch_is_its_pictures_one_by_one() -> None:
    session = onnxruntime.InferenceSession(str(catalogue.SHIPPED / "ugatit_tiny_64_seeded.onnx"))
    images = numpy.random.default_rng(2).uniform(-1, 1, (3, 3, 64, 64)).astype("f4")
    together = session.run(["stylized"], {"image": images})[0]
    apart = [session.run(["stylized"], {"image": image[None]})[0][0] for image in images]
    numpy.testing.assert_allclose(together, apart, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"DownBlock.1.weight": None}, "the generator's weights have the name DownBlock.1.weight, found none"),
        ({"gamma.weight": None}, "the generator's weights have the name gamma.weight, found none"),
        (
            {"UpBlock1_2.norm1.rho": numpy.ones((1, 5, 1, 1), "f4")},
            "UpBlock1_2.norm1.rho must have the shape [1, 16, 1, 1], found [1, 5, 1, 1]",
        ),
        (
            {"FC.0.weight": numpy.ones((16, 48), "f4")},
            "FC.0.weight must have 16 columns, or that many for each place of a square, found 48",
        ),
        (
            {"FC.0.weight": numpy.ones((16, 16 * 64), "f4")},
            "the full model was trained for 32 x 32 and takes nothing else, found 64",
        ),
    ],
)
def test_weights_of_something_else_say_what_is_missing(change: dict[str, Any], says: str) -> None:
    weights = {name: w for name, w in (published(4, 64, 2, True) | change).items() if w is not None}
    with pytest.raises(ugatit.WeightsError) as why:
        ugatit.generator(weights, 64)
    assert str(why.value) == says


def test_a_checkpoint_of_something_else_ends_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch_file.write_zip(tmp_path / "a.pt", torch_file.state({"conv.weight": numpy.ones((2, 2), "f4")}))
    assert models.main(["ugatit", str(tmp_path / "a.pt"), "-o", str(tmp_path / "a.onnx"), "--licence", "MIT"]) == 1
    assert capsys.readouterr().err == "the generator's weights have the name DownBlock.1.weight, found none\n"
    assert not (tmp_path / "a.onnx").exists()
