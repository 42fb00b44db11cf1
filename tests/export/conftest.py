"""Small networks, their ONNX graphs, and a description of a model on a small grid."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from exporting import export
from torch import Tensor, nn

from pointfuse_export.checks.simulated_days import SimulatedDays, save_days
from pointfuse_export.checks.verify import Days, probing_days
from pointfuse_export.files.description import Description, read_description
from pointfuse_export.graph.onnx_graph import inference_network, to_onnx
from pointfuse_export.graph.stamp import stamp
from pointfuse_export.graph.static_bytes import with_layers_in_bytes
from pointfuse_export.graph.strip import name_nodes, strip_build_traces
from pointfuse_training import (
    VARIANTS,
    FusionNetwork,
    PaperNetwork,
    PositiveKernelConv,
    build_network,
)
from pointfuse_training.network.checkpoints import Checkpoint, save_checkpoint
from pointfuse_training.network.variants import Network
from pointfuse_training.network.weights import network_weights
from pointfuse_training.samples.static_channels import in_bytes

SHIPPED = Path(__file__).parents[2] / "models" / "pointfuse-china12.toml"
# Neither is a multiple of 8, so that padding and cropping have something to do.
ROWS, COLUMNS = 42, 53
# Enough that the exporter, which folds constants of up to 8,192 numbers, leaves them as they are.
LAYERS = 5
WIDTHS = (4, 8, 16, 32)

PROVENANCE = {
    "archive_sha256": 64 * "a",
    "recipe": "default",
    "seed": 7,
    "code": "pointfuse_training 0.1.0",
    "code_sha256": 64 * "b",
    "iterations": 12,
}


def static_layers() -> Tensor:
    """Layers of the small grid, rounded to bytes as those that networks are trained with."""
    row, column = torch.meshgrid(torch.arange(ROWS), torch.arange(COLUMNS), indexing="ij")
    height = torch.sin(row / 6) * torch.cos(column / 5)
    layers = [height, height.clamp(min=0), *torch.rand(LAYERS - 2, ROWS, COLUMNS)]
    return torch.stack([in_bytes(layer).values() for layer in layers])


def random_network(variant: str) -> Network:
    """A small network with weights, statistics and kernels that are nothing special."""
    torch.manual_seed(3)
    network = build_network(variant, static_layers(), WIDTHS)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_var.uniform_(0.5, 2)
                module.running_mean.normal_()
                module.weight.uniform_(0.5, 2)
                module.bias.normal_()
            elif isinstance(module, PositiveKernelConv):
                module.log_kernel.add_(torch.randn_like(module.log_kernel))
        network.eval()
        if isinstance(network, PaperNetwork):
            _with_fields_of_real_size(network)
        else:
            _with_a_say_of_every_part(network)
    return network.requires_grad_(False)


def _with_fields_of_real_size(network: PaperNetwork) -> None:
    # Positive fields, so that the last ReLU hides no difference, and of the size of real ones, so
    # that the tolerance in ug/m3 means what it should.
    network.regr_unetpp.head.weight.abs_()
    days = probing_days(ROWS, COLUMNS)[0]
    fields = network(torch.from_numpy(days.observations), torch.from_numpy(days.observed))
    network.regr_unetpp.head.weight.mul_(100 / fields.max())


def _with_a_say_of_every_part(network: FusionNetwork) -> None:
    # Untrained ones leave the interpolation as it is, and the error's size too.
    network.regr_unetpp.head.weight.normal_(std=0.1)
    network.detail.last.weight.normal_(std=0.1)
    network.interpolation.relief.add_(0.3 * torch.randn_like(network.interpolation.relief))
    network.interpolation.amplitude.add_(0.3 * torch.randn_like(network.interpolation.amplitude))
    network.calibration.coefficients.copy_(
        torch.tensor([0.1, 0.1, -0.2, 0.1, -0.1, 0.1, -0.1, 0.1])
    )


@cache
def exported(variant: str) -> tuple[Network, onnx.ModelProto]:
    network = random_network(variant)
    return network, to_onnx(inference_network(network))


@pytest.fixture(params=list(VARIANTS))
def small(request: pytest.FixtureRequest) -> tuple[Network, onnx.ModelProto]:
    """A network of either variant, and its graph as the exporter leaves it."""
    return exported(request.param)


@pytest.fixture
def small_default() -> tuple[Network, onnx.ModelProto]:
    return exported("default")


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


def tiny_text() -> str:
    """The shipped description, cut to the small grid and its layers; files lie beside it."""
    text = SHIPPED.read_text(encoding="utf-8")
    for shipped, tiny in (
        ('name = "pointfuse-china12"', 'name = "tiny"'),
        ('"pointfuse-china12.checkpoint.npz"', '"checkpoint.npz"'),
        ('"simulated_days.npz"', '"days.npz"'),
        ("rows = 372", f"rows = {ROWS}"),
        ("columns = 426", f"columns = {COLUMNS}"),
    ):
        assert text.count(shipped) == 1
        text = text.replace(shipped, tiny)
    head, *layers = text.split("[[static_layers]]")
    *_, rest = layers[-1].partition("[[regions]]")
    kept = "".join(f"[[static_layers]]{layer}" for layer in layers[:LAYERS])
    return f"{head}{kept}[[regions]]{rest}"


def checkpoint_of(network: Network, described: Description) -> Checkpoint:
    """A network as if it had been trained on the grid of a description."""
    return Checkpoint(
        weights=network_weights(network),
        static_layers=network.static_layers,
        static_names=tuple(layer.name for layer in described.static_layers),
        variant="paper" if isinstance(network, PaperNetwork) else "default",
        widths=WIDTHS,
        grid=described.grid,
        configuration={"batch": 3},
        provenance=PROVENANCE,
    )


@pytest.fixture(scope="session")
def tiny_description(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The description of a small network, which lies beside it."""
    folder = tmp_path_factory.mktemp("tiny")
    path = folder / "tiny.toml"
    path.write_text(tiny_text(), encoding="utf-8")
    save_days(waves(), folder / "days.npz")
    checkpoint = checkpoint_of(random_network("default"), read_description(path))
    save_checkpoint(checkpoint, folder / "checkpoint.npz")
    return path


