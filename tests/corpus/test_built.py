"""Every kind of source built end to end; how many stories, links and rejects there are was counted by hand."""

import sqlite3

import pytest
import samples
from test_ways_in import page, warc

from recommender.generation import IndexFolder
from recommender.rebuild import rebuild
from recommender.settings import Settings

ROWS = [
    ("Bridge opens at last", "It opened.", "https://gazette.example/1", "2024-05-04"),
    ("Bridge closed", "It <a href='/1'>closed</a>.<br><br>Read more:<br>- Bridge opens at last<br>- Ferry runs again at night", "https://gazette.example/2", "2024-05-03"),  # noqa: E501
    ("No date", "Text of it.", None, "soon"),
]  # fmt: skip


def table(folder, suffix, delimiter):
    lines = [delimiter.join(("headline", "text", "url", "date"))]
    lines += [delimiter.join(f'"{cell or ""}"' for cell in row) for row in ROWS]
    (folder / f"a.{suffix}").write_text("\n".join(lines) + "\n")
    return folder / f"a.{suffix}"


def csv(folder):
    return table(folder, "csv", ";")


def tsv(folder):
    return table(folder, "tsv", "\t")


def parquet(folder):
    pyarrow = pytest.importorskip("pyarrow")
    columns = dict(zip(("title", "text", "url", "date"), map(list, zip(*ROWS, strict=True)), strict=True))
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


def sql(folder):
    pytest.importorskip("sqlalchemy")
    base = sqlite3.connect(folder / "a.db")
    base.execute("CREATE TABLE news (head, text, url, date)")
    base.executemany("INSERT INTO news VALUES (?, ?, ?, ?)", ROWS)
    base.commit()
    base.close()
    return f"sql:sqlite:///{folder}/a.db#title=head&query=SELECT * FROM news ORDER BY url"


def archive(folder):
    pytest.importorskip("warcio")
    (folder / "a.warc.gz").write_bytes(warc())
    return folder / "a.warc.gz"


def site_folder(folder):
    for name, text in samples.FRONT_MATTER.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def file(name, text):
    def write(folder):
        (folder / name).write_text(text)
        return folder / name

    return write


SOURCES = {
    "RSS": (file("a.xml", samples.RSS), 3, 1, 2, 1),
    "Atom": (file("a.xml", samples.ATOM), 2, 1, 3, 0),
    "RDF": (file("a.rdf", samples.RDF), 1, 0, 0, 0),
    "JSON Feed": (file("a.json", samples.JSON_FEED), 2, 1, 2, 2),
    "WordPress": (file("a.xml", samples.WXR), 2, 1, 2, 0),
    "ninjs": (file("a.json", samples.NINJS), 1, 1, 1, 0),
    "ninjs 2": (file("a.json", samples.NINJS_2), 1, 0, 0, 0),
    "front matter": (site_folder, 5, 0, 4, 0),
    "text": (
        file("a.txt", "A headline\n\nThe body.\n\nRead more:\n- One story of it\n- Two stories of it\n"),
        1,
        2,
        2,
        0,
    ),
    "CSV": (csv, 2, 1, 2, 1),
    "TSV": (tsv, 2, 1, 2, 1),
    "Parquet": (parquet, 2, 1, 2, 1),
    "SQL": (sql, 2, 1, 2, 1),
    "WARC": (archive, 2, 1, 4, 1),
}
"""The corpus; then stories, headlines without one, links and rejects."""


def build(tmp_path, corpus):
    settings = Settings(index=tmp_path / "index", model="hashing:64")
    counts = rebuild(settings, [corpus]).manifest.counts
    IndexFolder(settings.index).open_live().close()
    return tuple(counts.get(name, 0) for name in ("articles", "headlines", "links", "rejected"))


@pytest.mark.parametrize("kind", SOURCES)
def test_files(tmp_path, kind):
    make, *wanted = SOURCES[kind]
    (tmp_path / "corpus").mkdir()
    assert build(tmp_path, make(tmp_path / "corpus")) == tuple(wanted)


def test_addresses(tmp_path, site):
    entries = "".join(f"<url><loc>{site.url(f'/{number}')}</loc></url>" for number in (1, 2, 404))
    site.set("/sitemap.xml", f"<urlset>{entries}</urlset>".encode())
    site.set("/feed", samples.RSS.encode())
    site.set("/1", page(1), Content_Type="text/html")
    site.set("/2", page(2, "Bridge closed"), Content_Type="text/html")
    assert build(tmp_path / "a", f"{site.url('/sitemap.xml')}#private=yes") == (2, 1, 4, 1)
    assert build(tmp_path / "b", f"{site.url('/feed')}#private=yes") == (3, 1, 2, 1)
    assert build(tmp_path / "c", f"{site.url('/1')}#private=yes") == (1, 1, 1, 0)
