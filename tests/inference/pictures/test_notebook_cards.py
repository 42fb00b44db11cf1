"""What notebooks show: sound, escaped, small, with the numbers of the arrays."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.image import imread

from pointfuse import FusedFields, Model, Observations, Stations, fuse
from pointfuse.fields.day_status import DayStatus
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.pictures.thumbnail import coast, picture
from pointfuse.stations.observations import SourceFile
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.trust.baselines import find_baselines
from pointfuse.trust.crossval import CrossValidation, cross_validate
from pointfuse.trust.evaluation import evaluate

NASTY = "<script>alert('&\"')</script>\x00\udcff 四川"
DAYS = np.array(["2019-01-06", "2019-01-07"], "datetime64[D]")


@pytest.fixture
def observations(scale_model: Model, rng: np.random.Generator) -> Observations:
    """Two days at 40 stations, whose names try to break out; one has no place."""
    longitude, latitude = scale_model.metadata.grid.longitude_latitude()
    cells = rng.choice(longitude.size, 40, replace=False)
    codes = np.array([f"S{number} {NASTY}" for number in range(40)])
    places = longitude.ravel()[cells], latitude.ravel()[cells]
    places[0][39] = np.nan
    pm25 = rng.uniform(10, 200, (2, 40))
    pm25[1, 5:] = np.nan
    return Observations(
        Stations(codes, *places),
        DAYS,
        {"pm25": pm25, "wind_speed": np.full((2, 40), np.nan)},
        files=tuple(SourceFile(f"{n} {NASTY}.csv", "tidy", 40, 2) for n in range(8)),
    )


@pytest.fixture
def fields(observations: Observations, scale_model: Model) -> FusedFields:
    return fuse(observations, scale_model, quality_control=False)


def shown(thing: object) -> ElementTree.Element:
    """What a notebook shows of it, read strictly as XML; no text of ours may become an element."""
    content = thing._repr_html_()  # type: ignore[attr-defined]
    root = ElementTree.fromstring(content)
    allowed = "div strong p ul li img svg path span table caption thead tbody tr th td"
    assert {element.tag for element in root.iter()} <= set(allowed.split())
    sources = [element.get("src", "") for element in root.iter("img")]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    attributes = {name for element in root.iter() for name in element.attrib}
    drawn = {"viewBox", "aria-hidden", "d", "fill", "stroke", "stroke-width"}
    assert attributes <= {"style", "class", "scope", "src", "alt"} | drawn
    # Of a colour for letters or the ground nothing is said: the page's are as they should be.
    for element in root.iter():
        style = element.get("style", "").replace("background:linear-gradient", "")
        assert "color" not in style
        assert "background" not in style
    return root


def rows(root: ElementTree.Element) -> dict[str, list[str]]:
    """Rows of the table by their first column."""
    found = {}
    for row in root.iter("tr"):
        name, *cells = ("".join(cell.itertext()) for cell in row)
        found[name] = cells
    return found


def facts(root: ElementTree.Element) -> list[str]:
    return ["".join(item.itertext()) for item in root.iter("li")]


def test_observations(observations: Observations, scale_model: Model) -> None:
    root = shown(observations)
    pm25 = observations.values["pm25"]
    assert root.findtext("strong") == "Daily means at 40 stations, 2019-01-06 to 2019-01-07"
    known = pm25[np.isfinite(pm25)]
    ends = [f"{known.min():.1f}", f"{known.mean():.1f}", f"{known.max():.1f}"]
    assert rows(root)["pm25"] == ["45", *ends]
    assert rows(root)["wind_speed"] == ["0", "-", "-", "-"]
    text = facts(root)
    # Neither a control character nor half of a pair can be in a page, even escaped.
    nasty = NASTY.replace("\x00", r"\x00").replace("\udcff", r"\udcff")
    assert text[0].startswith(f"stations S0 {nasty}, S1 ")
    assert text[0].endswith(", ...")
    assert "stations without a place: 1" in text
    assert text[-1] == "and 3 more files"
    checked = facts(shown(check_days(observations, scale_model)))
    assert any(line.startswith("pm25, 80 day values: ") for line in checked)


def test_hourly_observations_and_none_at_all(observations: Observations) -> None:
    hourly = replace(observations, times=DAYS.astype("datetime64[h]"))
    title = "Hourly values at 40 stations, 2019-01-06T00 to 2019-01-07T00"
    assert shown(hourly).findtext("strong") == title
    nobody = observations.at_stations(np.zeros(40, bool))
    root = shown(nobody.at_times(slice(0, 0)))
    assert root.findtext("strong") == "Daily means at 0 stations, no days"
    assert "no stations" in facts(root)
    assert root.find(".//img") is None
    one = np.arange(40) == 3
    assert shown(observations.at_stations(one)).find(".//img") is not None


def test_fields(fields: FusedFields) -> None:
    root = shown(fields)
    assert root.findtext("strong") == "Daily mean PM2.5, 2019-01-06 to 2019-01-07"
    for name, values in {
        "daily mean PM2.5": fields.values,
        "its standard uncertainty": fields.uncertainty,
        "distance to a station": fields.station_distance / 1000,
    }.items():
        expected = [values.min(), values.mean(dtype=np.float64), values.max()]
        assert rows(root)[name][1:] == [f"{end:.1f}" for end in expected]
    assert "12 rows x 16 columns of 100 km, Lambert conformal conic" in facts(root)
    assert "tiny 0.1.0, fp32 on cpu, sha256 " + fields.model_sha256[:12] in facts(root)
    (image,) = root.iter("img")
    assert image.get("alt", "").startswith("Map of mean of 2 days in µg")


def test_fields_of_days_that_were_not_fused(fields: FusedFields) -> None:
    values = fields.values.copy()
    values[1] = np.nan
    status = np.array([DayStatus.FUSED, DayStatus.TOO_FEW_STATIONS], np.int8)
    root = shown(replace(fields, values=values, status=status))
    assert "1 of 2 days without a field" in facts(root)
    assert rows(root)["daily mean PM2.5"][1] == f"{values[0].min():.1f}"
    nothing = replace(
        fields,
        values=np.full_like(values, np.nan),
        status=np.full(2, DayStatus.NO_STATIONS, np.int8),
    )
    assert rows(shown(nothing))["daily mean PM2.5"][1:] == ["-", "-", "-"]
    assert shown(nothing).find(".//img") is None


def test_model(scale_model: Model, tiny_model: Model) -> None:
    root = shown(scale_model)
    assert root.findtext("strong") == "tiny 0.1.0, fp32"
    assert rows(root)["relative_humidity"] == ["%", "0", "100"]
    assert "gives pm25 with its uncertainty" in facts(root)
    assert "gives pm25 without uncertainty" in facts(shown(tiny_model))


@pytest.fixture
def result(observations: Observations, scale_model: Model) -> CrossValidation:
    first = observations.at_times(slice(0, 1))
    return cross_validate(first, scale_model, folds=8, baselines=find_baselines(["nearest"]))


def test_cross_validation(result: CrossValidation) -> None:
    root = shown(result)
    evaluation = evaluate(result)
    assert root.findtext("strong") == "Cross-validation, stations withheld"
    for name, each in {
        "tiny 0.1.0, fp32": evaluation.model.overall,
        "nearest": evaluation.baselines["nearest"].overall,
    }.items():
        expected = [f"{score.value:.3f}" for score in (each.r2, each.rmse, each.nme, each.nmb)]
        assert rows(root)[name] == [str(each.pairs), *expected]
    held = 100 * evaluation.uncertainty.overall.share[90]
    assert facts(root)[0] == "8 folds, 2019-01-06"
    assert facts(root)[1] == f"90 % intervals hold {held:.1f} % of the observations"


def decoded(element: str) -> np.ndarray:
    """Red, green, blue and opacity of each pixel, 0 to 1, row 0 on top."""
    source = ElementTree.fromstring(element).attrib["src"]
    picture: np.ndarray = imread(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    return picture


def test_pictures_have_the_colours_of_maps() -> None:
    values = np.linspace(0, 10, 60).reshape(6, 10)
    values[2, 3] = np.nan
    pixels = decoded(picture(values, 10.0, f"a {NASTY}"))
    assert pixels.shape == (6, 10, 4)
    upright = pixels[::-1]
    assert upright[2, 3, 3] == 0
    there = np.isfinite(values)
    assert (upright[there][:, 3] == 1).all()
    expected = colormaps["viridis"](0.2 + 0.8 * values[there] / 10)
    # Straight between nine colours: blue bends most, near the end.
    np.testing.assert_allclose(upright[there], expected, atol=0.06)


def test_pictures_are_small_however_large_the_table(rng: np.random.Generator) -> None:
    values = rng.random((372, 426))
    element = picture(values, 1.0, "noise")
    pixels = decoded(element)
    assert pixels.shape == (186, 213, 4)
    # Noise is the worst to compress: a byte a pixel, and a third more as text.
    assert len(element) < 60_000
    np.testing.assert_array_equal(
        pixels, decoded(picture(values.reshape(186, 2, 213, 2).mean(axis=(1, 3)), 1.0, ""))
    )
    # The last row and column of an odd table are means of what there is.
    assert decoded(picture(np.ones((3, 641)), 1.0, "")).shape == (1, 214, 4)


def test_the_coast_lies_where_it_is() -> None:
    """The southern tip of Hainan, and nothing in the middle of China."""
    projection = LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0)
    grid = Grid(projection, 372, 426, 12_000.0, -2_550_000.0, -2_226_000.0)
    element = coast(grid)
    assert len(element) < 25_000
    root = ElementTree.fromstring(element)
    assert root.get("viewBox") == "0 0 320 279"
    texts = re.findall(r"(-?\d+),(-?\d+)", root[0].get("d", ""))
    points = np.array(texts, np.float64)
    # 320 pixels for 426 cells of 12 km, from the north-western corner.
    pixel = 426 * 12e3 / 320
    x, y = -2_556e3 + pixel * points[:, 0], 2_232e3 - pixel * points[:, 1]

    def nearest(longitude: float, latitude: float) -> float:
        east, north = projection.forward(longitude, latitude)
        return float(np.hypot(x - east, y - north).min())

    assert nearest(109.57, 18.16) < 1.5 * pixel
    assert nearest(105.0, 36.0) > 900e3
