"""Every code block of every page is run by a test, or the page says that and why it is not.

- Commands (blocks of `sh`, and indented ones) are held against the commands that there are: names,
  options, values and numbers of arguments.
- Python is executed: here, or by the test that `EXECUTED` names.
- TOML, JSON and INI are parsed; CSV and text are contents of files and output, shown and not run.
- Anything else, and whatever a test cannot run, stands after a line of its own that says why:
  `*Not run by a test: it needs a GPU.*`
"""

from __future__ import annotations

import configparser
import doctest
import importlib
import json
import pkgutil
import re
import runpy
import shlex
import tomllib
from pathlib import Path
from types import SimpleNamespace

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from documents import COMMANDS, ROOT, Block, blocks, pages

from pointfuse.commands.main import main as pointfuse
from pointfuse.domains.domain import write_domain
from pointfuse.domains.extents import extent_of_country
from pointfuse.domains.new_domain import new_domain
from pointfuse.grid.projections import LambertConformal
from pointfuse.grid.regular_grid import Grid
from pointfuse_export.commands.main import main as pointfuse_export
from pointfuse_training import FusionNetwork
from pointfuse_training.archives.archive_writer import writing
from pointfuse_training.commands.main import main as pointfuse_train
from pointfuse_training.network.checkpoints import Checkpoint, save_checkpoint
from pointfuse_training.network.weights import network_weights

PROGRAMS = {
    "pointfuse": pointfuse,
    "pointfuse-train": pointfuse_train,
    "pointfuse-export": pointfuse_export,
}
"""Our commands; where they are installed does not matter."""

SHELL = {"echo", "mkdir"}
"""What may stand beside them, unchecked."""

SHOWN = {"csv", "text"}
"""Languages of what is shown and cannot be run: contents of files, output."""

HERE = "test_document_blocks"
EXECUTED = {
    "README.md": ["test_documents"],
    "docs/guide/anywhere.md": [HERE],
    "docs/guide/archives.md": [HERE],
    "docs/background/baselines.md": [HERE],
    "docs/guide/deploy.md": ["test_several_files"],
    "docs/guide/embedding.md": ["test_documents"],
    "docs/background/evaluation.md": ["test_evaluation_document"],
    "docs/guide/index-and-limits.md": [HERE],
    "docs/guide/notebook-and-gis.md": [HERE, "test_gis"],
    "docs/guide/places.md": [HERE],
    "docs/guide/pollutants.md": [HERE],
    "docs/guide/regions.md": [HERE],
    "docs/reference/output-files.md": ["test_documents", "test_several_files"],
    "docs/guide/service.md": ["test_service_document"],
    "docs/background/simulation.md": [HERE],
    "docs/guide/station-files.md": ["test_documents", "test_documents"],
    "docs/guide/tensorrt.md": ["test_engine_documents"],
    "docs/guide/training.md": ["test_training_document", HERE],
}
"""The test that executes each Python block of a page, in their order."""

BLOCKS = [block for page in pages() for block in blocks(page)]
RUN_AS_SCRIPTS = {
    "docs/guide/deploy.md": "test_deploy_document",
    "docs/guide/service.md": "test_service_document",
}
"""Pages whose shell blocks are run as they stand, by the test that is named."""


def of_language(*languages: str) -> list[Block]:
    return [block for block in BLOCKS if block.language.split(" ")[0] in languages]


def place(block: Block) -> str:
    return block.place


def test_every_block_is_run_parsed_or_said_not_to_be() -> None:
    known = {COMMANDS, "python", "toml", "json", "ini", *SHOWN}
    for block in BLOCKS:
        language = block.language.split(" ")[0]
        # Directives of the site are carried out when it is built.
        assert language in known or language.startswith("{") or block.not_run, (
            f"{block.place}: nothing runs or checks a block of '{language}'; put the line "
            "'*Not run by a test: why.*' and an empty one before it, or say ```text if it is output"
        )


@pytest.mark.parametrize("block", of_language("toml", "json", "ini"), ids=place)
def test_configurations_parse(block: Block) -> None:
    if block.language == "toml":
        assert tomllib.loads(block.text)
    elif block.language == "json":
        assert json.loads(block.text)
    else:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(block.text)
        assert parser.sections()


