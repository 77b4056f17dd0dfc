# Finished tables, drawn.


rule figure:
    """One figure of one paper, and the numbers that it shows."""
    input:
        figure_tables,
    output:
        pdf="<results>/figures/{paper}/{figure}.pdf",
        png=report(
            "<results>/figures/{paper}/{figure}.png",
            caption="../report/figure.rst",
            category="{paper}",
            labels={"figure": "{figure}", "shows": "picture"},
        ),
        csv=report(
            "<results>/figures/{paper}/{figure}.csv",
            caption="../report/numbers.rst",
            category="{paper}",
            labels={"figure": "{figure}", "shows": "table"},
        ),
    log:
        "<results>/logs/figure/{paper}/{figure}.log",
    conda:
        "../envs/figures.yaml"
    params:
        figure=figure_entry,
        tables=figure_table_names,
        runs=figure_runs,
        metrics=figure_metrics,
        subnetworks=figure_subnetworks,
        code=lambda wildcards: code("figure", figure_module(wildcards)),
    script:
        "../scripts/figure.py"


rule paper_figure:
    """Figure N of both papers in one file, where both have one."""
    input:
        figures_of_papers,
    output:
        "<results>/figures/{figure}.pdf",
    log:
        "<results>/logs/paper_figure/{figure}.log",
    conda:
        "../envs/figures.yaml"
    params:
        code=code("paper_figure"),
    script:
        "../scripts/paper_figure.py"


for paper in PAPERS:

    rule:
        """All figures of one paper, by its name alone: `snakemake emergence`."""
        name:
            paper
        input:
            [f"<results>/figures/{name}.pdf" for name in FIGURES if name.startswith(f"{paper}/")],
