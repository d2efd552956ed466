"""The widget on a publisher's page, of another origin than the service."""

import base64
import hashlib
import json
import socket
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from recommender.export import export
from recommender.service.exported import page_key
from tests.browser.conftest import until
from tests.browser.stage import KEY

STORY = "hl-0072"
PAPER = "https://harbourledger.example/"
DOWN = "http://127.0.0.1:9"  # the port that discards: nobody listens

LISTS = """() => [...document.querySelectorAll("read-more")].map((one) => ({
  hidden: one.hidden, height: one.offsetHeight, ready: !!one.shadowRoot.querySelector(".ready"),
  titles: [...one.shadowRoot.querySelectorAll(".ready a")].map((link) => link.textContent),
  links: [...one.shadowRoot.querySelectorAll(".ready a")].map((link) => link.href),
}))"""
GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "widget.md").read_text()
ROOM = GUIDE.split("### Nothing moves")[1].split("```css")[1].split("```")[0]
CSS = ".tall { height: 1100px }" + ROOM
TALL = "<div class='tall'>Pictures</div>"
FILL = "<p>" + "Words of the story, as it was printed. " * 60 + "</p>"


def article(body, service, head="", title="A page of the paper", lang="en", direction="ltr"):
    return (
        f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}'
        f'<link rel="stylesheet" href="/site.css"><script src="{service}/widget.js" async></script></head>'
        f"<body><main><h1>{title}</h1>{body}</main><footer>The end of the page</footer></body></html>"
    )


@pytest.fixture
def put(publisher):
    publisher.pages["/site.css"] = 200, {"content-type": "text/css"}, CSS.encode()
    number = iter(range(1_000))
    return lambda html, **headers: publisher.put(f"/{next(number)}.html", html, **headers)


def told(page, name="load", count=1):
    """The details of the events that the page has seen, once there are so many."""
    until(page, f"told.filter(([name]) => name === '{name}').length >= {count}")
    return [detail for kind, detail, _ in page.evaluate("told") if kind == name]


def fragment(service, **question):
    with urllib.request.urlopen(f"{service}/v1/related/fragment?{urllib.parse.urlencode(question)}") as answer:
        return answer.read().decode()


def test_the_list_arrives_on_a_page_of_another_origin(service, put, open_page):
    page = open_page(put(article(f'<read-more story-id="{STORY}"></read-more>', service)))
    (detail,) = told(page)
    (found,) = page.evaluate(LISTS)
    assert found["titles"] == [hit["title"] for hit in detail["hits"]]
    assert len(found["links"]) == 5
    assert all(link.startswith(PAPER) for link in found["links"])
    assert page.evaluate("shift") == 0


def test_the_markup_is_that_of_the_fragment(service, put, open_page):
    body = f'<read-more story-id="{STORY}" heading="More" heading-level="3"></read-more>'
    page = open_page(put(article(body, service)))
    told(page)
    root = "document.querySelector('read-more').shadowRoot"
    markup = page.evaluate(f"{root}.querySelector('nav').outerHTML")
    wanted = fragment(service, id=STORY, limit=5, heading="More", heading_level=3)
    assert markup.replace(" ready", "") == wanted.replace("&#39;", "'")


def test_nothing_but_the_widget_and_one_question_is_asked_for(service, put, open_page, record_property):
    page = open_page("about:blank")
    sizes = []
    page.on(
        "requestfinished", lambda one: sizes.append((one.url, one.sizes())) if one.url.startswith(service) else None
    )
    page.goto(put(article(f'<read-more story-id="{STORY}"></read-more>', service)))
    told(page)
    page.wait_for_load_state("networkidle")
    widget, answer = (sum(size["responseBodySize"] + size["responseHeadersSize"] for url, size in sizes if part in url)
                      for part in ("/widget.js", "/v1/related?"))  # fmt: skip
    ((_, _, milliseconds),) = page.evaluate("told")
    print(f"\nwidget: {len(sizes)} requests, {widget} + {answer} bytes, list after {milliseconds:.0f} ms")
    assert len(sizes) == 2
    assert widget < 6_000
    assert answer < 6_000
    assert milliseconds < 3_000
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0


