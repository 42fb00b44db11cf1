"""What a day, a further day and half a year take, beside an earlier release.

    python -m pointfuse_benchmarks.speed.beside_release CHECKOUT

CHECKOUT is a clone of this repository at the release. New processes find its package through
PYTHONPATH and use its own model; both take turns, with the same real files and default options.
Networks alone are run by ONNX Runtime in one process, in turns too.
"""

from __future__ import annotations

import functools
import json
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import onnxruntime

from pointfuse.model.model_file import read_model_file
from pointfuse_benchmarks.measuring.checkout import RESULTS, ROOT
from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine
from pointfuse_benchmarks.measuring.source_tree import fused_with
from pointfuse_benchmarks.measuring.timings import timed
from pointfuse_benchmarks.speed.workload import example_feed

CNEMC = REAL_DATA / "cnemc"
FASTEST_OF_RELEASE = ("--network-alone", "--precision", "int8")
"""How release 1.2.0 fused many days fastest: without its process and its uncertainty."""


@click.command()
@click.argument("release", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option(
    "-o",
    "--output",
    default=RESULTS / "beside_release.json",
    type=click.Path(path_type=Path),
    help="Write the results as JSON.",
)
def main(release: Path, rounds: int, output: Path) -> None:
    """Measure this checkout beside RELEASE, write and print."""
    checkouts = ROOT, release
    rows = [
        {"case": f"network, {precision}", **in_turns(networks(checkouts, suffix), 5 * rounds)}
        for precision, suffix in (("fp32", ""), ("int8", ".int8"))
    ]
    days = [str(path) for path in sorted(CNEMC.glob("china_sites_*.csv"))]
    even_weeks = [str(CNEMC / "pm25_daily_2019_even_weeks.csv.gz")]
    with tempfile.TemporaryDirectory() as folder:
        for case, files, turns in (
            ("one day, files to file", days[:1], rounds),
            ("four days, files to file", days, rounds),
            ("even weeks of 2019", even_weeks, 1),
        ):
            options = FASTEST_OF_RELEASE if files is even_weeks else ()
            calls = [
                functools.partial(fused, checkouts[0], files, folder),
                functools.partial(fused, checkouts[1], [*files, *options], folder),
            ]
            rows.append({"case": case, **in_turns(calls, turns)})
    report = {"machine": machine(), "rounds": rounds, "rows": [*rows, further_day(rows)]}
    output.write_text(json.dumps(report, indent=1) + "\n")
    click.echo(table(report))


def in_turns(
    calls: Sequence[Callable[[], tuple[float, float | None]]], rounds: int
) -> dict[str, Any]:
    """Median seconds, and most memory, of two calls that take turns."""
    runs = [[call() for call in calls] for _ in range(rounds)]
    found = {}
    for name, own in zip(("new", "release"), zip(*runs, strict=True), strict=True):
        found[name] = round(statistics.median(seconds for seconds, _ in own), 3)
        memory = [megabytes for _, megabytes in own if megabytes is not None]
        if memory:
            found[f"{name}_peak_memory_mb"] = round(max(memory))
    return found


def networks(
    checkouts: tuple[Path, Path], suffix: str
) -> list[Callable[[], tuple[float, float | None]]]:
    """Runs of the networks alone, each of them warm."""
    feed = example_feed(read_model_file(None)[1], 1)

    def warm(path: Path) -> Callable[[], tuple[float, float | None]]:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        run = functools.partial(session.run, None, feed)
        run()
        return lambda: (timed(run), None)

    return [warm(root / "models" / f"pointfuse-china12{suffix}.onnx") for root in checkouts]


def fused(checkout: Path, arguments: list[str], folder: str) -> tuple[float, float]:
    """Seconds and peak memory (MiB) of `pointfuse fuse` in a new process.

    Raises
    ------
    SystemExit
        If it fails.
    """
    places = ["--stations", str(CNEMC / "station_list.csv"), "-o", f"{folder}/out.nc"]
    run = fused_with(checkout / "inference", [*arguments, *places])
    return run.seconds, run.peak_memory_mb


def further_day(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What each of three further days adds to the first."""
    one, four = (
        next(row for row in rows if row["case"].startswith(days)) for days in ("one", "four")
    )
    return {
        "case": "a further day, files to file",
        **{name: round((four[name] - one[name]) / 3, 3) for name in ("new", "release")},
    }


def table(report: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = [
        "| case | this version | release 1.2.0 | ratio | peak memory, both |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in report["rows"]:
        memory = [row.get(f"{name}_peak_memory_mb") for name in ("new", "release")]
        lines.append(
            f"| {row['case']} | {row['new']:.2f} s | {row['release']:.2f} s | "
            f"{row['new'] / row['release']:.2f} | "
            + ("not measured |" if None in memory else f"{memory[0]}, {memory[1]} MB |")
        )
    about = report["machine"]
    lines += [
        "",
        f"{about['processor']}, {about['threads']} threads, {about['system']}, Python "
        f"{about['python']}, onnxruntime {about['onnxruntime']}, {about['date']}; medians of "
        f"{report['rounds']} runs in turns, of the even weeks one.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
