"""Write a number with its noun: 1 day, 2 days."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return "1 day", "2 days"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
