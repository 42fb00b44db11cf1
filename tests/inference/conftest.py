"""A model that can be checked by hand: its field is the mean of the observed cells, everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pointfuse.grid import Grid
from pointfuse.metadata import METADATA_KEY, ModelMetadata, StaticLayer
from pointfuse.model import Model
from pointfuse.model_file import read_model_file
from pointfuse.process_settings import Covariate, ProcessSettings
from pointfuse.projection import LambertConformal
from pointfuse.readers import DEFAULT_VARIABLES

ROWS, COLUMNS = 12, 16


@pytest.fixture(scope="session")
def tiny_metadata() -> ModelMetadata:
    """12 x 16 cells of 100 km around 36 N 105 E."""
    projection = LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0)
    return ModelMetadata(
        name="tiny",
        version="0.1.0",
        summary="Mean of the observed cells, everywhere.",
        licence="Apache-2.0",
        precision="fp32",
        grid=Grid(projection, ROWS, COLUMNS, 100_000.0, -750_000.0, -550_000.0),
        variables=DEFAULT_VARIABLES,
        static_layers=(StaticLayer("height", "m", "none"),),
        training={"archive": "none"},
        export={},
        scores=(),
        weights_sha256="0" * 64,
    )


def mean_model(metadata: ModelMetadata) -> onnx.ModelProto:
    """ONNX graph of sum(pm25) / sum(observed), given to every cell."""
    stack = ["time", len(metadata.variables), ROWS, COLUMNS]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, stack)
        for name in ("observations", "observed")
    ]
    output = helper.make_tensor_value_info("pm25", TensorProto.FLOAT, ["time", 1, ROWS, COLUMNS])
    constants = [
        helper.make_tensor("first", TensorProto.INT64, [1], [0]),
        helper.make_tensor("second", TensorProto.INT64, [1], [1]),
        helper.make_tensor("channel", TensorProto.INT64, [1], [1]),
        helper.make_tensor("plane", TensorProto.INT64, [2], [2, 3]),
    ]
    nodes = [
        helper.make_node("Slice", ["observations", "first", "second", "channel"], ["value"]),
        helper.make_node("Slice", ["observed", "first", "second", "channel"], ["mask"]),
        helper.make_node("ReduceSum", ["value", "plane"], ["total"]),
        helper.make_node("ReduceSum", ["mask", "plane"], ["count"]),
        helper.make_node("Div", ["total", "count"], ["mean"]),
        helper.make_node("Shape", ["mask"], ["shape"]),
        helper.make_node("Expand", ["mean", "shape"], ["pm25"]),
    ]
    graph = helper.make_graph(nodes, "mean", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    return model


@pytest.fixture
def tiny_proto(tiny_metadata: ModelMetadata) -> onnx.ModelProto:
    """The graph, for tests that spoil it."""
    return mean_model(tiny_metadata)


@pytest.fixture
def tiny_proto_with_scale(tiny_proto: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with a second output: a quarter of the field."""
    shape = ["time", 1, ROWS, COLUMNS]
    graph = tiny_proto.graph
    graph.output.append(helper.make_tensor_value_info("pm25_scale", TensorProto.FLOAT, shape))
    graph.initializer.append(helper.make_tensor("quarter", TensorProto.FLOAT, [1], [0.25]))
    graph.node.append(helper.make_node("Mul", ["pm25", "quarter"], ["pm25_scale"]))
    return tiny_proto


@pytest.fixture(scope="session")
def tiny_model_bytes(tiny_metadata: ModelMetadata) -> bytes:
    return mean_model(tiny_metadata).SerializeToString()


@pytest.fixture(scope="session")
def tiny_model_file(tiny_model_bytes: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.onnx"
    path.write_bytes(tiny_model_bytes)
    return path


@pytest.fixture(scope="session")
def tiny_model(tiny_model_file: Path) -> Model:
    content, metadata, sha256 = read_model_file(tiny_model_file)
    assert sha256 == hashlib.sha256(content).hexdigest()
    return Model(content, metadata, sha256, threads=1)


@pytest.fixture(scope="session")
def process_metadata(tiny_metadata: ModelMetadata) -> ModelMetadata:
    """The same grid with two static layers and a Gaussian process that uses them."""
    return replace(
        tiny_metadata,
        name="tiny-process",
        static_layers=(
            StaticLayer("height", "2000 m", "none"),
            StaticLayer("urban_fraction", "1", "none"),
        ),
        gaussian_process=ProcessSettings(
            length=400e3,
            nugget=0.05,
            covariates=(
                Covariate("height", scale=2000.0, trend=True),
                Covariate("height", "roughness", 150e3, scale=500.0),
                Covariate("urban_fraction", smoothing=100e3, trend=True),
            ),
            distance=(0.0, 200e3, 400e3),
            network_weight=(0.6, 0.4, 0.0),
        ),
    )


@pytest.fixture(scope="session")
def stored_layers() -> np.ndarray:
    """Heights in units of 2000 m, and urban fractions; shape (2, row, column)."""
    return np.random.default_rng(7).random((2, ROWS, COLUMNS), np.float32)


@pytest.fixture(scope="session")
def process_model_file(
    process_metadata: ModelMetadata,
    stored_layers: np.ndarray,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    proto = mean_model(process_metadata)
    proto.graph.initializer.append(numpy_helper.from_array(stored_layers, "static_layers"))
    path = tmp_path_factory.mktemp("model") / "tiny-process.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


@pytest.fixture(scope="session")
def process_model(process_model_file: Path) -> Model:
    return Model(*read_model_file(process_model_file), threads=1)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file and return its path."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20190106)
