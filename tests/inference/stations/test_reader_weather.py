"""Files of weather stations (ISD, ISD-Lite, GSOD), and humidity from dew points."""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointfuse.errors import InputError
from pointfuse.stations.readers.humidity import relative_humidity
from pointfuse.stations.readers.station_list import read_station_list
from pointfuse.stations.reading import DEFAULT_VARIABLES, read_stations

Write = Callable[[str, str | bytes], Path]

# Header of https://www.ncei.noaa.gov/data/global-hourly/access, without the optional groups.
ISD = (
    '"STATION","DATE","SOURCE","LATITUDE","LONGITUDE","ELEVATION","NAME","REPORT_TYPE",'
    '"CALL_SIGN","QUALITY_CONTROL","WND","CIG","VIS","TMP","DEW","SLP","REM"\n'
)
# Header of https://www.ncei.noaa.gov/data/global-summary-of-the-day/access.
GSOD = (
    '"STATION","DATE","LATITUDE","LONGITUDE","ELEVATION","NAME","TEMP","TEMP_ATTRIBUTES","DEWP",'
    '"DEWP_ATTRIBUTES","SLP","SLP_ATTRIBUTES","STP","STP_ATTRIBUTES","VISIB","VISIB_ATTRIBUTES",'
    '"WDSP","WDSP_ATTRIBUTES","MXSPD","GUST","MAX","MAX_ATTRIBUTES","MIN","MIN_ATTRIBUTES",'
    '"PRCP","PRCP_ATTRIBUTES","SNDP","FRSHTT"\n'
)
HISTORY = (
    '"USAF","WBAN","STATION NAME","CTRY","STATE","ICAO","LAT","LON","ELEV(M)","BEGIN","END"\n'
    '"545110","99999","BEIJING - CAPITAL","CH","","ZBAA","+40.080","+116.585","+0035.4","1945",""\n'
    '"007018","99999","WXPOD 7018","","","","+00.000","+000.000","+7018.0","2011","2013"\n'
    '"008411","99999","XM20","","","","","","","2016","2016"\n'
)


def report(
    time: str = "2019-01-06T00:00:00",
    tmp: str = "+0100,1",
    dew: str = "+0050,1",
    wnd: str = "359,1,N,0034,1",
    place: str = '"40.08","116.585"',
) -> str:
    return (
        f'"54511099999","{time}","4",{place},"35.4","BEIJING, CH","FM-12","99999","V020",'
        f'"{wnd}","22000,1,9,N","025000,1,9,9","{tmp}","{dew}","10290,1","SYN05254511 11/75"\n'
    )


def summary(
    day: str = "2019-01-06", temp: str = "  50.0", dewp: str = "  41.0", wdsp: str = "  9.0"
) -> str:
    return (
        f'"54511099999","{day}","40.08","116.585","35.4","BEIJING, CH","{temp}","24","{dewp}","24",'
        f'"1029.0"," 8","999.9"," 0","  3.1","24","{wdsp}","24"," 12.0","999.9","  60.1","*",'
        '"  40.1"," "," 0.00","G","999.9","000000"\n'
    )


def lite(
    hour: int, temperature: int = 100, dew_point: int = 50, wind: int = 34, day: int = 6
) -> str:
    numbers = (temperature, dew_point, 10290, 320, wind, 0, -9999, -9999)
    return f"2019 01 {day:02} {hour:02}" + "".join(f"{number:6d}" for number in numbers) + "\n"


# From MetPy 1.7.1, relative_humidity_from_dewpoint, which has another formula (Ambaum 2020).
METPY = [
    (30.0, 20.0, 55.13434118114421),
    (10.0, 5.0, 71.06461497806606),
    (0.0, -3.0, 80.20282592119312),
    (-15.0, -20.0, 65.61021369401585),
    (25.0, 25.0, 100.0),
    (40.0, -5.0, 5.73189296520393),
]
AT_10_AND_5 = 100 * math.exp(17.625 * 5 / 248.04 - 17.625 * 10 / 253.04)


@pytest.mark.parametrize(("temperature", "dew_point", "expected"), METPY)
def test_humidity_agrees_with_metpy(temperature: float, dew_point: float, expected: float) -> None:
    # Each formula is within 0.4 % of the saturation pressures.
    assert relative_humidity(temperature, dew_point) == pytest.approx(expected, rel=0.008)


def test_humidity_is_100_where_rounding_puts_the_dew_point_above() -> None:
    np.testing.assert_array_equal(relative_humidity([10.0, np.nan], [10.6, 3.0]), [100.0, np.nan])
    assert relative_humidity(10.0, 15.0) > 100  # for quality control to find


@given(
    temperature=st.floats(-90, 60),
    depression=st.floats(0, 60),
    drier=st.floats(0.1, 20),
)
def test_humidity_falls_with_the_dew_point(
    temperature: float, depression: float, drier: float
) -> None:
    dew_point = temperature - depression
    wet, dry = relative_humidity([temperature] * 2, [dew_point, dew_point - drier])
    assert 0 <= dry < wet <= 100


