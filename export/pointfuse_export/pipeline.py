"""The steps from a description to a published model file, each checked after it ran."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pointfuse.atomic import replacing
from pointfuse.golden import SUFFIX
from pointfuse.units import said_units
from pointfuse_export.card import render_card
from pointfuse_export.description import Description
from pointfuse_export.errors import DescriptionError
from pointfuse_export.golden_case import golden_case
from pointfuse_export.graph import OPSET, inference_network, output_names, to_onnx
from pointfuse_export.manifest import MANIFEST_NAME, updated_manifest
from pointfuse_export.stamp import check_stamp, export_facts, stamp
from pointfuse_export.strip import check_no_build_traces, name_nodes, strip_build_traces
from pointfuse_export.verify import (
    check_against_torch,
    check_contract,
    check_golden,
    operators,
    read_golden,
)
from pointfuse_training import FusionNetwork, load_seed_network
from pointfuse_training.checkpoints import load_checkpoint
from pointfuse_training.fusion_network import CHANNELS
from pointfuse_training.provenance import NO_OBSERVATIONS, check_provenance, weights_sha256
from pointfuse_training.seed_weights import read_scale_head

ADAPTED = "adapted"
"""What the name of a model has to hold whose network has learned from observations."""


@dataclass(frozen=True)
class Report:
    """What came out of an export.

    Parameters
    ----------
    path : Path
        The model file.
    bytes : int
        Its size.
    sha256 : str
        Its hash.
    golden_difference, torch_difference : float
        Largest differences from the golden fields and from PyTorch; the former is None where there
        are no golden fields.
    units : str
        Their units, those of the field.
    operators : dict of str to int
        How often each operator occurs.
    """

    path: Path
    bytes: int
    sha256: str
    golden_difference: float | None
    torch_difference: float
    units: str
    operators: dict[str, int]


def export_model(description: Description, folder: Path, commit: str) -> Report:
    """Make a model file, its card, its golden case and its entry in the manifest.

    Nothing is written unless every check passes.

    Parameters
    ----------
    description : Description
        The model.
    folder : Path
        Existing folder to write to.
    commit : str
        Commit of the code, for the metadata.

    Raises
    ------
    DescriptionError
        If the description does not fit the files that it names.
    ModelFileError
        If a file is damaged, or a checkpoint does not know where it comes from.
    VerificationError
        If the model is not what it should be.
    OutputError
        If a file cannot be written.
    """
    network, provenance = read_network(description)
    given = description.files.golden
    golden = read_golden(given, network.target) if given else None
    check_fits(description, network)
    facts = export_facts(OPSET, commit)
    metadata = description.metadata(facts, weights_sha256(network), provenance)

    model = to_onnx(inference_network(network))
    check_contract(model, description.grid.shape, output_names(network))
    name_nodes(model)
    strip_build_traces(model)
    check_no_build_traces(model)
    stamp(model, metadata)
    check_stamp(model, metadata)
    content = model.SerializeToString(deterministic=True)
    golden_difference = check_golden(content, golden, network.target) if golden else None
    torch_difference = check_against_torch(content, network)

    path = folder / f"{description.name}.onnx"
    manifest = updated_manifest(folder / MANIFEST_NAME, metadata, content)
    _write(path, content)
    _write(folder / f"{description.name}.md", render_card(description, metadata, content).encode())
    golden_text = golden_case(network, metadata).to_json()
    _write(folder / f"{description.name}{SUFFIX}", golden_text.encode())
    _write(folder / MANIFEST_NAME, manifest.encode())
    return Report(
        path=path,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        golden_difference=golden_difference,
        torch_difference=torch_difference,
        units=said_units(metadata.target.units),
        operators=operators(model),
    )


def read_network(description: Description) -> tuple[FusionNetwork, Mapping[str, object]]:
    """The network that a description names, and what it tells of its training.

    Raises
    ------
    DescriptionError
        If a checkpoint has other static layers or another grid than the description, or has
        learned from observations and the name does not say so.
    InputFileNotFoundError, ModelFileError
        If a file is missing or damaged, or a checkpoint does not know where it comes from.
    """
    files = description.files
    if files.checkpoint is None:
        # A description that names no checkpoint names these.
        assert files.weights is not None
        assert files.static_layers is not None
        return load_seed_network(files.weights, files.static_layers, files.scale_head), {}
    checkpoint = load_checkpoint(files.checkpoint)
    check_provenance(checkpoint.provenance)
    check_name(description, checkpoint.provenance)
    named = tuple(layer.name for layer in description.static_layers)
    if named != checkpoint.static_names:
        raise DescriptionError(
            f"the checkpoint has the static layers {', '.join(checkpoint.static_names)}; the "
            f"description names {', '.join(named)}"
        )
    if not description.grid.coincides(checkpoint.grid):
        raise DescriptionError(
            f"the checkpoint was trained on the grid {checkpoint.grid}; the description has "
            f"{description.grid}"
        )
    network = checkpoint.network()
    if files.scale_head is not None:
        network.scale_head = read_scale_head(files.scale_head, network)
    configuration = {"configuration": checkpoint.configuration}
    return network.eval(), {**checkpoint.provenance, **configuration}


def check_name(description: Description, provenance: Mapping[str, object]) -> None:
    """Make sure that nobody takes an adapted network for one that is free of observations.

    Raises
    ------
    DescriptionError
        If the network has learned from observations and the model's name does not say so.
    """
    used = provenance.get("observations_used", NO_OBSERVATIONS)
    if used != NO_OBSERVATIONS and ADAPTED not in description.name:
        raise DescriptionError(
            f"the checkpoint was adapted to observations ({used}); expected a name with "
            f"'{ADAPTED}' in it, such as {description.name}-{ADAPTED}, got '{description.name}'"
        )


def check_fits(description: Description, network: FusionNetwork) -> None:
    """Make sure that a description is that of the network.

    Raises
    ------
    DescriptionError
        If the variables, the static layers or the grid differ.
    """
    variables = tuple(variable.name for variable in description.variables)
    expected = (network.target, *CHANNELS[1:])
    if variables != expected:
        raise DescriptionError(
            f"the network takes {', '.join(expected)}, in this order; the description names "
            f"{', '.join(variables)}"
        )
    shape = (len(description.static_layers), *description.grid.shape)
    found = tuple(network.static_layers.shape)
    if found != shape:
        raise DescriptionError(
            f"the description speaks of static layers of the shape {shape} (layers, rows, "
            f"columns), the file holds {found}; correct one of them"
        )


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content)
