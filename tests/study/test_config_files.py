"""Config files that are laid over each other: their order, the panels of figures, the types of `--config`."""

from copy import deepcopy

import pytest
import yaml
from snakemake.utils import update_config
from trees import REPOSITORY

from study.config_files import lay_over, read_together, typed
from study.errors import StudyError
from study.resolve import resolve

STUDY = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
OWN = REPOSITORY / "config/own.yaml"
DIGITS = {"two_phase/fig5": {"panels": {"digits": ["division97"]}}}


def laid_over(*files, said=None):
    """Return the config of the files, given as (name, content) with the study first, and of `--config`."""
    overlays = dict(files[1:]) | {"--config": typed(said or {})}
    config = {}
    for each in [*(each for _, each in files), said or {}]:
        update_config(config, deepcopy(each))
    lay_over(config, overlays, [name for name, _ in files])
    return config


def test_panels_of_an_overlay_replace_those_of_the_study():
    config = laid_over(("config.yaml", STUDY), ("mine.yaml", {"figures": DIGITS}))
    figures = config["figures"]
    assert figures["two_phase/fig5"]["panels"] == {"digits": ["division97"]}
    assert figures["two_phase/fig5"]["tables"] == STUDY["figures"]["two_phase/fig5"]["tables"]
    assert figures["two_phase/fig4"] == STUDY["figures"]["two_phase/fig4"]


def test_panels_that_an_overlay_replaces_are_no_longer_published():
    overlay = {"figures": {"two_phase/fig3": {"panels": {"a": ["division96"]}}}}
    assert STUDY["figures"]["two_phase/fig3"]["published"]
    figure = laid_over(("config.yaml", STUDY), ("mine.yaml", overlay))["figures"]["two_phase/fig3"]
    assert figure["published"] == []
    overlay["figures"]["two_phase/fig3"]["published"] = ["b"]
    with pytest.raises(StudyError, match="published: there is no panel 'b'"):
        resolve(laid_over(("config.yaml", STUDY), ("mine.yaml", overlay)))


def test_an_overlay_without_panels_keeps_those_of_the_study():
    overlay = {"figures": {"two_phase/fig4": {"published": ["permutation group"]}}}
    panels = laid_over(("config.yaml", STUDY), ("mine.yaml", overlay))["figures"]["two_phase/fig4"]["panels"]
    assert panels == STUDY["figures"]["two_phase/fig4"]["panels"]


@pytest.mark.parametrize(
    "figures", [None, [], {"two_phase/fig5": None}, {"two_phase/fig5": {"panels": None}}]
)
def test_an_overlay_of_the_wrong_shape_is_rejected_by_the_schema(figures):
    with pytest.raises(StudyError, match="figures"):
        resolve(laid_over(("config.yaml", STUDY), ("mine.yaml", {"figures": figures})))


def test_a_study_after_its_overlay_raises_an_error():
    with pytest.raises(StudyError, match=r"config.yaml is a whole study.*: config.yaml smoke.yaml"):
        laid_over(("smoke.yaml", {"results": "results/smoke"}), ("config.yaml", STUDY))


def test_an_overlay_without_a_study_raises_an_error():
    with pytest.raises(StudyError, match=r"'device' is missing.*: config.yaml smoke.yaml"):
        laid_over(("smoke.yaml", {"results": "results/smoke"}))


@pytest.mark.parametrize("written", ["metrcs", "numbers"])
def test_a_key_that_the_usual_study_lacks_is_no_matter_of_the_order_of_files(written):
    study = {written if key == "metrics" else key: value for key, value in STUDY.items()}
    with pytest.raises(StudyError, match="'metrics' is missing") as found:
        laid_over(("config.yaml", study))
    assert "--configfile" not in str(found.value)
    assert ("'metrcs'" in str(found.value)) == (written == "metrcs")


def test_values_of_the_command_line_get_their_types():
    said = {
        "metrics": {
            "o_information": {"n_bins": "6", "ties": "paper", "steps": ["5", "1.5", "true", "null", "1:"]}
        }
    }
    options = laid_over(("config.yaml", STUDY), said=said)["metrics"]["o_information"]
    assert options == {"n_bins": 6, "ties": "paper", "steps": [5, 1.5, True, None, "1:"]}


def test_the_example_of_a_users_study_is_whole_and_short():
    """`config/own.yaml` needs nothing from config.yaml, and has at most 30 lines."""
    text = OWN.read_text(encoding="utf-8")
    assert resolve(yaml.safe_load(text))["runs"].keys() == {"little", "much"}
    assert len(text.splitlines()) <= 30


def test_files_are_read_together_as_snakemake_reads_them(tmp_path):
    """A rule of steps is laid over another key by key: nothing but panels is replaced as a whole."""
    (tmp_path / "mine.yaml").write_text("runs: {division96: {training: {evaluate: {every: 5}}}}\n")
    files = [REPOSITORY / "config.yaml", tmp_path / "mine.yaml"]
    expected = laid_over(*((str(file), yaml.safe_load(file.read_text("utf-8"))) for file in files))
    assert read_together(files) == expected
    assert {"every"} < set(expected["runs"]["division96"]["training"]["evaluate"])


@pytest.mark.parametrize(
    ("text", "sentence"), [("device: cpu\ndevice: cpu\n", "repeats this key"), ("device: cpu\n", "missing")]
)
def test_files_that_snakemake_would_refuse_raise_an_error(text, sentence, tmp_path):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(StudyError, match=sentence):
        read_together([tmp_path / "mine.yaml"])
