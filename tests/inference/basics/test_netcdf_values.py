"""Numbers of netCDF variables, against the library's own unpacking where attributes are sound."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointfuse.basics.netcdf_files.netcdf_values import open_netcdf, read_numbers, stored
from pointfuse.errors import InputError

pytestmark = pytest.mark.filterwarnings("error")

STORED = [0, 1, 2, -7, 100, 32767]


def write(
    path: Path, values: Any, kind: str, form: str = "NETCDF4", fill: Any = None, **attributes: Any
) -> Path:
    with netCDF4.Dataset(path, "w", format=form) as dataset:
        dataset.createDimension("n", len(values))
        variable = dataset.createVariable("pm25", kind, ("n",), fill_value=fill)
        variable.set_auto_maskandscale(False)
        variable[:] = np.asarray(values, kind)
        variable.setncatts(attributes)
    return path


def read(path: Path) -> tuple[list[float], list[str]]:
    remarks: list[str] = []
    with open_netcdf(path) as dataset:
        found = read_numbers(dataset["pm25"], remarks=remarks)
    return found.tolist(), remarks


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["i1", "i2", "i4", "f4", "f8", "u1", "u2"]),
    values=st.lists(st.integers(0, 100), min_size=1, max_size=8),
    scale=st.sampled_from([None, np.float32(0.1), 0.1, 0.25]),
    offset=st.sampled_from([None, np.float32(-3), 273.15]),
    missing=st.sampled_from([None, 7, 100]),
    fill=st.sampled_from([None, 5, 99]),
    low=st.sampled_from([None, 3]),
)
def test_sound_attributes_are_used_as_the_library_does(
    tmp_path: Path, kind: str, values: list[int], **given_attributes: Any
) -> None:
    of_type = np.dtype(kind).type
    attributes: dict[str, Any] = {
        name: given_attributes[key]
        for name, key in (("scale_factor", "scale"), ("add_offset", "offset"))
        if given_attributes[key] is not None
    }
    for name, key in (("missing_value", "missing"), ("valid_min", "low")):
        if given_attributes[key] is not None:
            attributes[name] = of_type(given_attributes[key])
    fill = given_attributes["fill"]
    path = write(tmp_path / "a.nc", values, kind, fill=fill, **attributes)
    with netCDF4.Dataset(path) as dataset:
        expected = np.ma.filled(np.ma.asarray(dataset["pm25"][:], np.float64), np.nan)
    found, remarks = read(path)
    np.testing.assert_array_equal(found, expected)
    assert remarks == []


@pytest.mark.parametrize("form", ["NETCDF4", "NETCDF3_CLASSIC"])
@pytest.mark.parametrize(
    ("attributes", "remark"),
    [
        (
            {"missing_value": 1e20},
            "missing_value 1e+20 does not fit the type of pm25 and was ignored",
        ),
        ({"missing_value": "none"}, "missing_value 'none' of pm25 is not a number"),
        ({"valid_range": "0 to 9"}, "valid_range '0 to 9' of pm25 is not a range and was ignored"),
        ({"valid_range": 5.0}, "valid_range 5 of pm25 is not a range"),
        ({"valid_range": np.array([9, 0], "i2")}, "valid_range 9, 0 of pm25 is not a range"),
        ({"valid_min": "a"}, "valid_min 'a' of pm25 is not a number"),
        ({"valid_max": np.nan}, "valid_max nan of pm25 is not a number"),
        ({"scale_factor": "0.5"}, "scale_factor of pm25 is text and was read as 0.5"),
    ],
)
def test_what_marks_nothing_is_said_in_plain_words(
    tmp_path: Path, form: str, attributes: dict[str, Any], remark: str
) -> None:
    path = write(tmp_path / "a.nc", STORED, "i2", form, **({"scale_factor": 0.5} | attributes))
    found, remarks = read(path)
    assert found == [value / 2 for value in STORED]
    assert len(remarks) == 1
    assert remarks[0].startswith(remark)


@pytest.mark.parametrize("name", ["scale_factor", "add_offset"])
@pytest.mark.parametrize("value", ["abc", "", np.array([0.1, 0.2]), np.nan, np.inf])
def test_packing_that_cannot_be_undone_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    path = write(tmp_path / "a.nc", STORED, "i2", **{name: value})
    with pytest.raises(InputError, match=f"the {name} of pm25 is .*; expected one finite number"):
        read(path)


def test_a_factor_of_0_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="the scale_factor of pm25 is 0; expected one finite number, not zero"
    ):
        read(write(tmp_path / "a.nc", STORED, "i2", scale_factor=0.0))


def test_markers_in_other_types(tmp_path: Path) -> None:
    """A text, a list of which one fits, a double of single precision."""
    path = write(tmp_path / "a.nc", [1, -999], "i2", missing_value="-999")
    assert read(path) == (pytest.approx([1.0, np.nan], nan_ok=True), [])
    path = write(tmp_path / "b.nc", [1, -999], "i2", missing_value=np.array([1e20, -999.0]))
    found, remarks = read(path)
    assert found == pytest.approx([1.0, np.nan], nan_ok=True)
    assert remarks == ["missing_value 1e+20, -999 does not fit the type of pm25 and was ignored"]
    path = write(tmp_path / "c.nc", [1, -999.9], "f4", missing_value=-999.9)
    assert read(path) == (pytest.approx([1.0, np.nan], nan_ok=True), [])


def test_a_range_in_floating_point_is_one_of_unpacked_values(tmp_path: Path) -> None:
    """NetCDF User Guide, appendix A; in the packed type it is one of packed values."""
    packed = {"scale_factor": 0.1, "valid_range": np.array([0, 50], "i2")}
    unpacked = {"scale_factor": 0.1, "valid_range": np.array([0.0, 50.0])}
    for name, attributes, expected in (
        ("a.nc", packed, [5.0, np.nan, np.nan]),
        ("b.nc", unpacked, [5.0, 50.0, np.nan]),
    ):
        found, _ = read(write(tmp_path / name, [50, 500, 501], "i2", **attributes))
        assert found == pytest.approx(expected, nan_ok=True)


def test_bytes_that_stand_for_larger_numbers(tmp_path: Path) -> None:
    attributes = {"_Unsigned": "true", "missing_value": np.int8(-1)}
    path = write(tmp_path / "a.nc", [1, -2, -1], "i1", **attributes)
    assert read(path)[0] == pytest.approx([1.0, 254.0, np.nan], nan_ok=True)


def test_products_beyond_all_numbers_are_infinite(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", [1, 30000], "i2", scale_factor=1e305)
    assert read(path) == ([1e305, np.inf], [])


def test_text_is_no_number_and_stays_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", [b"a", b"b"], "S1", _Encoding="no such")
    with pytest.raises(InputError, match="expected numbers in pm25, it holds text"):
        read(path)
    with open_netcdf(path) as dataset:
        assert stored(dataset["pm25"]).tolist() == [b"a", b"b"]


def test_others_read_the_variable_as_before(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nc", [1, 2], "i2", scale_factor=0.5)
    with open_netcdf(path) as dataset:
        assert read_numbers(dataset["pm25"], slice(1, None)).tolist() == [1.0]
        assert dataset["pm25"][:].tolist() == [0.5, 1.0]


def test_variables_of_strange_types_go_by_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with netCDF4.Dataset(path, "w") as dataset:
            dataset.createDimension("n", 1)
            inner = dataset.createCompoundType(np.dtype([("a", "f4")]), "inner")
            dataset.createVariable("odd", inner, ("n",))
            dataset.createVariable("pm25", "f4", ("n",))[:] = 3
    assert read(path) == ([3.0], [])
