"""The distribution of processes and days in a file (TOML)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.toml_files import read_toml
from pointfuse.errors import InputError
from pointfuse_training.network.concentration_scale import UNITS
from pointfuse_training.processes.covariates import COVARIATES
from pointfuse_training.processes.distribution import ProcessDistribution, TrendLayer
from pointfuse_training.processes.terrain_process import TerrainProcess

_DIGITS = 4
"""Significant digits of a number: more than its days can tell."""

_HEADER = """\
# Gaussian processes over terrain and land, and their days: what `pointfuse-train process` found and
# `pointfuse-train sample` draws from. docs/background/samples.md explains the numbers.
"""


def write_process(path: Path, distribution: ProcessDistribution) -> None:
    """Write a distribution; the file appears under its name when it is complete.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    text = f"{_HEADER}\n{_numbers(distribution)}\n{_table('provenance', distribution.provenance)}"
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def numbers_sha256(distribution: ProcessDistribution) -> str:
    """Hash of a distribution, as it is written but for where it comes from."""
    return hashlib.sha256(_numbers(distribution).encode()).hexdigest()


def read_process(path: Path) -> ProcessDistribution:
    """Read a distribution.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it is no such file.
    """
    content = read_toml(path, "process file")
    try:
        return _distribution(content)
    except (KeyError, TypeError, ValueError) as error:
        said = f"{error.args[0]!r} is lacking" if isinstance(error, KeyError) else str(error)
        raise InputError(
            f"{path.name} holds no Gaussian process that can be used: {said}; expected a file such "
            "as 'pointfuse-train process' writes"
        ) from error


def _numbers(distribution: ProcessDistribution) -> str:
    """All but the provenance."""
    process = distribution.process
    tables: dict[str, Mapping[str, Any]] = {
        # Files of PM2.5 do not say so: they are older.
        **({} if distribution.target == "pm25" else {"pollutant": {"name": distribution.target}}),
        "process": {"length": process.length, "nugget": process.nugget},
        "process.scales": process.scales,
        "spread": distribution.spread,
        **{f"trend.{name}": layer._asdict() for name, layer in distribution.trend.items()},
        "days": {
            "mean": distribution.day_mean.tolist(),
            "covariance": distribution.day_covariance.tolist(),
        },
    }
    return "\n".join(_table(name, table) for name, table in tables.items())


def _table(name: str, entries: Mapping[str, Any]) -> str:
    return f"[{name}]\n" + "".join(f"{key} = {_text(value)}\n" for key, value in entries.items())


def _text(value: Any) -> str:
    """A value in TOML; texts and whole numbers are the same in JSON."""
    if isinstance(value, float):
        return repr(float(f"{value:.{_DIGITS}g}"))
    if isinstance(value, list):
        # A row of a matrix has a line of its own.
        between = ",\n    " if value and isinstance(value[0], list) else ", "
        ends = ("[\n    ", ",\n]") if value and isinstance(value[0], list) else ("[", "]")
        return ends[0] + between.join(map(_text, value)) + ends[1]
    return json.dumps(value, ensure_ascii=False)


def _distribution(content: Mapping[str, Any]) -> ProcessDistribution:
    table, trend = content["process"], content["trend"]
    scales = {name: _positive(table["scales"], name) for name in table["scales"]}
    if unknown := [name for name in (*scales, *trend) if name not in COVARIATES]:
        raise ValueError(f"there is no layer '{unknown[0]}', expected {', '.join(COVARIATES)}")
    process = TerrainProcess(
        _positive(table, "length"), _positive(table, "nugget"), scales, tuple(trend), True
    )
    size = 2 + len(trend)
    mean = np.array(content["days"]["mean"], np.float64)
    covariance = np.array(content["days"]["covariance"], np.float64)
    if mean.shape != (size,) or covariance.shape != (size, size):
        raise ValueError(
            f"{len(trend)} layers in the trend need a mean of {size} numbers and a covariance of "
            f"{size} x {size}, got {mean.shape} and {covariance.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError("a number of [days] is not finite")
    target = content.get("pollutant", {}).get("name", "pm25")
    if target not in UNITS:
        raise ValueError(f"there is no pollutant '{target}', expected {', '.join(UNITS)}")
    spread = {name: _number(content["spread"], name) for name in process.parameters}
    layers = {
        name: TrendLayer(*(_number(layer, key) for key in TrendLayer._fields))
        for name, layer in trend.items()
    }
    return ProcessDistribution(
        process, spread, layers, mean, covariance, content.get("provenance", {}), target
    )


def _number(table: Mapping[str, Any], name: str) -> float:
    value = float(table[name])
    if not math.isfinite(value):
        raise ValueError(f"'{name}' should be a number, got {value:g}")
    return value


def _positive(table: Mapping[str, Any], name: str) -> float:
    value = _number(table, name)
    if value <= 0:
        raise ValueError(f"'{name}' should be a positive number, got {value:g}")
    return value
