"""Who is compared, that they take turns, and that they make the same field."""

from __future__ import annotations

import numpy as np
import pytest
from mean_model import mean_model

from pointfuse.model.model_file import read_model_file
from pointfuse_benchmarks.baselines.gaussian_process import KRIGING
from pointfuse_benchmarks.speed import network_runtimes, peers, precision
from pointfuse_benchmarks.speed.network_runtimes import Absent, Peer
from pointfuse_benchmarks.speed.workload import example_day, example_feed


@pytest.fixture
def feed(tiny_metadata):
    return example_feed(tiny_metadata)


def mean_of_stations(feed):
    return np.average(feed["observations"][0, 0], weights=feed["observed"][0, 0])


def test_onnx_runtime_gives_the_mean_of_the_stations(scale_model_file, feed):
    (peer,) = network_runtimes._onnxruntime({"fp32": scale_model_file}, feed, 1)
    # Sums of up to 130 values in single precision.
    np.testing.assert_allclose(peer.call(), mean_of_stations(feed), rtol=1e-5)
    assert peer.facts["provider"] == "CPUExecutionProvider"
    assert peer.compute is None


def test_openvino_gives_what_onnx_runtime_gives(scale_model_file, feed):
    pytest.importorskip("openvino")
    (ours,) = network_runtimes._onnxruntime({"fp32": scale_model_file}, feed, 1)
    (theirs,) = network_runtimes._openvino({"fp32": scale_model_file}, feed, 1)
    np.testing.assert_allclose(theirs.call(), ours.call(), rtol=1e-5)


