"""The report: sound HTML, the numbers of the scores, and nothing from elsewhere."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from pointfuse import Observations, Stations
from pointfuse.commands.main import main
from pointfuse.commands.shared.texts import scores_text
from pointfuse.grid.regions import Region
from pointfuse.model.metadata import ModelMetadata
from pointfuse.pictures.figure_style import report_style
from pointfuse.pictures.html_page import text
from pointfuse.pictures.report.html_report import Origin, write_report
from pointfuse.pictures.report.reliability import reliability_figures
from pointfuse.stations.gridding import place
from pointfuse.stations.observations import SourceFile
from pointfuse.trust.coverage import Held
from pointfuse.trust.crossval import CrossValidation
from pointfuse.trust.evaluation import evaluate

pytestmark = pytest.mark.slow

DAYS, STATIONS = 24, 50
NASTY = "<script>alert('&\"')</script>\x00\udcff $\\x$ 四川"


@pytest.fixture
def result(tiny_metadata: ModelMetadata, rng: np.random.Generator) -> CrossValidation:
    """Two years' months of made-up stations, two baselines, and names that try to break out."""
    metadata = replace(tiny_metadata, regions=(Region(f"West {NASTY}", 90, 105, 20, 60),))
    grid = metadata.grid
    longitude, latitude = grid.projection.inverse(
        rng.uniform(grid.x[0], grid.x[-1], STATIONS), rng.uniform(grid.y[0], grid.y[-1], STATIONS)
    )
    observed = rng.gamma(2, 40, (DAYS, STATIONS))
    observed[rng.random(observed.shape) < 0.1] = np.nan
    observations = Observations(
        Stations(np.array([f"<S{i}>" for i in range(STATIONS)]), longitude, latitude),
        np.datetime64("2019-01-01") + 30 * np.arange(DAYS),
        {"pm25": observed},
        files=(SourceFile(f"{NASTY}.csv", "tidy", STATIONS, DAYS, ("a <remark>",)),),
    )
    predicted, rival, other = (
        observed * rng.lognormal(0, spread, observed.shape) for spread in (0.2, 0.3, 0.19)
    )
    return CrossValidation(
        place(observations, metadata),
        "cities",
        np.arange(STATIONS) % 5,
        predicted,
        np.where(np.isfinite(observed), rng.uniform(0, 300e3, observed.shape), np.nan),
        {"idw": rival, f"other {NASTY}": other},
    )


ORIGIN = Origin(
    model=f"tiny {NASTY}",
    model_sha256="ab" * 32,
    weights_sha256="cd" * 32,
    call=f"crossval {NASTY}.csv -o out.json",
    seed=3,
)


def report(result: CrossValidation, path: Path) -> ElementTree.Element:
    """The written report, read strictly as XML."""
    write_report(path, result, evaluate(result), ORIGIN)
    return ElementTree.fromstring(path.read_text(encoding="utf-8"))


def texts(element: ElementTree.Element) -> str:
    return "".join(element.itertext())


def tables(root: ElementTree.Element) -> list[dict[str, dict[str, str]]]:
    """Each table as row by name of cells by header."""
    found = []
    for table in root.iter("table"):
        header = [texts(cell) for cell in table.find("thead/tr")]
        rows = [[texts(cell) for cell in row] for row in table.find("tbody")]
        found.append({row[0]: dict(zip(header[1:], row[1:], strict=True)) for row in rows})
    return found


