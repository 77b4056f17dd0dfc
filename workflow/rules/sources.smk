# Runs that were recorded elsewhere.


rule source:
    """Take over the recording of one run and seed, under its name in this study."""
    input:
        again=lambda wildcards: RESULTS.again(rules.source.rule, wildcards),
    output:
        dataset="<results>/{run}/{seed}/dataset.parquet",
        curves="<results>/{run}/{seed}/curves.parquet",
        snapshots="<results>/{run}/{seed}/snapshots.parquet",
        weights="<results>/{run}/{seed}/weights.safetensors",
    log:
        "<results>/logs/source/{run}/{seed}.log",
    wildcard_constraints:
        run=SOURCED,
    conda:
        "../envs/metrics.yaml"
    params:
        # A recording that was made anew has other seals.
        seals=lambda wildcards: checked(
            seals, RUNS[wildcards.run], wildcards.seed, Path(STUDY["results"], wildcards.run)
        ),
        code=code("source"),
        # Not tracked, since it takes `input`: a recording may be moved.
        folder=lambda wildcards, input: str(folder_of(RUNS[wildcards.run], wildcards.seed)),
        asked=lambda wildcards, input: RESULTS.asked(rules.source.rule, wildcards),
    script:
        "../scripts/source.py"
