"""Model files made to deceive, by chance and by intent, from a sound one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from pointfuse.model.metadata import METADATA_KEY, ModelMetadata

VARINT, FIXED64, TEXT, GROUP, END_GROUP, FIXED32 = range(6)
GRAPH, NODE, INITIALIZER, ATTRIBUTE = 7, 1, 5, 5
_MESSAGES = {
    (): (GRAPH, 8),
    (GRAPH,): (NODE, INITIALIZER, 11, 12, 13),
    (GRAPH, NODE): (ATTRIBUTE,),
    (GRAPH, NODE, ATTRIBUTE): (5,),
    (GRAPH, 11): (2,),
    (GRAPH, 11, 2): (1,),
}
"""Fields that are messages, by the way to the message that has them."""

_ALIEN = (GRAPH, 0, 4, 6, 11, 13, 14, 15, 20, 21, 22, 25, 26, (1 << 29) - 1, (1 << 29) + 13)

Entry = tuple[bytes, bytes]
"""A field on the wire: its tag, and what follows."""


def varint(number: int, extra: int = 0) -> bytes:
    """A number in base-128 encoding, with bytes more than it needs."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    if not extra:
        return bytes([*out, number])
    return bytes([*out, number | 0x80, *[0x80] * (extra - 1), 0])


def part(number: int, content: bytes, *, in_tag: int = 0, in_length: int = 0) -> bytes:
    """A field that holds a text or message, its numbers perhaps longer than needed."""
    return varint(number << 3 | TEXT, in_tag) + varint(len(content), in_length) + content


def number(field: int, value: int, *, extra: int = 0) -> bytes:
    """A field that holds a whole number."""
    return varint(field << 3 | VARINT) + varint(value & (1 << 64) - 1, extra)


def fields(content: bytes) -> list[Entry]:
    """The fields of a sound message."""
    found, position = [], 0
    while position < len(content):
        tag, begin = _read(content, position)
        value, after = _read(content, begin)
        wire = tag & 7
        end = {VARINT: after, TEXT: after + value, FIXED32: begin + 4, FIXED64: begin + 8}[wire]
        found.append((content[position:begin], content[begin:end]))
        position = end
    return found


