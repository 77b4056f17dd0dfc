# Finished tables, drawn.

papers_of = {}
for name in sorted(FIGURES):
    papers_of.setdefault(name.split("/")[1], []).append(name.split("/")[0])


def figure_entry(wildcards):
    return FIGURES[f"{wildcards.paper}/{wildcards.figure}"]


def figure_tables(wildcards):
    entry = figure_entry(wildcards)
    return expand(RESULTS + "/{run}/summary/{table}.parquet", run=runs_of_figure(entry), table=entry["metrics"])


rule figure:
    """One figure of one paper, and the numbers that it shows."""
    input:
        figure_tables,
    output:
        pdf=RESULTS + "/figures/{paper}/{figure}.pdf",
        png=report(
            RESULTS + "/figures/{paper}/{figure}.png",
            caption="../report/figure.rst",
            category="{paper}",
            labels={"figure": "{figure}", "what": "figure"},
        ),
        csv=report(
            RESULTS + "/figures/{paper}/{figure}.csv",
            caption="../report/numbers.rst",
            category="{paper}",
            labels={"figure": "{figure}", "what": "numbers"},
        ),
    params:
        figure=figure_entry,
        runs=lambda wildcards: {run: RUNS[run] for run in runs_of_figure(figure_entry(wildcards))},
        metrics=lambda wildcards: {
            name: METRICS[name] for name in figure_entry(wildcards)["metrics"] if name in METRICS
        },
        code=lambda wildcards: code("figure", f"grokking_phases.figures.{wildcards.paper}.{wildcards.figure}"),
    log:
        RESULTS + "/logs/figure/{paper}/{figure}.log",
    conda:
        "../envs/figures.yaml"
    script:
        "../scripts/figure.py"


rule paper_figure:
    """Figure N of both papers in one file, where both have one."""
    input:
        lambda wildcards: expand(
            RESULTS + "/figures/{paper}/{figure}.pdf", paper=papers_of[wildcards.figure], figure=wildcards.figure
        ),
    output:
        RESULTS + "/figures/{figure}.pdf",
    params:
        code=code("paper_figure"),
    log:
        RESULTS + "/logs/paper_figure/{figure}.log",
    conda:
        "../envs/figures.yaml"
    script:
        "../scripts/paper_figure.py"
