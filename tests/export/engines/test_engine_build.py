"""Engines that TensorRT for RTX really builds, without a GPU, and what is in them."""

import dataclasses
import hashlib
import re

import onnx
import pytest
from click.testing import CliRunner

from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse_export.commands.main import main
from pointfuse_export.engines.engine_build import EngineOptions, build_engine
from pointfuse_export.engines.engine_file import Layer, Profile, read_engine
from pointfuse_export.engines.engine_layers import check_layers, read_program
from pointfuse_export.errors import EngineError, VerificationError
from pointfuse_export.graph.stamp import stamp

tensorrt_rtx = pytest.importorskip(
    "tensorrt_rtx", reason="tensorrt_rtx is not installed: pip install 'pointfuse-export[rtx]'"
)

TARGETS = ("7.5", "8.6", "8.9", "12.0")


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def restamped(model, **changes):
    """A model file's content with other metadata."""
    (entry,) = (entry for entry in model.metadata_props if entry.key == METADATA_KEY)
    metadata = dataclasses.replace(ModelMetadata.from_json(entry.value), **changes)
    stamp(model, metadata)
    return model.SerializeToString()


@pytest.fixture(scope="module", params=["fp32", "fp16"])
def built(request, tmp_path_factory):
    """The shipped model in a precision, its engine for all targets, and what the command said."""
    (model,) = (
        model_folder() / model.file
        for model in shipped_models()
        if model.precision == request.param and not model.anywhere
    )
    path = tmp_path_factory.mktemp(request.param) / "china12.engine"
    targets = [word for target in TARGETS for word in ("--target", target)]
    result = run("engine", model, "-o", path, "--library", "tensorrt_rtx", *targets)
    assert result.exit_code == 0, result.output
    return request.param, model, path, result.output


def test_the_header_says_what_was_asked_for(built):
    precision, model, path, output = built
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    for target in TARGETS:
        header, engine = read_engine(path, target=target, model_sha256=sha256)
    assert (header.library, header.library_version) == ("tensorrt_rtx", tensorrt_rtx.__version__)
    assert (header.targets, header.profile) == (TARGETS, Profile(1, 1, 8))
    assert (header.model.precision, header.tf32) == (precision, False)
    assert header.model.grid.shape == (372, 426)
    assert f"wrote {path}, {path.stat().st_size} bytes" in output
    assert path.stat().st_size > len(engine)


def test_the_engine_itself_names_targets_and_no_tf32(built):
    program = read_program(read_engine(built[2])[1])
    assert (program.targets, program.tf32) == (TARGETS, False)


def test_each_convolution_computes_in_its_precision(built):
    precision, model, path, _ = built
    header, _ = read_engine(path)
    # Read in the engine, not in what TensorRT was given.
    assert header.layers_from == "engine"
    found = {
        layer.name.split(" + ")[0]: layer.precision
        for layer in header.layers
        if layer.kind == "convolution"
    }
    nodes = [node.name for node in onnx.load(model).graph.node if node.op_type == "Conv"]
    assert sum(name.startswith("regr_unetpp.nodes.") for name in nodes) == 20
    assert found == {
        name: precision if name.startswith("regr_unetpp.nodes.") else "fp32" for name in nodes
    }
    assert list(found.values()).count("fp16") == (20 if precision == "fp16" else 0)


def test_the_engine_has_the_size_of_its_weights(built):
    _, model, path, _ = built
    # Kernels for four generations of GPUs, the program, and static layers with what depends on them
    # alone, which TensorRT computes when it builds, for GPUs of Turing once more.
    weights = sum(
        len(tensor.raw_data)
        for tensor in onnx.load(model).graph.initializer
        if len(tensor.dims) == 4 and "conv" in tensor.name
    )
    size = len(read_engine(path)[1])
    assert weights < size < weights + 200e6


def test_inspect_shows_the_layers(built):
    precision, model, path, _ = built
    result = run("inspect", path, "--model", model, "--target", "8.9", "--layers")
    assert result.exit_code == 0, result.output
    line = rf"^{precision} +convolution +regr_unetpp\.nodes\.0_3\.conv2/Conv \+ "
    assert re.search(line, result.output, re.MULTILINE)


def test_inspect_refuses_another_model_and_another_gpu(built, tiny_model):
    _, _, path, _ = built
    other = run("inspect", path, "--model", tiny_model)
    assert (other.exit_code, other.output.count("engine of another model")) == (1, 1)
    foreign = run("inspect", path, "--target", "9.0")
    assert foreign.exit_code == 3
    assert "not for GPUs of compute capability 9.0, but for 7.5, 8.6, 8.9, 12.0" in foreign.output


