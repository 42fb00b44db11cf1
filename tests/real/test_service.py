"""Four real days of CNEMC, posted to the service in one archive."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pointfuse import fuse, load_model, read_stations
from pointfuse.service.asked import Asked
from pointfuse.service.fused import fuse_posted
from pointfuse.service.settings import Settings
from pointfuse.stations.readers.station_list import read_station_lists


@pytest.mark.slow
def test_an_archive_of_days_becomes_the_fields_of_its_files(real_data: Path) -> None:
    files = sorted((real_data / "cnemc").glob("china_sites_*.csv"))
    places = real_data / "cnemc" / "station_list.csv"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    model = load_model()
    settings = Settings({"pm25": model}, read_station_lists([places]))
    fused = fuse_posted("a", content.getvalue(), Asked.of({}, settings), settings)
    expected = fuse(read_stations(files, stations=places), model)
    assert len(expected.times) == 4
    np.testing.assert_array_equal(fused.fields.times, expected.times)
    # The same model on the same threads: bit by bit.
    np.testing.assert_array_equal(fused.fields.values, expected.values)
    named = [file["name"] for file in fused.summary["files"]]
    assert named == [*(file.name for file in files), places.name]
