"""Static layers in bytes: the same numbers, a quarter of the size, and what is refused."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pointfuse.model.onnx_file.onnx_structure import read_onnx_structure
from pointfuse.model.static_layers import read_static_layers
from pointfuse_export.checks.verify import probing_days, run_file
from pointfuse_export.errors import VerificationError
from pointfuse_export.files.description import read_description
from pointfuse_export.graph.static_bytes import STEPS, with_layers_in_bytes


def layers_of(model: onnx.ModelProto) -> np.ndarray:
    """The tensor of the layers, as the runtime computes it."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.append(
        helper.make_tensor_value_info("static_layers", TensorProto.FLOAT, None)
    )
    days = probing_days(42, 53)[-1]
    (layers,) = run_file(probe.SerializeToString(), days, ["static_layers"])
    return layers


def test_layers_are_to_the_last_bit_those_of_the_network(small):
    network, model = small
    reduced = with_layers_in_bytes(model)
    np.testing.assert_array_equal(layers_of(reduced), network.static_layers.numpy())
    onnx.checker.check_model(reduced, full_check=True)
    (steps,) = (t for t in reduced.graph.initializer if t.name == STEPS)
    assert steps.data_type == TensorProto.UINT8
    saved = 3 * network.static_layers.numel()
    # Six nodes and three small tensors say what the bytes mean.
    assert saved - 2000 < model.ByteSize() - reduced.ByteSize() <= saved


def test_fields_are_the_same(small):
    model = small[1]
    names = [output.name for output in model.graph.output]
    reduced = with_layers_in_bytes(model).SerializeToString()
    for day in probing_days(42, 53):
        outputs = (
            run_file(content, day, names) for content in (model.SerializeToString(), reduced)
        )
        for found, right in zip(*outputs, strict=True):
            np.testing.assert_array_equal(found, right)


def test_the_light_package_reads_them(small_default, tiny_description):
    network, model = small_default
    metadata = read_description(tiny_description).metadata({}, 64 * "0")
    content = with_layers_in_bytes(model).SerializeToString()
    read = read_static_layers(read_onnx_structure(content), metadata)
    for layer, right in zip(metadata.static_layers, network.static_layers.numpy(), strict=True):
        np.testing.assert_array_equal(read[layer.name], right * np.float32(layer.scale))


def test_layers_that_are_not_in_steps_are_refused(small):
    model = onnx.ModelProto()
    model.CopyFrom(small[1])
    (stored,) = (t for t in model.graph.initializer if t.name == "static_layers")
    values = numpy_helper.to_array(stored).copy()
    values[1, 20, 20] += 1e-4
    stored.CopyFrom(numpy_helper.from_array(values, stored.name))
    with pytest.raises(VerificationError, match=r"static layer 1 is not in 255 steps of 0\.00"):
        with_layers_in_bytes(model)


def test_a_graph_without_layers_is_refused():
    other = helper.make_model(helper.make_graph([], "other", [], []))
    with pytest.raises(VerificationError, match="expected the static layers as 'static_layers'"):
        with_layers_in_bytes(other)
