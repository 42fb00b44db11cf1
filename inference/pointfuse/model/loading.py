"""Load a model file into ONNX Runtime."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pointfuse.basics.shown import Shown
from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.basics.units import said_units
from pointfuse.domains.domain import Domain, grid_of
from pointfuse.domains.world_layers import world_layers
from pointfuse.errors import InputError, ModelFileError, require, require_path
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.any_place import AnyPlace
from pointfuse.model.devices import Device, DeviceChoice, on_device
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.model.onnx_file.onnx_structure import read_onnx_structure
from pointfuse.model.precisions import PrecisionChoice, check_precision, chosen_path
from pointfuse.model.session import Program, open_session
from pointfuse.model.static_layers import read_static_layers

MAX_THREADS = 1024
"""More threads than any machine has processors are a typing error."""


class ModelOutput(NamedTuple):
    """What a model makes of gridded observations; float32, shape (time, row, column).

    Attributes
    ----------
    field : ndarray
        The fused variable in its units, nowhere negative.
    scale : ndarray or None
        Scale of the logistic distribution of the field's error, in the same units, positive: an
        interval that holds the share p reaches scale * log((1 + p) / (1 - p)) to either side. None
        where the model gives none.
    """

    field: NDArray[np.float32]
    scale: NDArray[np.float32] | None


class Model(Shown):
    """A loaded model; `load_model` makes one.

    It never changes, so a copy of it is itself, and it is equal to itself alone. Pickled, it takes
    the file along and is loaded again elsewhere, on the same kind of device.

    Parameters
    ----------
    content : bytes
        The ONNX file, already checked.
    metadata : ModelMetadata
        Its self-description.
    sha256 : str
        Hash of the file.
    threads : int
        Threads on which it runs.
    device : str
        A key of `pointfuse.model.devices.PROVIDERS`.
    profile : Path, optional
        Beginning of the name of a file to which the runtime writes what ran where.
    """

    def __init__(
        self,
        content: bytes,
        metadata: ModelMetadata,
        sha256: str,
        threads: int,
        device: Device = "cpu",
        profile: Path | None = None,
    ) -> None:
        wanted = metadata.target.name, metadata.scale_name
        # Read here, not taken from a caller: what runs is what was read.
        structure = read_onnx_structure(content)
        program = Program(content, sha256, metadata.precision, wanted)
        self._session = open_session(program, device, threads, profile)
        self._session.check_is(structure)
        self._static_layers = read_static_layers(structure, metadata)
        units = {layer.name: layer.scale for layer in metadata.static_layers}
        self._place = (
            AnyPlace(metadata.own_grid, units)
            if metadata.takes_static and metadata.own_grid
            else None
        )
        self._content = content
        self.metadata = metadata
        self.sha256 = sha256
        self.threads = threads

    def __repr__(self) -> str:
        metadata = self.metadata
        grid = metadata.own_grid
        cells = "any grid"
        if grid is not None:
            cells = f"{grid.rows} x {grid.columns} cells of {grid.cell_size:g} m"
        return (
            f"<Model {metadata.name} {metadata.version} ({metadata.precision}), sha256 "
            f"{self.sha256[:12]}...\n"
            f"  {', '.join(variable.name for variable in metadata.variables)} to "
            f"{metadata.target.name} in {said_units(metadata.target.units)}\n"
            f"  {cells}\n"
            f"  on {self.device} ({self.provider}, {self.runtime}, threads: {self.threads})>"
        )

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, _: object) -> Model:
        return self

    def __reduce__(self) -> tuple[type[Model], tuple[object, ...]]:
        return Model, (self._content, self.metadata, self.sha256, self.threads, self.device)

    @property
    def device(self) -> Device:
        """Device that runs the network: ``cpu``, ``cuda``, ``tensorrt`` or ``rtx``."""
        return self._session.device

    @property
    def provider(self) -> str:
        """Execution provider of ONNX Runtime that runs the network."""
        return self._session.provider

    @property
    def runtime(self) -> str:
        """The runtime with its version, such as ``onnxruntime 1.32.0``."""
        return self._session.runtime

    def kernels_by_provider(self) -> Counter[str]:
        """End the profile, and count the kernels that ran by their execution provider."""
        return self._session.kernels_by_provider()

    def on(self, grid: Grid) -> Model:
        """A model of any place, on a grid.

        Parameters
        ----------
        grid : Grid
            Where the fields are to be: that of a domain.

        Raises
        ------
        InputError
            If the model has a grid of its own.
        MissingExtraError
            If pointfuse-world is not installed.
        """
        if not self.metadata.takes_static:
            raise InputError(
                f"the model {self.metadata.name} has a grid of its own; take one of any place: "
                "load_model(domain=...) without a file, --domain without --model"
            )
        world_layers()
        return Model(
            self._content,
            replace(self.metadata, own_grid=grid),
            self.sha256,
            self.threads,
            self.device,
        )

    @property
    def static_layer_names(self) -> tuple[str, ...]:
        """Names of the static layers that `static_layer` gives."""
        return tuple(self._place.layers if self._place else self._static_layers)

    def static_layer(self, name: str) -> NDArray[np.float32]:
        """A field that the model carries, such as ``height``.

        Parameters
        ----------
        name : str
            Its name in the metadata.

        Returns
        -------
        ndarray of float32, shape (row, column)
            Its values in plain units (height in m).

        Raises
        ------
        InputError
            If the model has no such layer.
        """
        if self._place and name in self._place.layers:
            return self._place.static_layer(name)
        if name not in self._static_layers:
            raise InputError(
                f"the model has no static layer '{name}'; expected one of "
                f"{', '.join(self._static_layers) or '(it has none)'}"
            )
        return self._static_layers[name]

    @property
    def gives_uncertainty(self) -> bool:
        """Whether fields come with an uncertainty."""
        return len(self._session.outputs) > 1

    def run(
        self,
        observations: NDArray[np.float32],
        observed: NDArray[np.float32],
        cells: NDArray[np.int64] | None = None,
    ) -> ModelOutput:
        """Complete gridded observations to fields.

        Parameters
        ----------
        observations : ndarray of float32, shape (time, variable, row, column)
            Values in the units of the model, variables in its order; finite, 0 where absent.
        observed : ndarray of float32, the same shape
            1 where there is an observation, 0 elsewhere. Of the fused variable, in a model whose
            metadata say so (`ModelMetadata.counts_stations`): the number of stations that a value
            is the mean of, or 1 where that is not known.
        cells : ndarray of int64, shape (cell,), optional
            ``row * columns + column`` of the cells that are wanted; all by default. A model of any
            place computes no others.

        Returns
        -------
        ModelOutput
            The field, and perhaps the scale of its error; of some cells with the shape (time,
            cell).

        Raises
        ------
        InputError
            If the arrays have another shape than the model's, hold a value that is not finite, or
            a time without an observation of the fused variable.
        ModelFileError
            If the model gives a field or a scale that cannot be, or cannot be run.
        DeviceError
            If a GPU gives up.
        """
        expected = (len(self.metadata.variables), *self.metadata.grid.shape)
        if observations.shape[1:] != expected or observed.shape != observations.shape:
            raise InputError(
                f"expected two arrays of the shape (time, {', '.join(map(str, expected))}), got "
                f"{observations.shape} and {observed.shape}"
            )
        if not (np.isfinite(observations).all() and self._is_mask(observed)):
            counts = (
                f", and whole numbers of stations for {self.metadata.target.name}"
                if self.metadata.counts_stations
                else ""
            )
            raise InputError(
                f"expected finite observations, 0 where missing, and a mask of 0 and 1{counts}; a "
                "single NaN would make the whole field wrong"
            )
        grid = self.metadata.grid
        if cells is not None and not (
            cells.size and cells.min() >= 0 and cells.max() < grid.rows * grid.columns
        ):
            raise InputError(
                f"expected one cell or more, from 0 to {grid.rows * grid.columns - 1}; correct them"
            )
        if not observed[:, 0].any(axis=(1, 2)).all():
            raise InputError(
                f"expected an observation of {self.metadata.target.name} at each time, got none"
            )
        feed = {
            "observations": observations.astype(np.float32, copy=False),
            "observed": observed.astype(np.float32, copy=False),
        }
        field, *scales = self._outputs(feed, cells)
        if not (np.isfinite(field).all() and (field >= 0).all()):
            raise ModelFileError(
                "the model gave values that are negative or not finite for valid observations; "
                "do not use it"
            )
        for scale in scales:
            if not (np.isfinite(scale).all() and (scale > 0).all()):
                raise ModelFileError(
                    "the model gave scales of its error that are not positive or not finite for "
                    "valid observations; do not use it"
                )
        return ModelOutput(field, *scales) if scales else ModelOutput(field, None)

    def _outputs(
        self, feed: dict[str, NDArray[np.float32]], cells: NDArray[np.int64] | None
    ) -> list[NDArray[np.float32]]:
        """Outputs of shape (time, row, column), or (time, cell) of some cells."""
        shape = (len(feed["observed"]), *self.metadata.grid.shape)
        if self._place:
            outputs = self._place.run(self._session.run, **feed, cells=cells)
            return [output.reshape(shape) for output in outputs] if cells is None else outputs
        outputs = self._session.run(feed)
        if any(output.shape != (shape[0], 1, *shape[1:]) for output in outputs):
            raise ModelFileError(
                f"the model gave arrays of the shape {outputs[0].shape}, expected "
                f"{(shape[0], 1, *shape[1:])}; do not use it"
            )
        fields = [output[:, 0] for output in outputs]
        return fields if cells is None else [one.reshape(len(one), -1)[:, cells] for one in fields]

    def _is_mask(self, observed: NDArray[np.float32]) -> bool:
        """Whether a mask holds what the contract of the file asks for."""
        counted = int(self.metadata.counts_stations)
        counts, flags = observed[:, :counted], observed[:, counted:]
        whole = np.isfinite(counts) & (counts >= 0) & (counts == np.rint(counts))
        return bool(whole.all() and ((flags == 0) | (flags == 1)).all())


def require_model(given: object) -> None:
    """Make sure that an argument is a loaded model.

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    require(given, Model, "a model (pointfuse.Model)", source="load one with pointfuse.load_model")


