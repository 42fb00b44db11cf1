"""The measurements of a machine in Markdown. Ratios are made within a run of one machine alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Report = Mapping[str, Sequence[Row]]

NOT_APPLICABLE = "not applicable"
"""There is no such thing on this device."""

NOT_MEASURED = "-"

EAGER = "PyTorch, eager"
"""What the other runtimes are compared with, on the same device."""


def machine_tables(report: Report) -> str:
    """All tables of a machine, each with what it was measured with."""
    parts: dict[str, Callable[[Sequence[Row]], str]] = {
        "latency": latency_tables,
        "files_to_file": files_table,
        "precision": precision_table,
        "scores": scores_table,
        "peers": peers_tables,
    }
    return "\n\n".join(parts[name](report[name]) for name in parts if report.get(name))


def latency_tables(rows: Sequence[Row]) -> str:
    """Start, warm runs, and many days at once."""
    return "\n\n".join([_starts(rows), _runs(rows), _days_at_once(rows), notes(rows)])


def _starts(rows: Sequence[Row]) -> str:
    steps = ("process_s", "slowest_s", "imports_s", "session_s", "reading_s", "first_run_s")
    lines = []
    for row in rows:
        start = row["start"]
        engine = f"{start['engine_s']:.1f} s" if "engine_s" in start else NOT_APPLICABLE
        lines.append([_case(row), *(f"{start[name]:.2f} s" for name in steps), engine])
    head = (
        "from a new process to its first field",
        "all",
        "slowest",
        "imports",
        "session",
        "reading stations",
        "first run",
        "compiling an engine, once",
    )
    return _table(head, lines)


def _runs(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        copies = [row[name]["p50"] for name in ("host_to_device", "device_to_host") if name in row]
        of_gpu = [
            f"{row[name]:.4g} {unit}"
            for name, unit in (("gpu_memory_mb", "MB"), ("joules_per_field", "J"))
            if name in row
        ]
        lines.append(
            [
                _case(row),
                _percentiles(row["network"], ("p50", "p90", "p99")),
                str(row["network"]["n"]),
                f"{row['compute']['p50']:.1f}" if "compute" in row else _no_such(row),
                " / ".join(f"{copy:.2f}" for copy in copies) or _no_such(row),
                str(row["peak_memory_mb"]),
                ", ".join(of_gpu) or _no_such(row),
            ]
        )
    head = (
        "a field, warm, ms",
        "network p50 / p90 / p99",
        "n",
        "its computation alone",
        "copies to / from the GPU",
        "memory, MB",
        "GPU memory, energy",
    )
    return _table(head, lines)


def _days_at_once(rows: Sequence[Row]) -> str:
    lines = [
        [
            _case(row),
            *(
                f"{found['fields_per_s']:.2f} ({found['peak_memory_mb']})"
                for found in row["days_at_once"]
            ),
        ]
        for row in rows
    ]
    batches = [str(found["days"]) for found in rows[0]["days_at_once"]]
    return _table(("fields/s (memory, MB) of the network, days at once", *batches), lines)


def files_table(rows: Sequence[Row]) -> str:
    """From station files to a file of fields, as a user of the command line sees it."""
    lines = [
        [
            row["case"],
            *(f"{row[name]:.2f} s" for name in ("one_day_s", "slowest_one_day_s", "further_day_s")),
            f"{row['peak_memory_mb']} MB",
        ]
        for row in rows
    ]
    head = (
        "case",
        "one day, files to file",
        "slowest run",
        "further day in the same call",
        "memory",
    )
    about = (
        f"Medians of {rows[0]['n']} runs in new processes, start-up included, and peak memory; "
        f"device and precision as chosen by default: {_case(rows[0])}."
    )
    return f"{_table(head, lines)}\n\n{about}\n{notes(rows)}"


def precision_table(rows: Sequence[Row]) -> str:
    """Differences of the fields of each file from those of the reference."""
    lines = [
        [
            _case(row),
            f"{row['mean']:.4f}",
            f"{row['p999']:.3f}",
            f"{row['largest']:.3f}",
            f"{row['bytes'] / 1e6:.1f} MB",
        ]
        for row in rows
    ]
    head = ("difference from fp32 on the processor, ug/m3", "mean", "99.9 %", "largest", "file")
    about = f"The network's fields of {rows[0]['days']} days, {rows[0]['cells']:,} cells each."
    return f"{_table(head, lines)}\n\n{about}\n{notes(rows)}"


def scores_table(rows: Sequence[Row]) -> str:
    """Scores at withheld real stations with each file."""
    lines = []
    for row in rows:
        ratio = row.get("ratios", {}).get("nme")
        lines.append(
            [
                f"{row['scheme']} left out, {_case(row)}",
                f"{row['r2']:.4f} / {row['rmse']:.3f} / {row['nme']:.4f}",
                "{:.4f} ({:.4f} to {:.4f})".format(*ratio) if ratio else NOT_APPLICABLE,
            ]
        )
    head = ("withheld real stations", "R2 / RMSE / NME", "NME over that of fp32")
    first = rows[0]
    about = (
        f"Every {first['every']}th day of the even weeks of 2019 ({first['days']} days, "
        f"{first['pairs']:,} pairs), {first['folds']} folds, seed {first['seed']}; in brackets "
        "95 % intervals over days."
    )
    return f"{_table(head, lines)}\n\n{about}\n{notes(rows)}"


def peers_tables(rows: Sequence[Row]) -> str:
    """The same network in other runtimes, and other methods for the same field."""
    networks, fields, absent = (
        [row for row in rows if "absent" not in row and row["kind"] == "network"],
        [row for row in rows if "absent" not in row and row["kind"] == "field"],
        [row for row in rows if "absent" in row],
    )
    parts = [_networks(networks), _fields(fields)]
    if absent:
        parts.append("\n".join(f"- Not run: {row['name']}: {row['absent']}." for row in absent))
    return "\n\n".join([*parts, notes(rows)])


def _networks(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        eager = [
            other["whole"]["p50"]
            for other in rows
            if (other["name"], other["device"]) == (EAGER, row["device"])
        ]
        apart = row.get("largest_difference")
        lines.append(
            [
                f"{row['name']}, {_case(row)}",
                _percentiles(row["whole"], ("p50", "p90")),
                f"{row['compute']['p50']:.1f}" if "compute" in row else _no_such(row),
                f"{eager[0] / row['whole']['p50']:.2f}" if eager else NOT_MEASURED,
                NOT_MEASURED if apart is None else f"{apart:.3f}",
                f"{row['compilation_s']:.0f} s" if "compilation_s" in row else NOT_MEASURED,
                str(row["whole"]["n"]),
                row["version"],
            ]
        )
    head = (
        "the same network, ms a field",
        "p50 / p90",
        "its computation alone",
        "times as fast as eager PyTorch there",
        "largest difference, ug/m3",
        "compilation",
        "n",
        "with",
    )
    return _table(head, lines)


def _fields(rows: Sequence[Row]) -> str:
    lines = [
        [
            f"{row['name']}, {_case(row)}",
            f"{row['whole']['p50'] / 1000:.2f} s",
            f"{row['whole']['p50'] / rows[0]['whole']['p50']:.2f}",
            str(row["whole"]["n"]),
            row["version"],
        ]
        for row in rows
    ]
    head = ("a complete field from stations", "p50", "times as long as the first row", "n", "with")
    return _table(head, lines)


def notes(rows: Sequence[Row]) -> str:
    """What rows were measured with: model files, where they ran, machine and command, each once."""
    files = dict.fromkeys(
        f"{row['precision']} {row['model_sha256'][:12]} on {row['provider']}"
        for row in rows
        if "provider" in row
    )
    return "\n".join([f"Files: {', '.join(files)}.", *dict.fromkeys(_note(row) for row in rows)])


def _note(row: Row) -> str:
    about = row["machine"]
    gpus = [f"{' and '.join(about['gpus'])} (driver {about['driver']})"] if "gpus" in about else []
    words = [
        *gpus,
        about["processor"],
        f"{row['threads']} threads",
        about["system"],
        f"Python {about['python']}",
        f"onnxruntime {about['onnxruntime']}",
        f"numpy {about['numpy']}",
        f"{row['load']:.1f} processors busy before",
        about["date"],
        f"`{row['command']}`",
    ]
    return ", ".join(words) + "."


def _case(row: Row) -> str:
    return f"{row['device']}, {row['precision']}"


def _percentiles(found: Mapping[str, float], names: Sequence[str]) -> str:
    """Percentiles; that of 99 is not told of few runs."""
    return " / ".join(f"{found[name]:.1f}" if name in found else NOT_MEASURED for name in names)


def _no_such(row: Row) -> str:
    """What stands for a number that only a GPU could have."""
    return NOT_APPLICABLE if row["device"] == "cpu" else NOT_MEASURED


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))
