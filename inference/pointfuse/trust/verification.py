"""Verify that a model file gives its known result on a device."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass, replace
from os import PathLike
from pathlib import Path

from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.basics.units import said_units
from pointfuse.errors import ModelFileError
from pointfuse.model.devices import Device, DeviceChoice, on_device
from pointfuse.model.loading import Model
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.model_file import read_model_file
from pointfuse.model.precisions import PrecisionChoice, check_precision, chosen_path
from pointfuse.trust.golden_case import GoldenCase, find_golden, read_golden

TOLERANCE = {"fp32": 0.05, "fp16": 0.5, "int8": 5.0}
"""Largest difference from the golden field, in its units, by the precision of the model file.

Single precision differs by some 0.01 between processors, since the inverse of a thousand
covariances has three or four digits; it is far below what the ten mantissa bits of TF32 would make
of it.
"""


@dataclass(frozen=True)
class Verification:
    """What came out of it.

    Parameters
    ----------
    model, model_sha256, precision : str
        Name and version of the model, hash of its file, precision of its weights.
    device, provider, runtime : str
        Where it ran: device, execution provider, and ONNX Runtime with its version.
    threads : int
        Threads of the CPU.
    kernels : dict of str to int
        Kernels by the execution provider that ran them, as the runtime's profile says.
    difference, tolerance : float
        Largest difference from the golden field and the largest that is allowed, in `units`.
    units : str
        Units of the field.
    opened_s, run_s : float
        Seconds to open the model on the device, with what it compiles and tries out, and to run.
    """

    model: str
    model_sha256: str
    precision: str
    device: str
    provider: str
    runtime: str
    threads: int
    kernels: dict[str, int]
    difference: float
    tolerance: float
    units: str
    opened_s: float
    run_s: float

    @property
    def problems(self) -> list[str]:
        """What is not as it should be, in sentences; empty if all is well."""
        found = []
        # Not 'difference > tolerance', which is false for NaN.
        if not self.difference <= self.tolerance:
            found.append(
                f"the field differs by {self.difference:.3g} {self.units} from the golden one, "
                f"expected at most {self.tolerance:g}"
            )
        if set(self.kernels) != {self.provider}:
            ran = ", ".join(f"{count} on {name}" for name, count in self.kernels.items())
            found.append(f"not all kernels ran on {self.provider}: {ran or 'none is known of'}")
        return found

    @property
    def text(self) -> str:
        """The verification for people, in one sentence."""
        return (
            f"{self.model} in {self.precision} on {self.device} ({self.provider}, {self.runtime}): "
            f"differs by {self.difference:.2g} {self.units} from the golden field, "
            f"{self.tolerance:g} allowed; {sum(self.kernels.values())} kernels, opened in "
            f"{self.opened_s:.2f} s, run in {self.run_s:.2f} s"
        )

    def to_dict(self) -> dict[str, object]:
        """The verification as JSON types."""
        return asdict(self) | {"good": not self.problems, "problems": self.problems}


def verify(
    path: str | PathLike[str] | None = None,
    *,
    device: DeviceChoice = "auto",
    precision: PrecisionChoice = "auto",
    threads: int | None = None,
    golden: str | PathLike[str] | None = None,
) -> Verification:
    """Run a model's golden case on a device, and see what came out and where it ran.

    Parameters
    ----------
    path : path, optional
        ONNX file; the shipped model by default.
    device, precision, threads
        As `pointfuse.load_model`.
    golden : path, optional
        The golden case; the one that lies beside the model by default.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file, or no golden case.
    ModelFileError
        If the model or the case is damaged, altered, or not one of pointfuse.
    DeviceError
        If the device cannot be used.
    """

    def verified(name: Device) -> Verification:
        file = chosen_path(path, precision, name)
        content, metadata, sha256 = read_model_file(file)
        check_precision(metadata, precision)
        case = _golden_case(file, metadata, golden)
        if metadata.takes_static:
            metadata = replace(metadata, own_grid=case.grid)
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            profile = Path(folder) / "profile"
            model = Model(content, metadata, sha256, threads or usable_cpus(), name, profile)
            opened = time.perf_counter()
            field = model.run(*case.inputs(metadata)).field[0]
            ended = time.perf_counter()
            kernels = model.kernels_by_provider()
        return Verification(
            model=f"{metadata.name} {metadata.version}",
            model_sha256=sha256,
            precision=metadata.precision,
            device=model.device,
            provider=model.provider,
            runtime=model.runtime,
            threads=model.threads,
            kernels=dict(kernels),
            difference=case.difference(field, metadata),
            tolerance=TOLERANCE[metadata.precision],
            units=said_units(metadata.target.units),
            opened_s=round(opened - began, 3),
            run_s=round(ended - opened, 3),
        )

    return on_device(device, verified)


def golden_difference(model: Model, file: Path) -> float:
    """How far a loaded model is from its golden case, in the units of its field.

    Parameters
    ----------
    model : Model
        The model.
    file : Path
        Its file, or any other in the folder of its golden case.

    Raises
    ------
    InputFileNotFoundError
        If there is no golden case.
    ModelFileError
        If it cannot be read, or the model gives something else than it should.
    """
    case = _golden_case(file, model.metadata, None)
    tried = model if case.grid is None else model.on(case.grid)
    field = tried.run(*case.inputs(tried.metadata)).field[0]
    difference = case.difference(field, tried.metadata)
    allowed, units = TOLERANCE[model.metadata.precision], said_units(model.metadata.target.units)
    # Not 'difference > allowed', which is false for NaN.
    if not difference <= allowed:
        raise ModelFileError(
            f"the field of {model.metadata.name} differs by {difference:.3g} {units} from the "
            f"golden one, expected at most {allowed:g}; run pointfuse doctor"
        )
    return difference


def _golden_case(
    file: Path, metadata: ModelMetadata, golden: str | PathLike[str] | None
) -> GoldenCase:
    """The golden case of a model file: the one that was named, or that lies beside it."""
    if metadata.precision not in TOLERANCE:
        raise ModelFileError(
            f"{metadata.name} has the precision '{metadata.precision}'; expected one of "
            f"{', '.join(TOLERANCE)}"
        )
    if golden is None:
        return find_golden(file, metadata.weights_sha256)
    case = read_golden(Path(golden))
    if case.weights_sha256 != metadata.weights_sha256:
        raise ModelFileError(
            f"the golden case is that of the weights {case.weights_sha256}, {metadata.name} has "
            f"{metadata.weights_sha256}; use the one that came with the model"
        )
    return case
