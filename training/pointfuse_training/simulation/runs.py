"""From a seed to an archive: what is there is left alone, what is lacking is simulated."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pointfuse.grid.regular_grid import Grid
from pointfuse.version import __version__
from pointfuse_training.archives.archive_variables import TARGETS, WEATHER
from pointfuse_training.archives.archive_writer import ArchiveWriter, make_folder, writing
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
    targets: Sequence[str] = ("pm25",),
    on_day: Callable[[int], None] = lambda days: None,
) -> dict[str, list[Path]]:
    """Simulate scenarios into a folder, one file each; into one a pollutant, if there are several.

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
    targets : sequence of str
        Names of the pollutants, of `TARGETS`.
    on_day : callable
        Told how many days have been written, or were there.

    Returns
    -------
    dict of list of Path
        The files of each pollutant, in the order of the scenarios.

    Raises
    ------
    InputError
        If the folder holds a scenario of another run.
    OutputError
        If the archive cannot be written.
    """
    folders = {name: folder / name if len(targets) > 1 else folder for name in targets}
    origins = {name: functools.partial(_origin, static, seed, days, name) for name in targets}
    paths = {}
    wanted: set[int] = set()
    for name, own in folders.items():
        make_folder(own)
        paths[name] = scenario_files(own, scenarios)
        wanted |= set(lacking_scenarios(paths[name], origins[name]))
    on_day(days * (scenarios - len(wanted)))
    numbers = sorted(wanted)
    for first in range(0, len(numbers), batch):
        now = numbers[first : first + batch]
        simulator = Simulator(static, seed, now, all_pollutants=set(targets) != {"pm25"})
        files = {
            name: [(paths[name][number], origin(number)) for number in now]
            for name, origin in origins.items()
        }
        _simulate(simulator, files, days, static.grid, on_day)
    return paths


def _simulate(
    simulator: Simulator,
    files: Mapping[str, Sequence[tuple[Path, dict[str, Any]]]],
    days: int,
    grid: Grid,
    on_day: Callable[[int], None],
) -> None:
    """Run a batch and write it; of each pollutant and scenario a file, and its origin."""
    with contextlib.ExitStack() as stack:
        writers = {
            name: [
                stack.enter_context(_written(simulator, index, path, origin, grid))
                for index, (path, origin) in enumerate(own)
            ]
            for name, own in files.items()
        }
        for day in simulator.run(days):
            for name, own_writers in writers.items():
                for writer, fields in zip(own_writers, day.of(name), strict=True):
                    writer.append(fields)
            on_day(len(simulator.first_day))


def _written(
    simulator: Simulator, index: int, path: Path, origin: Mapping[str, Any], grid: Grid
) -> contextlib.AbstractContextManager[ArchiveWriter]:
    """Writer of one of the scenarios."""
    target = TARGETS[origin["pollutant"]]
    attributes = {
        **origin,
        "title": f"Simulated {target.long_name}, relative humidity and wind speed",
        "source": f"reduced chemical transport model of pointfuse {__version__}",
        # Without a date: the same run makes the same file.
        "history": f"pointfuse-train simulate: scenario {origin['scenario']} of seed "
        f"{origin['seed']}",
        "parameters": json.dumps(simulator.parameters(index)),
    }
    first_day = int(simulator.first_day[index])
    return writing(path, grid, first_day, attributes, variables=(target, *WEATHER))


def _origin(
    static: StaticInputs, seed: int, days: int, pollutant: str, number: int
) -> dict[str, Any]:
    """All that a file depends on."""
    return {
        "code_version": __version__,
        "code_sha256": code_sha256(Path(__file__).parent),
        "static_sha256": static.sha256,
        "pollutant": pollutant,
        "seed": seed,
        "scenario": number,
        "days": days,
    }
