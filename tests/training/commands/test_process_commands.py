"""The commands of Gaussian processes: stations in, parameters and samples out."""

from __future__ import annotations

import pytest
import torch
from click.testing import CliRunner

from pointfuse_training.archives.archive import Archive
from pointfuse_training.commands.main import main
from pointfuse_training.processes.process_file import read_process

# As the fixture `station_files` has them.
STATIONS, DAYS = 130, 24


def train(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def process(station_files, model_file, small_static_file, tmp_path):
    """Run the command, and return what it says and the file."""

    def run(*options, stations="list.csv"):
        files = (
            station_files / "days.csv",
            *(["--stations", station_files / stations] if stations else []),
        )
        known = "--model", model_file, "--static", small_static_file
        output = tmp_path / "process.toml"
        return train("process", *files, *known, "-o", output, *options), output

    return run


@pytest.mark.slow
def test_process_writes_what_days_far_from_scored_ones_say(process):
    result, output = process("--exclude-every", 12, "--apart", 4, "--every", 1)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"wrote {output}: length ")
    found = read_process(output)
    # Scored are the 1st and the 13th of March; the rest are four days away from both.
    days = [f"2019-03-{day:02d}" for day in (5, 6, 7, 8, 9, 17, 18, 19, 20, 21, 22, 23, 24)]
    assert found.provenance["days"] == days
    assert found.provenance["stations"] == STATIONS
    assert found.provenance["cities"] == 13
    assert found.provenance["command"].startswith("pointfuse-train process days.csv --stations ")
    assert "/" not in found.provenance["command"]


def test_half_of_the_cities_are_left_out(process, monkeypatch):
    given = []

    def remembered(days, provenance, **_):
        given.append((days, provenance))
        raise KeyboardInterrupt

    monkeypatch.setattr("pointfuse_training.commands.process.fit_distribution", remembered)
    monkeypatch.setattr("pointfuse_training.commands.unscored_options.FEWEST_STATIONS", 5)
    for seed in (1, 1, 2):
        process("--half-of-cities", seed, "--every", 2)
    (_, first), (_, again), (days, other) = given
    assert first["observations_sha256"] == again["observations_sha256"]
    assert first["observations_sha256"] != other["observations_sha256"]
    # Whole cities of ten stations.
    assert other["stations"] == 10 * other["cities"]
    assert 0 < other["stations"] < STATIONS
    assert len(days) == DAYS / 2
    assert {len(day.values) for day in days} == {other["stations"]}


def test_process_ends_with_one_sentence(process, station_files):
    lines = (station_files / "list.csv").read_text().splitlines()
    columns = [line.split(",") for line in lines]
    bare = "\n".join(",".join([code, *where]) for code, _, *where in columns)
    (station_files / "bare.csv").write_text(bare + "\n")
    for (result, output), message in (
        (process("--half-of-cities", 0, stations="bare.csv"), "give a station list with a column"),
        (process("--every", 6), "expected at least 9 days with enough stations, got 4"),
    ):
        assert result.exit_code == 1
        assert message in result.output
        assert result.output.count("\n") == 1
        assert not output.exists()
    result, _ = process("--half-of-cities", 0, stations=None)
    assert result.exit_code == 2
    assert "takes the cities of --stations" in result.output
    result, _ = process("-o", "process.nc")
    assert result.exit_code == 1
    assert "expected a TOML file named *.toml, got process.nc" in result.output


@pytest.fixture
def sample(small_static_file, distribution_file, tmp_path, small_grid, monkeypatch):
    """Run the command on the small grid."""
    monkeypatch.setattr(
        "pointfuse_training.commands.archive_options.read_grid", lambda path: small_grid
    )

    def run(*options, process=distribution_file):
        files = "--static", small_static_file, "--process", process, "-o", tmp_path / "archive"
        threads = "--threads", torch.get_num_threads()
        return train("sample", *files, *threads, "--scenarios", 2, "--days", 1, *options)

    return run


def test_sample_writes_an_archive_and_goes_on_with_one(sample, tmp_path):
    first = sample("--seed", 4)
    assert first.exit_code == 0, first.output
    assert first.output.startswith("2 scenarios of 1 day in ")
    again = sample("--seed", 4, "--scenarios", 3, "--quiet")
    assert (again.exit_code, again.output) == (0, "")
    archive = Archive(tmp_path / "archive")
    assert len(archive) == 3
    assert (archive.station_noise > 0).all()
    other = sample("--seed", 5)
    assert other.exit_code == 1
    assert "has the seed 4, this run 5" in other.output
    assert other.output.count("\n") == 1


def test_sample_names_a_file_that_is_no_process(sample, tmp_path):
    for process, message in (
        (tmp_path / "absent.toml", "there is no process file"),
        (tmp_path / "other.toml", "other.toml holds no Gaussian process that can be used"),
    ):
        (tmp_path / "other.toml").write_text("name = 'other'\n")
        result = sample(process=process)
        assert result.exit_code == 1
        assert message in result.output
        assert result.output.count("\n") == 1
