"""Connect classes with their notebook display and their figure, which a later room defines.

The objects of the lower rooms know that they can be shown, not how: a module of cards registers a
function for each class with `html` or `figure`, and is loaded when the first object is shown.
"""

from __future__ import annotations

import importlib
from functools import singledispatch
from typing import Any

_CARDS: list[str] = []


@singledispatch
def html(thing: object) -> str | None:
    """HTML of a thing; None, which notebooks take for "show its text", where no card is known."""
    return None


@singledispatch
def figure(thing: object, **choices: Any) -> Any:
    """Figure of matplotlib of a thing, with what its class lets choose."""
    raise NotImplementedError(type(thing).__name__)


def cards_of(module: str) -> None:
    """Name a module of cards, which registers its functions when it is loaded."""
    if module not in _CARDS:
        _CARDS.append(module)


def load_cards() -> None:
    """Load the modules of cards."""
    for module in _CARDS:
        importlib.import_module(module)


class Shown:
    """An object that notebooks show as a card."""

    def _repr_html_(self) -> str | None:
        """What a notebook shows."""
        load_cards()
        return html(self)