def test_a_package_that_is_lacking_is_named_with_the_remedy(scale_model_file, feed, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    (absent,) = network_runtimes._openvino({"fp32": scale_model_file}, feed, 1)
    assert absent == Absent("OpenVINO", "it is not installed: pip install openvino")
    monkeypatch.setitem(__import__("sys").modules, "gridpp", None)
    monkeypatch.delitem(
        __import__("sys").modules,
        "pointfuse_benchmarks.baselines.optimal_interpolation",
        raising=False,
    )
    found = {peer.name: peer for peer in peers._others(read_model_file(None)[1], example_day())}
    assert "pip install 'benchmarks[peers]'" in found["gridpp, of 50 stations"].reason
    assert isinstance(found["GP-C"], Peer)


def test_the_network_in_pytorch_is_that_of_the_shipped_file():
    from pointfuse_benchmarks.speed.workload import shipped_files

    model = shipped_files()["fp32"]
    network_runtimes._same_network(model, read_model_file(model)[1])
    other = read_model_file(model)[1]
    object.__setattr__(other, "weights_sha256", "0" * 64)
    with pytest.raises(network_runtimes.DeviceError, match="are not those of"):
        network_runtimes._same_network(model, other)


def test_an_uncompilable_network_is_named_with_the_reason(
    scale_model_file, tiny_metadata, feed, monkeypatch
):
    torch = pytest.importorskip("torch")

    class Mean(torch.nn.Module):
        def forward(self, observations, observed):
            mean = (observations * observed)[:, 0].sum() / observed[:, 0].sum()
            field = mean.expand(1, 1, *observed.shape[2:])
            return field, field / 4

    def no_compiler(module):
        def call(*_):
            raise RuntimeError("no C++ compiler\nand more of it")

        return call

    monkeypatch.setattr(network_runtimes, "_same_network", lambda *_: Mean())
    monkeypatch.setattr(torch, "compile", no_compiler)
    eager, compiled = network_runtimes._torch({"fp32": scale_model_file}, feed, 1)
    assert compiled == Absent("PyTorch, compiled, cpu, fp32", "no C++ compiler")
    np.testing.assert_allclose(eager.call(), mean_of_stations(feed), rtol=1e-5)
    assert eager.compute is None


def test_peers_take_turns_until_their_time_is_over(monkeypatch):
    monkeypatch.setattr(peers, "_PAUSE", 0.0)
    clock = {"now": 0.0}
    monkeypatch.setattr("time.perf_counter", lambda: clock["now"])
    order = []

    def peer(name, seconds, value):
        def call():
            order.append(name)
            clock["now"] += seconds
            return np.full((2, 2), value)

        return Peer(name, "cpu", "fp32", "1", call)

    given = [peer("a", 1.0, 5.0), Absent("b", "why"), peer("c", 2.0, 7.5), peer("d", 60.0, 0.0)]
    a, b, c, d = peers.measured("network", given, 3, 4.0)
    assert b == {"kind": "network", "name": "b", "absent": "why"}
    assert (a["whole"]["n"], c["whole"]["n"], d["whole"]["n"]) == (3, 2, 1)
    assert (a["warm_up"], c["warm_up"], d["warm_up"]) == (2, 2, 0)
    assert c["whole"]["p50"] == 2000.0
    assert c["largest_difference"] == 2.5
    assert "largest_difference" not in a
    # After the first calls, which compare, they go round.
    assert order[-5:] == ["a", "c", "a", "c", "a"]


def test_pykrige_krige_as_ours_do_where_all_stations_count(day_of, to_degrees, rng):
    pytest.importorskip("pykrige")
    from pointfuse_benchmarks.baselines.pykrige_kriging import pykrige_kriging

    day = day_of(rng.uniform(-500, 500, (40, 2)), rng.uniform(5, 300, 40))
    points = to_degrees(rng.uniform(-500, 500, (30, 2)))
    # The same equations, solved otherwise.
    np.testing.assert_allclose(
        pykrige_kriging(day, *points, most_stations=None), KRIGING(day, *points), rtol=1e-6
    )
    few = pykrige_kriging(day, *points, most_stations=20)
    assert np.abs(few / KRIGING(day, *points) - 1).max() < 0.2


def test_errors_of_a_file_are_those_of_its_fields(tiny_metadata, tmp_path, monkeypatch):
    """The same model under another precision, everywhere 2.5 % higher."""
    from dataclasses import replace

    from onnx import helper, numpy_helper

    from pointfuse.model.metadata import METADATA_KEY

    proto = mean_model(tiny_metadata)
    reference = tmp_path / "tiny.onnx"
    reference.write_bytes(proto.SerializeToString())
    proto.graph.node[-1].output[0] = "lower"
    proto.graph.initializer.append(numpy_helper.from_array(np.array([1.025], np.float32), "more"))
    proto.graph.node.append(helper.make_node("Mul", ["lower", "more"], ["pm25"]))
    text = replace(tiny_metadata, precision="int8").to_json()
    helper.set_model_props(proto, {METADATA_KEY: text})
    higher = tmp_path / "tiny.int8.onnx"
    higher.write_bytes(proto.SerializeToString())
    monkeypatch.setattr(precision, "REAL_DATA", tmp_path)
    (row,) = precision.errors({"fp32": reference, "int8": higher}, 1)
    mean = mean_of_stations(example_feed(tiny_metadata))
    for name in ("mean", "p999", "largest"):
        assert row[name] == pytest.approx(0.025 * mean, rel=1e-3)
    assert (row["device"], row["precision"], row["days"], row["cells"]) == ("cpu", "int8", 1, 192)
    assert row["bytes"] == higher.stat().st_size


def test_scores_are_compared_on_the_same_pairs(day_of, rng):
    from types import SimpleNamespace

    observed = rng.uniform(5, 300, (20, 15))
    observed[0, :3] = np.nan

    def result(error):
        predicted = observed + error * rng.choice([-1, 1], observed.shape)
        return SimpleNamespace(observed=observed, predicted=predicted)

    rows = precision.compared({"fp32": result(10.0), "int8": result(10.5)})
    assert [row["precision"] for row in rows] == ["fp32", "int8"]
    # Errors of one size: the ratio is theirs, whichever days are drawn.
    assert rows[1]["ratios"]["nme"] == [1.05, 1.05, 1.05]
    assert "ratios" not in rows[0]
    assert rows[0]["rmse"] == pytest.approx(10.0)
    assert rows[0]["pairs"] == 297
