"""What a service is started with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pointfuse.basics.units import REFERENCE_CELSIUS
from pointfuse.model.loading import Model
from pointfuse.model.metadata import grid_to_dict
from pointfuse.stations.eight_hour_means import RuleName
from pointfuse.stations.readers.network_list import StationList
from pointfuse.stations.reading import DEFAULT_TIMEZONE
from pointfuse.version import __version__

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Settings:
    """What a service is started with.

    Parameters
    ----------
    models : mapping of str to Model
        The model of each variable that it fuses, the default one first.
    stations : StationList, optional
        Places of stations, for files that hold none.
    timezone : str
        Time zone of the days where a request names none.
    min_hours : int
        Valid hours that make a daily mean where a request names none.
    low_cost : bool
        Whether files of low-cost sensors are used too.
    gas_temperature : float
        Degrees Celsius at which shares of the air become masses.
    mda8 : str
        The rule for largest 8-hour means of a day.
    keep : int
        Fields of days, or hours, that are kept in memory; a request has no more.
    queue : int
        Requests that wait for a computation, at most.
    most_bytes : int
        Largest body of a request, and the most that it is when unpacked.
    root_path : str
        What a proxy has taken from the front of the addresses.
    allow_origin : tuple of str
        Other sites whose pages may read the answers.
    golden : mapping of str to float
        How far each model was from its golden case; those that have none are not in it.
    """

    models: Mapping[str, Model]
    stations: StationList | None = None
    timezone: str = DEFAULT_TIMEZONE
    min_hours: int = 18
    low_cost: bool = False
    gas_temperature: float = REFERENCE_CELSIUS
    mda8: RuleName = "china"
    keep: int = 64
    queue: int = 100
    most_bytes: int = 16 * MEGABYTE
    root_path: str = ""
    allow_origin: tuple[str, ...] = ()
    golden: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> bytes:
        """Hash of all that decides on a field beside the request."""
        content = {
            "version": __version__,
            "models": {name: _facts(model) for name, model in self.models.items()},
            "places": {} if self.stations is None else self.stations.places,
            "cities": {} if self.stations is None else self.stations.cities,
            "read": [self.low_cost, self.gas_temperature, self.mda8],
        }
        return hashlib.sha256(json.dumps(content).encode()).digest()


def _facts(model: Model) -> object:
    grid = model.metadata.own_grid
    return model.sha256, model.device, None if grid is None else grid_to_dict(grid)
