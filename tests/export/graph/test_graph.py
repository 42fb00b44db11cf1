"""The ONNX graph computes what the network computes, and the network made for it does too."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from pointfuse_export.checks.verify import (
    Days,
    check_against_torch,
    check_contract,
    open_file,
    probing_days,
    run_file,
    run_session,
)
from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.onnx_graph import inference_network, output_names
from pointfuse_export.graph.strided_conv import STRIDE, StridedKernelConv
from pointfuse_training import PaperNetwork, PositiveKernelConv

SHAPE = (42, 53)


def test_graph_gives_the_fields_of_the_network(small):
    """Of all probing days: none and one station, several in a cell, three days at once."""
    network, model = small
    # Float32 sums in another order, where fields reach 100 ug/m3 and the published correction takes
    # differences of numbers several times as large.
    assert check_against_torch(model.SerializeToString(), network) <= 1e-3


def test_graph_keeps_the_contract(small):
    network, model = small
    check_contract(model, SHAPE, output_names(network))


def test_the_default_network_has_a_scale_and_the_published_one_has_none(small):
    network, model = small
    expected = ("pm25",) if isinstance(network, PaperNetwork) else ("pm25", "pm25_scale")
    assert output_names(network) == expected
    assert tuple(output.name for output in model.graph.output) == expected


def test_difference_of_a_single_weight_is_found(small):
    network, model = small
    altered = type(model)()
    altered.CopyFrom(model)
    bias = next(t for t in altered.graph.initializer if t.name == "regr_unetpp.head.bias")
    bias.raw_data = (np.frombuffer(bias.raw_data, np.float32) + np.float32(0.5)).tobytes()
    with pytest.raises(VerificationError, match="pm25, three days: expected fields that differ"):
        check_against_torch(altered.SerializeToString(), network)


def test_difference_of_the_scale_alone_is_found(small_default):
    network, model = small_default
    altered = type(model)()
    altered.CopyFrom(model)
    (sum_,) = (node for node in altered.graph.node if "pm25_scale" in node.output)
    divisor = next(t for t in altered.graph.initializer if t.name == sum_.input[1])
    divisor.raw_data = (np.float32(1.01) * np.frombuffer(divisor.raw_data, "<f4")).tobytes()
    with pytest.raises(
        VerificationError, match="pm25_scale, three days: expected fields that differ"
    ):
        check_against_torch(altered.SerializeToString(), network)


@pytest.mark.parametrize("days", [1, 2, 3])
def test_days_do_not_influence_each_other(small, days):
    """Any number of days at once gives what they give one by one."""
    network, model = small
    names = output_names(network)
    session = open_file(model.SerializeToString())
    three = probing_days(*SHAPE)[0]
    given = Days("some days", three.observations[:days], three.observed[:days])
    together = run_session(session, given, names)
    apart = [run_session(session, day, names) for day in given]
    for number, found in enumerate(together):
        assert found.shape == (days, 1, *SHAPE)
        right = np.concatenate([day[number] for day in apart])
        # Sums may be cut into other pieces.
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-5 * np.abs(right).max())


def test_the_default_network_counts_stations_and_the_published_one_does_not(small):
    network, model = small
    names = output_names(network)
    several = next(d for d in probing_days(*SHAPE) if d.name == "several stations in a cell")
    one = Days("one in a cell", several.observations, np.sign(several.observed))
    outputs = [run_file(model.SerializeToString(), days, names) for days in (several, one)]
    if len(names) == 1:
        np.testing.assert_array_equal(*outputs)
    else:
        assert np.abs(outputs[0][0] - outputs[1][0]).max() > 1
        assert np.abs(outputs[0][1] - outputs[1][1]).max() > 0.1


def test_what_stands_in_cells_without_observation_has_no_say(small):
    network, model = small
    names = output_names(network)
    days = probing_days(*SHAPE)[0]
    noise = np.where(days.observed > 0, days.observations, np.float32(7))
    outputs = (
        run_file(model.SerializeToString(), Days("days", values, days.observed), names)
        for values in (days.observations, noise)
    )
    for found, right in zip(*outputs, strict=True):
        np.testing.assert_array_equal(found, right)


def test_what_depends_on_static_layers_alone_is_computed_once(named_default, tmp_path):
    """The runtime folds it when a session is opened: numbers of bytes are no work of a day."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(
        named_default.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    optimised = onnx.load(tmp_path / "optimised.onnx").graph
    run = {node.op_type for node in optimised.node}
    assert "DequantizeLinear" not in run
    assert "static_layers_steps" not in {name for node in optimised.node for name in node.input}


def test_a_graph_without_the_scale_breaks_the_contract_of_one_with_it(named_paper):
    with pytest.raises(VerificationError, match=r"outputs of the model.*pm25_scale.*got"):
        check_contract(named_paper, SHAPE, ("pm25", "pm25_scale"))


def test_inference_network_leaves_the_original_alone(small):
    network, _ = small
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    inference_network(network)
    after = network.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("size", [1, 3, 11, 21])
@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (13, 22), (3, 5), (1, 1)])
def test_strided_convolution_equals_the_plain_one(size, rows, columns):
    torch.manual_seed(0)
    plain = PositiveKernelConv(3, size, 4.0)
    with torch.no_grad():
        plain.log_kernel.normal_()
        x = torch.randn(2, 3, rows, columns)
        found = StridedKernelConv(plain.kernel)(x)
        # The same products, summed in another order.
        torch.testing.assert_close(found, plain(x), rtol=1e-5, atol=1e-4)


def test_strided_convolution_computes_a_block_at_once():
    kernels = StridedKernelConv(torch.ones(3, 1, 21, 21)).kernels
    assert [tuple(k.shape) for k in kernels] == 3 * [(STRIDE**2, 1, 20 + STRIDE, 20 + STRIDE)]
