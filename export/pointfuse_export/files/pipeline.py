"""The steps from a description to published model files, each checked after it ran."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.units import said_units
from pointfuse.errors import ModelFileError
from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.model.onnx_file.onnx_structure import read_onnx_structure
from pointfuse.trust.golden_case import SUFFIX as GOLDEN_SUFFIX
from pointfuse.trust.golden_case import GoldenCase
from pointfuse_export.checks.extreme_days import check_finite, extreme_days
from pointfuse_export.checks.fidelity import (
    check_fidelity,
    fidelity,
    outputs_of_file,
    outputs_of_network,
)
from pointfuse_export.checks.golden_case import golden_case
from pointfuse_export.checks.simulated_days import SimulatedDays, read_days
from pointfuse_export.checks.tolerances import TOLERANCES
from pointfuse_export.checks.verify import (
    check_against_torch,
    check_contract,
    check_golden_case,
)
from pointfuse_export.errors import DescriptionError, VerificationError
from pointfuse_export.files.card import render_card
from pointfuse_export.files.description import PRECISIONS, Description
from pointfuse_export.files.file_report import SUFFIX as REPORT_SUFFIX
from pointfuse_export.files.file_report import FileReport, report_file, reports_json
from pointfuse_export.files.manifest import MANIFEST_NAME, updated_manifest
from pointfuse_export.graph.onnx_graph import OPSET, inference_network, output_names, to_onnx
from pointfuse_export.graph.regression_part import check_precision
from pointfuse_export.graph.stamp import check_stamp, export_facts, stamp
from pointfuse_export.graph.static_bytes import with_layers_in_bytes
from pointfuse_export.graph.strip import check_no_build_traces, name_nodes, strip_build_traces
from pointfuse_export.lower_precision.half_precision import check_half_range, halved
from pointfuse_export.lower_precision.quantise import activation_ranges, equalised, quantised
from pointfuse_training.fitting.provenance import NO_OBSERVATIONS, check_provenance, weights_sha256
from pointfuse_training.network.channels import CHANNELS
from pointfuse_training.network.checkpoints import load_checkpoint
from pointfuse_training.network.variants import Network

REFERENCE = PRECISIONS[0]

ADAPTED = "adapted"
"""What the name of a model has to hold whose network has learned from observations."""


@dataclass(frozen=True)
class ModelFile:
    """A model file that has passed all checks, not yet written.

    Parameters
    ----------
    metadata : ModelMetadata
        What it says of itself.
    model : onnx.ModelProto
        The graph.
    content : bytes
        The file.
    """

    metadata: ModelMetadata
    model: onnx.ModelProto
    content: bytes

    @property
    def name(self) -> str:
        """Name of the file: that of the model, and its precision if it is not the reference."""
        precision = self.metadata.precision
        return f"{self.metadata.name}{'' if precision == REFERENCE else f'.{precision}'}.onnx"


def written_files(description: Description, folder: Path) -> list[Path]:
    """All files that an export may write into a folder; the model file in fp32 is the first."""
    name = description.name
    reduced = (f".{precision}.onnx" for precision in PRECISIONS if precision != REFERENCE)
    endings = (".onnx", *reduced, REPORT_SUFFIX, ".md", GOLDEN_SUFFIX)
    return [*(folder / f"{name}{ending}" for ending in endings), folder / MANIFEST_NAME]


def export_model(
    description: Description,
    folder: Path,
    commit: str,
    precisions: Collection[str] | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> tuple[FileReport, ...]:
    """Make the files of a model, their report, card, golden case and entries in the manifest.

    Nothing is written unless every check of every file passes.

    Parameters
    ----------
    description : Description
        The model.
    folder : Path
        Existing folder to write to.
    commit : str
        Commit of the code, for the metadata.
    precisions : collection of str
        Which of `PRECISIONS` to make; those that the description names by default. Without
        ``fp32`` the reference file stays as it lies in the folder, if it is what would be made; a
        model that does not come in ``fp32`` has none.
    progress : callable, optional
        Is told each step that begins.

    Raises
    ------
    DescriptionError
        If the description does not fit the files that it names.
    ModelFileError
        If a file is damaged, or a checkpoint does not know where it comes from.
    VerificationError
        If a file is not what it should be.
    OutputError
        If a file cannot be written.
    """
    precisions = description.precisions if precisions is None else precisions
    network, provenance = read_network(description)
    check_fits(description, network)
    days = read_days(description.files.simulated_days, description.grid.shape)
    facts = export_facts(OPSET, commit)
    metadata = description.metadata(facts, weights_sha256(network), provenance)
    case = golden_case(network, metadata)

    progress(f"{REFERENCE}: tracing")
    files = [reference_file(network, metadata)]
    if REFERENCE in description.precisions and REFERENCE not in precisions:
        files = [published_file(folder, files[0])]
    check_against_torch(files[0].content, network)
    ranges: dict[str, NDArray[np.float64]] = {}
    if wanted := [precision for precision in PRECISIONS[1:] if precision in precisions]:
        progress("ranges of activations on simulated days")
        ranges = activation_ranges(files[0].model, days.for_calibration())
    for precision in wanted:
        progress(f"{precision}: rounding")
        files.append(derived_file(files[0], precision, ranges, facts))
    progress("all tensors of all files on extreme days")
    for file in files:
        check_finite(file.name, file.model, extreme_days(days))
    progress("scores of PyTorch and of all files on simulated days")
    reports = file_reports(files, network, days, case)
    if REFERENCE not in {*description.precisions, *precisions}:
        # Others were made of it and compared with it, and that is all.
        files, reports = files[1:], reports[1:]

    name = description.name
    listed = [(file.name, file.metadata.precision, file.content) for file in files]
    manifest = updated_manifest(folder / MANIFEST_NAME, metadata, listed)
    for file in files:
        _write(folder / file.name, file.content)
    units = said_units(metadata.target.units)
    texts = {
        f"{name}{REPORT_SUFFIX}": reports_json(name, description.version, units, reports),
        f"{name}.md": render_card(description, files[0].metadata, output_names(network), reports),
        f"{name}{GOLDEN_SUFFIX}": case.to_json(),
        MANIFEST_NAME: manifest,
    }
    for file_name, text in texts.items():
        _write(folder / file_name, text.encode())
    return reports


def reference_file(network: Network, metadata: ModelMetadata) -> ModelFile:
    """The file in fp32: traced, named and stripped, and stamped, each step checked in its form."""
    model = to_onnx(inference_network(network))
    check_contract(model, metadata.grid.shape, output_names(network))
    name_nodes(model)
    strip_build_traces(model)
    model = with_layers_in_bytes(model)
    check_no_build_traces(model)
    return stamped(model, metadata)


def derived_file(
    reference: ModelFile,
    precision: str,
    ranges: Mapping[str, NDArray[np.float64]],
    facts: Mapping[str, object],
) -> ModelFile:
    """A file in fewer bits, checked in its form.

    Parameters
    ----------
    reference : ModelFile
        The file in fp32.
    precision : str
        ``int8`` or ``fp16``.
    ranges : mapping of str to ndarray of float64, shape (channel,)
        Largest values of activations, as `activation_ranges` gives them.
    facts : mapping
        How the file came to be.
    """
    if precision == "int8":
        model = quantised(equalised(reference.model, ranges))
    else:
        check_half_range(ranges)
        model = halved(reference.model)
    names = [output.name for output in model.graph.output]
    check_contract(model, reference.metadata.grid.shape, names)
    check_precision(model, precision)
    sha256 = hashlib.sha256(reference.content).hexdigest()
    origin = {"file": reference.name, "sha256": sha256}
    export = {**facts, "origin": origin}
    return stamped(model, replace(reference.metadata, precision=precision, export=export))


def stamped(model: onnx.ModelProto, metadata: ModelMetadata) -> ModelFile:
    """A graph with its metadata, as a file."""
    stamp(model, metadata)
    check_stamp(model, metadata)
    return ModelFile(metadata, model, model.SerializeToString(deterministic=True))


def published_file(folder: Path, made: ModelFile) -> ModelFile:
    """The reference file in a folder, if only how it came to be differs from the one made now.

    Raises
    ------
    VerificationError
        If it is another.
    """
    path = folder / made.name
    try:
        content = path.read_bytes()
        text = read_onnx_structure(content).metadata.get(METADATA_KEY, "")
        export = ModelMetadata.from_json(text).export
    except (OSError, ModelFileError) as error:
        raise VerificationError(
            f"{path} cannot be read ({error}); make {REFERENCE} as well"
        ) from error
    metadata = replace(made.metadata, export=export)
    again = stamped(onnx.load_from_string(made.content), metadata)
    if again.content != content:
        raise VerificationError(
            f"{path} is not the file that this description makes; make {REFERENCE} as well"
        )
    return again


def file_reports(
    files: Sequence[ModelFile], network: Network, days: SimulatedDays, case: GoldenCase
) -> tuple[FileReport, ...]:
    """Run every file, and make sure that none has lost more than it may.

    Parameters
    ----------
    files : sequence of ModelFile
        The reference, which is compared with PyTorch, and those that are compared with it.
    network : FusionNetwork or PaperNetwork
        The network.
    days : SimulatedDays
        Days for scores.
    case : GoldenCase
        The golden case.

    Raises
    ------
    VerificationError
        If a file is out of tolerance.
    """
    names, scored = output_names(network), days.for_scores()
    reference, compared_with = outputs_of_network(network, scored), "PyTorch"
    reports = []
    for file in files:
        tolerance = TOLERANCES[file.metadata.precision]
        outputs = outputs_of_file(file.content, scored, names)
        found = fidelity(outputs, reference, days)
        check_fidelity(file.name, found, tolerance)
        golden = check_golden_case(file.content, case, file.metadata, tolerance.golden)
        reports.append(
            report_file(
                file.name, file.metadata.precision, file.content, compared_with, golden, found
            )
        )
        if file.metadata.precision == REFERENCE:
            reference, compared_with = outputs, file.name
    return tuple(reports)


def read_network(description: Description) -> tuple[Network, Mapping[str, object]]:
    """The network that a description names, and what it tells of its training.

    Raises
    ------
    DescriptionError
        If a checkpoint has other static layers or another grid than the description, or has
        learned from observations and the name does not say so.
    InputFileNotFoundError, ModelFileError
        If a file is missing or damaged, or a checkpoint does not know where it comes from.
    """
    checkpoint = load_checkpoint(description.files.checkpoint)
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
    configuration = {"configuration": checkpoint.configuration}
    return checkpoint.network(), {**checkpoint.provenance, **configuration}


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


def check_fits(description: Description, network: Network) -> None:
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
