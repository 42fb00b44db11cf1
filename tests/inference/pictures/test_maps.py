"""Maps show the values of the files, where and when they are, and say what they show."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.image
import netCDF4
import numpy as np
import pyproj
import pytest
from click.testing import CliRunner
from PIL import Image

import pointfuse.pictures.maps
from pointfuse.commands.main import main
from pointfuse.pictures.map_sheet import Sheet

Write = Callable[[str, str | bytes], Path]
HEAD = "station,longitude,latitude,date,pm25\n"
DAYS = ("2019-01-06", "2019-01-07", "2019-04-08", "2019-07-09", "2019-10-10")
SHAPE = (len(DAYS), 12, 16)


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    return result.exit_code, result.output


def plot(*arguments: object) -> tuple[int, str]:
    return run("plot", *arguments)


@pytest.fixture(scope="module")
def fields() -> np.ndarray:
    """What the file holds: values from 0 to 100, another field each day."""
    return np.random.default_rng(20190106).uniform(0, 100, SHAPE).astype(np.float32)


@pytest.fixture(scope="module")
def fused_bytes(
    tiny_model_file: Path, fields: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    folder = tmp_path_factory.mktemp("fused")
    stations, output = folder / "t.csv", folder / "pm25.nc"
    rows = [f"A,105,36,{day},{10 + 5 * number}\n" for number, day in enumerate(DAYS)]
    stations.write_text(HEAD + "".join(rows) + f"B,108,36.5,{DAYS[0]},30\n")
    assert run("fuse", stations, "-o", output, "--model", tiny_model_file, "--no-qc")[0] == 0
    with netCDF4.Dataset(output, "a") as dataset:
        dataset["pm25"][:] = fields
        uncertainty = dataset.createVariable("pm25_uncertainty", "f4", ("time", "y", "x"))
        uncertainty.units = "ug m-3"
        uncertainty[:] = fields / 4
    return output.read_bytes()


@pytest.fixture
def fused(fused_bytes: bytes, write: Write) -> Path:
    """A fused file with fields that can be told apart, and an uncertainty."""
    return write("pm25.nc", fused_bytes)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Sheet]:
    """The sheets that were drawn."""
    sheets: list[Sheet] = []
    make_sheet = pointfuse.pictures.maps.make_sheet

    def kept(*arguments, **options):
        sheets.append(make_sheet(*arguments, **options))
        return sheets[-1]

    monkeypatch.setattr(pointfuse.pictures.maps, "make_sheet", kept)
    return sheets


def values(sheet: Sheet, panel: int = 0) -> np.ndarray:
    return np.ma.filled(sheet.images[panel].get_array(), np.nan)


@pytest.fixture(autouse=True)
def _coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pictures, which take less time."""
    monkeypatch.setattr(pointfuse.pictures.maps, "DOTS_PER_INCH", 60)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["map.png", "map.gif"])
def test_names_in_scripts_that_the_font_lacks_draw_no_warnings(
    fused: Path, tmp_path: Path, name: str
) -> None:
    with netCDF4.Dataset(fused, "a") as dataset:
        dataset["pm25"].long_name = "日平均 PM2.5"
    output = tmp_path / name
    assert plot(fused, "-o", output) == (0, f"wrote {output}\n")


