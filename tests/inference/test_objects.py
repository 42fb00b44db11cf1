"""Objects as users handle them: shown in a few lines, compared, copied, sent to other processes."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pointfuse import (
    CrossValidation,
    FusedFields,
    Grid,
    Mercator,
    Model,
    Observations,
    Stations,
    cross_validate,
    fuse,
)

DAYS = np.array(["2019-01-06", "2019-01-07"], "datetime64[D]")


@pytest.fixture
def observations() -> Observations:
    stations = Stations(
        np.array(["A", "B", "C"]), np.array([105.0, 108.0, 110.0]), np.array([36.0, 36.5, 34.0])
    )
    values = np.array([[10.0, 30.0, 20.0], [12.0, np.nan, 24.0]])
    return Observations(stations, DAYS, {"pm25": values})


@pytest.fixture
def fields(observations: Observations, tiny_model: Model) -> FusedFields:
    return fuse(observations, tiny_model)


@pytest.fixture
def result(observations: Observations, tiny_model: Model) -> CrossValidation:
    return cross_validate(observations, tiny_model, folds=3)


GRID = (
    "12 rows x 16 columns of 100 km, lambert_conformal_conic, standard parallels 25 and 47, "
    "origin 36 N 105 E"
)


def test_fields_are_shown_in_five_lines(fields: FusedFields) -> None:
    # The model's field is the mean of its cells: 20, and 18.
    assert repr(fields).splitlines() == [
        "<FusedFields of pm25 by tiny 0.1.0 on cpu>",
        "days: 2019-01-06 to 2019-01-07, 2 days, 2 fused",
        "values: 18.0 to 20.0 ug m-3",
        "stations: 3 used, 3 read",
        f"grid: {fields.model.grid.summary}",
    ]
    nothing = replace(
        fields, values=np.full_like(fields.values, np.nan), status=np.ones(2, np.int8)
    )
    assert "0 fused\nvalues: none ug m-3" in repr(nothing)


def test_a_cross_validation_is_shown_in_five_lines(result: CrossValidation) -> None:
    # Each station is predicted as the mean of the others: errors of 15, -15 and 0, then 12 and -12.
    error = np.sqrt((15**2 + 15**2 + 0 + 12**2 + 12**2) / 5)
    assert repr(result).splitlines() == [
        "<CrossValidation of pm25 with tiny, stations withheld in 3 folds>",
        "days: 2019-01-06 to 2019-01-07, 2 days",
        "stations: 3",
        f"predicted: 5 observations, RMSE {error:.2f} ug m-3",
        "baselines: none",
    ]


def test_a_grid_and_a_model_are_shown_in_a_few_lines(tiny_model: Model) -> None:
    metadata = tiny_model.metadata
    assert repr(metadata.grid).startswith(
        "<Grid of 12 rows x 16 columns of 100 km, lambert_conformal_conic"
    )
    assert len(repr(metadata.grid).splitlines()) == 1
    lines = repr(metadata).splitlines()
    assert lines[:3] == [
        "<ModelMetadata of tiny 0.1.0 (fp32, Apache-2.0)>",
        f"variables: {', '.join(variable.name for variable in metadata.variables)}",
        "static layers: height",
    ]
    assert len(lines) == 5


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
@pytest.mark.parametrize(
    "kind", ["fields", "result", "placed", "interpolation", "grid", "metadata"]
)
def test_copies_are_equal(
    kind: str, again: Any, fields: FusedFields, result: CrossValidation
) -> None:
    thing = {
        "fields": fields,
        "result": result,
        "placed": result.placed,
        "interpolation": result.placed.interpolation,
        "grid": fields.model.grid,
        "metadata": fields.model,
    }[kind]
    copied = again(thing)
    assert copied is not thing
    assert copied == thing
    assert (copied != thing) is False
    assert repr(copied) == repr(thing)


def test_one_value_makes_the_difference(fields: FusedFields, result: CrossValidation) -> None:
    values = fields.values.copy()
    values[1, 3, 4] += 1
    assert fields != replace(fields, values=values)
    assert fields != replace(fields, device="cuda")
    assert fields != replace(fields, values=fields.values[:1])
    assert fields != "fields"
    # What is missing on both sides is the same, and what is missing on one is not.
    predicted = result.predicted.copy()
    assert np.isnan(predicted[1, 1])
    assert result == replace(result, predicted=predicted)
    predicted[1, 1] = 0
    assert result != replace(result, predicted=predicted)
    # Of what lies deeper, too.
    assert result != replace(result, placed=replace(result.placed, cell=result.placed.cell + 1))


def test_what_holds_arrays_is_no_key_and_what_holds_none_is(
    fields: FusedFields, result: CrossValidation
) -> None:
    for thing in (fields, result, result.placed):
        with pytest.raises(TypeError, match=f"unhashable type: '{type(thing).__name__}'"):
            hash(thing)
    grid, metadata = fields.model.grid, fields.model
    assert {grid: 1, metadata: 2} == {copy.deepcopy(grid): 1, copy.deepcopy(metadata): 2}
    other = Grid(Mercator(105.0, 30.0, 6_370_000.0), 12, 16, 100_000.0, -750_000.0, -550_000.0)
    assert other != grid
    assert replace(metadata, version="0.2.0") != metadata
