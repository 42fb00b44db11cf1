"""Write GeoTIFF (extra `[geotiff]`): one variable per file, one band per day.

The files are cloud-optimised: in tiles, compressed, with overviews, and with all that describes
them in front of the values, so that a map in a browser reads no more of them than it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from pointfuse.basics.atomic_files import check_place, replacing
from pointfuse.basics.netcdf_files.netcdf_values import read_numbers
from pointfuse.basics.netcdf_files.time_units import calendar_dates
from pointfuse.basics.output_formats import GEOTIFF, check_name
from pointfuse.basics.printable import printable
from pointfuse.basics.progress import Progress, progress
from pointfuse.errors import MissingExtraError, require_path
from pointfuse.fields.cf.field_variables import now
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.map_file import MapFile, opened
from pointfuse.grid.grid_mapping import axis_values
from pointfuse.grid.projections import (
    LambertConformal,
    LatitudeLongitude,
    Mercator,
    PolarStereographic,
    Projection,
)
from pointfuse.grid.regular_grid import Grid
from pointfuse.version import __version__

_UNSEEN: Progress = partial(progress, hidden=True)

_TILE = 256
_CACHE_MB = 64  # GDAL would take a twentieth of the memory
# Bands one after the other: who looks at a day of a year reads that day alone. The third predictor
# is that of floating-point numbers.
_LAYOUT = {
    "driver": "GTiff",
    "tiled": True,
    "blockxsize": _TILE,
    "blockysize": _TILE,
    "interleave": "band",
    "compress": "deflate",
    "predictor": 3,
}


def write_geotiff(
    path: str | PathLike[str],
    output: str | PathLike[str],
    *,
    variable: str | None = None,
    first: np.datetime64 | None = None,
    last: np.datetime64 | None = None,
    history: str = "convert",
    progress: Progress = _UNSEEN,
) -> Path:
    """Write a variable of a file of fields to a cloud-optimised GeoTIFF.

    Rows go from north to south, as GIS have them; values are those of the file, in float32, and
    NaN where they are missing.

    Parameters
    ----------
    path : path
        netCDF file of `pointfuse fuse`, or any CF netCDF file on a regular grid.
    output : path
        GeoTIFF to write; an existing one is replaced.
    variable : str, optional
        Variable with the dimensions time, row and column; the fused one by default, or the only
        one.
    first, last : datetime64[D], optional
        First and last day, both included; open where None.
    history : str
        What was done, for the file's history.
    progress : callable
        Shows how far it is; not at all by default.

    Raises
    ------
    MissingExtraError
        If rasterio is not installed.
    InputFileNotFoundError, InputError
        If the file is missing, holds no fields, or lacks the variable or the days, or the name of
        the GeoTIFF is that of another format.
    OutputError
        If the GeoTIFF cannot be written.
    """
    try:
        import rasterio
        from rasterio.io import MemoryFile
        from rasterio.shutil import copy
    except ImportError as error:
        raise MissingExtraError(
            "a GeoTIFF needs rasterio; install it with pip install 'pointfuse[geotiff]'"
        ) from error
    require_path(path, "a file of fields")
    require_path(output, "the GeoTIFF to write")
    path, output = Path(path), Path(output)
    check_name(output, GEOTIFF)
    check_place(output)
    # In memory, since GDAL does not say reliably that a disk is full: 300 MB for a year on the
    # shipped grid.
    with (
        opened(path, variable) as source,
        rasterio.Env(GDAL_CACHEMAX=_CACHE_MB),
        MemoryFile() as bands,
        MemoryFile() as ordered,
    ):
        chosen = source.times_between(first, last)
        profile = _profile(source.grid, len(chosen))
        with bands.open(**profile) as raster:
            raster.update_tags(**_file_tags(source, history))
            with progress(len(chosen), "converting") as bar:
                _write_bands(raster, source, chosen, bar.update)
            raster.build_overviews(_overviews(raster.shape), rasterio.enums.Resampling.average)
        # Overviews must be in front of the values, which are known before them.
        copy(bands.name, ordered.name, copy_src_overviews=True, **_LAYOUT)
        with replacing(output) as temporary:
            temporary.write_bytes(ordered.getbuffer())
    return output


def _profile(grid: Grid, bands: int) -> dict[str, Any]:
    """What rasterio must know of a file before it has values."""
    import rasterio

    y, x = axis_values(grid)
    high, wide = y[1] - y[0], x[1] - x[0]
    return _LAYOUT | {
        "dtype": "float32",
        "nodata": np.nan,
        "count": bands,
        "height": grid.rows,
        "width": grid.columns,
        "crs": rasterio.CRS.from_dict(_proj_parameters(grid.projection)),
        # The corner in the north-west, half a cell from the first centre.
        "transform": rasterio.Affine(wide, 0, x[0] - wide / 2, 0, -high, y[-1] + high / 2),
    }


def _proj_parameters(projection: Projection) -> dict[str, Any]:
    """A projection in the terms of PROJ, whose library GIS are built on."""
    match projection:
        case LambertConformal():
            first, second = projection.standard_parallel
            place = {
                "proj": "lcc",
                "lat_1": first,
                "lat_2": second,
                "lat_0": projection.latitude_of_projection_origin,
                "lon_0": projection.longitude_of_central_meridian,
            }
        case PolarStereographic():
            place = {
                "proj": "stere",
                "lat_0": projection.latitude_of_projection_origin,
                "lat_ts": projection.standard_parallel,
                "lon_0": projection.straight_vertical_longitude_from_pole,
            }
        case Mercator():
            place = {
                "proj": "merc",
                "lat_ts": projection.standard_parallel,
                "lon_0": projection.longitude_of_projection_origin,
            }
        case LatitudeLongitude():
            # In degrees, so there is no central meridian.
            place = {"proj": "longlat"}
    return place | {"R": projection.earth_radius}


def _file_tags(source: MapFile, history: str) -> dict[str, str]:
    """Attributes of the netCDF file and of the variable, by the names that GDAL gives to them."""
    dataset, name = source.dataset, source.variable
    everything = {f"NC_GLOBAL#{key}": dataset.getncattr(key) for key in dataset.ncattrs()}
    done = f"{now().isoformat(timespec='seconds')} pointfuse {__version__}: {history}"
    before = everything.get("NC_GLOBAL#history")
    everything["NC_GLOBAL#history"] = f"{done}\n{before}" if before else done
    # Of the fill value and of other variables there is nothing in a GeoTIFF.
    everything |= {
        f"{name}#{key}": dataset[name].getncattr(key)
        for key in ("standard_name", "long_name", "units", "cell_methods", "comment")
        if key in dataset[name].ncattrs()
    }
    return {
        printable(key): printable(str(value), keep="\n") for key, value in everything.items()
    } | {
        "TIFFTAG_IMAGEDESCRIPTION": f"{source.title} ({_units(source)})",
        "TIFFTAG_SOFTWARE": f"pointfuse {__version__}",
    }


def _units(source: MapFile) -> str:
    return printable(str(getattr(source.dataset[source.variable], "units", "1")))


def _write_bands(
    raster: Any, source: MapFile, chosen: Sequence[int], advance: Callable[[int], object]
) -> None:
    """Write the values of each day, and what they are."""
    tags = _day_tags(source)
    for band, place in enumerate(chosen, start=1):
        values = source.field(source.variable, place).astype(np.float32)
        raster.write(values[::-1], band)
        raster.set_band_unit(band, _units(source))
        raster.set_band_description(band, str(source.times[place]))
        raster.update_tags(band, **tags[place])
        advance(1)


def _day_tags(source: MapFile) -> list[dict[str, str]]:
    """What the band of each time of the file says of it, as far as the file does."""
    dataset = source.dataset
    unit = "hour" if source.hourly else "day"
    tags = [{unit: str(time)} for time in source.times]
    time = dataset[dataset[source.variable].dimensions[0]]
    bounds = dataset.variables.get(getattr(time, "bounds", ""))
    if bounds is not None:
        calendar = str(getattr(time, "calendar", "standard"))
        spans = calendar_dates(read_numbers(bounds), str(time.units), calendar)
        for tag, (begin, end) in zip(tags, spans, strict=True):
            tag |= {"begin": f"{begin.isoformat()}Z", "end": f"{end.isoformat()}Z"}
    if source.status is not None:
        for tag, code in zip(tags, source.status, strict=True):
            tag[f"{unit}_status"] = DayStatus(code).label
    return tags


def _overviews(shape: tuple[int, int]) -> list[int]:
    """Factors of the coarser pictures, down to one that fits in a tile."""
    factors = [2]
    while max(shape) > _TILE * factors[-1]:
        factors.append(2 * factors[-1])
    return factors if max(shape) > _TILE else []
