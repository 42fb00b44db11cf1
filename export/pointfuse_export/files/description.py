"""The hand-written description of a model, from which its metadata and its card are made."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pointfuse.basics.toml_files import read_toml
from pointfuse.grid.projections import PROJECTIONS, read_projection
from pointfuse.grid.regions import Region
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.error_correlation import ErrorCorrelation
from pointfuse.model.metadata import ModelMetadata, StaticLayer, Variable
from pointfuse.stations.pollutants import as_variables
from pointfuse_export.errors import DescriptionError
from pointfuse_training.network.checkpoints import load_checkpoint

CORRELATION_LAYOUT: dict[str, Any] = {
    "length": float,
    "own": float,
    "hours": [float],
    "passing": [float],
}
"""What a description tells of how errors go together."""

# What a description holds: tables as dicts, lists as a list with the layout of one entry, and
# `dict` for a table that may hold anything.
_LAYOUT: dict[str, Any] = {
    "name": str,
    "version": str,
    "summary": str,
    "pollutant": str,
    "licence": str,
    "precisions": [str],
    "intended_use": [str],
    "limitations": [str],
    "files": {
        "checkpoint": str,
        "simulated_days": str,
    },
    "grid": {
        "rows": int,
        "columns": int,
        "cell_size": float,
        "first_x": float,
        "first_y": float,
        "projection": dict,
    },
    "variables": [
        {
            "name": str,
            "units": str,
            "standard_name": str,
            "long_name": str,
            "valid_range": [float],
        }
    ],
    "static_layers": [{"name": str, "units": str, "source": str}],
    "hourly_factor": float,
    "error_correlation": CORRELATION_LAYOUT,
    "regions": [{"name": str, "west": float, "east": float, "south": float, "north": float}],
    "training": dict,
    "scores": [
        {
            "test": str,
            "data": str,
            "r2": float,
            "rmse": float,
            "nme": float,
            "reference": str,
            "origin": str,
        }
    ],
}

_OPTIONAL = frozenset(
    {
        "regions",
        "training",
        "grid",
        "scores",
        "pollutant",
        "precisions",
        "hourly_factor",
        "error_correlation",
    }
)
"""What a description need not have."""

PRECISIONS = ("fp32", "int8", "fp16")
"""What a model may come in; the others are made of the first, and compared with it."""

_KINDS = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    dict: "a table",
}


@dataclass(frozen=True)
class ModelFiles:
    """What a model is made from.

    Parameters
    ----------
    checkpoint : Path
        File that `pointfuse-train fit` wrote.
    simulated_days : Path
        Days for the calibration and the scores of its files; see `simulated_days`.
    """

    checkpoint: Path
    simulated_days: Path

    def paths(self) -> list[Path]:
        """All of them."""
        return [self.checkpoint, self.simulated_days]


@dataclass(frozen=True)
class Description:
    """A model as its author describes it.

    Parameters
    ----------
    name, version, summary, licence : str
        As in `ModelMetadata`.
    intended_use, limitations : tuple of str
        What the model is for, and what it must not be used for; one sentence or a few each.
    files : ModelFiles
        What it is made from.
    grid : Grid
        Its grid; that of the checkpoint where the description names none.
    variables, static_layers : tuple
        Its inputs and the fields inside it, in order.
    training : mapping
        How the weights came to be, beside what a checkpoint tells of itself.
    scores : tuple of mapping
        Evaluations: test, data, r2, rmse (in the unit of the target), nme, reference, origin; none
        of a model that has not been scored yet.
    regions : tuple of Region
        Parts of the grid for which evaluations give scores apart; there may be none.
    precisions : tuple of str
        Which of `PRECISIONS` it comes in.
    hourly_factor : float, optional
        What errors of hours are over those of days; see `ModelMetadata`.
    error_correlation : ErrorCorrelation, optional
        How errors go together.
    """

    name: str
    version: str
    summary: str
    licence: str
    intended_use: tuple[str, ...]
    limitations: tuple[str, ...]
    files: ModelFiles
    grid: Grid
    variables: tuple[Variable, ...]
    static_layers: tuple[StaticLayer, ...]
    training: Mapping[str, object]
    scores: tuple[Mapping[str, object], ...]
    regions: tuple[Region, ...]
    precisions: tuple[str, ...] = PRECISIONS
    hourly_factor: float | None = None
    error_correlation: ErrorCorrelation | None = None

    def metadata(
        self,
        export: Mapping[str, object],
        weights_sha256: str,
        provenance: Mapping[str, object] | None = None,
    ) -> ModelMetadata:
        """The metadata of a model file made from this description.

        Parameters
        ----------
        export : mapping
            How the file came to be.
        weights_sha256 : str
            Hash of the weights.
        provenance : mapping, optional
            What a checkpoint tells of its training; what is written by hand does not override it.
        """
        return ModelMetadata(
            name=self.name,
            version=self.version,
            summary=self.summary,
            licence=self.licence,
            precision="fp32",
            own_grid=self.grid,
            variables=self.variables,
            static_layers=self.static_layers,
            training={**self.training, **(provenance or {})},
            export=export,
            scores=self.scores,
            weights_sha256=weights_sha256,
            regions=self.regions,
            hourly_factor=self.hourly_factor,
            error_correlation=self.error_correlation,
        )


def read_description(path: Path) -> Description:
    """Read and check a description.

    Parameters
    ----------
    path : Path
        TOML file; the paths in it are relative to its folder. It may be that of a model like
        another: with ``extends = "other.toml"`` it has all entries of that description but its
        scores, what it tells of its errors and those that it gives itself. With
        ``pollutant = "no2"`` its first variable is that of `pointfuse.POLLUTANTS`, and the others
        are those of the description that it extends.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it is no TOML.
    DescriptionError
        If it lacks, garbles or misspells an entry; or if it leaves the grid to a
        checkpoint that cannot be read.
    """
    content = _content(path)
    try:
        check_layout(content, _LAYOUT)
        return _description(content, path.parent)
    except (TypeError, ValueError) as error:
        raise DescriptionError(f"{path}: {error}") from error


def _content(path: Path, extending: tuple[Path, ...] = ()) -> dict[str, Any]:
    """What a description says, and what those that it extends do."""
    if path in extending:
        raise DescriptionError(f"{path} extends itself; remove an 'extends'")
    content = read_toml(path, "description")
    other = content.pop("extends", None)
    if other is None:
        return content
    inherited = _content(path.parent / str(other), (*extending, path))
    # Another network, another quality.
    for of_network in ("scores", "hourly_factor", "error_correlation"):
        inherited.pop(of_network, None)
    return {**inherited, **content}


def _description(content: dict[str, Any], folder: Path) -> Description:
    files = ModelFiles(**{key: folder / name for key, name in content["files"].items()})
    variables = tuple(
        Variable(**{**entry, "valid_range": _pair(entry["valid_range"], "valid_range")})
        for entry in content["variables"]
    )
    if "pollutant" in content:
        variables = (*as_variables([content["pollutant"]]), *variables[1:])
    return Description(
        name=content["name"],
        version=content["version"],
        summary=content["summary"],
        licence=content["licence"],
        intended_use=tuple(content["intended_use"]),
        limitations=tuple(content["limitations"]),
        files=files,
        grid=(
            _grid(content["grid"]) if "grid" in content else load_checkpoint(files.checkpoint).grid
        ),
        variables=variables,
        static_layers=tuple(StaticLayer(**entry) for entry in content["static_layers"]),
        training=content.get("training", {}),
        scores=tuple(content.get("scores", ())),
        regions=tuple(Region(**entry) for entry in content.get("regions", ())),
        precisions=checked_precisions(content.get("precisions", PRECISIONS)),
        hourly_factor=_factor(content.get("hourly_factor")),
        error_correlation=correlation_of(content["error_correlation"])
        if "error_correlation" in content
        else None,
    )


def checked_precisions(names: Iterable[str]) -> tuple[str, ...]:
    """Names of precisions in the order of `PRECISIONS`.

    Raises
    ------
    ValueError
        If one is unknown.
    """
    named = set(names)
    if not named:
        raise ValueError(f"expected one of {', '.join(PRECISIONS)}, got none")
    if unknown := named - set(PRECISIONS):
        raise ValueError(f"{min(unknown)!r} is none of {', '.join(PRECISIONS)}")
    return tuple(name for name in PRECISIONS if name in named)


def _grid(table: dict[str, Any]) -> Grid:
    entries = table["projection"]
    kind = PROJECTIONS.get(entries.get("grid_mapping_name"))
    layout: dict[str, Any] = {"grid_mapping_name": str}
    if kind is not None:
        for field in dataclasses.fields(kind):
            layout[field.name] = [float] if field.name in kind.pairs else float
        _check(entries, layout, "grid.projection")
    projection = read_projection(
        str(entries.get("grid_mapping_name")),
        lambda name: float(entries[name]),
        lambda name: _pair(entries[name], name),
    )
    return Grid(**{**table, "projection": projection})


def _factor(number: float | None) -> float | None:
    if number is not None and number <= 0:
        raise ValueError(f"'hourly_factor' should be more than 0, got {number:g}")
    return number


def correlation_of(table: Mapping[str, Any]) -> ErrorCorrelation:
    """How errors go together, of a table of a description.

    Raises
    ------
    ValueError
        If it is impossible.
    """
    return ErrorCorrelation(
        table["length"], table["own"], tuple(table["hours"]), tuple(table["passing"])
    )


def _pair(numbers: list[float], name: str) -> tuple[float, float]:
    if len(numbers) != 2:
        raise ValueError(f"'{name}' should be two numbers, got {len(numbers)}")
    return numbers[0], numbers[1]


def check_layout(content: dict[str, Any], layout: dict[str, Any]) -> None:
    """Make sure that a description holds what it should.

    Parameters
    ----------
    content : dict
        What was read.
    layout : dict
        What it holds: tables as dicts, lists as a list with the layout of one entry, and `dict` for
        a table that may hold anything.

    Raises
    ------
    TypeError, ValueError
        If an entry is lacking, unknown, of another kind, or nothing that JSON knows.
    """
    _check(content, layout, "")
    # The metadata of a model file is JSON, which knows neither dates nor infinity.
    json.dumps(content, allow_nan=False)


def _check(value: Any, layout: Any, where: str) -> None:
    """Compare a value with the layout of it; `where` names it in messages."""
    if isinstance(layout, dict):
        _check_table(value, layout, where)
    elif isinstance(layout, list):
        if not isinstance(value, list) or not value:
            raise ValueError(f"'{where}' should be a list with at least one entry, got {value!r}")
        for i, entry in enumerate(value):
            _check(entry, layout[0], f"{where}[{i}]")
    # A whole number will do for a number, but True is no number.
    elif type(value) is not layout and not (layout is float and type(value) is int):
        raise ValueError(f"'{where}' should be {_KINDS[layout]}, got {value!r}")
    elif layout is float and not math.isfinite(value):
        raise ValueError(f"'{where}' should be a finite number, got {value}")


def _check_table(value: Any, layout: dict[str, Any], where: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"'{where}' should be a table, got {value!r}")
    inside = f" in '{where}'" if where else ""
    if lacking := [key for key in layout if key not in value and key not in _OPTIONAL]:
        raise ValueError(f"'{lacking[0]}' is lacking{inside}; add it")
    if unknown := [key for key in value if key not in layout]:
        raise ValueError(f"'{unknown[0]}' is not known{inside}; expected only {', '.join(layout)}")
    for key, entry in value.items():
        _check(entry, layout[key], f"{where}.{key}" if where else key)
