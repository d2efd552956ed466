"""Settings as they are read from the environment."""

from pathlib import Path

import pytest

from recommender.errors import SettingsError
from recommender.settings import load_settings


def read(**variables: str) -> object:
    ((name, text),) = variables.items()
    return getattr(load_settings(environ={f"RECOMMENDER_{name.upper()}": text}), name)


def test_lists_hold_addresses_and_keys_whole() -> None:
    assert read(cors_origins="https://a.example, https://b.example:8443") == (
        "https://a.example", "https://b.example:8443"
    )  # fmt: skip
    assert read(proxies="::1,10.0.0.0/8") == ("::1", "10.0.0.0/8")
    assert read(admin_key="one:two:sha256-ab") == ("one", "two", "sha256-ab")
    assert read(corpora="a.jsonl:https://b.example:8443/feed.xml:c/d") == (
        "a.jsonl", "https://b.example:8443/feed.xml", "c/d"
    )  # fmt: skip
    database = "sql:postgresql://me:word@host:5432/news#query=SELECT id::text FROM stories"
    assert read(corpora=database) == (database,)
    assert read(corpora=f"a.jsonl:b:{database}") == ("a.jsonl", "b", database)


@pytest.mark.parametrize("text", ["-1", "many"])
def test_a_wrong_limit_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="rate_limit"):
        read(rate_limit=text)


def test_a_file_with_a_setting_of_earlier_versions_is_read(tmp_path: Path) -> None:
    file = tmp_path / "recommender.toml"
    file.write_text("debug = true\nport = 9001\n")
    assert load_settings(environ={}, file=file).port == 9001
