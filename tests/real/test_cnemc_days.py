"""Four untouched days of the Chinese network, from files to file, against the golden cases.

The golden inputs were gridded from the same files by other code, with daily means rounded to half
precision on the way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner

from pointfuse import load_model, read_stations
from pointfuse.commands.main import main
from pointfuse.stations.gridding import grid_days, place

MODELS = Path(__file__).parents[2] / "models"
DAYS = ["20190106", "20190512", "20190803", "20191214"]
# Stations in the file, with 18 valid hours of PM2.5, and cells they fall in; counted in the raw
# files with the csv module alone.
COUNTS = {
    "20190106": (1605, 1439, 851),
    "20190512": (1605, 1428, 851),
    "20190803": (1640, 1433, 848),
    "20191214": (1640, 1443, 853),
}


@pytest.fixture(scope="module")
def golden(real_data: Path) -> dict[str, np.ndarray]:
    """The days gridded by another program, for the first release."""
    path = real_data.parent / "seed_model" / "golden.npz"
    if not path.is_file():
        pytest.skip(f"needs the gridded days {path}")
    with np.load(path) as cases:
        return {name: cases[name] for name in cases.files}


def files(real_data: Path, day: str) -> tuple[Path, Path]:
    folder = real_data / "cnemc"
    return folder / f"china_sites_{day}.csv", folder / "station_list.csv"


@pytest.mark.parametrize("day", DAYS)
def test_gridded_input_agrees_to_the_cell(
    real_data: Path, golden: dict[str, np.ndarray], day: str
) -> None:
    file, stations = files(real_data, day)
    case = golden["dates"].tolist().index(day)
    # As read: the golden inputs know no quality control.
    observations = read_stations(file, stations=stations, quality_control=False)
    placed = place(observations, load_model().metadata)
    gridded = grid_days(placed)
    np.testing.assert_array_equal(gridded.observed[0] > 0, golden["observed"][case] > 0)
    # Half precision keeps 11 bits: a relative error of 2**-11 = 0.05 % at a station.
    np.testing.assert_allclose(
        gridded.observations[0], golden["observations"][case], rtol=2**-11, atol=0
    )


def bare_field(golden: dict[str, np.ndarray], day: str, file: Path, stations: Path) -> np.ndarray:
    """What the bare file gives of the golden inputs, with the number of stations in each cell."""
    observations = read_stations(file, stations=stations, quality_control=False)
    number = grid_days(place(observations, load_model().metadata)).station_count
    case = golden["dates"].tolist().index(day)
    observed = golden["observed"][case].astype(np.float32)
    observed[0] *= number[0]
    session = onnxruntime.InferenceSession(MODELS / "pointfuse-china12.onnx")
    inputs = {"observations": golden["observations"][case], "observed": observed}
    feed = {name: table[None].astype(np.float32) for name, table in inputs.items()}
    return session.run(["pm25"], feed)[0][0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
def test_files_to_file(
    real_data: Path,
    golden: dict[str, np.ndarray],
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
    day: str,
) -> None:
    file, stations = files(real_data, day)
    output = tmp_path / "out.nc"
    arguments = ["fuse", file, "--stations", stations, "-o", output, "--json", "--no-qc"]
    # The fields compared with are those of fp32, whatever this processor is best at.
    arguments += ["--precision", "fp32"]
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    read, valid, cells = COUNTS[day]
    counts = {"read": read, "valid": valid, "without_coordinates": 0, "outside_grid": 0}
    assert summary["stations"] == counts | {"used": valid}
    assert summary["days"][0]["cells"] == cells
    with netCDF4.Dataset(output) as dataset:
        field = dataset["pm25"][0].filled(np.nan)
    expected = bare_field(golden, day, file, stations)
    # The inputs differ by up to 0.05 % at a station (above), and the network is about linear in
    # them: at the highest concentrations, some 300 ug/m3, that is 0.15.
    np.testing.assert_allclose(field, expected, rtol=2e-3, atol=0.05)
    assert_cf_compliant(output)


@pytest.mark.slow
def test_even_weeks_of_a_year_are_read_whole(real_data: Path) -> None:
    folder = real_data / "cnemc"
    observations = read_stations(
        folder / "pm25_daily_2019_even_weeks.csv.gz", stations=folder / "station_list.csv"
    )
    pm25 = observations.values["pm25"]
    # As the data's own description counts them, with one value that no air can have.
    assert np.isfinite(pm25).sum() == 245_846
    assert np.nanmax(pm25) == pytest.approx(1389.2)
    assert observations.files[0].remarks == ()
