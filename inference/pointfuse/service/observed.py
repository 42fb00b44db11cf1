"""A line and a count for each request, and an answer where there would be none."""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Callable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointfuse.service.metrics import Metrics

logger = logging.getLogger(__name__)

_GONE = 499
"""Status of a request whose client has gone before the answer, as nginx writes it."""

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})


class Observed:
    """An application whose requests are written down and counted.

    Parameters
    ----------
    application : ASGI application
        What answers.
    metrics : Metrics
        Where they are counted.
    route_of : callable
        The described route of what has answered a request, from its scope.
    """

    def __init__(
        self, application: ASGIApp, metrics: Metrics, route_of: Callable[[Scope], str]
    ) -> None:
        self._application, self._metrics, self._route_of = application, metrics, route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and write down."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        began, status, size = time.perf_counter(), _GONE, 0

        async def noting(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._application(scope, receive, noting)
        except ClientDisconnect:
            status = _GONE
        except Exception as error:
            # The application has answered 500 already. One line, with its breaks escaped.
            logger.error("internal error: %s", error, exc_info=error)
        finally:
            seconds = time.perf_counter() - began
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.count(method, self._route_of(scope), status, seconds)
            client = scope["client"][0] if scope.get("client") else "-"
            now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            words = now, client, method, scope["path"], status, size, seconds
            logger.info("%s %s %s %s %d, %d bytes, %.3f s", *words)
