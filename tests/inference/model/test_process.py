"""The Gaussian process against its closed form, written anew with scipy in double precision."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.polynomial.hermite_e import hermegauss
from scipy import interpolate, linalg, ndimage, spatial

from pointfuse.errors import InputError, ModelFileError
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid, Interpolation
from pointfuse.model.process import gaussian_process
from pointfuse.model.process.covariates import covariate_fields, smoothed
from pointfuse.model.process.gaussian_process import ConditionedProcess, GaussianProcess, Prediction
from pointfuse.model.process.process_settings import (
    DEFAULT_PRIOR,
    Covariate,
    Prior,
    ProcessSettings,
)

GRID = Grid(LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0), 40, 50, 12e3, -3e5, -2e5)
SIZE = GRID.rows * GRID.columns
LAYERS = {
    "height": np.random.default_rng(1).gamma(2, 400, GRID.shape).astype(np.float32),
    "urban": np.random.default_rng(2).random(GRID.shape, np.float32),
}
SETTINGS = ProcessSettings(
    length=150e3,
    nugget=0.04,
    covariates=(
        Covariate("height", smoothing=24e3, scale=2000.0, trend=True),
        Covariate("height", "roughness", 48e3, scale=800.0),
        Covariate("urban", trend=True),
    ),
    distance=(0.0,),
    network_weight=(0.5,),
)
PLAIN = replace(SETTINGS, covariates=())


def process(settings: ProcessSettings) -> GaussianProcess:
    return GaussianProcess(settings, GRID, LAYERS)


class Day(NamedTuple):
    """Stations anywhere between the outermost cell centres, and what they observed."""

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray

    @property
    def stations(self) -> Interpolation:
        return GRID.interpolation(*GRID.projection.inverse(self.x, self.y))


def condition(settings: ProcessSettings, day: Day) -> ConditionedProcess:
    return process(settings).condition(day.stations, day.values)


class Reference(NamedTuple):
    """What the closed form says of each cell, on the scale of the process."""

    mean: np.ndarray
    sill: float
    unexplained: np.ndarray
    """Share of the sill, as if the trend were known."""
    uncertain: np.ndarray
    """The same with what is not known of the trend."""


def reference(settings: ProcessSettings, day: Day, prior: Prior = DEFAULT_PRIOR) -> Reference:
    """Kriging of all cells with all stations at once, the trend as part of the covariance."""
    coordinates = [axis / settings.length for axis in np.meshgrid(GRID.x, GRID.y)]
    terms = []
    for covariate in settings.covariates:
        field = ndimage.gaussian_filter(
            LAYERS[covariate.layer].astype(np.float64), covariate.smoothing / GRID.cell_size
        )
        if covariate.statistic == "roughness":
            rough = np.abs(LAYERS[covariate.layer].astype(np.float64) - field)
            field = ndimage.gaussian_filter(rough, covariate.smoothing / GRID.cell_size / 2)
        if covariate.scale:
            coordinates.append(field / covariate.scale)
        if covariate.trend:
            terms.append(prior.effect * field / (field.max() - field.min()))

    def at_cells(fields: list[np.ndarray]) -> np.ndarray:
        return np.stack([field.ravel() for field in fields], -1) if fields else np.zeros((SIZE, 0))

    def at_stations(fields: list[np.ndarray]) -> np.ndarray:
        axes = (GRID.y, GRID.x)
        read = [interpolate.interpn(axes, field, (day.y, day.x)) for field in fields]
        return np.stack(read, axis=-1) if fields else np.zeros((len(day.values), 0))

    places, known = at_cells(coordinates), at_stations(coordinates)
    trend, design = at_cells(terms), at_stations(terms)
    nugget = settings.nugget * np.eye(len(known))
    alone = linalg.inv(np.exp(-spatial.distance.cdist(known, known)) + nugget)
    inverse = linalg.inv(linalg.inv(alone) + design @ design.T)
    between = np.exp(-spatial.distance.cdist(places, known))
    root = 2 * (np.sqrt(day.values + 1) - 1)
    constant = inverse.sum(axis=0) @ root / inverse.sum()
    weights = inverse @ (root - constant)
    usual = prior.spread * day.values.mean() ** 2 / (day.values.mean() + 1)
    sill = (prior.stations * usual + (root - constant) @ weights) / (prior.stations + len(root) - 1)
    # A term is held beyond the range of the stations.
    held = np.clip(trend, design.min(axis=0), design.max(axis=0))
    both = between + trend @ design.T
    left = 1 + (trend**2).sum(axis=1) - np.einsum("ij,jk,ik->i", both, inverse, both)
    return Reference(
        constant + (between + held @ design.T) @ weights,
        sill,
        1 - np.einsum("ij,jk,ik->i", between, alone, between),
        left + (1 - both @ inverse.sum(axis=1)) ** 2 / inverse.sum(),
    )


def expected_prediction(settings: ProcessSettings, wanted: Reference) -> Prediction:
    """Moments of the back-transformed normal, by a quadrature that is exact for polynomials."""
    nodes, weights = hermegauss(8)
    weights = weights / weights.sum()

    def moments(open_share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        deviation = np.sqrt(wanted.sill * (open_share + settings.nugget))
        value = ((wanted.mean[:, None] + deviation[:, None] * nodes) / 2 + 1) ** 2 - 1
        mean = value @ weights
        return mean, (value - mean[:, None]) ** 2 @ weights

    mean = moments(wanted.unexplained)[0]
    least = (1 + (0.03 * mean) ** 2) * (1 + wanted.uncertain)
    variance = np.maximum(moments(wanted.uncertain)[1], least)
    # n stations of their own in a cell would leave 1 / (1 + n / nugget) unexplained.
    effective = settings.nugget * (1 / wanted.unexplained - 1)
    return Prediction(mean, np.sqrt(variance), effective)


def some_day(count: int, seed: int = 3) -> Day:
    """Values of 20 to 150 that vary smoothly but for some noise; some stations share a cell."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(GRID.x[0], GRID.x[-1], count)
    y = rng.uniform(GRID.y[0], GRID.y[-1], count)
    values = 80 + 40 * np.sin(y / 108e3) * np.cos(x / 144e3) + rng.normal(0, 8, count)
    return Day(x, y, values)


