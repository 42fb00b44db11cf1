"""Files of real stations, as commands that learn from some take them."""

from __future__ import annotations

import numpy as np
import pytest

STATIONS, DAYS = 130, 24


@pytest.fixture(scope="module")
def station_files(small_grid, tmp_path_factory):
    """A file of days, and a list of their stations in thirteen cities."""
    rng = np.random.default_rng(5)
    places = rng.uniform((-280e3, -220e3), (200e3, 220e3), (STATIONS, 2))
    longitude, latitude = small_grid.projection.inverse(*places.T)
    rows, names = ["date,station,pm25"], ["code,city,longitude,latitude"]
    for number in range(STATIONS):
        where = f"{longitude[number]:.4f},{latitude[number]:.4f}"
        names.append(f"S{number},C{number % 13},{where}")
    for day in range(DAYS):
        waves = np.cos(places / rng.uniform(60e3, 90e3) + rng.uniform(0, 6, 2)).sum(axis=1)
        values = 30 + 8 * waves + 3 * rng.standard_normal(STATIONS)
        date = np.datetime64("2019-03-01") + day
        rows += [f"{date},S{number},{value:.1f}" for number, value in enumerate(values)]
    folder = tmp_path_factory.mktemp("stations")
    (folder / "days.csv").write_text("\n".join(rows) + "\n")
    (folder / "list.csv").write_text("\n".join(names) + "\n")
    return folder
