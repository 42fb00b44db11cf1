"""Time and memory of many days in one call, from station files to a CF file.

    python -m pointfuse_benchmarks.speed.years [-o RESULTS.json] [--whole]

Fuses 20 and 60 days of hourly CNEMC files, made from the four real ones with other dates, and with
--whole the days of the even weeks of 2019, which are one file of daily means.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine
from pointfuse_benchmarks.measuring.memory import run_measured

CNEMC = REAL_DATA / "cnemc"


@click.command()
@click.option("--days", multiple=True, default=(20, 60), help="Hourly files, one a day.")
@click.option("--whole", is_flag=True, help="Fuse the even weeks of 2019 too: some minutes.")
@click.option("--option", "options", multiple=True, help="Option for pointfuse fuse.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the results as JSON.")
def main(days: tuple[int, ...], whole: bool, options: tuple[str, ...], output: Path | None) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = [
            (f"{count} files of a day, hourly", [str(make_days(folder / str(count), count))])
            for count in days
        ]
        if whole:
            even = CNEMC / "pm25_daily_2019_even_weeks.csv.gz"
            cases.append(("even weeks of 2019, one file of daily means", [str(even)]))
        results = [measured(case, files, options, folder) for case, files in cases]
    report = {"machine": machine(), "options": list(options), "cases": results}
    print(table(report))
    if output:
        output.write_text(json.dumps(report, indent=2) + "\n")


def make_days(folder: Path, count: int) -> str:
    """Copies of the four real days with successive dates; a pattern that finds them."""
    folder.mkdir()
    real = sorted(CNEMC.glob("china_sites_*.csv"))
    for number, day in enumerate(np.datetime64("2019-01-01") + np.arange(count)):
        source, stamp = real[number % len(real)], str(day).replace("-", "")
        text = source.read_text(encoding="utf-8-sig").replace(source.stem[-8:], stamp)
        (folder / f"china_sites_{stamp}.csv").write_text(text, encoding="utf-8")
    return str(folder / "*.csv")


def measured(case: str, files: list[str], options: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """Seconds, peak memory and size of the file of a call in a new process."""
    output = folder / "out.nc"
    command = [sys.executable, "-m", "pointfuse", "fuse", *files, *options, "--json"]
    command += ["--stations", str(CNEMC / "station_list.csv"), "-o", str(output)]
    printed = folder / "summary.json"
    with printed.open("w") as file:
        run = run_measured(command, stdout=file)
    if run.status:
        raise SystemExit(f"{case}: the run ended with {run.status}")
    summary = json.loads(printed.read_text(encoding="utf-8"))
    count = len(summary["days"]) + len(summary["days_missing"])
    return {
        "case": case,
        "precision": summary["precision"],
        "days": count,
        "seconds": round(run.seconds, 1),
        "seconds_a_day": round(run.seconds / count, 3),
        "peak_memory_mb": round(run.peak_memory_mb),
        "file_mb": round(output.stat().st_size / 1e6, 1),
    }


def table(report: dict[str, Any]) -> str:
    """The results in Markdown."""
    lines = [
        "| case | days | time | a day | peak memory | file |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {case['case']}, {case['precision']} | {case['days']} | {case['seconds']:.0f} s | "
        f"{case['seconds_a_day']:.2f} s | {case['peak_memory_mb']} MB | {case['file_mb']:.0f} MB |"
        for case in report["cases"]
    ]
    about = report["machine"]
    lines += [
        "",
        f"{about['processor']}, {about['threads']} threads, {about['system']},",
        f"Python {about['python']}, onnxruntime {about['onnxruntime']}, {about['date']}; "
        "`python -m pointfuse_benchmarks.speed.years`.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
