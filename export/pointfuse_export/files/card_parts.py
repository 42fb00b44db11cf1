"""Parts of model cards in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping


def section(title: str, body: str) -> str:
    """A section with its title."""
    return f"## {title}\n\n{body}\n"


def bullets(sentences: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def facts_table(facts: Mapping[str, object]) -> str:
    """A table of facts by name."""
    return markdown_table(
        ("fact", "value"), ((key.replace("_", " "), _told(value)) for key, value in facts.items())
    )


def _told(value: object) -> object:
    """A value as people read it; a mapping in JSON."""
    return f"`{json.dumps(value)}`" if isinstance(value, Mapping) else value


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table."""
    header = tuple(header)
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(str(entry) for entry in line)} |" for line in lines)
