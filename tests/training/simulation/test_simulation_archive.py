"""From a seed to an archive and back: the same bits, nothing twice, nothing half."""

from __future__ import annotations

import dataclasses
import shutil
import time

import netCDF4
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pointfuse import InputError
from pointfuse.errors import InputFileNotFoundError, ModelFileError
from pointfuse.grid.regular_grid import Grid
from pointfuse_training.archives.archive import Archive, read_attributes
from pointfuse_training.archives.archive_variables import VARIABLES
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.simulation.parameters import LogNormal, Normal, Uniform
from pointfuse_training.simulation.random_streams import RandomStream
from pointfuse_training.simulation.runs import simulate_archive
from pointfuse_training.simulation.simulator import Simulator, first_days
from pointfuse_training.simulation.static_inputs import read_static_inputs
from pointfuse_training.simulation.tables import TABLES

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(small_static, tmp_path_factory):
    """Three scenarios of two days, two of them side by side."""
    folder = tmp_path_factory.mktemp("archive")
    simulate_archive(small_static, folder, scenarios=3, days=2, seed=11, batch=2)
    return folder


def simulated(static, seed=11, scenarios=(0,), days=2):
    days_of = Simulator(static, seed, scenarios).run(days)
    return torch.stack([day.fields for day in days_of], dim=1)


# The simulator


def test_days_are_plausible(small_static):
    fields = simulated(small_static, scenarios=range(6))
    assert fields.shape == (6, 2, 3, *small_static.grid.shape)
    pm25, humidity, speed = fields.unbind(2)
    assert torch.isfinite(fields).all()
    assert pm25.min() >= 0
    assert 3 < pm25.mean() < 200
    assert humidity.min() >= 8
    assert humidity.max() <= 99
    assert 0.5 < speed.mean() < 6


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(small_static):
    assert torch.equal(simulated(small_static), simulated(small_static))
    assert not torch.allclose(simulated(small_static), simulated(small_static, seed=12))


def test_a_scenario_is_the_same_in_any_company(small_static):
    together = simulated(small_static, scenarios=(4, 0, 9))
    # Matrix products of a batch may add up in another order.
    torch.testing.assert_close(
        together[1:2], simulated(small_static, scenarios=(0,)), rtol=1e-3, atol=1e-3
    )


def test_parameters_are_those_of_the_table(small_static):
    parameters = Simulator(small_static, 0, range(20), all_pollutants=True).parameters(13)
    assert set(parameters) == set(TABLES)
    for process, table in TABLES.items():
        for field in dataclasses.fields(table):
            value = parameters[process].pop(field.name)
            distribution = field.metadata.get("distribution")
            if isinstance(distribution, Uniform):
                assert distribution.low <= value <= distribution.high
            elif distribution is None:
                assert value == field.default
        assert parameters[process] == {}


@settings(max_examples=20, derandomize=True)
@given(st.integers(0, 2**31), st.floats(-50, 50), st.floats(0.01, 5))
def test_what_is_drawn_has_the_distribution_that_is_declared(seed, low, width):
    random = RandomStream(seed, range(200), "test", CPU)
    uniform = Uniform(low, low + width).sample(random)
    # float32 rounds the ends.
    assert uniform.min() >= low - 1e-4
    assert uniform.max() <= low + width + 1e-4
    # 200 values: five standard errors of a mean, and of a mean logarithm.
    assert abs(float(uniform.mean()) - low - width / 2) < 5 * width / 12**0.5 / 200**0.5
    normal = Normal(low, width).sample(random)
    assert abs(float(normal.mean()) - low) < 5 * width / 200**0.5
    log_normal = LogNormal(100.0, 0.5).sample(random)
    assert abs(float((log_normal / 100).log().mean())) < 5 * 0.5 / 200**0.5