def test_a_strict_policy_is_kept(service, put, open_page):
    policy = f"default-src 'none'; script-src {service}; connect-src {service}; style-src 'self'; img-src 'self'"
    body = f'<read-more story-id="{STORY}" thumbnails></read-more>'
    page = open_page(put(article(body, service), content_security_policy=policy))
    told(page)
    assert page.evaluate("refused") == []
    font = (
        "getComputedStyle(document.querySelector('read-more').shadowRoot.querySelector('.read-more-link')).fontWeight"
    )
    assert page.evaluate(font) == "600"  # its own style applies


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("place", ["in sight", "below", "after the fold"])
def test_nothing_moves_when_it_fills(service, put, open_page, width, place):
    words = {"in sight": "", "below": FILL, "after the fold": TALL}[place]
    body = f'{words}<read-more story-id="{STORY}"></read-more><p>What stands below the list.</p>{FILL}'
    page = open_page(put(article(body, service)), viewport={"width": width, "height": 800})
    told(page)
    page.mouse.wheel(0, 700)
    page.wait_for_timeout(300)
    assert page.evaluate("shift") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


RESETS = ["", "* { margin: 0; padding: 0; box-sizing: border-box }"]


@pytest.mark.parametrize("box", ["padding: 1em; border: 3px solid", "--read-more-padding: 1em 2em"])
@pytest.mark.parametrize("reset", RESETS)
def test_a_padded_list_fills_without_moving_and_no_reset_takes_its_padding(service, put, open_page, box, reset):
    page, held = open_page("about:blank"), []
    page.route("**/v1/related?*", lambda route: held.append(route))
    style = f"<style>{reset} read-more {{ {box} }}</style>"
    page.goto(put(article(f'<read-more story-id="{STORY}"></read-more><p>Below</p>{FILL}', service, style)))
    until(page, "document.querySelector('read-more').offsetHeight > 100")
    page.wait_for_timeout(100)
    page.evaluate("shift = 0")
    held[0].continue_()
    told(page)
    page.wait_for_timeout(100)
    assert page.evaluate("shift") == 0
    edge, row = page.evaluate("""() => { const list = document.querySelector("read-more");
      return [list, list.shadowRoot.querySelector("li")].map((one) => one.getBoundingClientRect().left); }""")
    assert row - edge >= 16


@pytest.mark.parametrize("reset", RESETS)
def test_the_list_of_the_page_keeps_its_box_when_the_script_arrives(service, put, open_page, reset):
    page, held = open_page("about:blank"), []
    page.route("**/widget.js", lambda route: held.append(route))
    style = f"<style>{reset} read-more {{ display: grid; padding: 1em; border: 3px solid }}</style>"
    light = f'<nav style="height: 200px"><a href="{PAPER}a">Kept</a></nav>'
    page.goto(put(article(f'<read-more story-id="{STORY}">{light}</read-more><p>Below</p>{FILL}', service, style)),
              wait_until="commit")  # fmt: skip
    height = "document.querySelector('read-more')?.offsetHeight"
    until(page, f"{height} > 200")
    before = page.evaluate(height)
    held[0].continue_()
    until(page, "!!customElements.get('read-more')")
    assert page.evaluate(height) == before
    page.wait_for_load_state("networkidle")
    assert page.evaluate("shift") == 0


