"""What a first visit costs on a slow line: everything the browser fetches until somebody signed in reads a list."""

import gzip
import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.petitions.registering import call
from tests.test_house import TEMPLATES, name

LIMIT = 350_000  # bytes over the wire; on plain HTTP a browser takes gzip and nothing better
ASKED = re.compile(r'(?:src|href|data-chart-script)="/static/([^"#?]+)')
SHEET = re.compile(r'<link[^>]*rel="stylesheet"')
SCRIPT = re.compile(r"<script[^>]*\ssrc=")
CHARTS = "vendor/charts.js"
# Where the one sheet and the one script are named; a page of errors without database or session; the API's description,
# which is a package's page.
NAMED_IN = {"templates/frame.html", "templates/errors/500.html", "templates/drf_spectacular/swagger_ui.html"}
PRINTED = "templates/documents/"  # never sent to a browser


def test_no_page_brings_a_sheet_or_a_script_of_its_own():
    pages = [path for path in TEMPLATES if name(path) not in NAMED_IN and not name(path).startswith(PRINTED)]
    texts = {name(path): path.read_text("utf-8") for path in pages}
    assert texts and [page for page, text in texts.items() if SHEET.search(text) or SCRIPT.search(text)] == []


def sent(asked: str) -> int:
    """Bytes of a static file as WhiteNoise sends it."""
    with open(finders.find(asked), "rb") as file:
        return len(gzip.compress(file.read(), compresslevel=9, mtime=0))


@pytest.fixture
def first_visit(world, client):
    """Signing in, the work list and the list of petitions, as a browser that was never here asks for them."""
    pages = [client.get(reverse("accounts:login"))]
    call(world)  # so that there is something to draw
    client.force_login(world.office)
    return [*pages, client.get("/"), client.get(reverse("petitions:list"))]


def test_a_first_visit_is_small(first_visit):
    texts = [page.content.decode() for page in first_visit]
    asked = {found for text in texts for found in ASKED.findall(text)}
    assert CHARTS in asked, "the dearest file must be among them"
    sizes = {found: sent(found) for found in asked} | {page.request["PATH_INFO"]: len(page.content) for page in first_visit}
    assert sum(sizes.values()) < LIMIT, sizes


def test_a_page_has_one_sheet_and_one_script_and_charts_only_where_one_is_drawn(first_visit):
    door, home, listed = (page.content.decode() for page in first_visit)
    for text in (door, home, listed):
        assert len(SHEET.findall(text)) == len(SCRIPT.findall(text)) == 1
    assert [CHARTS in text for text in (door, home, listed)] == [False, True, False]
