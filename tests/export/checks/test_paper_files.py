"""What lies in models/paper/ belongs together: the published network, its file and its card."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.trust.verification import verify
from pointfuse_export.files.card import render_card
from pointfuse_export.files.description import Description, read_description
from pointfuse_export.files.file_report import read_reports
from pointfuse_export.files.pipeline import read_network
from pointfuse_export.graph.onnx_graph import output_names
from pointfuse_training.fitting.provenance import weights_sha256
from pointfuse_training.fitting.recipes import RECIPES, read_recipe

MODELS = Path(__file__).parents[3] / "models"
BEGINNING = str(MODELS / "paper" / "pointfuse-china12-paper")


@pytest.fixture(scope="module")
def metadata() -> ModelMetadata:
    return read_model_file(Path(f"{BEGINNING}.onnx"))[1]


@pytest.fixture(scope="module")
def description() -> Description:
    return read_description(Path(f"{BEGINNING}.toml"))


def test_the_file_is_that_of_its_checkpoint_and_its_card_tells_so(
    metadata: ModelMetadata, description: Description
) -> None:
    network, provenance = read_network(description)
    assert metadata == description.metadata(metadata.export, weights_sha256(network), provenance)
    card = render_card(
        description,
        metadata,
        output_names(network),
        read_reports(Path(f"{BEGINNING}.report.json")),
    )
    assert Path(f"{BEGINNING}.md").read_text(encoding="utf-8") == card


def test_it_was_trained_as_published_but_for_the_size_of_a_step(
    description: Description,
) -> None:
    network, provenance = read_network(description)
    assert type(network).__name__ == "PaperNetwork"
    recipe = read_recipe(str(MODELS / "recipes" / "paper.toml"))
    assert provenance["configuration"] | {"name": "recipe"} == recipe.to_dict() | {"name": "recipe"}
    assert recipe.sampling == RECIPES["paper"].sampling
    assert recipe.minutes >= 90


def test_it_gives_the_golden_field() -> None:
    path = Path(f"{BEGINNING}.onnx")
    assert verify(path, device="cpu", threads=1).problems == []
    (entry,) = json.loads((path.parent / "manifest.json").read_text())["models"]
    assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