def test_weekends_are_cleaner_but_not_by_as_much_as_people_rest(small_static):
    def week(rest):
        simulator = Simulator(small_static, 5, range(3))
        parameters = simulator.emissions.parameters
        simulator.emissions.parameters = dataclasses.replace(parameters, weekend_rest=rest)
        days = torch.stack([day.fields[:, 0].mean((1, 2)) for day in simulator.run(7)], dim=1)
        first = parameters.first_weekday.flatten().int()[:, None]
        return days, (first + torch.arange(7)) % 7 >= 5

    usual, _ = week(0.0)
    resting, weekend = week(0.5)
    assert (weekend.sum(1) == 2).all()
    ratio = resting / usual
    # Fields, gases, and the air of the days before do not rest.
    assert 0.5 < ratio[weekend].mean() < 0.95
    # What was not emitted is missing on the days after, too, but less.
    assert ratio[weekend].mean() + 0.02 < ratio[~weekend].mean() < 1


def test_any_number_of_scenarios_covers_the_seasons():
    for count in (8, 20, 100):
        days = first_days(5, range(count)).sort().values
        gaps = torch.cat([days, days[:1] + 365]).diff()
        # The golden section leaves no gap above 2.62 times the mean gap (three-distance theorem).
        assert int(gaps.max()) <= 2.7 * 365 / count + 1
        assert torch.equal(first_days(5, [3]), first_days(5, range(count))[3:4])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_simulates_the_same(small_static_file, small_grid):
    on_cpu = simulated(read_static_inputs(small_static_file, small_grid, CPU))
    on_gpu = simulated(read_static_inputs(small_static_file, small_grid, torch.device("cuda")))
    torch.testing.assert_close(on_gpu.cpu(), on_cpu, rtol=1e-2, atol=1e-2)


# The archive


def test_what_is_read_is_what_was_simulated(folder, small_static):
    archive = Archive(folder)
    assert len(archive) == 6
    expected = simulated(small_static, scenarios=(0, 1))
    for scenario, day in ((1, 1), (0, 0), (0, 1)):
        found = archive[2 * scenario + day]
        assert found.dtype == torch.float32
        for variable, read, true in zip(VARIABLES, found, expected[scenario, day], strict=True):
            # Half a step of packing, and rounding.
            assert (read - true).abs().max() <= 0.51 * variable.resolution


def test_the_same_seed_gives_the_same_files(folder, small_static, tmp_path):
    time.sleep(1.1)  # files that knew their time would differ
    simulate_archive(small_static, tmp_path, scenarios=3, days=2, seed=11, batch=2)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_the_files_are_cf(folder, assert_cf_compliant):
    assert_cf_compliant(folder / "scenario_00000.nc")


def test_other_programs_see_values_units_and_days(folder):
    archive = Archive(folder)
    with netCDF4.Dataset(folder / "scenario_00002.nc") as dataset:
        first = netCDF4.num2date(dataset["time"][0], dataset["time"].units, "noleap")
        assert first.hour == 12
        assert first.dayofyr - 1 == int(first_days(11, [2]))
        assert dataset["pm25"].chunking() == [1, *archive.shape]
        np.testing.assert_allclose(dataset["pm25"][1], archive[5][0], rtol=0, atol=1e-4)
        assert dataset["wind_speed"].units == "m s-1"


def test_a_file_knows_how_it_came_to_be(folder, small_static):
    attributes = read_attributes(folder / "scenario_00001.nc")
    assert (attributes["seed"], attributes["scenario"], attributes["days"]) == (11, 1, 2)
    assert attributes["static_sha256"] == small_static.sha256
    assert len(attributes["code_sha256"]) == 64
    drawn = Simulator(small_static, 11, [1]).parameters(0)
    assert attributes["parameters"] == drawn


def test_what_is_there_is_not_made_again(folder, small_static, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "scenario_00001.nc").unlink()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    told = []
    simulate_archive(small_static, tmp_path, scenarios=4, days=2, seed=11, on_day=told.append)
    assert sum(told) == 8
    assert len(Archive(tmp_path)) == 8
    for path, changed in before.items():
        assert path.stat().st_mtime_ns == changed


