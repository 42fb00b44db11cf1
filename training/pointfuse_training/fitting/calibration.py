"""Calibration on real stations that were withheld: bias of the field, and size of its error."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from pointfuse.errors import InputError
from pointfuse.stations.gridding import PlacedObservations, grid_days
from pointfuse_training.fitting.withheld import withholdings
from pointfuse_training.network.calibration import DEVIATION
from pointfuse_training.network.concentration_scale import transformed_back
from pointfuse_training.network.fusion_network import FusionNetwork, calibration_terms_of

Array = NDArray[np.float64]

COVERAGE = 0.9
"""Share of the errors that intervals are to hold."""

_FEWEST = 1000
_SMOOTHING = 0.05
"""Width, in the logarithm, over which the quantile loss is made smooth for the optimiser."""

_PENALTY = 1e-3


@dataclass(frozen=True)
class WithheldErrors:
    """Errors at withheld stations.

    Parameters
    ----------
    error : ndarray of float64, shape (pair,)
        Observation less median of the field, ug/m3.
    bias : ndarray of float64, shape (pair,)
        What the variance adds to the median, ug/m3.
    scale : ndarray of float64, shape (pair,)
        Scale of the logistic distribution before calibration, ug/m3.
    terms : ndarray of float64, shape (pair, term)
        What the calibration depends on there.
    weight : ndarray of float64, shape (pair,)
        Weight of each; each way of withholding has the same sum.
    """

    error: Array
    bias: Array
    scale: Array
    terms: Array
    weight: Array

    def ratio(self, share: float) -> Array:
        """Absolute errors over scales, of a field with this share of the bias."""
        return np.abs(self.error - share * self.bias) / self.scale


def withheld_errors(
    network: FusionNetwork,
    placed: PlacedObservations,
    verifying: NDArray[np.bool_],
    city: NDArray[np.str_],
    *,
    seed: int,
    on_day: Callable[[int], None] = lambda days: None,
) -> WithheldErrors:
    """Withhold stations, whole cities, and all but a region, and look how far the field is off.

    Parameters
    ----------
    network : FusionNetwork
        The network; its calibration has no part in this.
    placed : PlacedObservations
        Days to withhold stations from.
    verifying : ndarray of bool, shape (station,)
        Stations whose errors count; the others are given, or not looked at.
    city : ndarray of str, shape (station,)
        Their cities.
    seed : int
        Seed of what is withheld.
    on_day : callable
        Told 1 after each day.

    Raises
    ------
    InputError
        If there are too few pairs.
    """
    random = np.random.default_rng(seed)
    parts: dict[str, list[tuple[Array, ...]]] = {}
    for day in range(len(placed.observations.times)):
        one = placed.on_days(slice(day, day + 1))
        for kind, withheld in withholdings(one, city, random):
            given = one.without(withheld)
            if given.target_stations[0]:
                parts.setdefault(kind, []).append(
                    _errors(network, one, given, withheld & verifying)
                )
        on_day(1)
    return weighed_errors(parts)


def weighed_errors(parts: Mapping[str, Sequence[tuple[Array, ...]]]) -> WithheldErrors:
    """Errors of all ways of withholding together, each with the same weight.

    Parameters
    ----------
    parts : mapping of str to sequence of tuple
        By the way of withholding: errors, biases, scales and terms of each day.

    Raises
    ------
    InputError
        If there are too few pairs.
    """
    kinds = [[np.concatenate(each) for each in zip(*part, strict=True)] for part in parts.values()]
    pairs = sum(len(kind[0]) for kind in kinds)
    if pairs < _FEWEST:
        raise InputError(
            f"expected at least {_FEWEST} errors at withheld stations to calibrate with, got "
            f"{pairs}; give more days"
        )
    weights = [np.full(len(kind[0]), 1 / max(len(kind[0]), 1)) for kind in kinds]
    error, bias, scale, terms = (np.concatenate(each) for each in zip(*kinds, strict=True))
    return WithheldErrors(error, bias, scale, terms, np.concatenate(weights))


def _errors(
    network: FusionNetwork,
    day: PlacedObservations,
    given: PlacedObservations,
    verifying: NDArray[np.bool_],
) -> tuple[Array, Array, Array, Array]:
    """Errors, biases, scales and terms at the verifying stations that have a value."""
    gridded = grid_days(given)
    observed = torch.from_numpy(gridded.observed)
    observed[:, 0] = torch.from_numpy(gridded.station_count.astype(np.float32))
    with torch.no_grad():
        estimate = network.estimate(torch.from_numpy(gridded.observations), observed)
        mean, deviation = transformed_back(estimate.mean, estimate.deviation, unit=network.unit)
        median, _ = transformed_back(estimate.mean, estimate.deviation, 0.0)
        terms = calibration_terms_of(estimate, median)
        median *= network.unit
    values = day.observations.values[day.metadata.target.name][0]
    looked_at = verifying & np.isfinite(values)
    cell = day.cell[looked_at]
    at_median, bias, scale = (
        table.flatten().double().numpy()[cell]
        for table in (median, mean - median, deviation / DEVIATION)
    )
    at_terms = terms[0].flatten(1).T.double().numpy()[cell]
    return values[looked_at] - at_median, bias, scale, at_terms


def fitted_share(errors: WithheldErrors) -> float:
    """How far from the median to the mean the squared error of the field is least, 0 to 1."""
    weighted = errors.weight * errors.bias
    share = float(weighted @ errors.error) / max(float(weighted @ errors.bias), 1e-12)
    return min(max(share, 0.0), 1.0)


def fitted_coefficients(errors: WithheldErrors, share: float) -> Array:
    """Coefficients under which intervals hold `COVERAGE` of the errors, whatever the terms.

    It is the quantile regression of the logarithm of the ratios (Koenker and Bassett,
    Econometrica 46, 1978), with the loss smoothed: of a logistic distribution of scale 1, 90 % is
    within log(19).

    Parameters
    ----------
    errors : WithheldErrors
        Errors to fit to.
    share : float
        Share of the way from the median to the mean.

    Returns
    -------
    ndarray of float64, shape (term,)
    """
    target = np.log(np.maximum(errors.ratio(share), 1e-6) / half_width(COVERAGE))
    weight = errors.weight / errors.weight.sum()

    def loss(coefficients: Array) -> tuple[float, Array]:
        left = target - errors.terms @ coefficients
        # The smooth form of max(c r, (c - 1) r).
        smooth = COVERAGE * left + _SMOOTHING * np.logaddexp(0, -left / _SMOOTHING)
        slope = COVERAGE - expit(-left / _SMOOTHING)
        penalty = _PENALTY * float(coefficients[1:] @ coefficients[1:])
        gradient = -errors.terms.T @ (weight * slope)
        gradient[1:] += 2 * _PENALTY * coefficients[1:]
        return float(weight @ smooth) + penalty, gradient

    begin = np.zeros(errors.terms.shape[1])
    found: Array = minimize(loss, begin, jac=True, method="L-BFGS-B").x
    return found


def half_width(part: float) -> float:
    """Of the interval that holds a part of a logistic distribution of scale 1."""
    return math.log((1 + part) / (1 - part))


def coverage(
    errors: WithheldErrors, share: float, coefficients: Array, part: float = COVERAGE
) -> float:
    """Share of the errors in calibrated intervals that should hold a part of them.

    Ways of withholding weigh alike.
    """
    held = errors.ratio(share) <= np.exp(errors.terms @ coefficients) * half_width(part)
    return float(errors.weight @ held / errors.weight.sum())
