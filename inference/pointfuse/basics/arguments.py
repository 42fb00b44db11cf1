"""Arguments of another kind than a function takes, refused in one sentence."""

from __future__ import annotations

import os

from pointfuse.errors import ArgumentError


def require(value: object, kind: type | tuple[type, ...], what: str, *, source: str) -> None:
    """Make sure that an argument is of its kind.

    Parameters
    ----------
    value : object
        The argument.
    kind : type or tuple of types
        What it must be an instance of.
    what : str
        The argument and its kind, such as "a model (pointfuse.Model)".
    source : str
        Where one comes from, such as "load one with pointfuse.load_model".

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    if not isinstance(value, kind):
        raise ArgumentError(f"expected {what}, got {kind_of(value)}; {source}")


def require_path(value: object, what: str) -> None:
    """Make sure that an argument is a path: text or `os.PathLike`.

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    require(value, (str, os.PathLike), f"the path of {what}", source="give it as text or a Path")


def kind_of(value: object) -> str:
    """What something is, for messages."""
    if value is None:
        return "None"
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
