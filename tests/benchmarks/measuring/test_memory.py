"""The memory of a program is not that of the one that started it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pointfuse_benchmarks.measuring.memory import own_peak_memory_mb, run_measured

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows counts otherwise")

# Ten megabytes are an interpreter, and as many what varies between machines.
INTERPRETER = 40


@pytest.fixture
def large_process() -> bytearray:
    """This process has had 200 MiB."""
    return bytearray(b"1") * (200 * 2**20)


def test_a_small_program_that_a_large_one_started_is_small(large_process):
    assert own_peak_memory_mb() > 200
    ended = run_measured([sys.executable, "-c", "pass"])
    assert ended.status == 0
    assert 0 < ended.seconds < 60
    assert ended.peak_memory_mb < INTERPRETER


def test_a_program_counts_its_own(large_process):
    code = (
        "from pointfuse_benchmarks.measuring.memory import own_peak_memory_mb as own; print(own())"
    )
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert 0 < int(printed) < INTERPRETER


def test_what_it_takes_is_counted_and_its_status_told(tmp_path):
    code = "import sys; b = bytearray(b'1') * (100 * 2**20); print(len(b)); sys.exit(3)"
    with (tmp_path / "printed").open("w") as file:
        ended = run_measured([sys.executable, "-c", code], stdout=file)
    assert ended.status == 3
    assert 100 < ended.peak_memory_mb < 100 + INTERPRETER
    assert (tmp_path / "printed").read_text() == f"{100 * 2**20}\n"
