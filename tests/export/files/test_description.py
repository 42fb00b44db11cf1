"""Descriptions: what is right is read, what is wrong is named."""

from pathlib import Path

import numpy as np
import pytest

from pointfuse import POLLUTANTS, InputFileNotFoundError, ModelMetadata
from pointfuse.grid.regions import ELSEWHERE, region_masks
from pointfuse_export.errors import DescriptionError
from pointfuse_export.files.description import read_description
from pointfuse_export.files.pipeline import check_fits
from pointfuse_training.fitting.recipes import read_recipe
from pointfuse_training.network.checkpoints import load_checkpoint

SHIPPED = Path(__file__).parents[3] / "models" / "pointfuse-china12.toml"


def test_the_shipped_description_is_read():
    description = read_description(SHIPPED)
    assert description.name == "pointfuse-china12"
    assert [variable.name for variable in description.variables] == [
        "pm25",
        "relative_humidity",
        "wind_speed",
    ]
    names = tuple(layer.name for layer in description.static_layers)
    recipe = read_recipe(str(SHIPPED.parent / "recipes" / "regression.toml"))
    assert names == recipe.static_channels
    assert description.files.paths() == [
        SHIPPED.parent / "pointfuse-china12.checkpoint.npz",
        SHIPPED.parent / "simulated_days.npz",
    ]
    # Cell centres of the design: (column - 212.5) and (row - 185.5) times 12 km.
    np.testing.assert_array_equal(description.grid.x, (np.arange(426) - 212.5) * 12e3)
    np.testing.assert_array_equal(description.grid.y, (np.arange(372) - 185.5) * 12e3)


# Cities of which the literature says in which region they lie (degrees east and north).
CITIES = {
    "Sichuan Basin": [(104.07, 30.67), (106.55, 29.56)],  # Chengdu, Chongqing
    "Fenwei Plain": [(108.94, 34.34), (112.55, 37.87), (112.45, 34.62)],  # Xi'an, Taiyuan, Luoyang
    "North China Plain": [(116.40, 39.90), (114.51, 38.04), (113.63, 34.75)],  # Beijing,
    # Shijiazhuang, Zhengzhou
    "Yangtze River Delta": [(121.47, 31.23), (118.80, 32.06), (120.16, 33.35)],  # Shanghai,
    # Nanjing, Yancheng
    "Central Yangtze": [(114.31, 30.59), (112.94, 28.23)],  # Wuhan, Changsha
    "Pearl River Delta": [(113.26, 23.13), (114.06, 22.54)],  # Guangzhou, Shenzhen
    "North-east": [(126.53, 45.80), (123.43, 41.80), (121.61, 38.91)],  # Harbin, Shenyang, Dalian
    "Tibetan Plateau": [(91.17, 29.65), (101.78, 36.62)],  # Lhasa, Xining
    "North-west": [(87.62, 43.83), (103.83, 36.06), (79.92, 37.11)],  # Urumqi, Lanzhou, Hotan
    ELSEWHERE: [(102.83, 24.88), (119.30, 26.08)],  # Kunming, Fuzhou
}


def test_the_shipped_regions_hold_the_cities_they_are_known_for():
    regions = read_description(SHIPPED).regions
    assert [*(region.name for region in regions), ELSEWHERE] == list(CITIES)
    for name, cities in CITIES.items():
        assert region_masks(regions, *np.array(cities).T)[name].all(), name


def test_a_description_need_not_have_regions(tmp_path):
    text = SHIPPED.read_text(encoding="utf-8")
    start, end = text.index("[[regions]]"), text.index("[[scores]]")
    (tmp_path / "plain.toml").write_text(text[:start] + text[end:], encoding="utf-8")
    metadata = read_description(tmp_path / "plain.toml").metadata({}, 64 * "0")
    assert metadata.regions == ()
    assert ModelMetadata.from_json(metadata.to_json()) == metadata


