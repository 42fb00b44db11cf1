"""`pointfuse-export` from a description to files, and from a wrong one to no file at all."""

import hashlib
import json

import numpy as np
import onnx
from click.testing import CliRunner
from exporting import export

from pointfuse.model.loading import load_model
from pointfuse.trust.verification import verify
from pointfuse_export.commands.main import main
from pointfuse_export.files.description import read_description
from pointfuse_export.graph.strip import check_no_build_traces
from pointfuse_training.network.weights import read_arrays


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
        "bytes": len(content),
        "sha256": sha256,
    }
    card = (folder / "tiny.md").read_text(encoding="utf-8")
    assert card.count(sha256) == 1
    assert "| commit | c0ffee |" in card


def test_the_light_package_fuses_with_the_file(exported_files, tiny_description):
    folder, _ = exported_files
    model = load_model(folder / "tiny.onnx")
    assert model.metadata.export["commit"] == "c0ffee"
    golden = read_arrays(tiny_description.parent / "golden.npz")
    fields, scales = model.run(golden["observations"], golden["observed"])
    np.testing.assert_allclose(fields, golden["pm25"], rtol=0, atol=1e-3)
    assert scales.shape == fields.shape
    # The process tells the uncertainty; the head's part of the graph should then take no time.
    combined = load_model(folder / "tiny.onnx").run(golden["observations"], golden["observed"])
    assert combined.scale is None
    np.testing.assert_array_equal(combined.field, fields)


def test_the_light_package_verifies_the_file(exported_files):
    """PyTorch in double precision and ONNX Runtime in single agree."""
    folder, _ = exported_files
    verification = verify(folder / "tiny.onnx", device="cpu", threads=1)
    assert verification.problems == []
    # Single precision: 24 bits of some 100 ug/m3, through some twenty layers.
    assert 0 < verification.difference < 1e-3


def test_a_model_without_a_head_has_no_scale(exported_files, tiny_description, tmp_path):
    text = tiny_description.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("scale_head = ")]
    assert len(lines) == len(text.splitlines()) - 1
    # Beside the other, since the paths in it are relative to it.
    plain = tiny_description.with_name("plain.toml")
    plain.write_text("\n".join(lines), encoding="utf-8")
    assert export(plain, tmp_path).exit_code == 0
    golden = read_arrays(tiny_description.parent / "golden.npz")
    inputs = golden["observations"], golden["observed"]
    field, scale = load_model(tmp_path / "tiny.onnx").run(*inputs)
    assert scale is None
    np.testing.assert_array_equal(
        field, load_model(exported_files[0] / "tiny.onnx").run(*inputs).field
    )
    card, with_scale = (
        (folder / "tiny.md").read_text() for folder in (tmp_path, exported_files[0])
    )
    assert "pm25_scale" not in card
    assert "With it comes `pm25_scale`" in with_scale


def test_the_same_input_gives_the_same_bytes(exported_files, tiny_description, tmp_path):
    folder, _ = exported_files
    assert export(tiny_description, tmp_path, "--commit", "c0ffee").exit_code == 0
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_no_trace_of_the_build_machine_in_the_file(exported_files):
    folder, _ = exported_files
    check_no_build_traces(onnx.load(folder / "tiny.onnx"))


def test_a_model_that_fails_a_check_is_not_written(tiny_description, tmp_path):
    with np.load(tiny_description.parent / "golden.npz") as archive:
        arrays = dict(archive)
    arrays["pm25"][0, 20, 20] += 0.01
    np.savez(tmp_path / "golden.npz", **arrays)
    text = tiny_description.read_text(encoding="utf-8")
    text = text.replace('"golden.npz"', f'"{(tmp_path / "golden.npz").as_posix()}"')
    for name in ("static.npz", "days.npz"):
        text = text.replace(f'"{name}"', f'"{(tiny_description.parent / name).as_posix()}"')
    (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
    (tmp_path / "models").mkdir()
    result = export(tmp_path / "tiny.toml", tmp_path / "models")
    assert result.exit_code == 1
    assert "golden days: expected fields within 0.001 of the reference" in result.output
    assert "a difference of 0.01" in result.output
    assert list((tmp_path / "models").iterdir()) == []


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
