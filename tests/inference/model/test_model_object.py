"""A loaded model as an object: how it shows itself, is copied, pickled and compared."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import onnxruntime

from pointfuse.model.loading import Model


def day(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Two stations."""
    shape = (1, len(model.metadata.variables), *model.metadata.grid.shape)
    observations, observed = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    observations[0, 0, 3, 4:6], observed[0, 0, 3, 4:6] = (20, 30), 1
    return observations, observed


def test_it_shows_itself_in_a_few_lines(tiny_model: Model) -> None:
    assert repr(tiny_model).splitlines() == [
        f"<Model tiny 0.1.0 (fp32), sha256 {tiny_model.sha256[:12]}...",
        "  pm25, relative_humidity, wind_speed to pm25 in ug m-3",
        "  12 x 16 cells of 100000 m",
        f"  on cpu (CPUExecutionProvider, onnxruntime {onnxruntime.__version__}, threads: 1)>",
    ]


def test_pickled_it_is_loaded_again(scale_model: Model) -> None:
    again = pickle.loads(pickle.dumps(scale_model))
    assert again is not scale_model
    assert (again.sha256, again.threads, again.device) == (scale_model.sha256, 1, "cpu")
    assert again.metadata == scale_model.metadata
    assert again.gives_uncertainty
    np.testing.assert_array_equal(
        again.run(*day(again)).field, scale_model.run(*day(scale_model)).field
    )


def test_a_copy_is_the_model_itself(tiny_model: Model) -> None:
    assert copy.copy(tiny_model) is tiny_model
    assert copy.deepcopy({"model": tiny_model})["model"] is tiny_model


def test_it_is_equal_to_itself_alone(tiny_model: Model, tiny_model_bytes: bytes) -> None:
    metadata = replace(tiny_model.metadata)
    other = Model(tiny_model_bytes, metadata, tiny_model.sha256, threads=1)
    assert tiny_model == tiny_model
    assert tiny_model != other
    assert len({tiny_model, other, copy.copy(tiny_model)}) == 2
