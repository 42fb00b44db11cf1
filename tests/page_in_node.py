"""What the modules of the page make of station files, and what the package makes of the same."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pointfuse import check_days, load_model, read_stations
from pointfuse.stations.quality.flags import write_flags
from pointfuse.stations.quality.reasons import Reason

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tests" / "web" / "checked_days.mjs"
SHIPPED = ROOT / "models" / "pointfuse-china12.onnx"


def of_page(
    node: str,
    files: Sequence[Path],
    *,
    model: Path = SHIPPED,
    timezone: str = "Asia/Shanghai",
    min_hours: int = 18,
    checks: bool = True,
) -> dict[str, Any]:
    """Daily means as the page makes them of station files and lists; or its error."""
    words = [node, SCRIPT, model, timezone, str(min_hours), "on" if checks else "off", *files]
    completed = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(completed.stdout)
    return found


def assert_as_python(
    node: str,
    files: Sequence[Path],
    lists: Sequence[Path],
    flags: Path,
    *,
    model: Path = SHIPPED,
    timezone: str = "Asia/Shanghai",
    min_hours: int = 18,
) -> dict[str, dict[Reason, int]]:
    """Compare page and package, value by value.

    Parameters
    ----------
    node : str
        The program.
    files, lists : sequence of Path
        Station files and station lists.
    flags : Path
        Where the package may write its table of flagged values.
    model, timezone, min_hours
        What both are asked for.

    Returns
    -------
    dict
        How many daily means of each variable have each reason.
    """
    loaded = load_model(model, device="cpu")
    expected = check_days(
        read_stations(
            files,
            stations=lists or None,
            variables=loaded.metadata.variables,
            timezone=timezone,
            min_hours=min_hours,
        ),
        loaded,
    )
    found = of_page(node, [*lists, *files], model=model, timezone=timezone, min_hours=min_hours)
    assert "error" not in found, found["error"]
    assert found["days"] == [str(day) for day in expected.times]
    assert [each["code"] for each in found["stations"]] == expected.stations.code.tolist()
    shape = (len(expected.times), len(expected.stations))
    counts = {}
    for name, table in expected.values.items():
        values = np.array(found["values"][name], np.float64).reshape(shape)
        # Sums of 24 values in another order: 24 roundings of half a unit in the last place.
        np.testing.assert_allclose(values, table, rtol=3e-15)
        reasons = np.array(found["reasons"][name], np.uint8).reshape(shape)
        np.testing.assert_array_equal(reasons, expected.reasons[name])
        counts[name] = {reason: int((reasons == reason).sum()) for reason in Reason}
    # What is wrong with hours and days, with times and extremes, to the letter.
    write_flags(flags, expected)
    assert found["flags"] == flags.read_text(encoding="utf-8")
    return counts
