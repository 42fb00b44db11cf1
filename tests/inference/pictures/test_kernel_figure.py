"""The kernels of a model as a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import pointfuse.pictures.kernel_figure
from pointfuse.commands.main import main
from pointfuse.model.kernels import Kernel, read_kernels
from pointfuse.model.precisions import files_by_precision
from pointfuse.model.shipped import model_folder, shipped_models

VARIABLES = ("pm25", "relative_humidity", "wind_speed")


def plot(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["plot", *map(str, arguments)])
    return result.exit_code, result.output


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list:
    """The figures that were drawn."""
    drawn = []
    draw_kernels = pointfuse.pictures.kernel_figure.draw_kernels

    def kept(figure, *arguments):
        draw_kernels(figure, *arguments)
        drawn.append(figure)

    monkeypatch.setattr(pointfuse.pictures.kernel_figure, "draw_kernels", kept)
    return drawn


def test_each_file_of_a_shipped_model_holds_the_same_kernels() -> None:
    first, *others = (
        read_kernels((model_folder() / model.file).read_bytes(), VARIABLES)
        for model in files_by_precision().values()
    )
    assert [(kernel.variable, kernel.step, len(kernel.weights)) for kernel in first] == [
        *((variable, "wide", 11) for variable in VARIABLES[1:]),
        *((variable, "narrow", 5) for variable in VARIABLES[1:]),
    ]
    for kernels in others:
        for kernel, one in zip(kernels, first, strict=True):
            np.testing.assert_array_equal(kernel.weights, one.weights)


def test_the_picture_shows_the_weights_and_the_radius(figures: list, tmp_path: Path) -> None:
    model = model_folder() / shipped_models()[0].file
    output = tmp_path / "kernels.png"
    assert plot(model, "-o", output) == (0, f"wrote {output}\n")
    (figure,) = figures
    kernels = read_kernels(model.read_bytes(), VARIABLES)
    panels = figure.axes[: len(kernels)]
    for axes, kernel in zip(panels, kernels, strict=True):
        (image,) = axes.images
        np.testing.assert_allclose(image.get_array(), kernel.weights / kernel.weights.max())
        # Squares of two cells of 12 km about the one in the middle.
        assert image.get_extent()[1] == len(kernel.weights) * 24 / 2
        circle = np.hypot(*axes.lines[0].get_data())
        np.testing.assert_allclose(circle, 12 * kernel.radius)
        name = kernel.variable.replace("_", " ")
        assert axes.get_title().startswith(
            f"{name}, {kernel.step}\nradius {12 * kernel.radius:.0f}"
        )
    assert "pointfuse-china12 2.0.0" in figure._supxlabel.get_text()


def test_a_kernel_that_ends_before_has_no_circle() -> None:
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    figure = Figure()
    flat = Kernel("pm25", "narrow", np.ones((11, 11)))
    pointfuse.pictures.kernel_figure.draw_kernels(
        figure, [flat], 12_000.0, ListedColormap(["k", "w"])
    )
    axes = figure.axes[0]
    assert not axes.lines
    # The mean distance of the outermost whole ring, in km.
    assert f"radius over {flat.rings[0][-1] * 12:.0f} km" in axes.get_title()


def test_what_has_no_kernels(tiny_model_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "kernels.png"
    code, text = plot(tiny_model_file, "-o", output)
    assert code == 1
    assert "tiny.onnx holds no kernels of PointConv" in text
    assert plot(tmp_path / "none.onnx", "-o", output)[0] == 1
    code, text = plot(tiny_model_file, "-o", tmp_path / "kernels.gif")
    assert code == 1
    assert "expected a picture named *.png, *.pdf or *.svg, got kernels.gif" in text
    assert not output.exists()
