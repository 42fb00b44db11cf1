"""Made-up stations, and two source trees beside each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pointfuse import load_model, read_stations
from pointfuse_benchmarks.speed.many_stations import table, write_stations


def test_stations_stand_on_the_grid_and_many_in_towns(tmp_path: Path) -> None:
    metadata = load_model().metadata
    write_stations(tmp_path / "day.csv", metadata, 2000)
    observations = read_stations(tmp_path / "day.csv")
    stations = observations.stations
    cell = metadata.grid.cells(stations.longitude, stations.latitude)
    assert len(stations) == 2000
    assert (cell >= 0).all()
    # Of 158,472 cells 2,000 at random would share some 12.
    assert 2000 - len(np.unique(cell)) > 50
    values = observations.values["pm25"]
    assert 1 <= values.min() < 40 < 80 < values.max() < 150
    write_stations(tmp_path / "again.csv", metadata, 2000)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "day.csv").read_bytes()


def test_the_table_by_hand() -> None:
    about = {"processor": "P", "threads": 2, "system": "S", "python": "3", "onnxruntime": "1"}
    rows = [
        {"tree": tree, "stations": 12000, "seconds": seconds, "peak_memory_mb": 500 * tree}
        for tree, seconds in ((1, 3.46), (2, 34.0))
    ]
    text = table({"machine": about | {"date": "2026-01-01"}, "rows": rows})
    assert "| 12000 | 1 | 3.5 s | 500 MB |\n| 12000 | 2 | 34.0 s | 1000 MB |" in text