def test_an_empty_list_paints_no_box(service, put, open_page):
    style = "<style>read-more { --read-more-background: #c00; --read-more-padding: 1em }</style>"
    body = f'<read-more story-id="{STORY}" section="Nowhere"></read-more><p>Below</p>'
    page = open_page(put(article(body, service, style)))
    told(page, "empty")
    painted = """() => { const list = document.querySelector("read-more");
      return [list, ...list.shadowRoot.querySelectorAll("*")].map((one) => getComputedStyle(one))
        .filter((one) => one.visibility === "visible" && one.backgroundColor !== "rgba(0, 0, 0, 0)").length; }"""
    assert page.evaluate(painted) == 0
    full = open_page(put(article(f'<read-more story-id="{STORY}"></read-more>', service, style)))
    told(full)
    assert full.evaluate(painted) == 1


def test_a_page_may_hide_the_list_and_its_way_of_setting_text_does_not_cut_titles(service, put, open_page):
    style = (
        "<style>main { white-space: nowrap; text-indent: 3em } @media (max-width: 20em) { read-more { display: none } }"
        "</style>"
    )
    page = open_page(
        put(article(f'<read-more story-id="{STORY}"></read-more>', service, style)),
        viewport={"width": 340, "height": 800},
    )
    told(page)
    assert page.evaluate("""() => [...document.querySelector("read-more").shadowRoot.querySelectorAll("a")]
      .every((one) => one.scrollWidth <= one.clientWidth && getComputedStyle(one).textIndent === "0px")""")
    page.set_viewport_size({"width": 300, "height": 800})
    assert not page.locator("read-more").is_visible()


def test_titles_have_the_lines_that_the_page_gives_them(service, put, open_page):
    body = f'<read-more story-id="{STORY}"></read-more><p>Below</p>{FILL}'
    cut = """() => [...document.querySelector("read-more").shadowRoot.querySelectorAll("a")]
      .map((one) => one.scrollHeight > one.clientHeight)"""
    narrow = {"viewport": {"width": 300, "height": 800}}
    page = open_page(put(article(body, service)), **narrow)
    told(page)
    assert any(page.evaluate(cut))
    tall = page.evaluate(LISTS)[0]["height"]
    page = open_page(put(article(body, service, "<style>read-more { --read-more-lines: 3 }</style>")), **narrow)
    told(page)
    assert not any(page.evaluate(cut))
    assert page.evaluate(LISTS)[0]["height"] == tall + 5 * 1.3 * 16
    assert page.evaluate("shift") == 0


def test_a_list_that_was_not_reached_leaves_no_gap_on_paper(service, put, open_page):
    lists = [f'<read-more story-id="{STORY}" mode="{mode}"></read-more>' for mode in ("background", "any")]
    page = open_page(put(article(lists[0] + TALL * 2 + lists[1], service)))
    told(page)
    assert [one["height"] > 100 for one in page.evaluate(LISTS)] == [True, True]
    page.emulate_media(media="print")
    assert [one["height"] > 100 for one in page.evaluate(LISTS)] == [True, False]
    assert page.evaluate(LISTS)[1]["height"] == 0


def test_the_measure_of_layout_shift_works(service, put, open_page):
    page = open_page(put(article("<p>Below</p>", service)))
    page.evaluate("new Promise(requestAnimationFrame)")
    page.evaluate("document.querySelector('h1').style.marginTop = '200px'")
    until(page, "shift > 0")


def test_no_story_stands_twice_on_a_page(service, put, open_page):
    light = f'<ul><li><a href="{first_link(service)}">Chosen by hand</a></li></ul>'
    lists = [f'<read-more story-id="{STORY}" mode="any" limit="{limit}"></read-more>' for limit in (3, 3, 4)]
    body = "".join(lists) + f'<read-more src="{DOWN}">{light}</read-more>'
    page = open_page(put(article(body, service)), quiet=True)
    told(page, count=3)
    links = [link for one in page.evaluate(LISTS) for link in one["links"]]
    assert len(links) == len(set(links)) == 10


def asked(service, path):
    with urllib.request.urlopen(service + path) as answer:
        return json.load(answer)


