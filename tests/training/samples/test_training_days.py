"""Batches: what is drawn depends on the seed and the number alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pointfuse_training.archives.archive import Archive
from pointfuse_training.samples.pseudo_stations import StationPlaces
from pointfuse_training.samples.simulated_days import SimulatedDays
from pointfuse_training.samples.training_days import (
    AlternatingDays,
    CompleteDays,
    DrawnBatches,
    load_batches,
    seeded_generator,
)


@pytest.fixture
def simulated(small_archive: Path) -> CompleteDays:
    places, even = StationPlaces(torch.ones(40, 52)), torch.ones(40, 52)
    weights = torch.arange(40 * 52.0).view(40, 52)
    return CompleteDays(SimulatedDays(Archive(small_archive), range(8), places, even), weights)


def same(one, other) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_batches_do_not_depend_on_who_draws_them(simulated: CompleteDays, workers: int) -> None:
    batches = DrawnBatches(simulated, 2, 0, seed=4)
    loaded = iter(load_batches(batches, 1, 3, workers=workers, pinned=False))
    for number in (1, 4, 7):
        assert same(next(loaded), batches[number])


def test_every_number_and_seed_is_another_draw(simulated: CompleteDays) -> None:
    masks = [
        DrawnBatches(simulated, 1, 0, seed)[number].observed
        for seed in (0, 1)
        for number in range(6)
    ]
    for i, one in enumerate(masks):
        assert not any(torch.equal(one, other) for other in masks[:i])


def test_a_patch_is_cut_from_its_day(simulated: CompleteDays) -> None:
    whole, patches = (DrawnBatches(simulated, 3, crop, seed=9) for crop in (0, 16))
    for number in range(4):
        days, cut = whole[number], patches[number]
        assert cut.truth.shape == (3, 1, 16, 16)
        for i, (row, column) in enumerate(cut.corner.tolist()):
            window = (i, slice(None), slice(row, row + 16), slice(column, column + 16))
            assert torch.equal(cut.truth[i], days.truth[window])
            assert torch.equal(cut.observations[i], days.observations[window])
            assert torch.equal(cut.reports[i], days.reports[window])
            assert torch.equal(cut.weights[i], days.weights[window])
            assert cut.observed[i, 0].any()
        layers = torch.arange(2 * 40 * 52.0).view(2, 40, 52)
        expected = torch.stack([layers[:, r : r + 16, c : c + 16] for r, c in cut.corner])
        assert torch.equal(cut.patches(layers), expected)


def test_a_patch_is_no_larger_than_the_grid(simulated: CompleteDays) -> None:
    batch = DrawnBatches(simulated, 1, 48, seed=9)[0]
    assert batch.truth.shape == (1, 1, 40, 48)
    assert batch.corner[0, 0] == 0


def test_patches_reach_every_cell(simulated: CompleteDays) -> None:
    batches = DrawnBatches(simulated, 1, 20, seed=2)
    seen = torch.zeros(40, 52)
    for number in range(150):
        ((row, column),) = batches[number].corner.tolist()
        seen[row : row + 20, column : column + 20] += 1
    assert seen.min() > 0


@pytest.mark.parametrize(("shares", "expected"), [((), 100), ((1.0, 3.0), 50)])
def test_days_of_several_kinds_are_drawn_by_their_shares(
    simulated: CompleteDays, shares: tuple[float, ...], expected: int
) -> None:
    """However many days each has; equally without any."""
    one = replace(simulated.simulated, days=[3])
    kinds = [replace(simulated, weights=0 * simulated.weights), replace(simulated, simulated=one)]
    mixed = AlternatingDays(kinds, shares)
    drawn = [not mixed.draw(0, seeded_generator(3, n)).weights.any() for n in range(200)]
    # Give or take four deviations of at most 7.1.
    assert abs(sum(map(int, drawn)) - expected) < 29
    assert len([*mixed.each(0)]) == 8 + 1
