"""Bytes to text: UTF-8, UTF-16, and others where a text can be nothing else.

GB 18030 is taken for a text that can be nothing but Chinese, Latin-1 for one that has signs of
units alone beside ASCII, as Excel and R write them.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from pointfuse.errors import UnreadableFileError

CUT_CHARACTER = "\N{REPLACEMENT CHARACTER}"
"""Stands at the end of a text that ends within a character."""

# Files that people take for tables, by their first bytes, and what to do with them.
_OTHERS = (
    (b"PK\x03\x04", "an Excel workbook", "save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"),
    (b"%PDF", "a PDF", "get the data as CSV"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it first"),
    (b"GRIB", "a GRIB file of fields", "give files of station observations"),
)
_ENDS = ("unexpected end of data", "incomplete multibyte sequence", "truncated data")
"""What Python says of text that ends within a character, in each of the encodings."""

_LEAST_KNOWN = 0.7
_LEAST_COMMON = 0.5
"""Parts of the characters of a Chinese text that are in GB 2312, and in its first level."""

_SYMBOLS = (0xA1, 0xA2, 0xA3, 0xA6)
"""Rows of punctuation, numerals, wide letters and Greek."""

_LEAST_LATE = 0.1
"""Part of its different characters that are coded from D0 to D7: a fifth in the list of CNEMC, and
next to none of a Japanese (EUC-JP) or Korean (EUC-KR) text, which else take the same bytes."""

_FEW = 6
"""Different characters from which on it can be told how they spread."""

_OF_CNEMC = (b"date,hour,type,", *("经度".encode("gb18030"), "监测点编码".encode("gb18030")))
"""What the header of a file of CNEMC holds, whose few other characters need not tell."""

_SIGNS = re.compile(rb"\xb5g|\xb0(?=[CFNSEnsew ,;)\]]|deg)|m\xb3")
"""Signs of units in Latin-1: of a millionth before the gram, of degrees, of the cube of a metre."""

_SAMPLE = 40
"""Bytes whose zeros tell of UTF-16 without its mark."""


class Decoded(NamedTuple):
    """The text of a file, and the encoding it was in."""

    text: str
    encoding: str


def decoded(name: str, content: bytes) -> Decoded:
    """The text of a file, and its encoding.

    UTF-8 refuses nearly all text in other encodings. GB 18030 takes nearly any bytes, so what it
    makes of them must be Chinese; else Latin or Japanese names would become Chinese ones.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    content : bytes
        The whole file.

    Raises
    ------
    UnreadableFileError
        If it is no text, or in another encoding.
    """
    for magic, kind, advice in _OTHERS:
        if content.startswith(magic):
            raise UnreadableFileError(f"{name} is {kind}, no table of observations; {advice}")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text, encoding = _decoded_as("utf-16", content), "UTF-16"
    elif b"\0" in content:
        unmarked = _utf16_without_mark(content)
        text, encoding = _decoded_as(unmarked, content) if unmarked else None, "UTF-16"
    else:
        text, encoding = _decoded_as("utf-8-sig", content), "UTF-8"
        if text is None and _SIGNS.sub(b"", content).isascii():
            text, encoding = content.decode("latin-1"), "Latin-1"
        if text is None:
            text, encoding = _decoded_as("gb18030", content), "GB 18030"
            if text is None or not _can_be_chinese(text, content.partition(b"\n")[0]):
                raise UnreadableFileError(
                    f"{name} is neither UTF-8 nor Chinese text in GB 18030; save it as UTF-8, such "
                    "as with 'iconv -f ENCODING -t UTF-8', where ENCODING may be ISO-8859-1, "
                    "WINDOWS-1252 or SHIFT_JIS"
                )
    if text is None or "\0" in text:
        raise UnreadableFileError(
            f"{name} is no text file; expected CSV, JSON, netCDF or Parquet, plain or packed"
        )
    return Decoded(text, encoding)


def _decoded_as(encoding: str, content: bytes) -> str | None:
    """The text in an encoding, with a mark where it ends within a character; None if in another."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason not in _ENDS:
            return None
        # Cut off within a character: the line is for the reader to leave out.
        return content[: error.start].decode(encoding) + CUT_CHARACTER


def _utf16_without_mark(content: bytes) -> str | None:
    """The kind of UTF-16 of a text that begins in ASCII, by its zeros; None if it is no such."""
    first, second = content[:_SAMPLE:2], content[1:_SAMPLE:2]
    if any(first) == any(second) or b"\0" in first.strip(b"\0") + second.strip(b"\0"):
        return None
    return "utf-16-le" if any(first) else "utf-16-be"


def _can_be_chinese(text: str, header: bytes) -> bool:
    """Whether what GB 18030 made of some bytes is Chinese, and cannot be anything else.

    Names are written in the characters of GB 2312, mostly in those of its first level (99 % in
    the list of CNEMC), which runs from B0 to D7. Latin, Cyrillic, Greek and Thai texts miss it,
    but for pairs of capitals, whose bytes both are C0 or more; Japanese and Korean ones fall on
    its first part. A text of a few characters that could be either is not taken for Chinese.
    """
    pairs = [
        pair
        for character in text.replace(CUT_CHARACTER, "")
        if not character.isascii() and len(pair := character.encode("gb18030")) == 2
    ]
    # Of the symbols only rows that Chinese texts use: no kana, and no Cyrillic.
    ours = [(lead, trail) for lead, trail in pairs if lead not in _SYMBOLS or trail < 0xA1]
    known = [lead for lead, trail in ours if 0xB0 <= lead <= 0xF7 and trail >= 0xA1]
    common = [lead for lead in known if lead <= 0xD7]
    if len(known) < _LEAST_KNOWN * len(ours) or len(common) < _LEAST_COMMON * len(ours):
        return False
    if not ours:  # as in the sign of a millionth, which is the same in Chinese and Japanese
        return {lead for lead, _ in pairs} == {0xA6}
    different = {*ours}
    late = sum(0xD0 <= lead <= 0xD7 for lead, _ in different)
    capitals = all(lead >= 0xC0 for lead, _ in different) or all(t >= 0xC0 for _, t in different)
    spread = len(different) >= _FEW and late >= _LEAST_LATE * len(different) and not capitals
    return spread or any(words in header for words in _OF_CNEMC)
