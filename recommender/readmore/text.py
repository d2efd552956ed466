"""Cut "Read more:" blocks from a body of plain text (or Markdown, or a rendered page)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.readmore.cues import Cue, find_cue
from recommender.readmore.links import (
    Item,
    could_be_headline,
    indent,
    is_clear_headline,
    is_promotion,
    parse_items,
    unmarked,
    whole_link,
)
from recommender.stories import ReadMore

MAX_MARKED = 50
"""A longer list under a cue is no read-more block."""
MAX_UNMARKED = 15
"""The same, for headlines that stand one a paragraph without a bullet."""
_ROUNDS = 4
_TAIL = 400
"""Characters at the end of a line in which a cue behind a sentence is looked for."""
_SENTENCE = re.compile(r"[.!?…][\"”»’)]*\s+(?=[^\s])")
_BRACKETED = re.compile(r"\s*\(([^()]{8,300})\)([.!?…]?)\s*\Z")


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines `start` to `end` (exclusive) and the headlines in them; `kept` is prose before the cue on its line."""

    start: int
    end: int
    items: Sequence[Item]
    kept: str = ""


def split_read_more(text: str) -> tuple[str, tuple[ReadMore, ...]]:
    """Part a body from the read-more blocks in it: at its end, or between its paragraphs.

    A block is a cue ("Read more:", "Читайте також:", …) alone on its line and below it a list of headlines with
    bullets or numbers, or headlines one a line; or a cue with a headline on the same line. Where a line can as well
    be prose it stays in the body: a sentence that says "read more about", a subscription box, a list of sources.
    A text without a block is returned as it is.
    """
    pointers: dict[ReadMore, None] = {}
    for _ in range(_ROUNDS):  # a cut may bring a cue and its list together
        lines = text.split("\n")
        blocks = _find_blocks(lines)
        if not blocks:
            break
        pointers.update((item.pointer(), None) for block in blocks for item in block.items)
        text = _without(lines, blocks)
    return text, tuple(pointers)


def _find_blocks(lines: Sequence[str]) -> list[_Block]:
    blocks = []
    place = 0
    while place < len(lines):
        block = _block_at(lines, place) or _tail_at(lines, place)
        if block is None:
            place += 1
        else:
            blocks.append(block)
            place = block.end
    return blocks


def _block_at(lines: Sequence[str], place: int) -> _Block | None:
    line = lines[place]
    link = whole_link(line) if line.lstrip().startswith(("\x01", "[")) else None
    cue = find_cue(link.title if link else line)
    if cue is None:
        return None
    if link is not None:  # all of the line is one link: a button, unless the headline follows the cue inside it
        inside = Item(cue.rest, link.url)
        return _Block(place, place + 1, [inside]) if cue.colon and cue.rest and could_be_headline(inside) else None
    if cue.rest:
        return _inline(lines, place, cue)
    if cue.marked:
        return None  # an item of an ordinary list
    first = _next_filled(lines, place + 1)
    if first is None:
        return None
    if unmarked(lines[first]) is not None:
        return _marked_list(lines, place, first, cue)
    return _unmarked_list(lines, place, first, cue)


def _tail_at(lines: Sequence[str], place: int) -> _Block | None:
    """A cue and its headline behind the sentences of a line, to its end, or in brackets there."""
    line = lines[place]
    bracketed = _BRACKETED.search(line, max(0, len(line) - _TAIL))
    if bracketed is not None and bracketed.start():
        found = _block_at([bracketed[1]], 0)
        if found is not None and not found.kept:
            return _Block(place, place + 1, found.items, line[: bracketed.start()] + bracketed[2])
    for sentence in _SENTENCE.finditer(line, max(0, len(line) - _TAIL)):
        tail = line[sentence.end() :]
        if tail[0] not in "[\x01" and find_cue(tail) is None:
            continue
        found = _block_at([tail, *lines[place + 1 : place + 2]], 0)
        if found is not None and found.end == 1:
            return _Block(place, place + 1, found.items, line[: sentence.end()].rstrip())
    return None


def _inline(lines: Sequence[str], place: int, cue: Cue) -> _Block | None:
    """The headline follows the cue on its line."""
    items = parse_items(cue.rest)
    linked = bool(items) and all(item.linked for item in items)
    if not items or not (cue.colon or (linked and cue.rest.startswith(("\x01", "[")))):
        return None
    if not linked and (cue.weak or _flows_on(lines, place)):
        return None
    if not all(is_clear_headline(item, sentences=cue.loud) for item in items):
        return None
    return _Block(place, place + 1, items)


