"""Which model files are loaded, and why others are not."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from mean_model import mean_model
from onnx import TensorProto, helper

from pointfuse import InputError, InputFileNotFoundError, ModelFileError, load_model
from pointfuse.model.loading import Model
from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.model.shipped import model_folder, shipped_models

Write = Callable[[str, str | bytes], Path]


def test_the_shipped_model_is_what_the_manifest_says() -> None:
    shipped = shipped_models()[0]
    content, metadata, sha256 = read_model_file()
    assert sha256 == shipped.sha256 == hashlib.sha256(content).hexdigest()
    assert len(content) == shipped.bytes
    assert (metadata.name, metadata.version) == (shipped.name, shipped.version)
    assert metadata.grid.shape == (372, 426)
    assert [variable.name for variable in metadata.variables] == [
        "pm25",
        "relative_humidity",
        "wind_speed",
    ]


def test_the_shipped_model_by_path_gives_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    read_model_file(model_folder() / shipped_models()[0].file)
    assert not caplog.records


def test_a_model_from_elsewhere_is_named_with_its_hash(
    tiny_model_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        model = load_model(tiny_model_file, threads=1)
    assert model.metadata.name == "tiny"
    expected = hashlib.sha256(tiny_model_file.read_bytes()).hexdigest()
    assert caplog.messages == [
        f"tiny.onnx is not a model that came with pointfuse; its sha256 is {expected}"
    ]


def test_an_altered_shipped_model_is_refused(write: Write) -> None:
    shipped = shipped_models()[0]
    content = bytearray((model_folder() / shipped.file).read_bytes())
    content[len(content) // 2] ^= 1
    with pytest.raises(ModelFileError, match=f"expected {shipped.bytes} bytes with sha256"):
        load_model(write(shipped.file, bytes(content)))


def test_a_cut_off_shipped_model_is_refused(write: Write) -> None:
    shipped = shipped_models()[0]
    content = (model_folder() / shipped.file).read_bytes()[:100_000]
    with pytest.raises(ModelFileError, match=r"got 100000 bytes with .*; download it again"):
        load_model(write(shipped.file, content))


LFS_POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (LFS_POINTER, "is a Git LFS pointer, not the model itself; run 'git lfs pull'"),
        ("", r"\(0 bytes\) does not begin like an ONNX file"),
        ("<html>404</html>", "does not begin like an ONNX file"),
        (b"\x08\x09", r"other\.onnx: the file is not an ONNX model: it has no graph"),
    ],
)
def test_files_that_are_no_model_are_refused(
    write: Write, content: str | bytes, message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        load_model(write("other.onnx", content))


def test_missing_model_is_a_file_not_found_error(tmp_path: Path) -> None:
    with pytest.raises(InputFileNotFoundError, match="there is no model file"):
        load_model(tmp_path / "none.onnx")


def test_a_model_of_another_kind_is_refused(write: Write, tiny_proto: onnx.ModelProto) -> None:
    del tiny_proto.metadata_props[:]
    with pytest.raises(ModelFileError, match="no metadata entry 'pointfuse'; export one"):
        load_model(write("other.onnx", tiny_proto.SerializeToString()))


def test_operators_of_other_domains_are_refused(write: Write, tiny_proto: onnx.ModelProto) -> None:
    tiny_proto.graph.node[0].domain = "com.example"
    with pytest.raises(ModelFileError, match=r"domain com\.example; expected standard"):
        load_model(write("other.onnx", tiny_proto.SerializeToString()))


def test_references_to_other_files_are_refused(write: Write, tiny_proto: onnx.ModelProto) -> None:
    tensor = tiny_proto.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    with pytest.raises(ModelFileError, match="refers to data in other files"):
        load_model(write("other.onnx", tiny_proto.SerializeToString()))


def test_a_grid_that_is_not_the_graphs_is_refused(
    write: Write, tiny_proto: onnx.ModelProto, tiny_metadata: ModelMetadata
) -> None:
    other = replace(tiny_metadata, own_grid=replace(tiny_metadata.grid, rows=13))
    helper.set_model_props(tiny_proto, {METADATA_KEY: other.to_json()})
    message = r"expected observations\(time, 3, 13, 16\), .* got observations\(time, 3, 12, 16\)"
    with pytest.raises(ModelFileError, match=message):
        load_model(write("other.onnx", tiny_proto.SerializeToString()))


def test_an_output_of_another_name_is_refused(write: Write, tiny_proto: onnx.ModelProto) -> None:
    tiny_proto.graph.output[0].name = tiny_proto.graph.node[-1].output[0] = "ozone"
    with pytest.raises(ModelFileError, match=r"expected pm25\(time, 1, 12, 16\), got none"):
        load_model(write("other.onnx", tiny_proto.SerializeToString()))


def test_a_graph_that_onnx_runtime_refuses(write: Write, tiny_proto: onnx.ModelProto) -> None:
    tiny_proto.graph.node[0].op_type = "ImageDecoder"
    with pytest.raises(ModelFileError, match=r"ONNX Runtime .* cannot load the model"):
        load_model(write("other.onnx", tiny_proto.SerializeToString()))


def stack(metadata: ModelMetadata, times: int = 1) -> np.ndarray:
    return np.zeros((times, len(metadata.variables), *metadata.grid.shape), np.float32)


def test_run_gives_the_mean_of_the_observed_cells(tiny_model: Model) -> None:
    observations, observed = stack(tiny_model.metadata, 2), stack(tiny_model.metadata, 2)
    observations[0, 0, 0, :2], observed[0, 0, 0, :2] = (10, 30), 1
    observations[1, 0, 5, 5], observed[1, 0, 5, 5] = 7, 1
    field = tiny_model.run(observations, observed).field
    np.testing.assert_array_equal(field[0], np.full((12, 16), 20, np.float32))
    np.testing.assert_array_equal(field[1], np.full((12, 16), 7, np.float32))


def test_the_mask_counts_stations_where_the_file_says_so(
    tiny_model: Model, tiny_metadata: ModelMetadata, write: Write
) -> None:
    observations, observed = stack(tiny_metadata), stack(tiny_metadata)
    observations[0, 0, 0, :2], observed[0, 0, 0, :2] = (10, 30), (3, 1)
    # Three stations of 10 and one of 30.
    np.testing.assert_array_equal(tiny_model.run(observations, observed).field, 15)
    first = replace(tiny_metadata, schema_version=1)
    model = load_model(write("first.onnx", mean_model(first).SerializeToString()), threads=1)
    with pytest.raises(InputError, match="a mask of 0 and 1; a single NaN"):
        model.run(observations, observed)
    np.testing.assert_array_equal(model.run(observations, np.minimum(observed, 1)).field, 20)


@pytest.mark.parametrize(
    ("channel", "value"), [(0, 0.5), (0, -1), (0, np.nan), (0, np.inf), (1, 2), (2, np.nan)]
)
def test_a_mask_that_cannot_be_is_refused(tiny_model: Model, channel: int, value: float) -> None:
    observations, observed = stack(tiny_model.metadata), stack(tiny_model.metadata)
    observed[0, :, 3, 4] = 1
    observed[0, channel, 5, 6] = value
    message = "a mask of 0 and 1, and whole numbers of stations for pm25"
    with pytest.raises(InputError, match=message):
        tiny_model.run(observations, observed)


def test_run_gives_no_scale_where_the_model_has_none(tiny_model: Model) -> None:
    observations, observed = stack(tiny_model.metadata), stack(tiny_model.metadata)
    observations[0, 0, 0, 0], observed[0, 0, 0, 0] = 10, 1
    assert tiny_model.run(observations, observed).scale is None


def test_run_gives_the_scale_where_the_model_has_one(
    write: Write, tiny_proto_with_scale: onnx.ModelProto
) -> None:
    model = load_model(write("scaled.onnx", tiny_proto_with_scale.SerializeToString()), threads=1)
    observations, observed = stack(model.metadata, 2), stack(model.metadata, 2)
    observations[:, 0, 3, 4], observed[:, 0, 3, 4] = (20, 48), 1
    field, scale = model.run(observations, observed)
    assert scale is not None
    for day, (mean, quarter) in enumerate(((20, 5), (48, 12))):
        np.testing.assert_array_equal(field[day], np.full((12, 16), mean, np.float32))
        np.testing.assert_array_equal(scale[day], np.full((12, 16), quarter, np.float32))


@pytest.mark.parametrize("factor", [0.0, -0.25, np.nan, np.inf])
def test_a_scale_that_cannot_be_is_refused(
    write: Write, tiny_proto_with_scale: onnx.ModelProto, factor: float
) -> None:
    (share,) = (t for t in tiny_proto_with_scale.graph.initializer if t.name == "share")
    share.raw_data = np.float32(factor).tobytes()
    model = load_model(write("wrong.onnx", tiny_proto_with_scale.SerializeToString()), threads=1)
    observations, observed = stack(model.metadata), stack(model.metadata)
    observations[0, 0, 0, 0], observed[0, 0, 0, 0] = 50, 1
    with pytest.raises(ModelFileError, match="scales of its error that are not positive"):
        model.run(observations, observed)


def test_a_scale_of_another_shape_is_refused(
    write: Write, tiny_proto_with_scale: onnx.ModelProto
) -> None:
    tiny_proto_with_scale.graph.output[1].type.tensor_type.shape.dim[3].dim_value = 15
    path = write("wrong.onnx", tiny_proto_with_scale.SerializeToString())
    with pytest.raises(ModelFileError, match=r"pm25_scale\(time, 1, 12, 16\), got .*1, 12, 15\)"):
        load_model(path, threads=1)


def test_run_refuses_arrays_that_would_spoil_a_field(tiny_model: Model) -> None:
    observations, observed = stack(tiny_model.metadata), stack(tiny_model.metadata)
    with pytest.raises(InputError, match="an observation of pm25 at each time, got none"):
        tiny_model.run(observations, observed)
    observed[0, 0, 0, 0] = 1
    with pytest.raises(InputError, match=r"shape \(time, 3, 12, 16\), got \(1, 2, 12, 16\)"):
        tiny_model.run(observations[:, :2], observed[:, :2])
    with pytest.raises(InputError, match="shape"):
        tiny_model.run(observations, observed[0])
    observations[0, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match="a single NaN would make"):
        tiny_model.run(observations, observed)
    observations[0, 0, 0, 0] = 1
    with pytest.raises(InputError, match="a mask of 0 and 1"):
        tiny_model.run(observations, observed / 2)


def test_a_field_that_is_not_finite_is_refused(write: Write, tiny_proto: onnx.ModelProto) -> None:
    # 0 / 0 instead of total / count.
    tiny_proto.graph.node[5].input[:] = ["zero", "zero"]
    tiny_proto.graph.initializer.append(helper.make_tensor("zero", TensorProto.FLOAT, [1] * 4, [0]))
    model = load_model(write("other.onnx", tiny_proto.SerializeToString()), threads=1)
    observations, observed = stack(model.metadata), stack(model.metadata)
    observed[0, 0, 0, 0] = 1
    with pytest.raises(ModelFileError, match="negative or not finite for valid observations"):
        model.run(observations, observed)


def test_threads_must_be_positive(tiny_model_file: Path) -> None:
    with pytest.raises(InputError, match="1 to 1024 threads, got 0"):
        load_model(tiny_model_file, threads=0)
    with pytest.raises(InputError, match="1 to 1024 threads, got 99999999999"):
        load_model(tiny_model_file, threads=99_999_999_999)


def test_a_field_that_is_negative_is_refused(write: Write, tiny_proto: onnx.ModelProto) -> None:
    tiny_proto.graph.node[5].output[0] = "positive"
    tiny_proto.graph.node.insert(6, helper.make_node("Neg", ["positive"], ["mean"]))
    model = load_model(write("other.onnx", tiny_proto.SerializeToString()), threads=1)
    observations, observed = stack(model.metadata), stack(model.metadata)
    observations[0, 0, 0, 0], observed[0, 0, 0, 0] = 50, 1
    with pytest.raises(ModelFileError, match="negative or not finite"):
        model.run(observations, observed)
