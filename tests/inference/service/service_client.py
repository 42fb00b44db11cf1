"""A service that listens on a port of this machine, and one who asks it."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pointfuse.service.server import Server, listening_socket
from pointfuse.service.settings import Settings

HEADER = "station,longitude,latitude,date,pm25\n"
DAY = "2019-01-06"


def tidy(*values: float, days: tuple[str, ...] = (DAY,)) -> bytes:
    """A tidy file of stations half a degree apart, in cells of their own, eastwards from 103 E."""
    rows = (
        f"S{number},{103 + 1.5 * number},36,{day},{value + 10 * later}\n"
        for later, day in enumerate(days)
        for number, value in enumerate(values)
    )
    return (HEADER + "".join(rows)).encode()


@dataclass(frozen=True)
class Answer:
    """What a service has answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The sentence of an error, of which nothing else is said."""
        assert self.headers["content-type"] == "application/json"
        assert list(self.json) == ["error"]
        assert "Traceback" not in self.json["error"]
        return str(self.json["error"])


@dataclass(frozen=True)
class Client:
    """Asks a service, each time over a connection of its own."""

    port: int

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        method: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            way = method or ("GET" if body is None else "POST")
            connection.request(way, path, body, headers or {})
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, said, answer.read())
        finally:
            connection.close()

    def post(self, body: bytes, query: str = "") -> Answer:
        return self.ask(f"/fields{query}", body)

    def fields(self, body: bytes, query: str = "") -> str:
        """The path of fields, which may have been made before."""
        answer = self.post(body, query)
        assert answer.status in (200, 201), answer.body
        return answer.headers["location"]


@contextmanager
def serving(settings: Settings) -> Iterator[Client]:
    """A service while it is needed."""
    with (
        listening_socket("127.0.0.1", 0) as listening,
        ThreadPoolExecutor(1) as computing,
    ):
        server = Server(settings, computing)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.005)
            yield Client(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
