"""The list of commands, which is shown without loading them."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

import pointfuse.commands
from pointfuse.commands.main import main

CONTEXT = click.Context(main)
NAMES = main.list_commands(CONTEXT)


@pytest.mark.parametrize("name", NAMES)
def test_the_list_says_what_the_command_says(name: str) -> None:
    command = main.get_command(CONTEXT, name)
    assert command is not None
    assert command.name == name
    assert main.texts[name] == command.get_short_help_str(limit=1000)


def test_every_module_of_a_command_is_listed() -> None:
    """Modules that the others share are described before the commands."""
    lines = [line.split() for line in (pointfuse.commands.__doc__ or "").splitlines()[2:]]
    modules = [line[0] for line in lines]
    assert sorted(NAMES) == sorted(modules[modules.index("fuse") :])


@pytest.mark.parametrize("width", [50, 80, 200])
def test_the_list_is_that_of_click(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.formatting, "FORCED_WIDTH", width)
    listed = CliRunner().invoke(main, ["--help"]).stdout
    monkeypatch.setattr(type(main), "format_commands", click.Group.format_commands)
    assert listed == CliRunner().invoke(main, ["--help"]).stdout
    assert all(f"\n  {name} " in listed for name in NAMES)


def test_a_command_that_is_not_there() -> None:
    result = CliRunner().invoke(main, ["fusee"])
    assert result.exit_code == 2
    assert "No such command 'fusee'" in result.stderr
