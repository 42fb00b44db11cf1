"""HTML elements, written as XML; all text is escaped here.

A page needs no script, no font and nothing from elsewhere, and adapts to narrow screens, to dark
ones, and to paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from pointfuse.basics.printable import printable

# Makes sure that nothing is loaded from anywhere, whatever the texts hold.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page of elements one below the other."""
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>{text(title)}</title>\n<style>\n{style}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def text(content: str) -> str:
    """A text as a page can hold it, whatever it holds."""
    return escape(printable(content, keep="\n"))


def heading(content: str) -> str:
    """The heading of the page."""
    return f"<h1>{text(content)}</h1>"


def paragraph(content: str) -> str:
    """A paragraph of text."""
    return f"<p>{text(content)}</p>"


def section(title: str, *elements: str) -> str:
    """Elements under a heading."""
    return f"<section><h2>{text(title)}</h2>{''.join(elements)}</section>"


def highlighted(label: str, sentences: Iterable[str]) -> str:
    """Sentences that stand out, with a label for those who hear the page."""
    inside = "".join(map(paragraph, sentences))
    return f'<section class="verdict" aria-label="{text(label)}">{inside}</section>'


def bullets(sentences: Iterable[str]) -> str:
    """A list of sentences."""
    return "<ul>" + "".join(f"<li>{text(sentence)}</li>" for sentence in sentences) + "</ul>"


def definitions(entries: Iterable[tuple[str, str]]) -> str:
    """A list of terms and what they stand for."""
    items = (f"<dt>{text(term)}</dt><dd>{text(content)}</dd>" for term, content in entries)
    return f"<dl>{''.join(items)}</dl>"


def figure(title: str, picture: str, caption: str) -> str:
    """A picture, which is an element already, between its title and its caption."""
    return (
        f"<figure><h3>{text(title)}</h3>{picture}<figcaption>{text(caption)}</figcaption></figure>"
    )


def gallery(figures: Iterable[str]) -> str:
    """Figures side by side, if the page is wide enough."""
    return f'<div class="figures">{"".join(figures)}</div>'


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of numbers whose first column names its rows."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in header)
    body = ""
    for name, *cells in rows:
        inside = "".join(f"<td>{text(cell)}</td>" for cell in cells)
        body += f'<tr><th scope="row">{text(name)}</th>{inside}</tr>'
    return (
        f'<div class="table"><table><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
