"""The chain from nothing to a model file, in its short form, as `make train` runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pointfuse.model.loading import load_model
from pointfuse_training.network.checkpoints import load_checkpoint

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs make")
def test_the_short_chain_makes_a_model_file(real_data: Path, tmp_path: Path) -> None:
    """Its network is of no use; every command must run, and the file must work."""
    given = real_data.parent / "static" / "china12.npz"
    if not given.is_file():
        pytest.skip(f"needs the static layers {given}")
    layers = tmp_path / "china12.npz"
    with np.load(given) as arrays:
        # As the first step of the chain would name it.
        np.savez(layers, **arrays, country=arrays["china"])
    environment = Path(sys.executable).parents[1]
    options = {
        "SHORT": 1,
        "BUILD": tmp_path,
        "DATA": real_data / "cnemc",
        "LAYERS": layers,
        "VENV": environment,
        "THREADS": 1,
    }
    command = ["make", "-f", "models/train.mk", *(f"{n}={value}" for n, value in options.items())]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]

    checkpoint = load_checkpoint(tmp_path / "checkpoint.npz")
    assert checkpoint.provenance["observations_used"] == "none"
    assert checkpoint.provenance["covariance"]["stations"] > 500
    assert checkpoint.provenance["calibration"]["pairs"] > 1000
    made = tmp_path / "model" / "pointfuse-china12.onnx"
    # Under the name of the shipped file another one is refused.
    model = load_model(made.rename(tmp_path / "mine.onnx"))
    observed = np.zeros((1, 3, *model.metadata.grid.shape), np.float32)
    observed[0, 0, 100:300:10, 100:400:10] = 1
    fields = model.run(50 * observed, observed)
    # An untrained network gives the interpolated field, and all stations say the same.
    assert float(fields.field[0, 200, 250]) == pytest.approx(50, rel=0.1)
    assert np.isfinite(fields.field).all()

    (tmp_path / "mine.onnx").rename(made)
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Nothing to be done" in again.stdout, again.stdout
