"""Engines of TensorRT itself, which takes a GPU: what the library is asked for, with a stand-in."""

import json
import sys
from enum import IntEnum
from types import ModuleType, SimpleNamespace

import onnx
import pytest
from click.testing import CliRunner

from pointfuse.model.nvidia import Gpu
from pointfuse_export.commands.main import main
from pointfuse_export.engines import engine_build
from pointfuse_export.engines.engine_file import Profile, read_engine

ADA = Gpu("NVIDIA GeForce RTX 4090", "8.9", 24_000_000_000)
CACHED = b"measured before"


class StandIn(ModuleType):
    """The part of TensorRT's interface that builds engines; it notes what it is asked for.

    Types are those of https://docs.nvidia.com/deeplearning/tensorrt/latest/_static/python-api;
    layers are those of the ONNX graph, one each.
    """

    __version__ = "11.4.0"
    BuilderFlag = IntEnum("BuilderFlag", ["TF32", "VERSION_COMPATIBLE"])
    NetworkDefinitionCreationFlag = IntEnum(
        "NetworkDefinitionCreationFlag", ["STRONGLY_TYPED"], start=1
    )
    ProfilingVerbosity = IntEnum("ProfilingVerbosity", ["DETAILED"])
    LayerInformationFormat = IntEnum("LayerInformationFormat", ["JSON"])
    HardwareCompatibilityLevel = IntEnum(
        "HardwareCompatibilityLevel", ["NONE", "AMPERE_PLUS", "SAME_COMPUTE_CAPABILITY"]
    )

    def __init__(self):
        super().__init__("tensorrt")
        # How the engine comes out.
        self.plan = b"an engine"
        self.words = {"DataType": "Float"}

        class ILogger:
            INTERNAL_ERROR, ERROR, WARNING = range(3)

        self.ILogger = ILogger

    def Builder(self, log):  # noqa: N802
        self.log = log
        return SimpleNamespace(
            create_network=self.create_network,
            create_builder_config=self.create_builder_config,
            create_optimization_profile=lambda: self.profile,
            build_serialized_network=self.build,
        )

    def create_network(self, flags):
        self.network_flags = flags
        self.network = SimpleNamespace()
        self.profile = SimpleNamespace(shapes={})
        self.profile.set_shape = lambda name, *shapes: self.profile.shapes.update({name: shapes})
        return self.network

    def OnnxParser(self, network, log):  # noqa: N802
        def parse(content):
            graph = onnx.load_from_string(content).graph
            network.num_inputs, network.num_layers = len(graph.input), len(graph.node)
            network.get_input = lambda i: SimpleNamespace(
                name=graph.input[i].name,
                shape=[d.dim_value or -1 for d in graph.input[i].type.tensor_type.shape.dim],
            )
            network.get_layer = lambda i: SimpleNamespace(
                name=graph.node[i].name,
                type=SimpleNamespace(
                    name={"Conv": "CONVOLUTION"}.get(graph.node[i].op_type, "SHUFFLE")
                ),
                num_outputs=1,
                get_output=lambda _: SimpleNamespace(dtype=SimpleNamespace(name="FLOAT")),
            )
            self.nodes = [node.name for node in graph.node if node.op_type == "Conv"]
            return True

        return SimpleNamespace(parse=parse)

    def create_builder_config(self):
        self.flags = {self.BuilderFlag.TF32}

        def create_timing_cache(content):
            return SimpleNamespace(content=content, serialize=lambda: content + b" and now")

        def set_timing_cache(cache, ignore_mismatch):
            assert not ignore_mismatch
            return cache.content in (b"", CACHED)

        self.config = SimpleNamespace(
            clear_flag=self.flags.discard,
            set_flag=self.flags.add,
            get_flag=self.flags.__contains__,
            add_optimization_profile=lambda profile: None,
            create_timing_cache=create_timing_cache,
            set_timing_cache=set_timing_cache,
        )
        return self.config

    def build(self, network, config):
        assert (network, config) == (self.network, self.config)
        if self.plan is None:
            self.log.log(self.ILogger.WARNING, "a warning")
            self.log.log(self.ILogger.ERROR, "the GPU is too small")
        return self.plan

    def Runtime(self, log):  # noqa: N802
        def deserialize(engine):
            assert engine == self.plan
            layers = [
                {
                    "Name": f"{name} in TensorRT",
                    "LayerType": "CaskConvolution",
                    "Inputs": [{"Name": "x"} | self.words],
                    "Outputs": [],
                    "Metadata": f"[ONNX Layer: {name}]",
                }
                for name in self.nodes
            ]
            inspector = SimpleNamespace(
                get_engine_information=lambda _: json.dumps({"Layers": layers})
            )
            return SimpleNamespace(create_engine_inspector=lambda: inspector)

        return SimpleNamespace(deserialize_cuda_engine=deserialize)


