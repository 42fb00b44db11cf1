"""`pointfuse-train fit`: train a network on an archive of days."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import torch

from pointfuse.commands.shared.inputs_and_outputs import (
    Command,
    InputFile,
    NameOrFile,
    OutputFolder,
)
from pointfuse_training.fitting.fit import CHECKPOINT_NAME, LOG_NAME, fit
from pointfuse_training.fitting.process_team import Team, joined
from pointfuse_training.fitting.recipes import RECIPES, Recipe, read_recipe
from pointfuse_training.fitting.training_inputs import (
    Start,
    TrainingInputs,
    read_start,
    read_training_inputs,
)


def _numbers(
    ctx: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[int, ...] | None:
    """Numbers with commas between them."""
    try:
        return tuple(int(number) for number in text.split(",")) if text else None
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no list of numbers such as 8,16,32") from error


_RUNNING = (
    click.option("--iterations", type=click.IntRange(1), help="Length of the training."),
    click.option(
        "--minutes",
        type=click.FloatRange(0, min_open=True),
        help="Time budget in place of a number of iterations.",
    ),
    click.option("--crop", type=click.IntRange(0), help="Edge of the patches, cells; 0 for all."),
    click.option("--seed", type=click.IntRange(0), help="Seed of the weights and of all draws."),
    click.option("--resume", is_flag=True, help="Continue the training in the folder."),
    click.option(
        "--device", default="cpu", show_default=True, help="Where to run: cpu, cuda, cuda:1."
    ),
    click.option(
        "--threads", default=1, show_default=True, type=click.IntRange(1), help="Threads."
    ),
    click.option(
        "-o",
        "--output",
        "folder",
        required=True,
        type=OutputFolder(CHECKPOINT_NAME, LOG_NAME),
        help="Folder of the training.",
    ),
    click.option("--quiet", is_flag=True, help="Print warnings and errors only."),
)


def running_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of every training: its length, its device, its folder."""
    for option in reversed(_RUNNING):
        command = option(command)
    return command


@click.command("fit", cls=Command)
@click.option(
    "--archive",
    "archives",
    multiple=True,
    required=True,
    type=InputFile("*.nc"),
    help="Archive of days to learn from; repeat it for days of several kinds.",
)
@click.option("--static", required=True, type=InputFile(), help="Static layers (.npz) on its grid.")
@click.option(
    "--network",
    type=InputFile(),
    help="A real network of stations: a station list (CSV), or an archive (.npz) whose array "
    "'observed' marks its cells.",
)
@click.option(
    "--recipe",
    "recipe_name",
    type=NameOrFile(),
    default="default",
    show_default=True,
    help=f"Configuration: {', '.join(RECIPES)}, or a TOML file.",
)
@click.option("--widths", callback=_numbers, help="Channels at each level, such as 8,16,32.")
@click.option(
    "--from",
    "start_path",
    type=InputFile(),
    help="Checkpoint to begin with; it says what the network is.",
)
@running_options
def fit_command(
    archives: tuple[Path, ...],
    static: Path,
    network: Path | None,
    recipe_name: str,
    start_path: Path | None,
    resume: bool,
    device: str,
    threads: int,
    folder: Path,
    quiet: bool,
    **overrides: Any,
) -> None:
    """Train a network, in one process or in several with torchrun."""
    torch.set_num_threads(threads)
    start = read_start(start_path) if start_path else None
    recipe = chosen_recipe(recipe_name, overrides, start)
    with joined(device) as team:
        inputs = read_training_inputs(archives, static, recipe, network)
        run_reporting(recipe, inputs, folder, team, start=start, resume=resume, quiet=quiet)


def run_reporting(
    recipe: Recipe,
    inputs: TrainingInputs,
    folder: Path,
    team: Team,
    *,
    start: Start | None,
    resume: bool,
    quiet: bool,
) -> None:
    """Train as `fit` does, and tell people how it goes."""
    with _reporting(team, quiet) as report:
        checkpoint = fit(recipe, inputs, folder, team, start=start, resume=resume, on_entry=report)
    if team.leads and not quiet:
        facts = checkpoint.provenance
        click.echo(
            f"wrote {folder / CHECKPOINT_NAME} after {facts['iterations']} iterations, "
            f"{facts['minutes']:.1f} minutes"
        )


def chosen_recipe(name: str, overrides: Mapping[str, Any], start: Start | None) -> Recipe:
    """The recipe with what the command line says, and the network of the starting weights."""
    recipe = read_recipe(name)
    given = {key: value for key, value in overrides.items() if value is not None}
    if "iterations" in given:
        given.setdefault("minutes", 0.0)
    if start is None:
        return replace(recipe, **given)
    if "widths" in given:
        raise click.UsageError("--widths and --from exclude each other: the weights have widths")
    return replace(
        recipe,
        **given,
        variant=start.variant,
        widths=start.widths,
        static_channels=start.static_channels,
    )


@contextlib.contextmanager
def _reporting(team: Team, quiet: bool) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Something that shows each entry of the log: a bar for people, lines for files."""
    hidden = quiet or not team.leads or not sys.stderr.isatty()
    with click.progressbar(
        length=1000,
        label="training",
        file=sys.stderr,
        hidden=hidden,
        item_show_func=lambda text: text,
    ) as bar:

        def report(entry: Mapping[str, Any]) -> None:
            if "loss" in entry:
                text = f"loss {entry['loss']:.4f}, {entry['days_per_second']:.3g} days/s"
                bar.update(int(1000 * entry["progress"]) - bar.pos, text)
            elif not quiet:
                scores = entry["validation"].items()
                listed = ", ".join(f"{name} {value:g}" for name, value in scores)
                click.echo(f"iteration {entry['iteration']}, held-out days: {listed}")

        yield report