def at_centres(cell: np.ndarray, values: np.ndarray) -> Day:
    return Day(GRID.x[cell % GRID.columns], GRID.y[cell // GRID.columns], values)


@pytest.mark.parametrize("width", [0.3, 1.0, 2.5, 30.0])
def test_smoothing_is_that_of_scipy(width: float) -> None:
    """Also where the kernel reaches several times across the field."""
    field = LAYERS["height"].astype(np.float64)
    expected = ndimage.gaussian_filter(field, width, mode="reflect", truncate=4)
    np.testing.assert_allclose(smoothed(field, width), expected, rtol=1e-12)
    np.testing.assert_array_equal(smoothed(field, 0), field)


def test_covariates_are_means_and_roughness() -> None:
    mean, rough, alone = covariate_fields(SETTINGS.covariates, LAYERS, GRID.cell_size)
    height = LAYERS["height"].astype(np.float64)
    np.testing.assert_allclose(mean, ndimage.gaussian_filter(height, 2), rtol=1e-12)
    distance = np.abs(height - ndimage.gaussian_filter(height, 4))
    np.testing.assert_allclose(rough, ndimage.gaussian_filter(distance, 2), rtol=1e-12)
    np.testing.assert_array_equal(alone, LAYERS["urban"])
    with pytest.raises(InputError, match=r"'slope' needs .* expected one of height, urban"):
        covariate_fields([Covariate("slope")], LAYERS, GRID.cell_size)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"length": 0.0}, "a length above 0 and a nugget of at least 1e-06, got 0.0 and 0.04"),
        ({"nugget": 0.0}, "a nugget of at least 1e-06, got 150000.0 and 0.0"),
        ({"distance": ()}, r"as many distances, increasing, as weights .* got \[\] and \[0.5\]"),
        ({"distance": (), "network_weight": ()}, r"got \[\] and \[\]"),
        ({"distance": (0.0, 0.0), "network_weight": (1.0, 0.0)}, "increasing"),
        ({"network_weight": (1.1,)}, r"between 0 and 1, got \[0.0\] and \[1.1\]"),
        ({"network_weight": (-0.1,)}, "between 0 and 1"),
    ],
)
def test_impossible_settings_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SETTINGS, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistic": "median"}, "one of mean, roughness, got 'median'"),
        ({"smoothing": -1.0}, "a smoothing of 0 or more and a scale above 0, got -1.0 and None"),
        ({"scale": 0.0}, "got 0.0 and 0.0"),
    ],
)
def test_impossible_covariates_are_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(Covariate("height"), **change)


def test_the_weight_of_the_network_is_linear_between_distances() -> None:
    settings = replace(SETTINGS, distance=(10.0, 20.0), network_weight=(0.8, 0.2))
    found = settings.weight_at(np.array([0, 10, 15, 20, 99], np.float32))
    np.testing.assert_allclose(found, [0.8, 0.8, 0.5, 0.2, 0.2])


def assert_the_same_mean(found: Prediction, expected: Prediction) -> None:
    """The mean is summed in single precision: the rounding drowns in its uncertainty."""
    assert (np.abs(found.mean - expected.mean) < 0.05 * expected.standard_error).all()


