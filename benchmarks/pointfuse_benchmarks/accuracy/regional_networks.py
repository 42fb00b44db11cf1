"""Fields from the stations of one region alone, scored at all stations of the country outside it.

    python -m pointfuse_benchmarks.accuracy.regional_networks --data DATA -o regional_networks.json

`DATA` holds `cnemc`. Scored are the four days of hourly files. Far from all stations a field should
be plausible all the same: no cell far above the highest observation, and intervals that hold.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.fusion.estimation import estimate
from pointfuse.grid.regions import region_masks
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.reading import read_stations
from pointfuse_benchmarks.measuring.machine import machine

Array = NDArray[np.float64]

SCORED = ("20190106", "20190512", "20190803", "20191214")
BANDS = (0.0, 100e3, 300e3, 1000e3, np.inf)
"""Bounds of the classes of distance to the nearest cell with a station, m."""

FEWEST_STATIONS = 30
"""A region with fewer stations on a day is left out."""


class Pairs(NamedTuple):
    """Withheld observations and what was predicted of them, each of shape (pair,)."""

    observed: Array
    predicted: Array
    uncertainty: Array
    distance: Array

    def scores(self, band: tuple[float, float] = (0.0, np.inf)) -> dict[str, float]:
        """Scores of the pairs in a band of distance; the interval score is that of 90 %."""
        chosen = (self.distance >= band[0]) & (self.distance < band[1])
        observed, predicted, uncertainty, _ = (table[chosen] for table in self)
        half = MULTIPLES[90] * uncertainty
        beyond = np.abs(predicted - observed) - half
        width = 2 * half
        return {
            "pairs": int(chosen.sum()),
            "rmse": _root_mean_square(predicted - observed),
            "held": round(100 * float((beyond <= 0).mean()), 1),
            "width": round(float(width.mean()), 1),
            "score": round(float((width + 20 * np.maximum(beyond, 0)).mean()), 1),
        }


class Case(NamedTuple):
    """A day of which the stations of one region are known."""

    region: str
    day: PlacedObservations
    """All stations."""
    known: PlacedObservations
    """Those of the region."""
    withheld: NDArray[np.bool_]
    """Which of the day's stations have a value and are not known."""

    def read(self, field: NDArray[np.floating[Any]]) -> Array:
        """A field of all cells at the withheld stations."""
        return self.day.interpolation[self.withheld].read(field)


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder with cnemc.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="JSON file to write.")
def main(data: Path, output: Path | None) -> None:
    """Measure and print."""
    model, folder = load_model(), data / "cnemc"
    files = [folder / f"china_sites_{day}.csv" for day in SCORED]
    days = read_stations(files, stations=folder / "station_list.csv")
    report = measured(place(check_days(days, model), model.metadata), model)
    click.echo(table(report))
    if output:
        with replacing(output) as temporary:
            temporary.write_text(json.dumps(report, indent=2) + "\n")


def measured(placed: PlacedObservations, model: Model) -> dict[str, Any]:
    """Scores of each case and of all by distance, at the stations outside the region."""
    cases, pairs = [], []
    for case in cases_of(placed):
        fields, highest = estimate(case.known, model), float(np.nanmax(_values(case.known)))
        found = Pairs(
            _values(case.day)[case.withheld],
            case.read(fields.values[0]),
            case.read(fields.uncertainty[0]),
            case.read(fields.station_distance[0]),
        )
        pairs.append(found)
        cases.append(
            {
                "day": str(case.day.observations.times[0]),
                "region": case.region,
                "stations": int(np.isfinite(_values(case.known)).sum()),
                "highest_observation": round(highest, 1),
                "highest_cell": round(float(fields.values.max()), 1),
                **found.scores(),
            }
        )
    together = joined(pairs)
    bands = [
        {"from_km": band[0] / 1000, **together.scores(band)} for band in itertools.pairwise(BANDS)
    ]
    return {
        "machine": machine(),
        "model": f"{model.metadata.name} {model.metadata.version}",
        "cases": cases,
        "bands": bands,
        "all": together.scores(),
    }


def cases_of(placed: PlacedObservations) -> Iterator[Case]:
    """The stations of each of the model's regions on each day, with what is withheld beside."""
    stations = placed.observations.stations
    masks = region_masks(placed.metadata.regions, stations.longitude, stations.latitude)
    regions = [region.name for region in placed.metadata.regions]
    for number in range(len(placed.observations.times)):
        day = placed.on_days(slice(number, number + 1))
        there = np.isfinite(_values(day))
        for region in regions:
            inside = masks[region]
            if (inside & there).sum() >= FEWEST_STATIONS:
                yield Case(region, day, day.without(~(inside & there)), there & ~inside)


def joined(pairs: Sequence[Pairs]) -> Pairs:
    """Pairs of several cases together."""
    return Pairs(*(np.concatenate(tables) for tables in zip(*pairs, strict=True)))


def table(report: dict[str, Any]) -> str:
    """The scores by distance in Markdown, and the worst cases."""
    cases = report["cases"]
    lines = [
        "| km to the nearest station | pairs | RMSE | held by 90 | width |",
        "| --- | --- | --- | --- | --- |",
    ]
    ends = [f"{band['from_km']:g}" for band in report["bands"][1:]]
    names = [
        *(
            f"{band['from_km']:g} to {end}"
            for band, end in zip(report["bands"], ends, strict=False)
        ),
        f"over {ends[-1]}",
        "all",
    ]
    for name, row in zip(names, [*report["bands"], report["all"]], strict=True):
        lines.append(
            f"| {name} | {row['pairs']} | {row['rmse']:.1f} | {row['held']:.1f} | "
            f"{row['width']:.0f} ug/m3 |"
        )
    ratio = max(case["highest_cell"] / case["highest_observation"] for case in cases)
    held = min(cases, key=lambda case: float(case["held"]))
    about = report["machine"]
    lines += [
        "",
        f"{len(cases)} cases; the highest cell is {ratio:.2f} times the highest observation at "
        f"most; the interval of 90 holds least in {held['region']} on {held['day']}, "
        f"{held['held']:.0f} in 100.",
        f"{report['model']}; {about['processor']}, {about['threads']} threads, {about['date']}; "
        "`python -m pointfuse_benchmarks.accuracy.regional_networks`.",
    ]
    return "\n".join(lines)


def _values(day: PlacedObservations) -> Array:
    """The observations of the only day, shape (station,)."""
    values: Array = day.observations.values[day.metadata.target.name][0]
    return values


def _root_mean_square(errors: Array) -> float:
    return round(float(np.sqrt(np.mean(errors**2))), 3)


if __name__ == "__main__":
    main()
