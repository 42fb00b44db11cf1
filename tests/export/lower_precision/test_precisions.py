"""The pipeline over all precisions: what each file is, what holds it back, and what stays."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import onnx
import pytest
from exporting import export

from pointfuse.model.loading import load_model
from pointfuse.trust.verification import verify
from pointfuse_export.checks.fidelity import check_fidelity, fidelity
from pointfuse_export.checks.tolerances import TOLERANCES, Tolerance
from pointfuse_export.errors import VerificationError
from pointfuse_export.files import pipeline
from pointfuse_export.files.file_report import read_reports
from pointfuse_export.graph.regression_part import convolution_types
from pointfuse_export.graph.stamp import read_stamp


@pytest.fixture
def traced(exported_files, monkeypatch) -> None:
    """Tracing takes most of the time of an export, and its result is there."""
    content = (exported_files[0] / "tiny.onnx").read_bytes()
    model = onnx.load_from_string(content)
    file = pipeline.ModelFile(read_stamp(model), model, content)
    monkeypatch.setattr(pipeline, "reference_file", lambda network, metadata: file)


@pytest.mark.parametrize("precision", ["int8", "fp16"])
def test_a_file_in_fewer_bits_is_loaded_and_agrees(exported_files, scored_days, precision) -> None:
    folder, _ = exported_files
    model = load_model(folder / f"tiny.{precision}.onnx")
    reference = load_model(folder / "tiny.onnx")
    assert model.metadata.precision == precision
    assert model.metadata.export["origin"] == {"file": "tiny.onnx", "sha256": reference.sha256}
    same = dataclasses.replace(model.metadata, precision="fp32", export=reference.metadata.export)
    assert same == reference.metadata
    inputs = scored_days.observations, scored_days.observed
    found, right = model.run(*inputs), reference.run(*inputs)
    # Eleven bits and eight; of fields that reach far above their mean.
    share = {"fp16": 2e-4, "int8": 2e-2}[precision]
    assert 0 < np.abs(found.field - right.field).mean() < share * right.field.mean()
    limit = TOLERANCES[precision].scale
    assert 0 < np.abs(found.scale - right.scale).mean() / right.scale.mean() < limit
    assert verify(folder / f"tiny.{precision}.onnx", device="cpu", threads=1).problems == []


def test_the_report_tells_what_lies_in_the_files(exported_files) -> None:
    folder, output = exported_files
    reports = read_reports(folder / "tiny.report.json")
    assert [(r.file, r.precision, r.opset) for r in reports] == [
        ("tiny.onnx", "fp32", 18),
        ("tiny.int8.onnx", "int8", 18),
        ("tiny.fp16.onnx", "fp16", 18),
    ]
    for report in reports:
        content = (folder / report.file).read_bytes()
        assert report.bytes == len(content)
        assert report.sha256 in output
        assert report.sha256 in (folder / "tiny.md").read_text(encoding="utf-8")
        model = onnx.load_from_string(content)
        assert report.convolutions == convolution_types(model)
        assert report.operators["Conv"] == sum(n.op_type == "Conv" for n in model.graph.node)
    fp32, int8, fp16 = (r.fidelity for r in reports)
    # That in single precision is compared with PyTorch, the others with it.
    assert 0 < fp32["mean"] < 1e-3
    assert 0 < fp16["mean"] < int8["mean"]
    assert reports[0].convolutions["fp32"] == sum(reports[1].convolutions.values())
    assert reports[1].convolutions["int8"] == 19
    assert reports[2].convolutions["fp16"] == 20
    content = json.loads((folder / "tiny.report.json").read_text())
    assert (content["model"], content["units"]) == ("tiny", "ug m-3")


@pytest.mark.parametrize("precision", ["int8", "fp16", "fp32"])
def test_a_step_out_of_tolerance_ships_nothing(
    exported_files, traced, tiny_description, tmp_path, monkeypatch, precision
) -> None:
    reports = {r.precision: r for r in read_reports(exported_files[0] / "tiny.report.json")}
    mean = reports[precision].fidelity["mean"]
    strict = dataclasses.replace(TOLERANCES[precision], mean=mean * 0.9)
    monkeypatch.setitem(pipeline.TOLERANCES, precision, strict)
    result = export(tiny_description, tmp_path)
    assert result.exit_code == 1
    assert "the mean error on simulated days is" in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_step_is_found_by_its_golden_case(
    traced, tiny_description, tmp_path, monkeypatch
) -> None:
    """Weights that are rounded wrongly, as a change of the code might do."""

    def damaged(model):
        half = halved(model)
        conv = next(n for n in half.graph.node if n.name == "regr_unetpp.nodes.0_3.conv2/Conv")
        (bias,) = (t for t in half.graph.initializer if t.name == conv.input[2])
        values = onnx.numpy_helper.to_array(bias) + np.float16(500)
        bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))
        return half

    halved = pipeline.halved
    monkeypatch.setattr(pipeline, "halved", damaged)
    loose = Tolerance(TOLERANCES["fp16"].golden, *5 * [np.inf])
    monkeypatch.setitem(pipeline.TOLERANCES, "fp16", loose)
    result = export(tiny_description, tmp_path, "--precision", "fp32,fp16")
    assert result.exit_code == 1
    assert "fp16: the golden case differs by" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_reference_stays_as_it_lies_where_it_is_not_asked_for(
    exported_files, tiny_description, tmp_path
) -> None:
    folder, _ = exported_files
    published = (folder / "tiny.onnx").read_bytes()
    (tmp_path / "tiny.onnx").write_bytes(published)
    options = "--commit", "bead", "--precision", "int8"
    result = export(tiny_description, tmp_path, *options)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "tiny.onnx").read_bytes() == published
    assert not (tmp_path / "tiny.fp16.onnx").exists()
    stamp = read_stamp(onnx.load(tmp_path / "tiny.int8.onnx"))
    assert stamp.export["commit"] == "bead"
    before = read_stamp(onnx.load(folder / "tiny.int8.onnx"))
    assert stamp.export["origin"] == before.export["origin"]
    entries = json.loads((tmp_path / "manifest.json").read_text())["models"]
    assert [entry["file"] for entry in entries] == ["tiny.onnx", "tiny.int8.onnx"]


@pytest.mark.parametrize("content", [None, b"\x08", "other"])
def test_another_reference_than_that_of_the_description_is_refused(
    exported_files, traced, tiny_description, tmp_path, content
) -> None:
    if content == "other":
        model = onnx.load(exported_files[0] / "tiny.onnx")
        head = next(t for t in model.graph.initializer if t.name == "regr_unetpp.head.weight")
        changed = 1.001 * onnx.numpy_helper.to_array(head)
        head.CopyFrom(onnx.numpy_helper.from_array(changed.astype(np.float32), head.name))
        content = model.SerializeToString(deterministic=True)
    if content is not None:
        (tmp_path / "tiny.onnx").write_bytes(content)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = export(tiny_description, tmp_path, "--precision", "fp16")
    assert result.exit_code == 1
    assert "tiny.onnx" in result.output
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_unknown_precision_is_wrong_usage(tiny_description, tmp_path) -> None:
    result = export(tiny_description, tmp_path, "--precision", "fp32,int4")
    assert result.exit_code == 2
    assert "'int4' is none of fp32, int8, fp16" in result.output


def test_fidelity_of_fields_that_are_known(small_days) -> None:
    """Fields that are the truth, and 10 % more: errors and scores by hand."""
    shape = small_days.shape
    days = len(small_days.for_scores())
    truth = np.full((days, shape[0] * shape[1]), 40, np.float32)
    truth[:, small_days.cells] = small_days.truth[1::2]
    fields = truth.reshape(1, days, *shape)
    found = fidelity(np.float32(1.1) * fields, np.float32(0.95) * fields, small_days)
    assert found.mean == pytest.approx(0.15 * fields.mean(), rel=1e-5)
    assert found.largest == pytest.approx(0.15 * fields.max(), rel=1e-5)
    assert found.mean < found.p999 <= found.largest
    for where in ("withheld stations", "elsewhere"):
        assert found.nme[where] == pytest.approx(0.1, rel=1e-5)
        assert found.nme_change[where] == pytest.approx(1.0, rel=1e-4)
    assert found.scale is None


@pytest.mark.parametrize("name", ["mean", "p999", "largest", "scale", "nme_change"])
def test_every_error_has_a_limit(small_days, name) -> None:
    fields = np.ones((2, 3, *small_days.shape), np.float32)
    good = fidelity(fields, fields, small_days)
    check_fidelity("file", good, TOLERANCES["fp32"])
    wrong = {"elsewhere": 0.02} if name == "nme_change" else np.nan
    with pytest.raises(VerificationError, match=r"file: the .* on simulated days is"):
        check_fidelity("file", dataclasses.replace(good, **{name: wrong}), TOLERANCES["int8"])
