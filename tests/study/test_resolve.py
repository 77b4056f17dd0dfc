"""Each wrong entry of a config raises one sentence with key and remedy; a correct config is resolved."""

import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import jsonschema
import pytest
import yaml
from snakemake.utils import update_config

from study.errors import StudyError, origin
from study.inputs import curves_of_table, metric_of_subnetwork, tables_of_metrics, time_scales_of_runs
from study.params import layer_of_subnetwork
from study.resolve import resolve
from study.schema import SCHEMA
from study.wanted_tables import metrics_behind

REPOSITORY = Path(__file__).parents[2]
CONFIG = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
RUN = "runs: {addition_wd0.1: {%s}}"
DATASET, MODEL, TRAINING, SNAPSHOTS = (
    RUN % (block + ": {%s}") for block in ("dataset", "model", "training", "snapshots")
)
O_INFORMATION, MUTUAL_INFORMATION = "metrics: {o_information: {%s}}", "metrics: {mutual_information: {%s}}"
SUBNETWORK = "subnetworks: {synergistic: {%s}}"
PREDICTION = "prediction: {calibration: [addition_wd2], estimates: %s}"
FIGURE = "figures: {emergence/fig5: {%s}}"
RECORDS_NOTHING = """
runs: {bare: {seeds: [0], dataset: {module: modular_addition, p: 5, train_fraction: 0.5},
              model: {module: mlp}, training: {steps: 100, learning_rate: 0.1}}}
figures: {emergence/fig5: {panels: {one: [bare]}}}
"""
NO_SUBNETWORK = "figures: {two_phase/fig5: {tables: [synergistic.weights]}}"

ODD_NAMES = ("a/b", "'..'", "../a", "a b", '"a\'b"', "'a\"'", "a;b", "$a", "1", "logs")

