"""From a trained network to an ONNX graph."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import onnx
import torch
from onnxscript.optimizer import optimize_ir
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.strided_conv import StridedKernelConv
from pointfuse_export.graph.sums import (
    summed_correlations,
    summed_exponentials,
    summed_materns,
)
from pointfuse_export.graph.sweeps import inverse_of_one_plus
from pointfuse_training import PaperNetwork, PositiveKernelConv
from pointfuse_training.network.channels import CHANNELS
from pointfuse_training.network.regr_unetpp import ConvPair
from pointfuse_training.network.variants import Network

OPSET = 18
"""Oldest operator set that says all the network needs; TensorRT and int8 tools know it."""

INPUTS = ("observations", "observed")


def output_names(network: Network) -> tuple[str, ...]:
    """Outputs of the graph of a network: the field, and the scale of its error if it gives one."""
    field = network.target
    return (field,) if isinstance(network, PaperNetwork) else (field, f"{field}_scale")


_LARGEST_FOLDED = 1000
"""Values of a constant that others are computed from, and of one that is computed. Static layers
have more, on a small grid too: they are to stay what they are, for readers of the file find them by
their name. The numbers of all rows and columns would be megabytes."""


def inference_network(network: Network) -> Network:
    """A copy of a network that computes the same with fewer steps.

    Batch normalisations are folded into the convolutions before them (in double precision, so that
    nothing is lost), and the kernels of PointConv become constants of `StridedKernelConv`.
    """
    network = copy.deepcopy(network).eval()
    for pair in network.modules():
        if isinstance(pair, ConvPair):
            for conv, norm in (("conv1", "norm1"), ("conv2", "norm2")):
                setattr(pair, conv, _folded(getattr(pair, conv), getattr(pair, norm)))
                setattr(pair, norm, nn.Identity())
    for module in list(network.modules()):
        for name, large in list(module.named_children()):
            if isinstance(large, PositiveKernelConv):
                setattr(module, name, StridedKernelConv(large.kernel.detach()))
    return network.requires_grad_(False)


def _folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    return fuse_conv_bn_eval(conv.double(), norm.double()).float()


def to_onnx(network: Network) -> onnx.ModelProto:
    """Trace a network into an ONNX model with a free number of times."""
    _, rows, columns = network.static_layers.shape
    # Two times, since the exporter would take a single one for a constant; and two tensors, since
    # it would take one tensor given twice for one input.
    example = tuple(torch.zeros(2, len(CHANNELS), rows, columns) for _ in INPUTS)
    # The second input follows the first.
    times = ({0: torch.export.Dim("time")}, {0: torch.export.Dim.AUTO})
    return traced(network, example, INPUTS, output_names(network), times)


def traced(
    network: nn.Module,
    example: tuple[Tensor, ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    free: tuple[dict[int, Any], ...],
) -> onnx.ModelProto:
    """Trace a network into an ONNX model.

    Parameters
    ----------
    network : Module
        The network, ready for inference.
    example : tuple of Tensor
        Inputs of some sizes.
    inputs, outputs : sequence of str
        Names of the tensors.
    free : tuple of dict
        Of each input the dimensions that are free.
    """
    with warnings.catch_warnings():
        # PyTorch warns about its own internals.
        warnings.simplefilter("ignore", FutureWarning)
        program = torch.onnx.export(
            network,
            example,
            dynamo=True,
            opset_version=OPSET,
            external_data=False,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=free,
            verbose=False,
            optimize=False,
            custom_translation_table={
                torch.ops.pointfuse.inverse_of_one_plus.default: inverse_of_one_plus,
                torch.ops.pointfuse.summed_correlations.default: summed_correlations,
                torch.ops.pointfuse.summed_exponentials.default: summed_exponentials,
                torch.ops.pointfuse.summed_materns.default: summed_materns,
            },
        )
    if program is None:
        raise VerificationError("PyTorch exported no graph; see its messages above")
    optimize_ir(program.model, input_size_limit=_LARGEST_FOLDED, output_size_limit=_LARGEST_FOLDED)
    return program.model_proto
