"""Draw the kernels of PointConv, as in figure 3 of the publication (extra `[plot]`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pointfuse.basics.atomic_files import check_place, replacing
from pointfuse.basics.output_formats import PICTURE, check_name
from pointfuse.errors import ModelFileError
from pointfuse.model.kernels import Kernel, read_kernels
from pointfuse.model.model_file import read_model_file
from pointfuse.pictures.map_drawing import colours_between, figure_class
from pointfuse.pictures.maps import DOTS_PER_INCH

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure


def draw_kernels_of_model(path: Path, output: Path) -> None:
    """Draw the kernels of a model file.

    Parameters
    ----------
    path : Path
        ONNX file of pointfuse.
    output : Path
        Picture to write (PNG, PDF, SVG).

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    InputFileNotFoundError, ModelFileError, InputError
        If the file is missing, no model, or one without kernels, or the picture has another suffix.
    OutputError
        If the picture cannot be written.
    """
    new_figure = figure_class("a picture of kernels")
    check_name(output, PICTURE)
    check_place(output)
    content, metadata, _ = read_model_file(path)
    kernels = read_kernels(content, [variable.name for variable in metadata.variables])
    if not kernels:
        raise ModelFileError(
            f"{path.name} holds no kernels of PointConv; expected a model that "
            "'pointfuse-export' made"
        )
    figure = new_figure(figsize=(10.8, 7.6), layout="constrained")
    draw_kernels(figure, kernels, metadata.grid.cell_size, colours_between("magma_r", 0, 0.87))
    figure.suptitle("How much a station counts around it", x=0.01, ha="left", fontsize=13)
    figure.supxlabel(
        f"kernels of PointConv of {metadata.name} {metadata.version} · circle: radius of "
        "influence, where the weight has fallen to 1/e",
        x=0.99,
        ha="right",
        fontsize=7,
        color="0.35",
    )
    with replacing(output) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)


def draw_kernels(
    figure: Figure, kernels: Sequence[Kernel], cell_size: float, colours: Colormap
) -> None:
    """Draw kernels in their order, each with its radius of influence.

    Parameters
    ----------
    figure : Figure
        An empty figure.
    kernels : sequence of Kernel
        At least one.
    cell_size : float
        Edge of a cell, m.
    colours : Colormap
        Colours of the weights.
    """
    cell = cell_size / 1000
    # A row for each step.
    columns = len({kernel.variable for kernel in kernels})
    panels = figure.subplots(-(-len(kernels) // columns), columns, squeeze=False).ravel()
    for axes in panels[len(kernels) :]:
        axes.set_visible(False)
    for number, (axes, kernel) in enumerate(zip(panels, kernels, strict=False)):
        edge = len(kernel.weights) / 2 * kernel.squares * cell
        shown = axes.imshow(
            kernel.weights / kernel.weights.max(),
            origin="lower",
            extent=(-edge, edge, -edge, edge),
            cmap=colours,
            vmin=0,
            vmax=1,
            interpolation="none",
        )
        if kernel.radius is not None:
            angle = np.linspace(0, 2 * np.pi, 200)
            radius = kernel.radius * cell
            axes.plot(radius * np.cos(angle), radius * np.sin(angle), color="white", linewidth=1.4)
        axes.grid(visible=False)
        axes.set_title(
            f"{kernel.variable.replace('_', ' ')}, {kernel.step}\nradius "
            f"{_radius_text(kernel, cell)} km, largest weight {kernel.weights.max():.2f}",
            fontsize=10,
        )
        axes.set(xlabel="east (km)", ylabel="" if number % columns else "north (km)")
    bar = figure.colorbar(shown, ax=panels, pad=0.02, shrink=0.7)
    bar.set_label("share of the largest weight")


def _radius_text(kernel: Kernel, cell: float) -> str:
    """Radius of influence for people; of a kernel that ends before, how far it goes."""
    if kernel.radius is None:
        return f"over {kernel.rings[0][-1] * cell:.0f}"
    return f"{kernel.radius * cell:.0f}"
