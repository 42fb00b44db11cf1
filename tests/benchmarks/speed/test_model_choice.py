"""The table of the models is that of what was measured of each."""

from pathlib import Path

from pointfuse_benchmarks.speed.model_choice import MODELS, read_reports, table

DOCUMENT = Path(__file__).parents[3] / "docs" / "guide" / "models.md"


def test_the_document_shows_what_was_measured():
    reports = read_reports()
    assert table(reports) in DOCUMENT.read_text(encoding="utf-8")
    for name, (accuracy, machine) in reports.items():
        assert accuracy["settings"]["model"].split()[0] == name
        assert {row["model"].split()[0] for row in machine["latency"]} == {name}


def test_a_column_has_the_numbers_of_its_model():
    scores = {"r2": 0.5, "rmse": 2.0, "nme": 0.25}
    methods = {"network": scores, "gp-c": scores | {"r2": 0.4}}
    parts = {part: {"scores": methods} for part in ("stations", "cities", "cmaq")}
    accuracy = {"settings": {"ours": ["network"]}, "parts": parts}
    latency = [
        {"device": "cpu", "precision": precision, "network": {"p50": 3.0}}
        for precision in ("fp32", "int8")
    ]
    machine = {"latency": latency, "files_to_file": [{"case": "a day", "further_day_s": 1.5}]}
    lines = table(dict.fromkeys(MODELS, (accuracy, machine))).splitlines()
    assert lines[2] == "| stations left out | 0.500 / 2.00 / 0.250 | 0.500 / 2.00 / 0.250 |"
    assert lines[3].startswith("| cities left out | ")
    assert "| ms a field, fp32 | 3 | 3 |" in lines
    assert lines[-1] == "| further day, a day | 1.50 s | 1.50 s |"
