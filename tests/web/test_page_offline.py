"""The page without a connection, and what happens to a page that is kept when there is another."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pointfuse_benchmarks.speed.browser import page_script

pytestmark = pytest.mark.slow

KEPT = "This page is kept in this browser, and works without a connection."


@pytest.fixture
def own_copy(page_folder: Path, tmp_path: Path) -> Path:
    """A page that a test may change: files are links, which it has to replace, not write into."""
    return shutil.copytree(page_folder, tmp_path / "page", copy_function=os.link)


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Replace a text in a file of the page."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.unlink()
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_page_fuses_after_its_server_is_gone(
    open_page: Callable[..., Page], page_folder: Path, tiny_files: Path
) -> None:
    server = page_script("serve").server(str(page_folder), 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://localhost:{server.server_port}/"
    page = open_page(at=address, service_workers="allow")
    expect(page.locator("#offline")).to_have_text(KEPT, timeout=60_000)
    requests: list[Any] = []
    page.context.on("request", lambda request: requests.append(request))
    server.shutdown()
    server.server_close()
    thread.join()
    page.reload()
    # Threads need the headers of the server, which are kept with the files.
    assert page.evaluate("crossOriginIsolated")
    page.click("#example")
    page.wait_for_selector("#result:visible, #error:visible")
    assert page.locator("#error").is_hidden(), page.inner_text("#error")
    assert "899 stations in 899 cells" in page.inner_text("#summary")
    # Another model, and one that is only needed then.
    page.click("summary")
    other = page.locator("#model option").last
    page.select_option("#model", other.get_attribute("value"))
    page.set_input_files("#files", [tiny_files / "days.csv"])
    expect(page.locator("#error")).to_contain_text("expected a column named")
    assert requests
    for request in requests:
        assert request.method == "GET"
        assert request.url.startswith((address, f"blob:{address}"))


def test_a_build_that_is_not_whole_is_not_kept(
    open_page: Callable[..., Page], own_copy: Path
) -> None:
    change(own_copy, "LICENSE", "Apache", "Another")
    with page_script("serve").server(str(own_copy), 0) as server:
        threading.Thread(target=server.serve_forever).start()
        page = open_page(at=f"http://localhost:{server.server_port}/", service_workers="allow")
        page.evaluate(
            """async () => {
              const { installing } = await navigator.serviceWorker.register("service_worker.js");
              await new Promise((done) => {
                installing.onstatechange = () => installing.state === "redundant" && done();
              });
            }"""
        )
        assert page.evaluate("caches.keys()") == []
        assert page.inner_text("#offline") == ""
        server.shutdown()


def test_another_build_is_offered_and_taken_whole(
    open_page: Callable[..., Page], own_copy: Path
) -> None:
    with page_script("serve").server(str(own_copy), 0) as server:
        threading.Thread(target=server.serve_forever).start()
        page = open_page(at=f"http://localhost:{server.server_port}/", service_workers="allow")
        expect(page.locator("#offline")).to_have_text(KEPT, timeout=60_000)
        first = page.evaluate("caches.keys()")
        change(own_copy, "index.html", "<h1>pointfuse</h1>", "<h1>pointfuse, newer</h1>")
        (own_copy / "build.js").unlink()
        page_script("assemble").describe(own_copy)
        page.reload()
        # Until a person asks for the other one, the page is what it was.
        assert page.inner_text("h1") == "pointfuse"
        page.locator("#take-newer").click(timeout=60_000)
        expect(page.locator("h1")).to_have_text("pointfuse, newer")
        expect(page.locator("#newer")).to_be_hidden()
        # Nothing of the old one stays.
        second = page.evaluate("caches.keys()")
        assert len(first) == len(second) == 1
        assert first != second
        server.shutdown()
