"""The command that starts a service; what the service does is tested in a room of its own."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "no.such.host.invalid"], "no.such.host.invalid:8000 cannot be listened on"),
        (["--model", "a.onnx", "--variable", "no2"], "leave --variable out"),
        (["--timezone", "Mars/Base"], "the time zone 'Mars/Base' is not known here"),
        (["--stations", "nothing.csv", "--port", "0"], "there is no file nothing.csv"),
        (["--keep", "0"], "0 is not in the range x>=1"),
        (["--max-megabytes", "0"], "0.0 is not in the range x>0"),
    ],
)
def test_what_it_cannot_be_started_with(
    options: list[str], said: str, tiny_model_file: Path
) -> None:
    model = [] if "--model" in options else ["--model", str(tiny_model_file)]
    result = serve(*model, *options)
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.stderr.replace("│", " ").split())
