"""Hours that clocks skip in spring, and show twice in autumn, in times that name no offset."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse.commands.main import main
from pointfuse.errors import InputError
from pointfuse.stations.reading import read_stations

Write = Callable[[str, str | bytes], Path]

HEAD = "station,longitude,latitude,time,pm25\n"
ZONE = "America/New_York"


def hours(day: str, given: list[tuple[int, int]]) -> str:
    """Rows of one station: hour and value."""
    return "".join(f"A,-74,40,{day} {hour:02}:00,{value}\n" for hour, value in given)


def test_an_hour_that_does_not_exist_is_left_out(write: Write) -> None:
    path = write("a.csv", HEAD + hours("2019-03-10", [(hour, 50 + hour) for hour in range(24)]))
    observations = read_stations(path, timezone=ZONE, quality_control=False)
    mean = (sum(range(50, 74)) - 52) / 23
    np.testing.assert_allclose(observations.values["pm25"], [[mean]], rtol=1e-12)
    assert observations.files[0].remarks == (
        "1 row at an hour that the clocks skip left out, first on line 4 (2019-03-10 02:00, which "
        "America/New_York does not have)",
    )
    with pytest.raises(InputError, match="'2019-03-10 02:00' does not exist in America/New_York"):
        read_stations(path, timezone=ZONE, strict=True)


def test_a_file_of_that_hour_alone_is_left_out(write: Write) -> None:
    good = write("1.csv", HEAD + hours("2019-03-10", [(1, 5)]))
    none = write("2.csv", HEAD + hours("2019-03-10", [(2, 6)]))
    observations = read_stations([good, none], timezone=ZONE, min_hours=1)
    np.testing.assert_array_equal(observations.values["pm25"], [[5]])
    assert "1 row at an hour that the clocks skip" in observations.files[-1].remarks[0]


def test_a_day_of_that_hour_alone_in_a_large_file(
    write: Write, tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pointfuse.stations.files.pieces.LARGEST_WHOLE", 100)
    rows = [hours(f"2019-03-{day:02}", [(2, 50 + day)]) for day in range(6, 13)]
    path = write("a.csv", (HEAD + "".join(rows)).replace("-74,40", "105,36"))
    arguments = ["fuse", path, "-o", tmp_path / "out.nc", "--model", tiny_model_file, "--json"]
    options = ["--timezone", ZONE, "--min-hours", "1", "--min-stations", "1"]
    result = CliRunner().invoke(main, [*map(str, arguments), *options])
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert len(summary["days"]) == 6
    assert summary["files"][0]["remarks"] == [
        "1 row at an hour that the clocks skip left out, first on line 6 (2019-03-10 02:00, which "
        "America/New_York does not have)"
    ]


def test_an_hour_that_comes_twice_is_the_mean_of_both(write: Write) -> None:
    given = [(0, 10), (1, 20), (1, 40), *((hour, 10) for hour in range(2, 24))]
    path = write("a.csv", HEAD + hours("2019-11-03", given))
    observations = read_stations(path, timezone=ZONE, quality_control=False)
    np.testing.assert_allclose(observations.values["pm25"], [[(23 * 10 + 30) / 24]], rtol=1e-12)
    assert observations.files[0].remarks == ()


@pytest.mark.parametrize("given", [[(2, 20), (2, 40)], [(1, 10), (1, 20), (1, 30)]])
def test_more_values_than_hours_contradict_each_other(
    write: Write, given: list[tuple[int, int]]
) -> None:
    path = write("a.csv", HEAD + hours("2019-11-03", given))
    with pytest.raises(InputError, match="occurs twice at the same time"):
        read_stations(path, timezone=ZONE)
