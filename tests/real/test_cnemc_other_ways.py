"""A real day of the Chinese network, rewritten in the other ways that its hours come in."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pointfuse import Observations, read_stations

DAY = "20190106"


def records(file: Path) -> Iterator[dict[str, str]]:
    """The day as the interface gives it: a record for each station and hour with PM2.5."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        codes = next(rows)[3:]
        for date, hour, kind, *values in rows:
            if kind != "PM2.5":
                continue
            time = f"{date[:4]}-{date[4:6]}-{date[6:]} {hour}:00:00"
            for code, value in dict(reversed([*zip(codes, values, strict=True)])).items():
                yield {"timepoint": time, "stationcode": code, "pm2_5": value or "—"}


def by_station(observations: Observations) -> dict[str, float]:
    codes, values = observations.stations.code, observations.values["pm25"][0]
    return {code: value for code, value in zip(codes, values, strict=True) if np.isfinite(value)}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["interface.csv.gz", "interface.json", "chinese.csv"])
def test_the_same_means_of_the_same_hours(real_data: Path, tmp_path: Path, way: str) -> None:
    wide = real_data / "cnemc" / f"china_sites_{DAY}.csv"
    found, path = [*records(wide)], tmp_path / way
    if way.endswith("json"):
        path.write_text(json.dumps({"rows": found}), encoding="utf-8")
    else:
        titles = {"timepoint": "时间", "stationcode": "站点编码", "pm2_5": "PM2.5浓度"}
        names = [titles[name] if way == "chinese.csv" else name for name in found[0]]
        text = "\n".join(",".join(row) for row in [names, *(each.values() for each in found)])
        content = (text + "\n").encode("gb18030" if way == "chinese.csv" else "utf-8")
        path.write_bytes(gzip.compress(content) if way.endswith("gz") else content)
    stations = real_data / "cnemc" / "station_list.csv"
    expected, read = (read_stations(file, stations=stations) for file in (wide, path))
    assert read.files[0].format == ("chinese-table" if way == "chinese.csv" else "cnemc-interface")
    # The same numbers, added up in the same order.
    assert by_station(read) == by_station(expected)
    assert len(by_station(read)) == 1439  # counted in the raw file, as test_cnemc_days says
