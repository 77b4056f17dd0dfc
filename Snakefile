# config.yaml -> dataset -> train -> curves + snapshots + weights -> metric -> phases, summary -> figure -> paper figure
#                                                                      \-> subnetwork (units) -> retrain -> comparison -/
#   dataset      results/{run}/{seed}/dataset.parquet
#   train        results/{run}/{seed}/{curves,snapshots}.parquet, weights.safetensors
#   metric       results/{run}/{seed}/metrics/{metric}.parquet
#   phases       results/{run}/phases.parquet, over seeds; time_scales.parquet and results/tables/time_scales.csv likewise
#   subnetwork   results/{run}/{seed}/{subnetworks,choices}/{subnetwork}.parquet
#   retrain      results/{run}/{seed}/retrain/{subnetwork}.{mask}.parquet
#   comparison   results/{run}/comparison.parquet, over seeds
#   prediction   results/tables/prediction.parquet, over runs and seeds
#   summary      results/{run}/summary/{table}.parquet, over seeds; a table is a metric, curves, or a sub-network's curves
#   figure       results/figures/{paper}/{figure}.{pdf,png,csv}, and results/figures/{figure}.pdf for both papers


# A study that is named on the command line takes its place.
if not workflow.overwrite_configfiles:

    configfile: "config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/subnetworks.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/upkeep.smk"


rule all:
    input:
        expand("<results>/figures/{figure}.pdf", figure=FIGURE_NAMES),
