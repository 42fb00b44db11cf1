"""What quality control finds in real observations, what it misses, and what it wrongly rejects.

    python -m pointfuse_benchmarks.accuracy.quality_control [-o RESULTS.json]

Needs the real data (POINTFUSE_REAL_DATA): four untouched hourly days and the daily means of the
even weeks of 2019. Counts the flags; plants defects in one value (or station) of a hundred and
counts those that are caught; takes all untouched values for good, which makes the share of flags
on them an upper bound of the share of good values that are rejected. The spatial checks of titanlib
are run on the same days where it is installed (`pip install 'benchmarks[peers]'`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse import Model, Observations, Stations, load_model, read_stations
from pointfuse.stations.observations import SourceFile
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.stations.quality.flags import count_reasons
from pointfuse.stations.quality.hour_checks import check_hours, means_of_checked_hours
from pointfuse.stations.quality.reasons import Reason, State, states
from pointfuse_benchmarks.accuracy.titanlib_checks import Check, titanlib_checks
from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine

CNEMC = REAL_DATA / "cnemc"
STATION_LIST = CNEMC / "station_list.csv"
DAYS = ("20190106", "20190512", "20190803", "20191214")
DUST_DAY = "20190512"
EVERY = 4
"""Days of the even weeks that defects are planted in: every so many from the first. The thresholds
of the checks were chosen on every eighth from the third."""
ONE_IN = 100
"""Share of the values, or stations, that get a defect at once."""

REPEATS = 10
"""How often defects are drawn anew on each of the hourly days."""
SPIKES = {"one hour times 10": 10.0, "one hour times 5": 5.0, "one hour divided by 10": 0.1}
"""What one hour of a day is multiplied by."""


@dataclass(frozen=True)
class Defect:
    """A defect to plant: what it is called, what it does to chosen values."""

    name: str
    spoil: Callable[[NDArray[np.float64]], NDArray[np.float64]]


DAILY_DEFECTS = (
    Defect("times 10", lambda values: values * 10),
    Defect("times 3", lambda values: values * 3),
    Defect("divided by 3", lambda values: values / 3),
    Defect("divided by 10", lambda values: values / 10),
    Defect("mg/m3 for ug/m3", lambda values: values / 1000),
    Defect("zero", np.zeros_like),
    Defect("negative", np.negative),
    Defect("infinite", lambda values: np.full_like(values, np.inf)),
    Defect("9999", lambda values: np.full_like(values, 9999.0)),
)


@dataclass
class Tally:
    """How many of the planted defects were caught."""

    planted: int = 0
    caught: int = 0

    def add(self, caught: NDArray[np.bool_]) -> None:
        """Count some more, of which each was caught or not."""
        self.planted += len(caught)
        self.caught += int(caught.sum())

    def shares(self) -> dict[str, float]:
        """Number, and share caught."""
        return {"planted": self.planted, "caught": self.caught / self.planted}


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the results as JSON.")
def main(output: Path | None) -> None:
    """Measure and print."""
    model = load_model()
    hourly = [
        read_stations(CNEMC / f"china_sites_{day}.csv", stations=STATION_LIST) for day in DAYS
    ]
    weeks = read_stations(CNEMC / "pm25_daily_2019_even_weeks.csv.gz", stations=STATION_LIST)
    some = weeks.at_times(slice(None, None, EVERY))
    report = {
        "machine": machine(),
        "found": [found(name, day, model) for name, day in zip(DAYS, hourly, strict=True)]
        + [found("even weeks", weeks, model)],
        "highest": highest(weeks, model),
        "dust_day": dust_day(hourly[DAYS.index(DUST_DAY)], model),
        "hourly_defects": hourly_defects(hourly, model),
        "station_defects": station_defects(hourly, model),
        "daily_defects": daily_defects(some, checks(model)),
        "seconds": seconds(hourly[0], weeks, model),
    }
    print(table(report))
    if output:
        output.write_text(json.dumps(report, indent=2) + "\n")


def found(name: str, observations: Observations, model: Model) -> dict[str, Any]:
    """Counts of untouched observations, and the share of what was read that is suspect."""
    checked = check_days(observations, model)
    counts = count_reasons(checked)
    shares = {}
    for step, variables in counts.items():
        number = {state: sum(reasons.values()) for state, reasons in variables["pm25"].items()}
        shares[step] = number["suspect"] / (sum(number.values()) - number["missing"])
    return {"data": name, "counts": counts, "suspect_share": shares}


def highest(weeks: Observations, model: Model, number: int = 12) -> list[dict[str, Any]]:
    """The highest daily means of the even weeks, and what was said of them."""
    checked = check_days(weeks, model)
    pm25 = np.nan_to_num(checked.values["pm25"])
    order = np.argsort(pm25, axis=None)[::-1][:number]
    return [
        {
            "day": str(checked.times[day]),
            "station": str(checked.stations.code[station]),
            "pm25": float(pm25[day, station]),
            "reason": Reason(checked.reasons["pm25"][day, station]).label,
        }
        for day, station in zip(*np.unravel_index(order, pm25.shape), strict=True)
    ]


def dust_day(day: Observations, model: Model) -> dict[str, Any]:
    """What becomes of the high values of a day with a dust front."""
    checked = check_days(day, model)
    pm25, reasons = checked.values["pm25"][0], checked.reasons["pm25"][0]
    high = np.flatnonzero(pm25 > 150)
    return {
        "above_150": len(high),
        "flagged": [
            {
                "station": str(checked.stations.code[station]),
                "pm25": round(float(pm25[station]), 1),
                "reason": Reason(reasons[station]).label,
            }
            for station in high
            if states(reasons)[station] == State.SUSPECT
        ],
        "highest_kept": round(float(pm25[high][states(reasons)[high] != State.SUSPECT].max()), 1),
    }


def hourly_defects(days: list[Observations], model: Model) -> list[dict[str, Any]]:
    """Share of stuck days and spikes that are caught in hours of real days."""
    rng = np.random.default_rng(0)
    caught = {name: Tally() for name in ("24 hours the same", *SPIKES)}
    for day in days * REPEATS:
        hours = day.hours
        assert hours is not None
        table = hours.values["pm25"]
        whole = np.flatnonzero(np.isfinite(table).all(axis=0))
        for name, tally in caught.items():
            chosen = rng.choice(whole, len(whole) // ONE_IN, replace=False)
            spoilt, planted = table.copy(), np.zeros(table.shape, bool)
            if name in SPIKES:
                row = rng.integers(1, len(table) - 1, len(chosen))
                spoilt[row, chosen] *= SPIKES[name]
                planted[row, chosen] = True
            else:
                spoilt[:, chosen] = spoilt[0, chosen]
                planted[:, chosen] = True
            again = check_hours(replace(hours, values={"pm25": spoilt}), model.metadata.variables)
            tally.add(states(again.reasons["pm25"])[planted] == State.SUSPECT)
    return [{"defect": name} | tally.shares() for name, tally in caught.items()]


def station_defects(days: list[Observations], model: Model) -> list[dict[str, Any]]:
    """Share of stations with swapped coordinates, without any, and given twice that are caught."""
    rng = np.random.default_rng(0)
    swapped, nowhere, twice = Tally(), Tally(), Tally()
    for day in days * REPEATS:
        there = np.flatnonzero(np.isfinite(day.values["pm25"][0]))
        chosen = rng.choice(there, len(there) // ONE_IN, replace=False)
        stations = day.stations
        longitude, latitude = stations.longitude.copy(), stations.latitude.copy()
        longitude[chosen], latitude[chosen] = latitude[chosen], longitude[chosen]
        moved = replace(day, stations=Stations(stations.code, longitude, latitude))
        found = check_days(moved, model).reasons["pm25"][0, chosen]
        swapped.add(np.isin(found, (Reason.SWAPPED_COORDINATES, Reason.OUTSIDE_GRID)))
        longitude[chosen] = np.nan
        moved = replace(day, stations=Stations(stations.code, longitude, latitude))
        nowhere.add(check_days(moved, model).reasons["pm25"][0, chosen] == Reason.NO_COORDINATES)
        copied = check_days(with_copies(day, chosen), model).reasons["pm25"][0, len(stations) :]
        twice.add(copied == Reason.DUPLICATE)
    return [
        {"defect": "longitude and latitude exchanged"} | swapped.shares(),
        {"defect": "no coordinates"} | nowhere.shares(),
        {"defect": "station twice, under two codes"} | twice.shares(),
    ]


def with_copies(day: Observations, chosen: NDArray[np.intp]) -> Observations:
    """Observations with some stations once more, under another code."""
    stations = day.stations
    table = day.values["pm25"]
    return Observations(
        Stations(
            np.concatenate([stations.code, np.char.add(stations.code[chosen], "-copy")]),
            np.concatenate([stations.longitude, stations.longitude[chosen]]),
            np.concatenate([stations.latitude, stations.latitude[chosen]]),
        ),
        day.times,
        {"pm25": np.concatenate([table, table[:, chosen]], axis=1)},
        day.timezone,
        (SourceFile("copies", "none", 0, 0),),
    )


def checks(model: Model) -> dict[str, Check]:
    """Spatial checks to compare: ours, and those of titanlib if it is at hand."""

    def ours(days: Observations) -> NDArray[np.bool_]:
        suspect: NDArray[np.bool_] = (
            states(check_days(days, model).reasons["pm25"]) == State.SUSPECT
        )
        return suspect

    try:
        return {"pointfuse": ours} | titanlib_checks(model)
    except ImportError:
        print("titanlib is not installed: no comparison")
        return {"pointfuse": ours}


def daily_defects(days: Observations, compared: dict[str, Check]) -> list[dict[str, Any]]:
    """Share of spoilt daily means that each check catches, of untouched ones it flags, and time."""
    table = days.values["pm25"]
    there = np.isfinite(table)
    results = []
    for name, check in compared.items():
        began = time.process_time()
        before = check(days)
        spent = time.process_time() - began
        result: dict[str, Any] = {
            "check": name,
            "days": len(table),
            "values": int(there.sum()),
            "flagged_untouched": float(before[there].mean()),
            "flagged_untouched_above_150": float(before[there & (table > 150)].mean()),
            "seconds_a_day": round(spent / len(table), 4),
            "caught": {},
        }
        rng = np.random.default_rng(0)
        flagged_others = []
        for defect in DAILY_DEFECTS:
            planted = there & (rng.random(table.shape) < 1 / ONE_IN)
            spoilt = table.copy()
            spoilt[planted] = defect.spoil(spoilt[planted])
            after = check(replace(days, values={"pm25": spoilt}, reasons={}))
            result["caught"][defect.name] = float(after[planted].mean())
            flagged_others.append(float((after & ~before)[there & ~planted].mean()))
        # Good values that are rejected only because a bad one stands beside them.
        result["flagged_beside"] = max(flagged_others)
        results.append(result)
    return results


def seconds(day: Observations, weeks: Observations, model: Model) -> dict[str, Any]:
    """Processor time of the checks alone, median of fifteen runs for the day."""
    hours = day.hours
    assert hours is not None

    def timed(work: Callable[[], object], runs: int) -> float:
        spent = []
        for _ in range(runs):
            began = time.process_time()
            work()
            spent.append(time.process_time() - began)
        return round(float(np.median(spent)), 4)

    variables = model.metadata.variables
    return {
        "hours_of_a_day": timed(lambda: check_hours(hours, variables), 15),
        "daily_means_of_a_day": timed(lambda: means_of_checked_hours(hours, 18), 15),
        "days_of_a_day": timed(lambda: check_days(day, model), 15),
        "stations": len(day.stations),
        "even_weeks": timed(lambda: check_days(weeks, model), 1),
        "days_of_even_weeks": len(weeks.times),
    }


def table(report: dict[str, Any]) -> str:
    """The results in Markdown."""
    parts = [
        _found_table(report["found"]),
        _defect_table(report["hourly_defects"] + report["station_defects"]),
        _comparison_table(report["daily_defects"]),
        _highest_table(report["highest"]),
        _dust_and_time(report),
    ]
    return "\n\n".join(parts)


def _found_table(found: list[dict[str, Any]]) -> str:
    lines = [
        "| data | values read | good | not tested | suspect | share | of these |",
        "| --- " * 7 + "|",
    ]
    for entry in found:
        for step, variables in entry["counts"].items():
            by_state = variables["pm25"]
            number = {state: sum(reasons.values()) for state, reasons in by_state.items()}
            reasons = ", ".join(
                f"{count} {name.replace('_', ' ')}" for name, count in by_state["suspect"].items()
            )
            lines.append(
                f"| {entry['data']}, {step}s | {sum(number.values()) - number['missing']} | "
                f"{number['good']} | {number['not_tested']} | {number['suspect']} | "
                f"{entry['suspect_share'][step]:.2%} | {reasons or '-'} |"
            )
    return "\n".join(lines)


def _highest_table(highest: list[dict[str, Any]]) -> str:
    lines = ["| day | station | PM2.5 | found |", "| --- " * 4 + "|"]
    lines += [
        f"| {value['day']} | {value['station']} | {value['pm25']:.1f} | "
        f"{value['reason'].replace('_', ' ')} |"
        for value in highest
    ]
    return "\n".join(lines)


def _dust_and_time(report: dict[str, Any]) -> str:
    dust, spent, about = report["dust_day"], report["seconds"], report["machine"]
    day = sum(spent[part] for part in ("hours_of_a_day", "days_of_a_day"))
    return (
        f"Dust day {DUST_DAY}: {dust['above_150']} daily means above 150 ug/m3, "
        f"{len(dust['flagged'])} of them flagged, the highest kept {dust['highest_kept']:.1f}.\n"
        f"Processor time: {day:.3f} s for a day of {spent['stations']} stations with its hours, "
        f"{spent['even_weeks']:.1f} s for\n{spent['days_of_even_weeks']} days of daily means; "
        f"{about['processor']}, one thread."
    )


def _defect_table(defects: list[dict[str, Any]]) -> str:
    lines = ["| planted | values | caught |", "| --- | --- | --- |"]
    lines += [f"| {d['defect']} | {d['planted']} | {d['caught']:.1%} |" for d in defects]
    return "\n".join(lines)


def _comparison_table(results: list[dict[str, Any]]) -> str:
    rows = [("daily means", [result["check"] for result in results])]
    rows += [
        (f"{defect.name}, caught", [f"{r['caught'][defect.name]:.1%}" for r in results])
        for defect in DAILY_DEFECTS
    ]
    rows += [
        ("untouched, flagged", [f"{r['flagged_untouched']:.2%}" for r in results]),
        (
            "untouched above 150, flagged",
            [f"{r['flagged_untouched_above_150']:.2%}" for r in results],
        ),
        ("flagged only beside a defect", [f"{r['flagged_beside']:.3%}" for r in results]),
        ("seconds a day", [f"{r['seconds_a_day']:.3f}" for r in results]),
    ]
    lines = [f"| {name} | {' | '.join(cells)} |" for name, cells in rows]
    return "\n".join([lines[0], "| --- " * (len(results) + 1) + "|", *lines[1:]])


if __name__ == "__main__":
    main()
