"""Run native code so that Ctrl-C and signals can end it.

Python looks at Ctrl-C and at signals in its main thread, between two steps of its own. A native
call that takes long would keep both waiting until its end, and one without end for ever. So such
a call gets a thread of its own, and whoever waits for it can go.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

_LOOK = 0.1
"""Seconds between looks at whether somebody wants to stop."""

_PATIENCE = 2.0
"""Seconds that a call gets to end after it was asked to."""

_ending = threading.Event()
# A signal can come while the main thread holds it, and its handler takes it again.
_lock = threading.RLock()
_running: set[_Call[Any]] = set()
_left: list[threading.Thread] = []


def interruptible(
    call: Callable[[], Result], ask_to_end: Callable[[], None] = lambda: None
) -> Result:
    """The result of a native call, for which Ctrl-C and signals need not wait.

    Parameters
    ----------
    call : callable
        What to do, in a thread of its own.
    ask_to_end : callable
        Asks the call, from another thread, to end early. One that does not within two seconds is
        left alone: its thread goes on and its result is lost.

    Raises
    ------
    KeyboardInterrupt
        If `stop_native_calls` was called meanwhile, in whichever thread this waits.
    """
    if _ending.is_set():
        raise KeyboardInterrupt
    task: _Call[Result] = _Call(call, ask_to_end)
    with _lock:
        _running.add(task)
    try:
        task.thread.start()
        while not task.done.wait(_LOOK):
            if task.stopped or _ending.is_set():
                raise KeyboardInterrupt
    except BaseException:
        task.end()
        raise
    finally:
        with _lock:
            _running.discard(task)
    if task.error is not None:
        raise KeyboardInterrupt if task.stopped else task.error
    return task.results[0]


def stop_native_calls(*, ending: bool = False) -> None:
    """Make everybody who waits for a native call leave it.

    Parameters
    ----------
    ending : bool
        Whether the process is about to end, so that no call shall begin any more.
    """
    if ending:
        _ending.set()
    with _lock:
        running = list(_running)
    for task in running:
        task.stop()


def allow_native_calls() -> None:
    """Take back that the process is about to end."""
    _ending.clear()


def calls_left_running() -> bool:
    """Whether an abandoned native call still runs: the interpreter then cannot end as usual."""
    return any(thread.is_alive() for thread in _left)


class Pool(ThreadPoolExecutor):
    """Threads whose native calls are left, and whose work is dropped, if the user interrupts."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for the threads, but not for what an interrupted run no longer needs."""
        if isinstance(error, KeyboardInterrupt | SystemExit):
            self.shutdown(wait=False, cancel_futures=True)
            stop_native_calls()
        super().__exit__(kind, error, traceback)


class _Call(Generic[Result]):
    """A native call in its thread."""

    def __init__(self, call: Callable[[], Result], ask_to_end: Callable[[], None]) -> None:
        self._call, self._ask_to_end = call, ask_to_end
        self.results: list[Result] = []
        self.error: BaseException | None = None
        self.stopped = False
        self.done = threading.Event()
        # A thread that goes on must not keep the interpreter from ending.
        self.thread = threading.Thread(target=self._run, name="native call", daemon=True)

    def stop(self) -> None:
        """Ask the call to end, and wake up its caller."""
        self.stopped = True
        self._ask_to_end()

    def end(self) -> None:
        """Stop the call and give it a little time to end."""
        self.stop()
        if self.thread.ident is not None and not self.done.wait(_PATIENCE):
            _left.append(self.thread)

    def _run(self) -> None:
        try:
            self.results.append(self._call())
        except BaseException as error:
            self.error = error
        finally:
            self.done.set()
