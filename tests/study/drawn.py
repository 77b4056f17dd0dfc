"""Hypothesis strategies for correct configs, which use any options that the modules' signatures allow."""

import ast

from hypothesis import strategies as st

from study.check_metrics import SEARCH, TIMED
from study.model_layers import widths
from study.options import FROM_DATASET, choices
from study.signatures import constant, defines, names_of, options_of
from study.wanted_tables import in_orders, kinds, metrics_behind, retrained

# Names that a pattern, a wildcard or an attribute of a Python object could be confused with.
AWKWARD = [
    "0",
    "a",
    "a.b",
    "ab",
    "a.parquet",
    "index",
    "sort",
    "run",
    "c.weights",
    "summary",
    "n" * 19,
    "abcdefghi_" * 10,
]
NAMES = st.sampled_from(AWKWARD) | st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,9}", fullmatch=True)
TITLES = st.sampled_from(["{run}", "a / b mod 97", "<results>", "%s", "'", "", "a\nb"]) | st.text(max_size=9)
STEPS = st.sampled_from([{"every": 3}, {"log": 5}, [1, 2, 4], [7, 0]])
SIZES = {  # values that a signature does not limit
    "p": st.sampled_from([5, 7, 11]),
    "n": st.integers(2, 4),
    "side": st.integers(4, 9),
    "squares": st.integers(2, 4),
    "n_heads": st.sampled_from([1, 2, 4]),
    "width": st.sampled_from([16, 24]),
    "d_model": st.sampled_from([16, 24]),
    "d_mlp": st.sampled_from([16, 24]),
    "steps": st.integers(10, 99),
    "learning_rate": st.floats(1e-6, 1),
    "alpha": st.floats(0.5, 9),
    "betas": st.just([0.9, 0.98]),
    "evaluate": STEPS,
    "batch_size": st.none() | st.integers(1, 9),
    "published": st.none(),
    "optimizer": st.sampled_from(names_of("optimizers")),
    "loss": st.sampled_from(names_of("losses")),
}


def option_values(kind, module, name, option):
    """Draw a value of an option, by its annotation and the module's limits."""
    known = [choice for annotation, _ in option.annotations for choice in choices(annotation)]
    low, high = constant(kind, module, "LIMITS").get(name, (0, 9))
    low, high = low or 0, {None: 9, "width": 16}.get(high, high)
    if name in SIZES:
        return SIZES[name]
    if known:
        return st.sampled_from(known)
    if "bool" in [ast.unparse(annotation) for annotation, _ in option.annotations]:
        return st.booleans()
    if isinstance(option.default, str):  # a name, for example of a module of the network
        return st.just(option.default)
    return st.floats(low, high) if isinstance(option.default, float) else st.integers(low, high)


def options(kind, module=""):
    """Draw some options of a module's function, and all that it requires."""
    known = {name: option for name, option in options_of(kind, module).items() if name not in FROM_DATASET}
    drawn = {name: option_values(kind, module, name, option) for name, option in known.items()}
    needed = {name: drawn.pop(name) for name, option in known.items() if option.required}
    named = constant(kind, module, "PLUGINS")
    own = st.fixed_dictionaries(needed, optional={name: drawn[name] for name in drawn if name not in named})
    for name, other in named.items():
        own = st.builds(dict.__or__, plugin(name, other), own)
    return own


def plugin(name, kind):
    """Draw a module of a kind as the value of an option, with some of that module's options."""
    return st.sampled_from(names_of(kind)).flatmap(
        lambda module: options(kind, module).map(lambda drawn: drawn | {name: module})
    )


def entries(kind):
    """Draw a module of a kind with some of its options."""
    return st.sampled_from(names_of(kind)).flatmap(
        lambda module: options(kind, module).map(lambda drawn: {"module": module} | drawn)
    )


def some(names, least=0):
    """Draw up to three of the names, in any order."""
    return (
        st.lists(st.sampled_from(list(names)), min_size=least, max_size=3, unique=True)
        if names
        else st.just([])
    )


@st.composite
def runs(draw):
    """Draw the entry of a run."""
    dataset, model = draw(entries("datasets")), draw(entries("models"))
    snapshots = {"layers": some(widths(model), 1), "steps": STEPS}
    return {
        "seeds": [0, *draw(some([1, 2**31]))],
        "dataset": dataset | {"train_fraction": draw(st.floats(0.3, 0.7))},
        "model": model,
        "training": draw(options("training")),
        "snapshots": draw(st.fixed_dictionaries(snapshots, optional={"dtype": st.just("float16")})),
    }


