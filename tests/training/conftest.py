"""A small grid with a ridge, a basin's rim, a coast and a few cities, for the simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.stations.reading import DEFAULT_VARIABLES
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.fitting.recipes import Recipe, changed
from pointfuse_training.fitting.training_inputs import TrainingInputs, read_training_inputs
from pointfuse_training.processes.distribution import ProcessDistribution, TrendLayer
from pointfuse_training.processes.process_file import write_process
from pointfuse_training.processes.runs import sample_archive
from pointfuse_training.processes.terrain_process import TerrainProcess
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs

ROWS, COLUMNS, CELL = 40, 52, 12_000.0
CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def small_grid() -> Grid:
    projection = LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0)
    return Grid(projection, ROWS, COLUMNS, CELL, -306_000.0, -234_000.0)


@pytest.fixture(scope="session")
def small_layers(small_grid: Grid) -> dict[str, np.ndarray]:
    """Layers as in a static file: sea in the east, a ridge from south to north, three cities."""
    longitude, latitude = small_grid.longitude_latitude()
    row, column = np.mgrid[:ROWS, :COLUMNS].astype(np.float32)
    cover = np.zeros((17, ROWS, COLUMNS), np.float32)
    ocean = (column >= 46).astype(np.float32)
    lights = np.full((ROWS, COLUMNS), 0.5, np.float32)
    for city_row, city_column in ((10, 30), (25, 35), (30, 8)):
        near = np.exp(-((row - city_row) ** 2 + (column - city_column) ** 2) / 4)
        lights += 50 * near.astype(np.float32)
        cover[13] += 0.8 * near
    cover[12] = np.where(column > 22, 0.6, 0.0) * (1 - cover[13])
    cover[16] = np.where(column < 8, 0.9, 0.0) * (1 - cover[13])
    cover[0] = ocean
    cover[1:] *= 1 - ocean
    cover[4] = 1 - cover.sum(0)
    return {
        "lat": latitude,
        "lon": longitude,
        "height": 2500 * np.exp(-(((column - 16) / 5) ** 2)) * (1 - ocean),
        "night_lights": lights,
        "ocean_fraction": ocean,
        "igbp_fraction": cover,
    }


@pytest.fixture(scope="session")
def small_static_file(
    small_layers: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("static") / "small.npz"
    np.savez(path, **small_layers)
    return path


@pytest.fixture(scope="session")
def small_static(small_static_file: Path, small_grid: Grid) -> StaticInputs:
    return read_static_inputs(small_static_file, small_grid, CPU)


@pytest.fixture
def random_stream() -> RandomStream:
    """Of two scenarios."""
    return RandomStream(7, [0, 1], "test", CPU)


@pytest.fixture(scope="session")
def small_archive(small_grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five scenarios of two days: plumes whose places and heights differ from day to day."""
    folder = tmp_path_factory.mktemp("small_archive")
    rng = np.random.default_rng(11)
    row, column = np.mgrid[:ROWS, :COLUMNS]
    for scenario in range(5):
        with writing(folder / f"scenario_{scenario:05d}.nc", small_grid, 0, {}) as writer:
            for _ in range(2):
                pm25 = np.full((ROWS, COLUMNS), 12.0)
                for _ in range(6):
                    at, height = rng.uniform(0, (ROWS, COLUMNS)), rng.uniform(10, 80)
                    squared = (row - at[0]) ** 2 + (column - at[1]) ** 2
                    pm25 += height * np.exp(-squared / 2 / rng.uniform(3, 9) ** 2)
                weather = np.full((2, ROWS, COLUMNS), [[[60.0]], [[3.0]]])
                writer.append(torch.from_numpy(np.concatenate([pm25[None], weather])))
    return folder


@pytest.fixture(scope="session")
def small_recipe() -> Recipe:
    """A narrow network, few iterations, and as many stations as the small grid bears."""
    return changed(
        Recipe(),
        {
            "name": "small",
            "widths": [4, 8],
            "batch": 2,
            "iterations": 6,
            "warm_up": 2,
            "held_out": 1,
            "validation_days": 1,
            "validate_every": 4,
            "point_conv": "fourier",
            "sampling": {"clustered_stations": [80, 120], "uniform_stations": [150, 250]},
        },
    )


@pytest.fixture(scope="session")
def small_inputs(
    small_archive: Path, small_static_file: Path, small_recipe: Recipe
) -> TrainingInputs:
    return read_training_inputs([small_archive], small_static_file, small_recipe)


@pytest.fixture(scope="session")
def metadata(small_grid: Grid) -> ModelMetadata:
    """Of a model on the small grid."""
    return ModelMetadata(
        name="small",
        version="0.1.0",
        summary="None.",
        licence="Apache-2.0",
        precision="fp32",
        own_grid=small_grid,
        variables=DEFAULT_VARIABLES,
        static_layers=(),
        training={},
        export={},
        scores=(),
        weights_sha256="0" * 64,
    )


@pytest.fixture(scope="session")
def model_file(metadata: ModelMetadata, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file on the small grid; of its graph nothing is asked."""
    shape = ["time", 3, *metadata.grid.shape]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name in ("observations", "observed")
    ]
    output = helper.make_tensor_value_info("pm25", TensorProto.FLOAT, [shape[0], 1, *shape[2:]])
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
    nodes = [
        helper.make_node("Mul", ["observations", "observed"], ["there"]),
        helper.make_node("ReduceMean", ["there", "axis"], ["pm25"]),
    ]
    graph = helper.make_graph(nodes, "some", inputs, [output], [axis])
    opset = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    path = tmp_path_factory.mktemp("model") / "small.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def distribution() -> ProcessDistribution:
    """Of processes and days on the small grid."""
    return ProcessDistribution(
        process=TerrainProcess(300.0, 0.05, {"height": 2.0, "lights": 3.0}, ("height",), True),
        spread={"common": 0.2, "nugget": 0.4, "height": 0.1, "lights": 0.3},
        trend={"height": TrendLayer(0.4, 0.0, 1.5)},
        day_mean=np.array([2.2, -2.0, -0.1]),
        day_covariance=np.array([[0.05, -0.02, 0.0], [-0.02, 0.04, 0.001], [0.0, 0.001, 0.01]]),
        provenance={"command": "pointfuse-train process", "days": ["2019-01-10"], "stations": 7},
    )


@pytest.fixture(scope="session")
def distribution_file(
    distribution: ProcessDistribution, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("process") / "small.toml"
    write_process(path, distribution)
    return path


@pytest.fixture(scope="session")
def small_samples(
    small_static: StaticInputs,
    distribution: ProcessDistribution,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Three scenarios of two samples of a process."""
    folder = tmp_path_factory.mktemp("small_samples")
    sample_archive(small_static, distribution, folder, scenarios=3, days=2, seed=3)
    return folder
