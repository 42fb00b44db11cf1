"""A sound station file of every format, as the files that are damaged at random begin."""

from __future__ import annotations

import functools
import gzip
import io
import tempfile
from pathlib import Path
from typing import NamedTuple

import netCDF4
import numpy as np

from pointfuse_benchmarks.robustness.agency_file_samples import agency_files


class Sample(NamedTuple):
    """A sound file.

    Parameters
    ----------
    name : str
        Its name, which some readers look at.
    content : bytes
        What it holds.
    is_list : bool
        Whether it is a station list, which is read with a file of hours.
    """

    name: str
    content: bytes
    is_list: bool = False


_HOURS = "".join(
    f"20190106,{hour},AQI,8,9\n20190106,{hour},PM2.5,{40 + hour},{60 + hour}\n"
    for hour in range(24)
)
HOURS = f"date,hour,type,1001A,1002A\n{_HOURS}"
HISTORY = '"USAF","WBAN","LAT","LON"\n"545110","99999","+40.080","+116.585"\n'


@functools.cache
def samples() -> dict[str, Sample]:
    """A sound file of every format, in several ways to write it, and station lists."""
    tidy = "station,longitude,latitude,date,pm25,wind_speed\n" + "".join(
        f"S{at},{110 + at / 2},{30 + at / 3:.3f},2019-01-{day:02},{at + day}.5,{at}\n"
        for at in range(6)
        for day in (6, 7)
    )
    hours = "Site;Lon;Lat;DateTime;PM2.5 [µg/m³]\n" + "".join(
        f"Z;110,5;30,25;2019-1-6 {hour}:00;{hour},5\n" for hour in range(24)
    )
    openaq = "location_id,sensors_id,location,datetime,lat,lon,parameter,units,value\n" + "".join(
        f'42,7,"Bridge, 42",2019-01-06T{hour:02}:00:00+08:00,39.9,116.3,pm25,µg/m³,{hour}.0\n'
        for hour in range(1, 24)
    )
    site = "State Code,County Code,Site Num,Parameter Code,POC,Latitude,Longitude"
    daily = (
        f"{site},Sample Duration,Date Local,Units of Measure,Event Type,Observation Percent,"
        "Arithmetic Mean\n"
    ) + "".join(
        f"01,073,00{at},88101,3,33.5,-86.{at},24 HOUR,2016-01-15,Micrograms/cubic meter (LC),"
        f"{event},100.0,{10 + at}\n"
        for at in (10, 11, 12)
        for event in ("No Events", "Events Excluded")
    )
    hourly = f"{site},Date GMT,Time GMT,Sample Measurement,Units of Measure\n" + "".join(
        f"01,073,0023,88101,3,33.5,-86.8,2016-01-15,{hour:02}:00,{hour},Micrograms/cubic meter\n"
        for hour in range(24)
    )
    isd = '"STATION","DATE","LATITUDE","LONGITUDE","WND","TMP","DEW"\n' + "".join(
        f'"54511099999","2019-01-06T{hour:02}:00:00","40.08","116.585","359,1,N,0034,1","-0010,1",'
        '"-0120,1"\n'
        for hour in range(24)
    )
    gsod = '"STATION","DATE","LATITUDE","LONGITUDE","TEMP","DEWP","WDSP"\n' + "".join(
        f'"54511099999","2019-01-{day:02}","40.08","116.585","  27.5","   4.8","  5.2"\n'
        for day in range(1, 9)
    )
    lite = "".join(
        f"2019 01 06 {hour:02}   -10  -120 10290   320    34     0 -9999 -9999\n"
        for hour in range(24)
    )
    cnemc_list = (
        "监测点编码,监测点名称,城市,经度,纬度\n1001A,万寿西宫,北京,116.366,39.8673\n"
        "1002A,定陵,北京,116.17,40.2865\n"
    )
    return {
        "tidy": Sample("tidy.csv", tidy.encode()),
        "tidy, UTF-16": Sample("tidy.txt", tidy.replace(",", "\t").encode("utf-16")),
        "tidy, hours": Sample("hours.csv", hours.encode()),
        "cnemc": Sample("day.csv", HOURS.encode()),
        "openaq": Sample("location.csv.gz", gzip.compress(openaq.encode(), mtime=0)),
        "aqs, daily": Sample("daily.csv", daily.encode()),
        "aqs, hourly": Sample("hourly.csv", hourly.encode()),
        "isd": Sample("isd.csv", isd.encode()),
        "isd-lite": Sample("545110-99999-2019", lite.encode()),
        "gsod": Sample("gsod.csv", gsod.encode()),
        "list of CNEMC": Sample("list.csv", cnemc_list.encode("gb18030"), is_list=True),
        "list": Sample(
            "list.csv", b"code,city,longitude,latitude\n1001A,X,116,40\n1002A,Y,117,39\n", True
        ),
        "isd-history": Sample("isd-history.csv", (HISTORY * 3).encode(), is_list=True),
        "cf, classic": Sample("series.nc", _series("NETCDF3_CLASSIC")),
        "cf, netCDF 4": Sample("series.nc", _series("NETCDF4")),
        "parquet": Sample("tidy.parquet", _parquet(tidy)),
        **{kind: Sample(*named) for kind, named in agency_files().items()},
    }


TEXT = [
    *("tidy", "tidy, UTF-16", "tidy, hours", "cnemc", "openaq", "aqs, daily", "aqs, hourly"),
    *("isd", "isd-lite", "gsod", "list of CNEMC", "list", "isd-history"),
    *agency_files(),
]
"""Samples that no library reads which may end the process."""


def _series(form: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.nc"
        with netCDF4.Dataset(path, "w", format=form) as dataset:  # type: ignore[arg-type]
            dataset.featureType = "timeSeries"
            for name, size in (("station", 2), ("time", 24), ("letters", 5)):
                dataset.createDimension(name, size)
            names = dataset.createVariable("name", "S1", ("station", "letters"))
            names.cf_role = "timeseries_id"
            names[:] = netCDF4.stringtochar(np.array([b"1001A", b"1002A"]))
            for name, values in (("longitude", [116.4, 116.2]), ("latitude", [39.9, 40.3])):
                variable = dataset.createVariable(name, "f8", ("station",))
                variable.standard_name, variable[:] = name, values
            time = dataset.createVariable("time", "f8", ("time",))
            time.setncatts({"standard_name": "time", "units": "hours since 2019-01-06 00:00"})
            pm25 = dataset.createVariable("pm25", "f4", ("station", "time"), fill_value=-999)
            pm25.units = "ug m-3"
            time[:], pm25[:] = range(24), 61.0
        return path.read_bytes()


def _parquet(tidy: str) -> bytes:
    from pyarrow import csv, parquet  # an optional extra

    packed = io.BytesIO()
    parquet.write_table(csv.read_csv(io.BytesIO(tidy.encode())), packed)
    return packed.getvalue()
