"""Output formats: their names and suffixes, and the commands that write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pointfuse.errors import InputError


@dataclass(frozen=True)
class OutputFormat:
    """A format of files.

    Parameters
    ----------
    name : str
        What a file of it is called, with its article.
    suffixes : tuple of str
        With which its names may end, the usual one first.
    from_fields : str
        How a file of fields becomes one, with ``{stem}`` and ``{name}`` for the file that was
        asked for; empty where it does not.
    needs_suffix : bool
        Whether only the suffix says which of several kinds it is.
    """

    name: str
    suffixes: tuple[str, ...]
    from_fields: str = ""
    needs_suffix: bool = False


NETCDF = OutputFormat(
    "a netCDF file", (".nc", ".nc4", ".ncf", ".cdf"), "'pointfuse fuse' writes netCDF"
)
ZARR = OutputFormat(
    "a Zarr store", (".zarr",), "'pointfuse fuse' writes a Zarr store of station files"
)
GEOTIFF = OutputFormat(
    "a GeoTIFF",
    (".tif", ".tiff"),
    "'pointfuse convert {stem}.nc -o {name}' makes a GeoTIFF of a netCDF file",
)
_DRAWN = "'pointfuse plot {stem}.nc -o {name}' draws a netCDF file"
PICTURE = OutputFormat("a picture", (".png", ".pdf", ".svg"), _DRAWN, needs_suffix=True)
ANIMATION = OutputFormat("a picture", (".gif", ".mp4"), _DRAWN, needs_suffix=True)
SCORES = OutputFormat("a JSON file", (".json",))
REPORT = OutputFormat("a report", (".html",))
# Flags are a text, and a table of fields is not what they are.
FLAGS = OutputFormat("a CSV file", (".csv", ".txt"))
TABLE = OutputFormat("a table", (".csv", ".parquet"))

_ELSEWHERE = (
    OutputFormat(
        "a table",
        (".csv", ".tsv", ".txt"),
        "'pointfuse extract {stem}.nc places.csv -o {name}' makes a table of the values at places",
    ),
)
"""Formats of fields that nothing here writes."""

ARRAYS = OutputFormat("a NumPy file", (".npz",))
ENGINE = OutputFormat("an engine", (".engine", ".plan", ".trt"))
TOML = OutputFormat("a TOML file", (".toml",))

FORMATS = (
    *(NETCDF, ZARR, GEOTIFF, PICTURE, ANIMATION, SCORES, REPORT, FLAGS, TABLE),
    *(ARRAYS, ENGINE, TOML),
)
"""All that the command line writes."""


def check_name(path: Path, *formats: OutputFormat) -> None:
    """Check that the suffix of a file name does not belong to another format.

    A name without a suffix says nothing, nor does one that ends with a number: field.2019.

    Parameters
    ----------
    path : Path
        Name of the file.
    formats : OutputFormat
        What it may be.

    Raises
    ------
    InputError
        If its suffix is that of something else.
    """
    suffix = path.suffix.lower().strip()
    says_nothing = suffix in {"", "."} or suffix[1].isdigit()
    allowed = [each for form in formats for each in form.suffixes]
    if suffix in allowed or (says_nothing and not any(form.needs_suffix for form in formats)):
        return
    *names, last = [f"*{each}" for each in allowed]
    wanted = f"{', '.join(names)} or {last}" if names else last
    kinds = " or ".join(dict.fromkeys(form.name for form in formats))
    message = f"expected {kinds} named {wanted}, got {path.name}"
    of_fields = any(form.from_fields for form in formats)
    others = (form for form in (*FORMATS, *_ELSEWHERE) if suffix in form.suffixes)
    hint = next((form.from_fields for form in others if of_fields and form.from_fields), "")
    if hint:
        message += "; " + hint.format(stem=path.stem, name=path.name)
    raise InputError(message)
