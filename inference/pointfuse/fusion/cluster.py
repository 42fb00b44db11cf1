"""Compute days on the workers of a Dask cluster.

Imported where a cluster is asked for: it needs the package distributed. What a worker gets is a
day of stations and how to load the model, which it loads once from a file of its own; what it
gives is a file in the folder, under a name that says what it was made of. So it does not matter
which worker computes a day, nor how often.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pointfuse.errors import ClusterError, MissingExtraError, PointfuseError
from pointfuse.fields.day_status import DayStatus
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fusion.finished_days import FinishedDays, kept_name
from pointfuse.fusion.fuse import missing_day
from pointfuse.fusion.streaming import Due, Times
from pointfuse.fusion.working_folder import WorkingFolder
from pointfuse.model.loading import Model, load_model
from pointfuse.stations.gridding import PlacedObservations
from pointfuse.version import __version__

try:
    import distributed
    from distributed.comm import get_address_host_port
except ImportError as problem:
    raise MissingExtraError(
        "a cluster needs the package distributed; install it with pip install 'pointfuse[dask]'"
    ) from problem

_CONNECTING, _NO_WORKERS, _STALLED = 10.0, 60.0, 300.0
"""Seconds to wait for a scheduler, for a first worker, and for another where all have gone."""

_LOOK = 5.0
"""Seconds between looks at whether anyone is still at work."""

_SHOWN_ELSEWHERE = 90
"""Seconds that a network's file system may take to show a file to another machine."""

_AHEAD = 3
"""Days a thread of the workers that are asked for before they are taken, and kept in memory."""

_RETRIES = 2
"""How often a day is tried again after an error; after the end of its worker, Dask says."""

_GONE = "the scheduler has gone away; start it again, and continue with --resume"


@dataclass(frozen=True)
class Job:
    """What a worker needs to compute days as the caller would.

    Parameters
    ----------
    options : mapping
        Arguments of `pointfuse.load_model`, the file as ``path``.
    facts : mapping of str to str
        What the fields depend on, as `_facts` gives it.
    days : FinishedDays
        Where fields go.
    token : Path
        File beside them.
    word : str
        What it holds.
    beside : int
        Models that are used in turns, of which this is one.
    """

    options: Mapping[str, Any]
    facts: Mapping[str, str]
    days: FinishedDays
    token: Path
    word: str
    beside: int = 1


