"""Parameter types for input and output files, checked before a command starts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from pointfuse.basics.atomic_files import check_place
from pointfuse.basics.kept_inputs import keep_inputs
from pointfuse.basics.output_formats import TABLE, OutputFormat, check_name
from pointfuse.errors import PointfuseError
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse.stations.files.sources import expanded

Options = Mapping[str, Any]


class InputFile(click.Path):
    """A file or folder that a command reads, or a pattern of files.

    Parameters
    ----------
    *inside : str
        Patterns of what is read of a folder.
    """

    def __init__(self, *inside: str) -> None:
        super().__init__(path_type=Path)
        self.inside = inside

    def files(self, value: Any) -> Iterable[Path]:
        """What is read, given the value of the parameter."""
        for path in [] if value is None else expanded([Path(value)]):
            if path.is_dir():
                yield from (each for pattern in self.inside for each in path.glob(pattern))
            else:
                yield path


class ModelFile(InputFile):
    """A model file; the shipped ones by default."""

    def files(self, value: Any) -> Iterable[Path]:
        """What is read, given the value of the parameter."""
        if value is not None:
            return super().files(value)
        try:
            return [model_folder() / model.file for model in shipped_models()]
        except PointfuseError:
            # Whoever loads the model says so.
            return []


class NameOrFile(click.types.StringParamType):
    """A name, or a file that a command reads."""

    def files(self, value: Any) -> Iterable[Path]:
        """What is read, given the value of the parameter."""
        return [] if value is None else [Path(value)]


class OutputFile(click.Path):
    """A file that a command writes.

    Parameters
    ----------
    *formats : OutputFormat
        What it may be; its name must not speak of another one.
    also : callable, optional
        Further files that are written, from the name and the options of the command; those that
        would replace something are enough.
    cleared : callable, optional
        The folder that is removed at the end, from the name.
    """

    def __init__(
        self,
        *formats: OutputFormat,
        also: Callable[[Path, Options], Iterable[Path]] = lambda path, options: (),
        cleared: Callable[[Path], Path] | None = None,
    ) -> None:
        super().__init__(path_type=Path)
        self.formats, self._also, self._cleared = formats, also, cleared

    def files(self, path: Path, options: Options) -> list[Path]:
        """All files that are written."""
        return [path, *self._also(path, options)]

    def cleared(self, path: Path) -> list[Path]:
        """Folders that are removed at the end."""
        return [self._cleared(path)] if self._cleared else []

    def check(self, path: Path, options: Options) -> None:
        """Check that the files can be written, and that the suffix fits the format.

        Raises
        ------
        InputError
            If its suffix is that of another format.
        OutputError
            If no file can be written there.
        """
        if self.formats:
            check_name(path, *self.formats)
        for each in self.files(path, options):
            check_place(each)


table_option = click.option(
    "-o",
    "--output",
    required=True,
    type=OutputFile(TABLE),
    help="Table to write (*.csv or *.parquet).",
)
"""The option that names a table to write, as ``output``."""


class OutputFolder(click.Path):
    """A folder that a command writes into.

    Parameters
    ----------
    *patterns : str
        Patterns of the files that it writes there.
    """

    def __init__(self, *patterns: str) -> None:
        super().__init__(path_type=Path, file_okay=False)
        self.patterns = patterns

    def files(self, path: Path, options: Options) -> list[Path]:
        """Files that are there and would be replaced."""
        return [each for pattern in self.patterns for each in path.glob(pattern)]

    def cleared(self, path: Path) -> list[Path]:
        """Folders that are removed at the end: none."""
        return []

    def check(self, path: Path, options: Options) -> None:
        """Do nothing: the code that makes the folder checks it."""


class Command(click.Command):
    """A command that replaces no file that it reads, whichever options name them."""

    def __init__(self, *, callback: Callable[..., Any], **settings: Any) -> None:
        @functools.wraps(callback)
        def keeping(**options: Any) -> Any:
            keep_inputs_of(click.get_current_context())
            return callback(**options)

        super().__init__(callback=keeping, **settings)


def keep_inputs_of(ctx: click.Context) -> None:
    """Check that a command overwrites no input, and can write its outputs.

    Raises
    ------
    OutputError
        If a file to write is one to read, or the same as another, or cannot be written.
    InputError
        If the name of a file to write speaks of another format.
    InputFileNotFoundError
        If no file matches a pattern.
    """
    given = [(each, ctx.params.get(each.name or "")) for each in ctx.command.params]
    outputs = {
        each.opts[-1]: (each.type, value)
        for each, value in given
        if isinstance(each.type, OutputFile | OutputFolder) and value is not None
    }
    if not outputs:
        return
    keep_inputs(
        {name: kind.files(path, ctx.params) for name, (kind, path) in outputs.items()},
        [
            path
            for each, values in given
            if isinstance(each.type, InputFile | NameOrFile)
            for value in (values if isinstance(values, tuple) else (values,))
            for path in each.type.files(value)
        ],
        [folder for kind, path in outputs.values() for folder in kind.cleared(path)],
    )
    for kind, path in outputs.values():
        kind.check(path, ctx.params)
