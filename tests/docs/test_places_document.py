"""The table of places.md is what its command writes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from pointfuse.commands.main import main

ROOT = Path(__file__).parents[2]


def test_the_command_writes_the_table(tmp_path: Path, monkeypatch) -> None:
    text = (ROOT / "docs" / "guide" / "places.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"```csv (\S+)\n(.*?)```", text, re.DOTALL))
    monkeypatch.chdir(tmp_path)
    Path("schools.csv").write_text(files["schools.csv"])
    examples = [str(ROOT / "examples" / name) for name in ("air_quality.csv", "weather.csv")]
    for words in (
        ["fuse", *examples, "-o", "pm25.nc"],
        ["extract", "pm25.nc", "schools.csv", "-o", "series.csv"],
    ):
        assert CliRunner().invoke(main, words).exit_code == 0
    shown, found = (
        [line.split(",") for line in content.split()]
        for content in (files["series.csv"], Path("series.csv").read_text())
    )
    assert [row[:1] + row[3:4] for row in found] == [row[:1] + row[3:4] for row in shown]
    numbers = [np.array([row[4:] for row in rows[1:]], float) for rows in (found, shown)]
    # Other processors take another precision of the file.
    np.testing.assert_allclose(*numbers, atol=0.05)
