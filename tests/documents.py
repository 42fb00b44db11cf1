"""The pages of the documentation, their code blocks and their anchors, for several tests."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FOLDERS = ("docs", "models", "benchmarks", "examples", "inference")
PATTERNS = ("*.md", *(f"{folder}/**/*.md" for folder in FOLDERS))
"""Where pages are; those of `include_patterns` in docs/sphinx/conf.py."""

COMMANDS = "sh"
"""Language of an indented block, too: it holds commands."""

_NOT_RUN = re.compile(r"\*Not run by a test: ([^*]+)\*")
_FENCE = re.compile(r"(`{3,})(.*)")


class Block(NamedTuple):
    """A code block of a page."""

    page: str
    line: int
    language: str
    text: str
    not_run: str
    """Why it is not run, as the page says just before the block; empty without that."""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """All pages, relative to the checkout."""
    paths = {path for pattern in PATTERNS for path in ROOT.glob(pattern)}
    return sorted(
        path.relative_to(ROOT).as_posix() for path in paths if "node_modules" not in path.parts
    )


def blocks(page: str) -> list[Block]:
    """Code blocks of a page in their order, fenced and indented ones."""
    lines = read(page).splitlines()
    found = []
    paragraph = ""
    number = 0
    while number < len(lines):
        began = number
        if fence := _FENCE.match(lines[number]):
            ticks, language = fence.groups()
            number += 1
            while lines[number] != ticks:
                number += 1
            text = "\n".join(lines[began + 1 : number])
            number += 1
        elif lines[number].startswith("    ") and (not began or not lines[began - 1].strip()):
            while number < len(lines) and (lines[number].startswith("    ") or not lines[number]):
                number += 1
            text = "\n".join(line[4:] for line in lines[began:number]).rstrip("\n")
            language = COMMANDS
        else:
            blank = not lines[number].strip()
            if not blank:
                after_blank = began and not lines[began - 1].strip()
                paragraph = lines[number] if after_blank else f"{paragraph} {lines[number]}"
            number += 1
            continue
        reason = _NOT_RUN.fullmatch(paragraph.strip())
        paragraph = ""
        found.append(Block(page, began + 1, language, text, reason[1] if reason else ""))
    return found


def prose(page: str) -> str:
    """A page without its code."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", read(page), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]+`", lambda code: code[0].replace("[", "").replace("]", ""), text)


def links(page: str) -> list[str]:
    """Targets of the links and pictures of a page, in their order."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


def anchors(page: str) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ +(.*)$", prose(page), re.MULTILINE):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found.append(f"{slug}-{found.count(slug)}" if slug in found else slug)
    return set(found)


@cache
def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")
