"""Whatever is given to a public function ends in one sentence that says what it takes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pointfuse
from pointfuse.errors import PointfuseError
from pointfuse.fields.geotiff import write_geotiff
from pointfuse.fields.ioapi import write_ioapi
from pointfuse.fields.netcdf import write_netcdf
from pointfuse.model.loading import Model
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.flags import write_flags
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.trust.crossval import cross_validate

ODD: list[Any] = [
    *(None, 3, 2.5, b"x", "no such file", "a\0b", "", {"a": [1]}, [1, 2], [None], object()),
    *(np.zeros((2, 3)), io.StringIO("x"), lambda: None, pytest),
]


@pytest.fixture
def observations() -> pointfuse.Observations:
    return pointfuse.Observations(
        pointfuse.Stations(np.array(["A"]), np.array([105.0]), np.array([36.0])),
        np.array(["2019-01-06"], "datetime64[D]"),
        {"pm25": np.array([[50.0]])},
    )


@pytest.fixture
def calls(
    observations: pointfuse.Observations, tiny_model: Model, tmp_path: Path
) -> dict[str, Callable[[Any], object]]:
    table = tmp_path / "t.csv"
    table.write_text("station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,5\n")
    return {
        "read_stations": pointfuse.read_stations,
        "variables": lambda odd: pointfuse.read_stations(table, variables=odd),
        "timezone": lambda odd: pointfuse.read_stations(table, timezone=odd),
        "format": lambda odd: pointfuse.read_stations(table, format=odd),
        "stations": lambda odd: pointfuse.read_stations(table, stations=1 if odd is None else odd),
        "units": lambda odd: pointfuse.read_stations(table, units=1 if odd is None else odd),
        "read_station_list": read_station_list,
        "fuse": lambda odd: pointfuse.fuse(odd, tiny_model),
        "fuse model": lambda odd: pointfuse.fuse(observations, 1 if odd is None else odd),
        "load_model": lambda odd: pointfuse.load_model("none" if odd is None else odd),
        "device": lambda odd: pointfuse.load_model(device=odd),
        "precision": lambda odd: pointfuse.load_model(precision=odd),
        "place": lambda odd: pointfuse.place(odd, tiny_model.metadata),
        "place metadata": lambda odd: pointfuse.place(observations, odd),
        "days_per_batch": lambda odd: pointfuse.fuse(
            observations, tiny_model, days_per_batch="2" if isinstance(odd, int) else odd
        ),
        "states": lambda odd: pointfuse.states("x" if isinstance(odd, np.ndarray) else odd),
        "check_days": lambda odd: check_days(odd, tiny_model),
        "check_days model": lambda odd: check_days(observations, odd),
        "evaluate": pointfuse.evaluate,
        "cross_validate": lambda odd: cross_validate(odd, tiny_model),
        "cross_validate model": lambda odd: cross_validate(observations, odd),
        "write_flags": lambda odd: write_flags(tmp_path / "q.csv", odd),
        "write_netcdf": lambda odd: write_netcdf(tmp_path / "o.nc", odd, history=""),
        "write_ioapi": lambda odd: write_ioapi(tmp_path / "o.nc", odd, history=""),
        "write_geotiff": lambda odd: write_geotiff(odd, tmp_path / "o.tif"),
        "Observations": lambda odd: pointfuse.Observations(odd, odd, odd),
        "times": lambda odd: pointfuse.Observations(
            observations.stations, odd, observations.values
        ),
        "values": lambda odd: pointfuse.Observations(
            observations.stations, observations.times, {"pm25": odd}
        ),
    }


def test_odd_arguments_are_refused_in_one_sentence(
    calls: dict[str, Callable[[Any], object]], tmp_path: Path
) -> None:
    for name, call in calls.items():
        for odd in ODD:
            with pytest.raises(PointfuseError) as caught:
                call(odd)
            message = str(caught.value)
            assert len(message) <= 320, (name, odd, message)
            assert "\n" not in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv"]


def test_a_message_says_what_is_taken_and_what_makes_it(tiny_model: Model) -> None:
    with pytest.raises(
        TypeError, match=r"expected a model \(pointfuse\.Model\), got str; load one with poi"
    ):
        pointfuse.fuse("a.csv", "model.onnx")  # type: ignore[arg-type]
    with pytest.raises(
        TypeError, match=r"observations \(pointfuse\.Observations\), got dict; .*read_stations"
    ):
        check_days({}, tiny_model)  # type: ignore[arg-type]
