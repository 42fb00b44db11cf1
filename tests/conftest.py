"""Models and checks that several packages' tests share."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import netCDF4
import numpy as np
import pytest
from compliance_checker.runner import CheckSuite, ComplianceChecker
from mean_model import COLUMNS, ROWS, mean_model, with_scale

from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata, StaticLayer
from pointfuse.stations.reading import DEFAULT_VARIABLES

# Machines that run tests are now and then busy, which says nothing of the code.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")


TESTS = Path(__file__).parent
# Its tests share exports, which take long to make; elsewhere those of a module share things.
EXPORTS = TESTS / "export"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests that share something go to one process."""
    exported = item.path.is_relative_to(EXPORTS)
    item.add_marker(pytest.mark.xdist_group(str(EXPORTS if exported else item.path)))
    if exported:
        item.add_marker("slow")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that take longest begin, so that no process is left with them at the end."""
    slow = {group_of(item) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: group_of(item) not in slow)


def group_of(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    assert marker is not None
    return str(marker.args[0])


def copy_group(group: netCDF4.Dataset, flat: netCDF4.Dataset) -> None:
    """Write what is in a group, and not yet in a file, into the file."""
    new = [name for name in group.variables if name not in flat.variables]
    for variable in map(group.variables.__getitem__, new):
        for dimension, length in zip(variable.dimensions, variable.shape, strict=True):
            if dimension not in flat.dimensions:
                flat.createDimension(dimension, None if dimension == "time" else length)
        attributes = dict(variable.__dict__)
        gap = attributes.pop("_FillValue", None)
        copied = flat.createVariable(
            variable.name, variable.dtype, variable.dimensions, fill_value=gap
        )
        copied.setncatts(attributes)
        copied[...] = variable[...]


@pytest.fixture
def assert_cf_compliant(tmp_path: Path) -> Callable[[Path], None]:
    """Have an independent checker look at a file, strictly, and at its groups, as it does not."""

    def check(file: Path) -> None:
        alone(file)
        with netCDF4.Dataset(file) as dataset:
            if not dataset.groups:
                return
            with netCDF4.Dataset(tmp_path / "flat.nc", "w") as flat:
                flat.setncatts(dataset.__dict__)
                for group in (dataset, *dataset.groups.values()):
                    copy_group(group, flat)
        alone(tmp_path / "flat.nc")

    def alone(file: Path) -> None:
        report = tmp_path / "compliance.txt"
        CheckSuite.load_all_available_checkers()
        passed, errors = ComplianceChecker.run_checker(
            str(file), ["cf:1.8"], 0, "strict", output_filename=str(report), output_format="text"
        )
        assert passed, report.read_text()
        assert not errors

    return check


@pytest.fixture(scope="session")
def tiny_metadata() -> ModelMetadata:
    """12 x 16 cells of 100 km around 36 N 105 E."""
    projection = LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0)
    return ModelMetadata(
        name="tiny",
        version="0.1.0",
        summary="Mean of the stations, everywhere.",
        licence="Apache-2.0",
        precision="fp32",
        own_grid=Grid(projection, ROWS, COLUMNS, 100_000.0, -750_000.0, -550_000.0),
        variables=DEFAULT_VARIABLES,
        static_layers=(StaticLayer("height", "m", "none"),),
        training={"archive": "none"},
        export={},
        scores=(),
        weights_sha256="0" * 64,
    )


@pytest.fixture(scope="session")
def united_states() -> SimpleNamespace:
    """The modules of the example of the United States, which is no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[1] / "examples" / "united_states"))
        names = ("run", "comparison")
        return SimpleNamespace(**{name: importlib.import_module(name) for name in names})


@pytest.fixture(scope="session")
def scale_model_file(
    tiny_metadata: ModelMetadata, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A network that says itself how far off it is: a twentieth of its field to a half of it."""
    share = np.linspace(0.05, 0.5, ROWS * COLUMNS, dtype=np.float32).reshape(ROWS, COLUMNS)
    path = tmp_path_factory.mktemp("model") / "scale.onnx"
    path.write_bytes(with_scale(mean_model(tiny_metadata), share).SerializeToString())
    return path