@pytest.fixture
def described(tiny_description: Path, tmp_path: Path) -> Callable[..., Path]:
    """Write a checkpoint, and a description that names it, with changes."""

    def write(checkpoint: Checkpoint, *changes: tuple[str, str]) -> Path:
        save_checkpoint(checkpoint, tmp_path / "checkpoint.npz")
        days = (tiny_description.parent / "days.npz").as_posix()
        text = tiny_text()
        for right, wrong in (('"days.npz"', f'"{days}"'), *changes):
            assert right in text
            text = text.replace(right, wrong, 1)
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        (tmp_path / "models").mkdir(exist_ok=True)
        return tmp_path / "mine.toml"

    return write


def named(variant: str) -> onnx.ModelProto:
    """A graph as fewer bits are made of it."""
    model = onnx.ModelProto()
    model.CopyFrom(exported(variant)[1])
    name_nodes(model)
    strip_build_traces(model)
    return with_layers_in_bytes(model)


@pytest.fixture(params=list(VARIANTS))
def named_graph(request: pytest.FixtureRequest) -> onnx.ModelProto:
    return named(request.param)


@pytest.fixture
def named_default() -> onnx.ModelProto:
    return named("default")


@pytest.fixture
def named_paper() -> onnx.ModelProto:
    return named("paper")


@pytest.fixture(scope="session")
def scored_days(small_days: SimulatedDays) -> Days:
    """The days for scores in one."""
    days = small_days.for_scores()
    tables = ([getattr(day, name) for day in days] for name in ("observations", "observed"))
    return Days("days for scores", *map(np.concatenate, tables))


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
