"""Pages that are made to hurt: how deep the elements of a page are nested, told before it is parsed."""

import re

MAX_DEPTH = 512
"""Deepest nesting that is read, as in browsers; parsing takes time that grows with the square of it."""

_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]{0,19})(?=[\s/>])")
_VOID = "area base br col embed hr img input link meta param source track wbr"
_LEFT_OPEN = "a p li dt dd tr td th tbody thead tfoot option optgroup colgroup caption html head body rt rp"
_FLAT = frozenset(f"{_VOID} {_LEFT_OPEN}".split())
"""Elements that hold nothing, or that the next of their kind closes: a thousand of them are no depth."""


def check_depth(html: str) -> None:
    """Make sure that a page can be parsed in good time.

    Raises:
        ValueError: its elements are nested deeper than `MAX_DEPTH`.
    """
    if html.count("<") <= MAX_DEPTH:
        return
    depth = 0
    for match in _TAG.finditer(html):
        if match[2].lower() in _FLAT:
            continue
        if match[1]:
            depth = max(depth - 1, 0)
        else:
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH} elements")
