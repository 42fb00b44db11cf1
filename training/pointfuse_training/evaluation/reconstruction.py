"""What is evaluated: anything that completes a day of sampled fields, such as a trained network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pointfuse.errors import InputError
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.kernels import Kernel, read_kernels
from pointfuse.model.loading import Model
from pointfuse.model.model_file import read_model_file
from pointfuse_training.evaluation.first_guess import kernels_of, steps_of
from pointfuse_training.network.channels import CHANNELS
from pointfuse_training.network.checkpoints import load_checkpoint
from pointfuse_training.network.variants import Network, field_of
from pointfuse_training.network.weights import is_zip

Fields = NDArray[np.float32]

_WEATHER = CHANNELS[1:]


@dataclass(frozen=True)
class Reconstructor:
    """A way to complete sampled fields.

    Parameters
    ----------
    name : str
        What people call it.
    grid : Grid
        Grid of its fields.
    target : str
        Name of the variable that it completes.
    complete : callable
        From observations (0 where absent) and their mask, both of shape (variable, rows, columns),
        to the field of the first variable, shape (rows, columns).
    steps : callable
        From the same to the fields on the way there, by name; none where there are none to show.
    kernels : tuple of Kernel
        Kernels of its PointConv; empty where it has none to show.
    sha256 : str
        Hash of the file it was read from; empty for one in memory.
    training : mapping
        How it came to be, as the file says.
    """

    name: str
    grid: Grid
    target: str
    complete: Callable[[Fields, Fields], Fields]
    steps: Callable[[Fields, Fields], Mapping[str, Fields]] = lambda observations, observed: {}
    kernels: tuple[Kernel, ...] = ()
    sha256: str = ""
    training: Mapping[str, object] = field(default_factory=dict)

    def check_fits(self, target: str, grid: Grid) -> None:
        """Refuse fields of another variable, or on another grid.

        Raises
        ------
        InputError
            If the variable has another name, or the cells lie elsewhere.
        """
        if target != self.target:
            raise InputError(
                f"{self.name} completes {self.target}, the archive has {target}; evaluate it on an "
                "archive of its variable"
            )
        if self.grid.shape != grid.shape:
            raise InputError(
                f"{self.name} works on a grid of {self.grid.rows} x {self.grid.columns} cells, the "
                f"archive has {grid.rows} x {grid.columns}; evaluate it on an archive of its grid"
            )
        if not self.grid.coincides(grid):
            raise InputError(
                f"the cells of the archive lie elsewhere than those of {self.name}; evaluate it on "
                "an archive of its grid"
            )


def load_reconstructor(path: Path, *, threads: int = 1) -> Reconstructor:
    """Read a model file or a checkpoint of a training, told apart by their content.

    Parameters
    ----------
    path : Path
        ONNX file of pointfuse, or checkpoint that 'pointfuse-train fit' wrote.
    threads : int
        Threads for an ONNX file; PyTorch has its own setting.

    Raises
    ------
    InputFileNotFoundError
        If the file is missing.
    ModelFileError
        If it is neither, or damaged.
    InputError
        If the model takes other variables beside the one that it completes than an archive has.
    """
    if not is_zip(path):
        return _from_model_file(path, threads)
    checkpoint = load_checkpoint(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    made = network_reconstructor(checkpoint.network(), checkpoint.grid, path.stem)
    return replace(made, sha256=sha256, training=checkpoint.provenance)


def network_reconstructor(network: Network, grid: Grid, name: str) -> Reconstructor:
    """A network in memory, on the device where it is.

    Parameters
    ----------
    network : FusionNetwork or PaperNetwork
        The network; it is put into its mode of inference.
    grid : Grid
        Grid of its static layers.
    name : str
        What to call it.
    """
    network.eval()
    device = network.static_layers.device

    def given(*arrays: Fields) -> list[Tensor]:
        return [torch.from_numpy(array)[None].to(device) for array in arrays]

    def complete(observations: Fields, observed: Fields) -> Fields:
        with torch.inference_mode():
            field = field_of(network(*given(observations, observed)))
        completed: Fields = field[0, 0].cpu().numpy()
        return completed

    def steps(observations: Fields, observed: Fields) -> Mapping[str, Fields]:
        with torch.inference_mode():
            fields = steps_of(network, *given(observations, observed))
        return {name: field[0, 0].cpu().numpy() for name, field in fields.items()}

    return Reconstructor(name, grid, network.target, complete, steps, kernels_of(network))


def _from_model_file(path: Path, threads: int) -> Reconstructor:
    content, metadata, sha256 = read_model_file(path)
    target, *others = (variable.name for variable in metadata.variables)
    if tuple(others) != _WEATHER:
        raise InputError(
            f"{path.name} takes {', '.join(others) or 'nothing'} beside {target}, an archive has "
            f"{' and '.join(_WEATHER)}; evaluate a model that takes these"
        )
    model = Model(content, metadata, sha256, threads)

    def complete(observations: Fields, observed: Fields) -> Fields:
        completed: Fields = model.run(observations[None], observed[None]).field[0]
        return completed

    kernels = read_kernels(content, (target, *_WEATHER))
    name = f"{metadata.name} {metadata.version}"
    return Reconstructor(
        name,
        metadata.grid,
        target,
        complete,
        kernels=kernels,
        sha256=sha256,
        training=metadata.training,
    )
