"""Texts from the file system, as messages and files can hold them."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text with a question mark for each byte of a file name that is in another encoding.

    Python keeps such bytes as surrogates, which no text can be written with.
    """
    return text.encode("utf-8", "replace").decode()
