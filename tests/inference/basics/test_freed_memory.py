"""Memory that was freed goes back to the system."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from pointfuse.basics import freed_memory
from pointfuse.basics.freed_memory import return_freed_memory


def resident_mb() -> float:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what Linux says of memory")
def test_what_a_last_block_holds_is_given_back():
    # Blocks of 20 kB come from the heap, and one that is kept beyond them keeps it from shrinking.
    blocks = [bytearray(20_000) for _ in range(5_000)]
    kept = bytearray(20_000)
    blocks.clear()
    before = resident_mb()
    return_freed_memory()
    assert len(kept) == 20_000
    if hasattr(ctypes.CDLL(None), "malloc_trim"):
        # Of 95 MB; some of it may have been used again meanwhile.
        assert before - resident_mb() > 50


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_nothing_is_asked_for(platform, monkeypatch):
    monkeypatch.setattr(freed_memory.sys, "platform", platform)
    monkeypatch.setattr(freed_memory.ctypes, "CDLL", lambda _: pytest.fail("asked"))
    return_freed_memory()


def test_a_c_library_without_it_is_left_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(freed_memory.sys, "platform", "linux")
    monkeypatch.setattr(freed_memory.ctypes, "CDLL", lambda name: asked.append(name) or object())
    return_freed_memory()
    assert asked == [None]
