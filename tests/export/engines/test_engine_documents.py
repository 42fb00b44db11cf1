"""The pages tensorrt.md and triton.md: their commands run, and what they show comes out."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from pointfuse_export.commands.main import main

pytest.importorskip(
    "tensorrt_rtx", reason="tensorrt_rtx is not installed: pip install 'pointfuse-export[rtx]'"
)

ROOT = Path(__file__).parents[3]


def blocks(document, kind):
    text = (ROOT / "docs" / "guide" / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which the commands of the documents find the shipped model."""
    (tmp_path / "models").symlink_to(ROOT / "models")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(commands):
    """Run the commands of a block; what they printed."""
    outputs = []
    for line in commands.splitlines():
        program, *words = shlex.split(line)
        assert program == "pointfuse-export"
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        outputs.append(result.output)
    return outputs


def test_engines(folder, capsys):
    (commands,) = blocks("tensorrt.md", "sh")
    *_, shown = run(commands)
    text = (ROOT / "docs" / "guide" / "tensorrt.md").read_text(encoding="utf-8")
    size = float(re.search(r"has ([0-9.]+) MB in fp32", text)[1])
    # Half of the last digit, and what another version of the library may make of it.
    assert (folder / "china12-turing.engine").stat().st_size / 1e6 == pytest.approx(size, abs=0.3)
    assert re.search(r"^fp32 +convolution +weather\.narrow/Conv$", shown, re.MULTILINE)
    code, _ = blocks("tensorrt.md", "python")
    exec(code, {})
    assert capsys.readouterr().out.startswith("pointfuse-china12 ('8.6', '8.9', '12.0') 8 ")


def test_repositories(folder):
    (commands,) = blocks("triton.md", "sh")
    run(commands)
    configuration = (folder / "repository/pointfuse-china12/config.pbtxt").read_text()
    _, shown = blocks("triton.md", "text")
    assert shown in configuration
