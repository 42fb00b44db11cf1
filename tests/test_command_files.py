"""Every command of every package keeps what it reads, whichever of its options name it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pointfuse.commands.main import main as inference
from pointfuse.commands.shared.inputs_and_outputs import (
    Command,
    InputFile,
    NameOrFile,
    OutputFile,
    OutputFolder,
)
from pointfuse_export.commands.main import main as export
from pointfuse_training.commands.main import main as training

GROUPS = {"pointfuse": inference, "pointfuse-train": training, "pointfuse-export": export}
ALL = [
    (group, name)
    for group, commands in GROUPS.items()
    for name in commands.list_commands(click.Context(commands))
]
CONTENT = b"what must not be lost"


def command_of(group: str, name: str) -> click.Command:
    command = GROUPS[group].get_command(click.Context(GROUPS[group]), name)
    assert command is not None
    return command


def parameters(group: str, name: str, *kinds: type[click.ParamType]) -> Iterator[click.Parameter]:
    command = command_of(group, name)
    return (each for each in command.params if isinstance(each.type, kinds))


PAIRS = [
    (group, name, written.name, read.name)
    for group, name in ALL
    for written in parameters(group, name, OutputFile)
    for read in parameters(group, name, InputFile, NameOrFile)
]
FOLDERS = [
    (group, name, read.name)
    for group, name in ALL
    for written in parameters(group, name, OutputFolder)
    if written.name == "folder"
    and (group, name)
    not in {
        # Which files, their descriptions say; and the last one wants an empty folder.
        ("pointfuse-export", "model"),
        ("pointfuse-export", "world"),
        ("pointfuse-export", "triton"),
    }
    for read in parameters(group, name, InputFile, NameOrFile)
]


@pytest.mark.parametrize(("group", "name"), ALL)
def test_a_command_says_which_files_it_reads_and_writes(group: str, name: str) -> None:
    command = command_of(group, name)
    for parameter in command.params:
        if isinstance(parameter.type, click.Path | click.File):
            assert isinstance(parameter.type, InputFile | OutputFile | OutputFolder), parameter
        if parameter.name in {"output", "report", "folder"}:
            kind = InputFile if parameter.opts == ["--archive"] else OutputFile | OutputFolder
            assert isinstance(parameter.type, kind), parameter
    if list(parameters(group, name, OutputFile, OutputFolder)):
        assert isinstance(command, Command)


def call(group: str, name: str, tmp_path: Path, given: dict[str, Path]) -> tuple[int, str]:
    """Run a command with what it requires, and with some files of one's own."""
    arguments: list[str] = [name]
    for parameter in command_of(group, name).params:
        value: object = given.get(parameter.name or "")
        if value is None and parameter.required:
            match parameter.type:
                case OutputFile():
                    value = tmp_path / f"other{suffix(parameter.type)}"
                case OutputFolder():
                    value = tmp_path
                case InputFile():
                    value = tmp_path / "another"
                    value.write_bytes(b"anything")
                case _:
                    value = 1
        if value is not None:
            option = [] if isinstance(parameter, click.Argument) else [parameter.opts[-1]]
            arguments += [*option, str(value)]
    result = CliRunner().invoke(GROUPS[group], arguments)
    return result.exit_code, result.output


def suffix(kind: OutputFile) -> str:
    return kind.formats[0].suffixes[0] if kind.formats else ".npz"


@pytest.mark.parametrize("way", ["the same", "another spelling", "symbolic link", "hard link"])
@pytest.mark.parametrize(("group", "name", "written", "read"), PAIRS)
def test_an_output_is_no_input(
    group: str, name: str, written: str, read: str, way: str, tmp_path: Path
) -> None:
    (kind,) = (each.type for each in parameters(group, name, OutputFile) if each.name == written)
    assert isinstance(kind, OutputFile)
    kept = tmp_path / f"kept{suffix(kind)}"
    kept.write_bytes(CONTENT)
    output = tmp_path / f"link{kept.suffix}"
    match way:
        case "the same":
            output = kept
        case "another spelling":
            (tmp_path / "sub").mkdir()
            output = tmp_path / "sub" / ".." / kept.name
        case "symbolic link":
            output.symlink_to(kept)
        case "hard link":
            os.link(kept, output)
    before = sorted(tmp_path.iterdir())
    code, text = call(group, name, tmp_path, {written: output, read: kept})
    assert (code, text) == (
        1,
        f"{group}: {output} is one of the files to read; name another one to write\n",
    )
    assert kept.read_bytes() == CONTENT
    assert {path for path in tmp_path.iterdir() if path.name != "another"} == set(before)


@pytest.mark.parametrize(("group", "name", "read"), FOLDERS)
def test_a_file_of_a_folder_is_no_input(group: str, name: str, read: str, tmp_path: Path) -> None:
    (kind,) = (each.type for each in parameters(group, name, OutputFolder) if each.name == "folder")
    assert isinstance(kind, OutputFolder)
    kept = tmp_path / kind.patterns[0].replace("*", "00000")
    kept.write_bytes(CONTENT)
    code, text = call(group, name, tmp_path, {"folder": tmp_path, read: kept})
    assert code == 1
    assert f"{kept} is one of the files to read" in text
    assert kept.read_bytes() == CONTENT


TWO = [
    (group, name, [each.name or "" for each in written])
    for group, name in ALL
    if len(written := list(parameters(group, name, OutputFile))) > 1
]


@pytest.mark.parametrize(("group", "name", "written"), TWO)
def test_two_outputs_are_two_files(
    group: str, name: str, written: list[str], tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "both")
    code, text = call(
        group,
        name,
        tmp_path,
        dict(zip(written, (tmp_path / "both", tmp_path / "link"), strict=True)),
    )
    assert code == 1
    assert "name the same file" in text
    assert not (tmp_path / "both").exists()


INSIDE = [
    (group, name, written.name or "", read.name or "")
    for group, name in ALL
    for written in parameters(group, name, OutputFile)
    for read in parameters(group, name, InputFile)
    if isinstance(read.type, InputFile) and read.type.inside
]


@pytest.mark.parametrize(("group", "name", "written", "read"), INSIDE)
def test_what_is_read_of_a_folder_is_no_output(
    group: str, name: str, written: str, read: str, tmp_path: Path
) -> None:
    (kind,) = (each.type for each in parameters(group, name, OutputFile) if each.name == written)
    (folder,) = (each.type for each in parameters(group, name, InputFile) if each.name == read)
    assert isinstance(kind, OutputFile)
    assert isinstance(folder, InputFile)
    kept = tmp_path / "folder" / folder.inside[0].replace("*", "some")
    kept.parent.mkdir()
    kept.write_bytes(CONTENT)
    output = tmp_path / f"link{suffix(kind)}"
    output.symlink_to(kept)
    code, text = call(group, name, tmp_path, {written: output, read: kept.parent})
    assert (code, f"{output} is one of the files to read" in text) == (1, True)
    assert kept.read_bytes() == CONTENT
    # A file beside those that are read is another run's: it is replaced.
    other = kept.with_name(f"scores{suffix(kind)}")
    other.write_bytes(b"of yesterday")
    _, text = call(group, name, tmp_path, {written: other, read: kept.parent})
    assert "is one of the files to read" not in text
