"""The commands of docs/guide/maps.md draw what it names, and its pictures are small."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import netCDF4
import pytest
from click.testing import CliRunner
from mean_model import mean_model

import pointfuse.pictures.kernel_figure
import pointfuse.pictures.maps
from pointfuse.commands.main import main
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.shipped import model_folder, shipped_models

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "guide" / "maps.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    pointfuse (plot .*)$", TEXT, re.MULTILINE)
DAYS = ("2019-01-09", "2019-01-13", "2019-04-08", "2019-07-09", "2019-10-10")


@pytest.fixture
def folder(tiny_metadata: ModelMetadata, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small files of the names that the document has."""
    (tmp_path / "tiny.onnx").write_bytes(mean_model(tiny_metadata).SerializeToString())
    rows = [f"A,105,36,{day},{10 + number}\n" for number, day in enumerate(DAYS)]
    stations = tmp_path / "stations.csv"
    stations.write_text("station,longitude,latitude,date,pm25\n" + "".join(rows))
    monkeypatch.chdir(tmp_path)
    # Small pictures, which take less time.
    for module in (pointfuse.pictures.maps, pointfuse.pictures.kernel_figure):
        monkeypatch.setattr(module, "DOTS_PER_INCH", 60)
    fuse = "fuse stations.csv --model tiny.onnx --no-qc -o pm25.nc"
    assert CliRunner().invoke(main, fuse.split()).exit_code == 0
    with netCDF4.Dataset("pm25.nc", "a") as dataset:
        uncertainty = dataset.createVariable("pm25_uncertainty", "f4", ("time", "y", "x"))
        uncertainty[:] = 1
    for name in ("without_weather.nc", "pm25_2019.nc", "january.nc"):
        shutil.copy("pm25.nc", name)
    shipped = shipped_models()[0].file
    shutil.copy(model_folder() / shipped, shipped)
    return tmp_path


@pytest.mark.slow
def test_the_commands_draw_the_pictures_that_the_document_shows(folder: Path) -> None:
    drawn = set()
    for command in COMMANDS:
        words = shlex.split(command)
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        drawn.add(words[words.index("-o") + 1])
    assert all((folder / name).stat().st_size > 1000 for name in drawn)
    shown = {Path(name).name for name in re.findall(r"^!\[.+\]\((.+)\)$", TEXT, re.MULTILINE)}
    assert shown == drawn


def test_every_option_is_told_of() -> None:
    text = CliRunner().invoke(main, ["plot", "--help"]).output
    options = set(re.findall(r"(--[a-z-]+)", text)) - {"--output", "--quiet", "--help"}
    assert all(option in TEXT for option in options)


def test_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in (ROOT / "docs" / "pictures" / "maps").iterdir()]
    assert sum(sizes) < 900_000
    assert (ROOT / "docs" / "pictures" / "example.png").stat().st_size < 300_000
