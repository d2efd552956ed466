r"""Tables that write a quotation mark in a cell as `\"`, where CSV doubles it: which they are, and what they say."""

import csv
import re
from collections.abc import Iterator, Sequence

SAMPLE = 4 << 20
"""Bytes of a table's beginning that tell how it is written."""

_PAIR = re.compile(r'\\([\\"])')


def is_escaped(lines: Sequence[str], width: int, delimiter: str, spaced: bool) -> bool:
    r"""Whether a table is broken as CSV and whole if `\"` is a quotation mark; an ordinary one never is.

    Args:
        lines: those that follow the names of the columns, or the first of them, whole.
        width: how many columns have a name.
        delimiter: what parts the cells.
        spaced: a space follows each delimiter.
    """
    if not any('\\"' in line for line in lines):
        return False
    plain, escaped = (
        _is_whole(form, width, delimiter, spaced) for form in (lines, [unescaped(line) for line in lines])
    )
    return escaped and not plain


def unescaped(line: str) -> str:
    r"""A line as CSV writes it. What else a backslash may stand before stays: `C:\new` is no line break."""
    return _PAIR.sub(lambda found: '""' if found[1] == '"' else "\\", line)


def _is_whole(lines: Sequence[str], width: int, delimiter: str, spaced: bool) -> bool:
    """Whether every row has all cells, and nothing stands behind a closing quotation mark; the last row may go on."""
    ended = False

    def told() -> Iterator[str]:
        nonlocal ended
        yield from lines
        ended = True

    try:
        rows = csv.reader(told(), delimiter=delimiter, skipinitialspace=spaced, strict=True)
        return all(len(row) == width for row in rows if row)
    except csv.Error:
        return ended
