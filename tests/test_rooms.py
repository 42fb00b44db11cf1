"""The packages keep their rooms: imports run one way, and every file has its place."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "pointfuse": ROOT / "inference" / "pointfuse",
    "pointfuse_training": ROOT / "training" / "pointfuse_training",
    "pointfuse_export": ROOT / "export" / "pointfuse_export",
    "pointfuse_benchmarks": ROOT / "benchmarks" / "pointfuse_benchmarks",
}
MODULES = [path for package in PACKAGES.values() for path in sorted(package.rglob("*.py"))]
FOLDERS = sorted({path.parent for path in MODULES})
# Their packages are extras; the first is asked for by an option alone, and the second has a help.
IN_FUNCTIONS = {
    ("pointfuse/commands/fuse.py", "pointfuse.fusion.cluster"),
    ("pointfuse/commands/serve.py", "pointfuse.service"),
}
# Imports are a part of what it measures.
MEASURES_IMPORTS = ROOT / "benchmarks" / "pointfuse_benchmarks" / "speed" / "one_process.py"


def name(path: Path) -> str:
    """A module as it is called in documents: `pointfuse/grid/regions.py`."""
    package = next(folder for folder in PACKAGES.values() if path.is_relative_to(folder))
    return str(path.relative_to(package.parent))


def members(folder: Path) -> set[str]:
    """Modules and rooms of a folder."""
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    return modules | {path.parent.name for path in folder.glob("*/__init__.py")}


def test_imports_run_one_way_and_in_no_circle() -> None:
    """The contract stands in pyproject.toml; `make lint` holds it too."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ]
    result = subprocess.run(
        [*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


def test_no_module_is_long() -> None:
    lines = {name(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {module: number for module, number in lines.items() if number > 400} == {}


def test_no_room_is_crowded() -> None:
    crowds = {name(folder): len(members(folder)) for folder in FOLDERS}
    assert {folder: number for folder, number in crowds.items() if number > 18} == {}


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_room_lists_its_modules_in_reading_order(folder: Path) -> None:
    """The face of a package is described by its documentation instead."""
    if folder in PACKAGES.values():
        return
    tree = ast.parse((folder / "__init__.py").read_text())
    assert len(tree.body) == 1, "a room's __init__ holds its docstring alone"
    lines = (ast.get_docstring(tree) or "").splitlines()
    listed = [words[0] for line in lines if len(words := line.split("  ", 1)) == 2]
    assert sorted(listed) == sorted(members(folder))


def own_imports_in_functions(path: Path) -> Iterator[str]:
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            own = isinstance(node, ast.ImportFrom) and node.module
            if own and node.module.split(".")[0] in PACKAGES:
                yield node.module


def test_own_modules_are_imported_at_the_top() -> None:
    """Imports in functions hid a circle once."""
    found = {
        (name(path), module)
        for path in MODULES
        if path != MEASURES_IMPORTS
        for module in own_imports_in_functions(path)
    }
    assert found == IN_FUNCTIONS
