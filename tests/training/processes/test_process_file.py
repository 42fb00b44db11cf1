"""The distribution in a file: what is read is what was written, and what it may not hold."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest

from pointfuse import InputError
from pointfuse.errors import InputFileNotFoundError, OutputError
from pointfuse_training.processes.process_file import numbers_sha256, read_process, write_process
from pointfuse_training.processes.terrain_process import TERRAIN_AND_LAND

SHIPPED = Path(__file__).parents[3] / "models" / "process.toml"
HOURLY = np.array(["2019-01-06", "2019-05-12", "2019-08-03", "2019-12-14"], "datetime64[D]")
"""Days that regional networks are scored on."""


def test_what_is_read_is_what_was_written(distribution, tmp_path):
    path = tmp_path / "process.toml"
    write_process(path, distribution)
    found = read_process(path)
    assert found.process == distribution.process
    assert found.spread == distribution.spread
    assert found.trend == distribution.trend
    assert found.provenance == distribution.provenance
    np.testing.assert_array_equal(found.day_mean, distribution.day_mean)
    np.testing.assert_array_equal(found.day_covariance, distribution.day_covariance)
    # What is hashed does not depend on who found it.
    assert numbers_sha256(found) == numbers_sha256(dataclasses.replace(found, provenance={}))
    write_process(tmp_path / "again.toml", found)
    assert (tmp_path / "again.toml").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        ("length = 300.0", "width = 300.0", "'length' is lacking"),
        ("nugget = 0.05", "nugget = -0.05", "'nugget' should be a positive number, got -0.05"),
        ("[trend.height]", "[trend.depth]", "there is no layer 'depth', expected height"),
        ("mean = [2.2, ", "mean = [", r"a mean of 3 numbers and a covariance of 3 x 3, got \(2,\)"),
        ("common = 0.2", "common = nan", "'common' should be a number, got nan"),
        ("mean = [2.2", "mean = [inf", "a number of .days. is not finite"),
        ("[process.scales]", "[process.scales", "cannot be read as TOML"),
    ],
)
def test_other_files_are_refused(distribution, tmp_path, was, becomes, message):
    path = tmp_path / "process.toml"
    write_process(path, distribution)
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes, 1))
    with pytest.raises(InputError, match=message):
        read_process(path)


def test_files_that_are_not_there_are_named(distribution, tmp_path):
    with pytest.raises(InputFileNotFoundError, match="check the path"):
        read_process(tmp_path / "absent.toml")
    with pytest.raises(OutputError):
        write_process(tmp_path / "absent" / "process.toml", distribution)


def test_the_shipped_process_is_near_the_baseline_and_far_from_scored_days():
    found = read_process(SHIPPED)
    assert found.process.trend == TERRAIN_AND_LAND.trend
    assert 0.5 < found.process.length / TERRAIN_AND_LAND.length < 2
    assert 0.5 < found.process.nugget / TERRAIN_AND_LAND.nugget < 2
    assert np.linalg.eigvalsh(found.day_covariance).min() > 0
    days = np.array(tomllib.loads(SHIPPED.read_text())["provenance"]["days"], "datetime64[D]")
    assert len(days) > 20
    assert (np.abs(days[:, None] - HOURLY) >= np.timedelta64(3, "D")).all()
