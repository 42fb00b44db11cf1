"""What becomes of posted stations, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from service_client import DAY, HEADER, Client, serving, tidy

import pointfuse.service.answers as answers_module
from pointfuse.commands.main import main
from pointfuse.errors import DeviceError
from pointfuse.model.loading import Model, load_model
from pointfuse.service.settings import Settings
from pointfuse.stations.readers.network_list import StationList

Serve = Callable[[Settings], Client]
NEXT = "2019-01-07"
WEATHER = f"station,longitude,latitude,date,wind_speed\nW,104,36,{DAY},3\n".encode()


def test_posted_stations_become_fields(client: Client) -> None:
    answer = client.post(tidy(10, 20, 60))
    summary = answer.json
    assert answer.status == 201
    assert answer.headers["location"] == f"/fields/{summary['id']}"
    assert summary["links"]["self"] == answer.headers["location"]
    assert (summary["variable"], summary["units"]) == ("pm25", "ug m-3")
    assert summary["stations"]["used"] == 3
    assert summary["warnings"] == []
    (day,) = summary["days"]
    assert (day["day"], day["stations"], day["cells"]) == (DAY, 3, 3)
    assert client.ask(answer.headers["location"]).json == summary


def test_the_summary_is_that_of_fuse(
    client: Client, uneven_model: Model, write: Callable[[str, bytes], Path], tmp_path: Path
) -> None:
    body = tidy(10, 20, 60, days=(DAY, NEXT))
    model = write("uneven.onnx", uneven_model._content)
    file = write("stations.csv", body)
    command = ["fuse", str(file), "--model", str(model), "-o", str(tmp_path / "a.nc"), "--json"]
    said = json.loads(CliRunner().invoke(main, command).stdout)
    summary = client.post(body, "?name=stations.csv").json
    common = set(said) & set(summary)
    assert {"files", "stations", "days", "quality_control", "model", "model_sha256"} <= common
    assert {name: summary[name] for name in common} == {name: said[name] for name in common}


def test_the_same_request_is_answered_once_more_and_not_computed_again(client: Client) -> None:
    first, second = client.post(tidy(10, 20)), client.post(tidy(10, 20))
    assert (first.status, second.status) == (201, 200)
    assert first.json == second.json
    other = client.post(tidy(10, 21))
    assert other.status == 201
    assert other.json["id"] != first.json["id"]
    assert b"pointfuse_computations_total 2\n" in client.ask("/metrics").body


def test_the_address_tells_the_options_and_the_model_apart(
    client: Client, serve: Serve, tiny_model: Model
) -> None:
    body = tidy(10, 20)
    asked = ["", "?min_hours=12", "?timezone=UTC", "?days=2019-01-06", "?variable=pm25"]
    found = {client.fields(body, query) for query in asked}
    found.add(serve(Settings({"pm25": tiny_model})).fields(body))
    assert len(found) == len(asked) + 1


@pytest.mark.parametrize("packed", [gzip.compress, lambda body: zipped({"a/stations.csv": body})])
def test_a_body_may_be_packed(client: Client, packed: Callable[[bytes], bytes]) -> None:
    plain = client.post(tidy(10, 20, 60)).json
    answer = client.post(packed(tidy(10, 20, 60)))
    assert answer.status == 201
    assert answer.json["days"] == plain["days"]


def test_an_archive_may_hold_several_files(shared: Client) -> None:
    body = zipped({"air.csv": tidy(10, 20), "weather.csv.gz": gzip.compress(WEATHER)})
    summary = shared.post(body).json
    assert [file["name"] for file in summary["files"]] == ["air.csv", "weather.csv.gz"]
    assert summary["stations"]["read"] == 3


def test_parquet_is_read(shared: Client) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    content = io.BytesIO()
    columns = {"station": ["A"], "longitude": [105.0], "latitude": [36.0], "date": [DAY]}
    parquet.write_table(pyarrow.table({**columns, "pm25": [30.0]}), content)
    summary = shared.post(content.getvalue()).json
    assert summary["files"][0]["format"] == "parquet"
    # The share of the cells is drawn evenly from 0.5 to 1.5.
    assert 15 <= summary["days"][0]["minimum"] < summary["days"][0]["maximum"] <= 45


def test_warnings_are_a_part_of_the_answer(shared: Client) -> None:
    body = tidy(10, 20) + f"S9,105,36,{NEXT},-5\n".encode()
    summary = shared.post(body).json
    assert [day["day"] for day in summary["days"]] == [DAY]
    assert any(NEXT in warning for warning in summary["warnings"])


def test_options_of_a_request(shared: Client) -> None:
    body = tidy(10, 20, days=(DAY, NEXT))
    assert [day["day"] for day in shared.post(body, f"?days={NEXT}:").json["days"]] == [NEXT]
    hours = "".join(f"A,105,36,{DAY}T{hour:02},{10 + hour}\n" for hour in range(20))
    hourly = (HEADER.replace("date", "time") + hours).encode()
    assert [day["day"] for day in shared.post(hourly, "?min_hours=20").json["days"]] == [DAY]
    assert shared.post(hourly, "?min_hours=21").status == 422
    fields = shared.post(hourly, f"?hourly=true&days={DAY}")
    assert fields.status == 413  # of 24 hours; four are kept


def test_a_station_list_of_the_service_gives_places(serve: Serve, tiny_model: Model) -> None:
    body = f"station,date,pm25\nA,{DAY},30\n".encode()
    without = serve(Settings({"pm25": tiny_model})).post(body)
    assert without.status == 422
    places = StationList({"A": (105.0, 36.0)}, {}, ())
    summary = serve(Settings({"pm25": tiny_model}, places)).post(body).json
    assert summary["stations"]["used"] == 1


def test_the_only_pollutant_of_a_file_chooses_the_model(
    serve: Serve, uneven_model: Model, ship: Callable[..., Path]
) -> None:
    ship("pm25", "no2")
    models = {name: load_model(variable=name, threads=1) for name in ("pm25", "no2")}
    both = serve(Settings(models))
    body = tidy(10, 20).replace(b"pm25", b"no2")
    assert both.post(body).json["variable"] == "no2"
    assert both.post(tidy(10, 20)).json["variable"] == "pm25"
    refused = serve(Settings({"pm25": uneven_model})).post(body)
    assert refused.status == 422
    assert refused.error == (
        "the files are of no2, and this service fuses pm25; start it with --variable no2"
    )


def test_files_are_read_as_the_service_was_told(serve: Serve, ship: Callable[..., Path]) -> None:
    ship("no2")
    models = {"no2": load_model(variable="no2", threads=1)}
    body = tidy(30).replace(b"pm25", b"no2 (ppb)")
    means = [
        serve(Settings(models, gas_temperature=degrees)).post(body).json["days"][0]["mean"]
        for degrees in (20.0, 25.0)
    ]
    # An ideal gas of 46.0055 g a mole; means are said in hundredths.
    wanted = [30 * 46.0055 * 101.325 / (8.314462 * (273.15 + degrees)) for degrees in (20, 25)]
    assert means == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize(
    ("body", "query", "status", "said"),
    [
        (b"", "", 400, "expected a station file as the body"),
        (tidy(1), "?varible=pm25", 400, "'varible' is no parameter of this address; expected var"),
        (tidy(1), "?variable=no2", 400, "expected a variable that this service fuses (pm25)"),
        (tidy(1), "?days=monday", 400, "expected a day such as 2019-01-06, got 'monday'"),
        (tidy(1), "?days=2019-01-07:2019-01-06", 400, "expected the first day before the last"),
        (tidy(1), "?timezone=Mars/Base", 400, "the time zone 'Mars/Base' is not known here"),
        (tidy(1), "?timezone=../../etc/passwd", 400, "is not known here"),
        (tidy(1), "?min_hours=25", 400, "expected min_hours from 1 to 24, got '25'"),
        (tidy(1), "?min_hours=%D9%A3", 400, "expected min_hours from 1 to 24"),
        (tidy(1), "?hourly=maybe", 400, "expected hourly=true or hourly=false, got 'maybe'"),
        (tidy(1), "?hourly=1&partial=1", 400, "partial is for days"),
        (tidy(1), "?days=2018-01-01", 422, "the files have no day of 2018-01-01"),
        (tidy(1, days=tuple(f"2019-01-0{day}" for day in range(1, 6))), "", 413, "hold 5 days"),
        (b"\x00\x01\x02 no table", "", 422, "the body"),
        (b"a,b\n1,2\n", "?name=../secret/x.csv", 422, "x.csv"),
        (gzip.compress(tidy(1), mtime=0)[:-9], "", 422, "damaged or cut-off gzip file"),
        (b"PK\x03\x04 and so on", "", 422, "is a damaged zip file, or one with a password"),
        (tidy(1).replace(b"36", b"-36"), "", 422, "1 outside the grid"),
    ],
)
def test_what_cannot_be_fused_is_refused_in_a_sentence(
    shared: Client, body: bytes, query: str, status: int, said: str
) -> None:
    answer = shared.post(body, query)
    assert (answer.status, said in answer.error) == (status, True), answer.body
    assert "secret" not in answer.error


def test_a_body_that_is_too_large_is_refused(serve: Serve, tiny_model: Model) -> None:
    client = serve(Settings({"pm25": tiny_model}, most_bytes=2000))
    fitting = tidy(*range(1, 9))
    assert client.post(fitting).status == 201
    answer = client.post(fitting + b"#" * 2000)
    assert answer.status == 413
    assert answer.error.startswith("the body is larger than 0.002 MB; post fewer days")
    # What is told to be far larger is not waited for.
    told = client.ask("/fields", b"a", headers={"Content-Length": str(10**12)})
    assert told.status == 413


def test_a_form_is_no_file(shared: Client) -> None:
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = shared.ask("/fields", b"--x--", headers=head)
    assert answer.status == 415
    assert answer.error.startswith("expected the station file itself as the body, got a form")


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress,
        lambda body: zipped({"a.csv": body}),
        lambda body: zipped({"a.csv": body[:100], "b.csv": body}),
        lambda body: zipped({"a.csv": b"a", "b.csv.gz": gzip.compress(body)}),
    ],
)
def test_what_would_be_too_large_unpacked_is_refused(
    serve: Serve, tiny_model: Model, packed: Callable[[bytes], bytes]
) -> None:
    client = serve(Settings({"pm25": tiny_model}, most_bytes=100_000))
    body = packed(b"0" * 50_000_000)
    assert len(body) < 60_000
    answer = client.post(body)
    assert answer.status == 413
    assert answer.error.startswith("the files are more than 0.1 MB when they are unpacked")


def test_a_body_that_does_not_arrive_is_not_waited_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers_module, "_PATIENCE", 0.2)
    answer = client.ask("/fields", b"a", headers={"Content-Length": "1000"})
    assert answer.status == 408
    assert answer.error == "the body did not arrive within 0.2 s"
    assert client.ask("/health").json["requests_in_queue"] == 0


@pytest.mark.parametrize("error", [RuntimeError, DeviceError])
def test_what_fails_within_is_said_to_the_operator_alone(
    error: type[Exception],
    tiny_model: Model,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise error("the secret of the house")

    with serving(Settings({"pm25": tiny_model})) as client:
        with monkeypatch.context() as patch:
            patch.setattr(answers_module, "fuse_posted", broken)
            answer = client.post(tidy(1))
        assert answer.status == 500
        assert answer.error == "internal error; the log of the service says more"
        assert client.post(tidy(1)).status == 201
    # Written before the service ends, but after the answer.
    assert "internal error: the secret of the house" in caplog.text


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/", "POST", 405), ("/fields", "GET", 405), ("/else", "GET", 404), ("/health", "PUT", 405)],
)
def test_addresses_that_there_are_not(shared: Client, path: str, method: str, status: int) -> None:
    answer = shared.ask(path, method=method)
    assert answer.status == status
    assert answer.error == f"there is no {method} {path} here; GET / says what there is"


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return content.getvalue()
