"""What a model takes on a device, in a process of its own: start, runs, many days at once.

    python -m pointfuse_benchmarks.speed.one_process start|runs|days \
        MODEL DEVICE THREADS MOST SECONDS

prints a line of JSON. A process of its own, so that its start is one, and its memory that of
nothing else. `pointfuse_benchmarks.speed.latency` is what people call.
"""

from __future__ import annotations

# So that the start has nothing in it that a user's program has not, the rest is imported later.
import functools
import json
import sys
import time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pointfuse.model.devices import Device
    from pointfuse.model.session import Session

BATCHES = (1, 2, 4, 8, 16)


def start(model: str, device: Device, threads: int) -> dict[str, Any]:
    """From the first line of a program to its first field, step by step.

    Returns
    -------
    dict
        Seconds of importing (``imports_s``), of checking and loading the model
        (``session_s``, with warm-up and the compilation of an engine where there are these), of
        reading stations (``reading_s``) and of the first run of the network (``first_run_s``).
    """
    began = time.perf_counter()
    import pointfuse
    from pointfuse.stations.gridding import grid_days, place

    imported = time.perf_counter()
    loaded = pointfuse.load_model(model, threads=threads, device=device)
    ready = time.perf_counter()
    from pointfuse_benchmarks.speed.workload import example_files

    gridded = grid_days(place(pointfuse.read_stations(example_files()), loaded.metadata))
    read = time.perf_counter()
    loaded.run(gridded.observations, gridded.observed)
    done = time.perf_counter()
    steps = {
        "imports_s": imported - began,
        "session_s": ready - imported,
        "reading_s": read - ready,
        "first_run_s": done - read,
    }
    return {name: round(seconds, 3) for name, seconds in steps.items()}


def runs(model: str, device: Device, threads: int, most: int, seconds: float) -> dict[str, Any]:
    """Warm runs of the network, verified, with their memory.

    Raises
    ------
    DeviceError
        If the model does not run there, or computes something else there than it should.
    """
    from pointfuse.errors import DeviceError
    from pointfuse.model.model_file import read_model_file
    from pointfuse.trust.verification import verify
    from pointfuse_benchmarks.measuring.energy import gpu_megabytes
    from pointfuse_benchmarks.measuring.memory import own_peak_memory_mb
    from pointfuse_benchmarks.measuring.timings import WARM_UP

    idle = gpu_megabytes()
    metadata = read_model_file(model)[1]
    session = _session(model, device, threads)
    row: dict[str, Any] = {"warm_up": WARM_UP, **_network(session, metadata, most, seconds)}
    row["peak_memory_mb"] = own_peak_memory_mb()
    used = gpu_megabytes()
    if idle is not None and used is not None:
        row["gpu_memory_mb"] = round(used - idle)
    del session
    # Last, since it opens a session of its own, with a profile.
    checked = verify(model, device=device, threads=threads)
    if checked.problems:
        raise DeviceError(f"{device}: {'; '.join(checked.problems)}; its time means nothing")
    return {
        "model": checked.model,
        "model_sha256": checked.model_sha256,
        "precision": checked.precision,
        "device": checked.device,
        "provider": checked.provider,
        "kernels": checked.kernels,
        "golden_difference": round(checked.difference, 4),
        "threads": threads,
        **row,
    }


def days(
    model: str, device: Device, threads: int, most: int, seconds: float
) -> list[dict[str, Any]]:
    """Fields a second where so many days are handed over at once, and the memory for it."""
    from pointfuse.model.model_file import read_model_file
    from pointfuse_benchmarks.measuring.memory import own_peak_memory_mb
    from pointfuse_benchmarks.measuring.timings import repeat
    from pointfuse_benchmarks.speed.workload import example_feed

    metadata, session = read_model_file(model)[1], _session(model, device, threads)
    found = []
    for batch in BATCHES:
        feed = example_feed(metadata, batch)
        timings = repeat(functools.partial(session.run, feed), most, seconds, warm_up=1)
        found.append(
            {
                "days": batch,
                "n": len(timings),
                "fields_per_s": round(batch * len(timings) / sum(timings), 3),
                # Of all batches up to this one, which are smaller.
                "peak_memory_mb": own_peak_memory_mb(),
            }
        )
    return found


def _session(model: str, device: Device, threads: int) -> Session:
    from pointfuse.model.model_file import read_model_file
    from pointfuse.model.session import Program, open_session

    content, metadata, sha256 = read_model_file(model)
    program = Program(content, sha256, metadata.precision, (metadata.target.name,))
    return open_session(program, device, threads)


def _network(session: Session, metadata: Any, most: int, seconds: float) -> dict[str, Any]:
    """Timings of the network: whole, and in steps where the device has memory of its own."""
    from pointfuse_benchmarks.measuring.energy import joules
    from pointfuse_benchmarks.measuring.timings import WARM_UP, repeat, summary, timed
    from pointfuse_benchmarks.speed.workload import example_feed

    feed = example_feed(metadata)
    before = joules()
    whole = repeat(lambda: session.run(feed), most, seconds)
    after = joules()
    row: dict[str, Any] = {"network": summary(whole)}
    if before is not None and after is not None:
        row["joules_per_field"] = round((after - before) / (WARM_UP + len(whole)), 4)
    if session.device in ("cuda", "tensorrt"):
        bound = session.bound()
        steps: dict[str, list[float]] = {"host_to_device": [], "compute": [], "device_to_host": []}

        def run() -> None:
            steps["host_to_device"].append(timed(lambda: bound.upload(feed)))
            steps["compute"].append(timed(bound.compute))
            steps["device_to_host"].append(timed(bound.download))

        counted = len(repeat(run, most, seconds))
        row |= {name: summary(found[-counted:]) for name, found in steps.items()}
    return row


if __name__ == "__main__":
    what, model, name, threads, *limits = sys.argv[1:]
    # Another name than a device's is told by what opens the model.
    device = cast("Device", name)
    if what == "start":
        found: Any = start(model, device, int(threads))
    else:
        most, seconds = int(limits[0]), float(limits[1])
        found = {"runs": runs, "days": days}[what](model, device, int(threads), most, seconds)
    print(json.dumps(found), flush=True)
