"""Any config gives either a DAG or an error of one sentence that names the key."""

import yaml
from drawn import studies
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snakemake.api import SnakemakeApi
from snakemake.settings.types import OutputSettings, Quietness, ResourceSettings
from snakemake.utils import update_config
from spoilt import spoilt
from trees import REPOSITORY

from study.errors import StudyError, origin
from study.resolve import complete, resolve
from study.wanted_tables import runs_of_figure

FIXED = settings(derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
DRAWN = ("emergence/prediction", "emergence/fig6", "emergence/fig4", "two_phase/fig3", "two_phase/mechanisms")


def shipped():
    """Return the default study with the sweep laid over it, cut to a few figures with one run a panel."""
    config, sweep = (
        yaml.safe_load((REPOSITORY / name).read_text()) for name in ("config.yaml", "config/prediction.yaml")
    )
    update_config(config, sweep)
    figures = {name: config["figures"][name] for name in DRAWN}
    for figure in figures.values():
        figure["panels"] = {title: runs[:1] for title, runs in figure["panels"].items()}
    drawn = {run for figure in figures.values() for run in runs_of_figure(figure)}
    return config | {
        "figures": figures,
        "runs": {run: complete(config["runs"], run) for run in sorted(drawn)},
    }


def dag(folder, config):
    """Let Snakemake plan a study whose config lies in a folder."""
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(ResourceSettings(cores=1), snakefile=REPOSITORY / "Snakefile", workdir=folder)
        workflow.dag().execute_workflow(executor="dryrun")


def refusal(config):
    """Return the error of a config, or None."""
    try:
        resolve(config)
    except StudyError as error:
        return error
    return None


@settings(FIXED, max_examples=50)
@given(config=studies())
def test_a_correct_study_gives_a_dag(config, tmp_path_factory):
    assert refusal(config) is None
    dag(tmp_path_factory.getbasetemp(), config)


@settings(FIXED, max_examples=200)
@given(config=spoilt(studies() | st.just(shipped())))
def test_a_spoilt_study_gives_a_dag_or_an_error_that_names_the_key(config, tmp_path_factory):
    error = refusal(config)
    if error is None:
        dag(tmp_path_factory.getbasetemp(), config)
    else:
        assert str(error).isprintable()
        said_here = origin(error.where, {"elsewhere": {}, "here": config}) == "here"
        assert said_here or "is missing" in str(error) or "no key ''" in str(error)
