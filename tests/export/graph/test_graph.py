"""The ONNX graph computes what the network computes, and the network made for it does too."""

import copy

import numpy as np
import onnxruntime
import pytest
import torch

from pointfuse_export.checks.verify import check_against_torch, check_contract, probing_days
from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.onnx_graph import (
    INPUTS,
    OUTPUT,
    SCALE_OUTPUT,
    inference_network,
    output_names,
    to_onnx,
)
from pointfuse_export.graph.strided_conv import STRIDE, StridedKernelConv
from pointfuse_training import PositiveKernelConv


def test_graph_gives_the_fields_of_the_network(small):
    network, model = small
    # Float32 sums in another order, where fields reach 100 ug/m3 and the published correction takes
    # differences of numbers several times as large.
    assert check_against_torch(model.SerializeToString(), network) <= 1e-3


def test_graph_keeps_the_contract(small):
    network, model = small
    check_contract(model, tuple(network.static_layers.shape[1:]), output_names(network))


def test_difference_of_a_single_weight_is_found(small):
    network, model = small
    altered = type(model)()
    altered.CopyFrom(model)
    bias = next(t for t in altered.graph.initializer if t.name == "regr_unetpp.head.bias")
    bias.raw_data = (np.frombuffer(bias.raw_data, np.float32) + np.float32(0.01)).tobytes()
    with pytest.raises(VerificationError, match="pm25, three days: expected fields within"):
        check_against_torch(altered.SerializeToString(), network)


def test_difference_of_the_scale_alone_is_found(small_with_scale):
    network, model = small_with_scale
    altered = type(model)()
    altered.CopyFrom(model)
    factor = next(t for t in altered.graph.initializer if t.name == "scale_head.factor")
    factor.raw_data = np.array([1.001], "<f4").tobytes()
    with pytest.raises(VerificationError, match="pm25_scale, three days: expected fields within"):
        check_against_torch(altered.SerializeToString(), network)


def test_the_scale_takes_nothing_from_the_field(small_with_scale):
    """The same graph with and without the second output: the field to the last bit."""
    network, model = small_with_scale
    alone = copy.deepcopy(network)
    alone.scale_head = None
    days = probing_days(*network.static_layers.shape[1:])[0]
    feed = dict(zip(INPUTS, (days.observations, days.observed), strict=True))
    fields = [
        onnxruntime.InferenceSession(
            graph.SerializeToString(), providers=["CPUExecutionProvider"]
        ).run([OUTPUT], feed)[0]
        for graph in (model, to_onnx(inference_network(alone)))
    ]
    np.testing.assert_array_equal(*fields)


def test_a_graph_without_the_scale_breaks_the_contract_of_one_with_it(stripped_graph):
    with pytest.raises(VerificationError, match=r"outputs of the model.*pm25_scale.*got"):
        check_contract(stripped_graph, (42, 53), (OUTPUT, SCALE_OUTPUT))


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
