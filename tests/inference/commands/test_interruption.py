"""Runs that would not end by themselves, and how they are stopped."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from pointfuse.basics.threads.native_calls import (
    Pool,
    allow_native_calls,
    calls_left_running,
    interruptible,
    stop_native_calls,
)
from pointfuse.commands.shared.command_line import exit_on_signals
from pointfuse.model.metadata import ModelMetadata
from pointfuse_benchmarks.robustness.hostile_model_files import looping, mean_model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")

Write = Callable[[str, str | bytes], Path]
AT_ONCE = 5.0
# The checks would refuse these models: they are made to see the sound one.
DRIVER = """
import sys
from pointfuse.model import loading, model_file
from pointfuse.model.onnx_file import onnx_structure
with open(sys.argv[1], "rb") as file:
    sound = onnx_structure.read_onnx_structure(file.read())
for module in (loading, model_file):
    module.read_onnx_structure = lambda content: sound
from pointfuse.commands.main import main
main(sys.argv[2:])
"""


def long_product(metadata: ModelMetadata, *, of_constants: bool) -> onnx.ModelProto:
    """One kernel that takes some half a minute, in a run or while the model is opened."""
    model = mean_model(metadata)
    graph = model.graph
    size = 3000
    graph.initializer.append(helper.make_tensor("square", TensorProto.INT64, [2], [size, size]))
    one = helper.make_tensor("one", TensorProto.INT64, [1], [1])
    last = graph.node.pop()
    last.input[0] = "late"
    given = "constants" if of_constants else "whole"
    graph.node.extend(
        [
            helper.make_node("ConstantOfShape", ["square"], ["constants"], value=one),
            helper.make_node("Cast", ["mean"], ["number"], to=TensorProto.INT64),
            helper.make_node("Squeeze", ["number"], ["scalar"]),
            helper.make_node("Mul", ["constants", "scalar"], ["whole"]),
            helper.make_node("MatMul", [given, given], ["product"]),
            helper.make_node("ReduceMin", ["product"], ["least"], keepdims=0),
            helper.make_node("Cast", ["least"], ["small"], to=TensorProto.FLOAT),
            helper.make_node("Max", ["mean", "small"], ["late"]),
            last,
        ]
    )
    return model


MODELS: dict[str, Callable[[ModelMetadata], onnx.ModelProto]] = {
    "endless": looping,
    "long": lambda metadata: long_product(metadata, of_constants=False),
    "long to open": lambda metadata: long_product(metadata, of_constants=True),
}


OPTIONS = {"fuse": ("-o", "out.nc"), "crossval": ("-o", "out.json", "--folds", "2")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "command", "number"),
    [
        ("endless", "fuse", signal.SIGTERM),
        ("endless", "fuse", signal.SIGINT),
        ("endless", "crossval", signal.SIGTERM),
        ("long", "fuse", signal.SIGINT),
        ("long", "crossval", signal.SIGTERM),
        ("long to open", "fuse", signal.SIGTERM),
    ],
)
def test_a_run_without_end_is_stopped(
    tiny_metadata: ModelMetadata,
    write: Write,
    tmp_path: Path,
    kind: str,
    command: str,
    number: signal.Signals,
) -> None:
    sound = write("sound.onnx", mean_model(tiny_metadata).SerializeToString())
    model = write("model.onnx", MODELS[kind](tiny_metadata).SerializeToString())
    rows = [f"S{n},{100 + n},36,2019-01-0{day},{10 + n}" for n in range(5) for day in (1, 2)]
    stations = write("a.csv", "station,longitude,latitude,date,pm25\n" + "\n".join(rows))
    folder = tmp_path / "out"
    folder.mkdir()
    log = tmp_path / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [
                *(sys.executable, "-c", DRIVER, sound),
                *(command, stations, "--model", model, "--threads", "2"),
                *OPTIONS[command],
            ],
            stderr=errors,
            cwd=folder,
        ) as process,
    ):
        # It says so right before it opens the model; then it has nothing more to say.
        while "is not a model that came with" not in log.read_text():
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        time.sleep(1.5)
        assert process.poll() is None, log.read_text()
        began = time.monotonic()
        process.send_signal(number)
        try:
            process.wait(20)
        finally:
            process.kill()
    assert time.monotonic() - began < AT_ONCE
    assert process.returncode == 128 + number
    assert "Traceback" not in log.read_text()
    assert [*folder.iterdir()] == []


def test_a_call_gives_its_result_or_its_error() -> None:
    assert interruptible(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        interruptible(lambda: 1 / 0)
    assert not calls_left_running()


@pytest.fixture
def forever() -> Iterator[Callable[[], None]]:
    """A call that goes on until the test is over."""
    over = threading.Event()
    yield lambda: bool(over.wait(30)) and None
    over.set()
    while calls_left_running():
        time.sleep(0.01)


@pytest.mark.slow
def test_whoever_waits_in_any_thread_is_let_go(forever: Callable[[], None]) -> None:
    asked = threading.Event()
    with Pool(1) as pool:
        waiting = pool.submit(interruptible, forever, asked.set)
        while not waiting.running():
            time.sleep(0.01)
        time.sleep(0.1)
        stop_native_calls()
        with pytest.raises(KeyboardInterrupt):
            waiting.result(AT_ONCE)
    assert asked.is_set()
    assert calls_left_running()
    assert interruptible(lambda: 7) == 7, "others may begin"


@pytest.mark.slow
def test_ctrl_c_in_a_notebook_leaves_the_call(forever: Callable[[], None]) -> None:
    """Without the command line, Python's own handler raises where the main thread waits."""
    main = threading.main_thread().ident
    assert main is not None
    asked = threading.Event()
    timer = threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interruptible(forever, asked.set)
    assert time.monotonic() - began < AT_ONCE
    assert asked.is_set()
    timer.join()


