"""`pointfuse-export` makes model files unless another of its commands is named."""

import pytest
from click.testing import CliRunner

from pointfuse_export.commands.main import main
from pointfuse_export.errors import DescriptionError


@pytest.mark.parametrize(
    "words",
    [
        ["absent.toml", "-o", "."],
        ["-o", ".", "absent.toml"],
        ["model", "absent.toml", "-o", "."],
        ["model", "-o", ".", "absent.toml"],
    ],
    ids=" ".join,
)
def test_the_command_for_model_files_need_not_be_named(words):
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert result.output.startswith("pointfuse-export: there is no description absent.toml")


def test_options_of_the_program_may_stand_before_it():
    result = CliRunner().invoke(main, ["--debug", "absent.toml", "-o", "."])
    assert isinstance(result.exception, DescriptionError | FileNotFoundError)


def test_help_lists_the_commands():
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    listed = result.output.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed] == [
        "days",
        "engine",
        "inspect",
        "model",
        "triton",
        "world",
    ]


def test_help_of_a_command_is_its_own():
    assert "--target" in CliRunner().invoke(main, ["engine", "-h"]).output