class Cluster:
    """Workers that compute days; `connected` makes one.

    Parameters
    ----------
    client : distributed.Client
        Connection to the scheduler.
    jobs : sequence of tuple of Model and Job
        Each model as it is here, and what the workers are told of it.
    """

    def __init__(self, client: distributed.Client, jobs: Sequence[tuple[Model, Job]]) -> None:
        self._client, self._jobs = client, jobs
        self._days = jobs[0][1].days

    def fused_times(self, times: Times) -> Iterator[list[FusedFields]]:
        """Fields in the order of the times, as of `pointfuse.fusion.streaming.fused_times`.

        Parameters
        ----------
        times : iterator of sequence of Due
            From `streaming.placed_times`; as many are taken in advance as keep all workers
            busy.

        Raises
        ------
        ClusterError
            If there are no workers any more, or one is unfit.
        """
        # Looked for one by one, a file is taken for absent some time after it is there.
        kept = self._days.names()
        waiting: deque[list[_Asked]] = deque()
        try:
            for bundle in times:
                waiting.append(
                    [
                        _Asked(due, self._asked_for(due, model, job, kept))
                        for due, (model, job) in zip(bundle, self._jobs, strict=True)
                    ]
                )
                while len(waiting) * len(self._jobs) > _AHEAD * self._threads():
                    yield self._fields(waiting.popleft())
            while waiting:
                yield self._fields(waiting.popleft())
        finally:
            # Where the scheduler has gone away, there is nothing to take back.
            with contextlib.suppress(OSError):
                asked = itertools.chain.from_iterable(waiting)
                self._client.cancel([each.future for each in asked if each.future is not None])

    def _threads(self) -> int:
        """Days that the workers, which come and go, can compute at once; at least one."""
        return max(1, sum(self._workers().values()))

    def _workers(self) -> dict[str, int]:
        """Threads of the workers that are there now."""
        try:
            workers: dict[str, int] = self._client.nthreads()
        except OSError as error:
            raise ClusterError(_GONE) from error
        return workers

    def _asked_for(
        self, due: Due, model: Model, job: Job, kept: Collection[str]
    ) -> distributed.Future | None:
        """Fields to wait for; None where they are there, or there are none."""
        placed, status = due
        if status is not DayStatus.FUSED or kept_name(placed, model) in kept:
            return None
        # The stations that are only listed in the output are of no use to a worker.
        needed = replace(placed, listed=placed.observations)
        key = f"pointfuse-{due.time}-{secrets.token_hex(4)}"
        return self._client.submit(
            _fuse_on_worker, job, needed, key=key, pure=False, retries=_RETRIES
        )

    def _fields(self, bundle: Sequence[_Asked]) -> list[FusedFields]:
        return [
            self._fields_of(asked, model)
            for asked, (model, _) in zip(bundle, self._jobs, strict=True)
        ]

    def _fields_of(self, asked: _Asked, model: Model) -> FusedFields:
        placed, status = asked.due
        if status is not DayStatus.FUSED:
            return missing_day(placed, model, status)
        if asked.future is not None:
            self._wait(asked.future, str(asked.due.time))
            self._wait_for_file(kept_name(placed, model))
        return self._days.fuse(placed, model, keep=True)

    def _wait(self, future: distributed.Future, day: str) -> None:
        alone = 0.0
        # That a day is done is lost with its worker, and found out again by another.
        while future.status in ("pending", "lost"):
            with contextlib.suppress(TimeoutError):
                future.exception(timeout=_LOOK)
            alone = 0.0 if self._workers() else alone + _LOOK
            if alone >= _STALLED:
                raise ClusterError(
                    f"the cluster has had no worker for {alone:.0f} s; start some, and continue "
                    "with --resume"
                )
        if future.status == "finished":
            return
        if future.status != "error":
            raise ClusterError(_GONE)
        error = future.exception()
        if isinstance(error, PointfuseError):
            raise error
        if isinstance(error, distributed.KilledWorker):
            raise ClusterError(
                f"all workers that computed {day} died; read the log of the last one, give workers "
                "more memory, and continue with --resume"
            ) from error
        raise ClusterError(
            f"a worker could not compute {day}: {type(error).__name__}: {error}; "
            "continue with --resume"
        ) from error

    def _wait_for_file(self, name: str) -> None:
        for _ in range(_SHOWN_ELSEWHERE):
            if self._days.hold(name):
                return
            time.sleep(1)
            # Listing a folder makes the system ask its server again.
            self._days.names()
        raise ClusterError(
            f"a worker has written {name}, which is not visible here; use an output folder that "
            "all machines share, and continue with --resume"
        )


class _Asked(NamedTuple):
    """What is due, and who computes it: nobody, where it is there already or there is no field."""

    due: Due
    future: distributed.Future | None


@contextlib.contextmanager
def connected(
    address: str, models: Sequence[Model], work: WorkingFolder, *, path: Path | None
) -> Iterator[Cluster]:
    """Connect to a cluster, and make sure that its workers compute what would be computed here.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as ``tcp://10.0.0.1:8786``.
    models : sequence of Model
        The models as they are here.
    work : WorkingFolder
        Folder beside the output, which the workers must see under the same name.
    path : Path or None
        File of the only model; each worker has its own, or sees the same.

    Raises
    ------
    ClusterError
        If there is no scheduler, or no worker, or one that has no pointfuse, or another version of
        it or of the model, or does not see the folder.
    """
    word = secrets.token_hex(16)
    work.token.write_text(word, encoding="ascii")
    jobs = [
        (model, Job(_options(model, path), _facts(model), work.days, work.token, word, len(models)))
        for model in models
    ]
    with _silent("distributed", "distributed.client"), _client(address) as client:
        for _, job in jobs:
            _check_workers(client, address, job)
        yield Cluster(client, jobs)