BAD = [  # an overlay; the start of its error; another part of it
    ("levels: {generalised: 1.5}", "levels.generalised: 1.5 is more than 1", "numbers from 0 to 1"),
    ("levels: {fited: 0.9}", "levels.fited: ", "did you mean 'fitted'?"),
    ("levels: {memorised: high}", "levels.memorised: 'high' is not a number", "events.py"),
    ("levels: 0.98", "levels: 0.98 is not a mapping of accuracies", ""),
    # the top level
    ("reslts: x", "reslts: ", "did you mean 'results'?"),
    ("results: a/../b", "results: 'a/../b' is not the path of a folder", "without '..'"),
    ("results: a b", "results: 'a b'", "spaces"),
    ('results: "a\\n"', "results: 'a\\n'", "spaces"),
    (f"results: {'a' * 300}", "results: 'aaa", "at most 60 characters"),
    (f"results: {'a/' * 999}a", "results: 'a/a/", "a folder"),
    ("results: &endless [*endless]", "results: [[[[", "a folder"),
    ("results: {2020-01-01: 1}", "results: {}", "a folder"),
    ("device: gpu", "device: 'gpu'", "auto, cpu, cuda"),
    ("threads: 0", "threads: 0", "a whole number from 1"),
    ("threads: true", "threads: true", "a whole number"),
    ("threads: 1000000000000", "threads: 1000000000000", "1 to 1024"),
    ("checkpoint_seconds: null", "checkpoint_seconds: null", "a number of seconds"),
    ("checkpoint_seconds: .inf", "checkpoint_seconds: Infinity", "a number of seconds"),
    (
        "checkpoints: s3://b/study",
        "checkpoints: 's3://b/study' is not the path of a folder",
        "cannot be a URL",
    ),
    ("checkpoints: ~/x", "checkpoints: '~/x'", "without '~'"),
    ("checkpoints: ''", "checkpoints: ''", "a folder"),
    ("checkpoints: null", "checkpoints: null", "a folder"),
    (f"checkpoint_seconds: 1{'0' * 400}", "checkpoint_seconds: 1000", "a number of seconds"),
    ("runs: null", "runs: null", "a mapping of names to runs"),
    ("metrics: []", "metrics: []", "a mapping of names to metrics"),
    ("figures: null", "figures: null", "a mapping of <paper>/<figure>"),
    # runs
    ("runs: {s5: null}", "runs.s5: null", "a mapping with the keys seeds"),
    ("runs: {s5: {like: null}}", "runs.s5.like: ", "no run null"),
    ("runs: {s5: {like: [s5]}}", "runs.s5.like: ", 'no run ["s5"]'),
    ("runs: {s5: {like: division}}", "runs.s5.like: ", "did you mean 'division97'?"),
    ("runs: {s5: {like: s5}}", "runs.s5.like: ", "s5 -> s5"),
    ("runs: {division96: {like: s5}}", "runs.s5.like: ", "division96 -> s5 -> division96"),
    ("runs: {new: {seeds: [0]}}", "runs.new: the key 'dataset' is missing", "module"),
    (RUN % "seed: [1]", "runs.addition_wd0.1.seed: ", "did you mean 'seeds'?"),
    (RUN % "seeds: 0", "runs.addition_wd0.1.seeds: 0", "as in [0, 1]"),
    (RUN % "seeds: []", "runs.addition_wd0.1.seeds: []", "at least one"),
    (RUN % "seeds: [0, 0]", "runs.addition_wd0.1.seeds: [0, 0]", "different"),
    (RUN % "seeds: [-1]", "runs.addition_wd0.1.seeds: -1", "a whole number from 0"),
    (RUN % "dataset: []", "runs.addition_wd0.1.dataset: []", "a mapping"),
    *[(f"runs: {{{name}: {{like: s5}}}}", "runs: ", "a free name") for name in ODD_NAMES],
    (f"runs: {{{'a' * 300}: {{like: s5}}}}", "runs: 'aaa", "…"),
    ('runs: {"a\\n": {like: s5}}', "runs: 'a\\n'", "a free name"),
    (f"runs: {{{'ab' * 20}: {{like: s5}}}}", "runs: 'abab", "repeated twenty times"),
    ("runs: {prediction: {like: s5}}", "runs: 'prediction'", "taken"),
    (RUN % "seeds: [9223372036854775808]", "runs.addition_wd0.1.seeds: 9223372036854775808", "to 2^63 - 1"),
    # datasets
    (
        DATASET % "module: modular_additon",
        "runs.addition_wd0.1.dataset.module: ",
        "or add workflow/scripts/grokking_phases/datasets/modular_additon.py",
    ),
    (DATASET % "module: ../x", "runs.addition_wd0.1.dataset.module: '../x'", "the name of a module"),
    (DATASET % "pp: 1", "runs.addition_wd0.1.dataset.pp: ", "modular_addition.py takes no option 'pp'"),
    (
        DATASET % "p: '97'",
        "runs.addition_wd0.1.dataset.p: '97' is not a whole number",
        "YAML reads it as a string",
    ),
    (DATASET % "p: 1", "runs.addition_wd0.1.dataset.p: 1", "less than 2"),
    (DATASET % "p: 1000000000", "runs.addition_wd0.1.dataset.p: ", "more than 1000"),
    ("runs: {division97: {dataset: {p: 1000000007}}}", "runs.division97.dataset.p: ", "more than 1000"),
    ("runs: {checkerboard: {dataset: {side: 100000}}}", "runs.checkerboard.dataset.side: ", "more than 1000"),
    (f"runs: {{s5: {{dataset: {{module: {'a' * 300}}}}}}}", "runs.s5.dataset.module: 'aaa", "up to 100"),
    (DATASET % '"a\\nb": 1', "runs.addition_wd0.1.dataset.a\\nb: ", "takes no option 'a\\nb'"),
    (DATASET % "train_fraction: 1.5", "runs.addition_wd0.1.dataset.train_fraction: 1.5", "between 0 and 1"),
    (DATASET % "train_fraction: 1e-1", "runs.addition_wd0.1.dataset.train_fraction: '1e-1'", "write 0.1"),
    (DATASET % "train_fraction: .nan", "runs.addition_wd0.1.dataset.train_fraction: NaN", "between 0 and 1"),
    (
        DATASET % "train_fraction: 1.0e-9",
        "runs.addition_wd0.1.dataset.train_fraction: ",
        "leaves the train set or the test set empty",
    ),
    (
        "runs: {division96: {dataset: {inverse: exact}}}",
        "runs.division96.dataset: ",
        "2 has no inverse modulo 96",
    ),
    (
        "runs: {division96: {dataset: {inverse: exakt}}}",
        "runs.division96.dataset.inverse: ",
        "modular_division.py",
    ),
    # models, recipes, snapshots
    (MODEL % "module: mpl", "runs.addition_wd0.1.model.module: ", "did you mean 'mlp'?"),
    (MODEL % "widht: 9", "runs.addition_wd0.1.model.widht: ", "did you mean 'width'?"),
    (MODEL % "n_tokens: 9", "runs.addition_wd0.1.model.n_tokens: ", "takes no option 'n_tokens'"),
    (MODEL % "width: -1", "runs.addition_wd0.1.model.width: -1", "less than 1"),
    ("runs: {s5: {model: {n_blocks: 1000000000}}}", "runs.s5.model.n_blocks: ", "more than 99"),
    (
        TRAINING % "lerning_rate: 1",
        "runs.addition_wd0.1.training.lerning_rate: ",
        "did you mean 'learning_rate'?",
    ),
    (TRAINING % "learning_rate: 1e-1", "runs.addition_wd0.1.training.learning_rate: '1e-1'", "write 0.1"),
    (TRAINING % "steps: 100.0", "runs.addition_wd0.1.training.steps: 100.0", "a whole number"),
    (TRAINING % "steps: 1000000000000", "runs.addition_wd0.1.training.steps: ", "to 1000000000"),
    (
        TRAINING % "steps: 1000000000",
        "runs.addition_wd0.1.training.evaluate: {",
        "more than 1000000 steps",
    ),
    (
        TRAINING % "constrain_norm: weight",
        "runs.addition_wd0.1.training.constrain_norm: ",
        "did you mean 'weights'?",
    ),
    (
        TRAINING % "loss_dtype: float16",
        "runs.addition_wd0.1.training.loss_dtype: 'float16'",
        "one of float64, float32",
    ),
    (TRAINING % "betas: [0.9]", "runs.addition_wd0.1.training.betas: [0.9]", "two numbers"),
    (
        TRAINING % "evaluate: {evry: 5}",
        "runs.addition_wd0.1.training.evaluate.evry: ",
        "did you mean 'every'?",
    ),
    (TRAINING % "evaluate: {every: 5000}", "runs.addition_wd0.1.training.evaluate: ", "no step between"),
    (SNAPSHOTS % "layer: [hidden]", "runs.addition_wd0.1.snapshots.layer: ", "did you mean 'layers'?"),
    (SNAPSHOTS % "layers: [hiden]", "runs.addition_wd0.1.snapshots.layers: ", "did you mean 'hidden'?"),
    (SNAPSHOTS % "layers: hidden", "runs.addition_wd0.1.snapshots.layers: 'hidden'", "a list"),
    (SNAPSHOTS % "steps: [0, 4000]", "runs.addition_wd0.1.snapshots.steps: ", "no step between 0 and"),
    (SNAPSHOTS % "steps: [5, 4001]", "runs.addition_wd0.1.snapshots.steps: ", "after the last step, 4000"),
    (SNAPSHOTS % "steps: {every: 50}", "runs.addition_wd0.1.snapshots.steps: ", "an overlay adds its keys"),
    (SNAPSHOTS % "steps: 4", "runs.addition_wd0.1.snapshots.steps: 4", "{every: n}"),
    (SNAPSHOTS % "dtype: float64", "runs.addition_wd0.1.snapshots.dtype: 'float64'", "float16"),
    ("runs: {adition_wd2: {training: {steps: 9}}}", "runs.adition_wd2: the key 'seeds'", "addition_wd2"),
    # metrics
    ("metrics: {new: {}}", "metrics.new: there is no metric 'new'", "grokking_phases/metrics/new.py"),
    ("metrics: {curves: {module: o_information}}", "metrics: 'curves'", "taken"),
    (
        "metrics: {inverse.weights: {module: o_information}}",
        "metrics.inverse.weights: a sub-network",
        "rename",
    ),
    (
        O_INFORMATION % "n_bins: 300",
        "metrics.o_information.n_bins: 300",
        "more than 250, the width of layer hidden",
    ),
    (O_INFORMATION % "n_bins: 1", "metrics.o_information.n_bins: 1", "less than 2"),
    (O_INFORMATION % "nbins: 9", "metrics.o_information.nbins: ", "did you mean 'n_bins'?"),
    (
        O_INFORMATION % "ties: papr",
        "metrics.o_information.ties: 'papr'",
        "did you mean 'paper'?), as required by",
    ),
    (
        O_INFORMATION % "ties: papr",
        "metrics.o_information.ties: 'papr'",
        "grokking_phases/synergy/normal_scores.py",
    ),
    (O_INFORMATION % "variables: x", "metrics.o_information.variables: 'x'", "union, mean"),
    (O_INFORMATION % "linkage: x", "metrics.o_information.linkage: 'x'", "synergy/clustering.py"),
    (
        MUTUAL_INFORMATION % "estimator: x",
        "metrics.mutual_information.estimator: there is no estimator 'x'",
        "binning, binning_per_neuron",
    ),
    (
        MUTUAL_INFORMATION % "estimator: kernel_densty",
        "metrics.mutual_information.estimator: ",
        "mean 'kernel_density'?",
    ),
    (MUTUAL_INFORMATION % "estimator: [ksg]", "metrics.mutual_information.estimator: ", "mean 'ksg'?"),
    (
        MUTUAL_INFORMATION % "bins: 7",
        "metrics.mutual_information.bins: ",
        "kernel_density.py takes no option",
    ),
    (MUTUAL_INFORMATION % "noise: 0", "metrics.mutual_information.noise: 0", "less than 1e-09"),
    (MUTUAL_INFORMATION % "seed: -1", "metrics.mutual_information.seed: -1", "less than 0"),
    (
        MUTUAL_INFORMATION % "layers: [hidden]",
        "metrics.mutual_information.layers: ",
        "did you mean 'block_2.hidden'?",
    ),
    (
        O_INFORMATION % "steps: [0, 4000]",
        "metrics.o_information.steps: ",
        "no step between 0 and the last step",
    ),
    (O_INFORMATION % "steps: [0, 5000]", "metrics.o_information.steps: ", "step 5000 is after the last step"),
    (
        O_INFORMATION % "seeds: [7]",
        "metrics.o_information.seeds: ",
        "none of the seeds [7]; choose some of its own, [0, 100",
    ),
    # phases and sub-networks
    ("phases: [o_informaton]", "phases: there is no metric 'o_informaton'", "did you mean 'o_information'?"),
    (
        "phases: [mutual_information]",
        "phases: metric mutual_information is of module",
        "choose a metric of module o_information",
    ),
    ("time_scales: [x]", "time_scales: there is no metric 'x'", "define it under metrics"),
    (
        "time_scales: [o_information]",
        "time_scales: metric o_information is of module",
        "choose a metric of one of the modules",
    ),
    (
        "runs: {s5: {time_scales: [linear_maping_number]}}",
        "runs.s5.time_scales: there is no metric 'linear_maping_number'",
        "did you mean 'linear_mapping_number'?",
    ),
    (
        SUBNETWORK % "metric: x",
        "subnetworks.synergistic.metric: there is no metric 'x'",
        "define it under metrics",
    ),
    (
        SUBNETWORK % "metric: mutual_information",
        "subnetworks.synergistic.metric: ",
        "choose a metric of module o_information",
    ),
    (
        SUBNETWORK % "extreme: synergi",
        "subnetworks.synergistic.extreme: 'synergi'",
        "did you mean 'synergy'?",
    ),
    (SUBNETWORK % "from_step: -1", "subnetworks.synergistic.from_step: -1 is less than 0", ""),
    (SUBNETWORK % "tak: others", "subnetworks.synergistic.tak: ", "did you mean 'take'?"),
    (
        "subnetworks: {new: {extreme: synergy}}",
        "subnetworks.new: the key 'metric' is missing",
        "the name of a metric",
    ),
    ("subnetworks: {a-b: {metric: o_information}}", "subnetworks: 'a-b'", "lower-case letters"),
    (f"subnetworks: {{{'a' * 300}: {{metric: o_information}}}}", "subnetworks: 'aaa", "up to 100"),
    # figures
    ("figures: {fig5: {}}", "figures: 'fig5'", "emergence/fig5"),
    (
        "figures: {emergence/fig55: {panels: {a: [s5]}, tables: [curves]}}",
        "figures.emergence/fig55: ",
        "or add workflow/scripts/grokking_phases/figures/emergence/fig55.py",
    ),
    (
        FIGURE % "panels: {a: [s6]}",
        "figures.emergence/fig5.panels.a: there is no run 's6'",
        "define it under runs",
    ),
    (FIGURE % "panels: {a: s5}", "figures.emergence/fig5.panels.a: 's5'", "a list of different runs"),
    (FIGURE % "panels: {1: [s5]}", "figures.emergence/fig5.panels: 1", "quotes"),
    (FIGURE % "tables: [o_informaton]", "figures.emergence/fig5.tables: ", "did you mean 'o_information'?"),
    (
        FIGURE % "tables: [prediction]",
        "figures.emergence/fig5.tables: table prediction is made from",
        "add an entry there",
    ),
    (PREDICTION % "{}", "prediction.estimates: {}", "at least one"),
    (
        PREDICTION % "{o_information: nul}",
        "prediction.estimates.o_information: there is no metric 'nul'",
        "define it under metrics",
    ),
    (
        PREDICTION % "{curves_of: o_information_null}",
        "prediction.estimates: there is no metric 'curves_of'",
        "define it under metrics",
    ),
    (
        PREDICTION % "{mutual_information: o_information_null}",
        "prediction.estimates: metric mutual_information is of module mutual_information",
        "choose a metric of module o_information",
    ),
    (
        PREDICTION % "{o_information: o_information}",
        "prediction.estimates.o_information: metric o_information is of module o_information",
        "o_information_null",
    ),
    (
        PREDICTION % "{o_information: o_information_null_paper}",
        "prediction.estimates.o_information: metric o_information_null_paper has ties: 'paper'",
        "a null of the same search",
    ),
    (
        PREDICTION % "{o_information: o_information_null}"
        + "\nfigures: {emergence/prediction: {panels: {a: [division96]}, tables: [prediction]}}",
        "prediction.estimates: metric o_information measures 2 layers of run division96",
        "layers: [block_1]",
    ),
    (PREDICTION % "{o_information: [a]}", "prediction.estimates.o_information: [", "the name of a metric"),
    (
        "prediction: {estimates: {o_information: o_information}}",
        "prediction: the key 'calibration' is missing",
        "runs",
    ),
    (
        "prediction: {calibration: [addition_wd3x], estimates: {o_information: o_information}}",
        "prediction.calibration: there is no run 'addition_wd3x'",
        "did you mean",
    ),
    (
        "prediction: {calibration: [], estimates: {o_information: o_information}}",
        "prediction.calibration: []",
        "run",
    ),
    (
        "phases: []",
        "figures.emergence/fig1.tables: table phases is made from",
        "the entries of `phases:`, and there are none",
    ),
    (
        "metrics: {o_information_orders: {n_orders: 0}}",
        "figures.emergence/orders.tables: table orders is made from",
        "`n_orders`",
    ),
    (FIGURE % "table: [curves]", "figures.emergence/fig5.table: ", "did you mean 'tables'?"),
    (
        FIGURE % "tables: [synergistic.weight]",
        "figures.emergence/fig5.tables: ",
        "did you mean 'synergistic.weights'?",
    ),
    (FIGURE % "tables: [mutual_information]", "figures.emergence/fig5.tables: ", "cannot draw"),
    (FIGURE % "tables: [phases]", "figures.emergence/fig5.tables: ", "needs a table of o_information"),
    (
        "figures: {two_phase/fig3: {tables: [curves, mutual_information]}}",
        "figures.two_phase/fig3.tables: ",
        "needs a table of time_scales",
    ),
    (
        NO_SUBNETWORK,
        "figures.two_phase/fig5.tables: ",
        "models/transformer.py, its model, defines no function `subnetwork`",
    ),
    (
        "figures: {two_phase/mechanisms: {panels: {a: [division96]}}}",
        "metrics.linear_regions: linear_regions needs a network that is linear apart from its ReLUs, and ",
        "models/transformer.py, the model of run division96, does not set PIECEWISE_LINEAR = True; choose",
    ),
    (
        RECORDS_NOTHING,
        "figures.emergence/fig5.tables: run bare records no snapshots",
        "add `snapshots:` to runs.bare",
    ),
]
REQUIRED = [
    *(key for key in CONFIG if key != "levels"),  # which has defaults
    *(f"runs/division96/{key}" for key in ("seeds", "dataset", "model", "training")),
    *(f"runs/division96/dataset/{key}" for key in ("module", "p", "train_fraction")),
    *(f"runs/division96/{key}" for key in ("model/module", "training/steps", "training/learning_rate")),
    *(f"runs/division96/snapshots/{key}" for key in ("layers", "steps")),
]


