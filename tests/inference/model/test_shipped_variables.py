"""Several shipped models, told apart by what they fuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import netCDF4
import pytest
from click.testing import CliRunner, Result

from pointfuse import InputError, fuse, load_model
from pointfuse.commands.main import main
from pointfuse.model.precisions import files_by_precision

ROWS = (
    "station,longitude,latitude,date,pm25,no2 (ppb),co\n"
    "A,105,36,2019-01-06,80,10,0.8\n"
    "B,107,37,2019-01-06,60,20,1.2\n"
)


@pytest.fixture
def shipped(ship: Callable[..., Path]) -> Path:
    """Models of PM2.5 and of NO2, each the mean of its stations."""
    return ship("pm25", "no2")


@pytest.fixture
def day(tmp_path: Path) -> Path:
    path = tmp_path / "day.csv"
    path.write_text(ROWS)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_a_model_is_named_by_what_it_fuses(shipped: Path) -> None:
    assert load_model(threads=1, device="cpu").metadata.name == "tiny-pm25"
    assert load_model(variable="no2", threads=1, device="cpu").metadata.name == "tiny-no2"
    assert files_by_precision("no2")["fp32"].file == "tiny-no2.onnx"


def test_what_is_not_shipped_is_named_with_what_is(shipped: Path) -> None:
    with pytest.raises(InputError, match=r"no model of 'co' comes with .* expected pm25 or no2"):
        load_model(variable="co")


def test_a_file_fuses_what_it_was_made_for(shipped: Path, day: Path) -> None:
    with pytest.raises(InputError, match=r"tiny-no2\.onnx fuses what it was made for"):
        load_model(shipped / "tiny-no2.onnx", variable="pm25")
    model = load_model(variable="no2", threads=1, device="cpu")
    with pytest.raises(InputError, match="the model fuses no2, on cpu in fp32; give variable"):
        fuse(day, model, variable="pm25")


def test_fields_of_another_pollutant_in_memory(shipped: Path, day: Path) -> None:
    fields = fuse(day, variable="no2", device="cpu")
    # 15 ppb at 25 degrees.
    assert float(fields.values.mean()) == pytest.approx(15 * 46.0055 / 24.4654, rel=1e-4)
    assert fields.model.target.name == "no2"


def test_fields_of_another_pollutant_in_a_file(
    shipped: Path, day: Path, tmp_path: Path, assert_cf_compliant
) -> None:
    output = tmp_path / "no2.nc"
    result = run("fuse", day, "--variable", "no2", "--threads", 1, "-o", output)
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as dataset:
        assert dataset["no2"].standard_name == "mass_concentration_of_nitrogen_dioxide_in_air"
        assert dataset["no2"].units == "ug m-3"
        assert float(dataset["no2"][0].mean()) == pytest.approx(28.2, abs=0.05)
        assert "pm25" not in dataset.variables
        assert "--variable no2" in dataset.history
    assert_cf_compliant(output)


def test_qc_and_crossval_take_the_variable_too(shipped: Path, day: Path, tmp_path: Path) -> None:
    flags = tmp_path / "flags.csv"
    result = run("qc", day, "--variable", "no2", "-o", flags)
    assert result.exit_code == 0, result.output
    assert "no2" in result.output
    scores = tmp_path / "scores.json"
    options = ["--variable", "no2", "--folds", 2, "-o", scores, "--quiet"]
    result = run("crossval", day, *options)
    assert result.exit_code == 0, result.output
    assert json.loads(scores.read_text())["model"] == "tiny-no2 0.1.0"


def test_a_file_and_a_variable_are_one_too_many(shipped: Path, day: Path, tmp_path: Path) -> None:
    model = shipped / "tiny-no2.onnx"
    result = run("fuse", day, "--model", model, "--variable", "no2", "-o", tmp_path / "out.nc")
    assert result.exit_code == 2
    assert "fuses what it was made for; leave --variable out" in result.output.replace("\n", " ")
