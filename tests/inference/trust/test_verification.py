"""Golden cases, and what `pointfuse verify` makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner, Result
from fake_runtimes import ClaimsAGpu

from pointfuse import InputFileNotFoundError, ModelFileError
from pointfuse.commands.main import main
from pointfuse.model import devices
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.trust import verification
from pointfuse.trust.golden_case import GoldenCase, Values, find_golden, read_golden
from pointfuse.trust.verification import Verification, golden_difference, verify

Write = Callable[[str, str | bytes], Path]

# The tiny model gives the mean of the observed cells everywhere: 20.
CASE = GoldenCase(
    weights_sha256="0" * 64,
    origin="by hand",
    observations={
        "pm25": Values((2, 9), (3, 15), (10.0, 30.0)),
        "wind_speed": Values((2,), (3,), (0.0,)),
    },
    expected=Values((0, 11), (0, 15), (20.0, 20.0)),
    mean=20.0,
)


@pytest.fixture
def folder(tmp_path: Path, tiny_model_bytes: bytes) -> Path:
    (tmp_path / "tiny.onnx").write_bytes(tiny_model_bytes)
    (tmp_path / "tiny.golden.json").write_text(CASE.to_json())
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def test_a_case_survives_its_file(folder: Path) -> None:
    assert read_golden(folder / "tiny.golden.json") == CASE
    assert find_golden(folder / "tiny.onnx", "0" * 64) == CASE


def test_inputs(tiny_metadata: ModelMetadata) -> None:
    observations, observed = CASE.inputs(tiny_metadata)
    assert observations.shape == observed.shape == (1, 3, 12, 16)
    assert [observations[0, 0, 2, 3], observations[0, 0, 9, 15]] == [10, 30]
    # A calm is observed.
    assert (observations[0, 2, 2, 3], observed[0, 2, 2, 3]) == (0, 1)
    assert observed.sum() == 3


COUNTED = replace(CASE, observations={"pm25": Values((2, 9), (3, 15), (10.0, 30.0), (3, 1))})


@pytest.mark.parametrize(("schema_version", "mask"), [(1, [1, 1]), (2, [3, 1])])
def test_stations_of_a_cell_are_given_to_files_that_count_them(
    tiny_metadata: ModelMetadata, tmp_path: Path, schema_version: int, mask: list[int]
) -> None:
    path = tmp_path / "counted.golden.json"
    path.write_text(COUNTED.to_json())
    case = read_golden(path)
    assert case == COUNTED
    _, observed = case.inputs(replace(tiny_metadata, schema_version=schema_version))
    assert [observed[0, 0, 2, 3], observed[0, 0, 9, 15]] == mask
    assert observed.sum() == sum(mask)


@pytest.mark.parametrize("stations", [[1], [1, 0], [1, 2, 3]])
def test_impossible_numbers_of_stations_are_refused(stations: list[int]) -> None:
    content = json.loads(CASE.to_json())
    content["observations"]["pm25"]["stations"] = stations
    with pytest.raises(ModelFileError, match="stations"):
        GoldenCase.from_json(json.dumps(content))


def test_verify_gives_the_stations_of_a_cell(folder: Path) -> None:
    """Three stations of 10 and one of 30 have a mean of 15."""
    case = replace(COUNTED, expected=Values((0, 11), (0, 15), (15.0, 15.0)), mean=15.0)
    (folder / "tiny.golden.json").write_text(case.to_json())
    assert verify(folder / "tiny.onnx", device="cpu").difference == 0


def test_differences(tiny_metadata: ModelMetadata) -> None:
    field = np.full((12, 16), 20, np.float32)
    assert CASE.difference(field, tiny_metadata) == 0
    field[11, 15] = 20.5
    assert CASE.difference(field, tiny_metadata) == 0.5
    field[11, 15] = 20
    # A cell that is not in the case: a 192nd part of its error is in the mean.
    field[5, 5] = 212
    assert CASE.difference(field, tiny_metadata) == pytest.approx(1)
    field[5, 5] = np.nan
    assert np.isnan(CASE.difference(field, tiny_metadata))


def test_a_loaded_model_is_held_against_its_case(folder: Path, tiny_model: Model) -> None:
    assert golden_difference(tiny_model, folder / "anything") == 0
    (folder / "tiny.golden.json").write_text(replace(CASE, mean=19.98).to_json())
    # Below the 0.05 that single precision may be off.
    assert golden_difference(tiny_model, folder / "anything") == pytest.approx(0.02)
    for mean in (20.06, np.nan):
        (folder / "tiny.golden.json").write_text(replace(CASE, mean=mean).to_json())
        with pytest.raises(ModelFileError, match=r"tiny differs by .* expected at most 0\.05"):
            golden_difference(tiny_model, folder / "anything")
    (folder / "tiny.golden.json").unlink()
    with pytest.raises(InputFileNotFoundError, match="there is no golden case"):
        golden_difference(tiny_model, folder / "anything")


def test_the_case_of_another_grid(tiny_metadata: ModelMetadata) -> None:
    other = replace(CASE, expected=Values((12,), (0,), (20.0,)))
    with pytest.raises(ModelFileError, match="has variables or cells that tiny does not have"):
        other.difference(np.zeros((12, 16), np.float32), tiny_metadata)
    other = replace(CASE, observations={"ozone": CASE.observations["pm25"]})
    with pytest.raises(ModelFileError, match="has variables or cells that tiny does not have"):
        other.inputs(tiny_metadata)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"schema_version": 1', '"schema_version": 2'),
        ('"mean": 20.0', '"mean": "much"'),
        ("[2, 9]", "[2]"),
        ("[2, 9]", "[-2, 9]"),
        ("30.0", "NaN"),
        ("}", ""),
        ('"expected"', '"found"'),
    ],
)
def test_a_damaged_case(write: Write, old: str, new: str) -> None:
    text = CASE.to_json()
    assert old in text
    with pytest.raises(ModelFileError, match=r"bad\.golden\.json cannot be read: expected a gold"):
        read_golden(write("bad.golden.json", text.replace(old, new)))


def test_verify_a_sound_model(folder: Path) -> None:
    result = verify(folder / "tiny.onnx", threads=1)
    assert result.problems == []
    assert (result.device, result.provider) == ("cpu", "CPUExecutionProvider")
    assert set(result.kernels) == {result.provider}
    # Means of two exact numbers.
    assert result.difference == 0


def test_the_command_line(folder: Path) -> None:
    result = run(folder / "tiny.onnx", "--device", "cpu", "--threads", 1)
    assert result.exit_code == 0, result.output
    assert "tiny 0.1.0 in fp32 on cpu (CPUExecutionProvider, onnxruntime " in result.stdout
    assert "differs by 0 ug m-3 from the golden field, 0.05 allowed" in result.stdout
    content = json.loads(run(folder / "tiny.onnx", "--json").stdout)
    assert content["good"] is True
    assert content["problems"] == []
    assert content["model_sha256"] == read_model_file(folder / "tiny.onnx")[2]


def test_a_model_that_computes_something_else_ends_with_1(folder: Path) -> None:
    expected = replace(CASE.expected, value=(20.0, 20.06))
    (folder / "tiny.golden.json").write_text(replace(CASE, expected=expected).to_json())
    result = run(folder / "tiny.onnx", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["good"] is False
    assert "the field differs by 0.06 ug m-3 from the golden one, expected at most 0.05" in (
        result.stderr
    )


def test_a_field_with_a_gap_is_not_good() -> None:
    result = Verification(
        "tiny 0.1.0", "", "fp32", "cpu", "CPUExecutionProvider", "", 1,
        {"CPUExecutionProvider": 7}, float("nan"), 0.01, "ug m-3", 0.0, 0.0,
    )  # fmt: skip
    assert len(result.problems) == 1
    assert "differs by nan" in result.problems[0]


def test_kernels_that_ran_elsewhere_end_with_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runtime that claims to run on CUDA, whose profile says otherwise."""
    for module in ("devices", "session"):
        monkeypatch.setattr(f"pointfuse.model.{module}.missing", lambda _: None)
    monkeypatch.setattr(onnxruntime, "InferenceSession", ClaimsAGpu)
    result = run(folder / "tiny.onnx", "--device", "cuda")
    assert result.exit_code == 1
    assert f"not all kernels ran on {devices.PROVIDERS['cuda']}: " in result.stderr
    assert " on CPUExecutionProvider" in result.stderr


