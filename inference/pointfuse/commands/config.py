"""`pointfuse config`, and the settings file that it prints: options of commands in TOML."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from pointfuse.basics.toml_files import read_toml
from pointfuse.commands.shared.command_line import say
from pointfuse.errors import InputError

Settings = dict[str, dict[str, Any]]
"""Values by the name of a command and of its parameter, as click takes them for defaults."""

_HEAD = (
    "# Options of pointfuse's commands, in place of their defaults; those on the command line win.",
    "# Use it so: pointfuse --config pointfuse.toml fuse FILES",
)


@click.command()
@click.pass_context
def config(ctx: click.Context) -> None:
    """Print a settings file with all options of all commands.

    Those that are not set are comments. With `pointfuse --config FILE config`, those of FILE are.
    """
    group = ctx.find_root()
    say(*_HEAD)
    for name, command in _commands(group):
        known = (group.default_map or {}).get(name, {})
        options = [each for each in command.params if isinstance(each, click.Option)]
        if options:
            say("", f"[{name}]", *(line for each in options for line in _lines(each, known)))


def _lines(option: click.Option, known: Mapping[str, Any]) -> Iterator[str]:
    """An option with what it is for."""
    key = option.opts[-1].lstrip("-")
    if option.help:
        yield f"# {option.help}"
    if option.name in known:
        yield f"{key} = {_toml(known[option.name])}"
    elif option.multiple:
        yield f"# {key} = []"
    elif option.is_flag:
        yield f"# {key} = false"
    elif isinstance(option.default, str | int | float):
        yield f"# {key} = {_toml(option.default)}"
    else:
        yield f'# {key} = "{option.metavar or ""}"'


def _toml(value: Any) -> str:
    """A value as TOML has it, which for these is as JSON has it."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _commands(group: click.Context) -> Iterator[tuple[str, click.Command]]:
    """All commands but this one."""
    assert isinstance(group.command, click.Group)
    for name in group.command.list_commands(group):
        command = group.command.get_command(group, name)
        if command is not None and name != config.name:
            yield name, command


def read_settings(path: Path, group: click.Context) -> Settings:
    """The settings in a file, by the names of parameters.

    Parameters
    ----------
    path : Path
        TOML file with a table for each command that it is for.
    group : click.Context
        Context of the commands.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputError
        If it is no TOML, or sets what no command has.
    """
    content = read_toml(path, "settings file")
    commands = dict(_commands(group))
    settings: Settings = {}
    for name, table in content.items():
        if name not in commands or not isinstance(table, dict):
            raise InputError(
                f"{path}: expected tables named for commands, got '{name}'{_near(name, commands)}; "
                "pointfuse config prints them all"
            )
        options = {
            spelling.lstrip("-"): each
            for each in commands[name].params
            if isinstance(each, click.Option)
            for spelling in each.opts
        }
        settings[name] = dict(_set(path, name, key, value, options) for key, value in table.items())
    return settings


def _set(
    path: Path, command: str, key: str, value: Any, options: Mapping[str, click.Option]
) -> tuple[str, Any]:
    """Name of the parameter that a key sets, and its value."""
    option = options.get(key.replace("_", "-"))
    if option is None:
        raise InputError(
            f"{path}: {command} has no option '{key}'{_near(key, options)}; pointfuse config "
            "prints all"
        )
    kind = "true or false" if option.is_flag else "a text or a number"
    if option.multiple:
        value, kind = value if isinstance(value, list) else [value], f"{kind}, or a list of them"
    for each in value if option.multiple else [value]:
        # A truth is a number to Python.
        if isinstance(each, bool) != option.is_flag or not isinstance(each, str | int | float):
            raise InputError(
                f"{path}: expected {kind} for '{key}' of {command}, got {_toml(value)}"
            )
    return option.name or key, value


def _near(name: str, known: Mapping[str, object]) -> str:
    """A hint at the name that is most like one that is not known."""
    near = difflib.get_close_matches(name, known, 1)
    return f" (did you mean '{near[0]}'?)" if near else ""
