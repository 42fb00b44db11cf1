"""Adaptation to observations: what is hidden stays hidden, and what was used is told."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from pointfuse import InputError, Observations, Stations
from pointfuse.grid.regular_grid import Grid
from pointfuse.model.metadata import ModelMetadata
from pointfuse.stations.gridding import PlacedObservations, place
from pointfuse_benchmarks.training.adaptation import main as benchmark
from pointfuse_training.commands.main import main
from pointfuse_training.fitting.adaptation_inputs import observations_sha256, read_adaptation_inputs
from pointfuse_training.fitting.fit import CHECKPOINT_NAME, LOG_NAME, fit
from pointfuse_training.fitting.process_team import Team
from pointfuse_training.fitting.provenance import check_provenance, observations_used
from pointfuse_training.fitting.recipes import Recipe, changed
from pointfuse_training.fitting.training_inputs import Start, TrainingInputs, read_training_inputs
from pointfuse_training.fitting.training_loop import DEVIATION_SHARE, Training
from pointfuse_training.network.checkpoints import load_checkpoint, save_checkpoint
from pointfuse_training.network.concentration_scale import KNEE, STRAIGHT, transformed
from pointfuse_training.network.fusion_network import Estimate, FusionNetwork
from pointfuse_training.network.weights import network_weights
from pointfuse_training.samples import observed_days
from pointfuse_training.samples.hidden_stations import Hiding, draw_hidden
from pointfuse_training.samples.observed_days import (
    FEWEST_STATIONS,
    MixedDays,
    ObservedDays,
    split_days,
)
from pointfuse_training.samples.training_days import Batch, DrawnBatches, seeded_generator

ALONE = Team(torch.device("cpu"))
DAYS, STATIONS = 20, 150
FIRST = np.datetime64("2019-03-01")


def observed_at(
    grid: Grid, cells: list[tuple[int, int]] | np.ndarray, values: np.ndarray
) -> Observations:
    """Stations in the middle of cells (row, column), and their PM2.5, shape (day, station)."""
    rows, columns = np.asarray(cells).T
    longitude, latitude = grid.projection.inverse(grid.x[columns], grid.y[rows])
    codes = np.array([f"S{number}" for number in range(len(rows))])
    days = FIRST + np.arange(len(values))
    return Observations(Stations(codes, longitude, latitude), days, {"pm25": values})


@pytest.fixture(scope="module")
def observations(small_grid: Grid) -> Observations:
    """Plumes that differ from day to day, seen by stations in cells of their own."""
    rng = np.random.default_rng(3)
    cells = rng.choice(40 * 46, STATIONS, replace=False)
    places = np.stack([cells // 46, cells % 46], axis=1)
    values = np.full((DAYS, STATIONS), 20.0)
    for day, _ in itertools.product(range(DAYS), range(4)):
        apart = np.linalg.norm(places - rng.uniform(0, (40, 46)), axis=1)
        values[day] += rng.uniform(20, 80) * np.exp(-(apart**2) / 2 / rng.uniform(6, 12) ** 2)
    values[rng.random(values.shape) < 0.05] = np.nan
    return observed_at(small_grid, places, values)


@pytest.fixture(scope="module")
def placed(observations: Observations, metadata: ModelMetadata) -> PlacedObservations:
    return place(observations, metadata)


@pytest.fixture(scope="module")
def recipe(small_recipe: Recipe) -> Recipe:
    return replace(small_recipe, name="adapt", crop=24)


@pytest.fixture(scope="module")
def inputs(placed: PlacedObservations, small_static_file: Path, recipe: Recipe) -> TrainingInputs:
    return read_adaptation_inputs(placed, small_static_file, recipe)


@pytest.fixture(scope="module")
def start(inputs: TrainingInputs, recipe: Recipe) -> Start:
    """An untrained network that adds most of the level of a day everywhere."""
    torch.manual_seed(5)
    network = FusionNetwork(inputs.static_layers, recipe.widths)
    with torch.no_grad():
        network.detail.last.bias[0] = 0.8
    weights = network_weights(network)
    return Start(weights, recipe.variant, recipe.widths, recipe.static_channels, "f" * 64)


def scaled(concentration: float) -> float:
    """On the scale of the network, but for a constant."""
    return math.log(math.expm1((concentration + KNEE) / STRAIGHT))


def test_a_loss_worked_out_by_hand(
    metadata: ModelMetadata, inputs: TrainingInputs, recipe: Recipe, monkeypatch
) -> None:
    """A, B and D share a cell; A, B and C are hidden, D and E given."""
    cells = [(5, 7), (5, 7), (20, 9), (5, 7), (30, 40)]
    values = np.array([[10.0, 20.0, 40.0, 60.0, 30.0]])
    hidden = torch.tensor([True, True, True, False, False])
    monkeypatch.setattr(observed_days, "draw_hidden", lambda *arguments: hidden)
    days = ObservedDays(place(observed_at(metadata.grid, cells, values), metadata), Hiding(), 0.0)
    batch = days.draw(0, seeded_generator(0, 0))
    assert batch.observed[0, 0].nonzero().tolist() == [[5, 7], [30, 40]]
    assert batch.observations[0, 0, 5, 7] == 60
    assert batch.weights[0, 0].nonzero().tolist() == [[5, 7], [20, 9]]
    assert batch.truth[0, 0, 5, 7] == batch.reports[0, 0, 5, 7] == 15

    training = Training(recipe, inputs, ALONE)
    mean = transformed(torch.full_like(batch.truth, 48.0))
    level = transformed(torch.full((1, 1, 1, 1), 60.0))
    before = transformed(torch.full_like(batch.truth, 81.0))
    estimate = Estimate(mean, torch.ones_like(mean), level, before, level, level)
    training._model = lambda observations, observed, static: estimate
    # 48 ug/m3 is 33 above two stations of 15 and 8 above one of 40; the interpolation was twice as
    # far. The level of 60 is the unit, and half of where large errors begin comes off.
    errors, first = ((2 * (a / 60 - 0.05) + (b / 60 - 0.05)) / 3 for a, b in ((33, 8), (66, 41)))
    apart = [scaled(report) - scaled(48) for report in (15, 15, 40)]
    likelihood = sum(one**2 / 2 for one in apart) / 3
    # The mean of 2,080 cells in single precision.
    expected = errors / first + DEVIATION_SHARE * likelihood
    assert float(training.loss(batch)) == pytest.approx(expected, rel=1e-4)


def test_stations_that_share_a_cell_are_counted(metadata: ModelMetadata, monkeypatch) -> None:
    cells = [(5, 7), (5, 7), (5, 7), (30, 40), (20, 9)]
    values = np.array([[10.0, 20.0, 60.0, 30.0, 40.0]])
    hidden = torch.tensor([False, False, False, False, True])
    monkeypatch.setattr(observed_days, "draw_hidden", lambda *arguments: hidden)
    days = ObservedDays(place(observed_at(metadata.grid, cells, values), metadata), Hiding(), 0.0)
    batch = days.draw(0, seeded_generator(0, 0))
    assert batch.observed[0, 0, 5, 7] == 3
    assert batch.observed[0, 0, 30, 40] == 1
    assert batch.observed[0, 0].sum() == 4
    assert batch.observations[0, 0, 5, 7] == 30


@pytest.mark.parametrize("in_blocks", [0.0, 1.0])
def test_hidden_stations_are_never_in_the_input(
    placed: PlacedObservations, in_blocks: float
) -> None:
    days = ObservedDays(placed, Hiding(in_blocks=in_blocks), 0.0)
    values = placed.observations.values["pm25"]
    shares = []
    for day, batch in enumerate(days.each(seed=4)):
        reporting = np.isfinite(values[day])
        cell = placed.cell[reporting]
        given_there, hidden = (
            part.flatten().numpy()[cell] for part in (batch.observed[0, 0], batch.weights)
        )
        # Every station has a cell of its own: it is either given or hidden, and there is no other.
        np.testing.assert_array_equal(given_there + hidden, 1)
        assert int(batch.observed[0, 0].sum() + batch.weights.sum()) == len(cell)
        told = (
            batch.observations[0, 0].flatten().numpy()[cell] + batch.truth.flatten().numpy()[cell]
        )
        np.testing.assert_array_equal(told, values[day, reporting].astype(np.float32))
        shares.append(hidden.mean())
    # Shares of 0 to a half.
    assert len(shares) == DAYS
    assert 0.1 < np.mean(shares) < 0.4
    assert np.max(shares) < 0.75


def test_blocks_hide_all_stations_within() -> None:
    rows, columns, edge = 31, 43, 6
    cell = torch.arange(rows * columns)
    hiding = Hiding(in_blocks=1.0, block=(edge, edge))
    checked = 0
    for seed in range(8):
        hidden = draw_hidden(cell, cell, (rows, columns), hiding, seeded_generator(1, seed))
        if int(hidden.sum()) == 1:
            continue  # where no square was drawn a single station is hidden
        checked += 1
        whole = [
            all(
                square.all() or not square.any()
                for rows_of in torch.split(hidden.view(rows, columns), split(rows, row, edge))
                for square in torch.split(rows_of, split(columns, column, edge), dim=1)
            )
            for row, column in itertools.product(range(edge), repeat=2)
        ]
        assert any(whole)
    assert checked >= 4


def split(length: int, first: int, edge: int) -> list[int]:
    """Lengths of the pieces of an axis that is cut at `first` and then at every edge."""
    cuts = sorted({0, *range(first, length, edge), length})
    return np.diff(cuts).tolist()


@given(
    stations=st.integers(2, 40),
    most=st.floats(0.01, 1),
    in_blocks=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 1000),
)
def test_some_stations_are_hidden_and_some_are_left(
    stations: int, most: float, in_blocks: float, seed: int
) -> None:
    hiding = Hiding(most=most, in_blocks=in_blocks, block=(1, 30))
    generator = seeded_generator(seed, 0)
    cell = torch.randint(40 * 52, (stations,), generator=generator)
    hidden = draw_hidden(cell, torch.arange(stations), (40, 52), hiding, generator)
    assert hidden.shape == (stations,)
    assert 0 < int(hidden.sum()) < stations


@pytest.mark.parametrize("in_blocks", [0.0, 1.0])
def test_instruments_in_one_place_are_hidden_together(in_blocks: float) -> None:
    """Twenty pairs, the second of each a cell away; and a day of one place alone."""
    cell = torch.cat([52 * torch.arange(20), 52 * torch.arange(20) + 1])
    leader = torch.arange(20).repeat(2)
    hiding = Hiding(most=0.5, in_blocks=in_blocks, block=(1, 4))
    for seed in range(20):
        hidden = draw_hidden(cell, leader, (40, 52), hiding, seeded_generator(2, seed))
        assert torch.equal(hidden[:20], hidden[20:])
        assert 0 < int(hidden.sum()) < 40
        alone = draw_hidden(cell, 0 * leader, (40, 52), hiding, seeded_generator(2, seed))
        assert int(alone.sum()) == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"most": 0.0}, "'most' should not be 0"),
        ({"simulated": 1.0}, "'simulated' should not be 1"),
        ({"in_blocks": 1.5}, "'in_blocks' should be a share, 0 to 1, got 1.5"),
        ({"block": (5, 4)}, "the smallest and the largest edge, got 5, 4"),
    ],
)
def test_impossible_hiding_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Hiding(**values)


def test_a_patch_of_an_observed_day(placed: PlacedObservations) -> None:
    """The loss of a patch is the mean error at the hidden stations in it; weather comes along."""
    weather = np.full((DAYS, STATIONS), 55.0)
    listed = placed.observations
    values = {**listed.values, "relative_humidity": weather}
    days = ObservedDays(
        place(replace(listed, values=values), placed.metadata), Hiding(), without_weather=0.5
    )
    dry = 0
    for number in range(20):
        batch = days.draw(16, seeded_generator(2, number))
        assert batch.truth.shape == (1, 1, 16, 16)
        assert batch.observed[0, 0].any()
        weights = batch.weights
        if weights.any():
            assert float(weights.mean()) == pytest.approx(1, rel=1e-5)
        dry += not batch.observed[0, 1].any()
    # 20 throws of a coin: fewer than 4 or more than 16 come up once in 400.
    assert 4 <= dry <= 16


def test_the_share_of_simulated_days() -> None:
    class Days:
        def __init__(self, value: float) -> None:
            self.value = value

        def draw(self, crop: int, generator: torch.Generator) -> Batch:
            return Batch(*(torch.full((1, 1), self.value) for _ in Batch._fields))

    mixed = DrawnBatches(MixedDays(Days(0.0), Days(1.0), 0.25), 1, 0, seed=6)
    simulated = np.mean([float(mixed[number].truth) for number in range(400)])
    # Four standard deviations of the mean of 400 draws.
    assert simulated == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 400))


def test_the_last_days_are_held_out(placed: PlacedObservations) -> None:
    learned, held_out = split_days(placed, 0.1)
    assert (len(learned.observations.times), len(held_out.observations.times)) == (18, 2)
    assert held_out.observations.times[0] == FIRST + 18
    # A day with too few stations is neither.
    table = placed.observations.values["pm25"].copy()
    table[3, FEWEST_STATIONS - 1 :] = np.nan
    fewer = replace(placed, observations=replace(placed.observations, values={"pm25": table}))
    assert FIRST + 3 not in split_days(fewer, 0.1)[0].observations.times
    few = placed.without(np.arange(STATIONS) >= FEWEST_STATIONS - 1)
    with pytest.raises(
        InputError, match=r"20 stations of pm25 on the grid, got 0 \(the best of 20"
    ):
        split_days(few, 0.1)


def test_it_unlearns_a_bias(
    recipe: Recipe, inputs: TrainingInputs, start: Start, tmp_path: Path
) -> None:
    longer = replace(recipe, iterations=60, learning_rate=1e-2, average=0.9, validate_every=60)
    fit(longer, inputs, tmp_path / "run", ALONE, start=start)
    lines = (tmp_path / "run" / LOG_NAME).read_text().splitlines()
    scores = [entry["validation"] for entry in map(json.loads, lines) if "validation" in entry]
    assert scores[0]["nme"] > 0.6
    # A fifth is left here; what learns nothing keeps it all.
    assert scores[-1]["nme"] < 0.5 * scores[0]["nme"]


def test_an_interrupted_adaptation_goes_on_to_the_bit(
    placed: PlacedObservations,
    small_archive: Path,
    small_static_file: Path,
    recipe: Recipe,
    start: Start,
    tmp_path: Path,
) -> None:
    recipe = replace(recipe, save_minutes=0.0)
    mixed = read_adaptation_inputs(placed, small_static_file, recipe, small_archive)
    fit(recipe, mixed, tmp_path / "straight", ALONE, start=start)
    step = Training.step

    def dies(self, batch, progress):
        if self.iteration == 3:
            raise KeyboardInterrupt
        return step(self, batch, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Training, "step", dies)
        with pytest.raises(KeyboardInterrupt):
            fit(recipe, mixed, tmp_path / "killed", ALONE, start=start)
    fit(recipe, mixed, tmp_path / "killed", ALONE, start=start, resume=True)
    straight, killed = (
        load_checkpoint(tmp_path / name / CHECKPOINT_NAME).weights
        for name in ("straight", "killed")
    )
    assert all(torch.equal(killed[name], weights) for name, weights in straight.items())
    other = replace(mixed, facts={**mixed.facts, "observations_sha256": "another"})
    with pytest.raises(InputError, match=r"has the observations_sha256 [0-9a-f]{64}, this one"):
        fit(recipe, other, tmp_path / "killed", ALONE, start=start, resume=True)


@pytest.mark.slow
def test_an_adapted_network_never_passes_for_a_free_one(
    recipe: Recipe,
    inputs: TrainingInputs,
    start: Start,
    small_archive: Path,
    small_static_file: Path,
    tmp_path: Path,
) -> None:
    short = replace(recipe, iterations=1)
    adapted = fit(short, inputs, tmp_path / "adapted", ALONE, start=start)
    check_provenance(adapted.provenance)
    used = f"pm25 of {STATIONS} real stations on 18 days from 2019-03-01 to 2019-03-18"
    assert adapted.provenance["observations_used"] == used
    assert adapted.provenance["held_out_days"] == "2, from 2019-03-19 to 2019-03-20"
    assert adapted.provenance["archive_sha256"] == "none"
    # Nor does one that goes on from it with simulations alone.
    simulated = read_training_inputs([small_archive], small_static_file, short)
    assert simulated.facts["observations_used"] == "none"
    again = start._replace(observations_used=used)
    free = fit(short, simulated, tmp_path / "free", ALONE, start=start)
    tuned = fit(short, simulated, tmp_path / "tuned", ALONE, start=again)
    assert free.provenance["observations_used"] == "none"
    assert tuned.provenance["observations_used"] == used
    assert observations_used(used, "none", "more") == f"{used}; then more"


def test_the_hash_is_that_of_what_is_used(placed: PlacedObservations) -> None:
    whole = observations_sha256(placed)
    assert observations_sha256(replace(placed, listed=None)) == whole
    table = placed.observations.values["pm25"].copy()
    table[4, 5] += 1e-9
    changed_values = replace(placed.observations, values={"pm25": table})
    assert observations_sha256(replace(placed, observations=changed_values)) != whole
    assert observations_sha256(placed.without(np.arange(STATIONS) == 3)) != whole
    assert observations_sha256(placed.on_days(slice(1, None))) != whole


def write_days(path: Path, observations: Observations) -> Path:
    stations = observations.stations
    lines = ["date,station,longitude,latitude,pm25"]
    for day, row in zip(observations.times, observations.values["pm25"], strict=True):
        for code, *numbers in zip(
            stations.code, stations.longitude, stations.latitude, row, strict=True
        ):
            if np.isfinite(numbers[-1]):
                lines.append(",".join([str(day), code, *map(repr, map(float, numbers))]))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def options(
    observations: Observations,
    recipe: Recipe,
    inputs: TrainingInputs,
    start: Start,
    model_file: Path,
    small_static_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, object]:
    """Options of the command, and under '' the file of observations."""
    folder = tmp_path_factory.mktemp("adapt")
    (folder / "small.toml").write_text(
        'base = "adapt"\nbatch = 1\nwarm_up = 0\nvalidation_days = 1\npoint_conv = "direct"\n'
        "held_out = 1\n[hiding]\nsimulated = 0.25\n"
    )
    short = replace(recipe, iterations=1, crop=16)
    checkpoint = fit(short, inputs, folder / "run", ALONE, start=start)
    free = {**checkpoint.provenance, "observations_used": "none"}
    save_checkpoint(replace(checkpoint, provenance=free), folder / "start.npz")
    save_checkpoint(replace(checkpoint, provenance=free, target="no2"), folder / "no2.npz")
    return {
        "": write_days(folder / "days.csv", observations),
        "--from": folder / "start.npz",
        "--static": small_static_file,
        "--model": model_file,
        "--recipe": folder / "small.toml",
        "--iterations": 2,
        "--threads": torch.get_num_threads(),
    }


def adapt(options: dict[str, object], *flags: str) -> Result:
    words = [word for pair in options.items() for word in map(str, pair) if word]
    return CliRunner().invoke(main, ["adapt", *words, *flags])


def test_the_command_adapts_and_resumes(
    options: dict[str, object], small_archive: Path, tmp_path: Path
) -> None:
    run = {"--archive": small_archive, "-o": tmp_path / "run"}
    result = adapt({**options, **run})
    assert result.exit_code == 0, result.output
    assert f"adapting to pm25 of {STATIONS} real stations on 18 days from" in result.output
    assert "iteration 0, held-out days: r2 " in result.output
    checkpoint = load_checkpoint(tmp_path / "run" / CHECKPOINT_NAME)
    facts = checkpoint.provenance
    assert facts["recipe"] == "small"
    assert facts["observation_files"] == "days.csv"
    assert (facts["archive_days"], facts["training_days"]) == (10, 8)
    assert facts["observations_used"].startswith(f"pm25 of {STATIONS} real stations")
    assert changed(Recipe(), checkpoint.configuration).hiding.simulated == 0.25
    resumed = adapt({**options, **run}, "--resume", "--quiet")
    assert (resumed.exit_code, resumed.output) == (0, "")


def test_stations_that_are_left_out_have_no_part(
    options: dict[str, object], observations: Observations, tmp_path: Path
) -> None:
    """Leaving out is as good as a file that never had them, quality control included."""
    out = np.arange(STATIONS) % 5 == 0
    (tmp_path / "out.txt").write_text("\n".join(observations.stations.code[out]) + "\nelsewhere\n")
    fewer = write_days(tmp_path / "days.csv", observations.at_stations(~out))
    hashes = []
    for name, change in (
        ("listed", {"--without": tmp_path / "out.txt"}),
        ("absent", {"": fewer}),
    ):
        run = {"-o": tmp_path / name, "--iterations": 1}
        result = adapt({**options, **change, **run}, "--quiet")
        assert (result.exit_code, result.output) == (0, "")
        facts = load_checkpoint(tmp_path / name / CHECKPOINT_NAME).provenance
        assert facts["observations_used"].startswith(f"pm25 of {STATIONS - 30} real stations")
        hashes.append(facts["observations_sha256"])
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("", "absent.csv", "there is no file"),
        ("", "other.csv", "expected at least 2 days with 20 stations of pm25 on the grid, got 0"),
        ("", "few.csv", r"on the grid, got 0 (the best of 20 days has 19)"),
        ("--days", "2019-03-01", "stations of pm25 on the grid, got 1"),
        ("--days", "2018-03-01:2018-04-01", "on the grid, got 0 (the best of 0 days has 0)"),
        ("--without", "absent.txt", "there is no file"),
        ("--without", "nobody.txt", "none of the 2 stations in nobody.txt has observations"),
        ("--from", "no2.npz", "the network fuses no2, the model pm25; name a model of the same"),
        ("--static", "other.npz", "the grid needs (40, 52)"),
        ("--archive", "nothing", "there is no archive in"),
        ("--recipe", "hide.toml", "'most' should not be 0; nothing would be learned"),
    ],
)
def test_what_cannot_be_adapted_to_ends_with_one_sentence(
    options: dict[str, object],
    observations: Observations,
    small_layers: dict[str, np.ndarray],
    tmp_path: Path,
    name: str,
    value: str,
    message: str,
) -> None:
    np.savez(tmp_path / "other.npz", **{k: v[..., :-1] for k, v in small_layers.items()})
    text = options[""].read_text()
    (tmp_path / "other.csv").write_text(text.replace("pm25", "wind_speed"))
    write_days(tmp_path / "few.csv", observations.at_stations(np.arange(STATIONS) < 19))
    (tmp_path / "nobody.txt").write_text("nobody\nelse\n")
    (tmp_path / "hide.toml").write_text('base = "adapt"\n[hiding]\nmost = 0\n')
    (tmp_path / "no2.npz").write_bytes(options["--from"].with_name("no2.npz").read_bytes())
    given_value = value if name == "--days" else tmp_path / value
    result = adapt({**options, name: given_value, "-o": tmp_path / "run"})
    assert result.exit_code == 1
    assert message in result.output
    assert result.output.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_days_and_cities_are_kept_for_the_test(tmp_path: Path) -> None:
    rows = [f"2019-03-{day:02},S{i},{day + i}" for day in range(1, 11) for i in range(40)]
    (tmp_path / "days.csv").write_text("\n".join(["date,station,pm25", *rows]) + "\n")
    listed = [f"S{i},{100 + i},30,city {i // 2}" for i in range(40)]
    listed.insert(0, "station,longitude,latitude,city")
    (tmp_path / "list.csv").write_text("\n".join(listed) + "\n")
    words = ["split", "days.csv", "--stations", "list.csv", "--every", "4", "-o", "parts"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        result = CliRunner().invoke(benchmark, words)
    assert result.output == "3 test days; 4 stations of 2 cities left out\n"
    learn, test = ((tmp_path / "parts" / name).read_text() for name in ("learn.csv", "test.csv"))
    assert sorted((learn + test).splitlines()[1:]) == sorted([*rows, "date,station,pm25"])
    assert {row[:10] for row in test.splitlines()[1:]} == {
        "2019-03-01",
        "2019-03-05",
        "2019-03-09",
    }
    left_out = [int(code[1:]) for code in (tmp_path / "parts" / "left_out.txt").read_text().split()]
    assert len(left_out) == 4
    assert left_out[0] // 2 == left_out[1] // 2 != left_out[2] // 2 == left_out[3] // 2


@pytest.mark.slow
def test_scores_at_stations_that_are_left_out(
    options: dict[str, object], observations: Observations, tmp_path: Path
) -> None:
    """A network beside itself, at all that the stations say that were left out."""
    out = np.arange(STATIONS) % 10 == 0
    (tmp_path / "out.txt").write_text("\n".join(observations.stations.code[out]))
    words = ["score", options[""], "--model", options["--model"]]
    words += ["--left-out", tmp_path / "out.txt"]
    words += ["--from", options["--from"], "--checkpoint", options["--from"]]
    result = CliRunner().invoke(benchmark, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    pairs = np.isfinite(observations.values["pm25"][:, out]).sum()
    assert result.output.count(f"({pairs} pairs)") == 2
    assert "RMSE after over before: 1.000 (95 % range over days 1.000 to 1.000)" in result.output
