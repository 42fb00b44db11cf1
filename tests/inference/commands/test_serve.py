"""The command that starts a service; what the service does is tested in a room of its own."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pointfuse.commands.main import main


def serve(*options: str | Path) -> Result:
    return CliRunner().invoke(main, ["serve", "--threads", "1", *map(str, options)])


def test_without_the_extra_there_is_help_and_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.startswith(("pointfuse.service", "starlette", "uvicorn")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.setitem(sys.modules, "starlette", None)
    assert "--max-megabytes" in serve("--help").stdout
    result = serve()
    assert (result.exit_code, result.stderr) == (
        1,
        "pointfuse: a service needs starlette and uvicorn; install them with pip install "
        "'pointfuse[serve]'\n",
    )


def test_a_port_that_is_taken(tiny_model_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = serve("--model", tiny_model_file, "--port", str(port))
    assert result.exit_code == 2
    assert f"127.0.0.1:{port} cannot be listened on" in result.stderr


def test_a_model_that_computes_something_else(tiny_model_bytes: bytes, tmp_path: Path) -> None:
    """The tiny model gives the mean of its stations, which here is 20 and not 21."""
    model = tmp_path / "tiny.onnx"
    model.write_bytes(tiny_model_bytes)
    here = {"row": [2, 9], "column": [3, 15]}
    case = {
        "schema_version": 1,
        "weights_sha256": "0" * 64,
        "origin": "by hand",
        "observations": {"pm25": {**here, "value": [10, 30]}},
        "expected": {**here, "value": [21, 21]},
        "mean": 21,
    }
    (tmp_path / "tiny.golden.json").write_text(json.dumps(case))
    result = serve("--model", model, "--port", "0")
    assert result.exit_code == 1
    assert "the field of tiny differs by 1 ug m-3 from the golden one" in result.stderr
    assert "listening" not in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "no.such.host.invalid"], "no.such.host.invalid:8000 cannot be listened on"),
        (["--model", "a.onnx", "--variable", "no2"], "leave --variable out"),
        (["--timezone", "Mars/Base"], "the time zone 'Mars/Base' is not known here"),
        (["--stations", "nothing.csv", "--port", "0"], "there is no file nothing.csv"),
        (["--keep", "0"], "0 is not in the range x>=1"),
        (["--max-megabytes", "0"], "0.0 is not in the range 0<x<=1000000"),
        (["--max-megabytes", "nan"], "expected a number, got nan"),
        (["--max-megabytes", "inf"], "inf is not in the range 0<x<=1000000"),
    ],
)
def test_what_it_cannot_be_started_with(
    options: list[str], said: str, tiny_model_file: Path
) -> None:
    model = [] if "--model" in options else ["--model", str(tiny_model_file)]
    result = serve(*model, *options)
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.stderr.replace("│", " ").split())