def overlaid(*overlays):
    """Return the default config with overlays merged into it."""
    config = deepcopy(CONFIG)
    for overlay in overlays:
        update_config(config, overlay)
    return config


@pytest.mark.parametrize(("overlay", "start", "remedy"), BAD, ids=[overlay[:60] for overlay, _, _ in BAD])
def test_a_wrong_entry_raises_one_sentence_with_key_and_remedy(overlay, start, remedy):
    with pytest.raises(StudyError) as error:
        resolve(overlaid(yaml.safe_load(overlay)))
    assert str(error.value).startswith(start)
    assert remedy in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["append", "count", "items", "size", "size_mb"])
def test_a_metric_may_have_the_name_of_a_method_of_snakemakes_lists(name):
    """It is measured, and phases and sub-networks are looked for in it."""
    named = {"metrics": {name: {"module": "o_information"}}, "phases": [name]}
    study = resolve(overlaid(named, {"subnetworks": {"synergistic": {"metric": name}}}))
    assert f"<results>/addition_wd2/0/metrics/{name}.parquet" in tables_of_metrics(
        study, "addition_wd2", [name]
    )
    subnetwork = {"run": "addition_wd2", "seed": "0", "subnetwork": "synergistic"}
    assert metric_of_subnetwork(study, **subnetwork) == f"<results>/addition_wd2/0/metrics/{name}.parquet"


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_key_is_named(path):
    *above, key = path.split("/")
    config = overlaid()
    entry = config
    for part in above:
        entry = entry[part]
    del entry[key]
    with pytest.raises(StudyError, match=f"{key!r} is missing"):
        resolve(config)


