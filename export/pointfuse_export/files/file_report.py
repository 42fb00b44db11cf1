"""What came out of an export: for each file what it is, and what it lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnx

from pointfuse.errors import ModelFileError
from pointfuse_export.checks.fidelity import Fidelity
from pointfuse_export.checks.verify import operators
from pointfuse_export.graph.regression_part import convolution_types

SUFFIX = ".report.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class FileReport:
    """A model file.

    Parameters
    ----------
    file, precision : str
        Its name, and the precision of the weights of RegrUnetPP.
    bytes : int
        Its size.
    sha256 : str
        Its hash.
    opset : int
        Operator set.
    convolutions, operators : dict of str to int
        How many convolutions have weights of each type, and how often each operator occurs, as
        found in the file.
    compared_with : str
        What the errors are against.
    golden_difference : float
        Largest difference from the golden case, in the units of the field.
    fidelity : dict
        What it lost; see `Fidelity`.
    """

    file: str
    precision: str
    bytes: int
    sha256: str
    opset: int
    convolutions: dict[str, int]
    operators: dict[str, int]
    compared_with: str
    golden_difference: float
    fidelity: dict[str, Any]


def report_file(
    file: str,
    precision: str,
    content: bytes,
    compared_with: str,
    golden_difference: float,
    fidelity: Fidelity,
) -> FileReport:
    """Look into a file, and write down what it is."""
    model = onnx.load_from_string(content)
    return FileReport(
        file=file,
        precision=precision,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        opset=max(entry.version for entry in model.opset_import),
        convolutions=convolution_types(model),
        operators=operators(model),
        compared_with=compared_with,
        golden_difference=float(f"{golden_difference:.4g}"),
        fidelity=fidelity.to_dict(),
    )


def reports_json(name: str, version: str, units: str, files: Sequence[FileReport]) -> str:
    """The report of an export as the text of a file."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "model": name,
        "version": version,
        "units": units,
        "files": [asdict(file) for file in files],
    }
    return json.dumps(content, indent=2) + "\n"


def read_reports(path: Path) -> tuple[FileReport, ...]:
    """Read what `reports_json` wrote.

    Raises
    ------
    ModelFileError
        If it is something else.
    """
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        return tuple(FileReport(**file) for file in files)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"{path} is no report of an export ({type(error).__name__}: {error}); export again"
        ) from error


FILE_HEADER = ("file", "bytes", "sha256", "opset", "convolutions", "operators")


def file_row(file: FileReport) -> tuple[str, ...]:
    """What a file is, as people read it."""
    kinds, operators = counted(file.convolutions), counted(file.operators)
    return (file.file, str(file.bytes), file.sha256, str(file.opset), kinds, operators)


ERROR_HEADER = ("file", "mean error", "99.9 %", "largest", "golden case")


def error_row(file: FileReport) -> tuple[str, ...]:
    """A file's errors in the units of the field, as people read them."""
    found = file.fidelity
    errors = (found["mean"], found["p999"], found["largest"], file.golden_difference)
    return (file.file, *(f"{error:.2g}" for error in errors))


SCORE_HEADER = ("file", "NME at withheld stations", "change", "NME elsewhere", "change")


def score_row(file: FileReport) -> tuple[str, ...]:
    """A file's scores on simulated days, as people read them."""
    nme, change = file.fidelity["nme"], file.fidelity["nme_change"]
    # Zero is added so that no '-0.00' remains.
    percent = {where: round(100 * value, 2) + 0.0 for where, value in change.items()}
    scores = [(f"{nme[where]:.4f}", f"{percent[where]:+.2f} %") for where in nme]
    return (file.file, *(entry for score in scores for entry in score))


def counted(kinds: dict[str, int]) -> str:
    """Counts as people read them: 29 int8, 6 fp32."""
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())
