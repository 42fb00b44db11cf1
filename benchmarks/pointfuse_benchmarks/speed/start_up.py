"""How long a start takes: what `import pointfuse` and `pointfuse --help` add to click and numpy.

    python -m pointfuse_benchmarks.speed.start_up

Each is a process of its own; they take turns, so that a busy minute of the machine falls on all.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any

import click

from pointfuse_benchmarks.measuring.machine_file import load_of_machine, origin

BASE = "click and numpy"
PROGRAMS = {
    BASE: "import click, numpy",
    "import pointfuse": "import click, numpy, pointfuse",
    "pointfuse --help": (
        "import click, numpy\n"
        "from pointfuse.commands.main import main\n"
        "main(['--help'], standalone_mode=False)"
    ),
}
"""What is run; what stands first is what the others are compared with."""


@click.command()
@click.option(
    "--rounds", type=click.IntRange(1), default=31, show_default=True, help="Starts of each."
)
def main(rounds: int) -> None:
    """Measure and print, as JSON."""
    load = load_of_machine()
    click.echo(json.dumps(measured(rounds) | origin("speed.start_up", load), indent=1))


def measured(rounds: int) -> dict[str, Any]:
    """Median seconds of a start, and what it adds; the first round fills the caches only."""
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for number in range(rounds + 1):
        for name, program in PROGRAMS.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
            took = time.perf_counter() - began
            if number:
                seconds[name].append(took)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    return {
        "rounds": rounds,
        "seconds": {name: round(median, 4) for name, median in medians.items()},
        "added_seconds": {
            name: round(median - medians[BASE], 4)
            for name, median in medians.items()
            if name != BASE
        },
    }


if __name__ == "__main__":
    main()
