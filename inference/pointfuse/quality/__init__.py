"""Quality control: which values are good, suspect, missing or not tested, and why.

Hourly values are checked before daily means are made of them (`check_hours`), daily means before
they are put on a grid (`check_days`). Values stay as they were read; a table of reasons goes with
them, and who uses the values asks `usable`.
"""

from pointfuse.quality.days import check_days
from pointfuse.quality.flags import count_reasons, write_flags
from pointfuse.quality.reasons import Reason, State, states, usable

__all__ = ["Reason", "State", "check_days", "count_reasons", "states", "usable", "write_flags"]
