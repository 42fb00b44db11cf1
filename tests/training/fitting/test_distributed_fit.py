"""Two processes on this machine train one network together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pointfuse import DeviceError
from pointfuse_training.fitting.process_team import joined
from pointfuse_training.network.checkpoints import load_checkpoint

pytestmark = pytest.mark.slow

# What each process does: train, and keep what it drew and what came out.
WORKER = """
import sys
from dataclasses import replace
from pathlib import Path

import torch

from pointfuse_training.fitting.fit import fit
from pointfuse_training.fitting.process_team import joined
from pointfuse_training.fitting.recipes import read_recipe
from pointfuse_training.fitting.training_loop import Training
from pointfuse_training.fitting.training_inputs import read_training_inputs

torch.set_num_threads(1)
archive, static, recipe_file, folder = map(Path, sys.argv[1:5])
recipe = read_recipe(str(recipe_file))
drawn, step = [], Training.step
networks = []


def watched(self, batch, progress):
    drawn.append(batch.observed)
    networks[:] = [self]
    return step(self, batch, progress)


Training.step = watched
with joined("cpu") as team:
    inputs = read_training_inputs([archive], static, recipe)
    fit(recipe, inputs, folder / "run", team, resume="--resume" in sys.argv)
    (training,) = networks
    kept = {
        "drawn": torch.stack(drawn),
        "network": training.network.state_dict(),
        "average": training.averaged.state_dict(),
        "gradients": [p.grad for p in training.network.parameters() if p.requires_grad],
    }
    torch.save(kept, folder / f"rank_{team.rank}.pt")
"""

RECIPE = """
widths = [4, 8]
batch = 1
warm_up = 0
held_out = 1
validation_days = 1
point_conv = "fourier"
iterations = 3
save_minutes = 0.0

[sampling]
clustered_stations = [80, 120]
uniform_stations = [150, 250]
"""


def launch(folder: Path, archive: Path, static: Path) -> list[dict[str, object]]:
    (folder / "worker.py").write_text(WORKER)
    (folder / "recipe.toml").write_text(RECIPE)
    launcher = "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"
    arguments = folder / "worker.py", archive, static, folder / "recipe.toml", folder
    run = subprocess.run(
        [sys.executable, *launcher, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return [torch.load(folder / f"rank_{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.mark.skipif(not torch.distributed.is_available(), reason="PyTorch without distributed")
def test_two_processes_share_the_weights_and_draw_days_of_their_own(
    small_archive: Path, small_static_file: Path, tmp_path: Path
) -> None:
    one, other = launch(tmp_path, small_archive, small_static_file)
    for kind in ("network", "average"):
        assert one[kind].keys() == other[kind].keys()
        assert all(torch.equal(one[kind][name], other[kind][name]) for name in one[kind])
    assert all(map(torch.equal, one["gradients"], other["gradients"]))
    days = [*one["drawn"], *other["drawn"]]
    assert len(days) == 6
    for i, day in enumerate(days):
        assert not any(torch.equal(day, earlier) for earlier in days[:i])
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoint.npz")
    assert checkpoint.provenance["batch_size"] == 2
    assert checkpoint.provenance["hardware"].startswith("2 x ")


def test_processes_do_not_share_one_device(monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    message = "2 processes cannot share the device 'cuda:0'"
    with pytest.raises(DeviceError, match=message), joined("cuda:0"):
        pass
