"""What errors of hours are over those that a model tells of days: the `hourly_factor` of its file.

    python -m pointfuse_benchmarks.accuracy.intervals.hourly_factor

needs the real data (POINTFUSE_REAL_DATA). It looks at every third hour of the seven days on which
or near which other numbers were fitted, with stations and with cities left out, and prints the
factor with which 90 % intervals hold 90 % of both together. Intervals are scored on other days.
"""

from __future__ import annotations

import click
import numpy as np

from pointfuse import POLLUTANTS
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.pollutants import is_eight_hour_maximum
from pointfuse_benchmarks.accuracy.pollutant_scores import (
    SCHEMES,
    UNSEEN,
    cross_validated,
    read_twelve_days,
)

EVERY = 3
"""Hours."""

_PERCENT = 90
_OF_HOURS = [name for name, one in POLLUTANTS.items() if not is_eight_hour_maximum(one)]


@click.command()
@click.option("--variable", "variables", multiple=True, type=click.Choice(_OF_HOURS))
def main(variables: tuple[str, ...]) -> None:
    """Print the factor of each pollutant that hours have."""
    for variable in variables or _OF_HOURS:
        model = load_model(variable=variable, threads=1)
        click.echo(f"{variable}: hourly_factor = {factor_of(model):.2f}")


def factor_of(model: Model) -> float:
    """What errors of hours are over those of days, so that intervals hold what they say."""
    hours = read_twelve_days(model, hourly=True)
    seen = ~np.isin(hours.times.astype("datetime64[D]"), UNSEEN)
    hours = hours.at_times(np.flatnonzero(seen)[::EVERY])
    ratios, weights = [], []
    for scheme in SCHEMES:
        result = cross_validated(hours, model, scheme, {}, in_turns=True)
        assert result.uncertainty is not None
        half_width = MULTIPLES[_PERCENT] * result.uncertainty / (model.metadata.hourly_factor or 1)
        ratio = np.abs(result.predicted - result.observed) / half_width
        known = ratio[np.isfinite(ratio)]
        ratios.append(known)
        weights.append(np.full(len(known), 1 / len(known)))
    ratio, weight = np.concatenate(ratios), np.concatenate(weights)
    order = np.argsort(ratio)
    below = np.cumsum(weight[order]) / weight.sum()
    return float(ratio[order][np.searchsorted(below, _PERCENT / 100)])


if __name__ == "__main__":
    main()
