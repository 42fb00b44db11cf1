"""Texts that hold what cannot be seen."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointfuse.basics.printable import json_text, listed, printable, printable_content

HIDDEN = [
    ("\x00", r"\x00"),
    ("\x07", r"\x07"),
    ("\x1b", r"\x1b"),
    ("\n", r"\n"),
    ("\r", r"\r"),
    ("\t", r"\t"),
    ("\x7f", r"\x7f"),
    ("\x9b", r"\x9b"),  # begins an escape sequence of eight-bit terminals
    ("\xad", r"\xad"),
    ("\u200b", r"\u200b"),
    ("\u2028", r"\u2028"),
    ("\u2029", r"\u2029"),
    ("\u202e", r"\u202e"),
    ("\u2066", r"\u2066"),
    ("\ufeff", r"\ufeff"),
    ("\udcff", r"\udcff"),
    ("\uffff", r"\uffff"),
    ("\U000e0041", r"\U000e0041"),
]


@pytest.mark.parametrize(("hidden", "shown"), HIDDEN)
def test_what_cannot_be_seen_is_escaped(hidden: str, shown: str) -> None:
    assert printable(f"a{hidden}b{hidden}") == f"a{shown}b{shown}"
    assert printable(f"a{hidden}b", keep=hidden) == f"a{hidden}b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1001A",
        "µg m⁻³",
        "北京\u3000市",
        "10\xa0°C",
        r"a\x1b",
        "e\u0301",
        "\U0001f32b",
    ],
)
def test_what_people_write_stays(text: str) -> None:
    assert printable(text) == text


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & set(map(unicodedata.category, shown))


CONTENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(CONTENT)
def test_json_for_people_is_json(content: object) -> None:
    text = json_text(content)
    assert json.loads(text) == json.loads(json.dumps(content))
    assert printable(text, keep="\n") == text


def test_json_keeps_letters_and_escapes_the_rest() -> None:
    content = {"城市": "a\x7f\x9b\u202e\U000e0041\udcff"}
    assert json_text(content) == ('{\n  "城市": "a\\u007f\\u009b\\u202e\\udb40\\udc41\\udcff"\n}')


def test_all_texts_of_a_content_are_made_printable() -> None:
    content = {"a\x1b": ["b\n", {"c": "\u202e"}, 1.5, None, True]}
    assert printable_content(content) == {r"a\x1b": [r"b\n", {"c": r"\u202e"}, 1.5, None, True]}


def test_lists_as_people_write_them() -> None:
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a and b", "a, b and c"]
