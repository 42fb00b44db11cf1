"""The face of the package: all its names, none of them loaded before it is asked for."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import pointfuse
import pointfuse.errors

HEAVY = ("onnxruntime", "netCDF4", "matplotlib", "xarray", "pandas", "rasterio", "distributed")


def loaded_by(program: str) -> set[str]:
    """Modules that a program of its own has loaded at its end."""
    text = f"{program}\nimport sys; print('\\n' + ' '.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=True
    )
    return set(result.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "program",
    [
        "import pointfuse",
        "import pointfuse; dir(pointfuse)",
        "from pointfuse import InputError, OutputError, model_folder",
        "from pointfuse.commands.main import main; main(['--help'], standalone_mode=False)",
        "from pointfuse.commands.main import main; main(['--version'], standalone_mode=False)",
    ],
)
def test_a_start_loads_nothing_heavy(program: str) -> None:
    loaded = loaded_by(program)
    assert "pointfuse" in loaded
    assert not loaded & set(HEAVY)


def test_metadata_of_a_model_needs_no_runtime() -> None:
    loaded = loaded_by("import pointfuse; pointfuse.read_model_file()")
    assert "pointfuse.model.model_file" in loaded
    assert not loaded & set(HEAVY)


def test_every_name_is_that_of_its_module() -> None:
    for name in pointfuse.__all__:
        found = getattr(pointfuse, name)
        if inspect.isclass(found) or inspect.isfunction(found):
            assert found is getattr(importlib.import_module(found.__module__), name)
    assert {*pointfuse.__all__} <= {*dir(pointfuse)}
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = pointfuse.nonsense
    with pytest.raises(ImportError):
        exec("from pointfuse import nonsense")


def test_editors_and_type_checkers_see_the_same_names() -> None:
    """They read the imports that are never carried out."""
    tree = ast.parse(Path(pointfuse.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == pointfuse._MODULES
    assert sorted([*seen, "__version__"]) == sorted(pointfuse.__all__)


def test_every_error_is_public() -> None:
    errors = {name for name, kind in vars(pointfuse.errors).items() if inspect.isclass(kind)}
    assert errors <= {*pointfuse.__all__}
    assert all(issubclass(getattr(pointfuse, name), pointfuse.PointfuseError) for name in errors)
