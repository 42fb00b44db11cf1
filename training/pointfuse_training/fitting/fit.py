"""A run of a training: from data to a checkpoint, with a log, and with states to resume from."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader

from pointfuse.basics.atomic_files import replacing
from pointfuse.basics.threads.processors import usable_cpus
from pointfuse.errors import InputError, OutputError
from pointfuse_training.fitting.process_team import Team
from pointfuse_training.fitting.provenance import (
    NO_OBSERVATIONS,
    code_facts,
    hardware,
    observations_used,
)
from pointfuse_training.fitting.recipes import Recipe
from pointfuse_training.fitting.training_inputs import Start, TrainingInputs
from pointfuse_training.fitting.training_loop import Training
from pointfuse_training.fitting.training_state import (
    TrainingState,
    find_state,
    read_state,
    write_state,
)
from pointfuse_training.network.checkpoints import Checkpoint, save_checkpoint
from pointfuse_training.network.weights import network_weights
from pointfuse_training.samples.training_days import Batch, DrawnBatches, load_batches

CHECKPOINT_NAME = "checkpoint.npz"
LOG_NAME = "log.jsonl"

LOG_EVERY = 20
"""Iterations between lines of the log; to look at the loss makes a GPU wait."""

_MOST_WORKERS = 16

Entry = Mapping[str, Any]


def fit(
    recipe: Recipe,
    inputs: TrainingInputs,
    folder: Path,
    team: Team,
    *,
    start: Start | None = None,
    resume: bool = False,
    on_entry: Callable[[Entry], None] = lambda entry: None,
) -> Checkpoint:
    """Train a network.

    Parameters
    ----------
    recipe : Recipe
        Configuration.
    inputs : TrainingInputs
        Data.
    folder : Path
        Folder of the run, made where it does not exist: checkpoint, log and state.
    team : Team
        This process among those that train together.
    start : Start, optional
        Weights to begin with.
    resume : bool
        Whether to go on with the run in the folder. On the same machine and software the weights
        come out as if it had never been interrupted, unless it has a time budget.
    on_entry : callable
        Told each line of the log, with the share ``progress`` of the training.

    Returns
    -------
    Checkpoint
        The averaged weights. The first process has written it.

    Raises
    ------
    InputError
        If the folder holds another run, or none to resume.
    DivergedError
        If the loss is no number any more.
    OutputError
        If a file cannot be written.
    """
    return _Run(recipe, inputs, folder, team, start, resume, on_entry).go()


class _Run:
    """A training with its clock and its files."""

    def __init__(
        self,
        recipe: Recipe,
        inputs: TrainingInputs,
        folder: Path,
        team: Team,
        start: Start | None,
        resume: bool,
        on_entry: Callable[[Entry], None],
    ) -> None:
        self.recipe, self.inputs, self.folder, self.team = recipe, inputs, folder, team
        self.start, self.on_entry = start, on_entry
        # What a resumed run must share with the one before it.
        self.identity = {
            "configuration": recipe.to_dict(),
            **{name: fact for name, fact in inputs.facts.items() if name.endswith("_sha256")},
            "started_from": start.sha256 if start else "random weights",
            "processes": team.size,
        }
        state = _state_to_resume(folder, self.identity) if resume else None
        if not resume:
            _make_folder(folder, team)
        self.training = Training(recipe, inputs, team, start)
        self.batches = DrawnBatches(inputs.training, recipe.batch, recipe.crop, recipe.seed)
        if state is None:
            self.seconds = 0.0
            sample = self.batches[0].to(team.device)
            self.training.choose_point_conv(sample)
        else:
            self.training.restore(state)
            self.seconds = state.facts["seconds"]
            self.training.set_point_conv(state.facts["point_conv"])
        if team.leads:
            _cut_log(folder / LOG_NAME, self.training.iteration)

    def progress(self) -> float:
        """Share of the training that is over."""
        if self.recipe.minutes:
            return self.team.agreed(self.seconds) / (60 * self.recipe.minutes)
        return self.training.iteration / self.recipe.iterations

    def go(self) -> Checkpoint:
        """Train to the end."""
        training, team = self.training, self.team
        batches = iter(load_for(team, self.batches, first=training.iteration))
        began = time.monotonic() - self.seconds
        saved = logged = self.seconds
        losses = []
        if self.start and not training.iteration:
            self._validate()
        while (progress := self.progress()) < 1:
            loss = training.step(next(batches).to(team.device), progress)
            losses.append(loss)
            self.seconds = time.monotonic() - began
            if len(losses) == LOG_EVERY:
                self._log(
                    loss=round(sum(map(training.check, losses)) / LOG_EVERY, 6),
                    learning_rate=training.learning_rate(progress),
                    days_per_second=round(
                        LOG_EVERY * self.recipe.batch * team.size / (self.seconds - logged), 3
                    ),
                )
                losses, logged = [], self.seconds
            if training.iteration % self.recipe.validate_every == 0:
                self._validate()
            if self.seconds - saved >= 60 * self.recipe.save_minutes:
                training.check(loss)
                self._save()
                saved = self.seconds
        for loss in losses:
            training.check(loss)
        training.share_statistics()
        scores = self._validate()
        self._save()
        checkpoint = self.checkpoint({"validation": scores} if scores else {})
        if team.leads:
            save_checkpoint(checkpoint, self.folder / CHECKPOINT_NAME)
        return checkpoint

    def _log(self, **values: object) -> None:
        if not self.team.leads:
            return
        entry = {
            "iteration": self.training.iteration,
            "minutes": round(self.seconds / 60, 3),
            **values,
        }
        with (self.folder / LOG_NAME).open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        self.on_entry({**entry, "progress": min(1.0, self.progress_alone())})

    def progress_alone(self) -> float:
        """As `progress`, without asking the other processes."""
        if self.recipe.minutes:
            return self.seconds / (60 * self.recipe.minutes)
        return self.training.iteration / self.recipe.iterations

    def _validate(self) -> dict[str, float] | None:
        if not self.team.leads or not self.recipe.validation_days:
            return None
        scores = self.training.validate()
        self._log(validation=scores)
        return scores

    def _save(self) -> None:
        if not self.team.leads:
            return
        tensors, facts = self.training.state()
        rest = {
            "seconds": self.seconds,
            "point_conv": self.training.point_conv,
            "identity": self.identity,
        }
        write_state(self.folder, self.training.iteration, TrainingState(tensors, {**facts, **rest}))

    def checkpoint(self, facts: Entry) -> Checkpoint:
        """The averaged weights, and how they came to be."""
        recipe, training = self.recipe, self.training
        used_before = self.start.observations_used if self.start else NO_OBSERVATIONS
        covariance = self.start.covariance if self.start else None
        return Checkpoint(
            weights={name: w.cpu() for name, w in network_weights(training.averaged).items()},
            static_layers=self.inputs.static_layers,
            static_names=recipe.static_channels,
            variant=recipe.variant,
            widths=recipe.widths,
            grid=self.inputs.grid,
            configuration=recipe.to_dict(),
            target=self.inputs.target,
            provenance={
                "method": "Lyu et al., Geosci. Model Dev. 15, 2022; network "
                f"'{recipe.variant}' of pointfuse_training",
                **self.inputs.facts,
                "observations_used": observations_used(
                    used_before, self.inputs.facts["observations_used"]
                ),
                "started_from": self.identity["started_from"],
                **({"covariance": covariance} if covariance else {}),
                "recipe": recipe.name,
                "seed": recipe.seed,
                "iterations": training.iteration,
                "batch_size": recipe.batch * self.team.size,
                "minutes": round(self.seconds / 60, 2),
                "precision": training.precision,
                "point_conv": training.point_conv,
                "hardware": hardware(self.team.device, self.team.size),
                **code_facts(),
                **facts,
            },
        )


def _make_folder(folder: Path, team: Team) -> None:
    if team.leads:
        if find_state(folder) or (folder / CHECKPOINT_NAME).exists():
            raise InputError(
                f"{folder} holds a training already; resume it, or name another folder"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder} cannot be made: {error}; name another folder") from error


def _state_to_resume(folder: Path, identity: Mapping[str, Any]) -> TrainingState:
    path = find_state(folder)
    if path is None:
        raise InputError(f"there is no state in {folder} to resume from; begin the training anew")
    state = read_state(path)
    before = state.facts["identity"]
    for name, value in identity.items():
        if before.get(name) != value:
            found, here = before.get(name), value
            if isinstance(found, dict) and isinstance(here, dict):
                name = next(key for key in here if found.get(key) != here[key])
                found, here = found.get(name), here[name]
            raise InputError(
                f"the training in {folder} has the {name} {found}, this one {here}; resume it with "
                "the same, or name another folder"
            )
    return state


def _cut_log(path: Path, iteration: int) -> None:
    """Drop what an interrupted run logged after the state that is resumed."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if json.loads(line)["iteration"] <= iteration]
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def load_for(team: Team, batches: DrawnBatches, first: int) -> DataLoader[Batch]:
    """The batches of a process from an iteration on: each process takes others.

    Parameters
    ----------
    team : Team
        The process.
    batches : DrawnBatches
        Batches of all processes.
    first : int
        Number of the iteration to begin with.
    """
    return load_batches(
        batches,
        first * team.size + team.rank,
        team.size,
        workers=_workers(team),
        pinned=team.device.type == "cuda",
    )


def _workers(team: Team) -> int:
    """Processes that draw days. A GPU would wait for one; a CPU has better things to do."""
    if team.device.type == "cpu":
        return 0
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, min(_MOST_WORKERS, usable_cpus() // here - 1))
