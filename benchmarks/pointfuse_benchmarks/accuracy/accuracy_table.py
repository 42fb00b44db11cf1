"""The accuracy report in Markdown, with the published figures beside it."""

from __future__ import annotations

from typing import Any

PUBLISHED = {
    "Lyu et al. (2022), other days and stations": {
        "stations": (0.83, 14.25, 0.27, 0.14),
        "cities": (0.77, 16.32, 0.32, 0.19),
        "cmaq": (0.94, 4.85, 0.22),
    },
    "prototype, other days: its network": {
        "stations": (0.906, 8.59, 0.139, 0.158),
        "cities": (0.766, 13.59, 0.214, 0.312),
        "cmaq": (0.961, 5.57, 0.154),
    },
    "prototype, other days: GP-C": {
        "stations": (0.916, 8.10, 0.133, 0.150),
        "cities": (0.796, 12.63, 0.207, 0.289),
        "cmaq": (0.934, 7.60, 0.198),
    },
}
"""R2, RMSE, NME and NME above 150 ug/m3, as published; never on the pairs of the rows above.

Lyu et al. reconstructed other CMAQ days than ours; the prototype eight of January 2020.
"""

_SCORES = ("r2", "rmse", "nme", "nme_above_150")
_COLUMNS = {
    "stations": "stations left out",
    "cities": "cities left out",
    "cmaq": "CMAQ fields",
}


_SHORT = {
    "gp-c": "GP-C: Gaussian process with terrain, land cover and night lights",
    "kriging": "ordinary kriging",
    "idw": "inverse distance",
}
"""Baselines of the short table, and their names for people who have read nothing else."""


def short_table(report: dict[str, Any]) -> str:
    """The table of README.md: R2, RMSE and NME at stations, NME between them."""
    lines = [
        "| R2 / RMSE (ug m-3) / NME | stations left out | whole cities left out | "
        "CMAQ fields, NME |",
        "| --- | --- | --- | --- |",
    ]
    for name, title in {report["settings"]["ours"][0]: "pointfuse", **_SHORT}.items():
        found = {part: report["parts"][part]["scores"][name] for part in _COLUMNS}
        cells = [
            _scores([found[part][score] for score in _SCORES[:3]])
            for part in ("stations", "cities")
        ]
        lines.append("| " + " | ".join([title, *cells, f"{found['cmaq']['nme']:.3f}"]) + " |")
    return "\n".join(lines)


def table(report: dict[str, Any]) -> str:
    """Scores of all predictors, ratios of ours to the others, coverage, and where they are from."""
    tables = (lines(report) for lines in (_score_lines, _ratio_lines, _coverage_lines, _notes))
    return "\n\n".join("\n".join(lines) for lines in tables if lines)


def _score_lines(report: dict[str, Any]) -> list[str]:
    parts = report["parts"]
    lines = [
        "| R2 / RMSE / NME / NME above 150 | " + " | ".join(_COLUMNS.values()) + " | s a field |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in report["settings"]["predictors"]:
        cells = [
            _scores([parts[part]["scores"][name][score] for score in _SCORES]) for part in _COLUMNS
        ]
        seconds = f"{parts['seconds_per_field'][name]:.2f}"
        lines.append("| " + " | ".join([name, *cells, seconds]) + " |")
    for name, figures in PUBLISHED.items():
        cells = [_scores(figures.get(part, ())) for part in _COLUMNS]
        lines.append("| " + " | ".join([f"*{name}*", *cells, "-"]) + " |")
    return lines


def _scores(values: Any) -> str:
    """The four scores in one cell of the table."""
    digits = (3, 2, 3, 3)
    shown = [
        "-" if value is None else f"{value:.{places}f}"
        for value, places in zip(values, digits, strict=False)
    ]
    return " / ".join(shown) or "-"


def _ratio_lines(report: dict[str, Any]) -> list[str]:
    settings, parts = report["settings"], report["parts"]
    lines = [
        "| ratio on the same pairs | RMSE, stations left out | RMSE, cities left out | "
        "NME, CMAQ fields |",
        "| --- | --- | --- | --- |",
    ]
    for name in settings["ours"]:
        for other in parts["stations"]["ratios"][name]:
            cells = []
            for part, score in (("stations", "rmse"), ("cities", "rmse"), ("cmaq", "nme")):
                ratio, low, high = parts[part]["ratios"][name][other][score]
                cells.append(f"{ratio:.3f} ({low:.3f} to {high:.3f})")
            lines.append(f"| {name} / {other} | " + " | ".join(cells) + " |")
    return lines


def _coverage_lines(report: dict[str, Any]) -> list[str]:
    """What the intervals of the uncertainty hold: overall, by season, distance and level.

    Nothing, of a model that gives no uncertainty.
    """
    parts = [report["parts"][scheme]["uncertainty"] for scheme in ("stations", "cities")]
    if not all(parts):
        return []
    lines = [
        "| in 100 observations, held by the interval of 50 / 80 / 90 / 95; width of that of 90 | "
        "stations left out | cities left out |",
        "| --- | --- | --- |",
    ]
    kinds = {"": [{"all": part["overall"]} for part in parts]}
    for kind in ("by_season", "by_distance", "by_level"):
        unit = " ug/m3 predicted" if kind == "by_level" else ""
        kinds[unit] = [
            {**kinds.get(unit, [{}, {}])[i], **part[kind]} for i, part in enumerate(parts)
        ]
    for unit, (stations, cities) in kinds.items():
        for name in stations:
            cells = [_coverage(stations[name]), _coverage(cities[name])]
            lines.append(f"| {name}{unit} | " + " | ".join(cells) + " |")
    return lines


def _coverage(found: dict[str, Any]) -> str:
    if "held" not in found:
        return "-"
    held = " / ".join(f"{100 * share:.1f}" for share in found["held"].values())
    return f"{held}; {found['width']:.1f} ug/m3"


def _notes(report: dict[str, Any]) -> list[str]:
    settings, parts, about = report["settings"], report["parts"], report["machine"]
    real, cmaq = parts["stations"], parts["cmaq"]
    return [
        f"Model {settings['model']}. Real stations: every {settings['every']}th day of the even "
        f"weeks of 2019 with {settings['fewest_stations']:,} stations or more ({real['days']} "
        f"days, {real['first_day']} to {real['last_day']}, {real['pairs']:,} pairs, "
        f"{real['above_150']:,} of them above 150 ug/m3), {settings['folds']} folds, seed "
        f"{settings['seed']}, after quality control. CMAQ: "
        f"{cmaq['days']} days of January 2020, sampled at {cmaq['sampled_cells']} cells and scored "
        f"on {cmaq['scored_cells']:,} other cells of mainland China. In brackets 95 % intervals "
        "over days. "
        f"Measured on {about['processor']}, {about['threads']} threads, {about['date']}; "
        "`python -m pointfuse_benchmarks.accuracy`.",
    ]
