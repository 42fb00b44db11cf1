"""Errors of pointfuse: each is a `PointfuseError` and the matching builtin exception.

Messages say what was expected, what was found and what to do, in one sentence, so that the
command line can print them as they are.
"""

from __future__ import annotations

import os


class PointfuseError(Exception):
    """Base of every error that pointfuse raises on purpose."""

    exit_code = 1
    """Status with which the command line ends on this error."""

    def __str__(self) -> str:
        """The message, with what a file put into it shown as `repr` would show it."""
        text = super().__str__()
        if text.isprintable():
            return text
        shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
        return "".join(shown)


class InputError(PointfuseError, ValueError):
    """Station files or arrays that cannot be used as they are."""


class UnreadableFileError(InputError):
    """A file that is damaged as a whole, or none of observations: others can do without it."""


class ArgumentError(PointfuseError, TypeError):
    """An argument of another kind than a function takes."""


class InputFileNotFoundError(PointfuseError, FileNotFoundError):
    """A file named by the caller does not exist."""


class ModelFileError(PointfuseError, ValueError):
    """A model file that is damaged, altered, or not a pointfuse model."""


class OutputError(PointfuseError, OSError):
    """A result that cannot be written where it was asked for."""


class DeviceError(PointfuseError, RuntimeError):
    """A device or runtime that was asked for and cannot be used."""

    exit_code = 3


class ClusterError(PointfuseError, RuntimeError):
    """A cluster that was asked for and cannot be used, or does not compute what it should."""

    exit_code = 3


class MissingExtraError(PointfuseError, ImportError):
    """A feature whose optional packages are not installed."""


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
    if "\0" in os.fsdecode(value):  # type: ignore[arg-type]
        raise ArgumentError(f"expected the path of {what}, got a text with a zero character in it")


def kind_of(value: object) -> str:
    """What something is, for messages."""
    if value is None:
        return "None"
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
