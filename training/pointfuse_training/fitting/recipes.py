"""Recipes: all that a training depends on beside its data, by name or from a TOML file."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from pointfuse.basics.toml_files import read_toml
from pointfuse.errors import InputError, InputFileNotFoundError
from pointfuse_training.network.variants import VARIANT_WIDTHS, VARIANTS
from pointfuse_training.samples.hidden_stations import HIDING, Hiding
from pointfuse_training.samples.sampling import SAMPLING, Sampling
from pointfuse_training.samples.static_channels import DEFAULT_CHANNELS, PAPER_CHANNELS

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
POINT_CONVS = ("auto", "direct", "fourier")

_TABLES = {"sampling": Sampling, "hiding": Hiding}
"""Values of a recipe that are tables of their own."""


@dataclass(frozen=True)
class Recipe:
    """Configuration of a training.

    Parameters
    ----------
    name : str
        Name of the recipe that the values come from.
    variant : str
        Key of `variants.VARIANTS`.
    widths : tuple of int
        Channels at each level of RegrUnetPP, finest first.
    static_channels : tuple of str
        Keys of `static_channels.CHANNELS`.
    archive_shares : tuple of float
        Shares of the draws from each archive, where there are several; equal without them.
    sampling : Sampling
        How simulated days are observed.
    hiding : Hiding
        How stations of observed days are hidden, when a network is adapted to them.
    batch : int
        Days of an iteration, in each process.
    crop : int
        Edge of the square patch of each day that is learned from, cells; 0 for the whole grid.
    iterations : int
        Length of the training.
    minutes : float
        Time budget instead of a number of iterations; 0 for none.
    learning_rate, weight_decay : float
        Of AdamW.
    warm_up : int
        Iterations in which the learning rate grows from 0; from there it follows half a cosine.
    largest_gradient : float
        Norm to which gradients are clipped.
    average : float
        Share that the exponential moving average of the weights keeps in an iteration; the average
        is what is evaluated and written.
    keep_statistics : bool
        Whether batch normalisation keeps the statistics that the weights came with. Those of a few
        patches are not those of the whole grid, on which the network is used.
    sea_weight, land_weight, target_weight : float
        Weights of the cells in the loss: at sea, on land, and on the land of `target_layer`.
    inhabited_weight : float
        Weight that the most inhabited cells have in addition.
    target_layer : str
        Array of the static file with the share of each cell that belongs to the region that the
        network is made for; empty for none.
    precision : str
        Type that RegrUnetPP computes in: ``fp32``, ``bf16``, ``fp16``, or ``auto`` (the fastest
        that the device has).
    point_conv : str
        ``direct`` or ``fourier`` convolution, or ``auto`` (the one measured to be faster).
    held_out : int
        Last scenarios of the archive, kept for validation.
    validation_days : int
        Days of them that a validation takes.
    validate_every : int
        Iterations between validations.
    save_minutes : float
        Minutes between states from which an interrupted training resumes.
    seed : int
        Seed of the weights and of all draws.

    Raises
    ------
    InputError
        If a value is impossible.
    """

    name: str = "default"
    variant: str = "default"
    widths: tuple[int, ...] = VARIANT_WIDTHS["default"]
    static_channels: tuple[str, ...] = DEFAULT_CHANNELS
    archive_shares: tuple[float, ...] = ()
    sampling: Sampling = SAMPLING
    hiding: Hiding = HIDING
    batch: int = 10
    crop: int = 0
    iterations: int = 20_000
    minutes: float = 0.0
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warm_up: int = 200
    largest_gradient: float = 1.0
    average: float = 0.999
    keep_statistics: bool = False
    sea_weight: float = 0.15
    land_weight: float = 0.5
    target_weight: float = 1.0
    inhabited_weight: float = 1.0
    target_layer: str = ""
    precision: str = "auto"
    point_conv: str = "auto"
    held_out: int = 4
    validation_days: int = 8
    validate_every: int = 1000
    save_minutes: float = 5.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (
            ("variant", tuple(VARIANTS)),
            ("precision", PRECISIONS),
            ("point_conv", POINT_CONVS),
        ):
            if getattr(self, name) not in known:
                raise InputError(
                    f"there is no {name} '{getattr(self, name)}'; expected one of "
                    f"{', '.join(known)}"
                )
        positive = ("batch", "iterations", "learning_rate", "largest_gradient", "validate_every")
        if wrong := [name for name in positive if not getattr(self, name) > 0]:
            raise InputError(f"'{wrong[0]}' should be positive, got {getattr(self, wrong[0])}")
        counts = (
            *("crop", "minutes", "weight_decay", "warm_up"),
            *("held_out", "validation_days", "save_minutes", "seed"),
        )
        weights = ("sea_weight", "land_weight", "target_weight", "inhabited_weight")
        if wrong := [name for name in counts + weights if not getattr(self, name) >= 0]:
            raise InputError(f"'{wrong[0]}' should not be negative, got {getattr(self, wrong[0])}")
        if self.archive_shares and not min(self.archive_shares) > 0:
            raise InputError(f"'archive_shares' should be positive, got {self.archive_shares}")
        if not 0 <= self.average < 1:
            raise InputError(f"'average' should be from 0 to below 1, got {self.average}")
        if not self.widths or min(self.widths) < 1:
            raise InputError(f"'widths' should be positive numbers, got {self.widths}")

    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON types."""
        tables = {name: _json_types(asdict(getattr(self, name))) for name in _TABLES}
        plain = {name: value for name, value in asdict(self).items() if name not in _TABLES}
        return _json_types(plain) | tables


