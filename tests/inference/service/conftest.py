"""Services that tests ask."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

import pytest
from service_client import Client, serving

from pointfuse.model.loading import Model
from pointfuse.service.settings import Settings


@pytest.fixture(autouse=True)
def lines_are_written(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pointfuse.service")


@pytest.fixture
def client(uneven_model: Model) -> Iterator[Client]:
    """One who asks a service whose field is another share of the mean in each cell."""
    with serving(Settings({"pm25": uneven_model}, keep=4)) as served:
        yield served


@pytest.fixture(scope="module")
def shared(uneven_model: Model) -> Iterator[Client]:
    """The same, for tests that leave nothing behind or do not mind what others have left."""
    with serving(Settings({"pm25": uneven_model}, keep=4)) as served:
        yield served


Serve = Callable[[Settings], Client]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start services with settings of their own."""
    with contextlib.ExitStack() as stack:
        yield lambda settings: stack.enter_context(serving(settings))
