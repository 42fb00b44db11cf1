"""Recipes: by name, from a file, and what is wrong with one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pointfuse import InputError
from pointfuse_training.fitting.recipes import RECIPES, Recipe, changed, read_recipe
from pointfuse_training.samples.hidden_stations import HIDING
from pointfuse_training.samples.static_channels import CHANNELS, PAPER_CHANNELS


def test_the_paper_is_as_published() -> None:
    """Section 2.3 of Lyu et al., 2022: 20,000 iterations of 10, 1,500 to 2,500 points, eq. 5."""
    paper = read_recipe("paper")
    assert (paper.iterations, paper.batch, paper.variant) == (20_000, 10, "paper")
    assert paper.sampling.uniform_stations == paper.sampling.weather_stations == (1500, 2500)
    assert paper.sampling.network == paper.sampling.clustered == paper.sampling.most_holes == 0
    assert paper.sea_weight == paper.land_weight
    assert paper.inhabited_weight == 0
    sampling = paper.sampling
    never = sampling.several, sampling.regional, sampling.few, sampling.one_sided
    assert not any((*never, sampling.noise, sampling.outliers, sampling.without_weather))
    assert (paper.static_channels, paper.widths) == (PAPER_CHANNELS, (32, 64, 128, 256))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.name == name
    assert changed(Recipe(), json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_a_file_says_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'base = "fine-tune"\nlearning_rate = 1\nwidths = [4, 8]\n\n[sampling]\nlights_noise = 0.2\n'
        "[hiding]\nblock = [3, 9]\n"
    )
    mine = read_recipe(str(path))
    assert (mine.name, mine.learning_rate, mine.widths) == ("mine", 1.0, (4, 8))
    assert mine.sampling.lights_noise == 0.2
    assert mine.hiding == replace(HIDING, block=(3, 9))
    assert mine.crop == RECIPES["fine-tune"].crop
    assert mine.sampling.noise == RECIPES["fine-tune"].sampling.noise


def test_the_recipe_in_the_document_is_one(tmp_path: Path) -> None:
    document = Path(__file__).parents[3] / "docs" / "guide" / "training.md"
    (text,) = re.findall(r"```toml\n(base = .*?)```", document.read_text(encoding="utf-8"), re.S)
    (tmp_path / "mine.toml").write_text(text)
    recipe = read_recipe(str(tmp_path / "mine.toml"))
    assert set(recipe.static_channels) <= set(CHANNELS)
    assert recipe.target_layer == "country"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning = 1", "'learning' is not known; expected only name, variant"),
        ('widths = "8"', "'widths' should be a list such as"),
        ("widths = [8.5]", "'widths' should be of the type int, got 8.5"),
        ("widths = []", "'widths' should be positive"),
        ("keep_statistics = 1", "'keep_statistics' should be of the type bool, got 1"),
        ('part = "head"', "'part' is not known; expected only name, variant"),
        ("batch = 0", "'batch' should be positive, got 0"),
        ("crop = -1", "'crop' should not be negative, got -1"),
        ("average = 1.0", "'average' should be from 0 to below 1"),
        ("learning_rate = nan", "'learning_rate' should be positive, got nan"),
        ('variant = "unet"', "there is no variant 'unet'; expected one of default, paper"),
        ('base = "large"', "'base' should be one of default, paper"),
        ("sampling = 3", "'sampling' should be a table, got 3"),
        ("[sampling]\nuniform_stations = [3]", "'uniform_stations' should be a list such as"),
        ("[sampling]\nholes = 3", "'holes' is not known; expected only network"),
        ("batch = ", "cannot be read as TOML"),
    ],
)
def test_a_wrong_recipe_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_recipe(str(path))
    assert "wrong.toml" in str(caught.value)


def test_an_unknown_recipe_is_named() -> None:
    with pytest.raises(InputError, match="there is no recipe 'papers'; expected one of default"):
        read_recipe("papers")
