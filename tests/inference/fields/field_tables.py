"""Commands that make tables of fields, and what they write."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from pointfuse.commands.main import main


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


def read_csv(path: Path) -> dict[str, list[str]]:
    header, *rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


def check_refused(command: str, fields: Path, given: Path, message: str) -> None:
    """One sentence, and nothing beside the file that was given, alone in its folder."""
    code, said = run(command, fields, given, "-o", given.with_name("table.csv"))
    assert code == 1
    assert message in said
    assert len(said.splitlines()) == 1
    assert list(given.parent.iterdir()) == [given]
