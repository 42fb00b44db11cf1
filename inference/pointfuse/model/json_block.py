"""Read typed JSON objects of the metadata; errors name the path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pointfuse.basics.printable import beginning
from pointfuse.errors import ModelFileError

_LARGEST_NUMBER = 1e12
"""Beyond it a number is garbled."""

_LONGEST_TEXT = 200
"""Of a name or a unit; a longer one is garbled, and would swamp messages and pages."""


@dataclass(frozen=True)
class Block:
    """A JSON object of the metadata, with typed access that names what is wrong.

    Each method raises `ModelFileError` if the entry lacks or is of another kind.

    Parameters
    ----------
    content : mapping
        The object.
    path : str
        Where it stands, such as ``grid.projection``; empty for the whole.
    """

    content: Mapping[str, object]
    path: str

    def text(self, key: str, longest: int = _LONGEST_TEXT) -> str:
        """A text that is not empty, of at most so many characters."""
        value = self._value(key)
        if not isinstance(value, str) or not value:
            raise self._garbled(key, "a text", value)
        if len(value) > longest:
            raise ModelFileError(
                f"'{self._name(key)}' in the model's metadata has {len(value)} characters; "
                f"expected at most {longest}"
            )
        return value

    def number(self, key: str) -> float:
        """A finite number."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._garbled(key, "a number", value)
        if not abs(value) < _LARGEST_NUMBER:
            raise self._garbled(key, f"a number below {_LARGEST_NUMBER:g}", value)
        return float(value)

    def positive(self, key: str) -> float:
        """A number above 0."""
        number = self.number(key)
        if number <= 0:
            raise ModelFileError(
                f"'{self._name(key)}' in the model's metadata is {number:g}; expected more than 0"
            )
        return number

    def integer(self, key: str) -> int:
        """A positive whole number."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise self._garbled(key, "a positive whole number", value)
        if value >= _LARGEST_NUMBER:
            raise self._garbled(key, f"a whole number below {_LARGEST_NUMBER:g}", value)
        return value

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers."""
        value = self._value(key)
        if not isinstance(value, list):
            raise self._garbled(key, "a list of numbers", value)
        entries = Block({str(i): entry for i, entry in enumerate(value)}, self._name(key))
        return tuple(entries.number(name) for name in entries.content)

    def pair(self, key: str) -> tuple[float, float]:
        """Two numbers."""
        numbers = self.numbers(key)
        if len(numbers) != 2:
            raise self._garbled(key, "two numbers", self.content[key])
        return numbers[0], numbers[1]

    def block(self, key: str) -> Block:
        """An object within this one."""
        value = self._value(key)
        if not isinstance(value, dict):
            raise self._garbled(key, "an object", value)
        return Block(value, self._name(key))

    def blocks(self, key: str) -> list[Block]:
        """A list of objects within this one."""
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self._garbled(key, "a list of objects", value)
        return [Block(entry, f"{self._name(key)}[{i}]") for i, entry in enumerate(value)]

    def _name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _value(self, key: str) -> object:
        if key not in self.content:
            raise ModelFileError(
                f"the model's metadata has no '{self._name(key)}'; "
                "get the file again from where it was published"
            )
        return self.content[key]

    def _garbled(self, key: str, expected: str, value: object) -> ModelFileError:
        return ModelFileError(
            f"'{self._name(key)}' in the model's metadata should be {expected}, got "
            f"{beginning(json.dumps(value), 30)}; get the file again from where it was published"
        )