def mean_model(metadata: ModelMetadata) -> onnx.ModelProto:
    """The mean of the observed cells for every cell, with every kind of field that models have."""
    rows, columns = metadata.grid.shape
    stack: list[str | int] = ["time", len(metadata.variables), rows, columns]
    target = metadata.target.name

    def value(name: str, shape: list[str | int]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    constants = [
        helper.make_tensor(name, TensorProto.INT64, [len(numbers)], numbers)
        for name, numbers in (("first", [0]), ("second", [1]), ("channel", [1]))
    ]
    constants.append(helper.make_tensor("zero", TensorProto.FLOAT, [1, 1, 1, 1], [0.0]))
    plane = numpy_helper.from_array(np.array([2, 3]), "plane")
    nodes = [
        helper.make_node("Constant", [], ["plane"], value=plane),
        helper.make_node("Slice", ["observations", "first", "second", "channel"], ["value"]),
        helper.make_node("Slice", ["observed", "first", "second", "channel"], ["mask"]),
        helper.make_node("ReduceSum", ["value", "plane"], ["total"], keepdims=1),
        helper.make_node("ReduceSum", ["mask", "plane"], ["count"], keepdims=1),
        helper.make_node("Div", ["total", "count"], ["ratio"]),
        helper.make_node("Max", ["ratio", "zero"], ["above"]),
        helper.make_node("Transpose", ["above"], ["mean"], perm=[0, 1, 2, 3]),
        helper.make_node("Shape", ["mask"], ["shape"]),
        helper.make_node("Expand", ["mean", "shape"], [target]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [value("observations", stack), value("observed", stack)],
        [value(target, ["time", 1, rows, columns])],
        constants,
        value_info=[value("mean", ["time", 1, 1, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    return model


def mutations(content: bytes, seed: int) -> Iterator[tuple[str, bytes]]:
    """Files that chance makes of a sound one, without end, with the kind of the change.

    Parameters
    ----------
    content : bytes
        The sound file.
    seed : int
        For the same files again.
    """
    rng = np.random.default_rng(seed)
    # The self-description takes most of a small file, and is of no concern to the runtime.
    entries = fields(content)
    graph = next(tag + value for tag, value in entries if tag == varint(GRAPH << 3 | TEXT))
    offset = content.index(graph)
    kinds = list(_CHANGES)
    while True:
        kind = kinds[int(rng.integers(len(kinds)))]
        if kind == "structure":
            yield kind, _changed_structure(content, (), rng)
            continue
        near = offset + int(rng.integers(len(graph))) if rng.random() < 0.8 else None
        place = int(rng.integers(len(content))) if near is None else near
        yield kind, _CHANGES[kind](content, place, rng)


def crafted(metadata: ModelMetadata) -> dict[str, bytes]:
    """Files that somebody would make to have the checks see another model than the runtime.

    Parameters
    ----------
    metadata : ModelMetadata
        What they say of themselves.
    """
    sound = mean_model(metadata)
    content: bytes = sound.SerializeToString()
    graph: bytes = sound.graph.SerializeToString()
    rest = content.replace(part(GRAPH, graph), b"")
    tensor = TensorProto(name="far", data_type=TensorProto.FLOAT, dims=[1])
    outside = part(1, b"location") + part(2, b"other.bin")

    def with_graph(more: bytes) -> bytes:
        return rest + part(GRAPH, graph + more)

    def with_tensor(more: bytes) -> bytes:
        return with_graph(part(INITIALIZER, tensor.SerializeToString() + more))

    def with_attribute(more: bytes) -> bytes:
        attribute = part(ATTRIBUTE, part(1, b"a") + more)
        node = part(4, b"Identity") + part(1, b"ratio") + part(2, b"other")
        return with_graph(part(NODE, node + attribute))

    body = part(2, b"body")
    external = tensor.SerializeToString() + part(13, outside) + number(14, 1)
    bare = onnx.ModelProto.FromString(content)
    bare.ClearField("ir_version")
    other = onnx.ModelProto.FromString(content)
    other.graph.node[-2].op_type = "Neg"
    return {
        "external data": with_tensor(part(13, outside) + number(14, 1)),
        "external data, tags of five bytes": with_tensor(
            part(13, outside, in_tag=4) + varint(14 << 3, 4) + b"\x01"
        ),
        "external data, tags beyond 32 bits": with_tensor(
            varint(13 << 3 | TEXT | 1 << 32)
            + varint(len(outside))
            + outside
            + varint(14 << 3 | 1 << 32)
            + b"\x01"
        ),
        "external location alone": with_tensor(number(14, 1)),
        "external location beyond 32 bits": with_tensor(number(14, (1 << 32) + 1)),
        "external location in a long number": with_tensor(number(14, 1, extra=3)),
        "external location in a fixed number": with_tensor(
            varint(14 << 3 | FIXED32) + bytes([1, 0, 0, 0])
        ),
        "external location as a list": with_tensor(part(14, b"\x01")),
        "external data in an attribute": with_attribute(part(5, external)),
        "external data in a list": with_attribute(part(10, external)),
        "external data in a sparse tensor": with_graph(part(15, part(1, external))),
        "external data in a sparse attribute": with_attribute(part(22, part(1, external))),
        "memory of the process": with_tensor(
            part(13, part(1, b"location") + part(2, b"*/_ORT_MEM_ADDR_/*")) + number(14, 1)
        ),
        "a graph in an attribute": with_attribute(part(6, body) + number(20, 5)),
        "graphs in an attribute": with_attribute(part(11, body) + number(20, 10)),
        "a graph under a long tag": with_attribute(part(6, body, in_tag=2)),
        "a loop": looping(metadata).SerializeToString(),
        "a function": content + part(25, part(1, b"F") + part(10, b"x")),
        "a training graph": content + part(20, part(1, graph)),
        "a second graph": content + part(GRAPH, body),
        "a second graph before": part(GRAPH, other.graph.SerializeToString()) + content,
        "a graph in a group": content + varint(GRAPH << 3 | GROUP) + graph + varint(GRAPH << 3 | 4),
        "a graph as a number": content + number(GRAPH, 1),
        "a length that is longer than needed": rest + part(GRAPH, graph, in_length=2),
        "a field zero": content + b"\x02\x00",
        "a field nobody knows": content + number(26, 1),
        "an unknown wire type": content + b"\x0e",
        "bytes that are left over": content + b"\x00",
        "another domain": with_graph(
            part(NODE, part(4, b"EPContext") + part(7, b"com.microsoft") + part(2, b"other"))
        ),
        "another domain's import": content + part(8, part(1, b"com.microsoft") + number(2, 1)),
        "two operator sets": content + part(8, number(2, 11)),
        "a domain twice": with_graph(
            part(NODE, part(4, b"Identity") + part(7, b"") + part(7, b"com.microsoft"))
        ),
        "a constant twice": with_graph(
            part(INITIALIZER, sound.graph.initializer[0].SerializeToString())
        ),
        "a constant of an input": with_graph(
            part(INITIALIZER, TensorProto(name="observed", data_type=1).SerializeToString())
        ),
        "an input twice": with_graph(part(11, sound.graph.input[0].SerializeToString())),
        "an output twice": with_graph(part(12, sound.graph.output[0].SerializeToString())),
        "raw values twice": with_tensor(part(9, b"\x00" * 4) + part(9, b"\x01" * 4)),
        "a metadata entry twice": content + part(14, part(1, b"pointfuse") + part(2, b"{}")),
        "the mark of the runtime's own format": number(1, 9)
        + part(2, b"ORTM")
        + bare.SerializeToString(),
        "a name that is no text": content.replace(b"ratio", b"rat\xff\xfe"),
        "half a file": content[: len(content) // 2],
        "an empty file": b"",
    }


def looping(metadata: ModelMetadata) -> onnx.ModelProto:
    """A model that does not end: a loop whose condition stays true."""
    model = mean_model(metadata)
    values = [
        helper.make_tensor_value_info(name, kind, [])
        for name, kind in (("turn", TensorProto.INT64), ("go", TensorProto.BOOL))
    ]
    on = helper.make_tensor_value_info("on", TensorProto.BOOL, [])
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy")
    body = helper.make_graph(
        [helper.make_node("Identity", [a], [b]) for a, b in (("go", "on"), ("x", "y"))],
        "body",
        [*values, x],
        [on, y],
    )
    graph = model.graph
    graph.initializer.append(helper.make_tensor("true", TensorProto.BOOL, [], [True]))
    last = graph.node.pop()
    last.input[0] = "again"
    graph.node.extend([helper.make_node("Loop", ["", "true", "mean"], ["again"], body=body), last])
    return model


def _changed_structure(content: bytes, way: tuple[int, ...], rng: np.random.Generator) -> bytes:
    """A message with a field changed, here or in a message inside."""
    found = fields(content)
    inside = [
        index
        for index, (tag, _) in enumerate(found)
        if _read(tag, 0)[0] >> 3 in _MESSAGES.get(way, ())
    ]
    if inside and rng.random() < 0.8:
        chosen = inside[int(rng.integers(len(inside)))]
        tag, value = found[chosen]
        _, begin = _read(value, 0)
        child = _changed_structure(value[begin:], (*way, _read(tag, 0)[0] >> 3), rng)
        found[chosen] = tag, varint(len(child)) + child
        return b"".join(tag + value for tag, value in found)
    if not found:
        return content + number(1, 1)
    chosen = int(rng.integers(len(found)))
    tag, value = found[chosen]
    field, wire = divmod(_read(tag, 0)[0], 8)
    alien = _ALIEN[int(rng.integers(len(_ALIEN)))]
    match int(rng.integers(8)):
        case 0:  # twice
            found.insert(int(rng.integers(len(found) + 1)), (tag, value))
        case 1:  # a tag that is longer than needed
            found[chosen] = varint(field << 3 | wire, int(rng.integers(1, 6))), value
        case 2:  # a number or length that is longer than needed
            if wire in (VARINT, TEXT):
                first, begin = _read(value, 0)
                found[chosen] = tag, varint(first, int(rng.integers(1, 6))) + value[begin:]
        case 3:  # another wire type
            found[chosen] = varint(field << 3 | int(rng.integers(8))), value
        case 4:  # left out
            del found[chosen]
        case 5:  # a field that should not be there
            found.insert(chosen, (varint(alien << 3 | TEXT), part(1, b"x")[1:]))
        case 6:  # a number that should not be there, perhaps beyond 32 bits
            high = int(rng.integers(2)) << 32
            found.insert(chosen, (varint(alien << 3 | high), varint(1 | high)))
        case _:  # another order, which means the same
            rng.shuffle(found)
    return b"".join(tag + value for tag, value in found)


def _flipped(content: bytes, place: int, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        changed[place] ^= 1 << int(rng.integers(8))
        place = min(place + int(rng.integers(8)), len(content) - 1)
    return bytes(changed)


def _overwritten(content: bytes, place: int, rng: np.random.Generator) -> bytes:
    return content[:place] + rng.bytes(int(rng.integers(1, 9))) + content[place + 1 :]


def _spliced(content: bytes, place: int, rng: np.random.Generator) -> bytes:
    begin, length = int(rng.integers(len(content))), int(rng.integers(1, 200))
    return content[:place] + content[begin : begin + length] + content[place:]


_CHANGES: dict[str, Callable[[bytes, int, np.random.Generator], bytes]] = {
    "flipped bits": _flipped,
    "other bytes": _overwritten,
    "cut off": lambda content, place, _: content[:place],
    "bytes left out": lambda content, place, rng: (
        content[:place] + content[place + int(rng.integers(1, 50)) :]
    ),
    "spliced": _spliced,
    "structure": lambda content, _, rng: _changed_structure(content, (), rng),
}


def _read(content: bytes, position: int) -> tuple[int, int]:
    """A number in base-128 encoding of a sound message, and the position after it."""
    value = shift = 0
    while position < len(content):
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value, position
