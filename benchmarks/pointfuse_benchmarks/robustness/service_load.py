"""A hundred clients at once of `pointfuse serve`: answers, times, errors, memory.

    python -m pointfuse_benchmarks.robustness.service_load [--clients 100] [--rounds 4]

Starts the service with the shipped model in a process of its own. In each round every client posts
the example day without one of its stations, which no other client leaves out, and takes the netCDF
file, a table, values at a place and some tiles. The first round is not counted.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import click
import numpy as np

from pointfuse_benchmarks.measuring.checkout import EXAMPLES
from pointfuse_benchmarks.measuring.machine import machine
from pointfuse_benchmarks.measuring.machine_file import load_of_machine

_TAKEN = {
    "netCDF": (".nc",),
    "values at a place": ("/at?longitude=116.4&latitude=39.9",),
    "tile": tuple(f"/tiles/5/{x}/{y}.png" for x in (26, 27) for y in (12, 13)),
}
"""What a client takes of its fields, after the name of what was posted."""

_POST = "stations posted, fields made"
_LONGEST = 600.0
"""Seconds that an answer may take."""


@dataclass
class Seen:
    """What clients have seen.

    Parameters
    ----------
    seconds : dict of str to list of float
        How long answers took, by what was asked for.
    failed : list of str
        What was answered otherwise than it should be.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: list[str] = field(default_factory=list)

    def ask(self, what: str, port: int, path: str, body: bytes | None = None) -> dict[str, str]:
        """Ask once, and return the headers of the answer."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST)
        try:
            connection.request("GET" if body is None else "POST", path, body)
            answer = connection.getresponse()
            answer.read()
        except OSError as error:
            self.failed.append(f"{what}: {type(error).__name__}: {error}")
            return {}
        finally:
            connection.close()
        self.seconds[what].append(time.perf_counter() - began)
        if answer.status != (200 if body is None else 201):
            self.failed.append(f"{what}: {answer.status}")
        return {name.lower(): value for name, value in answer.getheaders()}


@click.command()
@click.option("--clients", type=click.IntRange(1), default=100, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=4, show_default=True)
@click.option("--option", "options", multiple=True, help="Option for pointfuse serve.")
def main(clients: int, rounds: int, options: tuple[str, ...]) -> None:
    """Measure and print."""
    load = load_of_machine()
    header, *stations = (EXAMPLES / "air_quality.csv").read_bytes().splitlines(keepends=True)
    with service(options) as (port, model):
        visit(port, clients, 0, header, stations)
        memory = [megabytes(port)]
        seen, began = Seen(), time.perf_counter()
        for number in range(1, rounds + 1):
            found = visit(port, clients, number, header, stations)
            for what, each in found.seconds.items():
                seen.seconds[what] += each
            seen.failed += found.failed
            memory.append(megabytes(port))
        seconds = time.perf_counter() - began
    print(table(seen, seconds, memory))
    about = machine()
    words = [f"--clients {clients}", f"--rounds {rounds}", *map("--option={}".format, options)]
    print(
        f"\n{about['processor']}, {about['threads']} threads, {about['system']}, Python "
        f"{about['python']}, onnxruntime {about['onnxruntime']}, {about['date']}, others busy on "
        f"{load:.1f} processors; {model};\n`python -m pointfuse_benchmarks.robustness.service_load "
        f"{' '.join(words)}`."
    )
    if seen.failed:
        raise SystemExit(f"{len(seen.failed)} failed, first {seen.failed[0]}")


@contextlib.contextmanager
def service(options: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """A service in a process of its own: its port, and its model as it says it."""
    command = [sys.executable, "-m", "pointfuse", "serve", "--port", "0", *options]
    # The lines of its requests are of no interest, and a full pipe would stop it.
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            started = []
            for line in process.stderr:
                started.append(line)
                if found := re.search(r"listening on http://\S+:(\d+)", line):
                    break
            else:
                raise SystemExit("".join(started))
            with ThreadPoolExecutor(1) as reader:
                reader.submit(lambda: [None for _ in process.stderr or ()])
                try:
                    yield int(found[1]), started[0].strip().removeprefix("pointfuse: ")
                finally:
                    process.terminate()
        finally:
            process.terminate()


def visit(port: int, clients: int, number: int, header: bytes, stations: list[bytes]) -> Seen:
    """A round: every client posts and takes, all at once."""
    seen = Seen()

    def one(client: int) -> None:
        out = (number * clients + client) % len(stations)
        body = b"".join([header, *stations[:out], *stations[out + 1 :]])
        place = seen.ask(_POST, port, "/fields", body).get("location")
        if place is None:
            return
        for what, paths in _TAKEN.items():
            for path in paths:
                seen.ask(what, port, place + path)

    with ThreadPoolExecutor(clients) as people:
        for _ in people.map(one, range(clients)):
            pass
    return seen


def megabytes(port: int) -> float:
    """Memory of the service, as it says it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_LONGEST)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    (found,) = re.findall(r"^process_resident_memory_bytes (.*)$", text, re.MULTILINE)
    return float(found) / 1e6


def table(seen: Seen, seconds: float, memory: list[float]) -> str:
    """What was seen, in Markdown."""
    lines = ["| answer | number | median | 95 of 100 | slowest |", f"|{' --- |' * 5}"]
    for what, each in seen.seconds.items():
        median, most = np.percentile(each, [50, 95])
        lines.append(
            f"| {what} | {len(each)} | {said(median)} | {said(most)} | {said(max(each))} |"
        )
    requests = sum(map(len, seen.seconds.values()))
    made = len(seen.seconds[_POST])
    lines += [
        "",
        f"{requests} requests in {seconds:.0f} s: {requests / seconds:.1f} requests and "
        f"{made / seconds:.2f} fields a second; {len(seen.failed)} errors. Memory before and after "
        f"each round: {', '.join(f'{each:.0f}' for each in memory)} MB.",
    ]
    return "\n".join(lines)


def said(seconds: float) -> str:
    """Seconds in two digits or three."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    main()
