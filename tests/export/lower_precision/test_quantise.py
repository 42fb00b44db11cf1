"""RegrUnetPP in integers: the graph before rounding, the arithmetic after it, what is refused."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from pointfuse_export.checks.verify import Days, probing_days, run_file
from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.regression_part import activations, check_precision, convolution_types
from pointfuse_export.lower_precision.half_precision import halved
from pointfuse_export.lower_precision.quantise import (
    EQUALISED,
    LARGEST_WEIGHT,
    STEPS,
    activation_ranges,
    equalised,
    quantised,
)

ROWS, COLUMNS = 42, 53


@pytest.fixture(scope="module")
def days() -> list[Days]:
    return probing_days(ROWS, COLUMNS)[:2]


@pytest.fixture(scope="module")
def quantised_graph(stripped_graph, days) -> onnx.ModelProto:
    return quantised(equalised(stripped_graph, activation_ranges(stripped_graph, days)))


def test_equalised_graph_computes_the_same(named_graph, days) -> None:
    even = equalised(named_graph, activation_ranges(named_graph, days))
    names = [output.name for output in named_graph.graph.output]
    for day in probing_days(ROWS, COLUMNS):
        expected = run_file(named_graph.SerializeToString(), day, names)
        for field, right in zip(
            run_file(even.SerializeToString(), day, names), expected, strict=True
        ):
            # Single precision, through some twenty layers; divisors that are no powers of two; and
            # near 0 what is left of a square less 1.
            np.testing.assert_allclose(field, right, rtol=0, atol=1e-5 * np.abs(right).max() + 1e-6)


def test_convolutions_that_share_weights_or_lack_a_bias_get_their_own(stripped_graph, days) -> None:
    model = onnx.ModelProto()
    model.CopyFrom(stripped_graph)
    convs = {n.name.split("nodes.")[1]: n for n in model.graph.node if "nodes." in n.name}
    one, other, bare = (convs[f"{name}/Conv"] for name in ("0_1.conv2", "0_2.conv2", "1_0.conv1"))
    other.input[1:] = one.input[1:]
    del bare.input[2]
    before = model.SerializeToString()
    even = equalised(model, activation_ranges(model, days))
    assert model.SerializeToString() == before
    (right,), (found,) = (run_file(m.SerializeToString(), days[0], ["pm25"]) for m in (model, even))
    np.testing.assert_allclose(found, right, rtol=0, atol=1e-5 * np.abs(right).max())
    check_precision(quantised(even), "int8")
    check_precision(halved(model), "fp16")


def test_activations_of_the_equalised_graph_reach_from_0_to_1(stripped_graph, days) -> None:
    before = activation_ranges(stripped_graph, days)
    after = activation_ranges(equalised(stripped_graph, before), days)
    assert len(after) == len(activations(stripped_graph)) == 20
    for name, reached in after.items():
        # At most the eighth of an octave that ranges are rounded up by is lost.
        assert 2 ** (-1 / 8) - 1e-3 < reached.max() <= 1 + 1e-5, name
        # Channels are more alike than they were.
        spread = before[name][before[name] > before[name].max() / 64]
        if len(spread) == len(reached):
            ratio = (spread.max() / spread.min()) ** (1 - EQUALISED)
            assert reached.max() / reached.min() < 1.2 * ratio


def test_a_convolution_is_that_of_integers(quantised_graph, days) -> None:
    """The runtime's kernel against sums of products in numpy, which cannot overflow or saturate."""
    model = quantised_graph
    (conv,) = (n for n in model.graph.node if n.name == "regr_unetpp.nodes.0_2.conv1/Conv")
    arrays = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    weights, scales, zeros = _dequantised_from(model, conv.input[1])
    bias = _dequantised_from(model, conv.input[2])[0]
    entering = _dequantised_from(model, conv.input[0])[0]
    (relu,) = (n for n in model.graph.node if n.input[0] == conv.output[0])
    (rounding,) = (n for n in model.graph.node if n.input[0] == relu.output[0])
    leaving = rounding.output[0]
    assert not arrays[zeros].any()
    assert arrays[weights].dtype == np.int8
    assert np.abs(arrays[weights]).max() == LARGEST_WEIGHT

    given, found = _integers(model, days[0], [entering, leaving])
    sums = _convolved(given.astype(np.int64), arrays[weights].astype(np.int64))
    sums += arrays[bias][:, None, None]
    # Scales of what enters and of what leaves cancel.
    exact = sums * arrays[scales].astype(np.float64)[:, None, None]
    expected = np.clip(np.rint(exact), 0, 255)
    assert expected.max() > 100  # so that something has been tested
    near_half = np.abs(exact - np.floor(exact) - 0.5) < 1e-3  # which single precision may round up
    np.testing.assert_array_equal(found[~near_half], expected[~near_half])
    assert near_half.mean() < 0.01


