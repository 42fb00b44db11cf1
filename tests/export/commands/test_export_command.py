"""`pointfuse-export` from a description to files, and from a wrong one to no file at all."""

import hashlib
import json

import numpy as np
import onnx
import torch
from click.testing import CliRunner
from exporting import export

from pointfuse.model.loading import load_model
from pointfuse.trust.verification import verify
from pointfuse_export.commands.main import main
from pointfuse_export.files import pipeline
from pointfuse_export.files.description import read_description
from pointfuse_export.graph.onnx_graph import inference_network
from pointfuse_export.graph.strip import check_no_build_traces
from pointfuse_training.network.checkpoints import load_checkpoint


def test_writes_model_card_and_manifest(exported_files, tiny_description):
    folder, output = exported_files
    models = ["tiny.onnx", "tiny.int8.onnx", "tiny.fp16.onnx"]
    names = {*models, "tiny.md", "tiny.golden.json", "tiny.report.json", "manifest.json"}
    assert {path.name for path in folder.iterdir()} == names
    content = (folder / "tiny.onnx").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert sha256 in output
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["schema_version"] == 1
    assert [entry["file"] for entry in manifest["models"]] == models
    assert manifest["models"][0] == {
        "file": "tiny.onnx",
        "name": "tiny",
        "version": read_description(tiny_description).version,
        "precision": "fp32",
        "variable": "pm25",
        "bytes": len(content),
        "sha256": sha256,
    }
    card = (folder / "tiny.md").read_text(encoding="utf-8")
    assert card.count(sha256) == 1
    assert "| commit | c0ffee |" in card


def test_the_light_package_fuses_with_the_file(exported_files, tiny_description, scored_days):
    folder, _ = exported_files
    model = load_model(folder / "tiny.onnx")
    assert model.metadata.export["commit"] == "c0ffee"
    network = load_checkpoint(tiny_description.with_name("checkpoint.npz")).network()
    inputs = scored_days.observations, scored_days.observed
    for found, right in zip(
        model.run(*inputs), network(*map(torch.from_numpy, inputs)), strict=True
    ):
        # Float32 in two orders of summation.
        np.testing.assert_allclose(found, right[:, 0], rtol=0, atol=1e-3)
    np.testing.assert_array_equal(
        model.static_layer("height"), network.static_layers[0] * np.float32(2000)
    )
    card = (folder / "tiny.md").read_text(encoding="utf-8")
    assert "With it comes `pm25_scale`" in card
    assert "the number of stations" in card


def test_the_light_package_verifies_the_file(exported_files):
    """PyTorch in double precision and ONNX Runtime in single agree."""
    folder, _ = exported_files
    verification = verify(folder / "tiny.onnx", device="cpu", threads=1)
    assert verification.problems == []
    # Single precision: some digits are lost where stations are crowded.
    assert 0 < verification.difference < 1e-2


def test_the_same_input_gives_the_same_bytes(exported_files, tiny_description, tmp_path):
    folder, _ = exported_files
    assert export(tiny_description, tmp_path, "--commit", "c0ffee").exit_code == 0
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_no_trace_of_the_build_machine_in_the_file(exported_files):
    folder, _ = exported_files
    check_no_build_traces(onnx.load(folder / "tiny.onnx"))


def test_a_model_that_fails_a_check_is_not_written(tiny_description, tmp_path, monkeypatch):
    """A graph of which one bias is off, as a bug of an exporter might leave it."""

    def damaged(network):
        changed = inference_network(network)
        changed.regr_unetpp.head.bias += 0.05
        return changed

    monkeypatch.setattr(pipeline, "inference_network", damaged)
    result = export(tiny_description, tmp_path)
    assert result.exit_code == 1
    assert "expected fields that differ from the reference by at most 0.0005" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_missing_description_ends_with_one_sentence(tmp_path):
    result = export(tmp_path / "absent.toml", tmp_path)
    assert result.exit_code == 1
    assert result.output.startswith("pointfuse-export: there is no description")
    assert result.output.count("\n") == 1


def test_a_missing_folder_is_told_before_anything_is_traced(tiny_description, tmp_path):
    result = export(tiny_description, tmp_path / "absent")
    assert result.exit_code == 1
    assert result.output.startswith("pointfuse-export: the folder")
    assert result.output.count("\n") == 1


def test_usage_errors_have_their_own_status():
    assert CliRunner().invoke(main, []).exit_code == 2
