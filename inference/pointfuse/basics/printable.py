"""Make text from files safe for terminals, tables, files and pages.

A station code, a unit, an attribute or the name of a file may hold anything: an escape sequence
that colours the terminal or moves its cursor, a line feed with a forged line behind it, a mark that
turns the direction of writing around. What is read is made printable where it comes in, and what
is shown where it goes out.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of what has no shape of its own: control characters, marks of direction and
of width zero, halves of pairs (with which Python keeps bytes that are no text), line separators."""

_IN_NO_PAGE = "\ufffe\uffff"
"""Of the rest, what neither HTML, SVG nor XML can hold."""


def printable(text: str, keep: str = "") -> str:
    r"""A text with escapes such as ``\x1b`` for invisible characters.

    Parameters
    ----------
    text : str
        Any text.
    keep : str
        Characters to leave as they are, such as a line feed in a text of several lines.
    """
    for character in _hidden_in(text, keep):
        # Python writes a line separator as it writes any other character that is not ASCII.
        text = text.replace(character, character.encode("unicode_escape").decode())
    return text


def printable_content(content: Any) -> Any:
    """What was read from JSON, with all texts and keys in it printable."""
    if isinstance(content, str):
        return printable(content)
    if isinstance(content, Mapping):
        return {printable(key): printable_content(value) for key, value in content.items()}
    return [printable_content(entry) for entry in content] if isinstance(content, list) else content


def json_text(content: object) -> str:
    """JSON for people: indented, letters as they are, and escapes for what cannot be seen."""
    text = json.dumps(content, indent=2, ensure_ascii=False)
    for character in _hidden_in(text, "\n"):
        units = character.encode("utf-16-be", "surrogatepass").hex()
        escape = "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
        text = text.replace(character, escape)
    return text


def listed(parts: Iterable[object]) -> str:
    """A list as people write it: ``a``, ``a and b``, ``a, b and c``; at least one part."""
    *some, last = map(str, parts)
    return f"{', '.join(some)} and {last}" if some else last


def beginning(text: str, length: int) -> str:
    """A text, or the beginning of a longer one with dots behind it."""
    return text if len(text) <= length else f"{text[:length].rstrip()}..."


def quoted(text: str, length: int = 40) -> str:
    """The beginning of a text in quotes, on one line whatever it holds."""
    shown = repr(text[:length])
    return shown if len(shown) <= length + 2 else f"{shown[:length]}..."


def _hidden_in(text: str, keep: str) -> set[str]:
    """The characters of a text that cannot be seen."""
    # Nearly all texts have none, and this takes hardly any time.
    if text.isprintable():
        return set()
    return {
        character
        for character in set(text).difference(keep)
        if character in _IN_NO_PAGE or unicodedata.category(character) in _HIDDEN
    }
