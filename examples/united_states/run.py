"""A model of the United States from nothing, and a real day that it is judged by.

    python examples/united_states/run.py DATA -o us

`DATA` holds a daily mean of CMAQ (``dailyavg*.nc``, I/O API) and the EPA's file of the same day
(``daily_88101*.csv``, AQS). The grid is that of CMAQ, with each cell divided into nine. Most steps
are commands of the project, which are printed before they run. What is there already is not made
again, so that an interrupted run goes on where it was; name another folder to begin anew.
"""

from __future__ import annotations

import csv
import json
import shlex
import sys
from pathlib import Path

import click
import torch
from comparison import compare, markdown
from maps import draw_maps

from pointfuse import read_stations
from pointfuse.atomic import replacing
from pointfuse.cli import main as pointfuse
from pointfuse.errors import InputFileNotFoundError, PointfuseError
from pointfuse.grid import Grid
from pointfuse.grid_mapping import mapping_attributes
from pointfuse_export.cli import main as pointfuse_export
from pointfuse_training.archive import Archive
from pointfuse_training.archive_writer import make_folder, writing
from pointfuse_training.cli import main as pointfuse_train
from pointfuse_training.grids import read_grid

HERE = Path(__file__).parent
PARTS = 3
"""Parts into which each edge of CMAQ's cells is divided: monitors in 108 km differ too much."""

TIMEZONE = "America/Chicago"
"""In which the day is written. AQS gives days of local standard time, site by site."""

HELD_OUT = 4

PROGRAMS = {
    "pointfuse": pointfuse,
    "pointfuse-train": pointfuse_train,
    "pointfuse-export": pointfuse_export,
}


@click.command(context_settings={"show_default": True})
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", "out", required=True, type=click.Path(path_type=Path))
@click.option("--minutes", default=25.0, type=click.FloatRange(min=0.01), help="Of training.")
@click.option("--scenarios", default=60, type=click.IntRange(HELD_OUT + 1), help="To simulate.")
@click.option("--days", default=8, type=click.IntRange(1), help="Of each scenario.")
@click.option("--cache", type=click.Path(), help="Folder of what 'pointfuse-train static' fetches.")
def main(
    data: Path, out: Path, minutes: float, scenarios: int, days: int, cache: str | None
) -> None:
    """Train a model for the grid of CMAQ in DATA, and fuse the monitors of AQS in DATA with it."""
    try:
        cmaq, aqs = found(data, "dailyavg*.nc"), found(data, "daily_88101*.csv")
        make_folder(out)
        archive, static, checkpoint = (
            out / "simulated",
            out / "layers.npz",
            out / "run/checkpoint.npz",
        )
        write_grid(finer(read_grid(cmaq), PARTS), out / "grid.toml")
        write_station_list(aqs, out / "stations.csv")

        grid = ["--grid", out / "grid.toml"]
        kept = ["--cache", cache] if cache else []
        if not static.exists():
            run("pointfuse-train", "static", *grid, "--country", "840", *kept, "-o", static)
        amount = ["--scenarios", scenarios, "--days", days, "--seed", 2016]
        run("pointfuse-train", "simulate", *grid, "--static", static, *amount, "-o", archive)
        learned = ["--archive", archive, "--static", static, "--network", out / "stations.csv"]
        if not checkpoint.exists():
            recipe = ["--recipe", HERE / "recipe.toml", "--minutes", minutes]
            resume = ["--resume"] if [*out.glob("run/state_*")] else []
            run("pointfuse-train", "fit", *learned, *recipe, *resume, "-o", out / "run")

        scored = ["--static", static, "--mask", "country", "--stations", out / "stations.csv"]
        of = ["--archive", archive, "--held-out", HELD_OUT]
        evaluated(checkpoint, *of, *scored, "-o", out / "simulated.json")
        if not [*out.glob("cmaq/*.nc")]:
            run("pointfuse-train", "archive", cmaq, "--without-weather", "-o", out / "cmaq-coarse")
            write_finer(Archive(out / "cmaq-coarse"), read_grid(out / "grid.toml"), out / "cmaq")
        others = ["--baselines", "kriging,idw"]
        evaluated(checkpoint, "--archive", out / "cmaq", *scored, *others, "-o", out / "cmaq.json")

        model = out / "us36-example.onnx"
        if not (out / "manifest.json").exists():
            seen = ["--stations", out / "stations.csv", "-o", out / "days.npz"]
            run("pointfuse-export", "days", archive, "--days", 8, *seen)
            write_description(out / "simulated.json", out / "model.toml")
            run("pointfuse-export", out / "model.toml", "--precision", "fp32", "-o", out)
        run("pointfuse", "verify", model)
        reading = [aqs, "--model", model, "--timezone", TIMEZONE]
        run("pointfuse", "fuse", *reading, "-o", out / "fused.nc")

        scores = compare(aqs, model, Archive(out / "cmaq"), out / "cmaq.json", TIMEZONE)
        with replacing(out / "scores.json") as temporary:
            temporary.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
        draw_maps(out / "fused.nc", Archive(out / "cmaq"), out / "maps.png")
    except PointfuseError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"\n{markdown(scores)}\n\nwrote {out / 'scores.json'} and {out / 'maps.png'}")


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


def evaluated(*words: object) -> None:
    """Evaluate, unless the file of scores, which is named last, is there."""
    if not Path(str(words[-1])).exists():
        run("pointfuse-train", "evaluate", *words)


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
