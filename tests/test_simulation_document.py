"""The numbers of docs/simulation.md are those that the script printed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_document_shows_the_statistics_as_they_were_found() -> None:
    path = ROOT / "benchmarks" / "simulation_realism.py"
    spec = importlib.util.spec_from_file_location("simulation_realism", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    report = json.loads(path.with_suffix(".json").read_text())
    document = (ROOT / "docs" / "simulation.md").read_text(encoding="utf-8")
    assert script.table(report) in document
