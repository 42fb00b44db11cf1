"""Print the table of docs/background/limits.md: where intervals hold less than they should."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pointfuse_benchmarks.measuring.checkout import RESULTS

SOURCE = RESULTS / "accuracy.json"

_WHERE = {
    "by_season": "",
    "by_region": "",
    "by_level": " ug/m3 predicted",
    "by_distance": " from the nearest other station",
}
_SCHEMES = ("stations", "cities")


def table(report: Mapping[str, Any]) -> str:
    """Coverage and width of the intervals of 90 %, where they hold less than 90 in either test.

    The test that holds least comes first.
    """
    parts = [report["parts"][scheme]["uncertainty"] for scheme in _SCHEMES]
    rows = []
    for group, what in _WHERE.items():
        for name in parts[0][group]:
            entries = [part[group][name] for part in parts]
            least = min(entry["held"]["90"] for entry in entries)
            if least < 0.9:
                cells = " | ".join(map(_cell, entries))
                rows.append((least, f"| {name}{what} | {cells} |"))
    lines = [
        "| the intervals of 90 hold, in 100; their width; pairs "
        "| stations left out | cities left out |",
        "| --- | --- | --- |",
    ]
    return "\n".join(lines + [row for _, row in sorted(rows)])


def _cell(entry: Mapping[str, Any]) -> str:
    return f"{100 * entry['held']['90']:.1f}; {entry['width']:.1f} ug/m3; {entry['pairs']:,}"


if __name__ == "__main__":
    print(table(json.loads(SOURCE.read_text(encoding="utf-8"))))
