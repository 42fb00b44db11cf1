"""What every command line of the project does alike: its ends and its calls."""

from __future__ import annotations

import errno
import shlex
import signal
import sys
from collections.abc import Container, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from pointfuse.basics.printable import printable
from pointfuse.errors import PointfuseError


class Commands(click.Group):
    """Commands that end on an error of ours with one sentence and its exit code.

    The group needs the option ``--debug``, with which it shows the traceback.

    Parameters
    ----------
    program : str
        Name that the sentence begins with.
    """

    def __init__(self, *args: Any, program: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.program = program

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and turn its errors into sentences and exit codes."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except PointfuseError as error:
            if ctx.params["debug"]:
                raise
            click.echo(f"{self.program}: {error}", err=True)
            ctx.exit(error.exit_code)
        except Exception as error:
            # A reader that has gone away (`pointfuse ... | head`) is click's to handle.
            if ctx.params["debug"] or getattr(error, "errno", None) == errno.EPIPE:
                raise
            click.echo(
                f"{self.program}: internal error: {type(error).__name__}: {error}; run again with "
                f"'{self.program} --debug ...' and report what it prints",
                err=True,
            )
            ctx.exit(1)


class LazyCommands(Commands):
    """Commands whose modules are loaded when they are asked for: a list of them needs none.

    Parameters
    ----------
    package : str
        Where the modules are; each has the name of its command, and of the function that it is.
    texts : mapping of str to str
        What the list says of each command: the first sentence of its own help.
    """

    def __init__(self, *args: Any, package: str, texts: Mapping[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._package, self.texts = package, texts

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, as the list has them."""
        return list(self.texts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, loaded; None if there is none."""
        if cmd_name not in self.texts:
            return None
        command = getattr(import_module(f"{self._package}.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list."""
        width = formatter.width - 6 - max(map(len, self.texts))
        commands = (click.Command(name, help=text) for name, text in self.texts.items())
        with formatter.section("Commands"):
            formatter.write_dl(
                [(each.name or "", each.get_short_help_str(width)) for each in commands]
            )


def exit_on_signals() -> None:
    """Make a stop from outside remove half-written files, as every other end does."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _: sys.exit(128 + number))


def call_text(context: click.Context, without: Container[str] = ()) -> str:
    """The call as it was typed, with the names of files in place of their paths.

    Parameters
    ----------
    context : click.Context
        Context of the command.
    without : container of str
        Parameters that do not matter to what is written.
    """
    words = [context.command.name or ""]
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in without or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        values = value if isinstance(value, tuple) else (value,)
        texts = [entry.name if isinstance(entry, Path) else str(entry) for entry in values]
        if isinstance(parameter, click.Argument):
            words += texts
        elif isinstance(parameter, click.Option) and parameter.is_flag:
            words.append(parameter.opts[0])
        else:
            words += [word for text in texts for word in (parameter.opts[0], text)]
    return printable(shlex.join(words))
