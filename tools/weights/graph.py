"""An ONNX graph written node by node, with the `onnx` helper alone, and what can be counted on one.

Names are numbered in the order of writing and files carry no time, so that the same calls give the same bytes.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17  # has every operation used here in a form that tract, rten and ONNX Runtime read
IR_VERSION = 8

Floats = NDArray[numpy.float32]


@dataclass
class Graph:
    """Nodes and constants so far.

    >>> graph = Graph()
    >>> out = graph.op("Relu", graph.op("Add", "image", graph.floats([1.0])))
    >>> model = graph.model("tiny", {"image": [1, 3, 4, 4]}, {out: [1, 3, 4, 4]})
    >>> [node.op_type for node in model.graph.node]
    ['Add', 'Relu']
    """

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def op(self, kind: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        """Appends a node with one output and gives that output's name."""
        output = name or f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def floats(self, values: "Floats | Sequence[float]") -> str:
        return self._constant(numpy.ascontiguousarray(values, dtype=numpy.float32))

    def integers(self, values: Sequence[int]) -> str:
        return self._constant(numpy.array(values, dtype=numpy.int64))

    def model(
        self, name: str, inputs: Mapping[str, Sequence[int | str]], outputs: Mapping[str, Sequence[int | str]]
    ) -> onnx.ModelProto:
        """The finished model: float32 tensors of these shapes in and out, checked by ONNX's own rules."""
        made = helper.make_graph(self.nodes, name, _values(inputs), _values(outputs), self.constants)
        model = helper.make_model(
            made, producer_name="templrender", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
        )
        onnx.checker.check_model(model)
        return model

    def _constant(self, values: "NDArray[numpy.float32] | NDArray[numpy.int64]") -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name


def conv(graph: Graph, x: str, weight: Floats, bias: Floats | None, stride: int = 1, pad: int = 0) -> str:
    """A convolution with square kernel and zero padding; without a bias the node has two inputs."""
    inputs = [x, graph.floats(weight)] + ([] if bias is None else [graph.floats(bias)])
    side = weight.shape[2]
    return graph.op("Conv", *inputs, kernel_shape=[side, side], strides=[stride, stride], pads=[pad] * 4)


def values(model: onnx.ModelProto) -> int:
    """How many numbers the model's constants hold: weights, and the few that say shapes."""
    return sum(math.prod(tensor.dims) for tensor in model.graph.initializer)


MULTIPLYING = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def gmac(model: onnx.ModelProto, sizes: Mapping[str, Sequence[int]] | None = None) -> float:
    """Billions of multiplications of one run by the shapes that ONNX infers, for inputs of these sizes where the graph leaves them open (else 1)."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for value in model.graph.input:
        dims = value.type.tensor_type.shape.dim
        for dim, size in zip(dims, (sizes or {}).get(value.name, [dim.dim_value or 1 for dim in dims]), strict=True):
            dim.dim_value = size
    for made in model.graph.output:
        made.type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    known = [*inferred.input, *inferred.value_info, *inferred.output]
    return (
        multiplications(
            model, {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in known}
        )
        / 1e9
    )


def multiplications(model: onnx.ModelProto, shapes: Mapping[str, Sequence[int]]) -> int:
    """Those of convolutions and matrices, whose inputs and outputs have these shapes."""
    known = {tensor.name: list(tensor.dims) for tensor in model.graph.initializer} | dict(shapes)
    total = 0
    for node in model.graph.node:
        if node.op_type not in MULTIPLYING:
            continue
        weight, entry, result = (known.get(name, [0]) for name in (node.input[1], node.input[0], node.output[0]))
        if 0 in (*weight, *entry, *result):
            raise ValueError(f"the size of every {node.op_type} must be known, found none for {node.output[0]}")
        if node.op_type == "ConvTranspose":
            total += math.prod(entry) * math.prod(weight[1:])
        elif node.op_type == "Conv":
            total += math.prod(result) * math.prod(weight[1:])
        else:
            total += math.prod(result) * entry[-1]
    return total


def _values(shapes: Mapping[str, Sequence[int | str]]) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in shapes.items()]