def change_status(service, story, status):
    body = json.dumps({"status": status}).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    change = urllib.request.Request(f"{service}/v1/stories/{story}", body, headers, method="PATCH")
    urllib.request.urlopen(change).close()


def first_link(service):
    return asked(service, f"/v1/related?id={STORY}&limit=1")["hits"][0]["url"]


def test_a_withdrawn_story_is_gone_when_the_page_is_next_looked_at(service, put, open_page):
    address = put(article(f'<read-more story-id="{STORY}"></read-more>', service))
    page = open_page(address)
    hit = told(page)[0]["hits"][0]
    page.goto(address)
    assert hit in told(page)[0]["hits"]
    try:
        change_status(service, hit["id"], "canceled")
        page.goto(address)
        assert hit not in told(page)[0]["hits"]
    finally:
        change_status(service, hit["id"], "usable")


def test_the_page_itself_is_in_no_list(service, put, open_page):
    link = f'<link rel="canonical" href="{first_link(service)}">'
    page = open_page(put(article(f'<read-more story-id="{STORY}"></read-more>', service, link)))
    told(page)
    assert first_link(service) not in page.evaluate(LISTS)[0]["links"]


def test_the_list_of_the_page_stays_where_the_service_is_down(put, open_page, service):
    body = f'<read-more src="{DOWN}" story-id="x"><nav><a href="{PAPER}a">Kept</a></nav></read-more><p>Below</p>'
    page = open_page(put(article(body, service)), quiet=True)
    (detail,) = told(page, "error")
    assert detail["status"] == 0
    assert page.get_by_text("Kept").is_visible()
    assert page.evaluate("shift") == 0
    page.evaluate("document.querySelector('read-more a').addEventListener('click', (event) => event.preventDefault())")
    page.get_by_text("Kept").click()
    assert told(page, "click")[0]["url"] == PAPER + "a"


def test_without_a_list_of_the_page_it_hides_where_the_service_is_down(put, open_page, service):
    body = f'{TALL}<read-more src="{DOWN}"></read-more><p>Below</p>'
    page = open_page(put(article(body, service)), quiet=True)
    told(page, "error")
    until(page, "document.querySelector('read-more').hidden")
    assert page.evaluate("shift") == 0


def test_the_list_of_the_page_is_not_pushed_about_while_it_is_read(service, put, open_page):
    short = f'<nav><a href="{PAPER}a">One line</a></nav>'
    body = f'<read-more story-id="{STORY}">{short}</read-more><p>Below</p>{FILL}'
    page = open_page(put(article(body, service)))
    page.wait_for_load_state("networkidle")
    assert page.evaluate("shift") == 0
    assert page.get_by_text("One line").is_visible()
    later = open_page(put(article(TALL + body, service)))  # out of sight it is renewed
    told(later)
    assert len(later.evaluate(LISTS)[0]["titles"]) == 5


def test_without_javascript_the_list_of_the_page_is_there(service, put, open_page):
    body = f'<read-more story-id="{STORY}">{fragment(service, id=STORY, limit=5)}</read-more>'
    page = open_page(put(article(body, service)), java_script_enabled=False)
    assert page.locator("read-more a").count() == 5
    assert page.locator("read-more a").first.is_visible()
    assert page.locator("read-more h2").inner_text() == "Read more"


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("story", [STORY, "tram/1#x"])
def test_with_the_rules_of_the_guide_an_included_list_is_renewed_in_sight(service, put, open_page, width, story):
    rules = GUIDE.split("## In the page itself")[1].split("```css")[1].split("```")[0]
    pictures = {"thumbnails": "true"} if "tram" in story else {}
    light = fragment(service, id=story, limit=4, mode="any", **pictures)
    body = (
        f'<read-more story-id="{story}" limit="4" mode="any" {"".join(pictures)}>{light}</read-more><p>Below</p>{FILL}'
    )
    address = put(article(body, service, f"<style>{rules}</style>"))
    without = open_page(address, viewport={"width": width, "height": 800}, java_script_enabled=False)
    height = without.locator("read-more").bounding_box()["height"]
    page = open_page(address, viewport={"width": width, "height": 800})
    told(page)
    page.wait_for_timeout(100)
    assert page.locator("read-more").bounding_box()["height"] == height
    assert page.evaluate("shift") == 0


