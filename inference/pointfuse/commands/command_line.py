"""What every command line of the project does alike: its ends and its calls."""

from __future__ import annotations

import errno
import shlex
import signal
import sys
from collections.abc import Container
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
