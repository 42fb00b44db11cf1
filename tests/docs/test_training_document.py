"""training.md takes a modeller from IOAPI files to a model, with the commands that it gives.

The commands and files of its section are run as they stand, on a grid, a projection and a species
that are none of the shipped model's; only what would take long is made short.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest
from click.testing import CliRunner

from pointfuse import load_model
from pointfuse.commands.main import main as pointfuse
from pointfuse_export.commands.main import main as pointfuse_export
from pointfuse_training.archives.archive import Archive
from pointfuse_training.commands.main import main as pointfuse_train
from pointfuse_training.fitting.provenance import archive_sha256

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).parents[2] / "docs" / "guide" / "training.md"
TITLE = "## From IOAPI files to a model of your own\n"

PROGRAMS = {
    "pointfuse": pointfuse,
    "pointfuse-train": pointfuse_train,
    "pointfuse-export": pointfuse_export,
}

# What is added to a command so that it takes seconds; of options that occur twice the last holds.
SHORT = {
    "fit": "--device cpu --recipe short.toml",
}

RECIPE = """
widths = [4, 8]
batch = 2
iterations = 100
learning_rate = 5e-3
warm_up = 5
average = 0.9
"""

ROWS, COLUMNS, CELL = 22, 27, 36_000.0
PROJECTION = "+proj=lcc +lat_1=33 +lat_2=45 +lat_0=40 +lon_0=-97 +R=6370000"
WEST, SOUTH = 800_000.0, -500_000.0
"""Centre of the cell in the south-west, m."""

MONTHS = ("05", "06", "07", "08", "09")
HOURS = 48


def wave(hours: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Ozone with a daily cycle over a pattern that travels east, ppb."""
    daily = 15 * np.sin(2 * np.pi * (hours - 8) / 24)
    pattern = 12 * np.sin((column - 0.2 * hours) / 3) * np.cos(row / 4)
    return 45 + daily + pattern


