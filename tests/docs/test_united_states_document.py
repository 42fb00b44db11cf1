"""The tables of docs/guide/united-states.md are those that the example printed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "guide" / "united-states.md").read_text(encoding="utf-8")


def test_the_document_shows_the_tables_as_they_were_printed(united_states: SimpleNamespace) -> None:
    scores = json.loads((ROOT / "examples" / "united_states" / "scores.json").read_text("utf-8"))
    assert united_states.comparison.markdown(scores) in DOCUMENT
    network = scores["reconstruction"]["methods"]["network"]
    kriging = scores["reconstruction"]["methods"]["kriging"]
    assert f"an NME of {network['nme']:.3f} where\n  kriging has {kriging['nme']:.3f}" in DOCUMENT
    assert f"a {100 * (1 - network['rmse'] / kriging['rmse']):.0f} % lower RMSE" in DOCUMENT
    squares = scores["monitors"]["squares of 300 km"]
    gain = 1 - next(iter(squares.values()))["rmse"] / squares["kriging"]["rmse"]
    assert f"RMSE of the model is {100 * gain:.0f} % below that of kriging" in DOCUMENT
    assert f"{scores['training']['iterations']} iterations; {scores['machine']['date']}" in DOCUMENT
    assert scores["training"]["observations_used"] == "none"


def test_the_picture_is_small() -> None:
    assert (ROOT / "docs" / "pictures" / "united-states.png").stat().st_size < 200_000
