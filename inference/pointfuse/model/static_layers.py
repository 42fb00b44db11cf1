"""Static layers of a model file, in physical units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import ModelFileError
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.onnx_file.onnx_structure import OnnxStructure

INITIALIZER = "static_layers"
"""Name in the graph of the tensor that holds the layers, shape (layer, row, column)."""

IN_BYTES = (f"{INITIALIZER}_steps", f"{INITIALIZER}_scale", f"{INITIALIZER}_zero")
"""Names of those that hold them in a byte a cell: steps of the shape (layer, row, column), and for
each layer the size of a step and the step that is 0. The graph computes (steps - zero) * scale."""


def read_static_layers(
    structure: OnnxStructure, metadata: ModelMetadata
) -> dict[str, NDArray[np.float32]]:
    """The static layers of a model file.

    Parameters
    ----------
    structure : OnnxStructure
        What the model file is made of.
    metadata : ModelMetadata
        Its self-description, which names the layers in the order of the tensor.

    Returns
    -------
    dict of str to ndarray of float32, shape (row, column)
        The layers by name in plain units: height in m, not in 2000 m. Empty where the graph has
        no tensor of them, or takes them as an input.

    Raises
    ------
    ModelFileError
        If a tensor does not fit the layers and the grid that the metadata declares, or is lacking.
    """
    layers = metadata.static_layers
    if metadata.takes_static:
        return {}
    shape = (len(layers), *metadata.grid.shape)
    if INITIALIZER in structure.constants:
        stored = _constant(structure, INITIALIZER, shape)
    elif IN_BYTES[0] in structure.constants:
        steps, scale, zero = (
            _constant(structure, name, each)
            for name, each in zip(IN_BYTES, (shape, shape[:1], shape[:1]), strict=True)
        )
        stored = (steps - zero[:, None, None]) * scale[:, None, None]
    else:
        return {}
    return {
        layer.name: values * np.float32(layer.scale)
        for layer, values in zip(layers, stored, strict=True)
    }


def _constant(structure: OnnxStructure, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A constant tensor that must be there with a shape."""
    stored = structure.constant(name)
    if stored is None or stored.shape != shape:
        found = "none" if stored is None else f"one of the shape {stored.shape}"
        raise ModelFileError(
            f"the model's metadata declares static layers, so '{name}' of the shape {shape} is "
            f"expected in its graph, which holds {found}; export the model again"
        )
    return stored
