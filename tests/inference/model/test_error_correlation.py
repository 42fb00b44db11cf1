"""What a model file tells of how its errors go together."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pointfuse.errors import ModelFileError
from pointfuse.model.error_correlation import ErrorCorrelation
from pointfuse.model.metadata import ModelMetadata

CORRELATION = ErrorCorrelation(100.0, 0.2, (24.0, 960.0), (0.5, 0.2))
ENTRY = {"length": 100, "own": 0.2, "hours": [24, 960], "passing": [0.5, 0.2]}


def test_there_and_back(tiny_metadata: ModelMetadata) -> None:
    """A file need not have it."""
    assert "error_correlation" not in tiny_metadata.to_dict()
    content = tiny_metadata.to_dict() | {"error_correlation": ENTRY}
    metadata = ModelMetadata.from_json(json.dumps(content))
    assert metadata.error_correlation == CORRELATION
    assert ModelMetadata.from_json(metadata.to_json()) == metadata
    assert replace(metadata, error_correlation=None) == tiny_metadata


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"length": 0}, "'error_correlation' in .*: expected a length and hours above 0"),
        ({"own": 1.5}, "shares of 0 to 1"),
        ({"hours": [24]}, "one for each of the hours"),
        ({"hours": [24, -1]}, "hours above 0"),
        ({"passing": [0.9, 0.2]}, "of 1 together at most"),
        ({"passing": [-0.1, 0.2]}, "shares of 0 to 1"),
        ({"passing": "all"}, r"'error_correlation\.passing' .* a list of numbers, got \"all\""),
    ],
)
def test_what_is_impossible_is_named(
    tiny_metadata: ModelMetadata, change: dict[str, object], message: str
) -> None:
    content = tiny_metadata.to_dict() | {"error_correlation": ENTRY | change}
    with pytest.raises(ModelFileError, match=message):
        ModelMetadata.from_json(json.dumps(content))


def test_correlation_by_distance() -> None:
    found = CORRELATION.between(np.array([0.0, 100.0], np.float32))
    assert found.dtype == np.float32
    # Single precision.
    np.testing.assert_allclose(found, [0.8, 0.8 / np.e], rtol=1e-6)
    assert CORRELATION.lasting == pytest.approx(0.3)
