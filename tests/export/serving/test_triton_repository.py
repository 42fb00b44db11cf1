"""`pointfuse-export triton`: folders that Triton's own definition of its configuration accepts."""

import dataclasses
import hashlib
import importlib.util
import os
import warnings
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner
from google.protobuf import text_format

from pointfuse.errors import OutputError
from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse_export.commands.main import main
from pointfuse_export.engines.engine_file import EngineHeader, Layer, Profile, write_engine
from pointfuse_export.serving.triton_repository import write_repository

PLAN = b"a bare engine"


@pytest.fixture(scope="module")
def parse():
    """Parser of `config.pbtxt` for the message that NVIDIA's client package defines."""
    client = importlib.util.find_spec("tritonclient")
    if client is None:
        pytest.skip("tritonclient is not installed: pip install tritonclient")
    (folder,) = client.submodule_search_locations
    # By its path: the package around it imports grpc, which nothing here needs.
    place = Path(folder) / "grpc" / "model_config_pb2.py"
    spec = importlib.util.spec_from_file_location("model_config_pb2", place)
    definition = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        # Made for the protobuf before ours, maybe.
        warnings.simplefilter("ignore")
        spec.loader.exec_module(definition)

    def parse(path):
        # Unknown names, wrong types and fields that occur twice are errors.
        return text_format.Parse(path.read_text(encoding="utf-8"), definition.ModelConfig())

    return parse


@pytest.fixture(scope="module")
def engine(tiny_model, tmp_path_factory):
    """Writer of an engine file of the tiny model, changed as asked for."""
    (entry,) = onnx.load(tiny_model).metadata_props
    assert entry.key == METADATA_KEY
    header = EngineHeader(
        model=ModelMetadata.from_json(entry.value),
        model_sha256=hashlib.sha256(tiny_model.read_bytes()).hexdigest(),
        library="tensorrt",
        library_version="10.13.0",
        platform="Linux x86_64",
        targets=("8.9",),
        hardware_compatibility="none",
        version_compatible=False,
        profile=Profile(1, 1, 4),
        tf32=False,
        layers_from="engine",
        layers=(Layer("regr_unetpp.nodes.0_0.conv1/Conv", "convolution", "fp32"),),
    )
    folder = tmp_path_factory.mktemp("engine")

    def write(**changes):
        write_engine(folder / "tiny.engine", dataclasses.replace(header, **changes), PLAN)
        return folder / "tiny.engine"

    return write


def triton(*arguments):
    return CliRunner().invoke(main, ["triton", *(str(argument) for argument in arguments)])


def shapes(tensors):
    """Name and shape without the time, as the ONNX file has them; 1 is float32."""
    assert {tensor.type.tensor_type.elem_type for tensor in tensors} == {1}
    return {
        tensor.name: [size.dim_value for size in tensor.type.tensor_type.shape.dim[1:]]
        for tensor in tensors
    }


def check_tensors(configuration, model):
    """Names and shapes are those of the ONNX file, and the time is what Triton batches."""
    graph = onnx.load(model).graph
    assert {tensor.name: list(tensor.dims) for tensor in configuration.input} == shapes(graph.input)
    assert {tensor.name: list(tensor.dims) for tensor in configuration.output} == shapes(
        graph.output
    )
    float32 = configuration.DESCRIPTOR.file.enum_types_by_name["DataType"].values_by_name[
        "TYPE_FP32"
    ]
    tensors = [*configuration.input, *configuration.output]
    assert {tensor.data_type for tensor in tensors} == {float32.number}
    assert all(value.type.tensor_type.shape.dim[0].dim_param for value in graph.input)


def kind(group):
    return group.Kind.Name(group.kind)


def test_an_onnx_file_on_gpus(tiny_model, tmp_path, parse):
    result = triton(tiny_model, "-o", tmp_path / "repository", "--most-times", 16)
    assert result.exit_code == 0, result.output
    folder = tmp_path / "repository" / "tiny"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {"config.pbtxt", "1/model.onnx"}
    assert (folder / "1" / "model.onnx").read_bytes() == tiny_model.read_bytes()
    configuration = parse(folder / "config.pbtxt")
    # Triton wants the name of the folder.
    assert configuration.name == "tiny"
    assert (configuration.backend, configuration.default_model_filename) == (
        "onnxruntime",
        "model.onnx",
    )
    assert configuration.max_batch_size == 16
    check_tensors(configuration, tiny_model)
    (group,) = configuration.instance_group
    assert (kind(group), group.count) == ("KIND_GPU", 1)
    assert configuration.HasField("dynamic_batching")
    assert configuration.dynamic_batching.max_queue_delay_microseconds == 2000
    (accelerator,) = configuration.optimization.execution_accelerators.gpu_execution_accelerator
    assert accelerator.name == "cuda"
    assert accelerator.parameters["use_tf32"] == "0"
    assert accelerator.parameters["cudnn_conv_algo_search"] == "HEURISTIC"


