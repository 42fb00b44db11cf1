"""Who else makes a field of the example day, and how long each takes: one grid, one day, one run.

    python -m pointfuse_benchmarks.speed.peers [-o FILE.json]

The same network in other runtimes, and other methods for the same field. They take turns, so that
whatever else the machine does falls on all of them. What is not installed, or cannot run here, is
named with the reason.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
import numpy as np

from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.errors import PointfuseError
from pointfuse.fusion.fuse import days_to_fuse, fuse
from pointfuse.model.loading import Model, load_model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.model.precisions import REFERENCE
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse.stations.observations import Observations
from pointfuse.trust.baselines import Baseline, predict
from pointfuse_benchmarks.measuring.machine_file import (
    Row,
    load_of_machine,
    machine_file,
    origin,
    read_machine,
    record,
)
from pointfuse_benchmarks.measuring.timings import summary, timed
from pointfuse_benchmarks.speed.network_runtimes import Absent, Field, Peer, network_runtimes
from pointfuse_benchmarks.speed.performance_tables import machine_tables
from pointfuse_benchmarks.speed.workload import (
    example_day,
    example_feed,
    shipped_files,
    suited_files,
)

METHODS = {
    "ordinary kriging": ("gaussian_process", "KRIGING", "scipy"),
    "GP-C": ("gaussian_process", "GP_C", "scipy"),
    "PyKrige, of 50 stations": ("pykrige_kriging", "pykrige_kriging", "pykrige"),
    "gridpp, of 50 stations": ("optimal_interpolation", "by_distance_alone", "gridpp"),
}
"""Other methods: module, callable, and the distribution that computes."""

_BASELINES = "pointfuse_benchmarks.baselines"

WARM_UP = 2
"""Calls of each before the first that counts."""

_SLOW = 10.0
"""What takes longer needs no warm-up: its first call counts, s."""

_PAUSE = 0.2
"""Some runtimes keep threads busy for a moment after a run, in case there is another, s."""

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("-o", "--output", type=_FILE, help="File of the machine; named after it by default.")
@click.option("--rounds", type=click.IntRange(1), default=15, show_default=True, help="Turns.")
@click.option("--seconds", default=10.0, show_default=True, help="The most for one of the peers.")
def main(output: Path | None, rounds: int, seconds: float) -> None:
    """Measure, put the rows into the file of the machine, and print them."""
    about, output = origin("speed.peers", load_of_machine()), machine_file(output)
    models, threads = shipped_files(), usable_cpus()
    with tempfile.TemporaryDirectory() as cache:
        # What an earlier run has compiled would hide what that takes.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache
        feed = example_feed(read_model_file(models[REFERENCE])[1])
        networks = network_runtimes(models, feed, threads)
        rows = measured("network", networks, rounds, seconds)
        del networks
        rows += measured("field", field_methods(models, threads), rounds, seconds)
    record(output, "peers", [row | {"threads": threads} | about for row in rows])
    click.echo(machine_tables(read_machine(output)))


def field_methods(models: Mapping[str, Path], threads: int) -> list[Peer | Absent]:
    """Complete fields from stations: what the package gives, and other methods."""
    day = example_day()
    return [
        *_ours(models, day, threads),
        *_others(read_model_file(models[REFERENCE])[1], day),
    ]


def measured(kind: str, peers: Sequence[Peer | Absent], rounds: int, seconds: float) -> list[Row]:
    """Have peers take turns.

    Parameters
    ----------
    kind : str
        What they make: with ``network``, which is the same for all, their fields are compared with
        that of the first.
    peers : sequence of Peer or Absent
        The peers.
    rounds : int
        The most turns.
    seconds : float
        Who has had so much time takes no further turn.

    Returns
    -------
    list of dict
        Rows of the peers, in their order: timings, or why there are none.
    """
    present = [peer for peer in peers if isinstance(peer, Peer)]
    reference = present[0] if kind == "network" else None
    rows = {id(peer): _first(peer, reference) for peer in present}
    timings: dict[int, list[float]] = {key: row.pop("counted") for key, row in rows.items()}
    computations: dict[int, list[float]] = {key: [] for key in rows}
    for _ in range(rounds):
        for peer in present:
            if sum(timings[id(peer)]) < seconds:
                time.sleep(_PAUSE)
                timings[id(peer)].append(timed(peer.call))
                if peer.compute:
                    computations[id(peer)].append(timed(peer.compute))
    found: list[Row] = []
    for given in peers:
        if isinstance(given, Absent):
            found.append({"kind": kind, "name": given.name, "absent": given.reason})
            continue
        row = {"kind": kind, **rows[id(given)], "whole": summary(timings[id(given)])}
        if computations[id(given)]:
            row["compute"] = summary(computations[id(given)])
        found.append(row)
    return found


def _first(peer: Peer, reference: Peer | None) -> Row:
    """What the first calls of a peer tell: the field, and whether it needs no warm-up."""
    click.echo(f"{peer.name}, {peer.device}, {peer.precision}", err=True)
    seconds = timed(peer.call)
    row = {
        "name": peer.name,
        "device": peer.device,
        "precision": peer.precision,
        "version": peer.version,
        **peer.facts,
        "counted": [seconds] if seconds > _SLOW else [],
        "warm_up": 0 if seconds > _SLOW else WARM_UP,
    }
    if seconds <= _SLOW:
        field = peer.call()
        if reference is None or peer is reference:
            return row
        apart = np.abs(field - reference.call())
        row["largest_difference"] = round(float(apart.max()), 4)
    return row


def _ours(models: Mapping[str, Path], day: Observations, threads: int) -> Iterator[Peer | Absent]:
    name = "pointfuse"
    for device, precision, path in suited_files(models):
        try:
            model = load_model(path, threads=threads, device=device)
        except PointfuseError as error:
            yield Absent(f"{name}, {device}, {precision}", str(error))
            continue
        yield Peer(
            name,
            device,
            precision,
            f"pointfuse {importlib.metadata.version('pointfuse')}",
            functools.partial(_fuse, day, model),
            facts={"provider": model.provider, "model_sha256": model.sha256},
        )


def _fuse(day: Observations, model: Model) -> Field:
    field: Field = fuse(day, model).values[0]
    return field


def _others(metadata: ModelMetadata, day: Observations) -> Iterator[Peer | Absent]:
    known = days_to_fuse(place(day, metadata))
    for name, (module, attribute, distribution) in METHODS.items():
        try:
            method = getattr(importlib.import_module(f"{_BASELINES}.{module}"), attribute)
        except ImportError as error:
            yield Absent(name, f"{error}; pip install 'benchmarks[peers]'")
            continue
        version = f"{distribution} {importlib.metadata.version(distribution)}"
        yield Peer(
            name, "cpu", "fp64", version, functools.partial(_interpolate, name, method, known)
        )


def _interpolate(name: str, method: Baseline, known: PlacedObservations) -> Field:
    grid = known.metadata.grid
    longitude, latitude = (table.ravel() for table in grid.longitude_latitude())
    field: Field = predict(name, method, known, longitude, latitude).reshape(grid.shape)
    return field


if __name__ == "__main__":
    main()
