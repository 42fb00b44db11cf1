"""A small network, its ONNX graph, and a description of a model on a small grid."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from exporting import export
from torch import nn

from pointfuse_export.checks.simulated_days import SimulatedDays, save_days
from pointfuse_export.checks.verify import probing_days
from pointfuse_export.files.description import read_description
from pointfuse_export.graph.onnx_graph import inference_network, to_onnx
from pointfuse_export.graph.stamp import stamp
from pointfuse_export.graph.strip import name_nodes, strip_build_traces
from pointfuse_training import VARIANTS, FusionNetwork, ScaleHead, load_seed_network

MODELS = Path(__file__).parents[2] / "models"
# Neither is a multiple of 8, so that padding and cropping have something to do.
ROWS, COLUMNS = 42, 53


def random_network(variant: str, *, with_scale: bool = False) -> FusionNetwork:
    """A small network with weights, statistics and kernels that are nothing special."""
    torch.manual_seed(0)
    network = FusionNetwork(torch.rand(3, ROWS, COLUMNS), variant, (4, 8, 16, 32))
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_var.uniform_(0.5, 2)
                module.running_mean.normal_()
                module.weight.uniform_(0.5, 2)
                module.bias.normal_()
        for conv in (network.point_conv.wide, network.point_conv.narrow):
            conv.log_kernel.add_(torch.randn_like(conv.log_kernel))
        network.eval()
        # Positive fields, so that the last ReLU hides no difference, and of the size of real ones,
        # so that the tolerance in ug/m3 means what it should.
        network.regr_unetpp.head.weight.abs_()
        days = probing_days(ROWS, COLUMNS)[0]
        fields = network(torch.from_numpy(days.observations), torch.from_numpy(days.observed))
        network.regr_unetpp.head.weight.mul_(100 / fields.max())
    if with_scale:
        network.scale_head = ScaleHead(4).requires_grad_(False)
    return network


@cache
def exported(variant: str, with_scale: bool = False) -> tuple[FusionNetwork, onnx.ModelProto]:
    network = random_network(variant, with_scale=with_scale)
    return network, to_onnx(inference_network(network))


@pytest.fixture(params=[*((variant, False) for variant in VARIANTS), ("default", True)])
def small(request: pytest.FixtureRequest) -> tuple[FusionNetwork, onnx.ModelProto]:
    """A network of either variant, or with a scale, and its graph as the exporter leaves it."""
    return exported(*request.param)


@pytest.fixture
def small_with_scale() -> tuple[FusionNetwork, onnx.ModelProto]:
    return exported("default", True)


@pytest.fixture(scope="session")
def stripped_graph() -> onnx.ModelProto:
    """A graph that passes all checks of its structure; copy it before changing it."""
    return named("default")


def waves(days: int = 6) -> SimulatedDays:
    """Smooth fields on the small grid, seen by 150 stations."""
    rng = np.random.default_rng(5)
    cells = rng.permutation(ROWS * COLUMNS)
    row, column = np.divmod(cells[:400], COLUMNS)
    phase = np.arange(days)[:, None]
    truth = 40 + 25 * np.sin(row / 7 + phase) * np.cos(column / 9 - phase)
    air = np.stack([np.full((days, 60), 65.0), rng.uniform(0, 8, (days, 60))], axis=1)
    return SimulatedDays(
        shape=(ROWS, COLUMNS),
        stations=cells[:150].astype(np.int32),
        withheld=np.arange(150) % 5 == 0,
        elsewhere=cells[150:400].astype(np.int32),
        weather=cells[-60:].astype(np.int32),
        truth=truth.astype(np.float32),
        reported=(truth * rng.uniform(0.9, 1.1, truth.shape)).astype(np.float32),
        air=air.astype(np.float32),
    )


@pytest.fixture(scope="session")
def tiny_description(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model cut to a small grid: its weights, part of its static layers, new golden."""
    folder = tmp_path_factory.mktemp("tiny")
    with np.load(MODELS / "seed" / "static_channels.npz") as archive:
        np.savez(folder / "static.npz", static=archive["static"][:, 150:192, 200:253])
    weights, scale_head = (MODELS / "seed" / f"{name}.npz" for name in ("weights", "scale_head"))
    network = load_seed_network(weights, folder / "static.npz")
    with np.load(MODELS / "seed" / "golden.npz") as archive:
        inputs = {
            name: archive[name][3:, :, 150:192, 200:253].astype(np.float32)
            for name in ("observations", "observed")
        }
    with torch.no_grad():
        fields = network(*(torch.from_numpy(array) for array in inputs.values()))
    np.savez(folder / "golden.npz", **inputs, pm25=fields[:, 0].numpy())
    save_days(waves(), folder / "days.npz")
    text = (MODELS / "pointfuse-china12.toml").read_text(encoding="utf-8")
    for shipped, tiny in (
        ('name = "pointfuse-china12"', 'name = "tiny"'),
        ("seed/weights.npz", weights.as_posix()),
        ("seed/static_channels.npz", "static.npz"),
        ('"seed/golden.npz"', '"golden.npz"'),
        ("seed/simulated_days.npz", "days.npz"),
        ("seed/scale_head.npz", scale_head.as_posix()),
        ("rows = 372", f"rows = {ROWS}"),
        ("columns = 426", f"columns = {COLUMNS}"),
    ):
        assert text.count(shipped) == 1
        text = text.replace(shipped, tiny)
    (folder / "tiny.toml").write_text(text, encoding="utf-8")
    return folder / "tiny.toml"


def named(variant: str, with_scale: bool = False) -> onnx.ModelProto:
    """A graph as fewer bits are made of it."""
    model = onnx.ModelProto()
    model.CopyFrom(exported(variant, with_scale)[1])
    name_nodes(model)
    strip_build_traces(model)
    return model


@pytest.fixture(params=[*((variant, False) for variant in VARIANTS), ("default", True)])
def named_graph(request: pytest.FixtureRequest) -> onnx.ModelProto:
    return named(*request.param)


@pytest.fixture(params=[False, True])
def named_default(request: pytest.FixtureRequest) -> onnx.ModelProto:
    return named("default", request.param)


@pytest.fixture
def named_paper() -> onnx.ModelProto:
    return named("paper")


@pytest.fixture(scope="session")
def small_days() -> SimulatedDays:
    return waves()


@pytest.fixture(scope="session")
def tiny_model(
    stripped_graph: onnx.ModelProto,
    tiny_description: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A model file on a small grid, whose network is that of `stripped_graph`."""
    model = onnx.ModelProto()
    model.CopyFrom(stripped_graph)
    stamp(model, read_description(tiny_description).metadata({}, 64 * "0"))
    path = tmp_path_factory.mktemp("tiny_model") / "tiny.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def exported_files(
    tiny_description: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """Folder of the files of the tiny model, made once, and what the command printed."""
    folder = tmp_path_factory.mktemp("exported")
    result = export(tiny_description, folder, "--commit", "c0ffee")
    assert result.exit_code == 0, result.output
    return folder, result.output
