"""What the project registers is there, and is what the table asks for."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import numpy as np
import pytest

from pointfuse_benchmarks.accuracy.against_baselines import BASELINES

PROJECT = tomllib.loads(
    (Path(__file__).parents[3] / "benchmarks" / "pyproject.toml").read_text(encoding="utf-8")
)["project"]
REGISTERED = PROJECT["entry-points"]["pointfuse.baselines"]


@pytest.mark.parametrize("name", [name for name in REGISTERED if name != "gridpp"])
def test_baselines_predict_as_the_contract_says(name, day_of, to_degrees, rng):
    module, _, attribute = REGISTERED[name].partition(":")
    baseline = getattr(importlib.import_module(module), attribute)
    day = day_of(rng.uniform(-500, 500, (50, 2)), rng.uniform(5, 300, 50))
    predicted = baseline(day, *to_degrees(rng.uniform(-500, 500, (20, 2))))
    assert predicted.shape == (20,)
    assert predicted.dtype == np.float64
    assert ((predicted >= 0) & (predicted < 600)).all()


def test_the_table_has_all_baselines():
    assert set(BASELINES.split(",")) == set(REGISTERED)
