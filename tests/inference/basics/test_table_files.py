"""Tables in files: the same bits again, whole or not at all."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pointfuse import InputError, OutputError
from pointfuse.basics.table_files import writing_table

NAMES = np.array(["a", 'b "c"', "d, e", "北京"])
DAYS = np.array(["2019-01-06", "2019-01-07"] * 2, "datetime64[D]")


@given(
    single=arrays(np.float32, 4, elements=st.floats(width=32, allow_infinity=False)),
    double=arrays(np.float64, 4, elements=st.floats(allow_infinity=False)),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_are_read_as_the_same_bits(
    single: np.ndarray, double: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    with writing_table(path) as append:
        for part in (slice(0, 1), slice(1, 4)):
            append({"name": NAMES[part], "s": single[part], "d": double[part]})
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == NAMES.tolist()
    for column, values in (("s", single), ("d", double)):
        found = np.array([row[column] or "nan" for row in rows]).astype(values.dtype)
        np.testing.assert_array_equal(found, values)
        assert all(("nan" in row[column]) is False for row in rows)


def test_parquet_has_types_and_nulls(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "table.parquet"
    with writing_table(path) as append:
        append({"name": NAMES, "day": DAYS, "value": np.array([1, np.nan, 2, 3], np.float32)})
    table = parquet.read_table(path)
    assert [str(field.type) for field in table.schema] == ["string", "date32[day]", "float"]
    assert table["value"].null_count == 1
    assert table["day"].to_pylist() == DAYS.tolist()


def test_a_table_without_rows_is_no_file(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"there are no rows to write to table\.csv"),
        writing_table(tmp_path / "table.csv"),
    ):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_error_leaves_no_file(suffix: str, tmp_path: Path) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")

    def write() -> None:
        with writing_table(tmp_path / f"table.{suffix}") as append:
            append({"name": NAMES})
            raise OSError("disk full")

    with pytest.raises(OutputError, match="disk full"):
        write()
    assert not list(tmp_path.iterdir())
