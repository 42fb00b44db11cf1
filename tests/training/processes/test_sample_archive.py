"""From a process to an archive and back: the same bits, nothing twice, nothing half."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from pointfuse import InputError
from pointfuse_training.archives.archive import Archive, read_attributes
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.processes.covariates import COVARIATES, covariate_layers
from pointfuse_training.processes.runs import sample_archive
from pointfuse_training.processes.sampler import FLOOR, HIGHEST, ProcessSampler


@pytest.fixture
def folder(small_static, distribution, tmp_path):
    """Two scenarios of two days."""
    folder = tmp_path / "archive"
    sample_archive(small_static, distribution, folder, scenarios=2, days=2, seed=3)
    return folder


def test_layers_are_made_from_static_layers(small_static):
    layers = covariate_layers(small_static)
    assert tuple(layers) == COVARIATES
    np.testing.assert_allclose(layers["height"], small_static.height.double() / 1000)


def test_what_is_read_is_what_was_drawn(folder, small_static, distribution):
    archive = Archive(folder)
    assert len(archive) == 4
    scenario = ProcessSampler(small_static, distribution).scenario(3, 1, 2)
    pm25, humidity, wind = archive[3]
    # Half a step of packing, and rounding.
    assert (pm25 - scenario.fields[1]).abs().max() <= 0.026
    assert humidity.isnan().all()
    assert wind.isnan().all()
    np.testing.assert_allclose(archive.station_noise[2:], scenario.station_noise)
    assert np.isnat(archive.dates).all()


def test_noise_is_that_of_archives_that_have_it(folder, small_archive, small_grid):
    assert Archive(small_archive).station_noise is None
    with writing(folder / "simulated.nc", small_grid, 0, {}) as writer:
        writer.append(torch.ones(3, *small_grid.shape))
    noise = Archive(folder).station_noise
    assert np.isfinite(noise[:4]).all()
    assert np.isnan(noise[4])


def test_a_scenario_depends_on_its_numbers_alone(small_static, distribution):
    sampler = ProcessSampler(small_static, distribution)
    first, again = sampler.scenario(3, 1, 2), sampler.scenario(3, 1, 2)
    assert torch.equal(first.fields, again.fields)
    assert first.process == again.process
    for other in (sampler.scenario(4, 1, 2), sampler.scenario(3, 0, 2)):
        assert not torch.allclose(first.fields, other.fields)
        assert first.process != other.process


def test_days_are_those_of_the_distribution(distribution, rng):
    """Mean and covariance of 4,000 days: four errors of each."""
    drawn = [distribution.day_at(rng.standard_normal(3)) for _ in range(4000)]
    own = np.array(
        [
            [np.log(day.level), np.log(day.sill / day.level**2), day.coefficients[0] / day.level]
            for day in drawn
        ]
    )
    np.testing.assert_allclose(own.mean(0), distribution.day_mean, atol=0.015)
    np.testing.assert_allclose(np.cov(own.T), distribution.day_covariance, atol=0.005)
    process = distribution.process_at(np.array([1.0, 0.0, 0.0, 0.0]))
    assert process.length == pytest.approx(300 * np.exp(0.2))
    assert process.nugget == 0.05


def test_without_a_sill_a_field_is_its_trend_within_the_range_of_the_stations(
    small_static, distribution
):
    quiet = dataclasses.replace(
        distribution,
        day_mean=np.array([np.log(10.0), -50.0, -0.2]),
        day_covariance=np.zeros((3, 3)),
    )
    scenario = ProcessSampler(small_static, quiet).scenario(0, 0, 1)
    height = (small_static.height / 1000).clamp(0.0, 1.5)
    scaled = 10 - 0.2 * 10 * (height - 0.4)
    torch.testing.assert_close(scenario.fields[0], (scaled / 2 + 1) ** 2 - 1, rtol=1e-4, atol=1e-4)
    assert scenario.station_noise[0] < 1e-8


def test_fields_stay_within_what_there_is(small_static, distribution):
    wild = dataclasses.replace(distribution, day_mean=np.array([5.0, 2.0, -0.1]))
    fields = ProcessSampler(small_static, wild).scenario(0, 0, 4).fields
    assert float(fields.min()) == pytest.approx((FLOOR / 2 + 1) ** 2 - 1, rel=1e-5)
    assert float(fields.max()) == HIGHEST


def test_what_is_there_is_not_drawn_again(folder, small_static, distribution):
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (folder / "scenario_00000.nc").unlink()
    kept = (folder / "scenario_00001.nc").stat().st_mtime_ns
    told = []
    sample_archive(
        small_static, distribution, folder, scenarios=3, days=2, seed=3, on_day=told.append
    )
    assert sum(told) == 6
    assert len(Archive(folder)) == 6
    assert (folder / "scenario_00001.nc").stat().st_mtime_ns == kept
    for path, content in before.items():
        assert path.read_bytes() == content


def test_an_interrupted_run_leaves_no_half_file(small_static, distribution, tmp_path):
    def stop(days):
        if days:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample_archive(
            small_static, distribution, tmp_path, scenarios=1, days=2, seed=0, on_day=stop
        )
    assert list(tmp_path.iterdir()) == []


def test_archives_are_not_mixed(folder, small_static, distribution):
    run = {"scenarios": 2, "days": 2, "seed": 3}
    for change, name in (({"seed": 4}, "seed"), ({"days": 3}, "days")):
        with pytest.raises(InputError, match=f"scenario_00000.nc has the {name} .*another folder"):
            sample_archive(small_static, distribution, folder, **(run | change))
    other = dataclasses.replace(distribution, day_mean=distribution.day_mean + 1)
    with pytest.raises(InputError, match=r"scenario_00000.nc has the process_sha256"):
        sample_archive(small_static, other, folder, **run)


def test_a_file_knows_how_it_came_to_be(folder, small_static, distribution):
    attributes = read_attributes(folder / "scenario_00001.nc")
    assert (attributes["seed"], attributes["scenario"], attributes["days"]) == (3, 1, 2)
    process = ProcessSampler(small_static, distribution).scenario(3, 1, 1).process
    assert attributes["parameters"]["length"] == process.length
    assert attributes["parameters"]["scales"] == process.scales


@pytest.mark.slow
def test_the_files_are_cf(folder, assert_cf_compliant):
    assert_cf_compliant(folder / "scenario_00000.nc")