# --- commands


def simple_commands(text: str) -> list[list[str]]:
    """Words of each simple command of a script: what stands between ; | & ( ) and new lines."""
    commands = []
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";|&()<>")
        lexer.whitespace_split = True
        command: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set(";|&()"):
                commands.append(command)
                command = []
            else:
                command.append(word)
    return [command for command in commands if command]


def check(words: list[str]) -> None:
    """Hold a command against what there is."""
    if re.fullmatch(r"\w+=.*", words[0]):
        words = words[1:]
    program, arguments = Path(words[0]).name, without_redirection(words[1:])
    if program in PROGRAMS:
        parse(PROGRAMS[program], arguments)
    elif program == "make":
        assert re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    elif program in ("python", "python3"):
        check_python(arguments)
    elif program == "torchrun":
        parse(pointfuse_train, arguments[arguments.index("pointfuse_training") + 1 :])
    elif program == "pip":
        check_pip(arguments)
    elif program == "pytest":
        assert (ROOT / arguments[0]).exists()
    else:
        assert program in SHELL, (
            f"'{program}' is no command that this test knows; put the line '*Not run by a test: "
            "why.*' and an empty one before the block, or fence it in its own language"
        )


def without_redirection(words: list[str]) -> list[str]:
    for number, word in enumerate(words):
        if set(word) <= set("<>"):
            return words[:number]
    return words


def parse(command: click.Command, words: list[str]) -> None:
    """Let click read the words, down to the last command of groups."""
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0, result.output


