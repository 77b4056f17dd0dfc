"""The files of scores, `{run}/{seed}/scores/{scores}.parquet`: which there are, and what each holds.

Such a file holds what no number of bins changes of a run's snapshots, under one rule for ties
(`synergy.searched_layer`). The metrics that begin with the same file share its name: the rule for ties and,
if their entries name layers, the layers. The file holds the steps that any of these metrics reads.

These files take up to a sixth of the disk of a run's snapshots each, so there is one only where it saves
much: for many snapshots, and for ties under which phases are looked for or that several entries share. One of
its metrics must need nothing but the file. Random ties have none, as each draw has its own covariance.
"""

from collections import Counter, defaultdict
from functools import cache

from grokking_phases.steps import steps_of
from grokking_phases.storage.digests import digest
from study.signatures import constant
from study.sources import last_step
from study.wanted_tables import runs_of_metric, seeds_of

LONGEST = 100  # characters of a name
FEW = 50  # snapshots. To rank and cluster a layer of 250 units takes 60 ms; to start a job, a second


class StoredScores:
    """The files of scores of a study."""

    def __init__(self, study: dict) -> None:
        self.study = study
        named = {metric: name_of(study, metric) for metric in study["metrics"]}
        used = Counter(named.values()) + Counter(named.get(metric) for metric in study["phases"])
        self.names = {metric: name for metric, name in named.items() if name and used[name] > 1}
        users: dict[tuple, list[str]] = defaultdict(list)
        for metric, name in self.names.items():
            for run in runs_of_metric(study, metric):
                for seed in seeds_of(study, run, metric):
                    users[run, seed, name].append(metric)
        saves_much = cache(self.saves_much)
        # The metrics that begin with each file, by its run, seed and name.
        self.users = {key: metrics for key, metrics in users.items() if saves_much(key[0], *metrics)}

    def saves_much(self, run: str, *metrics: str) -> bool:
        """Return whether one of the metrics needs nothing but their file, and reads many snapshots."""
        enough = (metric for metric in metrics if is_enough(self.study, metric))
        return any(len(steps_read(self.study, run, metric)) > FEW for metric in enough)

    def of_metric(self, run: str, seed: str, metric: str) -> str | None:
        """Return the name of the file with which a metric of a run and seed begins, or None."""
        name = self.names.get(metric)
        return name if metric in self.users.get((run, int(seed), name), []) else None

    def steps(self, run: str, seed: str, scores: str) -> list | None:
        """Return the rules that choose the steps in a file, each once; None if it holds all steps."""
        entries = [self.study["metrics"][metric] for metric in self.users.get((run, int(seed), scores), [])]
        rules = [entry.get("steps") for entry in entries]
        different = {str(rule): rule for rule in rules}
        return [different[text] for text in sorted(different)] if rules and None not in rules else None

    def entry(self, scores: str) -> dict:
        """Return the entry of a metric that begins with a file of this name."""
        return next(self.study["metrics"][metric] for metric, name in self.names.items() if name == scores)


def name_of(study: dict, metric: str) -> str | None:
    """Return the name of the scores with which a metric can begin; None if it takes none."""
    entry = study["metrics"][metric]
    takes_scores = constant("metrics", entry["module"], "TAKES_SCORES")
    if not takes_scores or entry.get("ties", "random") == "random":
        return None
    name = "-".join([entry["ties"], *entry.get("layers", [])])
    return name if len(name) <= LONGEST else f"{entry['ties']}-{digest(entry['layers'])}"


def is_enough(study: dict, metric: str) -> bool:
    """Return whether a metric that takes scores reads nothing else, under the options of its entry."""
    entry = study["metrics"][metric]
    enough = constant("metrics", entry["module"], "FROM_SCORES")
    return bool(enough) and all(entry[option] in values for option, values in enough.items())


def steps_read(study: dict, run: str, metric: str) -> list[int]:
    """Return the steps at which a metric reads a run's snapshots, about."""
    entry = study["runs"][run]
    return steps_of(study["metrics"][metric].get("steps") or entry["snapshots"]["steps"], last_step(entry))
