"""How sharp our intervals are beside those of kriging and of GP-C, on the same pairs.

    python -m pointfuse_benchmarks.accuracy.intervals.sharpness --data DIR \
        -o benchmarks/results/sharpness.json

Ours are of a logistic distribution, those of the others of a normal one. Intervals that hold what
they should are worth the more the narrower they are. So that none gains from being too narrow,
those of each method are compared once more after one factor has been put on all of them, with which
they hold 90 in 100 of these very pairs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.model.loading import load_model
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import read_stations
from pointfuse.trust.baselines import Baseline
from pointfuse.trust.crossval import cross_validate
from pointfuse_benchmarks.accuracy.against_baselines import FOLDS, OURS, SEED, days_to_score
from pointfuse_benchmarks.baselines.gaussian_process import GP_C, KRIGING, KRIGING_WITH_HEIGHT
from pointfuse_benchmarks.measuring.machine import machine

Array = NDArray[np.float64]

METHODS = {"kriging": KRIGING, "kriging-height": KRIGING_WITH_HEIGHT, "gp-c": GP_C}
NORMAL = {50: 0.6745, 80: 1.2816, 90: 1.6449, 95: 1.9600}
"""As `pointfuse.trust.coverage.MULTIPLES`, for a normal distribution."""

_FILE = click.Path(path_type=Path)


class Intervals(NamedTuple):
    """Predictions of a method with their uncertainty.

    Attributes
    ----------
    prediction, uncertainty : ndarray of float64, shape (day, station)
        Prediction and its standard uncertainty.
    multiples : mapping of int to float
        Half the width, in standard uncertainties, of the intervals that should hold so many
        observations in 100.
    """

    prediction: Array
    uncertainty: Array
    multiples: Mapping[int, float] = NORMAL


@click.command()
@click.option("--data", required=True, type=_FILE, help="Folder with cnemc.")
@click.option("-o", "--output", required=True, type=_FILE, help="JSON file to write.")
@click.option("--every", type=click.IntRange(1), default=8, help="Take every Nth day.")
def main(data: Path, output: Path, every: int) -> None:
    """Measure, write and print the table."""
    model = load_model(threads=1)
    stations = read_station_list(data / "cnemc" / "station_list.csv")
    year = read_stations(
        data / "cnemc" / "pm25_daily_2019_even_weeks.csv.gz",
        stations=data / "cnemc" / "station_list.csv",
    )
    days = days_to_score(year, model, every, 0)
    # What a "baseline" gives need not be a concentration: the error rides along, fold by fold.
    calls: dict[str, Baseline] = {
        **METHODS,
        **{f"{name} error": process.standard_error for name, process in METHODS.items()},
    }
    report: dict[str, Any] = {
        "machine": machine(),
        "model": f"{model.metadata.name} {model.metadata.version}",
        "every": every,
        "days": len(days.times),
        "folds": FOLDS,
        "seed": SEED,
        "schemes": {},
    }
    for scheme in ("stations", "cities"):
        with click.progressbar(length=len(days.times), label=scheme, file=sys.stderr) as bar:
            result = cross_validate(
                days,
                model,
                scheme=scheme,
                folds=FOLDS,
                seed=SEED,
                cities=stations.cities,
                baselines=calls,
                workers=usable_cpus(),
                advance=bar.update,
            )
        assert result.uncertainty is not None
        others = result.baselines
        intervals = {OURS: Intervals(result.predicted, result.uncertainty, MULTIPLES)} | {
            name: Intervals(others[name], others[f"{name} error"]) for name in METHODS
        }
        report["schemes"][scheme] = sharpness(result.observed, intervals)
    with replacing(output) as temporary:
        temporary.write_text(json.dumps(report, indent=2) + "\n")
    click.echo(table(report))


def sharpness(observed: Array, intervals: Mapping[str, Intervals]) -> dict[str, dict[str, Any]]:
    """Coverage of each method's intervals, and their widths where 90 in 100 are held.

    Parameters
    ----------
    observed : ndarray of float64, shape (day, station)
        Withheld observations; NaN where there is none.
    intervals : mapping of str to Intervals
        Those of each method, of arrays of the same shape.

    Returns
    -------
    dict
        By method: ``held`` (shares in the intervals of 50, 80, 90 and 95 as they come), ``factor``
        (what the uncertainty has to be multiplied by to hold 90 in 100), and with it the mean
        ``width`` and the mean ``score`` of these intervals, in the unit of the observations. The
        score is the width plus 20 times what an observation lies outside (Gneiting and Raftery,
        2007, equation 43); less is better.
    """
    pairs = np.isfinite(observed)
    for prediction, uncertainty, _ in intervals.values():
        pairs &= np.isfinite(prediction) & np.isfinite(uncertainty)
    found = {}
    for name, (prediction, uncertainty, multiples) in intervals.items():
        error, half = np.abs(prediction - observed)[pairs], multiples[90] * uncertainty[pairs]
        factor = float(np.quantile(error / half, 0.9))
        width = 2 * factor * half
        outside = np.maximum(error - factor * half, 0)
        found[name] = {
            "pairs": int(pairs.sum()),
            "held": {
                str(percent): round(float((error <= multiple * uncertainty[pairs]).mean()), 4)
                for percent, multiple in multiples.items()
            },
            "factor": round(factor, 3),
            "width": round(float(width.mean()), 2),
            "score": round(float((width + 20 * outside).mean()), 2),
        }
    return found


def table(report: Mapping[str, Any]) -> str:
    """The report in Markdown."""
    lines = [
        "| stations left out; cities left out | held by the intervals of 50 / 80 / 90 / 95, in 100 "
        "| factor to hold 90 | width then, ug/m3 | score then, ug/m3 |",
        "| --- | --- | --- | --- | --- |",
    ]
    schemes = report["schemes"]
    for name in schemes["stations"]:
        found = [schemes[scheme][name] for scheme in ("stations", "cities")]
        cells = [
            "; ".join(
                " / ".join(f"{100 * share:.1f}" for share in f["held"].values()) for f in found
            ),
            "; ".join(f"{f['factor']:.2f}" for f in found),
            "; ".join(f"{f['width']:.1f}" for f in found),
            "; ".join(f"{f['score']:.1f}" for f in found),
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + (
        f"\n\nModel {report['model']}; every {report['every']}th day of the even weeks "
        f"({report['days']} days), {report['folds']} folds, the same pairs for all; "
        f"{report['machine']['date']}; "
        "`python -m pointfuse_benchmarks.accuracy.intervals.sharpness`."
    )


if __name__ == "__main__":
    main()
