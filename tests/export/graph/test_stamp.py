"""Metadata in a model file: what goes in comes out."""

import hashlib
import json
import subprocess

import onnx
import pytest
import torch

from pointfuse import ModelFileError
from pointfuse.model.metadata import METADATA_KEY
from pointfuse_export.errors import VerificationError
from pointfuse_export.files.description import read_description
from pointfuse_export.graph.stamp import check_stamp, export_facts, read_stamp, stamp
from pointfuse_training import FusionNetwork, PaperNetwork
from pointfuse_training.fitting.provenance import git_commit, weights_sha256


@pytest.fixture
def metadata(tiny_description):
    return read_description(tiny_description).metadata(export_facts(18, "c0ffee"), 64 * "0")


@pytest.fixture
def model(stripped_graph):
    copy = onnx.ModelProto()
    copy.CopyFrom(stripped_graph)
    return copy


def test_stamp_is_one_entry_that_reads_as_written(model, metadata):
    stamp(model, metadata)
    check_stamp(model, metadata)
    assert [entry.key for entry in model.metadata_props] == [METADATA_KEY]
    assert (model.producer_name, model.graph.name) == ("pointfuse-export", "tiny")
    assert json.loads(model.metadata_props[0].value)["schema_version"] == 2
    assert read_stamp(model).counts_stations


def test_a_second_stamp_replaces_the_first(model, metadata):
    stamp(model, metadata)
    stamp(model, metadata)
    check_stamp(model, metadata)


def test_an_absent_stamp_is_found(model, metadata):
    with pytest.raises(VerificationError, match=r"one metadata entry 'pointfuse'.*got none"):
        check_stamp(model, metadata)


def test_another_entry_is_found(model, metadata):
    stamp(model, metadata)
    model.metadata_props.add(key="built_by", value="someone")
    with pytest.raises(VerificationError, match="got pointfuse, built_by"):
        check_stamp(model, metadata)


def test_an_altered_stamp_is_found(model, metadata):
    stamp(model, metadata)
    entry = model.metadata_props[0]
    entry.value = entry.value.replace("12000.0", "13000.0")
    with pytest.raises(VerificationError):
        check_stamp(model, metadata)
    entry.value = entry.value[:-1]
    with pytest.raises(ModelFileError):
        check_stamp(model, metadata)


def test_facts_name_code_commit_and_versions():
    facts = export_facts(18, "c0ffee")
    assert facts["commit"] == "c0ffee"
    assert facts["opset"] == 18
    assert (facts["torch"], facts["onnx"]) == (torch.__version__, onnx.__version__)


def test_weights_hash_is_of_names_and_values_in_order():
    network = PaperNetwork(torch.rand(1, 8, 8), widths=(2,))
    expected = hashlib.sha256()
    for name in sorted(network.state_dict()):
        if not name.endswith("num_batches_tracked"):
            values = network.state_dict()[name].flatten().tolist()
            expected.update(name.encode())
            for value in values:
                expected.update(torch.tensor(value).numpy().tobytes())
    assert weights_sha256(network) == expected.hexdigest()


def test_weights_hash_sees_weights_and_statistics_but_not_static_layers():
    network = FusionNetwork(torch.rand(1, 8, 8), widths=(2,))
    before = weights_sha256(network)
    network.static_layers += 1
    assert weights_sha256(network) == before
    network.regr_unetpp.nodes["0_0"].norm1.running_mean[0] += 1e-6
    changed = weights_sha256(network)
    assert changed != before
    network.calibration.coefficients[1] += 1e-6
    assert weights_sha256(network) not in (before, changed)


def test_commit_is_that_of_the_folder(tmp_path):
    assert git_commit(tmp_path) == "unknown"

    def git(*arguments):
        return subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    git("init", "--quiet")
    assert git_commit(tmp_path) == "unknown"
    git("commit", "--quiet", "--allow-empty", "--message", "first")
    assert git_commit(tmp_path) == git("rev-parse", "HEAD")
