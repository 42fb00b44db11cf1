"""Read tables of stations or cities with Chinese headers, wide and long.

There is no specification; the names are those of CNEMC's station list (监测点编码, 城市, 经度,
纬度) and of the standards GB 3095-2012 and HJ 633-2012 (细颗粒物, 二氧化硫, ...), with the usual
words for time and value. Wide tables have a column a pollutant, long ones a column that names it
(污染物) and
one with its value (浓度). Times are those of Beijing; CO is in mg/m3, all else in ug/m3, unless the
header says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from pointfuse.basics.timezones import BEIJING
from pointfuse.stations.observations import Observations
from pointfuse.stations.readers.china.interface import HOURLY
from pointfuse.stations.readers.request import ReadRequest
from pointfuse.stations.readers.rows import (
    Measured,
    RowLayout,
    calendar_day,
    clock_time,
    columns_of,
    first_title,
    read_rows,
)
from pointfuse.stations.tables.columns import plain_name, split_unit
from pointfuse.stations.tables.station_file import StationFile

LAYOUT = "the columns 时间 or 日期, 监测点编码 or 城市, and pollutants or 污染物 and 浓度"
COLUMNS = ("日期", "监测点编码", "PM2.5")
SIGN = "its header has a Chinese name for time, and one for stations or cities"

_STATIONS = (
    *("监测点编码", "站点编码", "点位编码", "监测点编号", "站点编号", "点位编号", "测点编码"),
    *("监测点", "站点", "点位", "监测点名称", "站点名称", "点位名称", "城市", "城市名称"),
)
_INSTANTS = ("时间", "监测时间", "数据时间", "发布时间", "日期时间", "时间点")
_DAYS = ("日期", "监测日期")
_HOURS = ("小时", "时")
_POLLUTANTS = ("污染物", "指标", "监测项目", "监测因子", "因子", "类型", "污染物名称")
_VALUES = ("浓度", "值", "监测值", "数值", "浓度值")
_UNITS = ("单位", "浓度单位")

_CHINESE = {
    "pm25": "细颗粒物",
    "pm10": "可吸入颗粒物",
    "so2": "二氧化硫",
    "no2": "二氧化氮",
    "o3": "臭氧",
    "co": "一氧化碳",
}
_NAMES = {name: (name, Chinese) for name, Chinese in _CHINESE.items()}


def recognises(file: StationFile) -> bool:
    """Whether a file has Chinese names for times and stations, and values of pollutants."""
    named = first_title(file, *_STATIONS) and first_title(file, *_INSTANTS, *_DAYS)
    long = first_title(file, *_POLLUTANTS) and first_title(file, *_VALUES)
    return bool(named and (long or columns_of(file, _wide())))


def read(file: StationFile, request: ReadRequest) -> Observations:
    """Read a table of stations or cities with a Chinese header.

    A table with dates and no hours holds daily means. Values that are not above zero are missing,
    as in the network's files.

    Raises
    ------
    InputError
        If the file holds no coordinates and there is no station list.
    """
    code, day = first_title(file, *_STATIONS), first_title(file, *_DAYS)
    east, north = first_title(file, "经度"), first_title(file, "纬度")
    parameter = first_title(file, *_POLLUTANTS)
    instant, hour = first_title(file, *_INSTANTS), first_title(file, *_HOURS)
    time = (instant,) if instant else tuple(each for each in (day, hour) if each)
    daily = instant is None and hour is None
    assert code is not None  # recognised by it
    layout = RowLayout(
        format="chinese-table",
        code=(code,),
        place=(east, north) if east and north else None,
        time=time,
        read_time=calendar_day(*_DAY_FORMATS) if daily else clock_time(BEIJING, *_TIME_FORMATS),
        measured=_long(file, parameter) if parameter else columns_of(file, _wide()),
        parameter=parameter,
        clock="Beijing time",
        daily=daily,
        positive=True,
    )
    return read_rows(file, request, layout)


_DAY_FORMATS = ("%Y年%m月%d日",)
_TIME_FORMATS = ("%Y年%m月%d日%H时", "%Y年%m月%d日 %H时", "%Y年%m月%d日 %H", "%Y年%m月%d日 %H:%M")


def _wide() -> dict[str, tuple[Sequence[str], str]]:
    """Plain names of the columns of pollutants."""
    return {
        name: ((*_NAMES[name], *(f"{each}浓度" for each in _NAMES[name])), unit)
        for name, (_, unit) in HOURLY.items()
    }


def _long(file: StationFile, parameter: str) -> dict[str, Measured]:
    """Rows of pollutants, as this file spells them."""
    value, unit = first_title(file, *_VALUES), first_title(file, *_UNITS)
    assert value is not None  # recognised by it
    at = file.header.index(parameter)
    measured: dict[str, Measured] = {}
    for spelling in dict.fromkeys(row[at].strip() for _, row in file.table.rows()):
        for name, (_, usual) in HOURLY.items():
            if plain_name(spelling) in _NAMES[name]:
                in_header = split_unit(value)[1] or split_unit(spelling)[1]
                measured.setdefault(name, Measured(value, in_header or usual, unit, spelling))
    return measured
