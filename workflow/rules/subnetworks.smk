# Some units of a network, trained alone from the same initial weights.


checkpoint subnetwork:
    """The units of every sub-network of one run and seed."""
    input:
        **metrics_of_subnetworks(),
        curves="<results>/{run}/{seed}/curves.parquet",
        phases="<results>/{run}/phases.parquet",
    output:
        units=expand("<results>/{{run}}/{{seed}}/subnetworks/{subnetwork}.parquet", subnetwork=SUBNETWORKS),
        choices="<results>/{run}/{seed}/choices.parquet",
    log:
        "<results>/logs/subnetwork/{run}/{seed}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        subnetworks=SUBNETWORKS,
        width=layer_width,
        code=code("subnetwork"),
    script:
        "../scripts/subnetwork.py"


rule retrain:
    """One sub-network, trained as its run was; goes on from its last checkpoint."""
    input:
        dataset="<results>/{run}/{seed}/dataset.parquet",
        units=chosen_units,
    output:
        "<results>/{run}/{seed}/retrain/{subnetwork}.{mask}.parquet",
    log:
        "<results>/logs/retrain/{run}/{seed}/{subnetwork}.{mask}.log",
    conda:
        "../envs/training.yaml"
    threads: STUDY["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt,
    params:
        run=retraining_entry,
        code=lambda wildcards: code("retrain", *training_modules(wildcards)),
        # Through `input`, as in training.smk: not tracked.
        compute=lambda wildcards, input: COMPUTE,
    script:
        "../scripts/retrain.py"


rule comparison:
    """What the sub-networks of one run do, beside the run itself and beside sets drawn at random."""
    input:
        curves=curves_of_seeds,
        retrained=retrained_of_seeds,
        choices=choices_of_seeds,
    output:
        "<results>/{run}/comparison.parquet",
    log:
        "<results>/logs/comparison/{run}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        subnetworks=SUBNETWORKS,
        code=code("comparison"),
    script:
        "../scripts/comparison.py"
