"""Fuse sparse station observations into complete daily fields, with one ONNX file on a CPU.

>>> import pointfuse
>>> fields = pointfuse.fuse(pointfuse.read_stations("examples/air_quality.csv"))
>>> path = fields.to_netcdf("pm25.nc")
"""

from pointfuse.basics.shown import cards_of
from pointfuse.errors import (
    DeviceError,
    InputError,
    InputFileNotFoundError,
    MissingExtraError,
    ModelFileError,
    OutputError,
    PointfuseError,
)
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.fuse import fuse
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.loading import Model, load_model
from pointfuse.model.metadata import ModelMetadata, StaticLayer, Variable
from pointfuse.stations.observations import Observations, Stations
from pointfuse.stations.reading import read_stations
from pointfuse.version import __version__

__all__ = [
    "DeviceError",
    "FusedFields",
    "Grid",
    "InputError",
    "InputFileNotFoundError",
    "LambertConformal",
    "MissingExtraError",
    "Model",
    "ModelFileError",
    "ModelMetadata",
    "Observations",
    "OutputError",
    "PointfuseError",
    "StaticLayer",
    "Stations",
    "Variable",
    "__version__",
    "fuse",
    "load_model",
    "read_stations",
]

cards_of("pointfuse.pictures.notebook_cards")
