"""Errors of ONNX Runtime: short for people, and no word of its own on the terminal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from pointfuse import ModelFileError, load_model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.runtime_errors import reason
from pointfuse_benchmarks.robustness.hostile_model_files import mean_model

HOSTILE = "\x1b[2J\x1b[31mFORGED\npointfuse: wrote good.nc\r\x07"
STATIONS = "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,10\n"
SOURCE = "/onnxruntime_src/onnxruntime/core/"


def failing_in_a_run(metadata: ModelMetadata) -> onnx.ModelProto:
    """It loads, and fails in an operator with a hostile name."""
    model = mean_model(metadata)
    huge = helper.make_tensor("huge", TensorProto.INT64, [3], [1 << 32, 1 << 32, 1])
    model.graph.initializer.append(huge)
    target = model.graph.node.pop()
    target.input[0] = "sum"
    model.graph.node.extend(
        [
            helper.make_node("ConstantOfShape", ["huge"], ["many"], name=HOSTILE),
            helper.make_node("ReduceMean", ["many"], ["one"], keepdims=0),
            helper.make_node("Add", ["mean", "one"], ["sum"]),
            target,
        ]
    )
    return model


def failing_to_load(metadata: ModelMetadata) -> onnx.ModelProto:
    """It passes the checks, and the runtime does not load it for an operator of a hostile name."""
    model = mean_model(metadata)
    model.graph.node.append(helper.make_node("Reshape", ["mean"], [HOSTILE], name=HOSTILE))
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            failing_in_a_run,
            "cannot run the model: ConstantOfShape: Integer overflow; do not use it",
        ),
        (failing_to_load, "cannot load the model: Node(\\x1b[2J\\x1b[31mFORGED"),
    ],
)
def test_the_terminal_gets_one_line(
    make: Callable[[ModelMetadata], onnx.ModelProto],
    said: str,
    tiny_metadata: ModelMetadata,
    tmp_path: Path,
) -> None:
    """In a process of its own, since the runtime writes past Python."""
    (tmp_path / "m.onnx").write_bytes(make(tiny_metadata).SerializeToString())
    (tmp_path / "a.csv").write_text(STATIONS)
    program = "import sys; from pointfuse.commands.main import main; main(sys.argv[1:])"
    options = ["--model", "m.onnx", "-o", "x.nc", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-c", program, "fuse", "a.csv", *options],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    lines = [line for line in done.stderr.decode().split("\n") if "its sha256 is" not in line]
    assert (done.returncode, done.stdout) == (1, b"")
    assert len(lines) == 2, done.stderr
    assert lines[0].startswith("pointfuse: ")
    assert said in lines[0]
    assert lines[0].isprintable()
    assert len(lines[0]) < 250
    assert lines[1] == ""
    assert not (tmp_path / "x.nc").exists()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            f"[ONNXRuntimeError] : 1 : FAIL : {SOURCE}graph/model.cc:256 "
            "onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&, const "
            "onnxruntime::logging::Logger&) Unsupported model IR version: 99, max supported IR "
            "version: 14",
            "Unsupported model IR version: 99, max supported IR version: 14",
        ),
        (
            "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running "
            f"ConstantOfShape node. Name:'{HOSTILE}' Status Message: {SOURCE}framework/"
            "bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, "
            "onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 70",
            "ConstantOfShape: Failed to allocate memory for requested buffer of size 70",
        ),
        (
            "[ONNXRuntimeError] : 1 : FAIL : tensorprotoutils.cc:1708 "
            "ValidateEmbeddedTensorProtoDataSizeAndShape Initializer 'k' declares a size of 9 "
            "bytes. Use external data.",
            "Initializer 'k' declares a size of 9 bytes",
        ),
        (
            "[ONNXRuntimeError] : 10 : INVALID_GRAPH : This is an invalid model. In Node, "
            '("", Nope, "", -1) : ("observations": tensor(float),) -> ("value",) , Error No Op '
            "registered for Nope with domain_version of 18",
            "No Op registered for Nope with domain_version of 18",
        ),
        (
            "[ONNXRuntimeError] : 1 : FAIL : Non-zero status code returned while running Reshape "
            f"node. Name:'a' Status Message: {SOURCE}providers/cpu/tensor/reshape_helper.h:91 "
            "onnxruntime::ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, bool) "
            "input_shape_size == size was false. The input tensor cannot be reshaped",
            "Reshape: The input tensor cannot be reshaped",
        ),
        ("no memory\n\x1b[31mleft", "no memory \\x1b[31mleft"),
        ("x" * 5000, "x" * 120 + "..."),
        ("", ""),
    ],
)
def test_reasons_of_the_runtime(message: str, expected: str) -> None:
    """Messages as ONNX Runtime 1.32 gave them, somewhat shortened."""
    assert reason(RuntimeError(message)) == expected


def test_other_shapes_are_named(tiny_metadata: ModelMetadata, tmp_path: Path) -> None:
    """The file declares the whole grid, the graph makes one cell."""
    model = mean_model(tiny_metadata)
    model.graph.node[-1].CopyFrom(helper.make_node("Identity", ["mean"], ["pm25"]))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError) as refusal:
        load_model(path, threads=1)
    assert str(refusal.value) == (
        "ONNX Runtime sees another model in the file than pointfuse: expected "
        "pm25(time, 1, 12, 16), got pm25(time, 1, 1, 1); export the model again"
    )
