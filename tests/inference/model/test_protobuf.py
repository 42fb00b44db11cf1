"""Protocol buffers against the official package, and in every spelling that is not the official."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import AttributeProto, TensorProto

from pointfuse.errors import ModelFileError
from pointfuse.model.onnx_file.protobuf import (
    Field,
    Kind,
    Layout,
    MalformedError,
    Message,
    Refused,
    read_message,
)
from pointfuse_benchmarks.robustness.hostile_model_files import (
    FIXED32,
    GROUP,
    TEXT,
    VARINT,
    number,
    part,
    varint,
)

TENSOR = Layout(
    "a tensor",
    {
        1: Field("dims", Kind.INT64, repeated=True),
        2: Field("data_type", Kind.INT32),
        4: Field("float_data", Kind.FLOAT, repeated=True),
        5: Field("int32_data", Kind.INT32, repeated=True),
        8: Field("name", Kind.TEXT),
        9: Field("raw_data", Kind.BYTES),
        10: Field("double_data", Kind.DOUBLE, repeated=True),
        11: Field("uint64_data", Kind.UINT64, repeated=True),
        13: Refused("it lies elsewhere"),
        14: Field("data_location", Kind.INT32, allowed=(0,), refusal="it lies elsewhere"),
        20: Field("type", Kind.INT32, allowed=(1, 2)),
    },
)
ATTRIBUTE = Layout(
    "an attribute",
    {
        1: Field("name", Kind.TEXT),
        5: Field("t", TENSOR),
        8: Field("ints", Kind.INT64, repeated=True),
    },
)
INT32, INT64 = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1)


def read(content: bytes, layout: Layout = TENSOR) -> Message:
    return read_message(memoryview(content), layout)


@given(
    name=st.text(),
    kind=INT32,
    dims=st.lists(INT64),
    packed=st.lists(INT32),
    unsigned=st.lists(st.integers(0, 2**64 - 1)),
    floats=st.lists(st.floats(width=32, allow_nan=False)),
    raw=st.binary(),
)
def test_what_the_official_package_writes(
    name: str,
    kind: int,
    dims: list[int],
    packed: list[int],
    unsigned: list[int],
    floats: list[float],
    raw: bytes,
) -> None:
    written = TensorProto(
        name=name,
        data_type=kind,
        dims=dims,
        int32_data=packed,
        uint64_data=unsigned,
        float_data=floats,
        raw_data=raw,
    )
    attribute = AttributeProto(name="a", t=written, ints=dims)
    found = read(attribute.SerializeToString(), ATTRIBUTE)
    assert found.text("name") == "a"
    assert found.integers("ints") == dims
    tensor = found.message("t")
    assert tensor.text("name") == name
    assert tensor.integer("data_type") == kind
    assert tensor.integers("dims") == dims
    assert tensor.integers("int32_data") == packed
    assert tensor.integers("uint64_data") == unsigned
    assert np.frombuffer(tensor.content("float_data"), "<f4").tolist() == floats
    assert tensor.content("raw_data") == raw


def test_what_is_absent_has_the_default_of_the_format() -> None:
    empty = read(b"")
    assert "name" not in empty
    assert (empty.text("name"), empty.integer("data_type"), empty.integers("dims")) == ("", 0, [])
    assert empty.content("raw_data") == b""


def test_numbers_of_a_list_in_one_field_or_in_many() -> None:
    """Both are right, whatever a writer prefers, and readers take both."""
    many = number(1, 3) + number(1, 300)
    one = part(1, varint(3) + varint(300))
    for content in (many, one):
        assert TensorProto.FromString(content).dims == [3, 300]
        assert read(content).integers("dims") == [3, 300]


LONGER = "a number is longer than it needs to be"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (varint(8 << 3 | TEXT, 1) + b"\x01a", LONGER),
        (varint(8 << 3 | TEXT, 4) + b"\x01a", LONGER),
        (varint(8 << 3 | TEXT) + varint(1, 2) + b"a", LONGER),
        (number(2, 1, extra=1), LONGER),
        (b"\x10" + b"\xff" * 9 + b"\x02", LONGER),
        (part(1, varint(3, 1)), LONGER),
        (part(11, b"\xff" * 9 + b"\x02"), LONGER),
        (part(1, b"\x80" * 11 + b"\x01"), LONGER),
        (part(1, b"\x01\x80"), "ends early"),
        (number(2, 1 << 31), "the number 2147483648 in 'data_type' is beyond 32 bits"),
        (number(2, (1 << 32) + 1), "beyond 32 bits"),
        (part(5, varint(1 << 40)), "beyond 32 bits"),
        (varint((1 << 32) + 8 << 3 | TEXT) + b"\x01a", "a tensor has a field 4294967304"),
        (number(2, 1) * 2, "the field 'data_type' of a tensor occurs twice"),
        (part(9, b"1") + part(9, b"2"), "the field 'raw_data' of a tensor occurs twice"),
        (varint(2 << 3 | FIXED32) + b"1234", "a number where 'data_type' of a tensor should be"),
        (part(2, b"1"), "a text where 'data_type' of a tensor should be"),
        (varint(8 << 3 | VARINT) + b"1", "a number where 'name' of a tensor should be"),
        (varint(1 << 3 | FIXED32) + b"1234", "a number where 'dims' of a tensor should be"),
        (varint(8 << 3 | GROUP), "an unknown wire type 3"),
        (varint(8 << 3 | 7), "an unknown wire type 7"),
        (varint(TEXT) + b"\x00", "a field without number"),
        (number(3, 1), "a tensor has a field 3, which is not known there"),
        (part(4, b"12345"), "the numbers of 'float_data' end early"),
        (varint(4 << 3 | FIXED32) + b"123", "ends early"),
        (part(8, b"\xed\xa0\x80"), "a text is not UTF-8"),
        (number(20, 3), "the number 3 in 'type' has no meaning there"),
        (b"\x80", "ends early"),
    ],
)
def test_whatever_readers_may_take_in_two_ways_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(MalformedError, match=message):
        read(content)


def test_a_field_that_must_not_be_there() -> None:
    for content in (part(13, b""), number(14, 1), number(14, -1), part(13, part(1, b"a"))):
        with pytest.raises(ModelFileError, match="it lies elsewhere"):
            read(content)
    assert "data_location" in read(number(14, 0))


def test_floating_point_numbers_one_by_one() -> None:
    content = b"".join(varint(4 << 3 | FIXED32) + struct.pack("<f", value) for value in (1.5, -2))
    assert np.frombuffer(read(content).content("float_data"), "<f4").tolist() == [1.5, -2.0]
