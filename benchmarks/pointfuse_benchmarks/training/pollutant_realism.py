"""How much simulated hours of all pollutants look like measured ones.

    python -m pointfuse_benchmarks.training.pollutant_realism --data DIR --static FILE.npz \
        -o realism.json --figure realism.png

Simulates some weeks and takes the statistics at the cells of the stations: daily cycle, levels of
the seasons, range, weekend, and how the pollutants of a day go together from station to station.
Nothing is compared day by day: simulated days have no date.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import torch
from numpy.typing import NDArray

from pointfuse import POLLUTANTS as MEASURED
from pointfuse import read_stations
from pointfuse.model.model_file import read_model_file
from pointfuse.stations.gridding import place
from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine
from pointfuse_benchmarks.training.simulation_realism import SEASONS, Days, in_season, weekend
from pointfuse_training.simulation.pollutants.species import POLLUTANTS
from pointfuse_training.simulation.simulator import Simulator
from pointfuse_training.simulation.static_inputs import StaticInputs, read_static_inputs

NAMES = {name: MEASURED[name].long_name.removeprefix("daily mean ") for name in POLLUTANTS}
QUANTILES = (0.05, 0.5, 0.95)
WEEK = 7


class Sample(NamedTuple):
    """Values at stations.

    Attributes
    ----------
    cycles : mapping of str to ndarray of float64, shape (24,)
        Mean of each local hour.
    days : mapping of str to Days
        Daily means.
    """

    cycles: dict[str, NDArray[np.float64]]
    days: dict[str, Days]


@click.command()
@click.option("--data", default=REAL_DATA, type=click.Path(path_type=Path), help="Real data.")
@click.option("--static", required=True, type=click.Path(path_type=Path), help="Static layers.")
@click.option("--scenarios", default=12, show_default=True, help="Simulated weeks.")
@click.option("--seed", default=79, show_default=True, help="Seed of the simulation.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--figure", type=click.Path(path_type=Path))
def main(
    data: Path, static: Path, scenarios: int, seed: int, output: Path, figure: Path | None
) -> None:
    """Compare, write and print."""
    metadata = read_model_file(None)[1]
    measured, cells = measured_sample(data / "cnemc", metadata)
    layers = read_static_inputs(static, metadata.grid, torch.device("cpu"))
    simulated = simulated_sample(layers, cells, scenarios, seed)
    report = {
        "machine": machine(),
        "command": f"python -m pointfuse_benchmarks.training.pollutant_realism "
        f"--scenarios {scenarios} --seed {seed}",
        "measured": statistics(measured),
        "simulated": statistics(simulated),
    }
    output.write_text(json.dumps(report, indent=1) + "\n")
    if figure:
        draw(report, figure)
    click.echo(table(report))


def measured_sample(folder: Path, metadata: Any) -> tuple[Sample, NDArray[np.int64]]:
    """Hours of the hourly files, days of the even weeks, and the cells of the stations."""
    stations = folder / "station_list.csv"
    files = sorted([*folder.glob("china_sites_*.csv"), *folder.glob("hourly/*.csv.gz")])
    hours = read_stations(files, stations=stations, variables=POLLUTANTS).hours
    assert hours is not None
    local = hours.times.astype("datetime64[h]").astype(np.int64) % 24
    cycles = {
        name: np.array([np.nanmean(hours.values[name][local == hour]) for hour in range(24)])
        for name in POLLUTANTS
    }
    daily = read_stations(
        [folder / "pollutants_daily_2019_even_weeks.csv.gz"],
        stations=stations,
        variables=POLLUTANTS,
    )
    dates = daily.times.astype("datetime64[D]")
    # 1970-01-01 was a Thursday.
    since_monday = dates.astype(np.int64) + 3
    days = {
        name: Days(
            values=daily.values[name],
            successive=np.diff(dates) == np.timedelta64(1, "D"),
            weeks=since_monday // WEEK,
            weekdays=since_monday % WEEK,
            days_of_year=(dates - dates.astype("datetime64[Y]")).astype(np.int64),
        )
        for name in POLLUTANTS
    }
    return Sample(cycles, days), np.unique(place(daily, metadata).cell)


def simulated_sample(
    static: StaticInputs, cells: NDArray[np.int64], scenarios: int, seed: int
) -> Sample:
    """Weeks of simulated hours at some cells."""
    hours, days_of_year, weekdays = [], [], []
    with click.progressbar(range(scenarios), label="simulating weeks") as numbers:
        for number in numbers:
            simulator = Simulator(static, seed, [number], all_pollutants=True)
            first = int(simulator.parameters(0)["emissions"]["first_weekday"])
            for day, found in enumerate(simulator.run(WEEK)):
                assert found.hours is not None
                hours.append(found.hours[0].flatten(2)[..., cells].double().numpy())
                days_of_year.append(int(found.day_of_year[0]))
                weekdays.append((first + day) % WEEK)
    values = np.stack(hours, axis=1)  # pollutant, day, hour, cell
    weeks = np.repeat(np.arange(scenarios), WEEK)
    return Sample(
        {name: own.mean((0, 2)) for name, own in zip(POLLUTANTS, values, strict=True)},
        {
            name: Days(
                own.mean(1), np.diff(weeks) == 0, weeks, np.array(weekdays), np.array(days_of_year)
            )
            for name, own in zip(POLLUTANTS, values, strict=True)
        },
    )


def statistics(sample: Sample) -> dict[str, Any]:
    """Of each pollutant, and of each pair."""
    found: dict[str, Any] = {}
    for name in POLLUTANTS:
        days = sample.days[name]
        whole = days.values[np.isfinite(days.values).any(axis=1)]
        scale = 2 if name == "co" else 1
        found[name] = {
            "mean": round(float(np.nanmean(days.values)), scale),
            "mean_of_season": {
                season: round(float(np.nanmean(days.values[in_season(days, season)])), scale)
                for season in SEASONS
            },
            "quantiles": [
                round(float(each), scale) for each in np.nanquantile(days.values, QUANTILES)
            ],
            "spread_of_a_day": round(float(np.mean(np.nanstd(whole, 1) / np.nanmean(whole, 1))), 2),
            "weekend": weekend(days),
            "cycle": (sample.cycles[name] / sample.cycles[name].mean()).round(3).tolist(),
        }
    pairs = {}
    for at, first in enumerate(POLLUTANTS):
        for second in POLLUTANTS[at + 1 :]:
            both = sample.days[first].values, sample.days[second].values
            pairs[f"{first} {second}"] = round(within_days(*both), 2)
    return found | {"correlations": pairs}


def within_days(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Mean over the days of the correlation between stations of two pollutants."""
    found = []
    for one, other in zip(first, second, strict=True):
        known = np.isfinite(one) & np.isfinite(other)
        if known.sum() > 2:
            found.append(np.corrcoef(one[known], other[known])[0, 1])
    return float(np.mean(found))


