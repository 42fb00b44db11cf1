"""Static layers, read from the bytes of a model file, against the arrays they were made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from pointfuse import InputError, Model, ModelFileError, StaticLayer, load_model
from pointfuse.model.metadata import METADATA_KEY, ModelMetadata
from pointfuse.model.onnx_file.onnx_structure import read_onnx_structure
from pointfuse.model.static_layers import read_static_layers

CHECKPOINT = Path(__file__).parents[3] / "models" / "pointfuse-china12.checkpoint.npz"

LAYERS = (
    StaticLayer("height", "2000 m", "none"),
    StaticLayer("urban_fraction", "1", "none"),
)


def with_tensor(model: onnx.ModelProto, tensor: TensorProto) -> bytes:
    model.graph.initializer.append(tensor)
    return model.SerializeToString()


@pytest.fixture
def layered(tiny_metadata: ModelMetadata) -> ModelMetadata:
    return dataclasses.replace(tiny_metadata, static_layers=LAYERS)


@pytest.fixture
def stored(tiny_metadata: ModelMetadata, rng: np.random.Generator) -> np.ndarray:
    return rng.random((2, *tiny_metadata.grid.shape), np.float32)


def test_layers_of_the_shipped_model_are_those_it_was_made_from() -> None:
    model = load_model()
    with np.load(CHECKPOINT) as archive:
        expected = archive["static_layers"]
    assert model.static_layer_names == tuple(layer.name for layer in model.metadata.static_layers)
    assert model.static_layer_names[0] == "height"
    for layer, stored in zip(model.metadata.static_layers, expected, strict=True):
        # Some roundings of single precision, relative to numbers that may be near zero.
        np.testing.assert_allclose(
            model.static_layer(layer.name), stored * layer.scale, rtol=1e-6, atol=1e-5
        )
    # Lhasa, 91.1 E 29.65 N, stands at 3,650 m; its cell has mountains around it.
    (cell,) = model.metadata.grid.cells([91.1], [29.65])
    assert 3600 < model.static_layer("height").ravel()[cell] < 5200


@pytest.mark.parametrize("kind", ["raw", "floats", "half"])
def test_all_ways_of_storing_a_tensor(
    tiny_proto: onnx.ModelProto, layered: ModelMetadata, stored: np.ndarray, kind: str
) -> None:
    if kind == "raw":
        tensor = numpy_helper.from_array(stored, "static_layers")
    elif kind == "floats":
        tensor = helper.make_tensor(
            "static_layers", TensorProto.FLOAT, stored.shape, stored.ravel().tolist()
        )
    else:
        stored = stored.astype(np.float16)
        tensor = numpy_helper.from_array(stored, "static_layers")
    layers = read_static_layers(read_onnx_structure(with_tensor(tiny_proto, tensor)), layered)
    np.testing.assert_array_equal(layers["height"], stored[0].astype(np.float32) * 2000)
    np.testing.assert_array_equal(layers["urban_fraction"], stored[1].astype(np.float32))
    assert layers["height"].dtype == np.float32


@pytest.mark.parametrize(
    ("units", "scale"),
    [("2000 m", 2000.0), ("1", 1.0), ("m", 1.0), ("m s-1", 1.0), ("1e-3 m", 1e-3)],
)
def test_a_number_in_front_of_the_units_is_their_size(units: str, scale: float) -> None:
    assert StaticLayer("x", units, "none").scale == scale


def test_a_layer_that_is_not_there(tiny_model_bytes: bytes, tiny_metadata: ModelMetadata) -> None:
    assert read_static_layers(read_onnx_structure(tiny_model_bytes), tiny_metadata) == {}
    model = Model(tiny_model_bytes, tiny_metadata, "0" * 64, threads=1)
    assert model.static_layer_names == ()
    with pytest.raises(
        InputError, match=r"no static layer 'height'; expected one of \(it has none"
    ):
        model.static_layer("height")


def test_a_tensor_that_does_not_fit_is_refused(
    tiny_proto: onnx.ModelProto,
    layered: ModelMetadata,
    stored: np.ndarray,
    write: Callable[[str, str | bytes], Path],
) -> None:
    helper.set_model_props(tiny_proto, {METADATA_KEY: layered.to_json()})
    content = with_tensor(tiny_proto, numpy_helper.from_array(stored[:1], "static_layers"))
    message = r"'static_layers' of the shape \(2, 12, 16\) .* holds one of the shape \(1, 12, 16\)"
    with pytest.raises(ModelFileError, match=message):
        load_model(write("other.onnx", content), threads=1)


def in_bytes(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Steps, the size of each and the one that is 0, as ONNX's DequantizeLinear takes them too."""
    return {
        "static_layers_steps": rng.integers(0, 256, (2, 12, 16), np.uint8),
        "static_layers_scale": np.array([0.0125, 1 / 255], np.float32),
        "static_layers_zero": np.array([20, 0], np.uint8),
    }


