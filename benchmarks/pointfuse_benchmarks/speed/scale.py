"""What many years would take on many processors: time, money and bytes, from what was measured.

    python -m pointfuse_benchmarks.speed.scale

Nothing is run: stages of a day (`benchmarks/results/stages.json`) are multiplied, and the slowest
of those that go on at the same time is the bottleneck. The tables of `docs/guide/scale.md` are its
output.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import click

from pointfuse_benchmarks.speed.stages import OUTPUT

DAYS_A_YEAR = 365.25
CORES = (2, 16, 64, 256, 1024)
"""Processors of the workers."""

_MANY = 64
"""From so many processors on, a run a year is shown too."""


@dataclass(frozen=True)
class Task:
    """What is to be fused.

    Parameters
    ----------
    years : int
        Length of the period.
    fields_a_day : int
        1 for daily means; 24 for a model of hours that takes as long for a field.
    """

    years: int
    fields_a_day: int

    @property
    def days(self) -> float:
        """Days of station files."""
        return self.years * DAYS_A_YEAR

    @property
    def fields(self) -> float:
        """Fields to compute."""
        return self.days * self.fields_a_day


@dataclass(frozen=True)
class Prices:
    """What is paid, in any currency.

    Parameters
    ----------
    core_hour : float
        A processor for an hour, busy or not.
    gigabyte_month : float
        A gigabyte of files kept for a month.
    """

    core_hour: float
    gigabyte_month: float


class Estimate(NamedTuple):
    """What a task takes; times in hours."""

    reading: float
    computing: float
    collecting: float
    """Checking, placing, loading and writing by those who asked for the days."""

    @property
    def total(self) -> float:
        """Days are computed while others are collected, all after the reading."""
        return self.reading + max(self.computing, self.collecting)

    @property
    def bottleneck(self) -> str:
        """The stage that takes longest."""
        return max(self._fields, key=lambda name: getattr(self, name))


def estimate(stages: dict[str, Any], task: Task, cores: int, runs: int) -> Estimate:
    """Hours of the stages.

    Parameters
    ----------
    stages : dict
        As `benchmarks/results/stages.json` has them.
    task : Task
        What is to be fused.
    cores : int
        Processors of the workers.
    runs : int
        Runs side by side, each of some of the years with a processor or two of its own.
    """
    seconds = stages["processor_seconds"]
    # One thread checks, places and loads, another writes.
    ahead = task.days * seconds["check"] + task.fields * (seconds["place"] + seconds["load"])
    written = task.fields * seconds["write"]
    return Estimate(
        task.days * seconds["read"] / runs / 3600,
        task.fields * seconds["compute"] / cores / 3600,
        max(ahead, written) / runs / 3600,
    )


def balance(stages: dict[str, Any], task: Task) -> float:
    """Processors that one run can keep busy while it collects what they compute."""
    one = estimate(stages, task, 1, 1)
    return one.computing / one.collecting


def times_table(stages: dict[str, Any], tasks: list[Task], prices: Prices) -> str:
    """Hours and money by task, processors and runs, in Markdown."""
    lines = [
        "| task | processors | runs | reading | computing | collecting | in all | bottleneck | "
        "processors' price |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for task in tasks:
        for cores in CORES:
            for runs in (1, task.years) if cores >= _MANY else (1,):
                found = estimate(stages, task, cores, runs)
                money = found.total * (cores + runs) * prices.core_hour
                lines.append(
                    f"| {_name(task)} | {cores} | {runs} | {_hours(found.reading)} | "
                    f"{_hours(found.computing)} | {_hours(found.collecting)} | "
                    f"{_hours(found.total)} | {found.bottleneck} | {money:,.2f} |"
                )
    return "\n".join(lines)


def bytes_table(stages: dict[str, Any], tasks: list[Task], prices: Prices) -> str:
    """Gigabytes by task, and what it takes to keep them, in Markdown."""
    sizes = stages["bytes"]
    lines = [
        "| what | " + " | ".join(_name(task) for task in tasks) + " | where it goes |",
        "| --- |" + " --- |" * (len(tasks) + 1),
    ]
    rows = [
        ("station files", sizes["files"], False, "read once, by the run"),
        ("observations by week", sizes["spool"], False, "the run's folder, until its end"),
        ("days for workers", sizes["task"], True, "network, scheduler and back"),
        ("finished days", sizes["kept"], True, "shared folder, written and read once"),
        ("output", sizes["output"], True, "kept"),
    ]
    for name, size, of_fields, where in rows:
        amounts = [size * (task.fields if of_fields else task.days) / 1e9 for task in tasks]
        cells = " | ".join(f"{amount:,.1f} GB" for amount in amounts)
        lines.append(f"| {name} | {cells} | {where} |")
    kept = [sizes["output"] * task.fields / 1e9 * prices.gigabyte_month for task in tasks]
    monthly = " | ".join(f"{price:,.2f}" for price in kept)
    lines.append(f"| price of the output, a month | {monthly} | |")
    return "\n".join(lines)


def report(stages: dict[str, Any], years: int, prices: Prices) -> str:
    """All tables, and what they rest on, in Markdown."""
    tasks = [Task(years, 1), Task(years, 24)]
    about, seconds = stages["machine"], stages["processor_seconds"]
    busy = ", ".join(f"{_name(task)}: {balance(stages, task):.0f}" for task in tasks)
    each = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in seconds.items())
    return "\n\n".join(
        [
            times_table(stages, tasks, prices),
            f"Processors that one run keeps busy at most: {busy}.",
            bytes_table(stages, tasks, prices),
            f"From {each} a day ({stages['precision']}, {stages['stations']} stations, "
            f"{stages['cells']} cells, one thread of {about['processor']}, {about['date']}, others "
            f"busy on {stages['load']} processors); {prices.core_hour:g} a processor and hour, "
            f"{prices.gigabyte_month:g} a gigabyte and month.",
        ]
    )


def _name(task: Task) -> str:
    return f"{task.years} years of {'days' if task.fields_a_day == 1 else 'hours'}"


def _hours(hours: float) -> str:
    return f"{hours:,.1f} h" if hours >= 1 else f"{60 * hours:.1f} min"


@click.command()
@click.option("--years", default=20, show_default=True, help="Length of the period.")
@click.option("--core-hour", default=0.05, show_default=True, help="Price of a processor's hour.")
@click.option(
    "--gigabyte-month", default=0.023, show_default=True, help="Price of a gigabyte, a month."
)
def main(years: int, core_hour: float, gigabyte_month: float) -> None:
    """Print the tables."""
    stages = json.loads(OUTPUT.read_text(encoding="utf-8"))
    print(report(stages, years, Prices(core_hour, gigabyte_month)))


if __name__ == "__main__":
    main()
