"""Checkpoints: what is written is read, what is damaged is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pointfuse import InputFileNotFoundError, ModelFileError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.network.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.variants import build_network
from pointfuse_training.network.weights import network_weights

NAMES = ("height", "forest_fraction")


def random_checkpoint(grid: Grid, variant: str = "default") -> Checkpoint:
    torch.manual_seed(3)
    static = torch.rand(2, *grid.shape)
    widths = (4, 8)
    network = build_network(variant, static, widths)
    return Checkpoint(
        weights=network_weights(network),
        static_layers=static,
        static_names=NAMES,
        variant=variant,
        widths=widths,
        grid=grid,
        configuration={"batch_size": 2},
        provenance={"seed": 5},
    )


@pytest.mark.parametrize("variant", ["default", "paper"])
def test_what_is_written_is_read(small_grid: Grid, tmp_path: Path, variant: str) -> None:
    written = random_checkpoint(small_grid, variant)
    save_checkpoint(written, tmp_path / "one.npz")
    read = load_checkpoint(tmp_path / "one.npz")
    for field in ("static_names", "variant", "widths", "grid", "configuration", "provenance"):
        assert getattr(read, field) == getattr(written, field), field
    assert torch.equal(read.static_layers, written.static_layers)
    for name, tensor in read.weights.items():
        # Half precision has 11 significant bits; whatever is no convolution is kept exactly.
        tolerance = 2**-11 if name.endswith(("conv1.weight", "conv2.weight")) else 0
        torch.testing.assert_close(tensor, written.weights[name], rtol=tolerance, atol=1e-7)


def test_the_network_computes_what_the_stored_weights_say(small_grid: Grid, tmp_path: Path) -> None:
    written = random_checkpoint(small_grid)
    save_checkpoint(written, tmp_path / "one.npz")
    stored = {
        name: tensor.half().float() if name.endswith(("conv1.weight", "conv2.weight")) else tensor
        for name, tensor in written.weights.items()
    }
    network = FusionNetwork(written.static_layers, widths=(4, 8))
    network.load_state_dict(stored, strict=False)
    observed = (torch.rand(1, 3, *small_grid.shape) < 0.05).float()
    inputs = 50 * torch.rand(1, 3, *small_grid.shape) * observed, observed
    with torch.no_grad():
        expected = network.eval()(*inputs)
    read = load_checkpoint(tmp_path / "one.npz").network()
    assert not read.training
    assert all(map(torch.equal, read(*inputs), expected))


def test_the_same_checkpoint_makes_the_same_bytes(small_grid: Grid, tmp_path: Path) -> None:
    checkpoint = random_checkpoint(small_grid)
    for name in ("one.npz", "two.npz"):
        save_checkpoint(checkpoint, tmp_path / name)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_checkpoint_read_and_written_again_is_the_same(small_grid: Grid, tmp_path: Path) -> None:
    save_checkpoint(random_checkpoint(small_grid), tmp_path / "one.npz")
    save_checkpoint(load_checkpoint(tmp_path / "one.npz"), tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_what_is_no_checkpoint_is_named(small_grid: Grid, tmp_path: Path) -> None:
    with pytest.raises(InputFileNotFoundError, match="there is no file"):
        load_checkpoint(tmp_path / "absent.npz")
    np.savez(tmp_path / "other.npz", static=np.zeros(3))
    with pytest.raises(ModelFileError, match=r"other\.npz is no checkpoint of a network"):
        load_checkpoint(tmp_path / "other.npz")
    save_checkpoint(random_checkpoint(small_grid), tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz") as archive:
        arrays = dict(archive)
    for change, message in (
        ({"format": 2}, "is a checkpoint of format 2, this version reads 1"),
        ({"grid": {}}, "has no 'grid.projection'"),
        ({"grid": 7}, "is no checkpoint of a network"),
    ):
        header = json.loads(arrays["header"].tobytes()) | change
        text = np.frombuffer(json.dumps(header).encode(), np.uint8)
        np.savez(tmp_path / "bad.npz", **(arrays | {"header": text}))
        with pytest.raises(ModelFileError, match=message):
            load_checkpoint(tmp_path / "bad.npz")


def test_weights_of_another_network_are_refused(small_grid: Grid) -> None:
    checkpoint = random_checkpoint(small_grid)
    with pytest.raises(ModelFileError, match="the checkpoint does not hold the weights"):
        replace(checkpoint, widths=(4, 8, 16)).network()
    with pytest.raises(ModelFileError, match=r"the checkpoint holds .* with the shape"):
        replace(checkpoint, widths=(4, 6)).network()


def test_a_pickled_object_is_not_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", header=np.array([{"format": 1}], dtype=object))
    with pytest.raises(ModelFileError, match="is not a numpy archive"):
        load_checkpoint(tmp_path / "evil.npz")


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cut.npz").write_bytes(content)
    with pytest.raises(ModelFileError, match="is not a numpy archive"):
        load_checkpoint(tmp_path / "cut.npz")