def test_layers_in_bytes_are_what_onnx_makes_of_them(
    tiny_proto: onnx.ModelProto, layered: ModelMetadata, rng: np.random.Generator
) -> None:
    parts = in_bytes(rng)
    node = helper.make_node("DequantizeLinear", list(parts), ["layers"], axis=0)
    (expected,) = ReferenceEvaluator(
        helper.make_model(
            helper.make_graph(
                [node],
                "g",
                [],
                [helper.make_tensor_value_info("layers", TensorProto.FLOAT, [2, 12, 16])],
                [numpy_helper.from_array(part, name) for name, part in parts.items()],
            ),
            opset_imports=[helper.make_opsetid("", 19)],
        )
    ).run(None, {})
    for name, part in parts.items():
        tiny_proto.graph.initializer.append(numpy_helper.from_array(part, name))
    layers = read_static_layers(read_onnx_structure(tiny_proto.SerializeToString()), layered)
    # In plain units: heights are stored in 2000 m.
    np.testing.assert_array_equal(layers["height"], expected[0] * np.float32(2000))
    np.testing.assert_array_equal(layers["urban_fraction"], expected[1])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "static_layers_steps",
            r"'static_layers_steps' of the shape \(2, 12, 16\) .* \(1, 12, 16\)",
        ),
        ("static_layers_scale", r"'static_layers_scale' of the shape \(2,\) .* \(1,\)"),
        ("static_layers_zero", r"'static_layers_zero' of the shape \(2,\) .* holds none"),
    ],
)
def test_bytes_that_do_not_fit_are_refused(
    tiny_proto: onnx.ModelProto,
    layered: ModelMetadata,
    rng: np.random.Generator,
    name: str,
    message: str,
) -> None:
    for each, part in in_bytes(rng).items():
        if each != "static_layers_zero" or name != each:
            kept = part[:1] if each == name else part
            tiny_proto.graph.initializer.append(numpy_helper.from_array(kept, each))
    structure = read_onnx_structure(tiny_proto.SerializeToString())
    with pytest.raises(ModelFileError, match=message):
        read_static_layers(structure, layered)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda tensor: tensor.ClearField("raw_data"), "do not fill its shape"),
        (lambda tensor: tensor.dims.append(2), "do not fill its shape"),
        (lambda tensor: tensor.dims.append(0), "do not fill its shape"),
        (lambda tensor: setattr(tensor, "data_type", TensorProto.INT32), "element type 6"),
        (lambda tensor: tensor.float_data.append(1), "two sets of values"),
    ],
)
def test_a_damaged_tensor_is_refused(
    tiny_proto: onnx.ModelProto,
    stored: np.ndarray,
    spoil: Callable[[TensorProto], None],
    message: str,
) -> None:
    tensor = numpy_helper.from_array(stored, "static_layers")
    spoil(tensor)
    with pytest.raises(ModelFileError, match=message):
        read_onnx_structure(with_tensor(tiny_proto, tensor)).constant("static_layers")


@settings(max_examples=200)
@given(position=st.integers(0), byte=st.integers(0, 255))
def test_any_changed_byte_gives_a_tensor_or_our_error(position: int, byte: int) -> None:
    tensor = numpy_helper.from_array(np.ones((1, 2, 2), np.float32), "static_layers")
    graph = helper.make_graph([], "g", [], [], [tensor])
    changed = bytearray(helper.make_model(graph).SerializeToString())
    changed[position % len(changed)] = byte
    try:
        found = read_onnx_structure(bytes(changed)).constant("static_layers")
    except ModelFileError as error:
        assert "\n" not in str(error)
    else:
        assert found is None or found.dtype == np.float32
