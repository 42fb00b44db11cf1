"""The queue: one at a time, equal requests shared, a bounded number, a stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from pointfuse.errors import InputError
from pointfuse.service.computing import Computing
from pointfuse.service.shelf import Shelf


class Fields(SimpleNamespace):
    """As much of fields as a shelf looks at."""

    def __len__(self) -> int:
        return int(self.times)


def fields(address: str, times: int = 1) -> Any:
    return Fields(address=address, times=times)


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


class Slow:
    """A computation that waits until it may go on, and counts how often and how many at once."""

    def __init__(self) -> None:
        self.may_end, self.begun = threading.Event(), threading.Event()
        self.calls = self.at_once = self.most_at_once = 0

    def of(self, address: str) -> Callable[[], Any]:
        def compute() -> Any:
            self.calls += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.begun.set()
            assert self.may_end.wait(10)
            self.at_once -= 1
            return fields(address)

        return compute


def test_equal_requests_are_computed_once_and_others_one_by_one(thread: ThreadPoolExecutor) -> None:
    slow = Slow()

    async def ask() -> list[tuple[Any, bool]]:
        computing = Computing(Shelf(10), 10, thread)
        names = ["a", "b", "a", "b", "a"]
        asked = [asyncio.create_task(computing.fused(name, slow.of(name))) for name in names]
        await asyncio.sleep(0)
        slow.may_end.set()
        answers = await asyncio.gather(*asked)
        assert (computing.done, len(computing.shelf)) == (2, 2)
        # What is kept is not computed again.
        assert await computing.fused("a", slow.of("a")) == (answers[0][0], False)
        return answers

    answers = asyncio.run(ask())
    assert [found.address for found, _ in answers] == ["a", "b", "a", "b", "a"]
    assert [first for _, first in answers] == [True, True, False, False, False]
    assert (slow.calls, slow.most_at_once) == (2, 1)


def test_one_who_leaves_does_not_take_the_fields_from_others(thread: ThreadPoolExecutor) -> None:
    slow = Slow()

    async def ask() -> Any:
        computing = Computing(Shelf(10), 10, thread)
        first, second = (asyncio.create_task(computing.fused("a", slow.of("a"))) for _ in "ab")
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        slow.may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await second

    found, first = asyncio.run(ask())
    assert (found.address, first, slow.calls) == ("a", False, 1)


def test_an_error_is_that_of_all_who_asked_and_is_not_kept(thread: ThreadPoolExecutor) -> None:
    def fails() -> Any:
        raise InputError("no stations")

    async def ask() -> None:
        computing = Computing(Shelf(10), 10, thread)
        asked = (computing.fused("a", fails) for _ in range(2))
        errors = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(error) for error in errors] == [InputError, InputError]
        assert await computing.fused("a", lambda: fields("a")) == (fields("a"), True)

    asyncio.run(ask())


def test_a_queue_has_an_end(thread: ThreadPoolExecutor) -> None:
    computing = Computing(Shelf(10), 1, thread)
    computing.done, computing.seconds = 2, 9.0
    with computing.place_in_queue(), computing.place_in_queue():
        assert computing.present == 2
        with pytest.raises(HTTPException) as refused, computing.place_in_queue():
            pass
    assert refused.value.status_code == 503
    # Two requests of four and a half seconds each are before the next one.
    assert refused.value.headers == {"Retry-After": "9"}
    assert refused.value.detail == (
        "2 requests are waiting, more than this service takes; try again in 9 s, or start it with "
        "a larger --queue"
    )
    with computing.place_in_queue():
        assert computing.present == 1


def test_a_stop_drops_what_waits_and_ends_what_is_computed(thread: ThreadPoolExecutor) -> None:
    slow = Slow()

    async def ask() -> list[Any]:
        computing = Computing(Shelf(10), 10, thread)
        asked = [asyncio.create_task(computing.fused(name, slow.of(name))) for name in "abb"]
        await asyncio.to_thread(slow.begun.wait)
        assert 0 < computing.at_work < 10
        computing.stop()
        with pytest.raises(HTTPException, match="the service is stopping"):
            await computing.fused("c", slow.of("c"))
        with (
            pytest.raises(HTTPException, match="the service is stopping"),
            computing.place_in_queue(),
        ):
            pass
        slow.may_end.set()
        ended = await asyncio.gather(*asked, return_exceptions=True)
        assert computing.at_work == 0
        return ended

    (found, first), *dropped = asyncio.run(ask())
    assert (found.address, first, slow.calls) == ("a", True, 1)
    assert [(error.status_code, error.headers) for error in dropped] == [
        (503, {"Retry-After": "10"})
    ] * 2


def test_a_shelf_keeps_what_was_used_last() -> None:
    shelf = Shelf(5)
    for address, times in (("a", 2), ("b", 2), ("c", 1)):
        shelf.put(fields(address, times))
    assert (len(shelf), shelf.times) == (3, 5)
    assert shelf.get("a") == fields("a", 2)
    shelf.put(fields("d", 2))
    assert [shelf.get(address) is not None for address in "abcd"] == [True, False, True, True]
    # The last that came stays, whatever it is.
    shelf.put(fields("e", 9))
    assert [shelf.get(address) is not None for address in "abcde"] == [False] * 4 + [True]
