"""Options for running a model, shared by all commands."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from pointfuse.commands.shared.inputs_and_outputs import ModelFile
from pointfuse.fusion.where import AROUND_STATIONS, shipped_model
from pointfuse.model.devices import DEVICES, DeviceChoice
from pointfuse.model.loading import MAX_THREADS, Model, load_model
from pointfuse.model.precisions import PRECISIONS, PrecisionChoice
from pointfuse.stations.pollutants import POLLUTANTS

_RUNNING = (
    click.option(
        "--device",
        type=click.Choice(DEVICES),
        default=DEVICES[0],
        show_default=True,
        help="Device to run on; auto uses the best that works.",
    ),
    click.option(
        "--precision",
        type=click.Choice(PRECISIONS),
        default=PRECISIONS[0],
        show_default=True,
        help="Precision of the model file; auto uses the one for the device.",
    ),
    click.option(
        "--threads",
        type=click.IntRange(1, MAX_THREADS),
        help="Number of threads; by default the processors that the process may use.",
    ),
)

model_file_option = click.option(
    "--model",
    type=ModelFile(),
    help="Model file; the shipped one by default.",
)
"""The option that names a model file, the same for every command."""


variable_option = click.option(
    "--variable",
    type=click.Choice([*POLLUTANTS], case_sensitive=False),
    help="Pollutant whose shipped model is used; pm25 by default.",
)
"""The option that names a shipped model by what it fuses, the same for every command."""

ALL = "all"
"""In place of the names of all pollutants."""

variables_option = click.option(
    "--variable",
    "variables",
    multiple=True,
    type=click.Choice([*POLLUTANTS, ALL], case_sensitive=False),
    help="Pollutant whose shipped model is used, pm25 by default; repeat it for several.",
)
"""The same for several of them."""


def named_variables(given: Sequence[str], known: Sequence[str]) -> list[str]:
    """Names of pollutants as they were typed, each once; for ``all`` those that are known."""
    return [*known] if ALL in given else [*dict.fromkeys(given)]


def names_model(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that reads a model alone `model_file_option`, as ``model``.

    The file may also stand by itself, as it could before there was the option.
    """

    @click.argument("alone", metavar="[MODEL]", required=False, type=ModelFile())
    @model_file_option
    @functools.wraps(command)
    def one_model(alone: Path | None, model: Path | None, **options: Any) -> None:
        if alone is not None and model is not None:
            raise click.UsageError(f"--model {model} and {alone} are two models; give one")
        command(model=model or alone, **options)

    return one_model


@dataclass(frozen=True)
class RunningOptions:
    """How a model runs, as it was typed.

    Parameters
    ----------
    device, precision
        As in `pointfuse.load_model`.
    threads : int, optional
        Threads; all usable processors by default.
    """

    device: DeviceChoice
    precision: PrecisionChoice
    threads: int | None

    def load_each(
        self, model: Path | None, variables: Sequence[str], domain: str | None = None
    ) -> list[Model]:
        """Load a model file, or the shipped models of some variables; that of pm25 without any.

        Raises
        ------
        InputFileNotFoundError, ModelFileError, DeviceError
            As `pointfuse.load_model`.
        """
        names: Sequence[str | None] = variables or [None]
        return [self.load(model, name, domain) for name in names]

    def load(
        self, model: Path | None, variable: str | None = None, domain: str | None = None
    ) -> Model:
        """Load a model file, or the shipped model of a variable.

        With a domain it is one of any place; around stations, that place is still to be chosen.

        Raises
        ------
        InputFileNotFoundError, ModelFileError, DeviceError
            As `pointfuse.load_model`.
        """
        if model is not None and variable is not None:
            raise click.UsageError(
                f"--model {model} fuses what it was made for; leave --variable {variable} out"
            )
        if model is None:
            return shipped_model(variable, domain, self.device, self.precision, self.threads)
        around = domain in (None, AROUND_STATIONS)
        return load_model(
            model,
            domain=None if around else domain,
            threads=self.threads,
            device=self.device,
            precision=self.precision,
        )


def gathered(
    name: str, kind: type[Any], options: tuple[Callable[[Any], Any], ...]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorator that gives a command some options, which reach it as one argument.

    Parameters
    ----------
    name : str
        Name of the argument.
    kind : dataclass
        What it is: a field for each option.
    options : tuple of callable
        The options, as decorators of click.
    """
    names = [each.name for each in fields(kind)]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_gathered(**given: Any) -> None:
            one = kind(**{field: given.pop(field) for field in names})
            command(**{name: one}, **given)

        decorated: Callable[..., None] = with_gathered
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


running_options = gathered("running", RunningOptions, _RUNNING)
"""Give a command the argument ``running``: `RunningOptions`."""
