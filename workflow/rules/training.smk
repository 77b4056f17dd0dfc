# The examples of a run, and the network trained on them.


rule dataset:
    """Make all examples of a task, and split them into train and test set."""
    input:
        again=lambda wildcards: RESULTS.again(rules.dataset.rule, wildcards),
    output:
        "<results>/{run}/{seed}/dataset.parquet",
    log:
        "<results>/logs/dataset/{run}/{seed}.log",
    wildcard_constraints:
        run=TRAINED,
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
    """Train one network, or resume it from its last checkpoint."""
    input:
        dataset="<results>/{run}/{seed}/dataset.parquet",
        again=lambda wildcards: RESULTS.again(rules.train.rule, wildcards),
    output:
        curves="<results>/{run}/{seed}/curves.parquet",
        snapshots="<results>/{run}/{seed}/snapshots.parquet",
        weights="<results>/{run}/{seed}/weights.safetensors",
    log:
        "<results>/logs/train/{run}/{seed}.log",
    wildcard_constraints:
        run=TRAINED,
    priority: n_steps
    conda:
        "../envs/training.yaml"
    threads: STUDY["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        # The length of a training is not known in advance. The next attempt resumes from its checkpoint.
        runtime=lambda wildcards, attempt: 240 * attempt,
    params:
        run=lambda wildcards: params.training_entry(STUDY, wildcards.run),
        code=lambda wildcards: code("train", *params.training_modules(STUDY, wildcards.run)),
        # Snakemake does not track a param that takes `input`. This one says where to compute, not what.
        compute=lambda wildcards, input: COMPUTE,
        asked=lambda wildcards, input: RESULTS.asked(rules.train.rule, wildcards),
    script:
        "../scripts/train.py"
