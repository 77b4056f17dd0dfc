"""The results that are out of date, as their headers tell; file dates and Snakemake's records decide nothing.

A result is out of date if one of its inputs is, or if its header names other options, other code or other
content of the inputs than the config and the checkout give. If an input was deleted to save space, its
lineage is compared in place of its content: a digest of the options and code that it would be made by.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from grokking_phases.storage.digests import digest
from grokking_phases.storage.stamps import stated

STATELESS = {".csv"}  # files without a header; the other outputs of their job decide on them


@dataclass
class Made:
    """The output files of a job, and what they must be made by according to the config and the checkout.

    inputs    {name in the results folder: path} of the job's input files
    options   a digest of all options behind the files
    lineage   a digest of all options and all code behind the files
    entry     the options of a metric, and the layers that it reads, which its header states too; else {}
    why       the reason to make the files again; "" if they are up to date, None before they are judged
    """

    rule: Any
    outputs: list[str]
    code: dict[str, str]
    inputs: dict[str, str] = field(default_factory=dict)
    options: str = ""
    lineage: str = ""
    entry: dict[str, Any] = field(default_factory=dict)
    why: str | None = None


class Results:
    """The results folder of a workflow: how each file is made, and which files are out of date.

    `say` prints why a file is made again, once for all files of a rule that have the same reason.
    `prepare` is called whenever a job is added to Snakemake's plan, while it still plans.
    """

    def __init__(
        self,
        workflow: Any,
        folder: str,
        say: Callable[[str], None],
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self.workflow, self.folder, self.say, self.prepare = workflow, folder, say, prepare
        self.jobs: dict[str, Made | None] = {}
        self.known: dict[tuple, Made] = {}  # the same jobs, by rule and wildcards
        self.headers: dict[str, dict] = {}
        self.said: set[tuple[str, str]] = set()
        self.asking = False

    @property
    def are_judged(self) -> bool:
        """Return whether headers are read: not those of files in a bucket, nor a second time in each job."""
        return (
            self.workflow.storage_settings.default_storage_provider is None and self.workflow.is_main_process
        )

    @cached_property
    def rules(self) -> list[Any]:
        """Return the rules that make results; all rules must be defined before.

        They have the param `asked`. The rules of another workflow that uses this one do not.
        """
        return [rule for rule in self.workflow.rules if rule.output and "asked" in dict(rule.params.items())]

    def ignore_dates(self, files: type) -> None:
        """Make Snakemake ignore dates, which its option `--rerun-triggers` cannot do.

        No input of our rules counts as newer than an output, and no output as older than its script.
        """
        is_newer = files.is_newer

        async def is_newer_than(file: Any, time: float) -> bool:
            if file.rule not in self.rules:
                return await is_newer(file, time)
            made = self.of_file(str(file))
            return made is not None and made.rule == file.rule  # true for an output

        files.is_newer = is_newer_than

    def again(self, rule: Any, wildcards: Any) -> list[str]:
        """Add a job to Snakemake's plan if a file of it is out of date; always return [], no input files."""
        if self.are_judged and not self.asking:
            made = self.of_job(rule, dict(wildcards.items()))
            if self.is_out_of_date(made) and any(Path(path).exists() for path in made.outputs):
                self.workflow.dag.forcefiles.update(made.outputs)
                self.prepare()
        return []

    def asked(self, rule: Any, wildcards: Any) -> dict[str, Any]:
        """Return what a job's header must state, and the options that each of its inputs must have."""
        made = self.of_job(rule, dict(wildcards.items()))
        inputs = [[name, self.options_of(path)] for name, path in made.inputs.items()]
        return {"options": made.options, "lineage": made.lineage, "inputs": inputs}

    def options_of(self, path: str) -> str | None:
        """Return the digest of the options behind a file; None for a file that no rule makes."""
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
        """Return the job of a rule with these wildcards."""
        key = rule.name, *sorted(wildcards.items())
        if key not in self.known:
            self.known[key] = self.describe(rule, wildcards)
            self.jobs |= dict.fromkeys(self.known[key].outputs, self.known[key])
        return self.known[key]

    def describe(self, rule: Any, wildcards: dict[str, str]) -> Made:
        """Return the job, with the digests of what is behind it."""
        said = tracked(rule, wildcards)
        outputs = [str(path) for path in rule.expand_output(wildcards)[0]]
        made = Made(rule, outputs, said.pop("code"), entry=entry_of(said))
        made.inputs = {self.name_of(path): path for path in self.inputs_of(rule, wildcards)}
        sources = self.sources_of(made)
        options = {name: job.options for name, job in sources.items()}
        made.options = digest([Path(rule.script).stem, wildcards, said, options])
        made.lineage = lineage(made, {name: job.lineage for name, job in sources.items()})
        return made

    def sources_of(self, made: Made) -> dict[str, Made]:
        """Return {name of an input: the job that makes it} for the inputs whose options and code count.

        A retraining depends on which units it trains, not on how they were found.
        """
        jobs = {name: self.of_file(path) for name, path in made.inputs.items()}
        return {name: job for name, job in jobs.items() if job and not is_units(name, made.rule)}

    def inputs_of(self, rule: Any, wildcards: dict[str, str]) -> list[str]:
        """Return the input files of a job, without adding it to Snakemake's plan (`again`)."""
        asking, self.asking = self.asking, True
        try:
            return [str(path) for path in rule.expand_input(wildcards)[0]]
        finally:
            self.asking = asking

    def name_of(self, path: str) -> str:
        """Return the path of a file relative to the results folder."""
        return path.partition(f"{self.folder}/")[2] or path

    def is_out_of_date(self, made: Made) -> bool:
        """Return whether a job's files must be made again; print the reasons, its inputs' too."""
        if made.why is None:
            sources = [job for path in made.inputs.values() if (job := self.of_file(path))]
            # A list, since each of the inputs that are out of date must print its reason.
            out_of_date = [job for job in sources if self.is_out_of_date(job)]
            made.why = "one of its inputs is out of date" if out_of_date else self.difference(made)
        return bool(made.why)

    def difference(self, made: Made) -> str:
        """Return why a job's files are not what the config asks for, and print it; "" if they are."""
        for path in made.outputs:
            if Path(path).suffix not in STATELESS and Path(path).exists():
                why = self.compared(self.header(path), made)
                if why and (made.rule.name, why) not in self.said:
                    self.said.add((made.rule.name, why))
                    self.say(f"{path} is out of date: {why}.")
                if why:
                    return why
        return ""

    def compared(self, header: dict, made: Made) -> str:
        """Return why what a header states as `made_by` is not what a job must state; "" if it is."""
        made_by = header.get("made_by")
        if not made_by:
            return "its header does not say what it was made by"
        if made_by["options"] != made.options:
            read = {key: header[key] for key in ("layers", "steps") if key in header}
            changed = changes(header.get("options", {}) | read, made.entry)
            return f"it was made under other options than the config says now{changed}"
        if others := differing(made_by["code"], made.code):
            return f"the code has changed in {', '.join(others)}"
        present = {
            name: self.present(path, made_by["inputs"].get(name, {})) for name, path in made.inputs.items()
        }
        if others := differing(made_by["inputs"], present):
            return f"it was made from another version of {Path(others[0]).name}"
        return ""

    def present(self, path: str, recorded: dict) -> dict:
        """Return what a header has recorded of an input if it still holds, else {}.

        The content of the input decides or, if the input was deleted, its lineage.
        """
        if not Path(path).exists():
            made = self.of_file(path)
            return recorded if made and recorded.get("lineage") == made.lineage else {}
        return recorded if recorded.get("content") == self.header(path).get("content", "") else {}

    def header(self, path: str) -> dict:
        """Return the header of a file, which is read once."""
        if path not in self.headers:
            self.headers[path] = stated(path)
        return self.headers[path]


