"""The modules of the page outside of a browser, against numpy, PROJ, netCDF4 and the package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest

import pointfuse
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

HERE = Path(__file__).parent
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


def test_modules_are_short_and_rooms_are_not_crowded() -> None:
    """As `tests/test_rooms.py` has it for the packages."""
    folder = HERE.parents[1] / "inference" / "web" / "js"
    modules = sorted(folder.rglob("*.js"))
    assert modules
    long = [path.name for path in modules if len(path.read_text().splitlines()) > 400]
    assert long == []
    rooms = {path.parent for path in modules}
    assert [room.name for room in rooms if len([*room.iterdir()]) > 18] == []
    # The first line of a module says what it does.
    unnamed = [path.name for path in modules if f"@module {path.stem} " not in path.read_text()]
    assert unnamed == []
