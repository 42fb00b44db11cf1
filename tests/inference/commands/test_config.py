"""Settings files: options of commands in TOML, printed with all that there are."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import netCDF4
import pytest
from click.testing import CliRunner

from pointfuse.commands.main import main
from pointfuse.errors import InputError, InputFileNotFoundError

Write = Callable[[str, str | bytes], Path]
ROW = "station,longitude,latitude,date,pm25\nA,105,36,2019-01-06,0.02\n"


def run(*arguments: object, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, [*map(str, arguments)], env=environment)
    return result.exit_code, result.output


def uncommented(text: str) -> str:
    """A printed settings file with all options set to what is printed."""
    lines = (line.removeprefix("# ") for line in text.splitlines())
    return "\n".join(line for line in lines if " = " in line or line.startswith("["))


def test_all_options_of_all_commands_are_printed_as_toml() -> None:
    code, output = run("config")
    assert code == 0
    printed = tomllib.loads(uncommented(output))
    with click.Context(main) as context:
        others = set(main.list_commands(context)) - {"config"}
        assert tomllib.loads(output) == {name: {} for name in others}
        for name in others:
            command = main.get_command(context, name)
            assert command is not None
            options = [each for each in command.params if isinstance(each, click.Option)]
            assert printed[name].keys() == {each.opts[-1].lstrip("-") for each in options}
    assert printed["fuse"]["min-hours"] == 18
    assert printed["fuse"]["stations"] == []
    assert printed["fuse"]["timezone"] == "Asia/Shanghai"


def test_settings_are_defaults_and_the_command_line_wins(
    write: Write, tiny_model_file: Path, tmp_path: Path
) -> None:
    output = tmp_path / "pm25.nc"
    settings = write(
        "pointfuse.toml",
        f'[fuse]\nmodel = "{tiny_model_file}"\noutput = "{output}"\nunits = "pm25=mg/m3"\n'
        "no_qc = true\nmin-hours = 7\njson = true\nstrict = false\n",
    )
    station = write("t.csv", ROW)
    code, said = run("--config", settings, "fuse", station)
    assert code == 0, said
    assert json.loads(said)["output"].endswith("pm25.nc")
    with netCDF4.Dataset(output) as dataset:
        assert dataset["pm25"][0, 0, 0] == pytest.approx(20, rel=1e-4)
        assert "--min-hours 7" in dataset.history
        assert "--no-qc" in dataset.history
        assert "--strict" not in dataset.history
    # By the variable of the environment too, and with another unit.
    code, said = run("fuse", station, "--units", "pm25=ug/m3", POINTFUSE_CONFIG=str(settings))
    assert code == 0, said
    with netCDF4.Dataset(output) as dataset:
        assert dataset["pm25"][0, 0, 0] == pytest.approx(0.02, rel=1e-4)


def test_what_is_set_is_printed_without_a_mark(write: Write) -> None:
    settings = write("p.toml", '[fuse]\nmin_hours = 7\nstations = ["a.csv", "b.csv"]\n')
    code, output = run("--config", settings, "config")
    assert code == 0
    expected = {"min-hours": 7, "stations": ["a.csv", "b.csv"]}
    assert tomllib.loads(output)["fuse"] == expected
    assert read_again(write, output) == output


def read_again(write: Write, text: str) -> str:
    """What is printed of a printed file."""
    return run("--config", write("again.toml", text), "config")[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fuze]\n", "got 'fuze' (did you mean 'fuse'?)"),
        ("min-hours = 7\n", "expected tables named for commands, got 'min-hours'"),
        ("[fuse]\nmin-hour = 7\n", "fuse has no option 'min-hour' (did you mean 'min-hours'?)"),
        ("[fuse]\nno-qc = 1\n", "expected true or false for 'no-qc' of fuse, got 1"),
        ("[fuse]\nmin-hours = true\n", "expected a text or a number for 'min-hours'"),
        ("[fuse]\nstations = [[1]]\n", "or a list of them for 'stations' of fuse"),
        ("[fuse\n", "cannot be read as TOML"),
        ("[config]\n", "got 'config'"),
    ],
)
def test_what_cannot_be_set_is_said(write: Write, text: str, said: str) -> None:
    code, output = run("--config", write("p.toml", text), "config")
    assert code == InputError.exit_code, output
    assert said in output
    assert "Traceback" not in output


def test_a_value_that_is_none_is_refused_as_on_the_command_line(write: Write) -> None:
    settings = write("p.toml", "[fuse]\nmin-hours = 99\n")
    code, output = run("--config", settings, "fuse", write("t.csv", ROW), "-o", "x.nc")
    assert code == 2
    assert "99 is not in the range 1<=x<=24" in output


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, output = run("--config", tmp_path / "none.toml", "config")
    assert code == InputFileNotFoundError.exit_code
    assert "there is no settings file" in output