def test_an_interrupted_run_leaves_no_half_file(small_static, tmp_path):
    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_archive(small_static, tmp_path, scenarios=1, days=2, seed=0, on_day=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("change", "name"), [({"seed": 12}, "seed"), ({"days": 3}, "days")])
def test_archives_are_not_mixed(folder, small_static, change, name):
    run = {"scenarios": 3, "days": 2, "seed": 11} | change
    with pytest.raises(InputError, match=f"scenario_00000.nc has the {name} .*another folder"):
        simulate_archive(small_static, folder, **run)


def test_a_file_that_is_being_written_is_no_part_of_the_archive(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / ".scenario_00003.part.nc").write_bytes(b"half")
    assert len(Archive(tmp_path)) == 6


def test_archives_that_cannot_be_read_are_refused(folder, tmp_path, small_grid):
    with pytest.raises(InputFileNotFoundError, match="no archive in"):
        Archive(tmp_path)
    broken = tmp_path / "scenario_00000.nc"
    broken.write_bytes((folder / broken.name).read_bytes()[:5000])
    with pytest.raises(InputError, match="make it again"):
        Archive(tmp_path)
    shutil.copy(folder / broken.name, tmp_path)
    smaller = dataclasses.replace(small_grid, rows=10)
    with writing(tmp_path / "scenario_00001.nc", smaller, 0, {}) as writer:
        writer.append(torch.ones(3, *smaller.shape))
    with pytest.raises(InputError, match="one grid in an archive"):
        Archive(tmp_path)


def test_values_that_are_not_finite_are_not_written(tmp_path, small_grid):
    fields = torch.ones(3, *small_grid.shape)
    fields[1, 2, 3] = torch.nan
    with (
        pytest.raises(InputError, match="not finite"),
        writing(tmp_path / "a.nc", small_grid, 0, {}) as writer,
    ):
        writer.append(fields)
    assert list(tmp_path.iterdir()) == []


# Static inputs


def changed(layers, tmp_path, **changes):
    path = tmp_path / "static.npz"
    kept = {name: layer for name, layer in (layers | changes).items() if layer is not None}
    np.savez(path, **kept)
    return path


def test_layers_are_read_as_they_are(small_static, small_layers):
    np.testing.assert_array_equal(small_static.urban, small_layers["igbp_fraction"][13])
    total = small_static.urban + small_static.crop + small_static.barren + small_static.forest
    np.testing.assert_allclose(total.numpy() + small_layers["igbp_fraction"][0], 1, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"night_lights": None}, "lacks the layer night_lights"),
        ({"height": np.zeros((3, 4))}, r"height with the shape \(3, 4\), the grid needs"),
        ({"height": np.full((40, 52), np.nan)}, "height from nan to nan"),
        ({"ocean_fraction": np.full((40, 52), 50.0)}, "ocean_fraction from 50 to 50"),
    ],
)
def test_layers_that_cannot_be_are_refused(small_layers, small_grid, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        read_static_inputs(changed(small_layers, tmp_path, **changes), small_grid, CPU)


def test_layers_upside_down_are_refused(small_layers, small_grid: Grid, tmp_path):
    path = changed(small_layers, tmp_path, lat=small_layers["lat"][::-1])
    with pytest.raises(InputError, match="row 0 in the south"):
        read_static_inputs(path, small_grid, CPU)


def test_a_file_that_is_no_archive_of_arrays_is_refused(small_grid, tmp_path):
    with pytest.raises(InputFileNotFoundError):
        read_static_inputs(tmp_path / "absent.npz", small_grid, CPU)
    (tmp_path / "text.npz").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ModelFileError, match=r"text\.npz is not a numpy archive"):
        read_static_inputs(tmp_path / "text.npz", small_grid, CPU)
