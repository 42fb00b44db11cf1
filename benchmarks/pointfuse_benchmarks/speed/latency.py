"""How long a field takes on this machine, on every device and in every precision that it can run.

    python -m pointfuse_benchmarks.speed.latency [-o FILE.json]

For each device and the precisions that are meant for it: new processes to their first field, and
the compilation of an engine where there is one; warm runs, with the copies to and from a GPU apart;
many days handed over at once; memory, and energy where NVML gives it. Then station files to field
files, as a user of the command line sees them. Every row is verified to have run where it says and
to give the golden field.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.errors import DeviceError
from pointfuse.model.devices import PROVIDERS, Device
from pointfuse.model.loading import MAX_THREADS
from pointfuse.model.precisions import fastest
from pointfuse_benchmarks.measuring.machine_file import (
    Row,
    load_of_machine,
    machine_file,
    origin,
    read_machine,
    record,
)
from pointfuse_benchmarks.speed.files_to_file import files_to_file
from pointfuse_benchmarks.speed.performance_tables import machine_tables
from pointfuse_benchmarks.speed.workload import PRECISIONS, shipped_files, usable_devices

ENGINES = ("tensorrt", "rtx")
"""Devices that compile the model before they run it."""

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("-o", "--output", type=_FILE, help="File of the machine; named after it by default.")
@click.option("--models", type=_FILE, help="Folder of a model other than the shipped one.")
@click.option("--device", "devices", multiple=True, type=click.Choice([*PROVIDERS]))
@click.option("--precision", "precisions", multiple=True, help="All meant for a device by default.")
@click.option("--threads", type=click.IntRange(1, MAX_THREADS), help="All usable by default.")
@click.option("--starts", type=click.IntRange(1), default=5, show_default=True)
@click.option("--runs", type=click.IntRange(1), default=100, show_default=True, help="Warm runs.")
@click.option("--seconds", default=100.0, show_default=True, help="The most for the runs of a row.")
@click.option(
    "--files", type=click.IntRange(0), default=3, show_default=True, help="Runs on files."
)
def main(
    output: Path | None,
    models: Path | None,
    devices: tuple[Device, ...],
    precisions: tuple[str, ...],
    threads: int | None,
    starts: int,
    runs: int,
    seconds: float,
    files: int,
) -> None:
    """Measure, put the rows into the file of the machine, and print them."""
    about, output = origin("speed.latency", load_of_machine()), machine_file(output, models)
    rows = []
    found = shipped_files(models)
    for device in devices or usable_devices():
        for precision in precisions or PRECISIONS[device]:
            if precision not in found:
                continue
            click.echo(f"{device}, {precision}", err=True)
            try:
                row = measured(
                    found[precision], device, threads or usable_cpus(), starts, runs, seconds
                )
            except DeviceError as error:
                click.echo(f"{device}, {precision} left out: {error}", err=True)
                continue
            rows.append(row | about)
            record(output, "latency", rows, key=("device", "precision", "threads"))
    if files:
        click.echo("files to file", err=True)
        # Absolute, since the command runs in a folder of its own.
        options = ["--model", str(found[fastest(found, "cpu")].resolve())] if models else []
        record(output, "files_to_file", [row | about for row in files_to_file(files, options)])
    click.echo(machine_tables(read_machine(output)))


def measured(model: Path, device: str, threads: int, starts: int, runs: int, seconds: float) -> Row:
    """The row of a device and a model file, each part of it in a process of its own.

    Parameters
    ----------
    model : Path
        Model file, with its golden case beside it.
    device : str
        A key of `pointfuse.model.devices.PROVIDERS`.
    threads : int
        Threads of the processor.
    starts, runs : int
        New processes, and the most warm runs.
    seconds : float
        The most for warm runs of one kind.

    Raises
    ------
    DeviceError
        If the model does not run there, or not as it should.
    """
    with tempfile.TemporaryDirectory() as cache:
        # Engines of earlier runs would hide what it takes to compile them.
        case = (str(model), device, str(threads))
        row = {"start": started(case, starts, cache)}
        row |= in_process(cache, "runs", *case, str(runs), str(seconds))[1]
        # Many days at once take long on a processor, and their mean needs few runs.
        row["days_at_once"] = in_process(cache, "days", *case, "3", str(seconds / 10))[1]
    return row


def started(case: tuple[str, str, str], starts: int, cache: str) -> Row:
    """Medians of new processes; where engines are compiled, of those that found them compiled."""
    engine = {}
    if case[1] in ENGINES:
        engine["engine_s"] = in_process(cache, "start", *case)[1]["session_s"]
    found = [in_process(cache, "start", *case) for _ in range(starts)]
    steps = {
        name: round(statistics.median(steps[name] for _, steps in found), 3) for name in found[0][1]
    }
    whole = [seconds for seconds, _ in found]
    return {
        "n": starts,
        "process_s": round(statistics.median(whole), 3),
        "slowest_s": round(max(whole), 3),
        **steps,
        **engine,
    }


def in_process(cache: str, *arguments: str) -> tuple[float, Any]:
    """Run `pointfuse_benchmarks.speed.one_process` in a new process.

    Returns
    -------
    seconds : float
        Until it said what it had found, its start included.
    found : JSON types
        What it said.

    Raises
    ------
    DeviceError
        If it failed.
    """
    command = [sys.executable, "-m", "pointfuse_benchmarks.speed.one_process", *arguments]
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"POINTFUSE_CACHE": cache},
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        _, errors = process.communicate()
    if process.returncode or not line:
        last = errors.strip().splitlines()[-1:] or [f"ended with status {process.returncode}"]
        raise DeviceError(last[0])
    return seconds, json.loads(line)


if __name__ == "__main__":
    main()