@pytest.mark.parametrize("device", ["cuda", "tensorrt", "rtx"])
def test_a_device_that_is_not_there_ends_with_3(folder: Path, device: str) -> None:
    result = run(folder / "tiny.onnx", "--device", device)
    assert result.exit_code == 3
    assert f"pointfuse: the device {device} cannot be used" in result.stderr
    assert result.stdout == ""


def test_without_a_case(folder: Path) -> None:
    (folder / "tiny.golden.json").unlink()
    with pytest.raises(
        InputFileNotFoundError, match=r"no golden case for tiny\.onnx: expected a f"
    ):
        verify(folder / "tiny.onnx")
    other = folder / "other.json"
    with pytest.raises(InputFileNotFoundError, match=r"there is no file .*other\.json"):
        verify(folder / "tiny.onnx", golden=other)
    other.write_text(replace(CASE, weights_sha256="1" * 64).to_json())
    with pytest.raises(ModelFileError, match="the golden case is that of the weights 1111"):
        verify(folder / "tiny.onnx", golden=other)
    other.write_text(CASE.to_json())
    assert verify(folder / "tiny.onnx", golden=other).problems == []


@pytest.mark.slow
def test_the_shipped_model_is_verified_by_default() -> None:
    result = verify(precision="fp32")
    assert result.problems == []
    # PyTorch in double precision; other processors and orders of sums differ by some 0.0001.
    assert result.difference < 1e-3
    assert verification.TOLERANCE[result.precision] == result.tolerance