def test_isd(write: Write) -> None:
    rows = [report(f"2019-01-05T{hour:02}:00:00") for hour in range(16, 24)]
    rows += [report(f"2019-01-06T{hour:02}:00:00", wnd="999,9,C,0000,1") for hour in range(16)]
    observations = read_stations(
        write("54511099999.csv", ISD + "".join(rows)), min_hours=24, quality_control=False
    )
    # Eight hours of 3.4 m s-1 and sixteen calm ones make the Beijing day from 16:00 UTC.
    assert [str(day) for day in observations.times] == ["2019-01-06"]
    np.testing.assert_allclose(observations.values["wind_speed"], [[3.4 / 3]], rtol=1e-12)
    np.testing.assert_allclose(
        observations.values["relative_humidity"], [[AT_10_AND_5]], rtol=1e-12
    )
    assert observations.stations.code.tolist() == ["54511099999"]
    assert observations.stations.longitude.tolist() == [116.585]
    assert observations.files[0].format == "isd"
    assert observations.files[0].remarks == ()


def test_isd_missing_and_rejected_values(write: Write) -> None:
    rows = [
        report("2019-01-06T00:00:00", tmp="+9999,9", wnd="999,9,9,9999,9"),
        report("2019-01-06T01:00:00", tmp="+0300,3", wnd="180,1,N,0500,7"),
        report("2019-01-06T02:00:00", dew="+0100,2", wnd="180,2,N,0020,5"),
        report("2019-01-06T03:00:00", tmp="+0110,C", dew="+0110,A", wnd="180,1,N,0040,9"),
        # A summary of the day has no values.
        report("2019-01-06T15:59:00", tmp="", dew="", wnd=""),
    ]
    observations = read_stations(
        write("isd.csv", ISD + "".join(rows)), min_hours=1, quality_control=False
    )
    np.testing.assert_allclose(observations.values["wind_speed"], [[3.0]], rtol=1e-12)
    np.testing.assert_allclose(observations.values["relative_humidity"], [[100.0]])
    assert observations.files[0].remarks == (
        "3 values with a quality code of suspect or erroneous left out",
    )


def test_isd_reports_of_an_hour_are_averaged(write: Write) -> None:
    rows = [
        report("2019-01-06T05:00:00", wnd="090,1,N,0010,1"),
        report("2019-01-06T05:30:00", wnd="090,1,N,0030,1"),
        report("2019-01-06T05:30:00", wnd="090,1,N,0090,1"),
        report("2019-01-06T06:00:00", wnd="090,1,N,0060,1", place='"40.08","116.6"'),
    ]
    observations = read_stations(write("isd.csv", ISD + "".join(rows)), min_hours=1)
    np.testing.assert_allclose(observations.values["wind_speed"], [[4.0]], rtol=1e-12)
    assert observations.files[0].remarks == (
        "1 row with another place of the station; the first was kept",
        "1 value of relative_humidity given twice at one time; the first of each was kept",
        "1 value of wind_speed given twice at one time; the first of each was kept",
    )


def test_isd_of_every_third_hour_says_what_to_ask_for(write: Write) -> None:
    rows = [report(f"2019-01-06T{hour:02}:00:00") for hour in range(0, 16, 3)]
    observations = read_stations(write("isd.csv", ISD + "".join(rows)))
    assert np.isnan(observations.values["wind_speed"]).all()
    assert observations.files[0].remarks == (
        "at most 6 hours of a day have a report, but 18 are required (--min-hours)",
    )


def test_isd_lite(write: Write) -> None:
    text = "".join(lite(hour, wind=hour * 10 if hour < 8 else -9999) for hour in range(16))
    for name, content in [
        ("545110-99999-2019", text),
        ("545110-99999-2019.gz", gzip.compress(text.replace("\n", "\r\n").encode())),
    ]:
        observations = read_stations(
            write(name, content), stations=write("isd-history.csv", HISTORY), min_hours=8
        )
        assert [str(day) for day in observations.times] == ["2019-01-06"]
        np.testing.assert_allclose(observations.values["wind_speed"], [[3.5]], rtol=1e-12)
        np.testing.assert_allclose(
            observations.values["relative_humidity"], [[AT_10_AND_5]], rtol=1e-12
        )
        assert observations.stations.code.tolist() == ["54511099999"]
        assert observations.stations.latitude.tolist() == [40.08]
        assert observations.files[0].format == "isd-lite"


def test_isd_history_is_a_station_list(write: Write) -> None:
    places = read_station_list(write("isd-history.csv", HISTORY)).places
    assert places["54511099999"] == (116.585, 40.08)
    assert all(math.isnan(places[code][0]) for code in ("00701899999", "00841199999"))


