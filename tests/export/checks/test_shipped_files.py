"""What lies in models/ belongs together and is what the code makes."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.trust.verification import verify
from pointfuse_export.checks.verify import check_contract, check_golden, operators, read_golden
from pointfuse_export.files.card import render_card
from pointfuse_export.files.description import read_description
from pointfuse_export.files.file_report import read_reports
from pointfuse_export.files.manifest import updated_manifest
from pointfuse_export.graph.onnx_graph import output_names
from pointfuse_export.graph.regression_part import check_precision, convolution_types
from pointfuse_export.graph.stamp import read_stamp
from pointfuse_export.graph.strip import check_no_build_traces
from pointfuse_training import load_seed_network
from pointfuse_training.fitting.provenance import weights_sha256

MODELS = Path(__file__).parents[3] / "models"
NAME = "pointfuse-china12"


@pytest.fixture(scope="module")
def content():
    return (MODELS / f"{NAME}.onnx").read_bytes()


@pytest.fixture(scope="module")
def reports():
    return read_reports(MODELS / f"{NAME}.report.json")


@pytest.fixture(scope="module")
def description():
    return read_description(MODELS / f"{NAME}.toml")


@pytest.fixture(scope="module")
def metadata(content):
    # As a stranger reads it: without the onnx package.
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return ModelMetadata.from_json(session.get_modelmeta().custom_metadata_map[METADATA_KEY])


@pytest.fixture(scope="module")
def network(description):
    files = description.files
    return load_seed_network(files.weights, files.static_layers, files.scale_head)


def test_metadata_is_that_of_the_description(metadata, description, network):
    assert metadata == description.metadata(metadata.export, weights_sha256(network))


def test_card_is_that_of_the_files(metadata, description, reports):
    card = (MODELS / f"{NAME}.md").read_text(encoding="utf-8")
    assert card == render_card(description, metadata, reports)


def test_manifest_and_report_are_those_of_the_files(metadata, reports):
    path = MODELS / "manifest.json"
    files = [(r.file, r.precision, (MODELS / r.file).read_bytes()) for r in reports]
    # Adding the files again changes nothing.
    assert path.read_text(encoding="utf-8") == updated_manifest(path, metadata, files)
    for report, (_, _, content) in zip(reports, files, strict=True):
        model = onnx.load_from_string(content)
        assert report.sha256 == hashlib.sha256(content).hexdigest()
        assert report.bytes == len(content)
        assert report.convolutions == convolution_types(model)
        assert report.operators == operators(model)


def test_files_of_all_precisions_say_the_same_of_themselves(metadata, reports, content):
    assert [report.precision for report in reports] == ["fp32", "int8", "fp16"]
    for report in reports[1:]:
        model = onnx.load(MODELS / report.file)
        check_precision(model, report.precision)
        check_contract(model, metadata.grid.shape, [o.name for o in model.graph.output])
        check_no_build_traces(model)
        found = read_stamp(model)
        origin = {"file": f"{NAME}.onnx", "sha256": hashlib.sha256(content).hexdigest()}
        assert found.export["origin"] == origin
        assert replace(found, precision="fp32", export=metadata.export) == metadata


@pytest.mark.parametrize("precision", ["int8", "fp16"])
def test_files_in_fewer_bits_agree_with_the_golden_case(precision):
    """On any processor: sums of integers are exact, and weights leave room for them."""
    verification = verify(MODELS / f"{NAME}.{precision}.onnx", device="cpu")
    assert verification.problems == []
    assert verification.precision == precision


def test_file_keeps_the_contract_and_holds_no_traces(content, description, network):
    model = onnx.load_from_string(content)
    check_contract(model, description.grid.shape, output_names(network))
    check_no_build_traces(model)


def test_file_gives_the_golden_fields(content, description):
    assert check_golden(content, read_golden(description.files.golden)) <= 1e-3


def test_file_gives_the_fields_of_the_network(content, description, network):
    days = read_golden(description.files.golden).days
    # One day, for the scale: all fields are compared with the golden ones, here and in PyTorch.
    observations, observed = days.observations[:1], days.observed[:1]
    with torch.no_grad():
        given = network(torch.from_numpy(observations), torch.from_numpy(observed))
    expected = (given,) if network.scale_head is None else given
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feed = {"observations": observations, "observed": observed}
    found = session.run(list(output_names(network)), feed)
    for fields, right in zip(found, expected, strict=True):
        # Float32 in two orders of summation, where fields reach 330 ug/m3.
        np.testing.assert_allclose(fields, right.numpy(), rtol=0, atol=1e-3)


def test_weights_in_the_file_are_those_of_the_seed(content, network):
    """The one layer that no normalisation is folded into is stored as it was trained."""
    model = onnx.load_from_string(content)
    (head,) = (t for t in model.graph.initializer if t.name == "regr_unetpp.head.weight")
    stored = onnx.numpy_helper.to_array(head)
    np.testing.assert_array_equal(stored, network.regr_unetpp.head.weight.detach().numpy())
