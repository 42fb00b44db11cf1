"""Metadata of a model file: the JSON entry `pointfuse`.

The entry is a contract with people who never import pointfuse; docs/reference/model-file.md
describes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pointfuse.basics.printable import beginning, printable_content
from pointfuse.errors import InputError, ModelFileError
from pointfuse.grid.projections import PROJECTIONS, read_projection
from pointfuse.grid.regions import Region
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.error_correlation import ErrorCorrelation
from pointfuse.model.json_block import Block

SCHEMA_VERSION = 2
"""Version of the contract that is written; `READABLE` ones are read."""

ANYWHERE = 3
"""Version of the contract of models that have no grid of their own."""

READABLE = (1, SCHEMA_VERSION, ANYWHERE)

METADATA_KEY = "pointfuse"

# Beyond it a file is garbled or hostile, and would exhaust the memory before it is found out.
_MOST_CELLS = 50_000_000

_LONGEST = 2000
"""Characters of a summary or of the source of a layer."""


@dataclass(frozen=True)
class Variable:
    """A quantity that the model takes or gives.

    Parameters
    ----------
    name : str
        Name of the column in tidy files and of the variable in output files.
    units : str
        Units in which the model works, in CF spelling.
    standard_name, long_name : str
        CF standard name, and a name for people.
    valid_range : tuple of two floats
        Smallest and largest daily mean that the model accepts, in `units`.
    """

    name: str
    units: str
    standard_name: str
    long_name: str
    valid_range: tuple[float, float]


@dataclass(frozen=True)
class StaticLayer:
    """A field that is stored inside the model file.

    Parameters
    ----------
    name, units, source : str
        What it is, the units of the stored numbers, and the data it was made from. A number in
        front of the units is their size, as in UDUNITS: 0.5 of ``2000 m`` is a kilometre.
    """

    name: str
    units: str
    source: str

    @property
    def scale(self) -> float:
        """What stored numbers are multiplied by to have them in plain units: 2000 for 2000 m."""
        try:
            return float(self.units.split()[0])
        except (ValueError, IndexError):
            return 1.0


@dataclass(frozen=True)
class ModelMetadata:
    """Self-description of a model file.

    Parameters
    ----------
    name, version : str
        Name of the model and its own version, which is not that of the code.
    summary, licence : str
        One sentence on what the model does, and the SPDX identifier of its licence.
    precision : str
        ``fp32``, ``fp16`` or ``int8``.
    own_grid : Grid or None
        Grid of inputs and outputs; None of a model of any place that no domain was chosen for.
    variables : tuple of Variable
        Channels of the inputs, in order; the first is the one that is fused.
    static_layers : tuple of StaticLayer
        Fields stored in the graph, in order; those of its input `static`, if it has one.
    training, export : mapping
        How the weights and the file came to be (free form: strings, numbers, lists, mappings).
    scores : tuple of mapping
        Results of evaluations, each with its origin.
    weights_sha256 : str
        Hash of the trained weights, whatever the precision of the file.
    regions : tuple of Region
        Parts of the grid for which evaluations give scores apart; there may be none.
    hourly_factor : float, optional
        What the scale of the error, which the graph gives for days, is multiplied by where the
        field is one of an hour; None where that is not known.
    error_correlation : ErrorCorrelation, optional
        How errors go together from place to place and from time to time.
    schema_version : int
        Version of the contract that the file keeps; one of `READABLE`.
    """

    name: str
    version: str
    summary: str
    licence: str
    precision: str
    own_grid: Grid | None
    variables: tuple[Variable, ...]
    static_layers: tuple[StaticLayer, ...]
    training: Mapping[str, object]
    export: Mapping[str, object]
    scores: tuple[Mapping[str, object], ...]
    weights_sha256: str
    regions: tuple[Region, ...] = ()
    hourly_factor: float | None = None
    error_correlation: ErrorCorrelation | None = None
    schema_version: int = SCHEMA_VERSION

    def __repr__(self) -> str:
        layers = ", ".join(layer.name for layer in self.static_layers) or "none"
        return "\n".join(
            [
                f"<ModelMetadata of {self.name} {self.version} ({self.precision}, {self.licence})>",
                f"variables: {', '.join(variable.name for variable in self.variables)}",
                f"static layers: {layers}",
                f"grid: {'any' if self.own_grid is None else self.grid.summary}",
                f"weights: {self.weights_sha256}",
            ]
        )

    def __hash__(self) -> int:
        # Mappings, which it is compared by too, have no hash.
        return hash((self.name, self.version, self.precision, self.weights_sha256))

    @property
    def grid(self) -> Grid:
        """Grid of inputs and outputs.

        Raises
        ------
        InputError
            If the model is one of any place, and no domain was chosen.
        """
        if self.own_grid is None:
            raise InputError(
                f"the model {self.name} has no grid of its own; say where the field is to be: "
                "--domain of the commands, Model.on of Python"
            )
        return self.own_grid

    @property
    def takes_static(self) -> bool:
        """Whether it is a model of any place, which is told of its cells."""
        return self.schema_version >= ANYWHERE

    @property
    def target(self) -> Variable:
        """The variable that is fused."""
        return self.variables[0]

    @property
    def observations_used(self) -> str | None:
        """Observations that the network has learned from; None where it was free of them."""
        used = self.training.get("observations_used", "none")
        return None if used == "none" else str(used)

    @property
    def counts_stations(self) -> bool:
        """Whether the mask of the fused variable holds the stations of each cell, not 0 and 1."""
        return self.schema_version > 1

    @property
    def scale_name(self) -> str:
        """Name of the output, which a model need not have, with the scale of the field's error."""
        return f"{self.target.name}_scale"

    @classmethod
    def from_json(cls, text: str) -> ModelMetadata:
        """Read and check the metadata entry of a model file; its texts are made printable.

        Parameters
        ----------
        text : str
            Value of the metadata entry ``pointfuse``.

        Raises
        ------
        ModelFileError
            If the text is no JSON, has another schema version, or lacks or garbles a field.
        """
        try:
            content = printable_content(json.loads(text, parse_constant=_refuse_constant))
        except (ValueError, RecursionError) as error:
            raise ModelFileError(
                f"the model's metadata entry '{METADATA_KEY}' is not valid JSON "
                f"({beginning(str(error), 80)}); get the file again from where it was published"
            ) from error
        if not isinstance(content, dict):
            raise ModelFileError(
                f"the model's metadata entry '{METADATA_KEY}' should be a JSON object, got a "
                f"{type(content).__name__}; get the file again from where it was published"
            )
        block = Block(content, "")
        schema = block.integer("schema_version")
        if schema not in READABLE:
            raise ModelFileError(
                f"the model's metadata has schema version {schema}, this pointfuse reads versions "
                f"{READABLE[0]} to {READABLE[-1]}; install a version of pointfuse that matches the "
                "model"
            )
        variables = tuple(_variable(entry) for entry in block.blocks("variables"))
        if not variables:
            raise ModelFileError("the model's metadata has no variables; expected at least one")
        if len({variable.name for variable in variables}) != len(variables):
            raise ModelFileError("the model's metadata has two variables of one name")
        return cls(
            name=block.text("name"),
            version=block.text("version"),
            summary=block.text("summary", _LONGEST),
            licence=block.text("licence"),
            precision=block.text("precision"),
            own_grid=None if schema >= ANYWHERE else _grid(block.block("grid")),
            variables=variables,
            static_layers=tuple(
                StaticLayer(entry.text("name"), entry.text("units"), entry.text("source", _LONGEST))
                for entry in block.blocks("static_layers")
            ),
            training=block.block("training").content,
            export=block.block("export").content,
            scores=tuple(entry.content for entry in block.blocks("scores")),
            weights_sha256=block.text("weights_sha256"),
            regions=_regions(block),
            hourly_factor=block.positive("hourly_factor") if "hourly_factor" in content else None,
            error_correlation=ErrorCorrelation.of_block(block.block("error_correlation"))
            if "error_correlation" in content
            else None,
            schema_version=schema,
        )

    def to_dict(self) -> dict[str, object]:
        """The metadata as JSON types, laid out as in the file."""
        regions = [asdict(region) for region in self.regions]
        optional = {
            "regions": regions or None,
            "hourly_factor": self.hourly_factor,
            "error_correlation": self.error_correlation and self.error_correlation.to_dict(),
        }
        grid = {} if self.own_grid is None else {"grid": grid_to_dict(self.own_grid)}
        return {
            "schema_version": self.schema_version,
            "name": self.name,
            "version": self.version,
            "summary": self.summary,
            "licence": self.licence,
            "precision": self.precision,
            **grid,
            "variables": [
                {
                    "name": variable.name,
                    "units": variable.units,
                    "standard_name": variable.standard_name,
                    "long_name": variable.long_name,
                    "valid_range": list(variable.valid_range),
                }
                for variable in self.variables
            ],
            "static_layers": [
                {"name": layer.name, "units": layer.units, "source": layer.source}
                for layer in self.static_layers
            ],
            "training": dict(self.training),
            "export": dict(self.export),
            "scores": [dict(score) for score in self.scores],
            "weights_sha256": self.weights_sha256,
        } | {key: value for key, value in optional.items() if value is not None}

    def to_json(self) -> str:
        """The metadata as the text that is stored in the file."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)


def grid_to_dict(grid: Grid) -> dict[str, object]:
    """A grid as JSON types, laid out as in the metadata."""
    projection = grid.projection
    return {
        "projection": {
            "grid_mapping_name": projection.grid_mapping_name,
            # Through JSON, so that its tuples are the lists that a reader will find.
            **json.loads(json.dumps(asdict(projection))),
        },
        "rows": grid.rows,
        "columns": grid.columns,
        "cell_size": grid.cell_size,
        "first_x": grid.first_x,
        "first_y": grid.first_y,
    }


def grid_from_dict(content: Mapping[str, object]) -> Grid:
    """Read and check a grid that was laid out by `grid_to_dict`.

    Raises
    ------
    ModelFileError
        If an entry is lacking or garbled, or the grid is impossible.
    """
    return _grid(Block(content, "grid"))


def _variable(entry: Block) -> Variable:
    low, high = entry.pair("valid_range")
    if low >= high:
        raise ModelFileError(f"'{entry.path}.valid_range' in the model's metadata is empty")
    return Variable(
        entry.text("name"),
        entry.text("units"),
        entry.text("standard_name"),
        entry.text("long_name"),
        (low, high),
    )


def _grid(block: Block) -> Grid:
    entry = block.block("projection")
    kind = entry.text("grid_mapping_name")
    if kind not in PROJECTIONS:
        raise ModelFileError(
            f"the model's grid is in the projection '{beginning(kind, 40)}', this pointfuse knows "
            f"{', '.join(PROJECTIONS)}; install a version of pointfuse that matches the model"
        )
    try:
        projection = read_projection(kind, entry.number, entry.pair)
    except ModelFileError:
        raise
    except ValueError as error:
        raise ModelFileError(f"the model's grid is impossible: {error}") from error
    rows, columns = block.integer("rows"), block.integer("columns")
    if rows * columns > _MOST_CELLS:
        raise ModelFileError(
            f"the model's grid has {rows} x {columns} cells; expected at most {_MOST_CELLS}"
        )
    cell_size = block.number("cell_size")
    if cell_size <= 0:
        raise ModelFileError(f"the model's grid has cells of {cell_size} m; expected more than 0")
    return Grid(
        projection,
        rows,
        columns,
        cell_size,
        block.number("first_x"),
        block.number("first_y"),
    )


def _regions(block: Block) -> tuple[Region, ...]:
    """Regions, which a file need not have."""
    if "regions" not in block.content:
        return ()
    edges = ("west", "east", "south", "north")
    try:
        regions = tuple(
            Region(entry.text("name"), *(entry.number(edge) for edge in edges))
            for entry in block.blocks("regions")
        )
    except ModelFileError:
        raise
    except ValueError as error:
        raise ModelFileError(f"the model's metadata has an impossible region: {error}") from error
    if len({region.name for region in regions}) != len(regions):
        raise ModelFileError("the model's metadata has two regions of one name")
    return regions


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