def _options(model: Model, path: Path | None) -> dict[str, Any]:
    """How to load a model as it is here."""
    return {
        "path": path.resolve() if path else None,
        "variable": None if path else model.metadata.target.name,
        "domain": model.metadata.own_grid if model.metadata.takes_static else None,
        "threads": model.threads,
        "device": model.device,
        "precision": model.metadata.precision,
    }


@contextlib.contextmanager
def _silent(*names: str) -> Iterator[None]:
    """Let some loggers say nothing for a while: what goes wrong is said in our words, once."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _client(address: str) -> distributed.Client:
    try:
        # A client that cannot even begin to connect complains again when it is thrown away.
        get_address_host_port(address, strict=True)
        # Not the default: the caller's own use of Dask stays as it was.
        return distributed.Client(address, timeout=_CONNECTING, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {address} ({str(error).splitlines()[0]}); check the "
            "address, or start one with 'dask scheduler'"
        ) from error


def _check_workers(client: distributed.Client, address: str, job: Job) -> None:
    try:
        client.wait_for_workers(1, timeout=_NO_WORKERS)
    except TimeoutError as error:
        raise ClusterError(
            f"the cluster at {address} has no workers; start some with 'dask worker {address}'"
        ) from error
    answers = client.run(_ready, job, on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, PointfuseError):
            raise answer
        if isinstance(answer, OSError):
            # It has gone away; what comes later is looked at with its first day.
            continue
        if isinstance(answer, Exception):
            raise ClusterError(
                f"the worker {worker} cannot run pointfuse {__version__}: {answer}; install it "
                "there"
            ) from answer


def _facts(model: Model) -> dict[str, str]:
    """What the fields of a day depend on, beside its stations."""
    return {
        "pointfuse": __version__,
        "model": model.sha256,
        "runtime": model.runtime,
        "provider": model.provider,
    }


# What follows runs on workers.

_loading = threading.Lock()
_loaded: dict[str, Model] = {}
"""The models that were used last, by their hashes and options."""


def _fuse_on_worker(job: Job, placed: PlacedObservations) -> None:
    """Compute a day, unless another has done so, and keep it."""
    model = _ready_model(job, distributed.get_worker().address)
    job.days.fuse(placed, model, keep=True)


async def _ready(job: Job, dask_worker: distributed.Worker) -> None:
    """Make sure that days can be computed here, while the worker goes on answering."""
    await asyncio.to_thread(_ready_model, job, dask_worker.address)


def _ready_model(job: Job, worker: str) -> Model:
    """The model, once this worker is known to be fit."""
    _check_fact("pointfuse", __version__, job, worker)
    _check_folder(job, worker)
    # Several days may be asked for at once.
    with _loading:
        key = repr((job.facts, sorted(job.options.items())))
        if key not in _loaded:
            try:
                model = load_model(**job.options)
            except PointfuseError as error:
                raise ClusterError(f"the worker {worker} cannot load the model: {error}") from error
            for name, found in _facts(model).items():
                _check_fact(name, found, job, worker)
            while len(_loaded) >= job.beside:
                del _loaded[next(iter(_loaded))]
            _loaded[key] = model
        return _loaded[key]


def _check_fact(name: str, found: str, job: Job, worker: str) -> None:
    if found != job.facts[name]:
        raise ClusterError(
            f"the worker {worker} has a different {name}: expected {job.facts[name]}, got {found}; "
            "install the same one there"
        )


def _check_folder(job: Job, worker: str) -> None:
    folder = job.token.parent
    try:
        if job.token.read_text(encoding="ascii") != job.word:
            raise FileNotFoundError("it is another folder of that name")
        mark = job.token.with_name(f"{job.token.name}-{secrets.token_hex(4)}")
        mark.touch()
        mark.unlink()
    except OSError as error:
        raise ClusterError(
            f"the worker {worker} cannot write into {folder} ({error}); name an output in a folder "
            "that all machines share under one name"
        ) from error
