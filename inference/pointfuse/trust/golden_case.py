"""Golden cases: inputs with their known result, to test an installation or a device.

A case belongs to trained weights, whatever the precision of the file. It lies beside the model, in
a file whose name ends in ``.golden.json``; `docs/reference/model-file.md` describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import InputFileNotFoundError, ModelFileError
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata, grid_from_dict, grid_to_dict

SCHEMA_VERSION = 1
SUFFIX = ".golden.json"


@dataclass(frozen=True)
class Values:
    """Values at some cells.

    Parameters
    ----------
    row, column : tuple of int
        The cells.
    value : tuple of float
        What is there.
    stations : tuple of int
        Stations that each value is the mean of; empty where that is not known.
    """

    row: tuple[int, ...]
    column: tuple[int, ...]
    value: tuple[float, ...]
    stations: tuple[int, ...] = ()


@dataclass(frozen=True)
class GoldenCase:
    """A day, and the field that must come out.

    Parameters
    ----------
    weights_sha256 : str
        Hash of the trained weights, as in the metadata of model files.
    origin : str
        How the field was computed.
    observations : mapping of str to Values
        Observations of each variable, in its units.
    expected : Values
        The field at some cells.
    mean : float
        Mean of the whole field.
    grid : Grid, optional
        Of a model of any place, the grid that the field is on.
    """

    weights_sha256: str
    origin: str
    observations: Mapping[str, Values]
    expected: Values
    mean: float
    grid: Grid | None = None

    @classmethod
    def from_json(cls, text: str) -> GoldenCase:
        """Read a case.

        Raises
        ------
        ModelFileError
            If the text is none.
        """
        try:
            content = json.loads(text)
            if content["schema_version"] != SCHEMA_VERSION:
                raise ValueError(f"schema version {content['schema_version']}")
            given = content["observations"]
            return cls(
                str(content["weights_sha256"]),
                str(content["origin"]),
                {str(name): _values(entry) for name, entry in given.items()},
                _values(content["expected"]),
                float(content["mean"]),
                grid_from_dict(content["grid"]) if content.get("grid") else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFileError(
                f"expected a golden case of schema version {SCHEMA_VERSION}, got something else "
                f"({type(error).__name__}: {error}); get the file again"
            ) from error

    def to_json(self) -> str:
        """The case as the text of a file."""
        content = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        grid = {} if self.grid is None else {"grid": grid_to_dict(self.grid)}
        del content["grid"]
        return json.dumps(content | grid) + "\n"

    def inputs(self, metadata: ModelMetadata) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Observations and mask as a model takes them, shape (1, variable, row, column).

        Raises
        ------
        ModelFileError
            If the case is not one of the model.
        """
        shape = (1, len(metadata.variables), *metadata.grid.shape)
        observations, observed = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        names = [variable.name for variable in metadata.variables]
        try:
            for name, values in self.observations.items():
                cells = 0, names.index(name), np.array(values.row), np.array(values.column)
                counts = metadata.counts_stations and name == metadata.target.name
                observations[cells] = values.value
                observed[cells] = (counts and values.stations) or 1
        except (ValueError, IndexError) as error:
            raise self._foreign(metadata) from error
        return observations, observed

    def difference(self, field: NDArray[np.float32], metadata: ModelMetadata) -> float:
        """Largest difference of a field, shape (row, column), from the expected; NaN if it has one.

        Raises
        ------
        ModelFileError
            If the case is not one of the model.
        """
        try:
            found = field[np.array(self.expected.row), np.array(self.expected.column)]
        except IndexError as error:
            raise self._foreign(metadata) from error
        # The mean would tell of a part of the field that has no cell here.
        apart = np.append(
            found - np.array(self.expected.value), field.mean(dtype=float) - self.mean
        )
        return float(np.abs(apart).max())

    def _foreign(self, metadata: ModelMetadata) -> ModelFileError:
        return ModelFileError(
            f"the golden case has variables or cells that {metadata.name} does not have; use the "
            "one that came with the model"
        )


def find_golden(model: Path, weights_sha256: str) -> GoldenCase:
    """The golden case that lies beside a model file.

    Parameters
    ----------
    model : Path
        The model file.
    weights_sha256 : str
        Hash of its weights.

    Raises
    ------
    InputFileNotFoundError
        If there is none for these weights.
    ModelFileError
        If one cannot be read.
    """
    for path in sorted(model.parent.glob(f"*{SUFFIX}")):
        case = read_golden(path)
        if case.weights_sha256 == weights_sha256:
            return case
    raise InputFileNotFoundError(
        f"there is no golden case for {model.name}: expected a file *{SUFFIX} beside it with the "
        f"weights_sha256 {weights_sha256}; get it from where the model was published, or make one "
        "with pointfuse-export"
    )


def read_golden(path: Path) -> GoldenCase:
    """Read the file of a golden case.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    ModelFileError
        If it is no golden case.
    """
    try:
        return GoldenCase.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputFileNotFoundError(f"there is no file {path}; check the path") from error
    except (OSError, UnicodeDecodeError, ModelFileError) as error:
        raise ModelFileError(f"{path} cannot be read: {error}") from error


def _values(entry: Mapping[str, list[float]]) -> Values:
    row, column = (tuple(int(number) for number in entry[name]) for name in ("row", "column"))
    stations = tuple(int(number) for number in entry.get("stations", []))
    values = Values(row, column, tuple(float(number) for number in entry["value"]), stations)
    if not len(row) == len(column) == len(values.value) > 0:
        raise ValueError("rows, columns and values differ in number")
    if len(stations) not in (0, len(row)):
        raise ValueError("values and their stations differ in number")
    if min(row + column) < 0 or min(stations, default=1) < 1:
        raise ValueError("an impossible cell or number of stations")
    if not np.isfinite(values.value).all():
        raise ValueError("an impossible value")
    return values
