"""The generator of a CycleGAN (nine residual blocks, as the paper has it) as ONNX, out of the names of its PyTorch `state_dict`."""

from collections.abc import Mapping

import numpy
import onnx

from weights.graph import Floats, Graph, conv

BLOCKS = 9


def generator(weights: Mapping[str, Floats]) -> onnx.ModelProto:
    """`image` [batch, 3, h, w] in -1..1, sides multiples of 4 -> `vintage`, the same shape and range.

    >>> generator({})
    Traceback (most recent call last):
    KeyError: 'model.1.weight'
    """
    graph = Graph()
    pad1, pad3 = (graph.integers([0, 0, n, n, 0, 0, n, n]) for n in (1, 3))

    def norm(x: str, name: str) -> str:
        return graph.op(
            "InstanceNormalization",
            x,
            graph.floats(weights[f"{name}.weight"]),
            graph.floats(weights[f"{name}.bias"]),
            epsilon=1e-5,
        )

    def padded(x: str, name: str, pads: str) -> str:
        return conv(graph, graph.op("Pad", x, pads, mode="reflect"), weights[f"{name}.weight"], weights[f"{name}.bias"])

    x = graph.op("Relu", norm(padded("image", "model.1", pad3), "model.2"))
    for at in (4, 7):
        x = conv(graph, x, weights[f"model.{at}.weight"], weights[f"model.{at}.bias"], stride=2, pad=1)
        x = graph.op("Relu", norm(x, f"model.{at + 1}"))
    for at in range(10, 10 + BLOCKS):
        y = graph.op("Relu", norm(padded(x, f"model.{at}.block.1", pad1), f"model.{at}.block.2"))
        x = graph.op("Add", x, norm(padded(y, f"model.{at}.block.5", pad1), f"model.{at}.block.6"))
    for at in (10 + BLOCKS, 13 + BLOCKS):
        weight, bias = graph.floats(weights[f"model.{at}.weight"]), graph.floats(weights[f"model.{at}.bias"])
        x = graph.op(
            "ConvTranspose",
            x,
            weight,
            bias,
            kernel_shape=[3, 3],
            strides=[2, 2],
            pads=[1, 1, 1, 1],
            output_padding=[1, 1],
        )
        x = graph.op("Relu", norm(x, f"model.{at + 1}"))
    graph.op("Tanh", padded(x, f"model.{17 + BLOCKS}", pad3), name="vintage")
    if any(not numpy.isfinite(values).all() for values in weights.values()):
        raise ValueError("weights must be finite, found some that are not")
    shape: list[int | str] = ["batch", 3, "height", "width"]
    return graph.model("cyclegan", {"image": shape}, {"vintage": shape})
