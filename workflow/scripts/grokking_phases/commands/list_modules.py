"""The metrics, estimators, data sets, models and figures that exist, read from files without running them."""

import ast
from dataclasses import dataclass
from pathlib import Path

from grokking_phases.nearest_name import check_known

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
    definition: str = ""  # the rest of its docstring

    def text_with(self, defined: list[str]) -> str:
        """Return the name, line, options and needs; and the definition if `defined` has the name."""
        options = ", ".join(f"{key}={value}" if value else key for key, value in self.options.items())
        lines = [f"{self.name}: {self.line}", *([f"    options: {options}"] if options else [])]
        lines += [f"    needs: {self.needs}"] if self.needs else []
        return "\n".join([*lines, *([f"\n{self.definition}\n"] if self.name in defined else [])])


def named(names: list[str], kinds: list[str]) -> dict[str, list[Module]]:
    """Return {kind: its modules that have one of the names}; raise ValueError for a name that none has."""
    found = {kind: modules_of(kind) for kind in kinds}
    known = [module.name for modules in found.values() for module in modules]
    for name in names:
        check_known(name, known, "list", "unknown name")
    chosen = {kind: [each for each in modules if each.name in names] for kind, modules in found.items()}
    return {kind: modules for kind, modules in chosen.items() if modules}


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
        options |= {"and those of its estimator": ""} if function.args.kwarg else {}
    line, _, definition = (ast.get_docstring(tree) or "").partition("\n\n")
    return Module(name, line.replace("\n", " "), options, needs_of(kind, constants_of(tree)), definition)


def constants_of(tree: ast.Module) -> dict[str, object]:
    """Return the top-level literals of a file, and those in capitals that it imports from our files."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name):
            found |= imported_constants(node)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError):
                continue
    return found


def imported_constants(node: ast.ImportFrom) -> dict[str, object]:
    """Return the literals in capitals that an import names."""
    names = {alias.name for alias in node.names if alias.name.isupper()}
    if not names:
        return {}
    file = PACKAGE.parent.joinpath(*node.module.split(".")).with_suffix(".py")
    theirs = constants_of(ast.parse(file.read_text(encoding="utf-8")))
    return {name: value for name, value in theirs.items() if name in names}


def needs_of(kind: str, constants: dict[str, object]) -> str:
    """Return in words what a module reads, or ""."""
    if kind == "figures":
        return ", ".join(f"a table of {each}" for each in constants.get("DRAWS", ()))
    if kind != "metrics":
        return ""
    if constants.get("NEEDS_PIECEWISE_LINEAR"):
        return "recorded weights, and a network that is linear apart from ReLUs"
    return "recorded weights and the network" if constants.get("NEEDS_NETWORK") else "activations"
