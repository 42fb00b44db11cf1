"""The documents: their code runs, and their numbers hold."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from documents import pages, read

from pointfuse import load_model, read_stations
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse.stations.readers.formats import READERS
from pointfuse_benchmarks.accuracy.accuracy_table import short_table
from pointfuse_benchmarks.measuring.checkout import RESULTS

ROOT = Path(__file__).parents[2]


def snippets(document: str) -> list[str]:
    """Python code blocks of a document."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def run(code: str, *arguments: str, cwd: Path, stdin: str = "") -> str:
    completed = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


@pytest.mark.slow
def test_embedding_in_under_30_lines_gives_what_pointfuse_gives(tmp_path: Path) -> None:
    (code,) = snippets("docs/guide/embedding.md")
    assert len(code.splitlines()) < 30
    assert "pointfuse\n" not in code.replace("import pointfuse", "pointfuse\n")
    observations = np.zeros((1, 3, 372, 426), np.float32)
    observed = np.zeros_like(observations)
    lines = []
    for channel, name, row, column, value in [
        (0, "pm25", 200, 300, 85.0),
        (0, "pm25", 180, 290, 40.5),
        (1, "relative_humidity", 100, 200, 70.0),
        (2, "wind_speed", 100, 200, 0.0),
    ]:
        observations[0, channel, row, column], observed[0, channel, row, column] = value, 1
        lines.append(f"{name},{row},{column},{value}")
    model = str(model_folder() / shipped_models()[0].file)
    run(code, model, cwd=tmp_path, stdin="\n".join(lines))
    expected = load_model(precision="fp32").run(observations, observed).field[0]
    # The same file and runtime; the number of threads may change the order of sums.
    np.testing.assert_allclose(np.load(tmp_path / "pm25.npy"), expected, atol=1e-3)


def test_the_check_value_of_the_projection_holds() -> None:
    text = (ROOT / "docs/guide/embedding.md").read_text(encoding="utf-8")
    row, column = map(int, re.findall(r"Beijing.*lies at row (\d+), column\s+(\d+)", text)[0])
    (cell,) = load_model().metadata.grid.cells([116.4], [39.9])
    assert cell == row * 426 + column


@pytest.mark.slow
def test_code_of_the_documents_runs(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (readme,) = snippets("README.md")
    assert "(1, 372, 426)" in run(readme, cwd=tmp_path)
    # Reads the file that the one before wrote.
    near_stations, _ = snippets("docs/reference/output-files.md")
    mean, stations = run(near_stations, cwd=tmp_path).splitlines()
    assert 0 < float(mean) < 200
    assert stations == "899 stations used"
    time_series, from_memory = snippets("docs/guide/station-files.md")
    assert run(time_series, cwd=tmp_path) == "[[61. 61.]]\n"
    assert 0 < float(run(from_memory, cwd=tmp_path)) < 1500


def test_examples_of_station_files_are_read(tmp_path: Path) -> None:
    """Each example stands under a heading that names its format."""
    text = (ROOT / "docs/guide/station-files.md").read_text(encoding="utf-8")
    chinese = dict.fromkeys(("cnemc", "cnemc-interface", "chinese-table"), "station_list.csv")
    own = dict.fromkeys(("uci", "stateair", "airnow", "cpcb", "eea", "purpleair"), "places.csv")
    stations = {"isd-lite": "isd-history.csv"} | chinese | own
    formats = {}
    for name, content in re.findall(r"```(?:csv|text) (\S+)\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
        before = text[: text.index(f" {name}\n")]
        formats[name] = re.findall(r"^## .*\(`(.+)`\)$", before, re.MULTILINE)[-1]
    assert set(formats.values()) == set(READERS) - {"cf", "parquet"}
    for name in set(formats) - set(stations.values()):
        station_list = stations.get(formats[name])
        observations = read_stations(
            tmp_path / name,
            stations=station_list and tmp_path / station_list,
            min_hours=1,
            low_cost=True,
        )
        assert observations.files[0].format == formats[name]
        assert any(np.isfinite(table).any() for table in observations.values.values()), name
        assert np.isfinite(observations.stations.longitude).all()


@pytest.mark.parametrize(
    ("name", "measured", "document"),
    [
        ("accuracy.quality_control", "quality_control", "docs/guide/quality-control.md"),
        ("accuracy.against_baselines", "accuracy", "docs/background/accuracy.md"),
        ("accuracy.intervals.sharpness", "sharpness", "docs/background/uncertainty.md"),
        (
            "accuracy.intervals.means_of_places",
            "means_of_places",
            "docs/background/uncertainty.md",
        ),
        ("speed.browser", "browser", "docs/guide/browser.md"),
    ],
)
def test_documents_show_the_benchmarks_as_they_were_measured(
    name: str, measured: str, document: str
) -> None:
    benchmark = importlib.import_module(f"pointfuse_benchmarks.{name}")
    report = json.loads((RESULTS / f"{measured}.json").read_text())
    text = (ROOT / document).read_text(encoding="utf-8")
    for part in benchmark.table(report).split("\n\n"):
        assert part in text


def test_the_readme_shows_the_scores_as_they_were_measured() -> None:
    report = json.loads((RESULTS / "accuracy.json").read_text())
    assert short_table(report) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_documents_name_no_place_of_the_machine_they_were_written_on() -> None:
    for page in pages():
        for place in {str(ROOT.parent) + os.sep, str(Path.home()) + os.sep}:
            assert place not in read(page).replace("../", ""), page
