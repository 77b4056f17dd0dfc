"""The metrics, estimators, data sets, models and figures that exist, read from files without running them."""

import ast
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
# {kind: the function whose keyword-only arguments are the options}
FUNCTIONS = {
    "metrics": "compute",
    "estimators": "prepare",
    "datasets": "make",
    "models": "build",
    "figures": "draw",
}


@dataclass(frozen=True)
class Module:
    """One file of a kind: its name, its first sentence, its options with defaults, and what it needs."""

    name: str
    line: str
    options: dict[str, str]  # {option: default as written; "" where it must be given}
    needs: str

    @property
    def text(self) -> str:
        """Return the name and line, the options, and what is needed, each on a line of its own."""
        options = ", ".join(f"{key}={value}" if value else key for key, value in self.options.items())
        lines = [f"{self.name}: {self.line}", *([f"    options: {options}"] if options else [])]
        return "\n".join([*lines, *([f"    needs: {self.needs}"] if self.needs else [])])


def modules_of(kind: str) -> list[Module]:
    """Return all modules of a kind, by name."""
    folder = PACKAGE / kind
    files = sorted(folder.glob("*/[!_]*.py" if kind == "figures" else "[!_]*.py"))
    return [read_module(kind, file.relative_to(folder).with_suffix("").as_posix()) for file in files]


def read_module(kind: str, name: str) -> Module:
    """Return what a file says of itself."""
    tree = ast.parse((PACKAGE / kind / f"{name}.py").read_text(encoding="utf-8"))
    function = next(
        (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == FUNCTIONS[kind]),
        None,
    )
    options = {}
    if function is not None:
        pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        options = {each.arg: ast.unparse(default) if default else "" for each, default in pairs}
    line = (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ")
    return Module(name, line, options, needs_of(kind, constants_of(tree)))


def constants_of(tree: ast.Module) -> dict[str, object]:
    """Return the top-level literals of a file."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError):
                continue
    return found


def needs_of(kind: str, constants: dict[str, object]) -> str:
    """Return in words what a module reads, or ""."""
    if kind == "figures":
        return ", ".join(f"a table of {each}" for each in constants.get("DRAWS", ()))
    if kind != "metrics":
        return ""
    if constants.get("NEEDS_PIECEWISE_LINEAR"):
        return "recorded weights, and a network that is linear apart from ReLUs"
    return "recorded weights and the network" if constants.get("NEEDS_NETWORK") else "activations"
