"""A model of the United States from nothing, and a real day that it is judged by.

    python examples/united_states/run.py DATA -o us

`DATA` holds a day of CMAQ (``dailyavg*.nc``, I/O API) and daily means of the EPA's monitors with
that day in them (``daily_88101*.csv``, AQS). The grid is that of CMAQ, with each cell divided into
nine. Most steps are commands of the project, which are printed before they run. What is there
already is not made again, so that an interrupted run goes on where it was; name another folder to
begin anew.
"""

from __future__ import annotations

import csv
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import click
import torch
from comparison import compare, markdown
from maps import draw_maps

from pointfuse import read_stations
from pointfuse.basics.atomic_files import replacing
from pointfuse.commands.main import main as pointfuse
from pointfuse.errors import InputFileNotFoundError, PointfuseError
from pointfuse.grid.grid_mapping import mapping_attributes
from pointfuse.grid.regular_grid import Grid
from pointfuse_export.commands.main import main as pointfuse_export
from pointfuse_training.archives.archive import Archive
from pointfuse_training.archives.archive_writer import make_folder, writing
from pointfuse_training.commands.main import main as pointfuse_train
from pointfuse_training.static_layers.grids import read_grid

HERE = Path(__file__).parent
TIMEZONE = "America/Chicago"
"""In which the day is written. AQS gives days of local standard time, site by site."""

USA, HELD_OUT = "840", 4
CHECKPOINT, MODEL = "run/checkpoint.npz", "us36-example.onnx"

PROGRAMS = {
    "pointfuse": pointfuse,
    "pointfuse-train": pointfuse_train,
    "pointfuse-export": pointfuse_export,
}


@click.command(context_settings={"show_default": True})
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", "out", required=True, type=click.Path(path_type=Path))
@click.option("--parts", default=3, type=click.IntRange(1), help="Of each edge of CMAQ's cells.")
@click.option("--minutes", default=25.0, type=click.FloatRange(min=0.01), help="Of training.")
@click.option("--scenarios", default=60, type=click.IntRange(HELD_OUT + 1), help="To simulate.")
@click.option("--days", default=8, type=click.IntRange(1), help="Of each scenario.")
@click.option("--cache", type=click.Path(), help="Folder of what 'pointfuse-train static' fetches.")
def main(
    data: Path, out: Path, parts: int, minutes: float, scenarios: int, days: int, cache: str | None
) -> None:
    """Train a model for the grid of CMAQ in DATA, and fuse the monitors of AQS in DATA with it."""
    try:
        cmaq, aqs = found(data, "dailyavg*.nc"), found(data, "daily_88101*.csv")
        make_folder(out)
        write_grid(finer(read_grid(cmaq), parts), out / "grid.toml")
        write_station_list(aqs, out / "stations.csv")
        simulate(out, scenarios, days, ["--cache", cache] if cache else [])
        learn(out, minutes)
        reconstruct(out, cmaq)
        export(out)
        scores = judge(out, aqs)
    except PointfuseError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"\n{markdown(scores)}\n\nwrote {out / 'scores.json'} and {out / 'maps.png'}")


def simulate(out: Path, scenarios: int, days: int, cache: list[str]) -> None:
    """Static layers of the grid, and days on it that never were."""
    grid, static = ["--grid", out / "grid.toml"], out / "layers.npz"
    if not static.exists():
        run("pointfuse-train", "static", *grid, "--country", USA, *cache, "-o", static)
    amount = ["--scenarios", scenarios, "--days", days, "--seed", 2016]
    archive = ["--static", static, "-o", out / "simulated"]
    run("pointfuse-train", "simulate", *grid, *amount, *archive)


def learn(out: Path, minutes: float) -> None:
    """A small network, trained on the simulated days, and how well it completes others of them."""
    if not (out / CHECKPOINT).exists():
        days = ["--archive", out / "simulated", "--static", out / "layers.npz"]
        recipe = ["--recipe", HERE / "recipe.toml", "--network", out / "stations.csv"]
        resume = ["--resume"] if [*out.glob("run/state_*")] else []
        length = ["--minutes", minutes, *resume]
        run("pointfuse-train", "fit", *days, *recipe, *length, "-o", out / "run")
    evaluate(out, "simulated", "--held-out", HELD_OUT)


def reconstruct(out: Path, cmaq: Path) -> None:
    """The field of CMAQ, completed from its values at the monitors."""
    if not [*out.glob("cmaq/*.nc")]:
        run("pointfuse-train", "archive", cmaq, "--without-weather", "-o", out / "cmaq-coarse")
        write_finer(Archive(out / "cmaq-coarse"), read_grid(out / "grid.toml"), out / "cmaq")
    evaluate(out, "cmaq", "--baselines", "kriging,idw")


