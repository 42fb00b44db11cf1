"""A domain: the grid that a field of any place is made on, and its file."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.printable import printable
from pointfuse.basics.toml_files import read_toml
from pointfuse.errors import InputError, require_path
from pointfuse.grid.files.grid_file import read_grid_file
from pointfuse.grid.projections import LatitudeLongitude
from pointfuse.grid.regular_grid import Grid

LEAST_CELL, LARGEST_CELL = 3_000.0, 36_000.0
"""Sizes of cells, m, that a domain may have."""

MOST_CELLS = 20_000_000
"""Of a domain; 2,000 by 2,000 are four million."""

_HEAD = """\
# A domain of pointfuse: the cells of a field. Lengths are metres in the plane of the projection.
# pointfuse fuse FILES --domain {file} -o OUT.nc
"""


@dataclass(frozen=True)
class Domain:
    """Where a field is made.

    Parameters
    ----------
    name : str
        What it is, for people.
    grid : Grid
        Its cells.

    Raises
    ------
    InputError
        If the cells are too small, too large or too many.
    """

    name: str
    grid: Grid

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", printable(self.name))
        size, cells = self.grid.cell_size, self.grid.rows * self.grid.columns
        # A grid of degrees may have cells that are no round number of metres.
        if not 0.99 * LEAST_CELL <= size <= 1.01 * LARGEST_CELL:
            raise InputError(
                f"expected cells of {LEAST_CELL / 1000:g} to {LARGEST_CELL / 1000:g} km, got "
                f"{size / 1000:g} km; choose another size"
            )
        if cells > MOST_CELLS:
            raise InputError(
                f"expected at most {MOST_CELLS:,} cells, got {self.grid.rows:,} x "
                f"{self.grid.columns:,}; choose larger cells or a smaller part of the Earth"
            )

    @property
    def summary(self) -> str:
        """Name, cells and projection, for people."""
        plane = self.grid.projection
        size = self.grid.cell_size / 1000
        unit = "km along meridians" if isinstance(plane, LatitudeLongitude) else "km"
        return (
            f"{self.name}: {self.grid.rows} x {self.grid.columns} cells of {size:.3g} {unit}, "
            f"{plane.title}, {plane.true_scale}, origin {plane.origin}"
        )


def grid_of(domain: Domain | Grid | str | PathLike[str]) -> Grid:
    """The grid of a domain, however it is named: as such, by its grid, or by a file.

    Raises
    ------
    ArgumentError
        If it is something else.
    InputFileNotFoundError, InputError, MissingExtraError
        As `read_domain`.
    """
    if isinstance(domain, Domain):
        return domain.grid
    if isinstance(domain, Grid):
        return Domain("grid", domain).grid
    return read_domain(domain).grid


def write_domain(domain: Domain, path: Path) -> None:
    """Write a domain as TOML, which people may edit.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    grid, plane = domain.grid, domain.grid.projection
    sizes = {name: getattr(grid, name) for name in ("rows", "columns", "cell_size", "first_x")}
    of_grid = sizes | {"first_y": grid.first_y}
    of_plane = {"grid_mapping_name": plane.grid_mapping_name, **dataclasses.asdict(plane)}
    tables = (("", {"name": domain.name}), ("[grid]", of_grid), ("[grid.projection]", of_plane))
    text = _HEAD.format(file=path.name)
    for head, table in tables:
        # Texts, numbers and lists of JSON are those of TOML.
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
        text += "\n" + "\n".join([head, *lines] if head else lines) + "\n"
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_domain(path: str | PathLike[str]) -> Domain:
    """Read a domain, or the grid of a file as one.

    Parameters
    ----------
    path : path
        File of `write_domain`; or any that `read_grid_file` takes.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it holds no grid, or one that no field can be made on.
    MissingExtraError
        If it is a GeoTIFF, and rasterio is not installed.
    """
    require_path(path, "a domain (Domain, Grid, or the path of a file)")
    path = Path(path)
    grid = read_grid_file(path)
    name = read_toml(path, "domain").get("name", path.stem) if path.suffix == ".toml" else path.stem
    return Domain(str(name), grid)
