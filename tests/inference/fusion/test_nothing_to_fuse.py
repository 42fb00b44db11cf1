"""A refusal where no day can be fused says what became of the hours."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import pointfuse
from pointfuse.commands.main import main
from pointfuse.errors import InputError
from pointfuse.model.loading import Model

LEFT_OUT = "24 hourly values left out by quality control"


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    rows = "".join(f"A,105,36,2019-01-06T{hour:02}:00,50\n" for hour in range(24))
    path = tmp_path / "stuck.csv"
    path.write_text(f"station,longitude,latitude,time,pm25\n{rows}")
    return path


def test_from_memory(stuck: Path, tiny_model: Model) -> None:
    observations = pointfuse.read_stations(stuck)
    with pytest.raises(InputError, match=LEFT_OUT):
        pointfuse.fuse(observations, tiny_model)


def test_of_the_command(stuck: Path, tiny_model_file: Path, tmp_path: Path) -> None:
    arguments = ["fuse", stuck, "-o", tmp_path / "out.nc", "--model", tiny_model_file]
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == 1
    assert LEFT_OUT in result.output
