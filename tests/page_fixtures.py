"""The page as `make web` serves it, a browser for it, and node, which runs its modules."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pointfuse_benchmarks.speed.browser import PAGE, chromium_program, open_browser, page_script

PATIENCE = 120_000
"""What a field takes on two processors, ms, and then a great deal more: they may be busy."""


def lacks(what: str) -> NoReturn:
    """Skip where a developer has not fetched something, and fail where tests have to run."""
    message = f"{what}; have npm installed and run 'make test'"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def node() -> str:
    """The program that runs modules of the page outside of a browser."""
    return shutil.which("node") or lacks("there is no node")


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as it is put together."""
    if not (PAGE / "node_modules").is_dir():
        lacks("the runtime of the page is not there")
    folder = tmp_path_factory.mktemp("page")
    page_script("assemble").assemble(folder)
    return folder


@pytest.fixture(scope="session")
def address(page_folder: Path) -> Iterator[str]:
    """Where the page is."""
    with page_script("serve").server(str(page_folder), 0) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")  # while it is open, nothing else can have an event loop
def browser() -> Iterator[Browser]:
    if chromium_program() is None:
        lacks("there is no browser for tests")
    with sync_playwright() as playwright:
        launched = open_browser(playwright)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page in a window of a size; whatever it complains of fails the test."""
    contexts = []
    complaints: list[str] = []

    def open_window(
        width: int = 1280, height: int = 900, at: str = address, **options: object
    ) -> Page:
        # What a page keeps for later is fetched a second time, which few tests need.
        options = {"service_workers": "block", **options}
        context = browser.new_context(
            viewport={"width": width, "height": height},
            **options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        opened = context.new_page()
        opened.set_default_timeout(PATIENCE)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        opened.goto(at)
        return opened

    yield open_window
    for context in contexts:
        context.close()
    assert not complaints
