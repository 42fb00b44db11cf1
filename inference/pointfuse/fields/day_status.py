"""Status of a day or an hour: fused, or the reason why not."""

from __future__ import annotations

import enum


class DayStatus(enum.IntEnum):
    """State of a day or an hour; the numbers are those of the output files."""

    FUSED = 0
    """There is a field."""
    NO_STATIONS = 1
    """No station has a value of the fused variable that can be used."""
    TOO_FEW_STATIONS = 2
    """Fewer stations have one than were asked for."""

    @property
    def label(self) -> str:
        """Its name in files and summaries."""
        return self.name.lower()
