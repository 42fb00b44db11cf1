"""One day of made-up stations on the grid of the shipped model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pointfuse import Observations, Stations
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.stations.gridding import PlacedObservations, place

Day = Callable[[np.ndarray, np.ndarray], PlacedObservations]


@pytest.fixture(scope="session")
def metadata() -> ModelMetadata:
    return read_model_file(None)[1]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20190512)


@pytest.fixture
def day_of(metadata: ModelMetadata) -> Day:
    """Make a day from places in the plane (km, shape (station, 2)) and values."""

    def make(xy: np.ndarray, values: np.ndarray) -> PlacedObservations:
        longitude, latitude = metadata.grid.projection.inverse(*(1000 * xy.T))
        stations = Stations(np.array([f"S{i}" for i in range(len(xy))]), longitude, latitude)
        day = np.array(["2019-05-12"], "datetime64[D]")
        return place(Observations(stations, day, {"pm25": values[None]}), metadata)

    return make


@pytest.fixture
def to_degrees(metadata: ModelMetadata) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Longitude and latitude of places in the plane, km."""
    return lambda xy: metadata.grid.projection.inverse(*(1000 * xy.T))