@pytest.fixture
def nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands read their words, and end."""
    monkeypatch.setattr(click.Command, "invoke", lambda command, context: None)


def check_python(words: list[str]) -> None:
    if words[0] == "-m":
        if words[1] in ("venv", "pip"):
            return
        module = importlib.import_module(words[1])
        if hasattr(module, "__path__"):
            module = importlib.import_module(f"{words[1]}.__main__")
        main = module.main
        parse(main, words[2:])
    elif words[0] == "-c":
        compile(words[1], "a command", "exec")
    else:
        script = ROOT / words[0]
        with pytest.MonkeyPatch.context() as patch:
            # As Python does for a script: what lies beside it can be imported.
            patch.syspath_prepend(script.parent)
            parse(runpy.run_path(str(script))["main"], words[1:])


def check_pip(words: list[str]) -> None:
    """The packages of this repository are where they are said to be, with these extras."""
    for word in words[1:]:
        if found := re.fullmatch(r"(\.[\w/]*)(?:\[([\w,]+)\])?", word):
            project = tomllib.loads((ROOT / found[1] / "pyproject.toml").read_text())["project"]
            extras = set(found[2].split(",")) if found[2] else set()
            assert extras <= project.get("optional-dependencies", {}).keys(), word


@pytest.mark.parametrize("block", of_language(COMMANDS), ids=place)
@pytest.mark.usefixtures("nothing_is_done")
def test_commands_are_those_that_there_are(block: Block) -> None:
    for words in simple_commands(block.text):
        # Ours are checked wherever they are, also behind `exec` and a lock.
        ours = [number for number, word in enumerate(words) if Path(word).name in PROGRAMS]
        if ours and words[0] in ("exec", words[ours[0]]):
            check(words[ours[0] :])
        elif not (block.not_run or block.page in RUN_AS_SCRIPTS):
            check(words)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pointfuse fusee a.csv -o b.nc", "No such command 'fusee'"),
        ("pointfuse fuse a.csv -o b.nc --treads 2", "No such option '?:? ?'?--treads"),
        ("pointfuse fuse -o b.nc", "Missing argument"),
        ("pointfuse fuse a.csv -o b.nc --device gpu", "is not one of"),
        ("echo a | /opt/bin/pointfuse verify a.onnx b.onnx", "unexpected extra argument"),
        ("pip install '.[plots]'", r"\.\[plots\]"),
        ("rm -r output", "no command that this test knows"),
    ],
)
@pytest.mark.usefixtures("nothing_is_done")
def test_a_wrong_command_is_found(line: str, message: str) -> None:
    *_, words = simple_commands(line)
    with pytest.raises(AssertionError, match=message):
        check(words)


# --- Python


def test_every_python_block_is_executed_by_some_test() -> None:
    found: dict[str, int] = {}
    for block in of_language("python"):
        found[block.page] = found.get(block.page, 0) + (not block.not_run)
    registered = {page: len(tests) for page, tests in EXECUTED.items()}
    assert {page: count for page, count in found.items() if count} == registered, (
        "EXECUTED in this file has to name, for each Python block of a page, "
        f"the test that executes it; '{HERE}' executes it here, in the folder `workplace`"
    )
    names = {test for tests in EXECUTED.values() for test in tests} | set(RUN_AS_SCRIPTS.values())
    for name in names:
        assert list((ROOT / "tests").rglob(f"{name}.py")), name


def executed_here() -> list[Block]:
    return [
        block
        for page, tests in EXECUTED.items()
        for block, test in zip(
            [block for block in of_language("python") if block.page == page and not block.not_run],
            tests,
            strict=False,
        )
        if test == HERE
    ]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkout's examples and models, an archive and a checkpoint."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("examples", "models"):
        (folder / name).symlink_to(ROOT / name)
    grid = Grid(LambertConformal((25.0, 47.0), 105.0, 36.0, 6_370_000.0), 8, 9, 12e3, 0.0, 0.0)
    (folder / "archive").mkdir()
    with writing(folder / "archive" / "scenario_00000.nc", grid, 0, {}) as writer:
        for day in range(20):
            writer.append(torch.full((3, *grid.shape), float(day)))
    network = FusionNetwork(torch.zeros(1, *grid.shape), widths=(2,))
    facts = {"archive_sha256": "0" * 64}
    (folder / "run").mkdir()
    save_checkpoint(
        Checkpoint(
            network_weights(network),
            network.static_layers,
            ("height",),
            "default",
            (2,),
            grid,
            {"learning_rate": 1e-3},
            facts,
        ),
        folder / "run" / "checkpoint.npz",
    )
    write_domain(new_domain(extent_of_country("Poland")), folder / "poland.toml")
    (folder / "stations.csv").write_text(
        "station,longitude,latitude,date,pm10\nA,19,52,2024-01-01,30\nB,21,51,2024-01-01,40\n"
    )
    return folder


@pytest.mark.parametrize("block", executed_here(), ids=place)
def test_python_runs(
    block: Block,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(workplace)
    names: dict[str, object] = {}
    exec(compile(block.text, block.place, "exec"), names)
    printed = capsys.readouterr().out
    assert printed or "print(" not in block.text


@pytest.mark.slow
@pytest.mark.parametrize("page", ["python", "training-and-export"])
def test_examples_of_the_reference_run(
    page: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those in the docstrings that the site shows; what needs an archive is run above."""
    monkeypatch.chdir(workplace)
    for block in blocks(f"docs/reference/{page}.md"):
        # Constants have no examples.
        for name in re.findall(r"^\.\. auto(?!data)\w+:: (.*)$", block.text, re.MULTILINE):
            found = pkgutil.resolve_name(name)
            # Its own module, and what its package offers.
            modules = (name.split(".")[0], found.__module__)
            globs = {k: v for m in modules for k, v in vars(importlib.import_module(m)).items()}
            for example in doctest.DocTestFinder(recurse=False).find(found, name, globs=globs):
                assert doctest.DocTestRunner(verbose=False).run(example).failed == 0


def test_the_baseline_of_the_document_is_one(
    tiny_metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = [
        block.text
        for block in of_language("python")
        if block.page == "docs/background/baselines.md"
    ]
    names: dict[str, object] = {}
    exec(code, names)
    values = np.array([[1.0, np.nan, 5.0]])
    known = SimpleNamespace(
        observations=SimpleNamespace(values={"pm25": values}), metadata=tiny_metadata
    )
    predicted = names["mean_of_the_day"](known, np.zeros(2), np.zeros(2))
    np.testing.assert_array_equal(predicted, [3.0, 3.0])
