"""The numbers of evaluation.md are those that the script printed, and its code runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pointfuse_benchmarks.measuring.checkout import RESULTS
from pointfuse_training.evaluation.tables import scores_markdown

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "background" / "evaluation.md").read_text(encoding="utf-8")


def test_the_document_shows_the_table_as_it_was_printed() -> None:
    scores = json.loads((RESULTS / "reproduced_simulations.json").read_text())
    assert scores_markdown(scores) in DOCUMENT


def test_the_code_prints_the_radii_of_the_table(monkeypatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    exec(code, {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    for line in lines:
        variable, step, radius, _ = line.split()
        row = next(row for row in DOCUMENT.splitlines() if row.startswith(f"| {variable}, {step} "))
        assert row.endswith(f"| {float(radius):.0f} |")