def _marked_list(lines: Sequence[str], place: int, first: int, cue: Cue) -> _Block | None:
    """Headlines with bullets or numbers; a blank line ends the list unless blank lines part its items as well."""
    entries: list[str] = []
    indents: list[int] = []
    end = first
    loose: bool | None = None
    while end < len(lines):
        entry = unmarked(lines[end])
        if entry is not None:
            entries.append(entry)
            indents.append(indent(lines[end]))
        elif lines[end].strip():
            if not _continues(lines, end):
                break
            entries[-1] += " " + lines[end].strip()
        else:
            following = _next_filled(lines, end)
            if following is None or unmarked(lines[following]) is None or loose is False:
                break
            loose, end = True, following
            continue
        end += 1
        if loose is None and end < len(lines) and unmarked(lines[end]) is not None:
            loose = False
    found = [parse_items(entry) for entry in entries]
    items = [item for place, inside in enumerate(found) if not _is_group(found, indents, place) for item in inside]
    good = [item for item in items if could_be_headline(item)]
    if cue.weak and not all(is_clear_headline(item) for item in good):
        return None
    telling = sum(1 for item in good if item.linked or item.words >= 3)
    doubtful = sum(1 for item in items if item not in good and not is_promotion(item))
    if not good or len(entries) > MAX_MARKED or doubtful * 2 > len(good) or telling * 2 < len(good):
        return None
    return _Block(place, end, good)


def _is_group(entries: Sequence[Sequence[Item]], indents: Sequence[int], place: int) -> bool:
    """Whether an entry is the name of those that are set in below it ("City"), and no headline itself."""
    end = place + 1
    while end < len(entries) and indents[end] > indents[place]:
        end += 1
    inner = [number for number in range(place + 1, end) if number + 1 == end or indents[number + 1] <= indents[number]]
    inside = [item for number in inner for item in entries[number]]
    if not inside or any(item.linked or not could_be_headline(item) for item in entries[place]):
        return False
    if all(item.linked for item in inside):
        return True
    is_short = all(item.words <= 3 for item in entries[place])
    return is_short and all(item.linked or item.words >= 3 for item in inside)


def _unmarked_list(lines: Sequence[str], place: int, first: int, cue: Cue) -> _Block | None:
    """Headlines without a mark: to the end of the text, or up to the next blank line."""
    run, end = _run_of_headlines(lines, first, across_blanks=True)
    linked = all(item.linked for item in run)
    enough = linked or (not cue.weak and len(run) >= (1 if cue.colon else 2))
    if enough and 0 < len(run) <= MAX_UNMARKED and _ends_well(lines, end):
        return _Block(place, end, run)
    run, end = _run_of_headlines(lines, first, across_blanks=False)
    linked = all(item.linked for item in run)
    if not 0 < len(run) <= MAX_UNMARKED or (not linked and _flows_on(lines, end - 1)):
        return None
    words = 3 if first == place + 1 else 5  # of one behind a blank line, fewer may be the heading of what follows
    if linked or (cue.colon and not cue.weak and all(item.words >= words for item in run)):
        return _Block(place, end, run)
    return None


def _run_of_headlines(lines: Sequence[str], first: int, *, across_blanks: bool) -> tuple[list[Item], int]:
    items: list[Item] = []
    place = end = first
    while place < len(lines) and len(items) <= MAX_UNMARKED:
        if lines[place].strip():
            found = [] if find_cue(lines[place]) else parse_items(lines[place])
            if not found or not all(is_clear_headline(item) for item in found):
                break
            items += found
            end = place + 1
        elif not across_blanks:
            break
        place += 1
    return items, end


def _ends_well(lines: Sequence[str], end: int) -> bool:
    """Whether nothing but a subscription line or another block follows."""
    following = _next_filled(lines, end)
    if following is None:
        return True
    cue = find_cue(lines[following])
    return (cue is not None and cue.colon) or all(is_promotion(item) for item in parse_items(lines[following]))


def _flows_on(lines: Sequence[str], place: int) -> bool:
    """Whether the next line goes on with the sentence of this one: wrapped prose."""
    following = lines[place + 1].strip() if place + 1 < len(lines) else ""
    return following[:1].islower()


def _continues(lines: Sequence[str], place: int) -> bool:
    """Whether a line without a mark is the rest of the list's entry above it."""
    return bool(lines[place - 1].strip()) and (lines[place][:2].isspace() or lines[place].strip()[:1].islower())


def _next_filled(lines: Sequence[str], place: int) -> int | None:
    return next((number for number in range(place, len(lines)) if lines[number].strip()), None)


def _without(lines: Sequence[str], blocks: Sequence[_Block]) -> str:
    kept: list[str] = []
    place = 0
    for block in blocks:
        kept += lines[place : block.start]
        place = block.end
        if block.kept:
            kept.append(block.kept)
        elif kept and not kept[-1].strip():  # one blank line, not two, where the block stood
            while place < len(lines) and not lines[place].strip():
                place += 1
    kept += lines[place:]
    return "\n".join(kept).strip()
