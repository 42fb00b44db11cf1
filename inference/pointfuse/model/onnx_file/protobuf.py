"""Strict parser for protocol buffers.

Readers of this format differ in what they let pass: numbers in more bytes than they need, fields
that stand twice, fields they do not know. A file made for it then says one thing to one reader and
another to the next. Here only what official writers make is accepted, so that all readers agree on
what a file says. The format: https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import ModelFileError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10
_MOST_BITS = 64


class MalformedError(Exception):
    """The bytes do not follow the format, or not in the one way that all readers agree on."""


class Kind(enum.Enum):
    """What a field holds, if it is no message."""

    INT32 = enum.auto()
    INT64 = enum.auto()
    UINT64 = enum.auto()
    FLOAT = enum.auto()
    DOUBLE = enum.auto()
    TEXT = enum.auto()
    BYTES = enum.auto()


_WIRE_TYPES = {
    Kind.INT32: _VARINT,
    Kind.INT64: _VARINT,
    Kind.UINT64: _VARINT,
    Kind.FLOAT: _FIXED32,
    Kind.DOUBLE: _FIXED64,
    Kind.TEXT: _BYTES,
    Kind.BYTES: _BYTES,
}


@dataclass(frozen=True)
class Refused:
    """A field that a file must not have.

    Parameters
    ----------
    reason : str
        What to tell who has such a file, in one sentence.
    """

    reason: str


@dataclass(frozen=True)
class Field:
    """A field of a message.

    Parameters
    ----------
    name : str
        Its name.
    holds : Kind or Layout
        A value, or the description of a message.
    repeated : bool
        Whether it may stand more than once.
    allowed : collection of int, optional
        Of an enumeration the numbers that it may have.
    refusal : str
        What to tell who has another of these numbers, in one sentence.
    """

    name: str
    holds: Kind | Layout
    repeated: bool = False
    allowed: Collection[int] | None = None
    refusal: str = ""


@dataclass(frozen=True)
class Layout:
    """Description of a message.

    Parameters
    ----------
    name : str
        What the message is, for people.
    fields : mapping of int to Field or Refused
        Its fields by number. Others are refused: nobody knows what a reader makes of them.
    """

    name: str
    fields: Mapping[int, Field | Refused]


class Message:
    """A message that was read; fields that are absent have the default values of the format."""

    def __init__(self) -> None:
        self._values: dict[str, list[Value]] = {}

    def add(self, name: str, value: Value) -> None:
        """Add a value of a field."""
        self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def integer(self, name: str) -> int:
        """The whole number in a field, 0 where it is absent."""
        return next((value for value in self._all(name) if isinstance(value, int)), 0)

    def text(self, name: str) -> str:
        """The text in a field, empty where it is absent."""
        return next((value for value in self._all(name) if isinstance(value, str)), "")

    def message(self, name: str) -> Message:
        """The message in a field, an empty one where it is absent."""
        return next(iter(self.messages(name)), Message())

    def integers(self, name: str) -> list[int]:
        """All whole numbers in a repeated field."""
        return [value for value in self._all(name) if isinstance(value, int)]

    def texts(self, name: str) -> list[str]:
        """All texts in a repeated field."""
        return [value for value in self._all(name) if isinstance(value, str)]

    def messages(self, name: str) -> list[Message]:
        """All messages in a repeated field."""
        return [value for value in self._all(name) if isinstance(value, Message)]

    def content(self, name: str) -> bytes:
        """The bytes of a field, or of its floating-point numbers one after another."""
        return b"".join(value for value in self._all(name) if isinstance(value, memoryview))

    def _all(self, name: str) -> Sequence[Value]:
        return self._values.get(name, ())


Value: TypeAlias = int | str | memoryview | Message


def read_message(content: memoryview, layout: Layout) -> Message:
    """Read a message with all that is in it.

    Parameters
    ----------
    content : memoryview
        The whole message.
    layout : Layout
        What it may hold.

    Raises
    ------
    MalformedError
        If the bytes are not such a message, are cut off, or say a thing in a way that readers may
        take in different ways.
    ModelFileError
        If a field is refused, with its reason.
    """
    message = Message()
    position = 0
    while position < len(content):
        tag, position = _varint(content, position)
        number, wire_type = tag >> 3, tag & 7
        field = _field(layout, number, wire_type)
        if field.name in message and not field.repeated:
            raise MalformedError(f"the field '{field.name}' of {layout.name} occurs twice")
        if wire_type == _VARINT:
            value, position = _varint(content, position)
            message.add(field.name, _integer(value, field))
            continue
        if wire_type == _BYTES:
            length, position = _varint(content, position)
        else:
            length = 4 if wire_type == _FIXED32 else 8
        if length > len(content) - position:
            raise MalformedError("it ends early")
        for entry in _values(content[position : position + length], field, wire_type):
            message.add(field.name, entry)
        position += length
    return message


def _field(layout: Layout, number: int, wire_type: int) -> Field:
    """The field of a tag."""
    if number == 0:
        raise MalformedError("a field without number")
    if wire_type not in (_VARINT, _FIXED64, _BYTES, _FIXED32):
        raise MalformedError(f"an unknown wire type {wire_type}")
    field = layout.fields.get(number)
    if field is None:
        raise MalformedError(f"{layout.name} has a field {number}, which is not known there")
    if isinstance(field, Refused):
        raise ModelFileError(field.reason)
    expected = _BYTES if isinstance(field.holds, Layout) else _WIRE_TYPES[field.holds]
    # Numbers may stand many in one field.
    if wire_type != expected and not (field.repeated and wire_type == _BYTES):
        kind = "a number" if wire_type != _BYTES else "a text"
        raise MalformedError(f"{kind} where '{field.name}' of {layout.name} should be")
    return field


def _values(content: memoryview, field: Field, wire_type: int) -> Sequence[Value]:
    """What a field holds whose bytes have a length."""
    if isinstance(field.holds, Layout):
        return [read_message(content, field.holds)]
    if field.holds is Kind.TEXT:
        try:
            return [bytes(content).decode()]
        except UnicodeDecodeError as error:
            raise MalformedError("a text is not UTF-8") from error
    if _WIRE_TYPES[field.holds] == _VARINT:
        return [_integer(value, field) for value in _varints(content).tolist()]
    width = {Kind.FLOAT: 4, Kind.DOUBLE: 8}.get(field.holds, 1)
    if wire_type == _BYTES and len(content) % width:
        raise MalformedError(f"the numbers of '{field.name}' end early")
    return [content]


def _integer(value: int, field: Field) -> int:
    """A number with its sign. Of those that are too large, readers keep the lower 32 bits."""
    if field.allowed is not None and value not in field.allowed:
        if field.refusal:
            raise ModelFileError(field.refusal)
        raise MalformedError(f"the number {value} in '{field.name}' has no meaning there")
    if field.holds is Kind.UINT64:
        return value
    signed = value - (1 << _MOST_BITS) if value >> (_MOST_BITS - 1) else value
    if field.holds is Kind.INT32 and not -(1 << 31) <= signed < 1 << 31:
        raise MalformedError(f"the number {signed} in '{field.name}' is beyond 32 bits")
    return signed


def _varint(content: memoryview, position: int) -> tuple[int, int]:
    """Number in base-128 encoding, and the position after it."""
    value = 0
    for shift in range(0, 7 * _LONGEST_VARINT, 7):
        if position >= len(content):
            raise MalformedError("it ends early")
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if (shift and not byte) or value >> _MOST_BITS:
                break
            return value, position
    raise MalformedError("a number is longer than it needs to be")


def _varints(content: memoryview) -> NDArray[np.uint64]:
    """Numbers in base-128 encoding that stand one after another, by the same rules."""
    if not content:
        return np.zeros(0, np.uint64)
    digits = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(digits < 0x80)
    if not len(ends) or ends[-1] != len(digits) - 1:
        raise MalformedError("it ends early")
    begins = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - begins + 1
    last = digits[ends]
    too_long = (lengths > _LONGEST_VARINT) | ((lengths > 1) & (last == 0))
    if (too_long | ((lengths == _LONGEST_VARINT) & (last > 1))).any():
        raise MalformedError("a number is longer than it needs to be")
    shifts = np.uint64(7) * (np.arange(len(digits)) - np.repeat(begins, lengths)).astype(np.uint64)
    return np.add.reduceat((digits & 0x7F).astype(np.uint64) << shifts, begins)
