"""What files hold that a terminal would obey, a table mistake for a row, or a reader not see."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result
from mean_model import mean_model

from pointfuse import InputError, Stations, read_stations
from pointfuse.commands.main import main
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.readers.station_list import read_station_list

Write = Callable[[str, str | bytes], Path]

CODES = ["S0\x1b[31mred\x1b[0m", "S1\nS9,pm25,day,forged", "S2\x07", "S3\u202e4", "S5\x9b", "S6"]
SHOWN = [
    r"S0\x1b[31mred\x1b[0m",
    r"S1\nS9,pm25,day,forged",
    r"S2\x07",
    r"S3\u202e4",
    r"S5\x9b",
    "S6",
]
HOURS = 24


def write_cf(path: Path, codes: list[str], kind: str, shift: float = 0.0) -> Path:
    """Hourly values of a day, with codes as strings of netCDF-4 or as characters."""
    with netCDF4.Dataset(
        path, "w", format="NETCDF3_CLASSIC" if kind == "classic" else "NETCDF4"
    ) as d:
        d.featureType = "timeSeries"
        d.createDimension("station", len(codes))
        d.createDimension("time", HOURS)
        if kind == "strings":
            variable = d.createVariable("code", str, ("station",))
            variable[:] = np.array(codes, object)
        else:
            d.createDimension("letters", 40)
            variable = d.createVariable("code", "S1", ("station", "letters"))
            texts = np.array([code.encode() for code in codes], "S40")
            variable[:] = texts.view("S1").reshape(len(codes), 40)
        variable.cf_role = "timeseries_id"
        for name, first in (("longitude", 104.0 + shift), ("latitude", 36.0)):
            place = d.createVariable(name, "f8", ("station",))
            place.standard_name = name
            place[:] = first + np.arange(len(codes)) * 0.5
        time = d.createVariable("time", "f8", ("time",))
        time.setncatts({"standard_name": "time", "units": "hours since 2019-01-06 00:00:00 +08:00"})
        time[:] = np.arange(HOURS)
        values = d.createVariable("pm25", "f4", ("station", "time"))
        values.units = "ug m-3"
        values[:] = 50 + np.arange(len(codes))[:, None] + np.arange(HOURS) / 2
    return path


def hidden(text: str) -> set[str]:
    """Characters that cannot be seen; line feeds apart, which the outputs have of their own."""
    categories = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return {c for c in text if unicodedata.category(c) in categories and c != "\n"}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("kind", ["strings", "characters", "classic"])
def test_codes_of_cf_files(kind: str, tmp_path: Path, tiny_model_file: Path) -> None:
    file = write_cf(tmp_path / "a.nc", CODES, kind)
    moved = write_cf(tmp_path / "b.nc", CODES, kind, shift=0.1)
    assert read_stations(file).stations.code.tolist() == SHOWN
    table, output = tmp_path / "q.csv", tmp_path / "out.nc"
    # In a process of its own, warnings go where they do for users.
    command = [sys.executable, "-m", "pointfuse", "qc", file, moved, "--model", tiny_model_file]
    checked = subprocess.run(
        [*command, "-o", table], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert not hidden(checked.stdout + checked.stderr)
    assert "6 codes stand at several places" in checked.stderr
    assert ", ".join(SHOWN[:5]) + ", ..." in checked.stderr
    with table.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    assert not hidden(table.read_text(encoding="utf-8"))
    assert len(rows) == len(table.read_text(encoding="utf-8").splitlines())
    assert {row[0] for row in rows[1:]} <= set(SHOWN)
    fused = run("fuse", file, "--model", tiny_model_file, "-o", output)
    assert fused.exit_code == 0, fused.output
    assert not hidden(fused.output)
    with netCDF4.Dataset(output) as dataset:
        assert dataset["stations/station_id"][:].tolist() == SHOWN


def test_a_station_of_a_cf_file_without_a_code_is_left_out(tmp_path: Path) -> None:
    observations = read_stations(write_cf(tmp_path / "a.nc", ["A", "", " ", "B"], "strings"))
    assert observations.stations.code.tolist() == ["A", "B"]
    remarks = [remark for file in observations.files for remark in file.remarks]
    assert f"{2 * HOURS} values without a time or a station left out" in remarks


def test_codes_of_tables_and_lists(write: Write) -> None:
    quoted = [f'"{code}"' for code in CODES]
    places = "".join(f"{code},{105 + n},36,C{n}\x1b\n" for n, code in enumerate(quoted))
    station_list = write("list.csv", "station,longitude,latitude,city\n" + places + ",100,30,D\n")
    rows = "".join(f"{code},2019-01-06,{10 + n}\n" for n, code in enumerate(quoted))
    read = read_stations(write("a.csv", "station,date,pm25\n" + rows), stations=station_list)
    assert read.stations.code.tolist() == SHOWN
    # The list has the same codes, so every station has found its place.
    assert read.stations.longitude.tolist() == [105.0 + n for n in range(len(CODES))]
    known = read_station_list(station_list)
    assert known.cities == {code: rf"C{n}\x1b" for n, code in enumerate(SHOWN)}
    assert known.files[0].remarks == (
        f"1 line without a code left out, such as line {len(CODES) + 3}",
    )


def test_codes_of_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {
        "station": CODES,
        "longitude": [105.0 + n for n in range(len(CODES))],
        "latitude": [36.0] * len(CODES),
        "date": ["2019-01-06"] * len(CODES),
        "pm25": [10.0] * len(CODES),
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "a.parquet")
    assert read_stations(tmp_path / "a.parquet").stations.code.tolist() == SHOWN


def test_codes_of_ones_own_arrays() -> None:
    place = np.zeros(len(CODES))
    assert Stations(np.array(CODES), place, place).code.tolist() == SHOWN
    with pytest.raises(InputError, match="a code for each station, got none for number 1"):
        Stations(np.array(["A", ""]), place[:2], place[:2])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a\x1b[2J.csv", "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,x\n"),
        ("a\nb.csv", "station,longitude,latitude,date,pm25\n,105,36,2019-01-06,5\n"),
        ("a.csv", "station,longitude,latitude,date,pm25 [\x1b[31mug]\nA,105,36,2019-01-06,5\n"),
        ("a.csv", "station\x1b[31m,longitude,latitude,date\u202e,pm25\nA,105,36,2019-01-06,5\n"),
        ("a.csv", "station,longitude,latitude,date,pm25\nA,105,36,\x1b[31m2019-01-06,5\n"),
        ("a.csv", "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,\u202e5\n"),
        ("a.csv", "\x1b]0;title\x07\nA,105\n"),
    ],
)
def test_whatever_a_message_tells_of_a_file(
    name: str, content: str, write: Write, tmp_path: Path, tiny_model_file: Path
) -> None:
    file = write(name, content)
    result = run("fuse", file, "--model", tiny_model_file, "-o", tmp_path / "out.nc")
    assert result.exit_code == 1
    assert not hidden(result.output)
    assert all(line.startswith("pointfuse: ") for line in result.stderr.splitlines())
    with pytest.raises(InputError) as raised:
        read_stations(file)
    assert not hidden(str(raised.value))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("attribute", ["featureType", "units", "calendar", "time units"])
def test_attributes_of_cf_files(attribute: str, tmp_path: Path, tiny_model_file: Path) -> None:
    file = write_cf(tmp_path / "a.nc", ["A", "B"], "strings")
    with netCDF4.Dataset(file, "a") as dataset:
        where, name = {
            "featureType": (dataset, "featureType"),
            "units": (dataset["pm25"], "units"),
            "calendar": (dataset["time"], "calendar"),
            "time units": (dataset["time"], "units"),
        }[attribute]
        where.setncattr(name, "\x1b[31mx\ny\u202e")
    result = run("fuse", file, "--model", tiny_model_file, "-o", tmp_path / "out.nc")
    assert result.exit_code == 1
    assert not hidden(result.output)
    assert r"\x1b[31mx" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_what_a_model_says_of_itself(
    tiny_metadata: ModelMetadata, write: Write, tmp_path: Path
) -> None:
    nasty = "\x1b[31mx\ny\u202e"
    metadata = replace(
        tiny_metadata,
        name=f"tiny{nasty}",
        summary=nasty,
        licence=nasty,
        training={f"archive{nasty}": [nasty, {"deep": nasty}]},
    )
    model = write("m\x1b.onnx", mean_model(metadata).SerializeToString())
    for json_wanted in ([], ["--json"]):
        result = run("inspect", "--model", model, *json_wanted)
        assert result.exit_code == 0, result.output
        assert not hidden(result.output)
    content = json.loads(result.stdout)
    shown = r"\x1b[31mx\ny\u202e"
    assert content["name"] == f"tiny{shown}"
    assert content["training"] == {f"archive{shown}": [shown, {"deep": shown}]}
    stations = write("a\u2028.csv", "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,5\n")
    output = tmp_path / "out.nc"
    fused = run("fuse", stations, "--model", model, "-o", output, "--json")
    assert fused.exit_code == 0, fused.output
    assert not hidden(fused.output)
    with netCDF4.Dataset(output) as dataset:
        assert dataset.model_name == f"tiny{shown}"
        assert r"a\u2028.csv" in dataset.history
        texts = [str(dataset.getncattr(name)) for name in dataset.ncattrs()]
        for variable in dataset.variables.values():
            texts += [str(variable.getncattr(name)) for name in variable.ncattrs()]
    assert not any(hidden(text) or "\n" in text for text in texts)


def test_names_in_errors_of_usage(tmp_path: Path) -> None:
    result = run("inspect", tmp_path / "a\x1b.onnx", tmp_path / "b\x1b.onnx")
    assert result.exit_code == 2
    assert not hidden(result.output)
    assert r"a\x1b.onnx" in result.stderr or r"b\x1b.onnx" in result.stderr


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-A1", "'-A1"),
        ("+A1", "'+A1"),
        ("-12.5", "-12.5"),
        ("1001A", "1001A"),
    ],
)
def test_no_code_is_a_formula_in_the_table_of_flags(
    code: str, written: str, write: Write, tmp_path: Path, tiny_model_file: Path
) -> None:
    rows = f'"{code}",105,36,2019-01-06,9999\nB,106,36,2019-01-06,5\n'
    file = write("a.csv", "station,longitude,latitude,date,pm25\n" + rows)
    table = tmp_path / "q.csv"
    assert run("qc", file, "--model", tiny_model_file, "-o", table).exit_code == 0
    with table.open(encoding="utf-8", newline="") as lines:
        assert written in {row[0] for row in csv.reader(lines)}


def test_characters_that_are_no_ascii(tmp_path: Path) -> None:
    """UTF-8, as other programs write it into arrays of characters, and what is none."""
    file = write_cf(tmp_path / "a.nc", ["北京-1", "Zürich"], "classic")
    assert read_stations(file).stations.code.tolist() == ["北京-1", "Zürich"]
    with netCDF4.Dataset(file, "a") as dataset:
        dataset["code"][1] = np.frombuffer(b"Z\xfcrich".ljust(40, b"\0"), "S1")
    assert read_stations(file).stations.code.tolist() == ["北京-1", r"Z\xfcrich"]
