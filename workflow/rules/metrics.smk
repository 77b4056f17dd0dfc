# What is measured on a run's snapshots, and its summary over the run's seeds.


rule metric:
    """One metric at every snapshot of one run."""
    input:
        dataset=RESULTS + "/{run}/{seed}/dataset.parquet",
        snapshots=RESULTS + "/{run}/{seed}/snapshots.parquet",
        weights=RESULTS + "/{run}/{seed}/weights.safetensors",
    output:
        RESULTS + "/{run}/{seed}/metrics/{metric}.parquet",
    params:
        options=lambda wildcards: METRICS[wildcards.metric],
        code=lambda wildcards: code("metric", "grokking_phases.metrics." + METRICS[wildcards.metric]["module"]),
    threads: STUDY["threads"]
    resources:
        mem_mb=2000,
    log:
        RESULTS + "/logs/metric/{run}/{seed}/{metric}.log",
    conda:
        "../envs/metrics.yaml"
    script:
        "../scripts/metric.py"


def tables_of_seeds(wildcards):
    file = "curves" if wildcards.table == "curves" else "metrics/" + wildcards.table
    return expand(
        RESULTS + "/{run}/{seed}/{file}.parquet", run=wildcards.run, seed=RUNS[wildcards.run]["seeds"], file=file
    )


rule summary:
    """All seeds of one run in one table, raw and normalised as the papers draw them."""
    input:
        tables_of_seeds,
    output:
        RESULTS + "/{run}/summary/{table}.parquet",
    params:
        code=code("summary"),
    log:
        RESULTS + "/logs/summary/{run}/{table}.log",
    conda:
        "../envs/metrics.yaml"
    script:
        "../scripts/summary.py"
