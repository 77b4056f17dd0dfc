"""Imports between packages go one way, file names are unique, and the library does not name Snakemake."""

import ast
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[1] / "workflow"
LIBRARY = "grokking_phases"
# Modules of the library that are in none of its packages.
ROOT = {"recipe", "steps", "plugins", "arguments", "nearest_name", "samples", "examples", "threads"}
COMMAND_LINE = {"cli", "__main__", "commands"}
# The package itself and what it offers by name: may import all else.
PUBLIC = {"", "on_arrays", "on_curves", "on_networks"}
# Packages whose modules are found by their names.
PLUGINS = {"datasets", "models", "optimizers", "losses", "metrics"}
PACKAGES = {  # package: the packages that it may import, besides itself and the root
    "datasets": set(),
    "models": set(),
    "optimizers": set(),
    "losses": set(),
    "synergy": set(),
    "regions": set(),
    "storage": set(),
    "jobs": set(),
    "estimators": {"synergy"},
    "data": {"storage"},
    "analysis": {"storage"},
    "plotting": {"analysis", "storage"},
    "explorer": {"analysis", "storage", "synergy"},
    "training": {"data", "storage", "jobs"},
    "metrics": {"synergy", "estimators", "regions", "data"},
    "figures": {"plotting", "analysis", "regions"},
}
EVERYTHING = {*PACKAGES, "public", "command line"}
ALLOWED = PACKAGES | {
    "root": set(),
    "study": {"storage"},
    "scripts": EVERYTHING,
    "command line": EVERYTHING,
    "public": {*PACKAGES},
}


def forbidden_imports(workflow):
    """Return `file -> module` for each import that the design does not allow."""
    return [
        f"{path.relative_to(workflow)} -> {name}"
        for path in files(workflow)
        for name in imported(path, workflow)
        if not allowed(module_of(path, workflow), name)
    ]


def files(workflow):
    """Return the library's files, the rules' scripts and the study's files."""
    return sorted([*(workflow / "scripts").rglob("*.py"), *(workflow / "study").rglob("*.py")])


