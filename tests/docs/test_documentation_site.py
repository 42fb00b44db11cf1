"""The documentation as a site: it builds without a warning, is complete, and needs no network."""

from __future__ import annotations

import importlib
import json
import math
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
import torch
from documents import ROOT, anchors, blocks, links, pages, read

from pointfuse.commands.main import main as pointfuse_command
from pointfuse_benchmarks.accuracy import limits_table, method_figures
from pointfuse_export.commands.main import main as export_command
from pointfuse_training import FusionNetwork
from pointfuse_training.commands.main import main as train_command
from pointfuse_training.fitting.covariance_fit import begin
from pointfuse_training.fitting.losses import LARGE
from pointfuse_training.fitting.recipes import read_recipe
from pointfuse_training.fitting.training_loop import DEVIATION_SHARE
from pointfuse_training.network.concentration_scale import HIGHEST, KNEE, STRAIGHT
from pointfuse_training.network.fusion_network import (
    WEATHER_CENTRE,
    WEATHER_KERNELS,
    WEATHER_SPREAD,
    WIDTHS,
)
from pointfuse_training.network.optimal_interpolation import REACHES
from pointfuse_training.network.paper_network import PAPER_WIDTHS
from pointfuse_training.network.pointconv import KERNEL_SIZES, STABILISER

pytestmark = pytest.mark.slow

INDEX = "docs/index.md"
COMMANDS = {
    "pointfuse": pointfuse_command,
    "pointfuse-train": train_command,
    "pointfuse-export": export_command,
}


class Page(HTMLParser):
    """Anchors, links and what is loaded by a page of the site."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.anchors.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        elif tag in ("link", "script", "img", "iframe", "source"):
            self.loaded += [found[name] for name in ("href", "src") if name in found]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning is an error."""
    folder = tmp_path_factory.mktemp("built")
    built = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"),
            *("--jobs", "auto", "-c", "docs/sphinx", "-d", str(folder / "doctrees")),
            *(".", str(folder / "site")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def built(site: Path) -> dict[str, Page]:
    """All its pages by their place in it."""
    return {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
    }


def navigation() -> list[str]:
    """Pages in the toctrees of the start page, relative to the checkout."""
    found = []
    for block in blocks(INDEX):
        if block.language == "{toctree}":
            for line in block.text.splitlines():
                if line and not line.startswith(":"):
                    target = re.sub(r"^.*<(.*)>$", r"\1", line)
                    found.append(posixpath.normpath(f"docs/{target}.md"))
    return found


def test_every_page_is_in_the_navigation() -> None:
    listed = navigation()
    assert len(listed) == len(set(listed))
    missing = set(pages()) - set(listed) - {INDEX}
    assert not missing, (
        f"{', '.join(sorted(missing))}: not in the navigation of the site; add a line "
        "'Title <name>' to the toctree of the group where readers look for it, at the end of "
        f"{INDEX}"
    )


@pytest.mark.parametrize("page", pages())
def test_links_of_the_repository_lead_somewhere(page: str) -> None:
    for target in links(page):
        place, _, anchor = target.partition("#")
        if place.startswith(("http:", "https:")):
            parts = urlsplit(target)
            assert parts.scheme == "https", f"{page}: {target} is not encrypted"
            assert "." in parts.netloc, f"{page}: {target} has no host"
            continue
        path = (ROOT / page).parent / place if place else ROOT / page
        assert path.exists(), f"{page} links to {target}, which is not there"
        if anchor:
            linked = path.resolve().relative_to(ROOT.resolve()).as_posix()
            assert anchor in anchors(linked), f"{page} links to {target}: no such heading"


def test_every_page_is_built(built: dict[str, Page]) -> None:
    assert {page.removesuffix(".md") + ".html" for page in pages()} <= built.keys()
    assert "index.html" in built


def test_links_of_the_site_lead_somewhere(site: Path, built: dict[str, Page]) -> None:
    for name, page in built.items():
        for target in [*page.links, *page.loaded]:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc or target == "#":
                continue
            there = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            there = there if parts.path else name
            assert (site / there).is_file(), f"{name} leads to {target}, which is not there"
            if parts.fragment and there in built:
                assert unquote(parts.fragment) in built[there].anchors, f"{name}: {target}"


def test_the_site_loads_nothing_from_elsewhere(site: Path, built: dict[str, Page]) -> None:
    for name, page in built.items():
        for target in page.loaded:
            assert not urlsplit(target).netloc, f"{name} loads {target}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", sheet.read_text("utf-8")), (
            sheet.name
        )


def test_the_search_needs_no_server(site: Path, built: dict[str, Page]) -> None:
    # A file that is fetched would be refused by browsers where pages are opened as files.
    assert "searchindex.js" in built["search.html"].loaded
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert '"krige' in index
    assert "docs/guide/cross-validation" in index


def commands_below(command: click.Command, name: str) -> Iterator[str]:
    yield name
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from commands_below(found, f"{name} {below}")


@pytest.mark.parametrize("program", COMMANDS)
def test_the_reference_has_every_command(built: dict[str, Page], program: str) -> None:
    page = built[f"docs/reference/{program}.html"]
    for name in commands_below(COMMANDS[program], program):
        assert name.replace(" ", "-") in page.anchors, name


@pytest.mark.parametrize(
    ("package", "page"),
    [("pointfuse", "python"), ("pointfuse_training", "training-and-export")],
)
def test_the_reference_has_every_public_name(
    built: dict[str, Page], package: str, page: str
) -> None:
    module = importlib.import_module(package)
    documented = {f"{package}.{name}" for name in module.__all__ if callable(getattr(module, name))}
    assert documented <= built[f"docs/reference/{page}.html"].anchors


