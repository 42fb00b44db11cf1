"""Engine files: what is written is read, and nothing that is damaged, mixed up or foreign."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointfuse import ModelFileError
from pointfuse.errors import DeviceError, InputFileNotFoundError
from pointfuse_export.engines.engine_file import (
    AMPERE_PLUS,
    EngineHeader,
    Layer,
    Profile,
    read_engine,
    write_engine,
)
from pointfuse_export.files.description import read_description

MODEL = 64 * "a"
ENGINE = bytes(range(256))


@pytest.fixture(scope="module")
def header(tiny_description):
    return EngineHeader(
        model=read_description(tiny_description).metadata({}, 64 * "0"),
        model_sha256=MODEL,
        library="tensorrt_rtx",
        library_version="1.7.1",
        platform="Linux x86_64",
        targets=("8.6", "8.9"),
        hardware_compatibility="none",
        version_compatible=False,
        profile=Profile(1, 2, 8),
        tf32=False,
        layers_from="engine",
        layers=(Layer("regr_unetpp.head/Conv", "CONVOLUTION", "fp32"),),
    )


@pytest.fixture(scope="module")
def path(header, tmp_path_factory):
    path = tmp_path_factory.mktemp("engines") / "tiny.engine"
    write_engine(path, header, ENGINE)
    return path


def test_what_was_written_is_read(path, header):
    assert read_engine(path, target="8.9", model_sha256=MODEL) == (header, ENGINE)


@given(data=st.data())
def test_one_altered_byte_anywhere_is_found(path, tmp_path_factory, data):
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    altered = tmp_path_factory.getbasetemp() / "altered.engine"
    altered.write_bytes(content)
    with pytest.raises(ModelFileError):
        read_engine(altered)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (0, "does not begin like an engine file"),
        (8, "has the layout 0 of engine files, this pointfuse-export reads 1"),
        (40, "the header of .* was altered after it was written"),
        (100, "the header of .* was altered after it was written"),
        (-1, "the engine in .* was altered after it was built: expected sha256 40aff2e9"),
    ],
)
def test_an_altered_byte_is_told_by_its_place(path, tmp_path, place, sentence):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    (tmp_path / "altered.engine").write_bytes(content)
    with pytest.raises(ModelFileError, match=sentence):
        read_engine(tmp_path / "altered.engine")


@given(data=st.data())
def test_a_file_cut_off_anywhere_is_found(path, tmp_path_factory, data):
    content = path.read_bytes()
    short = tmp_path_factory.getbasetemp() / "short.engine"
    short.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ModelFileError, match=r"cut off|does not begin like"):
        read_engine(short)


def test_a_file_with_more_behind_its_end_is_found(path, tmp_path):
    (tmp_path / "long.engine").write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelFileError, match="too long: expected 256 bytes of engine, got 257"):
        read_engine(tmp_path / "long.engine")


def test_an_engine_of_another_model_is_refused(path):
    with pytest.raises(ModelFileError, match=f"of another model .* sha256 {MODEL}, .* {64 * 'b'}"):
        read_engine(path, model_sha256=64 * "b")


def test_a_gpu_that_it_was_not_built_for_is_refused(path):
    sentence = "not for GPUs of compute capability 9.0, but for 8.6, 8.9"
    with pytest.raises(DeviceError, match=sentence) as caught:
        read_engine(path, target="9.0")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("capability", "expected"),
    [("7.5", False), ("8.0", True), ("8.9", True), ("12.0", True), ("ada", False)],
)
def test_hardware_compatibility_opens_it_for_ampere_and_later(header, capability, expected):
    wide = dataclasses.replace(header, targets=("8.6",), hardware_compatibility=AMPERE_PLUS)
    assert wide.runs_on(capability) is expected


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputFileNotFoundError, match="there is no engine file"):
        read_engine(tmp_path / "absent.engine")


def test_a_folder_is_told(tmp_path):
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_engine(tmp_path)


@pytest.mark.parametrize("times", [(0, 1, 1), (2, 1, 8), (1, 9, 8)])
def test_an_impossible_profile_is_refused(times):
    with pytest.raises(ValueError, match="expected 1 <= minimum <= optimum <= maximum"):
        Profile(*times)
