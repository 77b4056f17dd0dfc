"""Each locked package has a permissive licence (docs/security.md lists what some of them bundle)."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
SITE = (ROOT / "docs/site/packages.txt").read_text()
PIN = re.compile(r"^([\w.-]+)==", re.MULTILINE)
PERMISSIVE = re.compile(r"MIT|BSD|Apache|PSF|Python Software Foundation|MPL|Mozilla|ISC")
REFUSED = re.compile(r"GPL|non-?commercial|proprietary", re.IGNORECASE)
# docutils has several licences. The GPL is that of an Emacs file, which the wheel does not contain.
ALLOWED = {"docutils"}


@pytest.mark.parametrize("name", PIN.findall(LOCK))
def test_a_locked_package_is_under_a_permissive_licence(name):
    assert PERMISSIVE.search(licence(name)), licence(name)
    assert name in ALLOWED or not REFUSED.search(licence(name)), licence(name)


@pytest.mark.parametrize("name", PIN.findall(SITE))
def test_a_package_of_the_site_is_under_a_permissive_licence(name):
    pytest.importorskip("mkdocs", reason="`make site` installs the packages of the site")
    assert PERMISSIVE.search(licence(name)), licence(name)
    assert not REFUSED.search(licence(name)), licence(name)


def licence(name):
    """Return the licence by three fields of a package's metadata, else the first line of its licence file."""
    package = distribution(name)
    classifiers = [
        line for line in package.metadata.get_all("Classifier", []) if line.startswith("License ::")
    ]
    said = [package.metadata.get("License-Expression"), *classifiers, package.metadata.get("License")]
    files = [file.read_text() for file in package.files if file.name.startswith("LICENSE")]
    return "; ".join(text.strip().splitlines()[0] for text in filter(None, said)) or files[0].splitlines()[0]
