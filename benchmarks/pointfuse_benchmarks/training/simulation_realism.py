"""How much simulated days look like measured ones: the same statistics of both.

    python -m pointfuse_benchmarks.training.simulation_realism ARCHIVE PM25.csv \
        --stations LIST.csv --static FILE.npz -o realism.json --figure realism.png

Statistics are taken at the cells of the stations. Nothing is compared day by day: simulated days
have no date.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import netCDF4
import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.model.model_file import read_model_file
from pointfuse.stations.gridding import grid_days, place
from pointfuse.stations.reading import read_stations
from pointfuse_training.archives.archive import Archive, read_attributes
from pointfuse_training.processes.covariates import covariate_layers
from pointfuse_training.simulation.emissions import REST_DAYS
from pointfuse_training.simulation.meteorology import DAYS_OF_YEAR
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
DISTANCES = (0, 50, 100, 200, 300, 450, 600, 800, 1000, 1300, 1600, 2000)  # km
HEIGHTS = (0, 50, 100, 200, 400, 700, 1000, 1500, 2500)  # m
RUGGEDNESS = (0, 30, 60, 120, 200, 300, 500)  # m
NEIGHBOURS = (100, 300)  # km, of the pairs that are compared by height and ruggedness
DAY = np.timedelta64(1, "D")
SEASONS = {"winter": (334, 58), "summer": (151, 242)}  # first and last day, 0 for 1 January


@dataclass(frozen=True)
class Days:
    """Daily means at the cells of stations.

    Attributes
    ----------
    values : ndarray of float64, shape (day, cell)
        ug/m3; NaN where there is none.
    successive : ndarray of bool, shape (day - 1,)
        Whether the next day is that of the next row.
    weeks, weekdays : ndarray of int64, shape (day,)
        Number of the week, and day in it from 0 (Monday) to 6.
    days_of_year : ndarray of int64, shape (day,)
        0 for 1 January.
    """

    values: NDArray[np.float64]
    successive: NDArray[np.bool_]
    weeks: NDArray[np.int64]
    weekdays: NDArray[np.int64]
    days_of_year: NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Where the cells are.

    Attributes
    ----------
    x, y : ndarray of float64, shape (cell,)
        km in the plane of the projection.
    heights : ndarray of float64, shape (cell,)
        m.
    ruggedness : ndarray of float64, shape (cell,)
        How far heights nearby are from their smooth mean, m; see `derived_layers`.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    heights: NDArray[np.float64]
    ruggedness: NDArray[np.float64]


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.argument("observations", type=click.Path(path_type=Path))
@click.option("--stations", required=True, type=click.Path(path_type=Path))
@click.option("--static", required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--figure", type=click.Path(path_type=Path))
def main(
    archive: Path, observations: Path, stations: Path, static: Path, output: Path, figure: Path
) -> None:
    """Compare the simulated days of ARCHIVE with measured OBSERVATIONS."""
    metadata = read_model_file(None)[1]
    layers = read_static_inputs(static, metadata.grid, torch.device("cpu"))
    measured, cells = measured_days(observations, stations, metadata)
    simulated = simulated_days(Archive(archive), cells)
    places = places_of(cells, layers)
    report = {
        "measured": statistics(measured, places),
        "simulated": statistics(simulated, places),
    }
    output.write_text(json.dumps(report, indent=1) + "\n")
    if figure:
        draw(report, figure)
    click.echo(table(report))


def places_of(cells: NDArray[np.int64], layers: StaticInputs) -> Places:
    """Where some cells are, and how high and rugged the ground is."""
    x, y = np.meshgrid(layers.grid.x, layers.grid.y)
    derived = covariate_layers(layers)
    return Places(
        x=x.ravel()[cells] / 1000,
        y=y.ravel()[cells] / 1000,
        heights=1000 * derived["height"].ravel()[cells],
        ruggedness=100 * np.expm1(derived["ruggedness"].ravel()[cells]),
    )


def measured_days(
    observations: Path, stations: Path, metadata: Any
) -> tuple[Days, NDArray[np.int64]]:
    """Means of the stations in each cell, and the cells."""
    placed = place(read_stations([observations], stations=stations), metadata)
    gridded = grid_days(placed)
    seen = gridded.observed[:, 0].reshape(len(gridded.observed), -1)
    cells = np.flatnonzero(seen.any(axis=0))
    values = gridded.observations[:, 0].reshape(len(seen), -1)[:, cells].astype(float)
    dates = placed.observations.times.astype("datetime64[D]")
    # 1970-01-01 was a Thursday.
    since_monday = dates.astype(np.int64) + 3
    return Days(
        values=np.where(seen[:, cells] > 0, values, np.nan),
        successive=np.diff(dates) == DAY,
        weeks=since_monday // 7,
        weekdays=since_monday % 7,
        days_of_year=(dates - dates.astype("datetime64[Y]")).astype(np.int64),
    ), cells


def simulated_days(archive: Archive, cells: NDArray[np.int64]) -> Days:
    """Values at the cells; the days of a file are successive, and count as a week."""
    values = np.stack([archive[day][0].flatten()[cells].numpy() for day in range(len(archive))])
    files, weekdays, days_of_year = [], [], []
    for number, path in enumerate(archive.files):
        first = int(read_attributes(path)["parameters"]["emissions"]["first_weekday"])
        with netCDF4.Dataset(path) as dataset:
            dates = dataset["time"][:].astype(int) % DAYS_OF_YEAR
        files += [number] * len(dates)
        weekdays += [(first + day) % 7 for day in range(len(dates))]
        days_of_year += dates.tolist()
    return Days(
        values=values.astype(float),
        successive=np.diff(files) == 0,
        weeks=np.array(files),
        weekdays=np.array(weekdays),
        days_of_year=np.array(days_of_year),
    )


def statistics(days: Days, places: Places) -> dict[str, Any]:
    """Distribution, correlation in space, and change from day to day.

    Correlations are those of square roots, standardised over the cells of each day: how far a cell
    deviates from its day, not how dirty the day is.
    """
    values, successive = days.values, days.successive
    roots = np.sqrt(values)
    scaled = roots - np.nanmean(roots, axis=1, keepdims=True)
    scaled /= np.nanstd(roots, axis=1, keepdims=True)
    distance = np.hypot(places.x[:, None] - places.x, places.y[:, None] - places.y)
    difference = np.abs(places.heights[:, None] - places.heights)
    ruggedness = 0.5 * (places.ruggedness[:, None] + places.ruggedness)
    near = (distance > NEIGHBOURS[0]) & (distance < NEIGHBOURS[1])
    products, power = mean_products(scaled), np.nanmean(scaled**2, axis=0)
    change = np.abs(np.diff(values, axis=0)) / (0.5 * (values[1:] + values[:-1]))
    followed = (scaled[1:] * scaled[:-1])[successive]
    return {
        "days": len(values),
        "mean": round(float(np.nanmean(values)), 1),
        "mean_of_season": {
            season: round(float(np.nanmean(values[in_season(days, season)])), 1)
            for season in SEASONS
        },
        "deviation": round(float(np.nanstd(values)), 1),
        "quantiles": [round(float(q), 1) for q in np.nanquantile(values, QUANTILES)],
        "spread_of_a_day": round(
            float(np.mean(np.nanstd(values, axis=1) / np.nanmean(values, axis=1))), 2
        ),
        "correlation_with_next_day": round(float(np.nanmean(followed)), 2),
        "median_change_to_next_day": round(float(np.nanmedian(change[successive])), 2),
        "weekend": weekend(days),
        "by_distance": correlation(products, power, distance, DISTANCES, distance > 0),
        "by_height": correlation(products, power, difference, HEIGHTS, near),
        "by_ruggedness": correlation(products, power, ruggedness, RUGGEDNESS, near),
    }


def in_season(days: Days, season: str) -> NDArray[np.bool_]:
    """Which days are in a season."""
    first, last = SEASONS[season]
    later, earlier = days.days_of_year >= first, days.days_of_year <= last
    return later & earlier if first < last else later | earlier


def weekend(days: Days) -> list[float]:
    """Mean of the two rest days over that of the other five, and its standard error.

    Of weeks of seven days; in each, of the cells that have them all.
    """
    logarithms = []
    for week in np.unique(days.weeks):
        chosen = np.flatnonzero(days.weeks == week)[:7]
        values = days.values[chosen]
        complete = values[:, np.isfinite(values).all(axis=0)]
        if len(chosen) == 7 and complete.size:
            rest = np.isin(days.weekdays[chosen], REST_DAYS)
            daily = complete.mean(axis=1)
            logarithms.append(np.log(daily[rest].mean() / daily[~rest].mean()))
    error = np.std(logarithms, ddof=1) / np.sqrt(len(logarithms))
    return [round(float(np.exp(np.mean(logarithms))), 2), round(float(error), 2)]


def mean_products(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the days of the product of each pair of cells."""
    present = np.isfinite(scaled).astype(float)
    filled = np.where(present > 0, scaled, 0.0)
    products: NDArray[np.float64] = (filled.T @ filled) / np.maximum(present.T @ present, 1)
    return products