def test_without_a_target_it_is_for_the_gpus_of_today(tiny_model, tmp_path):
    path = tmp_path / "tiny.engine"
    result = run("engine", tiny_model, "-o", path, "--times", 2, 3, 4)
    assert result.exit_code == 0, result.output
    header, engine = read_engine(path)
    assert header.targets == read_program(engine).targets == ("8.6", "8.9", "12.0")
    assert header.profile == Profile(2, 3, 4)


def test_targets_may_stand_in_any_order_and_twice(tiny_model, tmp_path):
    path = tmp_path / "tiny.engine"
    targets = [word for target in ("12.0", "7.5", "12.0") for word in ("--target", target)]
    result = run("engine", tiny_model, "-o", path, *targets)
    assert result.exit_code == 0, result.output
    header, engine = read_engine(path)
    assert header.targets == ("12.0", "7.5")
    assert read_program(engine).targets == ("7.5", "12.0")


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        (["--target", "9.0"], 3, "builds for GPUs of compute capability 7.5, 8.0, .*, got 9.0"),
        (["--target", "new"], 3, "builds for GPUs of .*, got new; choose among them"),
        (["--times", 1, 9, 8], 2, "expected 1 <= minimum <= optimum <= maximum"),
        (["--version-compatible"], 1, "tensorrt_rtx has no such option"),
        (["--hardware-compatibility", "ampere-plus"], 1, "name the GPUs with --target"),
        (["--timing-cache", "cache"], 1, "leave out --timing-cache: nothing is measured"),
        (["--library", "tensorrt"], 1, "tensorrt cannot be imported .*: pip install tensorrt-cu13"),
    ],
)
def test_what_cannot_be_built_is_told_and_not_written(
    tiny_model, tmp_path, monkeypatch, options, status, sentence
):
    # As where it is not installed.
    monkeypatch.setitem(__import__("sys").modules, "tensorrt", None)
    result = run("engine", tiny_model, "-o", tmp_path / "tiny.engine", *options)
    assert result.exit_code == status
    assert re.search(sentence, result.output), result.output
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_told_before_the_build(tiny_model, tmp_path):
    result = run("engine", tiny_model, "-o", tmp_path / "absent" / "tiny.engine")
    assert result.exit_code == 1
    assert "absent does not exist; make it first" in result.output
    assert "building" not in result.output


@pytest.mark.parametrize(
    ("precision", "sentence"),
    [
        ("int8", "built from models in fp32 or fp16, got one in int8"),
        ("fp16", "should have fp16 in RegrUnetPP and fp32 elsewhere, got fp32 in regr_unetpp"),
    ],
)
def test_a_model_that_is_not_in_the_precision_it_declares_is_refused(
    tiny_model, tmp_path, precision, sentence
):
    model = tmp_path / "wrong.onnx"
    model.write_bytes(restamped(onnx.load(tiny_model), precision=precision))
    result = run("engine", model, "-o", tmp_path / "wrong.engine")
    assert result.exit_code == 1
    assert sentence in result.output


def test_bytes_that_are_no_graph_are_told_in_the_words_of_the_library(tiny_model):
    _, metadata, sha256 = read_model_file(tiny_model)
    options = EngineOptions(profile=Profile(1, 1, 1))
    with pytest.raises(EngineError, match=r"tensorrt_rtx cannot read the model: .*[Pp]ars"):
        build_engine(tensorrt_rtx, b"no graph", metadata, sha256, options)


def test_a_graph_that_is_not_ours_is_refused():
    layers = [Layer("backbone.0/Conv", "convolution", "fp32")]
    with pytest.raises(VerificationError, match=r"of RegrUnetPP .*, got backbone\.0/Conv;"):
        check_layers(layers, "fp32")


def test_half_precision_outside_of_the_regression_is_found():
    layers = [
        Layer("regr_unetpp.nodes.0_0.conv1/Conv", "convolution", "fp16"),
        Layer("point_conv.wide/Conv", "convolution", "fp16"),
    ]
    with pytest.raises(VerificationError, match=r"got fp16 in point_conv\.wide/Conv;"):
        check_layers(layers, "fp16")


def test_bytes_without_a_program_claim_nothing():
    assert read_program(bytes(range(256))) is None