@pytest.fixture
def library(monkeypatch):
    """A stand-in where TensorRT would be, on a machine with one GPU."""
    library = StandIn()
    monkeypatch.setitem(sys.modules, "tensorrt", library)
    monkeypatch.setattr(engine_build, "gpus", lambda: (ADA,))
    return library


@pytest.fixture
def build(tiny_model, tmp_path):
    def build(*options):
        arguments = ["engine", tiny_model, "-o", tmp_path / "tiny.engine", "--library", "tensorrt"]
        return CliRunner().invoke(main, [str(word) for word in (*arguments, *options)])

    return build


def test_it_is_asked_for_a_strongly_typed_network_without_tf32(library, build, tmp_path):
    result = build("--times", 1, 2, 4)
    assert result.exit_code == 0, result.output
    assert library.network_flags == 1 << library.NetworkDefinitionCreationFlag.STRONGLY_TYPED
    assert library.flags == set()
    assert library.config.profiling_verbosity == library.ProfilingVerbosity.DETAILED
    shapes = tuple((times, 3, 42, 53) for times in (1, 2, 4))
    assert library.profile.shapes == {"observations": shapes, "observed": shapes}
    header, engine = read_engine(tmp_path / "tiny.engine", target="8.9")
    assert engine == library.plan
    assert (header.library, header.library_version) == ("tensorrt", "11.4.0")
    assert (header.targets, header.profile) == (("8.9",), Profile(1, 2, 4))
    assert header.layers_from == "engine"


def test_compatibility_is_asked_for_and_noted(library, build, tmp_path):
    result = build("--hardware-compatibility", "ampere-plus", "--version-compatible")
    assert result.exit_code == 0, result.output
    level = library.HardwareCompatibilityLevel.AMPERE_PLUS
    assert library.config.hardware_compatibility_level == level
    assert library.flags == {library.BuilderFlag.VERSION_COMPATIBLE}
    # Another generation than the one that it was built on.
    header, _ = read_engine(tmp_path / "tiny.engine", target="12.0")
    assert header.version_compatible


def test_a_timing_cache_is_read_and_written(library, build, tmp_path):
    cache = tmp_path / "timing.cache"
    assert build("--timing-cache", cache).exit_code == 0
    assert cache.read_bytes() == b" and now"
    cache.write_bytes(CACHED)
    assert build("--timing-cache", cache).exit_code == 0
    assert cache.read_bytes() == b"measured before and now"


def test_a_timing_cache_from_elsewhere_is_refused(library, build, tmp_path):
    cache = tmp_path / "timing.cache"
    cache.write_bytes(b"of another GPU")
    result = build("--timing-cache", cache)
    assert result.exit_code == 1
    assert "timing.cache is no timing cache of tensorrt 11.4.0 on this GPU" in result.output
    assert list(tmp_path.iterdir()) == [cache]


# The words of TensorRT 10 and of 11.
@pytest.mark.parametrize(
    "words",
    [{"Format/Datatype": "Row major linear FP16 format"}, {"DataType": "Half"}],
    ids=["10", "11"],
)
def test_another_precision_than_was_asked_for_is_found(library, build, tmp_path, words):
    library.words = words
    result = build()
    assert result.exit_code == 1
    assert "should have fp32 in RegrUnetPP and fp32 elsewhere, got fp16" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_words_of_tensorrt_10_for_single_precision_are_known(library, build):
    library.words = {"Format/Datatype": "Row major linear FP32 format"}
    assert build().exit_code == 0


def test_why_no_engine_was_built_is_told(library, build, tmp_path):
    library.plan = None
    result = build()
    assert result.exit_code == 1
    assert "tensorrt built no engine: the GPU is too small\n" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_builder_that_cannot_start_is_told(library, build, monkeypatch):
    def builder(log):
        log.log(library.ILogger.ERROR, "CUDA initialization failure with error: 35")
        raise TypeError("pybind11::init(): factory function returned nullptr")

    monkeypatch.setattr(library, "Builder", builder)
    result = build()
    assert result.exit_code == 1
    assert "tensorrt cannot begin to build: CUDA initialization failure" in result.output


def test_targets_are_those_of_the_machine(library, build):
    result = build("--target", "8.6")
    assert result.exit_code == 1
    assert "tensorrt builds for the GPU of this machine, got --target 8.6" in result.output


def test_without_a_gpu_it_says_where_to_build(library, build, monkeypatch):
    monkeypatch.setattr(engine_build, "gpus", lambda: ())
    result = build()
    assert result.exit_code == 3
    assert "tensorrt builds engines on a GPU, and there is none here" in result.output
