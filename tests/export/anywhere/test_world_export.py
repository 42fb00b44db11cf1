"""Files of the models of any place: what is in them, and that they are those that were shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from pointfuse.domains.extents import extent_around
from pointfuse.domains.new_domain import new_domain
from pointfuse.errors import InputError
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ANYWHERE
from pointfuse.model.model_file import read_model_file
from pointfuse.model.shipped import shipped_models
from pointfuse.trust.golden_case import read_golden
from pointfuse.trust.verification import verify
from pointfuse_export.anywhere.world_checks import TOLERANCE, fields_of, some_stations
from pointfuse_export.anywhere.world_description import read_world_description
from pointfuse_export.anywhere.world_export import export_world
from pointfuse_export.errors import DescriptionError
from pointfuse_training.fitting.provenance import weights_sha256
from pointfuse_training.network.anywhere.world_checkpoint import load_world

MODELS = Path(__file__).parents[3] / "models"
DESCRIPTION = MODELS / "pointfuse-world.toml"
SHIPPED = [model for model in shipped_models() if model.anywhere]


def test_there_is_one_of_each_pollutant_and_they_are_small() -> None:
    described = read_world_description(DESCRIPTION)
    assert [model.variable for model in SHIPPED] == list(described.pollutants)
    assert sum(model.bytes for model in SHIPPED) < 6e6


@pytest.mark.parametrize("file", [model.file for model in SHIPPED])
def test_a_shipped_file_is_of_the_checkpoint_and_gives_its_golden_case(file: str) -> None:
    _, metadata, _ = read_model_file(MODELS / file)
    assert metadata.schema_version == ANYWHERE
    assert metadata.own_grid is None
    network = load_world(read_world_description(DESCRIPTION).checkpoint).network(
        metadata.target.name
    )
    assert metadata.weights_sha256 == weights_sha256(network)
    assert read_golden(MODELS / file.replace(".onnx", ".golden.json")).grid is not None
    assert not verify(MODELS / file, device="cpu").problems


def test_a_file_computes_what_the_network_does() -> None:
    content, metadata, sha256 = read_model_file(MODELS / "pointfuse-world-o3.onnx")
    network = load_world(read_world_description(DESCRIPTION).checkpoint).network("o3")
    grid = new_domain(extent_around(-100, 40, 1500), cell_size=24_000).grid
    given = some_stations(grid, 120)
    found = Model(content, metadata, sha256, threads=1).on(grid).run(*given)
    for array, expected in zip(found, fields_of(network, grid, *given), strict=True):
        assert array is not None
        assert np.abs(array - expected).max() < TOLERANCE * np.abs(expected).max()


@pytest.mark.slow
def test_an_export_gives_the_shipped_file(tmp_path: Path) -> None:
    """To the last bit but for the commit, from the checkpoint in the repository."""
    from dataclasses import replace

    described = replace(read_world_description(DESCRIPTION), pollutants=("co",))
    shipped, metadata, _ = read_model_file(MODELS / "pointfuse-world-co.onnx")
    export_world(described, tmp_path, str(metadata.export["commit"]))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "manifest.json",
        "pointfuse-world-co.golden.json",
        "pointfuse-world-co.onnx",
        "pointfuse-world.md",
    ]
    made = onnx.load(tmp_path / "pointfuse-world-co.onnx")
    same = {"torch": torch.__version__, "onnx": onnx.__version__}
    if same.items() <= dict(metadata.export).items():
        assert (tmp_path / "pointfuse-world-co.onnx").read_bytes() == shipped
    sizes = {d.dim_param for tensor in made.graph.input for d in tensor.type.tensor_type.shape.dim}
    assert {"time", "row", "column"} <= sizes


def test_each_pollutant_tells_how_its_errors_go_together() -> None:
    described = read_world_description(DESCRIPTION)
    assert list(described.error_correlation) == list(described.pollutants)
    _, metadata, _ = read_model_file(MODELS / "pointfuse-world-co.onnx")
    assert metadata.error_correlation == described.error_correlation["co"]


def test_a_description_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "d.toml"
    text = DESCRIPTION.read_text(encoding="utf-8")
    path.write_text(text.replace('"pm25", ', '"smog", '), encoding="utf-8")
    with pytest.raises(DescriptionError, match="'smog' is none of pm25"):
        read_world_description(path)
    path.write_text(text.replace('name = "up"', 'name = "down"'), encoding="utf-8")
    with pytest.raises(DescriptionError, match="the network takes the static layers east, north"):
        export_world(read_world_description(path), tmp_path, "none")
    path.write_text(text.replace("_correlation.co]", "_correlation.c]"), encoding="utf-8")
    with pytest.raises(DescriptionError, match="'co' is lacking in 'error_correlation'"):
        read_world_description(path)
    path.write_text("name =", encoding="utf-8")
    with pytest.raises(InputError):
        read_world_description(path)
