"""Bytes to text: UTF-8, UTF-16 with its mark, and GB 18030 where a text can be Chinese."""

from __future__ import annotations

import codecs

from pointfuse.errors import UnreadableFileError

CUT_CHARACTER = "\N{REPLACEMENT CHARACTER}"
"""Stands at the end of a text that ends within a character."""

# Files that people take for tables, by their first bytes, and what to do with them.
_OTHERS = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "save the sheet as CSV"),
    (b"%PDF", "a PDF", "get the data as CSV"),
    (b"BZh", "packed with bzip2", "unpack it first"),
    (b"\xfd7zXZ", "packed with xz", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it first"),
    (b"GRIB", "a GRIB file of fields", "give files of station observations"),
)
_ENDS = ("unexpected end of data", "incomplete multibyte sequence", "truncated data")
"""What Python says of text that ends within a character, in each of the encodings."""

_LEAST_KNOWN = 0.7
_LEAST_COMMON = 0.5
"""Parts of the characters of a Chinese text that are in GB 2312, and in its first level."""

_FEW = 6
"""Different characters that tell nothing of how they spread."""


def decoded(name: str, content: bytes) -> str:
    """The text of a file.

    UTF-8 refuses nearly all text in other encodings. GB 18030 takes nearly any bytes, so what it
    makes of them must look like Chinese; else Latin or Japanese names would become Chinese ones.

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
        text = _decoded_as("utf-16", content)
    elif b"\0" in content:
        text = None
    else:
        text = _decoded_as("utf-8-sig", content)
        if text is None:
            text = _decoded_as("gb18030", content)
            if text is None or not _can_be_chinese(text):
                raise UnreadableFileError(
                    f"{name} is neither UTF-8 nor Chinese text in GB 18030; save it as UTF-8, such "
                    "as with 'iconv -f ENCODING -t UTF-8', where ENCODING may be ISO-8859-1, "
                    "WINDOWS-1252 or SHIFT_JIS"
                )
    if text is None or "\0" in text:
        raise UnreadableFileError(
            f"{name} is no text file; expected CSV, netCDF or Parquet, plain or gzipped"
        )
    return text


def _decoded_as(encoding: str, content: bytes) -> str | None:
    """The text in an encoding, with a mark where it ends within a character; None if in another."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason not in _ENDS:
            return None
        # Cut off within a character: the line is for the reader to leave out.
        return content[: error.start].decode(encoding) + CUT_CHARACTER


def _can_be_chinese(text: str) -> bool:
    """Whether what GB 18030 made of some bytes looks like Chinese.

    Names are written in the characters of GB 2312, mostly in those of its first level (99 % in
    the list of CNEMC), which Latin and Japanese texts miss. The first level runs from B0 to D7:
    Korean text falls on its first half alone, Cyrillic text beyond C0.
    """
    pairs = [
        pair
        for character in text.replace(CUT_CHARACTER, "")
        if not character.isascii() and len(pair := character.encode("gb18030")) == 2
    ]
    ours = [(lead, trail) for lead, trail in pairs if lead >= 0xB0 or trail < 0xA1]  # no symbols
    known = [lead for lead, trail in ours if lead <= 0xF7 and trail >= 0xA1]
    common = [lead for lead in known if lead <= 0xD7]
    if len(known) < _LEAST_KNOWN * len(ours) or len(common) < _LEAST_COMMON * len(ours):
        return False
    leads = [lead for lead, _ in {*ours}]
    return len(leads) < _FEW or (min(leads) < 0xC0 and max(leads) > 0xC8)
