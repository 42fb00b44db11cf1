"""The manifest keeps what it has, and never forgets quietly."""

import dataclasses
import hashlib
import json

import pytest

from pointfuse import ModelFileError
from pointfuse_export.description import read_description
from pointfuse_export.manifest import updated_manifest


@pytest.fixture
def metadata(tiny_description):
    return read_description(tiny_description).metadata({}, 64 * "0")


def test_a_new_file_is_added_and_a_known_one_replaced(tmp_path, metadata):
    path = tmp_path / "manifest.json"
    other = dataclasses.replace(metadata, name="other", version="2.0.0")
    for model, content in ((other, b"other"), (metadata, b"old"), (metadata, b"newer")):
        path.write_text(updated_manifest(path, model, content))
    models = json.loads(path.read_text())["models"]
    assert [(m["file"], m["version"], m["bytes"]) for m in models] == [
        ("other.onnx", "2.0.0", 5),
        ("tiny.onnx", metadata.version, 5),
    ]
    assert models[1]["sha256"] == hashlib.sha256(b"newer").hexdigest()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"models": [{}]}', '{"models": 3}'])
def test_a_damaged_manifest_is_not_overwritten(tmp_path, metadata, content):
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(ModelFileError, match=r"manifest\.json is no manifest of models"):
        updated_manifest(path, metadata, b"content")
