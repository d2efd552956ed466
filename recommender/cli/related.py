"""`recommender related`: asks the index one question."""

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.text import Text

from recommender.cli.console import console, print_json, table
from recommender.engine import OPTIONS, Options, Recommendations, parse_request
from recommender.errors import InputError
from recommender.generation import FACETS, Generation
from recommender.serving import open_recommender
from recommender.settings import Settings
from recommender.stories import HEADLINE

_SHOWN = 12
"""Values of a filter that are named, at most."""


def related(settings: Settings, arguments: argparse.Namespace) -> int:
    """Answer one question."""
    given: dict[str, Any] = {
        option.name: value for option in OPTIONS if (value := getattr(arguments, option.name)) is not None
    }
    if arguments.file is not None:
        given["text"] = _read_text(arguments.file)
    else:
        given |= {name: value for name in ("id", "url", "text") if (value := getattr(arguments, name)) is not None}
    query, options = parse_request(given, settings.max_text)
    recommender = open_recommender(settings)
    try:
        answer = recommender.related(query, options)
        nothing = "" if answer.hits else _why_nothing(recommender.generation, options)
    finally:
        recommender.close()
    if arguments.json:
        print_json(answer.to_json())
        return 0
    if nothing:
        print(nothing)
    else:
        _show(answer)
    return 0


def _show(answer: Recommendations) -> None:
    output = console()
    rows: list[tuple[str, str, str, str | Text]] = []
    for hit in answer.hits:
        values = hit.values
        rows.append(
            (
                f"{hit.score:.2f}",
                values.get("date_published") or (HEADLINE if values.get("kind") == HEADLINE else ""),
                values.get("section") or "",
                Text.assemble(values.get("title", ""), "\n", (hit.id, "dim")),
            )
        )
        if reasons := values.get("reasons"):
            rows.append(("", "", "", "   " + ", ".join(f"{name} {value:+.2f}" for name, value in reasons.items())))
    columns: list[tuple[str, dict[str, Any]]] = [
        ("score", {"justify": "right", "style": "bold"}), ("published", {"no_wrap": True, "style": "dim"}),
        ("section", {"style": "dim"}), ("headline, id", {"ratio": 1, "overflow": "fold"}),
    ]  # fmt: skip
    output.print(table(None, columns, rows))
    left_out = ", ".join(
        f"{count} {reason.replace('_', ' ')}" for reason, count in answer.filtered_out.items() if count
    )
    end = "" if not left_out else f"left out: {left_out}; "
    output.print(f"{end}{answer.processing_time_ms:.1f} ms, generation {answer.index['generation']}", style="dim")


def _why_nothing(generation: Generation, options: Options) -> str:
    """Why an answer is empty: a filter that no story can pass is named, with what there is."""
    for name in FACETS:
        known = sorted(generation.columns.facets[name])
        for value in getattr(options, name):
            if value not in known:
                shown = ", ".join(known[:_SHOWN]) + (", …" if len(known) > _SHOWN else "")
                return f"No story has the {name} {value!r}; there are: {shown or 'none'}."
    return "Nothing in the index that passes is near to that."


def _read_text(name: str) -> str:
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InputError("file", f"{name} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError("file", f"{name} is not UTF-8 (byte {error.start})") from None
