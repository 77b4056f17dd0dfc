"""The site in headless Chromium, opened as a file: its search finds pages, and nothing is fetched."""

import shutil
from urllib.parse import urlparse

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="the site is not opened: no playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    REASON = "the site is not opened: no Chromium here (Debian: apt install chromium)"
    pytest.skip(REASON, allow_module_level=True)

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
PATIENCE = 120_000  # ms; a machine may be busy
FOUND = ".md-search-result__item a"


@pytest.fixture
def tab(site):
    """Return the first page of the site in a browser; at the end, nothing has failed or was fetched."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE)
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.set_default_timeout(PATIENCE)
        errors, requests = [], []
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((site / "index.html").as_uri())
        yield page
        browser.close()
    assert errors == []
    assert {urlparse(url).scheme for url in requests} <= {"file", "data", "blob", "about"}


def test_the_search_works_without_a_server(tab):
    tab.click("input.md-search__input")
    tab.keyboard.type("softmax collapse")
    tab.wait_for_selector(FOUND)
    links = [link.get_attribute("href") for link in tab.query_selector_all(FOUND)]
    assert any("measures/softmax_collapse.html" in link for link in links)
    tab.click(FOUND)
    tab.wait_for_url("**/*?h=*")
    assert "softmax" in tab.inner_text("article").lower()


def test_the_logo_leads_home(tab, site):
    tab.goto((site / "measures/phases.html").as_uri())
    tab.click("a.md-logo")
    assert tab.url == (site / "index.html").as_uri()
