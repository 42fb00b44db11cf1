"""Fused fields for users: fields of some times with methods to write and open them."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.shown import Shown, figure, load_cards
from pointfuse.errors import ArgumentError, require_path
from pointfuse.fields.cf.content import constant_groups, growing_groups
from pointfuse.fields.cf.global_attributes import global_attributes
from pointfuse.fields.cf.station_variables import STATIONS
from pointfuse.fields.districts.mean_intervals import with_intervals
from pointfuse.fields.districts.means import DistrictMeans, DistrictReader
from pointfuse.fields.districts.population import read_population
from pointfuse.fields.districts.region_files import districts_from
from pointfuse.fields.netcdf import write_netcdf
from pointfuse.fields.places.points import places_of
from pointfuse.fields.places.series import Method, PlaceReader, PlaceSeries
from pointfuse.fields.timed_fields import TimedFields
from pointfuse.fields.xarray_extra import xarray_library
from pointfuse.fields.zarr_store import growing_zarr

if TYPE_CHECKING:
    import pandas
    import xarray
    from matplotlib.figure import Figure


class FusedFields(TimedFields, Shown):
    """Complete fields of days, or of hours, and the observations they were made from.

    What they hold is described at `TimedFields`.
    """

    if not TYPE_CHECKING:  # it would allow any name

        def __getattr__(self, name: str) -> object:
            """Say what there is in place of what people look for."""
            there = "the field is in values, to_xarray() gives a dataset, to_netcdf() a file"
            shown = "" if name.startswith("_") else f"; {there}"
            raise AttributeError(f"{type(self).__name__} has no {name}{shown}", name=name, obj=self)

    def to_netcdf(self, path: str | PathLike[str], *, history: str = "fuse") -> Path:
        """Write the fields to a CF netCDF file, under its name only once it is complete.

        Parameters
        ----------
        path : path
            File to write; an existing one is replaced.
        history : str
            What was done, for the file's history.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        return write_netcdf(path, [self], history=history)

    def to_zarr(self, path: str | PathLike[str], *, history: str = "fuse") -> Path:
        """Write the fields to a Zarr store with the variables and attributes of the netCDF file.

        Parameters
        ----------
        path : path
            Folder to write, such as ``pm25.zarr``; an existing store is replaced once the new one
            is complete.
        history : str
            What was done, for the history in it.

        Raises
        ------
        MissingExtraError
            If zarr is not installed.
        OutputError
            If it cannot be written.
        """
        require_path(path, "the Zarr store to write")
        with growing_zarr(Path(path), history=history) as store:
            store.append([self])
        return Path(path)

    def to_xarray(self, *, group: str | None = None, history: str = "fuse") -> xarray.Dataset:
        """The fields as a dataset with the variables and attributes of the netCDF file.

        Parameters
        ----------
        group : str, optional
            ``stations`` for those of the stations, as for ``xarray.open_dataset``; by default
            those of the fields.
        history : str
            What was done, for the dataset's history.

        Raises
        ------
        ArgumentError
            If there is no such group.
        MissingExtraError
            If xarray is not installed.
        """
        if group not in (None, STATIONS):
            raise ArgumentError(f"expected the group '{STATIONS}', or none, got {group!r}")
        name = group or ""
        dataset: xarray.Dataset = xarray_library().Dataset(
            {
                variable.name: (variable.dimensions, variable.values, dict(variable.attributes))
                for variable in (*constant_groups(self)[name], *growing_groups([self])[name])
            },
            attrs=global_attributes([self], history) if group is None else {},
        )
        decoded: xarray.Dataset = xarray_library().decode_cf(dataset, decode_coords="all")
        return decoded

    def to_dataframe(self) -> pandas.DataFrame:
        """The fields as a table of pandas with a row a day and cell, 160,000 a day over China.

        Returns
        -------
        pandas.DataFrame
            Columns ``date`` (the local day or hour), ``y``, ``x``, ``lat``, ``lon`` and each
            variable of the netCDF file that has a value a time and cell.

        Raises
        ------
        MissingExtraError
            If xarray, which brings pandas, is not installed.
        """
        dataset = self.to_xarray().assign_coords(time=self.times.astype("datetime64[ns]"))
        on_cells = [name for name in dataset if dataset[name].dims == ("time", "y", "x")]
        table = dataset[on_cells].rename(time="date").to_dataframe().reset_index()
        return table[["date", "y", "x", "lat", "lon", *on_cells]]

    def at(self, points: object, *, method: Method = "nearest") -> PlaceSeries:
        """Values at places, with their interval and the distance to the nearest station.

        Parameters
        ----------
        points : object
            Pairs of longitude and latitude, such as ``[(116.4, 39.9)]``, an array of shape
            (place, 2), or a mapping from names to pairs; a table of pandas, polars or pyarrow with
            the columns longitude and latitude; a GeoDataFrame of points; or the path of a CSV file.
        method : str
            ``nearest``, the value of the cell, or ``bilinear``, between the four nearest centres.

        Raises
        ------
        ArgumentError, InputError
            If the points or the method are something else.

        Examples
        --------
        >>> from pointfuse import fuse, read_stations
        >>> fields = fuse(read_stations("examples/air_quality.csv"))
        >>> series = fields.at({"Beijing": (116.4, 39.9), "Lhasa": (91.1, 29.65)})
        >>> series.values.shape
        (1, 2)
        """
        reader = PlaceReader.of(self.model.grid, places_of(points), method)

        def read(fields: NDArray[np.float32]) -> NDArray[Any]:
            return np.stack([reader.read(field) for field in fields])

        return PlaceSeries(
            self.model.target.name,
            self.model.target.units,
            reader.places,
            self.times,
            read(self.values),
            read(self.uncertainty) if self.gives_uncertainty else None,
            read(self.station_distance / np.float32(1000)),
        )

    def mean(
        self,
        regions: object,
        *,
        population: str | PathLike[str] | None = None,
        members: int | None = None,
    ) -> DistrictMeans:
        """Means over regions, day by day: by area on the Earth, and by people.

        Parameters
        ----------
        regions : object
            The path of a GeoJSON file, GeoPackage or shapefile; a GeoDataFrame; GeoJSON in memory;
            or a mapping from names to polygons, such as those of shapely, in degrees.
        population : path, optional
            Raster of counts of people: netCDF or GeoTIFF.
        members : int, optional
            Number of members from which intervals are made, at least 20; by default there are no
            intervals.

        Raises
        ------
        ArgumentError, InputError
            If the regions or the population are something else, or on none of the cells; if there
            are too few members, or the model does not tell how its errors go together.
        MissingExtraError
            If a file needs a library that is not installed.
        """
        grid = self.model.grid
        people = None if population is None else read_population(Path(population), grid)
        reader = DistrictReader.of(grid, districts_from(regions), people)
        means = DistrictMeans(
            self.model.target.name,
            self.model.target.units,
            reader.overlap.names,
            self.times,
            np.stack([reader.mean(field) for field in self.values]),
            None
            if people is None
            else np.stack([reader.mean(field, by_people=True) for field in self.values]),
        )
        return means if members is None else with_intervals(means, reader, self, members)

    def plot(self, day: str | np.datetime64 | None = None, *, stations: bool = False) -> Figure:
        """Draw a map.

        Parameters
        ----------
        day : str or datetime64, optional
            Such as ``2019-01-06``; the mean of all days with a field by default.
        stations : bool
            Whether to show what stations measured, in the colours of the field.

        Returns
        -------
        matplotlib.figure.Figure
            Notebooks show it; ``savefig`` writes it.

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        InputError
            If there is no field on that day.
        """
        load_cards()
        drawn: Figure = figure(self, day=day, stations=stations)
        return drawn