def correlation(
    products: NDArray[np.float64],
    power: NDArray[np.float64],
    by: NDArray[Any],
    edges: tuple[int, ...],
    chosen: NDArray[np.bool_],
) -> list[float]:
    """Correlation of the chosen pairs of cells in each bin.

    Cells of dense networks deviate more from their day than others: what the pairs of a bin have
    in common is therefore divided by how much they themselves deviate.
    """
    own = 0.5 * (power[:, None] + power[None])
    found = []
    for low, high in itertools.pairwise(edges):
        pairs = chosen & (by >= low) & (by < high)
        found.append(round(float(products[pairs].mean() / own[pairs].mean()), 2))
    return found


def table(report: dict[str, Any]) -> str:
    """The numbers in Markdown."""
    text = ["| statistic | measured | simulated |", "| --- | --- | --- |"]
    both = report["measured"], report["simulated"]

    def line(name: str, values: list[Any]) -> None:
        text.append(f"| {name} | {values[0]} | {values[1]} |")

    line("days", [one["days"] for one in both])
    line("mean, ug/m3", [one["mean"] for one in both])
    for season in SEASONS:
        line(f"mean of {season}, ug/m3", [one["mean_of_season"][season] for one in both])
    line("standard deviation, ug/m3", [one["deviation"] for one in both])
    for index, quantile in enumerate(QUANTILES):
        line(f"{100 * quantile:.0f} % quantile, ug/m3", [one["quantiles"][index] for one in both])
    line("standard deviation over mean within a day", [one["spread_of_a_day"] for one in both])
    line("correlation of a day with the next", [one["correlation_with_next_day"] for one in both])
    line(
        "median relative change to the next day", [one["median_change_to_next_day"] for one in both]
    )
    line(
        "weekend over other days, with standard error",
        ["{} ± {}".format(*one["weekend"]) for one in both],
    )
    for key, edges, name in (
        ("by_distance", DISTANCES, "correlation at {} to {} km"),
        ("by_height", HEIGHTS, "correlation at 100 to 300 km, {} to {} m apart in height"),
        ("by_ruggedness", RUGGEDNESS, "correlation at 100 to 300 km, ruggedness of {} to {} m"),
    ):
        for low, high, *values in zip(edges, edges[1:], *(one[key] for one in both), strict=False):
            line(name.format(low, high), values)
    return "\n".join(text)


