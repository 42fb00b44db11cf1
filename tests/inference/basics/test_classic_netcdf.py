"""Headers of classic netCDF files: sound ones pass, damaged ones never reach the library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pointfuse.basics.netcdf_files.classic_netcdf import (
    DamagedHeaderError,
    check_classic,
    check_classic_file,
)

KINDS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


def write(path: Path, kind: str, records: int = 3) -> Path:
    """Attributes and variables of several types, with and without records."""
    with netCDF4.Dataset(path, "w", format=kind) as dataset:
        for name, length in (("station", 2), ("time", None), ("letter", 3)):
            dataset.createDimension(name, length)
        dataset.featureType = "timeSeries"
        dataset.numbers = np.array([1.0, 2.0, 3.0])
        dataset.createVariable("crs", "i4", ())
        dataset.createVariable("name", "S1", ("station", "letter"))
        dataset.createVariable("flag", "i1", ("time", "letter")).units = "1"
        dataset.createVariable("pm", "f8", ("time", "station")).standard_name = "x"
        if records:
            dataset["pm"][:records] = np.ones((records, 2))
            dataset["flag"][:records] = np.ones((records, 3), np.int8)
    return path


@pytest.mark.parametrize("kind", [*KINDS, "NETCDF4"])
@pytest.mark.parametrize("records", [0, 1, 3])
def test_sound_files_pass(tmp_path: Path, kind: str, records: int) -> None:
    path = write(tmp_path / "sound.nc", kind, records)
    check_classic_file(path)
    check_classic(path.read_bytes())


@pytest.mark.parametrize("kind", KINDS)
def test_one_variable_with_records_that_are_not_padded(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bytes.nc"
    with netCDF4.Dataset(path, "w", format=kind) as dataset:
        dataset.createDimension("time", None)
        dataset.createVariable("flag", "i1", ("time",))[:5] = np.arange(5, dtype=np.int8)
    check_classic_file(path)


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_files_are_refused(tmp_path: Path, kind: str) -> None:
    content = write(tmp_path / "sound.nc", kind).read_bytes()
    for length in range(4, len(content) - 8, 7):
        with pytest.raises(DamagedHeaderError):
            check_classic(content[:length])


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (8, b"\0\0\0\7", "a list of kind 7 in place of 10"),
        (12, b"\x7f\xff\xff\xff", "impossible count, 2147483647"),
        (16, b"\0\0\1\xff", "impossible count, 511|a name of 511 bytes"),
        (20, b"\xff\xfe", "a name that is not text"),
        (28, b"\0\0\0\0", "several record dimensions"),
        (28, b"\xff\0\0\0", "a dimension of -"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, place: int, value: bytes, message: str) -> None:
    content = bytearray(write(tmp_path / "sound.nc", KINDS[0]).read_bytes())
    content[place : place + len(value)] = value
    with pytest.raises(DamagedHeaderError, match=message):
        check_classic(bytes(content))


FUZZ = """
import random, sys
from pathlib import Path
from pointfuse.errors import InputError
from pointfuse.stations.reading import read_stations
path = Path(sys.argv[1])
content = path.read_bytes()
refused = 0
for seed in range(250):
    chance = random.Random(seed)
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        value = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        damaged[chance.randrange(4, len(content))] = value
    path.with_name("damaged.nc").write_bytes(damaged)
    try:
        read_stations(path.with_name("damaged.nc"))
    except InputError:
        refused += 1
print(refused)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_no_damaged_header_ends_the_process(tmp_path: Path, kind: str) -> None:
    """Without the check some of these end it: the lengths of names, for example."""
    path = write(tmp_path / "fuzzed.nc", kind)
    command = [sys.executable, "-W", "ignore", "-c", FUZZ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 150
