from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from pointfuse.basics.threads import blas_threads
from pointfuse.basics.threads.blas_threads import one_blas_thread

# Another reader of the same setting: OpenBLAS tells its threads through its own variable at start.
TELL = """
import json
from pointfuse.basics.threads.blas_threads import blas_threads, one_blas_thread
told = [blas_threads()]
with one_blas_thread():
    told.append(blas_threads())
    with one_blas_thread():
        told.append(blas_threads())
    told.append(blas_threads())
told.append(blas_threads())
print(json.dumps(told))
"""


def test_calls_inside_run_on_one_thread_and_the_setting_comes_back() -> None:
    run = subprocess.run(
        [sys.executable, "-c", TELL],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "2"},
    )
    told = json.loads(run.stdout)
    if told[0] == 0:
        pytest.skip("the linear algebra of this NumPy is not OpenBLAS")
    # OpenBLAS never starts more threads than there are processors.
    outside = min(2, os.cpu_count() or 1)
    assert told == [outside, 1, 1, 1, outside]


def test_the_last_of_several_threads_restores_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    setting = [8]
    monkeypatch.setattr(blas_threads, "blas_threads", lambda: setting[0])
    monkeypatch.setattr(blas_threads, "_set_threads", lambda threads: setting.append(threads))
    together = Barrier(3)

    def work(_: int) -> None:
        with one_blas_thread():
            together.wait()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert setting == [8, 1, 8]


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas_threads, "_function", lambda _: None)
    assert blas_threads.blas_threads() == 0
    with one_blas_thread():
        pass
