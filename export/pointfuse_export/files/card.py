"""The model card: what a model file is, for people."""

from __future__ import annotations

from collections.abc import Sequence

from pointfuse.basics.units import typeset_units
from pointfuse.model.metadata import ModelMetadata
from pointfuse_export.checks.verify import TOLERANCE
from pointfuse_export.files.card_parts import bullets, facts_table, markdown_table, section
from pointfuse_export.files.description import Description
from pointfuse_export.files.file_report import (
    ERROR_HEADER,
    SCORE_HEADER,
    FileReport,
    counted,
    error_row,
    score_row,
)


def render_card(
    description: Description,
    metadata: ModelMetadata,
    outputs: Sequence[str],
    files: Sequence[FileReport],
) -> str:
    """Write the card of a model.

    Parameters
    ----------
    description : Description
        Description that the model was made from.
    metadata : ModelMetadata
        Metadata in its reference file.
    outputs : sequence of str
        Names of the outputs of the graph.
    files : sequence of FileReport
        Its files, the reference first.

    Returns
    -------
    str
        Markdown.
    """
    sections = (
        _head(metadata),
        section("Intended use", bullets(description.intended_use)),
        section("Limits", bullets(description.limitations)),
        section("Inputs and output", _variables(metadata, outputs)),
        section("Grid", _grid(metadata)),
        section("Static layers inside the file", _static_layers(metadata)),
        *([section("Regions of the scores", _regions(metadata))] if metadata.regions else []),
        section("Training", facts_table(metadata.training)),
        section("Scores", _scores(metadata)),
        section("Files", _files(metadata, files)),
    )
    return "\n".join(sections)


def _head(metadata: ModelMetadata) -> str:
    return (
        f"<!-- Written by pointfuse-export from {metadata.name}.toml; do not edit. -->\n\n"
        f"# {metadata.name} {metadata.version}\n\n{metadata.summary}\n\n"
        f"Licence: {metadata.licence}. Method: Lyu et al., Deep-learning spatial principles from "
        "deterministic chemical transport models for chemical reanalysis, Geosci. Model Dev. 15, "
        f"2022.\n{_adaptation(metadata)}"
    )


def _adaptation(metadata: ModelMetadata) -> str:
    """What to know of a network that has learned from observations; nothing of any other."""
    used = metadata.observations_used
    if used is None:
        return ""
    return (
        f"\n**Adapted to observations: {used}.** The network has learned from these. It is tested "
        "only by stations and days that are not among them; a cross-validation with the same "
        "stations flatters it.\n"
    )


def _variables(metadata: ModelMetadata, outputs: Sequence[str]) -> str:
    table = markdown_table(
        ("channel", "variable", "units", "CF standard name", "valid range"),
        (
            (
                i,
                f"`{v.name}`, {v.long_name}",
                v.units,
                f"`{v.standard_name}`",
                _range(v.valid_range),
            )
            for i, v in enumerate(metadata.variables)
        ),
    )
    rows, columns = metadata.grid.shape
    hours = (
        f" Of a field of an hour it is {metadata.hourly_factor:g} times that (`hourly_factor`)."
        if metadata.hourly_factor is not None
        else ""
    )
    correlation = metadata.error_correlation
    together = (
        f" Errors go together over {correlation.length:g} km (`error_correlation`)."
        if correlation is not None
        else ""
    )
    channels = len(metadata.variables)
    scale = (
        f" With it comes `{metadata.scale_name}`, of the same shape and units: the scale s of the "
        "logistic distribution of its error against a station in the cell, so that 90 % of the "
        f"errors should be at most s ln 19.{hours}{together}"
        if len(outputs) > 1
        else ""
    )
    return (
        f"`observations` and `observed`, float32 (time, {channels}, {rows}, {columns}): physical "
        "units, and the number of stations that a value is the mean of (1 where that is not "
        "known); both are 0 where there is none. `time` is "
        f"free. Output: `{metadata.target.name}`, float32 (time, 1, {rows}, {columns}), in "
        f"{metadata.target.units}.{scale}\n\n{table}"
    )


def _grid(metadata: ModelMetadata) -> str:
    grid, projection = metadata.grid, metadata.grid.projection
    return markdown_table(
        ("property", "value"),
        (
            ("projection", f"{projection.title}, {projection.true_scale}"),
            ("origin", projection.origin),
            ("earth", f"sphere of radius {projection.earth_radius:.0f} m"),
            ("cells", f"{grid.rows} rows x {grid.columns} columns of {grid.cell_size:.0f} m"),
            (
                "centre of row 0 (south), column 0 (west)",
                f"x = {grid.first_x:.0f} m, y = {grid.first_y:.0f} m",
            ),
        ),
    )


def _static_layers(metadata: ModelMetadata) -> str:
    return markdown_table(
        ("layer", "units", "source"),
        ((f"`{layer.name}`", layer.units, layer.source) for layer in metadata.static_layers),
    )


def _regions(metadata: ModelMetadata) -> str:
    table = markdown_table(
        ("region", "longitude, degrees east", "latitude, degrees north"),
        (
            (region.name, _range((region.west, region.east)), _range((region.south, region.north)))
            for region in metadata.regions
        ),
    )
    return (
        "`pointfuse crossval` gives scores for each; a station is in the first region that holds "
        f"it.\n\n{table}"
    )


def _scores(metadata: ModelMetadata) -> str:
    if not metadata.scores:
        return "It has not been scored on real stations yet; `pointfuse crossval` does."
    units = typeset_units(metadata.target.units)
    origins = list(dict.fromkeys(str(score["origin"]) for score in metadata.scores))
    table = markdown_table(
        ("test", "data", "R2", f"RMSE, {units}", "NME", "the same for others", "origin"),
        (
            (
                *(score[key] for key in ("test", "data", "r2", "rmse", "nme", "reference")),
                origins.index(str(score["origin"])) + 1,
            )
            for score in metadata.scores
        ),
    )
    numbered = "\n".join(f"{number}. {origin}" for number, origin in enumerate(origins, start=1))
    return f"{table}\n\nOrigins:\n\n{numbered}"


def _files(metadata: ModelMetadata, files: Sequence[FileReport]) -> str:
    units = typeset_units(metadata.target.units)
    facts = {"sha256 of the weights": f"`{metadata.weights_sha256}`", **metadata.export}
    made = markdown_table(
        ("file", "precision", "bytes", "sha256", "convolutions by weights"),
        (
            (f"`{f.file}`", f.precision, f.bytes, f"`{f.sha256}`", counted(f.convolutions))
            for f in files
        ),
    )
    errors = markdown_table(ERROR_HEADER, map(error_row, files))
    scores = markdown_table(SCORE_HEADER, map(score_row, files))
    return (
        f"{made}\n\n{facts_table(facts)}\n\nBefore the files were written, the first reproduced "
        f"the network in PyTorch to {TOLERANCE:g} of its highest values, in ONNX Runtime on a CPU. "
        "Then each was run on simulated days, with a fifth of the stations withheld. Absolute "
        f"errors in {units}, of the first file against PyTorch and of the others against the "
        f"first, over all cells; and the largest difference from the golden case:\n\n{errors}\n\n"
        f"Scores against the simulated truth:\n\n{scores}"
    )


def _range(limits: tuple[float, float]) -> str:
    return f"{limits[0]:g} to {limits[1]:g}"
