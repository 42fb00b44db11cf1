from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointfuse.errors import ModelFileError
from pointfuse.grid.regions import Region
from pointfuse.model.metadata import SCHEMA_VERSION, ModelMetadata


def test_text_and_back(tiny_metadata: ModelMetadata) -> None:
    assert ModelMetadata.from_json(tiny_metadata.to_json()) == tiny_metadata


@pytest.mark.parametrize(
    ("training", "used"),
    [({}, None), ({"observations_used": "none"}, None), ({"observations_used": "all"}, "all")],
)
def test_observations_used(
    tiny_metadata: ModelMetadata, training: dict[str, str], used: str | None
) -> None:
    assert replace(tiny_metadata, training=training).observations_used == used


REGION = {"name": "Delta", "west": 117.0, "east": 123, "south": 29.0, "north": 34.0}


def test_regions_there_and_back(tiny_metadata: ModelMetadata) -> None:
    """A file need not have them, and one without reads as it always did."""
    assert "regions" not in tiny_metadata.to_dict()
    content = tiny_metadata.to_dict() | {"regions": [REGION]}
    metadata = ModelMetadata.from_json(json.dumps(content))
    assert metadata.regions == (Region("Delta", 117, 123, 29, 34),)
    assert ModelMetadata.from_json(metadata.to_json()) == metadata


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ({}, "'regions' .* a list of objects"),
        ([REGION, REGION], "has two regions of one name"),
        ([REGION | {"north": None}], r"'regions\[0\]\.north' .* a number, got null"),
        ([REGION | {"north": 20}], "impossible region: the region 'Delta' should lie between"),
        ([{"name": "Delta"}], r"has no 'regions\[0\]\.west'"),
    ],
)
def test_garbled_regions_are_named(
    tiny_metadata: ModelMetadata, regions: object, message: str
) -> None:
    content = tiny_metadata.to_dict() | {"regions": regions}
    with pytest.raises(ModelFileError, match=message):
        ModelMetadata.from_json(json.dumps(content))


def test_hourly_factor_there_and_back(tiny_metadata: ModelMetadata) -> None:
    """As regions, a file need not have it."""
    assert "hourly_factor" not in tiny_metadata.to_dict()
    metadata = replace(tiny_metadata, hourly_factor=1.5)
    assert ModelMetadata.from_json(metadata.to_json()) == metadata
    content = tiny_metadata.to_dict() | {"hourly_factor": 0}
    with pytest.raises(ModelFileError, match=r"'hourly_factor' .* is 0; expected more than 0"):
        ModelMetadata.from_json(json.dumps(content))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["schema_version"], 4, "schema version 4, this pointfuse reads versions 1 to 3"),
        (["schema_version"], True, "'schema_version' .* positive whole number, got true"),
        (["grid", "rows"], 0, r"'grid\.rows' .* positive whole number, got 0"),
        (["grid", "cell_size"], "12 km", r"'grid\.cell_size' .* a number, got \"12 km\""),
        (["grid", "cell_size"], -1, "cells of -1.0 m"),
        (["grid", "cell_size"], 10**400, r"'grid\.cell_size' .* a number below 1e\+12"),
        (["grid", "rows"], 10**9, "1000000000 x 16 cells; expected at most 50000000"),
        (["grid", "projection", "grid_mapping_name"], "stereographic", "projection 'stereo"),
        (["grid", "projection", "standard_parallel"], [25], "two numbers, got"),
        (["grid", "projection", "standard_parallel"], [25, -25], "the model's grid is impossible"),
        (["variables"], [], "has no variables"),
        (["variables", 0, "valid_range"], [5, 5], r"'variables\[0\]\.valid_range' .* is empty"),
        (["variables", 1, "name"], "pm25", "two variables of one name"),
        (["variables", 0, "units"], None, r"'variables\[0\]\.units' .* a text, got null"),
        (["scores"], {}, "'scores' .* a list of objects"),
        (["training"], "long", "'training' .* an object"),
    ],
)
def test_a_garbled_entry_is_named(
    tiny_metadata: ModelMetadata, path: list[Any], value: object, message: str
) -> None:
    content = copy.deepcopy(tiny_metadata.to_dict())
    place: Any = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ModelFileError, match=message):
        ModelMetadata.from_json(json.dumps(content))


