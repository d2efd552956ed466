"""Following sources: what is new or changed is taken over, the rest stays, and what fails is asked again later."""

import pytest
import samples

from recommender.corpus.fetch import Limits
from recommender.corpus.follow import Follower
from recommender.corpus.memory import Memory
from recommender.errors import CorpusError, RecordError


class Index:
    """Stories in a dictionary (`Sink`)."""

    def __init__(self):
        self.stories = {}
        self.deleted = set()
        self.refuse = set()

    def current(self, story_id):
        return self.stories.get(story_id)

    def is_deleted(self, story_id):
        return story_id in self.deleted

    def put_many(self, stories):
        return [self._put(story) for story in stories]

    def _put(self, story):
        if story.id in self.refuse:
            return RecordError("id", "is refused")
        result = "updated" if story.id in self.stories else "created"
        self.stories[story.id] = story
        return result


@pytest.fixture
def world(tmp_path, site):
    class World:
        now = 1_000_000.0
        index = Index()
        memory = Memory(tmp_path)

        def round(self, *sources, private=True):
            limits = Limits(private=private, pause=0.0, seconds=2.0)
            follower = Follower(
                sources, self.index, self.memory, limits=limits, clock=lambda: self.now, sleep=lambda _: None
            )
            return [(one.outcome, one.created, one.updated, one.unchanged) for one in follower.round()], follower

    world = World()
    yield world
    world.memory.close()


def rss(*items):
    body = "".join(
        f"<item><title>{title}</title><link>{url}</link><description>{text}</description></item>"
        for title, url, text in items
    )
    return f"<rss><channel>{body}</channel></rss>".encode()


ONE = ("One story", "https://a.example/1", "First.")
TWO = ("Two stories", "https://a.example/2", "Second.")


def test_new_and_changed_items_and_the_rest_stays(world, site):
    feed = site.url("/feed")
    site.set("/feed", rss(ONE))
    assert world.round(feed)[0] == [("read", 1, 0, 0)]
    assert world.round(feed)[0] == [("read", 0, 0, 1)]
    site.set("/feed", rss(TWO, ("One story", "https://a.example/1", "First, corrected.")))
    assert world.round(feed)[0] == [("read", 1, 1, 0)]
    site.set("/feed", rss(TWO))
    assert world.round(feed)[0] == [("read", 0, 0, 1)]
    assert {story.text for story in world.index.stories.values()} == {"First, corrected.", "Second."}


def test_conditional_requests(world, site):
    site.set("/feed", rss(ONE), ETag='"a"')
    assert world.round(site.url("/feed"))[0] == [("read", 1, 0, 0)]
    assert world.round(site.url("/feed"))[0] == [("not modified", 0, 0, 0)]
    site.set("/feed", rss(ONE, TWO), ETag='"b"')
    assert world.round(site.url("/feed"))[0] == [("read", 1, 0, 1)]


def test_what_a_build_read_is_not_put_again(world, site):
    site.set("/feed", rss(ONE))
    world.round(site.url("/feed"))
    site.set("/other", rss(ONE))
    assert world.round(site.url("/other"))[0] == [("read", 0, 0, 1)]


def test_a_deleted_story_is_not_brought_back(world, site):
    site.set("/feed", rss(ONE, TWO))
    world.index.deleted.add("https://a.example/1")
    world.round(site.url("/feed"))
    site.set("/feed", rss(("One story", "https://a.example/1", "Changed."), TWO))
    world.round(site.url("/feed"))
    assert list(world.index.stories) == ["https://a.example/2"]


def test_a_source_that_is_down_is_asked_ever_more_seldom(world, site):
    good, bad = site.url("/feed"), site.url("/down")
    site.set("/feed", rss(ONE))
    rounds, _ = world.round(bad, good)
    assert [one[0] for one in rounds] == ["failed", "read"]
    waits = []
    for _ in range(4):
        asked = len(site.asked)
        assert world.round(bad)[0][0][0] == "waiting"
        assert len(site.asked) == asked
        visit = world.memory.visit(bad)
        waits.append(visit.not_before - world.now)
        world.now = visit.not_before
        assert world.round(bad)[0][0][0] == "failed"
    assert waits == [60, 120, 240, 480]
    site.set("/down", rss(TWO))
    world.now = world.memory.visit(bad).not_before
    assert world.round(bad)[0] == [("read", 1, 0, 0)]
    assert world.memory.visit(bad).failures == 0