def write_ioapi(path: Path, month: str, fields: dict[str, tuple[str, np.ndarray]]) -> None:
    """Two days of hours from the midnight of the first, as CMAQ and MCIP write them."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as dataset:
        dataset.setncatts({"GDTYP": 2, "P_ALP": 33.0, "P_BET": 45.0, "P_GAM": -97.0})
        dataset.setncatts({"XCENT": -97.0, "YCENT": 40.0, "XCELL": CELL, "YCELL": CELL})
        # Corner of the grid, not centre of the cell.
        dataset.setncatts({"XORIG": WEST - CELL / 2, "YORIG": SOUTH - CELL / 2, "TSTEP": 10_000})
        dataset.createDimension("TSTEP", None)
        for name, size in {"DATE-TIME": 2, "LAY": 1, "VAR": len(fields)}.items():
            dataset.createDimension(name, size)
        dataset.createDimension("ROW", ROWS)
        dataset.createDimension("COL", COLUMNS)
        flags = dataset.createVariable("TFLAG", "i4", ("TSTEP", "VAR", "DATE-TIME"))
        first = np.datetime64(f"2019-{month}-10T05", "h")
        for index, time in enumerate((first + np.arange(HOURS)).tolist()):
            flags[index] = [int(time.strftime("%Y%j")), int(time.strftime("%H%M%S"))]
        for name, (units, values) in fields.items():
            variable = dataset.createVariable(name, "f4", ("TSTEP", "LAY", "ROW", "COL"))
            variable.units = units
            variable[:, 0] = np.broadcast_to(values, (HOURS, ROWS, COLUMNS))


def write_cmaq(folder: Path) -> None:
    """A CMAQ run: two local days of each month, chemistry and meteorology apart, and the grid."""
    hour, row, column = np.ogrid[:HOURS, :ROWS, :COLUMNS]
    for number, month in enumerate(MONTHS):
        ozone = wave(hour + 7 * number, row, column)
        write_ioapi(folder / f"COMBINE_ACONC_2019{month}.nc", month, {"O3": ("ppmV", ozone / 1000)})
        weather = {
            "Q2": ("KG/KG", 0.006 + 0.0001 * row),
            "TEMP2": ("K", 290 + 5 * np.sin(hour / 4)),
            "PRSFC": ("Pascal", np.array(100_000.0)),
            "WSPD10": ("M/S", 3 + 0.1 * column),
        }
        write_ioapi(folder / f"METCRO2D_2019{month}.nc", month, weather)
    _, row, column = np.broadcast_arrays(hour[:1], row, column)
    sea = column > COLUMNS - 5
    cover = np.zeros((18, 1, ROWS, COLUMNS))
    cover[17], cover[13], cover[4] = sea, ~sea * (row % 5 == 0), ~sea * (row % 5 > 0)
    shares = {f"LUFRAC_{number:02d}": ("1", cover[number]) for number in range(1, 18)}
    ground = {"HT": ("M", 400.0 * (column < 6)), "LWMASK": ("1", 1.0 * ~sea)}
    write_ioapi(folder / "GRIDCRO2D_20190101.nc", "01", ground | shares)


def write_stations(path: Path, header: str) -> None:
    """Stations at the centres of cells on a day of the year after."""
    row, column = (part.ravel() for part in np.mgrid[2:ROWS:4, 2:COLUMNS:4])
    x, y = WEST + CELL * column, SOUTH + CELL * row
    longitude, latitude = pyproj.Proj(PROJECTION)(x, y, inverse=True)
    values = wave(np.arange(24), row[:, None], column[:, None]).mean(axis=1)
    lines = [
        f"S{number},{east:.5f},{north:.5f},2020-07-01,{value:.2f}"
        for number, (east, north, value) in enumerate(zip(longitude, latitude, values, strict=True))
    ]
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def run(line: str) -> str:
    """Run a command as a shell would; what it printed."""
    program, *words = shlex.split(line)
    if program == "mkdir":
        (folder,) = words
        Path(folder).mkdir()
        return ""
    expanded = [name for word in words for name in sorted(map(str, Path().glob(word))) or [word]]
    short = shlex.split(SHORT.get(words[0], ""))
    result = CliRunner().invoke(PROGRAMS[program], [*expanded, *short])
    assert result.exit_code == 0, f"{line}: {result.output}"
    return result.output


def described(text: str) -> None:
    """Write the description with the scores of the evaluation; without them it is refused."""
    Path("ozone.toml").write_text(text, encoding="utf-8")
    refused = CliRunner().invoke(pointfuse_export, ["ozone.toml", "-o", "."])
    assert refused.exit_code == 1
    assert "'scores[0].r2' should be a finite number, got nan" in refused.output
    scores = json.loads(Path("scores.json").read_text(encoding="utf-8"))
    means = scores["methods"]["network"]["cells not sampled"]["mean_of_days"]
    for name in ("r2", "rmse", "nme"):
        text = text.replace(f"{name} = nan", f"{name} = {means[name]}")
    Path("ozone.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all blocks of the section were run, from the first to the last."""
    section = DOCUMENT.read_text(encoding="utf-8").split(TITLE)[1].split("\n## ")[0]
    (header,) = re.findall(r"^(station,longitude,.*)$", section, re.MULTILINE)
    folder = tmp_path_factory.mktemp("modeller")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_cmaq(folder)
        write_stations(folder / "stations.csv", header)
        (folder / "short.toml").write_text(RECIPE)
        for kind, text in re.findall(r"^```(\w+)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE):
            if kind == "toml":
                described(text)
            elif kind == "python":
                exec(text, {})
            elif kind == "sh" and text != "pointfuse-train static --grid archive -o layers.npz\n":
                # That command fetches packages; the code that stands beside it is run instead.
                for line in text.splitlines():
                    said = run(line)
        assert " ppb\nwrote o3.nc: 1 day" in said
    return folder


def truth() -> np.ndarray:
    """What the stations measured, in every cell."""
    return wave(*np.ogrid[:24, :ROWS, :COLUMNS]).mean(axis=0)


def test_the_archive_holds_the_daily_means_of_the_files(folder: Path) -> None:
    archive = Archive(folder / "archive")
    assert (archive.shape, len(archive)) == ((ROWS, COLUMNS), 2 * len(MONTHS))
    assert (archive.target.name, archive.target.units) == ("o3", "1e-9")
    # Local days begin at 05 UTC, the first record of the files.
    np.testing.assert_array_equal(archive.dates[:2], np.array(["2019-05-10", "2019-05-11"], "M8"))
    # Half a step of the packing, and ppm in single precision.
    half = archive.target.resolution / 2
    np.testing.assert_allclose(archive[0][0], truth(), rtol=1e-6, atol=half)


def test_the_model_is_of_the_species_and_the_grid_of_the_files(folder: Path) -> None:
    metadata = load_model(folder / "model" / "ozone-eastern-us.onnx").metadata
    assert (metadata.target.name, metadata.target.units) == ("o3", "1e-9")
    assert metadata.grid.shape == (ROWS, COLUMNS)
    x, y = np.meshgrid(WEST + CELL * np.arange(COLUMNS), SOUTH + CELL * np.arange(ROWS))
    expected = pyproj.Proj(PROJECTION)(x, y, inverse=True)
    # 1e-7 degrees are a centimetre.
    np.testing.assert_allclose(metadata.grid.longitude_latitude(), expected, rtol=0, atol=1e-7)
    assert metadata.training["archive_sha256"] == archive_sha256(Archive(folder / "archive"))
    (score,) = metadata.scores
    assert score["r2"] > 0.7
    card = (folder / "model" / "ozone-eastern-us.md").read_text(encoding="utf-8")
    assert "RMSE, ppb" in card


def test_the_map_shows_what_the_stations_measured(folder: Path) -> None:
    with netCDF4.Dataset(folder / "o3.nc") as dataset:
        field, scale = np.asarray(dataset["o3"][0]), np.asarray(dataset["o3_uncertainty"][0])
        assert dataset["o3"].standard_name == "mole_fraction_of_ozone_in_air"
    # It learned for seconds; on another grid, upside down or in other units nothing would fit.
    assert np.corrcoef(field.ravel(), truth().ravel())[0, 1] > 0.8
    assert abs(field - truth()).mean() < 5
    assert (scale > 0).all()
