"""Names of places on maps: where they are, and never over each other."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pyproj
import pytest
from click.testing import CliRunner
from matplotlib.figure import Figure

import pointfuse.pictures.maps
from pointfuse.commands.main import main
from pointfuse.fields.places.points import Places
from pointfuse.grid.projections import LambertConformal
from pointfuse.pictures.map_sheet import Sheet
from pointfuse.pictures.place_names import draw_places

LAMBERT = LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0)


def places(*rows: tuple[str, float, float]) -> Places:
    names, longitude, latitude = zip(*rows, strict=True)
    return Places(np.array(names), np.array(longitude), np.array(latitude))


def a_map():
    axes = Figure(figsize=(6, 5)).subplots()
    axes.set(xlim=(-800_000, 800_000), ylim=(-600_000, 600_000))
    return axes


def test_a_name_stands_at_its_place() -> None:
    axes = a_map()
    assert draw_places(axes, LAMBERT, places(("Lanzhou", 103.8, 36.05)), "black") == ["Lanzhou"]
    (text,) = axes.texts
    sphere = "+R=6370000"
    project = pyproj.Transformer.from_crs(
        f"+proj=longlat {sphere}", f"+proj=lcc +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 {sphere}"
    ).transform
    # PROJ has it to a millimetre.
    assert text.xy == pytest.approx(project(103.8, 36.05), abs=1e-3)
    (dot,) = axes.lines
    assert (*dot.get_xdata(), *dot.get_ydata()) == pytest.approx(text.xy)
    assert (axes.get_xlim(), axes.get_ylim()) == ((-800_000, 800_000), (-600_000, 600_000))


def test_no_name_covers_another_and_the_first_ones_stay() -> None:
    """Of two hundred at random places, as many as there is room for."""
    rng = np.random.default_rng(7)
    many = places(
        *((f"Place {i}", 105 + rng.uniform(-7, 7), 36 + rng.uniform(-4, 4)) for i in range(200))
    )
    axes = a_map()
    scale = axes.text(-700_000, -500_000, "1000 km")
    drawn = draw_places(axes, LAMBERT, many, "black")
    assert drawn[0] == "Place 0"
    assert 30 < len(drawn) < 200
    boxes = [text.get_window_extent() for text in axes.texts]
    assert axes.texts[0] is scale
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    frame = axes.get_window_extent()
    assert all(frame.contains(*corner) for box in boxes for corner in (box.min, box.max))
    # Fewer places leave those before as they are.
    few = a_map()
    half = Places(many.name[:20], many.longitude[:20], many.latitude[:20])
    few.text(-700_000, -500_000, "1000 km")
    assert draw_places(few, LAMBERT, half, "black") == drawn[: len(few.texts) - 1]


def test_a_name_goes_to_the_other_side_before_it_is_left_out() -> None:
    axes = a_map()
    twins = places(("Wuhan", 105.0, 36.0), ("Hankou", 105.0, 36.0))
    assert draw_places(axes, LAMBERT, twins, "black") == ["Wuhan", "Hankou"]
    assert [text.get_ha() for text in axes.texts] == ["left", "right"]


def test_places_elsewhere_or_nowhere_are_left_out() -> None:
    axes = a_map()
    odd = places(("Lima", -77.0, -12.0), ("?", np.nan, np.nan), ("Pole", 0.0, -90.0))
    assert draw_places(axes, LAMBERT, odd, "black") == []
    assert not axes.texts


def test_the_command(
    tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets: list[Sheet] = []
    make_sheet = pointfuse.pictures.maps.make_sheet

    def kept(*arguments, **options):
        sheets.append(make_sheet(*arguments, **options))
        return sheets[-1]

    monkeypatch.setattr(pointfuse.pictures.maps, "make_sheet", kept)
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,10\n")
    Path("c.csv").write_text("name,longitude,latitude\nXi'an,108.9,34.3\nLima,-77,-12\n")
    for call in (
        f"fuse t.csv -o f.nc --no-qc --model {tiny_model_file}",
        "plot f.nc -o f.png --places c.csv --dpi 60 --support",
    ):
        result = CliRunner().invoke(main, call.split())
        assert result.exit_code == 0, result.output
    named = [{text.get_text() for text in image.axes.texts} for image in sheets[0].images]
    assert all("Xi'an" in names and "Lima" not in names for names in named)
    missing = CliRunner().invoke(main, ["plot", "f.nc", "-o", "g.png", "--places", "none.csv"])
    assert missing.exit_code == 1
    assert "none.csv" in missing.stderr
    same = CliRunner().invoke(main, ["plot", "f.nc", "-o", "c.csv", "--places", "c.csv"])
    assert same.exit_code == 1
    assert Path("c.csv").read_text().startswith("name,")
