"""Fields from the stations of one region alone, scored at all stations of the country outside it.

    python -m pointfuse_benchmarks.accuracy.regional_networks --data DATA -o regional_networks.json
    python -m pointfuse_benchmarks.accuracy.regional_networks --data DATA --tune

`DATA` holds `cnemc`. Scored are the four days of hourly files; with --tune the candidates for the
prior of the Gaussian process are compared on eight days of the even weeks, each at least three days
from those and from all days of `pointfuse_benchmarks.accuracy`.
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
from pointfuse.fusion.estimation import estimate
from pointfuse.grid.regions import region_masks
from pointfuse.model.loading import Model, load_model
from pointfuse.model.process.gaussian_process import GaussianProcess
from pointfuse.model.process.process_settings import DEFAULT_PRIOR, Prior
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations
from pointfuse.trust.crossval import assign_folds
from pointfuse_benchmarks.measuring.machine import machine

Array = NDArray[np.float64]

SCORED = ("20190106", "20190512", "20190803", "20191214")
TUNED = (
    *("2019-01-26", "2019-03-20", "2019-04-19", "2019-06-11"),
    *("2019-07-24", "2019-09-06", "2019-10-16", "2019-11-16"),
)
BANDS = (0.0, 100e3, 300e3, 1000e3, np.inf)
"""Bounds of the classes of distance to the nearest cell with a station, m."""

FEWEST_STATIONS = 30
"""A region with fewer stations on a day is left out."""

NINETY = 1.6448536
"""Half the width of an interval of 90 %, in standard deviations."""

EFFECTS, PRIOR_STATIONS = (0.5, 1.0, 2.0, 4.0, 1000.0), (10.0, 50.0, 200.0)


class Pairs(NamedTuple):
    """Withheld observations and what was predicted of them, each of shape (pair,)."""

    observed: Array
    predicted: Array
    network: Array
    uncertainty: Array
    distance: Array

    def scores(self, band: tuple[float, float] = (0.0, np.inf)) -> dict[str, float]:
        """Scores of the pairs in a band of distance; the interval score is that of 90 %."""
        chosen = (self.distance >= band[0]) & (self.distance < band[1])
        observed, predicted, network, uncertainty, _ = (table[chosen] for table in self)
        beyond = np.abs(predicted - observed) - NINETY * uncertainty
        width = 2 * NINETY * uncertainty
        return {
            "pairs": int(chosen.sum()),
            "rmse": _root_mean_square(predicted - observed),
            "network_rmse": _root_mean_square(network - observed),
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
@click.option("--tune", is_flag=True, help="Compare priors on other days instead.")
def main(data: Path, output: Path | None, tune: bool) -> None:
    """Measure and print."""
    model, folder = load_model(), data / "cnemc"
    stations = folder / "station_list.csv"
    if tune:
        year = read_stations(folder / "pm25_daily_2019_even_weeks.csv.gz", stations=stations)
        days = year.at_times(np.isin(year.times, np.array(TUNED, "datetime64[D]")))
        report = tuning(place(check_days(days, model), model.metadata), model, stations)
        click.echo(tuning_table(report))
    else:
        days = read_stations(
            [folder / f"china_sites_{day}.csv" for day in SCORED], stations=stations
        )
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
            case.read(fields.network[0]),
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


def tuning(placed: PlacedObservations, model: Model, stations: Path) -> dict[str, Any]:
    """Scores of candidate priors: outside of regions, and of the whole network without cities."""
    settings = model.metadata.gaussian_process
    if settings is None:
        raise click.UsageError("the model has no Gaussian process to choose a prior for")
    layers = {layer.name: model.static_layer(layer.name) for layer in model.metadata.static_layers}
    candidates = [Prior(effect=effect) for effect in EFFECTS]
    candidates += [
        Prior(stations=count) for count in PRIOR_STATIONS if count != DEFAULT_PRIOR.stations
    ]
    processes = [
        GaussianProcess(settings, model.metadata.grid, layers, prior) for prior in candidates
    ]

    def scores(cases: Sequence[Case]) -> list[dict[str, float]]:
        # The network's part is the same for all of them.
        networks = [estimate(case.known, model) for case in cases]
        found = []
        for process in processes:
            pairs = []
            for case, fields in zip(cases, networks, strict=True):
                known = np.isfinite(_values(case.known))
                prediction = process.condition(
                    case.known.interpolation[known], _values(case.known)[known], model.threads
                ).predict(threads=model.threads)
                own = settings.weight_at(fields.station_distance[0])
                combined = own * fields.network[0] + (1 - own) * prediction.mean
                uncertainty = settings.inflation * prediction.standard_error
                tables = (combined, fields.network[0], uncertainty, fields.station_distance[0])
                observed = _values(case.day)[case.withheld]
                pairs.append(Pairs(observed, *(case.read(table) for table in tables)))
            found.append(joined(pairs).scores())
        return found

    whole = list(_without_cities(placed, stations))
    return {
        "machine": machine(),
        "days": list(TUNED),
        "priors": [prior.__dict__ for prior in candidates],
        "regions": scores(list(cases_of(placed))),
        "cities": scores(whole),
        "sills": sills(placed, model),
    }


def sills(placed: PlacedObservations, model: Model) -> list[float]:
    """What `Prior.spread` would have to be on each day for the sill that its stations have."""
    found = []
    for number, values in enumerate(placed.observations.values[placed.metadata.target.name]):
        known = np.isfinite(values)
        day = placed.on_days(slice(number, number + 1)).interpolation[known]
        conditioned = model.gaussian_process.condition(day, values[known], model.threads)
        usual = DEFAULT_PRIOR.sill(float(values[known].mean())) / DEFAULT_PRIOR.spread
        found.append(round(conditioned.sill / usual, 2))
    return found


def joined(pairs: Sequence[Pairs]) -> Pairs:
    """Pairs of several cases together."""
    return Pairs(*(np.concatenate(tables) for tables in zip(*pairs, strict=True)))


def table(report: dict[str, Any]) -> str:
    """The scores by distance in Markdown, and the worst cases."""
    cases = report["cases"]
    lines = [
        "| km to the nearest station | pairs | RMSE; of the network alone | held by 90 | width |",
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
            f"| {name} | {row['pairs']} | {row['rmse']:.1f}; {row['network_rmse']:.1f} | "
            f"{row['held']:.1f} | {row['width']:.0f} ug/m3 |"
        )
    ratio = max(case["highest_cell"] / case["highest_observation"] for case in cases)
    held = min(cases, key=lambda case: float(case["held"]))
    better = sum(case["rmse"] <= case["network_rmse"] for case in cases)
    about = report["machine"]
    lines += [
        "",
        f"{len(cases)} cases; the highest cell is {ratio:.2f} times the highest observation at "
        f"most; RMSE is at most the network's in {better}; the interval of 90 holds least in "
        f"{held['region']} on {held['day']}, {held['held']:.0f} in 100.",
        f"{report['model']}; {about['processor']}, {about['threads']} threads, {about['date']}; "
        "`python -m pointfuse_benchmarks.accuracy.regional_networks`.",
    ]
    return "\n".join(lines)


def tuning_table(report: dict[str, Any]) -> str:
    """The candidates in Markdown."""
    lines = [
        "| effect | stations | regions: RMSE, held, score | cities left out: RMSE, held, score |",
        "| --- | --- | --- | --- |",
    ]
    for prior, *scores in zip(report["priors"], report["regions"], report["cities"], strict=True):
        cells = (f"{row['rmse']:.2f}, {row['held']:.1f}, {row['score']:.1f}" for row in scores)
        lines.append(f"| {prior['effect']:g} | {prior['stations']:g} | {' | '.join(cells)} |")
    spreads = ", ".join(f"{spread:.2f}" for spread in report["sills"])
    lines += ["", f"Spread that the sill of each of the days stands for: {spreads}."]
    return "\n".join(lines)


def _without_cities(placed: PlacedObservations, stations: Path) -> Iterator[Case]:
    """A tenth of the cities withheld, another tenth on each day."""
    listed = placed.observations.stations
    cities = read_station_list(stations).cities
    fold = assign_folds(listed, np.zeros((len(listed), 2)), "cities", 10, 0, cities)
    for number in range(len(placed.observations.times)):
        day = placed.on_days(slice(number, number + 1))
        for part in (number % 10, (number + 5) % 10):
            out = fold == part
            yield Case("country", day, day.without(out), np.isfinite(_values(day)) & out)


def _values(day: PlacedObservations) -> Array:
    """The observations of the only day, shape (station,)."""
    values: Array = day.observations.values[day.metadata.target.name][0]
    return values


def _root_mean_square(errors: Array) -> float:
    return round(float(np.sqrt(np.mean(errors**2))), 3)


if __name__ == "__main__":
    main()
