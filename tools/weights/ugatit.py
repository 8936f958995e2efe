"""The generator of U-GAT-IT as ONNX, out of named weights.

The names are those of the public PyTorch implementation's `state_dict` (`DownBlock.1.weight`, `UpBlock1_1.norm1.rho`, `FC.0.weight`); everything else (how
many channels and blocks, the light model or the full one) is read off their shapes. Biases of convolutions and the scales of instance normalisation, which
that implementation does not have and the TensorFlow original has, are taken where they are there.

The variance of AdaLIN and LIN is divided by n - 1 in the PyTorch implementation and by n in the original. `sqrt(v n / (n - 1) + e)` is
`sqrt(n / (n - 1))` times `sqrt(v + e (n - 1) / n)`, so the factor goes into rho and 1 - rho, and the graph has the same nodes either way: whoever folds
one folds the other.
"""

import hashlib
import math
from collections.abc import Mapping

import numpy
import onnx

from weights.graph import Floats, Graph, conv

EPSILON = 1e-5
LIGHT_VALUES = 10_602_668  # constants of the seeded light model: 10,600,387 weights, 2,240 of 1 - rho, 41 of shapes


class WeightsError(ValueError):
    """Weights that are not those of this generator; says which name was looked for or which shape was found."""


def generator(weights: Mapping[str, Floats], size: int | None = None, unbiased: bool = True) -> onnx.ModelProto:
    """The network for pictures of `size` x `size`: `image` [batch, 3, size, size] in -1..1 -> `stylized` the same, with `cam_logit` and `heatmap` beside it.

    The full model's weights say their size; the light model's do not, and are for 256 where nothing is said. `unbiased`: variances as in PyTorch's `torch.var`.
    """
    return _Generator(weights, size, unbiased).model()


