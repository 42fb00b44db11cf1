"""The model that can be checked by hand, as it is, spoilt, and loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from mean_model import COLUMNS, ROWS, mean_model, uneven, with_scale

from pointfuse import POLLUTANTS
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file


@pytest.fixture
def tiny_proto(tiny_metadata: ModelMetadata) -> onnx.ModelProto:
    """The graph, for tests that spoil it."""
    return mean_model(tiny_metadata)


@pytest.fixture
def tiny_proto_with_scale(tiny_proto: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with a second output: a quarter of the field."""
    return with_scale(tiny_proto, np.array([0.25], np.float32))


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
def scale_model(scale_model_file: Path) -> Model:
    return Model(*read_model_file(scale_model_file), threads=1)


@pytest.fixture(scope="session")
def uneven_model(tiny_metadata: ModelMetadata, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Its fields differ from cell to cell, by more than the scale that it gives them."""
    share = np.random.default_rng(7).uniform(0.5, 1.5, (ROWS, COLUMNS)).astype(np.float32)
    path = tmp_path_factory.mktemp("model") / "uneven.onnx"
    graph = with_scale(uneven(mean_model(tiny_metadata), share), np.array([0.1], np.float32))
    path.write_bytes(graph.SerializeToString())
    return Model(*read_model_file(path), threads=1)


@pytest.fixture
def ship(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    tiny_metadata: ModelMetadata,
) -> Callable[..., Path]:
    """Let models of some pollutants come with pointfuse, each the mean of its stations."""

    def ship_models(*names: str) -> Path:
        folder, entries = tmp_path_factory.mktemp("shipped"), []
        for name in names:
            metadata = replace(
                tiny_metadata,
                name=f"tiny-{name}",
                variables=(POLLUTANTS[name], *tiny_metadata.variables[1:]),
            )
            content = mean_model(metadata).SerializeToString()
            (folder / f"tiny-{name}.onnx").write_bytes(content)
            entries.append(
                {
                    "file": f"tiny-{name}.onnx",
                    "name": metadata.name,
                    "version": metadata.version,
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "precision": "fp32",
                    "variable": name,
                }
            )
        manifest = json.dumps({"schema_version": 1, "models": entries})
        (folder / "manifest.json").write_text(manifest)
        for module in ("model.shipped", "model.model_file", "model.precisions"):
            monkeypatch.setattr(f"pointfuse.{module}.model_folder", lambda: folder)
        monkeypatch.setattr(
            "pointfuse.commands.shared.inputs_and_outputs.model_folder", lambda: folder
        )
        return folder

    return ship_models


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