def load_model(
    path: str | PathLike[str] | None = None,
    *,
    variable: str | None = None,
    domain: Domain | Grid | str | PathLike[str] | None = None,
    threads: int | None = None,
    device: DeviceChoice = "auto",
    precision: PrecisionChoice = "auto",
) -> Model:
    """Check a model file and load it.

    A file with the name of a shipped model must be that model, to the bit. Any other is told apart
    by a warning with its hash; it may not refer to other files or hold operators of its own.

    Parameters
    ----------
    path : path, optional
        ONNX file; a shipped model by default.
    variable : str, optional
        What the shipped model fuses, such as ``no2``; ``pm25`` by default.
    domain : Domain, Grid, or path, optional
        Where fields are wanted: the model is then one of any place, `pointfuse-world` by default,
        on this domain. A path is that of a file of `pointfuse domain`, or of one on a grid.
    threads : int, optional
        Threads to run it on; all processors that this process may use by default.
    device : str
        Where to run the network: ``cpu``, ``cuda``, ``tensorrt``, ``rtx``, or ``auto`` for the best
        of the last, ``cuda`` and ``cpu`` that works, with a warning if one that is installed does
        not.
    precision : str
        Which file of the shipped model: ``fp32``, ``fp16``, ``int8``, or ``auto`` for the fastest
        that is shipped and that the device is made for. A file of one's own is taken as it is.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    ModelFileError
        If it is damaged, altered, not a pointfuse model, or not in the precision.
    DeviceError
        If the device was named and cannot be used.
    InputError
        If there is no such precision, no model of the variable, the number of threads is
        impossible, or a file and a variable are named.
    """
    require(device, str, "a device as text", source="such as 'auto' or 'cpu'")
    require(precision, str, "a precision as text", source="such as 'auto' or 'fp32'")
    if path is not None:
        require_path(path, "a model file")
    if variable is not None:
        require(variable, str, "a variable as text", source="such as 'pm25' or 'no2'")
        if path is not None:
            raise InputError(
                f"the model file {path} fuses what it was made for; leave variable='{variable}' out"
            )
    if threads is not None:
        require(threads, int, "a whole number of threads", source="None takes all processors")
    if threads is not None and not 1 <= threads <= MAX_THREADS:
        raise InputError(f"a model runs on 1 to {MAX_THREADS} threads, got {threads}")
    # A file that suits two devices is read once, and its warning given once.
    read = cache(read_model_file)
    grid = None if domain is None else grid_of(domain)

    def load(name: Device) -> Model:
        chosen = chosen_path(path, precision, name, variable, anywhere=grid is not None)
        content, metadata, sha256 = read(chosen)
        check_precision(metadata, precision)
        model = Model(content, metadata, sha256, threads or usable_cpus(), name)
        return model if grid is None else model.on(grid)

    # Graphs of any size run on a CPU alone.
    return on_device("cpu" if grid is not None and device == "auto" else device, load)
