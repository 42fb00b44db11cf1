"""The models that there are, side by side: how good, how fast, how large.

    python -m pointfuse_benchmarks.speed.model_choice

prints the table of `docs/guide/models.md` from the accuracy reports and the files of a machine. A
test holds the two together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from pointfuse_benchmarks.measuring.checkout import RESULTS
from pointfuse_benchmarks.measuring.machine_file import read_machines
from pointfuse_benchmarks.speed.performance import SHOWN

MODELS = {
    "pointfuse-china12": ("accuracy.json", SHOWN),
    "pointfuse-china12-small": ("accuracy-small.json", f"{SHOWN}-pointfuse-china12-small"),
}
"""The accuracy report of each model, and what the shown machine's file of it is called."""

_SCORED = {
    "stations": "stations left out",
    "cities": "cities left out",
    "cmaq": "CMAQ fields",
}


Reports = Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]


@click.command()
def main() -> None:
    """Print the table."""
    click.echo(table(read_reports()))


def read_reports() -> Reports:
    """The accuracy report of each model, and the measurements of the shown machine."""
    machines = read_machines()
    return {
        name: (json.loads((RESULTS / report).read_text(encoding="utf-8")), machines[machine])
        for name, (report, machine) in MODELS.items()
    }


def table(reports: Reports) -> str:
    """A column for each model.

    Parameters
    ----------
    reports : mapping of str to (accuracy report, measurements of a machine)
        By the name of the model.
    """
    lines = [["", *reports], ["---"] * (len(reports) + 1)]
    for part, title in _SCORED.items():
        cells = [
            _score(report["parts"][part]["scores"][report["settings"]["ours"][0]])
            for report, _ in reports.values()
        ]
        lines.append([title, *cells])
    for precision in ("fp32", "int8"):
        rows = [_row(machine["latency"], precision) for _, machine in reports.values()]
        lines.append([f"ms a field, {precision}", *(f"{r['network']['p50']:.0f}" for r in rows)])
    for case in range(len(next(iter(reports.values()))[1]["files_to_file"])):
        rows = [machine["files_to_file"][case] for _, machine in reports.values()]
        lines.append(
            [f"further day, {rows[0]['case']}", *(f"{row['further_day_s']:.2f} s" for row in rows)]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _score(score: Mapping[str, float]) -> str:
    return f"{score['r2']:.3f} / {score['rmse']:.2f} / {score['nme']:.3f}"


def _row(rows: Sequence[Mapping[str, Any]], precision: str) -> Mapping[str, Any]:
    return next(row for row in rows if (row["device"], row["precision"]) == ("cpu", precision))


if __name__ == "__main__":
    main()
