"""Compiled engines: a folder for everything they depend on, whole or not at all, and private."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pointfuse.model import engine_cache
from pointfuse.model.engine_cache import cache_folder, cache_key, cache_root, cache_state, filling
from pointfuse.model.nvidia import Gpu

KEY: dict[str, object] = {"device": "tensorrt", "model_sha256": "0" * 64}


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("POINTFUSE_CACHE", str(tmp_path / "engines"))
    return tmp_path / "engines"


def fill(key: dict[str, object], content: str = "engine") -> Path:
    with filling(key) as folder:
        assert folder is not None
        (folder / "a.engine").write_text(content)
    return cache_folder(key)


def test_the_key_names_all_that_an_engine_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def folder() -> Path:
        return cache_folder(cache_key("tensorrt", "0" * 64, "fp16"))

    first = folder()
    assert folder() == first
    assert cache_folder(cache_key("rtx", "0" * 64, "fp16")) != first
    assert cache_folder(cache_key("tensorrt", "1" * 64, "fp16")) != first
    assert cache_folder(cache_key("tensorrt", "0" * 64, "fp32")) != first
    changes = {
        "driver_version": lambda: "580.1",
        "cuda_version": lambda: "12.8",
        "gpus": lambda: (Gpu("NVIDIA GeForce RTX 4090", "8.9", 0),),
        "installed_wheels": lambda: {"tensorrt-cu13": "10.13"},
    }
    for name, value in changes.items():
        with monkeypatch.context() as patched:
            patched.setattr(engine_cache, name, value)
            assert folder() != first, name
    monkeypatch.setattr("onnxruntime.__version__", "9.9.9")
    assert folder() != first


def test_engines_appear_when_they_are_complete(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with filling(KEY) as part:
        assert part is not None
        assert not cache_folder(KEY).exists()
        (part / "a.engine").write_text("engine")
    assert caplog.messages == [
        "compiling the model for tensorrt; this happens once and may take minutes"
    ]
    assert sorted(path.name for path in root.iterdir()) == [cache_folder(KEY).name]
    assert json.loads((cache_folder(KEY) / "key.json").read_text()) == KEY
    with filling(KEY) as again:
        assert again == cache_folder(KEY)
    assert len(caplog.messages) == 1
    assert cache_state().engines == 1
    assert cache_state().bytes == sum(path.stat().st_size for path in cache_folder(KEY).iterdir())


def test_half_an_engine_is_removed(root: Path) -> None:
    def broken_off() -> None:
        with filling(KEY) as part:
            assert part is not None
            (part / "a.engine").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert list(root.iterdir()) == []
    assert cache_state() == engine_cache.CacheState(str(root), 0, 0)


def test_engines_that_fail_are_removed_and_those_of_a_stopped_run_are_not() -> None:
    folder = fill(KEY)
    with pytest.raises(KeyboardInterrupt), filling(KEY):
        raise KeyboardInterrupt
    assert (folder / "a.engine").exists()
    with pytest.raises(ValueError, match="damaged"), filling(KEY):
        raise ValueError("damaged")
    assert not folder.exists()


def test_the_quicker_of_two_runs_is_kept(root: Path) -> None:
    with filling(KEY) as part:
        assert part is not None
        (part / "a.engine").write_text("slow")
        fill(KEY, "quick")
    assert (cache_folder(KEY) / "a.engine").read_text() == "quick"
    assert len(list(root.iterdir())) == 1


def test_a_place_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("POINTFUSE_CACHE", str(tmp_path / "file"))
    with filling(KEY) as folder:
        assert folder is None
    assert "cannot be kept in" in caplog.text
    assert "name another folder with POINTFUSE_CACHE" in caplog.text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_engines_that_others_could_have_put_there_are_not_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = fill(KEY)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    with filling(KEY) as given:
        assert given is None
    assert "other users can write to" in caplog.text


def test_the_users_own_cache_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("POINTFUSE_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_root() == tmp_path / "pointfuse" / "engines"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_root() == Path.home() / ".cache" / "pointfuse" / "engines"
