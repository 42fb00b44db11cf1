"""What an adaptation gains where it has not looked: at other stations, on other days.

    python -m pointfuse_benchmarks.training.adaptation split days.csv.gz \
        --stations list.csv -o parts
    pointfuse-train adapt parts/learn.csv --stations list.csv --without parts/left_out.txt ...
    python -m pointfuse_benchmarks.training.adaptation score parts/test.csv --stations list.csv \
        --left-out parts/left_out.txt --from base/checkpoint.npz --checkpoint run/checkpoint.npz

`split` keeps every 8th day and a tenth of the cities for the test. `score` predicts the stations of
these cities from all others, on these days, with the network before and after. With an archive
whole simulated fields are scored, too, to see what was forgotten.
"""

from __future__ import annotations

import csv
import gzip
import random
import sys
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse.commands.shared.reading import ReadingOptions, read_observations, reading_options
from pointfuse.model.loading import load_model
from pointfuse.stations.gridding import PlacedObservations, grid_days, place
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.trust.scores import SCORES, PairSums
from pointfuse_training.fitting.recipes import RECIPES
from pointfuse_training.fitting.training_inputs import read_training_inputs
from pointfuse_training.fitting.training_loop import validation_scores
from pointfuse_training.network.checkpoints import load_checkpoint
from pointfuse_training.network.variants import Network, field_of
from pointfuse_training.samples.observed_days import reports

_FILE = click.Path(path_type=Path)
_RESAMPLES, _CONFIDENCE = 1000, 0.95

Advance = Callable[[int], object]


@click.group()
def main() -> None:
    """Measure what an adaptation gains."""


@main.command()
@click.argument("days", type=_FILE)
@click.option("--stations", required=True, type=_FILE, help="Station list with cities.")
@click.option("--every", default=8, show_default=True, type=click.IntRange(2), help="Test days.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed.")
@click.option("-o", "--output", "folder", required=True, type=_FILE, help="Folder to write to.")
def split(days: Path, stations: Path, every: int, seed: int, folder: Path) -> None:
    """Divide a tidy file of DAYS: every Nth day and a tenth of the cities are for the test."""
    opened = gzip.open if days.suffix == ".gz" else open
    with opened(days, "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    date = header.index("date")
    test = set(sorted({row[date] for row in rows})[::every])
    folder.mkdir(parents=True, exist_ok=True)
    for name, of_test in (("learn", False), ("test", True)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(row for row in rows if (row[date] in test) == of_test)
    cities = read_station_list(stations).cities
    names = sorted(set(cities.values()))
    random.Random(seed).shuffle(names)
    left_out = set(names[: len(names) // 10])
    codes = [code for code, city in cities.items() if city in left_out]
    (folder / "left_out.txt").write_text("\n".join(codes) + "\n", encoding="utf-8")
    click.echo(f"{len(test)} test days; {len(codes)} stations of {len(left_out)} cities left out")


@main.command()
@reading_options
@click.option("--left-out", required=True, type=_FILE, help="Codes of the stations to predict.")
@click.option("--from", "start", required=True, type=_FILE, help="Checkpoint before it.")
@click.option("--checkpoint", required=True, type=_FILE, help="Checkpoint after it.")
@click.option("--archive", type=_FILE, help="Archive of simulated days; its last 4 scenarios.")
@click.option("--static", type=_FILE, help="Static layers (.npz), for the archive.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads.")
def score(
    left_out: Path,
    start: Path,
    checkpoint: Path,
    archive: Path | None,
    static: Path | None,
    threads: int,
    reading: ReadingOptions,
) -> None:
    """Score a network before and after its adaptation."""
    torch.set_num_threads(threads)
    networks = {
        name: load_checkpoint(path).network()
        for name, path in (("before", start), ("after", checkpoint))
    }
    model = load_model(reading.model, threads=1)
    placed = place(check_days(read_observations(reading, model), model), model.metadata)
    withheld = np.isin(placed.observations.stations.code, left_out.read_text().split())
    days = len(placed.observations.times)
    with click.progressbar(length=2 * days, label="predicting", file=sys.stderr) as bar:
        sums = {
            name: _sums(network, placed, withheld, bar.update) for name, network in networks.items()
        }
    click.echo("real stations left out, predicted from the others")
    for name, daily in sums.items():
        whole = daily.over()
        scores = ", ".join(
            f"{key} {float(SCORES[key](whole)):.4f}" for key in ("r2", "rmse", "nme")
        )
        click.echo(f"  {name:6}  {scores} ({int(whole.pairs)} pairs)")
    click.echo(f"  RMSE after over before: {_ratio(sums['after'], sums['before'])}")
    if archive is None or static is None:
        return
    recipe = RECIPES["default"]
    simulated = read_training_inputs([archive], static, recipe).validation
    click.echo("whole simulated fields, held-out scenarios")
    for name, network in networks.items():
        found = validation_scores(network, simulated, recipe.seed + 1)
        click.echo(f"  {name:6}  {', '.join(f'{key} {score}' for key, score in found.items())}")


def _sums(
    network: Network,
    placed: PlacedObservations,
    withheld: NDArray[np.bool_],
    advance: Advance,
) -> PairSums:
    """Sums of each day over the withheld stations, read from the field as `crossval` does."""
    target = placed.metadata.target.name
    predicted = np.full(reports(placed).shape, np.nan)
    for day in range(len(predicted)):
        one = placed.on_days(slice(day, day + 1))
        given = grid_days(one.without(withheld))
        counted = given.observed.copy()
        counted[:, 0] = given.station_count
        with torch.inference_mode():
            field = field_of(network(*map(torch.from_numpy, (given.observations, counted))))
        predicted[day, withheld] = placed.interpolation[withheld].read(field.numpy().ravel())
        advance(1)
    observed = np.where(withheld, placed.observations.values[target], np.nan)
    return PairSums.of(observed, predicted).over(axis=1)


def _ratio(after: PairSums, before: PairSums) -> str:
    """Ratio of the RMSE, with the 95 % range over resamples of the days."""
    days = len(after.pairs)
    draws = np.random.default_rng(0).integers(days, size=(_RESAMPLES, days))
    times = np.stack([np.bincount(draw, minlength=days) for draw in draws]).astype(float)
    rmse = SCORES["rmse"]
    drawn = rmse(after.drawn(times)) / rmse(before.drawn(times))
    low, high = np.quantile(drawn, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
    whole = float(rmse(after.over()) / rmse(before.over()))
    return f"{whole:.3f} (95 % range over days {low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
