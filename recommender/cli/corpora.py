"""Commands that read corpora without building: `build --dry-run`."""

import argparse
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from recommender.cli.console import print_json, progress_for, table
from recommender.corpus.spec import describe_options, parse_map, with_options

_MOST = 8


def corpus_help() -> str:
    """What can stand for CORPUS."""
    options = "\n".join(f"  {name:<12}{about}" for name, about in describe_options())
    return f"""a corpus is
  a file      JSON Lines, JSON (records, JSON Feed, ninjs), CSV, TSV, RSS, Atom, a WordPress export, a sitemap, text,
              Markdown, HTML (each also as .gz or .zst), Parquet, WARC
  a folder    of those; Markdown and HTML with front matter (Hugo, Jekyll, Eleventy) link to each other
  a URL       a feed, a sitemap with the pages behind it, one page, or a file of a form above
  a database  sql:sqlite:///news.db#table=stories, sql:postgresql://…#query=SELECT …

options stand behind a #, parted by &, as in 'news.csv#title=headline&text=body&delimiter=;':
{options}
  FIELD       column, or field of a JSON record, that holds a field of the records (title, text, url, published, …)
"""


def named_corpora(arguments: argparse.Namespace) -> list[str]:
    """The corpora of a command, with the options that its flags give to all of them."""
    more = parse_map(arguments.map) if arguments.map else {}
    if arguments.format:
        more["format"] = arguments.format
    return [with_options(corpus, more) for corpus in arguments.corpora]


def dry_run(corpora: list[str], *, as_json: bool) -> int:
    """Show what a build would read; exit status 1 where there is nothing."""
    from recommender.corpus.preview import Preview, preview

    with progress_for() as progress:
        seen: Preview = preview(corpora, progress)
    if as_json:
        print_json(seen.to_json())
        return 0 if seen.stories else 1
    console = Console(highlight=False)
    links = ", ".join(f"{count:,} {how}" for how, count in sorted(seen.links.items(), key=lambda pair: -pair[1]))
    bodies = f" ({seen.in_text:,} of them links in bodies)" if seen.in_text else ""
    dates = f"{seen.first} to {seen.last}" if seen.first else "none"
    undated = f", {seen.stories - seen.dated:,} undated" if seen.dated < seen.stories else ""
    detected = f" (detected in {seen.languages_detected:,} stories)" if seen.languages_detected else ""
    replaced = f" (and {seen.replaced:,} replaced by a later one with the same id)" if seen.replaced else ""
    rows = [
        *((f"from {entry['corpus']}", _corpus(entry)) for entry in seen.corpora),
        ("stories", f"{seen.stories - seen.replaced:,}{replaced}"),
        ("headlines without a text", f"{seen.headlines_only:,}"),
        ("median length", f"{seen.median_length:,} characters"),
        ("with a URL, with a picture", f"{seen.with_url:,}, {seen.with_image:,}"),
        ("dates", dates + undated),
        ("languages", _counts(seen.languages) + detected),
        ("sections", _counts(seen.sections, empty="none")),
        ("read-more links", (links or "none") + bodies),
        ("rejected", f"{seen.rejected:,}"),
    ]  # fmt: skip
    console.print(table(None, [("", {"style": "dim"}), ("", {})], rows))
    for story in seen.samples:
        _show_story(console, story)
    if seen.rejects:
        console.print(Text(f"\nRejected (the first {len(seen.rejects)} of {seen.rejected:,})", style="bold"))
        console.print(
            table(
                None,
                [("place", {"style": "dim"}), ("reason", {})],
                [(entry["place"], entry["reason"]) for entry in seen.rejects],
            )
        )
    if not seen.stories:
        console.print(Text("\nNothing was built, and nothing can be of this: no story in it can be used.", style="dim"))
        return 1
    console.print(Text("\nNothing was built. Without --dry-run an index is made of this.", style="dim"))
    return 0


def _corpus(entry: Mapping[str, Any]) -> str:
    return f"{entry['stories']:,} stories, {entry['rejected']:,} rejected"


def _counts(counts: Mapping[str, int], empty: str = "unknown") -> str:
    shown = [f"{name or empty} {count:,}" for name, count in list(counts.items())[:_MOST]]
    return ", ".join(shown) + (f" and {len(counts) - _MOST:,} more" if len(counts) > _MOST else "")


def _show_story(console: Console, story: Mapping[str, Any]) -> None:
    console.print(Text(f"\n{story.get('title') or '(no headline)'}", style="bold"))
    about = [story.get("published"), story.get("section"), story.get("url") or story.get("id")]
    console.print(Text(" · ".join(str(part) for part in about if part), style="dim"))
    console.print(Padding(Text(str(story.get("text", ""))), (0, 2)))
    for pointer in story.get("read_more", [])[:5]:
        said = pointer.get("title") or pointer.get("url") or pointer.get("id")
        kind = f" ({pointer['kind']})" if "kind" in pointer else ""
        console.print(Padding(Text(f"→ {said}{kind}", style="cyan"), (0, 2)))