def test_formulas_are_drawn_by_the_browser(site: Path) -> None:
    # The second has formulas within sentences alone.
    for page, least in (("docs/background/method.md", 3), ("docs/background/uncertainty.md", 0)):
        text = (site / page.replace(".md", ".html")).read_text(encoding="utf-8")
        blocks_of_page = read(page).count("\n$$\n") // 2
        assert text.count('<div class="formula"') == blocks_of_page >= least
        assert "<math" in text
        assert "merror" not in text
        # A dollar or a command that was left over is one that was not understood.
        assert "$" not in re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)
        assert not re.search(r"<m[ion]>\\", text)


# --- numbers and pictures of the pages that the site has beside the others


@pytest.mark.parametrize("name", method_figures.FIGURES)
def test_figures_show_what_was_measured(name: str) -> None:
    _, source = method_figures.FIGURES[name]
    drawn_from = f"{source} {method_figures.sha256(source)}".encode()
    assert drawn_from in (ROOT / "docs" / "pictures" / name).read_bytes(), (
        f"{source} has changed since docs/pictures/{name} was drawn; run "
        "python -m pointfuse_benchmarks.accuracy.method_figures"
    )


@pytest.mark.parametrize("name", method_figures.FIGURES)
def test_figures_are_drawn(name: str, tmp_path: Path) -> None:
    method_figures.draw(name, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_limits_are_those_that_were_measured() -> None:
    report = json.loads(limits_table.SOURCE.read_text(encoding="utf-8"))
    text = " ".join(read("docs/background/limits.md").split())
    assert limits_table.table(report) in read("docs/background/limits.md")
    stations, cities = (report["parts"][scheme] for scheme in ("stations", "cities"))
    held = [100 * part["uncertainty"]["overall"]["held"]["90"] for part in (stations, cities)]
    assert f"{held[0]:.1f} of 100 withheld stations" in text
    assert f"and {held[1]:.1f} with whole cities" in text
    name = report["settings"]["ours"][0]
    ours = [part["scores"][name] for part in (cities, stations)]
    assert (
        f"R2 {ours[0]['r2']:.3f} and RMSE {ours[0]['rmse']:.2f} ug m-3 in place of "
        f"{ours[1]['r2']:.3f} and {ours[1]['rmse']:.2f}"
    ) in text
    assert f"all parts of the {stations['days']} days of 2019" in text
    ratios = [part["ratios"][name]["gp-c"]["rmse"] for part in (cities, stations)]
    assert (
        "its RMSE is {:.3f} of that one's there, with a 95 % interval of {:.3f} to {:.3f}, "
        "and {:.3f} ({:.3f} to {:.3f}) with stations left out"
    ).format(*ratios[0], *ratios[1]) in text
    assert "| untouched above 150, flagged | 0.44% |" in read("docs/guide/quality-control.md")
    assert "above 150 ug m-3 it leaves out 0.44 %" in text


def test_the_method_names_the_constants_of_the_network() -> None:
    text = " ".join(read("docs/background/method.md").split())
    (humidity, wind), (of_humidity, of_wind) = WEATHER_CENTRE, WEATHER_SPREAD
    assert f"humidity enters as $(x_2 - {humidity:.0f}) / {of_humidity:.0f}$" in text
    assert f"wind speed as $(x_3 - {wind:.0f}) / {of_wind:.0f}$" in text
    *reaches, last = (f"{reach:g}" for reach in REACHES)
    assert f"Gaussians of {', '.join(reaches)} and {last} cells" in text
    assert f"\\frac{{v}}{{{STRAIGHT:g}}}" in text
    assert f"e^{{-{KNEE:g} / {STRAIGHT:g}}}" in text
    assert f"$\\mu$ held between 0 and {HIGHEST:g}" in text
    assert "{0} x {0} and {1} x {1} squares".format(*WEATHER_KERNELS) in text
    assert "\\frac{e^2}{0.2} \\ \\mathrm{if}\\ |e| < 0.1" in text
    assert (LARGE, DEVIATION_SHARE) == (0.1, 0.2)
    assert "0.2 times the likelihood" in text
    assert "{0} x {0} cells and a narrow one of {1} x {1}".format(*KERNEL_SIZES) in text
    assert math.exp(-5) == STABILISER


def test_the_method_counts_what_the_network_has() -> None:
    text = " ".join(read("docs/background/method.md").split())
    channels = read_recipe(str(ROOT / "models" / "recipes" / "regression.toml")).static_channels
    network = FusionNetwork(torch.zeros(len(channels), 64, 64))
    patterns = [name for name in channels if "pattern" in name]
    assert f"land cover and lights ({len(channels) - len(patterns)})" in text
    assert f"({len(patterns)} in the shipped network)" in text
    begin(network.interpolation, channels)
    numbers = dict(network.interpolation.named_parameters())
    believed = numbers.pop("log_variances") > -12
    # The amplitude of stations and the noise of models are what they are.
    chosen = sum(int((one != 0).sum()) for one in numbers.values()) - 2 + int(believed.sum())
    assert f"These are {chosen} numbers in the shipped network" in text
    assert f"The {network.regr_unetpp.nodes['0_0'].conv1.in_channels} channels that enter" in text
    for widths, at in ((WIDTHS, "four levels, of {}"), (PAPER_WIDTHS, "full resolution, of {}")):
        *first, last = map(str, widths)
        assert at.format(f"{', '.join(first)} and {last} channels") in text
