"""From a checkpoint to a model file that tells where its weights come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from conftest import PROVENANCE, checkpoint_of, random_network

from pointfuse.model.loading import load_model
from pointfuse.model.model_file import read_model_file
from pointfuse.trust.verification import verify
from pointfuse_export.commands.main import main
from pointfuse_export.errors import DescriptionError
from pointfuse_export.files.description import read_description
from pointfuse_training.fitting.provenance import REQUIRED, weights_sha256
from pointfuse_training.network.checkpoints import Checkpoint, load_checkpoint


def export(description: Path, folder: Path):
    # The other precisions are made from this one, and take most of the time.
    options = ["-o", str(folder), "--commit", "c0ffee", "--precision", "fp32"]
    return CliRunner().invoke(main, [str(description), *options])


@pytest.fixture(scope="module")
def checkpoint(tiny_description: Path) -> Checkpoint:
    """A narrow network on the tiny grid, as if it had been trained on it."""
    return load_checkpoint(tiny_description.with_name("checkpoint.npz"))


def test_the_file_is_and_knows_what_the_checkpoint_does(
    checkpoint, described, scored_days, tmp_path
) -> None:
    by_hand = "[[regions]]", '[training]\nnote = "mine"\nseed = 99\n\n[[regions]]'
    result = export(described(checkpoint, by_hand), tmp_path / "models")
    assert result.exit_code == 0, result.output
    _, metadata, _ = read_model_file(tmp_path / "models" / "tiny.onnx")
    # What the checkpoint knows cannot be overwritten by hand.
    expected = PROVENANCE | {"note": "mine", "configuration": {"batch": 3}}
    assert dict(metadata.training) == expected
    network = load_checkpoint(tmp_path / "checkpoint.npz").network()
    assert metadata.weights_sha256 == weights_sha256(network)
    card = (tmp_path / "models" / "tiny.md").read_text(encoding="utf-8")
    assert f"| archive sha256 | {64 * 'a'} |" in card
    assert '| configuration | `{"batch": 3}` |' in card

    inputs = scored_days.observations, scored_days.observed
    expected = network(*map(torch.from_numpy, inputs))
    found = load_model(tmp_path / "models" / "tiny.onnx").run(*inputs)
    for output, right in zip(found, expected, strict=True):
        # Float32 in two orders of summation.
        np.testing.assert_allclose(output, right[:, 0], rtol=0, atol=1e-3)


def test_a_file_of_the_published_network_counts_stations_too(
    tiny_description, described, scored_days, tmp_path
) -> None:
    """The contract is one: a mask of counts is taken, though the network makes nothing of it."""
    network = random_network("paper")
    checkpoint = checkpoint_of(network, read_description(tiny_description))
    result = export(described(checkpoint), tmp_path / "models")
    assert result.exit_code == 0, result.output
    path = tmp_path / "models" / "tiny.onnx"
    model = load_model(path)
    assert model.metadata.schema_version == 2
    assert model.metadata.counts_stations
    assert [output.name for output in onnx.load(path).graph.output] == ["pm25"]
    one = model.run(scored_days.observations, scored_days.observed)
    stations = scored_days.observed * np.float32([5, 1, 1])[:, None, None]
    five = model.run(scored_days.observations, stations)
    np.testing.assert_array_equal(one.field, five.field)
    assert one.scale is None
    assert verify(path, device="cpu", threads=1).problems == []
    assert "pm25_scale" not in (tmp_path / "models" / "tiny.md").read_text(encoding="utf-8")


def test_a_description_may_leave_the_grid_to_the_checkpoint(checkpoint, described) -> None:
    text = described(checkpoint).read_text(encoding="utf-8")
    start, end = text.index("[grid]"), text.index("[[variables]]")
    path = described(checkpoint, (text[start:end], ""))
    assert read_description(path).grid == checkpoint.grid
    path.with_name("checkpoint.npz").write_bytes(b"PK")
    with pytest.raises(DescriptionError, match=r"mine\.toml: .*checkpoint\.npz"):
        read_description(path)


def test_a_model_of_another_species(checkpoint, described, tmp_path) -> None:
    renamed = 'name = "pm25"', 'name = "no2"'
    result = export(described(replace(checkpoint, target="no2"), renamed), tmp_path / "models")
    assert result.exit_code == 0, result.output
    model = load_model(tmp_path / "models" / "tiny.onnx")
    assert model.metadata.target.name == "no2"
    some = np.zeros((1, 3, 42, 53), np.float32)
    some[0, 0, 20, 20] = 1
    field, scale = model.run(40 * some, some)
    assert field.max() > 1
    assert scale.min() > 0
    other = export(described(replace(checkpoint, target="o3"), renamed), tmp_path / "models")
    assert "the network takes o3, relative_humidity, wind_speed" in other.output


def test_a_network_that_has_seen_observations_says_so(checkpoint, described, tmp_path) -> None:
    used = "pm25 of 12 real stations on 30 days from 2019-03-01 to 2019-03-30"
    adapted = replace(checkpoint, provenance={**PROVENANCE, "observations_used": used})
    # What is written by hand cannot deny it.
    denied = "[[regions]]", '[training]\nobservations_used = "none"\n\n[[regions]]'
    result = export(described(adapted, denied), tmp_path / "models")
    assert result.exit_code == 1
    assert f"was adapted to observations ({used}); expected a name with 'adapted'" in result.output
    assert list((tmp_path / "models").iterdir()) == []

    named = 'name = "tiny"', 'name = "tiny-adapted"'
    result = export(described(adapted, denied, named), tmp_path / "models")
    assert result.exit_code == 0, result.output
    _, metadata, _ = read_model_file(tmp_path / "models" / "tiny-adapted.onnx")
    assert metadata.observations_used == used
    card = (tmp_path / "models" / "tiny-adapted.md").read_text(encoding="utf-8")
    assert f"**Adapted to observations: {used}.**" in card
    free = replace(checkpoint, provenance={**PROVENANCE, "observations_used": "none"})
    assert export(described(free), tmp_path / "models").exit_code == 0
    assert "Adapted" not in (tmp_path / "models" / "tiny.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", REQUIRED)
def test_a_checkpoint_of_unknown_origin_is_refused(checkpoint, described, tmp_path, name) -> None:
    unknown = {key: value for key, value in PROVENANCE.items() if key != name}
    result = export(described(replace(checkpoint, provenance=unknown)), tmp_path / "models")
    assert result.exit_code == 1
    assert f"the checkpoint does not know its {name}; expected one that" in result.output
    assert result.output.count("\n") == 1
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("first_x = -2550000.0", "first_x = 0.0"), "the checkpoint was trained on the grid"),
        (('name = "height"', 'name = "hight"'), "the checkpoint has the static layers height"),
        (('"checkpoint.npz"', '"other.npz"'), "there is no file"),
        (("[files]\n", '[files]\nweights = "a.npz"\n'), "'weights' is not known in 'files'"),
        (('checkpoint = "checkpoint.npz"', ""), "'checkpoint' is lacking in 'files'; add it"),
    ],
)
def test_what_does_not_fit_is_named(checkpoint, described, tmp_path, change, message) -> None:
    result = export(described(checkpoint, change), tmp_path / "models")
    assert result.exit_code == 1
    assert message in result.output
    assert list((tmp_path / "models").iterdir()) == []
