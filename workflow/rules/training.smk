# A run's examples, and the network trained on them.


rule dataset:
    """All examples of a task, divided into train and test."""
    input:
        again=lambda wildcards: RESULTS.again(rules.dataset.rule, wildcards),
    output:
        "<results>/{run}/{seed}/dataset.parquet",
    log:
        "<results>/logs/dataset/{run}/{seed}.log",
    priority: n_steps
    conda:
        "../envs/training.yaml"
    params:
        dataset=lambda wildcards: RUNS[wildcards.run]["dataset"],
        split_seed=lambda wildcards: params.split_seed(STUDY, wildcards.run, wildcards.seed),
        code=lambda wildcards: code("dataset", params.dataset_module(STUDY, wildcards.run)),
        asked=lambda wildcards, input: RESULTS.asked(rules.dataset.rule, wildcards),
    script:
        "../scripts/dataset.py"


rule train:
    """One network, from its first step to its last; goes on from its last checkpoint."""
    input:
        dataset="<results>/{run}/{seed}/dataset.parquet",
        again=lambda wildcards: RESULTS.again(rules.train.rule, wildcards),
    output:
        curves="<results>/{run}/{seed}/curves.parquet",
        snapshots="<results>/{run}/{seed}/snapshots.parquet",
        weights="<results>/{run}/{seed}/weights.safetensors",
    log:
        "<results>/logs/train/{run}/{seed}.log",
    priority: n_steps
    conda:
        "../envs/training.yaml"
    threads: STUDY["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        # How long a training takes is not known beforehand; the next attempt goes on from the checkpoint of this one.
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        run=lambda wildcards: params.training_entry(STUDY, wildcards.run),
        code=lambda wildcards: code("train", *params.training_modules(STUDY, wildcards.run)),
        # Through `input`, Snakemake does not track it: where and how often, not what, is computed.
        compute=lambda wildcards, input: COMPUTE,
        asked=lambda wildcards, input: RESULTS.asked(rules.train.rule, wildcards),
    script:
        "../scripts/train.py"
