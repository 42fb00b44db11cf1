"""Numbers of the service as Prometheus' own library reads them, and the lines of the log."""

from __future__ import annotations

import re

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from service_client import Client, serving, tidy

from pointfuse.model.loading import Model
from pointfuse.service import metrics
from pointfuse.service.metrics import Metrics, resident_bytes
from pointfuse.service.settings import Settings


def read(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Values by name and labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_status(client: Client) -> None:
    path = client.fields(tidy(1))
    for rest in (".nc", ".nc", "/tiles/3/6/3.png", "/at"):
        client.ask(path + rest)
    client.ask("/anything/at/all")
    client.ask("/fields/a-station-file.nc")
    answer = client.ask("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = read(answer.body.decode())
    requests = {
        labels: n for (name, labels), n in found.items() if name == "pointfuse_requests_total"
    }
    assert requests == {
        ("POST", "/fields", "201"): 1,
        ("GET", "/fields/{address}.nc", "200"): 2,
        ("GET", "/fields/{address}.nc", "404"): 1,
        ("GET", "/fields/{address}/tiles/{z}/{x}/{y}.png", "200"): 1,
        ("GET", "/fields/{address}/at", "400"): 1,
        ("GET", "other", "404"): 1,
    }
    assert found["pointfuse_computations_total", ()] == 1
    assert 0 < found["pointfuse_computation_seconds_total", ()] < 10
    assert found["pointfuse_queue_requests", ()] == 0
    assert found["pointfuse_fields_kept", ()] == 1
    memory = psutil.Process().memory_info().rss
    # The process is this one, and may have taken or given back some since.
    assert found["process_resident_memory_bytes", ()] == pytest.approx(memory, rel=0.2)


def test_durations_are_counted_in_classes() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.02, 0.3, 100.0):
        metrics.count("GET", "/health", 200, seconds)
    found = read(metrics.text({}))
    name = "pointfuse_request_seconds"
    assert found[f"{name}_count", ("/health",)] == 4
    assert found[f"{name}_sum", ("/health",)] == pytest.approx(100.321)
    # Cumulative, each class with its upper bound.
    bounds = ("0.005", "0.02", "0.1", "0.5", "60.0", "+Inf")
    assert [found[f"{name}_bucket", ("/health", bound)] for bound in bounds] == [1, 2, 2, 3, 3, 4]


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(metrics, "_STATM", tmp_path / "nothing")
    assert resident_bytes() is None
    assert "process_resident_memory_bytes" not in Metrics().text({})


def test_each_request_is_a_line(tiny_model: Model, caplog: pytest.LogCaptureFixture) -> None:
    with serving(Settings({"pm25": tiny_model})) as client:
        client.ask("/health?x=%0A")
        client.post(b"")
    lines = [record.message for record in caplog.records if record.name.endswith("observed")]
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    for path, line in zip(("GET /health", "POST /fields"), lines, strict=True):
        said = rf"{time} 127\.0\.0\.1 {path} 400, \d+ bytes, 0\.\d{{3}} s"
        assert re.fullmatch(said, line), line
