"""Maps of concentrations in the classes and colours of an index."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.colors import to_hex

import pointfuse.pictures.maps
from pointfuse.commands.main import main
from pointfuse.pictures.map_sheet import Sheet

DAYS = ("2019-01-06", "2019-01-07")


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    return result.exit_code, result.output


@pytest.fixture
def fused(tiny_model_file: Path, tmp_path: Path) -> Path:
    """Two days with a station of 35 and 61."""
    table, output = tmp_path / "t.csv", tmp_path / "pm25.nc"
    rows = [f"A,105,36,{day},{value}\n" for day, value in zip(DAYS, (35, 61), strict=True)]
    table.write_text("station,longitude,latitude,date,pm25\n" + "".join(rows))
    assert run("fuse", table, "-o", output, "--model", tiny_model_file, "--no-qc")[0] == 0
    return output


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Sheet]:
    """The sheets that were drawn, small."""
    sheets: list[Sheet] = []
    make_sheet = pointfuse.pictures.maps.make_sheet

    def kept(*arguments, **options):
        sheets.append(make_sheet(*arguments, **options))
        return sheets[-1]

    monkeypatch.setattr(pointfuse.pictures.maps, "make_sheet", kept)
    monkeypatch.setattr(pointfuse.pictures.maps, "DOTS_PER_INCH", 60)
    return sheets


def colours(sheet: Sheet) -> np.ndarray:
    """Colour of each cell, such as #00e400."""
    image = sheet.images[0]
    drawn = image.cmap(image.norm(image.get_array().ravel()))
    return np.array([to_hex(each) for each in drawn]).reshape(image.get_array().shape)


@pytest.mark.parametrize(
    ("standard", "classes"),
    [
        # HJ 633: 36 is yellow, since concentrations are rounded to whole numbers before.
        ("china", [(35.4, "#00e400"), (35.6, "#ffff00"), (60, "#ffff00"), (60.6, "#ff7e00")]),
        ("china-2012", [(75, "#ffff00"), (76, "#ff7e00"), (250, "#99004c"), (251, "#7e0023")]),
        # 40 CFR 58: tenths are cut. The second colour is that of 9.1 to 35.4.
        ("us", [(9.04, "#00e400"), (9.1, "#ffff00"), (35.4, "#ffff00"), (35.5, "#ff7e00")]),
        ("us", [(125.4, "#ff0000"), (125.5, "#8f3f97"), (225.4, "#8f3f97"), (225.5, "#7e0023")]),
        # Bands are as they are: 5 is good, and what is more is fair.
        ("europe", [(5, "#50f0e6"), (5.1, "#50ccaa"), (140, "#960032"), (141, "#7d2181")]),
        ("who", [(15, "#2c7bb6"), (15.1, "#abd9e9"), (75, "#d7191c"), (75.1, "#7f0000")]),
    ],
)
def test_a_cell_has_the_colour_of_its_class(
    standard: str,
    classes: list[tuple[float, str]],
    fused: Path,
    drawn: list[Sheet],
    tmp_path: Path,
) -> None:
    with netCDF4.Dataset(fused, "a") as dataset:
        field = np.full(dataset["pm25"].shape[1:], 500, np.float32)
        field[5, :4] = [value for value, _ in classes]
        dataset["pm25"][0] = field
    call = ("plot", fused, "-o", tmp_path / "map.png", "--days", DAYS[0], "--aqi", standard)
    assert run(*call)[0] == 0
    found = colours(drawn[0])
    assert found[5, :4].tolist() == [colour for _, colour in classes]
    # The last class is the worst.
    assert found[0, 0] == {"europe": "#7d2181", "who": "#7f0000"}.get(standard, "#7e0023")


def test_a_day_looks_as_its_index_does(fused: Path, drawn: list[Sheet], tmp_path: Path) -> None:
    with netCDF4.Dataset(fused, "a") as dataset:
        shape = dataset["pm25"].shape
        # Evenly over the classes, of which the best is small.
        dataset["pm25"][:] = 600 * np.random.default_rng(7).uniform(0, 1, shape) ** 3
    index = tmp_path / "index.nc"
    assert run("index", fused, "-o", index, "--standard", "us")[0] == 0
    picture = ("-o", tmp_path / "map.png", "--days", DAYS[1])
    assert run("plot", index, *picture)[0] == 0
    assert run("plot", fused, *picture, "--aqi", "us")[0] == 0
    np.testing.assert_array_equal(colours(drawn[1]), colours(drawn[0]))
    assert len(np.unique(colours(drawn[1]))) == 6
    bars = [
        [tick.get_text() for tick in sheet.figure.axes[-1].get_yticklabels()] for sheet in drawn
    ]
    assert bars[0] == bars[1]
    assert bars[0][1] == "moderate\n51 to 100"
    code, said = run("plot", index, *picture, "--aqi", "us")
    assert code == 1
    assert "index.nc holds the air quality index of the United States already" in said


def test_of_several_days_it_is_the_class_of_the_mean(
    fused: Path, drawn: list[Sheet], tmp_path: Path
) -> None:
    """35 and 61 have the mean 48, an index of 76; those of the days are 50 and 102."""
    assert run("plot", fused, "-o", tmp_path / "map.png", "--aqi", "china", "--stations")[0] == 0
    (sheet,) = drawn
    assert set(sheet.images[0].get_array().ravel().tolist()) == {76}
    # Circles are in the same classes.
    assert sheet.circles[0].get_array().tolist() == [76]
    assert sheet.circles[0].cmap == sheet.images[0].cmap
    assert "classes of the air quality index of China" in sheet.figure._supxlabel.get_text()


def test_units_are_those_of_the_file(fused: Path, drawn: list[Sheet], tmp_path: Path) -> None:
    with netCDF4.Dataset(fused, "a") as dataset:
        dataset["pm25"].units = "mg m-3"
        dataset["pm25"][:] = 0.0601
    assert run("plot", fused, "-o", tmp_path / "map.png", "--aqi", "china")[0] == 0
    assert set(colours(drawn[0]).ravel()) == {"#ffff00"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--aqi", "mars"), "'mars' is not one of 'china'"),
        (("--aqi", "us", "--levels", "1,2"), "an index has colours of its own"),
        (("--aqi", "us", "--variable", "station_distance"), "is no pollutant of an index"),
    ],
)
def test_what_is_refused(options: tuple[str, ...], said: str, fused: Path, tmp_path: Path) -> None:
    code, text = run("plot", fused, "-o", tmp_path / "map.png", *options)
    assert code != 0
    assert said in " ".join(text.split())
    assert not (tmp_path / "map.png").exists()


def test_hours_have_no_index_but_that_of_europe(tiny_model_file: Path, tmp_path: Path) -> None:
    table, hours = tmp_path / "t.csv", tmp_path / "hours.nc"
    table.write_text(
        "station,longitude,latitude,time,pm25\nA,105,36,2019-01-06T10:00:00+08:00,10\n"
    )
    call = ("fuse", table, "-o", hours, "--model", tiny_model_file, "--hourly")
    assert run(*call)[0] == 0
    picture = ("plot", hours, "-o", tmp_path / "map.png", "--aqi")
    code, said = run(*picture, "us")
    assert code == 1
    assert "is of the values of days; fuse it without --hourly, or use --aqi europe" in said
    assert run(*picture, "europe")[0] == 0
    code, said = run("plot", hours, hours, "-o", tmp_path / "two.png", "--aqi", "europe")
    assert code == 2
    assert "--mask-unsupported and --aqi, got two" in " ".join(said.split())