class _Generator:
    """The weights with the graph that is being written."""

    def __init__(self, weights: Mapping[str, Floats], size: int | None, unbiased: bool) -> None:
        self.weights = weights
        self.unbiased = unbiased
        self.graph = Graph()
        first = self.weight("DownBlock.1.weight", (None, 3, 7, 7))
        self.channels = first.shape[0]
        self.wide = 4 * self.channels
        self.blocks = sum(1 for name in weights if name.startswith("UpBlock1_") and name.endswith(".conv1.weight"))
        if self.blocks == 0:
            raise WeightsError("a generator has blocks UpBlock1_1, UpBlock1_2 and so on, found none")
        self.light, self.size = self._size(size)
        if self.size < 16 or self.size % 4:
            raise WeightsError(f"a side must be a multiple of 4 and at least 16, found {self.size}")

    def _size(self, size: int | None) -> tuple[bool, int]:
        columns = self.weight("FC.0.weight", (self.wide, None)).shape[1]
        if columns == self.wide:
            return True, size or 256
        side = 4 * math.isqrt(columns // self.wide)
        if (side // 4) ** 2 * self.wide != columns:
            raise WeightsError(
                f"FC.0.weight must have {self.wide} columns, or that many for each place of a square, found {columns}"
            )
        if size not in (None, side):
            raise WeightsError(f"the full model was trained for {side} x {side} and takes nothing else, found {size}")
        return False, side

    def weight(self, name: str, shape: tuple[int | None, ...]) -> Floats:
        found = self.weights.get(name)
        if found is None:
            raise WeightsError(f"the generator's weights have the name {name}, found none")
        if not numpy.isfinite(found).all():
            raise WeightsError(f"{name} must have finite numbers, found some that are not")
        if len(found.shape) != len(shape) or any(
            want not in (None, have) for want, have in zip(shape, found.shape, strict=True)
        ):
            raise WeightsError(
                f"{name} must have the shape {list(shape)}, found {list(found.shape)}".replace("None", "any")
            )
        return found

    def model(self) -> onnx.ModelProto:
        graph, low = self.graph, self.size // 4
        self.pad1, self.pad3 = (graph.integers([0, 0, n, n, 0, 0, n, n]) for n in (1, 3))
        self.pad1_low = graph.integers([0, 0, 1, 1, 0, 0, 1, 1])
        self.across = graph.integers([1])
        x = self.down("image")
        x, logit = self.attend(x)
        heatmap = graph.op("ReduceSum", x, self.across, name="heatmap", keepdims=1)
        gamma, beta = self.gamma_beta(x)
        self.epsilons: dict[float, str] = {}
        for block in range(1, self.blocks + 1):
            x = self.ada_block(x, f"UpBlock1_{block}", gamma, beta)
        out = self.up(x)
        square: list[int | str] = ["batch", 3, self.size, self.size]
        results: dict[str, list[int | str]] = {out: square, logit: ["batch", 2], heatmap: ["batch", 1, low, low]}
        return graph.model("ugatit_light" if self.light else "ugatit", {"image": square}, results)

    def down(self, x: str) -> str:
        for index, (side, stride) in enumerate([(7, 1), (3, 2), (3, 2)]):
            x = self.padded_conv(
                x,
                f"DownBlock.{1 + 4 * index}",
                side,
                self.channels * 2**index,
                stride,
                self.pad3 if side == 7 else self.pad1,
            )
            x = self.graph.op("Relu", self.instance_norm(x, f"DownBlock.{2 + 4 * index}", self.channels * 2**index))
        for block in range(12, 12 + self.blocks):
            y = self.padded_conv(x, f"DownBlock.{block}.conv_block.1", 3, self.wide, 1, self.pad1_low)
            y = self.graph.op("Relu", self.instance_norm(y, f"DownBlock.{block}.conv_block.2", self.wide))
            y = self.padded_conv(y, f"DownBlock.{block}.conv_block.5", 3, self.wide, 1, self.pad1_low)
            x = self.graph.op("Add", x, self.instance_norm(y, f"DownBlock.{block}.conv_block.6", self.wide))
        return x

    def attend(self, x: str) -> tuple[str, str]:
        """The class activation map: channels weighed by what told the two worlds apart. Without `gmp_fc` both poolings share `gap_fc`, as in TensorFlow."""
        graph = self.graph
        weighed: list[str] = []
        logits: list[str] = []
        shared = "gmp_fc.weight" not in self.weights
        axes = graph.integers([1, 2, 3])
        for pool, name in (("GlobalAveragePool", "gap_fc"), ("GlobalMaxPool", "gap_fc" if shared else "gmp_fc")):
            if not weighed or not shared:
                scale = graph.floats(self.weight(f"{name}.weight", (1, self.wide)).reshape(1, self.wide, 1, 1))
                weighed.append(graph.op("Mul", x, scale))
            logit = graph.op("ReduceSum", graph.op("Mul", graph.op(pool, x), scale), axes, keepdims=0)
            logits.append(graph.op("Unsqueeze", logit, self.across))
        logit = graph.op("Concat", *logits, name="cam_logit", axis=1)
        both = graph.op("Concat", weighed[0], weighed[-1], axis=1)
        weight = self.weight("conv1x1.weight", (self.wide, 2 * self.wide, 1, 1))
        return graph.op("Relu", conv(graph, both, weight, self.weight("conv1x1.bias", (self.wide,)))), logit

    def gamma_beta(self, x: str) -> tuple[str, str]:
        graph, wide = self.graph, self.wide
        x = graph.op("Flatten", graph.op("GlobalAveragePool", x) if self.light else x, axis=1)
        x = graph.op("Relu", self.dense(x, "FC.0"))
        x = graph.op("Relu", self.dense(x, "FC.2"))
        shape = graph.integers([-1, wide, 1, 1])
        gamma, beta = self.dense(x, "gamma"), self.dense(x, "beta")
        return graph.op("Reshape", gamma, shape), graph.op("Reshape", beta, shape)

    def ada_block(self, x: str, name: str, gamma: str, beta: str) -> str:
        y = self.padded_conv(x, f"{name}.conv1", 3, self.wide, 1, self.pad1_low)
        y = self.graph.op("Relu", self.mixed_norm(y, f"{name}.norm1", self.wide, self.size // 4, gamma, beta))
        y = self.padded_conv(y, f"{name}.conv2", 3, self.wide, 1, self.pad1_low)
        return self.graph.op("Add", x, self.mixed_norm(y, f"{name}.norm2", self.wide, self.size // 4, gamma, beta))

    def up(self, x: str) -> str:
        graph = self.graph
        for index, at in ((1, 2), (0, 7)):
            channels = self.channels * 2**index
            x = graph.op(
                "Resize",
                x,
                "",
                graph.floats([1, 1, 2, 2]),
                coordinate_transformation_mode="asymmetric",
                mode="nearest",
                nearest_mode="floor",
            )
            x = self.padded_conv(x, f"UpBlock2.{at}", 3, channels, 1, self.pad1_low)
            gamma, beta = (
                graph.floats(self.weight(f"UpBlock2.{at + 1}.{part}", (1, channels, 1, 1)))
                for part in ("gamma", "beta")
            )
            x = graph.op("Relu", self.mixed_norm(x, f"UpBlock2.{at + 1}", channels, self.size // 2**index, gamma, beta))
        return graph.op("Tanh", self.padded_conv(x, "UpBlock2.11", 7, 3, 1, self.pad3), name="stylized")

    def padded_conv(self, x: str, name: str, side: int, channels: int, stride: int, pads: str) -> str:
        weight = self.weight(f"{name}.weight", (channels, None, side, side))
        bias = self.weight(f"{name}.bias", (channels,)) if f"{name}.bias" in self.weights else None
        return conv(self.graph, self.graph.op("Pad", x, pads, mode="reflect"), weight, bias, stride)

    def dense(self, x: str, name: str) -> str:
        weight = self.weight(f"{name}.weight", (self.wide, None))
        bias = self.weights.get(f"{name}.bias")
        rest = [] if bias is None else [self.graph.floats(bias)]
        return self.graph.op("Gemm", x, self.graph.floats(weight), *rest, transB=1)

    def instance_norm(self, x: str, name: str, channels: int) -> str:
        scale = self.weights.get(f"{name}.weight", numpy.ones(channels, dtype=numpy.float32))
        shift = self.weights.get(f"{name}.bias", numpy.zeros(channels, dtype=numpy.float32))
        return self.graph.op(
            "InstanceNormalization", x, self.graph.floats(scale), self.graph.floats(shift), epsilon=EPSILON
        )

    def mixed_norm(self, x: str, name: str, channels: int, side: int, gamma: str, beta: str) -> str:
        """AdaLIN, and LIN where gamma and beta are constants: rho of the instance's normalisation, the rest of the layer's, then gamma and beta."""
        rho = self.weight(f"{name}.rho", (1, channels, 1, 1)).astype(numpy.float64)
        instance = self._normalised(x, [2, 3], side * side, rho)
        layer = self._normalised(x, [1, 2, 3], channels * side * side, 1 - rho)
        mixed = self.graph.op("Add", instance, layer)
        return self.graph.op("Add", self.graph.op("Mul", mixed, gamma), beta)

    def _normalised(self, x: str, axes: list[int], count: int, share: "numpy.typing.NDArray[numpy.float64]") -> str:
        graph = self.graph
        shrink = (count - 1) / count if self.unbiased else 1.0
        epsilon = EPSILON * shrink
        if epsilon not in self.epsilons:
            self.epsilons[epsilon] = graph.floats([epsilon])
        off = graph.op("Sub", x, graph.op("ReduceMean", x, axes=axes, keepdims=1))
        variance = graph.op("ReduceMean", graph.op("Mul", off, off), axes=axes, keepdims=1)
        root = graph.op("Sqrt", graph.op("Add", variance, self.epsilons[epsilon]))
        return graph.op(
            "Mul", graph.floats((share * math.sqrt(shrink)).astype(numpy.float32)), graph.op("Div", off, root)
        )


def seeded(channels: int, blocks: int = 4, seed: str = "templrender") -> dict[str, Floats]:
    """Weights of a light generator as the TensorFlow original has them, filled from a seed: for timing and for tests, they draw nothing in particular.

    The numbers are SHAKE-256 of the seed and the weight's name, so they are the same on every machine and with every version of every library.

    >>> sum(weight.size for weight in seeded(channels=8, blocks=2).values())
    94843
    """
    wide = 4 * channels
    made: dict[str, Floats] = {}

    def put(name: str, shape: tuple[int, ...], low: float, high: float) -> None:
        count = math.prod(shape)
        raw = numpy.frombuffer(hashlib.shake_256(f"{seed} {name}".encode()).digest(4 * count), dtype="<u4")
        made[name] = ((raw / 2.0**32) * (high - low) + low).astype(numpy.float32).reshape(shape)

    def put_conv(name: str, ins: int, outs: int, side: int) -> None:
        reach = math.sqrt(6.0 / (ins * side * side))  # keeps the variance through a ReLU
        put(f"{name}.weight", (outs, ins, side, side), -reach, reach)
        put(f"{name}.bias", (outs,), -0.05, 0.05)

    def put_norm(name: str, count: int) -> None:
        put(f"{name}.weight", (count,), 0.8, 1.2)
        put(f"{name}.bias", (count,), -0.2, 0.2)

    for index, (side, ins, outs) in enumerate([(7, 3, channels), (3, channels, 2 * channels), (3, 2 * channels, wide)]):
        put_conv(f"DownBlock.{1 + 4 * index}", ins, outs, side)
        put_norm(f"DownBlock.{2 + 4 * index}", outs)
    for block in range(12, 12 + blocks):
        for at in (1, 5):
            put_conv(f"DownBlock.{block}.conv_block.{at}", wide, wide, 3)
            put_norm(f"DownBlock.{block}.conv_block.{at + 1}", wide)
    put("gap_fc.weight", (1, wide), 0.5, 1.5)
    put_conv("conv1x1", 2 * wide, wide, 1)
    for name in ("FC.0", "FC.2", "gamma", "beta"):
        reach = math.sqrt((6.0 if name.startswith("FC") else 0.3) / wide)
        put(f"{name}.weight", (wide, wide), -reach, reach)
        put(f"{name}.bias", (wide,), 0.9 if name == "gamma" else -0.1, 1.1 if name == "gamma" else 0.1)
    for block in range(1, blocks + 1):
        for half in (1, 2):
            put_conv(f"UpBlock1_{block}.conv{half}", wide, wide, 3)
            put(f"UpBlock1_{block}.norm{half}.rho", (1, wide, 1, 1), 0.0, 1.0)
    for at, ins, outs in ((2, wide, 2 * channels), (7, 2 * channels, channels)):
        put_conv(f"UpBlock2.{at}", ins, outs, 3)
        for part, low, high in (("rho", 0.0, 1.0), ("gamma", 0.8, 1.2), ("beta", -0.2, 0.2)):
            put(f"UpBlock2.{at + 1}.{part}", (1, outs, 1, 1), low, high)
    put_conv("UpBlock2.11", channels, 3, 7)
    made["UpBlock2.11.weight"] *= 0.35  # away from the ends of tanh
    return made
