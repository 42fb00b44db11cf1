"""Options that say how a model runs: the same for every command that runs one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from pointfuse.model.devices import DEVICES
from pointfuse.model.loading import MAX_THREADS, Model, load_model
from pointfuse.model.precisions import PRECISIONS

_RUNNING = (
    click.option(
        "--device",
        type=click.Choice(DEVICES),
        default=DEVICES[0],
        show_default=True,
        help="Where the network runs; auto takes the best that works.",
    ),
    click.option(
        "--precision",
        type=click.Choice(PRECISIONS),
        default=PRECISIONS[0],
        show_default=True,
        help="Which file of the shipped model; auto takes the one that suits the device.",
    ),
    click.option(
        "--threads",
        type=click.IntRange(1, MAX_THREADS),
        help="Threads; all usable processors by default.",
    ),
)

_NETWORK_ALONE = click.option(
    "--network-alone",
    is_flag=True,
    help="Fields of the network as published, without the Gaussian process and uncertainty.",
)


def running_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options ``device``, ``precision`` and ``threads``."""
    for option in reversed(_RUNNING):
        command = option(command)
    return command


def model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `running_options` and ``network_alone``."""
    return _NETWORK_ALONE(running_options(command))


def load(options: Mapping[str, Any]) -> Model:
    """The model that the options of `model_options`, and ``model``, name.

    Raises
    ------
    InputFileNotFoundError, ModelFileError, DeviceError
        As `pointfuse.load_model`.
    """
    return load_model(
        options["model"],
        threads=options["threads"],
        device=options["device"],
        precision=options["precision"],
        network_alone=options["network_alone"],
    )