def test_a_site_that_says_when_to_come_again(world, site):
    def busy(handler):
        handler.send_response(503)
        handler.send_header("Retry-After", "3600")
        handler.end_headers()

    site.pages["/feed"] = busy
    world.round(site.url("/feed"))
    assert world.memory.visit(site.url("/feed")).not_before == world.now + 3_600


def test_only_changed_pages_of_a_sitemap_are_fetched(world, site):
    def page(title):
        body = "<p>The bridge was closed for years because nobody would pay for it, and it rusted.</p>" * 3
        return samples.PAGE.format(title=title, url="", body=body).encode()

    def sitemap(*entries):
        listed = "".join(f"<url><loc>{site.url(path)}</loc><lastmod>{day}</lastmod></url>" for path, day in entries)
        site.set("/sitemap.xml", f"<urlset>{listed}</urlset>".encode())

    site.set("/1", page("One story"))
    site.set("/2", page("Two stories"))
    sitemap(("/1", "2024-05-01"), ("/2", "2024-05-01"))
    source = site.url("/sitemap.xml")
    assert world.round(source)[0] == [("read", 2, 0, 0)]
    site.set("/2", page("Two stories, changed"))
    sitemap(("/1", "2024-05-01"), ("/2", "2024-05-02"))
    site.asked.clear()
    assert world.round(source)[0] == [("read", 0, 1, 1)]
    assert site.asked == ["/robots.txt", "/sitemap.xml", "/2"]


def test_a_long_sitemap_is_read_in_several_rounds(world, site):
    listed = "".join(f"<url><loc>{site.url(f'/{number}')}</loc></url>" for number in range(5))
    site.set("/sitemap.xml", f"<urlset>{listed}</urlset>".encode(), ETag='"a"')
    body = "<p>The bridge was closed for years because nobody would pay for it, and it rusted.</p>" * 3
    for number in range(5):
        site.set(f"/{number}", samples.PAGE.format(title=f"Story {number}", url=f"/{number}", body=body).encode())
    source = site.url("/sitemap.xml#max_pages=2")
    assert [world.round(source)[0][0][:2] for _ in range(4)] == [
        ("read", 2),
        ("read", 2),
        ("read", 1),
        ("not modified", 0),
    ]


def test_links_of_a_body_are_kept_for_the_index_to_resolve(world, site):
    link = '&lt;p&gt;It &lt;a href="{0}"&gt;was&lt;/a&gt; &lt;a href="https://a.example/tag"&gt;x&lt;/a&gt;&lt;/p&gt;'
    site.set("/feed", rss(ONE))
    world.round(site.url("/feed"))
    site.set("/feed", rss(("Two stories", "https://a.example/2", link.format("https://a.example/1"))))
    world.round(site.url("/feed"))
    assert [p.url for p in world.index.stories["https://a.example/2"].read_more] == [
        "https://a.example/1",
        "https://a.example/tag",  # leads nowhere yet: the index links it once its story is there
    ]


def test_a_record_that_the_index_refuses_is_tried_again(world, site):
    site.set("/feed", rss(ONE, TWO))
    world.index.refuse.add("https://a.example/1")
    world.round(site.url("/feed"))
    world.index.refuse.clear()
    assert world.round(site.url("/feed"))[0] == [("read", 1, 0, 1)]


def test_sources_that_are_files(world, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("title,text,url\nOne story,First.,https://a.example/1\n")
    assert world.round(str(path))[0] == [("read", 1, 0, 0)]
    assert world.round(str(tmp_path / "nothing.csv"))[0] == [("failed", 0, 0, 0)]


def test_private_addresses_only_where_allowed(world, site):
    site.set("/feed", rss(ONE))
    (outcome,), _ = world.round(site.url("/feed"), private=False)
    assert outcome[0] == "failed"
    assert site.asked == []
    assert world.round(site.url("/feed#private=yes"), private=False)[0] == [("read", 1, 0, 0)]


def test_a_source_that_is_none(world):
    with pytest.raises(CorpusError, match="no option"):
        world.round("https://a.example/feed#nix=1")
