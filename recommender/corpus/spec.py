"""How a corpus is named: a path, URL or `sql:` address, then its options behind a `#`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from recommender.corpus.markup import http_url
from recommender.corpus.site import PLACEHOLDERS, placeholders
from recommender.errors import CorpusError
from recommender.stories import KNOWN_FIELDS

FORMATS = (
    "jsonl", "json", "text", "markdown", "html", "feed", "jsonfeed", "sitemap", "csv", "tsv", "parquet", "wordpress",
    "ninjs", "warc", "page",
)  # fmt: skip
"""Values of the option `format`."""

_OPTIONS = {
    "format": "what it is, where its name does not say: " + ", ".join(FORMATS),
    "query": "SELECT statement of an sql: corpus; it comes last, as it may hold any character",
    "table": "table of an sql: corpus, instead of a query",
    "records": "where the list of records stands in a JSON document, such as response.results",
    "delimiter": "what parts the columns of a CSV file",
    "encoding": "of a CSV file that is not UTF-8",
    "base": "address of the site, such as https://news.example, where files, records or rows have relative ones",
    "permalink": "form of its addresses, such as /:year/:month/:day/:slug/",
    "max_pages": "most pages that a sitemap may lead to",
    "private": "yes: addresses inside one's own network may be fetched",
}


@dataclass(frozen=True, slots=True)
class Spec:
    """A corpus as it was named: `target` is its path or address, `columns` says which column is which field."""

    target: str
    options: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The corpus as it can be named again."""
        pairs = {**self.columns, **{name: value for name, value in self.options.items() if name != "query"}}
        if "query" in self.options:
            pairs["query"] = self.options["query"]  # the last one
        return self.target + ("#" if pairs else "") + "&".join(f"{name}={value}" for name, value in pairs.items())

    @property
    def is_url(self) -> bool:
        """Whether it is fetched over HTTP."""
        return self.target.lower().startswith(("http://", "https://"))

    @property
    def is_sql(self) -> bool:
        """Whether it is a query of a database."""
        return self.target.startswith("sql:")

    @property
    def base(self) -> str | None:
        """The address that completes relative ones, with a slash at its end."""
        base = self.options.get("base")
        return f"{base.rstrip('/')}/" if base else None

    def number(self, name: str, default: int) -> int:
        """An option that is a positive whole number.

        Raises:
            CorpusError: it is none.
        """
        text = self.options.get(name, str(default))
        if not text.isdecimal() or not int(text):
            raise CorpusError(f"{self.target}: the option {name} is {text!r}, expected a positive whole number")
        return int(text)

    def flag(self, name: str) -> bool:
        """An option that is yes or no."""
        return self.options.get(name, "no").lower() in ("yes", "true", "1")


def parse_spec(text: str | Path) -> Spec:
    """Read `TARGET[#NAME=VALUE&NAME=VALUE…]`.

    A name is an option (`format`, `query`, `delimiter`, …) or a field of a record, whose value is then the column
    that holds it: `news.csv#title=headline&text=body`. A path that exists as it stands is taken as it is.

    Raises:
        CorpusError: an option that there is not.
    """
    target, behind = str(text), ""
    if isinstance(text, str) and "#" in text and not _exists(text):
        head, _, tail = text.partition("#")
        if "=" in tail.partition("&")[0]:
            target, behind = head, tail
    given = _pairs(target, behind)
    unknown = sorted(set(given) - set(_OPTIONS) - KNOWN_FIELDS)
    if unknown:
        raise CorpusError(
            f"{target}: no option {unknown[0]!r}; options are {', '.join(_OPTIONS)}, and the fields of a record "
            f"with their columns ({', '.join(sorted(KNOWN_FIELDS))})"
        )
    options = {name: value for name, value in given.items() if name in _OPTIONS}
    if options.get("format", "jsonl") not in FORMATS:
        raise CorpusError(f"{target}: no format {options['format']!r}; there are {', '.join(FORMATS)}")
    _check_site(target, options)
    return Spec(target, options, {name: value for name, value in given.items() if name in KNOWN_FIELDS})


def _check_site(target: str, options: Mapping[str, str]) -> None:
    base = options.get("base")
    if base is not None and not http_url(base):
        raise CorpusError(f"{target}: the option base is {base!r}, expected an address such as https://news.example")
    for name in placeholders(options.get("permalink", "")):
        if name not in PLACEHOLDERS:
            known = ", ".join(f":{one}" for one in PLACEHOLDERS)
            raise CorpusError(f"{target}: the option permalink has no ':{name}'; there are {known}")


def parse_map(text: str) -> dict[str, str]:
    """Read `title=headline,text=body`, as of the flag `--map`.

    Raises:
        CorpusError: it is none.
    """
    pairs = [piece.partition("=") for piece in text.split(",") if piece.strip()]
    for name, sign, value in pairs:
        if not sign or not value.strip() or name.strip() not in KNOWN_FIELDS:
            wanted = f"one FIELD=COLUMN for each of {', '.join(sorted(KNOWN_FIELDS))} that you want to name"
            raise CorpusError(f"--map {text}: {name.strip()!r} cannot be mapped; expected {wanted}")
    return {name.strip(): value.strip() for name, _, value in pairs}


def with_options(corpus: str, more: Mapping[str, str]) -> str:
    """A corpus' name with further options; those that it names itself come first."""
    if not more:
        return corpus
    spec = parse_spec(corpus)
    fields = {name: value for name, value in more.items() if name in KNOWN_FIELDS}
    options = {name: value for name, value in more.items() if name not in KNOWN_FIELDS}
    return replace(spec, columns=fields | dict(spec.columns), options=options | dict(spec.options)).name


def describe_options() -> list[tuple[str, str]]:
    """Every option and what it is."""
    return list(_OPTIONS.items())


def _pairs(target: str, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    while text:
        name, sign, rest = text.partition("=")
        if not sign:
            raise CorpusError(f"{target}: {text[:60]!r} is no option; expected NAME=VALUE, parted by &")
        if name == "query":  # it may hold "&", "#" and "%"
            found[name] = rest
            break
        found[name.strip()], _, text = rest.partition("&")
    return found


def _exists(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError):
        return False
