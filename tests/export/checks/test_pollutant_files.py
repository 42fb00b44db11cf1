"""The files of other pollutants in models/ belong together, as those of PM2.5 do."""

import hashlib
from pathlib import Path

import onnx
import pytest

from pointfuse import POLLUTANTS
from pointfuse.trust.verification import verify
from pointfuse_export.checks.verify import check_contract
from pointfuse_export.files.card import render_card
from pointfuse_export.files.description import read_description
from pointfuse_export.files.file_report import read_reports
from pointfuse_export.files.manifest import updated_manifest
from pointfuse_export.files.pipeline import read_network
from pointfuse_export.graph.onnx_graph import output_names
from pointfuse_export.graph.regression_part import check_precision
from pointfuse_export.graph.stamp import read_stamp
from pointfuse_export.graph.strip import check_no_build_traces
from pointfuse_training.fitting.provenance import weights_sha256

MODELS = Path(__file__).parents[3] / "models"
OTHERS = [name for name in POLLUTANTS if name != "pm25"]
DAILY = 20e6
"""Bytes that the models of six pollutants may take together: a file of each, of ozone of one of its
two statistics."""


@pytest.mark.parametrize("variable", OTHERS)
def test_what_belongs_to_a_model(variable):
    name = f"pointfuse-china12-{variable}"
    description = read_description(MODELS / f"{name}.toml")
    network, provenance = read_network(description)
    (report,) = read_reports(MODELS / f"{name}.report.json")
    content = (MODELS / report.file).read_bytes()
    model = onnx.load_from_string(content)
    metadata = read_stamp(model)

    made = description.metadata(metadata.export, weights_sha256(network), provenance)
    assert metadata == made.__class__(**{**vars(made), "precision": "int8"})
    assert metadata.target == POLLUTANTS[variable]
    assert metadata.observations_used is None
    check_precision(model, "int8")
    check_contract(model, metadata.grid.shape, [o.name for o in model.graph.output])
    check_no_build_traces(model)
    assert report.sha256 == hashlib.sha256(content).hexdigest()
    card = (MODELS / f"{name}.md").read_text(encoding="utf-8")
    assert card == render_card(description, metadata, output_names(network), [report])
    path = MODELS / "manifest.json"
    files = [(report.file, "int8", content)]
    assert path.read_text(encoding="utf-8") == updated_manifest(path, metadata, files)

    verification = verify(MODELS / report.file, device="cpu")
    assert verification.problems == []


def test_six_models_are_small():
    sizes = {
        variable: (MODELS / f"pointfuse-china12-{variable}.int8.onnx").stat().st_size
        for variable in OTHERS
        if variable != "o3"
    }
    sizes["pm25"] = (MODELS / "pointfuse-china12.onnx").stat().st_size
    assert sum(sizes.values()) <= DAILY, sizes
