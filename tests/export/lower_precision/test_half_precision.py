"""RegrUnetPP in half precision: what is rounded, what is not, and what is refused."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pointfuse_export.checks.verify import probing_days, run_file
from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.regression_part import check_precision, is_regression
from pointfuse_export.lower_precision.half_precision import MARGIN, check_half_range, halved
from pointfuse_export.lower_precision.quantise import activation_ranges

ROWS, COLUMNS = 42, 53


def test_weights_of_regr_unetpp_are_rounded_and_no_others(named_graph) -> None:
    half = halved(named_graph)
    check_precision(half, "fp16")
    onnx.checker.check_model(half, full_check=True)
    before, after = (
        {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        for model in (named_graph, half)
    )
    rounded = {n for node in half.graph.node if is_regression(node) for n in node.input[1:]}
    assert len(rounded) == 40
    for name, values in before.items():
        right = values.astype(np.float16) if name in rounded else values
        assert after[name].dtype == right.dtype
        np.testing.assert_array_equal(after[name], right)


def test_fields_are_those_of_single_precision_but_for_rounding(named_default) -> None:
    names = [output.name for output in named_default.graph.output]
    half = halved(named_default).SerializeToString()
    for day in probing_days(ROWS, COLUMNS):
        pairs = zip(
            run_file(half, day, names),
            run_file(named_default.SerializeToString(), day, names),
            strict=True,
        )
        for field, right in pairs:
            # Eleven bits, rounded at random in twenty layers: a few times 2^-11 of the largest.
            np.testing.assert_allclose(field, right, rtol=0, atol=4 * 2**-11 * right.max())
            assert (field != right).any()


def test_a_network_in_physical_units_overflows_and_is_refused(named_paper) -> None:
    """With weights that are nothing special; its first layers see hundreds of ug/m3."""
    days = probing_days(ROWS, COLUMNS)[:1]
    (field,) = run_file(halved(named_paper).SerializeToString(), days[0], ["pm25"])
    assert np.isnan(field).any()
    with pytest.raises(VerificationError, match="leave fp16 out with --precision"):
        check_half_range(activation_ranges(named_paper, days))


def test_a_convolution_is_that_of_rounded_numbers(stripped_graph) -> None:
    """The second convolution, in double precision, of what the first one gave."""
    half = halved(stripped_graph)
    (conv,) = (n for n in half.graph.node if n.name == "regr_unetpp.nodes.0_0.conv2/Conv")
    names = [conv.input[0], conv.output[0]]
    half.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT16, None) for name in names
    )
    day = probing_days(ROWS, COLUMNS)[1]
    given, found = (v[0].astype(float) for v in run_file(half.SerializeToString(), day, names))
    arrays = {t.name: numpy_helper.to_array(t).astype(float) for t in half.graph.initializer}
    weights, bias = (arrays[name] for name in conv.input[1:])
    _, rows, columns = given.shape
    padded = np.pad(given, ((0, 0), (1, 1), (1, 1)))
    exact = bias[:, None, None] + sum(
        np.einsum("oc,cyx->oyx", weights[:, :, i, j], padded[:, i : i + rows, j : j + columns])
        for i in range(3)
        for j in range(3)
    )
    # Half a step of half precision, and what single precision adds up to.
    step = np.spacing(np.abs(exact).astype(np.float16)).astype(float)
    assert (np.abs(found - exact) <= 0.51 * step + 1e-6 * np.abs(exact).max()).all()


def test_inputs_and_outputs_stay_in_single_precision(stripped_graph) -> None:
    half = halved(stripped_graph)
    values = [*half.graph.input, *half.graph.output]
    assert {value.type.tensor_type.elem_type for value in values} == {TensorProto.FLOAT}


def test_weights_beyond_half_precision_are_refused(stripped_graph) -> None:
    model = onnx.ModelProto()
    model.CopyFrom(stripped_graph)
    conv = next(node for node in model.graph.node if is_regression(node))
    (weights,) = (t for t in model.graph.initializer if t.name == conv.input[1])
    large = 1e6 * numpy_helper.to_array(weights)
    weights.CopyFrom(numpy_helper.from_array(large, weights.name))
    with pytest.raises(VerificationError, match="half precision only 65504"):
        halved(model)


def test_activations_near_the_end_of_half_precision_are_refused() -> None:
    check_half_range({"relu": np.array([1.0, 65504 / MARGIN])})
    for most in (65504 / MARGIN + 1, np.inf, np.nan):
        with pytest.raises(VerificationError, match="the activation 'relu' reaches"):
            check_half_range({"relu": np.array([1.0, most])})
