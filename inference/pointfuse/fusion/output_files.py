"""Output files of a run: one for all days, or one per month."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pointfuse.fields.cf import now
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fields.writers import FieldWriter
from pointfuse.fusion.finished_months import MonthContent
from pointfuse.fusion.run_summary import DayReport, noting_days
from pointfuse.fusion.streaming import Day, by_month, with_any_field
from pointfuse.fusion.working_folder import WorkingFolder
from pointfuse.model.loading import Model

logger = logging.getLogger(__name__)


class OutputFiles:
    """Files of a run, each under its name once it is complete.

    Parameters
    ----------
    output : Path
        Name of the file; of those of months without the month.
    work : WorkingFolder
        Where files grow.
    model : Model
        The model that makes the fields.
    writer : FieldWriter
        What writes them.
    output_format : str
        Its name.
    by_months : bool
        Whether to write a file a month.
    history : str
        What is done, for the files' history.
    """

    def __init__(
        self,
        output: Path,
        work: WorkingFolder,
        model: Model,
        *,
        writer: FieldWriter,
        output_format: str,
        by_months: bool,
        history: str,
    ) -> None:
        self._output, self._work, self._model = output, work, model
        self._writer, self._format = writer, output_format
        self._by_months, self._history = by_months, history
        self._begun = work.begin(history, now())
        self._written: list[Path] = []
        self._reports: list[DayReport] = []

    @property
    def written(self) -> list[Path]:
        """The files, in the order of their months."""
        return sorted(self._written)

    @property
    def reports(self) -> list[DayReport]:
        """Summary of the days, in order."""
        return sorted(self._reports, key=lambda report: report.day)

    def unfinished(self, days: Iterator[Day], advance: Callable[[int], object]) -> Iterator[Day]:
        """The days but those of months whose files a run before has written of the same.

        Parameters
        ----------
        days : iterator of Day
            All days.
        advance : callable
            Told how many days are done already.
        """
        for month, of_month in by_month(days, lambda day: day.date):
            if self._by_months and month in self._work.months:
                listed = list(of_month)
                content = self._content()
                for placed, status in listed:
                    content.add(placed, status)
                found = self._work.months.reports(month, content, self._final(month))
                if found is not None:
                    self._reports += found
                    self._written.append(self._name(month))
                    advance(len(listed))
                    continue
                of_month = iter(listed)
            yield from of_month

    def write(self, days: Iterator[FusedFields], advance: Callable[[int], object]) -> None:
        """Write the days to their files; months without any field get none.

        Parameters
        ----------
        days : iterator of FusedFields
            Fields of single days.
        advance : callable
            Told after each day that one is done.
        """
        noted = noting_days(days, self._reports, advance)
        if not self._by_months:
            self._write("", noted)
            return
        for month, of_month in by_month(noted, lambda fields: fields.days[0]):
            content = self._content()
            if self._write(month, content.adding(of_month)):
                reports = [each for each in self._reports if each.day.startswith(month)]
                self._work.months.add(month, content, self._final(month), reports)
                self._work.days.forget(month)
            else:
                logger.warning("no file was written for %s: none of its days has a field", month)

    def _write(self, month: str, days: Iterator[FusedFields]) -> bool:
        """Write a file, if there is any field for it."""
        with_fields = with_any_field(days, self._model)
        if with_fields is None:
            return False
        # Whatever a run leaves behind is in its folder, and what it finishes is outside.
        growing = self._work.outputs / self._name(month).name
        self._writer.write(growing, with_fields, history=self._history, time=self._begun)
        growing.replace(self._final(month))
        self._written.append(self._name(month))
        return True

    def _content(self) -> MonthContent:
        return MonthContent(self._model, f"{self._begun} {self._format} {self._history}")

    def _name(self, month: str) -> Path:
        """Name of a file as the caller would give it."""
        return file_of_month(self._output, month) if month else self._output

    def _final(self, month: str) -> Path:
        """Where a file goes: beside the output, or beside what that is a link to."""
        final = self._output.resolve()
        return final.with_name(self._name(month).name) if month else final


def file_of_month(output: Path, month: str) -> Path:
    """Name of the file of a month, such as 2019-01, beside an output."""
    return output.with_name(f"{output.stem}_{month}{output.suffix}")


def files_of_months(output: Path, by_months: bool) -> list[Path]:
    """Files that are there under the names of months of an output; none if there are to be none.

    Which months there will be is known when all is read, which is too late to keep what is there.
    """
    folder = output.resolve().parent
    if not by_months or not folder.is_dir():
        return []
    # The system says whether another case of letters is another name.
    pattern = re.escape(output.stem) + r"_(\d{4}-\d\d)" + re.escape(output.suffix)
    found = (re.fullmatch(pattern, path.name, re.IGNORECASE) for path in folder.iterdir())
    return [folder / file_of_month(output, match[1]).name for match in found if match]
