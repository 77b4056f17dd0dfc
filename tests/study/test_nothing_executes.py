"""No text of a config or a checkpoint is run as code: the workflow calls no function that could do so."""

import ast
import re

import pytest
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from trees import REPOSITORY

SOURCES = sorted((REPOSITORY / "workflow").rglob("*.py"))
RULES = [
    REPOSITORY / "Snakefile",
    REPOSITORY / "workflow/Snakefile",
    *sorted((REPOSITORY / "workflow").rglob("*.smk")),
]
EXECUTES = (
    r"eval|exec|compile|__import__|shell|os\.(system|popen|exec\w+|spawn\w+)|subprocess\.(?!CalledProcessError)\w+|"
    r"yaml\.(load|load_all|full_load\w*|unsafe_load\w*)|\w+\.(read|to)_pickle|"
    r"(pickle|dill|shelve|marshal|joblib)(?!\.UnpicklingError)(\.\w+)*"
)
# `snakemake adopt` starts git and Snakemake, which it names itself. Forks run scripts that Snakemake wrote.
PROGRAMS = {
    ("adopt", "subprocess.run"),
    ("commits", "subprocess.run"),
    ("forked_jobs", "subprocess.Popen"),
}
DIRECTIVES = re.compile(
    r"^\s+(shell|run|wrapper|notebook|cwl)\s*:\s*($|[\"'])|\b(shell|eval|exec|system)\(", re.MULTILINE
)


def executed(source):
    """Yield the names that a module calls or imports and that can run text as code."""
    for node in ast.walk(ast.parse(source)):
        names, given = [], {}
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [
                ".".join(filter(None, [getattr(node, "module", None), alias.name])) for alias in node.names
            ]
        elif isinstance(node, ast.Call):
            names, given = (
                [ast.unparse(node.func)],
                {each.arg: ast.unparse(each.value) for each in node.keywords},
            )
        unsafe = "True" in (given.get("shell"), given.get("allow_pickle"))
        unsafe |= names == ["torch.load"] and given.get("weights_only") != "True"
        yield from (name for name in names if unsafe or re.fullmatch(EXECUTES, name))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_module_runs_text_as_code(path):
    found = list(executed(path.read_text(encoding="utf-8")))
    assert [name for name in found if (path.stem, name) not in PROGRAMS] == []


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_no_rule_runs_a_shell(path):
    assert not DIRECTIVES.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')",
        "import pickle",
        "from os import system",
        "from subprocess import run",
        "import os; os.system('true')",
        "subprocess.run('true', shell=True)",
        "yaml.load(text, Loader=yaml.FullLoader)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
    ],
)
def test_code_that_runs_text_is_detected(source):
    assert list(executed(source))


def test_safe_code_is_not_detected():
    assert not list(
        executed("import os, yaml\nyaml.safe_load(text); torch.load(path, weights_only=True); model.eval()")
    )


@pytest.mark.parametrize(
    "rule", ["    shell:\n        'rm'", "    shell: 'rm'", "    run:\n        pass", "shell('rm')"]
)
def test_a_rule_that_runs_a_shell_is_detected(rule):
    assert DIRECTIVES.search(f"rule a:\n{rule}")


@pytest.mark.parametrize("tag", ["object/apply:os.system ['touch %s']", "object/new:os.system ['touch %s']"])
def test_a_python_tag_in_a_config_is_not_run(tmp_path, tag):
    (tmp_path / "config.yaml").write_text(f"results: !!python/{tag % (tmp_path / 'touched')}\n")
    with pytest.raises(WorkflowError, match="not valid JSON or YAML"):
        load_configfile(tmp_path / "config.yaml")
    assert not (tmp_path / "touched").exists()
