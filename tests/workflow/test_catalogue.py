"""The files for the Snakemake catalogue: a description, a page about the config, and workflow/Snakefile."""

import yaml
from trees import REPOSITORY


def test_the_description_has_the_keys_of_the_catalogue_and_says_how_to_install():
    text = (REPOSITORY / ".snakemake-workflow-catalog.yml").read_text()
    usage = yaml.safe_load(text)["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert "make .venv/installed" in usage["mandatory-flags"]["desc"] and usage["report"] is True
    assert (REPOSITORY / "workflow/Snakefile").exists()


def test_the_page_about_the_config_names_every_config_and_its_target():
    page = (REPOSITORY / "config/README.md").read_text()
    assert all(f"]({path.name})" in page for path in (REPOSITORY / "config").glob("*.yaml"))
