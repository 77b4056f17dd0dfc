# Sub-networks: some units of a network, trained alone from the same initial weights.


rule subnetwork:
    """Choose the units of one sub-network of one run and seed, and record where they were found."""
    input:
        metric=lambda wildcards: inputs.metric_of_subnetwork(STUDY, **wildcards),
        curves="<results>/{run}/{seed}/curves.parquet",
        phases="<results>/{run}/phases.parquet",
        again=lambda wildcards: RESULTS.again(rules.subnetwork.rule, wildcards),
    output:
        units="<results>/{run}/{seed}/subnetworks/{subnetwork}.parquet",
        choice="<results>/{run}/{seed}/choices/{subnetwork}.parquet",
    log:
        "<results>/logs/subnetwork/{run}/{seed}/{subnetwork}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        entry=lambda wildcards: SUBNETWORKS[wildcards.subnetwork],
        layer=lambda wildcards: params.layer_of_subnetwork(STUDY, wildcards.run, wildcards.subnetwork),
        levels=STUDY["levels"],
        code=code("subnetwork"),
        asked=lambda wildcards, input: RESULTS.asked(rules.subnetwork.rule, wildcards),
    script:
        "../scripts/subnetwork.py"


rule retrain:
    """Train one sub-network as its run was trained, or resume it from its last checkpoint.

    A finished training of the same units is kept.
    """
    input:
        dataset="<results>/{run}/{seed}/dataset.parquet",
        units="<results>/{run}/{seed}/subnetworks/{subnetwork}.parquet",
        again=lambda wildcards: RESULTS.again(rules.retrain.rule, wildcards),
    output:
        # Not `update(…)`: after a failed job, Snakemake would put the previous file back with the present
        # date, as if it were made from the present units. The script keeps the previous file instead.
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
        run=lambda wildcards: retraining(wildcards.run, f"{wildcards.subnetwork}.{wildcards.mask}"),
        code=lambda wildcards: code("retrain", *params.training_modules(STUDY, wildcards.run)),
        # Not tracked, since it takes `input` (training.smk).
        compute=lambda wildcards, input: COMPUTE,
        asked=lambda wildcards, input: RESULTS.asked(rules.retrain.rule, wildcards),
    script:
        "../scripts/retrain.py"


rule comparison:
    """Compare the sub-networks of one run with the run itself and with random sub-networks."""
    input:
        curves=curves_of_seeds,
        retrained=lambda wildcards: inputs.retrained_of_seeds(STUDY, wildcards.run),
        choices=lambda wildcards: inputs.choices_of_seeds(STUDY, wildcards.run),
        again=lambda wildcards: RESULTS.again(rules.comparison.rule, wildcards),
    output:
        "<results>/{run}/comparison.parquet",
    log:
        "<results>/logs/comparison/{run}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        at_random=[name for name, entry in SUBNETWORKS.items() if entry.get("take") == "random"],
        levels=STUDY["levels"],
        code=code("comparison"),
        asked=lambda wildcards, input: RESULTS.asked(rules.comparison.rule, wildcards),
    script:
        "../scripts/comparison.py"
