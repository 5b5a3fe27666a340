"""Fixtures that drive the real pages in headless Chromium.

    @pytest.mark.browser
    def test_registering_a_call(page, sign_in, axe, …):
        sign_in(page, "office")
        page.goto("/petitions/")
        assert axe(page) == []

A failing test leaves a picture in test-results/.
"""

import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "test-results"
# Without these Chromium asks its maker's hosts for updates at every start.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000  # milliseconds for one step of a page; a busy machine needs most of it
OUTCOME = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember whether the test itself failed, for the picture."""
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report.failed
    return report


@pytest.fixture(scope="session")
def chromium():
    """One browser for the whole run."""
    expect.set_options(timeout=PATIENCE)
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Browser tests need Chromium: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def new_page(request, chromium, live_server):
    """A function that opens a page with cookies of its own, for a test that needs two people at once.

    new_page(width=1440, height=900, **options of Playwright's new_context). When the test ends, no page may have run into a
    script error, broken the content security policy, or asked another host for anything.
    """
    contexts, complaints = [], []

    def open_page(width=1440, height=900, **options):
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            **{"locale": "zh-CN", "timezone_id": settings.TIME_ZONE} | options,
        )
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: complaints.append(f"script error: {error.error}"))
        context.on("console", lambda message: complaints.extend(_broken_policy(message.text)))
        context.on("request", lambda asked: complaints.extend(_elsewhere(asked.url, live_server.url)))
        contexts.append(context)
        return context.new_page()

    yield open_page
    if request.node.stash.get(OUTCOME, False):
        _take_pictures(request.node.nodeid, contexts)
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page):
    """A page on a desk screen, in Chinese, signed out."""
    return new_page()


@pytest.fixture
def sign_in(live_server):
    """A function sign_in(page, username): the session of that person, without the detour over the form."""

    def enter(page, username):
        client = Client()
        client.force_login(get_user_model().objects.get(username=username))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return page

    return enter


@pytest.fixture(scope="session")
def axe():
    """A function axe(page): what axe-core finds serious or critical there, as "rule: elements" lines."""
    source = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

    def look(page):
        page.evaluate(source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{rule['id']}: {', '.join(' '.join(map(str, node['target'])) for node in rule['nodes'])}"
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]

    return look


def _broken_policy(text: str) -> list[str]:
    return [text] if "Content Security Policy" in text else []


def _elsewhere(url: str, own: str) -> list[str]:
    return [] if url.startswith((own, "data:", "blob:", "about:")) else [f"asked another host: {url}"]


def _take_pictures(test: str, contexts: list) -> None:
    PICTURES.mkdir(exist_ok=True)
    name = re.sub(r"[^\w.-]+", "_", test)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages, 1):
        page.screenshot(path=PICTURES / f"{name}-{number}.png", full_page=True)
