"""Convert figures to SVG for use inside a page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from pointfuse.basics.printable import printable
from pointfuse.pictures.figure_style import INK, ReportFigure
from pointfuse.pictures.html_page import figure as figure_element

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_REFERENCE = re.compile(r"url\(#([^)]+)\)")
# The font that `figure_style` measures texts with, and what matplotlib adds to it. Few
# machines have it, and most fonts are narrower.
_FONT = re.compile(r"'DejaVu Sans'[^;]*")


def page_figures(figures: Iterable[ReportFigure]) -> list[str]:
    """Figures of a page with their titles and captions, an element each.

    Parameters
    ----------
    figures : iterable of ReportFigure
        All figures of the page.
    """
    return [
        figure_element(
            shown.title,
            inline_svg(shown.figure, f"figure-{number}", f"{shown.title}. {shown.alternative}"),
            shown.caption,
        )
        for number, shown in enumerate(figures, start=1)
    ]


def inline_svg(figure: Figure, name: str, alternative: str) -> str:
    """A figure as an element of a page, in the colour and the kind of font of the page.

    Parameters
    ----------
    figure : matplotlib Figure
        Figure drawn in `pointfuse.pictures.figure_style.INK`.
    name : str
        Name of the figure, unlike that of any other on the page.
    alternative : str
        What it shows, for those who cannot see it.
    """
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(written.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {
            _local(key): _adapted(_local(key), value, name) for key, value in element.attrib.items()
        }
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": printable(alternative),
    }
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    """Name without its namespace, which a page does not need."""
    return name.rpartition("}")[2]


def _adapted(attribute: str, value: str, name: str) -> str:
    """Value of an attribute with names of this figure alone, and colour and font of the page."""
    if attribute == "id":
        return f"{name}-{value}"
    if attribute == "href" and value.startswith("#"):
        return f"#{name}-{value[1:]}"
    value = _REFERENCE.sub(rf"url(#{name}-\1)", value)
    return _FONT.sub("sans-serif", value).replace(INK, "currentColor")
