"""Write what was measured on all machines into the documents.

    python -m pointfuse_benchmarks.speed.performance

The tables of `docs/background/performance.md` are those of the files in `benchmarks/machines`, one
machine after the other; the table of README.md and the figure are those of one of them. A test
holds them together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

from pointfuse.basics.atomic_files import replacing
from pointfuse.errors import InputError
from pointfuse_benchmarks.measuring.checkout import DOCUMENTS, ROOT
from pointfuse_benchmarks.measuring.machine_file import Row, read_machines
from pointfuse_benchmarks.speed.performance_figure import draw_peers
from pointfuse_benchmarks.speed.performance_tables import files_table, machine_tables

DOCUMENT, README = DOCUMENTS / "background" / "performance.md", ROOT / "README.md"
FIGURE = DOCUMENTS / "pictures" / "performance.png"

SHOWN = "amd-epyc-2-threads"
"""The machine whose files to file are in the README, and whose peers are in the figure."""

_ALTERNATIVE = "What a field takes in other runtimes, and by other methods"
_BEGIN, _END = "<!-- measured: make bench -->", "<!-- end -->"


@click.command()
def main() -> None:
    """Replace what stands between the marks in both documents, and draw the figure."""
    machines = read_machines()
    for path, tables in ((DOCUMENT, all_tables(machines)), (README, readme_table(machines))):
        text = with_tables(path.read_text(encoding="utf-8"), tables)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    draw_peers(machines[SHOWN]["peers"], FIGURE)


def all_tables(machines: Mapping[str, Mapping[str, list[Row]]]) -> str:
    """The figure, and the tables of all machines, each under the name of its file."""
    figure = f"![{_ALTERNATIVE}](../pictures/{FIGURE.name})\n\nMedians on {SHOWN}; ours in colour."
    tables = [f"## {name}\n\n{machine_tables(report)}" for name, report in machines.items()]
    return "\n\n".join([figure, *tables])


def readme_table(machines: Mapping[str, Mapping[str, list[Row]]]) -> str:
    """Files to file on the machine that is shown first."""
    return files_table(machines[SHOWN]["files_to_file"])


def with_tables(text: str, tables: str) -> str:
    """A document with other tables between its marks.

    Raises
    ------
    InputError
        If it has no marks, or several.
    """
    parts = re.split(f"{_BEGIN}.*?{_END}", text, flags=re.DOTALL)
    if len(parts) != 2:
        raise InputError(
            f"expected '{_BEGIN}' and '{_END}' once in the document, got {len(parts) - 1} pairs; "
            "put them where the tables belong"
        )
    return f"{_BEGIN}\n\n{tables}\n\n{_END}".join(parts)


if __name__ == "__main__":
    main()
