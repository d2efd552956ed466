"""A record with its block still in the text."""

from urllib.parse import urljoin

from hypothesis import example, given
from hypothesis import strategies as st

from recommender.readmore import canonical_url, cut_record
from recommender.readmore.records import complete_url
from recommender.records import story_from_record

BODY = "The bridge was closed on Monday."
ONE = "Council votes to repair the bridge"
TWO = "Ferry line carries twice as many people"


def test_the_block_joins_the_listed_pointers_without_repeating_them():
    record = {
        "id": "a",
        "url": "https://a.example/news/a",
        "text": f"{BODY}\n\nRead more:\n- [{ONE.upper()}](/news/one)\n- [{TWO}](two)\n- [Another story it is](https://www.a.example/x/#y)",
        "read_more": [{"title": ONE, "id": "one"}, {"url": "http://a.example/x"}, "A plain headline"],
    }
    kept = record | {}
    cut = cut_record(record)
    assert record == kept, "the caller's record is not changed"
    assert cut["text"] == BODY
    assert cut["read_more"] == [*record["read_more"], {"title": TWO, "url": "https://a.example/news/two"}]


def test_the_id_of_the_content_is_that_of_the_cut_text():
    with_block = story_from_record(cut_record({"text": f"{BODY}\nRead more:\n- {ONE}"}))
    assert with_block == story_from_record({"text": BODY, "read_more": [{"title": ONE}]})


def test_what_needs_no_cut_is_the_same_record():
    for record in (
        {"text": BODY},
        {"title": "x"},
        {"text": 5},
        {"text": None},
        {"text": f"Related: {ONE}", "read_more": "x"},
    ):
        assert cut_record(record) is record


def test_cutting_twice_is_cutting_once():
    once = cut_record({"text": f"{BODY}\nRead more:\n- {ONE}\n- {TWO}"})
    assert cut_record(once) is once


@given(
    st.text("/.?#&=;:@%ab \t\u00e9", max_size=12),
    st.sampled_from(
        ["https://a.example/x/y?z#w", "http://a.example:80", "https://[::1]/x", "ftp://a/x", "a/b", "https://["]
    ),
)
@example("/;", "https://a.example/x/y?z#w")
def test_addresses_are_completed_as_the_standard_says(url, base):
    try:
        wanted = urljoin(base, url)
    except ValueError:
        wanted = url
    completed = complete_url(url, base)
    assert completed is None if not url or url.startswith("#") else canonical_url(completed) == canonical_url(wanted)
