"""Common behaviour of all commands: exit codes, signals, output, command text."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shlex
import signal
import sys
import threading
from collections.abc import Container, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from pointfuse.basics.printable import printable
from pointfuse.basics.threads.native_calls import (
    allow_native_calls,
    calls_left_running,
    stop_native_calls,
)
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

    def main(self, *args: Any, **settings: Any) -> Any:
        """Run the command and end the process, even during a native call."""
        try:
            return super().main(*args, **settings)
        except SystemExit as end:
            if calls_left_running():
                # The libraries would be taken down while one of their threads is at work.
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
                os._exit(end.code if isinstance(end.code, int) else 1)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and turn its errors and signals into sentences and exit codes."""
        try:
            with exit_on_signals():
                return super().invoke(ctx)
        except click.UsageError as error:
            # Patterns of the shell put names of files in.
            said = error.format_message()
            shown = printable(said, keep="\n\t")
            if shown == said:
                raise
            raise click.UsageError(shown, error.ctx) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except PointfuseError as error:
            if ctx.params["debug"]:
                raise
            say(f"{self.program}: {error}", err=True)
            ctx.exit(error.exit_code)
        except Exception as error:
            # A reader that has gone away (`pointfuse ... | head`) is click's to handle.
            if ctx.params["debug"] or getattr(error, "errno", None) == errno.EPIPE:
                raise
            say(
                f"{self.program}: internal error: {type(error).__name__}: {error}; run again with "
                f"'{self.program} --debug ...' and report what it prints",
                err=True,
            )
            ctx.exit(1)


def say(*lines: str, err: bool = False) -> None:
    """Print lines with invisible characters escaped.

    Parameters
    ----------
    lines : str
        What to print, a line each.
    err : bool
        Whether to print to standard error.
    """
    click.echo("\n".join(map(printable, lines)), err=err)


class PrintableFormatter(logging.Formatter):
    """Format each warning as one line, with invisible characters escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a warning."""
        return printable(super().format(record))


@contextlib.contextmanager
def exit_on_signals() -> Iterator[None]:
    """End on a signal from outside as on any error, so that half-written files are removed.

    What was done on the signals before is done again afterwards. One that was to be ignored, as
    under nohup, is left so.
    """
    before: dict[int, Any] = {}
    received: list[int] = []

    def end(number: int, _: FrameType | None) -> NoReturn:
        received.append(number)
        stop_native_calls(ending=True)
        sys.exit(128 + number)

    # Python lets the main thread alone have a say in it.
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                before[number] = signal.signal(number, end)
    try:
        yield
    except KeyboardInterrupt:
        # Python drops an exit that is raised while an object is finalised, and a thread that was
        # stopped may report before it: the native calls then tell that the end has come.
        if received:
            sys.exit(128 + received[0])
        raise
    finally:
        for number, handler in before.items():
            # None is a handler that was not set from Python and cannot be set from there.
            if handler is not None:
                signal.signal(number, handler)
        allow_native_calls()


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
        """Load the command with a name; None if unknown."""
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


def call_text(context: click.Context, without: Container[str] = ()) -> str:
    """The command line as typed and set in a settings file, with file names instead of paths.

    Parameters
    ----------
    context : click.Context
        Context of the command.
    without : container of str
        Parameters that do not matter to what is written.
    """
    words = [context.command.name or ""]
    given = ParameterSource.COMMANDLINE, ParameterSource.DEFAULT_MAP
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in without or context.get_parameter_source(name) not in given:
            continue
        value = context.params[name]
        values = value if isinstance(value, tuple) else (value,)
        texts = [entry.name if isinstance(entry, Path) else str(entry) for entry in values]
        if isinstance(parameter, click.Argument):
            words += texts
        elif isinstance(parameter, click.Option) and parameter.is_flag:
            # A settings file may say that one is not meant.
            words += [parameter.opts[0]] if value else []
        else:
            words += [word for text in texts for word in (parameter.opts[0], text)]
    return printable(shlex.join(words))
