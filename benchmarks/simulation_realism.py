"""How much simulated days look like measured ones: the same statistics of both.

    python benchmarks/simulation_realism.py ARCHIVE PM25.csv --stations LIST.csv --static FILE.npz \
        -o realism.json --figure realism.png

Statistics are taken at the cells of the stations. Nothing is compared day by day: simulated days
have no date.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.gridding import grid_days, place
from pointfuse.model_file import read_model_file
from pointfuse.readers import read_stations
from pointfuse_training.archive import Archive
from pointfuse_training.simulation import read_static_inputs

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
DISTANCES = (0, 50, 100, 200, 300, 450, 600, 800, 1000, 1300, 1600, 2000)  # km
HEIGHTS = (0, 50, 100, 200, 400, 700, 1000, 1500, 2500)  # m
NEIGHBOURS = (100, 300)  # km, of the pairs that are compared by height
DAY = np.timedelta64(1, "D")


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
    measured, days, cells = measured_days(observations, stations, metadata)
    simulated, number = simulated_days(Archive(archive), cells)
    x, y = np.meshgrid(metadata.grid.x, metadata.grid.y)
    places = np.stack([x.ravel()[cells], y.ravel()[cells]], axis=1) / 1000
    heights = layers.height.numpy().ravel()[cells]
    report = {
        "measured": statistics(measured, np.diff(days) == DAY, places, heights),
        "simulated": statistics(simulated, np.diff(number) == 1, places, heights),
    }
    output.write_text(json.dumps(report, indent=1) + "\n")
    if figure:
        draw(report, figure)
    click.echo(table(report))


def measured_days(
    observations: Path, stations: Path, metadata: Any
) -> tuple[NDArray[np.float64], NDArray[Any], NDArray[np.int64]]:
    """Means of the stations in each cell (day, cell), NaN where there are none."""
    placed = place(read_stations([observations], stations=stations), metadata)
    gridded = grid_days(placed)
    seen = gridded.observed[:, 0].reshape(len(gridded.observed), -1)
    cells = np.flatnonzero(seen.any(axis=0))
    values = gridded.observations[:, 0].reshape(len(seen), -1)[:, cells].astype(float)
    return np.where(seen[:, cells] > 0, values, np.nan), placed.observations.times, cells


def simulated_days(
    archive: Archive, cells: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Values at the cells (day, cell), and numbers of the days: successive within a file."""
    values = np.stack([archive[day][0].flatten()[cells].numpy() for day in range(len(archive))])
    numbers = [
        1000 * file + day
        for file, path in enumerate(archive.files)
        for day in range(archive.days_in(path))
    ]
    return values.astype(float), np.array(numbers)


def statistics(
    values: NDArray[np.float64],
    successive: NDArray[np.bool_],
    places: NDArray[np.float64],
    heights: NDArray[np.float32],
) -> dict[str, Any]:
    """Distribution, correlation in space, and change from day to day.

    Correlations are those of square roots, standardised over the cells of each day: how far a cell
    deviates from its day, not how dirty the day is.
    """
    roots = np.sqrt(values)
    scaled = roots - np.nanmean(roots, axis=1, keepdims=True)
    scaled /= np.nanstd(roots, axis=1, keepdims=True)
    distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    difference = np.abs(heights[:, None] - heights[None])
    near = (distance > NEIGHBOURS[0]) & (distance < NEIGHBOURS[1])
    products, power = mean_products(scaled), np.nanmean(scaled**2, axis=0)
    change = np.abs(np.diff(values, axis=0)) / (0.5 * (values[1:] + values[:-1]))
    followed = (scaled[1:] * scaled[:-1])[successive]
    return {
        "days": len(values),
        "mean": round(float(np.nanmean(values)), 1),
        "deviation": round(float(np.nanstd(values)), 1),
        "quantiles": [round(float(q), 1) for q in np.nanquantile(values, QUANTILES)],
        "spread_of_a_day": round(
            float(np.mean(np.nanstd(values, axis=1) / np.nanmean(values, axis=1))), 2
        ),
        "correlation_with_next_day": round(float(np.nanmean(followed)), 2),
        "median_change_to_next_day": round(float(np.nanmedian(change[successive])), 2),
        "by_distance": correlation(products, power, distance, DISTANCES, distance > 0),
        "by_height": correlation(products, power, difference, HEIGHTS, near),
    }


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
    line("standard deviation, ug/m3", [one["deviation"] for one in both])
    for index, quantile in enumerate(QUANTILES):
        line(f"{100 * quantile:.0f} % quantile, ug/m3", [one["quantiles"][index] for one in both])
    line("standard deviation over mean within a day", [one["spread_of_a_day"] for one in both])
    line("correlation of a day with the next", [one["correlation_with_next_day"] for one in both])
    line(
        "median relative change to the next day", [one["median_change_to_next_day"] for one in both]
    )
    for low, high, *values in zip(
        DISTANCES, DISTANCES[1:], *(one["by_distance"] for one in both), strict=False
    ):
        line(f"correlation at {low} to {high} km", values)
    for low, high, *values in zip(
        HEIGHTS, HEIGHTS[1:], *(one["by_height"] for one in both), strict=False
    ):
        line(f"correlation at 100 to 300 km, {low} to {high} m apart in height", values)
    return "\n".join(text)


def draw(report: dict[str, Any], path: Path) -> None:
    """Three panels: quantiles, correlation by distance, correlation by difference in height."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.4), layout="constrained")
    quantiles, distance, height = figure.subplots(1, 3)
    for name, one in report.items():
        quantiles.plot(one["quantiles"], [100 * q for q in QUANTILES], "o-", label=name)
        distance.plot(_middles(DISTANCES), one["by_distance"], "o-", label=name)
        height.plot(_middles(HEIGHTS), one["by_height"], "o-", label=name)
    quantiles.set(xlabel="daily mean PM2.5, ug/m3", ylabel="share of values below, %", xscale="log")
    distance.set(xlabel="distance, km", ylabel="correlation within a day", ylim=(-0.5, 1))
    height.set(xlabel="difference in height, m (100 to 300 km apart)", ylim=(-0.5, 1))
    for panel in (quantiles, distance, height):
        panel.grid(alpha=0.3)
    quantiles.legend()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _middles(edges: tuple[int, ...]) -> list[float]:
    return [(low + high) / 2 for low, high in itertools.pairwise(edges)]


if __name__ == "__main__":
    main()
