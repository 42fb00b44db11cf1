"""Days as odd as real ones, and values that are not finite somewhere inside a graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper

from pointfuse_export.checks.extreme_days import check_finite, extreme_days
from pointfuse_export.checks.simulated_days import SimulatedDays, read_days
from pointfuse_export.checks.verify import run_file
from pointfuse_export.commands.main import main
from pointfuse_export.errors import VerificationError
from pointfuse_export.files import pipeline
from pointfuse_export.files.description import read_description
from pointfuse_export.lower_precision.half_precision import halved

MODELS = Path(__file__).parents[3] / "models"


def test_days_are_few_clustered_many_and_high(small_days: SimulatedDays) -> None:
    days = {day.name: day for day in extreme_days(small_days)}
    assert len(days) == 9
    counts = {name: int((day.observed[0, 0] > 0).sum()) for name, day in days.items()}
    assert counts["one station, 35 ug/m3"] == counts["one station, 1500 ug/m3"] == 1
    assert counts["400 stations, 1500 ug/m3"] == counts["one station in the dust"] == 400
    cluster = days["60 stations in a cluster, 1500 ug/m3"]
    row, column = np.nonzero(cluster.observed[0, 0])
    assert len(row) == 60
    # Of 150 stations on 42 x 53 cells; 60 of them drawn at random spread over the whole.
    assert np.ptp(row) < 42
    assert np.hypot(row - row.mean(), column - column.mean()).max() < 25
    np.testing.assert_array_equal(np.unique(cluster.observations[0, 0]), [0, 1500])
    lonely = days["one station in the dust"].observations[0, 0]
    assert [(lonely == value).sum() for value in (35, 1500)] == [399, 1]
    moist = days["one station in the dust, calm and moist air"]
    np.testing.assert_array_equal(np.unique(moist.observations[0, 1]), [0, 100])
    assert moist.observed[0, 2].sum() == 60
    assert (moist.observations[0, 2] == 0).all()
    city = days["a city in every cell"]
    np.testing.assert_array_equal(np.unique(city.observed[0, 0]), [0, 20])
    np.testing.assert_array_equal(city.observations, days["400 stations, 1500 ug/m3"].observations)


def test_an_overflow_that_the_field_does_not_show_is_found(
    named_paper: onnx.ModelProto, small_days: SimulatedDays
) -> None:
    """In physical units PointConv reaches 2e5 by a cluster, and the field does not show it."""
    half = halved(named_paper)
    days = extreme_days(small_days)
    (clustered,) = (d for d in days if d.name.startswith("60") and d.name.endswith("35 ug/m3"))
    (field,) = run_file(half.SerializeToString(), clustered, ["pm25"])
    (right,) = run_file(named_paper.SerializeToString(), clustered, ["pm25"])
    assert np.abs(field - right).mean() < 0.01
    check_finite("paper.onnx", named_paper, days)
    with pytest.raises(
        VerificationError, match=r"paper\.fp16\.onnx: '.*_half' holds .* 60 stations .*--precision"
    ):
        check_finite("paper.fp16.onnx", half, [clustered])


def test_a_network_in_the_units_of_the_day_has_room(
    named_default: onnx.ModelProto, small_days: SimulatedDays
) -> None:
    check_finite("half", halved(named_default), extreme_days(small_days))


@pytest.mark.parametrize("operator", ["Log", "Sqrt"])
def test_what_a_maximum_hides_is_found(
    named_default: onnx.ModelProto, small_days: SimulatedDays, operator: str
) -> None:
    """Logarithms of nothing, roots of less: each turned into a number by the next node."""
    model = onnx.ModelProto()
    model.CopyFrom(named_default)
    below = helper.make_node("Sub", ["observed", "two"], ["below"], "below")
    broken = helper.make_node(operator, ["below"], ["broken"], "broken")
    hidden = helper.make_node("IsNaN", ["broken"], ["hidden"], "hidden")
    two = onnx.numpy_helper.from_array(np.float32(2), "two")
    model.graph.node.extend([below, broken, hidden])
    model.graph.initializer.append(two)
    model.graph.output.append(helper.make_tensor_value_info("hidden", TensorProto.BOOL, None))
    with pytest.raises(VerificationError, match=r"'broken' holds .* no number on a day of one"):
        check_finite("file", model, extreme_days(small_days)[:1])


def test_a_file_that_overflows_is_not_written(
    tiny_description: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: str, model: onnx.ModelProto, days: object) -> None:
        raise VerificationError(f"{file}: refused")

    monkeypatch.setattr(pipeline, "check_finite", refuse)
    result = CliRunner().invoke(main, [str(tiny_description), "-o", str(tmp_path)])
    assert result.exit_code == 1
    assert "tiny.onnx: refused" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_shipped_file_in_half_precision_holds_extreme_days() -> None:
    description = read_description(MODELS / "pointfuse-china12.toml")
    days = extreme_days(read_days(description.files.simulated_days, description.grid.shape))
    file = "pointfuse-china12.fp16.onnx"
    check_finite(file, onnx.load(MODELS / file), days[3:9:5])