@pytest.mark.parametrize("key", ["name", "grid", "variables", "weights_sha256"])
def test_a_missing_entry_is_named(tiny_metadata: ModelMetadata, key: str) -> None:
    content = tiny_metadata.to_dict()
    del content[key]
    with pytest.raises(ModelFileError, match=f"has no '{key}'"):
        ModelMetadata.from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"schema_version": NaN}', "[" * 100_000])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ModelFileError, match="metadata"):
        ModelMetadata.from_json(text)


PROCESS: dict[str, Any] = {
    "length": 8e5,
    "nugget": 0.03,
    "covariates": [
        {"layer": "height", "statistic": "mean", "smoothing": 0, "scale": 5e3, "trend": True}
    ],
    "distance": [0, 2e5],
    "network_weight": [0.3, 0],
    "inflation": 1.1,
}


def test_a_file_of_version_1_is_read_past_its_process(tiny_metadata: ModelMetadata) -> None:
    """Whatever the entry says: it is no part of the contract any more."""
    content = tiny_metadata.to_dict() | {"schema_version": 1}
    for entry in (PROCESS, {}, None):
        read = ModelMetadata.from_json(json.dumps(content | {"gaussian_process": entry}))
        assert read == replace(tiny_metadata, schema_version=1)
        assert "gaussian_process" not in read.to_dict()


def test_versions_differ_in_what_the_mask_holds(tiny_metadata: ModelMetadata) -> None:
    assert tiny_metadata.to_dict()["schema_version"] == SCHEMA_VERSION == 2
    assert tiny_metadata.counts_stations
    first = replace(tiny_metadata, schema_version=1)
    assert not first.counts_stations
    assert ModelMetadata.from_json(first.to_json()) == first


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@given(st.data())
def test_any_replaced_entry_gives_metadata_or_our_error(
    tiny_metadata: ModelMetadata, data: st.DataObject
) -> None:
    content: Any = copy.deepcopy(tiny_metadata.to_dict())
    content |= {"regions": [copy.deepcopy(REGION)]}
    if data.draw(st.booleans()):
        inside = content["regions"][0]
        inside[data.draw(st.sampled_from(sorted(inside)))] = data.draw(json_values)
    key = data.draw(st.sampled_from(sorted(content)))
    content[key] = data.draw(json_values)
    try:
        metadata = ModelMetadata.from_json(json.dumps(content))
    except ModelFileError:
        return
    assert ModelMetadata.from_json(metadata.to_json()) == metadata


@pytest.mark.parametrize("depth", [300, 700, 100_000])
def test_metadata_that_nest_without_end(depth: int, tiny_metadata: ModelMetadata) -> None:
    deep = "[" * depth + "]" * depth
    text = tiny_metadata.to_json().replace('{"archive": "none"}', f'{{"archive": {deep}}}')
    try:
        ModelMetadata.from_json(text).to_json()
    except ModelFileError as error:
        assert "is not valid JSON" in str(error)


@pytest.mark.parametrize(
    ("entry", "longest"),
    [("name", 200), ("version", 200), ("licence", 200), ("precision", 200), ("summary", 2000)],
)
def test_texts_have_a_limit(tiny_metadata: ModelMetadata, entry: str, longest: int) -> None:
    content = tiny_metadata.to_dict() | {entry: "x" * longest}
    assert getattr(ModelMetadata.from_json(json.dumps(content)), entry) == "x" * longest
    content[entry] = "x" * 100_000
    message = f"'{entry}' in the model's metadata has 100000 characters; expected at most {longest}"
    with pytest.raises(ModelFileError, match=message):
        ModelMetadata.from_json(json.dumps(content))


@pytest.mark.parametrize("way", [("schema_version",), ("grid", "rows"), ("grid", "cell_size")])
def test_huge_numbers_are_shortened(tiny_metadata: ModelMetadata, way: tuple[str, ...]) -> None:
    content = json.loads(tiny_metadata.to_json())
    inner = content
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = 10**400
    with pytest.raises(ModelFileError, match=r"below 1e\+12, got 10{29}\.\.\.; get") as refusal:
        ModelMetadata.from_json(json.dumps(content))
    assert len(str(refusal.value)) < 200
