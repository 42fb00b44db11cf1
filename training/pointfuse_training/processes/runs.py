"""From a seed to an archive: what is there is left alone, what is lacking is drawn."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pointfuse.version import __version__
from pointfuse_training.archives.archive_variables import TARGETS
from pointfuse_training.archives.archive_writer import make_folder, writing
from pointfuse_training.archives.scenarios import code_sha256, lacking_scenarios, scenario_files
from pointfuse_training.network.concentration_scale import unit_of
from pointfuse_training.processes.distribution import ProcessDistribution
from pointfuse_training.processes.process_file import numbers_sha256
from pointfuse_training.processes.sampler import ProcessSampler
from pointfuse_training.simulation.static_inputs import StaticInputs


def sample_archive(
    static: StaticInputs,
    distribution: ProcessDistribution,
    folder: Path,
    *,
    scenarios: int,
    days: int,
    seed: int,
    on_day: Callable[[int], None] = lambda days: None,
) -> list[Path]:
    """Draw scenarios into a folder, one file each: PM2.5, and the noise of a station on each day.

    Scenarios whose file is complete are not drawn again: an interrupted run goes on where it was,
    and an archive can grow.

    Parameters
    ----------
    static : StaticInputs
        Static layers of the grid.
    distribution : ProcessDistribution
        What is drawn from.
    folder : Path
        Folder of the archive; made where it does not exist.
    scenarios, days : int
        Number of scenarios, each with a process of its own, and of days of each.
    seed : int
        Seed of the archive.
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
    run = {
        "code_version": __version__,
        "code_sha256": code_sha256(Path(__file__).parent),
        "static_sha256": static.sha256,
        "process_sha256": numbers_sha256(distribution),
        "seed": seed,
        "days": days,
    }

    def origin(number: int) -> dict[str, Any]:
        return {**run, "scenario": number}

    target, unit = TARGETS[distribution.target], unit_of(distribution.target)
    make_folder(folder)
    paths = scenario_files(folder, scenarios)
    lacking = lacking_scenarios(paths, origin)
    on_day(days * (scenarios - len(lacking)))
    sampler = ProcessSampler(static, distribution)
    for number in lacking:
        scenario = sampler.scenario(seed, number, days)
        attributes = origin(number) | {
            "title": f"Samples of a Gaussian process: {target.long_name}",
            "source": f"Gaussian process over terrain and land of pointfuse {__version__}",
            # Without a date: the same run makes the same file.
            "history": f"pointfuse-train sample: scenario {number} of seed {seed}",
            "parameters": json.dumps(dataclasses.asdict(scenario.process)),
        }
        # The days have no season, so all begin on the first of January.
        with writing(
            paths[number], static.grid, 0, attributes, variables=[target], station_noise=True
        ) as writer:
            for field, noise in zip(scenario.fields, scenario.station_noise, strict=True):
                writer.append(unit * field[None], noise)
                on_day(1)
    return paths