@pytest.mark.parametrize("settings", [SETTINGS, PLAIN], ids=["covariates", "plain"])
def test_predictions_are_those_of_the_closed_form(settings: ProcessSettings) -> None:
    """With 20 stations no neighbour is left out, and the variance is exact too."""
    day = some_day(20)
    found = condition(settings, day).predict()
    expected = expected_prediction(settings, reference(settings, day))
    assert_the_same_mean(found, expected)
    np.testing.assert_allclose(found.standard_error, expected.standard_error, rtol=2e-3)
    # A distance is the root of a difference of squares, so that of a cell to itself is some 1e-8.
    np.testing.assert_allclose(found.effective_stations, expected.effective_stations, rtol=2e-5)


@pytest.mark.slow
def test_the_variance_of_the_nearest_stations_is_that_of_all() -> None:
    """Of 600 stations each square looks at 24 around each landmark: they screen the others."""
    day = some_day(600)
    found = condition(SETTINGS, day).predict()
    expected = expected_prediction(SETTINGS, reference(SETTINGS, day))
    assert_the_same_mean(found, expected)
    np.testing.assert_allclose(found.standard_error, expected.standard_error, rtol=0.02)
    # But it is not the same, or the test above would not tell that all stations are used.
    assert np.abs(found.effective_stations / expected.effective_stations - 1).max() > 1e-5


