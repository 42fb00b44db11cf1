"""The hand-written description of a model of any place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pointfuse.basics.toml_files import read_toml
from pointfuse.model.error_correlation import ErrorCorrelation
from pointfuse.model.metadata import ANYWHERE, ModelMetadata, StaticLayer
from pointfuse.stations.pollutants import POLLUTANTS, as_variables
from pointfuse_export.errors import DescriptionError
from pointfuse_export.files.description import (
    CORRELATION_LAYOUT,
    check_layout,
    correlation_of,
)

_LAYOUT: dict[str, Any] = {
    "name": str,
    "version": str,
    "summary": str,
    "licence": str,
    "pollutants": [str],
    "intended_use": [str],
    "limitations": [str],
    "checkpoint": str,
    "error_correlation": dict.fromkeys(POLLUTANTS, CORRELATION_LAYOUT),
    "static_layers": [{"name": str, "units": str, "source": str}],
    "scores": [
        {
            "pollutant": str,
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


@dataclass(frozen=True)
class WorldDescription:
    """A model of any place as its author describes it.

    Parameters
    ----------
    name, version, summary, licence : str
        Name of all files together, whose own have the pollutant behind it; the others as in
        `ModelMetadata`, the summary with ``{pollutant}`` for what is fused.
    pollutants : tuple of str
        What there is a file of.
    intended_use, limitations : tuple of str
        One sentence or a few each.
    checkpoint : Path
        File of `pointfuse-train anywhere`.
    static_layers : tuple of StaticLayer
        Layers of the input `static`, in order.
    scores : tuple of mapping
        Evaluations as in `ModelMetadata`, each with its pollutant.
    error_correlation : mapping of str to ErrorCorrelation
        How errors of each pollutant go together; empty where that is not known.
    """

    name: str
    version: str
    summary: str
    licence: str
    pollutants: tuple[str, ...]
    intended_use: tuple[str, ...]
    limitations: tuple[str, ...]
    checkpoint: Path
    static_layers: tuple[StaticLayer, ...]
    scores: tuple[Mapping[str, object], ...]
    error_correlation: Mapping[str, ErrorCorrelation]

    def metadata(
        self,
        pollutant: str,
        export: Mapping[str, object],
        weights_sha256: str,
        training: Mapping[str, object],
    ) -> ModelMetadata:
        """The metadata of the file of a pollutant."""
        (variable,) = as_variables([pollutant])
        scores = (dict(score) for score in self.scores if score["pollutant"] == pollutant)
        return ModelMetadata(
            name=f"{self.name}-{pollutant}",
            version=self.version,
            summary=self.summary.format(pollutant=variable.long_name),
            licence=self.licence,
            precision="fp32",
            own_grid=None,
            variables=(variable,),
            static_layers=self.static_layers,
            training=training,
            export=export,
            scores=tuple(
                {key: value for key, value in score.items() if key != "pollutant"}
                for score in scores
            ),
            weights_sha256=weights_sha256,
            error_correlation=self.error_correlation.get(pollutant),
            schema_version=ANYWHERE,
        )


def read_world_description(path: Path) -> WorldDescription:
    """Read and check a description.

    Parameters
    ----------
    path : Path
        TOML file; the path of the checkpoint is relative to its folder.

    Raises
    ------
    InputFileNotFoundError, InputError
        If there is no such file, or it is no TOML.
    DescriptionError
        If it lacks, garbles or misspells an entry.
    """
    content = read_toml(path, "description")
    try:
        check_layout(content, _LAYOUT)
        if unknown := [name for name in content["pollutants"] if name not in POLLUTANTS]:
            raise ValueError(f"'{unknown[0]}' is none of {', '.join(POLLUTANTS)}")
        correlations = {
            name: correlation_of(table)
            for name, table in content.get("error_correlation", {}).items()
        }
    except (TypeError, ValueError) as error:
        raise DescriptionError(f"{path}: {error}") from error
    return WorldDescription(
        content["name"],
        content["version"],
        content["summary"],
        content["licence"],
        tuple(content["pollutants"]),
        tuple(content["intended_use"]),
        tuple(content["limitations"]),
        path.parent / content["checkpoint"],
        tuple(StaticLayer(**entry) for entry in content["static_layers"]),
        tuple(content.get("scores", ())),
        correlations,
    )
