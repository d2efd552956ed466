"""Settings: flags, then `RECOMMENDER_*` variables, then `recommender.toml`; read once at the edge, then frozen."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from recommender.errors import SettingsError

PREFIX = "RECOMMENDER_"
FILE = "recommender.toml"
DEFAULT_INDEX = Path("index")
_COLON = re.compile(r":(?!//|\d+/)")
"""Between the items of a list; not the one in an address."""
_DATABASE = re.compile(r"(?:^|:)(?=sql:)")
"""Before a database among corpora; its address and query may hold any character."""
_SEPARATORS = {name: re.compile(r"\s*,\s*") for name in ("cors_origins", "proxies")}


def _about(default: Any, text: str) -> Any:
    return field(default=default, metadata={"about": text})


@dataclass(frozen=True)
class Settings:
    """Every setting, with its default. A variable's name is `RECOMMENDER_` and the field's name in capitals."""

    index: Path = field(default=DEFAULT_INDEX, metadata={"about": "folder of the index"})
    corpora: tuple[str, ...] = _about((), "corpora that a rebuild reads (separated by ':', a database last)")
    model: str = _about("all-MiniLM-L6-v2", "embedding model: a sentence-transformers name or path")
    host: str = _about("127.0.0.1", "address to listen on")
    port: int = _about(8000, "port to listen on")
    workers: int = _about(1, "serving processes")
    threads: int = _about(0, "threads for embedding (0 = all cores for a build, one to serve)")
    admin_key: tuple[str, ...] = _about((), "keys that may write, or sha256-HEX of them (separated by ':'); none = off")
    read_key: tuple[str, ...] = _about((), "keys that may read; none = reading is open")
    cors_origins: tuple[str, ...] = _about(("*",), "origins whose pages may read answers (separated by ',')")
    max_body: int = _about(2_000_000, "largest body of a request, bytes")
    max_text: int = _about(1_000_000, "largest text of a query, bytes")
    max_batch: int = _about(100, "most queries of a batch")
    queue: int = _about(256, "requests that may wait; further ones get 503")
    request_timeout: float = _about(30.0, "seconds that a request may take")
    rate_limit: float = _about(0.0, "requests a second that one client may send on average; 0 = any number")
    proxies: tuple[str, ...] = _about(
        ("127.0.0.1",), "addresses or networks of proxies whose X-Forwarded-For is believed (separated by ',')"
    )
    drain_seconds: float = _about(0.0, "seconds between a stop signal, when /readyz begins to fail, and the stop")
    keep_generations: int = _about(5, "generations that a build leaves behind")
    cache_answers: int = _about(10_000, "answers that are kept for repeated questions")
    public_url: str = _about("", "where readers reach this service, for links in answers")
    log_level: str = _about("info", "debug, info, warning or error")

    @property
    def base_url(self) -> str:
        """What addresses of this service begin with; empty where it is not known."""
        return self.public_url.rstrip("/")

    @property
    def encoders(self) -> Path:
        """Where exported models are kept, one folder each."""
        return self.index / "encoders"

    @property
    def embeddings(self) -> Path:
        """The file of vectors that were computed already."""
        return self.index / "embeddings.sqlite"


def load_settings(
    flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None, file: Path | None = None
) -> Settings:
    """Read settings from flags, the environment and a TOML file, in this order of precedence.

    Args:
        flags: values by field name; None means "not given".
        environ: default `os.environ`.
        file: default `RECOMMENDER_CONFIG`, or `recommender.toml` in the working folder if it is there.

    Raises:
        SettingsError: an unknown name, or a value of a wrong type.
    """
    environ = os.environ if environ is None else environ
    named = environ.get(PREFIX + "CONFIG")
    path = file or Path(named or FILE)
    values: dict[str, Any] = {}
    if file or named or path.exists():
        values |= _from_file(path)
    hints = get_type_hints(Settings)
    for name in hints:
        if (text := environ.get(PREFIX + name.upper())) is not None:
            values[name] = _convert(name, text, hints[name], f"{PREFIX}{name.upper()}")
    values |= {name: value for name, value in (flags or {}).items() if value is not None}
    return _checked(Settings(**values))


def describe_settings() -> list[tuple[str, str, str]]:
    """Every setting: its variable, its default, what it is."""
    return [
        (PREFIX + item.name.upper(), written(item.name, item.default), item.metadata["about"])
        for item in fields(Settings)
    ]


def written(name: str, value: Any) -> str:
    """A setting's value as one writes it in its variable."""
    return ("," if name in _SEPARATORS else ":").join(value) if isinstance(value, tuple) else str(value)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML ({error})") from None
    hints = get_type_hints(Settings)
    content.pop("debug", None)  # files may have it of earlier versions, in which it did nothing
    if unknown := sorted(set(content) - set(hints)):
        raise SettingsError(f"{path}: unknown setting {unknown[0]!r}; there are: {', '.join(sorted(hints))}")
    return {name: _convert(name, value, hints[name], str(path)) for name, value in content.items()}


def _convert(name: str, value: Any, kind: Any, where: str) -> Any:
    try:
        if kind is Path:
            return Path(value)
        if kind in (int, float):
            return kind(value)
        if kind is str:
            return str(value)
        items = _split(name, value) if isinstance(value, str) else value
        return tuple(str(item) for item in items if str(item))
    except (TypeError, ValueError):
        wanted = {Path: "a path", int: "a whole number", float: "a number"}.get(kind, "a list")
        raise SettingsError(f"{where}: {name} is {value!r}, expected {wanted}") from None


def _split(name: str, value: str) -> list[str]:
    listed, *database = _DATABASE.split(value, maxsplit=1) if name == "corpora" else [value]
    return [*_SEPARATORS.get(name, _COLON).split(listed), *database]


def _checked(settings: Settings) -> Settings:
    for name, low, high in (
        ("port", 0, 65_535), ("workers", 1, 256), ("threads", 0, 1024), ("queue", 1, 100_000),
        ("max_batch", 1, 10_000), ("rate_limit", 0, 1e6), ("drain_seconds", 0, 3_600),
        ("request_timeout", 0.001, 86_400), ("keep_generations", 1, 10_000),
        ("max_text", 1, 1 << 30), ("max_body", 1, 1 << 30),
    ):  # fmt: skip
        value = getattr(settings, name)
        if not low <= value <= high:
            raise SettingsError(f"{name} is {value}, expected {low} to {high}")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingsError(f"log_level is {settings.log_level!r}, expected debug, info, warning or error")
    return settings
