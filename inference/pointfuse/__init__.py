"""Fuse sparse station observations into complete fields, with one ONNX file on a CPU.

>>> import pointfuse
>>> fields = pointfuse.fuse(pointfuse.read_stations("examples/air_quality.csv"))
>>> path = fields.to_netcdf("pm25.nc")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pointfuse.basics.shown import cards_of
from pointfuse.version import __version__

if TYPE_CHECKING:
    from pointfuse.domains.domain import Domain, read_domain
    from pointfuse.errors import (
        ArgumentError,
        ClusterError,
        DeviceError,
        InputError,
        InputFileNotFoundError,
        MissingExtraError,
        ModelFileError,
        OutputError,
        PointfuseError,
        UnreadableFileError,
    )
    from pointfuse.fields.day_status import DayStatus
    from pointfuse.fields.districts.means import DistrictMeans
    from pointfuse.fields.fused_fields import FusedFields
    from pointfuse.fields.geotiff import write_geotiff
    from pointfuse.fields.ioapi import write_ioapi
    from pointfuse.fields.netcdf import write_netcdf
    from pointfuse.fields.places.points import Places
    from pointfuse.fields.places.series import PlaceSeries
    from pointfuse.fusion.fuse import fuse, fuse_pollutants
    from pointfuse.grid.projections import (
        LambertConformal,
        LatitudeLongitude,
        Mercator,
        PolarStereographic,
        Projection,
    )
    from pointfuse.grid.regular_grid import Grid
    from pointfuse.limits.indices import AirQuality, air_quality
    from pointfuse.model.loading import Model, load_model
    from pointfuse.model.metadata import ModelMetadata, StaticLayer, Variable
    from pointfuse.model.model_file import read_model_file
    from pointfuse.model.shipped import model_folder
    from pointfuse.stations.gridding import PlacedObservations, place
    from pointfuse.stations.observations import Observations, Stations
    from pointfuse.stations.pollutants import POLLUTANTS
    from pointfuse.stations.quality.day_checks import check_days
    from pointfuse.stations.quality.reasons import Reason, State, states
    from pointfuse.stations.reading import read_stations
    from pointfuse.trust.crossval import CrossValidation, cross_validate
    from pointfuse.trust.evaluation import Evaluation, evaluate

# A name loads its module when it is first asked for (PEP 562): a command, or whoever reads station
# files alone, need not wait for what is not used.
_MODULES = {
    "ArgumentError": "pointfuse.errors",
    "ClusterError": "pointfuse.errors",
    "DeviceError": "pointfuse.errors",
    "InputError": "pointfuse.errors",
    "InputFileNotFoundError": "pointfuse.errors",
    "MissingExtraError": "pointfuse.errors",
    "ModelFileError": "pointfuse.errors",
    "OutputError": "pointfuse.errors",
    "PointfuseError": "pointfuse.errors",
    "UnreadableFileError": "pointfuse.errors",
    "Domain": "pointfuse.domains.domain",
    "read_domain": "pointfuse.domains.domain",
    "DayStatus": "pointfuse.fields.day_status",
    "DistrictMeans": "pointfuse.fields.districts.means",
    "FusedFields": "pointfuse.fields.fused_fields",
    "write_geotiff": "pointfuse.fields.geotiff",
    "write_ioapi": "pointfuse.fields.ioapi",
    "write_netcdf": "pointfuse.fields.netcdf",
    "Places": "pointfuse.fields.places.points",
    "PlaceSeries": "pointfuse.fields.places.series",
    "fuse": "pointfuse.fusion.fuse",
    "fuse_pollutants": "pointfuse.fusion.fuse",
    "LambertConformal": "pointfuse.grid.projections",
    "LatitudeLongitude": "pointfuse.grid.projections",
    "Mercator": "pointfuse.grid.projections",
    "PolarStereographic": "pointfuse.grid.projections",
    "Projection": "pointfuse.grid.projections",
    "Grid": "pointfuse.grid.regular_grid",
    "AirQuality": "pointfuse.limits.indices",
    "air_quality": "pointfuse.limits.indices",
    "Model": "pointfuse.model.loading",
    "load_model": "pointfuse.model.loading",
    "ModelMetadata": "pointfuse.model.metadata",
    "StaticLayer": "pointfuse.model.metadata",
    "Variable": "pointfuse.model.metadata",
    "read_model_file": "pointfuse.model.model_file",
    "model_folder": "pointfuse.model.shipped",
    "PlacedObservations": "pointfuse.stations.gridding",
    "place": "pointfuse.stations.gridding",
    "Observations": "pointfuse.stations.observations",
    "Stations": "pointfuse.stations.observations",
    "check_days": "pointfuse.stations.quality.day_checks",
    "Reason": "pointfuse.stations.quality.reasons",
    "State": "pointfuse.stations.quality.reasons",
    "states": "pointfuse.stations.quality.reasons",
    "POLLUTANTS": "pointfuse.stations.pollutants",
    "read_stations": "pointfuse.stations.reading",
    "CrossValidation": "pointfuse.trust.crossval",
    "cross_validate": "pointfuse.trust.crossval",
    "Evaluation": "pointfuse.trust.evaluation",
    "evaluate": "pointfuse.trust.evaluation",
}

__all__ = [
    "POLLUTANTS",
    "AirQuality",
    "ArgumentError",
    "ClusterError",
    "CrossValidation",
    "DayStatus",
    "DeviceError",
    "DistrictMeans",
    "Domain",
    "Evaluation",
    "FusedFields",
    "Grid",
    "InputError",
    "InputFileNotFoundError",
    "LambertConformal",
    "LatitudeLongitude",
    "Mercator",
    "MissingExtraError",
    "Model",
    "ModelFileError",
    "ModelMetadata",
    "Observations",
    "OutputError",
    "PlaceSeries",
    "PlacedObservations",
    "Places",
    "PointfuseError",
    "PolarStereographic",
    "Projection",
    "Reason",
    "State",
    "StaticLayer",
    "Stations",
    "UnreadableFileError",
    "Variable",
    "__version__",
    "air_quality",
    "check_days",
    "cross_validate",
    "evaluate",
    "fuse",
    "fuse_pollutants",
    "load_model",
    "model_folder",
    "place",
    "read_domain",
    "read_model_file",
    "read_stations",
    "states",
    "write_geotiff",
    "write_ioapi",
    "write_netcdf",
]


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_MODULES[name]), name)
    # From now on it is an attribute as any other.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """All names, loaded or not."""
    return sorted({*globals(), *__all__})


cards_of("pointfuse.pictures.notebook_cards")
cards_of("pointfuse.pictures.field_figure")
