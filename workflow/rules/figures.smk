# Figures of finished tables.


rule figure:
    """Draw one figure of one paper, and write the numbers that it shows, its caption and notes."""
    input:
        lambda wildcards: list(inputs.tables_of_figure(STUDY, f"{wildcards.paper}/{wildcards.figure}")),
        again=lambda wildcards: RESULTS.again(rules.figure.rule, wildcards),
    output:
        pdf="<results>/figures/{paper}/{figure}.pdf",
        png=report(
            "<results>/figures/{paper}/{figure}.png",
            caption="../report/figure.rst",
            category=lambda wildcards: params.section(wildcards.paper),
            labels={"figure": "{figure}", "shows": "picture"},
        ),
        csv=report(
            "<results>/figures/{paper}/{figure}.csv",
            caption="../report/numbers.rst",
            category=lambda wildcards: params.section(wildcards.paper),
            labels={"figure": "{figure}", "shows": "numbers"},
        ),
        md="<results>/figures/{paper}/{figure}.md",
    log:
        "<results>/logs/figure/{paper}/{figure}.log",
    conda:
        "../envs/figures.yaml"
    params:
        figure=lambda wildcards: FIGURES[f"{wildcards.paper}/{wildcards.figure}"],
        panels=lambda wildcards: list(FIGURES[f"{wildcards.paper}/{wildcards.figure}"]["panels"]),  # in order
        tables=lambda wildcards: list(
            inputs.tables_of_figure(STUDY, f"{wildcards.paper}/{wildcards.figure}").values()
        ),
        study=lambda wildcards: params.drawn(STUDY, f"{wildcards.paper}/{wildcards.figure}"),
        code=lambda wildcards: code("figure", params.figure_module(wildcards.paper, wildcards.figure)),
        asked=lambda wildcards, input: RESULTS.asked(rules.figure.rule, wildcards),
    script:
        "../scripts/figure.py"


rule paper_figure:
    """Join figure N of both papers in one file, and their words in another."""
    input:
        pdf=lambda wildcards: inputs.figures_of_papers(STUDY, wildcards.figure, "pdf"),
        md=lambda wildcards: inputs.figures_of_papers(STUDY, wildcards.figure, "md"),
        again=lambda wildcards: RESULTS.again(rules.paper_figure.rule, wildcards),
    output:
        pdf="<results>/figures/{figure}.pdf",
        md="<results>/figures/{figure}.md",
    log:
        "<results>/logs/paper_figure/{figure}.log",
    conda:
        "../envs/figures.yaml"
    params:
        code=code("paper_figure"),
        asked=lambda wildcards, input: RESULTS.asked(rules.paper_figure.rule, wildcards),
    script:
        "../scripts/paper_figure.py"


for paper in PAPERS:

    rule:
        """Draw all figures of one paper, by the paper's name: `snakemake emergence`."""
        name:
            paper
        input:
            [f"<results>/figures/{name}.pdf" for name in FIGURES if name.startswith(f"{paper}/")],
