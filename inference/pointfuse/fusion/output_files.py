"""Output files of a run: one for all, or one per month and variable."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pointfuse.basics.atomic_files import give_name
from pointfuse.basics.threads.one_ahead import one_ahead
from pointfuse.fields.cf.field_variables import now
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fields.writers import FieldWriter, GrowingFile
from pointfuse.fusion.finished_months import MonthContent
from pointfuse.fusion.fuse import missing_day
from pointfuse.fusion.run_summary import DayReport, noting_times
from pointfuse.fusion.streaming import Due, Times, by_month
from pointfuse.fusion.working_folder import WorkingFolder
from pointfuse.model.loading import Model

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Division:
    """What goes into files of their own.

    Parameters
    ----------
    by_months : bool
        The times of each month.
    by_variables : bool
        The fields of each variable.
    """

    by_months: bool = False
    by_variables: bool = False


class OutputFiles:
    """Files of a run, each under its name once it is complete.

    Parameters
    ----------
    output : Path
        Name of the file; of those of months and variables without these.
    work : WorkingFolder
        Where files grow.
    models : sequence of Model
        The models that make the fields, one a variable.
    writer : FieldWriter
        What writes them.
    output_format : str
        Its name.
    division : Division
        What goes into files of their own.
    history : str
        What is done, for the files' history.
    """

    def __init__(
        self,
        output: Path,
        work: WorkingFolder,
        models: Sequence[Model],
        *,
        writer: FieldWriter,
        output_format: str,
        division: Division,
        history: str,
    ) -> None:
        self._output, self._work, self._models = output, work, models
        self._writer, self._format = writer, output_format
        self._division, self._history = division, history
        self._begun = work.begin(history, now())
        self._written: list[Path] = []
        self._reports: list[DayReport] = []

    @property
    def written(self) -> list[Path]:
        """The files, in the order of their names."""
        return sorted(self._written)

    @property
    def reports(self) -> list[DayReport]:
        """Summary of the times, in order."""
        return sorted(self._reports, key=lambda report: report.day)

    def unfinished(self, times: Times, advance: Callable[[int], object]) -> Times:
        """The times but those of months whose files a run before has written of the same.

        Parameters
        ----------
        times : iterator of sequence of Due
            All times.
        advance : callable
            Told how many are done already.
        """
        for month, of_month in by_month(times, lambda bundle: bundle[0].time):
            if self._division.by_months and month in self._work.months:
                listed = list(of_month)
                content = self._content()
                for bundle in listed:
                    for placed, status in bundle:
                        content.add(placed, status)
                found = self._work.months.found(month, content)
                if found is not None:
                    files, reports = found
                    self._reports += reports
                    self._written += map(self._as_given, files)
                    advance(len(listed))
                    continue
                of_month = iter(listed)
            yield from of_month

    def write(
        self, bundles: Iterator[Sequence[FusedFields]], advance: Callable[[int], object]
    ) -> None:
        """Write the fields to their files; those without any field are not written.

        Parameters
        ----------
        bundles : iterator of sequence of FusedFields
            Fields of each variable at single times.
        advance : callable
            Told after each time that one is done.
        """
        noted = noting_times(bundles, self._reports, advance)
        if not self._division.by_months:
            self._write("", noted)
            return
        for month, of_month in by_month(noted, lambda bundle: bundle[0].times[0]):
            content = self._content()
            files = self._write(month, content.adding(of_month))
            if files:
                reports = [each for each in self._reports if each.day.startswith(month)]
                self._work.months.add(month, content, files, reports)
                self._work.days.forget(month)
            else:
                logger.warning("no file was written for %s: none of its times has a field", month)

    def _write(self, month: str, bundles: Iterator[Sequence[FusedFields]]) -> list[Path]:
        """Write the files of a month, or of all times: those for which there is any field."""
        models = list(enumerate(self._models))
        parts = [[each] for each in models] if self._division.by_variables else [models]
        with contextlib.ExitStack() as open_files:
            outputs = [self._output_of(part, month, open_files) for part in parts]
            # Computing and compressing take turns on most processors otherwise.
            for bundle in one_ahead(bundles):
                for output in outputs:
                    output.add(bundle)
        begun = [output for output in outputs if output.file is not None]
        for output in outputs if begun else ():
            if output.file is None:
                logger.warning(
                    "no file %s was written: none of its times has a field", output.final.name
                )
        for output in begun:
            give_name(output.growing, output.final)
            self._written.append(self._as_given(output.final))
        return [output.final for output in begun]

    def _output_of(
        self, part: Sequence[tuple[int, Model]], month: str, open_files: contextlib.ExitStack
    ) -> _Output:
        variable = part[0][1].metadata.target.name if self._division.by_variables else ""
        final = self._output.resolve()
        if variable or month:
            final = final.with_name(file_of(self._output, variable, month).name)
        # Whatever a run leaves behind is in its folder, and what it finishes is outside.
        growing = self._work.outputs / final.name
        grown = self._writer.grow(growing, history=self._history, time=self._begun)
        return _Output(part, growing, final, lambda: open_files.enter_context(grown))

    def _content(self) -> MonthContent:
        beginning = f"{self._begun} {self._format} {self._history}"
        return MonthContent(self._models, beginning)

    def _as_given(self, final: Path) -> Path:
        """Name of a file as the caller would give it; a link to it may have another name."""
        if final == self._output.resolve():
            return self._output
        return self._output.with_name(final.name)


@dataclass
class _Output:
    """A file of some of the variables, which is begun with the first field for it.

    Parameters
    ----------
    part : sequence of tuple of int and Model
        Which of the variables, with their models.
    growing, final : Path
        Where it grows, and where it goes.
    begin : callable
        Opens it.
    """

    part: Sequence[tuple[int, Model]]
    growing: Path
    final: Path
    begin: Callable[[], GrowingFile]
    file: GrowingFile | None = None
    _missing: list[list[Due]] = field(default_factory=list)

    def add(self, bundle: Sequence[FusedFields]) -> None:
        """Add fields of all variables at a time, of which it takes its own."""
        own = [bundle[place] for place, _ in self.part]
        if self.file is None:
            if not any(fields.fused.any() for fields in own):
                # The field of nothing is large, what it was made of is not.
                due = [Due(each.stations, DayStatus(int(each.status[0]))) for each in own]
                self._missing.append(due)
                return
            self.file = self.begin()
            for missing in self._missing:
                self.file.append(
                    [
                        missing_day(placed, model, status)
                        for (placed, status), (_, model) in zip(missing, self.part, strict=True)
                    ]
                )
        self.file.append(own)


def file_of(output: Path, variable: str = "", month: str = "") -> Path:
    """Name of the file of a variable and a month, such as 2019-01, beside an output."""
    added = "".join(f"_{each}" for each in (variable, month) if each)
    return output.with_name(f"{output.stem}{added}{output.suffix}")


def files_of(output: Path, variables: Sequence[str], division: Division) -> list[Path]:
    """Files that are there under the names of months and variables of an output, if they divide it.

    Which there will be is known when all is read, which is too late to keep what is there.
    """
    folder = output.resolve().parent
    if not (division.by_months or division.by_variables) or not folder.is_dir():
        return []
    # The system says whether another case of letters is another name.
    of_variables = f"_({'|'.join(map(re.escape, variables))})" if division.by_variables else "()"
    of_months = r"_(\d{4}-\d\d)" if division.by_months else "()"
    pattern = re.escape(output.stem) + of_variables + of_months + re.escape(output.suffix)
    found = (re.fullmatch(pattern, path.name, re.IGNORECASE) for path in folder.iterdir())
    return [folder / file_of(output, *match.groups()).name for match in found if match]
