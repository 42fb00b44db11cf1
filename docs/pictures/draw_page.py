"""Draw the picture of docs/guide/browser.md: the page with two real days.

    python docs/pictures/draw_page.py FOLDER

FOLDER holds hourly files of the Chinese network, `china_sites_20190106.csv` and
`china_sites_20190512.csv`, and its `station_list.csv`. It needs what `make test` has fetched with
npm.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

from draw_maps import shrink
from playwright.sync_api import Page, sync_playwright

from pointfuse_benchmarks.speed.browser import open_browser, page_script

FILES = ["china_sites_20190106.csv", "china_sites_20190512.csv", "station_list.csv"]
WINDOW = {"width": 1200, "height": 800}
PATIENCE = 300_000


def main(folder: Path) -> None:
    """Give the page its files, and write what it shows beside this file."""
    with tempfile.TemporaryDirectory() as work:
        page_folder, picture = Path(work, "page"), Path(work, "page.png")
        page_script("assemble").assemble(page_folder)
        with (
            page_script("serve").server(str(page_folder), 0) as server,
            sync_playwright() as playwright,
        ):
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser = open_browser(playwright)
            page = browser.new_page(viewport=WINDOW, service_workers="block")
            page.set_default_timeout(PATIENCE)
            page.goto(f"http://localhost:{server.server_port}/")
            take(page, [folder / name for name in FILES], picture)
            browser.close()
            server.shutdown()
        shrink(picture, Path(__file__).with_name("page.png"))


def take(page: Page, files: list[Path], picture: Path) -> None:
    """Fuse the files, point at the plain of Guanzhong, and take a picture of the window."""
    page.set_input_files("#files", files)
    page.wait_for_selector("#result:visible")
    page.wait_for_selector("#working", state="hidden")
    page.click("#suspects summary")
    page.evaluate("document.getElementById('title').scrollIntoView()")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.57 * box["width"], box["y"] + 0.55 * box["height"])
    page.screenshot(path=picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
