"""Items made while others are used."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pointfuse.basics.threads.one_ahead import one_ahead


def test_items_come_in_their_order():
    assert list(one_ahead(iter(range(50)))) == list(range(50))
    assert list(one_ahead([])) == []
    assert list(one_ahead([None, False])) == [None, False]


def test_the_next_is_made_while_one_is_used():
    made = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        made.set()
        yield 1

    assert next(one_ahead(items())) == 0
    # Nobody has asked for it yet.
    assert made.wait(10)


def test_no_more_than_one_is_made_ahead():
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    for number in one_ahead(items()):
        assert len(made) <= number + 2


def test_an_error_comes_where_the_item_would_have():
    def items() -> Iterator[int]:
        yield 7
        raise ValueError("the second is broken")

    ahead = one_ahead(items())
    assert next(ahead) == 7
    with pytest.raises(ValueError, match="the second is broken"):
        next(ahead)


def test_whoever_stops_early_leaves_no_thread():
    before = set(threading.enumerate())
    ahead = one_ahead(iter(range(5)))
    next(ahead)
    ahead.close()
    assert set(threading.enumerate()) <= before