def table(report: dict[str, Any]) -> str:
    """The numbers in Markdown: measured / simulated."""
    both = report["measured"], report["simulated"]
    lines = [
        "| measured / simulated | mean | winter | summer | 5 %, 50 %, 95 % of daily means "
        "| standard deviation over mean within a day | weekend over other days |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in POLLUTANTS:
        own = [one[name] for one in both]
        cells = [
            " / ".join(str(one["mean"]) for one in own),
            *(" / ".join(str(one["mean_of_season"][season]) for one in own) for season in SEASONS),
            " / ".join(", ".join(map(str, one["quantiles"])) for one in own),
            " / ".join(str(one["spread_of_a_day"]) for one in own),
            " / ".join("{} ± {}".format(*one["weekend"]) for one in own),
        ]
        lines.append(f"| {NAMES[name]} | {' | '.join(cells)} |")
    header = [NAMES[name] for name in POLLUTANTS[1:]]
    lines += ["", f"| correlation within a day | {' | '.join(header)} |", "| --- " * 6 + "|"]
    for at, first in enumerate(POLLUTANTS[:-1]):
        cells = [""] * at + [
            " / ".join(str(one["correlations"][f"{first} {second}"]) for one in both)
            for second in POLLUTANTS[at + 1 :]
        ]
        lines.append(f"| {NAMES[first]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(report: dict[str, Any], path: Path) -> None:
    """A panel a pollutant: its daily cycle."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 2.8), layout="constrained")
    panels = figure.subplots(1, len(POLLUTANTS), sharey=True)
    for name, panel in zip(POLLUTANTS, panels, strict=True):
        for origin in ("measured", "simulated"):
            panel.plot(range(24), report[origin][name]["cycle"], label=origin)
        panel.set(title=NAMES[name], xlabel="local hour", xticks=range(0, 25, 6))
        panel.grid(alpha=0.3)
    panels[0].set(ylabel="relative to the day", ylim=(0, None))
    panels[0].legend(loc="lower left")
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