def test_metadata_survives_the_file():
    metadata = read_description(SHIPPED).metadata({"commit": "c0ffee"}, 64 * "0")
    assert ModelMetadata.from_json(metadata.to_json()) == metadata


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('licence = "Apache-2.0"', "", "'licence' is lacking; add it"),
        ("rows = 372", "", "'rows' is lacking in 'grid'"),
        ("rows = 372", "rows = 372.5", "'grid.rows' should be a whole number, got 372.5"),
        ("rows = 372", "rows = 372\nlines = 3", "'lines' is not known in 'grid'; expected only"),
        ("rows = 372", "rows = true", "'grid.rows' should be a whole number, got True"),
        ("cell_size = 12000.0", 'cell_size = "12 km"', "'grid.cell_size' should be a number"),
        ("cell_size = 12000.0", "cell_size = inf", "should be a finite number, got inf"),
        ("[25.0, 47.0]", "[25.0]", "'standard_parallel' should be two numbers, got 1"),
        ("[25.0, 47.0]", "[25.0, 97.0]", "standard parallels"),
        ("lambert_conformal_conic", "albers", "the projection 'albers' is not known"),
        ("lambert_conformal_conic", "mercator", "'longitude_of_projection_origin' is lacking in"),
        ('units = "%"', "units = 1", r"'variables\[1\].units' should be a text, got 1"),
        ("[0.0, 60.0]", "[0.0, 60.0, 70.0]", "'valid_range' should be two numbers, got 3"),
        ("r2 = 0", "R2 = 0", r"'r2' is lacking in 'scores\[0\]'"),
        (
            "[[scores]]",
            "[training]\nseed = 2024-01-01\n[[scores]]",
            "not JSON serializable",
        ),
        ('licence = "Apache-2.0"', "licence = Apache-2.0", "cannot be read as TOML"),
        ("north = 32.5", "north = 22.5", "the region 'Sichuan Basin' should lie between"),
        ("north = 32.5", "top = 32.5", r"'north' is lacking in 'regions\[0\]'"),
        ("[grid.projection]", "[grid.project]", "'projection' is lacking in 'grid'"),
        ("\nlength = ", "\nlength = -", "expected a length and hours above 0"),
        ("\nlength = ", "\nlenght = ", "'length' is lacking in 'error_correlation'"),
    ],
)
def test_a_broken_description_is_named(tmp_path, right, wrong, message):
    text = SHIPPED.read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "broken.toml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        read_description(path)
    assert "broken.toml" in str(caught.value)


def test_a_description_may_extend_others(tmp_path):
    shipped = tmp_path / "shipped.toml"
    shipped.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    between = tmp_path / "between.toml"
    between.write_text('extends = "shipped.toml"\nsummary = "Between."\nversion = "7.0.0"\n')
    last = tmp_path / "last.toml"
    last.write_text('extends = "between.toml"\nname = "last"\nversion = "8.0.0"\n')
    found, expected = read_description(last), read_description(shipped)
    assert (found.name, found.summary, found.version) == ("last", "Between.", "8.0.0")
    assert found.static_layers == expected.static_layers
    assert found.files == expected.files
    # What another model scores, and how its errors go together, says nothing of this one.
    assert expected.scores
    assert found.scores == ()
    assert expected.error_correlation is not None
    assert found.error_correlation is None


@pytest.mark.parametrize("name", [name for name in POLLUTANTS if name != "pm25"])
def test_each_pollutant_has_a_description_that_its_recipe_fits(name):
    path = SHIPPED.with_name(f"pointfuse-china12-{name}.toml")
    found, shipped = read_description(path), read_description(SHIPPED)
    assert found.variables == (POLLUTANTS[name], *shipped.variables[1:])
    assert found.name == path.stem
    assert found.grid == shipped.grid
    layers = tuple(layer.name for layer in found.static_layers)
    assert (
        layers == read_recipe(str(SHIPPED.parent / "recipes" / "pollutants.toml")).static_channels
    )
    # What the layers have in common is described in the same words.
    words = {layer.name: layer for layer in shipped.static_layers}
    own = ("pattern_", "barren_fraction", "forest_fraction")
    assert all(
        layer == words[layer.name]
        for layer in found.static_layers
        if not layer.name.startswith(own)
    )


def test_a_description_names_a_pollutant_that_there_is(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text(
        SHIPPED.read_text(encoding="utf-8").replace("version =", 'pollutant = "no"\nversion =', 1)
    )
    with pytest.raises(ValueError, match="there is no pollutant 'no'; expected pm25"):
        read_description(path)


def test_a_description_does_not_extend_itself_or_nothing(tmp_path):
    path = tmp_path / "round.toml"
    path.write_text('extends = "back.toml"\n')
    (tmp_path / "back.toml").write_text('extends = "round.toml"\n')
    with pytest.raises(DescriptionError, match=r"round.toml extends itself; remove"):
        read_description(path)
    path.write_text('extends = "none.toml"\n')
    with pytest.raises(InputFileNotFoundError, match=r"there is no description .*none\.toml"):
        read_description(path)


def test_an_empty_list_is_named(tmp_path):
    text = SHIPPED.read_text(encoding="utf-8")
    start, end = text.index("limitations = ["), text.index("# Relative to this file")
    path = tmp_path / "broken.toml"
    path.write_text(text[:start] + "limitations = []\n" + text[end:], encoding="utf-8")
    with pytest.raises(DescriptionError, match="'limitations' should be a list with at least one"):
        read_description(path)


def test_a_missing_description_is_named(tmp_path):
    with pytest.raises(InputFileNotFoundError, match="there is no description"):
        read_description(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("rows = 42", "rows = 43", r"\(5, 43, 53\).*the file holds \(5, 42, 53\)"),
        ('"wind_speed"\nunits', '"wind"\nunits', "the network takes.*wind_speed.*names.*wind$"),
    ],
)
def test_a_description_of_another_network_is_refused(
    tmp_path, tiny_description, right, wrong, message
):
    text = tiny_description.read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "other.toml").write_text(text.replace(right, wrong), encoding="utf-8")
    network = load_checkpoint(tiny_description.with_name("checkpoint.npz")).network()
    with pytest.raises(DescriptionError, match=message):
        check_fits(read_description(tmp_path / "other.toml"), network)
