"""Compare our baselines with their published scores, on the days that we have of theirs.

    python -m pointfuse_benchmarks.accuracy.reproduction --data DIR

The prototype scored every eighth day of 2019, 44 of them; the even weeks hold 25. Its folds were
drawn otherwise. So errors are compared as multiples of those of inverse distance. The network takes
no part.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse.model.model_file import read_model_file
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations
from pointfuse.trust.baselines import Baseline, find_baselines, predict
from pointfuse.trust.crossval import Scheme, assign_folds
from pointfuse.trust.scores import PairSums, normalised_mean_error, root_mean_square_error
from pointfuse_benchmarks.accuracy.against_baselines import FOLDS, SEED
from pointfuse_benchmarks.baselines.places import in_plane

PUBLISHED = {
    "nearest": {"stations": (10.10, 0.158), "cities": (17.98, 0.285)},
    "idw": {"stations": (8.89, 0.140), "cities": (14.43, 0.235)},
    "voronoi": {"stations": (8.96, 0.140), "cities": (14.24, 0.228)},
    "gridpp": {"stations": (9.07, 0.139), "cities": (14.11, 0.226)},
    "kriging": {"stations": (8.51, 0.137), "cities": (13.48, 0.219)},
    "kriging-height": {"stations": (8.36, 0.135), "cities": (13.03, 0.211)},
    "gp-b": {"stations": (8.23, 0.133), "cities": (12.79, 0.209)},
    "gp-c": {"stations": (8.10, 0.133), "cities": (12.63, 0.207)},
}
"""RMSE (ug/m3) and NME of the prototype on 62,780 pairs of 44 days."""

HIGHEST = 600.0


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of cnemc.")
@click.option("--baselines", default=",".join(PUBLISHED), show_default=True, metavar="NAME,...")
def main(data: Path, baselines: str) -> None:
    """Print a table of published and own errors."""
    placed, cities = _days_in_common(data / "cnemc")
    calls = find_baselines(["idw", *(name for name in baselines.split(",") if name != "idw")])
    click.echo(
        f"{len(placed.observations.times)} days\n\n"
        "| over inverse distance, published / here | RMSE, stations | NME, stations | "
        "RMSE, cities | NME, cities |\n| --- | --- | --- | --- | --- |"
    )
    own: dict[str, dict[str, tuple[float, float]]] = {}
    for name, baseline in calls.items():
        own[name] = {
            scheme: _errors(placed, name, baseline, scheme, cities)
            for scheme in ("stations", "cities")
        }
        cells = [
            f"{PUBLISHED[name][scheme][i] / PUBLISHED['idw'][scheme][i]:.3f} / "
            f"{own[name][scheme][i] / own['idw'][scheme][i]:.3f}"
            for scheme in ("stations", "cities")
            for i in (0, 1)
        ]
        click.echo(f"| {name} | " + " | ".join(cells) + " |")


def _days_in_common(folder: Path) -> tuple[PlacedObservations, dict[str, str]]:
    """Every eighth day from 1 January on, as far as we have it, and the cities of the stations."""
    station_list = folder / "station_list.csv"
    year = read_stations(folder / "pm25_daily_2019_even_weeks.csv.gz", stations=station_list)
    metadata = read_model_file(None)[1]
    name = metadata.target.name
    believed = np.where(year.values[name] > HIGHEST, np.nan, year.values[name])
    year = replace(year, values={**year.values, name: believed})
    since = (year.times - np.datetime64("2019-01-01")).astype(np.int64)
    days = place(year.at_times(since % 8 == 0), metadata)
    return days, read_station_list(station_list).cities


def _errors(
    placed: PlacedObservations,
    name: str,
    baseline: Baseline,
    scheme: Scheme,
    cities: dict[str, str],
) -> tuple[float, float]:
    """RMSE and NME of a baseline."""
    stations = placed.observations.stations
    longitude, latitude = stations.longitude, stations.latitude
    xy = 1000 * in_plane(placed.metadata.grid, longitude, latitude)
    if scheme == "stations":
        # As published: instruments in one place may stand in different folds.
        fold = np.random.default_rng(SEED).permutation(np.arange(len(stations)) % FOLDS)
    else:
        fold = assign_folds(stations, xy, scheme, FOLDS, SEED, cities)
    observed: NDArray[np.float64] = placed.observations.values[placed.metadata.target.name]
    predicted = np.full(observed.shape, np.nan)
    there = np.isfinite(observed)
    for day in range(len(observed)):
        known = placed.on_days(slice(day, day + 1))
        for withheld in np.unique(fold[there[day]]):
            at = there[day] & (fold == withheld)
            predicted[day, at] = predict(
                name, baseline, known.without(fold == withheld), longitude[at], latitude[at]
            )
    sums = PairSums.of(observed, predicted).over()
    return float(root_mean_square_error(sums)), float(normalised_mean_error(sums))


if __name__ == "__main__":
    main()
