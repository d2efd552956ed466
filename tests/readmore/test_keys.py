"""Which headlines and which URLs are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.readmore import canonical_url, normalise_headline


@pytest.mark.parametrize(
    "other",
    [
        "Ukraine's “grain” deal - what next?",
        'UKRAINE’S "GRAIN" DEAL – WHAT NEXT',
        "  Ukraine‘s «grain» deal — what\u00a0next … ",
        "Ukraines grain deal \u2011 what next.",
        "Ukraine's grain deal\u200b - what\nnext",
        "Ｕkraine's grain deal - what next?",
        "Ukraine's grain deal - what next? | The Gazette",
    ],
)
def test_same_headline(other):
    assert normalise_headline(other) == "ukraines grain deal what next"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("War live: what we know | Day 12", "War live: what we know | Day 13"),
        ("Opinion | The bridge", "Opinion | The ferry"),
        ("Who won the vote in May", "Who won the vote in June"),
        ("C++ wins", "C wins"),
        ("???", "!!!"),
        ("😀", "😡"),
        ("Мир", "Мір"),
    ],
)
def test_different_headlines(one, two):
    assert normalise_headline(one) != normalise_headline(two)


@given(st.text())
def test_normalising_a_headline_twice_changes_nothing(title):
    once = normalise_headline(title)
    assert normalise_headline(once) == once
    assert bool(once) == bool(title.split())


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a/b?x=1&y=2",
        "http://example.com/a/b?x=1&y=2",
        "//example.com/a/b?x=1&y=2",
        "HTTPS://WWW.Example.COM:443/a/b/?y=2&x=1",
        "http://www.example.com.:80/a/b/?y=2&&x=1#comments",
        " https://user:secret@example.com/a/b?x=1&utm_source=feed&UTM_medium=x&y=2&fbclid=abc&gclid=1&mc_cid=2 ",
        "https://example.com/a/./c/../b?x=1&y=2#",
        "https://example.com/%61/b?x=%31&y=2",
    ],
)
def test_same_url(url):
    assert canonical_url(url) == "https://example.com/a/b?x=1&y=2"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com/", "https://example.com"),
        ("http://www.com/a", "https://www.com/a"),
        ("https://example.com:8080/a", "https://example.com:8080/a"),
        ("https://example.com/A", "https://example.com/A"),
        ("https://example.com/a?id=7", "https://example.com/a?id=7"),
        ("https://example.com/a?ref=home", "https://example.com/a?ref=home"),
        (
            "https://example.com/новини/міст",
            "https://example.com/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8/%D0%BC%D1%96%D1%81%D1%82",
        ),
        ("https://example.com/%d0%bc%D1%96ст", "https://example.com/%D0%BC%D1%96%D1%81%D1%82"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://example.com/a%2Fb?q=%26", "https://example.com/a%2Fb?q=%26"),
        ("https://example.com/100%", "https://example.com/100%25"),
        ("https://Новини.example/1", "https://xn--b1amarcd.example/1"),
        ("mailto:Ann@example.com", "mailto:Ann@example.com"),
        (" /2024/05/a ", "/2024/05/a"),
        ("urn:story:1", "urn:story:1"),
        ("http://[broken", "http://[broken"),
        ("https://", "https://"),
        ("// /", "// /"),
        ("", ""),
    ],
)
def test_canonical_form(url, canonical):
    assert canonical_url(url) == canonical


URLISH = st.lists(
    st.sampled_from(
        [
            *"/?&=#%:@.[]",
            "//",
            "..",
            "http://",
            "https://",
            "www.",
            "a",
            "B",
            "%2",
            "%41",
            "é",
            "例",
            " ",
            "\t",
            "utm_x=1",
            "xn--",
            ":80",
        ]
    )
    | st.characters(),
    max_size=25,
)


@given(URLISH.map("".join) | URLISH.map(lambda parts: "https://example.com/" + "".join(parts)))
def test_any_url_has_one_stable_form(url):
    once = canonical_url(url)
    assert canonical_url(once) == once
