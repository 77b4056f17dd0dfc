# What is measured on a run's snapshots, and its summary over the run's seeds.


rule metric:
    """One metric at every snapshot of one run."""
    input:
        dataset="<results>/{run}/{seed}/dataset.parquet",
        snapshots="<results>/{run}/{seed}/snapshots.parquet",
        weights="<results>/{run}/{seed}/weights.safetensors",
    output:
        "<results>/{run}/{seed}/metrics/{metric}.parquet",
    log:
        "<results>/logs/metric/{run}/{seed}/{metric}.log",
    conda:
        "../envs/metrics.yaml"
    threads: STUDY["threads"]
    resources:
        mem_mb=2000,
    params:
        options=lambda wildcards: METRICS[wildcards.metric],
        code=lambda wildcards: code("metric", metric_module(wildcards)),
        # Not the rule's threads, which Snakemake cuts to the cores granted; through `input`, not tracked.
        threads=lambda wildcards, input: STUDY["threads"],
    script:
        "../scripts/metric.py"


rule summary:
    """All seeds of one run in one table, raw and normalised as the papers draw them."""
    input:
        tables_of_seeds,
    output:
        "<results>/{run}/summary/{table}.parquet",
    log:
        "<results>/logs/summary/{run}/{table}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        code=code("summary"),
    script:
        "../scripts/summary.py"
