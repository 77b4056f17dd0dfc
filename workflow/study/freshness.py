"""Which results are what the config asks for, judged by their headers: dates and Snakemake's records decide nothing.

A result is out of date if an input of it is, or if its header names other options, other content of its inputs, or
other code. Where an input was removed to save space, what it would be made by now decides in place of its content.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from grokking_phases.storage.digests import digest
from grokking_phases.storage.stamps import stated

STATELESS = {".csv"}  # cannot hold a header: judged by the other outputs of their job


@dataclass
class Made:
    """A job's files, and what the config says that they must be made by.

    options   a digest of all options behind them; lineage, one of the code behind them too
    """

    rule: Any
    outputs: list[str]
    code: dict[str, str]
    inputs: dict[str, str] = field(default_factory=dict)  # {name in the results folder: path}
    options: str = ""
    lineage: str = ""
    why: str | None = None  # it is made again; "": it is not


class Results:
    """The results folder of a workflow; `say` prints why a file is made again, once for files of the same reason."""

    def __init__(self, workflow: Any, folder: str, say: Callable[[str], None]) -> None:
        self.workflow, self.folder, self.say = workflow, folder, say
        self.jobs: dict[str, Made | None] = {}
        self.headers: dict[str, dict] = {}
        self.said: set[tuple[str, str]] = set()
        self.asking = False

    @property
    def are_judged(self) -> bool:
        """Return whether headers can be read here: not of files in a bucket, and not once more in each job."""
        return (
            self.workflow.storage_settings.default_storage_provider is None and self.workflow.is_main_process
        )

    @cached_property
    def rules(self) -> list[Any]:
        """Return the rules that make results, once all are read; another workflow that uses this one has more."""
        return [rule for rule in self.workflow.rules if rule.output and "asked" in dict(rule.params.items())]

    def ignore_dates(self, files: type) -> None:
        """Let no input of our rules be newer than an output, and no output older than its script.

        Snakemake's `--rerun-triggers` does not switch this off.
        """
        is_newer = files.is_newer

        async def is_newer_than(file: Any, time: float) -> bool:
            if file.rule not in self.rules:
                return await is_newer(file, time)
            made = self.of_file(str(file))
            return made is not None and made.rule == file.rule  # an output

        files.is_newer = is_newer_than

    def again(self, rule: Any, wildcards: Any) -> list[str]:
        """Put a job into Snakemake's plan if a file of it is out of date; return no input file, ever."""
        if self.are_judged and not self.asking:
            made = self.of_job(rule, dict(wildcards.items()))
            if self.is_out_of_date(made) and any(Path(path).exists() for path in made.outputs):
                self.workflow.dag.forcefiles.update(made.outputs)
        return []

    def asked(self, rule: Any, wildcards: Any) -> dict[str, Any]:
        """Return what a job's header must say, and the options that each of its inputs must be made under."""
        made = self.of_job(rule, dict(wildcards.items()))
        inputs = [[name, self.options_of(path)] for name, path in made.inputs.items()]
        return {"options": made.options, "lineage": made.lineage, "inputs": inputs}

    def options_of(self, path: str) -> str | None:
        made = self.of_file(path)
        return made.options if made else None

    def of_file(self, path: str) -> Made | None:
        """Return the job that makes a file; None for a file that no rule makes."""
        if path not in self.jobs:
            rule = next((rule for rule in self.rules if rule.is_producer(path)), None)
            if rule is None:
                self.jobs[path] = None
            else:
                self.of_job(rule, rule.get_wildcards(path))
        return self.jobs[path]

    def of_job(self, rule: Any, wildcards: dict[str, str]) -> Made:
        outputs = [str(path) for path in rule.expand_output(wildcards)[0]]
        if outputs[0] not in self.jobs:
            said = tracked(rule, wildcards)
            made = Made(rule, outputs, said.pop("code"))
            made.inputs = {self.name_of(path): path for path in self.inputs_of(rule, wildcards)}
            of_inputs = {name: self.of_file(path) for name, path in made.inputs.items()}
            # A retraining depends on its units, not on how they were found: on their content alone.
            behind = {name: of for name, of in of_inputs.items() if of and not is_units(name, rule)}
            stage = Path(rule.script).stem
            made.options = digest([stage, wildcards, said, {name: of.options for name, of in behind.items()}])
            made.lineage = digest(
                [made.options, made.code, {name: of.lineage for name, of in behind.items()}]
            )
            self.jobs |= dict.fromkeys(outputs, made)
        return self.jobs[outputs[0]]

    def inputs_of(self, rule: Any, wildcards: dict[str, str]) -> list[str]:
        asking, self.asking = self.asking, True
        try:
            return [str(path) for path in rule.expand_input(wildcards)[0]]
        finally:
            self.asking = asking

    def name_of(self, path: str) -> str:
        """Return a file's path in the results folder, wherever that lies."""
        return path.partition(f"{self.folder}/")[2] or path

    def is_out_of_date(self, made: Made) -> bool:
        if made.why is None:
            behind = [of for path in made.inputs.values() if (of := self.of_file(path))]
            out_of_date = [each for each in behind if self.is_out_of_date(each)]  # all of them: each says why
            made.why = "an input of it is" if out_of_date else self.difference(made)
        return bool(made.why)

    def difference(self, made: Made) -> str:
        """Return why a job's files are not what the config asks for, and say so; "" if they are."""
        for path in made.outputs:
            if Path(path).suffix not in STATELESS and Path(path).exists():
                why = self.compared(self.header(path).get("made_by"), made)
                if why and (made.rule.name, why) not in self.said:
                    self.said.add((made.rule.name, why))
                    self.say(f"{path} is out of date: {why}.")
                if why:
                    return why
        return ""

    def compared(self, made_by: dict | None, made: Made) -> str:
        if not made_by:
            return "its header does not say what it was made by"
        if made_by["options"] != made.options:
            return "it was made under other options than the config says now"
        if others := differing(made_by["code"], made.code):
            return f"the code has changed in {', '.join(others)}"
        present = {
            name: self.present(path, made_by["inputs"].get(name, {})) for name, path in made.inputs.items()
        }
        if others := differing(made_by["inputs"], present):
            return f"it was made from another {Path(others[0]).name}"
        return ""

    def present(self, path: str, recorded: dict) -> dict:
        """Return what a header should record of an input: its content, or of one that was removed its lineage."""
        if not Path(path).exists():
            made = self.of_file(path)
            return recorded if made and recorded.get("lineage") == made.lineage else {}
        return recorded if recorded.get("content") == self.header(path).get("content", "") else {}

    def header(self, path: str) -> dict:
        if path not in self.headers:
            self.headers[path] = stated(path)
        return self.headers[path]


def tracked(rule: Any, wildcards: dict[str, str]) -> dict[str, Any]:
    """Return the params of a job that its result depends on: all but those that a function derives from its input."""
    said = {}
    for name, value in rule.params.items():
        if not callable(value):
            said[name] = value
        elif "input" not in value.__code__.co_varnames[: value.__code__.co_argcount]:
            said[name] = value(Named(wildcards))
    return said


class Named(dict):
    """Wildcards, by attribute too."""

    __getattr__ = dict.__getitem__


def is_units(name: str, rule: Any) -> bool:
    return Path(rule.script).stem == "retrain" and "/subnetworks/" in name


def differing(one: dict, other: dict) -> list[str]:
    """Return the keys at which two mappings differ."""
    return sorted(key for key in {**one, **other} if one.get(key) != other.get(key))
