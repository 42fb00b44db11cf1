"""Which file of the shipped model a device gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from pointfuse import InputError, ModelFileError, load_model
from pointfuse.basics.dot_products import has_integer_dot_products
from pointfuse.model import precisions
from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.model.precisions import chosen_path, fastest, files_by_precision
from pointfuse.model.shipped import ShippedModel, shipped_models

Write = Callable[[str, str | bytes], Path]

AMD_ZEN_3 = "processor\t: 0\nflags\t\t: fpu avx avx2 fma\n"
INTEL_ICE_LAKE = "processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512_vnni\n"
INTEL_ALDER_LAKE = "flags\t: avx2 avx_vnni\n"
NEOVERSE = "BogoMIPS\t: 50.00\nFeatures\t: fp asimd asimdhp asimddp sve i8mm\n"
RASPBERRY_PI_4 = "Features\t: fp asimd evtstrm crc32 cpuid\n"


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        (AMD_ZEN_3, False),
        (INTEL_ICE_LAKE, True),
        (INTEL_ALDER_LAKE, True),
        (NEOVERSE, True),
        (RASPBERRY_PI_4, False),
        (NEOVERSE + RASPBERRY_PI_4, False),  # cores of two kinds: the scheduler takes either
        ("model name\t: avx512_vnni\n", False),  # a name is no feature
        ("", False),
    ],
)
def test_instructions_for_integers(write: Write, cpuinfo: str, expected: bool) -> None:
    assert has_integer_dot_products(write("cpuinfo", cpuinfo)) is expected


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [("darwin", "arm64", True), ("darwin", "x86_64", False), ("win32", "AMD64", False)],
)
def test_instructions_for_integers_where_linux_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, system: str, machine: str, expected: bool
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert has_integer_dot_products(tmp_path / "none") is expected


ALL = ("fp32", "fp16", "int8")


@pytest.mark.parametrize(
    ("files", "device", "integers", "expected"),
    [
        (ALL, "cpu", True, "int8"),
        (ALL, "cpu", False, "fp32"),
        (("fp32",), "cpu", True, "fp32"),
        (("fp32", "fp16"), "cpu", True, "fp32"),
        (ALL, "cuda", True, "fp16"),
        (ALL, "tensorrt", False, "fp16"),
        (ALL, "rtx", False, "fp16"),
        (("fp32", "int8"), "cuda", True, "fp32"),
    ],
)
def test_the_fastest_that_is_shipped(
    monkeypatch: pytest.MonkeyPatch,
    files: tuple[str, ...],
    device: str,
    integers: bool,
    expected: str,
) -> None:
    monkeypatch.setattr(precisions, "has_integer_dot_products", lambda: integers)
    assert fastest(dict.fromkeys(files), device) == expected


def test_the_reference_is_always_shipped() -> None:
    files = files_by_precision()
    assert files["fp32"] == shipped_models()[0]
    assert chosen_path(None, "fp32", "cuda").name == files["fp32"].file


def test_files_of_other_models_and_versions_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ShippedModel("a.onnx", "a", "1.0.0", 1, "0", "fp32", "pm25")
    entries = (
        first,
        replace(first, file="a.fp16.onnx", precision="fp16", version="0.9.0"),
        replace(first, file="b.int8.onnx", precision="int8", name="b"),
    )
    monkeypatch.setattr(precisions, "shipped_models", lambda _: entries)
    assert files_by_precision() == {"fp32": first}


@pytest.fixture
def shipped_in_two(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tiny_proto: onnx.ModelProto,
    tiny_metadata: ModelMetadata,
) -> Path:
    """A folder of shipped models with the tiny model in single precision and in integers."""
    import hashlib

    entries = []
    for precision, name in (("fp32", "tiny.onnx"), ("int8", "tiny.int8.onnx")):
        metadata = replace(tiny_metadata, precision=precision)
        onnx.helper.set_model_props(tiny_proto, {METADATA_KEY: metadata.to_json()})
        content = tiny_proto.SerializeToString()
        (tmp_path / name).write_bytes(content)
        entries.append(
            {
                "file": name,
                "name": "tiny",
                "version": "0.1.0",
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "precision": precision,
                "variable": "pm25",
            }
        )
    (tmp_path / "manifest.json").write_text(json.dumps({"schema_version": 1, "models": entries}))
    for module in ("shipped", "model_file", "precisions"):
        monkeypatch.setattr(f"pointfuse.model.{module}.model_folder", lambda: tmp_path)
    return tmp_path


@pytest.mark.usefixtures("shipped_in_two")
@pytest.mark.parametrize(
    ("integers", "precision", "expected"),
    [
        (True, "auto", "int8"),
        (False, "auto", "fp32"),
        (True, "fp32", "fp32"),
        (False, "int8", "int8"),
    ],
)
def test_the_shipped_model_is_loaded_in_the_precision(
    monkeypatch: pytest.MonkeyPatch, integers: bool, precision: str, expected: str
) -> None:
    monkeypatch.setattr(precisions, "has_integer_dot_products", lambda: integers)
    model = load_model(threads=1, device="cpu", precision=precision)
    assert model.metadata.precision == expected
    assert model.sha256 == files_by_precision()[expected].sha256


def test_a_file_of_ones_own_is_taken_as_it_is(shipped_in_two: Path) -> None:
    path = shipped_in_two / "tiny.int8.onnx"
    for precision in ("auto", "int8"):
        assert load_model(path, threads=1, precision=precision).metadata.precision == "int8"
    with pytest.raises(ModelFileError, match="of tiny is in int8, not in fp16; name the file in"):
        load_model(path, threads=1, precision="fp16")


@pytest.mark.usefixtures("shipped_in_two")
def test_a_precision_that_is_not_there() -> None:
    with pytest.raises(
        ModelFileError, match=r"tiny 0\.1\.0 does not come in fp16; expected fp32 o"
    ):
        load_model(precision="fp16")
    with pytest.raises(
        InputError, match="no precision 'bf16'; expected one of auto, fp32, fp16, i"
    ):
        load_model(precision="bf16")
