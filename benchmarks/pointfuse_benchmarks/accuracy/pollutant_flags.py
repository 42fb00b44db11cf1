"""How many real values of each pollutant quality control finds suspect, and why.

    python -m pointfuse_benchmarks.accuracy.pollutant_flags

Needs the real data (POINTFUSE_REAL_DATA): twelve untouched days of hours of 2019, and daily means
of the even weeks, of which every eighth day is looked at: the thresholds were chosen on others.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from pointfuse import POLLUTANTS, Model, Observations, check_days, read_model_file, read_stations
from pointfuse.stations.quality.flags import Counts, count_reasons
from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine

EVERY = 8
NAMES = {
    "pm25": "PM2.5",
    "pm10": "PM10",
    "so2": "SO2",
    "no2": "NO2",
    "co": "CO",
    "o3": "O3",
    "o3_mda8": "O3, 8 hours",
}


def checked(paths: list[Path], stations: Path, model: Model) -> Observations:
    """All pollutants of some files, with what quality control says of them."""
    return check_days(read_stations(paths, stations=stations, variables=[*POLLUTANTS]), model)


def model_of_all() -> Model:
    """The shipped model, as if it took all pollutants."""
    content, metadata, sha256 = read_model_file()
    return Model(
        content, replace(metadata, variables=tuple(POLLUTANTS.values())), sha256, threads=1
    )


def table(hours: Counts, days: Counts) -> str:
    """A row a pollutant, in Markdown.

    Parameters
    ----------
    hours : mapping
        From `count_reasons`, with steps ``hour`` and ``day``: of whole hourly days.
    days : mapping
        The same of daily means.
    """
    lines = [
        "| pollutant | hours | suspect | days made of them | suspect | daily means | suspect |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, title in NAMES.items():
        cells = [
            *_share(hours["hour"].get(name)),
            *_share(hours["day"][name]),
            *_share(days["day"][name]),
        ]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(states: dict[str, dict[str, int]] | None) -> tuple[str, str]:
    """Values that were read, and the share of each reason for which some are suspect."""
    if states is None:
        return "-", "-"
    total = sum(sum(states[state].values()) for state in ("good", "suspect", "not_tested"))
    reasons = sorted(states["suspect"].items(), key=lambda each: -each[1])
    said = ", ".join(
        f"{100 * count / total:.2f} % {reason.replace('_', ' ')}" for reason, count in reasons
    )
    return f"{total:,}", said or "-"


@click.command()
def main() -> None:
    """Measure and print."""
    folder = REAL_DATA / "cnemc"
    stations = folder / "station_list.csv"
    model = model_of_all()
    files = sorted([*folder.glob("china_sites_*.csv"), *folder.glob("hourly/*.csv.gz")])
    hours = count_reasons(checked(files, stations, model))
    means = folder / "pollutants_daily_2019_even_weeks.csv.gz"
    days = checked([means], stations, model)
    click.echo(table(hours, count_reasons(days.at_times(slice(None, None, EVERY)))))
    about = machine()
    click.echo(f"\n{len(files)} days of hours; {about['processor']}, {about['date']}")


if __name__ == "__main__":
    main()
