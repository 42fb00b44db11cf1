"""The worked notebook runs from top to bottom, and its numbers are those of the command line."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from nbclient import NotebookClient

from pointfuse.commands.main import main

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[2] / "examples"
# What the test wants to know, appended to the notebook and printed as its last output.
ASKED = """
import json
print(json.dumps({
    "scores": evaluation.model.overall.to_dict(),
    "uncertainty": evaluation.uncertainty.overall.to_dict(),
    "against_truth": {name: float(score) for name, score in against_truth.items()},
    "suspect": checked.stations.code[suspect.any(axis=0)].tolist(),
    "in_dataset": float(beijing.pm25),
    "in_gis": float(in_gis),
    "written": [path.name for path in sorted(folder.iterdir())],
    "netcdf": str(netcdf),
}))
"""


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(EXAMPLES / "pointfuse.ipynb", as_version=4)


def test_the_notebook_is_kept_without_outputs(notebook: nbformat.NotebookNode) -> None:
    """Those of one machine would go stale, and hide what changes."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_its_links_lead_to_files(notebook: nbformat.NotebookNode) -> None:
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", "".join(texts))
    assert len(targets) > 5
    for target in targets:
        assert (EXAMPLES / target).exists(), target


def test_the_notebook_gives_what_the_command_line_gives(
    notebook: nbformat.NotebookNode,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Where the notebook writes.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook.cells.append(nbformat.v4.new_code_cell(ASKED))
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(EXAMPLES)}})
    client.execute()
    found: dict[str, Any] = json.loads(notebook.cells[-1].outputs[0].text)
    files = [str(EXAMPLES / name) for name in ("air_quality.csv", "weather.csv")]

    output = tmp_path / "scores.json"
    arguments = ["crossval", *files, "--folds", "5", "-o", str(output)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    scores = json.loads(output.read_text())
    # Scores are rounded to four digits, and the number of threads may change the order of sums.
    for key in ("pairs", "r2", "rmse", "nme", "nmb"):
        assert found["scores"][key] == pytest.approx(scores["overall"][key], abs=1e-3), key
    held = scores["uncertainty"]["overall"]["held"]
    assert found["uncertainty"]["held"] == pytest.approx(held, abs=2e-3)
    assert scores["overall"]["pairs"] == 899

    monkeypatch.syspath_prepend(str(EXAMPLES))
    importlib.import_module("score").main(found["netcdf"])
    r2, nme, rmse = re.findall(
        r"mainland China: R2 ([\d.]+), NME ([\d.]+), RMSE ([\d.]+)", capsys.readouterr().out
    )[0]
    # Half of the last digit, and what files keep of a value: 1 part in 8,192.
    assert found["against_truth"]["R2"] == pytest.approx(float(r2), abs=1e-3)
    assert found["against_truth"]["NME"] == pytest.approx(float(nme), abs=1e-3)
    assert found["against_truth"]["RMSE"] == pytest.approx(float(rmse), abs=6e-3)

    assert found["suspect"] == ["AQ0852"]
    # The file, the dataset and the GeoTIFF keep the same bits.
    assert found["in_gis"] == found["in_dataset"]
    assert found["written"] == ["map.png", "pm25.nc", "pm25.tif"]
    pictures = [
        output.data
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output and "image/png" in output.data
    ]
    assert len(pictures) == 2