def evaluate(out: Path, archive: str, *which: object) -> None:
    """Let the network complete days of an archive, unless its scores are there."""
    output = out / f"{archive}.json"
    if not output.exists():
        days = ["--archive", out / archive, "--stations", out / "stations.csv", *which]
        land = ["--static", out / "layers.npz", "--mask", "country"]
        run("pointfuse-train", "evaluate", out / CHECKPOINT, *days, *land, "-o", output)


def export(out: Path) -> None:
    """One file of the network, its grid and its layers."""
    # The manifest is written last.
    if not (out / "manifest.json").exists():
        days = min(8, len(Archive(out / "simulated")))
        seen = ["--days", days, "--stations", out / "stations.csv"]
        run("pointfuse-export", "days", out / "simulated", *seen, "-o", out / "days.npz")
        write_description(out / "simulated.json", out / "model.toml")
        run("pointfuse-export", out / "model.toml", "--precision", "fp32", "-o", out)
    run("pointfuse", "verify", out / MODEL)


def judge(out: Path, aqs: Path) -> dict[str, Any]:
    """Fuse the real day, draw it, and compare methods at withheld monitors; the scores."""
    cmaq = Archive(out / "cmaq")
    day = ["--days", cmaq.dates[0], "--timezone", TIMEZONE]
    run("pointfuse", "fuse", aqs, "--model", out / MODEL, *day, "-o", out / "fused.nc")
    draw_maps(out / "fused.nc", cmaq, out / "maps.png")
    scores = compare(aqs, out / MODEL, cmaq, out / "cmaq.json", TIMEZONE)
    with replacing(out / "scores.json") as temporary:
        temporary.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    return scores


def found(folder: Path, pattern: str) -> Path:
    """The first file of a pattern.

    Raises
    ------
    InputFileNotFoundError
        If there is none.
    """
    files = sorted(folder.glob(pattern))
    if not files:
        raise InputFileNotFoundError(f"there is no file {pattern} in {folder}; name its folder")
    return files[0]


def run(program: str, *words: object) -> None:
    """Print a command, and run it in this process; its failure is the end."""
    arguments = [str(word) for word in words]
    click.echo(f"\n$ {program} {shlex.join(arguments)}")
    sys.stdout.flush()
    if status := PROGRAMS[program].main(arguments, prog_name=program, standalone_mode=False):
        sys.exit(status)


def finer(grid: Grid, parts: int) -> Grid:
    """The same area in smaller cells.

    Parameters
    ----------
    grid : Grid
        The grid.
    parts : int
        Parts into which each edge of a cell is divided.
    """
    size = grid.cell_size / parts
    # From the centre of a cell to that of its part in the south-west.
    shift = (size - grid.cell_size) / 2
    return Grid(
        grid.projection,
        parts * grid.rows,
        parts * grid.columns,
        size,
        grid.first_x + shift,
        grid.first_y + shift,
    )


def write_grid(grid: Grid, path: Path) -> None:
    """Write a grid as a description, which the commands take."""
    fields = ("rows", "columns", "cell_size", "first_x", "first_y")
    lines = ["[grid]", *(f"{name} = {getattr(grid, name)!r}" for name in fields)]
    lines += ["", "[grid.projection]"]
    for name, value in mapping_attributes(grid.projection).items():
        # Strings, numbers and lists of numbers are written alike in JSON and in TOML.
        plain = value if isinstance(value, str | float) else value.tolist()
        lines.append(f"{name} = {json.dumps(plain)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_station_list(aqs: Path, path: Path) -> None:
    """Write where the monitors stand; their values stay unseen until the model is complete."""
    stations = read_stations(aqs, timezone=TIMEZONE).stations
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["station", "longitude", "latitude"])
        writer.writerows(zip(stations.code, stations.longitude, stations.latitude, strict=True))


def write_finer(archive: Archive, grid: Grid, folder: Path) -> None:
    """Write the days of an archive on another grid, bilinear between its cell centres."""
    make_folder(folder)
    longitude, latitude = (table.ravel() for table in grid.longitude_latitude())
    points = archive.grid.interpolation(longitude, latitude)
    attributes = {"source": "CMAQ, interpolated"}
    for number, date in enumerate(archive.dates.tolist()):
        field = points.read(archive[number][0].numpy().ravel()).reshape(1, *grid.shape)
        path = folder / f"day_{date}.nc"
        with writing(path, grid, date, attributes, variables=[archive.target]) as writer:
            writer.append(torch.from_numpy(field))


def write_description(scores: Path, path: Path) -> None:
    """Write the description of the model, with the scores that an evaluation found."""
    methods = json.loads(scores.read_text(encoding="utf-8"))["methods"]
    means = methods["network"]["cells not sampled"]["mean_of_days"]
    text = (HERE / "model.toml").read_text(encoding="utf-8")
    for name in ("r2", "rmse", "nme"):
        text = text.replace(f"{name} = nan", f"{name} = {means[name]}")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