def test_a_misspelt_metric_is_named_before_the_figures_that_draw_it():
    config = overlaid()
    config["metrics"]["softmax_colapse"] = config["metrics"].pop("softmax_collapse")
    with pytest.raises(StudyError, match="^metrics.softmax_colapse: .*did you mean 'softmax_collapse'"):
        resolve(config)


BENEATH = {
    "comovement_pilot.yaml": "comovement.yaml",
    "paper_archived.yaml": "paper.yaml",
    "paper_cpu.yaml": "paper.yaml",
    "paper_float32.yaml": "paper.yaml",
    "paper_seed1.yaml": "paper.yaml",
}


@pytest.mark.parametrize(
    "overlay", sorted((REPOSITORY / "config").glob("*.yaml")), ids=lambda path: path.name
)
def test_shipped_overlays_resolve(overlay):
    """An overlay is laid over the default study, some over another overlay of it."""
    beneath = overlay.with_name(BENEATH.get(overlay.name, overlay.name))
    laid = overlaid(*(yaml.safe_load(path.read_text()) for path in (beneath, overlay)))
    assert resolve(laid)["runs"].keys() >= CONFIG["runs"].keys()


def test_each_run_of_the_default_study_is_complete():
    runs = resolve(CONFIG)["runs"]
    assert all(
        "like" not in run and {"seeds", "dataset", "model", "training"} <= run.keys() for run in runs.values()
    )
    base, heir = runs["addition_wd0.1"], runs["addition_wd2"]
    assert heir == base | {"training": base["training"] | {"weight_decay": 2}}