@pytest.mark.slow
def test_very_many_stations_are_taken_by_neighbourhoods(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly what all of them together say, trend and sill included."""
    monkeypatch.setattr(gaussian_process, "_MOST_TOGETHER", 599)
    day = some_day(600)
    conditioned = condition(SETTINGS, day)
    assert conditioned._weights is None
    found = conditioned.predict()
    expected = expected_prediction(SETTINGS, reference(SETTINGS, day))
    apart = np.abs(found.mean - expected.mean) / expected.standard_error
    assert np.sqrt((apart**2).mean()) < 0.02
    assert apart.max() < 0.2
    np.testing.assert_allclose(found.standard_error, expected.standard_error, rtol=0.03)


def test_a_crowd_in_a_square_is_one_station_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three in the middle of each cell are one with a third of the nugget, and their mean."""
    monkeypatch.setattr(gaussian_process, "_MOST_IN_SQUARE", 2)
    cell = np.random.default_rng(3).choice(SIZE, 40, replace=False)
    values = np.random.default_rng(4).uniform(20, 150, 40)
    crowd = condition(PLAIN, at_centres(np.repeat(cell, 3), np.repeat(values, 3)))
    # Without the merging; where they agree there is no scatter within, and the sill is that of 40.
    monkeypatch.setattr(gaussian_process, "_MOST_IN_SQUARE", 1000)
    single = condition(replace(PLAIN, nugget=PLAIN.nugget / 3), at_centres(cell, values))
    assert len(crowd._stations.places) == 40
    assert crowd.sill == pytest.approx(single.sill, rel=1e-9)
    found, expected = crowd.predict(), single.predict()
    np.testing.assert_allclose(found.effective_stations, 3 * expected.effective_stations, rtol=1e-4)
    # Single precision in the sums; the expectation has a nugget more in it.
    more = crowd.sill * (PLAIN.nugget - PLAIN.nugget / 3) / 4
    np.testing.assert_allclose(found.mean, expected.mean + more, rtol=1e-3)


def test_some_cells_are_as_the_whole_field_says() -> None:
    conditioned = condition(SETTINGS, some_day(300))
    cells = np.random.default_rng(4).choice(SIZE, 25, replace=False)
    some, whole = conditioned.predict(cells), conditioned.predict()
    # The same up to rounding; neighbours chosen anew would differ by some per cent.
    np.testing.assert_allclose(some.mean, whole.mean[cells], rtol=3e-3)
    np.testing.assert_allclose(some.standard_error, whole.standard_error[cells], rtol=3e-3)
    np.testing.assert_allclose(some.effective_stations, whole.effective_stations[cells], rtol=2e-5)


def test_without_noise_stations_are_met() -> None:
    cell = np.random.default_rng(3).choice(SIZE, 50, replace=False)
    values = np.random.default_rng(4).uniform(20, 150, 50)
    settings = replace(PLAIN, nugget=1e-6)
    found = condition(settings, at_centres(cell, values)).predict(cell)
    # Within the rounding of single precision, as above.
    np.testing.assert_allclose(found.mean, values, atol=0.1)
    # What is left is what the instruments leave: 1 ug/m3, and 3 % of the value.
    instrument = np.hypot(1, 0.03 * values)
    np.testing.assert_allclose(found.standard_error, instrument, rtol=0.02)


def test_far_from_all_stations_the_trend_is_left() -> None:
    settings = replace(PLAIN, length=10e3)
    rng = np.random.default_rng(5)
    # In the lower left corner; the upper right one is some 40 lengths away.
    cell = (rng.choice(8, 8, replace=False) * GRID.columns) + np.arange(8)
    values = rng.uniform(20, 90, 8)
    day = at_centres(cell, values)
    found = condition(settings, day).predict()
    corner = SIZE - 1
    x, y = day.x, day.y
    apart = np.hypot(x[:, None] - x, y[:, None] - y) / settings.length
    inverse = linalg.inv(np.exp(-apart) + settings.nugget * np.eye(8))
    root = 2 * (np.sqrt(values + 1) - 1)
    trend = (inverse @ root).sum() / inverse.sum()
    # As of 50 stations more, at half of the squared mean.
    usual = 0.5 * values.mean() ** 2 / (values.mean() + 1)
    sill = (50 * usual + (root - trend) @ inverse @ (root - trend)) / (50 + 7)
    expected = (trend / 2 + 1) ** 2 - 1 + sill * (1 + settings.nugget) / 4
    assert found.mean[corner] == pytest.approx(expected, rel=1e-6)
    assert found.effective_stations[corner] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("stations", [1, 2, 7])
def test_a_lonely_cell_is_worth_its_stations(stations: int) -> None:
    """From the closed form of n in its centre: explained is 1 / (1 + nugget / n)."""
    cell = 20 * GRID.columns + 25
    together = at_centres(np.full(stations, cell), np.full(stations, 42.0))
    found = condition(PLAIN, together).predict()
    assert found.effective_stations[cell] == pytest.approx(stations, rel=1e-6)
    assert np.argmax(found.effective_stations) == cell
    # Cells 20 away are more than a length apart.
    assert found.effective_stations[0] < 0.02
    # Equal values say nothing of a scatter: the prior's is all there is, 50 parts of so many.
    sill = 0.5 * 42**2 / 43 * 50 / (50 + stations - 1)
    # The constant is known as well as the cell itself.
    trend = (1 + PLAIN.nugget / stations) * (1 - 1 / (1 + PLAIN.nugget / stations)) ** 2
    left = 1 - 1 / (1 + PLAIN.nugget / stations)
    variance = sill * (left + trend + PLAIN.nugget)
    assert found.mean[cell] == pytest.approx(42 + sill * (left + PLAIN.nugget) / 4, rel=1e-5)
    expected = np.sqrt(43 * variance + variance**2 / 8)
    assert found.standard_error[cell] == pytest.approx(expected, rel=1e-4)


def test_the_order_of_the_stations_has_no_say() -> None:
    day = some_day(100)
    order = np.random.default_rng(6).permutation(100)
    first = condition(SETTINGS, day).predict()
    second = condition(SETTINGS, Day(*(part[order] for part in day))).predict()
    np.testing.assert_allclose(second.mean, first.mean, rtol=1e-4)
    np.testing.assert_allclose(second.standard_error, first.standard_error, rtol=1e-6)
    np.testing.assert_allclose(second.effective_stations, first.effective_stations, rtol=1e-6)


@pytest.mark.slow
@given(st.floats(0, 2000))
def test_a_constant_is_not_known_better_than_instruments_measure(constant: float) -> None:
    day = some_day(20)._replace(values=np.full(20, constant))
    found = condition(SETTINGS, day).predict()
    assert (np.abs(found.mean - constant) <= 0.1 * constant + 1e-6).all()
    assert (found.standard_error >= np.hypot(1, 0.03 * constant)).all()
    # And worse far from stations than near them.
    nearest = found.effective_stations.argmax()
    farthest = found.effective_stations.argmin()
    assert found.standard_error[farthest] > 1.1 * found.standard_error[nearest]


@pytest.mark.slow
@given(
    arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1e4)),
    st.integers(0, 2**32 - 1),
)
def test_nothing_is_negative_or_missing(values: np.ndarray, seed: int) -> None:
    found = condition(SETTINGS, some_day(len(values), seed)._replace(values=values)).predict()
    for field in (found.mean, found.standard_error, found.effective_stations):
        assert np.isfinite(field).all()
        assert (field >= 0).all()


def test_no_station_is_an_error() -> None:
    with pytest.raises(InputError, match="at least one station, got none"):
        condition(PLAIN, some_day(0))


@pytest.mark.parametrize(
    "settings",
    [
        replace(PLAIN, length=1e-3),
        replace(PLAIN, covariates=(Covariate("height", scale=1e-300),)),
        replace(PLAIN, covariates=(Covariate("gaps", trend=True),)),
    ],
)
def test_cells_that_cannot_be_compared_are_refused(settings: ProcessSettings) -> None:
    gaps = LAYERS["height"].copy()
    gaps[3, 4] = np.nan
    with pytest.raises(ModelFileError, match="finite values and cells at most 1e"):
        GaussianProcess(settings, GRID, LAYERS | {"gaps": gaps})
