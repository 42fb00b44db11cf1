"""The page in a browser, from station files to files of fields, against the Python package."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import netCDF4
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pointfuse import check_days, fuse, load_model, read_stations
from pointfuse.fields.fused_fields import FusedFields
from pointfuse.fields.map_file import opened
from pointfuse.fields.members.field_members import correlation_of
from pointfuse.fields.timed_fields import MULTIPLES
from pointfuse.pictures.map_drawing import colours_between
from pointfuse.pictures.map_panels import Kind
from pointfuse.pictures.map_sheet import COLOURS_OF
from pointfuse.stations.quality.flags import write_flags
from pointfuse.stations.quality.reasons import states
from pointfuse_benchmarks.speed.browser import EXAMPLE, PAGE

pytestmark = pytest.mark.slow

PROMISE = 3e-5
"""Largest difference of a field from that of Python, relative, in any cell."""

HEADER = "station,longitude,latitude,date,pm25"


@pytest.fixture(scope="module")
def expected() -> FusedFields:
    """The example as `pointfuse fuse` computes it."""
    return fuse(read_stations(EXAMPLE), load_model(precision="fp32", device="cpu"))


def shown(page: Page) -> None:
    """Wait for a map."""
    page.wait_for_selector("#result:visible, #error:visible")
    assert page.locator("#error").is_hidden(), page.inner_text("#error")


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click(button)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def give(page: Page, *files: Path) -> None:
    page.set_input_files("#files", files)


def test_the_example_becomes_the_field_of_python(
    open_page: Callable[..., Page],
    address: str,
    expected: FusedFields,
    tmp_path: Path,
    assert_cf_compliant: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = open_page()
    requests: list[Any] = []
    page.on("request", lambda request: requests.append(request))
    began = time.perf_counter()
    page.click("#example")
    shown(page)
    seconds = time.perf_counter() - began
    assert page.evaluate("crossOriginIsolated")
    summary = page.inner_text("#summary")
    threads = re.findall(r"(\d+) threads?\.", summary)[0]
    with capsys.disabled():
        told = f"first field in the browser: {seconds:.1f} s after the click, {threads} threads"
        print(f"\n{told}")  # noqa: T201
    # One of the 900 is left out.
    assert "899 stations in 899 cells" in summary
    assert "pm25, 1600 day values: 831 good, 1 suspect (1 neighbours disagree)" in page.inner_text(
        "#quality"
    )

    file = downloaded(page, "#save-netcdf", tmp_path)
    assert file.name == "pm25_2020-01-15.nc"
    with netCDF4.Dataset(file) as dataset:
        for name, values in [
            ("pm25", expected.values),
            ("pm25_uncertainty", expected.uncertainty),
            ("station_count", expected.station_count),
            ("station_distance", expected.station_distance / 1000),
        ]:
            assert dataset[name].shape == (1, 372, 426)
            # The promise of the page, in every cell; what differs is the order of sums.
            np.testing.assert_allclose(dataset[name][:].filled(), values, rtol=PROMISE, atol=0)
        assert dataset.model_sha256 == expected.model_sha256
        assert dataset.model_version == expected.model.version
        (begin, end) = netCDF4.num2date(dataset["time_bnds"][0], dataset["time"].units)
        assert (str(begin), str(end)) == ("2020-01-14 16:00:00", "2020-01-15 16:00:00")
        codes = netCDF4.chartostring(dataset["station_id"][:])
        air = [code.startswith("AQ") for code in codes]
        assert (len(codes), sum(air)) == (1600, 900)
        listed = expected.stations.listed
        for name, table in listed.values.items():
            np.testing.assert_array_equal(
                dataset[f"station_{name}"][:].filled(np.nan), table.astype(np.float32)
            )
            np.testing.assert_array_equal(
                dataset[f"station_{name}_reason"][:], listed.reasons[name]
            )
            np.testing.assert_array_equal(
                dataset[f"station_{name}_quality"][:], states(listed.reasons[name])
            )
        assert "1 day value of pm25 suspect (neighbours_disagree 1)" in dataset.quality_control
    with opened(file) as fields:
        assert correlation_of(fields) == expected.model.error_correlation
    assert_cf_compliant(file)

    table = downloaded(page, "#save-csv", tmp_path)
    with table.open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 372 * 426
    low, high = (expected.values + sign * MULTIPLES[90] * expected.uncertainty for sign in (-1, 1))
    for name, values in (
        ("pm25", expected.values),
        ("pm25_low", np.maximum(low, 0)),
        ("pm25_high", high),
    ):
        # Written with three digits; ends of intervals are differences, which lose some.
        np.testing.assert_allclose(
            [float(row[name]) for row in rows], values.ravel(), rtol=PROMISE, atol=2e-3
        )
    np.testing.assert_allclose(
        [(float(row["longitude"]), float(row["latitude"])) for row in rows],
        np.stack([expected.longitude.ravel(), expected.latitude.ravel()], axis=1),
        rtol=0,
        atol=1e-4,
    )

    # Nothing goes out: files of the page are fetched, from its own server, and that is all.
    for request in requests:
        assert request.method == "GET"
        assert request.url.startswith((address, f"blob:{address}"))
        assert request.post_data is None


def test_what_is_under_the_cursor_is_the_field(page: Page, tiny_files: Path) -> None:
    give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
    shown(page)
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    readout = page.inner_text("#readout")
    # The scale is a quarter of the field, the standard deviation pi over sqrt(3) times that.
    assert "20.0 µg\u00a0m⁻³" in readout
    assert "9.1 µg\u00a0m⁻³ (standard deviation)" in readout
    place = readout.split("\n")[1]
    page.focus("#map")
    page.keyboard.press("ArrowUp")
    moved = page.inner_text("#readout").split("\n")[1]
    north, further_north = (float(text.split("°")[0]) for text in (place, moved))
    # A cell is 100 km.
    assert further_north - north == pytest.approx(100 / 111.2, abs=0.05)
    assert moved in page.inner_text("#live")


def test_days_are_stepped_through_with_the_keyboard(page: Page, tiny_files: Path) -> None:
    give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
    shown(page)
    page.wait_for_selector("#working", state="hidden")
    # The next keys work on the button that says so.
    page.focus("#next")
    page.keyboard.press("Enter")
    assert page.inner_text("#title") == "Daily mean PM2.5, 2019-01-07"
    assert "2019-01-07" in page.inner_text("#live")
    assert "mean of the field 30.0" in page.inner_text("#summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.inner_text("#title").endswith("2019-01-08")
    assert page.get_attribute("#next", "aria-disabled") == "true"
    assert page.evaluate("document.activeElement.id") == "next"
    page.focus("#map")
    page.keyboard.press("PageUp")
    assert page.inner_text("#title").endswith("2019-01-07")
    page.focus("#day")
    page.keyboard.press("ArrowUp")
    assert page.inner_text("#title").endswith("2019-01-06")


def test_days_are_slid_through_and_follow_each_other(page: Page, tiny_files: Path) -> None:
    give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
    shown(page)
    page.wait_for_selector("#working", state="hidden")
    page.focus("#map")
    page.keyboard.press("ArrowUp")
    assert "20.0 µg" in page.inner_text("#readout")
    slider = page.get_by_role("slider", name="Day")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "2019-01-07"
    assert page.inner_text("#title").endswith("2019-01-07")
    assert page.input_value("#day") == "1"
    # The cursor stays, and says what is there now: 22.1 either way holds 90 in 100 of a logistic
    # distribution with a scale of 7.5, that is 7.5 times the logarithm of 19.
    readout = page.inner_text("#readout")
    assert "30.0 µg" in readout
    assert "7.9 to 52.1 µg\u00a0m⁻³ (90 of 100 stations)" in readout
    page.keyboard.press("End")
    assert page.inner_text("#title").endswith("2019-01-08")
    # From the last day on it begins again.
    play = page.locator("#play")
    play.click()
    assert page.inner_text("#title").endswith("2019-01-06")
    expect(page.locator("#title")).to_have_text(re.compile("2019-01-08$"))
    expect(play).to_have_text("Play")
    play.click()
    page.keyboard.press("Enter")
    assert play.inner_text() == "Play"
    page.wait_for_timeout(900)  # longer than a day is shown
    assert page.inner_text("#title").endswith("2019-01-06")


def test_one_day_has_no_slider(page: Page, tiny_files: Path, tmp_path: Path) -> None:
    day = tmp_path / "day.csv"
    day.write_text(f"{HEADER}\nA,105,36,2019-01-06,5\n")
    give(page, tiny_files / "tiny.onnx", day)
    shown(page)
    assert page.locator("#timeline").is_hidden()


def test_all_days_are_in_one_file(page: Page, tiny_files: Path, tmp_path: Path) -> None:
    give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
    shown(page)
    page.wait_for_selector("#working", state="hidden")
    with netCDF4.Dataset(downloaded(page, "#save-netcdf", tmp_path)) as dataset:
        assert dataset["pm25"][:].mean(axis=(1, 2)).tolist() == pytest.approx([20, 30, 40])
        assert dataset["station_pm25"][:].tolist() == [[15, 25], [25, 35], [35, 45]]
        assert np.ptp(np.diff(dataset["time"][:])) == 0


def page_colours(kind: Kind) -> np.ndarray:
    """The colours that `pointfuse plot` has for a kind of values, 0 to 255."""
    return (255 * colours_between(*COLOURS_OF[kind])(range(256))[:, :3]).round()


@pytest.mark.parametrize(
    ("layer", "kind"), [("field", Kind.AMOUNT), ("uncertainty", Kind.UNCERTAINTY)]
)
def test_colours_are_those_of_plot(page: Page, layer: str, kind: Kind) -> None:
    told = page.evaluate(
        "async (layer) => (await import('./js/pictures/colours.js')).COLOURS[layer].join()", layer
    )
    found = np.array([int(each) for each in told.split(",")]).reshape(-1, 3)
    np.testing.assert_array_equal(found, page_colours(kind))


def test_a_day_is_saved_as_a_picture(page: Page, tiny_files: Path, tmp_path: Path) -> None:
    give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
    shown(page)
    page.wait_for_selector("#working", state="hidden")
    page.focus("#map")
    page.keyboard.press("ArrowUp")
    file = downloaded(page, "#save-picture", tmp_path)
    assert file.name == "pm25_2019-01-06.png"
    with Image.open(file) as image:
        pixels = np.array(image.convert("RGB"))
    _, width, _ = pixels.shape
    assert width == 1920
    assert (pixels[:20] == 255).all()
    # The field is 20 everywhere, and the scale ends at 40: the middle of the colours.
    colours = page_colours(Kind.AMOUNT)
    field = colours[128]
    alike = (np.abs(pixels - field) <= 1).all(axis=2)
    rows, columns = np.nonzero(alike)
    # Lines and stations take little of it, and there is no cursor (it is black).
    assert alike.mean() > 0.7
    inside = pixels[rows.min() + 4 : rows.max() - 200, columns.min() + 4 : columns.max() - 4]
    assert not (inside.max(axis=2) < 20).any()
    # The colours below it go from the first to the last.
    for ends in (colours[0], colours[-1]):
        assert (np.abs(pixels - ends) <= 1).all(axis=2).any()
    # There are a title above, and words below.
    dark = pixels.max(axis=2) < 60
    assert dark[: rows.min()].sum() > 500
    assert dark[rows.max() :].sum() > 500


def test_quality_control_tells_what_it_left_out_and_can_be_switched_off(
    page: Page, tiny_files: Path, tmp_path: Path
) -> None:
    file = tmp_path / "days.csv"
    rows = ["A,105,36,2019-01-06,9999", "B,110,38,2019-01-06,25", "B,110,38,2019-01-07,26"]
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    give(page, tiny_files / "tiny.onnx", file)
    shown(page)
    assert page.locator("#suspects tbody tr").count() == 1
    page.click("#suspects summary")
    assert page.inner_text("#suspects tbody tr").split("\t") == [
        *("A", "2019-01-06", "pm25", "9999", "out of range")
    ]
    assert "pm25, 4 day values: 0 good, 1 suspect (1 out of range)" in page.inner_text("#quality")
    assert page.inner_text("#same-as").startswith("This is what pointfuse fuse computes")
    flags = downloaded(page, "#save-flags", tmp_path)
    assert flags.name == "pm25_2019-01-06_2019-01-07_flags.csv"
    model = load_model(tiny_files / "tiny.onnx", device="cpu")
    write_flags(tmp_path / "expected.csv", check_days(read_stations(file), model))
    assert flags.read_text() == (tmp_path / "expected.csv").read_text()

    page.click("summary")
    page.uncheck("#quality-control")
    give(page, file)
    shown(page)
    assert page.locator("#quality").is_hidden()
    assert "pointfuse fuse --no-qc" in page.inner_text("#same-as")
    with netCDF4.Dataset(downloaded(page, "#save-netcdf", tmp_path)) as dataset:
        assert dataset.quality_control.startswith("switched off")
        assert "station_pm25_reason" not in dataset.variables
        # What lies out of the valid range is left out all the same.
        assert dataset["station_pm25"][0].tolist() == [None, 25]


def test_a_model_without_scale_gives_no_uncertainty(
    page: Page, tiny_files: Path, tmp_path: Path
) -> None:
    give(page, tiny_files / "mean_only.onnx", tiny_files / "days.csv")
    shown(page)
    assert page.is_disabled("[name=layer][value=uncertainty]")
    with netCDF4.Dataset(downloaded(page, "#save-netcdf", tmp_path)) as dataset:
        assert "pm25_uncertainty" not in dataset.variables


BAD_FILES = [
    ("cnemc.csv", b"date,hour,type,1001A\n20190106,0,PM2.5,61\n", "drop the station list"),
    ("list.csv", "监测点编码,城市,经度,纬度\n1,北京,116,39\n".encode(), "holds no observations"),
    ("aqs.csv", b"State Code,County Code,Site Num\n1,2,3\n", "none of the formats"),
    ("short.csv", f"{HEADER}\nA,105,36,2019-01-06,5\nB,10\n".encode(), "line 3: 2 fields"),
    ("text.csv", f"{HEADER}\nA,105,36,2019-01-06,high\n".encode(), "column 'pm25'"),
    ("unit.csv", f"{HEADER} [ppm]\nA,105,36,2019-01-06,5\n".encode(), "the unit 'ppm'"),
    ("sea.csv", f"{HEADER}\nA,0,10,2019-01-06,5\n".encode(), "1 outside the grid"),
    ("picture.csv", b"\x89PNG\x00\x01\xff\xfe", "no text file"),
    ("empty.csv", b"", "empty.csv is empty"),
    ("broken.csv.gz", b"\x1f\x8bxx", "damaged or cut-off gzip"),
    ("bad.onnx", b"not a model", "not a whole pointfuse model"),
    (
        "pointer.onnx",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        "a Git LFS pointer",
    ),
]


def test_a_bad_file_is_named_and_draws_no_map(page: Page, tiny_files: Path, tmp_path: Path) -> None:
    for name, content, said in BAD_FILES:
        give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
        shown(page)
        bad = tmp_path / name
        bad.write_bytes(content)
        give(page, *([bad, tiny_files / "days.csv"] if bad.suffix == ".onnx" else [bad]))
        page.wait_for_selector("#error:visible")
        message = page.inner_text("#error")
        assert said in message
        assert "\n" not in message
        assert page.locator("#result").is_hidden()
        assert page.locator("#working").is_hidden()
        # It is heard, and what is done next with the keyboard begins at it.
        assert page.get_attribute("#error", "role") == "alert"
        assert page.evaluate("document.activeElement.id") == "error"


def test_a_run_can_be_stopped(page: Page, tiny_files: Path) -> None:
    page.click("#example")
    page.click("#stop")
    page.wait_for_selector("#working", state="hidden")
    assert page.locator("#error").is_hidden()
    assert page.inner_text("#live") == "Stopped."
    give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
    shown(page)


def test_files_are_dropped_on_the_page(page: Page, tiny_files: Path) -> None:
    page.evaluate(
        """(files) => {
          const carried = new DataTransfer();
          for (const [name, bytes] of files) {
            carried.items.add(new File([Uint8Array.from(bytes)], name));
          }
          dispatchEvent(new DragEvent("drop", { dataTransfer: carried, cancelable: true }));
        }""",
        [[name, list((tiny_files / name).read_bytes())] for name in ("tiny.onnx", "days.csv")],
    )
    shown(page)
    assert "mean of the field 20.0" in page.inner_text("#summary")


def test_the_page_fits_the_window(page: Page, tiny_files: Path) -> None:
    give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
    shown(page)
    page.click("summary")
    for width, height in [(320, 640), (360, 740), (1920, 1080)]:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(100)  # the page hears of it in its own time
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.locator("#map").bounding_box()
        assert box is not None
        assert box["height"] <= height
        # Whatever the window, the map takes most of one of its sides.
        assert box["width"] > 0.85 * width or box["height"] > 0.7 * height


def test_an_independent_checker_finds_no_barrier(
    open_page: Callable[..., Page], tiny_files: Path, tmp_path: Path
) -> None:
    """axe-core looks at the page as it opens, with a map and after an error, light and dark."""
    checker = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
    # The page forbids scripts of others, such as the checker.
    page = open_page(bypass_csp=True)
    page.add_script_tag(path=checker)

    def barriers() -> list[str]:
        found: list[str] = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += page.evaluate(
                "async () => (await axe.run()).violations.map(({ id, nodes }) =>"
                " `${id}: ${nodes.map(({ html }) => html).join()}`)"
            )
        return found

    page.click("summary")
    assert barriers() == []
    give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
    shown(page)
    assert barriers() == []
    bad = tmp_path / "bad.csv"
    bad.touch()
    give(page, bad)
    page.wait_for_selector("#error:visible")
    assert barriers() == []


def test_the_server_tells_its_address_or_that_the_port_is_taken(
    page_folder: Path, address: str
) -> None:
    call = [sys.executable, str(PAGE / "serve.py"), str(page_folder)]
    with subprocess.Popen([*call, "0"], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        told = serving.stdout.readline()
        own = re.findall(r"http://localhost:\d+/", told)[0]
        with urllib.request.urlopen(own) as answer:
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
            assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        serving.terminate()
    taken = address.rstrip("/").rpartition(":")[2]
    second = subprocess.run([*call, taken], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "make web PORT=" in second.stderr
    assert "Traceback" not in second.stderr


def test_without_isolation_one_thread_does(
    open_page: Callable[..., Page], page_folder: Path, tiny_files: Path
) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}  # noqa: RUF012

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...

    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(page_folder))
    ) as server:
        Thread(target=server.serve_forever).start()
        page = open_page(at=f"http://localhost:{server.server_port}/")
        give(page, tiny_files / "tiny.onnx", tiny_files / "days.csv")
        shown(page)
        assert "1 thread." in page.inner_text("#summary")
        server.shutdown()
