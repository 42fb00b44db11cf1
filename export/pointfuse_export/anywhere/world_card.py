"""The card of a model of any place: one for all its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pointfuse.basics.units import typeset_units
from pointfuse.stations.pollutants import POLLUTANTS
from pointfuse_export.anywhere.world_checks import TOLERANCE
from pointfuse_export.anywhere.world_description import WorldDescription
from pointfuse_export.files.card_parts import bullets, facts_table, markdown_table, section


def world_card(
    description: WorldDescription,
    files: Sequence[tuple[str, str, int, str, float]],
    facts: Mapping[str, object],
) -> str:
    """Write the card.

    Parameters
    ----------
    description : WorldDescription
        What the files were made from.
    files : sequence of tuple
        Name, pollutant, bytes and sha256 of each, and its largest difference from PyTorch.
    facts : mapping
        How they were trained and made.

    Returns
    -------
    str
        Markdown.
    """
    layers = [(f"`{one.name}`", one.units, one.source) for one in description.static_layers]
    made = [
        (f"`{name}`", POLLUTANTS[pollutant].long_name, size, f"`{sha256}`", f"{apart:.1g}")
        for name, pollutant, size, sha256, apart in files
    ]
    sections = (
        f"<!-- Written by pointfuse-export from {description.name}.toml; do not edit. -->\n\n"
        f"# {description.name} {description.version}\n\n"
        f"{description.summary.format(pollutant='a pollutant')}\n\n"
        f"Licence: {description.licence}.\n",
        section("Intended use", bullets(description.intended_use)),
        section("Limits", bullets(description.limitations)),
        section(
            "Inputs and output",
            "`observations` and `observed`, float32 (time, 1, row, column), as for every model "
            "file; `static`, float32 "
            f"({len(layers)}, row, column): what each cell is told, below. Rows, columns and times "
            "are free. Outputs: the field and its scale, named after the pollutant, in "
            "ug m-3 (CO in mg m-3).",
        ),
        section("Static input", markdown_table(("layer", "units", "source"), layers)),
        section("Training", facts_table(facts)),
        section("Scores", _scores(description)),
        section(
            "Files",
            markdown_table(("file", "fuses", "bytes", "sha256", "differs from PyTorch"), made)
            + "\n\nThe difference is the largest of field and scale on six domains, over the "
            f"highest value; {TOLERANCE:g} is allowed. All files have the same covariances, and "
            "a calibration of their own.",
        ),
    )
    return "\n".join(sections)


def _scores(description: WorldDescription) -> str:
    if not description.scores:
        return "They are in docs/background/anywhere.md, which a script measures."
    header = ("pollutant", "test", "data", "R2", "RMSE", "NME", "the same for others", "origin")
    rows = [
        (
            POLLUTANTS[str(score["pollutant"])].long_name,
            score["test"],
            score["data"],
            score["r2"],
            f"{score['rmse']} {typeset_units(POLLUTANTS[str(score['pollutant'])].units)}",
            score["nme"],
            score["reference"],
            score["origin"],
        )
        for score in description.scores
    ]
    return markdown_table(header, rows)
