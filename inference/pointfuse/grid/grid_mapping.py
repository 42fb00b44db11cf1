"""CF grid mappings and cell coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.netcdf_files.netcdf_values import read_numbers
from pointfuse.errors import InputError
from pointfuse.grid.projections import LatitudeLongitude, Projection, read_projection
from pointfuse.grid.regular_grid import Grid

EARTH_RADIUS = 6_370_000.0
"""Radius of the sphere of CMAQ and WRF, taken where a file names none, m."""

_IRREGULAR = 0.05
"""Largest distance of a cell from its place in a regular grid, as a share of a cell: coordinates in
single precision are some metres off."""

_METRES = {"m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0, "km": 1000.0}


@dataclass(frozen=True)
class GridAxes:
    """Where the values of a netCDF variable lie.

    Parameters
    ----------
    dimensions : tuple of two str
        Names of the dimensions of rows and columns.
    grid : Grid
        Their grid.
    order : tuple of two slices
        What brings rows into the order from south to north, columns from west to east.
    """

    dimensions: tuple[str, str]
    grid: Grid
    order: tuple[slice, slice]


def mapping_attributes(projection: Projection) -> dict[str, Any]:
    """Attributes of the variable that stands for a projection."""
    attributes: dict[str, Any] = {"grid_mapping_name": projection.grid_mapping_name}
    for name, value in asdict(projection).items():
        attributes[name] = np.array(value) if isinstance(value, tuple) else value
    if not isinstance(projection, LatitudeLongitude):
        attributes |= {"false_easting": 0.0, "false_northing": 0.0}
    return attributes


def axis_values(grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of rows and columns for files: m, or degrees on a latitude-longitude grid."""
    if not isinstance(grid.projection, LatitudeLongitude):
        return grid.y, grid.x
    radius, middle = grid.projection.earth_radius, grid.projection.longitude_of_central_meridian
    return np.degrees(grid.y / radius), middle + np.degrees(grid.x / radius)


def axis_attributes(grid: Grid) -> tuple[dict[str, str], dict[str, str]]:
    """Attributes of the coordinates of rows and columns."""
    if isinstance(grid.projection, LatitudeLongitude):
        return (
            {**degrees_attributes("latitude", "north"), "axis": "Y"},
            {**degrees_attributes("longitude", "east"), "axis": "X"},
        )
    return _plane_attributes("y", "northward"), _plane_attributes("x", "eastward")


def degrees_attributes(name: str, direction: str) -> dict[str, str]:
    """Attributes of latitudes or longitudes."""
    return {"standard_name": name, "long_name": name, "units": f"degrees_{direction}"}


def _plane_attributes(axis: str, direction: str) -> dict[str, str]:
    return {
        "standard_name": f"projection_{axis}_coordinate",
        "long_name": f"{direction} distance of the cell centre in the plane of the projection",
        "units": "m",
        "axis": axis.upper(),
    }


def grid_axes(
    dataset: netCDF4.Dataset, name: str, projection: Projection | None = None
) -> GridAxes:
    """Grid of a variable, from its coordinates and its grid mapping.

    Parameters
    ----------
    dataset : netCDF4.Dataset
        The file.
    name : str
        The variable; its last two dimensions are rows and columns.
    projection : Projection, optional
        Projection of a file that names none.

    Raises
    ------
    InputError
        If the file does not say where the cells are, or they are not square and regular.
    """
    rows, columns = dataset[name].dimensions[-2:]
    mapping = _mapping(dataset, name)
    if mapping is not None and projection is not None:
        raise InputError("the file has a projection; do not give another one")
    y, x = _coordinate(dataset, rows), _coordinate(dataset, columns)
    along_axes = y is not None and x is not None
    if along_axes and _is_degrees(y, "n") and _is_degrees(x, "e"):
        return GridAxes(
            (rows, columns), *_geographic(read_numbers(y), read_numbers(x), mapping or {})
        )
    plane, northing, easting = _plane(mapping) if mapping else (projection, 0.0, 0.0)
    if plane is None:
        raise InputError(
            f"{name} has no projection: expected a grid_mapping, or latitude and longitude as "
            "coordinates of its rows and columns; give the projection if you know it"
        )
    centres = _centres(dataset, (rows, columns))
    if along_axes:
        grid, order = _regular(plane, _in_metres(y) - northing, _in_metres(x) - easting)
        if centres is not None:
            _check_centres(grid, *(table[order] for table in centres))
    elif centres is not None:
        grid, order = grid_of_centres(plane, *centres)
    else:
        raise InputError(
            f"{name} has no coordinates of its cells: expected them along {rows} and {columns}, or "
            "as two-dimensional latitude and longitude"
        )
    return GridAxes((rows, columns), grid, order)


