"""Models and checks that several packages' tests share."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import numpy as np
import pytest
from compliance_checker.runner import CheckSuite, ComplianceChecker
from mean_model import COLUMNS, ROWS, mean_model
from onnx import numpy_helper

from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata, StaticLayer
from pointfuse.model.process.process_settings import Covariate, ProcessSettings
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


@pytest.fixture
def assert_cf_compliant(tmp_path: Path) -> Callable[[Path], None]:
    """Have an independent checker look at a file, strictly."""

    def check(file: Path) -> None:
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
        summary="Mean of the observed cells, everywhere.",
        licence="Apache-2.0",
        precision="fp32",
        grid=Grid(projection, ROWS, COLUMNS, 100_000.0, -750_000.0, -550_000.0),
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
def process_metadata(tiny_metadata: ModelMetadata) -> ModelMetadata:
    """The same grid with two static layers and a Gaussian process that uses them."""
    return replace(
        tiny_metadata,
        name="tiny-process",
        static_layers=(
            StaticLayer("height", "2000 m", "none"),
            StaticLayer("urban_fraction", "1", "none"),
        ),
        gaussian_process=ProcessSettings(
            length=400e3,
            nugget=0.05,
            covariates=(
                Covariate("height", scale=2000.0, trend=True),
                Covariate("height", "roughness", 150e3, scale=500.0),
                Covariate("urban_fraction", smoothing=100e3, trend=True),
            ),
            distance=(0.0, 200e3, 400e3),
            network_weight=(0.6, 0.4, 0.0),
        ),
    )


@pytest.fixture(scope="session")
def stored_layers() -> np.ndarray:
    """Heights in units of 2000 m, and urban fractions; shape (2, row, column)."""
    return np.random.default_rng(7).random((2, ROWS, COLUMNS), np.float32)


@pytest.fixture(scope="session")
def process_model_file(
    process_metadata: ModelMetadata,
    stored_layers: np.ndarray,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    proto = mean_model(process_metadata)
    proto.graph.initializer.append(numpy_helper.from_array(stored_layers, "static_layers"))
    path = tmp_path_factory.mktemp("model") / "tiny-process.onnx"
    path.write_bytes(proto.SerializeToString())
    return path
