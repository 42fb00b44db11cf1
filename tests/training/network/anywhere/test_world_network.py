"""The network of any place beside the equations of Gaussian processes, in numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from pointfuse.errors import ModelFileError
from pointfuse_training.network.anywhere.world_checkpoint import (
    WorldCheckpoint,
    load_world,
    save_world,
)
from pointfuse_training.network.anywhere.world_network import (
    BELIEF,
    LAYERS,
    PLACES,
    RELIEF_LAYERS,
    SMOOTH,
    WorldNetwork,
)
from pointfuse_training.network.weights import network_weights

Array = NDArray[np.float64]
NAMES = (*PLACES, *LAYERS)


def places(random: np.random.Generator, count: int) -> Array:
    """Static input of random places within 600 km, with layers between 0 and 1."""
    table = random.uniform(0, 1, (len(NAMES), count))
    table[:3] = random.uniform(-0.3, 0.3, (3, count))
    table[3] = 0.012
    return table


@pytest.fixture
def network() -> WorldNetwork:
    torch.manual_seed(0)
    made = WorldNetwork("pm25").double().eval().requires_grad_(False)
    made.log_length += torch.linspace(-0.3, 0.3, len(SMOOTH))
    made.log_share += torch.linspace(0, 1, len(SMOOTH))
    return made


def correlation(network: WorldNetwork, voice: int, some: Array, others: Array) -> Array:
    """Of two sets of places, (some, other): lengths, relief and half a cell."""
    length = float(network.log_length[voice].exp())
    squares = ((some[:3, :, None] - others[:3, None]) ** 2).sum(0) / length**2
    for name, scale in zip(RELIEF_LAYERS, network.relief[voice].tolist(), strict=True):
        layer = NAMES.index(name)
        squares += scale**2 * (some[layer][:, None] - others[layer]) ** 2
    squares += (some[3][:, None] / 2 / length) ** 2
    if SMOOTH[voice]:
        far = np.sqrt(3 * squares)
        return (1 + far) * np.exp(-far)
    return np.exp(-np.sqrt(squares))


def by_hand(
    network: WorldNetwork, value: Array, number: Array, there: Array, wanted: Array
) -> tuple[Array, Array]:
    """Fields of each covariance at places, and its logarithm of the evidence."""
    level, fields, evidences = np.average(value, weights=number), [], []
    for voice in range(len(SMOOTH)):
        noise = float(network.log_noise[voice].exp())
        variances = network.log_variances[voice].exp().numpy()
        terms, at_wanted = there[len(PLACES) :], wanted[len(PLACES) :]
        trend = 100 + (terms * variances[:, None]).T @ terms
        own = correlation(network, voice, there, there) + np.diag(noise / number)
        covariance = own + trend
        weights = np.linalg.solve(covariance, value - level)
        to_wanted = correlation(network, voice, wanted, there)
        to_wanted += 100 + (at_wanted * variances[:, None]).T @ terms
        fields.append(level + to_wanted @ weights)
        misfit = (value - level) @ weights
        _, determinant = np.linalg.slogdet(covariance)
        count = len(value)
        evidences.append(-count / 2 * np.log(misfit / count) - determinant / 2)
    return np.array(fields), np.array(evidences)


def test_the_field_is_the_mean_of_gaussian_processes(network: WorldNetwork) -> None:
    random = np.random.default_rng(2)
    there, wanted = places(random, 60), places(random, 20)
    # Within the range of the stations, to which the regression is held.
    wanted[len(PLACES) :] = there[len(PLACES) :, :20]
    value, number = 1 + 0.4 * random.standard_normal(60), random.integers(1, 4, 60).astype(float)
    given = (torch.from_numpy(table)[None] for table in (value, number, there))
    found = network.completed(*given, torch.from_numpy(wanted)[:, None])
    fields, evidences = by_hand(network, value, number, there, wanted)
    share = np.exp(BELIEF * (evidences + network.log_share.numpy() - evidences.max()))
    heard = np.argsort(share)[-3:]
    expected = np.average(fields[heard], axis=0, weights=share[heard])
    # Each correction of an inverse leaves 1e-9 in double precision.
    np.testing.assert_allclose(found.mean.numpy().ravel(), expected, rtol=1e-6)
    # The fields are not alike: the mean is not that of one of them.
    assert np.ptp(fields[heard], axis=0).max() > 0.01
    assert float(found.stations) == number.sum()


def test_evidence_is_that_of_the_equations(network: WorldNetwork) -> None:
    random = np.random.default_rng(3)
    there, number = places(random, 40), np.ones(40)
    value = 1 + 0.4 * random.standard_normal(40)
    level = value.mean()
    tables = (torch.from_numpy(table)[None] for table in (value - level, number, there))
    said = network.conditioned(*tables)
    _, expected = by_hand(network, value, number, there, there)
    # But for a constant that all have in common.
    found = said.evidence[0].numpy()
    np.testing.assert_allclose(found - found[0], expected - expected[0], rtol=1e-6, atol=1e-6)


def test_support_goes_from_one_among_stations_to_zero_far_away(network: WorldNetwork) -> None:
    random = np.random.default_rng(4)
    there = places(random, 80)
    near, far = there[:, :5].copy(), there[:, :5].copy()
    far[0] += 9
    value = torch.ones(1, 80).double()
    estimates = [
        network.completed(
            value,
            torch.ones(1, 80).double(),
            torch.from_numpy(there)[None],
            torch.from_numpy(wanted)[:, None],
        )
        for wanted in (near, far)
    ]
    assert estimates[0].support.min() > 0.5
    assert estimates[1].support.abs().max() < 0.05


def test_a_cell_does_not_depend_on_the_others(network: WorldNetwork) -> None:
    """What makes parts of a domain equal to the whole."""
    random = np.random.default_rng(5)
    there, wanted = places(random, 30), places(random, 12)
    value, number = torch.rand(1, 30).double(), torch.ones(1, 30).double()
    at = torch.from_numpy(there)[None]
    whole = network.completed(value, number, at, torch.from_numpy(wanted)[:, None])
    some = network.completed(value, number, at, torch.from_numpy(wanted[:, 7:9])[:, None])
    torch.testing.assert_close(whole.mean[..., 7:9], some.mean)
    torch.testing.assert_close(whole.deviation[..., 7:9], some.deviation)


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    torch.manual_seed(1)
    weights = network_weights(WorldNetwork("pm10"))
    own = {name: weights.pop(name) for name in ("coefficients", "mean_share")}
    checkpoint = WorldCheckpoint(weights, {"pm10": own}, {"seed": 1})
    path = tmp_path / "w.npz"
    save_world(checkpoint, path)
    found = load_world(path)
    assert found.provenance == {"seed": 1}
    network = found.network("pm10")
    for name, tensor in network_weights(network).items():
        torch.testing.assert_close(tensor, {**weights, **own}[name])
    with pytest.raises(ModelFileError, match="no calibration of o3; it has pm10"):
        found.network("o3")
    path.write_bytes(b"PK")
    with pytest.raises(ModelFileError):
        load_world(path)
