"""Checks of a model file: what it is made of, and what it computes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx.external_data_helper import uses_external_data

from pointfuse.model.metadata import ModelMetadata
from pointfuse.trust.golden_case import GoldenCase
from pointfuse_export.errors import VerificationError
from pointfuse_export.graph.onnx_graph import INPUTS, OPSET, output_names
from pointfuse_training import PaperNetwork
from pointfuse_training.network.channels import CHANNELS
from pointfuse_training.network.variants import Network

TOLERANCE = 5e-4
"""Largest difference between two computations of a field, as a share of its highest value.

Single precision leaves the inverse of a thousand covariances three to four digits."""

IR_VERSION = 10
"""Version of the file format: the newest that ONNX Runtime 1.20 reads."""

NEEDED_OPERATORS = {"Conv", "MaxPool", "Resize"}
UNWANTED_OPERATORS = {"BatchNormalization"}


@dataclass(frozen=True)
class Days:
    """Inputs of the network.

    Parameters
    ----------
    name : str
        What is special about them.
    observations, observed : ndarray of float32, shape (time, 3, row, column)
        Values and mask.
    """

    name: str
    observations: NDArray[np.float32]
    observed: NDArray[np.float32]

    def __iter__(self) -> Iterator[Days]:
        """The days one by one."""
        for time in range(len(self.observations)):
            yield Days(
                self.name, self.observations[time : time + 1], self.observed[time : time + 1]
            )


def check_contract(
    model: onnx.ModelProto, grid_shape: tuple[int, int], outputs: Sequence[str] = CHANNELS[:1]
) -> None:
    """Make sure that a model is one self-contained file of standard operators.

    Parameters
    ----------
    model : onnx.ModelProto
        The model.
    grid_shape : tuple of two ints
        Rows and columns.
    outputs : sequence of str
        Names of the outputs, each a field on the grid.

    Raises
    ------
    VerificationError
        If a property of the model differs from what the light package and TensorRT count on.
    """
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise VerificationError(f"the model is not valid ONNX: {error}") from error
    graph, (rows, columns) = model.graph, grid_shape
    operators = {node.op_type for node in graph.node}
    stack = ("FLOAT", ["time", len(CHANNELS), rows, columns])
    field = ("FLOAT", ["time", 1, rows, columns])
    for what, found, expected in (
        ("inputs", _signatures(graph.input), dict.fromkeys(INPUTS, stack)),
        ("outputs", _signatures(graph.output), dict.fromkeys(outputs, field)),
        ("operator sets", {(s.domain, s.version) for s in model.opset_import}, {("", OPSET)}),
        ("version of the file format", model.ir_version, IR_VERSION),
        ("functions of its own", [function.name for function in model.functions], []),
        ("node domains", {node.domain for node in graph.node}, {""}),
        ("operators needed", NEEDED_OPERATORS & operators, NEEDED_OPERATORS),
        ("operators unwanted", UNWANTED_OPERATORS & operators, set()),
        ("ways to resize", _resize_modes(graph), {("linear", "half_pixel")}),
        ("external tensors", [t.name for t in graph.initializer if uses_external_data(t)], []),
    ):
        if found != expected:
            raise VerificationError(f"{what} of the model: expected {expected}, got {found}")


def _signatures(
    values: list[onnx.ValueInfoProto],
) -> dict[str, tuple[str, list[str | int]]]:
    """Element type and shape by name; free dimensions by their names."""
    return {
        value.name: (
            onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type),
            [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim],
        )
        for value in values
    }


def _resize_modes(graph: onnx.GraphProto) -> set[tuple[str, str]]:
    modes = set()
    for node in graph.node:
        if node.op_type == "Resize":
            given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            modes.add((given["mode"].decode(), given["coordinate_transformation_mode"].decode()))
    return modes


def check_golden_case(
    content: bytes, case: GoldenCase, metadata: ModelMetadata, tolerance: float
) -> float:
    """Make sure that a model file agrees with its golden case; the largest difference.

    Parameters
    ----------
    content : bytes
        The file.
    case : GoldenCase
        The case, which the light package will verify the file with.
    metadata : ModelMetadata
        Metadata of the file.
    tolerance : float
        Largest difference to let pass, in the units of the field.

    Raises
    ------
    VerificationError
        If it differs by more.
    """
    days = Days("golden case", *case.inputs(metadata))
    (fields,) = run_file(content, days, (metadata.target.name,))
    largest = case.difference(fields[0, 0], metadata)
    # Not 'largest > tolerance', which is false for NaN.
    if not largest <= tolerance:
        raise VerificationError(
            f"{metadata.precision}: the golden case differs by {largest:.3g} in the units of the "
            f"field, expected at most {tolerance:g}; nothing was written"
        )
    return largest


def check_against_torch(content: bytes, network: Network) -> float:
    """Make sure that a model file computes what the network does; the largest difference.

    It is a share of the highest value, of 1 ug/m3 at least.

    Raises
    ------
    VerificationError
        If a field, or the scale of its error, differs by more than `TOLERANCE`.
    """
    _, rows, columns = network.static_layers.shape
    names = output_names(network)
    differences = []
    for days in probing_days(rows, columns):
        with torch.no_grad():
            given = network(torch.from_numpy(days.observations), torch.from_numpy(days.observed))
        expected = (given,) if isinstance(network, PaperNetwork) else given
        for name, found, right in zip(names, run_file(content, days, names), expected, strict=True):
            differences.append(_difference(f"{name}, {days.name}", found, right.numpy()))
    return max(differences)


def probing_days(rows: int, columns: int) -> list[Days]:
    """Random inputs that tell right from wrong graphs.

    Parameters
    ----------
    rows, columns : int
        Size of the grid.

    Returns
    -------
    list of Days
        Three days of all variables, one of PM2.5 alone, one with several stations in each cell,
        one that is calm everywhere, one with a single station, and one without any.
    """
    rng = np.random.default_rng(0)
    three = _random_days(rng, 3, rows, columns)
    one = _random_days(rng, 1, rows, columns)
    dry = np.array([1, 0, 0], np.float32)[:, None, None]
    calm = np.array([1, 1, 0], np.float32)[:, None, None]
    several = 2 + np.arange(rows * columns, dtype=np.float32).reshape(rows, columns) % 7
    lonely = np.zeros_like(one[1])
    lonely[0, 0, rows // 2, columns // 3] = 1
    return [
        Days("three days", *three),
        Days("PM2.5 alone", one[0] * dry, one[1] * dry),
        Days("several stations in a cell", one[0] * dry, one[1] * dry * several),
        Days("a calm", one[0] * calm, one[1]),
        Days("a single station", 80 * lonely, lonely),
        Days("no station", 0 * lonely, 0 * lonely),
    ]


def _random_days(
    rng: np.random.Generator, times: int, rows: int, columns: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Observations in about one cell of a hundred, as unlike each other as neighbours can be."""
    shape = (times, 3, rows, columns)
    observed = rng.random(shape) < 0.01
    highest = np.array([400, 100, 15])[:, None, None]
    observations = rng.random(shape) * highest * observed
    return observations.astype(np.float32), observed.astype(np.float32)


