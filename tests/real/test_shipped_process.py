"""The shipped process is of the days and stations that it names."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pointfuse_training.commands.main import main
from pointfuse_training.processes.process_file import read_process

pytestmark = pytest.mark.slow

SHIPPED = Path(__file__).parents[2] / "models" / "process.toml"


def test_the_command_takes_the_observations_that_were_fitted_to(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[str, Any] = {}

    def remembered(days: list[Any], provenance: dict[str, Any], **_: Any) -> None:
        found.update(provenance)
        raise KeyboardInterrupt

    monkeypatch.setattr("pointfuse_training.commands.process.fit_distribution", remembered)
    folders = {
        "pm25_daily_2019_even_weeks.csv.gz": real_data / "cnemc",
        "station_list.csv": real_data / "cnemc",
        "china12.npz": real_data.parent / "static",
    }
    if not (folders["china12.npz"] / "china12.npz").exists():
        pytest.skip(f"no china12.npz in {folders['china12.npz']}")
    shipped = read_process(SHIPPED).provenance
    words = [
        str(folders[word] / word) if word in folders else word
        for word in shlex.split(shipped["command"])[1:]
    ]
    CliRunner().invoke(main, [*words, "-o", str(tmp_path / "process.toml")])
    assert found.pop("date")
    assert found == {name: value for name, value in shipped.items() if name != "date"}
