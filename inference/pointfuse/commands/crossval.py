"""`pointfuse crossval`: predict withheld stations and score the predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.output_formats import REPORT, SCORES
from pointfuse.basics.printable import json_text
from pointfuse.basics.progress import progress
from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.commands.shared.command_line import call_text, say
from pointfuse.commands.shared.inputs_and_outputs import Command, OutputFile
from pointfuse.commands.shared.placing import placed_models, variable_of
from pointfuse.commands.shared.reading import (
    ReadingOptions,
    no_qc_option,
    read_observations,
    reading_and_running,
    station_list,
)
from pointfuse.commands.shared.running import RunningOptions, variable_option
from pointfuse.commands.shared.texts import scores_text
from pointfuse.fusion.run_summary import model_facts
from pointfuse.pictures.report.html_report import Origin, check_report, write_report
from pointfuse.stations.quality.day_checks import check_days
from pointfuse.trust.baselines import find_baselines
from pointfuse.trust.crossval import SCHEMES, Scheme, cross_validate
from pointfuse.trust.evaluation import evaluate


def _progress_file(output: Path) -> Path:
    """Where a run keeps what it has done, for another to go on there."""
    return output.with_name(f".{output.name}.progress.npz")


@click.command(cls=Command)
@reading_and_running
@variable_option
@no_qc_option
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputFile(SCORES, also=lambda output, _: [_progress_file(output)]),
    help="JSON file to write.",
)
@click.option(
    "--scheme",
    type=click.Choice(SCHEMES),
    default=SCHEMES[0],
    show_default=True,
    help="Stations that are withheld together: single ones, of a city, of a 300 km square.",
)
@click.option(
    "--folds", type=click.IntRange(2), default=10, show_default=True, help="Number of folds."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the folds."
)
@click.option("--hourly", is_flag=True, help="Predict hours in place of days.")
@click.option(
    "--in-turns",
    is_flag=True,
    help="Withhold one fold a day, in turns: a share of the work and of the pairs.",
)
@click.option(
    "--every", type=click.IntRange(1), default=1, help="Use every Nth day, or hour, only."
)
@click.option("--report", type=OutputFile(REPORT), help="HTML report with figures to write.")
@click.option(
    "--baselines",
    metavar="NAME,...",
    default="",
    help="Other methods to compare with: nearest,idw,... (pip install ./training ./benchmarks).",
)
@click.option("--quiet", is_flag=True, help="Print warnings and errors only.")
def crossval(
    output: Path,
    scheme: Scheme,
    folds: int,
    seed: int,
    hourly: bool,
    in_turns: bool,
    every: int,
    report: Path | None,
    baselines: str,
    quiet: bool,
    no_qc: bool,
    variable: str | None,
    reading: ReadingOptions,
    running: RunningOptions,
) -> None:
    """Predict withheld stations of FILES from the others, and write scores to a JSON file.

    Nothing is trained: each fold of each day is one run of the model. The same command continues
    an interrupted run.
    """
    others = find_baselines([name.strip() for name in baselines.split(",") if name.strip()])
    if report is not None:
        check_report(report)
    stations = station_list(reading)
    # As many folds at once as there are threads, each on one of them.
    workers = running.threads or usable_cpus()
    variable = next(iter(variable_of([variable], reading)), None)
    on_one_thread = replace(running, threads=1)
    model = on_one_thread.load(reading.model, variable, reading.domain)
    observations = read_observations(
        reading, model, stations=stations, quality_control=not no_qc, hourly=hourly
    )
    (model,) = placed_models([model], observations.stations, reading, on_one_thread)
    if not no_qc:
        observations = check_days(observations, model)
    observations = observations.at_times(slice(None, None, every))
    with progress(len(observations.times), "predicting", quiet) as bar:
        result = cross_validate(
            observations,
            model,
            scheme=scheme,
            folds=folds,
            seed=seed,
            cities=stations.cities if stations else {},
            in_turns=in_turns,
            baselines=others,
            workers=workers,
            progress_file=_progress_file(output),
            advance=bar.update,
        )
    evaluation = evaluate(result)
    facts = model_facts(model)
    call = call_text(click.get_current_context())
    weights = model.metadata.weights_sha256
    scores = evaluation.to_dict() | {
        "seed": seed,
        "quality_control": result.placed.quality,
        **facts,
        "weights_sha256": weights,
        "call": call,
    }
    with replacing(output) as temporary:
        temporary.write_text(json_text(scores) + "\n", encoding="utf-8")
    if report is not None:
        origin = Origin(facts["model"], model.sha256, weights, call, seed)
        write_report(report, result, evaluation, origin)
    if not quiet:
        say(*scores_text(evaluation, model.metadata).split("\n"))
