"""Select the precision of the model file for a device: fp32, fp16 or int8."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Literal, get_args

from pointfuse.basics.dot_products import has_integer_dot_products
from pointfuse.errors import InputError, ModelFileError
from pointfuse.model.devices import Device
from pointfuse.model.metadata import ModelMetadata
from pointfuse.model.shipped import ShippedModel, model_folder, shipped_models

Precision = Literal["fp32", "fp16", "int8"]
"""What the weights and sums of a shipped file are kept in."""

PrecisionChoice = Literal["auto", Precision]
"""A precision, or the one that suits the device."""

PRECISIONS: tuple[PrecisionChoice, ...] = get_args(PrecisionChoice)
"""Precisions that may be asked for."""

REFERENCE: Precision = "fp32"
"""The precision in which a model is trained; it may be shipped in others alone."""


def chosen_path(
    path: str | PathLike[str] | None,
    precision: PrecisionChoice,
    device: Device,
    variable: str | None = None,
    *,
    anywhere: bool = False,
) -> Path:
    """The model file to load.

    Parameters
    ----------
    path : path or None
        File that was asked for; None for the shipped model.
    precision : str
        One of `PRECISIONS`. ``auto`` takes the fastest file of the shipped model that the device
        is made for; what is shipped is as good as the reference.
    device : str
        A key of `pointfuse.model.devices.PROVIDERS`.
    variable : str, optional
        What the shipped model fuses; that of the default one without it.
    anywhere : bool
        Whether the shipped model is to be one of any place.

    Raises
    ------
    InputError
        If there is no such precision, or no model of the variable is shipped.
    ModelFileError
        If the shipped model has no file of it.
    """
    if precision not in PRECISIONS:
        raise InputError(
            f"there is no precision '{precision}'; expected one of {', '.join(PRECISIONS)}"
        )
    if path is not None:
        return Path(path)
    files = files_by_precision(variable, anywhere=anywhere)
    wanted = fastest(files, device) if precision == "auto" else precision
    if wanted not in files:
        model = next(iter(files.values()))
        raise ModelFileError(
            f"{model.name} {model.version} does not come in {wanted}; expected "
            f"{' or '.join(files)}, or auto"
        )
    return model_folder() / files[wanted].file


def files_by_precision(
    variable: str | None = None, folder: Path | None = None, *, anywhere: bool = False
) -> dict[str, ShippedModel]:
    """Files of a shipped model by their precision.

    Parameters
    ----------
    variable : str, optional
        What it fuses; the default model without one.
    folder : Path, optional
        Another folder of models with a manifest.
    anywhere : bool
        Whether it is to be a model of any place.

    Raises
    ------
    InputError
        If no model of the variable is shipped.
    ModelFileError
        If the list of shipped models is damaged.
    """
    entries = [entry for entry in shipped_models(folder) if entry.anywhere == anywhere]
    names = dict.fromkeys(entry.variable for entry in entries)
    if variable is None:
        variable = next(iter(names))
    if variable not in names:
        raise InputError(
            f"no model of '{variable}' comes with pointfuse; expected {' or '.join(names)}, or the "
            "file of a model of it"
        )
    first, *others = (entry for entry in entries if entry.variable == variable)
    return {
        entry.precision: entry
        for entry in (first, *others)
        if (entry.name, entry.version) == (first.name, first.version)
    }


def fastest(files: Mapping[str, object], device: Device) -> Precision:
    """The precision, of those that there are files of, that a device computes fastest.

    Parameters
    ----------
    files : mapping
        Its keys are precisions, one at least.
    device : str
        A key of `pointfuse.model.devices.PROVIDERS`.
    """
    suitable: Precision
    if device != "cpu":
        suitable = "fp16"
    elif has_integer_dot_products():
        suitable = "int8"
    else:
        suitable = REFERENCE
    # A model may be shipped in one precision, for the size of all of them together.
    known: list[Precision] = [suitable, REFERENCE, "int8", "fp16"]
    return next(each for each in known if each in files)


def check_precision(metadata: ModelMetadata, precision: PrecisionChoice) -> None:
    """Make sure that a model has the precision that was asked for.

    Raises
    ------
    ModelFileError
        If it has another.
    """
    if precision not in ("auto", metadata.precision):
        raise ModelFileError(
            f"the model file of {metadata.name} is in {metadata.precision}, not in {precision}; "
            "name the file in that precision, or give no --precision"
        )
