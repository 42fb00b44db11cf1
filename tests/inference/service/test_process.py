"""The service as people run it: a process, a hundred clients, a signal."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from service_client import Client, tidy

CLIENTS, ROUNDS = 100, 4


@contextlib.contextmanager
def process(*options: str) -> Iterator[tuple[subprocess.Popen[str], Client, list[str]]]:
    """A service on a free port, one who asks it, and the lines that it writes."""
    command = [sys.executable, "-m", "pointfuse", "serve", "--port", "0", "--threads", "1"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr is not None
        lines: list[str] = []
        try:
            for line in started.stderr:
                lines.append(line)
                if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", line):
                    break
            else:
                raise AssertionError(lines)
            # Whoever writes to a pipe that nobody reads waits for ever.
            reader = threading.Thread(target=lambda: lines.extend(started.stderr or ()))
            reader.start()
            yield started, Client(int(found[1])), lines
            started.wait(20)
            reader.join()
        finally:
            started.kill()


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read as Linux tells it")
def test_a_hundred_clients_and_then_a_signal(scale_model_file: Path) -> None:
    """Each posts stations that nobody else has, and takes two files of what is made of them."""
    options = ("--model", str(scale_model_file), "--keep", str(CLIENTS))
    with process(*options) as (started, client, lines):

        def visit(number: int) -> list[int]:
            posted = client.post(tidy(1 + number / 1000, 20, 60))
            path = posted.headers["location"]
            taken = (client.ask(path + rest) for rest in (".nc", "/tiles/4/12/6.png"))
            return [posted.status, *(answer.status for answer in taken)]

        used = []
        with ThreadPoolExecutor(CLIENTS) as clients:
            for number in range(ROUNDS):
                people = range(number * CLIENTS, (number + 1) * CLIENTS)
                for statuses in clients.map(visit, people):
                    assert statuses == [201, 200, 200]
                used.append(memory(started.pid))
        # A round makes 100 fields of 23 kB and as many files of 90 kB. If none of the former went,
        # two rounds would add 4.6 MB; the allocator moves by less than a tenth of that.
        assert max(used[ROUNDS // 2 :]) - max(used[: ROUNDS // 2]) < 3e6, used
        started.send_signal(signal.SIGTERM)
    assert started.returncode == 143
    assert not [line for line in lines if "error" in line or "Traceback" in line]


@pytest.mark.slow
def test_a_signal_ends_a_service_that_has_connections(scale_model_file: Path) -> None:
    with (
        process("--model", str(scale_model_file)) as (started, client, _),
        socket.create_connection(("127.0.0.1", client.port)) as idle,
    ):
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert idle.recv(1000).startswith(b"HTTP/1.1 200 OK")
        began = time.monotonic()
        started.send_signal(signal.SIGINT)
        started.wait(10)
    assert started.returncode == 130
    assert time.monotonic() - began < 5
