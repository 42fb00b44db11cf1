"""Time and memory from station files to a CF file, as a user of the command line sees them.

    python benchmarks/first_light.py [-n RUNS] [-o RESULTS.json]

Runs `pointfuse fuse` in new processes on the bundled example and - where real data is at hand - on
CNEMC files: one day, and four. A further day in the same call is a third of the difference of the
two. Prints a table and the machine it ran on.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from pointfuse_benchmarks.machine import REAL_DATA, machine

ROOT = Path(__file__).parents[1]


@click.command()
@click.option("-n", "--runs", type=click.IntRange(1), default=7, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the results as JSON.")
def main(runs: int, output: Path | None) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        results = [
            measured(name, one, four, Path(folder), runs) for name, one, four in cases(Path(folder))
        ]
    report = {"machine": machine(), "runs": runs, "cases": results}
    print(table(report))
    if output:
        output.write_text(json.dumps(report, indent=2) + "\n")


def cases(folder: Path) -> list[tuple[str, list[str], list[str]]]:
    """Name of a case, and the arguments for one day and for four."""
    example = [ROOT / "examples" / name for name in ("air_quality.csv", "weather.csv")]
    further = []
    for path in example:
        for day in ("2020-01-16", "2020-01-17", "2020-01-18"):
            further.append(folder / f"{day}_{path.name}")
            further[-1].write_text(path.read_text().replace("2020-01-15", day))
    found = [("example, tidy, with weather", [*map(str, example)], [*map(str, example + further)])]
    cnemc = REAL_DATA / "cnemc"
    if cnemc.is_dir():
        days = [str(path) for path in sorted(cnemc.glob("china_sites_*.csv"))[:4]]
        stations = ["--stations", str(cnemc / "station_list.csv")]
        found.append(("real days, CNEMC hourly", [days[0], *stations], [*days, *stations]))
    return found


def measured(
    name: str, one_day: list[str], four_days: list[str], folder: Path, runs: int
) -> dict[str, Any]:
    """Median times of a case and the largest memory of any run."""
    run(one_day, folder)  # fills the file cache
    pairs = [(run(one_day, folder), run(four_days, folder)) for _ in range(runs)]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # macOS counts bytes, Linux kilobytes.
    megabytes = peak / (2**20 if sys.platform == "darwin" else 2**10)
    return {
        "case": name,
        "one_day_s": round(statistics.median(one for one, _ in pairs), 3),
        "slowest_one_day_s": round(max(one for one, _ in pairs), 3),
        "further_day_s": round(statistics.median((four - one) / 3 for one, four in pairs), 3),
        "peak_memory_mb": round(megabytes),
    }


def run(arguments: list[str], folder: Path) -> float:
    """Seconds of one run, from the start of the process to its end."""
    command = [sys.executable, "-m", "pointfuse", "fuse", *arguments]
    began = time.perf_counter()
    subprocess.run([*command, "-o", str(folder / "out.nc"), "--quiet"], check=True, cwd=folder)
    return time.perf_counter() - began


def table(report: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = [
        "| case | one day, files to file | slowest run | further day in the same call | memory |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case in report["cases"]:
        lines.append(
            f"| {case['case']} | {case['one_day_s']:.2f} s | {case['slowest_one_day_s']:.2f} s | "
            f"{case['further_day_s']:.2f} s | {case['peak_memory_mb']} MB |"
        )
    about = report["machine"]
    lines += [
        "",
        f"Medians of {report['runs']} runs in new processes, start-up included, and peak memory;",
        f"{about['processor']}, {about['threads']} threads, {about['system']},",
        f"Python {about['python']}, onnxruntime {about['onnxruntime']}, {about['date']}; "
        "`make bench`.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
