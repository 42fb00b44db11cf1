"""Fields of any place from the command line and from Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result

from pointfuse import InputError, Observations, Stations, cross_validate, fuse, load_model
from pointfuse.commands.main import main
from pointfuse.domains.domain import write_domain
from pointfuse.domains.extents import extent_around
from pointfuse.domains.new_domain import new_domain


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


@pytest.fixture
def poland(tmp_path: Path) -> Path:
    """Sixty stations of PM10 in Poland on two days."""
    random = np.random.default_rng(1)
    path = tmp_path / "poland.csv"
    lines = ["station,longitude,latitude,date,PM10 (ug m-3)"]
    for i in range(60):
        longitude, latitude = random.uniform(15, 23), random.uniform(50, 54)
        for day in (1, 2):
            value = 30 + 8 * np.sin(longitude) + day + random.normal(0, 2)
            lines.append(f"S{i:02},{longitude:.4f},{latitude:.4f},2024-02-0{day},{value:.1f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_nothing_but_files_and_an_output(
    poland: Path,
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No option: the pollutant is the only one of the file, the place that of the stations."""
    output = tmp_path / "field.nc"
    result = run("fuse", poland, "-o", output)
    assert result.exit_code == 0, result.output
    assert "of 60 stations most lie outside of China" in caplog.text
    assert_cf_compliant(output)
    with netCDF4.Dataset(output) as dataset:
        field = dataset["pm10"][:]
        assert field.shape[0] == 2
        assert 15 < field.min() < field.max() < 50
        assert "pointfuse-world-pm10" in dataset.source
        longitude = dataset["lon"][:]
        assert longitude.min() < 15 < 23 < longitude.max()


def test_a_domain_of_a_file(poland: Path, tmp_path: Path) -> None:
    domain, output = tmp_path / "d.toml", tmp_path / "field.nc"
    write_domain(new_domain(extent_around(19, 52, 500), cell_size=4_000), domain)
    result = run("fuse", poland, "--domain", domain, "--timezone", "Europe/Warsaw", "-o", output)
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        assert dataset["pm10"].shape == (2, 125, 125)
        # Cells are smaller than any that it was trained on.
        assert "Beyond what the network was trained on: cells of 4 km (" in dataset.comment


def test_the_time_zone_is_asked_for(
    poland: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert run("fuse", poland, "--domain", "auto", "-o", tmp_path / "f.nc").exit_code == 0
    assert "days begin and end in the time zone Asia/Shanghai, by default" in caplog.text
    assert "outside of China" not in caplog.text


def test_cross_validation_and_flags(poland: Path, tmp_path: Path) -> None:
    scores, flags = tmp_path / "s.json", tmp_path / "f.csv"
    call = ("--domain", "auto", "--timezone", "Europe/Warsaw")
    result = run("crossval", poland, *call, "--scheme", "blocks", "--folds", 3, "-o", scores)
    assert result.exit_code == 0, result.output
    assert "pointfuse-world-pm10" in scores.read_text()
    assert run("qc", poland, *call, "-o", flags).exit_code == 0


def test_a_check_counts_stations_on_the_domain(poland: Path, tmp_path: Path) -> None:
    domain = tmp_path / "d.toml"
    write_domain(new_domain(extent_around(19, 52, 900)), domain)
    found = run("check", poland, "--domain", domain, "--timezone", "Europe/Warsaw", "--json")
    assert json.loads(found.stdout)["together"]["outside_grid"] == 0
    assert "name a file of a domain" in run("check", poland, "--domain", "auto").output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--domain", "none.toml"], "there is no file none.toml"),
        (["--domain", "auto", "--dask", "tcp://localhost:1"], "--dask needs a domain"),
        (["--domain", "auto", "--variable", "pm25"], "lacks a column named pm25"),
    ],
)
def test_what_cannot_be_gets_a_sentence(
    options: list[str], said: str, poland: Path, tmp_path: Path
) -> None:
    result = run("fuse", poland, *options, "-o", tmp_path / "f.nc")
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert not (tmp_path / "f.nc").exists()


def test_no_station_on_the_domain(poland: Path, tmp_path: Path) -> None:
    domain = tmp_path / "d.toml"
    write_domain(new_domain(extent_around(-60, -30, 500)), domain)
    result = run(
        "fuse", poland, "--domain", domain, "--timezone", "Europe/Warsaw", "-o", tmp_path / "f.nc"
    )
    assert result.exit_code == 1
    assert "60 outside the grid" in result.output


def test_from_python(poland: Path) -> None:
    fields = fuse(poland)
    assert fields.model.name == "pointfuse-world-pm10"
    domain = new_domain(extent_around(19, 52, 500))
    on_domain = fuse(poland, domain=domain)
    assert on_domain.model.grid == domain.grid
    given = load_model(variable="pm10", domain=domain.grid)
    np.testing.assert_array_equal(fuse(poland, given).values, on_domain.values)
    with pytest.raises(InputError, match="give variable, domain, device and precision"):
        fuse(poland, given, domain="auto")


def test_the_model_of_china_stays_that_of_china() -> None:
    stations = Stations(np.array(["A", "B"]), np.array([116.4, 121.5]), np.array([39.9, 31.2]))
    days = np.array(["2024-02-01"], "datetime64[D]")
    observations = Observations(stations, days, {"pm25": np.array([[80.0, 60.0]])})
    assert fuse(observations).model.name == "pointfuse-china12"
    assert fuse(observations, domain="auto").model.name == "pointfuse-world-pm25"


def test_withheld_stations_are_predicted_from_their_neighbours(poland: Path) -> None:
    """The wave of the stations is found again, far better than by their mean."""
    from pointfuse import read_stations

    observations = read_stations(poland, variables=["pm10"])
    model = load_model(variable="pm10", domain=new_domain(extent_around(19, 52, 700)))
    result = cross_validate(observations, model, folds=5)
    error = np.nanstd(result.predicted - result.observed)
    assert error < 0.75 * np.nanstd(result.observed)
    assert result.uncertainty is not None
    within = np.abs(result.predicted - result.observed) <= 1.62 * result.uncertainty
    known = np.isfinite(result.predicted)
    assert 0.8 <= within[known].mean() <= 1
