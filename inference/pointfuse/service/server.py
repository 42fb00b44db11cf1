"""A service in this process, until a signal ends it."""

from __future__ import annotations

import asyncio
import logging
import socket
from concurrent.futures import Executor
from types import FrameType

import uvicorn

from pointfuse.service.application import Application
from pointfuse.service.settings import Settings

logger = logging.getLogger(__name__)

_PATIENCE = 10
"""Seconds in which requests may end once the service is asked to stop."""

_MOST_CONNECTIONS = 1000
"""Beyond them the server answers 503 by itself."""

_BACKLOG = 1024


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that has the address, and takes no connection yet.

    Parameters
    ----------
    host : str
        Name or number of the interface.
    port : int
        Port; any that is free for 0.

    Raises
    ------
    OSError
        If the address is taken, or none of this machine.
    """
    (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError:
        listening.close()
        raise
    return listening


class Server(uvicorn.Server):
    """A server whose computations that wait are dropped once a signal has come.

    Parameters
    ----------
    settings : Settings
        What the service is started with.
    thread : Executor
        The thread that computes, which has loaded the models.
    """

    def __init__(self, settings: Settings, thread: Executor) -> None:
        self._service = Application(settings, thread)
        super().__init__(
            uvicorn.Config(
                self._service.asgi,
                root_path=settings.root_path,
                # Requests are written down by the application, all else as by other commands.
                log_config=None,
                access_log=False,
                lifespan="on",
                ws="none",
                backlog=_BACKLOG,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_graceful_shutdown=_PATIENCE,
                server_header=False,
            )
        )
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer until a signal comes, which then does what it did before."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say where."""
        await super().startup(sockets)
        for listening in sockets or []:
            host, port = listening.getsockname()[:2]
            logger.info("listening on http://%s:%d", f"[{host}]" if ":" in host else host, port)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no more connections, drop what waits, and end what is at work."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._service.stop)
        super().handle_exit(sig, frame)
