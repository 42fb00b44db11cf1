"""The modules of the page outside of a browser, against numpy, PROJ, netCDF4 and the package."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pyproj
import pytest

import pointfuse
from pointfuse import read_stations
from pointfuse.errors import InputError
from pointfuse.grid.grid_mapping import mapping_attributes
from pointfuse.grid.natural_earth import read_lines
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)
from pointfuse.model.model_file import read_model_file
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse.stations.reading import DEFAULT_VARIABLES

HERE = Path(__file__).parent
EXAMPLES = Path(__file__).parents[2] / "examples"
SPHERE = 6_370_000.0
# With PROJ's own words for each.
PROJECTIONS: list[tuple[Projection, str]] = [
    (
        LambertConformal((25.0, 47.0), 105.0, 36.0, SPHERE),
        "lcc lat_1=25 lat_2=47 lat_0=36 lon_0=105",
    ),
    (
        LambertConformal((40.0, 40.0), -97.0, 40.0, SPHERE),
        "lcc lat_1=40 lat_2=40 lat_0=40 lon_0=-97",
    ),
    (
        LambertConformal((-20.0, -40.0), 135.0, -30.0, SPHERE),
        "lcc lat_1=-20 lat_2=-40 lat_0=-30 lon_0=135",
    ),
    (PolarStereographic(-45.0, 90.0, 60.0, SPHERE), "stere lat_0=90 lat_ts=60 lon_0=-45"),
    (PolarStereographic(0.0, -90.0, -71.0, SPHERE), "stere lat_0=-90 lat_ts=-71 lon_0=0"),
    (Mercator(120.0, 20.0, SPHERE), "merc lat_ts=20 lon_0=120"),
    (LatitudeLongitude(10.0, SPHERE), "eqc lat_ts=0 lon_0=10"),
]


def map_lines(folder: Path) -> list[list[list[float]]]:
    """Points of all coasts and borders; their arrays are left in the folder."""
    file = Path(pointfuse.__file__).parent / "grid" / "natural_earth.npz"
    with zipfile.ZipFile(file) as stored:
        stored.extractall(folder)
    lines = []
    for kind in ("coast", "borders"):
        points, begins = read_lines(kind)
        lines += [line.tolist() for line in np.split(points, begins[1:])]
    return lines


@pytest.mark.slow
def test_modules(node: str, tmp_path: Path) -> None:
    """`node --test` with what it needs, and what it leaves for netCDF4 to read."""
    rng = np.random.default_rng(5)
    cases = []
    for projection, words in PROJECTIONS:
        reference = pyproj.Proj(f"+proj={words.replace(' ', ' +')} +R={SPHERE}")
        longitude = rng.uniform(-179, 179, 200)
        south = projection.origin.startswith("-")
        latitude = rng.uniform(*((-80, 20) if south else (-20, 80)), 200)
        x, y = reference(longitude, latitude)
        mapping = {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in mapping_attributes(projection).items()
        }
        points = zip(longitude, latitude, x, y, strict=True)
        names = ("longitude", "latitude", "x", "y")
        cases.append(
            {"mapping": mapping, "points": [dict(zip(names, p, strict=True)) for p in points]}
        )
    (tmp_path / "projections.json").write_text(json.dumps(cases))
    model = model_folder() / shipped_models()[0].file
    shutil.copy(model, tmp_path / "shipped.onnx")
    (tmp_path / "metadata.json").write_text(read_model_file(model)[1].to_json())
    (tmp_path / "lines.json").write_text(json.dumps(map_lines(tmp_path)))
    completed = subprocess.run(
        [node, "--test", *sorted(map(str, HERE.glob("*.test.mjs")))],
        capture_output=True,
        text=True,
        env={**os.environ, "GOLDEN": str(tmp_path)},
        check=False,
    )
    assert completed.returncode == 0, completed.stdout
    with netCDF4.Dataset(tmp_path / "written.nc") as dataset:
        assert dataset.data_model == "NETCDF3_64BIT_OFFSET"
        assert (dataset.title, dataset.none) == ("µg", "")
        assert dataset.dimensions["time"].isunlimited()
        assert dataset["time"][:].tolist() == [0.5, 1.5]
        assert dataset["flag"][:].tolist() == [1, -2, 3]
        assert dataset["flag"].flag_values.dtype == np.int8
        assert dataset["count"][:].tolist() == [[1, 2, 3], [-4, 5, 6]]
        letters = dataset["code"][:].filled(b"")
        assert [b"".join(row).decode() for row in letters] == ["A", "站"]
        np.testing.assert_array_equal(dataset["pm25"][:], [[1.5, np.nan, 3], [4, 5, 6]])
        assert dataset["pm25"]._FillValue == -1
        assert dataset["crs"][...] == 7
        assert dataset["crs"].earth_radius == SPHERE


def of_page(node: str, files: list[Path], timezone: str, min_hours: int) -> dict[str, Any]:
    """Daily means as the page makes them."""
    variables = [
        {"name": each.name, "units": each.units, "validRange": each.valid_range}
        for each in DEFAULT_VARIABLES
    ]
    completed = subprocess.run(
        [node, HERE / "daily_means.mjs", timezone, str(min_hours), json.dumps(variables), *files],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(completed.stdout)
    return found


def hourly(zone: str) -> str:
    """Three days of two stations: gaps, values that are none, minutes, offsets, repeated rows."""
    rng = np.random.default_rng(11)
    lines = ["time,station,latitude,longitude,pm25 [mg/m3],wind_speed [km/h]"]
    for hour in range(72):
        stamp = f"2019-03-{30 + hour // 24:02d}" if hour < 48 else "2019-04-01"
        text = f"{stamp}T{hour % 24:02d}:{30 * (hour % 2):02d}"
        for station, place in (("A", "36,105"), ("B", "-33.5,151.25")):
            value = "-" if rng.random() < 0.2 else f"{rng.uniform(0, 0.2):.4f}"
            value = "-0.999" if rng.random() < 0.05 else value
            offset = zone if station == "B" else ""
            lines.append(f"{text}{offset},{station},{place},{value},{rng.uniform(0, 20):.2f}")
    return "\n".join([*lines, lines[-1]]) + "\n"


CASES = {
    "the example": (
        [(EXAMPLES / "air_quality.csv").read_text(), (EXAMPLES / "weather.csv").read_text()],
        "Asia/Shanghai",
        18,
    ),
    # Clocks change on 31 March.
    "summer time": ([hourly("Z")], "Europe/Paris", 18),
    "an offset": ([hourly("+0530")], "-03:30", 12),
    "two files": (
        [
            "station,longitude,latitude,date,pm25\nA,105,36,20190106,5\nB,,,20190106,6\n",
            "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,5\nA,105,36,2019-01-08,NA\n",
        ],
        "UTC",
        18,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_daily_means_are_those_of_the_package(node: str, tmp_path: Path, case: str) -> None:
    texts, timezone, min_hours = CASES[case]
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.csv.gz")
        files[-1].write_bytes(gzip.compress(text.encode()))
    expected = read_stations(files, timezone=timezone, min_hours=min_hours, quality_control=False)
    found = of_page(node, files, timezone, min_hours)
    assert found["days"] == [str(day) for day in expected.times]
    assert [station["code"] for station in found["stations"]] == expected.stations.code.tolist()
    shape = (len(expected.times), len(expected.stations))
    for variable in DEFAULT_VARIABLES:
        values = np.array(found["values"][variable.name], np.float64).reshape(shape)
        table = expected.values.get(variable.name, np.full(shape, np.nan))
        low, high = variable.valid_range
        # The package leaves these out when it puts stations on the grid.
        table = np.where((table >= low) & (table <= high), table, np.nan)
        # Sums of two dozen values in another order.
        np.testing.assert_allclose(values, table, rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "station,longitude,latitude,pm25\nA,105,36,5\n",
        "station,longitude,latitude,date,time,pm25\n",
        "station,longitude,latitude,date,pm25\n",
        "station,longitude,latitude,date,ozone\nA,105,36,2019-01-06,5\n",
        "station,longitude,longitude,latitude,date,pm25\nA,1,1,1,2019-01-06,5\n",
        "station,longitude,latitude,date,pm25,pm25 [mg/m3]\nA,105,36,2019-01-06,5,5\n",
        "station,longitude,latitude,date,pm25\nA,105,36,2019-02-30,5\n",
        "station,longitude,latitude,date,pm25\nA,105,136,2019-01-06,5\n".replace("105", "205"),
        "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,5\nA,105,37,2019-01-07,5\n",
        "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,5\nA,105,36,2019-01-06,6\n",
        "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,1_000\n",
        "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,inf\n",
        "station,longitude,latitude,date,pm25\n,105,36,2019-01-06,5\n",
        "station,longitude,latitude,time,pm25\nA,105,36,2019-01-06T25:00,5\n",
    ],
)
def test_what_the_package_refuses_the_page_refuses(node: str, tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(InputError):
        read_stations(file)
    assert "bad.csv" in of_page(node, [file], "UTC", 18)["error"]
