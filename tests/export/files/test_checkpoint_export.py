"""From a checkpoint to a model file that tells where its weights come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from pointfuse.model.loading import load_model
from pointfuse.model.model_file import read_model_file
from pointfuse_export.commands.main import main
from pointfuse_export.errors import DescriptionError
from pointfuse_export.files.description import read_description
from pointfuse_training.fitting.provenance import REQUIRED
from pointfuse_training.network.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from pointfuse_training.network.fusion_network import FusionNetwork
from pointfuse_training.network.weights import network_weights, read_arrays

WIDTHS = (4, 8, 16, 32)
PROVENANCE = {
    "archive_sha256": 64 * "a",
    "recipe": "default",
    "seed": 7,
    "code": "pointfuse_training 0.1.0",
    "code_sha256": 64 * "b",
    "iterations": 12,
}


def export(description: Path, folder: Path):
    # The other precisions are made from this one, and take most of the time.
    options = ["-o", str(folder), "--commit", "c0ffee", "--precision", "fp32"]
    return CliRunner().invoke(main, [str(description), *options])


@pytest.fixture(scope="module")
def checkpoint(tiny_description: Path) -> Checkpoint:
    """A narrow network on the tiny grid, as if it had been trained on it."""
    described = read_description(tiny_description)
    static = torch.from_numpy(read_arrays(described.files.static_layers)["static"])
    torch.manual_seed(2)
    network = FusionNetwork(static, widths=WIDTHS)
    return Checkpoint(
        weights=network_weights(network),
        static_layers=static,
        static_names=tuple(layer.name for layer in described.static_layers),
        variant="default",
        widths=WIDTHS,
        grid=described.grid,
        configuration={"batch": 3},
        provenance=PROVENANCE,
    )


@pytest.fixture
def described(tiny_description: Path, tmp_path: Path):
    """Write a checkpoint, and a description that names it."""

    def write(checkpoint: Checkpoint, *changes: tuple[str, str]) -> Path:
        save_checkpoint(checkpoint, tmp_path / "checkpoint.npz")
        text = tiny_description.read_text(encoding="utf-8")
        start, end = text.index("[files]"), text.index("[grid]")
        days = (tiny_description.parent / "days.npz").as_posix()
        files = f'[files]\ncheckpoint = "checkpoint.npz"\nsimulated_days = "{days}"\n\n'
        text = text[:start] + files + text[end:]
        start, end = text.index("[training]"), text.index("[[scores]]")
        text = text[:start] + '[training]\nnote = "mine"\nseed = 99\n\n' + text[end:]
        for right, wrong in changes:
            assert right in text
            text = text.replace(right, wrong, 1)
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        (tmp_path / "models").mkdir(exist_ok=True)
        return tmp_path / "mine.toml"

    return write


def test_the_file_is_and_knows_what_the_checkpoint_does(
    checkpoint, described, tiny_description, tmp_path
) -> None:
    description = described(checkpoint)
    result = export(description, tmp_path / "models")
    assert result.exit_code == 0, result.output
    assert "golden days" not in result.output
    _, metadata, _ = read_model_file(tmp_path / "models" / "tiny.onnx")
    # What the checkpoint knows cannot be overwritten by hand.
    expected = PROVENANCE | {"note": "mine", "configuration": {"batch": 3}}
    assert dict(metadata.training) == expected
    card = (tmp_path / "models" / "tiny.md").read_text(encoding="utf-8")
    assert f"| archive sha256 | {64 * 'a'} |" in card
    assert '| configuration | `{"batch": 3}` |' in card
    assert "golden days" not in card

    with np.load(tiny_description.parent / "golden.npz") as golden:
        inputs = golden["observations"], golden["observed"]
    network = load_checkpoint(tmp_path / "checkpoint.npz").network()
    expected = network(*map(torch.from_numpy, inputs))[:, 0]
    found = load_model(tmp_path / "models" / "tiny.onnx").run(*inputs).field
    # Float32 in two orders of summation.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)


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
    assert model.run(40 * some, some).field.max() > 1
    other = export(described(replace(checkpoint, target="o3"), renamed), tmp_path / "models")
    assert "the network takes o3, relative_humidity, wind_speed" in other.output


def test_a_network_that_has_seen_observations_says_so(checkpoint, described, tmp_path) -> None:
    used = "pm25 of 12 real stations on 30 days from 2019-03-01 to 2019-03-30"
    adapted = replace(checkpoint, provenance={**PROVENANCE, "observations_used": used})
    # What is written by hand cannot deny it.
    denied = 'note = "mine"', 'observations_used = "none"'
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
        (("[files]\n", '[files]\nweights = "a.npz"\n'), "a checkpoint and 'weights'; leave one"),
        (
            ('checkpoint = "checkpoint.npz"', 'weights = "a"'),
            "'static_layers' is lacking in 'files'",
        ),
    ],
)
def test_what_does_not_fit_is_named(checkpoint, described, tmp_path, change, message) -> None:
    result = export(described(checkpoint, change), tmp_path / "models")
    assert result.exit_code == 1
    assert message in result.output
    assert list((tmp_path / "models").iterdir()) == []


def test_without_a_checkpoint_the_training_is_told_by_hand(described, checkpoint, tmp_path) -> None:
    golden = 'checkpoint = "checkpoint.npz"', 'weights = "a"\nstatic_layers = "b"\ngolden = "c"'
    training = '[training]\nnote = "mine"\nseed = 99\n', ""
    result = export(described(checkpoint, golden, training), tmp_path / "models")
    assert result.exit_code == 1
    assert "'training' is lacking; add it, or name a checkpoint" in result.output