def draw(report: dict[str, Any], path: Path) -> None:
    """Four panels: quantiles, and correlation by distance, height and ruggedness."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 3.4), layout="constrained")
    quantiles, distance, height, ruggedness = figure.subplots(1, 4)
    for name, one in report.items():
        quantiles.plot(one["quantiles"], [100 * q for q in QUANTILES], "o-", label=name)
        distance.plot(_middles(DISTANCES), one["by_distance"], "o-", label=name)
        height.plot(_middles(HEIGHTS), one["by_height"], "o-", label=name)
        ruggedness.plot(_middles(RUGGEDNESS), one["by_ruggedness"], "o-", label=name)
    quantiles.set(xlabel="daily mean PM2.5, ug/m3", ylabel="share of values below, %", xscale="log")
    distance.set(xlabel="distance, km", ylabel="correlation within a day", ylim=(-0.5, 1))
    height.set(xlabel="difference in height, m (100 to 300 km apart)", ylim=(-0.5, 1))
    ruggedness.set(xlabel="ruggedness, m (100 to 300 km apart)", ylim=(-0.5, 1))
    for panel in (quantiles, distance, height, ruggedness):
        panel.grid(alpha=0.3)
    quantiles.legend()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _middles(edges: tuple[int, ...]) -> list[float]:
    return [(low + high) / 2 for low, high in itertools.pairwise(edges)]


if __name__ == "__main__":
    main()
