"""The desk as editors use it, and every page before axe."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import until
from tests.browser.stage import KEY

DRAFT = "Storm Ragna tore a hole in the North Mole overnight, and ferries to Tarrow Island stayed tied up."
STORY = "/story?id=hl-0072"
PAGES = ["/", STORY, "/headlines", "/index", "/quality", "/demo", "/docs", "/story?id=none", "/story?id=hl-0003"]
PHONE = {"width": 360, "height": 740}


def violations(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def write(page, text):
    with page.expect_response("**/desk/results"):
        page.fill("#q", text)
    page.wait_for_selector(".hit")
    until(page, "!document.querySelector('#results').hasAttribute('aria-busy')")


def titles(page):
    return page.locator(".hit h3").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible(service, open_page, path, scheme):
    # Without motion: halfway through a fade no colour is the one that is meant.
    page = open_page(service + path, color_scheme=scheme, reduced_motion="reduce", quiet="none" in path)
    if path == "/":
        write(page, DRAFT)
        page.get_by_text("Left out").click()
    if path == "/demo":
        until(page, "told.length >= 1")
    assert violations(page) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for link in page.locator("header nav a").all():  # every page can be reached, whatever the size of the text
        box = link.bounding_box()
        assert box["x"] + box["width"] <= PHONE["width"]
    assert violations(page) == []
    assert page.evaluate("refused") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_widget_is_accessible_on_a_publishers_page(service, open_page, publisher, scheme):
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f'<title>A page</title><script src="{service}/widget.js" async></script><main><h1>A page</h1>'
        '<read-more story-id="hl-0072" thumbnails></read-more><read-more story-id="tram/6#x" thumbnails></read-more>'
        "</main></html>"
    )
    page = open_page(publisher.put("/accessible.html", html), color_scheme=scheme)
    until(page, "told.length === 2")
    page.wait_for_timeout(300)  # the list fades in
    assert violations(page) == []
    nav = page.get_by_role("navigation", name="Read more").first
    assert nav.get_by_role("heading", level=2).inner_text() == "Read more"
    assert nav.get_by_role("listitem").count() == 5


def test_answers_come_while_typing_with_reasons(service, open_page):
    page = open_page(service)
    asked = []
    page.on("request", lambda one: asked.append(one) if "/desk/results" in one.url else None)
    page.locator("#q").press_sequentially(DRAFT, delay=15)
    page.wait_for_selector(".hit")
    until(page, "document.querySelector('#status').textContent.includes('10 stories')")
    assert any("Storm Ragna" in title for title in titles(page))
    assert len(asked) < len(DRAFT) / 4  # not at every key
    assert all(one.method == "POST" for one in asked)  # a draft stands in no address, and so in no log
    assert page.locator(".hit").first.locator(".reasons li").count() > 0
    assert DRAFT.split()[0] not in page.url


def test_what_is_written_from_right_to_left_keeps_its_order(service, open_page):
    page = open_page(service + "/")
    page.fill("#q", "العاصفة تكسر جدار الميناء")
    assert page.evaluate("getComputedStyle(document.querySelector('#q')).direction") == "rtl"
    write(page, DRAFT)
    assert page.evaluate("getComputedStyle(document.querySelector('#q')).direction") == "ltr"
    # Words of another direction in a reason leave its share where it is, behind them.
    page.evaluate("document.querySelector('.reasons bdi').textContent = 'shares words: جدار, ميناء'")
    left, right = (
        page.evaluate("""[...document.querySelectorAll(".reasons li:first-child bdi")].slice(0, 2).map((one) => {
      const range = document.createRange(); range.selectNodeContents(one);
      return range.getBoundingClientRect().x; })""")
    )
    assert left < right
    amount = page.locator(".reasons bdi.amount").first
    assert re.fullmatch(r"−?\d+ %", amount.inner_text())


def test_a_slider_shows_its_value(service, open_page):
    page = open_page(service + "/")
    page.locator("[name=min_score]").fill("0.35")
    assert page.locator(".slide span").all_inner_texts() == ["0", "35"]  # as the scores of hits are written


def test_filters_and_modes_change_the_answer(service, open_page):
    page = open_page(service)
    write(page, DRAFT)
    before = titles(page)
    with page.expect_response("**/desk/results"):
        page.get_by_label("Section").select_option("Climate")
    until(page, "!document.querySelector('#results').hasAttribute('aria-busy')")
    assert all("Climate" in facts for facts in page.locator(".hit .facts").all_inner_texts())
    page.get_by_label("Section").select_option("")
    with page.expect_response("**/desk/results"):
        page.get_by_label("Time").select_option("latest")
    until(page, f"document.querySelector('.hit h3').innerText !== {before[0]!r}")
    page.get_by_label("How many").fill("3")
    until(page, "document.querySelectorAll('.hit').length === 3")


def test_what_was_left_out_says_why(service, open_page):
    page = open_page(service)
    write(page, DRAFT)
    page.get_by_label("Least score").evaluate(
        "one => { one.value = 0.6; one.dispatchEvent(new Event('input', { bubbles: true })) }"
    )
    until(page, "document.querySelector('.rejected')?.textContent.includes('below')")
    page.get_by_text("Left out").click()
    assert "below" in page.locator(".rejected").inner_text()


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("HTML", r'<ul>\n  <li><a href="https://harbourledger\.example/[^"]+">[^<]+</a></li>\n.*</ul>\n\Z'),
        ("Markdown", r"(- \[[^\]]+\]\(<https://harbourledger\.example/[^>]+>\)\n){2}\Z"),
        ("Plain text", r"Read more:\n(- .+\n){2}\Z"),
    ],
)
def test_the_list_is_copied_as_the_editor_needs_it(service, open_page, form, pattern):
    page = open_page(service, permissions=["clipboard-read", "clipboard-write"])
    write(page, DRAFT)
    for box in page.locator("[data-pick]").all()[2:]:
        box.uncheck()
    page.get_by_role("button", name=form).click()
    until(page, "document.querySelector('#status').textContent.startsWith('Copied 2 stories')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.match(pattern, copied, re.DOTALL)
    assert titles(page)[1] in copied.replace("\\", "").replace("&quot;", '"').replace("&amp;", "&")


def test_a_published_address_and_an_unknown_one(service, open_page):
    page = open_page(service, quiet=True)
    write(page, "https://harbourledger.example/city/2026-02-05-storm-ragna-north-mole-hole")
    assert titles(page)
    page.fill("#q", "https://nowhere.example/x")
    page.wait_for_selector("[role=alert]")
    assert "Paste the article" in page.locator("[role=alert]").inner_text()


def test_the_desk_says_when_the_service_is_gone_and_keeps_the_draft(service, open_page):
    page = open_page(service, quiet=True)
    page.route("**/desk/results", lambda route: route.abort())
    page.fill("#q", DRAFT)
    until(page, "document.querySelector('#status').textContent.includes('does not answer')")
    assert page.input_value("#q") == DRAFT


def test_without_javascript_the_button_does_the_same(service, open_page):
    page = open_page(service, java_script_enabled=False)
    page.fill("#q", DRAFT)
    page.get_by_role("button", name="Find related stories").click()
    assert page.locator(".hit").count() == 10
    assert page.input_value("#q") == DRAFT


def test_from_a_hit_to_its_story_and_on(service, open_page):
    page = open_page(service)
    write(page, DRAFT)
    title = titles(page)[0]
    page.locator(".hit h3 a").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == title
    until(page, "told.some(([name]) => name === 'load')")
    seen = page.locator("read-more").get_by_role("link").count()
    assert 1 <= seen <= 5
    page.locator(".hit h3 a").first.click()
    page.wait_for_url("**/story?id=*")
    assert page.get_by_role("heading", level=1).inner_text() != title


def test_a_story_shows_its_list_without_a_script_and_where_reading_needs_a_key(service, open_page):
    page = open_page(service + STORY, java_script_enabled=False)
    height = page.locator("read-more").bounding_box()["height"]
    assert page.locator("read-more a").count() == 5
    page = open_page(service + STORY)
    until(page, "told.some(([name]) => name === 'load')")
    assert abs(page.locator("read-more").bounding_box()["height"] - height) < 1
    assert page.evaluate("shift") == 0
    page = open_page("about:blank", quiet=True)
    page.route("**/v1/related?*", lambda route: route.fulfill(status=401))
    page.goto(service + STORY)
    until(page, "told.some(([name]) => name === 'error')")
    assert page.locator("read-more a").first.is_visible()


def test_headlines_that_wait_are_paged_and_searched(service, open_page):
    page = open_page(service + "/headlines?per=4")
    first = page.locator(".rows h2").all_inner_texts()
    assert len(first) == 4
    page.get_by_role("link", name="Next", exact=True).click()
    second = page.locator(".rows h2").all_inner_texts()
    assert second
    assert not set(first) & set(second)
    page.get_by_role("searchbox").fill(second[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    assert page.locator(".rows h2").first.inner_text() == second[0]


def test_a_generation_is_promoted_with_the_key_only(service, open_page):
    page = open_page(service + "/index", quiet=True)
    served = page.locator("tr.live th code").inner_text()
    button = page.locator("[data-promote]").last
    button.click()
    assert "Type the admin key" in page.locator("#status").inner_text()
    page.get_by_label("Admin key").fill("wrong")
    button.click()
    until(page, "document.querySelector('#status').textContent.includes('not known')")
    assert page.locator("tr.live th code").inner_text() == served
    page.get_by_label("Admin key").fill(KEY)
    other = button.get_attribute("data-promote")
    button.click()
    until(page, f"document.querySelector('tr.live th code')?.innerText === '{other}'")
    page.get_by_label("Admin key").fill(KEY)
    page.locator(f"[data-promote='{served}']").click()
    until(page, f"document.querySelector('tr.live th code')?.innerText === '{served}'")


def test_the_index_page_says_what_changed(service, open_page):
    page = open_page(service + "/index")
    page.get_by_role("link", name=re.compile("What changed")).first.click()
    assert "Tram line 4 depot, in data" in page.locator("main").inner_text()


def test_a_story_is_withdrawn_and_restored_with_the_key(service, open_page):
    page = open_page(service + "/story?id=hl-0036", quiet=True)
    title = page.get_by_role("heading", level=1).inner_text()
    page.get_by_text("Withdraw this story").click()
    page.get_by_label("Admin key").fill("wrong")
    page.get_by_role("button", name="Withdraw").click()
    until(page, "document.querySelector('#status-status').textContent.includes('not known')")
    page.get_by_label("Admin key").fill(KEY)
    page.get_by_role("button", name="Withdraw").click()
    until(page, "document.querySelector('#status-status').textContent.includes('in no answer')")
    desk = open_page(service)
    write(desk, title)
    assert title not in titles(desk)
    assert title not in desk.locator("#results").inner_text()
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() != title
    page.get_by_label("Admin key").fill(KEY)
    page.get_by_role("button", name="Restore").click()
    until(page, f"document.querySelector('h1').innerText === {title!r}")
    write(desk, title + " ")
    assert titles(desk)[0] == title
