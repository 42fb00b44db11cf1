"""Where a field is made: on the grid of a model, or of any place, around the stations."""

from __future__ import annotations

import logging
from os import PathLike

import numpy as np

from pointfuse.domains.domain import Domain
from pointfuse.domains.extents import extent_of_stations
from pointfuse.domains.new_domain import MARGIN, new_domain
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.devices import DeviceChoice
from pointfuse.model.loading import Model, load_model
from pointfuse.model.precisions import PrecisionChoice, chosen_path
from pointfuse.stations.observations import Stations

logger = logging.getLogger(__name__)

AROUND_STATIONS = "auto"
"""In place of a domain."""

_MOSTLY = 0.5


def shipped_model(
    variable: str | None,
    domain: Domain | Grid | str | PathLike[str] | None,
    device: DeviceChoice,
    precision: PrecisionChoice,
    threads: int | None = None,
) -> Model:
    """A shipped model for a domain; one of any place that has none yet for ``auto``.

    Parameters
    ----------
    variable, domain, threads, device, precision
        As of `pointfuse.load_model`.
    """
    path = None
    if isinstance(domain, str) and domain == AROUND_STATIONS:
        path = chosen_path(None, precision, "cpu", variable, anywhere=True)
        variable, domain = None, None
        device = "cpu" if device == "auto" else device
    return load_model(
        path,
        variable=variable,
        domain=domain,
        threads=threads,
        device=device,
        precision=precision,
    )


def domain_of(stations: Stations) -> Domain:
    """A domain around stations, with 100 km on each side.

    Raises
    ------
    InputError
        If no station has coordinates.
    """
    return new_domain(extent_of_stations(stations.longitude, stations.latitude), margin=MARGIN)


def around(model: Model, stations: Stations) -> Model:
    """A model of any place on a domain around stations; one that has a place as it is.

    Raises
    ------
    InputError
        If no station has coordinates.
    """
    if model.metadata.own_grid is not None:
        return model
    domain = domain_of(stations)
    logger.info("fused on a domain around the stations, %s", domain.summary)
    return model.on(domain.grid)


def is_elsewhere(model: Model, stations: Stations) -> bool:
    """Whether most of the stations that have coordinates lie outside of the grid of a model."""
    known = np.isfinite(stations.longitude) & np.isfinite(stations.latitude)
    if model.metadata.own_grid is None or not known.any():
        return False
    cells = model.metadata.grid.cells(stations.longitude[known], stations.latitude[known])
    return bool(np.mean(cells < 0) > _MOSTLY)
