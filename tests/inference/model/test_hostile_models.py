"""Models made to deceive: what ONNX Runtime loads is what was checked, or nothing is loaded."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from pointfuse import ModelFileError, load_model
from pointfuse.commands.main import main
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.onnx_file.onnx_structure import read_onnx_structure
from pointfuse_benchmarks.robustness.broken_graphs import broken_graphs
from pointfuse_benchmarks.robustness.hostile_model_files import (
    crafted,
    looping,
    mean_model,
    mutations,
)
from pointfuse_benchmarks.robustness.hostile_models import differs_from_package, examine

Write = Callable[[str, str | bytes], Path]
BY_CHANCE = 800


@pytest.fixture(scope="module")
def sound(tiny_metadata: ModelMetadata) -> bytes:
    content: bytes = mean_model(tiny_metadata).SerializeToString()
    return content


def test_the_sound_model_is_the_same_to_all(sound: bytes, tmp_path: Path) -> None:
    assert examine(sound, tmp_path) == "the same"


@pytest.mark.slow
def test_files_by_chance(sound: bytes, tmp_path: Path) -> None:
    found = Counter(
        examine(content, tmp_path).split(":")[0]
        for _, content in itertools.islice(mutations(sound, seed=15), BY_CHANCE)
    )
    assert found.keys() <= {"refused", "refused by ONNX Runtime", "the same"}
    # Else nothing would have been looked at.
    assert found["the same"] > BY_CHANCE / 50
    assert found["refused"] > BY_CHANCE / 3


def test_files_by_intent(tiny_metadata: ModelMetadata, tmp_path: Path) -> None:
    results = {
        title: examine(content, tmp_path)
        for title, content in (crafted(tiny_metadata) | broken_graphs(tiny_metadata)).items()
    }
    assert len(results) > 60
    assert set(results.values()) == {"refused"}, results


def test_the_comparison_sees_what_hides(tiny_metadata: ModelMetadata) -> None:
    """Judged by another file's structure, each file that the onnx package can read differs."""
    structure = read_onnx_structure(mean_model(tiny_metadata).SerializeToString())
    files = crafted(tiny_metadata)
    for title in ("external data", "a graph in an attribute", "a loop", "a function"):
        assert differs_from_package(structure, files[title]) is not None, title
    other = mean_model(tiny_metadata)
    other.graph.node[-2].op_type = "Size"
    assert differs_from_package(structure, other.SerializeToString()) == "other operators"


@pytest.mark.parametrize("command", ["inspect", "verify", "fuse"])
def test_commands_refuse_a_model_that_need_not_end(
    command: str, tiny_metadata: ModelMetadata, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write("loop.onnx", looping(tiny_metadata).SerializeToString())
    with pytest.raises(ModelFileError, match="which may never end"):
        load_model(model)
    stations = write("a.csv", "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,10\n")
    output = stations.with_name("out.nc")
    reading = [str(stations), "-o", str(output)] if command == "fuse" else []
    with pytest.raises(SystemExit) as end:
        main([command, *reading, "--model", str(model)])
    assert end.value.code == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "pointfuse: loop.onnx: the model has an operator with a graph inside, such as Loop or "
        "If, which may never end; expected a plain graph, or Scan, which ends, so export it again"
    )
    assert sorted(path.name for path in stations.parent.iterdir()) == ["a.csv", "loop.onnx"]


def test_a_runtime_that_has_other_outputs_is_found_out(
    tiny_proto_with_scale: onnx.ModelProto,
    tiny_proto: onnx.ModelProto,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if the checks had read another model in the file than the runtime."""
    checked = onnx.ModelProto.FromString(tiny_proto_with_scale.SerializeToString())
    del checked.graph.output[1:]
    structure = read_onnx_structure(checked.SerializeToString())
    monkeypatch.setattr("pointfuse.model.loading.read_onnx_structure", lambda _: structure)
    path = write("two.onnx", tiny_proto_with_scale.SerializeToString())
    with pytest.raises(ModelFileError, match="sees another model in the file than pointfuse"):
        load_model(path, threads=1)
