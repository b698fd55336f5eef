"""Bytes to text: UTF-8 first, then what is declared or most likely; and what is no text at all."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the start of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"SQLite format 3", "a database"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
_MOST_CONTROLS = (
    0.05  # of a text's bytes: stray controls in a text are cleaned, more of them are another format
)

_HIGH = re.compile(rb"[\x80-\xff]")
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# What cp1252 text is made of in English, French, German, Spanish, Portuguese, Italian, the Nordic languages.
_WESTERN = frozenset(
    "àâäáãåæçèéêëìíîïñòóôöõøœùúûüßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜÿ€£¥¢§©®°±²³½¼¾·¿¡ªº«»‘’“”‚„–—…•™\xa0"
)
_MARKS_INSIDE_WORDS = frozenset("’‘–—…·\xad")
_MOST_FOREIGN = 0.1  # of the high characters
_MOST_HIGH = 0.3  # of the bytes: beyond it the script is another one
_SAMPLE = 65_536  # bytes that are looked at for a guess


def binary_reason(data: bytes) -> str:
    """Why these bytes are no text, or the empty string."""
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return f"is {what}, not text"
    if any(data.startswith(bom) for bom, _ in _BOMS[1:]):
        return ""
    if b"\0" in data:
        return "is binary, not text"
    controls = len(data) - len(data.translate(None, _CONTROLS))
    return "is binary, not text" if controls > _MOST_CONTROLS * len(data) else ""


def decode(data: bytes, declared: str = "") -> str:
    """The text of the bytes. Never fails: what no encoding explains is read as Windows-1252.

    declared: the encoding that a page names; it counts where the bytes are not UTF-8.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _mostly_utf8(data):
        return data.decode("utf-8", errors="qa-windows-1252")
    if declared:
        try:
            return data.decode(declared)
        except (LookupError, UnicodeDecodeError):
            pass
    return _guessed(data)


def _mostly_utf8(data: bytes) -> bool:
    """Whether a few bytes of another encoding were pasted into UTF-8."""
    good = _MULTIBYTE.findall(data)
    stray = len(_HIGH.findall(_MULTIBYTE.sub(b"", data)))
    return len(good) > 2 * stray


def _windows_1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return _as_western(error.object[error.start : error.end]), error.end


codecs.register_error("qa-windows-1252", _windows_1252)


def _as_western(data: bytes) -> str:
    """Windows-1252, and Latin-1 for the five bytes that it leaves undefined."""
    return "".join(
        bytes([byte]).decode("cp1252") if byte not in b"\x81\x8d\x8f\x90\x9d" else chr(byte) for byte in data
    )


def _guessed(data: bytes) -> str:
    if _looks_western(data[:_SAMPLE]):
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            return _as_western(data)
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    if best is not None:
        try:
            return data.decode(best.encoding)
        except (LookupError, UnicodeDecodeError):
            pass
    return _as_western(data)


def _looks_western(data: bytes) -> bool:
    high = [match.start() for match in _HIGH.finditer(data)]
    if len(high) > _MOST_HIGH * len(data):
        return False
    text = data.decode("cp1252", errors="replace")
    foreign = 0
    for place in high:
        character = text[place]
        inside = text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha()
        symbol_in_word = inside and not character.isalpha() and character not in _MARKS_INSIDE_WORDS
        foreign += character not in _WESTERN or symbol_in_word
    return foreign <= _MOST_FOREIGN * len(high)
