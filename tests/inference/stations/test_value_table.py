"""The table of all values: what was read, what is used, and why the rest is not."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from pointfuse.commands.main import main

HEADER = "station,longitude,latitude,date,pm25,relative_humidity\n"
NEAR = {f"S{i}": (105 + 0.1 * i, 36.0) for i in range(8)}
COLUMNS = [
    *("station", "longitude", "latitude", "day", "variable", "value", "used", "state", "reason")
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Eight stations side by side on two days, of which one stands out on the first."""
    rows = [
        f"{code},{x},{y},2019-01-0{day},{900 if (code, day) == ('S3', 6) else 30 + day},\n"
        for day in (6, 7)
        for code, (x, y) in NEAR.items()
    ]
    # Humidity of one, a station outside, one without a place, and one that a table computes.
    rows[0] = rows[0].replace(",\n", ",55\n")
    rows += ["Z,20,105,2019-01-06,30,\n", "Y,,,2019-01-06,30,\n", "=1+1,105.9,36,2019-01-07,37,\n"]
    path = tmp_path / "days.csv"
    path.write_text(HEADER + "".join(rows))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def written(table: Path, model: Path, name: str, *options: object) -> Path:
    output = table.with_name(name)
    result = run("qc", table, "--model", model, "--values", output, *options)
    assert result.exit_code == 0, result.output
    assert f"wrote {output}: " in result.stdout
    return output


def test_a_row_a_variable_day_and_station(table: Path, tiny_model_file: Path) -> None:
    with written(table, tiny_model_file, "v.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == COLUMNS
    # Two variables of eleven stations on two days.
    assert len(rows) == 2 * 2 * 11
    found = {(row[4], row[3][-2:], row[0]): row for row in rows}
    assert found["pm25", "06", "S0"] == [
        *("S0", "105.0", "36.0", "2019-01-06", "pm25", "36.0", "True", "good", "passed")
    ]
    assert found["pm25", "06", "S3"][5:] == ["900.0", "False", "suspect", "neighbours_disagree"]
    assert found["pm25", "07", "S3"][5:] == ["37.0", "True", "good", "passed"]
    assert found["pm25", "06", "Y"][1:3] == ["", ""]
    assert found["pm25", "06", "Y"][5:] == ["30.0", "False", "not_tested", "no_coordinates"]
    assert found["pm25", "06", "Z"][6] == "False"
    assert found["pm25", "07", "Z"][5:] == ["", "False", "missing", "no_value"]
    # No spreadsheet computes it.
    assert found["pm25", "07", "'=1+1"][5] == "37.0"
    assert found["relative_humidity", "06", "S0"][5:7] == ["55.0", "True"]


def test_parquet_has_the_same_in_its_types(table: Path, tiny_model_file: Path) -> None:
    found = parquet.read_table(written(table, tiny_model_file, "v.parquet"))
    assert [*found.column_names] == COLUMNS
    kinds = [str(field.type) for field in found.schema]
    assert kinds == [
        *("string", "double", "double", "date32[day]", "string", "double", "bool"),
        *("string", "string"),
    ]
    first, *_ = found.to_pylist()
    assert first == {
        "station": "S0",
        "longitude": 105.0,
        "latitude": 36.0,
        "day": datetime.date(2019, 1, 6),
        "variable": "pm25",
        "value": 36.0,
        "used": True,
        "state": "good",
        "reason": "passed",
    }
    assert found["value"].null_count == sum(
        row["reason"] == "no_value" for row in found.to_pylist()
    )
    assert "=1+1" in found["station"].to_pylist()


def test_what_is_used_is_what_fuse_takes(
    table: Path, tiny_model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the table is made in many parts."""
    monkeypatch.setattr("pointfuse.stations.quality.value_table._AT_ONCE", 1)
    rows = parquet.read_table(written(table, tiny_model_file, "v.parquet")).to_pylist()
    output = tmp_path / "f.nc"
    assert run("fuse", table, "--model", tiny_model_file, "-o", output).exit_code == 0
    with netCDF4.Dataset(output) as dataset:
        codes = dataset["stations/station_id"][:].tolist()
        taken = dataset["stations/station_pm25"][:].filled(np.nan)
    for row in (row for row in rows if row["variable"] == "pm25" and row["station"] in codes):
        value = taken[row["day"].day - 6, codes.index(row["station"])]
        assert row["used"] == np.isfinite(value)
        assert not row["used"] or row["value"] == value
    assert sum(row["used"] for row in rows if row["variable"] == "pm25") == np.isfinite(taken).sum()


def test_hours(tiny_model_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    rows = [f"A,105,36,2019-01-06T0{hour}:00:00Z,{hour + 10}\n" for hour in range(3)]
    path.write_text("station,longitude,latitude,time,pm25\n" + "".join(rows))
    options = ("--hourly", "--timezone", "UTC")
    with written(path, tiny_model_file, "v.csv", *options).open(encoding="utf-8") as file:
        found = [*csv.DictReader(file)]
    assert [row["hour"] for row in found] == [f"2019-01-06T0{hour}" for hour in range(3)]
    assert [row["value"] for row in found] == ["10.0", "11.0", "12.0"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 2, "expected a file to write: -o, --values, or both"),
        (("--values", "v.nc"), 1, "expected a table named *.csv or *.parquet, got v.nc"),
        (("-o", "v.csv", "--values", "v.csv"), 1, "name the same file"),
    ],
)
def test_what_is_refused(
    options: tuple[str, ...],
    code: int,
    said: str,
    table: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("qc", table, *options)
    assert result.exit_code == code
    assert said in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["days.csv"]
