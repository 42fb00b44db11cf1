"""How Sphinx builds the documentation: `make site`.

The source is the whole checkout, so that links between documents are the same there and here;
`include_patterns` says which files are pages, and the toctrees of `docs/index.md` where they stand.
"""

import sys
from pathlib import Path

import click
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from pointfuse.version import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "pointfuse"
author = "the authors of pointfuse"
project_copyright = "the authors of pointfuse, Apache-2.0"
version = release = __version__

root_doc = "docs/index"
include_patterns = [
    "*.md",
    "docs/**.md",
    "models/**.md",
    "benchmarks/**.md",
    "world/**.md",
    "examples/**.md",
    "inference/**.md",
]
exclude_patterns = [".*", "build", "dist", "demo", "site", "**/node_modules"]

extensions = [
    "mathml",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx_click",
]

# As GitHub shows it: formulas between dollars, and an anchor for every heading.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

default_role = "code"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
maximum_signature_line_length = 80
numpydoc_show_class_members = False
python_use_unqualified_type_names = True
# Quotes and hyphens of commands must stay what they are.
smartquotes = False

html_theme = "furo"
html_title = f"pointfuse {version}"
html_static_path = ["style.css"]
html_css_files = ["style.css"]
templates_path = ["."]
# The start page is docs/index.html; whoever opens the folder itself gets there too.
html_additional_pages = {"index": "to_start.html"}
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False


def setup(app: Sphinx) -> None:
    """Tell Sphinx what it does not know by itself."""
    # Files of stations are shown as they are: there is nothing in them to colour.
    app.add_lexer("csv", TextLexer)
    for part in ("description", "options"):
        app.connect(f"sphinx-click-process-{part}", _keep_asterisks)


def _keep_asterisks(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Help texts are plain: an asterisk is part of a pattern of files."""
    lines[:] = [line.replace("*", r"\*") for line in lines]
