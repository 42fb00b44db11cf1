from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import xarray
from click.testing import CliRunner

from pointfuse import doctor
from pointfuse.cli import main
from pointfuse.shipped import shipped_models

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


def test_doctor_finds_a_sound_installation() -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0, result.output
    model = shipped_models()[0]
    assert f"{model.name} {model.version} checked and run on CPUExecutionProvider" in result.output
    assert "FAIL" not in result.output


@pytest.mark.parametrize("remains", ["missing", "empty"])
def test_doctor_finds_a_missing_runtime(tmp_path: Path, remains: str) -> None:
    """In a process of its own, where nothing has imported the runtime yet."""
    if remains == "empty":  # as a half-finished uninstall leaves it
        (tmp_path / "onnxruntime").mkdir()
    else:
        (tmp_path / "onnxruntime.py").write_text("raise ImportError('no such file: libort')")
    run = subprocess.run(
        [sys.executable, "-m", "pointfuse", "doctor"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    if remains == "missing":
        assert run.returncode == 1
        assert "FAIL  onnxruntime   cannot be imported (no such file: libort)" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_doctor_finds_both_runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version

    def with_gpu(name: str) -> str:
        return "1.31.1" if name == "onnxruntime-gpu" else version(name)

    monkeypatch.setattr(importlib.metadata, "version", with_gpu)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert "overwrite each other; uninstall both, then install one" in result.output
    assert "this installation is not fit for use" in result.output


def test_doctor_finds_a_broken_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pointfuse.shipped.model_folder", lambda: tmp_path)
    (finding,) = (found for found in doctor.examine() if found.name == "model")
    assert not finding.good
    assert "cannot be read" in finding.text
    assert "install pointfuse again" in finding.text
