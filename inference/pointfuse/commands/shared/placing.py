"""Where fields are made, once the stations are known."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pointfuse.basics.counted import counted
from pointfuse.commands.shared.reading import (
    ReadingOptions,
    station_files,
    warn_of_default_timezone,
)
from pointfuse.commands.shared.running import RunningOptions
from pointfuse.fusion.where import AROUND_STATIONS, around, domain_of, is_elsewhere
from pointfuse.model.loading import Model
from pointfuse.stations.files.only_pollutant import only_pollutant
from pointfuse.stations.observations import Stations

logger = logging.getLogger(__name__)


def variable_of(given: Sequence[str | None], reading: ReadingOptions) -> list[str]:
    """Variables that were named; without any, the only pollutant of the files if they have one."""
    named = [name for name in given if name is not None]
    if named or reading.model is not None:
        return named
    found = only_pollutant(station_files(reading))
    return [] if found is None else [found]


def placed_models(
    models: Sequence[Model],
    stations: Stations,
    reading: ReadingOptions,
    running: RunningOptions,
) -> list[Model]:
    """Models on the grid that their fields are made on.

    Models of any place that have none yet get a domain around the stations. So do the stations of
    another part of the Earth where neither a model nor a domain is named: the shipped models of
    any place then take the place of those of China.

    Parameters
    ----------
    models : sequence of Model
        As they were loaded.
    stations : Stations
        All that were read.
    reading : ReadingOptions
        What was typed.
    running : RunningOptions
        How models run.

    Raises
    ------
    InputError
        If no station has coordinates to make a domain of.
    MissingExtraError
        If pointfuse-world is not installed.
    """
    chosen = reading.model is None and reading.domain is None
    if chosen and is_elsewhere(models[0], stations):
        domain = domain_of(stations)
        logger.warning(
            "of %s most lie outside of China, which the default model is for: fused with the model "
            "of any place on a domain around them, %s (--domain auto does so without a word)",
            counted(len(stations), "station"),
            domain.summary,
        )
        warn_of_default_timezone(reading.timezone, domain.grid)
        names = [model.metadata.target.name for model in models]
        of_any_place = running.load_each(None, names, AROUND_STATIONS)
        return [model.on(domain.grid) for model in of_any_place]
    placed = [around(model, stations) for model in models]
    if reading.domain == AROUND_STATIONS:
        warn_of_default_timezone(reading.timezone, placed[0].metadata.grid)
    return placed