def test_a_run_has_its_own_time_scales_or_those_of_the_study():
    config = resolve(
        overlaid({"metrics": {"other": {"module": "local_complexity"}}, "time_scales": ["other"]})
    )
    own = config["runs"]["division97"]["time_scales"]
    assert own == ["mutual_information", "linear_mapping_number", "local_complexity"]
    assert metrics_behind(config, "time_scales", "division97") == set(own)
    assert metrics_behind(config, "time_scales", "division96") == {"other"}


def test_a_run_with_another_module_does_not_inherit_the_options_of_the_old_one():
    s5 = resolve(CONFIG)["runs"]["s5"]
    assert "inverse" not in s5["dataset"] and "p" not in s5["dataset"]
    assert s5["model"]["module"] == CONFIG["runs"]["division96"]["model"]["module"]


def test_a_run_may_replace_the_rule_of_steps_that_it_inherits():
    change = {"runs": {"addition_wd2": {"snapshots": {"steps": {"every": 50}}}}}
    assert resolve(overlaid(change))["runs"]["addition_wd2"]["snapshots"]["steps"] == {"every": 50}


def test_an_absolute_results_folder_is_accepted():
    assert resolve(overlaid({"results": "/scratch/me/study-1"}))["results"] == "/scratch/me/study-1"