def run_file(content: bytes, days: Days, names: Sequence[str]) -> list[NDArray[np.float32]]:
    """What a model file makes of days on the CPU.

    Parameters
    ----------
    content : bytes
        The file.
    days : Days
        Inputs; they are given all at once.
    names : sequence of str
        Outputs to ask for.

    Returns
    -------
    list of ndarray of float32, shape (time, channel, row, column)
        The outputs, in this order.
    """
    return run_session(open_file(content), days, names)


def open_file(content: bytes) -> onnxruntime.InferenceSession:
    """A session of a model file on the CPU, for several runs."""
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def run_session(
    session: onnxruntime.InferenceSession, days: Days, names: Sequence[str]
) -> list[NDArray[np.float32]]:
    """As `run_file`, in a session that is open."""
    feed = dict(zip(INPUTS, (days.observations, days.observed), strict=True))
    return [np.asarray(output, np.float32) for output in session.run(list(names), feed)]


def _difference(name: str, found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    if found.shape != expected.shape:
        raise VerificationError(
            f"{name}: expected fields of the shape {expected.shape}, got {found.shape}"
        )
    share = float(np.abs(found - expected).max() / max(expected.max(), 1))
    # Not 'share > TOLERANCE', which is false for NaN.
    if not share <= TOLERANCE:
        raise VerificationError(
            f"{name}: expected fields that differ from the reference by at most {TOLERANCE:g} of "
            f"its highest value, got {share:.3g}; do not publish the model"
        )
    return share


def operators(model: onnx.ModelProto) -> dict[str, int]:
    """How often each operator occurs, most frequent first."""
    return dict(Counter(node.op_type for node in model.graph.node).most_common())
