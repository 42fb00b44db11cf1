"""Archives of arrays, from several threads and damaged."""

from __future__ import annotations

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointfuse.basics.array_archives import read_arrays

ARRAYS = {"first": np.arange(12.0).reshape(3, 4), "second": np.array(["a", "bc"])}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "arrays.npz"
    np.savez(path, **ARRAYS)  # type: ignore[arg-type]  # as newer stubs have it
    return path


def test_what_was_written_is_read(archive: Path) -> None:
    arrays = read_arrays(archive)
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)


def test_headers_are_parsed_by_one_thread_at_a_time(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two at once end in a SystemError in Python 3.11.7, but seldom: one in 60,000 was seen.
    parse = ast.literal_eval
    parsing: set[int] = set()
    threads_parsing: list[int] = []

    def watched(text: str) -> Any:
        parsing.add(threading.get_ident())
        threads_parsing.append(len(parsing))
        time.sleep(0.001)
        parsing.discard(threading.get_ident())
        return parse(text)

    monkeypatch.setattr(ast, "literal_eval", watched)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(read_arrays, [archive] * 20))
    assert threads_parsing == [1] * 40


@given(st.data())
def test_a_damaged_archive_is_a_value_error_or_what_was_written(
    archive: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(archive.read_bytes())
    where = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:where]
    else:
        content[where] ^= data.draw(st.integers(1, 255))
    damaged = tmp_path_factory.mktemp("damaged") / "arrays.npz"
    damaged.write_bytes(content)
    try:
        arrays = read_arrays(damaged)
    except (ValueError, OSError) as error:
        assert str(damaged) in str(error) or isinstance(error, OSError)
    else:
        # What the checksums do not cover are names, times and rights.
        written = {array.tobytes() for array in ARRAYS.values()}
        assert {array.tobytes() for array in arrays.values()} <= written


def test_a_file_of_one_array_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "array.npz"
    with path.open("wb") as file:
        np.save(file, ARRAYS["first"])
    with pytest.raises(ValueError, match=r"array\.npz is not a whole archive of arrays"):
        read_arrays(path)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "absent.npz")
