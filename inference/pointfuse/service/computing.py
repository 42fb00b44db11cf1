"""One computation at a time in a thread of its own, a bounded queue, equal requests shared."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor

from starlette.exceptions import HTTPException

from pointfuse.service.fused import Fused
from pointfuse.service.shelf import Shelf

_LONGEST_WAIT = 120
"""Seconds after which a client is asked to try again, at most."""


class Computing:
    """Computes fields, one request after the other.

    Its methods are for the thread of the event loop.

    Parameters
    ----------
    shelf : Shelf
        Where the fields are kept.
    queue : int
        Requests that may wait, beside the one that is computed.
    thread : Executor
        The thread that computes, which has loaded the models.
    """

    def __init__(self, shelf: Shelf, queue: int, thread: Executor) -> None:
        self.shelf = shelf
        self.done = 0
        self.seconds = 0.0
        self._most = queue + 1
        self._present = 0
        self._running: dict[str, asyncio.Task[Fused]] = {}
        self._thread = thread
        self._began: float | None = None
        self._stopped = False

    @property
    def present(self) -> int:
        """Requests that are read, wait or are computed."""
        return self._present

    @property
    def at_work(self) -> float:
        """Seconds that the current computation has taken so far; 0 without any."""
        began = self._began
        return 0.0 if began is None else time.perf_counter() - began

    @contextlib.contextmanager
    def place_in_queue(self) -> Iterator[None]:
        """A place for a request, taken before its body is read: bodies take memory too.

        Raises
        ------
        HTTPException
            503, if there is none.
        """
        if self._stopped:
            raise _stopping()
        if self._present >= self._most:
            each = self.seconds / self.done if self.done else 1.0
            wait = min(_LONGEST_WAIT, max(1, math.ceil(each * self._present)))
            raise HTTPException(
                503,
                f"{self._present} requests are waiting, more than this service takes; try again in "
                f"{wait} s, or start it with a larger --queue",
                {"Retry-After": str(wait)},
            )
        self._present += 1
        try:
            yield
        finally:
            self._present -= 1

    async def fused(self, address: str, compute: Callable[[], Fused]) -> tuple[Fused, bool]:
        """Fields of an address, and whether they were made for this request.

        Parameters
        ----------
        address : str
            What they are known by.
        compute : callable
            Makes them, if nobody has or does.

        Raises
        ------
        HTTPException
            503, if the service stops before they are made.
        PointfuseError, HTTPException
            As `compute`.
        """
        if (kept := self.shelf.get(address)) is not None:
            return kept, False
        task = self._running.get(address)
        first = task is None
        if task is None:
            task = asyncio.create_task(self._compute(compute))
            self._running[address] = task
            task.add_done_callback(lambda _: self._running.pop(address))
        try:
            # Others may wait for it when this one is gone.
            return await asyncio.shield(task), first
        except asyncio.CancelledError:
            if task.cancelled():
                raise _stopping() from None
            raise

    def stop(self) -> None:
        """Begin no further computation, and drop those that wait."""
        self._stopped = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _compute(self, compute: Callable[[], Fused]) -> Fused:
        if self._stopped:
            raise _stopping()

        def timed() -> tuple[Fused, float]:
            self._began = time.perf_counter()
            try:
                fused = compute()
                return fused, self.at_work
            finally:
                self._began = None

        fused, seconds = await asyncio.get_running_loop().run_in_executor(self._thread, timed)
        self.done += 1
        self.seconds += seconds
        self.shelf.put(fused)
        return fused


def _stopping() -> HTTPException:
    return HTTPException(
        503, "the service is stopping; post the stations again", {"Retry-After": "10"}
    )
