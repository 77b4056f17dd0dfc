"""The documentation site: it builds strictly, needs no network, and its navigation has every page."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
import yaml

import grokking_phases

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/measures").glob("*.md")]


class Page(HTMLParser):
    """The links and anchors of a page, and what a browser loads for it."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors.update(found[name] for name in ("id", "name") if found.get(name))
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        elif tag in ("script", "img", "iframe") and found.get("src"):
            self.loaded.append(found["src"])
        elif tag == "link" and found.get("href"):
            self.loaded.append(found["href"])


@pytest.fixture(scope="module")
def pages(site):
    """Return {path: page} of all pages of the site, but for the one that only a server shows."""
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


def navigation(entry):
    """Yield the pages of the navigation, in order."""
    if isinstance(entry, str):
        yield entry
    else:
        for each in entry.values() if isinstance(entry, dict) else entry:
            yield from navigation(each)


def test_the_navigation_has_every_page_once():
    listed = list(navigation(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    of_docs = [name for name in listed if not name.startswith("repository/")]
    assert sorted(of_docs) == sorted(path.relative_to(ROOT / "docs").as_posix() for path in PAGES)


def test_docs_readme_lists_every_page():
    text = (ROOT / "docs/README.md").read_text()
    listed = {ROOT / "docs" / link for link in re.findall(r"\]\(([\w/]+\.md)\)", text)}
    of_measures = {*(ROOT / "docs/measures").iterdir()} - {ROOT / "docs/measures/README.md"}
    assert {*PAGES} - of_measures - {ROOT / "docs/README.md"} <= listed


def test_every_page_of_docs_is_built(site, pages):
    for path in PAGES:
        name = path.relative_to(ROOT / "docs").with_suffix(".html")
        assert site / name.with_name(name.name.replace("README", "index")) in pages


def test_every_link_within_the_site_leads_to_a_page_and_an_anchor(pages):
    dead = set()
    for path, page in pages.items():
        for link in [*page.links, *page.loaded]:
            if re.match(r"[a-z]+:", link):
                continue
            name, anchor = urldefrag(unquote(link))
            target = Path(os.path.normpath(path.parent / name)) if name else path
            if not target.is_file() or (anchor and target in pages and anchor not in pages[target].anchors):
                dead.add((path.name, link))
    assert dead == set()


def test_no_page_loads_anything_from_elsewhere(site, pages):
    assert {link for page in pages.values() for link in page.loaded if re.match(r"[a-z]+:|//", link)} == set()
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", styles)


def test_the_gallery_has_every_figure_with_its_file_and_its_picture(site, pages):
    text = (site / "gallery.html").read_text()
    figures = (ROOT / "workflow/scripts/grokking_phases/figures").glob("*/[a-z]*.py")
    for path in figures:
        name = f"{path.parent.name}/{path.stem}"
        assert f">{name}<" in text and f"{name}.py.html" in text, name
        picture = f"figures/{path.parent.name}_{path.stem}.png"
        assert (picture in text) == (ROOT / "docs" / picture).exists(), name


def test_the_reference_has_the_help_of_every_name_of_the_library(site, pages):
    text = (site / "reference.html").read_text()
    for name in grokking_phases.PUBLIC:
        assert f'id="grokking_phases.{name}"' in text, name
    assert "Return the O-information in nats" in text
    assert ">>&gt;" not in text and "&gt;&gt;&gt;" in text


def test_the_reference_asks_for_every_name_of_the_library_once():
    asked = re.findall(
        r"^::: grokking_phases\.(\w+)$", (ROOT / "docs/reference.md").read_text(), re.MULTILINE
    )
    assert sorted(asked) == sorted(grokking_phases.PUBLIC)
