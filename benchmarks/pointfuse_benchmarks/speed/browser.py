"""The page in a browser: how fast each file of the model is there, and how near to Python.

    python -m pointfuse_benchmarks.speed.browser

It needs what `make test` has fetched with npm. Times are of the bundled example, twice; differences
of fields of that and of days of the Chinese network.
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
from typing import Any, NamedTuple

import click
import netCDF4
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Playwright, sync_playwright

from pointfuse.basics.atomic_files import replacing
from pointfuse.fusion.fuse import fuse
from pointfuse.model.loading import load_model
from pointfuse.model.shipped import model_folder, shipped_models
from pointfuse.stations.reading import read_stations
from pointfuse_benchmarks.measuring.checkout import ROOT
from pointfuse_benchmarks.measuring.machine import REAL_DATA, machine

PAGE = ROOT / "inference" / "web"
CHROMIUM = ROOT / "tests" / "web" / "chromium"
EXAMPLE = [ROOT / "examples" / name for name in ("air_quality.csv", "weather.csv")]

NETWORK_DAYS = ("20190106", "20190512", "20190803", "20191214")
NEAR = 3e-5
"""Relative difference of which it is counted how many cells are beyond."""

_DAY, _NEXT_DAY = "2020-01-15", "2020-01-16"
_PATIENCE = 120_000


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=ROOT / "benchmarks" / "results" / "browser.json",
    help="JSON file to write.",
)
@click.option("--data", default=REAL_DATA, type=click.Path(path_type=Path), help="Real data.")
def main(output: Path, data: Path) -> None:
    """Measure, write and print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder), data / "cnemc")
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


def measure(folder: Path, network: Path) -> dict[str, Any]:
    """Times and differences of each file of the model, and differences of real days.

    Parameters
    ----------
    folder : Path
        Where the page and its downloads go.
    network : Path
        Folder of hourly files of the Chinese network and its station list.
    """
    page_script("assemble").assemble(folder / "page")
    files = _two_days(folder)
    observations = read_stations(files)
    with (
        page_script("serve").server(str(folder / "page"), 0) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = open_browser(playwright)
        address = f"http://localhost:{server.server_port}/"
        report: dict[str, Any] = {"browser": browser.version, "files": {}, "days": {}}
        fields = {}
        for model in shipped_models():
            # The example holds PM2.5; models of any place need what a page does not have.
            if model.anywhere or model.variable != "pm25":
                continue
            path = model_folder() / model.file
            found = _of_page(browser, address, [path, *files], folder)
            report["runtime"] = found.runtime
            expected = fuse(observations, load_model(path, device="cpu")).values
            fields[model.precision] = expected
            report["files"][model.precision] = {
                "first_field": round(found.first, 1),
                "further_day": round(found.further, 1),
                "from_python": float(np.abs(found.field - expected).max()),
                "from_reference": float(np.abs(found.field - fields["fp32"]).max()),
            }
        reference = load_model(precision="fp32", device="cpu")
        stations = network / "station_list.csv"
        for day in ("example", *NETWORK_DAYS):
            given = EXAMPLE if day == "example" else [network / f"china_sites_{day}.csv", stations]
            found = _of_page(browser, address, given, folder)
            read = read_stations([file for file in given if file != stations], stations=stations)
            expected_day = fuse(read, reference)
            off = np.abs(found.field / expected_day.values - 1)
            report["days"][day] = {
                "field": float(off.max()),
                "uncertainty": float(
                    np.abs(found.uncertainty / expected_day.uncertainty - 1).max()
                ),
                "beyond": int((off > NEAR).sum()),
                "cells": off.size,
            }
        browser.close()
        server.shutdown()
    return report | {"machine": machine()}


class _Found(NamedTuple):
    """What the page made of files: seconds to the first field and for all others, and fields."""

    first: float
    further: float
    runtime: str
    field: NDArray[np.float64]
    uncertainty: NDArray[np.float64]


def _of_page(browser: Browser, address: str, files: list[Path], folder: Path) -> _Found:
    page = browser.new_page(service_workers="block")
    page.set_default_timeout(_PATIENCE)
    page.goto(address)
    began = time.perf_counter()
    page.set_input_files("#files", files)
    page.wait_for_selector("#result:visible, #error:visible")
    first = time.perf_counter()
    if page.locator("#error").is_visible():
        raise RuntimeError(page.inner_text("#error"))
    page.wait_for_selector("#working", state="hidden")
    done = time.perf_counter()
    # The end of "MODEL in PRECISION, RUNTIME, N threads."
    runtime = ", ".join(page.inner_text("#summary").rstrip(".").split(", ")[-2:])
    with page.expect_download() as waiting:
        page.click("#save-netcdf")
    waiting.value.save_as(folder / "field.nc")
    page.close()
    with netCDF4.Dataset(folder / "field.nc") as dataset:
        field, uncertainty = (
            dataset[name][:].filled(np.nan).astype(np.float64)
            for name in ("pm25", "pm25_uncertainty")
        )
    return _Found(first - began, done - first, runtime, field, uncertainty)


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
    days = [
        "| day | off Python's, the field | the uncertainty | cells beyond 3e-5 |",
        "| --- | --- | --- | --- |",
    ]
    for name, found in report["days"].items():
        beyond = f"{found['beyond']} of {found['cells']:,}"
        days.append(f"| {name} | {found['field']:.1e} | {found['uncertainty']:.1e} | {beyond} |")
    return "\n\n".join(
        [
            "\n".join(lines),
            "From files dropped to a map, model prepared; largest difference in a cell, ug m-3. "
            + ", ".join([*facts, "`python -m pointfuse_benchmarks.speed.browser`."]),
            "\n".join(days),
        ]
    )


if __name__ == "__main__":
    main()
