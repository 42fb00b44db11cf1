"""Fields as files, pictures and values, held against what the commands write."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from service_client import DAY, Client, tidy

import pointfuse.service.shown as shown_module
from pointfuse import __version__, fuse, read_stations
from pointfuse.basics.rounding import SIGNIFICANT_BITS
from pointfuse.commands.main import main
from pointfuse.errors import MissingExtraError
from pointfuse.model.loading import Model
from pointfuse.service.application import Application
from pointfuse.service.description import described
from pointfuse.service.settings import Settings

NEXT = "2019-01-07"
TWO_DAYS = tidy(10, 20, 60, days=(DAY, NEXT))
FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def written(
    uneven_model: Model, write: Callable[[str, bytes], Path], tmp_path: Path
) -> Callable[..., Path]:
    """What `pointfuse` writes of the same stations: fields, and what is made of them."""
    model = write("uneven.onnx", uneven_model._content)
    stations, fields = write("stations.csv", TWO_DAYS), tmp_path / "fields.nc"

    def run(*words: str | Path) -> None:
        result = CliRunner().invoke(main, [*map(str, words)])
        assert result.exit_code == 0, result.output

    run("fuse", stations, "--model", model, "-o", fields, "--threads", 1)

    def write_also(*words: str | Path) -> Path:
        if words:
            run(*words)
        return fields

    return write_also


def test_the_netcdf_file_is_that_of_fuse(
    shared: Client, written: Callable[..., Path], tmp_path: Path
) -> None:
    answer = shared.ask(f"{shared.fields(TWO_DAYS, '?name=stations.csv')}.nc")
    assert answer.headers["content-type"] == "application/x-netcdf"
    assert answer.headers["cache-control"] == FOREVER
    assert re.fullmatch(
        r'attachment; filename="[0-9a-f]{32}\.nc"', answer.headers["content-disposition"]
    )
    path = tmp_path / "service.nc"
    path.write_bytes(answer.body)
    with netCDF4.Dataset(path) as ours, netCDF4.Dataset(written()) as theirs:
        assert ours.history.endswith(
            f"pointfuse {__version__}: serve: timezone Asia/Shanghai, min_hours 18, name "
            "stations.csv"
        )
        names = set(theirs.ncattrs())
        assert set(ours.ncattrs()) == names
        for name in names - {"history"}:
            assert ours.getncattr(name) == theirs.getncattr(name), name
        assert {n: len(d) for n, d in ours.dimensions.items()} == {
            n: len(d) for n, d in theirs.dimensions.items()
        }
        # A file in memory keeps no order of creation, so that its variables come by their names.
        assert set(ours.variables) == set(theirs.variables)
        for name, variable in theirs.variables.items():
            for attribute, value in variable.__dict__.items():
                np.testing.assert_array_equal(ours[name].getncattr(attribute), value, name)
            # Bit by bit: it is the same model on the same number of threads.
            np.testing.assert_array_equal(ours[name][...], variable[...], name)


def test_the_table_has_the_cells_of_the_fields(shared: Client, uneven_model: Model) -> None:
    fields = fuse(read_stations(io.BytesIO(TWO_DAYS)), uneven_model)
    answer = shared.ask(f"{shared.fields(TWO_DAYS)}.csv?day={NEXT}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, *rows = csv.reader(io.StringIO(answer.body.decode()))
    assert header == [
        *("place", "longitude", "latitude", "date", "pm25", "pm25_uncertainty", "pm25_low"),
        *("pm25_high", "station_distance_km"),
    ]
    found = {name: [row[place] for row in rows] for place, name in enumerate(header)}
    assert set(found["date"]) == {NEXT}
    assert found["place"] == [str(number) for number in range(12 * 16)]
    for name, expected in (
        ("pm25", fields.values),
        ("pm25_uncertainty", fields.uncertainty),
        ("station_distance_km", fields.station_distance / np.float32(1000)),
    ):
        np.testing.assert_array_equal(np.array(found[name], np.float32), expected[1].ravel())
    for name in ("longitude", "latitude"):
        degrees = np.array(found[name], np.float64)
        # Five decimals are written.
        np.testing.assert_allclose(degrees, getattr(fields, name).ravel(), atol=5.1e-6, rtol=0)


def test_values_at_a_place_are_those_of_extract(
    shared: Client, written: Callable[..., Path], write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    table = tmp_path / "at.csv"
    places = write("places.csv", "longitude,latitude\n105.3,36.2\n")
    for method in ("nearest", "bilinear"):
        fields = written()
        written("extract", fields, places, "-o", table, "--method", method)
        rows = [*csv.DictReader(io.StringIO(table.read_text()))]
        path = shared.fields(TWO_DAYS)
        query = f"longitude=105.3&latitude=36.2&method={method}"
        values = shared.ask(f"{path}/at?{query}").json
        assert (values["variable"], values["units"]) == ("pm25", "ug m-3")
        assert len(values["days"]) == len(rows) == 2
        for day, row in zip(values["days"], rows, strict=True):
            assert day.pop("day") == row["date"]
            for name, value in day.items():
                # The file has so many bits; values between are means of what is so far off.
                assert value == pytest.approx(float(row[name]), rel=2.0**-SIGNIFICANT_BITS), name


@pytest.mark.slow
def test_a_map_is_drawn(shared: Client) -> None:
    path = shared.fields(TWO_DAYS)
    pictures = {
        query: shared.ask(f"{path}.png{query}")
        for query in ("", f"?day={NEXT}", f"?day={NEXT}&stations=true")
    }
    for answer in pictures.values():
        assert answer.headers["content-type"] == "image/png"
        with Image.open(io.BytesIO(answer.body)) as picture:
            # 7.6 inches of map and what is beside it, at 150 dots per inch.
            assert 1200 < picture.width < 1600
    assert len({answer.body for answer in pictures.values()}) == 3


@pytest.mark.parametrize(
    ("rest", "status", "said"),
    [
        (".csv", 400, f"there are fields from {DAY} to {NEXT}, 2 days; name one with day={NEXT}"),
        (".csv?day=2019-01-09", 404, "there is no field of '2019-01-09'; there are fields from"),
        (".png?day=2019-01-09", 404, "there is no field of '2019-01-09'"),
        (".png?day=", 404, "there is no field of ''"),
        (".png?stations=perhaps", 400, "expected stations=true or stations=false"),
        (".nc?day=2019-01-06", 400, "'day' is no parameter of this address; expected none"),
        ("/at", 400, "expected longitude from -180 to 360, got ''"),
        ("/at?longitude=105&latitude=91", 400, "expected latitude from -90 to 90, got '91'"),
        ("/at?longitude=nan&latitude=9", 400, "expected longitude from -180 to 360, got 'nan'"),
        ("/at?longitude=105&latitude=36&method=x", 400, "expected method nearest or bilinear"),
        ("/at?longitude=0&latitude=0", 404, "0, 0 is outside the grid, whose cells are at"),
        ("/tiles/0/0/0.png", 400, "name one with day="),
        ("/tilejson.json?day=x", 404, "there is no field of 'x'"),
        (f"/tiles/0/0/0.png?day={DAY}&range=5:1", 400, "expected range=LOW:HIGH, such as 0:150"),
        (f"/tiles/0/0/0.png?day={DAY}&range=nan:1", 400, "expected range=LOW:HIGH"),
        (f"/tiles/1/2/0.png?day={DAY}", 404, "there is no tile 1/2/0; expected a zoom from 0"),
        (f"/tiles/23/0/0.png?day={DAY}", 404, "there is no tile 23/0/0"),
        ("/tiles/0/0/-1.png", 404, "there is no GET"),
    ],
)
def test_what_there_is_not(shared: Client, rest: str, status: int, said: str) -> None:
    answer = shared.ask(shared.fields(TWO_DAYS) + rest)
    assert (answer.status, said in answer.error) == (status, True), answer.body


def test_a_map_without_matplotlib(shared: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object, **__: object) -> None:
        raise MissingExtraError("a map needs matplotlib; install it with pip")

    path = shared.fields(TWO_DAYS)
    monkeypatch.setattr(shown_module, "fields_figure", lacking)
    answer = shared.ask(f"{path}.png")
    assert answer.status == 501
    assert answer.error == "a map needs matplotlib; install it with pip"


def test_the_latest_fields_are_kept(client: Client) -> None:
    """Four days are: the two of the first request go when a third comes, unless they are used."""
    first, second = client.fields(TWO_DAYS), client.fields(tidy(1, days=(DAY, NEXT)))
    assert client.ask("/health").json["fields_kept"] == 4
    assert client.ask(first).status == 200
    third = client.fields(tidy(2))
    assert [client.ask(path).status for path in (first, second, third)] == [200, 404, 200]
    gone = client.ask(f"{second}.nc").error
    assert gone.endswith("this service keeps the latest; post the stations again")
    assert client.fields(tidy(1, days=(DAY, NEXT))) == second


def test_what_the_service_says_of_itself(shared: Client) -> None:
    about = shared.ask("/").json
    assert about["variables"] == ["pm25"]
    assert shared.ask(about["openapi"]).json == described(["pm25"])
    assert about["post_stations_to"] == "/fields"
    health = shared.ask("/health").json
    assert (health["status"], health["version"]) == ("ready", __version__)
    assert health["models"]["pm25"]["golden_difference"] is None


def test_every_address_is_described(uneven_model: Model) -> None:
    routes = Application(Settings({"pm25": uneven_model}), None).routes  # type: ignore[arg-type]
    listed = {
        (route.path.replace(":int", ""), method.lower())
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
    }
    paths = described(["pm25"])["paths"]
    assert listed == {(path, method) for path, methods in paths.items() for method in methods}
    for path, methods in paths.items():
        for operation in methods.values():
            inside = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert inside == set(re.findall(r"{(\w+)}", path))


def test_addresses_behind_a_proxy(serve: Callable[[Settings], Client], uneven_model: Model) -> None:
    client = serve(Settings({"pm25": uneven_model}, root_path="/pm25"))
    answer = client.post(tidy(1))
    place = answer.headers["location"]
    assert place.startswith("/pm25/fields/")
    assert {link.split("/")[1] for link in answer.json["links"].values()} == {"pm25"}
    # The proxy takes the front away.
    inner = place.removeprefix("/pm25")
    headers = {"Host": "air.example", "X-Forwarded-Proto": "https"}
    (tiles,) = client.ask(f"{inner}/tilejson.json", headers=headers).json["tiles"]
    assert tiles == f"https://air.example{place}/tiles/{{z}}/{{x}}/{{y}}.png"


def test_pages_of_other_sites(serve: Callable[[Settings], Client], uneven_model: Model) -> None:
    asked = {"Origin": "https://map.example"}
    models = {"pm25": uneven_model}
    closed = serve(Settings(models)).ask("/health", headers=asked)
    assert "access-control-allow-origin" not in closed.headers
    opened = serve(Settings(models, allow_origin=("https://map.example",)))
    answer = opened.ask("/health", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "https://map.example"
    other = opened.ask("/health", headers={"Origin": "https://else.example"})
    assert "access-control-allow-origin" not in other.headers
