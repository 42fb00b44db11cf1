"""Days on a Dask cluster of two processes: the same file, whoever is killed; and errors."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import distributed
import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner, Result
from mean_model import mean_model
from onnx import TensorProto, helper

from pointfuse.commands.main import main
from pointfuse.commands.shared.running import RunningOptions
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata

DAYS = np.arange("2019-01-24", "2019-02-13", dtype="datetime64[D]")
STATIONS = 40
ENVIRONMENT = os.environ | {
    "SOURCE_DATE_EPOCH": "1577836800",
    "OMP_NUM_THREADS": "1",
    # Of the scheduler: with how many ends of workers a day is given up.
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def dask(*arguments: str, log: Path) -> subprocess.Popen[bytes]:
    """A process of Dask's own programs, whose words go to a file."""
    program, *rest = arguments
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{program}", *rest],
            env=ENVIRONMENT,
            stdout=file,
            stderr=file,
            cwd=log.parent,
        )


def killed(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@contextlib.contextmanager
def started_scheduler(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler, and its address."""
    about = folder / "scheduler.json"
    process = dask(
        *("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
        *("--scheduler-file", str(about)),
        log=folder / "log",
    )
    try:
        yield announced(about, process, folder / "log"), process
    finally:
        killed(process)


def announced(about: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    """The address of a scheduler, once the file in which it gives it is whole."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        # The scheduler writes under the final name: at first the file is empty, then in part there.
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return str(json.loads(about.read_text())["address"])
        time.sleep(0.05)
    raise TimeoutError(f"the scheduler has not said its address: {log.read_text()}")


def test_the_file_of_a_scheduler_is_read_once_it_is_whole(tmp_path: Path) -> None:
    about = tmp_path / "scheduler.json"
    text = json.dumps({"address": "tcp://127.0.0.1:1", "workers": {}})
    parts = "", text[:1], text[:30], text[:-1], text
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    def write() -> None:
        for part in parts:
            about.write_text(part)
            time.sleep(0.12)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert announced(about, sleeper, tmp_path / "log") == "tcp://127.0.0.1:1"
    finally:
        writer.join()
        killed(sleeper)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler that the tests share."""
    with started_scheduler(tmp_path_factory.mktemp("scheduler")) as (address, _):
        yield address


@pytest.fixture
def worker(scheduler: str, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a worker, which is killed at the end at the latest."""
    started = []

    def start(preload: str = "", address: str = "") -> subprocess.Popen[bytes]:
        number = len(started)
        options = ["--no-nanny", "--no-dashboard", "--nthreads", "1", "--memory-limit", "0"]
        if preload:
            before = tmp_path / f"before{number}.py"
            before.write_text(preload)
            options += ["--preload", str(before)]
        log = tmp_path / f"worker{number}.log"
        started.append(dask("worker", address or scheduler, *options, log=log))
        return started[-1]

    yield start
    for process in started:
        killed(process)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A file a day of daily means, over months' ends; one of a day without any."""
    folder = tmp_path_factory.mktemp("stations")
    rng = np.random.default_rng(24)
    paths = []
    for day in DAYS:
        path = folder / f"d{day}.csv"
        values = "" if day == DAYS[5] else 40
        rows = [
            f"S{i},{100 + 0.3 * i:.1f},{34 + i % 5},{day},{values and rng.integers(20, 60)}"
            for i in range(STATIONS)
        ]
        path.write_text("station,longitude,latitude,date,pm25\n" + "\n".join(rows) + "\n")
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def slow_model_file(tiny_metadata: ModelMetadata, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model, which also multiplies two large matrices and adds a zero of it."""
    proto = mean_model(tiny_metadata)
    graph = proto.graph
    graph.initializer.extend(
        [
            helper.make_tensor("size", TensorProto.INT64, [4], [1, 1, 1000, 1000]),
            helper.make_tensor("none", TensorProto.FLOAT, [1], [0.0]),
        ]
    )
    (last,) = (node for node in graph.node if node.op_type == "Expand")
    graph.node.remove(last)
    graph.node.extend(
        [
            helper.make_node("Expand", ["mean", "size"], ["large"]),
            helper.make_node("MatMul", ["large", "large"], ["product"]),
            helper.make_node("ReduceMean", ["product"], ["number"], keepdims=1),
            helper.make_node("Mul", ["number", "none"], ["zero"]),
            helper.make_node("Add", ["mean", "zero"], ["same"]),
            helper.make_node("Expand", ["same", "shape"], ["pm25"]),
        ]
    )
    path = tmp_path_factory.mktemp("model") / "slow.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


@pytest.fixture(scope="module")
def local(
    files: list[Path], slow_model_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], bytes]:
    """File and summary of a run without a cluster."""
    output = tmp_path_factory.mktemp("local") / "out.nc"
    summary = completed(start(output, files, slow_model_file))
    return summary, output.read_bytes()


def start(output: Path, files: list[Path], model: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pointfuse", "fuse", *map(str, files), "-o", str(output)]
    command += ["--model", str(model), "--threads", "1", "--json", *options]
    return subprocess.Popen(
        command, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def completed(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The summary of a run that ends well, but for what is different each time."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "distributed" not in err
    summary = json.loads(out)
    for name in ("output", "outputs", "seconds", "days_per_second"):
        del summary[name]
    return summary


def kept(output: Path) -> int:
    return len(list(output.with_name(f".{output.name}.work").glob("days/*.npz")))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_with_a_worker_killed_the_file_is_that_of_a_local_run(
    local: tuple[dict[str, Any], bytes],
    files: list[Path],
    slow_model_file: Path,
    scheduler: str,
    worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    summary, content = local
    first, second = worker(), worker()
    output = tmp_path / "out.nc"
    process = start(output, files, slow_model_file, "--dask", scheduler)
    while kept(output) < 6:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    first.send_signal(signal.SIGKILL)
    assert kept(output) < 17
    assert completed(process) == summary
    assert output.read_bytes() == content
    assert second.poll() is None
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.slow
def test_resuming_on_a_cluster_takes_the_days_of_a_local_run(
    files: list[Path],
    scale_model_file: Path,
    scheduler: str,
    worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pointfuse.fusion import finished_days

    worker()
    computed: list[str] = []
    original = finished_days.fuse_in_batches

    def counted(placed: Any, model: Any) -> Any:
        if len(computed) == 10:
            raise KeyboardInterrupt
        computed.append(str(placed.observations.times[0]))
        return original(placed, model)

    monkeypatch.setattr(finished_days, "fuse_in_batches", counted)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1577836800")
    common = ["fuse", *files, "--model", scale_model_file, "--threads", 1, "-o"]
    output = tmp_path / "out.nc"
    assert run(*common, output).exit_code != 0
    assert kept(output) == 10
    # Whatever is still to be computed is not computed here.
    result = run(*common, output, "--dask", scheduler, "--resume")
    assert result.exit_code == 0, result.output
    assert len(computed) == 10
    monkeypatch.setattr(finished_days, "fuse_in_batches", original)
    whole = tmp_path / "whole" / output.name
    whole.parent.mkdir()
    run(*common, whole)
    assert output.read_bytes() == whole.read_bytes()


def on_cluster(
    address: str, files: list[Path], model: Path, tmp_path: Path, *options: object
) -> Result:
    """A run in this process, which leaves nothing behind."""
    levels = levels_of_loggers()
    result = run(
        *("fuse", *files, "-o", tmp_path / "out.nc", "--model", model, "--dask", address, *options)
    )
    assert not list(tmp_path.glob("*out.nc*"))
    assert levels_of_loggers() == levels
    return result


def levels_of_loggers() -> list[int]:
    return [logging.getLogger(name).level for name in ("distributed", "distributed.client")]


@pytest.mark.slow
def test_without_a_scheduler_workers_or_the_package(
    files: list[Path],
    scale_model_file: Path,
    scheduler: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pointfuse.fusion import cluster

    monkeypatch.setattr(cluster, "_NO_WORKERS", 0.5)
    for address, seconds, message in [
        ("tcp://127.0.0.1:1", 0.5, "no Dask scheduler answers at tcp://127.0.0.1:1 ("),
        ("nowhere://x", 0.5, "no Dask scheduler answers at nowhere://x (unknown address scheme"),
        # Which is there, but may be slow to answer on a busy machine.
        (scheduler, 30, f"has no workers; start some with 'dask worker {scheduler}'"),
    ]:
        monkeypatch.setattr(cluster, "_CONNECTING", seconds)
        result = on_cluster(address, files, scale_model_file, tmp_path)
        assert result.exit_code == 3, result.output
        assert message in result.stderr
    monkeypatch.delitem(sys.modules, "pointfuse.fusion.cluster")
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = on_cluster("tcp://127.0.0.1:1", files, scale_model_file, tmp_path)
    assert result.exit_code == 1
    assert "pip install 'pointfuse[dask]'" in result.stderr


WORKERS = {
    "that has no pointfuse": (
        "import sys; sys.modules['pointfuse'] = None",
        "cannot run pointfuse .* install it there",
    ),
    "of another version": (
        "import pointfuse.version; pointfuse.version.__version__ = '0.0.1'",
        r"has a different pointfuse: expected .*, got 0\.0\.1; install the same one there",
    ),
    "that does not see the folder": (
        "from pathlib import Path\n"
        "before = Path.read_text\n"
        "def read_text(path, *args, **settings):\n"
        "    if path.name == 'cluster':\n"
        "        raise FileNotFoundError(2, 'No such file or directory')\n"
        "    return before(path, *args, **settings)\n"
        "Path.read_text = read_text",
        r"cannot write into .*/\.out\.nc\.work .* name an output in a folder that all machines",
    ),
}


@pytest.mark.parametrize("kind", WORKERS)
def test_a_worker(
    kind: str,
    files: list[Path],
    scale_model_file: Path,
    scheduler: str,
    worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    preload, message = WORKERS[kind]
    worker(preload)
    result = on_cluster(scheduler, files, scale_model_file, tmp_path)
    assert result.exit_code == 3, result.output
    assert re.search(f"the worker tcp://.* {message}", result.stderr), result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_worker_with_another_file_of_the_model(
    files: list[Path],
    scale_model_file: Path,
    slow_model_file: Path,
    scheduler: str,
    worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where an old copy is left on another machine."""
    path = tmp_path / "mine.onnx"
    shutil.copy(scale_model_file, path)

    def load_and_change(
        options: RunningOptions, file: Path, variable: str | None, domain: str | None
    ) -> Model:
        model = load(options, file, variable, domain)
        shutil.copy(slow_model_file, path)
        return model

    load = RunningOptions.load
    monkeypatch.setattr(RunningOptions, "load", load_and_change)
    worker()
    result = on_cluster(scheduler, files, path, tmp_path)
    assert result.exit_code == 3, result.output
    assert "has a different model: expected" in result.stderr


DEADLY = """
import os
from pointfuse.fusion.finished_days import FinishedDays
FinishedDays.fuse = lambda *args, **settings: os._exit(1)
"""


@pytest.mark.slow
def test_a_day_that_ends_worker_after_worker(
    files: list[Path],
    scale_model_file: Path,
    scheduler: str,
    worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    worker(DEADLY), worker(DEADLY)
    with distributed.Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2)
    result = on_cluster(scheduler, files[:1], scale_model_file, tmp_path)
    assert result.exit_code == 3, result.output
    assert f"all workers that computed {DAYS[0]} died" in result.stderr


@pytest.mark.slow
def test_a_cluster_whose_workers_are_gone(
    files: list[Path],
    scale_model_file: Path,
    scheduler: str,
    worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pointfuse.fusion import cluster

    monkeypatch.setattr(cluster, "_LOOK", 0.2)
    monkeypatch.setattr(cluster, "_STALLED", 0.5)
    worker(DEADLY)
    result = on_cluster(scheduler, files, scale_model_file, tmp_path)
    assert result.exit_code == 3, result.output
    assert "has had no worker for 1 s; start some, and continue with --resume" in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_scheduler_that_goes_away(
    files: list[Path],
    scale_model_file: Path,
    worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Killed by the first day."""
    with started_scheduler(tmp_path_factory.mktemp("scheduler")) as (address, process):
        worker(
            "import os\n"
            "from pointfuse.fusion.finished_days import FinishedDays\n"
            f"FinishedDays.fuse = lambda *args, **settings: os.kill({process.pid}, 9)\n",
            address,
        )
        result = on_cluster(address, files, scale_model_file, tmp_path)
    assert result.exit_code == 3, result.output
    assert result.stderr == (
        "pointfuse: the scheduler has gone away; start it again, and continue with --resume\n"
    )


def test_hours_of_two_variables(
    ship: Callable[..., Path],
    scheduler: str,
    worker: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    """Each worker has the models of both, and the file is that of one machine."""
    folder = ship("pm25", "no2")
    worker(
        "from pathlib import Path\n"
        "from pointfuse.model import model_file, precisions, shipped\n"
        "for module in (model_file, precisions, shipped):\n"
        f"    module.model_folder = lambda: Path({str(folder)!r})\n"
    )
    table = tmp_path / "h.csv"
    rows = [
        f"{code},{place},2019-01-06T{hour:02}:00:00+08:00,{10 * hour + more},{hour + more}\n"
        for hour in (7, 8, 10)
        for code, place, more in (("A", "105,36", 1), ("B", "107,36.5", 3))
    ]
    table.write_text("station,longitude,latitude,time,pm25,no2\n" + "".join(rows))
    call = ("fuse", table, "--variable", "all", "--hourly", "--no-qc", "--threads", 1, "--json")
    here = run(*call, "-o", tmp_path / "here.nc")
    there = run(*call, "-o", tmp_path / "there.nc", "--dask", scheduler)
    assert here.exit_code == there.exit_code == 0, there.output
    with (
        netCDF4.Dataset(tmp_path / "here.nc") as one,
        netCDF4.Dataset(tmp_path / "there.nc") as two,
    ):
        assert one["no2"][:, 0, 0].tolist() == [9, 10, None, 12]
        for name in one.variables:
            assert np.ma.allequal(one[name][:], two[name][:]), name
            assert np.array_equal(
                np.ma.getmaskarray(one[name][:]), np.ma.getmaskarray(two[name][:])
            )
    found = (json.loads(each.stdout)["variables"] for each in (here, there))
    for first, second in zip(*(each.values() for each in found), strict=True):
        assert first["hours"] == second["hours"]
