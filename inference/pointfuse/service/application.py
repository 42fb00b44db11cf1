"""Addresses, errors, and what is around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from pointfuse.errors import ArgumentError, InputError, MissingExtraError, PointfuseError
from pointfuse.service.answers import Answers
from pointfuse.service.metrics import Metrics
from pointfuse.service.observed import Observed
from pointfuse.service.settings import Settings

OTHER = "other"
"""The route of addresses that there are not."""


class Application:
    """The service as an ASGI application.

    Parameters
    ----------
    settings : Settings
        What it is started with.
    thread : Executor
        The thread that computes, which has loaded the models.
    """

    def __init__(self, settings: Settings, thread: Executor) -> None:
        metrics = Metrics()
        self._answers = Answers(settings, metrics, thread)
        self.routes = _routes(self._answers)
        names: dict[object, str] = {route.endpoint: route.path for route in self.routes}

        def route_of(scope: Scope) -> str:
            path = names.get(scope.get("endpoint"), OTHER)
            # What is converted is no matter of whoever asks.
            return path.replace(":int", "")

        starlette = Starlette(
            routes=self.routes,
            middleware=_for_other_sites(settings),
            exception_handlers={
                HTTPException: _refused,
                PointfuseError: _not_possible,
                Exception: _failed,
            },
            lifespan=self._lifespan,
        )
        self.asgi: ASGIApp = Observed(starlette, metrics, route_of)

    def stop(self) -> None:
        """Begin nothing more: those who wait are told so. For the thread of the event loop."""
        self._answers.stop()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self.stop()


def _routes(answers: Answers) -> list[Route]:
    fields = "/fields/{address}"
    return [
        Route("/", answers.about),
        Route("/health", answers.health),
        Route("/metrics", answers.numbers),
        Route("/openapi.json", answers.openapi),
        Route("/fields", answers.post_fields, methods=["POST"]),
        Route(f"{fields}.nc", answers.netcdf),
        Route(f"{fields}.csv", answers.table),
        Route(f"{fields}.png", answers.picture),
        Route(fields, answers.summary),
        Route(f"{fields}/at", answers.values_at),
        Route(f"{fields}/tilejson.json", answers.tilejson),
        Route(f"{fields}/tiles/{{z:int}}/{{x:int}}/{{y:int}}.png", answers.tile),
    ]


def _for_other_sites(settings: Settings) -> list[Middleware]:
    if not settings.allow_origin:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allow_origin,
            allow_methods=["GET", "POST"],
            expose_headers=["Location", "Retry-After"],
        )
    ]


def _said(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status, headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # The framework says no more than the name of the status where nothing of ours was asked.
    if error.detail == HTTPStatus(error.status_code).phrase:
        message = f"there is no {request.method} {request.url.path} here; GET / says what there is"
        return _said(error.status_code, message, dict(error.headers or {}))
    return _said(error.status_code, error.detail, dict(error.headers or {}))


async def _not_possible(_: Request, error: Exception) -> Response:
    """What the library says of bad stations, and of an installation that lacks something."""
    if isinstance(error, InputError | ArgumentError):
        return _said(422, str(error))
    if isinstance(error, MissingExtraError):
        return _said(501, str(error))
    # It is no fault of the request: the operator reads it in the log.
    raise error


async def _failed(_: Request, error: Exception) -> Response:
    return _said(500, "internal error; the log of the service says more")