def test_gsod(write: Write) -> None:
    rows = [
        summary(),
        summary("2019-01-07", wdsp="999.9"),
        summary("2019-01-08", temp="9999.9", wdsp="  0.0"),
        summary("2019-01-09", dewp="9999.9"),
    ]
    observations = read_stations(write("54511099999.csv", GSOD + "".join(rows)))
    # 50 and 41 degrees Fahrenheit are 10 and 5 Celsius; 9 knots are 9 times 1852 m an hour.
    knots = 9 * 1852 / 3600
    np.testing.assert_allclose(
        observations.values["wind_speed"], [[knots], [np.nan], [0.0], [knots]], rtol=1e-12
    )
    np.testing.assert_allclose(
        observations.values["relative_humidity"],
        [[AT_10_AND_5], [AT_10_AND_5], [np.nan], [np.nan]],
        rtol=1e-12,
    )
    assert observations.files[0].format == "gsod"
    assert observations.files[0].remarks == ("UTC days were taken as days of Asia/Shanghai",)
    in_utc = read_stations(write("54511099999.csv", GSOD + summary()), timezone="UTC")
    assert in_utc.files[0].remarks == ()


def test_weather_for_a_model_of_pm25_alone_is_refused(write: Write) -> None:
    with pytest.raises(InputError, match="holds weather, and the model takes pm25 only"):
        read_stations(write("isd.csv", ISD + report()), variables=DEFAULT_VARIABLES[:1])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("isd.csv", ISD + report(tmp="+0100"), "'TMP': expected numbers and quality codes such as"),
        ("isd.csv", ISD + report(wnd="1,N,0034,1"), r"such as 359,1,N,0034,1, got '1,N,0034,1'"),
        ("isd.csv", ISD + report(dew="1e3,1"), "column 'DEW'.* got '1e3,1'"),
        ("isd.csv", ISD + report("6 Jan"), "column 'DATE': expected a time such as"),
        ("isd.csv", ISD.replace('"DEW",', ""), "the header lacks DEW; .*read as 'isd'"),
        ("gsod.csv", GSOD + summary(temp="warm"), "column 'TEMP': expected a number, got 'warm'"),
        ("gsod.csv", GSOD + summary("2019-13-06"), "column 'DATE': expected a date such as"),
        (
            "545110-99999-2019",
            lite(23) + lite(24) * 2,
            "line 2: expected a line such as '2019 01 06",
        ),
        ("545110-99999-2019", lite(0) + lite(1)[:-9] + "\n", "line 2: .* may be cut off"),
        ("545110-99999-2019", lite(0).replace("100", "1 0"), "line 1: expected a line such as"),
        ("weather.txt", lite(0), "file name such as 545110-99999-2019"),
    ],
)
def test_broken_weather_files_are_refused_in_one_sentence(
    write: Write, name: str, content: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_stations(write(name, content), stations=write("isd-history.csv", HISTORY))
    assert "\n" not in str(caught.value)


def test_isd_lite_needs_a_station_list(write: Write) -> None:
    with pytest.raises(InputError, match=r"give isd-history\.csv too"):
        read_stations(write("545110-99999-2019", lite(0)))


def test_quality_control_works_on_isd(write: Write) -> None:
    """An anemometer that says 7.7 m s-1 for two days is stuck."""
    rows = [
        report(f"2019-01-{day:02}T{hour:02}:00:00", wnd="180,1,N,0077,1")
        for day in (6, 7)
        for hour in range(24)
    ]
    path = write("isd.csv", ISD + "".join(rows))
    assert np.isnan(read_stations(path, timezone="UTC").values["wind_speed"]).all()
    unchecked = read_stations(path, timezone="UTC", quality_control=False)
    np.testing.assert_allclose(unchecked.values["wind_speed"], [[7.7], [7.7]], rtol=1e-12)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    tenths=st.lists(st.integers(-932, 618) | st.just(9999), min_size=1, max_size=24),
    quality=st.sampled_from("0123456799ACIMPRU"),
)
def test_isd_and_isd_lite_agree(write: Write, tenths: list[int], quality: str) -> None:
    """The same dew points at 61.8 degrees, in both formats; rejected ones are missing."""
    history = write("isd-history.csv", HISTORY)
    hours = range(len(tenths))
    isd = "".join(
        report(f"2019-01-06T{hour:02}:00:00", "+0618,1", f"{tenths[hour]:+05d},{quality}")
        for hour in hours
    )
    missing = quality in "2367"
    plain = "".join(
        lite(hour, 618, -9999 if missing or tenths[hour] == 9999 else tenths[hour])
        for hour in hours
    )
    read = {"timezone": "UTC", "min_hours": 1, "stations": history, "quality_control": False}
    first = read_stations(write("a.csv", ISD + isd), **read)  # type: ignore[arg-type]
    second = read_stations(write("545110-99999-2019", plain), **read)  # type: ignore[arg-type]
    np.testing.assert_array_equal(
        first.values["relative_humidity"], second.values["relative_humidity"]
    )
    rejected = sum(number != 9999 for number in tenths) if missing else 0
    assert (
        f"{rejected} value{'s' * (rejected > 1)} with a quality code"
        in " ".join(first.files[0].remarks)
    ) == (rejected > 0)
