"""Real headless Chromium (Debian's), driven by Playwright, against the service and a publisher's page elsewhere."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.stage import Publisher, make_index, running

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

WATCH = """
window.shift = 0; window.told = []; window.refused = [];
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
for (const name of ["load", "empty", "error", "click"])
  document.addEventListener("read-more:" + name, (event) => told.push([name, event.detail, performance.now()]));
document.addEventListener("securitypolicyviolation", (event) => refused.push(event.violatedDirective));
"""
"""Runs before every page: layout shift, the widget's events, and what a policy refused."""


def chromium() -> str:
    """Where the browser is."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        if name and (path := shutil.which(name)):
            return path
    reason = "no chromium here: `apt-get install chromium` (scripts/test does), or name one in CHROMIUM"
    return pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


def until(page: Any, condition: str, seconds: float = 15) -> None:
    """Wait for a condition; Playwright's own way needs `eval`, which the service's pages forbid."""
    from playwright.sync_api import Error

    def holds() -> bool:
        try:
            return bool(page.evaluate(condition))
        except Error:  # the page is being left for another
            return False

    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {condition}"
        page.wait_for_timeout(30)


@pytest.fixture(scope="session")
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.close()


@pytest.fixture(scope="session")
def index(publisher: Publisher, tmp_path_factory: pytest.TempPathFactory) -> Any:
    chromium()  # an index is not needed without
    return make_index(tmp_path_factory.mktemp("browser"), publisher.origin)


@pytest.fixture(scope="session")
def service(index: Any) -> Iterator[str]:
    with running(index) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # A module at a time: Playwright's loop runs in this thread, and tests elsewhere run loops of their own.
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page in a fresh context; whatever goes wrong in it fails the test, unless `quiet` is named."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_one(address: str, *, quiet: bool = False, **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(20_000)
        contexts.append(context)
        if options.get("java_script_enabled", True):
            context.add_init_script(WATCH)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        if not quiet:
            page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert wrong == []
