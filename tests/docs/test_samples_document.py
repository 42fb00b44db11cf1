"""The numbers of samples.md are those of the shipped process."""

from __future__ import annotations

from pathlib import Path

from pointfuse_training.processes.process_file import read_process

ROOT = Path(__file__).parents[2]


def test_the_document_shows_what_was_found() -> None:
    document = (ROOT / "docs" / "background" / "samples.md").read_text(encoding="utf-8")
    shipped = read_process(ROOT / "models" / "process.toml")
    process, spread = shipped.process, shipped.spread
    for row in (
        f"| length $L$, km | {process.length:g} | {spread['common']:.2f} |",
        f"| scale of the height, km | {process.scales['height']:g} | {spread['height']:.2f} more |",
        f"| nugget $\\nu$ | {process.nugget:g} | {spread['nugget']:.2f} |",
    ):
        assert row in document
    assert f"uses {len(shipped.provenance['days'])} days and half of the cities" in document
    # So many times the difference from the darkest to the brightest cell: without effect.
    for name in ("lights", "barren"):
        layer = shipped.trend[name]
        assert process.scales[name] > 20 * (layer.highest - layer.lowest)
    command = " ".join(document.replace("\\\n", " ").split())
    assert shipped.provenance["command"] in command
