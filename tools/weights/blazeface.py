"""BlazeFace as engines like it: the published graph in, an equal one out.

The published file makes zeros with `ConstantOfShape` without a value and appends them as channels. The standard says float32 zeros; one engine takes them
for float64 and fails. Here each such pair becomes one `Pad`. The two grids' outputs (stride 8: 512 anchors, stride 16: 384) are joined, so that a detector
has one output of scores and one of boxes.
"""

import numpy
import onnx
from onnx import helper, numpy_helper

SCORES = ("Identity:0", "Identity_1:0")
BOXES = ("Identity_2:0", "Identity_3:0")


def plain(published: onnx.ModelProto) -> onnx.ModelProto:
    """The same network without `ConstantOfShape`, with the outputs `scores` [1, 896, 1] and `boxes` [1, 896, 16].

    >>> plain(onnx.ModelProto())
    Traceback (most recent call last):
    ValueError: the graph must have the outputs Identity:0, Identity_1:0, Identity_2:0, Identity_3:0, found none
    """
    graph = published.graph
    outputs = [output.name for output in graph.output]
    if sorted(outputs) != sorted(SCORES + BOXES):
        raise ValueError(
            f"the graph must have the outputs {', '.join(SCORES + BOXES)}, found {', '.join(outputs) or 'none'}"
        )
    shapes = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    zeros = {node.output[0]: shapes[node.input[0]] for node in graph.node if node.op_type == "ConstantOfShape"}
    nodes: list[onnx.NodeProto] = []
    initializers: list[onnx.TensorProto] = []
    for node in graph.node:
        if node.op_type == "ConstantOfShape":
            continue
        if node.op_type == "Concat" and node.input[1] in zeros:
            channels = int(zeros[node.input[1]][1])
            name = f"more_channels_{len(initializers)}"
            initializers.append(
                numpy_helper.from_array(numpy.array([0, 0, 0, 0, 0, channels, 0, 0], dtype=numpy.int64), name)
            )
            node = helper.make_node("Pad", [node.input[0], name], list(node.output), mode="constant")
        nodes.append(node)
    nodes.append(helper.make_node("Concat", list(SCORES), ["scores"], axis=1))
    nodes.append(helper.make_node("Concat", list(BOXES), ["boxes"], axis=1))
    read = {name for node in nodes for name in node.input}
    initializers += [tensor for tensor in graph.initializer if tensor.name in read]
    made = helper.make_graph(
        nodes,
        "blazeface_front_128",
        [helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 128, 128, 3])],
        [
            helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, [1, 896, 1]),
            helper.make_tensor_value_info("boxes", onnx.TensorProto.FLOAT, [1, 896, 16]),
        ],
        initializers,
    )
    for node in made.node:
        node.input[:] = ["image" if name == graph.input[0].name else name for name in node.input]
    return helper.make_model(
        made, producer_name="templrender", ir_version=7, opset_imports=[helper.make_opsetid("", 12)]
    )
