"""I/O API files that are written, beside those of CMAQ and MCIP."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse.commands.main import main
from pointfuse_training.ctm_output.formats import open_output

pytestmark = pytest.mark.slow


@pytest.fixture
def ours(real_data: Path, tmp_path: Path) -> Path:
    folder, output = real_data / "cnemc", tmp_path / "out.nc"
    arguments = ["fuse", folder / "china_sites_20190803.csv", "-o", output]
    arguments += ["--stations", folder / "station_list.csv", "--output-format", "ioapi"]
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return output


def test_layout_is_that_of_real_files(real_data: Path, ours: Path) -> None:
    """A daily mean of CMAQ and an hourly file of MCIP: attributes with their types, dimensions."""
    (cmaq,) = (real_data / "formats" / "cmaq_us_2016").glob("dailyavg*.nc")
    mcip = real_data / "formats" / "mcip_au_2022" / "METCRO2D_au-test_v1"
    for path, name in ((cmaq, "PM25_FRM"), (mcip, "TEMP2")):
        with netCDF4.Dataset(path) as theirs, netCDF4.Dataset(ours) as mine:
            # NCO has left its name in one of them.
            assert sorted(mine.ncattrs()) == sorted(set(theirs.ncattrs()) - {"NCO"})
            for attribute in mine.ncattrs():
                expected, found = theirs.getncattr(attribute), mine.getncattr(attribute)
                assert type(found) is type(expected), attribute
                if isinstance(expected, np.ndarray):
                    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
            for dimension in ("TSTEP", "DATE-TIME", "LAY", "VAR", "ROW", "COL"):
                assert (
                    mine.dimensions[dimension].isunlimited()
                    == theirs.dimensions[dimension].isunlimited()
                )
            for own, other in (("TFLAG", "TFLAG"), ("PM25", name)):
                written, real = mine[own], theirs[other]
                assert written.dimensions == real.dimensions
                assert written.dtype == real.dtype
                assert sorted(written.ncattrs()) == sorted(real.ncattrs())
                for attribute in real.ncattrs():
                    length = len(real.getncattr(attribute))
                    assert len(written.getncattr(attribute)) == length
            assert mine["TFLAG"].units == theirs["TFLAG"].units
            assert mine["TFLAG"].var_desc == theirs["TFLAG"].var_desc
    with netCDF4.Dataset(cmaq) as theirs, netCDF4.Dataset(ours) as mine:
        assert list(mine.dimensions) == list(theirs.dimensions)
        assert mine["PM25"].units == theirs["PM25_FRM"].units


def test_the_reader_of_archives_takes_it_for_a_model(ours: Path) -> None:
    """What reads the output of CMAQ finds the grid of the model, and the day."""
    layout = open_output(ours).layout
    with netCDF4.Dataset(ours) as dataset:
        assert (dataset.NROWS, dataset.NCOLS) == (372, 426)
    grid = layout.axes.grid
    assert (grid.first_x, grid.first_y, grid.cell_size) == (-2_550_000, -2_226_000, 12_000)
    assert grid.projection.standard_parallel == (25, 47)
    assert layout.starts.astype(str).tolist() == ["2019-08-02T16:00:00"]
