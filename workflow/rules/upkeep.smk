# Upkeep of results: keep them after a change of the code, or delete them. `-n` shows what would happen.

from functools import cache, partial

from study.adoption import comparisons, summary
from study.lineages import renewals
from study.pruning import listed, prunable

# Each reads the headers of all results, and its rule asks twice: for its script and for its message.
adoptable = cache(partial(checked, comparisons, RESULTS, config, STUDY))
renewable = cache(lambda: renewals(RESULTS, adoptable()))
unread_snapshots = cache(partial(prunable, RESULTS, STUDY))


rule adopt:
    """Keep results of earlier code if the present code makes the same of the first steps of their runs."""
    log:
        "<results>/logs/adopt.log",
    localrule: True
    conda:
        "../envs/adopt.yaml"
    threads: lambda wildcards: workflow.cores
    params:
        comparisons=lambda wildcards: adoptable(),
        renewals=lambda wildcards: renewable(),
        summary=lambda wildcards: summary(adoptable(), renewable()),
        tolerance=STUDY.get("adopt_tolerance", 0.0),
        repository=str(HERE.parents[1]),
    message:
        "{params.summary}"
    script:
        "../scripts/adopt.py"


rule prune:
    """Delete snapshots, weights and scores whose metrics are all made (docs/results.md)."""
    log:
        "<results>/logs/prune.log",
    localrule: True
    conda:
        "../envs/metrics.yaml"
    params:
        paths=lambda wildcards: unread_snapshots(),
        listed=lambda wildcards: listed(unread_snapshots()),
    message:
        "{params.listed}"
    script:
        "../scripts/prune.py"
