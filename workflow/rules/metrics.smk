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
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        options=lambda wildcards: METRICS[wildcards.metric],
        layers=lambda wildcards: params.measured_layers(STUDY, wildcards.run, wildcards.metric),
        code=lambda wildcards: code("metric", *params.metric_modules(STUDY, wildcards.metric)),
        # Not the rule's threads, which Snakemake cuts to the cores granted; through `input`, not tracked.
        threads=lambda wildcards, input: STUDY["threads"],
    script:
        "../scripts/metric.py"


rule phases:
    """The phases of one run, and their boundaries over its seeds."""
    input:
        curves=curves_of_seeds,
        metrics=lambda wildcards: inputs.tables_of_metrics(STUDY, wildcards.run, STUDY["phases"]),
    output:
        "<results>/{run}/phases.parquet",
    log:
        "<results>/logs/phases/{run}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        metrics=STUDY["phases"],
        code=code("phases"),
    script:
        "../scripts/phases.py"


rule time_scales:
    """The time scales of one run, by seed and over its seeds."""
    input:
        curves=curves_of_seeds,
        metrics=lambda wildcards: inputs.tables_of_metrics(STUDY, wildcards.run, timed(STUDY, wildcards.run)),
    output:
        "<results>/{run}/time_scales.parquet",
    log:
        "<results>/logs/time_scales/{run}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        metrics=lambda wildcards: timed(STUDY, wildcards.run),
        code=code("time_scales"),
    script:
        "../scripts/time_scales.py"


rule alignment:
    """Every two time scales of each run, held against each other."""
    input:
        inputs.time_scales_of_runs(STUDY),
    output:
        csv="<results>/tables/time_scales.csv",
        md="<results>/tables/time_scales.md",
    log:
        "<results>/logs/alignment.log",
    conda:
        "../envs/metrics.yaml"
    params:
        code=code("alignment"),
    script:
        "../scripts/alignment.py"


rule summary:
    """All seeds of one run in one table, raw and normalised as the papers draw them."""
    input:
        lambda wildcards: inputs.tables_of_seeds(STUDY, wildcards.run, wildcards.table),
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


rule prediction:
    """Whether the runs of a sweep generalise, told from their first steps."""
    input:
        curves=lambda wildcards: inputs.curves_of_prediction(STUDY),
        metrics=lambda wildcards: inputs.metrics_of_prediction(STUDY),
    output:
        "<results>/tables/prediction.parquet",
    log:
        "<results>/logs/prediction.log",
    conda:
        "../envs/metrics.yaml"
    params:
        runs={run: RUNS[run] for run in runs_of_table(STUDY, "prediction")},
        estimates=STUDY["prediction"].get("estimates"),
        calibration=STUDY["prediction"].get("calibration"),
        code=code("prediction"),
    script:
        "../scripts/prediction.py"