def module_of(path, workflow):
    """Return a file's dotted name: `train`, `grokking_phases.data.split` or `study.resolve`."""
    base = workflow / "scripts" if path.is_relative_to(workflow / "scripts") else workflow
    parts = path.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path, workflow):
    """Return the modules of ours that a file imports, wherever in it, sorted."""
    package = module_of(path.parent / "__init__.py", workflow)
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {module(alias.name, workflow) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            start = ".".join([*parents, *filter(None, [node.module])])
            found |= {module(f"{start}.{alias.name}", workflow) for alias in node.names}
    return sorted(found - {None})


def module(name, workflow):
    """Return the longest part of a dotted name that is a module of ours, or None."""
    while name:
        for base in (workflow / "scripts", workflow):
            path = base / name.replace(".", "/")
            if path.with_suffix(".py").exists() or (path / "__init__.py").exists():
                return name
        name = name.rpartition(".")[0]
    return None


def package_of(name):
    """Return the package of a module, or `root`, `study`, `scripts` or `command line`.

    Return None for a file that belongs to none of them.
    """
    first, _, rest = name.partition(".")
    if first != LIBRARY:
        return "study" if first == "study" else "scripts"
    package, _, file = rest.partition(".")
    if package in PACKAGES:
        return package
    own = {"root": ROOT, "command line": COMMAND_LINE, "public": PUBLIC}
    return next((kind for kind, files in own.items() if package in files), None)


def allowed(importer, name):
    """Return whether the module `importer` may import the module `name`."""
    source, target = package_of(importer), package_of(name)
    if source == target and source in PLUGINS:
        return source == "models" and is_private(name)
    if source == target == "figures":
        return is_private(name) and importer.split(".")[2] == name.split(".")[2]
    if source == target:
        return source not in ("scripts", None)
    return source in ALLOWED and target in {*ALLOWED[source], "root"}


def is_private(name):
    return name.rpartition(".")[2].startswith("_")


def shared_names(workflow):
    """Return the pairs of files outside `figures` that share a name, although neither calls the other.

    A rule's script may share its name with the file of the library that it calls, and a metric with its
    definition.
    """
    paths = [path for path in files(workflow) if path.stem != "__init__" and "figures" not in path.parts]
    pairs = [(a, b) for i, a in enumerate(paths) for b in paths[i + 1 :] if a.name == b.name]
    return [
        " and ".join(str(path.relative_to(workflow)) for path in pair)
        for pair in pairs
        if not (calls(*pair, workflow) or calls(*reversed(pair), workflow))
    ]


def calls(caller, definition, workflow):
    """Return whether `caller` is a script that imports `definition`, or a metric that it may define."""
    name, called = module_of(caller, workflow), module_of(definition, workflow)
    if package_of(name) == "metrics":
        return package_of(called) in PACKAGES["metrics"] - {"data"}
    return package_of(name) == "scripts" and called in imported(caller, workflow)


def naming_snakemake(workflow):
    """Return the names of the library's files that mention Snakemake."""
    library = (workflow / "scripts" / LIBRARY).rglob("*.py")
    return [path.name for path in library if "snakemake" in path.read_text().lower()]


def test_every_import_is_allowed():
    wrong = forbidden_imports(WORKFLOW)
    assert not wrong, "\n".join(wrong)


def test_only_a_caller_and_its_definition_share_a_name():
    shared = shared_names(WORKFLOW)
    assert not shared, "\n".join(shared)


def test_the_library_does_not_name_snakemake():
    assert naming_snakemake(WORKFLOW) == []


@pytest.fixture
def tree(tmp_path):
    """Return a function that writes a small tree without faults and more files, {path: text}.

    The function returns the folder of the tree, which stands for `workflow`.
    """
    sound = {
        "scripts/summary.py": f"from {LIBRARY}.analysis.summary import normalised\n",
        "scripts/train.py": f"from {LIBRARY}.training.job import finish\n",
        "study/resolve.py": f"from study.errors import shown\nfrom {LIBRARY}.plugins import module\n",
        "study/errors.py": "",
        "plugins.py": f"from {LIBRARY}.recipe import Recipe\n",
        "recipe.py": "import numpy\n",
        "analysis/summary.py": f"from {LIBRARY}.storage import tables\n",
        "storage/tables.py": "",
        "synergy/ksg.py": "",
        "synergy/o_information.py": "",
        "training/job.py": f"from {LIBRARY}.data.split import split\n",
        "training/run.py": "from .job import finish\n",
        "data/split.py": "",
        "models/mlp.py": f"from {LIBRARY}.models._fast_mlp import step\n",
        "models/_fast_mlp.py": "",
        "metrics/o_information.py": f"import {LIBRARY}.synergy.ksg\n",
        "metrics/other.py": "",
        "figures/emergence/fig5.py": f"from {LIBRARY}.figures.emergence import _synergy\n",
        "figures/emergence/_synergy.py": f"from {LIBRARY}.plotting.style import page\n",
        "figures/two_phase/_synergy.py": "",
        "plotting/style.py": "",
    }

    def write(**more):
        for name, text in (sound | more).items():
            inside = name if name.split("/")[0] in ("scripts", "study") else f"scripts/{LIBRARY}/{name}"
            path = tmp_path / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            for folder in path.relative_to(tmp_path).parents[:-1]:
                if folder != Path("scripts"):
                    (tmp_path / folder / "__init__.py").touch()
        return tmp_path

    return write


def test_nothing_is_found_in_a_tree_without_faults(tree):
    workflow = tree()
    assert forbidden_imports(workflow) == shared_names(workflow) == naming_snakemake(workflow) == []


@pytest.mark.parametrize(
    ("importer", "statement", "target"),
    [
        ("metrics/other.py", f"from {LIBRARY}.metrics.o_information import x", "metrics.o_information"),
        ("metrics/other.py", "def f():\n    from .o_information import x", "metrics.o_information"),
        ("metrics/other.py", f"from {LIBRARY} import training", "training"),
        ("models/relu.py", f"import {LIBRARY}.models.mlp", "models.mlp"),
        ("models/relu.py", f"from {LIBRARY}.data.split import split", "data.split"),
        ("training/trainer.py", f"from {LIBRARY}.models.mlp import build", "models.mlp"),
        ("training/trainer.py", f"from {LIBRARY}.metrics import o_information", "metrics.o_information"),
        ("training/trainer.py", "from ..analysis.summary import normalised", "analysis.summary"),
        ("synergy/ksg.py", f"from {LIBRARY}.storage.tables import x", "storage.tables"),
        ("data/hooks.py", f"from {LIBRARY}.training.job import finish", "training.job"),
        ("analysis/roc.py", f"from {LIBRARY}.plotting.style import page", "plotting.style"),
        ("plotting/style.py", f"from {LIBRARY}.figures.emergence import fig5", "figures.emergence.fig5"),
        (
            "figures/emergence/fig6.py",
            f"from {LIBRARY}.figures.emergence.fig5 import draw",
            "figures.emergence.fig5",
        ),
        (
            "figures/emergence/fig6.py",
            f"import {LIBRARY}.figures.two_phase._synergy",
            "figures.two_phase._synergy",
        ),
        ("figures/emergence/fig6.py", f"from {LIBRARY}.metrics.other import compute", "metrics.other"),
        ("recipe.py", f"from {LIBRARY}.storage import tables", "storage.tables"),
        ("recipe.py", "import study.errors", "study.errors"),
        ("attic.py", f"from {LIBRARY}.plugins import module", "plugins"),
        ("storage/tables.py", "import train", "train"),
        ("study/check_runs.py", f"from {LIBRARY}.training.job import finish", "training.job"),
        ("scripts/train.py", "from study.resolve import resolved", "study.resolve"),
        ("scripts/summary.py", "import train", "train"),
    ],
)
def test_a_forbidden_import_is_named(tree, importer, statement, target):
    workflow = tree(**{importer: statement + "\n"})
    outside = importer.split("/")[0] in ("scripts", "study")
    file = importer if outside else f"scripts/{LIBRARY}/{importer}"
    is_ours = target.split(".")[0] not in ("study", "train")
    assert forbidden_imports(workflow) == [f"{file} -> {f'{LIBRARY}.{target}' if is_ours else target}"]


@pytest.mark.parametrize(
    ("file", "text", "other"),
    [
        ("training/summary.py", "", "analysis/summary.py"),
        ("study/split.py", "", "data/split.py"),
        ("scripts/split.py", "import numpy\n", "data/split.py"),  # it does not import data/split.py
        ("metrics/split.py", "", "data/split.py"),
    ],
)
def test_a_shared_name_is_named(tree, file, text, other):
    found = shared_names(tree(**{file: text}))
    assert any(file in pair and other in pair for pair in found)


def test_a_library_that_names_snakemake_is_found(tree):
    assert naming_snakemake(tree(**{"storage/tables.py": "# Snakemake deletes it\n"})) == ["tables.py"]