@pytest.mark.parametrize("folder", ["/mnt/my checkpoints", ".checkpoints", "../scratch"])
def test_any_folder_is_accepted_for_checkpoints(folder):
    assert resolve(overlaid({"checkpoints": folder}))["checkpoints"] == folder


def test_the_config_itself_is_not_changed():
    config = overlaid()
    resolve(config)
    assert config == CONFIG


def nodes(schema):
    """Yield a schema and every schema inside it."""
    yield schema
    below = [schema.get("items"), schema.get("propertyNames"), *schema.get("allOf", [])]
    below += [
        node for key in ("properties", "patternProperties", "$defs") for node in schema.get(key, {}).values()
    ]
    for node in filter(None, below):
        yield from nodes(node)


def test_every_node_of_the_schema_has_a_description():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert not [node for node in nodes(SCHEMA) if "$ref" not in node and "description" not in node]


def test_origin_is_the_last_file_that_has_the_key_or_the_nearest_above():
    sources = {"config.yaml": {"runs": {"a.b": {"seeds": [0]}}}, "over.yaml": {"runs": {"a.b": {"note": ""}}}}
    assert origin("runs.a.b.seeds", sources) == "config.yaml"
    assert origin("runs.a.b.model.width", sources) == "over.yaml"
    assert origin("figures", sources) == origin("", sources) == "config.yaml"