def lineage(made: Made, lineages: dict[str, str]) -> str:
    """Return the lineage of a job whose inputs have these lineages."""
    return digest([made.options, made.code, lineages])


def tracked(rule: Any, wildcards: dict[str, str]) -> dict[str, Any]:
    """Return the params on which a job's result depends: all but those whose function takes `input`."""
    said = {}
    for name, value in rule.params.items():
        if not callable(value):
            said[name] = value
        elif "input" not in value.__code__.co_varnames[: value.__code__.co_argcount]:
            said[name] = value(Named(wildcards))
    return said


def entry_of(said: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a metric and the layers that it reads from what its rule tracks; else {}."""
    return said["options"] | {"layers": [*said["layers"]["widths"]]} if "options" in said else {}


class Named(dict):
    """Wildcards that can be read as keys and as attributes."""

    __getattr__ = dict.__getitem__


def is_units(name: str, rule: Any) -> bool:
    """Return whether an input of a rule names the units that the rule trains alone."""
    return Path(rule.script).stem == "retrain" and "/subnetworks/" in name


def changes(stated: dict[str, Any], entry: dict[str, Any]) -> str:
    """Return in brackets which options of an entry differ from what a header states, or ""."""
    names = [name for name in sorted(stated) if entry and stated[name] != entry.get(name)]
    said = ", ".join(f"{name}: {stated[name]}, now {entry.get(name)}" for name in names)
    return f" ({said})" if said else ""


def differing(one: dict, other: dict) -> list[str]:
    """Return the keys at which two mappings differ."""
    return sorted(key for key in {**one, **other} if one.get(key) != other.get(key))
