"""Texts as messages, files and pages can hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def printable(text: str) -> str:
    """A text with a question mark for each byte of a file name that is in another encoding.

    Python keeps such bytes as surrogates, which no text can be written with.
    """
    return text.encode("utf-8", "replace").decode()


def without_controls(text: str) -> str:
    """A text with a mark in place of each character that neither HTML, SVG nor XML can hold.

    These are control characters and surrogates, even where they are escaped.
    """
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def listed(parts: Iterable[object]) -> str:
    """A list as people write it: ``a``, ``a and b``, ``a, b and c``; at least one part."""
    *some, last = map(str, parts)
    return f"{', '.join(some)} and {last}" if some else last


def quoted(text: str, length: int = 40) -> str:
    """The beginning of a text in quotes, on one line whatever it holds."""
    shown = repr(text[:length])
    return shown if len(shown) <= length + 2 else f"{shown[:length]}..."