def test_no_sum_of_two_products_leaves_16_bits(quantised_graph) -> None:
    """What kernels of CPUs without VNNI hold: unsigned times signed, added in pairs."""
    assert np.iinfo(np.int16).max >= 2 * STEPS * LARGEST_WEIGHT
    model = quantised_graph
    weights = [t for t in model.graph.initializer if t.data_type == TensorProto.INT8]
    largest = [
        np.abs(numpy_helper.to_array(t).astype(int)).max() for t in weights if len(t.dims) == 4
    ]
    assert set(largest) == {LARGEST_WEIGHT}


def test_all_convolutions_but_the_first_run_in_integers(quantised_graph, tmp_path) -> None:
    """As the runtime says: in the graph that it runs, interpolation alone leaves integers."""
    model = quantised_graph
    check_precision(model, "int8")
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    nodes = onnx.load(tmp_path / "optimised.onnx").graph.node
    run = [node.op_type for node in nodes]
    assert run.count("QLinearConv") == 19
    between = [node.name for node in nodes if node.op_type == "Resize" and "regr_" in node.name]
    assert run.count("QLinearConcat") == len(between) == 6
    # Each interpolation between two of them; and what comes in from, and goes out to fp32.
    assert run.count("QuantizeLinear") == run.count("DequantizeLinear") == 6 + 1


def test_types_in_the_file_are_seen(stripped_graph, quantised_graph) -> None:
    kinds = convolution_types(stripped_graph)
    assert set(kinds) == {"fp32"}
    with pytest.raises(VerificationError, match=r"expected 19 convolutions in int8, .* got"):
        check_precision(stripped_graph, "int8")
    model = quantised_graph
    assert convolution_types(model) == {"fp32": kinds["fp32"] - 19, "int8": 19}


def test_days_without_stations_calibrate_nothing(stripped_graph) -> None:
    ranges = dict.fromkeys(activations(stripped_graph).values(), np.zeros(4))
    with pytest.raises(VerificationError, match=r"reaches 0\.0 on the days for calibration"):
        equalised(stripped_graph, ranges)


def test_another_graph_is_refused() -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"], "relu")]
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in "xy"]
    other = helper.make_model(helper.make_graph(nodes, "other", value[:1], value[1:]))
    with pytest.raises(
        VerificationError, match="got none; fewer bits are for graphs of RegrUnetPP"
    ):
        activation_ranges(other, [])


def _dequantised_from(model: onnx.ModelProto, name: str) -> list[str]:
    (node,) = (n for n in model.graph.node if name in n.output)
    assert node.op_type == "DequantizeLinear"
    return list(node.input)


def _integers(model: onnx.ModelProto, day, names: list[str]) -> list[np.ndarray]:
    """Integers inside a graph, shape (channel, row, column)."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.UINT8, None) for name in names
    )
    session = onnxruntime.InferenceSession(
        probe.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feed = {"observations": day.observations[:1], "observed": day.observed[:1]}
    return [values[0] for values in session.run(names, feed)]


def _convolved(given: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sums of products with a 3 x 3 kernel, zeros around."""
    _, rows, columns = given.shape
    padded = np.pad(given, ((0, 0), (1, 1), (1, 1)))
    return sum(
        np.einsum("oc,cyx->oyx", weights[:, :, i, j], padded[:, i : i + rows, j : j + columns])
        for i in range(3)
        for j in range(3)
    )
