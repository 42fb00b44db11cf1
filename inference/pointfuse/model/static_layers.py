"""Static layers of a model file, in physical units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pointfuse.errors import ModelFileError
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.onnx_structure import OnnxStructure

INITIALIZER = "static_layers"
"""Name in the graph of the tensor that holds the layers, shape (layer, row, column)."""


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
        no tensor of that name.

    Raises
    ------
    ModelFileError
        If the tensor does not fit the layers and the grid that the metadata declares.
    """
    stored = structure.constant(INITIALIZER)
    if stored is None:
        return {}
    layers = metadata.static_layers
    expected = (len(layers), *metadata.grid.shape)
    if stored.shape != expected:
        raise ModelFileError(
            f"the model's metadata declares static layers of the shape {expected} (layers, rows, "
            f"columns), its graph holds {stored.shape}; export the model again"
        )
    return {
        layer.name: values * np.float32(layer.scale)
        for layer, values in zip(layers, stored, strict=True)
    }