# One weight everywhere, errors in ug/m3, stations anywhere and nothing else: as published.
_PAPER = Recipe(
    name="paper",
    variant="paper",
    widths=VARIANT_WIDTHS["paper"],
    static_channels=PAPER_CHANNELS,
    sea_weight=1.0,
    land_weight=1.0,
    inhabited_weight=0.0,
    sampling=Sampling(
        network=0.0,
        clustered=0.0,
        most_holes=0.0,
        several=0.0,
        regional=0.0,
        few=0.0,
        one_sided=0.0,
        noise=0.0,
        outliers=0.0,
        day_factor_spread=0.0,
        largest_offset=0.0,
        weather_stations=(1500, 2500),
        without_weather=0.0,
    ),
)

RECIPES = {
    "default": Recipe(),
    "paper": _PAPER,
    # From trained weights: small steps, soon over.
    "fine-tune": Recipe(
        name="fine-tune",
        batch=2,
        crop=128,
        iterations=1000,
        learning_rate=1e-4,
        warm_up=50,
        average=0.99,
        keep_statistics=True,
        validate_every=250,
    ),
    # From trained weights to observed days: smaller steps still, since there are fewer days.
    "adapt": Recipe(
        name="adapt",
        batch=4,
        crop=128,
        iterations=500,
        learning_rate=1e-4,
        warm_up=25,
        average=0.99,
        validate_every=100,
    ),
}


def read_recipe(name: str) -> Recipe:
    """A recipe by name, or from a TOML file.

    Parameters
    ----------
    name : str
        Key of `RECIPES`, or path of a file. A file holds the values that differ from those of the
        recipe that its entry ``base`` names (``default`` without one); those of the sampling and
        of the hiding in tables ``[sampling]`` and ``[hiding]``.

    Raises
    ------
    InputError
        If there is no such recipe, or the file is no recipe.

    Examples
    --------
    >>> read_recipe("paper").iterations
    20000
    """
    if name in RECIPES:
        return RECIPES[name]
    path = Path(name)
    try:
        content = read_toml(path, "recipe")
    except InputFileNotFoundError as error:
        raise InputError(
            f"there is no recipe '{name}'; expected one of {', '.join(RECIPES)}, or a TOML file"
        ) from error
    try:
        base = content.pop("base", "default")
        if base not in RECIPES:
            raise InputError(f"'base' should be one of {', '.join(RECIPES)}, got {base!r}")
        return changed(RECIPES[base], {"name": path.stem} | content)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error


def changed(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """A recipe with some other values, given as JSON types.

    Raises
    ------
    InputError
        If there is no such value, or it is of another type.
    """
    values = dict(values)
    tables = {}
    for name, kind in _TABLES.items():
        table = values.pop(name, {})
        if not isinstance(table, dict):
            raise InputError(f"'{name}' should be a table, got {table!r}")
        tables[name] = replace(getattr(recipe, name), **_typed(kind, table))
    return replace(recipe, **tables, **_typed(Recipe, values))


def _json_types(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def _typed(table: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with the types that a dataclass gives to its fields."""
    kinds = typing.get_type_hints(table)
    known = [field.name for field in fields(table) if field.name not in _TABLES]
    if unknown := [name for name in values if name not in known]:
        raise InputError(f"'{unknown[0]}' is not known; expected only {', '.join(known)}")
    return {name: _as(kinds[name], name, value) for name, value in values.items()}


def _as(kind: Any, name: str, value: Any) -> Any:
    if isinstance(kind, types.GenericAlias):
        entries = kind.__args__
        if not isinstance(value, list | tuple) or (
            entries[-1] is not Ellipsis and len(entries) != len(value)
        ):
            raise InputError(f"'{name}' should be a list such as {kind}, got {value!r}")
        return tuple(_as(entries[0], name, entry) for entry in value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise InputError(f"'{name}' should be of the type {kind.__name__}, got {value!r}")
    return value