def test_a_map_shows_the_field_of_its_day(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    output = tmp_path / "map.png"
    assert plot(fused, "-o", output, "--days", DAYS[2]) == (0, f"wrote {output}\n")
    (sheet,) = drawn
    np.testing.assert_array_equal(values(sheet), fields[2])
    image = sheet.images[0]
    # 12 x 16 cells of 100 km about the origin, out to their edges.
    assert image.get_extent() == [-800_000, 800_000, -600_000, 600_000]
    assert image.origin == "lower"
    assert image.norm.vmin == 0
    assert image.norm.vmax == pytest.approx(np.quantile(fields[2], 0.998))
    assert sheet.title.get_text() == f"Daily mean PM2.5, {DAYS[2]}"
    texts = {text.get_text() for axes in sheet.figure.axes for text in axes.texts}
    labels = {axes.get_ylabel() for axes in sheet.figure.axes}
    assert "daily mean PM2.5 (µg\N{NO-BREAK SPACE}m⁻³)" in labels
    assert "200 km" in texts
    footer = sheet.figure._supxlabel.get_text()
    assert "tiny 0.1.0" in footer
    assert "Natural Earth" in footer


def test_pixels_have_the_colours_of_the_cells(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    output = tmp_path / "map.png"
    assert plot(fused, "-o", output, "--days", DAYS[0], "--no-borders")[0] == 0
    picture = matplotlib.image.imread(output)[..., :3]
    (sheet,) = drawn
    image = sheet.images[0]
    # The middle of the continent, where no coast is: every cell but for lines of the graticule.
    x = -750_000 + 100_000 * np.arange(16)
    y = -550_000 + 100_000 * np.arange(12)
    places = np.stack(np.meshgrid(x + 20_000, y + 30_000), axis=-1).reshape(-1, 2)
    scale = 60 / sheet.figure.dpi
    column, row = (scale * image.axes.transData.transform(places)).T
    found = picture[picture.shape[0] - 1 - row.astype(int), column.astype(int)]
    expected = image.cmap(image.norm(fields[0].ravel()))[:, :3]
    # 8 bits a colour.
    same = np.abs(found - expected).max(axis=1) < 0.01
    assert same.mean() > 0.9


def test_several_days_are_averaged_and_days_without_a_field_left_out(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    assert plot(fused, "-o", tmp_path / "map.png", "--days", f"{DAYS[0]}:{DAYS[2]}")[0] == 0
    np.testing.assert_allclose(values(drawn[0]), fields[:3].astype(float).mean(axis=0))
    assert drawn[0].title.get_text() == (
        f"Daily mean PM2.5, mean of 3 days, {DAYS[0]} to {DAYS[2]}"
    )
    with netCDF4.Dataset(fused, "a") as dataset:
        dataset["day_status"][1] = 1
        dataset["pm25"][1] = np.ma.masked
        dataset["pm25"][2, 3, 4] = np.ma.masked
    assert plot(fused, "-o", tmp_path / "map.png", "--days", f":{DAYS[2]}")[0] == 0
    expected = fields[[0, 2]].astype(float).mean(axis=0)
    expected[3, 4] = fields[0, 3, 4]
    np.testing.assert_allclose(values(drawn[1]), expected)
    assert "mean of 2 days" in drawn[1].title.get_text()
    code, text = plot(fused, "-o", tmp_path / "map.png", "--days", DAYS[1])
    assert code == 1
    assert f"no field of {DAYS[1]} to {DAYS[1]}; expected days from {DAYS[0]} to" in text


def test_rows_from_north_to_south_are_turned(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    with netCDF4.Dataset(fused, "a") as dataset:
        for name in ("y", "lat", "lon"):
            dataset[name][:] = dataset[name][::-1]
    assert plot(fused, "-o", tmp_path / "map.svg", "--days", DAYS[0])[0] == 0
    np.testing.assert_array_equal(values(drawn[0]), fields[0][::-1])


def test_stations_stand_where_pyproj_has_them_in_the_colours_of_the_field(
    fused: Path, drawn: list[Sheet], tmp_path: Path
) -> None:
    period = f"{DAYS[0]}:{DAYS[1]}"
    assert plot(fused, "-o", tmp_path / "map.png", "--stations", "--days", period)[0] == 0
    (sheet,) = drawn
    (circles,) = sheet.circles
    sphere = "+R=6370000"
    project = pyproj.Transformer.from_crs(
        f"+proj=longlat {sphere}", f"+proj=lcc +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 {sphere}"
    ).transform
    expected = np.stack(project([105, 108], [36, 36.5]), axis=1)
    # A measured 10 and 15, B 30 on one of the days, which compares with no map of both.
    np.testing.assert_allclose(circles.get_offsets(), expected[:1], atol=0.01)
    np.testing.assert_allclose(circles.get_array(), [12.5])
    (rings,) = sheet.rings
    np.testing.assert_allclose(rings.get_offsets(), expected[1:], atol=0.01)
    assert len(rings.get_facecolors()) == 0
    assert rings.get_sizes()[0] < circles.get_sizes()[0] / 2
    key = sheet.images[0].axes.get_legend()
    assert [text.get_text() for text in key.get_texts()] == [
        "1 station with all days",
        "1 station without some days",
    ]
    image = sheet.images[0]
    assert circles.cmap == image.cmap
    assert (circles.norm.vmin, circles.norm.vmax) == (image.norm.vmin, image.norm.vmax)


def test_stations_that_lack_days_are_counted(
    fused: Path, drawn: list[Sheet], tmp_path: Path
) -> None:
    output = tmp_path / "map.png"
    counts = "circles of 1 station with all days and rings of 1 station without some days"
    assert plot(fused, "-o", output, "--stations") == (
        0,
        f"Daily mean PM2.5: {counts}\nwrote {output}\n",
    )
    # A season in which B has nothing at all is none that it lacks days of.
    code, text = plot(fused, "-o", output, "--stations", "--seasons")
    assert (code, text) == (0, f"December to February, 2 days: {counts}\nwrote {output}\n")
    keys = [image.axes.get_legend() for image in drawn[1].images]
    assert [key is not None for key in keys] == [True, False, False, False]
    assert [len(circles.get_offsets()) for circles in drawn[1].circles] == [1, 1, 1, 1]
    # A day has no station that lacks days.
    for day, stations in (DAYS[0], 2), (DAYS[1], 1):
        assert plot(fused, "-o", output, "--stations", "--days", day)[1] == f"wrote {output}\n"
        assert len(drawn[-1].circles[0].get_offsets()) == stations
        assert len(drawn[-1].rings[0].get_offsets()) == 0
        assert drawn[-1].images[0].axes.get_legend() is None


def test_a_moving_picture_shows_the_stations_of_each_day(
    fused: Path, drawn: list[Sheet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[list[float]] = []
    show = Sheet.show

    def noting(sheet: Sheet, *arguments: Any) -> None:
        show(sheet, *arguments)
        shown.append(sheet.circles[0].get_array().tolist())
        assert len(sheet.circles[0].get_offsets()) == len(shown[-1])

    with netCDF4.Dataset(fused, "a") as dataset:
        # B comes on the second day only: what is not there at first must appear.
        dataset["stations/station_pm25"][:2, 1] = np.ma.masked_invalid([np.nan, 33])
    monkeypatch.setattr(Sheet, "show", noting)
    assert plot(fused, "-o", tmp_path / "days.gif", "--stations", "--days", f":{DAYS[2]}")[0] == 0
    assert shown == [[10], [15, 33], [20]]


def test_days_are_those_of_the_files_time_zone(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    """In Kiribati noon is 22:00 UTC of the day before."""
    output = tmp_path / "pm25.nc"
    text = write("t.csv", HEAD + "A,105,36,2019-01-06,10\n")
    arguments = ("fuse", text, "-o", output, "--model", tiny_model_file, "--timezone", "+14:00")
    assert run(*arguments)[0] == 0
    assert plot(output, "-o", tmp_path / "map.png", "--days", "2019-01-06")[0] == 0
    message = plot(output, "-o", tmp_path / "m.png", "--days", "2019-01-05")[1]
    assert "expected days from 2019-01-06" in message


def test_uncertainty_and_support_are_panels_of_their_own(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    options = ("--uncertainty", "--support", "--days", f"{DAYS[0]}:{DAYS[1]}")
    assert plot(fused, "-o", tmp_path / "map.pdf", *options)[0] == 0
    (sheet,) = drawn
    np.testing.assert_allclose(values(sheet, 0), fields[:2].mean(axis=0), rtol=1e-6)
    # 90 in 100 of a logistic distribution are within 1.6234 standard deviations.
    np.testing.assert_allclose(values(sheet, 1), 1.6234 * fields[:2].mean(axis=0) / 4, rtol=1e-4)
    with netCDF4.Dataset(fused) as dataset:
        distance = dataset["station_distance"][:2].mean(axis=0)
    np.testing.assert_allclose(values(sheet, 2), distance, rtol=1e-6)
    titles = [image.axes.get_title(loc="left") for image in sheet.images]
    assert titles == [
        "Daily mean PM2.5",
        "Half-width of the 90 % interval of a day",
        "Distance to the nearest station",
    ]
    assert len({image.cmap.name for image in sheet.images}) == 3
    assert sheet.images[2].norm.boundaries.tolist() == [0, 25, 50, 100, 200, 400, 800]


def test_two_files_are_compared(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    other = tmp_path / "other.nc"
    other.write_bytes(fused.read_bytes())
    second = 0.5 * fields[1] + 30
    with netCDF4.Dataset(other, "a") as dataset:
        dataset["pm25"][1] = second
        dataset["pm25"][1, 0, 0] = np.ma.masked
    assert plot(fused, other, "-o", tmp_path / "map.png", "--days", DAYS[1], "--stations")[0] == 0
    (sheet,) = drawn
    second[0, 0] = np.nan
    difference = second.astype(float) - fields[1]
    np.testing.assert_array_equal(values(sheet, 0), fields[1])
    np.testing.assert_array_equal(values(sheet, 1), second)
    np.testing.assert_allclose(values(sheet, 2), difference, atol=1e-5)
    norms = [image.norm for image in sheet.images]
    assert norms[0].vmax == norms[1].vmax == sheet.circles[1].norm.vmax
    assert norms[2].vmin == -norms[2].vmax
    there = np.isfinite(second)
    title, scores = sheet.images[2].axes.get_title(loc="left").split("\n")
    assert title == "B \N{MINUS SIGN} A"
    mean, error = difference[there].mean(), (difference[there] ** 2).mean() ** 0.5
    # Of a straight line the correlation is 1.
    units = "µg\N{NO-BREAK SPACE}m⁻³"
    expected = f"mean {mean:+.2f}, RMSE {error:.2f} {units}, R² 1.000, 191 of 192 cells"
    assert scores.replace("\N{MINUS SIGN}", "-") == expected
    assert "A: tiny 0.1.0, B: tiny 0.1.0" in sheet.figure._supxlabel.get_text()


def test_what_cannot_be_compared(fused: Path, tmp_path: Path) -> None:
    output = tmp_path / "map.png"
    cases = [
        ("y", lambda y: y - 100_000, "on different grids"),
        ("time", lambda time: time + 24 * 400, "have no day in common"),
        ("units", None, "bring them to one unit"),
    ]
    for name, change, message in cases:
        other = tmp_path / f"{name}.nc"
        other.write_bytes(fused.read_bytes())
        with netCDF4.Dataset(other, "a") as dataset:
            if change is None:
                dataset["pm25"].units = "mg m-3"
            else:
                dataset[name][:] = change(dataset[name][:])
            if name == "y":
                longitude, latitude = moved(dataset)
                dataset["lon"][:], dataset["lat"][:] = longitude, latitude
        code, text = plot(fused, other, "-o", output)
        assert code == 1
        assert message in text
    assert not output.exists()


def moved(dataset: netCDF4.Dataset) -> tuple[np.ndarray, np.ndarray]:
    definition = "+proj=lcc +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +R=6370000"
    back = pyproj.Transformer.from_crs(definition, "+proj=longlat +R=6370000").transform
    return back(*np.meshgrid(dataset["x"][:], dataset["y"][:]))


def test_seasons(fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path) -> None:
    assert plot(fused, "-o", tmp_path / "seasons.png", "--seasons", "--stations")[0] == 0
    (sheet,) = drawn
    days = {
        "December to February, 2 days": [0, 1],
        "March to May, 1 day": [2],
        "June to August, 1 day": [3],
        "September to November, 1 day": [4],
    }
    assert [image.axes.get_title(loc="left") for image in sheet.images] == list(days)
    for panel, chosen in enumerate(days.values()):
        np.testing.assert_allclose(
            values(sheet, panel), fields[chosen].astype(float).mean(axis=0), rtol=1e-6
        )
    assert len({(image.norm.vmin, image.norm.vmax) for image in sheet.images}) == 1
    # A measured 10 and 15 in winter, 20, 25 and 30 later.
    measured = [circles.get_array()[0] for circles in sheet.circles]
    np.testing.assert_allclose(measured, [12.5, 20, 25, 30])
    # Two rows of two, and one colour bar.
    assert sheet.images[0].axes.get_subplotspec().get_gridspec().get_geometry() == (2, 2)
    assert len(sheet.figure.axes) == 5
    # Raw beside completed, a row each, as the publication has them.
    options = ("--seasons", "--days", f"{DAYS[1]}:{DAYS[2]}")
    assert plot(fused, fused, "-o", tmp_path / "both.png", *options)[0] == 0
    assert drawn[1].images[0].axes.get_subplotspec().get_gridspec().get_geometry() == (3, 2)
    np.testing.assert_array_equal(values(drawn[1], 3), fields[2])
    assert drawn[1].images[3].axes.get_title(loc="left") == "B: pm25.nc, March to May, 1 day"
    np.testing.assert_array_equal(values(drawn[1], 5), np.zeros(SHAPE[1:]))


def test_gif_has_a_frame_a_day_in_the_same_colours(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    output = tmp_path / "days.gif"
    options = ("--stations", "--days", f"{DAYS[2]}:")
    assert plot(fused, "-o", output, *options) == (0, f"wrote {output}\n")
    (sheet,) = drawn
    fields = fields[2:]
    # The last frame is what the sheet shows at the end.
    np.testing.assert_array_equal(values(sheet), fields[-1])
    assert sheet.circles[0].get_array()[0] == 30
    assert sheet.title.get_text().endswith(DAYS[-1])
    image = sheet.images[0]
    x, y = image.axes.transData.transform((-730_000, -520_000))
    with Image.open(output) as picture:
        assert picture.n_frames == 3
        for frame in range(picture.n_frames):
            picture.seek(frame)
            assert picture.info["duration"] == 250
            shown = np.asarray(picture.convert("RGB"))
            found = shown[shown.shape[0] - 1 - int(y), int(x)] / 255
            expected = image.cmap(image.norm(fields[frame, 0, 0]))[:3]
            # 216 colours of the map are in a GIF: half a step is 1/432 of their range.
            np.testing.assert_allclose(found, expected, atol=0.02)
    # The colours of some cells of all days.
    thinned = fields[:, ::3, ::3]
    assert image.norm.vmax == pytest.approx(np.quantile(thinned, 0.998))
    assert list(tmp_path.glob(".*")) == []


def test_an_animation_that_breaks_off_leaves_nothing(
    fused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []

    def fail(*_: object) -> None:
        shown.append(1)
        if len(shown) == 2:
            raise OSError("no space left")

    monkeypatch.setattr(Sheet, "show", fail)
    output = tmp_path / "days.gif"
    output.write_bytes(b"the old one")
    code, text = plot(fused, "-o", output)
    assert code == 1
    assert "no space left" in text
    assert output.read_bytes() == b"the old one"
    assert list(tmp_path.glob(".*")) == []


FFMPEG = """#!{python}
import sys
arguments = sys.argv[1:]
if "-version" in arguments:
    raise SystemExit
width, height = map(int, arguments[arguments.index("-s") + 1].split("x"))
read = sys.stdin.buffer.read()
with open(arguments[-1], "w") as written:
    written.write(f"{{width}} {{height}} {{len(read) / (4 * width * height)}}")
"""


def test_mp4_goes_through_ffmpeg_or_says_that_there_is_none(
    fused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program in place of ffmpeg counts the frames of 4 bytes a pixel that it is given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    output = tmp_path / "days.mp4"
    code, text = plot(fused, "-o", output)
    assert code == 1
    assert "needs the program ffmpeg" in text
    assert "name a GIF: days.gif" in text
    assert not output.exists()
    program = folder / "ffmpeg"
    program.write_text(FFMPEG.format(python=sys.executable))
    program.chmod(0o755)
    assert plot(fused, "-o", output, "--days", f"{DAYS[3]}:")[0] == 0
    width, height, frames = map(float, output.read_text().split())
    # H.264 takes even sizes only.
    assert width % 2 == height % 2 == 0
    assert frames == 2


def test_any_field_on_a_grid_can_be_drawn(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    archive = tmp_path / "archive.nc"
    archive.write_bytes(fused.read_bytes())
    with netCDF4.Dataset(archive, "a") as dataset:
        dataset["pm25"].delncattr("ancillary_variables")
        dataset.delncattr("model_name")
    output = tmp_path / "map.png"
    code, text = plot(archive, "-o", output)
    assert code == 1
    assert "select one with --variable pm25" in text
    assert plot(archive, "-o", output, "--variable", "pm25")[0] == 0
    np.testing.assert_allclose(values(drawn[0]), fields.astype(float).mean(axis=0))
    assert "pointfuse 0.1.0 with the network tiny" in drawn[0].figure._supxlabel.get_text()
    code, text = plot(archive, "-o", output, "--variable", "ozone")
    assert code == 1
    assert "archive.nc has no fields of ozone; it holds pm25" in text


def test_what_cannot_be_drawn(fused: Path, write: Write, tmp_path: Path) -> None:
    output = tmp_path / "map.png"
    without = tmp_path / "without.nc"
    without.write_bytes(fused.read_bytes())
    with netCDF4.Dataset(without, "a") as dataset:
        dataset["stations"].renameVariable("station_pm25", "measured")
        dataset.renameVariable("pm25_uncertainty", "error")
        dataset["pm25"].ancillary_variables = "station_distance"
    empty = tmp_path / "empty.nc"
    netCDF4.Dataset(empty, "w").close()
    cases = [
        ((tmp_path / "none.nc", "-o", output), "there is no file"),
        ((write("text.nc", "text"), "-o", output), "is not a netCDF file"),
        ((empty, "-o", output), "has no field; expected a file written by 'pointfuse fuse'"),
        ((without, "-o", output, "--stations"), "holds no stations of pm25"),
        ((without, "-o", output, "--uncertainty"), "holds no pm25_uncertainty; fuse with a model"),
        ((fused, "-o", output, "--days", "2020-01-01"), "expected days from 2019-01-06 to 2019-"),
        ((fused, "-o", tmp_path / "map.docx"), "*.png, *.pdf, *.svg, *.gif or *.mp4, got map.docx"),
        ((fused, "-o", tmp_path / "none" / "map.png"), "does not exist"),
        ((fused, "-o", fused), "is one of the files to read"),
    ]
    for arguments, message in cases:
        code, text = plot(*arguments)
        assert code == 1
        assert message in text
    assert not output.exists()
    usage = [
        (fused, fused, fused, "-o", output),
        (fused, fused, "-o", output, "--support"),
        (fused, "-o", tmp_path / "map.gif", "--seasons"),
        (fused, "-o", output, "--days", "2019-02-01:2019-01-01"),
        (tmp_path / "model.onnx", "-o", output, "--stations"),
    ]
    for arguments in usage:
        assert plot(*arguments)[0] == 2


def test_map_without_matplotlib_says_how_to_get_it(
    fused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, text = plot(fused, "-o", tmp_path / "map.png")
    assert code == 1
    assert "install it with pip install 'pointfuse[plot]'" in text


def test_a_map_is_as_it_was_asked_for(fused: Path, drawn: list[Sheet], tmp_path: Path) -> None:
    output = tmp_path / "map.png"
    extent = "103,35,107,38"
    options = ("--range", "10:60", "--extent", extent, "--title", "Haze", "--dpi", "40")
    assert plot(fused, "-o", output, *options)[0] == 0
    (sheet,) = drawn
    norm = sheet.images[0].norm
    assert (norm.vmin, norm.vmax) == (10.0, 60.0)
    assert sheet.title.get_text() == "Haze"
    west, east = sheet.figure.axes[0].get_xlim()
    # Four degrees of longitude at 35 N, where a degree is 91.2 km, and this projection has 0.98.
    assert east - west == pytest.approx(4 * 0.98 * 91.2e3, rel=0.01)
    with Image.open(output) as picture:
        assert picture.width == pytest.approx(40 * sheet.figure.get_size_inches()[0], abs=1)


def test_cells_without_support_are_grey(
    fused: Path, fields: np.ndarray, drawn: list[Sheet], tmp_path: Path
) -> None:
    options = ("--days", DAYS[0], "--mask-unsupported", "300", "--uncertainty")
    assert plot(fused, "-o", tmp_path / "map.png", *options)[0] == 0
    (sheet,) = drawn
    with netCDF4.Dataset(fused) as dataset:
        near = np.asarray(dataset["station_distance"][0]) <= 300
    assert 0 < near.sum() < near.size
    np.testing.assert_array_equal(values(sheet), np.where(near, fields[0], np.nan))
    np.testing.assert_array_equal(np.isfinite(values(sheet, 1)), near)
    assert "grey: farther than 300 km from a station" in sheet.figure._supxlabel.get_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--range", "10"), "expected 2 numbers with ':' between them, got '10'"),
        (("--range", "60:10"), "expected a range that rises"),
        (("--levels", "a,b"), "expected numbers with ',' between them"),
        (("--levels", "0,nan"), "expected numbers with ',' between them"),
        (("--extent", "1,2,3"), "expected 4 numbers"),
        (("--extent", "10,40,20,50"), "shows no cell of the grid"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(
    fused: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    code, output = plot(fused, "-o", tmp_path / "map.png", *options)
    assert code != 0
    assert said in output.replace("\n", " ")
    assert not (tmp_path / "map.png").exists()


def test_names_in_other_scripts_and_with_dollars_are_no_trouble(
    fused: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """Whether a font has the characters or not, and though a dollar begins a formula."""
    places = tmp_path / "places.csv"
    places.write_text("name,longitude,latitude\n北京,105,36\n$\\foo{$,103,35\n", encoding="utf-8")
    output = tmp_path / "map.png"
    words = ("--places", places, "--title", "$\\foo{$", "--quiet")
    assert plot(fused, "-o", output, *words) == (0, "")
    assert output.stat().st_size > 0
    assert not [each for each in recwarn if "Glyph" in str(each.message)]


def test_places_beside_the_map_are_told(
    fused: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    places = tmp_path / "places.csv"
    places.write_text("name,longitude,latitude\nParis,2.3,48.9\n", encoding="utf-8")
    assert plot(fused, "-o", tmp_path / "map.png", "--places", places)[0] == 0
    assert caplog.messages == ["none of 1 place is on the map"]
