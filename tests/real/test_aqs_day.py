"""AQS: every PM2.5 monitor of the United States on 15 January 2016."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from pointfuse import read_stations

FILE = "formats/cmaq_us_2016/daily_88101_20160115.csv"


def test_means_over_instruments_follow_the_rule(real_data: Path) -> None:
    """Against the rule worked out row by row."""
    observations = read_stations(real_data / FILE, timezone="America/Chicago")
    monitors: dict[str, dict[str, list[tuple[bool, int, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    with (real_data / FILE).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if round(float(row["Observation Percent"]) * 0.24) < 18:
                continue
            site = f"{row['State Code']:0>2}-{row['County Code']:0>3}-{row['Site Num']:0>4}"
            duration = ["1 HOUR", "24 HOUR", "24-HR BLK AVG"].index(row["Sample Duration"])
            monitors[site][row["POC"]].append(
                (row["Event Type"] == "Excluded", duration, float(row["Arithmetic Mean"]))
            )
    expected = {}
    for site, instruments in monitors.items():
        means = np.array([min(rows)[2] for rows in instruments.values()])
        # Beside others, a mean below nought takes no part.
        expected[site] = (means[means >= 0] if (means >= 0).any() else means).mean()
    found = dict(
        zip(observations.stations.code.tolist(), observations.values["pm25"][0], strict=True)
    )
    assert len(found) == 441
    assert {site for site, mean in found.items() if np.isfinite(mean)} == set(expected)
    for site, mean in expected.items():
        # The order of sums.
        np.testing.assert_allclose(found[site], mean, rtol=1e-12)


def test_every_row_is_accounted_for(real_data: Path) -> None:
    (file,) = read_stations(real_data / FILE, timezone="America/Chicago").files
    assert (file.format, file.stations, file.times) == ("aqs", 441, 1)
    # 878 rows are 492 instruments and 386 repetitions.
    assert any(
        remark.startswith("386 rows with the day of an instrument") for remark in file.remarks
    )