def grid_of_centres(
    projection: Projection, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> tuple[Grid, tuple[slice, slice]]:
    """Grid whose cells have these centres, and what brings its rows and columns into order.

    Parameters
    ----------
    projection : Projection
        Projection in which the cells are regular.
    longitude, latitude : ndarray, shape (rows, columns)
        Degrees east and north.

    Raises
    ------
    InputError
        If the cells are not regular in that projection.
    """
    x, y = projection.forward(longitude, latitude)
    grid, order = _regular(projection, y.mean(axis=1), x.mean(axis=0))
    _check_centres(grid, longitude[order], latitude[order])
    return grid, order


def _mapping(dataset: netCDF4.Dataset, name: str) -> dict[str, Any] | None:
    """Attributes of the grid mapping of a variable; the extended form names coordinates too."""
    text = getattr(dataset[name], "grid_mapping", None)
    if text is None:
        return None
    mapping = dataset.variables.get(text.split(":")[0].strip())
    if mapping is None:
        raise InputError(f"the grid mapping '{text}' of {name} is not in the file; add it")
    return {key: mapping.getncattr(key) for key in mapping.ncattrs()}


def _coordinate(dataset: netCDF4.Dataset, dimension: str) -> Any:
    """Coordinate variable of a dimension, None where there is none."""
    variable = dataset.variables.get(dimension)
    return variable if variable is not None and variable.dimensions == (dimension,) else None


def _is_degrees(variable: Any, direction: str) -> bool:
    units = str(getattr(variable, "units", "")).lower().replace("_", "")
    name = {"n": "latitude", "e": "longitude"}[direction]
    return units.startswith((f"degree{direction}", f"degrees{direction}")) or (
        getattr(variable, "standard_name", "") == name
    )


def _centres(
    dataset: netCDF4.Dataset, dimensions: tuple[str, str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Two-dimensional longitude and latitude of the cells, None where there are none."""
    found: dict[str, NDArray[np.float64]] = {}
    for name, variable in dataset.variables.items():
        if variable.dimensions != dimensions:
            continue
        for direction, names in (("n", ("lat", "latitude")), ("e", ("lon", "longitude"))):
            if _is_degrees(variable, direction) or name.lower() in names:
                found[direction] = read_numbers(variable)
    return (found["e"], found["n"]) if len(found) == 2 else None


def _in_metres(variable: Any) -> NDArray[np.float64]:
    units = str(getattr(variable, "units", "m")).strip()
    if units not in _METRES:
        raise InputError(
            f"the coordinate {variable.name} is in '{units}'; expected m or km in the plane of the "
            "projection"
        )
    return read_numbers(variable) * _METRES[units]


def _geographic(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], mapping: Mapping[str, Any]
) -> tuple[Grid, tuple[slice, slice]]:
    """Grid that is regular in degrees."""
    east = np.unwrap(longitude, period=360)
    middle = float(mapping.get("longitude_of_central_meridian", round((east[0] + east[-1]) / 2)))
    radius = float(mapping.get("earth_radius", mapping.get("semi_major_axis", EARTH_RADIUS)))
    plane = LatitudeLongitude(middle, radius)
    return _regular(plane, radius * np.radians(latitude), radius * np.radians(east - middle))


def _regular(
    projection: Projection, y: NDArray[np.float64], x: NDArray[np.float64]
) -> tuple[Grid, tuple[slice, slice]]:
    """Grid of regular coordinates in the plane, in either order."""
    steps, order = [], []
    for values in (y, x):
        if len(values) < 2:
            raise InputError("the grid has a single row or column; expected two or more of both")
        step = (values[-1] - values[0]) / (len(values) - 1)
        even = values[0] + step * np.arange(len(values))
        if not (step and np.abs(values - even).max() <= _IRREGULAR * abs(step)):
            raise InputError("the cells are not regular in their projection; regrid them first")
        steps.append(abs(float(step)))
        order.append(slice(None) if step > 0 else slice(None, None, -1))
    high, wide = steps
    # Over the whole grid the difference must stay far below a cell.
    if abs(high - wide) * max(len(y), len(x)) > _IRREGULAR * wide:
        raise InputError(
            f"the cells are {wide:.6g} m wide and {high:.6g} m high; expected squares, regrid them "
            "first"
        )
    grid = Grid(projection, len(y), len(x), wide, float(x.min()), float(y.min()))
    return grid, (order[0], order[1])


def _check_centres(
    grid: Grid, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> None:
    x, y = grid.projection.forward(longitude, latitude)
    distance = max(np.abs(x - grid.x).max(), np.abs(y - grid.y[:, None]).max())
    if not distance <= _IRREGULAR * grid.cell_size:
        raise InputError(
            f"the latitudes and longitudes of the file are up to {distance / 1000:.3g} km away "
            f"from the cells in its projection ({grid.projection.title}, "
            f"{grid.projection.true_scale}, origin {grid.projection.origin}); check the projection"
        )


def _plane(mapping: Mapping[str, Any]) -> tuple[Projection, float, float]:
    """Projection of a grid mapping, with its false northing and easting, m."""

    def number(name: str) -> float:
        return _numbers(mapping, name)[0]

    def pair(name: str) -> tuple[float, float]:
        values = _numbers(mapping, name)
        return values[0], values[-1]

    try:
        projection = read_projection(str(mapping.get("grid_mapping_name")), number, pair)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"the projection of the file cannot be used: {error}") from error
    northing, easting = mapping.get("false_northing", 0.0), mapping.get("false_easting", 0.0)
    return projection, float(northing), float(easting)


def _numbers(mapping: Mapping[str, Any], name: str) -> list[float]:
    """Values of a parameter of a grid mapping, or what other parameters say of it."""
    if name == "earth_radius":
        return [_radius(mapping)]
    if name in mapping:
        return [float(value) for value in np.atleast_1d(mapping[name])]
    if name == "standard_parallel" and "scale_factor_at_projection_origin" in mapping:
        factor = float(mapping["scale_factor_at_projection_origin"])
        # Snyder 7-4 at the equator, and 21-7 at the pole.
        if mapping["grid_mapping_name"] == "mercator":
            return [float(np.degrees(np.arccos(factor)))]
        pole = np.sign(float(mapping["latitude_of_projection_origin"]))
        return [float(pole * np.degrees(np.arcsin(2 * factor - 1)))]
    raise InputError(f"the grid mapping of the file has no {name}; add it")


def _radius(mapping: Mapping[str, Any]) -> float:
    major = float(mapping.get("earth_radius", mapping.get("semi_major_axis", EARTH_RADIUS)))
    flat = float(mapping.get("inverse_flattening", 0.0)) != 0
    if flat or float(mapping.get("semi_minor_axis", major)) != major:
        raise InputError(
            "expected a projection of a sphere, as in transport models, got an ellipsoid; convert "
            "the grid first"
        )
    return major
