"""From the description of a model of any place to its files, each checked before it is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from pointfuse.basics.atomic_files import replacing
from pointfuse.trust.golden_case import SUFFIX as GOLDEN_SUFFIX
from pointfuse_export.anywhere.world_card import world_card
from pointfuse_export.anywhere.world_checks import check_world, world_golden_case
from pointfuse_export.anywhere.world_description import WorldDescription
from pointfuse_export.anywhere.world_graph import world_graph
from pointfuse_export.errors import DescriptionError
from pointfuse_export.files.manifest import MANIFEST_NAME, updated_manifest
from pointfuse_export.graph.onnx_graph import OPSET
from pointfuse_export.graph.stamp import check_stamp, export_facts, stamp
from pointfuse_training.fitting.provenance import weights_sha256
from pointfuse_training.network.anywhere.world_checkpoint import load_world
from pointfuse_training.network.anywhere.world_network import LAYERS, PLACES


def world_files(description: WorldDescription, folder: Path) -> list[Path]:
    """All files that an export writes into a folder."""
    names = [f"{description.name}-{pollutant}" for pollutant in description.pollutants]
    endings = (".onnx", GOLDEN_SUFFIX)
    made = [folder / f"{name}{ending}" for name in names for ending in endings]
    return [*made, folder / f"{description.name}.md", folder / MANIFEST_NAME]


def export_world(
    description: WorldDescription,
    folder: Path,
    commit: str,
    progress: Callable[[str], None] = lambda step: None,
) -> list[tuple[str, int]]:
    """Make the files of all pollutants, their golden cases, their card and the manifest.

    Parameters
    ----------
    description : WorldDescription
        The model.
    folder : Path
        Existing folder to write to.
    commit : str
        Commit of the code, for the metadata.
    progress : callable, optional
        Is told each file that begins.

    Returns
    -------
    list of tuple
        Name and size of each model file.

    Raises
    ------
    DescriptionError
        If the description names other layers than the network takes.
    ModelFileError
        If the checkpoint is damaged, or lacks a pollutant.
    VerificationError
        If a file is not what it should be.
    OutputError
        If a file cannot be written.
    """
    layers = tuple(layer.name for layer in description.static_layers)
    if layers != (*PLACES, *LAYERS):
        raise DescriptionError(
            f"the network takes the static layers {', '.join((*PLACES, *LAYERS))}, in this order; "
            f"the description names {', '.join(layers)}"
        )
    checkpoint = load_world(description.checkpoint)
    facts = export_facts(OPSET, commit)
    written: dict[Path, bytes] = {}
    listed, made = [], []
    for pollutant in description.pollutants:
        progress(f"{description.name}-{pollutant}")
        network = checkpoint.network(pollutant)
        metadata = description.metadata(
            pollutant, facts, weights_sha256(network), checkpoint.provenance
        )
        model = world_graph(network)
        stamp(model, metadata)
        check_stamp(model, metadata)
        content = model.SerializeToString(deterministic=True)
        apart = check_world(content, metadata, network)
        written[folder / f"{metadata.name}.onnx"] = content
        case = world_golden_case(network, metadata)
        written[folder / f"{metadata.name}{GOLDEN_SUFFIX}"] = case.to_json().encode()
        sha256 = hashlib.sha256(content).hexdigest()
        made.append((f"{metadata.name}.onnx", pollutant, len(content), sha256, apart))
        listed.append((metadata, content))
    card = world_card(description, made, {**checkpoint.provenance, **facts})
    written[folder / f"{description.name}.md"] = card.encode()
    for path, content in written.items():
        _write(path, content)
    # Last, so that it lists nothing that is not there.
    for metadata, content in listed:
        entry = (f"{metadata.name}.onnx", metadata.precision, content)
        manifest = updated_manifest(folder / MANIFEST_NAME, metadata, [entry])
        _write(folder / MANIFEST_NAME, manifest.encode())
    return [(name, size) for name, _, size, *_ in made]


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content)
