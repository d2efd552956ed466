"""XML from strangers, read as a stream: one element after the other, nothing expanded, nothing fetched."""

import codecs
import re
from collections.abc import Callable, Iterator
from html.entities import html5
from typing import Any

from lxml import etree

from recommender.corpus.streams import is_latin_1, is_legacy_encoding
from recommender.errors import CorpusError

MAX_ELEMENT = 16 << 20
"""Longest element that is read whole (an article of a feed), in bytes."""

_BLOCK = 1 << 16
_HEAD = 4_096
_DECLARATION = re.compile(r"<\?xml\b[^>]*?\?>")
_ENCODING = re.compile(rb"""<\?xml\b[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
_AMPERSAND = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)(?:(\w{2,31});)?")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NO_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|(\d{1,7}));")
_MIXED = "recommender.mixed"
_TAIL = 64
"""Characters held back between blocks, so that no reference is cut in two."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class BrokenXml(CorpusError):
    """XML that cannot be read any further; what stands before was given out."""


def local_name(tag: object) -> str:
    """A tag's name without its namespace, in small letters."""
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def elements(
    read: Callable[[int], bytes], names: frozenset[str], charset: str | None = None
) -> Iterator[tuple[str, Any, int]]:
    """Every element with one of these local names, with its name and line, once it is complete.

    Elements that stand outside of those are given out as well, childless, as `("", element, line)`: a feed's title.
    An element is emptied when the next one is asked for. What people write as XML is mended: HTML's named entities,
    lone ampersands, control characters, single bytes of another encoding.

    Raises:
        BrokenXml: it is no XML from here on, or declares entities of its own.
    """
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    inside = since = 0
    broken: etree.XMLSyntaxError | None = None
    blocks = _mended(read, charset)
    while broken is None:
        block = next(blocks, None)
        try:
            if block is None:
                parser.close()
            else:
                parser.feed(block)
        except etree.XMLSyntaxError as error:
            broken = error  # what it read before stands in its events
        since += len(block or b"")
        for event, element in parser.read_events():
            wanted = local_name(element.tag) in names
            if event == "start":
                inside += wanted
                continue
            inside -= wanted
            if inside:
                continue
            since = 0
            if wanted or not len(element):
                yield local_name(element.tag) if wanted else "", element, element.sourceline or 0
            _forget(element)
        if since > MAX_ELEMENT:
            raise BrokenXml(f"an element is longer than {MAX_ELEMENT:,} bytes")
        if block is None and broken is None:
            return
    raise BrokenXml(f"broken XML: {broken.msg}")


def text_of(element: Any) -> str:
    """All the text in an element."""
    return "".join(element.itertext()).strip()


def _forget(element: Any) -> None:
    """Free an element that was read, and those before it: a stream holds one at a time.

    The text behind it stays as it is: the parser may be about to write on in that very memory.
    """
    element.clear(keep_tail=True)
    parent = element.getparent()
    while parent is not None and (previous := element.getprevious()) is not None:
        parent.remove(previous)


def _mended(source: Callable[[int], bytes], charset: str | None) -> Iterator[bytes]:
    """The document in UTF-8 without its declaration, block by block; a fault of reading comes behind the last one."""
    fault: Exception | None = None

    def read(size: int) -> bytes:
        nonlocal fault
        try:
            return source(size) if fault is None else b""
        except Exception as error:
            fault = error
            return b""

    first = read(_BLOCK)
    while 0 < len(first) < _HEAD and (more := read(_BLOCK)):
        first += more
    encoding, skip = _encoding_of(first, charset)
    decode = _decoder(encoding)
    text = decode(first[skip:], False)
    text = text.lstrip("\ufeff \t\r\n")
    declaration = _DECLARATION.match(text)
    text = text[declaration.end() :] if declaration else text
    if re.search(r"<!ENTITY\b", text[:_BLOCK]):
        raise BrokenXml("the document declares entities of its own, which are not read (they can be made to explode)")
    while True:
        block = read(_BLOCK)
        cut = len(text) if not block else max(len(text) - _TAIL, 0)
        if (started := text.rfind("&", max(cut - _TAIL, 0), cut)) >= 0 and block:
            cut = started
        yield _mend(text[:cut]).encode("utf-8")
        text = text[cut:] + decode(block, not block)
        if not block:
            if text:
                yield _mend(text).encode("utf-8")
            if fault is not None:
                raise fault
            return


def _mend(text: str) -> str:
    text = _NO_XML.sub(" ", text)
    if "&" in text:
        text = _NO_REFERENCE.sub(_reference, _AMPERSAND.sub(_entity, text))
    return text


def _entity(match: re.Match[str]) -> str:
    character = html5.get(f"{match[1]};") if match[1] else None
    if character is None:
        return "&amp;" + match[0][1:]
    return "".join(f"&#{ord(sign)};" for sign in character)


def _reference(match: re.Match[str]) -> str:
    number = int(match[1], 16) if match[1] else int(match[2])
    is_allowed = (
        number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number < 0x110000
    )
    return match[0] if is_allowed else " "


def _encoding_of(first: bytes, charset: str | None) -> tuple[str, int]:
    for mark, encoding in _BOMS:
        if first.startswith(mark):
            return encoding, len(mark)
    if first.startswith(b"<\0"):
        return "utf-16-le", 0
    if first.startswith(b"\0<"):
        return "utf-16-be", 0
    declared = _ENCODING.search(first, 0, _HEAD)
    name = charset or (declared[1].decode("ascii") if declared else "utf-8")
    return ("cp1252" if is_latin_1(name) else name) if is_legacy_encoding(name) else "utf-8", 0


def _decoder(encoding: str) -> Callable[[bytes, bool], str]:
    """An incremental decoder that takes bytes that do not fit for Windows-1252, as feeds of mixed origin have them."""
    codecs.register_error(_MIXED, _as_windows)
    return codecs.getincrementaldecoder(encoding)(errors=_MIXED).decode


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end
