"""The shipped model on the GPU of this machine; skipped where a device cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pointfuse import load_model
from pointfuse.model.devices import PROVIDERS, missing
from pointfuse.model.engine_cache import cache_state
from pointfuse.model.precisions import files_by_precision
from pointfuse.trust.verification import TOLERANCE, verify

ON_GPU = [name for name in PROVIDERS if name != "cpu"]


@pytest.fixture(params=ON_GPU)
def device(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    if problem := missing(request.param):
        pytest.skip(f"{request.param}: {problem}")
    monkeypatch.setenv("POINTFUSE_CACHE", str(tmp_path))
    return str(request.param)


@pytest.mark.slow
@pytest.mark.parametrize("precision", files_by_precision())
def test_the_golden_case(device: str, precision: str) -> None:
    result = verify(device=device, precision=precision)
    assert result.problems == []
    assert set(result.kernels) == {PROVIDERS[device]}


@pytest.mark.slow
def test_runs_that_follow_give_what_the_cpu_gives(device: str) -> None:
    """Several days, so that what was compiled or recorded is used again."""
    on_gpu, on_cpu = (load_model(device=name, precision="fp32") for name in (device, "cpu"))
    rng = np.random.default_rng(0)
    shape = (3, len(on_cpu.metadata.variables), *on_cpu.metadata.grid.shape)
    observed = (rng.random(shape) < 0.01).astype(np.float32)
    observations = observed * rng.uniform(1, 100, shape).astype(np.float32)
    np.testing.assert_allclose(
        on_gpu.run(observations, observed).field,
        on_cpu.run(observations, observed).field,
        rtol=0,
        atol=TOLERANCE["fp32"],
    )


@pytest.mark.slow
def test_engines_are_kept(device: str) -> None:
    for _ in range(2):
        verify(device=device, precision="fp32")
    assert cache_state().engines == (0 if device == "cuda" else 1)
