"""Tidy tables in Parquet."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pointfuse.errors import InputError, MissingExtraError
from pointfuse.stations.reading import read_stations


def test_without_pyarrow_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "tidy.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(MissingExtraError, match=r"install 'pointfuse\[parquet\]'"):
        read_stations(path)


def write_parquet(folder: Path, **columns: Any) -> Path:
    pyarrow = pytest.importorskip("pyarrow", reason="pip install '.[parquet]'")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = folder / "tidy.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    return path


@pytest.mark.parametrize(
    "days",
    [
        ["2019-01-06", "2019-01-07"],
        [datetime.date(2019, 1, 6), datetime.date(2019, 1, 7)],
        [datetime.datetime(2019, 1, 6), datetime.datetime(2019, 1, 7)],
    ],
)
def test_days(tmp_path: Path, days: list[Any]) -> None:
    path = write_parquet(
        tmp_path,
        **{"pm25 [mg/m3]": [0.01, None], "wind_speed": [1.5, 0.1]},
        latitude=[39.9, 39.9],
        longitude=[116.3, 116.3],
        station=["A", "A"],
        date=days,
    )
    observations = read_stations(path)
    assert observations.files[0].format == "parquet"
    assert [str(day) for day in observations.times] == ["2019-01-06", "2019-01-07"]
    np.testing.assert_allclose(observations.values["pm25"], [[10.0], [np.nan]], rtol=1e-12)
    np.testing.assert_array_equal(observations.values["wind_speed"], [[1.5], [0.1]])


@pytest.mark.parametrize(
    "stamp",
    [
        datetime.datetime(2019, 1, 6, tzinfo=datetime.UTC),
        datetime.datetime(2019, 1, 5, 16, tzinfo=datetime.UTC),
        datetime.datetime(2019, 1, 6, tzinfo=datetime.timezone(datetime.timedelta(hours=8))),
    ],
)
def test_days_stamped_at_a_midnight(tmp_path: Path, stamp: datetime.datetime) -> None:
    """Of Greenwich, or of the time zone whose days are averaged."""
    table = {"station": ["A"], "longitude": [116.0], "latitude": [40.0], "pm25": [50.0]}
    observations = read_stations(write_parquet(tmp_path, date=[stamp], **table))
    assert observations.times.astype(str).tolist() == ["2019-01-06"]


@pytest.mark.parametrize("zone", [None, datetime.timezone(datetime.timedelta(hours=8))])
def test_instants(tmp_path: Path, zone: datetime.tzinfo | None) -> None:
    """Without a zone they are local, with one they are what they are."""
    hours = [datetime.datetime(2019, 1, 6, hour, tzinfo=zone) for hour in range(24)]
    path = write_parquet(
        tmp_path,
        station=[7] * 24,
        longitude=[116.3] * 24,
        latitude=[39.9] * 24,
        time=hours,
        pm25=np.arange(24.0, dtype=np.float32),
    )
    observations = read_stations(path, min_hours=24)
    np.testing.assert_array_equal(observations.values["pm25"], [[11.5]])
    assert observations.stations.code.tolist() == ["7"]


def test_broken_parquet_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path, a=[1.0])
    with pytest.raises(InputError, match=r"expected Parquet with the columns .* are a \(read as"):
        read_stations(path)
    content = write_parquet(tmp_path, station=["A"], date=["x"], pm25=[1.0]).read_bytes()
    for size in range(4, len(content), 40):
        path.write_bytes(content[:size])
        with pytest.raises(InputError, match="is a damaged Parquet file") as caught:
            read_stations(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("codes", [["A", None, "C"], [1.0, float("nan"), 3.0]])
def test_a_missing_station_is_no_station(tmp_path: Path, codes: list[Any]) -> None:
    path = write_parquet(
        tmp_path,
        station=codes,
        longitude=[116.0, 117.0, 118.0],
        latitude=[39.0, 38.0, 37.0],
        date=["2019-01-06"] * 3,
        pm25=[10.0, 20.0, 30.0],
    )
    observations = read_stations(path)
    assert observations.stations.code.tolist() in (["A", "C"], ["1", "3"])
    np.testing.assert_array_equal(observations.values["pm25"], [[10.0, 30.0]])
    assert observations.files[0].remarks[0].startswith("1 row that cannot be read was left out")
