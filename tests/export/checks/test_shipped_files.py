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
from pointfuse.trust.golden_case import SUFFIX, read_golden
from pointfuse.trust.verification import verify
from pointfuse_export.checks.golden_case import golden_case
from pointfuse_export.checks.verify import (
    Days,
    check_against_torch,
    check_contract,
    operators,
    probing_days,
)
from pointfuse_export.files.card import render_card
from pointfuse_export.files.description import read_description
from pointfuse_export.files.file_report import read_reports
from pointfuse_export.files.manifest import updated_manifest
from pointfuse_export.files.pipeline import read_network, reference_file
from pointfuse_export.graph.onnx_graph import output_names
from pointfuse_export.graph.regression_part import check_precision, convolution_types
from pointfuse_export.graph.stamp import read_stamp
from pointfuse_export.graph.strip import check_no_build_traces
from pointfuse_training.fitting.provenance import weights_sha256

MODELS = Path(__file__).parents[3] / "models"
NAME = "pointfuse-china12"

# Megabytes; what a wheel can hold, and a page can fetch.
LARGEST = {"fp32": 6.5, "int8": 5.5, "fp16": 5.5}


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
def made_from(description):
    """The network of the checkpoint, and what it tells of its training."""
    return read_network(description)


@pytest.fixture(scope="module")
def network(made_from):
    return made_from[0]


def test_metadata_is_that_of_the_description_and_the_checkpoint(metadata, description, made_from):
    network, provenance = made_from
    assert metadata == description.metadata(metadata.export, weights_sha256(network), provenance)
    assert metadata.schema_version == 2
    assert metadata.observations_used is None


def test_card_is_that_of_the_files(metadata, description, network, reports):
    card = (MODELS / f"{NAME}.md").read_text(encoding="utf-8")
    assert card == render_card(description, metadata, output_names(network), reports)


def test_manifest_and_report_are_those_of_the_files(metadata, reports):
    path = MODELS / "manifest.json"
    files = [(r.file, r.precision, (MODELS / r.file).read_bytes()) for r in reports]
    # Adding the files again changes nothing.
    assert path.read_text(encoding="utf-8") == updated_manifest(path, metadata, files)
    for report, (_, precision, content) in zip(reports, files, strict=True):
        assert len(content) <= 1e6 * LARGEST[precision]
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


def test_golden_case_is_that_of_the_network(metadata, network):
    made = golden_case(network, metadata)
    shipped = read_golden(MODELS / f"{NAME}{SUFFIX}")
    assert replace(made, expected=shipped.expected, mean=shipped.mean) == shipped
    # Double precision on another machine, then five decimals.
    np.testing.assert_allclose(made.expected.value, shipped.expected.value, rtol=0, atol=2e-5)
    assert made.mean == pytest.approx(shipped.mean, abs=2e-5)


def test_file_gives_the_fields_of_the_network(content, network):
    # Float32 in two orders of summation, where fields reach 300 ug/m3.
    assert check_against_torch(content, network) <= 1e-3


def test_the_field_follows_the_stations(content, metadata):
    """No network that was left untrained: it gives back smooth days that it has seen a part of."""
    days = Days("golden", *read_golden(MODELS / f"{NAME}{SUFFIX}").inputs(metadata))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feed = {"observations": days.observations, "observed": days.observed}
    field, scale = (output[0, 0] for output in session.run(["pm25", "pm25_scale"], feed))
    there = days.observed[0, 0] > 0
    error = field[there] - days.observations[0, 0][there]
    # A wave of 45 ug/m3 about 75, seen by 600 stations.
    assert np.abs(error).mean() < 8
    # The error's size at stations is less than far from them.
    assert scale[there].mean() < scale.mean()


def test_exported_again_it_is_the_same_file(content, metadata, description, made_from):
    """Every node and number, and every bit of a field; names of values count what was traced."""
    network, provenance = made_from
    if {torch.__version__, onnx.__version__} != {metadata.export[k] for k in ("torch", "onnx")}:
        pytest.skip("the file was made with other versions of PyTorch or ONNX")
    stamped = description.metadata(metadata.export, weights_sha256(network), provenance)
    made = reference_file(network, stamped).content
    graphs = [onnx.load_from_string(each).graph for each in (made, content)]
    nodes, numbers = (
        [[(each.op_type, each.name) for each in graph.node] for graph in graphs],
        [[each.raw_data for each in graph.initializer] for graph in graphs],
    )
    assert nodes[0] == nodes[1]
    assert numbers[0] == numbers[1]
    day = next(iter(probing_days(372, 426)[0]))
    feed = {"observations": day.observations, "observed": day.observed}
    fields = [
        onnxruntime.InferenceSession(each, providers=["CPUExecutionProvider"]).run(None, feed)
        for each in (made, content)
    ]
    for one, other in zip(*fields, strict=True):
        np.testing.assert_array_equal(one, other)


def test_days_apart_and_together_give_the_same(content):
    days = probing_days(372, 426)[0]
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    feed = {"observations": days.observations[:2], "observed": days.observed[:2]}
    (together,) = session.run(["pm25"], feed)
    for number in range(2):
        one = {name: table[number : number + 1] for name, table in feed.items()}
        (apart,) = session.run(["pm25"], one)
        # Sums may be cut into other pieces.
        np.testing.assert_allclose(together[number : number + 1], apart, rtol=1e-4, atol=1e-3)
