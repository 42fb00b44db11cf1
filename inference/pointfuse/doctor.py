"""Self-examination of an installation."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import dataclass

import numpy as np

from pointfuse.cpus import usable_cpus
from pointfuse.errors import PointfuseError
from pointfuse.version import __version__


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    name, text : str
        What it is, and what was found.
    good : bool
        Whether a fusion can do with it.
    """

    name: str
    text: str
    good: bool = True


def examine() -> list[Finding]:
    """Look at the installation and run the shipped model once."""
    return [
        Finding("pointfuse", __version__),
        Finding("python", f"{platform.python_version()} on {platform.platform()}"),
        *(_package(name) for name in ("numpy", "netCDF4", "click")),
        _runtime(),
        Finding("processors", f"{usable_cpus()} usable by this process"),
        _model(),
    ]


def _package(name: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, f"not installed; pip install {name}", good=False)


def _runtime() -> Finding:
    """ONNX Runtime, whose CPU and GPU wheels install the same module over each other."""
    wheels = []
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            wheels.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    try:
        import onnxruntime

        providers = ", ".join(onnxruntime.get_available_providers())
    # What a half-finished uninstall leaves can be imported and is empty.
    except (ImportError, AttributeError) as error:
        text = f"cannot be imported ({error}); pip install --force-reinstall onnxruntime"
        return Finding("onnxruntime", text, good=False)
    if len(wheels) > 1:
        text = f"{' and '.join(wheels)} overwrite each other; uninstall both, then install one"
        return Finding("onnxruntime", text, good=False)
    return Finding("onnxruntime", f"{' '.join(wheels) or 'no wheel'} with {providers}")


def _model() -> Finding:
    """The shipped model, checked, loaded, and run on a single station."""
    try:
        from pointfuse.model import load_model

        model = load_model()
        rows, columns = model.metadata.grid.shape
        observations = np.zeros((1, len(model.metadata.variables), rows, columns), np.float32)
        observed = np.zeros_like(observations)
        observations[0, 0, rows // 2, columns // 2] = 50.0
        observed[0, 0, rows // 2, columns // 2] = 1.0
        model.run(observations, observed)
    except (PointfuseError, ImportError, AttributeError) as error:
        return Finding("model", str(error), good=False)
    name = f"{model.metadata.name} {model.metadata.version}"
    return Finding("model", f"{name} checked and run on {model.provider}")