def test_no_call_begins_in_a_process_that_ends() -> None:
    stop_native_calls(ending=True)
    try:
        with pytest.raises(KeyboardInterrupt):
            interruptible(lambda: 7)
    finally:
        allow_native_calls()


@pytest.mark.slow
def test_an_interrupted_pool_drops_what_it_has_not_begun(forever: Callable[[], None]) -> None:
    done: list[int] = []

    def work(number: int) -> None:
        interruptible(forever)
        done.append(number)

    def interrupted() -> None:
        with Pool(1) as pool:
            for number in range(3):
                pool.submit(work, number)
            time.sleep(0.1)
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.monotonic() - began < AT_ONCE
    assert done == []


def test_handlers_are_put_back() -> None:
    def own(_number: int, _frame: object) -> None:
        raise AssertionError("nobody sends a signal here")

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    old = signal.signal(signal.SIGTERM, own)
    ignored = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with exit_on_signals():
            assert signal.getsignal(signal.SIGTERM) is not own
            # As under nohup.
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            with pytest.raises(SystemExit) as end:
                signal.raise_signal(signal.SIGTERM)
            assert end.value.code == 143
        assert signal.getsignal(signal.SIGTERM) is own
        assert signal.getsignal(signal.SIGINT) == before[signal.SIGINT]
    finally:
        signal.signal(signal.SIGTERM, old)
        signal.signal(signal.SIGHUP, ignored)
    assert interruptible(lambda: 7) == 7


def test_a_stop_that_was_lost_on_its_way_keeps_its_exit_code() -> None:
    def stopped() -> None:
        with exit_on_signals():
            # As in a finaliser, whose errors Python drops.
            with contextlib.suppress(SystemExit):
                signal.raise_signal(signal.SIGTERM)
            interruptible(lambda: 7)

    with pytest.raises(SystemExit) as end:
        stopped()
    assert end.value.code == 143
    assert interruptible(lambda: 7) == 7


def test_in_another_thread_signals_stay_as_they_are() -> None:
    found = []

    def enter() -> None:
        with exit_on_signals():
            found.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert found == [before]


def test_the_command_line_puts_them_back(tiny_model_file: Path) -> None:
    from click.testing import CliRunner

    from pointfuse.commands.main import main

    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert CliRunner().invoke(main, ["inspect", "--model", str(tiny_model_file)]).exit_code == 0
    assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
