"""`pointfuse serve`: an HTTP service."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pointfuse.basics.counted import counted
from pointfuse.basics.threads.native_calls import Pool
from pointfuse.basics.timezones import parse_timezone
from pointfuse.basics.units import said_units
from pointfuse.commands.shared.command_line import say
from pointfuse.commands.shared.inputs_and_outputs import Command
from pointfuse.commands.shared.reading import (
    domain_option,
    gas_temperature_option,
    low_cost_option,
    mda8_option,
    min_hours_option,
    stations_option,
    timezone_option,
    warn_of_default_timezone,
)
from pointfuse.commands.shared.running import (
    RunningOptions,
    model_file_option,
    named_variables,
    running_options,
    variables_option,
)
from pointfuse.errors import InputFileNotFoundError, MissingExtraError
from pointfuse.model.loading import Model
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse.service.settings import MEGABYTE, Settings
from pointfuse.stations.eight_hour_means import RuleName
from pointfuse.stations.files.sources import expanded
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.readers.station_list import read_station_lists
from pointfuse.trust.verification import golden_difference

if TYPE_CHECKING:
    from types import ModuleType

logger = logging.getLogger(__name__)


@click.command(cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="Interface to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 takes one that is free.",
)
@stations_option
@model_file_option
@variables_option
@domain_option
@timezone_option
@min_hours_option
@low_cost_option
@gas_temperature_option
@mda8_option
@running_options
@click.option(
    "--keep",
    type=click.IntRange(1),
    default=64,
    show_default=True,
    help="Fields of days, or hours, that are kept in memory; a request may have no more.",
)
@click.option(
    "--queue",
    type=click.IntRange(0),
    default=100,
    show_default=True,
    help="Requests that may wait for a computation; others are asked to try again.",
)
@click.option(
    "--max-megabytes",
    type=click.FloatRange(0, 1_000_000, min_open=True),
    default=16.0,
    show_default=True,
    help="Largest file that may be posted, packed or not.",
)
@click.option(
    "--root-path",
    default="",
    help="What a proxy takes from the front of addresses, such as /pm25.",
)
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="URL",
    help="Site whose pages may read the answers in a browser; * for all. Repeat it for several.",
)
def serve(
    host: str,
    port: int,
    stations: tuple[Path, ...],
    model: Path | None,
    variables: tuple[str, ...],
    domain: str | None,
    timezone: str,
    min_hours: int,
    low_cost: bool,
    gas_temperature: float,
    mda8: RuleName,
    running: RunningOptions,
    keep: int,
    queue: int,
    max_megabytes: float,
    root_path: str,
    allow_origin: tuple[str, ...],
) -> None:
    """Fuse stations that are posted over HTTP into fields, and give files, tiles and values.

    The service keeps the latest fields in memory and writes no file. It asks nobody who he is: put
    a proxy in front of it. SIGTERM ends it, with the code 143.
    """
    if model is not None and variables:
        raise click.UsageError(f"--model {model} fuses what it was made for; leave --variable out")
    if math.isnan(max_megabytes):
        raise click.BadParameter("expected a number, got nan", param_hint="--max-megabytes")
    parse_timezone(timezone)
    server = _server_module()
    try:
        listening = server.listening_socket(host, port)
    except OSError as error:
        raise click.BadParameter(
            f"{host}:{port} cannot be listened on: {error}; name another, or end what is there",
            param_hint="--host and --port",
        ) from error
    # On a GPU a model runs only in the thread that has loaded it.
    with listening, Pool(1, thread_name_prefix="computing") as thread:
        names = named_variables(variables, [*dict.fromkeys(m.variable for m in shipped_models())])
        models = thread.submit(running.load_each, model, names, domain).result()
        settings = Settings(
            {each.metadata.target.name: each for each in models},
            _station_list(stations),
            timezone,
            min_hours,
            low_cost=low_cost,
            gas_temperature=gas_temperature,
            mda8=mda8,
            keep=keep,
            queue=queue,
            most_bytes=round(max_megabytes * MEGABYTE),
            root_path="".join(f"/{part}" for part in root_path.split("/") if part),
            allow_origin=allow_origin,
            golden=thread.submit(_golden, models, model).result(),
        )
        for each in models:
            if each.metadata.own_grid is not None:
                warn_of_default_timezone(timezone, each.metadata.own_grid)
            say(f"pointfuse: {_ready(each, settings)}", err=True)
        # Where it listens, and a line a request.
        logging.getLogger("pointfuse.service").setLevel(logging.INFO)
        server.Server(settings, thread).run([listening])


def _server_module() -> ModuleType:
    """The module that needs the extra; help and messages do without."""
    try:
        from pointfuse.service import server
    except ModuleNotFoundError as error:
        if (error.name or "pointfuse").split(".")[0] == "pointfuse":
            raise
        raise MissingExtraError(
            "a service needs starlette and uvicorn; install them with pip install "
            "'pointfuse[serve]'"
        ) from error
    return server


def _station_list(paths: Sequence[Path]) -> StationList | None:
    return read_station_lists(expanded(paths)) if paths else None


def _golden(models: Sequence[Model], file: Path | None) -> dict[str, float]:
    """How far each model is from its golden case; a file of one's own may have none."""
    found = {}
    for model in models:
        beside = model_folder() / "manifest.json" if file is None else file
        try:
            found[model.metadata.target.name] = golden_difference(model, beside)
        except InputFileNotFoundError as error:
            logger.warning("%s was not checked: %s", model.metadata.name, error)
    return found


def _ready(model: Model, settings: Settings) -> str:
    """What a model is, and how it did in its golden case."""
    metadata = model.metadata
    difference = settings.golden.get(metadata.target.name)
    checked = (
        "without a golden case"
        if difference is None
        else f"{difference:.2g} {said_units(metadata.target.units)} from its golden case"
    )
    return (
        f"{metadata.target.name}: {metadata.name} {metadata.version} in {metadata.precision} on "
        f"{model.device}, {counted(model.threads, 'thread')}, {checked}"
    )
