"""The page in a browser: how fast each file of the model is there, and how near to Python.

    python -m pointfuse_benchmarks.speed.browser

It needs what `make test` has fetched with npm. The day is the bundled example, twice.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import tempfile
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import netCDF4
import numpy as np
from playwright.sync_api import Browser, Playwright, sync_playwright

from pointfuse.basics.atomic_files import replacing
from pointfuse.fusion.fuse import fuse
from pointfuse.model.loading import load_model
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse.stations.reading import read_stations
from pointfuse_benchmarks.measuring.checkout import ROOT
from pointfuse_benchmarks.measuring.machine import machine

PAGE = ROOT / "inference" / "web"
CHROMIUM = ROOT / "tests" / "web" / "chromium"
EXAMPLE = [ROOT / "examples" / name for name in ("air_quality.csv", "weather.csv")]

_DAY, _NEXT_DAY = "2020-01-15", "2020-01-16"
_PATIENCE = 600_000


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=ROOT / "benchmarks" / "results" / "browser.json",
    help="JSON file to write.",
)
def main(output: Path) -> None:
    """Measure, write and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder))
    with replacing(output) as temporary:
        temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(table(report))


def page_script(name: str) -> ModuleType:
    """One of the scripts that put the page together and serve it.

    Parameters
    ----------
    name : str
        ``assemble`` or ``serve``.
    """
    spec = importlib.util.spec_from_file_location(f"page_{name}", PAGE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def chromium_program() -> str | None:
    """The Chromium from npm, which is one for Linux on x86-64, or else one that is installed."""
    fetched = CHROMIUM / "chromium"
    if fetched.is_file() and (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return str(fetched)
    return shutil.which("chromium") or shutil.which("google-chrome")


def open_browser(playwright: Playwright) -> Browser:
    """The headless browser of `chromium_program`; one from npm with its own libraries and fonts."""
    program = chromium_program()
    environment: dict[str, str | float | bool] = {**os.environ}
    if program == str(CHROMIUM / "chromium"):
        environment |= {"LD_LIBRARY_PATH": str(CHROMIUM / "lib"), "FONTCONFIG_PATH": str(CHROMIUM)}
    return playwright.chromium.launch(
        executable_path=program, args=["--no-sandbox", "--disable-gpu"], env=environment
    )


def measure(folder: Path) -> dict[str, Any]:
    """Times and errors of each file of the model.

    Parameters
    ----------
    folder : Path
        Where the page and its downloads go.
    """
    page_script("assemble").assemble(folder / "page")
    files = _two_days(folder)
    observations = read_stations(files, quality_control=False)
    with (
        page_script("serve").server(str(folder / "page"), 0) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = open_browser(playwright)
        report: dict[str, Any] = {"browser": browser.version, "files": {}}
        fields = {}
        for model in shipped_models():
            if model.anywhere:
                continue
            path = model_folder() / model.file
            page = browser.new_page()
            page.set_default_timeout(_PATIENCE)
            page.goto(f"http://localhost:{server.server_port}/")
            began = time.perf_counter()
            page.set_input_files("#files", [path, *files])
            page.wait_for_selector("#result:visible")
            first = time.perf_counter()
            page.wait_for_selector("#working", state="hidden")
            done = time.perf_counter()
            # The end of "MODEL in PRECISION, RUNTIME, N threads."
            report["runtime"] = ", ".join(page.inner_text("#summary").rstrip(".").split(", ")[-2:])
            with page.expect_download() as waiting:
                page.click("#save-netcdf")
            waiting.value.save_as(folder / "field.nc")
            page.close()
            with netCDF4.Dataset(folder / "field.nc") as dataset:
                field = dataset["pm25"][:].filled(np.nan)
            loaded = load_model(path, device="cpu")
            fields[model.precision] = fuse(observations, loaded, quality_control=False).values
            report["files"][model.precision] = {
                "first_field": round(first - began, 1),
                "further_day": round(done - first, 1),
                "from_python": float(np.abs(field - fields[model.precision]).max()),
                "from_reference": float(np.abs(field - fields["fp32"]).max()),
            }
        browser.close()
        server.shutdown()
    return report | {"machine": machine()}


def _two_days(folder: Path) -> list[Path]:
    """The example's files with the day a second time, under the next date."""
    copies = []
    for file in EXAMPLE:
        text = file.read_text(encoding="utf-8")
        rows = text.splitlines(keepends=True)[1:]
        copies.append(folder / file.name)
        again = "".join(rows).replace(_DAY, _NEXT_DAY)
        copies[-1].write_text(text + again, encoding="utf-8")
    return copies


def table(report: dict[str, Any]) -> str:
    """What `measure` found, in Markdown."""
    lines = [
        "| file | first field | further day | off Python's, the same file | off the reference |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, found in report["files"].items():
        off = " | ".join(f"{found[key]:.2g}" for key in ("from_python", "from_reference"))
        lines.append(f"| {name} | {found['first_field']} s | {found['further_day']} s | {off} |")
    where = report["machine"]
    facts = [
        f"Chromium {report['browser']}",
        report["runtime"],
        where["processor"],
        where["system"],
        where["date"],
    ]
    return (
        "\n".join(lines)
        + "\n\nFrom files dropped to a map, model prepared; largest difference in a cell, ug m-3. "
        + ", ".join([*facts, "`python -m pointfuse_benchmarks.speed.browser`."])
    )


if __name__ == "__main__":
    main()
