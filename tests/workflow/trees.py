"""Copies of the workflow, which tests run and change."""

import re
import shutil
import sys
from pathlib import Path

import psutil
import yaml
from warm_snakemake import snakemake

REPOSITORY = Path(__file__).parents[2]
TARGET = "results/tiny/figures/fig5.pdf"
EMERGENCE, TWO_PHASE = "emergence", "two_phase"  # targets: every figure of a paper


class Tree:
    """A copy of the workflow with config overlays, of which a test may change the last.

    `base` names the configs that the overlays are laid over.
    """

    def __init__(self, folder, overlays, base=("config.yaml",)):
        self.folder, self.overlays, self.base = folder, overlays, base

    def command(self, *arguments):
        configs = ["--configfile", *self.base, *self.overlays]
        return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, *configs]

    def run(self, *arguments):
        """Return what Snakemake says, which must succeed."""
        done = self.ended(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def ended(self, *arguments):
        """Return how Snakemake ends."""
        return snakemake(self.command(*arguments)[3:], self.folder)

    def planned(self, *targets):
        """Return the set of jobs that would run: (rule, and its run and seed, or table, or paper)."""
        jobs = re.findall(
            r"^rule (\w+):\n(?:    .*\n)*?    wildcards: (.*)$", self.run(*targets, "-n"), re.MULTILINE
        )
        return {(rule, *(value.split("=")[1] for value in wildcards.split(", "))) for rule, wildcards in jobs}

    def edit(self, path, old, new):
        path = self.folder / path
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def overlay(self, change):
        """Change the last overlay by a function of its config."""
        path = self.folder / self.overlays[-1]
        config = yaml.safe_load(path.read_text())
        change(config)
        path.write_text(yaml.safe_dump(config, sort_keys=False))


def trainers(snakemake):
    """Return the processes that train for a process of Snakemake."""
    return [job for job in psutil.Process(snakemake.pid).children(recursive=True) if is_trainer(job)]


def is_trainer(process):
    """Return whether a process trains: it is a fork with that name, or a Python with that script."""
    try:
        name, command = process.name(), process.cmdline()
    except psutil.Error:  # it has just ended
        return False
    return name == "train.py" or ("python" in name and command[-1].endswith(".train.py"))


def built_tree(tmp_path_factory, study, *targets):
    """Return a new tree of one study without config.yaml, in which Snakemake has made the targets."""
    folder = tmp_path_factory.mktemp("built") / "tree"
    folder.mkdir()
    copy_of_repository(folder, study)
    tree = Tree(folder, [study], base=())
    tree.run(*targets)
    return tree


def copy_of_repository(folder, *overlays):
    """Copy what the workflow needs into `folder`, with these overlays, and return the tree."""
    for name in ("Snakefile", "config.yaml", "profiles", "workflow", *overlays):
        source, copy = REPOSITORY / name, folder / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    return Tree(folder, overlays)
