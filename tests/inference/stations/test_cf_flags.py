"""Quality flags of netCDF: where they lie, what their bits are, what their words mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from pointfuse.stations.readers.cf.flag_words import rejects
from pointfuse.stations.reading import read_stations

pytestmark = pytest.mark.filterwarnings("error")

STATIONS, HOURS = 3, 6
ALL = ("station", "time")
BAD = np.array([[0] * HOURS, [2] * HOURS, [0] * HOURS], np.int8)
"""All hours of the second station."""

Flag = tuple[tuple[str, ...], Any, dict[str, Any]]


def i1(*values: int) -> np.ndarray:
    return np.array(values, np.int8)


def read(
    folder: Path, *flags: Flag, named: str | None = None, ragged: bool = False
) -> tuple[np.ndarray, list[str]]:
    """Daily means of the stations, which measure 10, 20 and 30, and what was remarked."""
    path = folder / "series.nc"
    size = STATIONS * HOURS
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.featureType = "timeSeries"
        sizes = {"station": STATIONS, "time": HOURS, "obs": size, "text": 8, "other": 2}
        for name, length in sizes.items():
            dataset.createDimension(name, length)

        def put(name: str, kind: Any, dimensions: tuple[str, ...], values: Any, **more: Any) -> Any:
            fill = more.pop("fill", None)
            variable = dataset.createVariable(name, kind, dimensions, fill_value=fill)
            variable.set_auto_maskandscale(False)
            variable.set_auto_chartostring(False)
            variable[...] = values
            variable.setncatts(more)
            return variable

        put("lon", "f8", ("station",), [116, 117, 118], standard_name="longitude")
        put("lat", "f8", ("station",), [36, 37, 38], standard_name="latitude")
        units, hours = "hours since 2019-01-06 00:00:00 +08:00", np.arange(HOURS)
        if ragged:
            put("row_size", "i4", ("station",), [HOURS] * STATIONS, sample_dimension="obs")
            hours = np.tile(hours, STATIONS)
        along = ("obs",) if ragged else ALL
        put("time", "f8", along[-1:], hours, standard_name="time", units=units)
        values = np.repeat([10.0, 20.0, 30.0], HOURS).reshape((size,) if ragged else BAD.shape)
        pm25 = put("pm25", "f8", along, values, units="ug m-3")
        names = [f"qc{number}" for number in range(len(flags))]
        pm25.ancillary_variables = " ".join(names) if named is None else named
        for name, (dimensions, codes, attributes) in zip(names, flags, strict=True):
            kind: Any = str if np.asarray(codes).dtype == object else np.asarray(codes).dtype
            put(name, kind, dimensions, codes, **attributes)
    found = read_stations(path, min_hours=1, quality_control=False)
    return found.values["pm25"][0], list(found.files[0].remarks)


WORDS: dict[str, Any] = {"flag_values": i1(0, 2), "flag_meanings": "good bad"}
LETTERS = np.where(BAD > 0, b"B", b"G").astype("S1")
SPELT = np.where(BAD > 0, "rejected", "ok").astype("S8")


@pytest.mark.parametrize(
    "flag",
    [
        (ALL, BAD, WORDS),
        (ALL[::-1], BAD.T, WORDS),
        (("station",), BAD[:, 0], WORDS),
        (ALL, BAD, {"flag_masks": i1(1, 2, 4), "flag_meanings": "spike bad_value out_of_range"}),
        # A mask with values: under 3 the value 2 is bad, 1 would be good.
        (
            ALL,
            BAD,
            {
                "flag_masks": i1(3, 3, 4),
                "flag_values": i1(1, 2, 4),
                "flag_meanings": "good bad interpolated",
            },
        ),
        (ALL, np.where(BAD > 0, -126, 0).astype("i1"), {"flag_masks": i1(2, -128),
                                                         "flag_meanings": "bad interpolated"}),
        (ALL, BAD.astype("f4"), {"flag_masks": np.float32([1, 2]), "flag_meanings": "good bad"}),
        (ALL, BAD, {"flag_values": i1(0, 2), "flag_meanings": "valid rejected"}),
        (ALL, BAD, {"flag_values": i1(0, 2), "flag_meanings": "good data, bad data"}),
        (ALL, BAD, {"flag_values": "0b, 2b", "flag_meanings": "good bad"}),
        (ALL, BAD, {"flag_values": np.array([0.0, 2.0]), "flag_meanings": "good bad"}),
        (ALL, BAD, {"flag_masks": np.array([3.0, 3.0]), "flag_values": np.array([0.0, 2.0]),
                    "flag_meanings": "good bad"}),
        # Values and masks of the other sign than the type of the flag.
        (ALL, -BAD, {"_Unsigned": "true", "flag_values": np.array([0, 254], "i2"),
                     "flag_meanings": "good bad"}),
        (ALL, BAD.astype("u8") << 62, {"flag_masks": np.array([1, 2**63], "u8"),
                                      "flag_meanings": "interpolated bad"}),
        # The number of what is missing has a meaning too.
        (ALL, BAD, {"fill": 2, "flag_values": i1(0, 2), "flag_meanings": "good missing"}),
        (ALL, LETTERS, {"flag_values": "GB", "flag_meanings": "good bad"}),
        (ALL, LETTERS, {"flag_values": "G B", "flag_meanings": "good bad"}),
        ((*ALL, "text"), netCDF4.stringtochar(SPELT), {"standard_name": "quality_flag"}),
        (ALL, SPELT.astype(str).astype(object), {"standard_name": "x status_flag"}),
    ],
)  # fmt: skip
def test_flags_reject_what_they_say_is_bad(tmp_path: Path, flag: Flag) -> None:
    means, remarks = read(tmp_path, flag)
    np.testing.assert_array_equal(means, [10, np.nan, 30])
    assert remarks == ["6 values of pm25 left out for the quality flag"]


def test_flags_of_a_time_or_of_nothing_hold_for_all(tmp_path: Path) -> None:
    _, remarks = read(tmp_path, (("time",), i1(2, 0, 0, 0, 0, 0), WORDS))
    assert remarks == ["3 values of pm25 left out for the quality flag"]
    means, remarks = read(tmp_path, ((), i1(2)[0], WORDS))
    assert np.isnan(means).all()
    assert remarks == ["18 values of pm25 left out for the quality flag"]


def test_flags_of_a_station_in_a_ragged_array(tmp_path: Path) -> None:
    means, _ = read(tmp_path, (("station",), BAD[:, 0], WORDS), ragged=True)
    np.testing.assert_array_equal(means, [10, np.nan, 30])


def test_each_of_several_flags_rejects(tmp_path: Path) -> None:
    first = (("station",), i1(2, 0, 0), WORDS)
    second = (ALL, BAD, {"flag_masks": i1(2), "flag_meanings": "suspect"})
    means, remarks = read(tmp_path, first, second)
    np.testing.assert_array_equal(means, [np.nan, np.nan, 30])
    assert remarks == ["12 values of pm25 left out for the quality flag"]


@pytest.mark.parametrize(
    ("flag", "remark"),
    [
        (
            (ALL, BAD, {"flag_values": i1(0, 2), "flag_meanings": "good green"}),
            "the quality flag qc0 of pm25 has words that are not understood ('green'); its values "
            "were used",
        ),
        (
            (ALL, BAD, {"flag_masks": i1(2), "flag_meanings": "purple"}),
            "the quality flag qc0 of pm25 has words that are not understood ('purple'); its values "
            "were used",
        ),
        (
            (ALL, BAD, {"flag_values": i1(0, 2), "flag_meanings": "good bad missing"}),
            "the quality flag qc0 of pm25 is not understood ('good bad missing'); its values were "
            "used",
        ),
        (
            (ALL, BAD, {"standard_name": "quality_flag"}),
            "the quality flag qc0 of pm25 is not understood (it has no flag_meanings); its values "
            "were used",
        ),
        (
            (("other",), i1(0, 2), WORDS),
            "the quality flag qc0 of pm25 is not understood (it lies along other); its values were "
            "used",
        ),
        (
            (ALL, 2 * BAD, WORDS),
            "the quality flag qc0 of pm25 does not explain 6 of its values; they were used",
        ),
        (
            (ALL, BAD, {"flag_masks": i1(1), "flag_meanings": "bad"}),
            "the quality flag qc0 of pm25 does not explain 6 of its values; they were used",
        ),
        # Under the mask 3 there is no 3; a zero under the mask 4 is none of what it lists.
        (
            (
                ALL,
                BAD + (BAD > 0),
                {
                    "flag_masks": i1(3, 3, 3, 4),
                    "flag_values": i1(0, 1, 2, 4),
                    "flag_meanings": "good suspect bad spike",
                },
            ),
            "the quality flag qc0 of pm25 does not explain 6 of its values; they were used",
        ),
        (
            (ALL, LETTERS, {"flag_values": "G X", "flag_meanings": "good bad"}),
            "the quality flag qc0 of pm25 does not explain 6 of its values; they were used",
        ),
        (
            (ALL, BAD + 0.5, {"flag_masks": i1(2, 4), "flag_meanings": "bad spike"}),
            "the quality flag qc0 of pm25 does not explain 18 of its values; they were used",
        ),
    ],
)
def test_what_is_not_understood_is_said_and_used(tmp_path: Path, flag: Flag, remark: str) -> None:
    means, remarks = read(tmp_path, flag)
    np.testing.assert_array_equal(means, [10, 20, 30])
    assert remarks == [remark]


TWO = "good bad"


@pytest.mark.parametrize(
    ("codes", "attributes", "words"),
    [
        (BAD, {"flag_values": "G B", "flag_meanings": TWO}, "'good bad'"),
        (BAD, {"flag_values": i1(0, 2), "flag_meanings": 5}, "'5'"),
        (BAD, {"flag_values": "", "flag_meanings": TWO}, "'good bad'"),
        (BAD, {"flag_values": i1(0, 2), "flag_masks": i1(3), "flag_meanings": TWO}, "'good bad'"),
        (BAD, {"flag_values": "", "flag_masks": i1(1, 2), "flag_meanings": TWO}, "'good bad'"),
        (BAD, {"flag_masks": np.array([np.nan, 2]), "flag_meanings": TWO}, "'good bad'"),
        (BAD, {"flag_masks": np.array([np.inf, 2]), "flag_meanings": TWO}, "'good bad'"),
        (BAD, {"flag_masks": np.array([1, 2.5]), "flag_meanings": TWO}, "'good bad'"),
        (BAD, {"flag_values": np.array([0, np.nan]), "flag_meanings": TWO}, "'good bad'"),
        (
            BAD * 1e300,
            {"flag_masks": i1(1, 2), "flag_values": np.array([np.nan, 1]), "flag_meanings": TWO},
            "'good bad'",
        ),
        (LETTERS, {"flag_masks": i1(1, 2), "flag_meanings": TWO}, "'good bad'"),
    ],
)
def test_odd_attributes_are_not_understood(
    tmp_path: Path, codes: Any, attributes: dict[str, Any], words: str
) -> None:
    means, remarks = read(tmp_path, (ALL, codes, attributes))
    np.testing.assert_array_equal(means, [10, 20, 30])
    assert remarks == [
        f"the quality flag qc0 of pm25 is not understood ({words}); its values were used"
    ]


def test_masks_beyond_the_type_of_the_flag_hold_for_nothing(tmp_path: Path) -> None:
    flag = {"flag_masks": np.array([2.0, 1e300]), "flag_meanings": "interpolated bad"}
    means, remarks = read(tmp_path, (ALL, BAD, flag))
    np.testing.assert_array_equal(means, [10, 20, 30])
    assert remarks == []


@pytest.mark.parametrize("named", ["qc0,qc1", "qc0, qc1", "qc0 , qc1,", " qc0;qc1 "])
def test_flags_may_be_named_with_commas(tmp_path: Path, named: str) -> None:
    flags = ((ALL, 0 * BAD, WORDS), (ALL, BAD, WORDS))
    means, remarks = read(tmp_path, *flags, named=named)
    np.testing.assert_array_equal(means, [10, np.nan, 30])
    assert remarks == ["6 values of pm25 left out for the quality flag"]


def test_what_is_no_flag_is_left_alone(tmp_path: Path) -> None:
    """An uncertainty; a flag that was never written; and a name that is not in the file."""
    means, remarks = read(
        tmp_path,
        (ALL, BAD, {"standard_name": "x standard_error"}),
        (ALL, np.full(BAD.shape, -127, np.int8), {"fill": -127, "flag_masks": i1(1, 2),
                                                  "flag_meanings": "bad spike"}),
        named="qc0 qc1 gone",
    )  # fmt: skip
    np.testing.assert_array_equal(means, [10, 20, 30])
    assert remarks == ["gone, which pm25 names, is not in the file"]


@pytest.mark.parametrize(
    ("meanings", "verdict"),
    [
        # OceanSITES and SeaDataNet, QARTOD, then what networks of air quality write.
        ("bad_data probably_bad_value bad_data_that_are_potentially_correctable", True),
        ("good_data probably_good_data no_qc_performed value_changed nominal_value", False),
        ("interpolated_value below_detection unknown", False),
        ("FAIL SUSPECT MISSING suspect_or_of_high_interest", True),
        ("PASS NOT_EVALUATED", False),
        ("not_valid invalid rejected out_of_range no_data data_not_available", True),
        ("instrument_maintenance calibration power_failure spike_flagged stuck_value", True),
        ("valid verified not_verified valid_but_below_detection_limit within_range", False),
        ("not_suspect no_bad_data not_flagged spike_not_detected passed_all_tests", False),
        ("level_2 purple 17 X", None),
        # What was tested for is no fault of a value that passed.
        ("spike_test_passed outlier_check_pass missing_value_test_passed range_test_ok", False),
        ("calibration_ok error_free free_of_errors flagged_good flagged_as_good", False),
        ("maintenance_off spike_absent error_none suspect_no suspect_flag_no error_false", False),
        ("no_error_found passed_spike_test OutlierTestPassed bad_value_test_passed", False),
        ("spike_test_not_evaluated outlier_untested no_data_errors no_value_missing no_qc", False),
        ("spike_test_failed outlier_check_fail missing_value_test_failed calibration_failed", True),
        ("error flagged_bad maintenance_on spike_present error_some suspect_yes OutOfRange", True),
        ("spike_test_not_passed valid_no value_absent calibration_check unknown_error", True),
        # To be in or within something says good of a range alone.
        ("in_range inside_limits within_expected_range within_valid_range not_out_of_range", False),
        ("in_doubt in_question instrument_in_standby in_warmup within_maintenance", True),
        ("not_in_range outside_valid_range exceeds_acceptable_limits not_in_operation", True),
        ("nok qc_nok NOK nogood not_ok do_not_use not_to_be_used not_all_good", True),
        ("in within in_june qc check good_or_bad valid_but_questionable failed_pass", None),
        ("good_with_errors spike_test_failed_outlier_test_passed", None),
    ],
)
def test_words(meanings: str, verdict: bool | None) -> None:
    assert {word: rejects(word) for word in meanings.split()} == dict.fromkeys(
        meanings.split(), verdict
    )
