# A run's examples, and the network trained on them.


def split_seed(wildcards):
    """The split is the seed's own, unless the dataset has one for all seeds."""
    return RUNS[wildcards.run]["dataset"].get("split_seed", int(wildcards.seed))


rule dataset:
    """All examples of a task, divided into train and test."""
    output:
        RESULTS + "/{run}/{seed}/dataset.parquet",
    params:
        dataset=lambda wildcards: RUNS[wildcards.run]["dataset"],
        split_seed=split_seed,
        code=lambda wildcards: code("dataset", "grokking_phases.datasets." + RUNS[wildcards.run]["dataset"]["module"]),
    log:
        RESULTS + "/logs/dataset/{run}/{seed}.log",
    conda:
        "../envs/training.yaml"
    script:
        "../scripts/dataset.py"


rule train:
    """One network, from its first step to its last; goes on from its last checkpoint."""
    input:
        dataset=RESULTS + "/{run}/{seed}/dataset.parquet",
    output:
        curves=RESULTS + "/{run}/{seed}/curves.parquet",
        snapshots=RESULTS + "/{run}/{seed}/snapshots.parquet",
        weights=RESULTS + "/{run}/{seed}/weights.safetensors",
    params:
        run=lambda wildcards: {key: value for key, value in RUNS[wildcards.run].items() if key != "seeds"},
        code=lambda wildcards: code(
            "train",
            "grokking_phases.datasets." + RUNS[wildcards.run]["dataset"]["module"],
            "grokking_phases.models." + RUNS[wildcards.run]["model"]["module"],
        ),
        # Through `input`, Snakemake does not track it: where and how often, not what, is computed.
        compute=lambda wildcards, input: {
            "device": STUDY["device"],
            "threads": STUDY["threads"],
            "checkpoints": RESULTS + "/.checkpoints",
            "checkpoint_seconds": STUDY["checkpoint_seconds"],
        },
    threads: STUDY["threads"]
    resources:
        mem_mb=2000,
    log:
        RESULTS + "/logs/train/{run}/{seed}.log",
    conda:
        "../envs/training.yaml"
    script:
        "../scripts/train.py"