@st.composite
def studies(draw):
    """Draw a correct config."""
    whole = draw(st.dictionaries(NAMES, runs(), min_size=1, max_size=2))
    heir = st.fixed_dictionaries(
        {"like": st.sampled_from(list(whole))}, optional={"training": options("training")}
    )
    measured = st.fixed_dictionaries({}, optional={"steps": STEPS, "seeds": st.just([0])})
    config = {
        "results": draw(st.sampled_from(["results", "/a/b-c"])),
        "device": "auto",
        "threads": 1,
        "checkpoint_seconds": draw(st.floats(0.1, 99)),
        "runs": draw(st.dictionaries(NAMES, heir, max_size=2)) | whole,
        "metrics": draw(
            st.dictionaries(NAMES, st.builds(dict.__or__, entries("metrics"), measured), max_size=4)
        ),
    }
    modules = {name: entry["module"] for name, entry in config["metrics"].items()}
    sought = [name for name in modules if modules[name] == "o_information"]
    config["phases"] = draw(some(sought))
    config["time_scales"] = draw(some([name for name in modules if modules[name] in TIMED]))
    subnetwork = st.builds(
        dict.__or__, options("subnetworks"), st.fixed_dictionaries({"metric": st.sampled_from(sought)})
    )
    config["subnetworks"] = draw(
        st.dictionaries(st.sampled_from(["a", "b_1"]), subnetwork, max_size=2) if sought else st.just({})
    )
    if sought and draw(st.booleans()):
        estimates = draw(some(sought, 1))
        for name in estimates:
            config["metrics"][f"null_{name}"] = null_of(config["metrics"][name])
        nulls = {name: f"null_{name}" for name in estimates}
        config["prediction"] = {"estimates": nulls, "calibration": draw(some(config["runs"], 1))}
    config["figures"] = dict.fromkeys(draw(some(names_of("figures"))))
    config["figures"] = {
        name: draw(figure(config, name)) for name in config["figures"] if can_be_drawn(config, name)
    }
    return config


def null_of(estimate):
    """Return the entry of a null that searches as an estimate."""
    search = {option: estimate[option] for option in (*SEARCH, "layers") if option in estimate}
    return {"module": "o_information_null"} | search


def figure(config, name):
    """Draw the entry of a figure."""
    n_panels = 1 if name == "two_phase/comovement" else 2  # a run has one task, which is its panel
    panels = st.dictionaries(TITLES, some(config["runs"], 1), min_size=1, max_size=n_panels)
    tables = drawable(config, name)
    needed = [
        st.sampled_from([table for table in tables if kinds(config)[table] == kind])
        for kind in constant("figures", name, "NEEDS")
    ]
    chosen = st.builds(lambda *names: list(dict.fromkeys([*names[1:], *names[0]])), some(tables, 1), *needed)
    entry = st.builds(
        dict.__or__,
        options("figures", name),
        st.fixed_dictionaries({"panels": panels, "tables": chosen}),
    )
    return entry.map(
        lambda entry: entry | {"published": [*entry["panels"]]} if "published" in entry else entry
    )


def can_be_drawn(config, figure):
    """Return whether every run has tables that a figure draws, and all that it needs."""
    tables = drawable(config, figure)
    return tables and set(constant("figures", figure, "NEEDS")) <= {kinds(config)[table] for table in tables}


def drawable(config, figure):
    """Return the tables that a figure draws and that every run has."""
    models = {run["model"]["module"] for run in config["runs"].values() if "model" in run}
    lacking = set()
    if not all(constant("models", model, "PIECEWISE_LINEAR") for model in models):
        metrics = config["metrics"].items()
        lacking = {
            name for name, entry in metrics if constant("metrics", entry["module"], "NEEDS_PIECEWISE_LINEAR")
        }
    if not config["phases"]:
        lacking |= {"phases", "comparison", *retrained(config)}
    if not config["subnetworks"] or not all(defines("models", model, "subnetwork") for model in models):
        lacking |= {"comparison", *retrained(config)}
    if lacking & set(config["time_scales"]):
        lacking |= {"time_scales", "comovement"}
    layers = [len(run.get("snapshots", {}).get("layers", [])) for run in config["runs"].values()]
    if max(layers) > 1 or "prediction" not in config or lacking & metrics_behind(config, "prediction"):
        lacking.add("prediction")
    if not in_orders(config) or lacking & metrics_behind(config, "orders"):
        lacking.add("orders")
    drawn = constant("figures", figure, "DRAWS")
    return [table for table, kind in kinds(config).items() if kind in drawn and table not in lacking]