def test_a_pinned_script_with_its_integrity_runs_as_the_guide_writes_it(service, put, open_page):
    with urllib.request.urlopen(service + "/widget.js") as answer:
        content, version = answer.read(), answer.headers["etag"].strip('"')
    (tag,) = [line for line in GUIDE.splitlines() if line.startswith("<script") and "integrity=" in line]
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    tag = tag.replace("https://recommender.example", service).replace("HASH", version).replace("…", digest)
    page = open_page(put(f'<!doctype html><title>Pinned</title>{tag}<read-more story-id="{STORY}"></read-more>'))
    assert len(told(page)[0]["hits"]) == 5


def test_right_to_left(service, put, open_page):
    body = f'<read-more story-id="{STORY}" thumbnails heading="اقرأ أيضا"></read-more>'
    page = open_page(put(article(body, service, lang="ar", direction="rtl")), viewport={"width": 390, "height": 800})
    told(page)
    edges = """() => { const root = document.querySelector("read-more").shadowRoot;
      const [nav, heading] = [".read-more", ".read-more-heading"].map((one) => {
        const range = document.createRange(); range.selectNodeContents(root.querySelector(one));
        return range.getBoundingClientRect(); });
      return [nav.right - heading.right, heading.left - nav.left]; }"""
    right, left = page.evaluate(edges)
    assert right < 1 < left
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('read-more').shadowRoot.querySelector('a').dir") == "auto"


def test_a_date_of_another_direction_than_the_pages_keeps_its_order(service, put, open_page):
    html = f'<read-more story-id="{STORY}" lang="ar"></read-more>'
    page = open_page(put(article(html, service)))
    told(page)
    day, month, left = page.evaluate("""() => {
      const item = document.querySelector("read-more").shadowRoot.querySelector(".read-more-item");
      const [text, at] = [item.querySelector("time").firstChild, (from, to) => {
        const range = document.createRange(); range.setStart(text, from); range.setEnd(text, to);
        return range.getBoundingClientRect(); }];
      const end = text.length;
      return [at(0, 1).x, at(end - 4, end).x, at(0, end).x - item.getBoundingClientRect().x]; }""")
    assert day > month, "the day stands right of the year"
    assert left < 10, "and the date under the title of the page's direction"


def test_a_page_that_the_service_does_not_know_is_asked_for_by_its_title(service, put, open_page):
    title = "Storm tears a hole in the North Mole"
    page = open_page(put(article("<read-more></read-more>", service, title=title)), quiet=True)
    (detail,) = told(page)
    assert any("Storm Ragna" in hit["title"] for hit in detail["hits"])


def test_the_story_is_found_by_the_canonical_address(service, put, open_page):
    url = asked(service, f"/v1/stories/{STORY}")["url"]
    link = f'<link rel="canonical" href="{url}?utm_source=here">'
    page = open_page(put(article("<read-more></read-more>", service, link)))
    assert len(told(page)[0]["hits"]) > 1


def test_an_empty_list_hides_with_its_heading(service, put, open_page):
    body = f'{TALL}<read-more story-id="{STORY}" section="Nowhere"></read-more><p>Below</p>'
    page = open_page(put(article(body, service)))
    assert told(page, "empty")[0]["hits"] == []
    until(page, "document.querySelector('read-more').hidden")
    assert page.get_by_role("heading").count() == 1
    assert page.evaluate("shift") == 0


