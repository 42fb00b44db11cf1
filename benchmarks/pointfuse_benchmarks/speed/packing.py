"""How large fused fields become in a file, and how long they take to write and to read.

python -m pointfuse_benchmarks.speed.packing PM25.nc

Takes the fields of a file that `pointfuse fuse` wrote, and writes them again in several ways.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import netCDF4
import numpy as np
from numpy.typing import NDArray

FIELDS = (
    "pm25",
    "pm25_uncertainty",
    "station_count",
    "station_distance",
)

_DEFLATED = {"compression": "zlib", "complevel": 1}
WAYS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "deflate 1": _DEFLATED | {"shuffle": False},
    "deflate 1, shuffle": _DEFLATED,
    "deflate 4, shuffle": _DEFLATED | {"complevel": 4},
    "deflate 1, shuffle, 4 digits": _DEFLATED
    | {"significant_digits": 4, "quantize_mode": "GranularBitRound"},
    "deflate 1, shuffle, 3 digits": _DEFLATED
    | {"significant_digits": 3, "quantize_mode": "GranularBitRound"},
    "deflate 1, shuffle, 12 bits": _DEFLATED
    | {"significant_digits": 12, "quantize_mode": "BitRound"},
    "deflate 1, shuffle, 10 bits": _DEFLATED
    | {"significant_digits": 10, "quantize_mode": "BitRound"},
    "deflate 1, shuffle, packed in 16 bits": _DEFLATED | {"packed": True},
    "zstd 3, shuffle": {"compression": "zstd", "complevel": 3},
}
"""Ways to write: arguments of netCDF4's createVariable, or packing into 16-bit integers."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--repeat", default=3, show_default=True, help="Runs, of which the fastest counts.")
def main(file: Path, repeat: int) -> None:
    """Measure and print."""
    with netCDF4.Dataset(file) as dataset:
        fields = {
            name: np.ma.filled(dataset[name][:], 0) for name in FIELDS if name in dataset.variables
        }
    days = len(fields[FIELDS[0]])
    print("| way | kB a day | ms to write a day | ms to read a day | largest error of pm25 |")
    print("| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fields.nc"
        for name, way in WAYS.items():
            if way.get("compression") == "zstd" and not netCDF4.__has_zstandard_support__:
                continue
            writing = min(timed(lambda way=way: write(path, fields, way)) for _ in range(repeat))
            reading = min(timed(lambda: read(path)) for _ in range(repeat))
            with netCDF4.Dataset(path) as dataset:
                error = np.abs(dataset[FIELDS[0]][:] - fields[FIELDS[0]]).max()
            print(
                f"| {name} | {path.stat().st_size / days / 1000:.0f} | {1000 * writing / days:.0f} "
                f"| {1000 * reading / days:.0f} | {error:.2g} |"
            )


def timed(action: Any) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def write(path: Path, fields: Mapping[str, NDArray[Any]], way: Mapping[str, Any]) -> None:
    """Write fields day by day, as the writer of pointfuse does."""
    way = dict(way)
    packed = way.pop("packed", False)
    with netCDF4.Dataset(path, "w") as dataset:
        rows, columns = fields[FIELDS[0]].shape[1:]
        for dimension, size in (("time", None), ("y", rows), ("x", columns)):
            dataset.createDimension(dimension, size)
        for name, table in fields.items():
            kind, own = table.dtype, dict(way)
            if kind.kind != "f":
                own.pop("significant_digits", None)
                own.pop("quantize_mode", None)
            elif packed:
                kind = np.dtype(np.uint16)
            variable = dataset.createVariable(name, kind, ("time", "y", "x"), **own)
            if packed and table.dtype.kind == "f":
                # A range that is fixed before the first day is known, as a stream needs it.
                highest = {"station_distance": 13_107.0}.get(name, 3_276.75)
                variable.setncatts({"scale_factor": highest / 65_535, "add_offset": 0.0})
        for day in range(len(fields[FIELDS[0]])):
            for name, table in fields.items():
                dataset[name][day] = table[day]


def read(path: Path) -> None:
    """Read all fields, day by day."""
    with netCDF4.Dataset(path) as dataset:
        for name in dataset.variables:
            for day in range(len(dataset.dimensions["time"])):
                dataset[name][day]


if __name__ == "__main__":
    main()