class Nesting(HTMLParser):
    """What a browser's parser meets: elements left open, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.ids: list[str] = []

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._note(dict(attributes))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._note(dict(attributes))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def _note(self, attributes: dict[str, str | None]) -> None:
        self.ids += [attributes["id"]] if "id" in attributes else []
        for key in ("src", "href", "xlink:href", "data", "poster", "action"):
            self.loaded += [attributes[key]] if key in attributes else []
        self.loaded += re.findall(r"url\(([^)]*)\)", str(attributes))


def test_sound_self_contained_and_safe(result: CrossValidation, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    root = report(result, path)
    content = path.read_text(encoding="utf-8")
    parser = Nesting()
    parser.feed(content)
    parser.close()
    assert parser.open == []
    assert len(set(parser.ids)) == len(parser.ids) > 0
    known = {f"#{name}" for name in parser.ids}
    assert parser.loaded
    for address in parser.loaded:
        assert address in known or address.startswith("data:image/png;base64,"), address
    assert not re.search(r"https?:|//[a-z]|@import|@font-face|<script|javascript", content)
    assert not any(key.startswith("on") for element in root.iter() for key in element.attrib)
    # Every element of text is there, as text.
    assert "<script>alert('&\"')</script>\\x00\\udcff" in texts(root)
    assert "a <remark>" in texts(root)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["report.html"]


def test_figures_have_words_for_those_who_cannot_see_them(
    result: CrossValidation, tmp_path: Path
) -> None:
    root = report(result, tmp_path / "report.html")
    figures = list(root.iter("figure"))
    assert len(figures) == 7
    for figure in figures:
        (picture,) = figure.iter("svg")
        assert picture.attrib["role"] == "img"
        assert picture.attrib["aria-label"].startswith(texts(figure.find("h3")))
        assert texts(figure.find("figcaption"))
        # Drawn in the colour of the page's text, and in its font.
        assert "currentColor" in ElementTree.tostring(picture, encoding="unicode")
        assert "#010203" not in ElementTree.tostring(picture, encoding="unicode")
        assert "DejaVu" not in ElementTree.tostring(picture, encoding="unicode")


def test_numbers_are_those_of_the_scores(result: CrossValidation, tmp_path: Path) -> None:
    evaluation = evaluate(result)
    root = report(result, tmp_path / "report.html")
    overall, ratios, classes, stations = tables(root)
    names = {"R²": "r2", "NME": "nme", "NMB": "nmb", "MFB": "mfb", "MFE": "mfe"}
    names |= {"determination": "determination", "RMSE (µg\N{NO-BREAK SPACE}m⁻³)": "rmse"}
    assert overall.keys() == names.keys()
    for name, key in names.items():
        score = evaluation.model.overall.score(key)
        assert overall[name]["model"] == f"{score.value:.3f}"
        assert overall[name]["95 % interval"] == f"{score.low:.3f} to {score.high:.3f}"
        rival = evaluation.baselines["idw"].overall.score(key)
        assert overall[name]["idw"] == f"{rival.value:.3f}"
    compared = evaluation.comparisons["idw"]
    assert ratios["idw"]["RMSE ratio"] == f"{compared.rmse_ratio.value:.3f}"
    assert ratios["idw"]["NME ratio"] == f"{compared.nme_ratio.value:.3f}"
    assert ratios["idw"]["days better"] == f"{100 * compared.days_better:.0f} %"
    model = evaluation.model
    for kind, suffix in (
        (model.by_season, ""),
        (model.by_region, ""),
        (model.by_distance, " away"),
    ):
        for name, scores in kind.items():
            shown = name.replace("\x00", "\\x00").replace("\udcff", "\\udcff") + suffix
            assert classes[shown]["pairs"] == str(scores.pairs)
            assert classes[shown]["NME"] == f"{scores.nme.value:.3f}"
    # Worked out for each station on its own.
    errors = {}
    for number, code in enumerate(result.placed.observations.stations.code):
        there = np.isfinite(result.observed[:, number])
        error = (result.predicted - result.observed)[there, number]
        errors[str(code)] = float(np.sqrt(np.mean(error**2)))
    worst = sorted(errors, key=errors.__getitem__)[::-1][:10]
    assert list(stations) == worst
    assert [stations[code]["RMSE"] for code in worst] == [f"{errors[code]:.1f}" for code in worst]


@pytest.fixture
def doubtful(result: CrossValidation) -> CrossValidation:
    """The same with an uncertainty; far from stations it is much too small."""
    error = np.abs(result.predicted - result.observed)
    far = result.nearest > 200e3
    # Half of the normal errors are within 0.6745 deviations.
    typical = np.nanmedian(error) / 0.6745
    return replace(result, uncertainty=np.where(far, typical / 5, typical))


def test_it_says_whether_the_uncertainty_is_honest(
    doubtful: CrossValidation, tmp_path: Path
) -> None:
    uncertainty = evaluate(doubtful).uncertainty
    root = report(doubtful, tmp_path / "report.html")
    assert len(list(root.iter("figure"))) == 8
    found = tables(root)[3]
    for suffix, kind in (("", uncertainty.by_season), (" away", uncertainty.by_distance)):
        for name, entry in kind.items():
            row = found[name + suffix]
            assert row["pairs"] == str(entry.pairs)
            for percent, share in entry.share.items():
                assert row[f"interval of {percent} %"] == f"{100 * share:.1f} %"
            width = row["mean width of that of 90 % (µg\N{NO-BREAK SPACE}m⁻³)"]
            assert width == f"{entry.width:.1f}"
    shown = found["20 to 35 µg\N{NO-BREAK SPACE}m⁻³ predicted"]
    assert shown["interval of 90 %"] == f"{100 * uncertainty.by_level['20 to 35'].share[90]:.1f} %"
    far = 100 * uncertainty.by_distance["over 200 km"].share[90]
    assert f"over 200 km from the nearest station that was left ({far:.0f} %)" in texts(
        next(iter(root.iter("section")))
    )


def test_the_diagram_draws_the_shares_that_are_held(doubtful: CrossValidation) -> None:
    uncertainty = evaluate(doubtful).uncertainty
    with report_style():
        (shown,) = reliability_figures(uncertainty)
        (axes,) = shown.figure.axes
        drawn = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
    for name, entry in {"all": uncertainty.overall, **uncertainty.by_season}.items():
        expected = [[float(percent), 100 * share] for percent, share in entry.share.items()]
        np.testing.assert_allclose(drawn[name], expected)
        low, high = axes.get_ylim()
        assert low < drawn[name][:, 1].min()
        assert drawn[name][:, 1].max() <= high
    assert reliability_figures(None) == []
    assert reliability_figures(replace(uncertainty, overall=Held(3))) == []


def test_the_text_names_what_the_intervals_hold(
    doubtful: CrossValidation, result: CrossValidation
) -> None:
    overall = evaluate(doubtful).uncertainty.overall
    model = doubtful.placed.metadata
    assert (
        f"90 % intervals hold {100 * overall.share[90]:.1f} % of {overall.pairs} "
        f"observations, mean width {overall.width:.1f} ug m-3"
    ) in scores_text(evaluate(doubtful), model).splitlines()
    assert "90 % intervals" not in scores_text(evaluate(result), model)


def test_it_says_how_it_was_made(result: CrossValidation, tmp_path: Path) -> None:
    root = report(result, tmp_path / "report.html")
    made = texts(next(iter(root.iter("dl"))))
    for fact in (
        "2019-01-01 to 2020-11-21",
        "all stations of a city at once, 5 folds, seed 3",
        "sha256 " + "ab" * 32,
        "sha256 " + "cd" * 32,
        "pointfuse crossval ",
        "a <remark>",
    ):
        assert fact in made


def test_little_data_make_a_report_too(tiny_metadata: ModelMetadata, tmp_path: Path) -> None:
    """Three days of two stations, constant: no correlation, no interval, no class, no objective."""
    longitude, latitude = tiny_metadata.grid.longitude_latitude()
    stations = Stations(np.array(["A", "B"]), longitude[5, :2], latitude[5, :2])
    days = np.datetime64("2019-01-01") + np.arange(3)
    observed = np.full((3, 2), 30.0)
    placed = place(Observations(stations, days, {"pm25": observed}), tiny_metadata)
    result = CrossValidation(placed, "stations", np.arange(2), observed, np.ones((3, 2)))
    root = report(result, tmp_path / "report.html")
    assert "there are 6 observations, too few to say how good it is" in texts(root)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("\x00", r"\x00"),
        ("\udcff", r"\udcff"),
        ("\x1b", r"\x1b"),
        ("\u202e", r"\u202e"),
        ("\n", "\n"),
    ],
)
def test_what_no_page_can_hold_is_escaped(content: str, shown: str) -> None:
    assert text(f"a{content}b") == f"a{shown}b"


@pytest.fixture
def command(
    write: Callable[[str, str | bytes], Path], tiny_model_file: Path, tmp_path: Path
) -> list[object]:
    lines = ["station,longitude,latitude,date,pm25"]
    for day in range(1, 7):
        lines += [
            f"S{i},{100 + i % 5},{34 + i // 5},2019-01-0{day},{20 + i + day}" for i in range(9)
        ]
    values = write("values.csv", "\n".join(lines))
    output = tmp_path / "scores.json"
    return ["crossval", values, "--model", tiny_model_file, "-o", output, "--folds", 3]


def run(command: list[object]) -> Any:
    return CliRunner().invoke(main, list(map(str, command)))


def test_command(command: list[object], tmp_path: Path) -> None:
    outcome = run([*command, "--report", tmp_path / "report.html"])
    assert outcome.exit_code == 0, outcome.output
    assert " - to -" not in outcome.output
    root = ElementTree.fromstring((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "--report report.html" in texts(next(iter(root.iter("dl"))))


def test_days_without_any_pollution_make_a_report_too(
    command: list[object], write: Callable[[str, str | bytes], Path], tmp_path: Path
) -> None:
    """Every station measures 0: no correlation, and no error that is relative to the mean."""
    lines = ["station,longitude,latitude,date,pm25"]
    for day in range(1, 7):
        lines += [f"S{i},{100 + i % 5},{34 + i // 5},2019-01-0{day},0" for i in range(9)]
    command[1] = write("zeros.csv", "\n".join(lines))
    path = tmp_path / "report.html"
    outcome = run([*command, "--no-qc", "--report", path])
    assert outcome.exit_code == 0, outcome.output
    assert "- to -" not in outcome.output
    overall = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))["overall"]
    assert (overall["mean_observed"], overall["nme"], overall["r2"]) == (0.0, None, None)
    content = texts(ElementTree.fromstring(path.read_text(encoding="utf-8")))
    assert "the mean of the observations is 0 µg\N{NO-BREAK SPACE}m⁻³" in content


def test_few_days_and_few_pairs_are_no_obstacle(command: list[object], tmp_path: Path) -> None:
    """Four days have no intervals, and three days of nine stations too few pairs for scores."""
    for days, pairs in ("2019-01-01:2019-01-04", 36), ("2019-01-01:2019-01-03", 27):
        path = tmp_path / "report.html"
        outcome = run([*command, "--days", days, "--report", path])
        assert outcome.exit_code == 0, outcome.output
        assert f"{pairs} pairs" in outcome.output
        assert "of resampled days" not in outcome.output
        content = texts(ElementTree.fromstring(path.read_text(encoding="utf-8")))
        assert "There are too few days to say where or when" in content
        assert "- to -" not in content


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("report.pdf", "expected a report named *.html, got report.pdf"),
        ("none/report.html", "does not exist; make it first"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_work(
    command: list[object], tmp_path: Path, name: str, message: str
) -> None:
    outcome = run([*command, "--report", tmp_path / name])
    assert outcome.exit_code == 1
    assert message in outcome.output
    assert not (tmp_path / "scores.json").exists()


def test_one_name_for_both_files_is_refused(command: list[object], tmp_path: Path) -> None:
    both = [part if part != tmp_path / "scores.json" else tmp_path / "a.html" for part in command]
    outcome = run([*both, "--report", tmp_path / "a.html"])
    assert outcome.exit_code == 1
    assert "--output and --report name the same file" in outcome.output


def test_without_matplotlib_it_is_refused_before_the_work(
    command: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    outcome = run([*command, "--report", tmp_path / "report.html"])
    assert outcome.exit_code == 1
    assert "a report needs matplotlib; install it with pip install 'pointfuse[plot]'" in (
        outcome.output
    )
    assert not (tmp_path / "scores.json").exists()
    assert run(command).exit_code == 0
