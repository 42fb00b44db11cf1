"""What is written: never over what is read, and only under names that say what it is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import netCDF4
import pytest
from click.testing import CliRunner, Result

from pointfuse.commands.main import main
from pointfuse.model.shipped import shipped_models

TABLE = "station,longitude,latitude,date,pm25\n" + "".join(
    f"{name},{longitude},36,2019-0{month}-0{day},{20 + day}\n"
    for name, longitude in (("A", 105), ("B", 108))
    for month in (1, 2)
    for day in (1, 2)
)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def months(tmp_path: Path, tiny_model_file: Path) -> Callable[..., Result]:
    """Fuse files to files of months, with a model of its own."""
    shutil.copy(tiny_model_file, tmp_path / "model_2019-01.nc")

    def fuse(*arguments: object) -> Result:
        return run(
            "fuse", *arguments, "--model", tmp_path / "model_2019-01.nc", "--period", "month"
        )

    return fuse


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("output", "read"),
    [
        ("obs.nc", ["obs_2019-01.nc"]),
        ("obs.nc", ["obs_*.nc"]),
        ("obs.nc", ["first.csv", "obs_2019-02.nc"]),
        # Only what is read tells which months there are.
        ("obs.nc", ["obs_2031-12.nc"]),
        ("model.nc", ["first.csv"]),
        ("list.nc", ["first.csv", "--stations", "list_2019-01.nc"]),
        ("hard.nc", ["first.csv"]),
        ("soft.nc", ["first.csv"]),
        ("sub/../obs.nc", ["obs_2019-01.nc"]),
        ("link.nc", ["obs_2019-01.nc"]),
    ],
)
def test_a_file_of_a_month_is_no_input(
    output: str, read: list[str], months: Callable[..., Result], tmp_path: Path
) -> None:
    for name in ("first.csv", "obs_2019-01.nc", "obs_2019-02.nc", "obs_2031-12.nc"):
        (tmp_path / name).write_text(TABLE)
    (tmp_path / "list_2019-01.nc").write_text("station,longitude,latitude\nA,105,36\n")
    (tmp_path / "hard_2019-02.nc").hardlink_to(tmp_path / "first.csv")
    (tmp_path / "soft_2019-02.nc").symlink_to("first.csv")
    (tmp_path / "sub").mkdir()
    # A link says where the months go, not what they are called.
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "link_2019-01.nc").hardlink_to(tmp_path / "obs_2019-01.nc")
    (tmp_path / "link.nc").symlink_to("elsewhere/link.nc")
    before = contents(tmp_path), contents(tmp_path / "elsewhere")
    named = [part if part.startswith("-") else tmp_path / part for part in read]
    result = months(*named, "-o", tmp_path / output)
    assert result.exit_code == 1, result.output
    assert "is one of the files to read; name another one to write" in result.stderr
    assert (contents(tmp_path), contents(tmp_path / "elsewhere")) == before


def test_a_file_of_a_month_that_is_not_read_is_replaced(
    months: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "first.csv").write_text(TABLE)
    (tmp_path / "obs_2019-01.nc").write_text("of yesterday")
    result = months(tmp_path / "first.csv", "-o", tmp_path / "obs.nc")
    assert result.exit_code == 0, result.output
    for month in ("01", "02"):
        with netCDF4.Dataset(tmp_path / f"obs_2019-{month}.nc") as dataset:
            assert len(dataset["time"]) == 2


def test_what_lies_in_the_working_folder_is_no_input(tiny_model_file: Path, tmp_path: Path) -> None:
    """It is cleared at the end, and two of its folders at the beginning."""
    spool = tmp_path / ".out.nc.work" / "spool"
    spool.mkdir(parents=True)
    (spool / "obs.csv").write_text(TABLE)
    (tmp_path / "link.csv").symlink_to(spool / "obs.csv")
    for name in (spool / "obs.csv", tmp_path / "link.csv"):
        result = run("fuse", name, "-o", tmp_path / "out.nc", "--model", tiny_model_file)
        assert result.exit_code == 1
        assert f"lies in {spool.parent}, which is cleared; move it" in result.stderr
        assert (spool / "obs.csv").read_text() == TABLE


def test_the_shipped_model_is_no_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "pointfuse.commands.shared.inputs_and_outputs.model_folder", lambda: tmp_path
    )
    shipped = tmp_path / shipped_models()[0].file
    shipped.write_text("a copy of it")
    (tmp_path / "obs.csv").write_text(TABLE)
    (tmp_path / "out").symlink_to(shipped)
    for command in ("fuse", "qc", "crossval"):
        result = run(command, tmp_path / "obs.csv", "-o", tmp_path / "out")
        assert result.exit_code == 1
        assert "out is one of the files to read" in result.stderr
    assert shipped.read_text() == "a copy of it"


def test_the_notes_of_a_cross_validation_are_no_input(
    tiny_model_file: Path, tmp_path: Path
) -> None:
    notes = tmp_path / ".scores.json.progress.npz"
    notes.write_text(TABLE)
    result = run("crossval", notes, "-o", tmp_path / "scores.json", "--model", tiny_model_file)
    assert result.exit_code == 1
    assert f"{notes} is one of the files to read" in result.stderr
    assert notes.read_text() == TABLE


REFUSED = {
    "fuse": (
        ["tif", "TIFF", "csv", "png", "html", "json", "h5", "grib2", "nc.gz", "zarr.zip", "x"],
        "expected a netCDF file or a Zarr store named *.nc, *.nc4, *.ncf, *.cdf or *.zarr, got "
        "{name}",
    ),
    "convert": (
        ["nc", "zarr", "png", "csv"],
        "expected a GeoTIFF named *.tif or *.tiff, got {name}",
    ),
    "plot": (
        ["nc", "tif", "html", "jpg", "", "2019"],
        "expected a picture named *.png, *.pdf, *.svg, *.gif or *.mp4, got {name}",
    ),
    "qc": (
        ["nc", "json", "html", "parquet"],
        "expected a CSV file named *.csv or *.txt, got {name}",
    ),
    "regions": (["nc", "json", "geojson"], "expected a table named *.csv or *.parquet, got {name}"),
    "extract": (["nc", "json", "txt"], "expected a table named *.csv or *.parquet, got {name}"),
    "crossval": (["nc", "csv", "html", "tif"], "expected a JSON file named *.json, got {name}"),
}
"""Suffixes of other formats, and what is said of them before anything is read."""

HINTS = {
    ("fuse", "tif"): "; 'pointfuse convert field.nc -o field.tif' makes a GeoTIFF of a netCDF file",
    ("fuse", "png"): "; 'pointfuse plot field.nc -o field.png' draws a netCDF file",
    ("fuse", "csv"): "'pointfuse extract field.nc places.csv -o field.csv' makes a table",
    ("convert", "zarr"): "; 'pointfuse fuse' writes a Zarr store of station files",
    ("convert", "nc"): "; 'pointfuse fuse' writes netCDF",
    ("convert", "png"): "; 'pointfuse plot field.nc -o field.png' draws a netCDF file",
    ("plot", "tif"): "; 'pointfuse convert field.nc -o field.tif' makes a GeoTIFF of a netCDF file",
}


@pytest.mark.parametrize(
    ("command", "suffix"), [(name, each) for name, (all_, _) in REFUSED.items() for each in all_]
)
def test_a_suffix_of_another_format_is_refused(command: str, suffix: str, tmp_path: Path) -> None:
    read = tmp_path / "read"
    read.write_text("not to be looked at")
    name = f"field.{suffix}" if suffix else "field"
    also = [read] if command in ("extract", "regions") else []
    result = run(command, read, *also, "-o", tmp_path / name)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert REFUSED[command][1].format(name=name) in result.stderr
    assert HINTS.get((command, suffix), "") in result.stderr
    assert list(tmp_path.iterdir()) == [read]


@pytest.mark.parametrize(
    "name", ["out.nc", "out.NC", "out.nc4", "out.ncf", "out.CDF", "out", "out.2019-01"]
)
@pytest.mark.parametrize("kind", ["netcdf", "ioapi"])
def test_names_that_say_netcdf_or_nothing(
    name: str, kind: str, tiny_model_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "obs.csv").write_text(TABLE)
    output = tmp_path / name
    common = ("--model", tiny_model_file, "--days", "2019-01-01", "--output-format", kind)
    result = run("fuse", tmp_path / "obs.csv", "-o", output, *common)
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        assert ("TFLAG" in dataset.variables) == (kind == "ioapi")


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("out.zarr", "netcdf", "expected a netCDF file named"),
        ("out.zarr", "ioapi", "expected a netCDF file named"),
        ("out.nc", "zarr", "expected a Zarr store named *.zarr, got out.nc"),
    ],
)
def test_a_format_and_a_suffix_of_another_one(
    name: str, kind: str, said: str, tiny_model_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "obs.csv").write_text(TABLE)
    call = ("fuse", tmp_path / "obs.csv", "-o", tmp_path / name, "--model", tiny_model_file)
    result = run(*call, "--output-format", kind)
    assert result.exit_code == 1
    assert said in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["obs.csv"]


def test_flags_and_scores_without_a_suffix(tiny_model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "obs.csv").write_text(TABLE)
    for command, options in ("qc", []), ("crossval", ["--folds", 2]):
        output = tmp_path / command
        common = ("-o", output, "--model", tiny_model_file, *options)
        result = run(command, tmp_path / "obs.csv", *common)
        assert result.exit_code == 0, result.output
        assert output.read_text()[0] == {"qc": "s", "crossval": "{"}[command]
