"""The table of what is suspect of each pollutant."""

from __future__ import annotations

from pointfuse import POLLUTANTS
from pointfuse_benchmarks.accuracy.pollutant_flags import NAMES, table

CLEAN = {"good": {"passed": 990}, "suspect": {}, "missing": {"no_value": 77}, "not_tested": {}}
SUSPECT = {
    "good": {"passed": 980},
    "suspect": {"spike": 4, "below_pm25": 10},
    "missing": {"no_value": 5},
    "not_tested": {"isolated": 6},
}


def test_shares_are_of_what_was_read() -> None:
    assert NAMES.keys() == POLLUTANTS.keys()
    hours = dict.fromkeys([name for name in NAMES if name != "o3_mda8"], CLEAN)
    days = dict.fromkeys(NAMES, CLEAN)
    rows = table(
        {"hour": hours | {"so2": SUSPECT}, "day": days}, {"day": days | {"pm10": SUSPECT}}
    ).splitlines()
    assert "| SO2 | 1,000 | 1.00 % below pm25, 0.40 % spike | 990 | - | 990 | - |" in rows
    assert "| PM10 | 990 | - | 990 | - | 1,000 | 1.00 % below pm25, 0.40 % spike |" in rows
    assert rows[-1] == "| O3, 8 hours | - | - | 990 | - | 990 | - |"
