# Upkeep of results: keep them after a change of the code, or delete them. `-n` shows what would happen.

from study.adoption import comparisons, summary
from study.pruning import listed, prunable


rule adopt:
    """Keep results of earlier code if the present code makes the same of the first steps of their runs."""
    log:
        "<results>/logs/adopt.log",
    conda:
        "../envs/training.yaml"
    localrule: True
    threads: lambda wildcards: workflow.cores
    params:
        comparisons=lambda wildcards: checked(comparisons, RESULTS, config, STUDY),
        summary=lambda wildcards: summary(checked(comparisons, RESULTS, config, STUDY)),
        tolerance=STUDY.get("adopt_tolerance", 0.0),
        repository=str(HERE.parents[1]),
    message:
        "{params.summary}"
    script:
        "../scripts/adopt.py"


rule prune:
    """Delete the snapshots whose metrics are all made; docs/results.md says what that means."""
    log:
        "<results>/logs/prune.log",
    conda:
        "../envs/metrics.yaml"
    localrule: True
    params:
        paths=lambda wildcards: prunable(RESULTS, STUDY),
        listed=lambda wildcards: listed(prunable(RESULTS, STUDY)),
    message:
        "{params.listed}"
    script:
        "../scripts/prune.py"