def test_an_empty_list_in_sight_shows_nothing_and_moves_nothing(service, put, open_page):
    body = f'<read-more story-id="{STORY}" section="Nowhere"></read-more><p>Below</p>{TALL * 2}'
    page = open_page(put(article(body, service)))
    told(page, "empty")
    assert page.get_by_role("heading").count() == 1
    page.mouse.wheel(0, 1_200)  # out of sight it gives its space back
    until(page, "document.querySelector('read-more').hidden")
    page.wait_for_timeout(200)
    assert page.evaluate("shift") == 0


def test_a_short_list_leaves_its_space_until_nobody_looks(service, put, open_page):
    body = f'<read-more story-id="tram/6#x" mode="any"></read-more><p>Below</p>{TALL * 2}'
    page = open_page(put(article(body, service)))
    assert 0 < len(told(page)[0]["hits"]) < 5
    tall = page.evaluate(LISTS)[0]["height"]
    page.mouse.wheel(0, 1_800)
    until(page, f"document.querySelector('read-more').offsetHeight < {tall}")
    page.wait_for_timeout(200)
    assert page.evaluate("shift") == 0


def test_a_click_is_told_with_its_story(service, put, open_page):
    page = open_page(put(article(f'<read-more story-id="{STORY}"></read-more>', service)))
    (loaded,) = told(page)
    page.evaluate("document.addEventListener('click', (event) => event.preventDefault())")
    page.locator("read-more").get_by_role("link").nth(1).click()
    (detail,) = told(page, "click")
    assert detail == {
        **{name: loaded["hits"][1][name] for name in ("id", "url")},
        "position": 1,
        "generation": loaded["generation"],
    }


def test_the_keyboard_reaches_every_story_visibly(service, put, open_page):
    page = open_page(put(article(f'<read-more story-id="{STORY}"></read-more>', service)))
    told(page)
    seen = set()
    for _ in range(5):
        page.keyboard.press("Tab")
        focused = page.evaluate("""() => { const link = document.activeElement.shadowRoot.activeElement;
          return [link.textContent, getComputedStyle(link.closest("li")).outlineStyle]; }""")
        assert focused[1] == "solid"
        seen.add(focused[0])
    assert len(seen) == 5


def test_pictures_have_their_size_before_they_arrive(service, put, open_page, publisher):
    body = '<read-more story-id="tram/6#x" thumbnails mode="any"></read-more><p>Below</p>'
    page = open_page(put(article(body, service)))
    told(page)
    page.wait_for_load_state("networkidle")
    pictures = page.evaluate("""() => [...document.querySelector("read-more").shadowRoot.querySelectorAll("img")]
      .map((one) => [one.getAttribute("width"), one.getAttribute("height"), one.alt, one.naturalWidth])""")
    assert pictures
    assert all(one == ["640", "480", "", 16] for one in pictures)
    assert page.evaluate("shift") == 0


def test_a_picture_that_does_not_come_leaves_no_broken_frame(service, put, open_page):
    page = open_page("about:blank", quiet=True)
    page.route("**/picture.png", lambda route: route.fulfill(status=404))
    page.goto(put(article('<read-more story-id="tram/6#x" thumbnails mode="any"></read-more><p>Below</p>', service)))
    told(page)
    until(page, "!document.querySelector('read-more').shadowRoot.querySelector('img')")
    assert page.evaluate("shift") == 0


def test_titles_and_addresses_that_mean_harm_do_none(service, put, open_page):
    light = fragment(service, id="tram/1#x", limit=6, mode="any", thumbnails="true")
    assert "Tram &#34;depot&#34;" in light
    body = f'<read-more story-id="tram/1#x" mode="any" limit="6" thumbnails>{light}</read-more>'
    page = open_page(put(article(TALL + body, service)))
    told(page)
    page.wait_for_timeout(200)
    (found,) = page.evaluate(LISTS)
    assert any(title.startswith('<img src=x onerror="window.harmed=1">Tram') for title in found["titles"])
    assert not [link for link in found["links"] if not link.startswith("https://")]
    assert page.evaluate("window.harmed") is None
    assert page.locator("read-more script").count() == 0
    without = open_page(put(article(body, service)), java_script_enabled=False)
    assert without.locator("read-more img[onerror], read-more script").count() == 0


