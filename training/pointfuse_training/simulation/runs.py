"""From a seed to an archive: what is there is left alone, what is lacking is simulated."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pointfuse.version import __version__
from pointfuse_training.archives.archive_writer import make_folder, writing
from pointfuse_training.archives.scenarios import code_sha256, lacking_scenarios, scenario_files
from pointfuse_training.simulation.simulator import Simulator
from pointfuse_training.simulation.static_inputs import StaticInputs


def simulate_archive(
    static: StaticInputs,
    folder: Path,
    *,
    scenarios: int,
    days: int,
    seed: int,
    batch: int = 1,
    on_day: Callable[[int], None] = lambda days: None,
) -> list[Path]:
    """Simulate scenarios into a folder, one file each.

    Scenarios whose file is complete are not simulated again: an interrupted run goes on where it
    was, and an archive can grow.

    Parameters
    ----------
    static : StaticInputs
        Static layers; where they are is where the model runs.
    folder : Path
        Folder of the archive; made where it does not exist.
    scenarios, days : int
        Number of scenarios, and of days of each.
    seed : int
        Seed of the archive.
    batch : int
        Scenarios that are simulated side by side.
    on_day : callable
        Told how many days have been written, or were there.

    Returns
    -------
    list of Path
        The files, in the order of the scenarios.

    Raises
    ------
    InputError
        If the folder holds a scenario of another run.
    OutputError
        If the archive cannot be written.
    """
    make_folder(folder)
    paths = scenario_files(folder, scenarios)
    wanted = lacking_scenarios(paths, lambda number: _origin(static, seed, number, days))
    on_day(days * (scenarios - len(wanted)))
    for first in range(0, len(wanted), batch):
        numbers = wanted[first : first + batch]
        _simulate(static, [paths[number] for number in numbers], numbers, days, seed, on_day)
    return paths


def _simulate(
    static: StaticInputs,
    paths: Sequence[Path],
    numbers: Sequence[int],
    days: int,
    seed: int,
    on_day: Callable[[int], None],
) -> None:
    simulator = Simulator(static, seed, numbers)
    with contextlib.ExitStack() as stack:
        writers = []
        for index, (path, number) in enumerate(zip(paths, numbers, strict=True)):
            attributes = _origin(static, seed, number, days) | {
                "title": "Simulated daily PM2.5, relative humidity and wind speed",
                "source": f"reduced chemical transport model of pointfuse {__version__}",
                # Without a date: the same run makes the same file.
                "history": f"pointfuse-train simulate: scenario {number} of seed {seed}",
                "parameters": json.dumps(simulator.parameters(index)),
            }
            first_day = int(simulator.first_day[index])
            writers.append(stack.enter_context(writing(path, static.grid, first_day, attributes)))
        for day in simulator.run(days):
            for writer, fields in zip(writers, day.fields, strict=True):
                writer.append(fields)
            on_day(len(writers))


def _origin(static: StaticInputs, seed: int, number: int, days: int) -> dict[str, Any]:
    """All that a scenario depends on."""
    return {
        "code_version": __version__,
        "code_sha256": code_sha256(Path(__file__).parent),
        "static_sha256": static.sha256,
        "seed": seed,
        "scenario": number,
        "days": days,
    }
