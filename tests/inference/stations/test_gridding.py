"""Stations on cells, and distances on the grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pointfuse.basics.timezones import BEIJING
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import StationCounts, grid_days, place, station_distance
from pointfuse.stations.observations import Observations, Stations

GRID = Grid(LambertConformal((25.0, 47.0), 105.0, 36.0, 6.37e6), 12, 16, 2_500.0, 0.0, 0.0)


def at_cells(
    metadata: ModelMetadata, cells: list[tuple[float, float]], values: dict[str, list[list[float]]]
) -> Observations:
    """Observations at (row, column) positions of the grid, NaN for no coordinates."""
    row, column = np.array(cells, float).T
    grid = metadata.grid
    longitude, latitude = grid.projection.inverse(
        grid.first_x + column * grid.cell_size, grid.first_y + row * grid.cell_size
    )
    tables = {name: np.array(table, float) for name, table in values.items()}
    days = len(next(iter(tables.values())))
    return Observations(
        Stations(np.array([f"S{i}" for i in range(len(cells))]), longitude, latitude),
        np.datetime64("2019-01-06") + np.arange(days),
        tables,
        BEIJING,
    )


def test_stations_of_a_cell_are_averaged(tiny_metadata: ModelMetadata) -> None:
    cells = [(2.0, 3.0), (2.3, 2.8), (7.0, 9.0)]
    placed = place(
        at_cells(tiny_metadata, cells, {"pm25": [[10.0, 20.0, 5.0], [10.0, np.nan, np.nan]]}),
        tiny_metadata,
    )
    gridded = grid_days(placed)
    expected = np.zeros((2, 3, 12, 16), np.float32)
    expected[0, 0, 2, 3], expected[0, 0, 7, 9], expected[1, 0, 2, 3] = 15.0, 5.0, 10.0
    np.testing.assert_array_equal(gridded.observations, expected)
    count = np.zeros((2, 12, 16))
    count[0, 2, 3], count[0, 7, 9], count[1, 2, 3] = 2, 1, 1
    np.testing.assert_array_equal(gridded.station_count, count)
    np.testing.assert_array_equal(gridded.observed[:, 0], count)
    assert not gridded.observed[:, 1:].any()
    assert gridded.station_count.sum() == 4
    assert placed.target_stations.tolist() == [3, 1]


@pytest.mark.parametrize(("schema_version", "pm25"), [(1, 1), (2, 2)])
def test_a_mask_counts_stations_of_the_fused_variable_where_the_file_says_so(
    tiny_metadata: ModelMetadata, schema_version: int, pm25: int
) -> None:
    metadata = replace(tiny_metadata, schema_version=schema_version)
    values = {"pm25": [[10.0, 20.0]], "wind_speed": [[1.0, 2.0]]}
    gridded = grid_days(place(at_cells(metadata, [(2.0, 3.0), (2.3, 2.8)], values), metadata))
    np.testing.assert_array_equal(gridded.observed[0, :, 2, 3], [pm25, 0, 1])
    assert gridded.observed.sum() == pm25 + 1
    assert gridded.observed.dtype == np.float32


def test_a_day_of_other_variables_alone_has_no_stations_of_the_target(
    tiny_metadata: ModelMetadata,
) -> None:
    placed = place(
        at_cells(tiny_metadata, [(2.0, 3.0)], {"wind_speed": [[1.0], [2.0]]}), tiny_metadata
    )
    assert placed.target_stations.tolist() == [0, 0]


def test_a_calm_is_an_observation(tiny_metadata: ModelMetadata) -> None:
    placed = place(
        at_cells(tiny_metadata, [(2.0, 3.0)], {"pm25": [[0.0]], "wind_speed": [[0.0]]}),
        tiny_metadata,
    )
    observed = grid_days(placed).observed[0, :, 2, 3]
    # Zero PM2.5 and a calm were measured; humidity was not.
    np.testing.assert_array_equal(observed, [1, 0, 1])


def test_what_cannot_be_used_is_counted(tiny_metadata: ModelMetadata) -> None:
    cells = [(2.0, 3.0), (np.nan, np.nan), (50.0, 3.0), (4.0, 4.0), (5.0, 5.0)]
    values = {"pm25": [[10.0, 11.0, 12.0, np.nan, 1600.0], [10.0, 1.0, 1.0, np.nan, -0.1]]}
    placed = place(at_cells(tiny_metadata, cells, values), tiny_metadata)
    assert placed.counts == StationCounts(
        read=5, valid=3, without_coordinates=1, outside_grid=1, used=1, out_of_range=2
    )
    assert placed.observations.stations.code.tolist() == ["S0"]
    assert placed.cell.tolist() == [2 * 16 + 3]


def test_hours_are_placed_as_days_are(tiny_metadata: ModelMetadata) -> None:
    daily = at_cells(tiny_metadata, [(1.0, 1.0)], {"pm25": [[1.0]]})
    hourly = Observations(
        daily.stations, daily.times.astype("datetime64[h]"), daily.values, daily.timezone
    )
    placed = place(hourly, tiny_metadata)
    assert placed.cell.tolist() == place(daily, tiny_metadata).cell.tolist()
    assert placed.target_stations.tolist() == [1]
    # Of an hour there are no hours to count.
    assert np.isnan(placed.hours.count).all()
    assert not placed.hours.partial.any()
    assert not placed.hours.unfinished.any()


@given(arrays.arrays(bool, (12, 16), elements=st.booleans()).filter(np.any))
def test_distance_agrees_with_scipy(occupied: np.ndarray) -> None:
    expected = scipy.ndimage.distance_transform_edt(~occupied) * GRID.cell_size
    # Single precision of a distance of some 10 km is a millimetre.
    np.testing.assert_allclose(station_distance(occupied, GRID), expected, rtol=1e-6)


@pytest.mark.parametrize("cell", [(0, 0), (371, 425), (100, 400)])
def test_distance_from_a_single_station_reaches_every_corner(cell: tuple[int, int]) -> None:
    occupied = np.zeros((372, 426), bool)
    occupied[cell] = True
    row, column = np.indices(occupied.shape)
    expected = np.hypot(row - cell[0], column - cell[1]) * GRID.cell_size
    np.testing.assert_allclose(station_distance(occupied, GRID), expected, rtol=1e-6)