def test_snakemake_prints_the_error_with_the_file_and_no_traceback(tmp_path):
    overlay = tmp_path / "typo.yaml"
    overlay.write_text(TRAINING % "lerning_rate: 0.1")
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", "config.yaml", str(overlay)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 1
    printed = done.stdout + done.stderr
    assert f"\n{overlay}: runs.addition_wd0.1.training.lerning_rate: " in printed
    assert "(did you mean 'learning_rate'?)\n" in printed
    assert "Traceback" not in printed


def test_the_units_of_a_sub_network_are_of_the_first_layer_that_its_metric_measures():
    study = resolve(CONFIG)
    study["runs"]["addition_wd2"]["snapshots"]["layers"] = ["preactivation", "hidden"]
    width = {"width": study["runs"]["addition_wd2"]["model"].get("width", 250)}
    assert layer_of_subnetwork(study, "addition_wd2", "synergistic") == {"name": "preactivation"} | width
    study["metrics"][study["subnetworks"]["synergistic"]["metric"]]["layers"] = ["hidden"]
    assert layer_of_subnetwork(study, "addition_wd2", "synergistic") == {"name": "hidden"} | width


def test_tables_of_the_study_that_no_figure_draws_have_no_runs():
    study = {"figures": {"study/progress": {"tables": ["curves"], "panels": {"a": ["a"]}}}, "runs": {"a": {}}}
    for files_of, table in ((time_scales_of_runs, "time_scales"), (curves_of_table, "prediction")):
        with pytest.raises(StudyError, match=f"no figure draws the table '{table}'"):
            files_of(study, table)