@pytest.fixture(scope="module")
def exported(index, publisher, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    export(index, folder)
    return publisher.serve("/read-more", folder)


@pytest.mark.parametrize("by", ["id", "url", "address of the page"])
def test_exported_files_serve_while_the_service_is_down(service, exported, put, open_page, by):
    url = asked(service, f"/v1/stories/{STORY}")["url"]
    attribute = {"id": f'story-id="{STORY}"', "url": f'story-url="{url}"', "address of the page": ""}[by]
    head = f'<link rel="canonical" href="{url}">' if not attribute else ""
    body = f'<read-more src="{DOWN}" fallback="{exported}" {attribute}></read-more><p>Below</p>'
    page = open_page(put(article(body, service, head)), quiet=True)
    (detail,) = told(page)
    alive = open_page(put(article(f'<read-more story-id="{STORY}"></read-more>', service)))
    assert [hit["url"] for hit in detail["hits"]] == [hit["url"] for hit in told(alive)[0]["hits"]]
    assert page.evaluate("shift") == 0
    assert [name for name, _, _ in page.evaluate("told")] == ["load"]


@pytest.mark.parametrize("trouble", ["503", "no answer in time"])
def test_exported_files_serve_while_the_service_is_in_trouble(service, exported, put, open_page, trouble):
    page = open_page("about:blank", quiet=True)
    page.route("**/v1/related?*", lambda route: route.fulfill(status=503) if trouble == "503" else None)
    page.goto(put(article(f'<read-more story-id="{STORY}" fallback="{exported}"></read-more>', service)))
    assert len(told(page)[0]["hits"]) == 5


def test_files_are_not_asked_while_the_service_answers(service, exported, put, open_page, publisher):
    publisher.asked.clear()
    page = open_page(put(article(f'<read-more fallback="{exported}" story-id="{STORY}"></read-more>', service)))
    told(page)
    assert not [path for path in publisher.asked if path.startswith("/read-more")]


def test_files_that_do_not_come_keep_no_other_list_waiting(service, put, open_page):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections and says nothing
        nowhere = f"http://127.0.0.1:{silent.getsockname()[1]}"
        body = (
            f'<read-more src="{DOWN}" fallback="{nowhere}" story-id="{STORY}"></read-more>'
            f'<read-more story-id="{STORY}"></read-more>'
        )
        page = open_page(put(article(body, service)), quiet=True)
        assert len(told(page)[0]["hits"]) == 5
        assert told(page, "error")[0]["status"] == 0


def test_a_story_without_a_file_is_an_error(service, exported, put, open_page):
    body = f'<read-more src="{DOWN}" fallback="{exported}" story-id="unknown"></read-more>'
    page = open_page(put(article(body, service)), quiet=True)
    assert told(page, "error")[0]["status"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://www.X.example:443/A/b/?p=1#top", "http://x.example:8080/", "https://x.example/a b/é%20ж",
        "https://bücher.example/'?q='", "https://x.example/a;b=1,2/(c)?d=[1]&e={2}|3", "https://x.example/100%/`{x}^",
        "https://www.example/x", "https://x.example/a\\b", "https://x.example/?", "https://x.example//a//b//",
    ],
)  # fmt: skip
def test_export_and_browser_agree_on_the_key_of_an_address(open_page, url):
    page = open_page("about:blank")
    script = """(address) => { const url = new URL(address);
      return url.host.replace(/^www\\./, "") + url.pathname.replace(/\\/+$/, "") + url.search; }"""
    assert page.evaluate(script, url) == page_key(url)