def test_each_model_is_warmed_up_with_one_time_and_with_most(tiny_model, tmp_path, parse):
    assert triton(tiny_model, "-o", tmp_path / "repository").exit_code == 0
    configuration = parse(tmp_path / "repository" / "tiny" / "config.pbtxt")
    assert [run.batch_size for run in configuration.model_warmup] == [1, 8]
    assert len({run.name for run in configuration.model_warmup}) == 2
    for run in configuration.model_warmup:
        given = {name: list(tensor.dims) for name, tensor in run.inputs.items()}
        assert given == {tensor.name: list(tensor.dims) for tensor in configuration.input}
        assert all(tensor.zero_data for tensor in run.inputs.values())


def test_an_onnx_file_on_the_cpu(tiny_model, tmp_path, parse):
    options = ["--device", "cpu", "--instances", 2, "--queue-delay", 500, "--most-times", 1]
    assert triton(tiny_model, "-o", tmp_path / "repository", *options).exit_code == 0
    configuration = parse(tmp_path / "repository" / "tiny" / "config.pbtxt")
    (group,) = configuration.instance_group
    assert (kind(group), group.count) == ("KIND_CPU", 2)
    assert configuration.dynamic_batching.max_queue_delay_microseconds == 500
    assert [run.batch_size for run in configuration.model_warmup] == [1]
    assert not configuration.HasField("optimization")


def test_an_engine_is_served_beside_it_without_our_header(tiny_model, engine, tmp_path, parse):
    repository = tmp_path / "repository"
    result = triton(tiny_model, "-o", repository, "--engine", engine(), "--device", "cpu")
    assert result.exit_code == 0, result.output
    assert {folder.name for folder in repository.iterdir()} == {"tiny", "tiny-tensorrt"}
    folder = repository / "tiny-tensorrt"
    assert (folder / "1" / "model.plan").read_bytes() == PLAN
    configuration = parse(folder / "config.pbtxt")
    assert configuration.name == "tiny-tensorrt"
    assert (configuration.backend, configuration.default_model_filename) == (
        "tensorrt",
        "model.plan",
    )
    check_tensors(configuration, tiny_model)
    # It was built for four, which is less than the eight of the ONNX file.
    assert configuration.max_batch_size == 4
    assert [run.batch_size for run in configuration.model_warmup] == [1, 4]
    (group,) = configuration.instance_group
    assert kind(group) == "KIND_GPU"
    assert not configuration.HasField("optimization")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"library": "tensorrt_rtx"}, "built with tensorrt_rtx, and Triton runs engines of"),
        ({"model_sha256": 64 * "0"}, "is an engine of another model than expected"),
        ({"profile": Profile(2, 2, 4)}, "takes 2 times or more in a run"),
    ],
)
def test_an_engine_that_triton_cannot_run_is_refused(
    tiny_model, engine, tmp_path, changes, sentence
):
    result = triton(tiny_model, "-o", tmp_path / "repository", "--engine", engine(**changes))
    assert result.exit_code == 1
    assert sentence in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tiny_model, tmp_path):
    (tmp_path / "notes").write_text("mine")
    result = triton(tiny_model, "-o", tmp_path)
    assert result.exit_code == 1
    assert "is there already; expected a new or empty folder" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_an_empty_folder_is_filled(tiny_model, tmp_path):
    (tmp_path / "repository").mkdir()
    assert triton(tiny_model, "-o", tmp_path / "repository").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"repository"}


def test_without_its_parent_no_folder_is_made(tiny_model, tmp_path):
    result = triton(tiny_model, "-o", tmp_path / "absent" / "repository")
    assert result.exit_code == 1
    assert "does not exist; make it first" in result.output


def test_nothing_half_written_is_left(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_repository(tmp_path / "repository", [])
    assert list(tmp_path.iterdir()) == []
