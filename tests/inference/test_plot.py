from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import xarray
from click.testing import CliRunner

from pointfuse.cli import main

Write = Callable[[str, str | bytes], Path]
HEAD = "station,longitude,latitude,date,pm25\n"


@pytest.fixture
def fused(write: Write, tiny_model_file: Path, tmp_path: Path) -> Path:
    text = HEAD + "A,105,36,2019-01-06,10\nB,108,36.5,2019-01-06,30\nA,105,36,2019-01-07,50\n"
    output = tmp_path / "pm25.nc"
    arguments = ["fuse", write("t.csv", text), "-o", output, "--model", tiny_model_file]
    assert CliRunner().invoke(main, list(map(str, arguments))).exit_code == 0
    return output


def plot(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["plot", *map(str, arguments)])
    return result.exit_code, result.output


def colours(path: Path) -> int:
    """Number of different colours of a picture."""
    picture = (matplotlib.image.imread(path)[..., :3] * 255).astype(np.int64)
    return len(np.unique(picture @ [1, 256, 65536]))


def test_map_with_and_without_stations(fused: Path, tmp_path: Path) -> None:
    plain, dotted = tmp_path / "plain.png", tmp_path / "dotted.png"
    assert plot(fused, "-o", plain, "--day", "2019-01-06") == (0, f"wrote {plain}\n")
    assert plot(fused, "-o", dotted, "--day", "2019-01-06", "--stations")[0] == 0
    # A colour bar, text, and a field of one colour; the stations of 10 and 30 add theirs.
    assert colours(plain) > 200
    assert plain.read_bytes() != dotted.read_bytes()


def test_map_of_the_mean_and_of_a_day_differ(fused: Path, tmp_path: Path) -> None:
    mean, day = tmp_path / "mean.png", tmp_path / "day.png"
    assert plot(fused, "-o", mean)[0] == 0
    assert plot(fused, "-o", day, "--day", "2019-01-07")[0] == 0
    assert mean.read_bytes() != day.read_bytes()


def test_days_are_those_of_the_files_time_zone(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    """In Kiribati noon is 22:00 UTC of the day before."""
    output = tmp_path / "pm25.nc"
    text = write("t.csv", HEAD + "A,105,36,2019-01-06,10\n")
    arguments = ["fuse", text, "-o", output, "--model", tiny_model_file, "--timezone", "+14:00"]
    assert CliRunner().invoke(main, list(map(str, arguments))).exit_code == 0
    assert plot(output, "-o", tmp_path / "map.png", "--day", "2019-01-06")[0] == 0
    assert "it holds 2019-01-06" in plot(output, "-o", tmp_path / "m.png", "--day", "2019-01-05")[1]


def test_what_cannot_be_drawn(fused: Path, write: Write, tmp_path: Path) -> None:
    output = tmp_path / "map.png"
    without_stations = tmp_path / "selected.nc"
    with xarray.open_dataset(fused) as dataset:
        dataset[["pm25"]].to_netcdf(without_stations)
    cases = [
        ((tmp_path / "none.nc", "-o", output), "there is no file"),
        ((write("text.nc", "text"), "-o", output), "is no netCDF file"),
        ((without_stations, "-o", output), "no fused field with its stations"),
        ((fused, "-o", output, "--day", "2020-01-01"), "no field of 2020-01-01; it holds 2019"),
        ((fused, "-o", tmp_path / "map.docx"), r"*.png, *.pdf or *.svg, got map.docx"),
    ]
    for arguments, message in cases:
        code, text = plot(*arguments)
        assert code == 1
        assert message in text
    assert not output.exists()


def test_map_without_matplotlib_says_how_to_get_it(
    fused: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, text = plot(fused, "-o", tmp_path / "map.png")
    assert code == 1
    assert "install it with pip install 'pointfuse[plot]'" in text
