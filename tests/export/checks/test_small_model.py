"""The small model: made by this repository from nothing, and close to the shipped one."""

import hashlib
from pathlib import Path

import numpy as np

from pointfuse.model.loading import load_model
from pointfuse.model.model_file import read_model_file
from pointfuse.model.shipped import shipped_models
from pointfuse.trust.verification import verify
from pointfuse_benchmarks.speed.workload import example_feed, shipped_files
from pointfuse_export.files.card import render_card
from pointfuse_export.files.description import read_description
from pointfuse_export.files.file_report import read_reports
from pointfuse_training.network.checkpoints import load_checkpoint

FOLDER = Path(__file__).parents[3] / "models" / "small"
NAME = "pointfuse-china12-small"


def test_files_are_those_of_the_manifest_and_compute_the_golden_case():
    for entry in shipped_models(FOLDER):
        path = FOLDER / entry.file
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256
        verification = verify(path, device="cpu")
        assert verification.problems == []
        assert verification.precision == entry.precision


def test_card_is_that_of_the_files():
    metadata = read_model_file(FOLDER / f"{NAME}.onnx")[1]
    description = read_description(FOLDER / f"{NAME}.toml")
    reports = read_reports(FOLDER / f"{NAME}.report.json")
    card = (FOLDER / f"{NAME}.md").read_text(encoding="utf-8")
    assert card == render_card(description, metadata, reports)


def test_the_file_knows_the_archive_the_recipe_and_the_seed_that_it_was_trained_with():
    metadata = read_model_file(FOLDER / f"{NAME}.onnx")[1]
    checkpoint = load_checkpoint(FOLDER / "checkpoint.npz")
    for fact in ("archive_sha256", "recipe", "seed", "code_sha256", "commit", "iterations"):
        assert metadata.training[fact] == checkpoint.provenance[fact]
    assert metadata.training["observations_used"] == "none"


def test_its_field_of_the_example_is_close_to_that_of_the_shipped_model():
    fields = []
    for folder in (None, FOLDER):
        model = load_model(shipped_files(folder)["fp32"], device="cpu")
        fields.append(model.run(**example_feed(model.metadata)).field)
    large, small = fields
    # Two trainings apart, on the same day: more alike than either is to the stations.
    assert np.corrcoef(large.ravel(), small.ravel())[0, 1] > 0.9
    assert np.abs(large - small).mean() / large.mean() < 0.25
