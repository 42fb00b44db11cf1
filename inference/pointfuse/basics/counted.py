"""A number with its noun, as a sentence has it."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return "1 day", "2 days"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
