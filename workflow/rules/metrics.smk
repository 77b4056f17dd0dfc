# Metrics of a run's snapshots, and what is found in them.


rule scores:
    """Store what no number of bins changes of the snapshots of one run and seed, under one rule for ties."""
    input:
        dataset="<results>/{run}/{seed}/dataset.parquet",
        snapshots="<results>/{run}/{seed}/snapshots.parquet",
        weights="<results>/{run}/{seed}/weights.safetensors",
        again=lambda wildcards: RESULTS.again(rules.scores.rule, wildcards),
    output:
        "<results>/{run}/{seed}/scores/{scores}.parquet",
    log:
        "<results>/logs/scores/{run}/{seed}/{scores}.log",
    conda:
        "../envs/metrics.yaml"
    threads: STUDY["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=lambda wildcards, attempt: 30 * attempt,
    params:
        ties=lambda wildcards: SCORES.entry(wildcards.scores)["ties"],
        layers=lambda wildcards: params.read_layers(
            STUDY, wildcards.run, SCORES.entry(wildcards.scores).get("layers")
        ),
        steps=lambda wildcards: SCORES.steps(**wildcards),
        code=code("scores"),
        # Not tracked, since it takes `input`: Snakemake limits the rule's own threads to the cores granted.
        threads=lambda wildcards, input: STUDY["threads"],
        asked=lambda wildcards, input: RESULTS.asked(rules.scores.rule, wildcards),
    script:
        "../scripts/scores.py"


rule metric:
    """Measure one metric at every snapshot of one run and seed."""
    input:
        unpack(lambda wildcards: inputs.of_metric(SCORES, **wildcards)),
        again=lambda wildcards: RESULTS.again(rules.metric.rule, wildcards),
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
        options=lambda wildcards: params.metric_entry(STUDY, wildcards.metric),
        layers=lambda wildcards: layers_of(wildcards.run, wildcards.metric),
        code=lambda wildcards: code("metric", *params.metric_modules(STUDY, wildcards.metric)),
        # Snakemake limits the rule's own threads to the cores granted. Not tracked, since it takes `input`.
        threads=lambda wildcards, input: STUDY["threads"],
        asked=lambda wildcards, input: RESULTS.asked(rules.metric.rule, wildcards),
    script:
        "../scripts/metric.py"


rule phases:
    """Find the phases of one run, and their boundaries over its seeds."""
    input:
        curves=curves_of_seeds,
        metrics=lambda wildcards: inputs.tables_of_metrics(STUDY, wildcards.run, STUDY["phases"]),
        again=lambda wildcards: RESULTS.again(rules.phases.rule, wildcards),
    output:
        "<results>/{run}/phases.parquet",
    log:
        "<results>/logs/phases/{run}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        metrics=STUDY["phases"],
        levels=STUDY["levels"],
        code=code("phases"),
        asked=lambda wildcards, input: RESULTS.asked(rules.phases.rule, wildcards),
    script:
        "../scripts/phases.py"


rule orders:
    """Find the phases of one run in random orders of its samples."""
    input:
        curves=curves_of_seeds,
        metrics=lambda wildcards: inputs.tables_of_metrics(STUDY, wildcards.run, in_orders(STUDY)),
        again=lambda wildcards: RESULTS.again(rules.orders.rule, wildcards),
    output:
        "<results>/{run}/orders.parquet",
    log:
        "<results>/logs/orders/{run}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        levels=STUDY["levels"],
        code=code("orders"),
        asked=lambda wildcards, input: RESULTS.asked(rules.orders.rule, wildcards),
    script:
        "../scripts/orders.py"


rule time_scales:
    """Find the time scales of one run, for each seed and over all seeds."""
    input:
        curves=curves_of_seeds,
        metrics=lambda wildcards: inputs.tables_of_metrics(STUDY, wildcards.run, timed(STUDY, wildcards.run)),
        again=lambda wildcards: RESULTS.again(rules.time_scales.rule, wildcards),
    output:
        "<results>/{run}/time_scales.parquet",
    log:
        "<results>/logs/time_scales/{run}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        metrics=lambda wildcards: timed(STUDY, wildcards.run),
        levels=STUDY["levels"],
        code=code("time_scales"),
        asked=lambda wildcards, input: RESULTS.asked(rules.time_scales.rule, wildcards),
    script:
        "../scripts/time_scales.py"


rule alignment:
    """Compare every two time scales of each run."""
    input:
        lambda wildcards: checked(inputs.time_scales_of_runs, STUDY),
        again=lambda wildcards: RESULTS.again(rules.alignment.rule, wildcards),
    output:
        csv="<results>/tables/alignment.csv",
        md="<results>/tables/alignment.md",
    log:
        "<results>/logs/alignment.log",
    conda:
        "../envs/metrics.yaml"
    params:
        code=code("alignment"),
        asked=lambda wildcards, input: RESULTS.asked(rules.alignment.rule, wildcards),
    script:
        "../scripts/alignment.py"


rule summary:
    """Join the tables of all seeds of one run, with raw values and values normalised as in the papers."""
    input:
        lambda wildcards: inputs.tables_of_seeds(STUDY, wildcards.run, wildcards.table),
        again=lambda wildcards: RESULTS.again(rules.summary.rule, wildcards),
    output:
        "<results>/{run}/summary/{table}.parquet",
    log:
        "<results>/logs/summary/{run}/{table}.log",
    conda:
        "../envs/metrics.yaml"
    params:
        code=code("summary"),
        asked=lambda wildcards, input: RESULTS.asked(rules.summary.rule, wildcards),
    script:
        "../scripts/summary.py"


rule comovement:
    """Say which time scales are aligned and move together over the runs of a sweep."""
    input:
        time_scales=lambda wildcards: checked(inputs.time_scales_of_runs, STUDY, "comovement"),
        curves=lambda wildcards: inputs.curves_of_table(STUDY, "comovement"),
        again=lambda wildcards: RESULTS.again(rules.comovement.rule, wildcards),
    output:
        "<results>/tables/comovement.parquet",
    log:
        "<results>/logs/comovement.log",
    conda:
        "../envs/metrics.yaml"
    params:
        tasks=params.tasks(STUDY),
        code=code("comovement"),
        asked=lambda wildcards, input: RESULTS.asked(rules.comovement.rule, wildcards),
    script:
        "../scripts/comovement.py"


rule prediction:
    """Predict from their first steps which runs of a sweep generalise."""
    input:
        curves=lambda wildcards: checked(inputs.curves_of_table, STUDY, "prediction"),
        metrics=lambda wildcards: inputs.metrics_of_prediction(STUDY),
        again=lambda wildcards: RESULTS.again(rules.prediction.rule, wildcards),
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
        levels=STUDY["levels"],
        code=code("prediction"),
        asked=lambda wildcards, input: RESULTS.asked(rules.prediction.rule, wildcards),
    script:
        "../scripts/prediction.py"
