"""The documents for users: what they print as settings is taken as it stands, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from recommender.settings import load_settings

_ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [_ROOT / "README.md", *sorted((_ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_settings_that_a_document_prints_are_taken(document, tmp_path):
    file = tmp_path / "recommender.toml"
    for printed in re.findall(r"^```toml\n(.*?)^```", document.read_text(), re.DOTALL | re.MULTILINE):
        file.write_text(printed)
        settings = load_settings(environ={}, file=file)
        assert settings.workers == 2
        assert settings.corpora[-1] == "https://gazette.example/feed.xml"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_a_document_lead_to_a_file_and_a_heading(document):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", document.read_text()):
        name, _, heading = target.partition("#")
        file = document.parent / name if name else document
        assert file.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles], target


def test_commands_install_into_the_environment_of_the_program():
    for document in DOCUMENTS:
        assert not re.search(r"(?<!\.venv/bin/)\bpip install", document.read_text()), document.name
