"""Files that appear only when they are complete, whoever else writes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pointfuse.basics.atomic_files import replacing
from pointfuse.errors import OutputError


def test_two_runs_do_not_share_a_temporary_file(tmp_path: Path) -> None:
    """Containers on a shared folder all have process number 1."""
    path = tmp_path / "out.nc"
    with replacing(path) as first, replacing(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    # The first was entered first and left last.
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    target, link = tmp_path / "store" / "out.nc", tmp_path / "latest.nc"
    link.symlink_to(target)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="is a device or pipe"), replacing(tmp_path / "pipe"):
        pass


def test_a_name_that_is_too_long_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), replacing(tmp_path / ("n" * 300)):
        pass


def test_a_long_name_that_fits_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 245 + ".nc")
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_nothing_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), replacing(tmp_path / "out.nc"):
        pass
    assert list(tmp_path.iterdir()) == []
