"""The manifest keeps what it has, and never forgets quietly."""

import dataclasses
import hashlib
import json

import pytest

from pointfuse import ModelFileError
from pointfuse_export.files.description import read_description
from pointfuse_export.files.manifest import updated_manifest


@pytest.fixture
def metadata(tiny_description):
    return read_description(tiny_description).metadata({}, 64 * "0")


def test_files_of_a_model_take_the_place_of_those_it_had(tmp_path, metadata):
    path = tmp_path / "manifest.json"
    other = dataclasses.replace(metadata, name="other", version="2.0.0")
    old = [("tiny.onnx", "fp32", b"old"), ("tiny.fp16.onnx", "fp16", b"half")]
    new = [("tiny.onnx", "fp32", b"newer"), ("tiny.int8.onnx", "int8", b"few")]
    for model, files in (
        (metadata, old),
        (other, [("other.onnx", "fp32", b"other")]),
        (metadata, new),
        (metadata, new),  # which changes nothing
    ):
        path.write_text(updated_manifest(path, model, files))
    models = json.loads(path.read_text())["models"]
    assert [(m["file"], m["precision"], m["version"], m["bytes"]) for m in models] == [
        ("tiny.onnx", "fp32", metadata.version, 5),
        ("tiny.int8.onnx", "int8", metadata.version, 3),
        ("other.onnx", "fp32", "2.0.0", 5),
    ]
    assert models[0]["sha256"] == hashlib.sha256(b"newer").hexdigest()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"models": [{}]}', '{"models": 3}'])
def test_a_damaged_manifest_is_not_overwritten(tmp_path, metadata, content):
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(ModelFileError, match=r"manifest\.json is no manifest of models"):
        updated_manifest(path, metadata, [("tiny.onnx", "fp32", b"content")])
