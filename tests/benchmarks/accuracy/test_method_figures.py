"""Figures of the method, of either network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pointfuse_benchmarks.accuracy.method_figures import kernels
from pointfuse_training import build_network
from pointfuse_training.evaluation.first_guess import kernels_of


@pytest.mark.parametrize(("variant", "number"), [("default", (1, 4)), ("paper", (2, 4))])
def test_kernels_are_shown_by_distance(variant: str, number: tuple[int, int]) -> None:
    found = kernels_of(build_network(variant, torch.rand(2, 40, 52), (4, 6)))
    rows = [
        {
            "variable": kernel.variable,
            "step": kernel.step,
            "distance_km": (12 * kernel.rings[0]).tolist(),
            "mean_weight": kernel.rings[1].tolist(),
        }
        for kernel in found
    ]
    figure = kernels({"kernels": rows})
    assert tuple(len(axes.lines) for axes in figure.axes) == number
    for axes, of_target in zip(figure.axes, (True, False), strict=True):
        shown = [kernel for kernel in found if (kernel.variable == "pm25") == of_target]
        for line, kernel in zip(axes.lines, shown, strict=True):
            np.testing.assert_allclose(line.get_xdata(), 12 * kernel.rings[0])
            np.testing.assert_allclose(line.get_ydata(), kernel.rings[1])
            assert line.get_label().endswith(kernel.step)
